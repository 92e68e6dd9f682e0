"""Answers by someone who saw the docstrings alone: right ones pass, wrong ones do not.

They lie in ``tests/answers/from_docstrings/<lecture>/<exercise>.py``: RIGHT is a dict
label -> function, WRONG a dict label -> (function, what is wrong). With -s each wrong
one is printed with what it was told.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from loading import answers_in

from course.checks.result import PASSED
from course.toolkit import check

LECTURE = "modern_cnn"
FOLDER = Path(__file__).parent / "answers" / "from_docstrings" / LECTURE
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
PARTLY_NAMED = 0.25  # of the wrong answers, at least, are one of the known mistakes

_EPSILON = "which epsilon and momentum a batch normalization has is not graded"
_ROUNDING = "only exact products are asked for"
_ONCE = "a block is called once in a model; Keras names the clash where it is not"
_FROZEN = "no layer of the model is frozen, and it has no other kernels"
_NUMBERS = "whatever numpy takes for a number, or for an array, is one"
# (exercise, label) -> why it passes all the same.
TOLERATED = {
    ("local_response_norm", "returns a list"): _NUMBERS,
    ("two_tower_conv", "None in names"): _ONCE,
    ("vgg_block", "fixed names"): _ONCE,
    ("inception_block", "None in names"): _ONCE,
    ("residual_block", "None in names"): _ONCE,
    ("residual_block", "BN of the paper's code"): _EPSILON,
    ("bottleneck_block", "BN epsilon"): _EPSILON,
    ("preact_block", "BN momentum"): _EPSILON,
    ("dense_block", "BN epsilon"): _EPSILON,
    ("transition_block", "BN epsilon"): _EPSILON,
    ("transition_block", "rounds"): _ROUNDING,
    ("transition_block", "rounds up"): _ROUNDING,
    ("transition_block", "divides"): _ROUNDING,
    ("gradient_norms", "class name contains Conv2D"): _FROZEN,
    ("gradient_norms", "trainable only"): _FROZEN,
    ("gradient_norms", "frozen give 0"): _FROZEN,
    ("gradient_norms", "unfreezes"): _FROZEN,
    ("gradient_norms", "numpy values"): _NUMBERS,
    ("gradient_norms", "tensors"): _NUMBERS,
}

pytestmark = pytest.mark.filterwarnings("default")


def answers(name):
    return answers_in(FOLDER / f"{name}.py")


@cache
def result(name, function):
    with np.errstate(all="ignore"):
        return check(f"{LECTURE}.{name}", function).result


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_pass(name):
    refused = {
        label: [v for v in result(name, function).verdicts if not v.passed]
        for label, function in answers(name).RIGHT.items()
        if result(name, function).status != PASSED
    }
    assert not refused


@pytest.mark.parametrize("name", NAMES)
def test_wrong_answers_fail_and_are_told_why(name):
    passed = set()
    for label, (function, what) in answers(name).WRONG.items():
        found = result(name, function)
        told = found.mistakes or [h[:40] for h in found.hints]
        print(f"{name}: {what} -> {found.status}, {told}")
        if found.status == PASSED:
            passed.add((name, label))
    assert passed == {key for key in TOLERATED if key[0] == name}


def test_there_are_enough_of_them_and_many_are_named():
    right = sum(len(answers(name).RIGHT) for name in NAMES)
    wrong = [f for name in NAMES for f, _ in answers(name).WRONG.values()]
    assert right >= 50 and len(wrong) >= 100
    assert len(NAMES) >= 14


@pytest.mark.parametrize("name", ["vgg_block", "resnet", "receptive_field"])
def test_a_good_part_is_one_of_the_known_mistakes(name):
    wrong = [function for function, _ in answers(name).WRONG.values()]
    named = sum(bool(result(name, function).mistakes) for function in wrong)
    assert named >= PARTLY_NAMED * len(wrong)
