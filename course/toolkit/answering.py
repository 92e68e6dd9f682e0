"""``answer``: a choice in a question, and why it is right or wrong."""

from html import escape

from course.checks.columns import printable
from course.checks.feedback import panel
from course.language import gettext

_RIGHT, _WRONG, _OPEN = "#1a7f37", "#c4320a", "#888"
# The lines of a reason begin below each other.
_ROWS = """<style>
.course-check .option{display:flex;gap:.5em}
.course-check .option :not(:last-child){flex:none}
</style>"""


def answer(question_id, choice):
    """Say whether a choice is right, and why.

    For a wrong choice only its own reason is told, so that one can choose again; for
    the right one, the reasons of all options.

    Args:
        question_id: such as "modern_cnn.two_towers".
        choice: the letter of an option, such as "b"; of several options where the
            question asks for them, such as "ab"; "" for no answer yet. Capitals,
            blanks and commas do not matter.

    Returns:
        An ``Answer``, which shows itself as a panel.

    Raises:
        LookupError: there is no such question.
        TypeError: ``choice`` is not a string.
        ValueError: ``choice`` names no option, or several where one is right.
    """
    from course.questions import find

    question = find(question_id)
    if not isinstance(choice, str):
        said = gettext(
            'answer({id!r}, ...) wants a letter in quotes, such as "a": got {type}'
        )
        raise TypeError(said.format(id=question.id, type=type(choice).__name__))
    return Answer(question, _letters(question, choice))


def _letters(question, choice):
    """The chosen letters in their order, each once."""
    chosen = {c for c in choice.lower() if not (c.isspace() or c == ",")}
    if not chosen <= set(question.lettered):
        said = gettext(
            "answer({id!r}, ...) knows the letters {letters}: got {choice!r}"
        )
        known = ", ".join(question.lettered)
        raise ValueError(said.format(id=question.id, letters=known, choice=choice))
    if len(chosen) > 1 and not question.several:
        said = gettext("answer({id!r}, ...) wants one letter: got {choice!r}")
        raise ValueError(said.format(id=question.id, choice=choice))
    return "".join(sorted(chosen))


class Answer:
    """A choice that shows itself: HTML in a notebook, text elsewhere.

    Attributes:
        question: a ``course.questions.Question``.
        choice: the chosen letters, such as "b" or "ac", or "".
        right: whether these are the right ones; None without a choice.
    """

    def __init__(self, question, choice):
        self.question = question
        self.choice = choice
        self.right = choice == question.key if choice else None

    def __repr__(self):
        marks = {True: gettext("right"), False: gettext("wrong")}
        rows = [
            f"  {letter}  {marks[option.right]}: {gettext(option.reason)}"
            for letter, option in self._told()
        ]
        lines = [self._headline(), *rows]
        if self._advice():
            lines.append("  " + self._advice())
        return "\n".join(printable(line) for line in lines)

    def _repr_html_(self):
        items = [_item(letter, option) for letter, option in self._told()]
        advice = f'<div class="hint">{escape(self._advice())}</div>'
        color = {True: _RIGHT, False: _WRONG, None: _OPEN}[self.right]
        return panel(
            f"{_ROWS}<b>{escape(self._headline())}</b><ul>{''.join(items)}</ul>"
            f"{advice if self._advice() else ''}",
            color,
        )

    def _told(self):
        """The options whose reasons are told: none that would give the key away."""
        options = self.question.lettered
        if self.right:
            return list(options.items())
        chosen = [(letter, options[letter]) for letter in self.choice]
        wrong = [row for row in chosen if not row[1].right]
        return wrong[:1] or chosen

    def _headline(self):
        said = {
            None: gettext("{question}: not answered yet"),
            True: gettext("{question}: right ({choice})"),
            False: gettext("{question}: not right ({choice})"),
        }[self.right]
        if self.right is False and all(option.right for _, option in self._told()):
            said = gettext("{question}: right so far, but there is more ({choice})")
        choice = ", ".join(self.choice)
        return said.format(question=self.question.id, choice=choice)

    def _advice(self):
        """What to do next, or ""."""
        if self.right is None:
            return gettext("Put the letter of your choice between the quotes.")
        return "" if self.right else gettext("Choose again.")


def _item(letter, option):
    """An option and its reason as an item of a list."""
    kind, mark = ("pass", "✓") if option.right else ("fail", "✗")
    return (
        f'<li class="option {kind}"><span class="mark">{mark}</span><b>{letter}</b>'
        f"<span>{escape(gettext(option.reason))}</span></li>"
    )
