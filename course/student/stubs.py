"""Stubs put back into the cells of a student's notebook, in memory."""

import copy
import difflib
import uuid

from course.exercises import LABS, load
from course.language import gettext
from course.student.lab import (
    cell_id,
    check_cell_id,
    exercise_cell_id,
    language_of,
    number_of,
    shipped_cells,
    source_of,
)
from course.student.outline import Outline


class Refused(Exception):
    """Nothing was changed; the message says why."""


class Stubs:
    """Puts stubs back into a notebook.

    Args:
        notebook: dict in notebook format 4; its list of cells is changed.

    Raises:
        Refused: it is no lab's.
    """

    def __init__(self, notebook):
        self.cells = notebook["cells"]
        self._has_ids = notebook.get("nbformat_minor", 0) >= 5
        self._known = (None, None)
        ids = set(map(cell_id, self.cells))
        number = number_of(self._sources(), ids)
        if number is None:
            known = ", ".join(f"{n} ({lecture})" for n, lecture in LABS.items())
            said = gettext("no exercise of a lab is in this notebook; the labs: {labs}")
            raise Refused(said.format(labs=known))
        self.exercises = load(LABS[number])
        self._named = any(exercise_cell_id(e) in ids for e in self.exercises.values())
        self._shipped = shipped_cells(number, language_of(self.cells, number))

    def put_back(self, names, everywhere=False):
        """Put the stubs of some exercises back; when one is refused, none.

        Args:
            names: of exercises, or their ids.
            everywhere: also take out definitions that stand in other cells.

        Returns:
            What was done, a list of sentences.

        Raises:
            Refused: there is no such exercise, or its cell holds another one too.
        """
        chosen = list(dict.fromkeys(map(self._find, names)))
        for exercise in chosen:
            self._refuse_shared(exercise, chosen)
        before = self._outline().bound()
        done = [(e, *self._put_back(e, everywhere)) for e in chosen]
        said = [told for row in done for told in self._told(*row, everywhere)]
        # Not what was missing already, nor what a check's cell that came back needs.
        gone = self._outline().unbound() & before - set(self.exercises)
        if gone:
            told = gettext("gone with it, though other cells use it: {names}")
            said.append(told.format(names=", ".join(sorted(gone))))
        return said

    def _find(self, name):
        short = name.rpartition(".")[2]
        exercise = self.exercises.get(short)
        if exercise is not None and name in (short, exercise.id):
            return exercise
        close = difflib.get_close_matches(short, self.exercises, n=3)
        said = gettext("there is no exercise {name!r}; did you mean {close}?")
        if not close:
            said = gettext("there is no exercise {name!r}; this lab has {close}")
        close = ", ".join(close or self.exercises)
        raise Refused(said.format(name=name, close=close))

    def _refuse_shared(self, exercise, chosen):
        home = self._home(exercise)
        if home is None or not _is_code(self.cells[home]):
            return
        cell = self._number(home)
        others = self._outline().bound_in(cell) & set(self.exercises)
        others = ", ".join(sorted(others - {e.name for e in chosen}))
        if others:
            said = gettext(
                "code cell {cell} holds {others} too: split it first (Edit > Split "
                "Cell), or name {others} as well"
            )
            raise Refused(said.format(cell=cell, others=others))

    def _put_back(self, exercise, everywhere):
        """Put one stub back: (its cell, cells that lost a definition, what to say)."""
        home = self._home(exercise)
        if home is None:
            home = self._insert(exercise_cell_id(exercise))
            said = gettext("{name}: its cell was gone; the stub is in code cell {cell}")
        elif self._fill(home, exercise):
            said = gettext("{name}: the stub is back in code cell {cell}")
        else:
            said = gettext("{name}: code cell {cell} holds the stub already")
        if not self._has_check(exercise):
            self._insert(check_cell_id(exercise))
        cell = self.cells[home]
        return cell, self._take_out(exercise, cell) if everywhere else [], said

    def _home(self, exercise):
        """Index of the exercise's own cell, or None.

        In a notebook that has lost the ids of the lab it is the cell with the last
        definition, which is the one that counts.
        """
        if self._named:
            ids = [cell_id(cell) for cell in self.cells]
            wanted = exercise_cell_id(exercise)
            return ids.index(wanted) if wanted in ids else None
        last = self._outline().last(exercise.name)
        return None if last is None else self._index(last.cell)

    def _fill(self, index, exercise):
        """Make a cell the stub; False when it is."""
        cell, stub = self.cells[index], self._shipped_cell(exercise_cell_id(exercise))
        if _is_code(cell) and source_of(cell) == source_of(stub):
            return False
        kept = {key: cell[key] for key in ("id", "metadata") if key in cell}
        self.cells[index] = {**stub, "metadata": {}, **kept}
        if "id" not in cell:
            del self.cells[index]["id"]
        return True

    def _shipped_cell(self, wanted):
        return next(c for c in self._shipped if cell_id(c) == wanted)

    def _has_check(self, exercise):
        return any(
            cell_id(cell) == check_cell_id(exercise)
            or ("check(" in source_of(cell) and exercise.id in source_of(cell))
            for cell in self.cells
        )

    def _insert(self, wanted):
        """Insert a cell of the lab where the lab has it; its index."""
        shipped = self._shipped_cell(wanted)
        index = self._place(self._shipped.index(shipped))
        cell = copy.deepcopy(shipped)
        if not self._named:
            cell["id"] = uuid.uuid4().hex[:8]
        if not self._has_ids:
            cell["metadata"]["id"] = cell.pop("id")
        self.cells.insert(index, cell)
        return index

    def _place(self, position):
        """Index behind the last cell before ``position`` in the lab that is there."""
        for cell in reversed(self._shipped[:position]):
            index = self._where(cell)
            if index is not None:
                return index + 1
        later = map(self._where, self._shipped[position + 1 :])
        return next((i for i in later if i is not None), len(self.cells))

    def _where(self, wanted):
        """Index of a cell of the lab in the notebook, or None.

        The ids of other cells than those of exercises are mere numbers, which may
        mean another cell in another version of the lab: their text must be the same.
        """
        for exercise in self.exercises.values():
            if cell_id(wanted) == exercise_cell_id(exercise):
                return self._home(exercise)
        checks = map(check_cell_id, self.exercises.values())
        named = cell_id(wanted) if cell_id(wanted) in checks else None
        found = (
            index
            for index, cell in enumerate(self.cells)
            if cell_id(cell) == named or source_of(cell) == source_of(wanted)
        )
        return max(found, default=None)

    def _take_out(self, exercise, home):
        """Take plain definitions out of the cells other than ``home``: these cells."""
        taken = []
        places = self._outline().definitions[exercise.name]
        for place in reversed([p for p in places if p.plain]):
            cell = self.cells[self._index(place.cell)]
            if cell is not home:
                text = source_of(cell).replace("\r\n", "\n").replace("\r", "\n")
                lines = text.split("\n")
                del lines[place.line - 1 : place.end]
                text = "\n".join(lines).rstrip("\n")
                cell["source"] = text.splitlines(keepends=True)
                cell |= {"outputs": [], "execution_count": None}
                taken.append(cell)
        return taken

    def _told(self, exercise, home, taken, said, everywhere):
        """What to say of an exercise, once all cells have their places."""
        name, outline = exercise.name, self._outline()
        number = self._number_of(home)
        yield said.format(name=name, cell=number)
        if taken:
            said = gettext("{name}: its definition was taken out of code cell {cells}")
            yield said.format(name=name, cells=_listed(map(self._number_of, taken)))
        places = [*outline.definitions[name], *outline.buried[name]]
        places += [broken for broken in outline.broken if name in broken.names]
        others = {place.cell for place in places} - {number}
        if others:
            said = gettext(
                "{name} is also defined in code cell {cells}, left as it is (--all "
                "takes it out); the last definition counts"
            )
            if everywhere:
                said = gettext(
                    "{name} is also defined in code cell {cells}, among other code: "
                    "take it out by hand; the last definition counts"
                )
            yield said.format(name=name, cells=_listed(others))

    def _number_of(self, wanted):
        index = next(i for i, cell in enumerate(self.cells) if cell is wanted)
        return self._number(index)

    def _sources(self):
        return tuple(source_of(cell) for cell in self.cells if _is_code(cell))

    def _outline(self):
        sources = self._sources()
        if self._known[0] != sources:
            self._known = sources, Outline(sources, self.exercises)
        return self._known[1]

    def _number(self, index):
        """The number of the code cell at an index, as grading counts them."""
        return sum(map(_is_code, self.cells[: index + 1]))

    def _index(self, number):
        code = [i for i, cell in enumerate(self.cells) if _is_code(cell)]
        return code[number - 1]


def _is_code(cell):
    return cell.get("cell_type") == "code"


def _listed(numbers):
    return ", ".join(map(str, sorted(set(numbers))))
