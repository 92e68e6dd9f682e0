"""``course reset`` changes what it is asked to, says so, and loses nothing."""

import copy
import json
import stat
import subprocess
import sys
import zlib

import nbformat
import pytest

from course import shipped
from course.exercises import load
from course.exercises.source import stub_source
from course.grading.submission import find
from course.language import KOREAN
from course.student import reset
from course.student.lab import cell_id, shipped_cells, source_of

LABS = shipped.folder("labs")
SOLVED = "def vgg_block(x, filters, num_convs, *, name=None):\n    return x"
OUTPUT = {"output_type": "stream", "name": "stdout", "text": ["old\n"]}
ODD = {"data": {"text/plain": ["\ud800 \u2028 \x1b"]}, "metadata": {"n": 1e-7}}


def lab(language=""):
    return json.loads((LABS / language / "05_modern_cnn.ipynb").read_text("utf-8"))


def place(notebook, wanted):
    return [cell_id(c) for c in notebook["cells"]].index(wanted)


def ordinal(name):
    """The number of an exercise's cell among the code cells of the lab."""
    ids = [cell_id(c) for c in lab()["cells"] if c["cell_type"] == "code"]
    return ids.index(f"modern_cnn-{name}") + 1


def code(source, cell=None, **more):
    return {
        "cell_type": "code",
        "execution_count": 7,
        "id": cell or f"own-{zlib.crc32(source.encode())}",
        "metadata": {"tags": ["mine"]},
        "outputs": [OUTPUT],
        "source": source.splitlines(keepends=True),
        **more,
    }


CODE_CELLS = sum(c["cell_type"] == "code" for c in lab()["cells"])


def solved(language=""):
    """A lab whose vgg_block is answered, with outputs in it and behind it."""
    notebook = lab(language)
    index = place(notebook, "modern_cnn-vgg_block")
    notebook["cells"][index] = code(SOLVED, "modern_cnn-vgg_block")
    odd = {"output_type": "display_data", **ODD}
    notebook["cells"][index + 1]["outputs"] = [odd]
    return notebook


@pytest.fixture
def run(tmp_path, capsys):
    """Resets exercises in a notebook: (exit code, notebook, what was said)."""

    def reset_in(notebook, *names, name="lab.ipynb", **more):
        path = tmp_path / name
        if notebook is not None:
            path.write_text(json.dumps(notebook, indent=1) + "\n")
        status = reset.main(path, names, **more)
        said = capsys.readouterr()
        after = json.loads(path.read_text("utf-8"))
        return status, after, said.out + said.err

    return reset_in


def backups(folder):
    return sorted(p.name for p in folder.glob("*.before-reset-*"))


@pytest.mark.parametrize("language", ["", KOREAN])
@pytest.mark.parametrize("name", ["vgg_block", "modern_cnn.vgg_block"])
def test_the_stub_is_back_and_everything_else_is_as_it_was(
    language, name, run, tmp_path
):
    before = solved(language)
    status, after, said = run(before, name)
    assert status == 0 and "the stub is back in code cell" in said
    index = place(before, "modern_cnn-vgg_block")
    cell, shipped_cell = after["cells"].pop(index), lab(language)["cells"][index]
    kept = {"metadata": {"tags": ["mine"]}}
    assert cell == {**shipped_cell, **kept}
    assert cell["outputs"] == [] and cell["execution_count"] is None
    del before["cells"][index]
    assert json.dumps(after) == json.dumps(before)  # with the order of its keys
    assert (tmp_path / "lab.before-reset-1.ipynb").exists()


def test_the_file_is_written_as_jupyter_writes_it(tmp_path):
    notebook = solved()
    index = place(notebook, "modern_cnn-vgg_block")
    notebook["cells"][index + 1]["outputs"] = []
    path, again = tmp_path / "lab.ipynb", tmp_path / "again.ipynb"
    nbformat.write(nbformat.from_dict(notebook), path)
    before = path.read_bytes()
    assert reset.main(path, ["vgg_block"]) == 0
    after = path.read_bytes()
    nbformat.write(nbformat.read(path, as_version=4), again)
    assert again.read_bytes() == after
    cells = [json.loads(data)["cells"] for data in (before, after)]
    old, new = (json.dumps(c[index], ensure_ascii=False, indent=1) for c in cells)
    old, new = (text.replace("\n", "\n  ").encode() for text in (old, new))
    assert before.count(old) == 1 and after == before.replace(old, new)


