"""The shipped public observations, kept up with the exercises: a part of the build."""

import sys

from course.exercises import LABS, load, public
from course.toolkit.quiet import load_keras


def stale():
    """Ids of the exercises whose stored observations are missing or out of date."""
    return [e.id for e in _exercises() if public.load(e) is None]


def renew(ids):
    """Observe these exercises anew, keep the others, and forget those that are gone.

    It takes some seconds an exercise: each two mistakes are made together, too.

    Args:
        ids: of exercises.
    """
    for lecture in LABS.values():
        exercises = load(lecture).values()
        entries = public.stored(lecture)
        kept = {e.id: entries[e.id] for e in exercises if e.id not in ids}
        if set(kept) == set(entries) and not any(e.id in ids for e in exercises):
            continue
        renewed = {}
        for exercise in exercises:
            if exercise.id in ids:
                load_keras()
                print(f"observing {exercise.id}", file=sys.stderr)
                renewed[exercise.id] = public.observed(exercise)
        ordered = {e.id: (renewed | kept)[e.id] for e in exercises}
        public.save(lecture, ordered)
        print(f"wrote {lecture}/{public.path(lecture).name}")


def _exercises():
    return [e for lecture in LABS.values() for e in load(lecture).values()]
