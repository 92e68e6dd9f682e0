"""Types that appear in the signatures of exercises."""

from typing import NamedTuple


class InceptionWidths(NamedTuple):
    """Filters of an inception block: a column each of GoogLeNet's table 1."""

    conv1x1: int
    reduce3x3: int
    conv3x3: int
    reduce5x5: int
    conv5x5: int
    pool_proj: int