def test_the_copy_is_the_old_file_and_never_replaces_another(run, tmp_path):
    path = tmp_path / "lab.ipynb"
    for number in (1, 2, 3):
        notebook = solved()
        notebook["metadata"]["turn"] = number
        assert run(notebook, "vgg_block")[0] == 0
        kept = tmp_path / f"lab.before-reset-{number}.ipynb"
        assert kept.read_text() == json.dumps(notebook, indent=1) + "\n"
    assert len(backups(tmp_path)) == 3 and not list(tmp_path.glob("*.partial"))
    path.chmod(0o600)
    run(solved(), "vgg_block")
    modes = {
        stat.S_IMODE(p.stat().st_mode) for p in (path, tmp_path / backups(tmp_path)[3])
    }
    assert modes == {0o600}


def test_a_stub_is_left_alone(run, tmp_path):
    status, after, said = run(lab(), "vgg_block")
    assert status == 0 and after == lab() and "holds the stub already" in said
    assert backups(tmp_path) == []


def test_several_at_once_and_one_that_is_there_already(run, tmp_path):
    status, after, said = run(solved(), "resnet", "vgg_block", "resnet")
    assert status == 0 and said.count("resnet:") == said.count("vgg_block:") == 1
    assert [c["source"] for c in after["cells"]] == [
        c["source"] for c in lab()["cells"]
    ]
    assert len(backups(tmp_path)) == 1


@pytest.mark.parametrize("name", ["receptive_field", "vgg_block"])
@pytest.mark.parametrize("check_too", [False, True])
def test_a_lost_cell_comes_back_where_the_lab_has_it(name, check_too, run):
    notebook = lab()
    index = place(notebook, f"modern_cnn-{name}")
    del notebook["cells"][index : index + 1 + check_too]
    status, after, said = run(notebook, name)
    assert status == 0 and after == lab()
    assert f"its cell was gone; the stub is in code cell {ordinal(name)}" in said


def test_a_lost_beginning_does_not_matter(run):
    notebook = lab()
    index = place(notebook, "modern_cnn-receptive_field")
    del notebook["cells"][: index + 2]
    _, after, _ = run(notebook, "receptive_field")
    assert after["cells"] == lab()["cells"][index:]


def test_a_lost_cell_stands_behind_the_exercise_before_it(run):
    """Prose rewritten, given cells gone, chapters in another order."""
    notebook = lab()
    kept = [c for c in notebook["cells"] if cell_id(c).startswith("modern_cnn-")]
    kept = [c for c in kept if "vgg_block" not in cell_id(c)]
    before = list(load("modern_cnn"))[list(load("modern_cnn")).index("vgg_block") - 1]
    moved = [c for c in kept if before in cell_id(c)]
    notebook["cells"] = [c for c in kept if c not in moved] + moved
    _, after, _ = run(notebook, "vgg_block")
    ids = [cell_id(c).removeprefix("modern_cnn-") for c in after["cells"]]
    assert ids[-4:] == [before, f"{before}-check", "vgg_block", "vgg_block-check"]


def test_other_definitions_are_listed_and_stay(run):
    notebook = solved()
    notebook["cells"][place(notebook, "modern_cnn-vgg_block")] = code(SOLVED, "mine")
    notebook["cells"].append(code(f"x = 1\n{SOLVED}\ny = 2"))
    status, after, said = run(notebook, "vgg_block")
    mine, last = ordinal("vgg_block"), CODE_CELLS + 1
    where = f"also defined in code cell {mine + 1}, {last + 1}, left as it is"
    assert status == 0 and f"{where} (--all takes it out)" in said
    cells = [c for c in after["cells"] if cell_id(c) != "modern_cnn-vgg_block"]
    assert cells == notebook["cells"]


