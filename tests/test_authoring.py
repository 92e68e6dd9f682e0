"""Labs and solutions are made from their source, the same each time."""

import ast
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import nbformat
import pytest

from course import questions
from course.authoring import build
from course.authoring.build import Lab, SourceError, dump, in_language
from course.exercises import LABS, load
from course.exercises.source import solution_source

HEAD = "---\nkernelspec: {name: python3, display_name: Python 3}\n---\n\n"
TWO_LANGUAGES = HEAD + (
    ":::{en}\n# Title\n:::\n:::{ko}\n# 제목\n:::\n\n| a | b |\n|---|---|\n\n"
    ":::{en}\nNot translated.\n:::\n\n"
    "```{code-cell}\nprint(1)\n```\n\n"
    "```{code-cell}\n:exercise: modern_cnn.vgg_block\n```\n"
)
# What a lab may use: libraries, the toolkit, and the standard library at its start.
ALLOWED = {"keras", "numpy", "course.toolkit", "subprocess", "sys", "importlib.util"}


def code(cell):
    return "".join(cell["source"])


@pytest.fixture(params=LABS.items(), ids=lambda item: item[1])
def lab(request):
    return Lab(*request.param, build.ROOT)


@pytest.fixture
def small(tmp_path):
    """A lab in a folder of its own; call it with the text of its source."""

    def make(text):
        lab = Lab("05", "modern_cnn", tmp_path)
        lab.source.parent.mkdir(parents=True, exist_ok=True)
        lab.source.write_text(text, encoding="utf-8")
        return lab

    return make


def test_notebooks_are_up_to_date(capsys):
    assert build.main(check=True) == 0, capsys.readouterr().err


def test_check_names_the_notebook_that_differs(small, monkeypatch, capsys):
    lab = small(TWO_LANGUAGES)
    monkeypatch.setattr(build, "ROOT", lab.source.parents[2])
    assert build.main(check=True) == 1
    assert "labs/05_modern_cnn.ipynb" in capsys.readouterr().err
    assert not lab.lab.exists()
    assert build.main() == 0
    assert build.main(check=True) == 0
    lab.lab.write_bytes(lab.lab.read_bytes().replace(b"Title", b"title"))
    capsys.readouterr()
    assert build.main(check=True) == 1
    said = capsys.readouterr().err
    assert "labs/05_modern_cnn.ipynb" in said and "solutions/" not in said


