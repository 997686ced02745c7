"""What the prose of a report says, beside what its tables hold.

In: a report. Out: ``Said`` – its claims in order, what the cells of a concept come to where that is
certain, figures for both, and who is to be believed where the two differ: the checks of ``prose`` and
``lists`` stand on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import groupby

from analysis import frames
from analysis.checking.culprits import Group, exchanged, groups
from analysis.checking.finding import Bilingual, ReportFindings
from analysis.figures import Figure, number
from analysis.reading import Report
from analysis.templates import Cell, concepts

# A percentage is rounded by at most half of its last printed digit.
_HALF = 0.5
_TINY = 1e-9
# A smaller number is found in another cell by chance.
_LEAST = 10
# An approximate count (32000余, 近300) is held to this share of itself.
_ABOUT = 0.1


class Said:
    """The claims of a report beside what their concepts hold in its tables."""

    def __init__(self, report: Report, findings: ReportFindings) -> None:
        self.report, self.findings, self.ledger = report, findings, findings.ledger
        self.cells = report.cells
        self._addresses: dict[str, tuple[Cell, ...]] = {}
        self.rows = list(frames.tuples(report.claims))
        text = report.text
        self.order = {c.key: n for n, c in enumerate(self.rows)}
        self.place = {c.key: (text.clean_offset(c.start), text.clean_offset(c.end)) for c in self.rows}

    def sentences(self) -> Iterator[list]:
        """The claims, a sentence at a time."""
        for _, sentence in groupby(self.rows, lambda c: (c.section, c.sentence)):
            yield list(sentence)

    def beside(self, claim) -> list:
        """The claims of the same sentence."""
        return self._by_sentence[claim.section, claim.sentence]

    @cached_property
    def _by_sentence(self) -> dict[tuple, list]:
        return {(s[0].section, s[0].sentence): s for s in self.sentences()}

    def addresses(self, concept: str) -> tuple[Cell, ...]:
        """The cells that a concept sums in the form of this report."""
        if concept not in self._addresses:
            self._addresses[concept] = concepts()[concept].cells_in(self.report.form)
        return self._addresses[concept]

    def held(self, concept: str) -> float | None:
        """What the tables hold, if they hold it and it is certain."""
        return self.cells.certain(self.addresses(concept)) if concept in concepts() else None

    def trusted(self, concept: str) -> bool:
        """Whether the cells of a concept are certain, and none of them breaks a sum of the table."""
        return self.held(concept) is not None and self._broken.isdisjoint(self.addresses(concept))

    @cached_property
    def _broken(self) -> set[Cell]:
        parts = (part for placed in self.report.tables.values() for part in placed.parts)
        first = (p for part in parts for p in part.solution.placements[:1])
        return {c for p in first for e in p.broken if not e.identity.usual for c in (*e.left, *e.right)}

    def table(self, concept: str) -> Figure:
        """The figure of what the tables hold."""
        return self.ledger.cells(self.report.key, self.addresses(concept))

    def printed(self, claim) -> Figure:
        """The figure of a claim as it is printed."""
        sign = "%" if claim.unit_of_measure == "%" else ""
        return self.ledger.figure("claims", claim.key, number(claim.value) + sign)

    def between(self, first, second) -> str:
        """The folded text between two claims; up to the first if there is none before it."""
        return self.report.text.clean[self.place[first.key][1] : self.place[second.key][0]]

    def before(self, claim) -> str:
        """What stands in the same sentence between the claim before this one and this one."""
        index = self.order[claim.key]
        since = self.place[self.rows[index - 1].key][1] if index else 0
        between = self.report.text.clean[since : self.place[claim.key][0]]
        return between.rpartition("。")[2].rpartition("\n")[2]

    def add(self, code: str, claim, **values) -> None:
        """Note a finding at the place of a claim."""
        self.findings.add(code, *self.place[claim.key], **values)

    # who is to be believed

    def of_the_table(self, concept: str, value: float) -> tuple[str, Cell | None]:
        """What the identities of the table say of ``value`` instead of what it holds.

        ``("cell", cell)``: they are broken, and ``value`` would mend them in that cell; ``("claim", None)``:
        they hold, so the table is right; ``("", None)``: they do not tell.
        """
        cells = self.addresses(concept)
        change = value - self.cells.certain(cells)
        votes = [self._vote(cell, change) for cell in cells]
        if votes.count("mends") == 1:
            return "cell", cells[votes.index("mends")]
        return ("claim", None) if set(votes) == {"holds"} else ("", None)

    def _vote(self, cell: Cell, change: float) -> str:
        table = self.report.form.tables[cell.table]
        known = [
            (cell in e.left, self.cells.certain(e.left), self.cells.certain(e.right))
            for e in table.equations()
            if not e.identity.usual and cell in (*e.left, *e.right)
        ]
        known = [(left, a, b) for left, a, b in known if a is not None and b is not None]
        if not known:
            return ""
        if all(a == b for _, a, b in known):
            return "holds"
        mended = all((a + change == b) if left else (a == b + change) for left, a, b in known)
        return "mends" if mended else "broken"

    def slip(self, claim) -> tuple[list[Bilingual], list[str]]:
        """What is wrong with a table where that is why a claim disagrees with it: the rows that changed places,
        if that is what happened, and the cells that hold other numbers than they should. Nothing else."""
        for group in self._slips:
            if group.slips and all(claim.key in slip.claims for slip in group.slips):
                cells = group.suspects
                rows = {c.row: self.report.form.tables[c.table].rows[c.row] for c in cells}
                swapped = {slip.kind for slip in group.slips} == {"rows"}
                names = [Bilingual(row.short, row.en) for row in rows.values()] if swapped else []
                return names, [f"{self.report.key}/{cell}" for cell in cells]
        return [], []

    @cached_property
    def _slips(self) -> list[Group]:
        tables = [(p.printed.table, part) for p in self.report.tables.values() for part in p.parts]
        return [exchanged(self.report), *(g for of in tables for g in groups(self.report, *of))]

    def taken_for(self, claim) -> Cell | None:
        """The one other cell of the same rows that holds just the number of a claim."""
        rows = {(c.table, c.row) for c in self.addresses(claim.about)}
        table = self.report.form.tables[next(iter(rows))[0]]
        found = [
            c
            for c in table.cells()
            if (c.table, c.row) in rows and claim.value >= _LEAST and self.cells.certain([c]) == claim.value
        ]
        return found[0] if len(found) == 1 else None


def named(concept: str) -> Bilingual:
    """The name of a concept for messages."""
    return Bilingual(concepts()[concept].zh, concepts()[concept].en)


def labelled(said: Said, cell: Cell) -> Bilingual:
    """The name of a cell for messages."""
    return Bilingual(said.report.form.label(cell, "zh"), said.report.form.label(cell, "en"))


def agrees(claim, held: float) -> bool:
    """Whether a count said in prose is what the tables hold."""
    if not claim.approximate:
        return claim.value == held
    return abs(held - claim.value) <= _ABOUT * claim.value


def half_digit(claim, report: Report) -> float:
    """Half of the last digit that a percentage prints."""
    text = report.text
    printed = text.clean[text.clean_offset(claim.start) : text.clean_offset(claim.end)]
    return _HALF * 10 ** -len(printed.strip().rstrip("% ").partition(".")[2])


def rounds_to(claim, ratio: float, report: Report) -> bool:
    """Whether a printed percentage is the ratio, to the digits printed; one said to be about it, nearly."""
    slack = _ABOUT * claim.value if claim.approximate else half_digit(claim, report)
    return abs(100 * ratio - claim.value) <= slack + _TINY


def whole_percent(shares: list, report: Report) -> bool:
    """Whether percentages make a whole, to the digits printed."""
    slack = sum(half_digit(c, report) for c in shares)
    return abs(sum(c.value for c in shares) - 100) <= slack + _TINY
