"""Labs and solutions from their sources: ``course build``.

A source is a MyST Markdown notebook, ``labs/source/NN_<lecture>.md``:

- Prose stands in ``:::{en}`` ... ``:::`` and, right behind it, its translation in
  ``:::{ko}`` ... ``:::``. A notebook takes the block of its language, and the English
  one where there is no translation. What stands outside of such blocks is for all.
  A Korean lab also has Korean specifications in its stubs, from the catalog, and a
  cell that chooses Korean for the panels.
- ``![text](figures/name.svg)`` puts that file into the notebook.
- A code cell is given. An empty one with ``:exercise: <lecture>.<function>`` becomes
  two cells: the stub, in a solution the answer, and the check of that exercise. One
  with ``:question: <lecture>.<name>`` becomes the question with its options, and a
  cell for the letter.
- The output of a code cell tagged ``nbval-check-output`` is kept in the solution, so
  that nbval compares it. It is recorded in ``NN_<lecture>.outputs.json``.
"""

import base64
import hashlib
import json
import re
import sys
from pathlib import Path

from course.authoring import observations
from course.authoring.cells import code, exercise, markdown, question
from course.exercises import LABS, public, source
from course.language import ENGLISH, KOREAN, LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
COMPARED = "nbval-check-output"
_EXPANDED = {"exercise": exercise, "question": question}

_CHOICE = """from course.toolkit import use_language

use_language("ko")  # 검사 결과와 힌트를 한국어로 보여 줍니다"""
_FENCE = re.compile(r":::(\{(?P<language>[^}]*)\})?\s*")
_FIGURE = re.compile(r"!\[(?P<text>[^\]]*)\]\((?P<path>figures/[^)]+)\)")


class SourceError(ValueError):
    """The source of a lab cannot be built; the message says where and why."""


