"""Sentences about one unit over its years.

In: the tables of the unit's reports, ``counts``, ``rates`` and ``trends``. Out: the table ``statements``. The sentences are declared in
trends.yml; which of them is told is the verdict of the test, never a judgement of the words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise

import pandas as pd

from analysis import frames
from analysis.figures import Figure
from analysis.ledger import Ledger
from analysis.measuring import headlines, lines
from analysis.templates import comparable
from analysis.writing.charts.years import COUNTS, name
from analysis.writing.teller import Teller, decimals_of

# Below it a p value is told in words.
_TINY = 0.001
_VERY_SMALL = {"zh": "不到千分之一", "en": "below one in a thousand"}


def trend_statements(tables: Mapping[str, pd.DataFrame], language: str) -> pd.DataFrame:
    """Every sentence about the years of one unit, in reading order; ``tables`` are ``documents``, ``counts``, ``rates`` and
    ``trends``, by name."""
    documents = tables["documents"].sort_values("year")
    teller = _Teller(tables, documents["unit"].iloc[0], int(documents["year"].max()), language)
    teller.summary(documents)
    trends = tables["trends"]
    adjacent = trends[trends["span"] == "adjacent"]
    counts = [c for c in COUNTS if c in set(adjacent["subject"])]
    headline = [c for c in dict.fromkeys(adjacent["subject"]) if c in headlines()]
    if counts:
        teller.tell("counts.caution", "counts")
    for section, kind, subjects in (("counts", "count", counts), ("rates", "rate", headline)):
        for subject in subjects:
            of = adjacent[adjacent["subject"] == subject].sort_values("last")
            for row in frames.tuples(of.iloc[:-1]):
                if row.verdict in ("rise", "fall"):
                    teller.change(f"{kind}.{row.verdict}", section, row)
            last = next(frames.tuples(of.iloc[-1:]))
            if f"{kind}.{last.verdict}" in teller.declared:
                teller.change(f"{kind}.{last.verdict}", section, last)
    over_years = trends[(trends["span"] == "series") & trends["subject"].isin([*counts, *headline])]
    for row in frames.tuples(over_years):
        if f"series.{row.verdict}" in teller.declared:
            teller.change(f"series.{row.verdict}", "series", row)
    if not (trends["span"] == "series").any():
        teller.tell("series.short", "series")
    teller.breaks(documents, tables)
    return frames.frame("statements", teller.rows)


class _Teller(Teller):
    def __init__(self, tables: Mapping[str, pd.DataFrame], unit: str, year: int, language: str) -> None:
        super().__init__("trends.yml", Ledger(dict(tables)), unit, year, language)
        self.tables = tables
        rates = tables["rates"]
        shown = rates.loc[
            rates["value"].notna() & rates["low"].notna(), "key"
        ]  # those that have a cell of their own
        confidence = f"{(shown if len(shown) else rates['key']).iloc[0]}:confidence"
        self.context = {
            "unit": self.quote("documents", f"{self.key}:unit", unit),
            "level": self.percent("rates", confidence, 0),
        }

    def _year(self, key: str) -> Figure:
        return self.ledger.figure(
            "documents", f"{key}:year", str(int(self.ledger.value("documents", f"{key}:year")))
        )

    def summary(self, documents: pd.DataFrame) -> None:
        trends = self.tables["trends"]
        if documents["synthetic"].any():
            self.tell("summary.synthetic", "summary")
        self.tell(
            "summary.reports",
            "summary",
            n=self.tally("documents", documents),
            one=len(documents) == 1,
            years=[self._year(key) for key in documents["key"]],
        )
        if len(documents) == 1:
            self.tell("summary.one", "summary")
        for row in self.misfiled(documents):
            self.tell("summary.misfiled", "summary", f"misfiled/{row['key']}", **row["told"])
        tested = trends[trends["adjusted"].notna()]
        few, broken = (trends[trends["verdict"] == verdict] for verdict in ("few", "break"))
        if len(tested):
            self.tell(
                "summary.tests",
                "summary",
                tested=self.tally("trends", tested),
                supported=self._none_or(tested[tested["verdict"].isin(["rise", "fall"])]),
                few=self.tally("trends", few) if len(few) else None,
                broken=self.tally("trends", broken) if len(broken) else None,
            )
        rates = self.tables["rates"]
        off = set(rates.loc[rates["broken"] & rates["value"].notna(), "year"])
        for document in frames.tuples(documents[documents["year"].isin(off)]):
            self.tell(
                "summary.contradicted",
                "summary",
                f"contradicted/{document.year}",
                year=self._year(document.key),
            )

    def _none_or(self, rows: pd.DataFrame) -> Figure | str:
        """How many rows; none in a word, since a tally of nothing leads nowhere."""
        return self.tally("trends", rows) if len(rows) else {"zh": "零", "en": "None"}[self.language]

    def change(self, template: str, section: str, row) -> None:
        """One row of ``trends`` in the sentence of its verdict."""
        of_rates = row.kind == "rate"

        def value(column: str) -> Figure | None:
            key = f"{row.key}:{column}"
            if math.isnan(getattr(row, column)):
                return None
            return self.percent("trends", key, 1) if of_rates else self.plain("trends", key)

        decimals = decimals_of(row.change, 1 if of_rates or row.span == "series" else 0)
        tested = not math.isnan(row.adjusted)
        p: Figure | str | None = None
        if tested:
            small = row.adjusted < _TINY
            p = _VERY_SMALL[self.language] if small else self.plain("trends", f"{row.key}:adjusted", 3)
        called = name(row.subject, self.language)
        measure = {"zh": "个百分点" if of_rates else "件", "en": " percentage points" if of_rates else ""}
        self.tell(
            template,
            section,
            row.key.removeprefix(f"{self.unit}/"),
            name=called,
            Name=called[:1].upper() + called[1:],
            first=self._of(row, "first"),
            last=self._of(row, "last"),
            gap=row.span == "adjacent" and row.last > row.first + 1,
            n=self.plain("trends", f"{row.key}:n_years"),
            tested=tested,
            from_=value("value_first"),
            to=value("value_last"),
            p=p,
            measure=measure[self.language],
            touches=row.low <= 0 <= row.high,
            **{
                column: None
                if math.isnan(getattr(row, column))
                # a rise and a fall are told in words, so without a sign; the interval keeps its own
                else self.plain("trends", f"{row.key}:{column}", decimals, sign=column != "change")
                for column in ("change", "low", "high")
            },
        )

    def _of(self, row, column: str) -> Figure:
        return self.ledger.figure("trends", f"{row.key}:{column}", str(getattr(row, column)))

    def breaks(self, documents: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> None:
        """What may be carried over each change of the form, and what may not."""
        of = lines(tables["counts"], tables["rates"], documents)
        shown = [x for x in of if x.subject in (*COUNTS, *headlines())]
        changed = False
        for before, after in pairwise(frames.tuples(documents)):
            if before.template == after.template:
                continue
            changed = True
            # only what both years have a number of can be carried over, or not
            answers = {
                x: comparable(x.crossing, before.template, after.template) == "yes"
                for x in shown
                if {before.year, after.year} <= {p.year for p in x.points if not math.isnan(p.value)}
            }
            column = f"form_{self.language}"
            self.tell(
                "break.form",
                "breaks",
                f"break/{after.year}",
                first=self._year(before.key),
                last=self._year(after.key),
                before=self.quote("documents", f"{before.key}:{column}", getattr(before, column)),
                after=self.quote("documents", f"{after.key}:{column}", getattr(after, column)),
                across=self._names(x.subject for x, yes in answers.items() if yes),
                apart=self._names(x.subject for x, yes in answers.items() if not yes),
            )
        if not changed:
            self.tell("break.none", "breaks")

    def _names(self, subjects: Iterable[str]) -> str:
        return {"zh": "、", "en": ", "}[self.language].join(name(s, self.language) for s in subjects)
