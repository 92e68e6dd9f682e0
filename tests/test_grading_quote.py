"""Pages quote the hand-in and known names, not what a child says."""

import inspect

import numpy as np
import pytest

from course.checks import reasons
from course.grading import quote

CELLS = ["x = 1", "a = 1\r\n  b = '\u202eevil\x1b[31m'\nc = 3"]


def notes(types=("ValueError",), line="", message="secret"):
    raised = {"types": list(types), "line": line, "message": message}
    return list(quote.call_notes(raised, CELLS))


@pytest.mark.parametrize(
    ("types", "name"),
    [
        (["KeyError", "LookupError", "Exception"], "KeyError"),
        (["seen [(1, 2)]", "ZeroDivisionError", "Exception"], "ZeroDivisionError"),
        (["\x1b[31m", "seen"], "Exception"),
        ([], "Exception"),
    ],
)
def test_only_known_exceptions_are_named(types, name):
    assert notes(types) == [name]


def test_the_exceptions_of_the_libraries_are_known():
    import tensorflow as tf

    for module in (tf.errors, np.exceptions, np.linalg):
        kinds = [kind for _, kind in inspect.getmembers(module, inspect.isclass)]
        names = {k.__name__ for k in kinds if issubclass(k, Exception)}
        assert {n for n in names if "Warning" not in n} <= quote.KNOWN


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("code cell 2, line 3: secret", "ValueError in code cell 2, line 3: c = 3"),
        ("code cell 2, line 9: secret", "ValueError in code cell 2, line 9: "),
        ("code cell 7, line 1: secret", "ValueError in code cell 7, line 1: "),
        ("line 3: secret", "ValueError"),
        ("secret", "ValueError"),
    ],
)
def test_a_line_is_quoted_from_the_hand_in(line, note):
    assert notes(line=line) == [note]


def test_control_and_bidirectional_characters_are_blanks():
    assert quote.source_line(CELLS, 2, 2) == "b = ' evil [31m'"
    row = quote.problem([1, 1, "ValueError: \u202e\x1b"], CELLS, believed=True)
    assert row == (1, 1, "ValueError:   ", "x = 1")


def test_the_graders_own_reasons_are_told():
    known, *_ = notes(["NotWhileGraded", "PermissionError"])
    assert known == reasons.READY_MADE
    row = quote.problem([1, 1, "NotWhileGraded: no"], CELLS, believed=True)
    assert row[2] == "PermissionError: no"
    said = reasons.NOT_PLAIN.format(library="scipy")
    assert notes(["NotPlainPython"], message=said) == [said]
    said = reasons.NOT_PLAIN.format(library="secret")
    assert notes(["NotPlainPython"], message=said) == ["Exception"]


def test_a_child_that_has_seen_probes_gives_numbers_and_known_names():
    row = ["failed", 1, 1, "seen (1, 2): secret"]
    told = quote.cause("f", row, CELLS, believed=False)
    assert told == "Exception (code cell 1, line 1: x = 1)"
    told = quote.cause("f", ["other", 1, 1, "Secret"], CELLS, believed=False)
    assert "Secret" not in told
    assert "Secret" not in quote.replaced("f", [2, "Secret", 1], believed=False)
