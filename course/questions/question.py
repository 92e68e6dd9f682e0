"""What a multiple-choice question is: options, and why each is right or wrong."""

from dataclasses import dataclass
from string import ascii_lowercase

_FEWEST, _MOST = 3, 5


@dataclass(frozen=True)
class Option:
    """One answer to choose.

    Attributes:
        text: what it claims.
        reason: why that is right, or why it is wrong.
        right: whether it is right.
    """

    text: str
    reason: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question for learning: it earns no points, and its key is public.

    Attributes:
        id: "<lecture>.<name>".
        text: the question; where several options are right, it says so.
        options: three to five ``Option``, lettered from a.
        several: whether more than one option is right; else exactly one is.

    Raises:
        ValueError: text, options or reasons are not so.
    """

    id: str
    text: str
    options: tuple
    several: bool = False

    def __post_init__(self):
        if not _FEWEST <= len(self.options) <= _MOST:
            raise ValueError(
                f"{self.id}: {len(self.options)} options; {_FEWEST} to {_MOST} are due"
            )
        right = sum(option.right for option in self.options)
        if not (1 < right < len(self.options) if self.several else right == 1):
            due = "several, but not all" if self.several else "exactly one"
            raise ValueError(f"{self.id}: {right} options are right; {due} should be")
        told = [part for o in self.options for part in (o.text, o.reason)]
        if not all(part.strip() for part in (self.text, *told)):
            raise ValueError(f"{self.id}: a text or a reason is empty")
        if len(set(told)) < len(told):
            raise ValueError(f"{self.id}: two options or reasons are the same")

    @property
    def lecture(self):
        """The lecture's name."""
        return self.id.split(".")[0]

    @property
    def name(self):
        """The question's name."""
        return self.id.split(".")[1]

    @property
    def lettered(self):
        """The options by their letters."""
        return dict(zip(ascii_lowercase, self.options, strict=False))

    @property
    def key(self):
        """The letters of the right options, such as "b" or "ac"."""
        return "".join(letter for letter, o in self.lettered.items() if o.right)
