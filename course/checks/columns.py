"""Lines of a terminal: how wide a text is, and what may stand in it."""

from unicodedata import east_asian_width


def width(text):
    """Columns that a text takes in a terminal; Hangul takes two a letter."""
    return sum(1 + (east_asian_width(c) in "WF") for c in text)


def padded(text, columns):
    """A text filled up with blanks behind it to a number of columns."""
    return text + " " * (columns - width(text))


def printable(line):
    """A line for a terminal: a blank in the place of each control character."""
    return "".join(c if c.isprintable() else " " for c in line)
