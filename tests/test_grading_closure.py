import inspect
import signal
import sys

import pytest

from course.grading import closure as closure_module
from course.grading.closure import Notebook, closure, locate


@pytest.fixture(autouse=True)
def keep_main(monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def load(*cells, names=("f",)):
    notebook = Notebook(cells)
    notebook.load(names)
    return notebook


BOOM = "raise RuntimeError('an experiment ran')"


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (["K = 3", "def f():\n    return K"], 3),
        (["def f():\n    return K", "K = 3"], 3),
        (["K = 3", "K = 4", "def f():\n    return K"], 4),
        (["K = 1", "K += 2", "def f():\n    return K"], 3),
        (["K: int = 3", "def f():\n    return K"], 3),
        (["a = b = 3", "def f():\n    return b"], 3),
        (["a, (b, *c) = 1, (2, 3)", "def f():\n    return c"], [3]),
        (["if (K := 3) > 2:\n    pass", "def f():\n    return K"], 3),
        (["def f():\n    return 1", "def f():\n    return 2"], 2),
        (["def g():\n    return 3", "def f():\n    return g()"], 3),
        (["def f():\n    return g()", "def g():\n    return 3"], 3),
        (["f = lambda: 3"], 3),
        (["from functools import partial", "f = partial(int, '3')"], 3),
        (["import math", "def f():\n    return math.floor(3.5)"], 3),
        (["import os.path", "def f():\n    return os.path.basename('a/3')"], "3"),
        (["import math as m", "def f():\n    return m.floor(3.5)"], 3),
        (["from math import *", "def f():\n    return floor(3.5)"], 3),
        (
            [
                "try:\n    import nowhere as m\nexcept ImportError:"
                "\n    import math as m",
                "def f():\n    return m.floor(3.5)",
            ],
            3,
        ),
        (["rows = []", "rows.append(3)", "def f():\n    return rows"], [3]),
        (["rows = [1]", "rows[0] = 3", "def f():\n    return rows"], [3]),
        (["rows = [1, 2]", "del rows[0]", "def f():\n    return rows"], [2]),
        (["t = {}", "t.setdefault('a', []).append(3)", "def f():\n    return t"],)
        + ({"a": [3]},),
        (["class C:\n    k = 1", "C.k = 3", "def f():\n    return C.k"], 3),
        (["class C:\n    k = 1", "setattr(C, 'k', 3)", "def f():\n    return C.k"], 3),
        (["t = [0]\nfor i in range(4):\n    t.append(i)", "def f():\n    return t"],)
        + ([0, 0, 1, 2, 3],),
        (["for K in range(4):\n    pass", "def f():\n    return K"], 3),
        (["K = 0", "while K < 3:\n    K += 1", "def f():\n    return K"], 3),
        (["if True:\n    def f():\n        return 3"], 3),
        (
            [
                "from contextlib import nullcontext",
                "with nullcontext(3) as K:\n    pass",
                "def f():\n    return K",
            ],
            3,
        ),
        (["match 3:\n    case K:\n        pass", "def f():\n    return K"], 3),
        (["class Base:\n    k = 3", "class C(Base):\n    pass", "f = lambda: C.k"], 3),
        (["N = 2", "def f(n=N + 1):\n    return n"], 3),
        (["T = int", "def f(n: T = 3) -> T:\n    return n"], 3),
        (
            [
                "def twice(g):\n    return lambda: 2 * g()",
                "@twice\ndef f():\n    return 3",
            ],
            6,
        ),
        (["def f():\n    return 3", "f.name = 1", "g = f"], 3),
        (["K = 3", "def f():\n    return [K for _ in range(2)]"], [3, 3]),
        (["K = 3", "def f():\n    def g():\n        return K\n    return g()"], 3),
        (["%%time\nK = 3", "!ls", "def f():\n    return K"], 3),
        (["from __future__ import annotations", "def f(x: No = 3):\n    return x"], 3),
        (["def f():\n    return __name__"], "__main__"),
        (["def f():\n    return display(3)"], None),
    ],
)
def test_what_an_answer_needs_is_loaded(cells, value):
    notebook = load(*cells)
    assert not notebook.failures and not notebook.broken
    assert notebook.namespace["f"]() == value


