"""Year against year: what one report hands to the next must arrive there.

In: the tables of one unit, all its years, two that follow each other at a time. Out: findings
``years.*``: a carry-over that arrives as another number, a stock (declared with the tables as ``carried``)
that does not follow, figures that are last year's. Where digits ran together a stock counts as broken only
if it follows under no reading of either year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis import frames
from analysis.cells import Cells
from analysis.checking.finding import Bilingual, Findings, Place
from analysis.figures import Figure, number
from analysis.ledger import Ledger
from analysis.register import Register
from analysis.templates import Carried, Cell, Form, Table, declared, forms


class Years:
    """Carry-overs, stocks and copied figures of each unit, from one year to the next."""

    def __init__(self, register: Register) -> None:
        self.found: list[pd.DataFrame] = []

    def add(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """See all reports of one unit."""
        documents = tables["documents"].sort_values("year")
        if len(documents) < 2:
            return
        findings = Findings(Ledger({name: tables[name] for name in ("documents", "facts")}))
        years = [_Year(document, tables) for document in documents.itertuples(index=False)]
        for before, now in zip(years, years[1:], strict=False):
            if now.number == before.number + 1:
                pair = _Pair(before, now, findings)
                pair.carry_over()
                pair.stocks()
                pair.copied()
        self.found.append(findings.frame())

    def findings(self) -> pd.DataFrame:
        """What was found in all that was seen."""
        return frames.concat("findings", self.found)


class _Year:
    """One report: its form and its cells."""

    def __init__(self, document, tables: Mapping[str, pd.DataFrame]) -> None:
        self.key, self.number, self.scope = document.key, int(document.year), document.scope
        self.sentences = tables["sentences"].loc[tables["sentences"]["year"] == self.number, "text"]
        self.form: Form = forms()[document.template]
        self.facts = tables["facts"][tables["facts"]["year"] == self.number]
        placements = tables["placements"]
        self.cells = Cells(self.facts, placements[placements["year"] == self.number])
        self._places = {row.key: Place.of(row) for row in self.facts.itertuples(index=False)}

    def address(self, cell: Cell) -> str:
        """The key of a cell."""
        return f"{self.key}/{cell}"

    def values(self, plus: Sequence[Cell], minus: Sequence[Cell] = ()) -> set[float] | None:
        """What a signed sum of cells may be, one value for each reading of the page; None if it is not known."""
        expression = [(cell, 1) for cell in plus] + [(cell, -1) for cell in minus]
        values = self.cells.sums([expression])[:, 0]
        return None if np.isnan(values).any() else set(values)

    def place(self, cells: Iterable[Cell]) -> Place:
        """Where the first of these cells stands that is printed."""
        places = [self._places[self.address(cell)] for cell in cells]
        return next((p for p in places if p.start >= 0), places[0])


class _Pair:
    """Two reports of a unit that follow each other."""

    def __init__(self, before: _Year, now: _Year, findings: Findings) -> None:
        self.before, self.now, self._findings = before, now, findings
        self.ledger = findings.ledger

    def carry_over(self) -> None:
        """What was carried out of last year is what is carried into this one, in every column."""
        rule = declared("analysis.checking", "years.yml")["carry_over"]
        tables = [year.form.tables.get(rule["table"]) for year in (self.before, self.now)]
        if None in tables:
            return
        columns = {}
        for code in tables[1].columns:
            out, into = (Cell(rule["table"], rule[side], code) for side in ("from", "to"))
            sums = [self.before.cells.certain([out]), self.now.cells.certain([into])]
            if None not in sums and sums[0] != sums[1]:
                columns[code] = (out, into)
        if not columns:
            return
        code = "total" if "total" in columns else next(iter(columns))
        out, into = columns[code]
        left, right = self._cell(self.before, out), self._cell(self.now, into)
        told = self.now.sentences[self.now.sentences.str.contains(rule["about"])]
        other_scope = bool(self.before.scope and self.now.scope) and self.before.scope != self.now.scope
        finding = "years.carry_over" if code == "total" else "years.carry_over_columns"
        if code == "total" and (other_scope or told.str.contains(rule["explained"]).any()):
            finding = "years.carry_over_explained"
        self._put(
            finding,
            [into],
            reported=right,
            expected=left,
            evidence=[k for o, i in columns.values() for k in (self.before.address(o), self.now.address(i))],
            suspect=[self.before.address(out), self.now.address(into)],
            out=left,
            into=right,
            column=Bilingual(tables[1].columns[code].short, tables[1].columns[code].en),
        )

    def stocks(self) -> None:
        """Stocks that the tables declare to be handed on."""
        for code, table in self.now.form.tables.items():
            for rule in table.carried:
                handed = self.before.form.tables.get(code)
                if handed and rule.code in {c.code for c in handed.carried}:
                    for row in table.rows:
                        if row in handed.rows:
                            self._stock(table, rule, row)

    def _stock(self, table: Table, rule: Carried, row: str) -> None:
        def cells(*columns: str) -> list[Cell]:
            return [Cell(table.code, row, column) for column in columns]

        stock, added, taken = cells(rule.to), cells(*rule.plus_now), cells(*rule.minus_now)
        parts = (*rule.plus, *rule.minus)
        if not {rule.to, *rule.plus_now, *rule.minus_now, *parts} <= set(table.rows[row].columns):
            return
        due = self.now.values([*stock, *taken], added)
        handed = self.before.values(cells(*rule.plus), cells(*rule.minus))
        if due is None or handed is None or (rule.at_most and min(due) <= max(handed)) or due & handed:
            return
        certain = len(due) == len(handed) == 1
        keys = [self.before.address(c) for c in cells(*rule.plus)] + [self.now.address(c) for c in added]
        less = [self.before.address(c) for c in cells(*rule.minus)] + [self.now.address(c) for c in taken]
        made = self._sum(keys, less) if certain else None
        printed = self._cell(self.now, stock[0]) if certain else None
        self._put(
            "years.stock",
            [*stock, *added, *taken],
            reported=printed or "",
            expected=(f"<= {made}" if rule.at_most else made) if certain else "",
            evidence=[*keys, *less, self.now.address(stock[0])],
            table=Bilingual(table.zh, table.en),
            row=Bilingual(table.rows[row].short, table.rows[row].en),
            rule=Bilingual(rule.zh, rule.en),
            printed=printed,
            made=made,
            difference=self.ledger.difference(printed, made) if certain else None,
        )

    def copied(self) -> None:
        """Figures of a table that are last year's."""
        rule = declared("analysis.checking", "years.yml")["copied"]
        for table in self.now.form.tables.values():
            same, large = [], []
            for cell in table.cells():
                value = self.now.cells.certain([cell])
                earlier = self.before.cells.certain([cell])
                if value is None or earlier is None or cell.column in rule["stocks"]:
                    continue
                if max(value, earlier) >= rule["least"]:
                    large.append(cell)
                    if value == earlier:
                        same.append(cell)
            alone = [c for c in same if self.now.cells.certain([c]) >= rule["alone"]]
            many = len(large) >= rule["figures"] and len(same) >= rule["share"] * len(large)
            if told := same if many else alone:
                keys = [self.now.address(c) for c in told]
                self._put(
                    "years.copied",
                    told,
                    reported=" ".join(number(self.now.cells.certain([c])) for c in told),
                    evidence=[k for c in told for k in (self.before.address(c), self.now.address(c))],
                    table=Bilingual(table.zh, table.en),
                    n=self.ledger.tally("facts", keys),
                    of=self.ledger.tally("facts", [self.now.address(c) for c in large]) if many else None,
                    cells=[
                        (
                            Bilingual(*(self.now.form.label(c, lang) for lang in ("zh", "en"))),
                            self._cell(self.now, c),
                        )
                        for c in told[:_SHOWN]
                    ],
                    more=len(told) > _SHOWN,
                )

    def _put(self, code: str, at: Sequence[Cell], **values: object) -> None:
        years = {
            name: self.ledger.figure("documents", f"{year.key}:year", str(year.number))
            for name, year in (("before", self.before), ("now", self.now))
        }
        self._findings.put(code, self.now.place(at), **years, **values)

    def _cell(self, year: _Year, cell: Cell) -> Figure:
        return self.ledger.figure("facts", year.address(cell))

    def _sum(self, plus: Sequence[str], minus: Sequence[str]) -> Figure:
        return self.ledger.figure("facts", " - ".join([" + ".join(plus), *minus]))


# So many of the figures that are last year's are named in the sentence.
_SHOWN = 4
