"""The questions teach: one key each, a reason for every option, no key given away."""

import re
import subprocess
import sys

import pytest

from course import language
from course.authoring import build, cells
from course.authoring.build import Lab, SourceError
from course.exercises import LABS
from course.exercises import load as exercises
from course.modern_cnn import dense_block, stacked_conv_params
from course.questions import Option, Question, find, load
from course.toolkit import answer

QUESTIONS = [q for lecture in LABS.values() for q in load(lecture).values()]
IDS = [q.id for q in QUESTIONS]
# What says nothing but whether the option is right.
FILLER = re.compile(
    r"(correct|right|wrong|yes|no|true|false|exactly|good)\b[,.!]", re.I
)
WRONG = [
    pytest.param(q, letter, id=f"{q.name}:{letter}")
    for q in QUESTIONS
    for letter, option in q.lettered.items()
    if not option.right
]


@pytest.fixture(autouse=True)
def english():
    language.use("en")
    yield
    language.use(None)


def source(cell):
    return "".join(cell["source"])


def lab(lecture="modern_cnn"):
    number = next(n for n, name in LABS.items() if name == lecture)
    return Lab(number, lecture, build.ROOT)


@pytest.mark.parametrize("lecture", LABS.values())
def test_a_lecture_has_five_questions_or_more_with_names_of_their_own(lecture):
    assert len(load(lecture)) >= 5
    for name, question in load(lecture).items():
        assert question.id == f"{lecture}.{name}"
        assert find(question.id) is question
    assert not set(load(lecture)) & set(exercises(lecture))


@pytest.mark.parametrize("question", QUESTIONS, ids=IDS)
def test_every_option_says_why(question):
    for option in question.options:
        assert len(option.reason.split()) >= 8, option.reason
        assert not FILLER.match(option.reason), option.reason
        assert option.reason.endswith((".", "?")), option.reason
        assert option.text.endswith("."), option.text


@pytest.mark.parametrize("question", QUESTIONS, ids=IDS)
def test_options_are_of_about_the_same_length(question):
    lengths = [len(option.text) for option in question.options]
    assert max(lengths) <= 1.5 * min(lengths)


@pytest.mark.parametrize("lecture", LABS.values())
def test_neither_letter_nor_length_gives_the_right_option_away(lecture):
    single = [q for q in load(lecture).values() if not q.several]
    keys = [q.key for q in single]
    assert {len(q.options) for q in single} == {4} and set(keys) == set("abcd")
    assert max(map(keys.count, "abcd")) <= len(keys) / 2
    longest = [
        max(q.lettered, key=lambda c, q=q: len(q.lettered[c].text)) for q in single
    ]
    right = sum(a == b for a, b in zip(longest, keys, strict=True))
    assert right <= len(single) / 2


def test_keys_of_lecture_05():
    """Written down a second time, so that no option is marked by a slip."""
    begins = {
        "many_channels": ["At every place"],
        "relu": ["Each sigmoid multiplies"],
        "overlapping_pooling": ["The map is as large"],
        "two_towers": ["It did not fit"],
        "small_kernels": ["Fewer weights", "One more non-linearity"],
        "reduction": ["The large kernels get fewer channels"],
        "degradation": ["Training does not find"],
        "skip_gradient": ["The gradient has a way around"],
        "bottleneck": ["Four times the channels"],
        "concatenation": ["64 and 384"],
    }
    questions = load("modern_cnn")
    assert list(questions) == list(begins)
    for name, starts in begins.items():
        right = [o.text for o in questions[name].options if o.right]
        assert len(right) == len(starts), name
        for text, start in zip(right, starts, strict=True):
            assert text.startswith(start), name


def told(name):
    """All texts of a question in one, without separators in its numbers."""
    question = load("modern_cnn")[name]
    options = [part for o in question.options for part in (o.text, o.reason)]
    return " ".join([question.text, *options]).replace(",", "")


