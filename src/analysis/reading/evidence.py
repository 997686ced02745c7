"""What the prose of a report says of its tables, where the tables leave it open.

In: placed tables and claims. Out: the same with fewer readings, where digits that ran together can be
cut in several ways and the prose prints one of the numbers; and facts from the prose alone, for a
table that the page does not print. Either is marked as coming from the prose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from analysis.figures import number
from analysis.reading.facts import PROSE, Part, PlacedTable
from analysis.templates import Cell, Form, concepts

# A number of one digit is found among the cuts of any row by chance.
_LEAST = 10


def _said(form: Form, claims: Iterable[Mapping]) -> dict[Cell, list[Mapping]]:
    """The claims that count exactly one cell of the form; what speaks of another year or of a part is no
    claim about a cell (``guards``)."""
    found: dict[Cell, list[Mapping]] = {}
    for claim in claims:
        if not claim["about"] or claim["of"] or claim["approximate"]:
            continue
        cells = concepts()[claim["about"]].cells_in(form)
        if len(cells) == 1 and not concepts()[claim["about"]].loose:
            found.setdefault(cells[0], []).append(claim)
    return found


def narrowed(table: PlacedTable, form: Form, claims: Sequence[Mapping]) -> PlacedTable:
    """The readings of cut digits that agree with the prose, where some do and some do not."""
    if table.placements == 1:
        return table
    said = _said(form, claims)
    return replace(table, parts=tuple(_narrowed(part, said) for part in table.parts))


def _narrowed(part: Part, said: Mapping[Cell, Sequence[Mapping]]) -> Part:
    before = part.solution.placements
    if not part.glued or not part.solution.complete or len(before) == 1:
        return part
    left = before
    for cell, claims in said.items():
        values = {claim["value"] for claim in claims}
        if len(values) == 1 and min(values) >= _LEAST:  # prose that contradicts itself decides nothing
            left = tuple(p for p in left if _printed(part, p, cell) in values) or left
    if len(left) == len(before):
        return part
    decided = frozenset(cell for cell in before[0].counted if len({p.source.get(cell) for p in before}) > 1)
    return replace(part, solution=replace(part.solution, placements=left), basis=PROSE, decided=decided)


def _printed(part: Part, placement, cell: Cell) -> float | None:
    if cell not in placement.source:
        return None
    line, cut, index = placement.source[cell]
    digits = part.spans[line][cut][index].text
    return float(digits) if digits.isdecimal() else None


def from_prose(
    facts: list[dict], form: Form, placed: Mapping[str, PlacedTable], claims: Sequence[Mapping]
) -> list[dict]:
    """The facts, with the cells of tables that the page does not print taken from the prose.

    Two claims that count the same cell differently leave it ambiguous.
    """
    gone = {code for code, table in placed.items() if not table.printed.rows}
    said = {cell: claims_ for cell, claims_ in _said(form, claims).items() if cell.table in gone}
    return [_taken(fact, said.get(Cell(fact["table"], fact["row"], fact["column"]))) for fact in facts]


def _taken(fact: dict, claims: Sequence[Mapping] | None) -> dict:
    if not claims:
        return fact
    values = sorted({c["value"] for c in claims})
    first = claims[0]
    place = {k: first[k] for k in ("where", "start", "end")} | {"raw": first["quote"], "basis": PROSE}
    if len(values) > 1:
        return fact | place | {"status": "ambiguous", "candidates": "|".join(map(number, values))}
    return fact | place | {"status": "reported", "value": values[0]}