def test_a_build_without_sources_says_where_labs_are_built(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(build, "ROOT", tmp_path)
    assert build.main() == 1
    assert "clone of the repository" in capsys.readouterr().err


def test_notebooks_are_the_same_bytes_in_another_process(lab):
    program = (
        "import hashlib, sys; from course.authoring.build import Lab, ROOT\n"
        f"texts = Lab({lab.source.name[:2]!r}, {lab.lecture!r}, ROOT).notebooks()\n"
        "data = ''.join(texts.values()).encode()\n"
        "print(hashlib.sha256(data).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(build.ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("solved", [False, True])
def test_notebooks_are_valid_and_say_what_they_are_made_from(lab, solved):
    notebook = lab.notebook(solved=solved)
    nbformat.validate(notebook)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert f"labs/source/{lab.source.name}" in code(notebook["cells"][0])
    assert "course build" in code(notebook["cells"][0])
    assert notebook["metadata"]["language_info"] == {"name": "python"}


def test_the_lab_has_no_outputs_and_the_solution_those_that_are_compared(lab):
    texts = lab.notebooks()
    for cell in json.loads(texts[lab.lab])["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None
    compared = 0
    for cell in json.loads(texts[lab.solution])["cells"]:
        tagged = build.COMPARED in cell["metadata"].get("tags", [])
        assert bool(cell.get("outputs")) == tagged, cell["id"]
        compared += tagged
    assert compared >= 5


def test_every_exercise_has_its_stub_and_its_check_in_order(lab):
    cells = [c for c in lab.notebook()["cells"] if c["cell_type"] == "code"]
    stubs = [c for c in cells if "raise NotImplementedError" in code(c)]
    exercises = [f"{lab.lecture}.{name}" for name in load(lab.lecture)]
    assert [c["id"].replace("-", ".") for c in stubs] == exercises
    for exercise, stub in zip(exercises, stubs, strict=True):
        name = exercise.split(".")[1]
        assert stub is not cells[-1]
        behind = cells[cells.index(stub) + 1]
        assert code(behind) == f'check("{exercise}", {name})'
        ast.parse(code(stub))


def test_no_answer_leaks_into_the_lab(lab):
    text = "\n".join(code(c) for c in lab.notebook()["cells"])
    for name in load(lab.lecture):
        for function in ast.parse(solution_source(f"{lab.lecture}.{name}")).body:
            if not isinstance(function, ast.FunctionDef):
                continue
            body = function.body[1:] if ast.get_docstring(function) else function.body
            lines = {line for s in body for line in ast.unparse(s).splitlines()}
            leaked = [line for line in lines if len(line) > 40 and line in text]
            assert not leaked, (name, leaked)


def test_lab_and_solution_differ_in_the_answers_alone(lab):
    unsolved, solved = lab.notebook()["cells"], lab.notebook(solved=True)["cells"]
    assert [c["id"] for c in unsolved] == [c["id"] for c in solved]
    differ = {
        a["id"] for a, b in zip(unsolved, solved, strict=True) if code(a) != code(b)
    }
    answers = {f"{lab.lecture}-{name}" for name in load(lab.lecture)}
    letters = {f"{lab.lecture}-{name}-answer" for name in questions.load(lab.lecture)}
    assert differ == answers | letters


def test_given_cells_import_only_libraries_and_the_toolkit(lab):
    imported = set()
    for cell in lab.notebook()["cells"]:
        if cell["cell_type"] == "code":
            for node in ast.walk(ast.parse(code(cell))):
                if isinstance(node, ast.Import):
                    imported |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    imported.add(node.module)
    assert imported <= ALLOWED


@pytest.mark.parametrize("solved", [False, True])
def test_no_cell_reads_a_name_that_nobody_defines(lab, solved, tmp_path):
    cells = lab.notebook(solved=solved)["cells"]
    script = tmp_path / "lab.py"
    script.write_text(
        "\n\n".join(code(c) for c in cells if c["cell_type"] == "code"),
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821"]
    run = subprocess.run([*command, script], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_both_languages_have_the_same_cells_and_the_same_code(lab):
    english, korean = (lab.notebook(language)["cells"] for language in build.LANGUAGES)
    korean = [c for c in korean if c["id"] != "language"]  # chooses the panels'
    assert [c["id"] for c in english] == [c["id"] for c in korean]
    assert [statements(c) for c in english] == [statements(c) for c in korean]


def statements(cell):
    """The code of a cell without comments and specifications; of prose, nothing."""
    if cell["cell_type"] != "code":
        return ""
    tree = ast.parse(code(cell))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return ast.unparse(tree)


def test_each_language_gets_its_own_prose_and_english_stands_in(small):
    lab = small(TWO_LANGUAGES)
    english = dump(lab.notebook("en"))
    korean = dump(lab.notebook("ko"))
    assert "# Title" in english and "제목" not in english
    assert "제목" in korean and "# Title" not in korean
    for text in english, korean:
        assert "Not translated." in text and "| a | b |" in text
        assert ":::" not in text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (":::{en}\nopen", "not closed"),
        (":::{fr}\nbonjour\n:::", "opens no block"),
        (":::{ko}\n안녕\n:::", "does not follow an English block"),
        (":::{en}\nhi\n:::\n\nbetween\n\n:::{ko}\n안녕\n:::", "does not follow"),
        (":::{en}\nhi\n:::{ko}\n안녕\n:::", "stands inside"),
        ("text\n:::", "opens no block"),
    ],
)
def test_wrong_blocks_are_named(text, reason):
    with pytest.raises(SourceError, match=reason):
        in_language(text, "en")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "```{code-cell}\n:exercise: modern_cnn.vgg_block\nx = 1\n```",
            "must be empty",
        ),
        ("```{code-cell}\n:exercise: modern_cnn.nothing\n```", "nothing"),
        ("![a](figures/none.svg)", "no figure figures/none.svg"),
    ],
)
def test_wrong_cells_are_named_with_file_and_place(small, text, reason):
    with pytest.raises(SourceError, match=rf"05_modern_cnn.md, cell 2.*{reason}"):
        small(HEAD + "# Title\n\n+++\n\n" + text + "\n").notebook()


def test_a_compared_cell_needs_its_recorded_output(small):
    tagged = "```{code-cell}\n:tags: [nbval-check-output]\nprint(1)\n```\n"
    lab = small(HEAD + "# Title\n\n" + tagged)
    with pytest.raises(SourceError, match="course build --run"):
        lab.notebooks()
    output = {"name": "stdout", "output_type": "stream", "text": ["1\n"]}
    lab.outputs.write_text(dump({build.fingerprint("print(1)"): [output]}))
    cell = json.loads(lab.notebooks()[lab.solution])["cells"][-1]
    assert cell["outputs"] == [output]


def test_recording_keeps_stdout_in_one_piece_and_drops_stderr(small):
    body = (
        "import sys\nprint(1, flush=True)\nprint('noise', file=sys.stderr, "
        "flush=True)\nprint(2)"
    )
    tagged = "```{code-cell}\n:tags: [nbval-check-output]\n" + body + "\n```\n"
    lab = small(HEAD + "# Title\n\n" + tagged)
    build.record(lab)
    recorded = json.loads(lab.outputs.read_text())[build.fingerprint(body)]
    assert recorded == [
        {"name": "stdout", "output_type": "stream", "text": ["1\n", "2\n"]}
    ]


def test_recording_says_which_cell_failed(small):
    lab = small(HEAD + "# Title\n\n```{code-cell}\nraise ValueError('no')\n```\n")
    with pytest.raises(SourceError, match="ValueError"):
        build.record(lab)
    assert not lab.outputs.exists()


def test_figures_travel_inside_the_notebook(small, lab):
    for figure in sorted((lab.source.parent / "figures").glob("*.svg")):
        ET.parse(figure)
        text = figure.read_text(encoding="utf-8")
        assert text.count("http") == 1, f"{figure.name} loads something"  # its xmlns
        assert f"figures/{figure.name}" in lab.text(), f"{figure.name} is not used"
    little = small(HEAD + "# Title\n\n![a tower](figures/two_towers.svg)\n")
    folder = lab.source.parent / "figures"
    shutil.copytree(folder, little.source.parent / "figures")
    text = code(little.notebook()["cells"][0])
    assert "![a tower](data:image/svg+xml;base64," in text and "figures/" not in text
