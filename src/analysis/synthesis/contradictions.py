"""What contradicts a planted error: the arithmetic that says whether it can be found at all.

In: reports as they were read before anything was planted, and what a planting changed. Out: which of the
declared identities, numbers of the prose and neighbouring years it contradicts. Nothing here asks the checks: the
equations come from the templates, the numbers from the facts and claims of the clean page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

import pandas as pd

from analysis import frames
from analysis.reading import Report
from analysis.templates import Cell, Equation, Form, concepts

# Cells by their address, as far as they are certain.
Values = Mapping[str, float]

# A percentage is rounded by half of its last digit at most; an approximate count is held to a tenth.
_TINY, _ABOUT = 1e-9, 0.1
# A number of the prose that heads a list is at least this: small ones are sums of others by chance.
_LIST = 10
# Percentages that make up a whole are at least so many.
_SHARES = 3
# Amounts that differ by this factor from those of the year beside are in another unit.
_UNIT = 1_000


@dataclass(frozen=True)
class Said:
    """One number of the prose: what it counts, or is the share of what, and in which sentence."""

    key: str
    value: float
    unit: str
    about: str
    of: str
    half: float
    approximate: bool
    sentence: tuple[str, int]


@dataclass(frozen=True)
class Page:
    """A report before anything is planted, with what is certain in it."""

    report: Report
    beside: Mapping[int, Page] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def values(self) -> Values:
        """What the cells hold; blanks that the identities show to be nothing are 0."""
        return values_of(self.report)

    @cached_property
    def said(self) -> list[Said]:
        """Every number of the prose."""
        return said_in(self.report)


def values_of(report: Report) -> dict[str, float]:
    """The certain cells of a report by address."""
    facts = report.facts[["table", "row", "column", "value", "candidates"]]
    found = {}
    for table, row, column, value, candidates in frames.tuples(facts):
        if pd.notna(value):
            found[str(Cell(table, row, column))] = float(value)
        elif candidates == "0":
            found[str(Cell(table, row, column))] = 0.0
    return found


def said_in(report: Report) -> list[Said]:
    """The claims of a report, with half of the last digit that each percentage prints."""
    raw = report.text.raw
    return [
        Said(
            c.key,
            c.value,
            c.unit_of_measure,
            c.about,
            c.of,
            0.5 * 10 ** -len(raw[c.start : c.end].rstrip("%％ ").partition(".")[2]),
            c.approximate,
            (c.section, c.sentence),
        )
        for c in frames.tuples(report.claims)
    ]


# identities


def equations(form: Form) -> Iterator[Equation]:
    """Every identity of a form that must hold."""
    for table in form.tables.values():
        yield from (e for e in table.equations() if not e.identity.usual)


def _side(cells: Iterable[Cell | str], values: Values) -> float | None:
    held = [values.get(str(cell)) for cell in cells]
    return None if None in held else sum(held)


def holds(equation: Equation, values: Values) -> bool | None:
    """Whether an identity holds; None where a cell of it is not known."""
    left, right = _side(equation.left, values), _side(equation.right, values)
    return None if left is None or right is None else left == right


def identities_broken(form: Form, before: Values, after: Values) -> list[Equation]:
    """The identities that held and do not any more."""
    return [e for e in equations(form) if holds(e, before) and holds(e, after) is False]


# prose


def agrees(said: Said, values: Values, form: Form) -> bool | None:
    """Whether a number of the prose is what its cells hold; None where that is not known."""
    if not said.about:
        return None
    cells = concepts()[said.about].cells_in(form)
    part = _side(cells, values) if cells else None
    if part is None:
        return None
    if said.of:
        whole = _side(concepts()[said.of].cells_in(form), values)
        return abs(100 * part / whole - said.value) <= said.half + _TINY if whole else None
    return abs(part - said.value) <= (_ABOUT * said.value if said.approximate else 0)


def lists_in(said: Sequence[Said]) -> Iterator[tuple[Said, list[Said]]]:
    """Counts of one sentence that make up the count before them."""
    for _, sentence in groupby(said, lambda s: s.sentence):
        counts = [s for s in sentence if s.unit != "%"]
        for i, whole in enumerate(counts):
            for end in range(len(counts), i + 2, -1):
                parts = counts[i + 1 : end]
                same = all(p.unit == whole.unit for p in parts)
                if same and whole.value >= _LIST and sum(p.value for p in parts) == whole.value:
                    yield whole, parts
                    break


def wholes_in(said: Sequence[Said]) -> Iterator[list[Said]]:
    """Percentages of one sentence that make up a whole."""
    for _, sentence in groupby(said, lambda s: s.sentence):
        shares = [s for s in sentence if s.unit == "%"]
        if len(shares) >= _SHARES and _whole(shares):
            yield shares


def _whole(shares: Sequence[Said]) -> bool:
    return abs(sum(s.value for s in shares) - 100) <= sum(s.half for s in shares) + _TINY


def prose_broken(page: Page, after: Values, now: Mapping[str, Said], come: Sequence[Said]) -> bool:
    """Whether a number of the prose that agreed contradicts now.

    ``now`` are the numbers that stand there after the planting, by key (those that are gone are missing),
    ``come`` those that came with cloned text.
    """
    form = page.report.form
    for said in page.said:
        if (
            said.key in now
            and agrees(said, page.values, form)
            and agrees(now[said.key], after, form) is False
        ):
            return True
    if any(agrees(said, after, form) is False for said in come):
        return True
    for whole, parts in lists_in(page.said):
        listed = [now.get(s.key) for s in (whole, *parts)]
        if None not in listed and listed[0].value != sum(s.value for s in listed[1:]):
            return True
    shares = ([now.get(s.key) for s in shares] for shares in wholes_in(page.said))
    return any(None not in listed and not _whole(listed) for listed in shares)


# the year beside


@dataclass(frozen=True)
class Link:
    """What one year hands to the next: cells of last year (signed) and of this year make up ``to``."""

    to: str
    before: tuple[tuple[str, int], ...]
    now: tuple[tuple[str, int], ...] = ()

    def holds(self, before: Values, now: Values) -> bool | None:
        """Whether it arrives; None where a cell is not known."""
        held = [
            (values.get(cell), sign)
            for cells, values in ((self.before, before), (self.now, now))
            for cell, sign in cells
        ]
        if self.to not in now or any(value is None for value, _ in held):
            return None
        return now[self.to] == sum(value * sign for value, sign in held)


def links(form: Form) -> Iterator[Link]:
    """What a report on ``form`` takes over from the year before."""
    for table in form.tables.values():
        for row in table.rows.values():
            address = {c: str(Cell(table.code, row.code, c)) for c in row.columns}
            for rule in table.carried:
                if {rule.to, *rule.plus, *rule.minus, *rule.plus_now, *rule.minus_now} <= set(address):
                    signed = [
                        tuple(
                            (address[c], sign)
                            for c, sign in [*((c, 1) for c in plus), *((c, -1) for c in minus)]
                        )
                        for plus, minus in ((rule.plus, rule.minus), (rule.plus_now, rule.minus_now))
                    ]
                    yield Link(address[rule.to], *signed)
            if {"cumulative", "this_year"} <= set(address):
                yield Link(address["cumulative"], ((address["cumulative"], 1),), ((address["this_year"], 1),))
    if "applications" in form.tables:
        for column in form.tables["applications"].columns:
            row_in, row_out = (str(Cell("applications", r, column)) for r in ("carried_in", "carried_out"))
            yield Link(row_in, ((row_out, 1),))


def links_held(page: Page) -> list[Link]:
    """What ``page`` takes over from the year before, where it arrives."""
    last = page.beside.get(page.report.year - 1)
    return [k for k in links(page.report.form) if last and k.holds(last.values, page.values)]


def years_broken(page: Page, after: Values) -> bool:
    """Whether something arrives no more, from the year before or in the year after; or an amount is off by
    powers of ten from those beside."""
    year = page.report.year
    last, next_ = page.beside.get(year - 1), page.beside.get(year + 1)
    if last and any(k.holds(last.values, after) is False for k in links_held(page)):
        return True
    for k in links(next_.report.form) if next_ else ():
        if k.holds(page.values, next_.values) and k.holds(after, next_.values) is False:
            return True
    amounts = {
        str(c) for t in page.report.form.tables.values() for c in t.cells() if t.column_of(c).kind == "amount"
    }
    for other in filter(None, (last, next_)):
        for cell in amounts:
            was, now, theirs = page.values.get(cell), after.get(cell), other.values.get(cell)
            if was and now and theirs and _near(was, theirs) and not _near(now, theirs):
                return True
    return False


def _near(one: float, other: float) -> bool:
    return 1 / _UNIT < one / other < _UNIT


# what could be told


def explanations(page: Page, after: Values, now: Mapping[str, Said]) -> int:
    """How many single numbers there are that, changed alone, would set right what contradicts a planting.

    Cells are tried one by one, and a number of the prose where only it is contradicted. With one the error can
    be told by anybody; with many it cannot, whatever is checked. 0 where it takes more than one number.
    """
    form = page.report.form
    broken = identities_broken(form, page.values, after)
    prose = [s for s in page.said if s.key in now and agrees(s, page.values, form)]
    wrong = [s for s in prose if agrees(now[s.key], after, form) is False]
    lost = [k for k in _links(page) if k.holds(page, page.values) and k.holds(page, after) is False]
    found = 0
    for cell, change in _changes(page, after, broken, [now[s.key] for s in wrong], lost):
        tried = {**after, cell: after[cell] + change}
        right = tried[cell] >= 0 and not identities_broken(form, page.values, tried)
        right = right and not any(agrees(now[s.key], tried, form) is False for s in prose)
        found += right and not any(
            k.holds(page, page.values) and k.holds(page, tried) is False for k in _links(page)
        )
    # A number of the prose, or one of the year beside, may be the wrong one where it alone is against the page.
    return found + (len(wrong) == 1 and not broken and not lost) + (bool(lost) and not broken and not wrong)


@dataclass(frozen=True)
class _Beside:
    """A link to the year before or after, seen from the page between them."""

    link: Link
    last: Values | None = None
    next_: Values | None = None

    def holds(self, page: Page, values: Values) -> bool | None:
        return (
            self.link.holds(self.last, values)
            if self.last is not None
            else self.link.holds(values, self.next_)
        )

    def signed(self) -> Iterator[tuple[str, int]]:
        """The cells of the page in it, with the side they stand on."""
        if self.last is not None:
            yield from ((self.link.to, -1), *self.link.now)
        else:
            yield from self.link.before


def _links(page: Page) -> list[_Beside]:
    year = page.report.year
    last, next_ = page.beside.get(year - 1), page.beside.get(year + 1)
    found = [_Beside(k, last=last.values) for k in links(page.report.form)] if last else []
    return found + ([_Beside(k, next_=next_.values) for k in links(next_.report.form)] if next_ else [])


def _changes(
    page: Page, after: Values, broken: Sequence[Equation], wrong: Sequence[Said], lost: Sequence[_Beside]
) -> set[tuple[str, float]]:
    """Cells, and what must be added to each, so that the first thing that is broken would be right."""
    if broken:
        left, right = (_side(cells, after) for cells in (broken[0].left, broken[0].right))
        return {(str(c), right - left) for c in broken[0].left} | {
            (str(c), left - right) for c in broken[0].right
        }
    if counts := [s for s in wrong if not s.of]:
        cells = concepts()[counts[0].about].cells_in(page.report.form)
        return {(str(c), counts[0].value - _side(cells, after)) for c in cells}
    if lost:
        values = lost[0].last if lost[0].last is not None else after
        now = after if lost[0].last is not None else lost[0].next_
        held = sum(values[c] * sign for c, sign in lost[0].link.before)
        gap = now[lost[0].link.to] - held - sum(now[c] * sign for c, sign in lost[0].link.now)
        return {(c, gap * sign) for c, sign in lost[0].signed()}
    return set()


# pages whose digits run together


def adds_up_as_read(page: Page, read: Report) -> bool:
    """Whether the planted page, as it was ``read``, has a reading in which nothing is contradicted.

    Where digits have run together, another cut of them may satisfy everything; such a page shows no error.
    Every identity that could be tried on the clean page must be met in one and the same placement of its
    part, and no number of the prose or of the year beside be contradicted for certain.
    """
    certain = values_of(read)
    tried = [e for e in equations(page.report.form) if holds(e, page.values)]
    worlds = [
        [
            {
                str(Cell(str(table), r, c)): v
                for r, c, v in frames.tuples(reading[["row", "column", "value"]])
                if pd.notna(v)
            }
            for _, reading in part.groupby("placement", sort=True)
        ]
        for (table, _), part in read.placements.groupby(["table", "part"], sort=True)
    ]
    for equation in tried:
        if holds(equation, certain) is False:
            return False
    for readings in worlds:
        cells = {cell for reading in readings for cell in reading}
        concerned = [e for e in tried if cells & {str(c) for c in (*e.left, *e.right)}]
        if not any(all(holds(e, {**certain, **reading}) for e in concerned) for reading in readings):
            return False
    known = set(certain) | {cell for readings in worlds for reading in readings for cell in reading}
    if any(not known.issuperset(map(str, (*e.left, *e.right))) for e in tried):
        return False
    now = {s.key: s for s in page.said}
    return not prose_broken(page, certain, now, ()) and not years_broken(page, certain)