@pytest.mark.parametrize(
    "experiment",
    [
        BOOM,
        f"x = 5\n{BOOM}",
        f"def train():\n    {BOOM}\nhistory = train()",
        "check('modern_cnn.f', f)",
        "f(1, 2, 3)",
        "y = f(1, 2, 3)",
        "np.testing.assert_allclose(f(), 4)",
        "for i in range(3):\n    results[i] = nothing(f)",
        "if f():\n    model = nothing(f)\n    model.fit(1)",
        "print(missing, f())",
        "while True:\n    pass",
        "import sys; sys.exit()",
    ],
)
def test_experiments_do_not_run(experiment):
    notebook = load(
        "import os as np\nx = 2",
        "def f(x=1, *, i=2):\n    results = model = history = y = i\n    return x",
        experiment,
    )
    assert not notebook.failures
    assert notebook.namespace["f"]() == 1
    assert "x" not in notebook.namespace, "the parameter x reads no global x"


def test_only_what_reads_a_failed_statement_is_spoiled():
    notebook = load(
        "K = 1 / 0",
        "def f():\n    return 1",
        "def g():\n    return K",
        names=("f", "g"),
    )
    assert notebook.namespace["f"]() == 1
    assert "K" not in notebook.namespace
    (failure,) = notebook.failures
    assert (failure.cell, failure.line, failure.text) == (1, 1, "K = 1 / 0")
    assert failure.error == "ZeroDivisionError: division by zero"
    assert notebook.cause("K") == ("failed", 1, 1, failure.error)


def test_a_failure_names_the_last_line_of_the_students_own_code():
    notebook = load("def g():\n    x = 1\n    return int('a')", "f = g()")
    (failure,) = notebook.failures
    assert (failure.cell, failure.line, failure.text) == (1, 3, "return int('a')")
    assert "f" not in notebook.namespace
    kind, *place, error = notebook.cause("f")
    assert (kind, place) == ("failed", [1, 3])
    assert error.startswith("ValueError: invalid literal")


@pytest.mark.parametrize(
    "statement",
    ["sys.exit(3)", "raise KeyboardInterrupt", "raise GeneratorExit", "1/0", "g()"],
)
def test_whatever_a_statement_raises_the_rest_loads(statement):
    notebook = load(
        "import sys",
        f"def g():\n    {statement}",
        "K = g()",
        "def h():\n    return K",
        "def f():\n    return 1",
        names=("f", "h"),
    )
    assert [failure.names for failure in notebook.failures] == [("K",)]
    assert notebook.namespace["f"]() == 1


def test_sys_exit_in_a_needed_statement_is_recorded():
    notebook = load("import sys\nK = sys.exit(3)", "def f(k=K): pass")
    assert [f.error.split(":")[0] for f in notebook.failures] == [
        "SystemExit",
        "NameError",
    ]


def test_an_exception_that_cannot_be_printed():
    cell = "class E(Exception):\n    def __str__(self): raise self\nraise E"
    notebook = load(f"try:\n    f = 1\nfinally:\n    exec({cell!r})")
    assert notebook.failures[0].error == "E"


def test_the_last_binding_wins_even_when_an_earlier_one_fails():
    notebook = load("f = 1 / 0", "def f():\n    return 2")
    assert notebook.namespace["f"]() == 2


def test_code_outside_a_function_that_cannot_be_compiled_is_broken():
    notebook = load("return 3", "f = int", "yield x")
    assert [b.cell for b in notebook.broken] == [1, 3]
    assert notebook.namespace["f"] is int


def test_cause_of_a_name_lost_in_a_syntax_error():
    notebook = load("def f(:\n    return 1")
    kind, *place, message = notebook.cause("f")
    assert (kind, place) == ("broken", [1, 1])
    assert message.startswith("SyntaxError")
    assert notebook.cause("never mentioned") is None


def test_binds_tells_what_is_there_without_running_it():
    notebook = Notebook([BOOM, "def f(): pass", "g = 1; h = 2"])
    assert {"f", "g", "h"} <= notebook.binds and "RuntimeError" not in notebook.binds


def test_statements_run_once_however_often_they_are_asked_for():
    notebook = load("rows = []", "rows.append(1)", "def f(): return rows")
    notebook.load(["f"])
    notebook.load(["f", "rows"])
    assert notebook.namespace["rows"] == [1]


