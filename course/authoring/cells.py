"""The notebook cells of exercises and questions, and of prose and code."""

import textwrap

from course import questions
from course.exercises.source import docstring, solution_source, stub_source
from course.language import gettext, pgettext


def exercise(exercise_id, language, *, solved):
    """The two cells of an exercise: the stub, or the answer, and the check.

    Args:
        exercise_id: such as "modern_cnn.vgg_block".
        language: of the specification, one of LANGUAGES.
        solved: the first cell holds the answer.

    Raises:
        LookupError: there is no such exercise.
    """
    source = solution_source(exercise_id) if solved else _stub(exercise_id, language)
    cell_id, name = _cell_id(exercise_id), exercise_id.partition(".")[2]
    return [
        code(cell_id, source.strip("\n")),
        code(f"{cell_id}-check", f'check("{exercise_id}", {name})'),
    ]


def _stub(exercise_id, language):
    """A stub whose specification is in the language of its lab."""
    stub, english = stub_source(exercise_id), docstring(exercise_id)
    told = pgettext(exercise_id, english, language)
    if told == english:
        return stub
    head, quotes, rest = stub.partition('"""')
    _, _, body = rest.partition(quotes)
    specification = textwrap.indent(f"{quotes}{told}\n{quotes}", "    ").lstrip()
    return head + specification + body


def question(question_id, language, *, solved):
    """The two cells of a question: its text with lettered options, and the answer.

    Args:
        question_id: such as "modern_cnn.two_towers".
        language: of the texts, one of LANGUAGES.
        solved: the letters of the right options are filled in.

    Raises:
        LookupError: there is no such question.
    """
    asked = questions.find(question_id)
    number = list(questions.load(asked.lecture)).index(asked.name) + 1
    rows = [
        f"- **{letter}** \N{EN SPACE}{gettext(option.text, language=language)}"
        for letter, option in asked.lettered.items()
    ]
    text = f"**{number}.** {gettext(asked.text, language=language)}"
    choice = asked.key if solved else ""
    cell_id = _cell_id(question_id)
    return [
        markdown(cell_id, "\n".join([text, "", *rows])),
        code(f"{cell_id}-answer", f'answer("{question_id}", "{choice}")'),
    ]


def _cell_id(name):
    return name.replace(".", "-")


def markdown(cell_id, source):
    """A cell of prose, in notebook format 4.5."""
    return {
        "cell_type": "markdown",
        "id": cell_id,
        "metadata": {},
        "source": source,
    }


def code(cell_id, source, tags=(), outputs=()):
    """A cell of code, in notebook format 4.5."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": cell_id,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": list(outputs),
        "source": source,
    }
