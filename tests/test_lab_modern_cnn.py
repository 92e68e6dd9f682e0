"""Lab 05: each answer runs alone, and an unsolved lab fails kindly."""

import ast
import re

import matplotlib
import pytest

from course.authoring.build import ROOT, Lab
from course.exercises import load
from course.exercises.source import solution_source, stub_source
from course.grading import closure
from course.language import LANGUAGES
from course.published import PUBLISHED

LAB = Lab("05", "modern_cnn", ROOT)
EXERCISES = load("modern_cnn")


@pytest.fixture(autouse=True)
def no_windows():
    matplotlib.use("Agg")


def code_cells(solved):
    cells = LAB.notebook(solved=solved)["cells"]
    return [(c["id"], "".join(c["source"])) for c in cells if c["cell_type"] == "code"]


def imports():
    """The import statements of the given cells before the first exercise."""
    statements = []
    for cell_id, source in code_cells(solved=False):
        if cell_id.startswith("modern_cnn-"):
            break
        body = ast.parse(source).body
        statements += [s for s in body if isinstance(s, (ast.Import, ast.ImportFrom))]
    return "\n".join(ast.unparse(s) for s in statements)


@pytest.mark.parametrize("name", EXERCISES)
def test_answer_runs_alone_and_passes_its_check(name):
    from course.toolkit import check

    namespace = {}
    exec(imports(), namespace)
    for part in (*EXERCISES[name].needs, name):
        exec(solution_source(f"modern_cnn.{part}"), namespace)
    panel = check(f"modern_cnn.{name}", namespace[name])
    assert panel.result.status == "passed", panel


@pytest.mark.parametrize("name", EXERCISES)
def test_stub_says_which_exercise_is_missing(name):
    namespace = {}
    exec(imports(), namespace)
    exec(stub_source(f"modern_cnn.{name}"), namespace)
    function = namespace[name]
    assert function.__doc__ and len(function.__doc__) > 100
    required = function.__code__.co_argcount
    with pytest.raises(NotImplementedError, match=f"modern_cnn.{name}"):
        function(*[None] * required)


def test_unsolved_lab_fails_only_for_want_of_an_answer():
    namespace = {"display": print}
    missing = []
    for cell_id, source in code_cells(solved=False):
        try:
            exec(compile(source, cell_id, "exec"), namespace)
        except NotImplementedError as error:
            missing.append(str(error).removeprefix("modern_cnn."))
    # A cell that uses the answer stands below most exercises.
    assert set(missing) <= set(EXERCISES) and len(missing) >= len(EXERCISES) / 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_table_of_the_competition_agrees_with_the_published_numbers(language):
    start = LAB.notebook(language)["cells"][0]["source"]
    rows = [line.strip(" |").split(" | ") for line in "".join(start).splitlines()]
    rows = [row for row in rows if len(row) == 5 and row[0].startswith("20")]
    assert len(rows) == 4
    for _, network, layers, parameters, _ in rows:
        row = PUBLISHED[network.replace("-", "").lower()]
        assert row.depth == int(layers)
        assert round(row.parameters / 1e6) == _millions(parameters)


def _millions(text):
    """61 of "61 million", 144 of "1억 4천4백만"."""
    if "million" in text:
        return int(text.split()[0])
    units = {"억": 100, "천": 10, "백": 1}  # the last two of 만, ten thousand
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d)([억천백])", text))


def test_prompts_are_short():
    """At most 15 lines of prose before an exercise, as a screen has room for."""
    prose = ""
    for cell in LAB.notebook()["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            prose = text.rpartition("\n## ")[2]
        elif cell["id"].removeprefix("modern_cnn-") in EXERCISES:
            assert 2 < len(prose.splitlines()) <= 15, cell["id"]


def test_no_given_cell_may_define_just_anything():
    """Grading would have to run such a cell to see whether it defines an answer."""
    dynamic = [
        name
        for name, source in code_cells(solved=True)
        if closure._DYNAMIC.search(source)
    ]
    assert not dynamic
