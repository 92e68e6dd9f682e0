"""The command line where Windows lacks what Linux has: the same checks and points."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import course
from course import shipped
from course.exercises import load
from course.exercises.source import reference_source

ROOT = Path(course.__file__).resolve().parent.parent
EXAMPLES = shipped.folder("examples") / "submissions" / "05_modern_cnn"
# A good one, one that loops, one that leaves, one that is cut off.
NAMES = ("김민서.ipynb", "정하준.ipynb", "윤채원/05_modern_cnn.ipynb", "임수아.ipynb")
TOTAL = len(load("modern_cnn"))
POSIX = (sys.executable, "-m", "course")
WITHOUT = (sys.executable, str(ROOT / "tests" / "without_posix.py"), "course")


def run(program, *arguments, **variables):
    done = subprocess.run(
        [*program, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        timeout=600,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    for name in NAMES:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(EXAMPLES / name, folder / name)
    return folder


def grade(program, folder, out, *more, **variables):
    out.mkdir()
    (out / "seed").write_text("5\n")
    line = ("grade", folder, "--lab", "05", "--out", out, "--jobs", "2", *more)
    done = run(program, *line, **variables)
    with open(out / "grades.csv", encoding="utf-8-sig", newline="") as file:
        return done, list(csv.DictReader(file))


@pytest.mark.skipif(sys.platform != "linux", reason="a zygote to compare with")
def test_the_same_rows_as_with_a_zygote(submissions, tmp_path):
    done, without = grade(WITHOUT, submissions, tmp_path / "without", "--unsafe")
    assert done.returncode == 0 and "and nothing more" in done.stderr
    assert "nothing more" in (tmp_path / "without" / "report.html").read_text("utf-8")
    done, forked = grade(POSIX, submissions, tmp_path / "forked")
    assert done.returncode == 0 and "limits on time, memory and files" in done.stderr
    assert without == forked
    percent = {row["student"]: float(row["percent"]) for row in without}
    assert percent["김민서"] == 100 and percent["임수아"] == 0
    assert all(80 < percent[name] < 100 for name in ("정하준", "윤채원"))
    note = (tmp_path / "without" / "students" / "정하준.html").read_text("utf-8")
    assert "more than 10 s of processor time" in note


@pytest.mark.parametrize(
    ("program", "variables"), [(WITHOUT, {}), (POSIX, {"COURSE_FORK": "0"})]
)
def test_grading_there_asks_for_unsafe(submissions, tmp_path, program, variables):
    out = tmp_path / "out"
    line = ("grade", submissions, "--lab", "05", "--out", out)
    done = run(program, *line, **variables)
    assert done.returncode == 1 and not out.exists()
    assert "--unsafe" in done.stderr and "WSL 2" in done.stderr


def test_a_solved_notebook_is_checked():
    done = run(WITHOUT, "check", ROOT / "solutions" / "05_modern_cnn.ipynb")
    assert f"{TOTAL} of {TOTAL} exercises pass all their" in done.stdout
    assert done.returncode == 0


def test_a_notebook_is_checked_with_what_limits_there_are(tmp_path):
    answer = reference_source("modern_cnn.vgg_block")
    loop = "def receptive_field(layers):\n    while True: pass"
    cells = [{"cell_type": "code", "source": text} for text in (answer, loop)]
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    done = run(POSIX, "check", path, COURSE_FORK="0")
    assert f"1 of {TOTAL} exercises pass all their public checks" in done.stdout
    assert "more than 10 s of processor time" in done.stdout