@pytest.mark.parametrize(
    "cells",
    [
        ["def setup():\n    global K\n    K = 3", "setup()"],
        ["globals()['K'] = 3"],
        ["exec('K = 3')"],
        ["import builtins", "vars(builtins)['unused'] = 1; globals().update(K=3)"],
        [BOOM, "globals()['K'] = 3", BOOM],
    ],
)
def test_names_bound_by_calls_are_supplied_when_missed(cells):
    notebook = load(*cells, "def f():\n    return K")
    with pytest.raises(NameError) as caught:
        notebook.namespace["f"]()
    assert notebook.supply(caught.value.name)
    assert notebook.namespace["f"]() == 3
    assert not notebook.failures, "an experiment that fails is nobody's slip"


def test_no_cell_runs_for_a_name_that_none_can_supply():
    notebook = load("ran = []", "def f():\n    return K", "ran.append(1)")
    assert not notebook.supply("K")
    assert "ran" not in notebook.namespace


def test_the_search_for_a_name_ends(monkeypatch):
    monkeypatch.setattr(closure_module, "FALLBACK_SECONDS", 0.2)
    notebook = load("def f(): return K", "while True: pass", "globals()['K'] = 3")
    assert not notebook.supply("K")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert not notebook.supply("K")


def test_the_search_for_a_name_ends_where_there_is_no_alarm(monkeypatch):
    monkeypatch.setattr(closure_module, "FALLBACK_SECONDS", 0.2)
    monkeypatch.delattr(signal, "setitimer")
    before = signal.getsignal(signal.SIGINT)
    notebook = load("def f(): return K", "while True: pass", "globals()['K'] = 3")
    assert not notebook.supply("K")
    assert signal.getsignal(signal.SIGINT) is before


def test_locate_finds_the_own_line_below_a_library():
    notebook = load("def key(x):\n    return 1 / 0\ndef f():\n    sorted([1], key=key)")
    with pytest.raises(ZeroDivisionError) as caught:
        notebook.namespace["f"]()
    assert locate(caught.value) == (1, 2, "return 1 / 0")
    assert locate(ValueError()) is None


def test_source_can_be_inspected_and_classes_know_their_module():
    notebook = load(
        "# a comment\nfrom dataclasses import dataclass",
        "@dataclass\nclass C:\n    k: int = 3",
        "def f():\n    return C().k",
    )
    assert inspect.getsource(notebook.namespace["f"]) == "def f():\n    return C().k"
    assert notebook.namespace["f"]() == 3


HELPER = "def h():\n    return 3"
ANSWER = "def f():\n    return h()"
LATER = "def h():\n    return 4", "def g():\n    return h()"


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        ([HELPER, ANSWER, *LATER], 3),
        ([f"{ANSWER}\n{HELPER}", *LATER], 3),
        ([ANSWER, HELPER, "def g():\n    return 5", "def h():\n    return 4"], 3),
        ([f"{HELPER}\n{ANSWER}", f"for h in [1]:\n    {BOOM}"], 3),
        ([f"for h in [1]:\n    {BOOM}", f"{ANSWER}\n{HELPER}"], 3),
        (["K = 3", "def f():\n    return K", "K = 4\ndef g():\n    return K"], 3),
        (["K = 3", "def f():\n    return K", f"K = 4\n{BOOM}", "K += 1"], 3),
        (["K = 3", "D = K", "K = 4", "def f():\n    return D * 10 + K"], 34),
        (["def f():\n    return K", "K = 1\nK += 2", "K = 4"], 3),
        (["def f():\n    return len([1, 2, 3])", "len = 4\ndef g(): return len"], 3),
        (["def m():\n    return 3", "D = m()", "def m(): return 4", "f = lambda: D"],)
        + (3,),
        (["t = []\ndef f():\n    return len(t) + 3", f"t.append({BOOM[6:]})"], 3),
        (["h = 1 / 0\nh = 2\nh = 3\nh = 1 / 0", "f = lambda: h"], 3),
    ],
)
def test_a_name_has_the_value_that_it_had_behind_the_answers_cell(cells, value):
    notebook = load(*cells, names=("f", "g"))
    assert notebook.visit("f")() == value
    assert not any("experiment" in failure.error for failure in notebook.failures)


