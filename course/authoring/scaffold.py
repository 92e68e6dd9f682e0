"""``course new exercise``: the pieces of an exercise, in their places, to be filled in.

What is left unfilled fails: the build refuses a reference that raises and a mistake
that changes nothing, and the tests want six mistakes.
"""

import re
import sys
from pathlib import Path

from course.exercises import LABS, load

ROOT = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"[a-z][a-z0-9_]*")

_FUNCTION = '''"""What this file is about, and the paper it comes from."""


def {name}(x):
    """Say in one line what it does, as the exercise that the student reads.

    What goes in and what comes out, shapes and units; one example in numbers.

    Args:
        x: what it is.

    Returns:
        int: what it is.

    Raises:
        ValueError: when.
    """
    raise NotImplementedError("{lecture}.{name}")
'''
_ENTRY = '''"""What the exercise is about."""

from course.checks.probe import Probe
from course.exercises.exercise import Exercise, mistakes


def _probes(rng):
    yield Probe((int(rng.integers(1, 9)),), note="what is special about this call")
    yield Probe((0,), claim="errors")


{constant} = Exercise(
    "{lecture}.{name}",
    points=3,
    observer="{observer}",
    probes=_probes,
    mistakes=mistakes(
        """
        does this or that wrong
            text of the reference  =>  wrong text in its place
            A question that leads the student to it.
        """
    ),
)
'''
_PROMPT = """
:::{{en}}
Why one wants it, in a few lines.
:::
:::{{ko}}
왜 필요한지 몇 줄로 적습니다.
:::

```{{code-cell}}
:exercise: {lecture}.{name}
```
"""


class ScaffoldError(ValueError):
    """The exercise cannot be made; the message says why and what to give instead."""


def main(exercise_id, after=None, observer="array"):
    """Write the pieces of a new exercise and say what to fill in.

    Args:
        exercise_id: "<lecture>.<function>".
        after: name of the exercise that it follows in the lab; by default the last.
        observer: "array", "model" or "weights" (``course.checks.observe``).

    Returns:
        Exit code: 1 when nothing was written, for a reason that is printed.
    """
    try:
        texts = pieces(exercise_id, after, observer)
    except ScaffoldError as error:
        print(f"course new exercise: error: {error}", file=sys.stderr)
        return 1
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    function, entry, registry, lecture, source = (
        path.relative_to(ROOT).as_posix() for path in texts
    )
    print(
        f"Fill in:\n"
        f"  {function}   the reference, with the docstring that students read\n"
        f"  {entry}   probes and mistakes\n"
        f"  {source}   the prompt, above :exercise: {exercise_id}; move it to "
        "where it reads well\n"
        f"Its place in the lab was noted in {registry}, its import in {lecture}.\n"
        f"Then: make build, and: pytest -k {exercise_id.partition('.')[2]}"
    )
    return 0


def pieces(exercise_id, after=None, observer="array"):
    """The texts of a new exercise.

    Returns:
        dict path -> text of the whole file: function, entry, the list of the
        lecture's exercises, the lecture's names, and the lab's source.

    Raises:
        ScaffoldError: the id, or the exercise to follow, does not do.
    """
    lecture, _, name = exercise_id.partition(".")
    after = _check(lecture, name, after)
    number = next(n for n, known in LABS.items() if known == lecture)
    words = {
        "lecture": lecture,
        "name": name,
        "constant": name.upper(),
        "observer": observer,
    }
    package = ROOT / "course" / lecture
    entries = ROOT / "course" / "exercises" / lecture
    source = ROOT / "labs" / "source" / f"{number}_{lecture}.md"
    new = {package / f"{name}.py": _FUNCTION, entries / f"{name}.py": _ENTRY}
    for path in new:
        if path.exists():
            raise ScaffoldError(f"{path.relative_to(ROOT)} exists")
    changed = {
        entries / "__init__.py": lambda t: _behind(t, f'    "{after}",\n', _row(name)),
        package / "__init__.py": lambda t: _exported(t, lecture, name),
        source: lambda t: _prompted(t, lecture, after, _PROMPT.format(**words)),
    }
    return {path: text.format(**words) for path, text in new.items()} | {
        path: change(path.read_text(encoding="utf-8"))
        for path, change in changed.items()
    }


def _check(lecture, name, after):
    if not (ROOT / "labs" / "source").is_dir():
        raise ScaffoldError("exercises are made in a clone of the repository")
    if lecture not in LABS.values() or not _NAME.fullmatch(name):
        raise ScaffoldError(
            f"give <lecture>.<function>, such as {min(LABS.values())}.my_block; "
            f"the lectures are {', '.join(LABS.values())}"
        )
    known = load(lecture)
    if name in known:
        raise ScaffoldError(f"there is an exercise {lecture}.{name}")
    if after is not None and after not in known:
        raise ScaffoldError(f"no exercise {after!r} to follow: {', '.join(known)}")
    return after or list(known)[-1]


def _row(name):
    return f'    "{name}",\n'


def _prompted(text, lecture, after, prompt):
    """The lab with one more prompt, behind the cells of the exercise before it."""
    place = f":exercise: {lecture}.{after}\n```\n"
    head, found, tail = text.partition(place)
    if not found:
        raise ScaffoldError(f"the lab has no cell {place.strip()!r}")
    cells, prose, rest = tail.partition("\n:::{en}\n")
    return head + found + cells + prompt + prose + rest


def _exported(text, lecture, name):
    """The lecture's ``__init__`` with one more name, everything in its order."""
    line = f"from course.{lecture}.{name} import {name}\n"
    head, opening, names = text.partition("\n__all__ = [\n")
    first, *others = re.split(r"^(?=from )", head, flags=re.M)
    others = sorted([*others[:-1], others[-1].rstrip("\n") + "\n", line])
    rows = sorted([*names.partition("]")[0].splitlines(keepends=True), _row(name)])
    return f"{first}{''.join(others)}{opening}{''.join(rows)}]\n"


def _behind(text, place, addition):
    if text.count(place) != 1:
        raise ScaffoldError(f"no single place for it behind {place.strip()!r}")
    return text.replace(place, place + addition)
