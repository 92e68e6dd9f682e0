"""The language is chosen out loud; without a choice everything is in English."""

import subprocess
import sys

import pytest

from course import language
from course.checks import columns, feedback
from course.checks.calls import call_text
from course.checks.compare import compare
from course.checks.probe import Probe, Tensor
from course.checks.result import FAILED, PASSED, Result, Verdict
from course.checks.words import arrays_differ, describe, value_text

HINT = "How many ReLUs does your block have? Compare with its convolutions."


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    for name in ("COURSE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    language.use(None)
    yield
    language.use(None)


def result(*verdicts, hints=()):
    return Result("toy.f", FAILED, 0, 1, verdicts, hints=hints)


def test_a_notebook_is_english_until_it_chooses(monkeypatch):
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert language.current() == "en"
    language.use("ko")
    assert language.current() == "ko"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ko_KR"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "COURSE_LANG": "en"}, "en"),
        ({"LANG": "en_US.UTF-8", "COURSE_LANG": "ko"}, "ko"),
        ({"LANG": "kok_IN.UTF-8"}, "en"),
    ],
)
def test_a_command_speaks_as_the_variable_or_the_terminal_says(
    monkeypatch, environment, expected
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    language.use_locale()
    assert language.current() == expected


def test_an_unknown_language_is_refused_by_name():
    from course.toolkit import use_language

    with pytest.raises(ValueError, match="'fr'; there is 'en', 'ko'"):
        use_language("fr")


def test_a_message_without_translation_stays_english():
    language.use("ko")
    assert language.gettext("no such message") == "no such message"
    assert language.gettext("") == ""


def test_the_panel_is_korean_where_that_is_chosen():
    language.use("ko")
    panel = result(
        Verdict("runs", PASSED),
        Verdict("behaviour", FAILED, "f(1)", "2"),
        hints=(HINT,),
    )
    text = feedback.text(panel)
    assert "공개 검사 2개 중 1개 통과" in text
    assert "호출      f(1)" in text  # four columns of Hangul, ten in all
    assert f"힌트: {language.gettext(HINT)}" in text
    assert HINT not in text
    html = feedback.html(panel)
    assert 'lang="ko"' in html and "word-break:keep-all" in html


def test_the_result_itself_holds_english():
    language.use("ko")
    assert result(hints=(HINT,)).hints == (HINT,)


def test_labels_line_up_in_both_languages():
    from unicodedata import east_asian_width

    for chosen in language.LANGUAGES:
        language.use(chosen)
        for label in ("called", "came back", "expected", "differs"):
            said = columns.padded(language.gettext(label), 10)
            assert sum(1 + (east_asian_width(c) in "WF") for c in said) == 10
            assert said.endswith(" ")


@pytest.mark.parametrize(
    ("say", "english", "korean"),
    [
        (
            lambda: call_text("f", Probe((Tensor((8, 8, 3)),), note="odd sizes")),
            "f(x)  # x of shape (None, 8, 8, 3); odd sizes",
            "f(x)  # x의 형상은 (None, 8, 8, 3); 홀수 크기",
        ),
        (
            lambda: value_text([1.0, 2.0]),
            "float64 array of shape (2,): 1, 2",
            "형상 (2,)인 float64 배열: 1, 2",
        ),
        (
            lambda: arrays_differ([1.0, 2.0], [1.0, 3.0]),
            "first at [1]: 3 instead of 2; 1 of 2 differ",
            "[1]에서 처음 다릅니다: 2 대신 3. 2개 중 1개가 다릅니다",
        ),
        (lambda: describe({"kind": "tensor"}), "a tensor", "텐서"),
        (lambda: describe({"kind": "Functional"}), "a Functional", "Functional"),
        (
            lambda: describe(
                {"raised": {"types": ["KeyError"], "message": "3", "line": "line 2: f"}}
            ),
            "KeyError: 3  [line 2: f]",
            "KeyError: 3  [2번째 줄: f]",
        ),
        (
            lambda: compare(None, {"value": 1}, "f()", "errors")[0].expected,
            "a ValueError",
            "ValueError",
        ),
    ],
)
def test_words_in_both_languages(say, english, korean):
    assert say() == english
    language.use("ko")
    assert say() == korean


def test_a_command_in_a_korean_terminal_writes_the_korean_lab(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "course", "lab", "05", "--write-only"],
        cwd=tmp_path,
        env={
            "LANG": "ko_KR.UTF-8",
            "PYTHONPATH": str(language.LOCALE.parents[1]),
            "PYTHONIOENCODING": "utf-8",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert "파일을 만들었습니다" in ran.stdout
    lab = tmp_path / "labs" / "ko" / "05_modern_cnn.ipynb"
    assert "# 실습 05" in lab.read_text("utf-8")


def test_lines_are_wrapped_by_columns_and_no_word_is_cut():
    assert columns.wrapped("one two three", 9, "- ", "  ") == "- one two\n  three"
    assert columns.wrapped("하나 둘 셋", 9, "- ", "  ") == "- 하나 둘\n  셋"
    assert columns.wrapped("unbreakable", 4) == "unbreakable"
