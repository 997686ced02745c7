"""Every table of a run in one place: figures are taken out of it, and checked against it.

A key may be an expression over rows, written with spaces: ``a + b``, ``a - b``, ``a + b / c``, and
``count(a + b)`` for how many there are. A term of another table is written ``table|key``. So a sum
of cells, a difference, a share and a tally lead back to their rows like a single number does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan

import pandas as pd

from analysis.figures import Figure, NothingToSay, Printed, Rendered, number, percent
from analysis.templates import Cell

_DOUBLE = str.maketrans("‘’", "“”")
_JOINT = re.compile(r" [+\-/] |^count\(|\)$")


def terms(key: str) -> list[str]:
    """The rows that a key names."""
    return [term for term in _JOINT.split(key) if term]


def keys_in(text: str, unit: str) -> list[str]:
    """The keys of one unit's rows that stand in ``text``, parted by blanks; the unit's name may have some itself."""
    return [key for key in re.split(rf" (?={re.escape(unit)}/)", text) if key]


class _Rows:
    """The rows of a table by key: a look-up of pandas takes a tenth of a millisecond, and a report is asked for hundreds."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._at = {key: n for n, key in enumerate(table["key"])}
        self._columns = {name: table[name].to_numpy() for name in table.columns if name != "key"}

    def __contains__(self, key: str) -> bool:
        return key in self._at

    def __getitem__(self, key: str) -> dict[str, object]:
        at = self._at[key]
        return {name: values[at] for name, values in self._columns.items()}


class Ledger:
    """The tables by name, looked up by key."""

    def __init__(self, tables: Mapping[str, pd.DataFrame]) -> None:
        self._tables = dict(tables)
        self._rows: dict[str, _Rows] = {}

    def add(self, name: str, table: pd.DataFrame) -> None:
        """Take in one more table."""
        self._tables[name] = table
        self._rows.pop(name, None)

    def _rows_of(self, table: str) -> _Rows:
        """The rows of a table, made ready when the first is asked for."""
        if table not in self._rows:
            self._rows[table] = _Rows(self._tables[table])
        return self._rows[table]

    # taking figures out

    def figure(self, table: str, key: str, text: str | None = None) -> Figure:
        """The figure at ``key``; printed as ``text``, or plainly."""
        value = self.value(table, key)
        if isinstance(value, float) and isnan(value):
            raise NothingToSay(f"{table} {key} is not known")
        if text is None:
            text = number(value) if isinstance(value, float) else str(value)
        return Figure(text, value, table, key)

    def cells(self, whose: str, cells: Iterable[Cell | str]) -> Figure:
        """The sum of cells of the report ``whose`` (``unit/year``)."""
        return self.figure("facts", " + ".join(f"{whose}/{cell}" for cell in cells))

    def total(self, figures: Sequence[Figure]) -> Figure:
        """The sum of several figures of one table."""
        return self.figure(figures[0].table, " + ".join(f.key for f in figures))

    def difference(self, plus: Figure, minus: Figure) -> Figure:
        """``plus`` less ``minus``, printed without its sign."""
        taken = minus.key.split(" + ")
        if minus.table != plus.table:
            taken = [f"{minus.table}|{term}" for term in taken]
        key = " - ".join([plus.key, *taken])
        value = self.value(plus.table, key)
        return Figure(number(abs(value)), value, plus.table, key)

    def share(self, part: Figure, whole: Figure, decimals: int = 2) -> Figure:
        """One figure as a percentage of another of the same table."""
        key = f"{part.key} / {whole.key}"
        value = self.value(part.table, key)
        return Figure(percent(value, decimals), value, part.table, key)

    def tally(self, table: str, keys: Sequence[str]) -> Figure:
        """How many rows ``keys`` names."""
        return self.figure(table, f"count({' + '.join(keys)})")

    # looking them up

    def value(self, table: str, key: str) -> float | str:
        """What stands at ``key``. Raises ``KeyError`` if there is no such row."""
        if key.startswith("count("):
            return float(len([self.row(table, term) for term in terms(key)]))
        if " / " in key:
            above, below = key.split(" / ")
            return self.value(table, above) / self.value(table, below)
        signed = key.replace(" - ", " + -").split(" + ")
        if len(signed) == 1:
            return self._single(table, key)
        return sum(
            -self._single(table, term[1:]) if term.startswith("-") else self._single(table, term)
            for term in signed
        )

    def row(self, table: str, name: str) -> Mapping[str, object]:
        """The row called ``name``. Raises ``KeyError`` if there is none."""
        try:
            return self._rows_of(table)[name]
        except KeyError:
            raise KeyError(f"{table} has no row {name}") from None

    def _single(self, table: str, term: str) -> float | str:
        if "|" in term:
            table, term = term.split("|")
        name, _, column = term.partition(":")
        row = self.row(table, name)
        value = row[column or "value"]
        if table == "facts" and pd.isna(value) and row["candidates"] == "0":
            return 0.0  # a blank that the identities show to be nothing
        return value if isinstance(value, str) else float(value)

    def explain(self, table: str, term: str) -> str:
        """One term of a key in words: the row, its value, and where it stands in the file."""
        if "|" in term:
            table, term = term.split("|")
        name, _, column = term.partition(":")
        row = self.row(table, name)
        value = self._single(table, term) if (column or "value") in row else ""
        shown = number(value) if isinstance(value, float) else ""
        where = f" @ {row['where']}" if "where" in row else ""
        return f"{name.partition('/')[2].partition('/')[2] or name} {shown}{where}".strip()

    def home(self, key: str) -> str:
        """The table that has the row ``key``; empty if none does."""
        return next((name for name in self._tables if key in self._rows_of(name)), "")

    def printed(self, key: str) -> str:
        """What the page prints at the row ``key`` of whatever table has it; empty if none does."""
        table = self.home(key)
        row = self.row(table, key) if table else {}
        return next((str(row[c]) for c in ("raw", "quote", "text", "problem") if c in row), "")

    # checking them

    def wrong(self, printed: Sequence[Printed], text: str) -> list[str]:
        """What is wrong with the figures of a text: one sentence for each."""
        faults = []
        for p in printed:
            try:
                held = self.value(p.figure.table, p.figure.key)
            except KeyError as missing:
                faults.append(f"{p.figure.text}: {missing.args[0]}")
                continue
            if held != p.figure.value:
                faults.append(f"{p.figure.text}: {p.figure.key} holds {held}, not {p.figure.value}")
            elif not says(p.figure.text, held):
                faults.append(f"{p.figure.text} is not how {held} ({p.figure.key}) is written")
            elif text[p.start : p.end] != p.figure.text:
                faults.append(f"{p.figure.text} does not stand at {p.start} in: {text}")
        return faults