def main(check=False, run=False):
    """Write every lab and solution from its source.

    Args:
        check: write nothing; name the notebooks that differ from their source.
        run: first execute the solutions and record the outputs that nbval compares.

    Returns:
        Exit code: 0, or 1 when a source is wrong or, with ``check``, a notebook
        differs.
    """
    try:
        if run:
            for number, lecture in LABS.items():
                record(Lab(number, lecture, ROOT))
        built = {}
        for number, lecture in LABS.items():
            built |= Lab(number, lecture, ROOT).notebooks()
        stale = observations.stale()
        if not check:
            observations.renew(stale)
    except (SourceError, public.Unfit, source.SourceError) as error:
        print(f"course build: error: {error}", file=sys.stderr)
        return 1
    differing = [path for path, text in built.items() if _read(path) != text]
    names = [path.relative_to(ROOT).as_posix() for path in differing]
    if check:
        stale = [f"{exercise_id} (observed)" for exercise_id in stale]
        for name in (*names, *stale):
            print(f"{name} differs from its source; run: course build", file=sys.stderr)
        return 1 if names or stale else 0
    for name, path in zip(names, differing, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(built[path].encode("utf-8"))
        print(f"wrote {name}")
    return 0


def _read(path):
    return path.read_bytes().decode("utf-8") if path.exists() else None


class Lab:
    """One source, and the notebooks that are made from it.

    Attributes:
        source: path of the source.
        outputs: path of the recorded outputs.
        lab, korean, solution: paths of the notebooks.
    """

    def __init__(self, number, lecture, root):
        name = f"{number}_{lecture}"
        self.lecture = lecture
        self.source = root / "labs" / "source" / f"{name}.md"
        self.outputs = self.source.with_suffix(".outputs.json")
        self.lab = root / "labs" / f"{name}.ipynb"
        self.korean = root / "labs" / KOREAN / f"{name}.ipynb"
        self.solution = root / "solutions" / f"{name}.ipynb"

    def text(self):
        """The source; SourceError where there is none."""
        if not self.source.exists():
            raise SourceError(
                f"there is no {self.source}; labs are built in a clone of the "
                "repository"
            )
        return self.source.read_text(encoding="utf-8")

    def notebooks(self):
        """Path -> text of each notebook made from this source."""
        outputs = {}
        if self.outputs.exists():
            outputs = json.loads(self.outputs.read_text(encoding="utf-8"))
        return {
            self.lab: dump(self.notebook()),
            self.korean: dump(self.notebook(KOREAN)),
            self.solution: dump(self.notebook(solved=True, outputs=outputs)),
        }

    def notebook(self, language="en", *, solved=False, outputs=None):
        """One notebook.

        Args:
            language: of the prose, one of LANGUAGES.
            solved: the exercises hold their answers.
            outputs: recorded outputs by ``fingerprint`` of the code; None leaves all
                outputs empty.

        Returns:
            dict in notebook format 4.5.

        Raises:
            SourceError: the source is wrong, or an output is not recorded.
        """
        if language not in LANGUAGES:
            raise ValueError(f"no language {language!r}; there is {LANGUAGES}")
        # Given cells go by what stands before them, so that a new exercise renames
        # none of the others.
        cells, before, given = [], "start", 0
        for i, cell in enumerate(_cells(self.text()), 1):
            named = "".join(cell.metadata.get(kind, "") for kind in _EXPANDED)
            before = named.partition(".")[2] or before
            given = 0 if named else given + 1
            try:
                place = f"{before}-{given}"
                cells += self._cells(cell, place, language, solved, outputs)
            except LookupError as error:
                raise SourceError(f"{self.source.name}, cell {i}: {error}") from error
            except SourceError as error:
                begin = cell.source.strip().splitlines()[:1]
                raise SourceError(
                    f"{self.source.name}, cell {i} {begin}: {error}"
                ) from error
        if language != ENGLISH:  # as soon as the package is there
            first = next(i for i, c in enumerate(cells) if c["cell_type"] == "code")
            cells.insert(first + 1, code("language", _CHOICE))
        made_from = self.source.relative_to(self.source.parents[2]).as_posix()
        note = f"<!-- Made from {made_from} by `course build`: edit that file. -->\n\n"
        cells[0]["source"] = note + cells[0]["source"]
        code_cells = [cell for cell in cells if cell["cell_type"] == "code"]
        for count, cell in enumerate(code_cells, 1):
            if cell["outputs"]:  # nbval wants to see that the cell has run
                cell["execution_count"] = count
        return {
            "cells": [{**c, "source": _lines(c["source"])} for c in cells],
            "metadata": {
                "kernelspec": {
                    "display_name": "Python 3",
                    "language": "python",
                    "name": "python3",
                },
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }

    def _cells(self, cell, place, language, solved, outputs):
        """The notebook cells that one cell of the source becomes."""
        if cell.cell_type == "markdown":
            text = self._with_figures(in_language(cell.source, language))
            return [markdown(place, text)]
        for kind, expand in _EXPANDED.items():
            if kind in cell.metadata:
                return expand(_id(cell, kind), language, solved=solved)
        tags = list(cell.metadata.get("tags", []))
        stored = []
        if solved and outputs is not None and COMPARED in tags:
            stored = outputs.get(fingerprint(cell.source))
            if stored is None:
                raise SourceError("its output is not recorded; run: course build --run")
        return [code(place, cell.source, tags, stored)]

    def _with_figures(self, text):
        def embed(match):
            path = self.source.parent / match["path"]
            if not path.exists():
                raise SourceError(f"there is no figure {match['path']}")
            data = base64.b64encode(path.read_bytes()).decode("ascii")
            return f"![{match['text']}](data:image/svg+xml;base64,{data})"

        return _FIGURE.sub(embed, text)


def _id(cell, kind):
    """The id of an exercise or question, whose cell says nothing else."""
    if cell.source.strip():
        raise SourceError(
            f"the cell of {cell.metadata[kind]} must be empty: the package says what "
            f"belongs to this {kind}"
        )
    return cell.metadata[kind]


def _cells(text):
    import jupytext

    cells = jupytext.reads(text, fmt="md:myst").cells
    if not cells or cells[0].cell_type != "markdown":
        raise SourceError("a lab begins with prose: its title")
    return cells


def in_language(text, language):
    """Prose in one language, the English block standing in for a missing one.

    Args:
        text: Markdown with blocks ``:::{en}`` ... ``:::`` and ``:::{ko}`` ... ``:::``.
        language: one of LANGUAGES.

    Returns:
        Markdown without the fences.

    Raises:
        SourceError: a block is not closed, or opened in another one; its language is
            unknown; a translation does not follow its English block.
    """
    out, english, block, opened = [], None, None, None
    for line in text.splitlines():
        fence = _FENCE.fullmatch(line)
        if fence is None:
            if block is not None:
                block.append(line)
            else:
                if line.strip():
                    english = None
                out.append([line])
        elif opened is None:
            opened, block = fence["language"], []
            if opened not in LANGUAGES:
                raise SourceError(f"{line!r} opens no block; there is {LANGUAGES}")
            if opened != "en" and english is None:
                raise SourceError(f"{line!r} does not follow an English block")
        elif fence["language"] is not None:
            raise SourceError(f"{line!r} stands inside a block :::{{{opened}}}")
        else:
            if opened == "en":
                out.append(english := block)
            elif opened == language:
                english[:] = block
            block = opened = None
    if opened is not None:
        raise SourceError(f"a block :::{{{opened}}} is not closed")
    return _tidy("\n".join(line for part in out for line in part))


def _tidy(text):
    """Without the blank lines that the fences leave behind."""
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def _lines(text):
    return text.splitlines(keepends=True)


def dump(notebook):
    """Text of a notebook: the same for the same notebook, whatever wrote it."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def fingerprint(source):
    """Key of a code cell among the recorded outputs: other code, other key."""
    return hashlib.sha256(source.encode("utf-8")).hexdigest()[:16]


def record(lab):
    """Execute a solution and record the outputs that nbval compares.

    Raises:
        SourceError: a cell fails, or a compared cell shows a picture.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.reads(dump(lab.notebook(solved=True)), as_version=4)
    try:
        NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            resources={"metadata": {"path": str(ROOT)}},  # this very package
            on_cell_start=lambda cell, cell_index: _tell(cell_index + 1, notebook),
        ).execute()
    except CellExecutionError as error:
        raise SourceError(f"{lab.solution.name}: {error}") from error
    outputs = {
        fingerprint(cell.source): [_stable(o, cell) for o in _merged(cell.outputs)]
        for cell in notebook.cells
        if COMPARED in cell.metadata.get("tags", [])
    }
    lab.outputs.write_text(dump(outputs), encoding="utf-8")
    print(f"recorded {len(outputs)} outputs in {lab.outputs.name}")


def _tell(number, notebook):
    """How far a run is: a line that is written over."""
    end = "\n" if number == len(notebook.cells) else ""
    told = f"\rrunning cell {number} of {len(notebook.cells)}"
    print(told, end=end, file=sys.stderr, flush=True)


def _merged(outputs):
    """Outputs without stderr; what was printed in several pieces is one again."""
    merged = []
    for output in outputs:
        if output.get("name") == "stderr":
            continue
        last = merged[-1] if merged else {}
        if output.output_type == "stream" == last.get("output_type"):
            last["text"] += output.text
        else:
            merged.append(output)
    return merged


def _stable(output, cell):
    """An output as it is stored: no counter, no picture."""
    if output.output_type == "stream":
        return {
            "name": "stdout",
            "output_type": "stream",
            "text": _lines(output.text),
        }
    pictures = [mime for mime in output.data if mime.startswith("image/")]
    if pictures:
        raise SourceError(
            f"the cell {cell.source.splitlines()[0]!r} shows a picture, which differs "
            f"between machines; take the tag {COMPARED} away or print numbers"
        )
    stored = {
        "data": {mime: _lines(text) for mime, text in output.data.items()},
        "metadata": {},
        "output_type": output.output_type,
    }
    if output.output_type == "execute_result":
        stored["execution_count"] = None
    return stored
