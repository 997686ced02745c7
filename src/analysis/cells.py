"""What cells are worth together.

In: the facts of one report and its placements. Out: sums of cells, under every placement that the
page admits. A blank counts as nothing only where the identities show that it is; otherwise a sum
that needs it is unknown. Checking and measuring both stand on this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from analysis import frames
from analysis.templates import Cell

# More joint placements than this are not enumerated: what depends on them is unknown.
MOST = 10_000


def proven(facts: pd.DataFrame) -> pd.Series:
    """The value of each fact: what is certain, and nothing where a blank is shown to be nothing; NaN for the rest."""
    return facts["value"].mask(facts["value"].isna() & facts["candidates"].eq("0"), 0.0)


class Cells:
    """The cells of one report, ready to be summed."""

    def __init__(self, facts: pd.DataFrame, placements: pd.DataFrame) -> None:
        columns = (facts[name] for name in ("table", "row", "column"))
        self._known = {Cell(*k): v for *k, v in zip(*columns, proven(facts), strict=True) if v == v}
        readings: dict[tuple[str, int], dict[int, dict[Cell, float]]] = {}
        for p in frames.tuples(placements.sort_values("placement", kind="stable")):
            of_part = readings.setdefault((p.table, p.part), {})
            of_part.setdefault(p.placement, {})[Cell(p.table, p.row, p.column)] = p.value
        self._alternatives = [list(of_part.values()) for _, of_part in sorted(readings.items())]

    def sums(self, expressions: Sequence[Sequence[tuple[Cell, int]]]) -> np.ndarray:
        """Values of several signed sums under every joint placement.

        Each expression is a list of (cell, +1 or −1). Returns an array of shape (placements,
        expressions); NaN where a cell is not known. Expressions in one call are taken together, so
        a ratio of two of them never mixes placements.
        """
        wanted = {cell for expression in expressions for cell, _ in expression}
        relevant = [r for r in self._alternatives if any(cell in r[0] for cell in wanted)]
        if np.prod([len(r) for r in relevant]) > MOST:
            relevant = []
        worlds: list[dict[Cell, float]] = [{}]
        for readings in relevant:
            worlds = [world | reading for world in worlds for reading in readings]
        return np.array(
            [
                [
                    sum(sign * world.get(cell, self._known.get(cell, np.nan)) for cell, sign in expression)
                    for expression in expressions
                ]
                for world in worlds
            ],
            dtype=float,
        ).reshape(len(worlds), len(expressions))

    def sum(self, cells: Iterable[Cell]) -> tuple[float, float]:
        """Least and greatest value of a sum; equal where it is certain, NaN where it is unknown."""
        values = self.sums([[(cell, 1) for cell in cells]])[:, 0]
        return float(values.min()), float(values.max())

    def certain(self, cells: Sequence[Cell]) -> float | None:
        """The sum, if there are cells and every placement gives the same; else None."""
        low, high = self.sum(cells) if cells else (0.0, 1.0)
        return low if low == high else None
