"""Sentences are told: templates filled with figures, collected as statements.

In: declared templates (YAML: role, zh, en), a ledger. Out: rows of the table ``statements``. A number reaches a sentence only as
a ``Figure``; a sentence that needs a number which is not known is not said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from analysis import frames, ledger
from analysis.figures import DIGIT, Figure, NothingToSay, Rendered, percent, render
from analysis.ledger import Ledger
from analysis.templates import declared

_SINGLE = str.maketrans("“”", "‘’")


def decimals_of(size: float, usual: int) -> int:
    """As many decimals as show that a change is not nothing."""
    if math.isnan(size) or size == 0 or abs(size) >= 0.5 * 10**-usual:
        return usual
    return -math.floor(math.log10(abs(size)))


class Teller:
    """Tells of one unit and year in one language, by the templates declared in ``file``."""

    def __init__(self, file: str, book: Ledger, unit: str, year: int, language: str) -> None:
        self.declared = declared("analysis.writing", file)
        self.ledger, self.language = book, language
        self.unit, self.year = unit, year
        self.context: dict[str, object] = {}
        self.rows: list[dict] = []

    @property
    def key(self) -> str:
        """Whose statements these are: ``unit/year``."""
        return f"{self.unit}/{self.year}"

    # figures

    def plain(self, table: str, key: str, decimals: int | None = None, sign: bool = True) -> Figure:
        """A number of a table, with as many decimals as are asked for; without its sign if it is told in words."""
        value = self.ledger.value(table, key)
        if value != value:  # NaN: not known
            raise NothingToSay(f"{table} {key} is not known")
        if decimals is None:
            return self.ledger.figure(table, key)
        return Figure(f"{value if sign else abs(value):.{decimals}f}", value, table, key)

    def chance(self, table: str, key: str) -> Figure:
        """A p-value; one that would print as nothing is said to be below the smallest that would not."""
        p = self.plain(table, key, 3)
        return p if float(p.text) else Figure("<0.001", p.value, p.table, p.key)

    def percent(self, table: str, key: str, decimals: int) -> Figure:
        """A share of a table as a percentage."""
        value = self.ledger.value(table, key)
        if value != value:
            raise NothingToSay(f"{table} {key} is not known")
        return Figure(percent(value, decimals), value, table, key)

    def quote(self, table: str, key: str, text: str) -> Figure | str:
        """Words of the source, quotations in them in single marks; they are a figure if there is a number in them."""
        text = text.translate(_SINGLE)
        return self.ledger.figure(table, key, text) if DIGIT.search(text) else text

    def tally(self, table: str, rows: pd.DataFrame) -> Figure:
        """How many rows these are."""
        return self.ledger.tally(table, list(rows["key"]))

    def misfiled(self, documents: pd.DataFrame) -> Iterator[dict]:
        """The reports that print another year than the one they are kept under, with both as figures."""
        for d in frames.tuples(
            documents[~documents["year_printed"].isin([0]) & (documents["year_printed"] != documents["year"])]
        ):
            year, printed = (
                self.ledger.figure("documents", f"{d.key}:{column}", str(int(getattr(d, column))))
                for column in ("year", "year_printed")
            )
            yield {"key": d.key, "unit": d.unit, "told": {"year": year, "printed": printed}}

    # telling

    def tell(self, template: str, section: str, identity: str | None = None, **values: object) -> bool:
        """Add a sentence; one that needs a number which is not known is not said. Returns whether it was."""
        entry = self.declared[template]
        try:
            rendered = render(entry[self.language], {**self.context, **values})
        except NothingToSay:
            return False
        if rendered.text:
            self.add(identity or template, section, entry["role"], rendered)
        return bool(rendered.text)

    def add(self, identity: str, section: str, role: str, rendered: Rendered) -> None:
        """Add a sentence that is rendered already."""
        self.rows.append(
            {
                "key": f"{self.key}/{self.language}/{identity}",
                "unit": self.unit,
                "year": self.year,
                "section": section,
                "role": role,
                "language": self.language,
                "text": rendered.text,
                "figures": ledger.to_json(rendered),
            }
        )