def test_numbers_of_lecture_05_are_counted():
    import keras

    from course.modern_cnn import INCEPTION

    def weights(side, inputs, outputs):
        return side**2 * inputs * outputs

    first = INCEPTION["3a"]
    with_1x1 = weights(1, 192, first.reduce5x5) + weights(
        5, first.reduce5x5, first.conv5x5
    )
    reduction = told("reduction")
    assert f"reads {first.reduce5x5} channels instead of 192" in reduction
    assert f"takes {with_1x1} weights" in reduction
    assert f"without it {weights(5, 192, first.conv5x5)}" in reduction
    four = (first.conv1x1, first.conv3x3, first.conv5x5, first.pool_proj)
    assert "{} {} {} and {} channels".format(*four) in reduction

    c = 8  # any number of channels
    small = told("small_kernels")
    assert f"{stacked_conv_params(3, 2, c) // c**2}c²" in small
    assert f"{stacked_conv_params(5, 1, c) // c**2}c²" in small
    bottleneck = 4 * c * c + 9 * c * c + c * 4 * c
    for number in (bottleneck, stacked_conv_params(3, 2, c)):
        assert f"= {number // c**2}c²" in told("bottleneck")
    assert f"{stacked_conv_params(3, 2, 4 * c) // c**2}c²" in told("bottleneck")

    stack = dense_block(keras.Input((4, 4, 64)), 10, 32).shape[-1]
    assert f"64 and {stack}:" in told("concatenation")
    assert f"64 and {64 * 2**10}:" in told("concatenation")
    assert 4**16 > 4e9 and "one part in four billion" in told("relu")
    assert (55 - 3) // 2 + 1 == (55 - 2) // 2 + 1 == 27


@pytest.mark.parametrize(
    ("options", "several", "said"),
    [
        ("RW", False, "2 options; 3 to 5"),
        ("RWWWWW", False, "6 options; 3 to 5"),
        ("WWW", False, "0 options are right; exactly one"),
        ("RRW", False, "2 options are right; exactly one"),
        ("RWW", True, "1 options are right; several"),
        ("RRR", True, "3 options are right; several, but not all"),
    ],
)
def test_a_question_is_refused(options, several, said):
    made = [Option(f"{i}.", f"Since {i}.", o == "R") for i, o in enumerate(options)]
    with pytest.raises(ValueError, match=f"toy.q: {said}"):
        Question("toy.q", "Why?", tuple(made), several)


@pytest.mark.parametrize(
    ("reason", "said"), [("  ", "is empty"), ("Since 0.", "are the same")]
)
def test_a_reason_is_needed_for_each_option(reason, said):
    options = [Option(f"{i}.", f"Since {i}.", i == 0) for i in range(3)]
    options[1] = Option("1.", reason)
    with pytest.raises(ValueError, match=said):
        Question("toy.q", "Why?", tuple(options))


@pytest.mark.parametrize("question", QUESTIONS, ids=IDS)
def test_the_right_answer_is_told_every_reason(question):
    panel = answer(question.id, question.key)
    assert panel.right is True
    text, html = repr(panel), panel._repr_html_()
    for option in question.options:
        assert option.reason in text
    assert text.count("right: ") == len(question.key)
    assert html.count("<li") == len(question.options)
    assert html.count('class="option pass"') == len(question.key)
    assert "Choose again" not in text + html


@pytest.mark.parametrize(("question", "letter"), WRONG)
def test_a_wrong_answer_is_told_its_reason_and_no_other(question, letter):
    panel = answer(question.id, letter)
    assert panel.right is False
    text, html = repr(panel), panel._repr_html_()
    for other, option in question.lettered.items():
        assert (option.reason in text) == (other == letter)
        assert option.text not in text + html
    assert html.count("<li") == 1 and 'class="option pass"' not in html
    assert "Choose again." in text and "Choose again." in html


def test_no_answer_yet_tells_nothing():
    for question in QUESTIONS:
        panel = answer(question.id, " ")
        assert panel.right is None
        assert "not answered yet" in repr(panel)
        assert not any(o.reason in repr(panel) for o in question.options)
        assert "<li" not in panel._repr_html_()


def test_capitals_blanks_commas_and_order_do_not_matter():
    assert answer("modern_cnn.relu", " B\n").right
    for choice in ("bd", "DB", "b, d", " d b", "bdb"):
        assert answer("modern_cnn.small_kernels", choice).right


def test_of_several_letters_the_first_wrong_one_is_explained():
    question = find("modern_cnn.small_kernels")
    options = question.lettered
    panel = answer(question.id, "dcba")
    assert panel.right is False and panel.choice == "abcd"
    assert [o for o in "abcd" if options[o].reason in repr(panel)] == ["a"]
    some = answer(question.id, "d")
    assert some.right is False and "right so far" in repr(some)
    assert [o for o in "abcd" if options[o].reason in repr(some)] == ["d"]


