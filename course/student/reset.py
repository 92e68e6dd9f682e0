"""``course reset``: the stub of an exercise, back in a student's notebook.

The notebook as it was is copied beside itself before anything is written.
"""

import copy
import json
import os
import shutil
import sys
import tempfile
from itertools import count

from course.checks.columns import printable
from course.checks.reasons import told
from course.grading.submission import (
    BACKUP,
    UnreadableSubmission,
    read_bytes,
    read_cells,
)
from course.language import gettext
from course.student.stubs import Refused, Stubs


def main(path, names, everywhere=False):
    """Put stubs back into a notebook and say what was done.

    Args:
        path: of the notebook, a Path.
        names: of exercises, or their ids.
        everywhere: also take out definitions that stand in other cells.

    Returns:
        Exit code: 1 when nothing was changed because something is wrong.
    """
    try:
        data, before = _read(path)
        after = copy.deepcopy(before)
        said = Stubs(after).put_back(names, everywhere)
    except Refused as error:
        print(f"course reset: {printable(str(error))}", file=sys.stderr)
        return 1
    if after != before:
        kept = _copy(path, data)
        _replace(path, _bytes(after))
        said = [*said, *_explained(path, kept)]
    print("\n".join(map(printable, said)))
    return 0


def _explained(path, kept):
    yield gettext("{path} as it was is kept in {backup}.").format(
        path=path.name, backup=kept.name
    )
    yield gettext(
        "If it is open in JupyterLab, choose File > Reload Notebook from Disk before "
        "you save it there."
    )


def _read(path):
    """(bytes, notebook) of a file.

    Raises:
        Refused: it is no notebook with cells.
    """
    if path.suffix.lower() == ".py":
        said = gettext("{path} is a script and has no cells; give a notebook (.ipynb)")
        raise Refused(said.format(path=path))
    try:
        data = read_bytes(path)
        read_cells(data, ".ipynb")
    except UnreadableSubmission as error:
        raise Refused(f"{path}: {told(str(error))}") from None
    notebook = json.loads(data.decode("utf-8-sig"))
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(c, dict) for c in cells):
        said = gettext("{path} is in an old format; save it in JupyterLab first")
        raise Refused(said.format(path=path))
    return data, notebook


def _bytes(notebook):
    """A notebook as Jupyter writes it; keys stay in their order."""
    try:
        text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
        return text.encode("utf-8")
    except UnicodeEncodeError:  # half of a character, in some output
        return json.dumps(notebook, indent=1).encode("ascii") + b"\n"


def _copy(path, data):
    """Write ``data`` into a new file beside ``path``, and say where."""
    for number in count(1):
        kept = path.with_name(f"{path.stem}{BACKUP}{number}{path.suffix}")
        try:
            with open(kept, "xb", opener=_for_the_owner) as file:
                file.write(data)
        except FileExistsError:
            continue
        shutil.copymode(path, kept)
        return kept


def _for_the_owner(path, flags):
    return os.open(path, flags, 0o600)


def _replace(path, data):
    """Write a file that is either the old one or the new one, never half of it."""
    handle, partial = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, partial)
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise
