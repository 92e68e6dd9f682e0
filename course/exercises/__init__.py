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
    if lecture not in LABS.values():
        said = gettext("no lecture {lecture!r}; there is {known}")
        raise LookupError(said.format(lecture=lecture, known=", ".join(LABS.values())))
    return import_module(f"course.exercises.{lecture}").EXERCISES


def find(exercise_id):
    """The exercise of this id.

    Raises:
        LookupError: there is no such exercise; the message lists those there are.
    """
    lecture, _, name = str(exercise_id).partition(".")
    exercises = load(lecture)
    if name not in exercises:
        said = gettext("no exercise {id!r}; {lecture} has {known}")
        known = ", ".join(exercises)
        raise LookupError(said.format(id=exercise_id, lecture=lecture, known=known))
    return exercises[name]