def says(text: str, value: float | str) -> bool:
    """Whether a printed number is the value, to the digits it prints."""
    if isinstance(value, str):
        # Quotation marks within a quotation are single ones.
        return text.translate(_DOUBLE) in value.translate(_DOUBLE)
    if text.startswith("<"):
        return abs(value) < float(text[1:])
    digits = text.rstrip("%").lstrip("+")
    decimals = len(digits.partition(".")[2])
    # A share is held as 0.58 and printed 58%; a percentage that prose prints is held as printed.
    sizes = (100 * value, value) if text.endswith("%") else (value, abs(value))
    return digits in {f"{size:.{decimals}f}" for size in sizes}


def rows_named(figures: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Table and key of every row that figures, each lot as JSON, name."""
    for text in figures:
        for printed in from_json(text):
            for term in terms(printed.figure.key):
                table, key = term.split("|") if "|" in term else (printed.figure.table, term)
                yield table, key.partition(":")[0]


def to_json(rendered: Rendered) -> str:
    """The figures of a text for the column ``figures``."""
    return json.dumps(
        [
            {
                "text": p.figure.text,
                "value": p.figure.value,
                "table": p.figure.table,
                "key": p.figure.key,
                "start": p.start,
                "end": p.end,
            }
            for p in rendered.figures
        ],
        ensure_ascii=False,
    )


def from_json(text: str) -> tuple[Printed, ...]:
    """The reverse of ``to_json``."""
    return tuple(
        Printed(Figure(f["text"], f["value"], f["table"], f["key"]), f["start"], f["end"])
        for f in json.loads(text)
    )
