"""What must add up: every identity of the form, at every place where it must hold.

The identities are declared with the tables (``templates``); here they are only tried. Where a table
admits several placements, an identity counts as broken only if every placement breaks it. Which number
is most likely the wrong one is found in ``culprits``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.checking.culprits import Group, Slip, few, groups, parts_of_blank_totals
from analysis.checking.finding import Bilingual, ReportFindings
from analysis.figures import Figure, NothingToSay, number
from analysis.reading import Report
from analysis.reading.facts import Part
from analysis.templates import Cell, Equation, Table

_LEFT, _RIGHT = Bilingual("左", "left"), Bilingual("右", "right")


def check(report: Report, findings: ReportFindings) -> None:
    """Adds ``arithmetic.not_balanced`` for each identity that the page breaks whatever is placed
    where, and ``arithmetic.no_placement`` where a table breaks some in every placement."""
    for placed in report.tables.values():
        for part in placed.parts:
            if _least(part):
                _Broken(report, findings, placed.printed.table, part).tell()


def _least(part: Part) -> tuple[Equation, ...]:
    """What a placement breaks that breaks the fewest of what must hold."""
    broken = [tuple(e for e in p.broken if not e.identity.usual) for p in part.solution.placements]
    if part.solution.complete:
        return min(broken, key=len)
    # Of placements that were not all looked at, one may break what is merely usual where this one breaks what must hold.
    usual = sum(e.identity.usual for e in part.equations)
    return broken[0][: max(0, part.solution.broken - usual)]


class _Broken:
    """Part of a table that does not add up."""

    def __init__(self, report: Report, findings: ReportFindings, table: Table, part: Part) -> None:
        self.report, self.findings, self.ledger = report, findings, findings.ledger
        self.table, self.part = table, part
        self.placements = part.solution.placements
        self.groups = groups(report, table, part)

    def tell(self) -> None:
        broken = [e for e in _least(self.part) if all(e in p.broken for p in self.placements)]
        if not [e for e in broken if self._one(e)]:
            # Of more placements than can be counted it is not known that all break the same.
            self._no_placement(broken if self.part.solution.complete else [])

    def _one(self, equation: Equation) -> bool:
        """Show one broken identity, if it is certain which numbers are on either side."""
        if not self.part.solution.complete:
            in_place = {c for line in self.part.lines if line.placed and not line.cuts for c in line.cells}
            if not in_place.issuperset((*equation.left, *equation.right)):
                return False
        sides = []
        for side in (equation.left, equation.right):
            printed = [self._printed(p, side) for p in self.placements]
            if not printed[0] or any(of != printed[0] for of in printed):
                return False
            sides.append(list(printed[0]))
        try:
            left, right = (self.ledger.cells(self.report.key, side) for side in sides)
        except NothingToSay:  # joined digits that may have been cut wrong
            return False
        group = next((g for g in self.groups if equation in g.equations), Group((), ()))
        over_rows = equation.identity.over == "rows"
        place = self.table.rows[equation.at] if over_rows else self.table.columns[equation.at]
        rows = self.part.rows
        # The line of the number that is wrong, where that is told; else the one where the sum is printed.
        wrong = next(iter(group.culprit.changes)).row if group.culprit else sides[1][0].row
        at = next((r for r in rows if wrong in {c.row for c in r.cells}), rows[0]).label
        self.findings.add(
            "arithmetic.not_balanced",
            at.start,
            at.end,
            reported=right,
            expected=left,
            evidence=self._keys(c for side in sides for c in side),
            suspect=self._keys(group.suspects),
            table=Bilingual(self.table.zh, self.table.en),
            place=Bilingual(place.short, place.en),
            identity=Bilingual(equation.identity.zh, equation.identity.en),
            left=left,
            right=right,
            difference=self.ledger.difference(left, right),
            culprit=self._culprit(group),
        )
        return True

    def _printed(self, placement, side: Sequence[Cell]) -> dict[Cell, tuple]:
        """The printed cells of a side, the parts of a blank total in its place; and which numbers they are."""
        blank = parts_of_blank_totals(placement, self.part.equations)
        cells = [c for each in side for c in blank.get(each, (each,))]
        return {c: placement.source[c] for c in cells if c in placement.source}

    def _no_placement(self, broken: Sequence[Equation]) -> None:
        culprits = [g.culprit for g in self.groups]
        changed = [c for slip in culprits for c in slip.changes] if all(culprits) else []
        suspects = changed or few(c for g in self.groups for c in g.suspects)
        least = [f"{self.report.key}/{e.right[0]}" for e in _least(self.part)]
        places = [self.table.rows[e.at] for e in broken if e.identity.over == "rows"]
        at = next((r for r in self.part.rows for p in places if r.cells[0].row == p.code), self.part.rows[0])
        self.findings.add(
            "arithmetic.no_placement",
            at.label.start,
            reported=len(least),
            expected="0",
            evidence=self._keys(cell for row in self.part.rows for cell in row.cells),
            suspect=self._keys(suspects),
            table=Bilingual(self.table.zh, self.table.en),
            n=self.ledger.tally("facts", least),
            places=[Bilingual(p.short, p.en) for p in places],
            culprits=[name for slip in culprits for name in self._names(slip)] if changed else [],
        )

    # the culprit in words and figures

    def _culprit(self, group: Group) -> Mapping | None:
        """What the sentence says of the culprit; None where there is none, or a number of it is not certain."""
        slip = group.culprit
        if slip is None:
            return None
        try:
            return {
                "kind": slip.kind,
                "all": self.ledger.tally("facts", self._keys(e.right[0] for e in group.equations)),
                "several": len(group.equations) > 1,
                "side": _RIGHT if slip.kind == "right" else _LEFT,
                "rows": [self._row(row) for row in dict.fromkeys(c.row for c in slip.changes)],
                "numbers": [self._number(c, slip, group) for c in slip.changes]
                if slip.kind in ("numbers", "swap")
                else [],
                "said": self._said(slip),
            }
        except NothingToSay:
            return None

    def _number(self, cell: Cell, slip: Slip, group: Group) -> Mapping:
        printed = self.ledger.cells(self.report.key, [cell]) if cell in self.placements[0].source else None
        mended = self._mended(cell, slip, group) if slip.kind == "numbers" else None
        return {"name": self._name(cell), "printed": printed, "mended": mended}

    def _mended(self, cell: Cell, slip: Slip, group: Group) -> Figure:
        """What the cell must hold: what the other cells of one of its identities leave for it."""
        for e in sorted(group.equations, key=lambda e: len(e.left) + len(e.right)):
            sides = [list(self._printed(self.placements[0], side)) for side in (e.left, e.right)]
            own = 0 if cell in e.left else 1
            if cell not in (*e.left, *e.right) or any(
                c != cell and c in (*e.left, *e.right) for c in slip.changes
            ):
                continue
            rest = [c for c in sides[own] if c != cell]
            key = " + ".join(self._keys(sides[1 - own])) + "".join(f" - {k}" for k in self._keys(rest))
            if sides[1 - own]:
                return self.ledger.figure("facts", key)
        raise NothingToSay

    def _said(self, slip: Slip) -> Figure | None:
        """A number of the prose that counts just what the mended number is."""
        (cell, change), *more = slip.changes.items()
        if slip.kind != "numbers" or more:
            return None
        mended = self.placements[0].counted[cell] + change
        claims = self.report.claims.set_index("key")
        same = [k for k in slip.claims if claims.loc[k, "value"] == mended and not claims.loc[k, "of"]]
        return self.ledger.figure("claims", same[0], number(mended)) if same else None

    def _keys(self, cells) -> list[str]:
        return [f"{self.report.key}/{c}" for c in cells]

    def _names(self, slip: Slip) -> list[Bilingual]:
        """The cells that a slip finds wrong, or the rows where whole rows are."""
        if slip.kind in ("numbers", "swap"):
            return [self._name(c) for c in slip.changes]
        return [self._row(row) for row in dict.fromkeys(c.row for c in slip.changes)]

    def _name(self, cell: Cell) -> Bilingual:
        return Bilingual(*(self.report.form.label(cell, language) for language in ("zh", "en")))

    def _row(self, code: str) -> Bilingual:
        return Bilingual(self.table.rows[code].short, self.table.rows[code].en)
