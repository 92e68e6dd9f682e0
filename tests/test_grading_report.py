import csv
import io
import os
import re
from contextlib import closing
from fractions import Fraction
from html.parser import HTMLParser

import pytest
from records import EXERCISES, POSSIBLE, SECRETS, bad, record

from course import language
from course.checks.reasons import NOT_UNDERSTOOD
from course.checks.result import (
    FAILED,
    Result,
    Verdict,
    points,
)
from course.grading import files, report
from course.grading.names import file_names
from course.grading.progress import Progress, duration
from course.grading.record import (
    short,
)
from course.grading.store import (
    Store,
)


def write(folder, records, level="level"):
    with closing(Store(folder)) as store:
        report.write(store, "05", records, level)


@pytest.fixture
def out(tmp_path):
    records = [
        record(),
        record("<script>alert(1)</script>"),
        record("=HYPERLINK(1)"),
        bad("../../etc", "the file is empty"),
        bad("Kim & Söhne", "=1+1"),
    ]
    write(tmp_path, records, "unsealed: <level>")
    return tmp_path


def pages(out):
    return [out / "report.html", *sorted((out / "students").iterdir())]


def rows(out):
    text = (out / "grades.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_grades_have_a_row_a_student_and_a_column_an_exercise(out):
    table = rows(out)
    assert list(table[0]) == [
        *("student", "lab", "status", "points", "possible", "percent"),
        *(e.id for e in EXERCISES.values()),
    ]
    first = table[0]
    assert (first["student"], first["lab"], first["status"]) == (
        "김민서",
        "05",
        "graded",
    )
    assert first["modern_cnn.receptive_field"] == "1.33"
    assert float(first["points"]) == pytest.approx(float(record().earned), abs=0.01)
    assert first["possible"] == str(POSSIBLE)
    assert table[3]["status"] == "unreadable: the file is empty"
    assert (table[3]["points"], table[3]["percent"]) == ("0", "0.0")


def test_no_cell_starts_a_formula(out):
    for row in rows(out):
        for value in row.values():
            assert not value.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert rows(out)[2]["student"] == "'=HYPERLINK(1)"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.open = [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in ("meta", "br", "rect", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("meta", "br", "rect", "line"):
            assert self.open.pop() == tag


def test_pages_are_closed_escaped_and_fetch_nothing(out):
    for path in pages(out):
        tags = Tags()
        tags.feed(path.read_text(encoding="utf-8"))
        assert not tags.open
        assert not {tag for tag, _ in tags.seen} & {"script", "img", "link", "iframe"}
        for _, attributes in tags.seen:
            assert "src" not in attributes and not any(
                name.startswith("on") for name in attributes
            )
            assert not attributes.get("href", "").startswith(("http", "//"))
        assert "default-src 'none'" in path.read_text(encoding="utf-8")


def test_every_link_of_the_class_report_leads_to_a_page(out):
    from urllib.parse import unquote

    text = (out / "report.html").read_text(encoding="utf-8")
    links = {unquote(link) for link in re.findall('href="([^"]+)"', text)}
    assert links == {f"students/{p.name}" for p in (out / "students").iterdir()}
    assert len(links) == 5


def test_a_students_page_leads_on_and_gives_nothing_away(out):
    text = (out / "students" / "김민서.html").read_text(encoding="utf-8")
    for secret in SECRETS.values():
        assert secret not in text
    assert "SECRET" not in text and "ignores dilation" not in text
    assert "Kim &amp; S" not in text and "students/" not in text
    for shown in (
        "Think of &lt;holes&gt;.",
        "TypeError in code cell 3: &lt;b&gt;",
        "in the place of your <code>bottleneck_block</code>",
        "SyntaxError: &lt;oh&gt;",
        "1 of 2",
    ):
        assert shown in text


def test_the_class_report_says_what_went_wrong(out):
    text = (out / "report.html").read_text(encoding="utf-8")
    for shown in (
        "unsealed: &lt;level&gt;",
        "the file is empty",
        "ignores dilation",
        "2.5 s",
        "&lt;script&gt;",
    ):
        assert shown in text


def test_pages_of_students_who_left_are_removed_and_no_other(out):
    (out / "students" / "roster.html").write_text("mine")
    for _ in range(2):
        write(out, [record()])
        pages = sorted(p.name for p in (out / "students").iterdir())
        assert pages == ["roster.html", "김민서.html"]
    assert not list(out.glob("*.partial"))


def test_what_happened_is_told_in_the_language_of_the_reader():
    language.use("ko")
    page = report.student_page(record(problems=((1, 2, NOT_UNDERSTOOD, ""),)))
    assert language.gettext(NOT_UNDERSTOOD) in page and NOT_UNDERSTOOD not in page


def test_a_class_of_which_nothing_could_be_graded(tmp_path):
    write(tmp_path, [bad("kim", "empty")])
    assert "empty" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_file_names_are_distinct_and_stay_in_their_folder():
    students = ["a/b", "a:b", "A_B", "..", ".", "x" * 300, "x" * 301, "김", "CON\n"]
    names = file_names(students)
    assert len({n.casefold() for n in names.values()}) == len(students)
    for name in names.values():
        assert "/" not in name and not name.startswith(".") and len(name) < 120


def test_no_file_name_has_more_bytes_than_file_systems_take():
    letters = "\U00020000" * 61
    students = [letters + "!", letters + "?", "김" * 99, "a/b"]
    students += [name.removesuffix(".html") for name in file_names(students).values()]
    names = [name.casefold() for name in file_names(students).values()]
    assert max(len(name.encode()) for name in names) < 143
    assert len(set(names)) == len(students) == 8


@pytest.mark.parametrize("student", ["con", "NUL", "Com1", "aux.kim"])
def test_no_file_is_named_as_windows_names_its_devices(student):
    (name,) = file_names([student]).values()
    assert name.partition(".")[0].casefold() != student.partition(".")[0].casefold()


def test_a_table_that_a_spreadsheet_holds_open_is_named(tmp_path, monkeypatch):
    def replace(name, path):
        raise PermissionError(13, "Access is denied", str(path))

    monkeypatch.setattr(files.os, "replace", replace)
    with pytest.raises(PermissionError, match="Access is denied.*close it there"):
        files.replace(tmp_path / "grades.csv", "text")
    assert not list(tmp_path.iterdir()), "no half of it stays"


def test_no_half_of_a_file_stays_whatever_goes_wrong(tmp_path):
    for name, text in (("x" * 300, "text"), ("kim.html", "\ud800")):
        with pytest.raises((OSError, UnicodeEncodeError)):
            files.replace(tmp_path / name, text)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (93, "93"), (100, "100"), (Fraction(4, 7), "0.57"), (7.5, "7.5")],
)
def test_points_for_people(value, text):
    assert points(value) == text


def test_long_texts_are_cut():
    result = Result(
        "m.f", FAILED, Fraction(0), 1, (Verdict("runs", FAILED, "x" * 9999),)
    )
    assert len(short(result).verdicts[0].called) == 1000


class Stream(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


def test_progress_is_a_line_each_in_a_file_and_one_line_on_a_terminal():
    plain, terminal = Stream(False), Stream(True)
    for stream in (plain, terminal):
        progress = Progress(3, stream)
        progress.advance("kim: unreadable")
        progress._started -= 8.0
        progress.advance("lee: 3 of 7")
        progress.advance("min: 4 of 7")
    assert "\r" not in plain.getvalue() and plain.getvalue().count("\n") == 3
    assert "[1/3] kim: unreadable\n" in plain.getvalue(), "too early to tell"
    assert "[2/3] lee: 3 of 7, about 4 s left" in plain.getvalue()
    assert terminal.getvalue().count("\n") == 1 and "\r" in terminal.getvalue()


def test_progress_rewrites_nothing_on_windows(monkeypatch):
    monkeypatch.setattr(os, "name", "nt")
    stream = Stream(True)
    Progress(1, stream).advance("kim: 3 of 7")
    assert stream.getvalue() == "[1/1] kim: 3 of 7\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (99, "99 s"), (150, "2 min"), (7500, "2 h 05 min")],
)
def test_durations_for_people(seconds, text):
    assert duration(seconds) == text
