"""What an exercise is: a reference function, its points, probes and mistakes."""

import pkgutil
import textwrap
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from itertools import takewhile

import numpy as np


@dataclass(frozen=True)
class Mistake:
    """A wrong answer, written as a patch of the right one.

    Attributes:
        name: the mistake in the third person, "forgets the last ReLU".
        old: text that occurs exactly once in the reference, or, where not there, in its
            helpers.
        new: what stands there instead.
        hint: what the student is told; it leads, it does not give the answer away.
    """

    name: str
    old: str
    new: str
    hint: str


def mistakes(text):
    """Read mistakes as one writes them down: name, patch, hint.

    The name stands at the margin. The patch is indented: ``old  =>  new`` where it fits
    on a line, otherwise the adjacent lines that go and those that come, as ``git diff``
    prints them. Then the hint, indented as well; it may go over several lines::

        forgets the square
            x**2  =>  x
            What is summed up over the neighbors: the values themselves?

        forgets the pool
            -    return layers.MaxPooling2D(2, padding="same")(x)
            +    return x
            The block ends at half the height and width. What halves them?

    Args:
        text: the mistakes, one after another.

    Returns:
        A tuple of ``Mistake``.

    Raises:
        ValueError: a mistake is not written so.
    """
    found = []
    for line in filter(str.strip, textwrap.dedent(text).splitlines()):
        if not line[0].isspace():
            found.append([line.strip()])
        elif found:
            found[-1].append(line.strip())
        else:
            raise ValueError(f"a mistake begins with its name, not with {line!r}")
    return tuple(_mistake(*lines) for lines in found)


def _mistake(name, *lines):
    old, arrow, new = (lines[0] if lines else "").partition("=>")
    old, new, hint = old.rstrip(), new.lstrip(), lines[1:]
    if not arrow:
        old, others = _marked("-", lines)
        new, hint = _marked("+", others)
    if not (old and hint):
        raise ValueError(
            f"the mistake {name!r} needs a line 'old  =>  new', or adjacent lines that "
            "begin with '-' and those in their place, with '+', and then a hint: got "
            f"{' / '.join(lines)!r}"
        )
    return Mistake(name, old, new, " ".join(hint))


def _marked(sign, lines):
    """The text of the first lines that begin with ``sign``, and the lines behind."""
    first = list(takewhile(lambda line: line.startswith(sign), lines))
    return "\n".join(line[1:] for line in first), lines[len(first) :]


@dataclass(frozen=True)
class Exercise:
    """One graded function.

    Attributes:
        id: "<lecture>.<function>"; the reference is that function of that lecture.
        points: what it is worth.
        observer: "array", "model", or "weights" (see ``course.checks.observe``).
        probes: makes the probes of one run from a numpy Generator.
        mistakes: typical wrong answers.
        needs: names of the exercises of the lecture that the reference calls.
    """

    id: str
    points: int
    observer: str
    probes: Callable
    mistakes: tuple = ()
    needs: tuple = ()

    @property
    def name(self):
        """The function's name."""
        return self.id.split(".")[1]

    @property
    def lecture(self):
        """The lecture's name."""
        return self.id.split(".")[0]

    def draw(self, seed):
        """The probes of one run, each with the seed of its inputs and weights.

        Args:
            seed: int; the public one, or the secret one of a grading run.
        """
        rng = np.random.default_rng([zlib.crc32(self.id.encode()), seed])
        return [
            probe.with_options(seed=int(rng.integers(2**31)))
            for probe in self.probes(rng)
        ]


def gather(package, order):
    """Collect the exercises that the modules of a package define.

    Args:
        package: its name.
        order: names of the functions, as the lab has them.

    Returns:
        dict function name -> Exercise.

    Raises:
        ValueError: an exercise has no place in ``order``, or a name no exercise.
    """
    found = {
        value.name: value
        for module in pkgutil.iter_modules(import_module(package).__path__)
        for value in vars(import_module(f"{package}.{module.name}")).values()
        if isinstance(value, Exercise)
    }
    if set(found) != set(order):
        raise ValueError(
            f"{package}: {sorted(set(found) ^ set(order))} must be both defined in a "
            "module and named in the order of the lab"
        )
    return {name: found[name] for name in order}
