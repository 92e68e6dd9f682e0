import ast
import builtins
import json
import os
import unicodedata

import pytest

from course.grading import submission
from course.grading.submission import find, read


def notebook(*sources, **more):
    cells = [{"cell_type": "code", "source": s, "outputs": []} for s in sources]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(data, dict):
        data = json.dumps(data)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("source", ["a = 1\nb = 2", ["a = 1\n", "b = 2"]])
def test_source_as_text_or_as_lines(tmp_path, source):
    path = write(tmp_path / "kim.ipynb", notebook(source))
    assert read(path).cells == ("a = 1\nb = 2",)


def test_only_code_cells_are_read(tmp_path):
    data = notebook("x = 1")
    data["cells"] += [{"cell_type": "markdown", "source": "x = 2"}, 3, {}, {"a": 1}]
    assert read(write(tmp_path / "kim.ipynb", data)).cells == ("x = 1",)


def test_format_3_has_worksheets(tmp_path):
    cells = [{"cell_type": "code", "input": ["x = 1"], "outputs": []}]
    data = {"worksheets": [{"cells": cells}, {"cells": cells}, 7], "nbformat": 3}
    assert read(write(tmp_path / "kim.ipynb", data)).cells == ("x = 1", "x = 1")


def test_a_script_is_one_cell(tmp_path):
    path = write(tmp_path / "kim.py", b"\xef\xbb\xbfx = 1\r\n")
    assert read(path).cells == ("x = 1\r\n",)


def test_a_mark_of_utf8_does_not_matter(tmp_path):
    text = b"\xef\xbb\xbf" + json.dumps(notebook("x = '가'")).encode()
    assert read(write(tmp_path / "kim.ipynb", text)).cells == ("x = '가'",)


def test_metadata_and_outputs_are_not_believed(tmp_path):
    data = notebook("x = 1", metadata={"student": "other", "points": 100})
    data["cells"][0] |= {"metadata": {"grade_id": "q", "points": 9}, "id": "other"}
    data["cells"][0]["outputs"] = [{"output_type": "stream", "text": "100 points"}]
    found = read(write(tmp_path / "kim.ipynb", data))
    assert found.student == "kim" and found.cells == ("x = 1",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("not json", "not JSON"),
        (json.dumps(notebook("x = 1"))[:40], "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"cells": [], "n": ' + "9" * 5000 + "}", "not JSON"),
        ("[]", "no cells"),
        ("{}", "no cells"),
        ('{"cells": {}}', "no cells"),
        ('{"worksheets": 3}', "no cells"),
        (b"\xff\xfe{}", "not UTF-8"),
        ("비밀".encode("cp949"), "not UTF-8"),
        (notebook(3), "not text"),
        (notebook([1, 2]), "not text"),
        ({"cells": [{}] * 5001}, "5001 cells"),
        ("<html>not found</html>", "not JSON"),
        (notebook("x" * 100_000, "y" * 60_001), "160,001 characters of code"),
    ],
)
def test_what_is_no_notebook_has_a_reason(tmp_path, data, reason):
    found = read(write(tmp_path / "kim.ipynb", data))
    assert reason in found.reason and not found.cells and found.digest


def test_a_lone_surrogate_is_replaced(tmp_path):
    text = json.dumps(notebook("x = 1")).replace("x = 1", "x = '\\ud800'")
    assert read(write(tmp_path / "kim.ipynb", text)).cells == ("x = '?'",)


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "kim.ipynb"
    with path.open("wb") as file:
        file.truncate(4 << 30)
    assert "larger than 16 MiB" in read(path).reason


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: p.symlink_to("/etc/passwd"), "symbolic link"),
        (lambda p: p.symlink_to("nowhere"), "symbolic link"),
        (lambda p: p.mkdir(), "a folder"),
        (os.mkfifo, "not a regular file"),
    ],
)
def test_what_is_no_file_is_not_opened(tmp_path, make, reason):
    path = tmp_path / "kim.ipynb"
    make(path)
    (found,) = find(tmp_path)
    assert reason in found.reason


def test_no_link_is_followed_where_no_flag_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(submission, "_FLAGS", os.O_RDONLY)
    (tmp_path / "kim.ipynb").symlink_to("/etc/passwd")
    (found,) = find(tmp_path)
    assert "symbolic link" in found.reason


def test_a_folder_that_cannot_be_opened_is_a_folder(tmp_path, monkeypatch):
    def refuse(path, flags):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "kim.ipynb").mkdir()
    monkeypatch.setattr(os, "open", refuse)
    (found,) = find(tmp_path)
    assert "a folder, not a notebook" in found.reason


def students(folder, **more):
    return {s.student: s for s in find(folder, **more)}


def test_loose_files_and_folders(tmp_path):
    write(tmp_path / "김민서.ipynb", notebook("x = 1"))
    write(tmp_path / "lee.py", "x = 1")
    write(tmp_path / "Park" / "lab" / "05.ipynb", notebook("x = 1"))
    write(tmp_path / "README.md", "# not a submission")
    write(tmp_path / ".DS_Store", "no")
    write(tmp_path / "report.pdf", "no")
    write(tmp_path / "Choi" / "notes.txt", "no")
    found = students(tmp_path)
    assert list(found) == ["Choi", "Park", "lee", "report", "김민서"]
    assert not any(found[n].reason for n in ("Park", "lee", "김민서"))
    assert "not a notebook" in found["report"].reason
    assert "no notebook" in found["Choi"].reason


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("kimminsu_51234_998877_05_modern_cnn.ipynb", "kimminsu"),
        ("kimminsu_LATE_51234_998877_lab-2.ipynb", "kimminsu"),
        ("Min Su_1234567_assignsubmission_file_/05.ipynb", "Min Su"),
        ("submission_998877/05.ipynb", "submission_998877"),
        ("my_lab_05.ipynb", "my_lab_05"),
    ],
)
def test_names_that_course_systems_give(tmp_path, name, student):
    write(tmp_path / name, notebook("x = 1"))
    assert list(students(tmp_path)) == [student]


