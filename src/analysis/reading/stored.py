"""A report that was read before, out of its tables.

In: the tables of a store. Out: ``StoredReport``, from which rates and counts are made as from a ``Report``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from analysis.cells import Cells
from analysis.templates import Form, forms


@dataclass(frozen=True)
class StoredReport:
    """One report as tables keep it: all that measuring needs of it, and the same as of a ``Report``."""

    unit: str
    year: int
    form: Form
    facts: pd.DataFrame
    placements: pd.DataFrame
    claims: pd.DataFrame

    @property
    def key(self) -> str:
        """How every table names this report: ``unit/year``."""
        return f"{self.unit}/{self.year}"

    @cached_property
    def cells(self) -> Cells:
        """Its cells, ready to be summed."""
        return Cells(self.facts, self.placements)

    @classmethod
    def of(cls, document, tables: Mapping[str, pd.DataFrame]) -> StoredReport:
        """The report of one row of ``documents``, from the tables of its unit."""
        own = (tables[name] for name in ("facts", "placements", "claims"))
        rows = (table[table["year"] == document.year] for table in own)
        facts, *others = rows
        form = forms()[document.template]
        printed = set(facts["table"] + "." + facts["row"])
        # Pages that print one row for a whole group of the form.
        tables = {
            code: table.with_merged([row for row in table.merged if f"{code}.{row}" in printed])
            for code, table in form.tables.items()
        }
        return cls(document.unit, document.year, replace(form, tables=tables), facts, *others)
