import csv
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from course import cli
from course.exercises import load
from course.grading import checking, demo, run
from course.grading.sandbox.pool import Limits
from course.grading.store import Store

ROOT = Path(__file__).resolve().parent.parent
RIGHT = """def stacked_conv_params(kernel, depth, channels):
    kh, kw = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    if min(kh, kw, depth, channels) < 1:
        raise ValueError("too small")
    return kh * kw * depth * channels**2
"""
WRONG = RIGHT.replace("channels**2", "channels")
RUN = """
import sys
from course.grading import run
from course.grading.sandbox.pool import Limits
run.package_digest = lambda: "this version"
limits = Limits(cpu=1, wall=20)
code = run.grade({folder!r}, "05", {out!r}, jobs=2, unsafe=True, limits=limits)
loaded = [m for m in ("tensorflow", "keras") if m in sys.modules]
print("loaded:", loaded)
sys.exit(code)
"""
SUBMISSIONS = {
    "right.py": RIGHT,
    "wrong.py": WRONG,
    "loop.py": RIGHT + "def receptive_field(layers):\n    while True: pass\n",
    "leaves.py": "import os\ndef receptive_field(layers): os._exit(0)\n" + RIGHT,
    "broken.py": "def receptive_field(layers)\n    return 1\n" + RIGHT,
    "flood.py": "def helper():\n    print('x' * 10**7)\nhelper()\n"
    "helper = [print('y' * 10**7) for _ in range(9)]\n"
    "def receptive_field(layers, h=helper): print('z' * 10**7); return 0\n" + RIGHT,
    "other.py": "def iou(a, b): return 0\n",
    "empty.ipynb": "",
    "cut.ipynb": '{"cells": [{"cell_type": "co',
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A folder graded by another process, as ``course grade`` does it."""
    folder = tmp_path_factory.mktemp("class")
    for name, text in SUBMISSIONS.items():
        (folder / name).write_text(text)
    out = folder / "graded"
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(folder=str(folder), out=str(out))],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    return folder, out, done


def points(out):
    with open(out / "grades.csv", encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_every_submission_has_a_row_and_the_run_ends_well(graded):
    _, out, done = graded
    assert done.returncode == 0, done.stderr
    table = points(out)
    assert set(table) == {name.partition(".")[0] for name in SUBMISSIONS}
    wanted = dict.fromkeys(("right", "loop", "leaves", "broken", "flood"), "3")
    wanted |= {"wrong": "0", "other": "0", "empty": "0", "cut": "0"}
    column = "modern_cnn.stacked_conv_params"
    assert {name: row[column] for name, row in table.items()} == wanted
    assert table["empty"]["status"].startswith("unreadable: the file is empty")
    assert table["cut"]["status"].startswith("unreadable: not a notebook")
    assert table["other"]["status"].startswith("wrong lab")


def test_the_orchestrator_loads_no_tensorflow(graded):
    assert "loaded: []" in graded[2].stdout


def test_the_run_says_how_far_it_is_and_what_it_cannot_promise(graded):
    stderr = graded[2].stderr
    assert "unsealed" in stderr and "[9/9]" in stderr and "left" in stderr
    assert "x" * 50 not in stderr + graded[2].stdout


def test_the_mistake_is_named_to_the_instructor_and_hinted_to_the_student(graded):
    _, out, _ = graded
    assert "counts the channels once" in (out / "report.html").read_text(
        encoding="utf-8"
    )
    page = (out / "students" / "wrong.html").read_text(encoding="utf-8")
    assert 'class="hint"' in page and "counts the channels once" not in page


def test_no_page_of_a_student_shows_a_probe_or_what_was_expected(graded):
    _, out, _ = graded
    store = Store(out)
    checked = 0
    for record in store.records("05"):
        page = (out / "students" / f"{record.student}.html").read_text("utf-8")
        for answer in record.answers:
            for verdict in answer.result.verdicts:
                for text in (verdict.called, verdict.expected, verdict.where):
                    if "(" in text or " of " in text:
                        checked += 1
                        assert text not in page
    store.close()
    assert checked > 20


def test_the_seed_is_kept_to_its_owner(graded):
    path = graded[1] / "seed"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_unchanged_work_is_not_graded_again(graded, monkeypatch, capsys):
    folder, out, _ = graded
    before = (out / "grades.csv").read_bytes()
    monkeypatch.setattr(run, "package_digest", lambda: "this version")
    monkeypatch.setattr(run, "Slot", None)  # a zygote would fail the run
    assert run.grade(folder, "05", out, limits=Limits()) == 0
    assert "9 unchanged" in capsys.readouterr().err
    assert (out / "grades.csv").read_bytes() == before


STAYS = """import os, time
def receptive_field(*a):
    if os.fork() == 0:
        os.setsid()
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("name", "fork"),
    [("SIGINT", "0"), ("SIGINT", "1"), ("SIGTERM", "1"), ("SIGKILL", "1")],
)
def test_however_the_run_ends_all_that_it_started_ends(tmp_path, name, fork):
    (tmp_path / "kim.py").write_text(STAYS)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = [Path(sys.executable).with_name("course"), "grade", tmp_path]
    process = subprocess.Popen(
        [*command, "--lab", "05", "--out", tmp_path / "out", "--unsafe"],
        stderr=subprocess.PIPE,
        env={**os.environ, "COURSE_FORK": fork, "TMPDIR": str(temporary)},
        # Whoever runs the tests in the background ignores Ctrl-C, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert b"Lab 05" in process.stderr.readline()
    below = {"0": 1, "1": 3}[fork]  # the zygote, its child, and what that started
    if not _in_time(lambda: _generations(process.pid) >= below):
        process.kill()
        pytest.fail(f"not all has started: {process.communicate()[1].decode()}")
    started = _below(process.pid)
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate(timeout=60)
    if name != "SIGKILL":
        assert process.returncode == 130 and b"interrupted" in errors
    assert _in_time(lambda: not any(map(psutil.pid_exists, started)))
    assert _in_time(lambda: not list(temporary.iterdir()))


def _in_time(holds, seconds=30):
    """Whether something comes true, on however slow a machine."""
    until = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(0.05)
    return held


def _generations(pid):
    """How many generations of processes there are below one."""
    try:
        children = psutil.Process(pid).children()
    except psutil.NoSuchProcess:
        return 0
    return max((1 + _generations(child.pid) for child in children), default=0)


def _below(pid):
    return [p.pid for p in psutil.Process(pid).children(recursive=True)]


def test_a_folder_without_submissions(tmp_path, capsys):
    assert run.grade(tmp_path, "05", tmp_path / "out") == 1
    assert "no notebooks" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_nothing_is_graded_into_a_folder_that_holds_something_else(tmp_path, capsys):
    work, out = tmp_path / "work", tmp_path / "web"
    for folder in (work, out):
        folder.mkdir()
    (work / "kim.py").write_text(RIGHT)
    (out / "report.html").write_text("mine")
    for folder, said in ((out, "such as report.html"), (work, "holds the submissions")):
        line = ["grade", str(work), "--lab", "05", "--out", str(folder), "--unsafe"]
        assert cli.main(line) == 1
        assert said in capsys.readouterr().err
    names = sorted(p.name for p in tmp_path.rglob("*.*"))
    assert names == ["kim.py", "report.html"]


def test_a_run_that_was_interrupted_leaves_a_results_folder(tmp_path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    work, out = tmp_path / "work", tmp_path / "out"
    work.mkdir()
    (work / "kim.py").write_text(RIGHT)
    monkeypatch.setattr(run, "secret_seed", interrupt)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run.grade(work, "05", out, unsafe=True)


def test_a_notebook_is_checked_as_in_its_panels(tmp_path, capsys):
    loop = "while True:\n    pass"
    cells = [RIGHT, loop, "def receptive_field(layers):\n    raise KeyError(3)", "x ="]
    data = {"cells": [{"cell_type": "code", "source": c} for c in cells]}
    path = tmp_path / "lab.ipynb"
    path.write_text(json.dumps(data))
    assert checking.check_notebook(path) == 1
    text = capsys.readouterr().out
    assert "modern_cnn.stacked_conv_params: 3 of 3 public checks pass" in text
    assert "KeyError: 3  [code cell 3, line 2: raise KeyError(3)]" in text
    assert "code cell 4, line 1: SyntaxError" in text
    assert (
        f"1 of {len(load('modern_cnn'))} exercises pass all their public checks" in text
    )


def test_a_file_that_is_no_notebook_is_not_checked(tmp_path, capsys):
    path = tmp_path / "lab.ipynb"
    path.write_text("no")
    assert checking.check_notebook(path) == 1
    assert "not JSON" in capsys.readouterr().err


def test_the_demo_grades_the_examples(monkeypatch, tmp_path):
    called = {}
    monkeypatch.setattr(
        demo,
        "grade",
        lambda folder, lab, out, jobs, unsafe: called.update(locals()) or 0,
    )
    assert demo.main(tmp_path) == 0
    assert (called["lab"], called["out"]) == ("05", tmp_path)
    assert called["unsafe"], "it asks nobody, wherever it runs"
    names = {p.name for p in Path(called["folder"]).iterdir()}
    assert len(names) >= 10 and "김민서.ipynb" in names


def test_the_example_submissions_are_what_their_script_writes():
    script = ROOT / "examples" / "make_submissions.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True)
    assert done.returncode == 0, done.stdout.decode()
