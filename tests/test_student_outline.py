"""What a notebook defines is found without running it, as grading finds it."""

from textwrap import indent

import pytest

from course.grading.closure import Notebook
from course.student.outline import ANSWER, EMPTY, IMPORT, STUB, Outline

STUBBED = 'def f(x):\n    """Do it."""\n    raise NotImplementedError("toy.f")'


def outline(*sources):
    return Outline(sources, ["f", "g"])


@pytest.mark.parametrize(
    ("source", "kind", "inside"),
    [
        ("def f(x):\n    return x", ANSWER, ""),
        (STUBBED, STUB, ""),
        ("def f(x):\n    pass\n    raise NotImplementedError", STUB, ""),
        ("def f(x):\n    y = x\n    raise NotImplementedError", ANSWER, ""),
        ("def f(x):\n    raise ValueError", ANSWER, ""),
        ("def f(x):\n    'only words'", EMPTY, ""),
        ("def f(x): ...", EMPTY, ""),
        ("f = lambda x: x", ANSWER, ""),
        ("class f:\n    pass", ANSWER, ""),
        ("from answers import f", IMPORT, ""),
        ("import mine as f", IMPORT, ""),
        ("import f.x", IMPORT, ""),
        ("if True:\n    def f(x):\n        return x", ANSWER, "if"),
        ("try:\n    pass\nexcept* OSError:\n    f = 1", ANSWER, "try"),
        ("if 1:\n" + indent(STUBBED, "    "), STUB, "if"),
        ("try:\n    from a import f\nexcept ImportError:\n    f = 1", IMPORT, "try"),
        ("%%time\n!ls\ndef f(x):\n    return x", ANSWER, ""),
        ("g = 1; f = 2", ANSWER, ""),
    ],
)
def test_kinds(source, kind, inside):
    (place,) = outline(source).definitions["f"]
    assert (place.kind, place.inside) == (kind, inside)


def test_the_last_definition_is_the_one_that_grading_takes():
    cells = ["def f(): return 1", "x = 1", "f = 2\ndef f(): return 3", "def f() return"]
    found = outline(*cells)
    assert [(p.cell, p.line) for p in found.definitions["f"]] == [
        (1, 1),
        (3, 1),
        (3, 2),
    ]
    assert found.last("f").cell == 3 and found.broken_by("f").cell == 4
    graded = Notebook(cells)
    graded.load(["f"])
    assert graded.namespace["f"]() == 3


def test_a_result_kept_under_the_functions_name_is_no_definition():
    cells = ["def f(x): return x", "f = f(3)", "h = g(f(3))", "f = partial(f, 3)"]
    assert [p.cell for p in outline(*cells).definitions["f"]] == [1, 4]


def test_decorators_belong_to_a_definition():
    (place,) = outline("\n@a\n@b\ndef f():\n    return 1\n\nx = 1").definitions["f"]
    assert (place.line, place.end, place.plain) == (2, 5, True)


@pytest.mark.parametrize(
    "source",
    ["def make():\n    def f(): pass", "class A:\n    async def f(self): pass"],
)
def test_what_is_inside_a_function_or_class_is_not_found_by_name(source):
    found = outline(source)
    assert found.last("f") is None and found.mentions() == {"f"}
    assert [p.inside for p in found.buried["f"]] == [source.split()[1].strip("():")]
    graded = Notebook([source])
    graded.load(["f"])
    assert "f" not in graded.namespace


def test_a_deleted_name_is_not_defined():
    assert outline("f = 1", "del f").last("f") is None
    assert outline("f = 1", "del f", "f = 2").last("f").cell == 3


def test_nothing_runs_and_nothing_is_printed(capfd):
    outline("print('ran')\nraise SystemExit", "x = 1 is 1\ny = '\\d'\nassert (1, 2)")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        (["def f(): return np.ones(len(g()))", "g = 1"], {"np"}),
        (["import numpy as np", "def f(): return np.ones(3)"], set()),
        (["def f(): return h()", "def h(): return k"], {"k"}),
        (["def f(): return 1", "def h(): return k"], set()),
        (["def f():\n    class A:\n        x: int = __name__\n    return A"], set()),
        (["from numpy import *", "def f(): return ones(3)"], set()),
        (["exec('k = 1')", "def f(): return k"], set()),
        (["def start():\n    global k\n    k = 1", "def f(): return k"], set()),
        (["def f(): return display(1)"], set()),
        (["def f(): return get_ipython()"], {"get_ipython"}),
        (["@wrap\ndef f(x=START): return x"], {"wrap", "START"}),
    ],
)
def test_names_that_nothing_defines(cells, missing):
    assert outline(*cells).unbound("f") == missing


@pytest.mark.parametrize(
    "source", ["(" * 5000, "x = " + "-" * 90_000 + "1", "\0", "x = 1" + " + 1" * 3000]
)
def test_code_that_breaks_the_parser_is_survived(source):
    found = outline(source, "def f(): return 1")
    assert found.last("f").cell == 2
