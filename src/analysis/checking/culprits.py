"""Which number is most likely wrong, where something does not add up.

In: one placement of a table, with the equations it breaks, and the numbers of the prose as witnesses. Out: for
each group of broken equations the simplest slips that would mend all of them and break none: one number, two
that changed places, a row that moved, a number together with its total. Of several that are equally simple, what
the prose says and how numbers are mistyped decide, or nothing does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from analysis import frames
from analysis.reading import Report
from analysis.reading.facts import Part
from analysis.reading.placement import Budget, Line, Placement, difference, place, row_sums, tried
from analysis.templates import Cell, Equation, Table, concepts

# So many cells may be under suspicion together; more would point at nothing.
_FEW = 4
# Where the page admits more readings than this, no culprit is looked for.
_READINGS = 8
# The work (in the solver's units) that is spent on a table without one of its lines.
_WORK = 0.5
_TINY = 1e-9


@dataclass(frozen=True)
class Slip:
    """One way in which a group of equations came to be broken.

    ``changes`` are the cells that hold a wrong number, with what must be added to mend it. ``kind`` is
    ``numbers`` (each is mended by itself), ``swap``, ``rows`` (two whole rows) or ``left``/``right`` (all
    numbers of a row must move there). ``claims`` are the keys of the numbers of the prose that it mends as well.
    """

    kind: str
    changes: Mapping[Cell, int]
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Broken equations that hang together, and the ``slips`` that explain them equally well."""

    equations: tuple[Equation, ...]
    slips: tuple[Slip, ...]

    @property
    def culprit(self) -> Slip | None:
        """The slip, where there is one explanation only."""
        return self.slips[0] if len(self.slips) == 1 else None

    @property
    def suspects(self) -> tuple[Cell, ...]:
        """The cells that every explanation finds wrong; else all of them, if they are few."""
        cells = [list(slip.changes) for slip in self.slips]
        common = [c for c in cells[0] if all(c in others for others in cells)] if cells else []
        return tuple(common) or few(c for of_slip in cells for c in of_slip)


