"""The questions of each lecture. Importing this loads neither TensorFlow nor Keras."""

from course.exercises import lecture_module, pick
from course.language import gettext
from course.questions.question import Option, Question

__all__ = ["Option", "Question", "find", "load"]


def load(lecture):
    """The questions of a lecture, in lab order: name -> Question.

    Raises:
        LookupError: there is no such lecture.
    """
    return lecture_module("course.questions", lecture).QUESTIONS


def find(question_id):
    """The question of this id.

    Raises:
        LookupError: there is no such question; the message lists those there are.
    """
    said = gettext("no question {id!r}; {lecture} has {known}")
    return pick(load, question_id, said)
