"""What must add up: every identity of the form, at every place where it must hold.

The identities are declared with the tables (``templates``); here they are only tried. Where a table
admits several placements, an identity counts as broken only if every placement breaks it.
"""

from __future__ import annotations

from analysis.checking.finding import Bilingual, Findings
from analysis.reading import Report
from analysis.templates import Equation, Table


def check(report: Report, findings: Findings) -> None:
    """Adds ``arithmetic.not_balanced`` for each identity that the page breaks."""
    for placed in report.tables.values():
        for part in placed.parts:
            placements = part.solution.placements
            for equation in placements[0].broken:
                if all(equation in p.broken for p in placements):
                    _broken(report, findings, placed.printed.table, equation, part)


def _broken(report: Report, findings: Findings, table: Table, equation: Equation, part) -> None:
    values = part.solution.placements[0].values
    left, right = ([c for c in side if values.get(c) is not None] for side in (equation.left, equation.right))
    certain = all(
        len({p.values.get(c) for p in part.solution.placements}) == 1
        for c in (*equation.left, *equation.right)
    )
    if not certain or not left or not right:
        return
    over_rows = equation.identity.over == "rows"
    place = table.rows[equation.at] if over_rows else table.columns[equation.at]
    printed = next((r for r in part.rows if r.cells[0].row == right[0].row), part.rows[0])
    sums = [findings.ledger.cells(report.key, side) for side in (left, right)]
    findings.add(
        "arithmetic.not_balanced",
        printed.label.start,
        printed.label.end,
        reported=sums[1],
        expected=sums[0],
        evidence=[f"{report.key}/{c}" for c in (*left, *right)],
        table=Bilingual(table.zh, table.en),
        place=Bilingual(place.short, place.en),
        identity=Bilingual(equation.identity.zh, equation.identity.en),
        left=sums[0],
        right=sums[1],
        difference=findings.ledger.difference(*sums),
    )
