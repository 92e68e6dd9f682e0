"""``course handin`` says what grading will make of a file, and runs none of it."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from course import shipped
from course.exercises import load
from course.exercises.source import solution_source, stub_source
from course.grading import report
from course.grading.record import GRADED, UNREADABLE, Record
from course.grading.submission import read
from course.student import handin

EXERCISES = load("modern_cnn")
ALL = len(EXERCISES)
IMPORTS = (
    "import keras\nimport numpy as np\nfrom keras import layers, ops\n"
    "from course.toolkit import InceptionWidths, check"
)
LAB = shipped.folder("labs") / "05_modern_cnn.ipynb"


def answers(**changed):
    """A cell an exercise: the reference, or what ``changed`` says; None is no cell."""
    cells = {name: solution_source(e.id) for name, e in EXERCISES.items()} | changed
    return [IMPORTS, *(text for text in cells.values() if text is not None)]


def write(path, sources):
    cells = [{"cell_type": "code", "source": s, "outputs": []} for s in sources]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}))
    return path


@pytest.fixture
def handed(tmp_path, capsys):
    """Hands sources, bytes or a file in: (exit code, lines)."""

    def hand(content, name="lab.ipynb", **more):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, list):
            write(path, content)
        else:
            shutil.copy(content, path)
        code = handin.main(path, **more)
        return code, capsys.readouterr().out.splitlines()

    return hand


def row(lines, name):
    (line,) = (text for text in lines if re.match(rf"  \S+ +{name} ", text))
    return line.split(maxsplit=2)[::2]


def test_a_solved_lab_is_whole(handed):
    code, lines = handed(answers())
    assert code == 0
    assert lines[-2:] == [
        f"{ALL} of {ALL} exercises attempted.",
        f"Whole: all {ALL} exercises are in it and can be graded.",
    ]
    assert row(lines, "receptive_field") == ["ok", "answered (code cell 2)"]
    assert len([line for line in lines if line.startswith("  ok  ")]) == ALL + 1


def test_the_lab_as_shipped_is_whole_though_nothing_is_attempted(handed):
    code, lines = handed(LAB)
    assert code == 0 and f"0 of {ALL} exercises attempted." in lines
    sources = json.loads(LAB.read_text("utf-8"))["cells"]
    ids = [c["id"] for c in sources if c["cell_type"] == "code"]
    cell = ids.index("modern_cnn-vgg_block") + 1
    assert row(lines, "vgg_block") == [
        "--",
        f"not attempted: still the stub (code cell {cell})",
    ]
    assert not any("gone" in line for line in lines)


VGG = solution_source("modern_cnn.vgg_block")
STUB = stub_source("modern_cnn.vgg_block")
# In a file of ``answers``: one cell of imports, then a cell an exercise.
CELL = f"code cell {list(EXERCISES).index('vgg_block') + 2}"
INDENTED = "    " + VGG.replace("\n", "\n    ")
FOUND = {
    "missing": (None, "FAIL", ["not defined; course reset puts its stub back"]),
    "broken": (
        VGG.replace("*, name=None):", "*, name=None)"),
        "FAIL",
        [f"not Python: {CELL}, line ", "SyntaxError: expected ':'"],
    ),
    "inside a function": (
        f"def mine():\n{INDENTED}",
        "FAIL",
        [f"only inside mine ({CELL}, line ", "left margin"],
    ),
    "inside a block": (f"if keras:\n{INDENTED}", "note", [f"({CELL})", "(if)"]),
    "imported": ("from friend import vgg_block", "FAIL", [f"imported in {CELL}"]),
    "hidden": (f"{VGG}\n\n{STUB}", "FAIL", [f"the stub in {CELL}; it hides"]),
    "twice": (f"{STUB}\n\n{VGG}", "note", [f"({CELL}); {CELL} defines it"]),
    "empty": ("def vgg_block(x): ...", "--", [f"no code in it ({CELL})"]),
    "lost import": (
        "def vgg_block(x): return tf.nn.relu(helper(x))",
        "FAIL",
        [CELL, "uses helper, tf, which nothing"],
    ),
    "needed one": ("def vgg_block(x): return resnet(x)", "ok", ["answered"]),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_becomes_of_an_exercise(name, handed):
    source, mark, fragments = FOUND[name]
    code, lines = handed(answers(vgg_block=source))
    found, text = row(lines, "vgg_block")
    assert found == mark
    for fragment in fragments:
        assert fragment in text
    assert code == (mark == "FAIL")
    verdict = "Not whole: see vgg_block above." if code else f"Whole: all {ALL}"
    assert lines[-1].startswith(verdict)
    attempted = ALL - (name in ("missing", "empty"))
    assert f"{attempted} of {ALL} exercises attempted." in lines


def test_a_needed_exercise_that_is_missing_is_told_once(handed):
    code, lines = handed(answers(bottleneck_block=None))
    assert row(lines, "resnet")[0] == "ok" and lines[-1].endswith(
        "bottleneck_block above."
    )
    assert code == 1


def test_code_elsewhere_that_is_not_python_is_noted(handed):
    code, lines = handed([*answers(), "plot(\nx = 3", "!ls\n%timeit f()\nf?"])
    assert code == 0
    notes = [line for line in lines if line.startswith("  note  ")]
    assert len(notes) == 1 and f"code cell {ALL + 2}, line 1 is not Python" in notes[0]


def test_given_cells_that_are_gone_are_noted(handed, tmp_path):
    notebook = json.loads(LAB.read_text("utf-8"))
    kept = [c for c in notebook["cells"] if not c["id"].endswith("-check")]
    path = tmp_path / "less.ipynb"
    path.write_text(json.dumps({**notebook, "cells": kept}))
    code, lines = handed(path)
    (note,) = (line for line in lines if "that are gone" in line)
    assert code == 0 and f": {ALL}, such as" in note
    assert 'check("modern_cnn.receptive_field", receptive_field)' in note


UNREADABLE_FILES = {
    "empty": (b"", "the file is empty"),
    "cut": (b'{"cells": [{"cell_type": "co', "not JSON"),
    "no notebook": (b"{}", "no cells"),
    "not UTF-8": (b"\xff\xfe", "not UTF-8"),
    "another lab's": (b'{"cells": []}', f"none of the {ALL} functions of lab 05"),
}


@pytest.mark.parametrize("name", UNREADABLE_FILES)
def test_a_file_that_cannot_be_graded_is_not_whole(name, handed):
    data, reason = UNREADABLE_FILES[name]
    code, lines = handed(data)
    assert code == 1 and lines[0].startswith("  FAIL  lab.ipynb")
    assert reason in lines[0] and lines[-1].startswith("Not whole: ")
    assert any(hashlib.sha256(data).hexdigest()[:12] in line for line in lines)


def test_a_script_is_read_as_one_cell(handed):
    code, lines = handed("\r\n".join(answers()).encode("utf-8-sig"), name="lab.py")
    assert code == 0 and row(lines, "resnet") == ["ok", "answered (code cell 1)"]


def test_the_digest_is_the_one_of_the_grader_and_of_the_page(handed, tmp_path):
    _, lines = handed(LAB)
    digest = read(tmp_path / "lab.ipynb").digest
    assert digest == hashlib.sha256(LAB.read_bytes()).hexdigest()
    (line,) = (text for text in lines if text.startswith("File "))
    shown = re.match(r"File ([0-9a-f]{12}): ", line).group(1)
    for status in (GRADED, UNREADABLE):
        record = Record("kim", "k.ipynb", digest, "05", status, "", 93)
        page = report.student_page(record)
        assert f"<code>{shown}</code>" in page and digest not in page
    unread = Record("kim", "k.ipynb", "", "05", UNREADABLE, "a folder", 93)
    assert "course handin" not in report.student_page(unread)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (190, "3 min"), (3 * 3600, "3 h 00 min"), (5 * 86400, "5 days")],
)
def test_the_age_of_the_file_is_told(seconds, told, tmp_path, capsys, monkeypatch):
    path = write(tmp_path / "lab.ipynb", answers())
    now = time.time()
    monkeypatch.setattr(handin.time, "time", lambda: now)
    os.utime(path, (now - seconds,) * 2)
    handin.main(path)
    assert f"Saved {told} ago (" in capsys.readouterr().out
    os.utime(path, (now + 999,) * 2)  # another machine's clock
    handin.main(path)
    assert "Saved 0 s ago (" in capsys.readouterr().out


def test_control_characters_do_not_reach_the_terminal(handed):
    rude = "def vgg_block(:\n\x1b[31m\x07\u202e"
    _, lines = handed(answers(vgg_block=rude), name="a\x1b[31m.ipynb")
    _, more = handed(b"\x1b", name="b\x1b.ipynb")
    assert all(line.isprintable() for line in lines + more)


def test_nothing_runs_and_it_is_quick(tmp_path):
    loud = "open('ran', 'w')\nimport os\nos._exit(3)"
    path = write(tmp_path / "lab.ipynb", [loud, *answers(), "while True: pass"])
    code = (
        "import sys; from course import cli; print(cli.main(['handin', sys.argv[1]]));"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", code, path],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.endswith("\n0\n[]\n"), done.stderr
    assert not (tmp_path / "ran").exists()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime < 1
