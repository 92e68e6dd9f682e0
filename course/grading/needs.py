"""Which statements of a notebook are needed, to run one or to call a function.

A name has, at each point of a notebook, the value that the last statement before gave
it. Only when no statement before has bound it (a helper that stands further down) is
it looked for behind that point, up to the end of the first cell that binds it.

Standard library only.
"""

import builtins
from bisect import bisect_left
from collections import defaultdict

PYTHONS_OWN = frozenset(dir(builtins))


class Needs:
    """Answers for the statements of one notebook.

    A point of the notebook is the index of the first statement behind it.

    Args:
        statements: of ``course.grading.statements.Statement``.
        failed: set of the indices of those that raised; it may grow.
        bindings_only: leave out what changes an object and binds nothing.
    """

    def __init__(self, statements, failed=frozenset(), bindings_only=False):
        self._statements = statements
        self._failed = failed
        self._touching = defaultdict(list)  # name -> indices
        modules = _modules(statements)
        for index, statement in enumerate(statements):
            changed = frozenset() if bindings_only else statement.mutates - modules
            for name in statement.binds | changed:
                self._touching[name].append(index)

    def binders(self, name):
        """Indices of the statements that bind a name."""
        found = self._touching.get(name, ())
        return [i for i in found if name in self._statements[i].binds]

    def end_of_cell(self, index):
        """The point behind the cell of a statement."""
        cell = self._statements[index].cell
        return bisect_left(self._statements, cell + 1, key=lambda s: s.cell)

    def of_statement(self, index):
        """Indices of what has to run for a statement, itself included."""
        now = self._statements[index].now
        return {index, *self._closure([(name, index) for name in now])[0]}

    def of_answer(self, index):
        """What a call needs of a function that a statement defined.

        Returns:
            (indices, names): the statements, and the global names that are read.
        """
        # Where its check stands: behind its cell, before the cells further down.
        point = self.end_of_cell(index)
        statement = self._statements[index]
        return self._closure([(n, point) for n in statement.reads | statement.binds])

    def _closure(self, waiting):
        chosen, seen = set(), set()
        for index, statement in enumerate(self._statements):
            if statement.star:  # it may bind anything
                chosen.add(index)
                waiting += [(name, index) for name in statement.now]
        while waiting:
            name, point = waiting.pop()
            if (name, point) in seen:
                continue
            seen.add((name, point))
            for index in self._reaching(name, point):
                chosen.add(index)
                statement = self._statements[index]
                waiting += [(other, index) for other in statement.now]
                waiting += [(other, point) for other in statement.later]
        return chosen, {name for name, _ in seen}

    def _reaching(self, name, point):
        """The statements that give a name the value which it has at a point."""
        found = self._before(name, point)
        if name in PYTHONS_OWN or any(map(self._binds(name), found)):
            return found
        touching = self._touching.get(name, ())
        further = touching[bisect_left(touching, point) :]
        later = next(filter(self._binds(name), further), None)
        return found if later is None else self._before(name, self.end_of_cell(later))

    def _before(self, name, point):
        """Back to the last one that surely bound it: the earlier ones are hidden."""
        found = []
        touching = self._touching.get(name, ())
        for index in reversed(touching[: bisect_left(touching, point)]):
            found.append(index)
            if name in self._statements[index].surely and index not in self._failed:
                break
        return found

    def _binds(self, name):
        def holds(index):
            return name in self._statements[index].binds and index not in self._failed

        return holds


def closure(statements, names):
    """Indices of the statements that functions of these names need, with their own."""
    needs, chosen = Needs(statements), set()
    for name in names:
        for index in needs.binders(name)[-1:]:
            chosen |= needs.of_statement(index) | needs.of_answer(index)[0]
    return chosen


def _modules(statements):
    """Names of modules: calling their functions changes nothing of the notebook's.

    An attribute of a module counts as one too, as in ``keras = tf.keras``.
    """
    modules = {name for s in statements for name in s.modules}
    others = set()
    for statement in statements:
        if statement.part_of in modules:
            modules |= statement.binds
        else:
            others |= statement.binds - statement.modules
    return modules - others