def test_students_of_one_name_are_told_apart(tmp_path):
    write(tmp_path / "kim.ipynb", notebook("x = 1"))
    write(tmp_path / "kim.py", "x = 1")
    assert list(students(tmp_path)) == ["kim (kim.ipynb)", "kim (kim.py)"]


def test_two_of_one_name_are_told_apart_by_the_numbers_of_their_folders(tmp_path):
    folders = [f"Min Su_{number}_assignsubmission_file_" for number in (1, 2)]
    for folder in folders:
        write(tmp_path / folder / "05.ipynb", notebook("x = 1"))
    assert list(students(tmp_path)) == [f"Min Su ({folder})" for folder in folders]


def test_no_two_submissions_share_a_student(tmp_path):
    kim = "\uae40.py"
    names = [kim, unicodedata.normalize("NFD", kim), "a\u200bb.py", "a\u202eb.py"]
    # One is called as another one will be.
    names += ["lee.py", "lee.ipynb", "lee (lee.py).py", "lee (lee.py) (2).py"]
    for name in names:
        write(tmp_path / name, "x = 1")
    found = [s.student for s in find(tmp_path)]
    assert len(found) == len(set(found)) == len(names)
    assert "\uae40 (\uae40.py) (2)" in found and "lee (lee.ipynb)" in found


def class_folder(tmp_path, *names):
    for name in names:
        write(tmp_path / name, "x = 1")
    return list(students(tmp_path, lab="modern_cnn", skip=tmp_path / "graded"))


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["kim.py", "lee.py"], ["kim", "lee"]),
        (["kim_05_modern_cnn.py", "lee.py"], ["kim_05_modern_cnn", "lee"]),
        (["20230001.py", "20230002.py"], ["20230001", "20230002"]),
        (["kim/05_modern_cnn.py", "lee/05_modern_cnn.py"], ["kim", "lee"]),
        (["lab 05/kim.py", "lab 05/lee.py"], ["kim", "lee"]),
    ],
)
def test_a_folder_around_the_whole_class_is_looked_into(tmp_path, names, wanted):
    around = [f"download/{name}" for name in names]
    kept = ["README.md", "graded/report.html", "__MACOSX/x.py"]
    assert class_folder(tmp_path, *around, *kept) == wanted


@pytest.mark.parametrize(
    "names",
    [
        ["kim/05_modern_cnn.py", "kim/helper.py"],
        ["kim/05.py", "kim/05-Copy1.py"],
        ["kim/kim.py", "kim/kim_final.py"],
        ["kim/a.py"],
        ["kim/a.txt"],
        ["kim_12_assignsubmission_file_/a.py", "kim_12_assignsubmission_file_/b.py"],
    ],
)
def test_a_student_who_is_alone_is_no_class(tmp_path, names):
    assert class_folder(tmp_path, *names) == ["kim"]


def test_several_files_in_one_of_several_folders_are_a_students(tmp_path):
    found = class_folder(tmp_path, "kim/a.py", "kim/b.py", "lee/05.py")
    assert found == ["kim", "lee"]
    (kim, _) = find(tmp_path, lab="modern_cnn")
    assert "2 files to choose from (a.py, b.py)" in kim.reason


def test_one_of_several_notebooks_is_chosen_by_its_name(tmp_path):
    write(tmp_path / "lee.py", "x = 1")
    for name in ("04_cnn_basics.ipynb", "05_modern_cnn.ipynb", "helper.py"):
        write(tmp_path / "kim" / name, notebook("x = 1"))
    write(tmp_path / "kim" / ".ipynb_checkpoints" / "05_modern_cnn.ipynb", "no")
    assert students(tmp_path, lab="modern_cnn")["kim"].path.name.startswith("05")
    assert "2 files to choose from" in students(tmp_path)["kim"].reason


def test_the_results_folder_is_no_student(tmp_path):
    write(tmp_path / "kim.ipynb", notebook("x = 1"))
    (tmp_path / "graded").mkdir()
    assert list(students(tmp_path, skip=tmp_path / "graded")) == ["kim"]


def test_names_are_made_printable(tmp_path):
    write(tmp_path / "a\x1b[2Jb\n.ipynb", notebook("x = 1"))
    with open(os.fsencode(tmp_path) + b"/\xff.py", "w") as file:
        file.write("x = 1")
    for found in find(tmp_path):
        for text in (found.student, str(found.path)):
            assert text.isprintable()
            text.encode()


def test_nothing_of_a_submission_is_parsed_as_python(tmp_path, monkeypatch):
    path = write(tmp_path / "kim.ipynb", notebook("def f(:"))
    monkeypatch.setattr(ast, "parse", None)
    monkeypatch.setattr(builtins, "compile", None)
    assert read(path).cells == ("def f(:",)
