"""Reasons are formed and kept in English, and told in the reader's language."""

import ast
from pathlib import Path
from string import Formatter

import pytest

import course
from course import language
from course.checks import reasons
from course.checks.reasons import told
from course.grading import quote, report, submission
from course.grading.closure import Notebook
from course.grading.record import UNREADABLE, Record
from course.grading.sandbox.child import Limits, out_of_cpu, reason_of
from course.grading.sandbox.pool import level

SANDBOX = Path(course.__file__).parent / "grading" / "sandbox"


@pytest.fixture(autouse=True)
def korean():
    language.use("ko")
    yield
    language.use(None)


def test_a_form_is_filled_with_what_the_text_holds():
    text = reasons.SEVERAL_FILES.format(number=2, names="a {b}.ipynb, c.py")
    assert told(text) == "파일이 2개나 있습니다(a {b}.ipynb, c.py). 하나만 남기십시오"
    language.use("en")
    assert told(text) == text


@pytest.mark.parametrize("text", ["", "TypeError: no", "line x: y", "what came back"])
def test_any_other_text_stays_as_it_is(text):
    assert told(text) == text


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [
        (out_of_cpu(Limits(cpu=2.5)), "프로세서 시간을 2.5초 넘게 썼습니다."),
        (reason_of(3, Limits()), "코드가 자기 프로세스를 끝냈습니다(종료 상태 3)"),
        (reason_of(-11, Limits()), "프로세스: 비정상 종료(SIGSEGV)."),
        (reason_of(-50, Limits()), "시그널 50번으로"),
    ],
)
def test_how_a_process_ended_is_told_whole(stopped, expected):
    assert expected in told(stopped.reason)


def test_why_a_function_is_missing_is_told_with_its_place():
    cells = ["import os", "x = 1 / 0\ndef f(:\n  pass\n"]
    notebook = Notebook(cells)
    notebook.load({"x"})
    x, f = (quote.cause(n, notebook.cause(n), cells, believed=True) for n in "xf")
    assert "ZeroDivisionError" in x
    assert told(x).endswith("(코드 셀 2, 1번째 줄: x = 1 / 0)")
    assert told(f).endswith("(코드 셀 2, 2번째 줄)")


def test_the_level_of_isolation_is_told():
    assert told(level()).startswith("완전하지 않습니다.")


def test_the_forms_are_those_of_the_sandbox():
    """What is formed there has no constant here that both would use."""
    trees = [ast.parse(path.read_text("utf-8")) for path in SANDBOX.glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    said = [node.value for node in nodes if isinstance(node, ast.Constant)]
    said = "\n".join(value for value in said if isinstance(value, str))
    reference = Path(course.__file__).parent / "grading" / "reference.py"
    said += reference.read_text("utf-8")
    for form in (*reasons.ENDINGS, *reasons.LEVELS):
        for literal, *_ in Formatter().parse(form):
            assert literal.strip() in said, form


def test_a_record_holds_english_and_its_page_is_korean(tmp_path):
    path = tmp_path / "kim.ipynb"
    path.write_bytes(b"")
    read = submission.read(path)
    assert read.reason == "the file is empty"
    record = Record("kim", "kim.ipynb", "", "05", UNREADABLE, read.reason, 100)
    page = report.student_page(record)
    assert "읽을 수 없음: 빈 파일입니다" in page
    assert "unreadable: the file is empty" in report.grades_csv([record], {})
