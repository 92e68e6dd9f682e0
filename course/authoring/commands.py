"""The commands of authors, ``course build`` and ``course new``: their parsers.

What they do is imported when they run: it needs packages that students lack.
"""

import sys

from course.arguments import add_command
from course.language import gettext


def add_build(commands):
    """Add ``course build`` to the parsers."""
    command = add_command(
        commands,
        "build",
        _build,
        gettext(
            "write labs/ and solutions/ from labs/source/ (in a clone of the "
            "repository)"
        ),
    )
    command.add_argument(
        "--check",
        action="store_true",
        help=gettext("write nothing; fail when a notebook differs from its source"),
    )
    command.add_argument(
        "--run",
        action="store_true",
        help=gettext(
            "first run the solutions and record the outputs that nbval compares"
        ),
    )


def _build(options):
    from importlib.util import find_spec

    if find_spec("jupytext") is None:
        said = gettext(
            "course build: error: jupytext reads the sources and is not installed: "
            "pip install jupytext"
        )
        print(said, file=sys.stderr)
        return 1
    from course.authoring import build

    return build.main(check=options.check, run=options.run)


def add_new(commands):
    """Add ``course new`` to the parsers."""
    command = add_command(
        commands,
        "new",
        _new,
        gettext("write the pieces of a new exercise (in a clone of the repository)"),
    )
    command.add_argument(
        "what", choices=["exercise"], help=gettext("what is to be made")
    )
    command.add_argument(
        "id", metavar="LECTURE.FUNCTION", help=gettext("such as modern_cnn.my_block")
    )
    command.add_argument(
        "--after",
        metavar="NAME",
        help=gettext("exercise that it follows (default: the last)"),
    )
    command.add_argument(
        "--observer",
        choices=["array", "model", "weights"],
        default="array",
        help=gettext(
            "what it takes: numbers and arrays, symbolic tensors, or a model to change "
            "(default: %(default)s)"
        ),
    )


def _new(options):
    from course.authoring import scaffold

    return scaffold.main(options.id, options.after, options.observer)
