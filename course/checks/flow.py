"""The steps through a model, the student's beside the reference's.

A step is a call that owns weights or changes a shape. Activations and additions are
no steps: there are many ways to write them, and two right answers have equal steps.
"""

from difflib import SequenceMatcher


def differing(expected, got):
    """Pair the steps of two models.

    Args:
        expected: steps of the reference, rows [level, class, shape, parameters].
        got: steps of the student's model.

    Returns:
        A tuple of (own, wanted), in the order of the flow: own is
        (class, shape, parameters) or None, wanted (shape, parameters) or None, since
        the class would give the answer away. Empty when the steps are equal.
    """
    wanted = [(tuple(shape), parameters) for _, _, shape, parameters in expected]
    own = [(kind, tuple(shape), parameters) for _, kind, shape, parameters in got]
    keys = [row[1:] for row in own]
    if keys == wanted:
        return ()
    pairs = []
    matcher = SequenceMatcher(None, keys, wanted, autojunk=False)
    for _, low, high, left, right in matcher.get_opcodes():
        length = max(high - low, right - left)
        pairs += zip(
            _filled(own[low:high], length),
            _filled(wanted[left:right], length),
            strict=True,
        )
    return tuple(pairs)


def is_equal(own, wanted):
    """Whether the two sides of a pair are the same step."""
    return own is not None and own[1:] == wanted


def _filled(rows, length):
    return rows + [None] * (length - len(rows))
