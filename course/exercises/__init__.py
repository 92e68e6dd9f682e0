"""The exercises of each lab. Importing this loads neither TensorFlow nor Keras."""

from importlib import import_module

from course.exercises.exercise import Exercise, Mistake
from course.language import gettext

__all__ = ["LABS", "PUBLIC_SEED", "Exercise", "Mistake", "find", "load"]

LABS = {"05": "modern_cnn"}
PUBLIC_SEED = 2026


def load(lecture):
    """The exercises of a lecture, in lab order: function name -> Exercise.

    Raises:
        LookupError: there is no such lecture.
    """
    return lecture_module("course.exercises", lecture).EXERCISES


def find(exercise_id):
    """The exercise of this id.

    Raises:
        LookupError: there is no such exercise; the message lists those there are.
    """
    said = gettext("no exercise {id!r}; {lecture} has {known}")
    return pick(load, exercise_id, said)


def lecture_module(package, lecture):
    """What a package holds for a lecture.

    Raises:
        LookupError: there is no such lecture.
    """
    if lecture not in LABS.values():
        said = gettext("no lecture {lecture!r}; there is {known}")
        raise LookupError(said.format(lecture=lecture, known=", ".join(LABS.values())))
    return import_module(f"{package}.{lecture}")


def pick(load, member_id, said):
    """One of the members that ``load`` gives for a lecture, by "<lecture>.<name>".

    Raises:
        LookupError: there is none; the message is ``said`` with its fields filled.
    """
    lecture, _, name = str(member_id).partition(".")
    members = load(lecture)
    if name not in members:
        known = ", ".join(members)
        raise LookupError(said.format(id=member_id, lecture=lecture, known=known))
    return members[name]
