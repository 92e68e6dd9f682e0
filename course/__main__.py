"""``python -m course`` is the command ``course``."""

import sys

# "-m" puts the current folder first among the places to import from. There may be
# submissions in it, and none of them may stand in for a library ("json.py").
# Modules of this package are found without it.
if not sys.flags.safe_path:
    del sys.path[0]

from course.cli import main  # noqa: E402

sys.exit(main())
