"""Where the labs and the example submissions lie.

In the repository they are folders beside the package; in an installation the
package carries them (``setup.py`` puts them there).
"""

from pathlib import Path

from course.language import gettext

_PACKAGE = Path(__file__).resolve().parent


def folder(name):
    """The folder ``name`` ("labs" or "examples").

    Raises:
        FileNotFoundError: neither the repository nor the installation has it.
    """
    for path in (_PACKAGE / "_shipped" / name, _PACKAGE.parent / name):
        if path.is_dir():
            return path
    said = gettext(
        "this installation has no {name}; in a clone of the repository, run "
        "pip install --force-reinstall --no-deps ."
    )
    raise FileNotFoundError(said.format(name=name))