def test_all_takes_the_other_definitions_out(run):
    notebook = solved()
    several = f"\nx = 1\n@cached\n{SOLVED}\ny = 2\n\n{SOLVED}\n"
    notebook["cells"] += [code(several), code("if x:\n    def vgg_block(): pass")]
    before = copy.deepcopy(notebook)
    status, after, said = run(notebook, "vgg_block", everywhere=True)
    assert status == 0 and f"taken out of code cell {CODE_CELLS + 1}" in said
    assert f"also defined in code cell {CODE_CELLS + 2}, among other code" in said
    changed = after["cells"][-2]
    assert source_of(changed) == "\nx = 1\ny = 2"
    assert changed["outputs"] == [] and changed["execution_count"] is None
    assert after["cells"][-1] == before["cells"][-1]


def test_a_cell_that_holds_another_answer_is_not_emptied(run, tmp_path):
    notebook = solved()
    index = place(notebook, "modern_cnn-vgg_block")
    both = f"{SOLVED}\n\ndef resnet(depths):\n    return depths"
    notebook["cells"][index] = code(both, "modern_cnn-vgg_block")
    status, after, said = run(notebook, "vgg_block")
    assert status == 1 and after == notebook and backups(tmp_path) == []
    assert f"code cell {ordinal('vgg_block')} holds resnet too" in said
    assert run(notebook, "vgg_block", "resnet")[0] == 0


def test_a_helper_that_goes_with_it_is_named(run):
    notebook = solved()
    index = place(notebook, "modern_cnn-vgg_block")
    helper = "def conv(x):\n    return x\n\ndef unused(x):\n    return x\n\n"
    notebook["cells"][index] = code(helper + SOLVED, "modern_cnn-vgg_block")
    notebook["cells"].append(code("def more(x):\n    return conv(x)"))
    _, _, said = run(notebook, "vgg_block")
    assert "though other cells use it: conv\n" in said


def test_what_never_was_in_the_cell_is_not_gone_with_it(run):
    """The check's cell comes back; that nothing imports ``check`` is not its doing."""
    notebook = solved()
    index = place(notebook, "modern_cnn-vgg_block")
    notebook["cells"] = [notebook["cells"][index]]
    _, after, said = run(notebook, "vgg_block")
    assert len(after["cells"]) == 2 and "gone with it" not in said


def test_a_notebook_that_lost_its_ids(run):
    notebook = solved()
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        del cell["id"]
    del notebook["cells"][place(lab(), "modern_cnn-resnet")]
    status, after, said = run(notebook, "vgg_block", "resnet")
    back, put = ordinal("vgg_block"), ordinal("resnet")
    assert status == 0 and f"vgg_block: the stub is back in code cell {back}" in said
    assert f"resnet: its cell was gone; the stub is in code cell {put}" in said
    assert not any("id" in cell for cell in after["cells"])
    sources = [source_of(c) for c in after["cells"]]
    assert sources == [source_of(c) for c in lab()["cells"]]
    nbformat.validate(nbformat.from_dict(after))


def test_colab_keeps_ids_in_the_metadata(run):
    notebook = solved()
    notebook["nbformat_minor"] = 0
    for cell in notebook["cells"]:
        cell["metadata"]["id"] = cell.pop("id")
    _, after, said = run(notebook, "vgg_block")
    back = f"stub is back in code cell {ordinal('vgg_block')}"
    assert back in said and "also defined" not in said
    assert len(after["cells"]) == len(notebook["cells"])


def test_a_cell_that_was_made_text_is_code_again(run):
    notebook = lab()
    index = place(notebook, "modern_cnn-vgg_block")
    text = {"cell_type": "markdown", "metadata": {}, "source": "gone"}
    notebook["cells"][index] = {**text, "id": "modern_cnn-vgg_block"}
    _, after, _ = run(notebook, "vgg_block")
    assert after == lab()


