"""The chain of every number of a text, down to the report's own cells.

In: statements, and the tables they rest on. Out: one record a statement, every printed figure in it with ``cells``:
the places of the report (cells of a table, numbers and sentences of the prose) that it finally rests on, each with
what is printed there (nothing, where ``status`` says so). A figure that leads nowhere, or is not what its source holds, is an error and no record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from analysis import ledger
from analysis.figures import Printed
from analysis.ledger import Ledger, keys_in, terms
from analysis.writing.statements import faults

# The columns in which a row names those it was made from. A row without them is a place in the report.
_LEADS = {
    "rates": ("numerator_of", "denominator_of"),
    "counts": ("of",),
    "trends": ("source_first", "source_last"),
    "findings": ("evidence",),
    "recurrence": ("problem", "earlier"),
    "follow_up": ("measure", "sentence"),
}
# Where a row keeps what is printed there; a document is its file.
_PRINTED = ("raw", "quote", "text", "problem", "reported", "file")


def claims_of(statements: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> list[dict]:
    """Every statement with its figures and their cells. Raises ``ValueError`` if a figure does not lead back."""
    if wrong := faults(statements, tables):
        raise ValueError("\n".join(wrong))
    book = Ledger(tables)
    return [
        {
            **{c: s[c] for c in ("key", "unit", "year", "language", "section", "role", "text")},
            "figures": [_figure(printed, book) for printed in ledger.from_json(s["figures"])],
        }
        for s in statements.to_dict("records")
    ]


def _figure(printed: Printed, book: Ledger) -> dict:
    figure = printed.figure
    cells: dict[tuple[str, str], dict] = {}
    for term in terms(figure.key):
        found = {(c["table"], c["key"]): c for c in cells_behind(figure.table, term, book)}
        # The level of an interval is set by the method; any other number comes from the report.
        if not found and not term.endswith(":confidence"):
            raise ValueError(f"{figure.text}: {figure.table} {term} leads to no cell")
        cells |= found
    return {
        "text": figure.text,
        "start": printed.start,
        "end": printed.end,
        "value": figure.value,
        "table": figure.table,
        "key": figure.key,
        "cells": list(cells.values()),
    }


def cells_behind(table: str, term: str, book: Ledger) -> Iterator[dict]:
    """The places that one term of a key finally rests on."""
    if "|" in term:
        table, term = term.split("|")
    name, _, column = term.partition(":")
    row = book.row(table, name)
    leads = [f"{column}_of"] if f"{column}_of" in row else _LEADS.get(table, ())
    below = [t for lead in leads for t in _named(table, row, lead)]
    for t in below:
        home, _, key = t.rpartition("|")
        yield from cells_behind(home or book.home(key), key, book)
    if not below and ("where" in row or table == "documents"):
        yield _place(table, name, column, row, book)


def _named(table: str, row: Mapping[str, object], lead: str) -> list[str]:
    """The rows that a column names: an expression, or keys parted by spaces (of one unit, whose name may have some)."""
    if table == "findings":
        return keys_in(row[lead], row["unit"])
    return terms(row[lead])


def _place(table: str, name: str, column: str, row: Mapping[str, object], book: Ledger) -> dict:
    held = column if column in row else "value"
    value = book.value(table, f"{name}:{held}" if held != "value" else name) if held in row else None
    file = book.row("documents", f"{row['unit']}/{row['year']}")["file"]
    return {
        "table": table,
        "key": name,
        "value": None if pd.isna(value) else value,
        "raw": str(next(row[c] for c in (*_PRINTED[:3], column, *_PRINTED[3:]) if c in row)),
        "status": row.get("status", ""),
        "file": file,
        "where": row.get("where", file),
    }
