"""Which printed number stands in which cell.

In: the matched lines of a table and the equations that must hold. Out: every placement that
satisfies them. Where a page keeps its blank cells there is one; where the blanks have vanished, the
numbers of a line keep their order but not their columns; where digits have run together, a line has
several cuts; and the equations decide. CP-SAT enumerates; nothing is guessed. If the page itself breaks an equation, the placements that break the
fewest are given, and the equations they break. A total that is itself blank is the sum of its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from ortools.sat.python import cp_model

from analysis.templates import Cell, Equation, Identity, Presumption

# Beyond this many placements a table says only that it is ambiguous.
LIMIT = 2_000
# How much work the solver may do on one table, in its own units (about seconds), and how many ways to
# read its lines it is given at most.
_WORK = 3.0
_MOST_CHOICES = 20_000
# One wrong number breaks its row, its column and the balance at most.
_ONE_ERROR = 3


@dataclass
class Budget:
    """The work that is left for a table, whatever is tried on it."""

    left: float = _WORK


@dataclass(frozen=True)
class Line:
    """The cells of one printed line and the whole numbers it prints, None where a cell is blank.

    ``placed`` says that the numbers stand in their columns, one entry a cell; otherwise ``numbers``
    holds only what is printed, in order. ``cuts`` are further ways to read the same digits as numbers;
    ``unreadable`` cells print something that is no number, and no equation with them can be tried.
    """

    cells: tuple[Cell, ...]
    numbers: tuple[int | None, ...]
    placed: bool
    cuts: tuple[tuple[int | None, ...], ...] = ()
    unreadable: frozenset[Cell] = frozenset()

    @property
    def readings(self) -> tuple[tuple[int | None, ...], ...]:
        """Every way to read the line as numbers."""
        return (self.numbers, *self.cuts)


@dataclass(frozen=True)
class Choice:
    """One way to read a line. ``source[i]`` is the index of the number in cell i, None if blank;
    ``values`` counts blanks as nothing and holds sums for blank totals (``inferred``). ``cut`` is the
    index of the reading of the line."""

    source: tuple[int | None, ...]
    values: tuple[int, ...]
    inferred: tuple[bool, ...]
    cut: int = 0


@dataclass(frozen=True)
class Placement:
    """One reading of the whole table.

    ``counted`` is what each cell counts: the number printed there, the sum of its row for a blank
    total (``inferred``), nothing for any other blank; so it is the least that the cell can hold.
    ``source`` says which number of which line a cell prints, as line, reading, index.
    """

    counted: Mapping[Cell, int]
    source: Mapping[Cell, tuple[int, int, int]]
    inferred: frozenset[Cell]
    broken: tuple[Equation, ...]

    def settled(self, equations: Sequence[Equation]) -> set[Cell]:
        """Cells that hold exactly what they count.

        Printed cells do. Where one side of an equation is settled and the other already counts as
        much, nothing can be missing from that side either. Repeated until nothing more follows.
        """
        settled = set(self.source)
        open_ = [e for e in equations if e not in self.broken]
        grown = True
        while grown:
            grown = False
            for equation in open_:
                for side, other in ((equation.left, equation.right), (equation.right, equation.left)):
                    if settled.issuperset(other) and not settled.issuperset(side):
                        settled.update(side)
                        grown = True
        return settled


@dataclass(frozen=True)
class Solution:
    """Every admissible placement.

    ``complete`` is False if there are more than can be counted, ``many`` at least: ``placements`` then holds a single
    one, with the numbers that stand where they do in every reading of their line, so far as it prints what is presumed.
    ``presumed`` says that without what the form presumes there would be other placements, or might be.
    """

    placements: tuple[Placement, ...]
    complete: bool
    presumed: bool = False
    many: int = 1

    @property
    def count(self) -> int:
        """How many placements there are, or how many at the least."""
        return len(self.placements) if self.complete else self.many

    @property
    def solved(self) -> bool:
        """Whether the work that was left sufficed to find them."""
        return self.complete or self.many > 1

    @property
    def broken(self) -> int:
        """How many equations the placements break, at the least, as far as what is presumed holds."""
        return len(self.placements[0].broken)

    @property
    def unique(self) -> bool:
        """Whether the page leaves one reading only."""
        return self.complete and len(self.placements) == 1


def choices(line: Line, row_identities: Sequence[Identity]) -> list[Choice]:
    """Every way to read one line on its own: all order-keeping placements of its numbers.

    A blank total beside printed parts is their sum (``row_identities`` say which cell is a total).
    """
    width = len(line.cells)
    sums = row_sums(line.cells, row_identities)
    made = []
    for cut, numbers in enumerate(line.readings):
        if line.placed or len(numbers) == width:
            sources = [tuple(i if n is not None else None for i, n in enumerate(numbers))]
        else:
            sources = [
                tuple(chosen.index(c) if c in chosen else None for c in range(width))
                for chosen in combinations(range(width), len(numbers))
            ]
        for source in sources:
            values = [0 if s is None else numbers[s] for s in source]
            inferred = [False] * width
            for parts, total in sums:
                if source[total] is None and any(source[p] is not None for p in parts):
                    values[total], inferred[total] = sum(values[p] for p in parts), True
            made.append(Choice(source, tuple(values), tuple(inferred), cut))
    return made


def row_sums(cells: Sequence[Cell], row_identities: Sequence[Identity]) -> list[tuple[tuple[int, ...], int]]:
    """What must add up within a line, as places of its cells: the parts, and their total."""
    made = []
    for identity in row_identities:
        for row in dict.fromkeys(cell.row for cell in cells):
            at = {c.column: i for i, c in enumerate(cells) if c.row == row}
            if at.keys() >= {*identity.left, *identity.right} and len(identity.right) == 1:
                made.append((tuple(at[c] for c in identity.left), at[identity.right[0]]))
    return made


def _as_presumed(line: Line, option: list[Choice], presumed: Sequence[Presumption]) -> list[Choice]:
    """The choices that print what is presumed to be printed."""
    if len(option) == 1:
        return option
    for presumption in presumed:
        for i, cell in enumerate(line.cells):
            option = [
                c
                for c in option
                if c.source[i] is not None
                or not presumption.applies(cell, [n for n in line.readings[c.cut] if n is not None])
            ]
    return option


def tried(equations: Iterable[Equation], lines: Iterable[Line]) -> list[Equation]:
    """The equations all of whose cells are printed by some line; the others cannot be tried."""
    printed = {cell for line in lines for cell in line.cells if cell not in line.unreadable}
    return [e for e in equations if printed.issuperset((*e.left, *e.right))]


def place(
    lines: Sequence[Line],
    equations: Sequence[Equation],
    presumed: Sequence[Presumption] = (),
    limit: int = LIMIT,
    budget: Budget | None = None,
) -> Solution:
    """Enumerate the placements of ``lines`` that satisfy all ``equations``, or the most of them.

    Equations that need a row which is not printed cannot be tried and are left out. What is
    ``presumed`` narrows the placements; whether it decides anything is told. A table that takes more
    work than the ``budget`` has left is not solved, and nothing is known of its cells.
    """
    budget = budget or Budget()
    equations = tried(equations, lines)
    row_identities = [
        i for i in dict.fromkeys(e.identity for e in equations) if i.over == "rows" and len(i.right) == 1
    ]
    options = [choices(line, row_identities) for line in lines]
    narrowed = [_as_presumed(*pair, presumed) for pair in zip(lines, options, strict=True)]
    bound = _solve(lines, narrowed, equations, limit, budget)
    if [len(o) for o in narrowed] == [len(o) for o in options]:
        return bound
    if not bound.complete and bound.broken <= _ONE_ERROR:
        return replace(bound, presumed=True)
    free = _solve(lines, options, equations, limit, budget)
    if free.solved and free.broken < bound.broken and bound.broken > _ONE_ERROR:
        # More is broken than one wrong number can break. Either the page has several, or what is presumed
        # does not hold on it: both are open.
        if not (bound.complete and free.complete):
            return free
        more = tuple(p for p in free.placements if p not in bound.placements)
        return Solution((*bound.placements, *more), complete=True, presumed=True)
    return replace(bound, presumed=not bound.complete or bound.placements != free.placements)


def unsolved(lines: Iterable[Line]) -> Solution:
    """The solution of a table of which nothing is known."""
    counted = {cell: 0 for line in lines for cell in line.cells}
    return Solution((Placement(counted, {}, frozenset(), ()),), complete=False)


def _solve(lines, options, equations, limit, budget) -> Solution:
    if all(len(o) == 1 for o in options):
        picks, complete = [tuple(0 for _ in lines)], True
    elif sum(map(len, options)) > _MOST_CHOICES:
        return unsolved(lines)
    else:
        picks, complete = _search(lines, options, equations, limit, budget)
        if not picks:
            return unsolved(lines)
    first = _placement(lines, options, picks[0], equations)
    if not complete:
        source = {cell: at for cell, at in first.source.items() if _sure(cell, lines[at[0]], options[at[0]])}
        return Solution((replace(first, source=source),), complete=False, many=len(picks))
    # All of them break as many equations as the first; where it breaks none, none need be tried again.
    open_ = equations if first.broken else ()
    others = (_placement(lines, options, pick, open_) for pick in picks[1:])
    return Solution((first, *others), complete=True)


def _sure(cell: Cell, line: Line, option: Sequence[Choice]) -> bool:
    """Whether every way to read a line finds the same number in a cell."""
    i = line.cells.index(cell)
    return len({(choice.cut, choice.source[i]) for choice in option}) == 1


def _placement(lines, options, pick, equations) -> Placement:
    source: dict[Cell, tuple[int, int, int]] = {}
    counted: dict[Cell, int] = {}
    inferred = set()
    for number, (line, option, k) in enumerate(zip(lines, options, pick, strict=True)):
        choice = option[k]
        counted.update(zip(line.cells, choice.values, strict=True))
        for i, cell in enumerate(line.cells):
            if choice.source[i] is not None:
                source[cell] = (number, choice.cut, choice.source[i])
            if choice.inferred[i]:
                inferred.add(cell)
    broken = tuple(e for e in equations if difference(e, counted))
    return Placement(counted, source, frozenset(inferred), broken)


def difference(equation: Equation, counted: Mapping[Cell, int]) -> int:
    """Left minus right."""
    left, right = (sum(counted[c] for c in side) for side in (equation.left, equation.right))
    return left - right


class _Collector(cp_model.CpSolverSolutionCallback):
    def __init__(self, picked: Sequence[Sequence[cp_model.IntVar]], limit: int) -> None:
        super().__init__()
        # One value a line: the number of its option.
        self._picked = [sum(k * x for k, x in enumerate(xs)) if len(xs) > 1 else None for xs in picked]
        self._limit = limit
        self.found: list[tuple[int, ...]] = []

    def on_solution_callback(self) -> None:
        self.found.append(tuple(0 if which is None else self.value(which) for which in self._picked))
        if len(self.found) > self._limit:
            self.stop_search()


def _search(lines, options, equations, limit, budget) -> tuple[list[tuple[int, ...]], bool]:
    """Indices of the options chosen for each line, for every admissible placement, sorted; none if the
    work that is left does not suffice to find them."""
    model = cp_model.CpModel()
    picked = [
        [model.new_bool_var(f"line{i}_{k}") for k in range(len(option))] for i, option in enumerate(options)
    ]
    for xs in picked:
        model.add_exactly_one(xs)
    terms: dict[Cell, list] = {}
    for line, option, xs in zip(lines, options, picked, strict=True):
        for i, cell in enumerate(line.cells):
            terms[cell] = [x * choice.values[i] for x, choice in zip(xs, option, strict=True)]
    holds = []
    for number, equation in enumerate(equations):
        left, right = (
            [t for cell in side for t in terms.get(cell, ())] for side in (equation.left, equation.right)
        )
        hold = model.new_bool_var(f"equation{number}")
        # One way suffices: with as many held as can be, none that could hold is left out.
        model.add(sum(left) == sum(right)).only_enforce_if(hold)
        holds.append(hold)

    # First the readings that break the fewest equations; among them, those that leave the fewest
    # totals to be inferred: a column of totals is not blank while the numbers fill it.
    inferred = sum(
        x * sum(choice.inferred)
        for xs, option in zip(picked, options, strict=True)
        for x, choice in zip(xs, option, strict=True)
    )
    score = sum(holds) * (1 + len(terms)) - inferred
    model.maximize(score)
    if not (best := _solved(model, budget)):
        return [], False
    model.clear_objective()
    model.add(score == round(best.objective_value))
    collector = _Collector(picked, limit)
    proved = _solved(model, budget, collector) is not None
    found = sorted(set(collector.found))
    return found[:limit], proved and len(found) <= limit


def _solved(
    model: cp_model.CpModel, budget: Budget, collector: _Collector | None = None
) -> cp_model.CpSolver | None:
    """Solve to the end, within the work that is left; None if that does not suffice.

    One worker and one seed give the same answer on every machine; so does a limit on the work done
    rather than on the time it takes.
    """
    if budget.left <= 0:
        return None
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = budget.left
    solver.parameters.enumerate_all_solutions = collector is not None
    status = solver.solve(model, collector)
    budget.left -= solver.response_proto.deterministic_time
    return solver if status == cp_model.OPTIMAL else None