@pytest.mark.parametrize(
    ("question", "choice", "error", "said"),
    [
        ("modern_cnn.relu", "e", ValueError, "letters a, b, c, d: got 'e'"),
        ("modern_cnn.relu", "ab", ValueError, "wants one letter: got 'ab'"),
        ("modern_cnn.relu", "b.", ValueError, "got 'b.'"),
        ("modern_cnn.relu", 2, TypeError, "a letter in quotes.*: got int"),
        ("modern_cnn.relu", None, TypeError, "got NoneType"),
        ("modern_cnn.vgg_block", "a", LookupError, "no question.*two_towers"),
        ("relu", "a", LookupError, "no lecture 'relu'; there is modern_cnn"),
    ],
)
def test_bad_input_is_named(question, choice, error, said):
    with pytest.raises(error, match=said):
        answer(question, choice)


def test_markup_and_control_characters_do_not_pass():
    from course.toolkit.answering import Answer

    rude = "<img src=x onerror=alert(1)>\x1b[31m\r\u202e"
    options = [Option(f"{i}{rude}", f"{rude}{i}", i == 0) for i in range(3)]
    panel = Answer(Question(f"toy.{rude}", rude, tuple(options)), "a")
    assert "<img" not in panel._repr_html_()
    assert not any(c in repr(panel) for c in "\x1b\r\u202e")


def test_a_korean_panel_says_so():
    language.use("ko")
    html = answer("modern_cnn.relu", "b")._repr_html_()
    assert 'lang="ko"' in html and "keep-all" in html


@pytest.mark.parametrize("solved", [False, True])
def test_the_lab_holds_each_question_once_with_its_answer_behind(solved):
    notebook = lab().notebook(solved=solved)["cells"]
    wanted = [q for q in QUESTIONS if q.lecture == "modern_cnn"]
    behind = [c for c in notebook if source(c).startswith("answer(")]
    assert [c["id"] for c in behind] == [f"modern_cnn-{q.name}-answer" for q in wanted]
    for number, (question, cell) in enumerate(zip(wanted, behind, strict=True), 1):
        key = question.key if solved else ""
        assert source(cell) == f'answer("{question.id}", "{key}")'
        asked = notebook[notebook.index(cell) - 1]
        assert (asked["id"], asked["cell_type"]) == (
            f"modern_cnn-{question.name}",
            "markdown",
        )
        lines = source(asked).splitlines()
        assert lines[0] == f"**{number}.** {question.text}"
        assert len(lines) == 2 + len(question.options)
        for line, (letter, option) in zip(
            lines[2:], question.lettered.items(), strict=True
        ):
            assert line.startswith(f"- **{letter}**") and line.endswith(option.text)


def test_the_lab_gives_no_reason_away():
    text = "\n".join(source(c) for c in lab().notebook()["cells"])
    assert not [o.reason for q in QUESTIONS for o in q.options if o.reason in text]


def test_every_answer_cell_of_lab_and_solution_shows_its_panel():
    for solved in (False, True):
        for cell in lab().notebook(solved=solved)["cells"]:
            if source(cell).startswith("answer("):
                panel = eval(source(cell), {"answer": answer})
                assert panel.right is (True if solved else None)
                assert "course-check" in panel._repr_html_()


def test_texts_come_in_the_language_of_the_lab(monkeypatch):
    monkeypatch.setattr(cells, "gettext", lambda text, language: f"{language}: {text}")
    asked, choice = cells.question("modern_cnn.relu", "ko", solved=False)
    question = find("modern_cnn.relu")
    assert f"ko: {question.text}" in asked["source"]
    for option in question.options:
        assert f"ko: {option.text}" in asked["source"]
    assert choice["source"] == 'answer("modern_cnn.relu", "")'


def test_all_texts_are_collected_for_translation():
    from course.authoring import catalog

    collected = {m.id for m in catalog.messages() if m.id}
    texts = [t for q in QUESTIONS for o in q.options for t in (o.text, o.reason)]
    texts += [q.text for q in QUESTIONS] + ["{question}: not answered yet"]
    assert not [text for text in texts if text not in collected]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (":question: modern_cnn.relu\nx = 1", "modern_cnn.relu must be empty"),
        (":question: modern_cnn.nothing", "no question 'modern_cnn.nothing'"),
    ],
)
def test_a_wrong_question_cell_is_named(tmp_path, text, said):
    little = Lab("05", "modern_cnn", tmp_path)
    little.source.parent.mkdir(parents=True)
    little.source.write_text(f"# Title\n\n```{{code-cell}}\n{text}\n```\n")
    with pytest.raises(SourceError, match=f"05_modern_cnn.md, cell 2.*{said}"):
        little.notebook()


def test_questions_load_no_tensorflow():
    program = (
        "import sys, course\n"
        "from course.toolkit import answer\n"
        "print(answer('modern_cnn.relu', 'b'))\n"
        "print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("[]\n") and "right (b)" in done.stdout