def test_korean_is_told_by_the_lab_and_not_by_a_comment(run):
    notebook = solved()
    notebook["cells"].append(code("# 한국어 주석\nx = 1"))
    _, after, _ = run(notebook, "vgg_block")
    english = source_of(after["cells"][place(after, "modern_cnn-vgg_block")])
    assert english + "\n" == stub_source("modern_cnn.vgg_block")
    bare = solved(KOREAN)
    bare["cells"] = [c for c in bare["cells"] if c["cell_type"] == "code"]
    for cell in bare["cells"]:
        cell["id"] = f"own-{zlib.crc32(source_of(cell).encode())}"
    _, after, _ = run(bare, "vgg_block")
    korean = {source_of(c) for c in shipped_cells("05", KOREAN)}
    assert sum(source_of(c) in korean for c in after["cells"]) == len(after["cells"])


REFUSED = {
    "misspelt": (lab(), ["vgg_blok"], ["'vgg_blok'", "did you mean vgg_block?"]),
    "unlike all": (lab(), ["xxxxxx"], ["this lab has", *load("modern_cnn")]),
    "another lecture": (lab(), ["rnn.vgg_block"], ["did you mean vgg_block"]),
    "one is wrong": (lab(), ["resnet", "x" * 9], ["no exercise 'xxxxxxxxx'"]),
    "no lab": ({"cells": [], "nbformat": 4}, ["resnet"], ["05 (modern_cnn)"]),
    "no cells": ({}, ["resnet"], ["not a notebook"]),
    "old format": ({"worksheets": []}, ["resnet"], ["old format", "JupyterLab"]),
    "odd cells": ({"cells": [3]}, ["resnet"], ["old format"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_change_nothing(name, run, tmp_path):
    notebook, names, fragments = REFUSED[name]
    status, after, said = run(notebook, *names)
    assert status == 1 and after == notebook and backups(tmp_path) == []
    assert said.startswith("course reset: ") and said.count("\n") == 1
    for fragment in fragments:
        assert fragment in said


@pytest.mark.parametrize(
    ("name", "data", "fragment"),
    [
        ("lab.py", b"x = 1", "a script and has no cells"),
        ("lab.ipynb", b"\x1b{", "not JSON"),
        ("lab.txt", b"x", "not a notebook"),
    ],
)
def test_what_is_no_notebook_is_refused(name, data, fragment, tmp_path, capsys):
    path = tmp_path / name
    path.write_bytes(data)
    assert reset.main(path, ["vgg_block", "\x1b"]) == 1
    said = capsys.readouterr().err
    assert fragment in said and said.rstrip("\n").isprintable()
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_write_that_fails_leaves_the_file_as_it_was(run, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reset.os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        run(solved(), "vgg_block")
    assert json.loads((tmp_path / "lab.ipynb").read_text()) == solved()
    assert not list(tmp_path.glob("*.partial"))


def test_a_copy_beside_it_is_not_taken_for_a_submission(run, tmp_path):
    (tmp_path / "kim").mkdir()
    run(solved(), "vgg_block", name="kim/05_modern_cnn.ipynb")
    (found,) = (s for s in find(tmp_path, "modern_cnn") if s.student == "kim")
    assert found.path.name == "05_modern_cnn.ipynb" and not found.reason
    found.path.unlink()
    (found,) = (s for s in find(tmp_path, "modern_cnn") if s.student == "kim")
    assert found.path.name == "05_modern_cnn.before-reset-1.ipynb"


def test_nothing_runs_and_no_tensorflow_is_loaded(tmp_path):
    notebook = solved()
    notebook["cells"].insert(0, code("open('ran', 'w')"))
    path = tmp_path / "lab.ipynb"
    path.write_text(json.dumps(notebook))
    line = (
        "import sys; from course import cli;"
        "print(cli.main(['reset', sys.argv[1], 'vgg_block', '--all']));"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", line, path], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.endswith("\n0\n[]\n"), done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "lab.before-reset-1.ipynb",
        "lab.ipynb",
    ]