def few(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Some cells, if they are few; none otherwise."""
    every = tuple(dict.fromkeys(cells))
    return every if len(every) <= _FEW else ()


def groups(report: Report, table: Table, part: Part) -> tuple[Group, ...]:
    """The groups of broken equations of a part of ``table``; where it admits several readings, only if
    they break the same in the same way, or if all of them leave one line that cannot be right."""
    placements = part.solution.placements
    if not placements[0].broken:
        return ()
    if part.solution.complete and len(placements) <= _READINGS:
        witnesses = _Witnesses(report)
        found = [_Sums(table, part, p).groups(witnesses) for p in placements]
        told = found[0] if all(other == found[0] for other in found) else ()
        if not part.glued or any(group.slips for group in told):
            return told
    slips = list(_one_line(part)) if part.glued else []
    return (Group(placements[0].broken, tuple(slips)),) if slips else ()


def _one_line(part: Part) -> Iterator[Slip]:
    """The line of joined digits that is wrong: without it all others have one reading, in which everything adds
    up, and its digits are those that the others leave for it but for one slip."""
    sums = [
        i for i in dict.fromkeys(e.identity for e in part.equations) if i.over == "rows" and len(i.right) == 1
    ]
    held = [_holding(line, row_sums(line.cells, sums)) for line in part.lines]
    alone = [n for n, line in enumerate(held) if line is None]
    if len(alone) > 1:
        return
    for n in alone or range(len(held)):
        rest = held[:n] + held[n + 1 :]
        solution = place(rest, tried(part.equations, rest), budget=Budget(_WORK))
        if solution.unique and not solution.broken:
            line = part.lines[n]
            due = _left_for(line, part.equations, solution.placements[0].counted)
            if None not in due and all(value >= 0 for value in due):
                printed = "".join(str(number) for number in line.numbers if number is not None)
                yield from _misprinted(line.cells, due, printed)


def _holding(line: Line, sums) -> Line | None:
    """The line with those of its readings in which it adds up; None if it does in none."""
    readings = [
        r
        for r in line.readings
        if None not in r and all(sum(r[p] for p in parts) == r[total] for parts, total in sums)
    ]
    return replace(line, numbers=readings[0], cuts=tuple(readings[1:])) if readings else None


def _left_for(line: Line, equations: Iterable[Equation], counted: Mapping[Cell, int]) -> list[int | None]:
    """What the other lines leave for each cell of a line; None where they do not tell."""
    due: dict[Cell, int] = {}
    for equation in equations:
        unknown = [c for c in (*equation.left, *equation.right) if c in line.cells]
        if len(unknown) == 1:
            sides = [
                sum(counted[c] for c in side if c in counted) for side in (equation.left, equation.right)
            ]
            gap = sides[1] - sides[0]
            due.setdefault(unknown[0], gap if unknown[0] in equation.left else -gap)
    return [due.get(cell) for cell in line.cells]


def _misprinted(cells: Sequence[Cell], due: Sequence[int], printed: str) -> Iterator[Slip]:
    """The slips by which a line that should hold ``due`` prints the digits ``printed``: one number mistyped, two
    that changed places, or all of them one column too far."""
    texts = [str(value) for value in due]
    for n in range(len(texts)):
        before, behind = "".join(texts[:n]), "".join(texts[n + 1 :])
        middle = printed[len(before) : len(printed) - len(behind)]
        fits = printed == before + middle + behind and re.fullmatch("0|[1-9][0-9]*", middle)
        if fits and mistyped(due[n], int(middle)):
            yield Slip("numbers", {cells[n]: due[n] - int(middle)})
    moved = [("swap", _with(due, {i: due[j], j: due[i]})) for i, j in combinations(range(len(due)), 2)]
    total = len(due) - 1
    moved += [
        ("right", [*due[1:], 0]),
        ("left", [0, *due[:-1]]),
        ("left", [0, *due[: total - 1], due[total]]),
        ("right", [*due[1:total], 0, due[total]]),
    ]
    for kind, values in moved:
        changes = {c: d - v for c, d, v in zip(cells, due, values, strict=True) if d != v}
        if changes and "".join(map(str, values)) == printed:
            yield Slip(kind, changes)


def _with(values: Sequence[int], others: Mapping[int, int]) -> list[int]:
    return [others.get(n, value) for n, value in enumerate(values)]


def exchanged(report: Report) -> Group:
    """Two rows whose numbers have changed places, where a table adds up all the same and only the prose tells:
    of all pairs those that make most numbers of the prose agree, of two things at least, and none disagree."""
    witnesses = _Witnesses(report)
    found: dict[int, list[Slip]] = defaultdict(list)
    for placed in report.tables.values():
        for part in placed.parts:
            first = part.solution.placements[0]
            if not part.solution.unique or first.broken:
                continue
            for slip in _Sums(placed.printed.table, part, first).silently_swapped():
                gained, lost = witnesses.weigh(slip.changes, first.counted)
                if len({witnesses.about[key] for key in gained}) > 1 and not lost:
                    found[len(gained)].append(Slip(slip.kind, slip.changes, tuple(gained)))
    return Group((), tuple(found[max(found)]) if found else ())


def parts_of_blank_totals(
    placement: Placement, equations: Iterable[Equation]
) -> dict[Cell, tuple[Cell, ...]]:
    """The cells that a total is the sum of where the page leaves it blank."""
    return {
        e.right[0]: e.left
        for e in equations
        if e.identity.over == "rows" and len(e.right) == 1 and e.right[0] in placement.inferred
    }


class _Sums:
    """The numbers of one placement and what must add up, as integers.

    ``terms`` are for each cell the equations it stands in, by number, with its sign: left sides count,
    right sides are taken off. ``missing`` is what must be added to each broken equation.
    """

    def __init__(self, table: Table, part: Part, placement: Placement) -> None:
        self.values = placement.counted
        equations = [e for e in part.equations if not e.identity.usual]
        self.equations = equations
        self.totals = {e.right[0] for e in equations if len(e.right) == 1}
        self.unfilled = {c for c in self.totals if c in placement.source and not self.values[c]}
        blank = parts_of_blank_totals(placement, equations)
        terms: dict[Cell, dict[int, int]] = {c: {} for c in self.values if c not in blank}
        for i, equation in enumerate(equations):
            for sign, side in ((1, equation.left), (-1, equation.right)):
                for cell in (c for each in side for c in blank.get(each, (each,))):
                    terms[cell][i] = terms[cell].get(i, 0) + sign
        self.terms = {c: {i: n for i, n in of.items() if n} for c, of in terms.items()}
        self.alike: dict[frozenset[int], list[Cell]] = defaultdict(list)
        for cell, of_cell in self.terms.items():
            self.alike[frozenset(of_cell)].append(cell)
        self.missing = {i: -d for i, e in enumerate(equations) if (d := difference(e, self.values))}
        rows: dict[str, list[Cell]] = defaultdict(list)
        for cell in self.terms:
            rows[cell.row].append(cell)
        self.rows = [rows[r] for r in table.rows if r in rows]
        self.runs = [[c for line in part.lines for c in line.cells if c in self.terms]]
        if table.layout != "one_row":
            self.runs = []

    # what is broken

    def groups(self, witnesses: _Witnesses) -> tuple[Group, ...]:
        joined = self._parted(range(len(self.equations)))
        if len(joined) > 1 and (
            slips := self._first((self._line, self._neighbours, self._swapped), self.missing)
        ):
            joined, explained = [self.missing], [slips]
        else:
            explained = [self._explained(wanted) for wanted in joined]
            if not all(explained) and len(closer := self._parted(self.missing)) > len(joined):
                # Several slips, then: equations that have no cell in common are looked at by themselves.
                joined, explained = closer, [self._explained(wanted) for wanted in closer]
        best = [self._likeliest(slips, witnesses) for slips in explained]
        if any(len(slips) == 1 and self._fills(slips[0]) for slips in best):
            # One total of the table was left at nothing for certain: so, rather, were the others.
            best = [self._likeliest(slips, witnesses, filling=True) for slips in explained]
        return tuple(
            Group(tuple(self.equations[i] for i in wanted), tuple(slips))
            for wanted, slips in zip(joined, best, strict=True)
        )

    def _parted(self, equations: Iterable[int]) -> list[dict[int, int]]:
        """What is missing, group by group: ``equations`` that share a cell, one after the other, may have
        been broken by one slip."""
        parted: list[set[int]] = [{i} for i in equations]
        for of_cell in self.terms.values():
            touched = [g for g in parted if not g.isdisjoint(of_cell)]
            if len(touched) > 1:
                parted = [g for g in parted if g not in touched] + [set().union(*touched)]
        found = [{i: self.missing[i] for i in sorted(g & self.missing.keys())} for g in parted]
        return sorted(filter(None, found), key=min)

    def _fills(self, slip: Slip) -> bool:
        return slip.kind == "numbers" and self.unfilled.issuperset(slip.changes)

    def _likeliest(self, slips: Sequence[Slip], witnesses: _Witnesses, filling: bool = False) -> list[Slip]:
        """Those that the prose speaks for, or at least not against; of single numbers, those that may be
        mistyped (a number that others were worked out from need not be)."""
        ranked = []
        for slip in slips:
            gained, lost = witnesses.weigh(slip.changes, self.values)
            may_be_mistyped = len(slip.changes) > 1 or all(
                mistyped(self.values[c] + d, self.values[c]) for c, d in slip.changes.items()
            )
            rank = (len(lost) - len(gained), filling and not self._fills(slip), not may_be_mistyped)
            ranked.append((rank, Slip(slip.kind, slip.changes, tuple(gained))))
        return [slip for rank, slip in ranked if rank == min(r for r, _ in ranked)]

    # what would explain it, in the order of simplicity

    def _explained(self, wanted: Mapping[int, int]) -> list[Slip]:
        """The simplest slips that mend what is ``wanted`` and break nothing."""
        if len(wanted) == 1:
            # One equation says little: whatever would mend it counts as simple.
            return self._distinct(
                slip for kind in (self._one, self._swapped, self._fallen) for slip in kind(wanted)
            )
        return self._first(
            (self._one, self._neighbours, self._shifted, self._with_others, self._swapped, self._two), wanted
        )

    def _first(self, kinds: Iterable[Callable], wanted: Mapping[int, int]) -> list[Slip]:
        return next((slips for kind in kinds if (slips := self._distinct(kind(wanted)))), [])

    def _distinct(self, slips: Iterable[Slip]) -> list[Slip]:
        return list({tuple(sorted(slip.changes.items())): slip for slip in slips}.values())

    def _effect(self, changes: Mapping[Cell, int]) -> dict[int, int]:
        """What changes of cells add to each equation."""
        effect: dict[int, int] = {}
        for cell, change in changes.items():
            for i, sign in self.terms[cell].items():
                effect[i] = effect.get(i, 0) + sign * change
        return {i: n for i, n in effect.items() if n}

    def _mends(self, changes: Mapping[Cell, int], wanted: Mapping[int, int]) -> bool:
        possible = all(self.values[c] + change >= 0 for c, change in changes.items())
        return possible and self._effect(changes) == wanted

    def _single(self, wanted: Mapping[int, int]) -> Iterator[tuple[Cell, int]]:
        for cell in self.alike[frozenset(wanted)]:
            asked = {wanted[i] * sign for i, sign in self.terms[cell].items()}
            if len(asked) == 1 and self.values[cell] + min(asked) >= 0:
                yield cell, asked.pop()

    def _one(self, wanted: Mapping[int, int]) -> Iterator[Slip]:
        for cell, change in self._single(wanted):
            yield Slip("numbers", {cell: change})

    def _exchanged(
        self, pairs: Iterable[tuple[Cell, Cell]], wanted: Mapping[int, int], kind: str
    ) -> Iterator[Slip]:
        """Pairs that put it right when they change places."""
        for one, other in pairs:
            by = self.values[other] - self.values[one]
            if by and self._mends(changes := {one: by, other: -by}, wanted):
                yield Slip(kind, changes)

    def _neighbours(self, wanted: Mapping[int, int]) -> Iterator[Slip]:
        """Two cells side by side, or one above the other."""
        beside = (pair for row in self.rows for pair in pairwise(row))
        below = (pair for one, other in pairwise(self.rows) for pair in _columns(one, other))
        yield from self._exchanged([*beside, *below], wanted, "swap")

    def _shifted(self, wanted: Mapping[int, int]) -> Iterator[Slip]:
        """A row whose numbers stand one column too far, its total with them or not."""
        runs = [run for row in self.rows for run in (row, [c for c in row if not self._ends(c)])]
        yield from self._moved(wanted, runs)

    def _line(self, wanted: Mapping[int, int]) -> Iterator[Slip]:
        """A line of several rows whose numbers all stand one column too far."""
        yield from self._moved(wanted, self.runs)

    def _fallen(self, wanted: Mapping[int, int]) -> Iterator[Slip]:
        """A row whose first number has fallen out, so that the others moved up and left the total blank."""
        yield from (slip for slip in self._moved(wanted, self.rows) if slip.kind == "right")

    def _ends(self, cell: Cell) -> bool:
        return any(e.identity.over == "rows" and e.right == (cell,) for e in self.equations)

    def _moved(self, wanted: Mapping[int, int], runs: Iterable[Sequence[Cell]]) -> Iterator[Slip]:
        for run in runs:
            values = [self.values[c] for c in run]
            for kind, vacated, lost, moved in (
                ("left", 0, -1, [*values[1:], values[-1]]),
                ("right", -1, 0, [values[0], *values[:-1]]),
            ):
                if len(run) < 3 or values[vacated] or not any(values):
                    continue
                # The number that went over the edge is what is then still missing.
                changes = {c: new - old for c, new, old in zip(run, moved, values, strict=True)}
                effect = self._effect(changes)
                for i, sign in list(self.terms[run[lost]].items())[:1]:
                    changes[run[lost]] += sign * (wanted.get(i, 0) - effect.get(i, 0))
                changes = {c: change for c, change in changes.items() if change}
                if len(changes) > 1 and self._mends(changes, wanted):
                    yield Slip(kind, changes)

    def _with_others(self, wanted: Mapping[int, int]) -> Iterator[Slip]:
        """A number, and the total of its row that was worked out from it; or two whole rows that changed
        places."""
        yield from self._rows_swapped(wanted)
        for equation in self.equations:
            if equation.identity.over != "rows" or equation.right[0] not in self.terms:
                continue
            for cell in equation.left:
                for i in wanted.keys() & self.terms[cell].keys():
                    by = wanted[i] * self.terms[cell][i]
                    if self._mends(changes := {cell: by, equation.right[0]: by}, wanted):
                        yield Slip("numbers", changes)

    def _swapped(self, wanted: Mapping[int, int]) -> Iterator[Slip]:
        """Any two cells of a row or column."""
        touched = min(wanted, key=lambda i: sum(i in of for of in self.terms.values()))
        beside = (pair for row in self.rows for pair in combinations(row, 2))
        below = (pair for two in combinations(self.rows, 2) for pair in _columns(*two))
        pairs = [p for p in (*beside, *below) if touched in self.terms[p[0]] or touched in self.terms[p[1]]]
        yield from self._exchanged(pairs, wanted, "swap")

    def _rows_swapped(self, wanted: Mapping[int, int]) -> Iterator[Slip]:
        if any(self.equations[i].identity.over == "rows" for i in wanted):
            return  # whole rows break columns only
        for one, other in combinations(self.rows, 2):
            changes = {}
            for a, b in _columns(one, other):
                if by := self.values[b] - self.values[a]:
                    changes |= {a: by, b: -by}
            if len(changes) > 2 and self._mends(changes, wanted):
                yield Slip("rows", changes)

    def silently_swapped(self) -> Iterator[Slip]:
        """Any two rows that could change places without breaking anything."""
        return self._rows_swapped({})

    def _two(self, wanted: Mapping[int, int]) -> Iterator[Slip]:
        """Two numbers that have nothing to do with each other."""
        for cell, of_cell in self.terms.items():
            for by in {wanted[i] * of_cell[i] for i in wanted.keys() & of_cell.keys()}:
                if self.values[cell] + by < 0:
                    continue
                effect = self._effect({cell: by})
                left = {i: n for i in {*wanted, *effect} if (n := wanted.get(i, 0) - effect.get(i, 0))}
                for other, change in self._single(left) if left else ():
                    if other != cell:
                        yield Slip("numbers", dict(sorted({cell: by, other: change}.items())))


def _columns(one: Sequence[Cell], other: Sequence[Cell]) -> Iterator[tuple[Cell, Cell]]:
    """The cells of two rows that stand in the same column."""
    below = {c.column: c for c in other}
    return ((c, below[c.column]) for c in one if c.column in below)


def mistyped(meant: int, printed: int) -> bool:
    """Whether a number may be another one mistyped: a digit is another, is gone, stands twice, or two
    neighbours have changed places."""
    a, b = str(meant), str(printed)
    if len(a) == len(b):
        differ = [i for i in range(len(a)) if a[i] != b[i]]
        return len(differ) == 1 or (
            len(differ) == 2
            and differ[1] == differ[0] + 1
            and a[differ[0]] + a[differ[1]] == b[differ[1]] + b[differ[0]]
        )
    gone = b in {a[:i] + a[i + 1 :] for i in range(len(a))}
    twice = b in {a[: i + 1] + a[i:] for i in range(len(a))}
    return gone or twice


class _Witnesses:
    """The exact numbers of the prose that speak of cells."""

    def __init__(self, report: Report) -> None:
        self._raw, self._form = report.text.raw, report.form
        self._of: dict[Cell, list] = defaultdict(list)
        self.about: dict[str, str] = {}  # what each of them counts
        for claim in frames.tuples(report.claims):
            if not claim.about or claim.approximate or concepts()[claim.about].loose:
                continue
            readings = self._readings(claim)
            self.about[claim.key] = claim.about
            for cell in {c for reading in readings for cells in reading for c in cells}:
                self._of[cell].append((claim, readings))

    def _readings(self, claim) -> list[tuple[Sequence[Cell], ...]]:
        """What the words may count: cells, or cells and the cells they are a share of."""
        of = (concepts()[claim.of].cells_in(self._form),) if claim.of else ()
        codes = (claim.about, *(concepts()[claim.about].also if not of else ()))
        readings = [(concepts()[code].cells_in(self._form), *of) for code in codes]
        return [r for r in readings if all(r)]

    def weigh(self, changes: Mapping[Cell, int], values: Mapping[Cell, int]) -> tuple[list[str], list[str]]:
        """The claims that agree only after the changes, and those that agree only before."""
        after = {**values, **{c: values[c] + n for c, n in changes.items()}}
        gained, lost = [], []
        for claim, readings in {c.key: (c, r) for cell in changes for c, r in self._of[cell]}.values():
            if not all(c in values for reading in readings for cells in reading for c in cells):
                continue
            before, now = (self._agrees(claim, readings, held) for held in (values, after))
            if before != now:
                (gained if now else lost).append(claim.key)
        return gained, lost

    def _agrees(self, claim, readings, values: Mapping[Cell, int]) -> bool:
        for reading in readings:
            part, *whole = (sum(values[c] for c in cells) for cells in reading)
            if not whole and part == claim.value:
                return True
            if whole and whole[0]:
                digits = self._raw[claim.start : claim.end].rstrip("%％ ").partition(".")[2]
                if abs(100 * part / whole[0] - claim.value) <= 0.5 * 10 ** -len(digits) + _TINY:
                    return True
        return False
