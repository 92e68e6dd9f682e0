"""``course new exercise``: the pieces of an exercise, in their places, to be filled in.

What is left unfilled fails: the build refuses a reference that raises and a mistake
that changes nothing, and the tests want six mistakes.
"""

import keyword
import re
import sys
from pathlib import Path

from course.exercises import LABS, load

ROOT = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"[a-z][a-z0-9_]*")

# What the pieces of each observer look like, to be written over.
_TEMPLATES = Path(__file__).with_name("templates")


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
        f"Write over what these hold:\n"
        f"  {function}   the reference, with the docstring that students read\n"
        f"  {entry}   probes and mistakes\n"
        f"  {source}   the prompt, above :exercise: {exercise_id}\n"
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
    words = {"lecture": lecture, "name": name, "constant": name.upper()}
    package = ROOT / "course" / lecture
    entries = ROOT / "course" / "exercises" / lecture
    source = ROOT / "labs" / "source" / f"{number}_{lecture}.md"
    new = {
        package / f"{name}.py": _template(f"{observer}_function.py", words),
        entries / f"{name}.py": _template(f"{observer}_entry.py", words),
    }
    for path in new:
        if path.exists():
            raise ScaffoldError(f"{path.relative_to(ROOT)} exists")
    prompt = _template("prompt.md", words)
    changed = {
        entries / "__init__.py": lambda t: _behind(t, f'    "{after}",\n', _row(name)),
        package / "__init__.py": lambda t: _exported(t, lecture, name),
        source: lambda t: _prompted(t, lecture, after, prompt),
    }
    return new | {
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
    if keyword.iskeyword(name):
        raise ScaffoldError(f"{name!r} is a word of Python's own; give another name")
    known = load(lecture)
    if name in known:
        raise ScaffoldError(f"there is an exercise {lecture}.{name}")
    if after is not None and after not in known:
        raise ScaffoldError(f"no exercise {after!r} to follow: {', '.join(known)}")
    return after or list(known)[-1]


def _template(name, words):
    """A template with ``<word>`` filled in."""
    text = (_TEMPLATES / f"{name}.txt").read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(f"<{word}>", value)
    return text


def _row(name):
    return f'    "{name}",\n'


def _prompted(text, lecture, after, prompt):
    """The lab with one more prompt, behind all that belongs to the exercise before it.

    That ends at the next heading, or where the prompt of the next exercise begins.
    """
    place = f":exercise: {lecture}.{after}\n```\n"
    head, found, tail = text.partition(place)
    if not found:
        raise ScaffoldError(f"the lab has no cell {place.strip()!r}")
    following = tail.partition("\n:exercise: ")[0]
    ends = [following.rfind("\n:::{en}\n"), tail.find("\n:::{en}\n## ")]
    end = min((end for end in ends if end >= 0), default=len(tail))
    return head + found + tail[:end] + prompt + tail[end:]


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
