"""What must add up: every identity of the form, at every place where it must hold.

The identities are declared with the tables (``templates``); here they are only tried. Where a table
admits several placements, an identity counts as broken only if every placement breaks it.
"""

from __future__ import annotations

from analysis.checking.finding import Bilingual, Findings
from analysis.reading import Report
from analysis.reading.facts import Part
from analysis.templates import Equation, Table


def check(report: Report, findings: Findings) -> None:
    """Adds ``arithmetic.not_balanced`` for each identity that the page breaks whatever is placed
    where, and ``arithmetic.no_placement`` where a table breaks some in every placement."""
    for placed in report.tables.values():
        for part in placed.parts:
            placements = part.solution.placements
            broken = [
                e
                for e in placements[0].broken
                if not e.identity.usual and all(e in p.broken for p in placements)
            ]
            shown = [_broken(report, findings, placed.printed.table, equation, part) for equation in broken]
            if part.solution.broken and not any(shown):
                _no_placement(report, findings, placed.printed.table, part)


def _broken(report: Report, findings: Findings, table: Table, equation: Equation, part: Part) -> bool:
    """Show one broken identity, if it is certain which numbers are on either side."""
    placements = part.solution.placements
    sides = []
    for side in (equation.left, equation.right):
        sources = [{c: p.source[c] for c in side if c in p.source} for p in placements]
        if not sources[0] or any(s != sources[0] for s in sources):
            return False
        sides.append(list(sources[0]))
    over_rows = equation.identity.over == "rows"
    place = table.rows[equation.at] if over_rows else table.columns[equation.at]
    printed = next((r for r in part.rows if r.cells[0].row == sides[1][0].row), part.rows[0])
    left, right = (findings.ledger.cells(report.key, side) for side in sides)
    findings.add(
        "arithmetic.not_balanced",
        printed.label.start,
        printed.label.end,
        reported=right,
        expected=left,
        evidence=[f"{report.key}/{c}" for side in sides for c in side],
        table=Bilingual(table.zh, table.en),
        place=Bilingual(place.short, place.en),
        identity=Bilingual(equation.identity.zh, equation.identity.en),
        left=left,
        right=right,
        difference=findings.ledger.difference(left, right),
    )
    return True


def _no_placement(report: Report, findings: Findings, table: Table, part: Part) -> None:
    findings.add(
        "arithmetic.no_placement",
        part.rows[0].label.start,
        reported=part.solution.broken,
        expected="0",
        evidence=[f"{report.key}/{cell}" for row in part.rows for cell in row.cells],
        table=Bilingual(table.zh, table.en),
        n=findings.ledger.figure("documents", f"{report.key}:broken_{table.code}"),
    )