def test_each_answer_meets_its_own_helpers():
    notebook = load(HELPER, ANSWER, *LATER, names=("g", "f"))
    assert [notebook.visit(n)() for n in ("f", "g", "f")] == [3, 4, 3]


def test_an_answer_is_its_last_definition_whoever_calls_it():
    cells = (
        "def g(): raise NotImplementedError",
        "def f(): return g()",
        "def g(): return 3",
    )
    notebook = Notebook(cells, answers=("f", "g"))
    notebook.load(["f"])
    assert notebook.visit("f")() == 3
    notebook.put("g", lambda: 5)
    assert notebook.visit("f")() == 5


def test_what_calls_change_stays_until_another_answer_is_visited():
    notebook = load(
        "n = 0",
        "def f():\n    global n\n    n += 1\n    return n",
        "def g(): return n",
        names=("f", "g"),
    )
    assert [notebook.visit("f")() for _ in range(2)] == [1, 2]
    assert notebook.visit("g")() == 0


@pytest.mark.parametrize(
    ("later", "kind"),
    [("f = f()", "int"), ("for f in 'ab':\n    pass", "str"), ("f = None", "NoneType")],
)
def test_a_result_does_not_take_the_place_of_its_function(later, kind):
    notebook = load("def f():\n    return 3", "x = 1", later)
    assert notebook.visit("f")() == 3
    assert notebook.replaced("f") == (3, kind, 1)


def test_a_layer_is_a_result_too_and_a_wrapper_is_none():
    cells = "class Layer:\n    def __call__(self): pass\nclass Model(Layer): pass"
    notebook = load(cells, "def f():\n    return Model()", "f = f()\nf.fit(0)")
    assert notebook.replaced("f") == (3, "Model", 2) and not notebook.failures
    notebook = load("import functools", ANSWER, HELPER, "f = functools.cache(f)")
    assert notebook.replaced("f") is None and notebook.visit("f")() == 3


@pytest.mark.parametrize(
    ("cells", "cause"),
    [
        (["f = None"], ("none", 1, 1, "NoneType")),
        (["x = 1\nf = 3"], ("other", 1, 2, "int")),
        (["def f(): return 1", "del f"], ("deleted", 2, 1, "object")),
    ],
)
def test_why_a_name_is_no_function(cells, cause):
    notebook = load(*cells)
    assert notebook.visit("f") is None and notebook.cause("f") == cause


@pytest.mark.parametrize(
    "cell",
    ["exec('def f(): return 3')", "globals()['f'] = lambda: 3"]
    + ["def start():\n    global f\n    f = lambda: 3\nstart()"],
)
def test_an_answer_that_a_call_binds_is_supplied(cell):
    notebook = load("exec('def e(): return 2')", cell, BOOM, names=("e", "f"))
    assert notebook.may_define(["f", "nothing"]) == {"f"}
    assert (notebook.visit("f")(), notebook.failures) == (3, [])


def test_statements_may_await_as_in_jupyter():
    cells = "import asyncio\nK = await asyncio.sleep(0, 3)", "def f(): return K"
    assert load(*cells).visit("f")() == 3
    notebook = load("import asyncio", "K = await missing", "def f(): return 3")
    assert notebook.visit("f")() == 3 and not notebook.broken


@pytest.mark.parametrize("bound", ["np = os.path", "import os.path as np"])
def test_an_attribute_of_a_module_is_changed_by_no_call(bound):
    notebook = load(f"import os\n{bound}", "def f(): return np", f"np.x({BOOM[6:]})")
    assert notebook.visit("f")() and not notebook.failures


def test_bindings_alone_leave_out_what_changes_objects():
    cells = "t = [3]", "t.append(1 / 0)\ndef f(): return t[0]"
    assert load(*cells).failures
    notebook = Notebook(cells)
    notebook.load(["f"], bindings_only=True)
    assert notebook.visit("f")() == 3 and not notebook.failures


def test_closure_is_transitive_and_minimal():
    notebook = Notebook(["a = 1", "b = a", "c = b", "d = c", "e = 2"])
    assert closure(notebook.statements, ["c"]) == {0, 1, 2}
    assert closure(notebook.statements, []) == set()
