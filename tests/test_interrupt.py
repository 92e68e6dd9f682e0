"""Ctrl-C ends a program even where its exception was swallowed."""

import queue
import signal

import pytest

from course import interrupt
from course.grading import run


@pytest.fixture(autouse=True)
def handlers():
    numbers = signal.SIGINT, signal.SIGTERM
    before = [signal.getsignal(number) for number in numbers]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
    interrupt._asked = False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_swallowed_interrupt_is_raised_again_where_a_run_waits(number):
    interrupt.watch()
    done = queue.SimpleQueue()
    done.put("a record")
    assert run._next(done) == "a record"
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    # Somebody caught it, and the run goes on to its next record.
    done.put("another")
    with pytest.raises(KeyboardInterrupt):
        run._next(done)
    interrupt.watch()
    interrupt.check()  # a new command has not been asked to end


def test_who_is_started_to_ignore_it_ignores_it():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupt.watch()
    signal.raise_signal(signal.SIGINT)
    interrupt.check()
