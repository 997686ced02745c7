"""Year against year: what one report hands to the next must arrive there.

In: the tables of one unit, all its years, two that follow each other at a time. Out: findings
``years.*``: a carry-over that arrives as another number, a stock (declared with the tables as ``carried``)
that does not follow, figures that are last year's. Where digits ran together a stock counts as broken only
if it follows under no reading of either year.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis import frames
from analysis.cells import Cells
from analysis.checking.culprits import mistyped
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
        years = [_Year(document, tables) for document in frames.tuples(documents)]
        pairs = {
            now.number: _Pair(before, now, findings)
            for before, now in pairwise(years)
            if now.number == before.number + 1
        }
        for year, pair in pairs.items():
            pair.carry_over()
            pair.stocks(pairs.get(year - 1), pairs.get(year + 1))
            pair.copied()
        if len(found := findings.frame()):
            self.found.append(found)

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
        self._places = {row.key: Place.of(row) for row in frames.tuples(self.facts)}

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


class _Link:
    """One row's stock, handed from one year to the next: the keys of the cells that are added and taken, and
    of the stock that they make."""

    def __init__(self, before: _Year, now: _Year, table: Table, rule: Carried, row: str) -> None:
        self.table, self.rule, self.row = table, rule, row

        def cells(*columns: str) -> list[Cell]:
            return [Cell(table.code, row, column) for column in columns]

        stock, added, taken = cells(rule.to), cells(*rule.plus_now), cells(*rule.minus_now)
        plus, minus = cells(*rule.plus), cells(*rule.minus)
        self.own = [*stock, *added, *taken]
        self.stock = now.address(stock[0])
        self.handed = [before.address(c) for c in (*plus, *minus)]
        self.plus = [*(before.address(c) for c in plus), *(now.address(c) for c in added)]
        self.minus = [*(before.address(c) for c in minus), *(now.address(c) for c in taken)]
        due, handed = now.values([*stock, *taken], added), before.values(plus, minus)
        self.certain = due is not None and handed is not None and len(due) == len(handed) == 1
        self.arrives: bool | None = None
        if due is not None and handed is not None:
            self.arrives = bool(min(due) <= max(handed) if rule.at_most else due & handed)


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

    def stocks(self, earlier: _Pair | None, later: _Pair | None) -> None:
        """Stocks that the tables declare to be handed on; the pairs of years before and after bear witness."""
        for link in self._links():
            if link.arrives is False:
                self._stock(link, earlier, later)
            elif link.arrives and not link.certain and not link.rule.at_most:
                self._open(link)

    def _links(self) -> Iterator[_Link]:
        """What the tables declare to be handed on, row by row."""
        for code, table in self.now.form.tables.items():
            handed = self.before.form.tables.get(code)
            for rule in table.carried if handed else ():
                columns = {rule.to, *rule.plus, *rule.minus, *rule.plus_now, *rule.minus_now}
                if rule.code in {c.code for c in handed.carried}:
                    for row in (r for r in table.rows if r in handed.rows):
                        if columns <= set(table.rows[row].columns):
                            yield _Link(self.before, self.now, table, rule, row)

    def _stock(self, link: _Link, earlier: _Pair | None, later: _Pair | None) -> None:
        table, rule = link.table, link.rule
        made = self._sum(link.plus, link.minus) if link.certain else None
        printed = self._figure(link.stock) if link.certain else None
        suspects = self._suspects(link, earlier, later) if link.certain else {}
        self._put(
            "years.stock",
            link.own,
            reported=printed or "",
            expected=(f"<= {made}" if rule.at_most else made) if link.certain else "",
            evidence=[*link.plus, *link.minus, link.stock],
            suspect=suspects,
            table=Bilingual(table.zh, table.en),
            row=Bilingual(table.rows[link.row].short, table.rows[link.row].en),
            rule=Bilingual(rule.zh, rule.en),
            printed=printed,
            made=made,
            difference=self.ledger.difference(printed, made) if link.certain else None,
            culprit=self._culprit(*suspects.items()) if len(suspects) == 1 else None,
        )

    def _open(self, link: _Link) -> None:
        """A stock that follows or does not, as the joined digits are cut."""
        self._put(
            "years.stock_open",
            link.own,
            evidence=[*link.plus, *link.minus, link.stock],
            table=Bilingual(link.table.zh, link.table.en),
            row=Bilingual(link.table.rows[link.row].short, link.table.rows[link.row].en),
            rule=Bilingual(link.rule.zh, link.rule.en),
        )

    def _suspects(self, link: _Link, earlier: _Pair | None, later: _Pair | None) -> dict[str, Figure]:
        """The cells that would mend the stock if they were what they may have been before they were mistyped,
        with that number. What another year's stock bears out is none of them."""
        if link.rule.at_most:
            return {}
        held = {
            k
            for pair, side in ((earlier, "stock"), (later, "handed"))
            if pair
            for other in pair._links()
            if (other.table.code, other.rule.code, other.row) == (link.table.code, link.rule.code, link.row)
            and other.arrives
            for k in ([other.stock] if side == "stock" else other.handed)
        }
        found = {}
        for cell in (*link.plus, *link.minus, link.stock):
            if cell == link.stock:
                mended = self._sum(link.plus, link.minus)
            elif cell in link.plus:
                mended = self._sum([link.stock, *link.minus], [k for k in link.plus if k != cell])
            else:
                mended = self._sum(link.plus, [*(k for k in link.minus if k != cell), link.stock])
            due, now = int(mended.value), int(self._figure(cell).value)
            # A number of one digit can be any other one mistyped.
            if due >= 0 and max(due, now) > _DIGIT and mistyped(due, now) and cell not in held:
                found[cell] = mended
        return found if len(found) <= _SUSPECTS else {}

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
        years = {"before": self._year(self.before), "now": self._year(self.now)}
        self._findings.put(code, self.now.place(at), **years, **values)

    def _cell(self, year: _Year, cell: Cell) -> Figure:
        return self._figure(year.address(cell))

    def _figure(self, key: str) -> Figure:
        return self.ledger.figure("facts", key)

    def _culprit(self, suspect: tuple[str, Figure]) -> Mapping:
        """What the sentence says of the one cell that is suspected."""
        key, mended = suspect
        year = self.now if key.startswith(f"{self.now.key}/") else self.before
        cell = Cell.parse(key.removeprefix(f"{year.key}/"))
        return {
            "year": self._year(year),
            "name": Bilingual(*(year.form.label(cell, language) for language in ("zh", "en"))),
            "printed": self._figure(key),
            "mended": mended,
        }

    def _year(self, year: _Year) -> Figure:
        return self.ledger.figure("documents", f"{year.key}:year", str(year.number))

    def _sum(self, plus: Sequence[str], minus: Sequence[str]) -> Figure:
        return self.ledger.figure("facts", " - ".join([" + ".join(plus), *minus]))


# So many of the figures that are last year's are named in the sentence; so many cells may be under suspicion.
_SHOWN, _SUSPECTS = 4, 2
_DIGIT = 9
