"""The questions of each lecture. Importing this loads neither TensorFlow nor Keras."""

from importlib import import_module

from course.exercises import LABS
from course.language import gettext
from course.questions.question import Option, Question

__all__ = ["Option", "Question", "find", "load"]


def load(lecture):
    """The questions of a lecture, in lab order: name -> Question.

    Raises:
        LookupError: there is no such lecture.
    """
    if lecture not in LABS.values():
        said = gettext("no lecture {lecture!r}; there is {known}")
        raise LookupError(said.format(lecture=lecture, known=", ".join(LABS.values())))
    return import_module(f"course.questions.{lecture}").QUESTIONS


def find(question_id):
    """The question of this id.

    Raises:
        LookupError: there is no such question; the message lists those there are.
    """
    lecture, _, name = str(question_id).partition(".")
    questions = load(lecture)
    if name not in questions:
        said = gettext("no question {id!r}; {lecture} has {known}")
        known = ", ".join(questions)
        raise LookupError(said.format(id=question_id, lecture=lecture, known=known))
    return questions[name]
