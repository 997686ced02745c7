"""Sentences of a bulletin.

In: the tables of one period. Out: the table ``statements``. The sentences are declared in bulletin.yml; a unit is named as standing out
only where the table ``comparison`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis import frames
from analysis.figures import Figure
from analysis.ledger import Ledger
from analysis.measuring import SMALL, headlines, indicators
from analysis.measuring.comparison import SPREAD, UNITS
from analysis.templates import Cell, Form
from analysis.writing.teller import Teller


def bulletin_statements(
    tables: Mapping[str, pd.DataFrame], forms: Mapping[str, Form], year: int, part: str, language: str
) -> pd.DataFrame:
    """Every sentence of a bulletin, in reading order; ``tables`` are ``documents``, ``rates``, ``findings``,
    ``aggregates``, ``comparison`` and ``publication``, ``forms`` the form of each unit, ``part`` the part of the year in
    words."""
    teller = _Teller(tables, year, language)
    comparison = tables["comparison"]
    teller.summary(part)
    for group in dict.fromkeys(tables["aggregates"]["group"]):
        teller.together(group)
    main = comparison["indicator"].isin(headlines())
    out = comparison[(comparison["outside"] != "") & main]
    judged = comparison[comparison["p"].notna() & main]
    for row in out.itertuples(index=False):
        teller.outside(row, forms[row.unit])
    enough = comparison.loc[main, "comparable"].max() >= UNITS
    if judged.empty and not enough:
        teller.tell("outside.few_units", "outside")
    elif out.empty:
        teller.tell("outside.none", "outside")
    if len(judged):
        widened = comparison.loc[main, "comparable"].max() >= SPREAD
        teller.tell("outside.method", "outside", widened=bool(widened))
    teller.published()
    return frames.frame("statements", teller.rows)


def own_errors(findings: pd.DataFrame) -> pd.DataFrame:
    """The errors that nobody has dismissed."""
    return findings[(findings["severity"] == "error") & (findings["decision"] != "dismissed")]


class _Teller(Teller):
    def __init__(self, tables: Mapping[str, pd.DataFrame], year: int, language: str) -> None:
        super().__init__("bulletin.yml", Ledger(dict(tables)), "all", year, language)
        self.tables = tables
        confidence = f"{tables['rates']['key'].iloc[0]}:confidence"
        self.context = {"level": self.percent("rates", confidence, 0)}

    def _unit(self, key: str) -> Figure | str:
        return self.quote("documents", f"{key}:unit", str(self.ledger.value("documents", f"{key}:unit")))

    def summary(self, part: str) -> None:
        documents, rates, comparison = (self.tables[n] for n in ("documents", "rates", "comparison"))
        first = documents["key"].iloc[0]
        groups = self.tables["aggregates"]
        sums = groups[groups["indicator"] == "disclosure_rate"].iloc[:1]
        one = len(set(groups["group"])) == 1 and len(sums) and sums["counted"].iloc[0] > 0
        self.tell(
            "summary.units",
            "summary",
            year=self.ledger.figure("documents", f"{first}:year", str(self.year)),
            part=part,
            n=self.tally("documents", documents),
            counted=self.plain("aggregates", f"{sums['key'].iloc[0]}:counted") if one else None,
            decisions=self.plain("aggregates", f"{sums['key'].iloc[0]}:denominator") if one else None,
        )
        main = comparison[comparison["indicator"] == "disclosure_rate"]
        off = documents[documents["unit"].isin(rates.loc[rates["broken"] & rates["value"].notna(), "unit"])]
        if len(off):
            self.tell("summary.contradicted", "summary", n=self.tally("documents", off))
        few = main[main["denominator"] < SMALL]
        if len(few):
            self.tell("summary.small", "summary", n=self.tally("comparison", few))
        whole = main[~main["counted"] & main["value"].notna()]
        for row in whole[~whole["unit"].isin(off["unit"])].itertuples(index=False):
            self.tell(
                "summary.whole", "summary", f"whole/{row.unit}", unit=self._unit(f"{row.unit}/{row.year}")
            )

    def together(self, group: str) -> None:
        """The main rates of a group: sum over sum, and the mean beside it; both readings of not available."""
        of = self.tables["aggregates"]
        of = of[(of["group"] == group) & of["value"].notna()].set_index("indicator")
        section = f"together/{group}"
        for row in of[of.index.isin(headlines())].itertuples():
            name = indicators()[row.Index].name(self.language)

            def of_row(column: str, decimals: int = 1, key: str = row.key) -> Figure:
                return self.percent("aggregates", f"{key}:{column}", decimals)

            self.tell(
                "together",
                section,
                f"{section}/{row.Index}",
                name=name,
                Name=name[:1].upper() + name[1:],
                value=of_row("value", 2),
                numerator=self.plain("aggregates", f"{row.key}:numerator"),
                denominator=self.plain("aggregates", f"{row.key}:denominator"),
                low=of_row("low") if row.low == row.low else None,
                high=of_row("high") if row.low == row.low else None,
                mean=of_row("mean", 2),
            )
        readings = ("refusal_rate", "refused_or_unavailable_rate")
        if all(code in of.index for code in readings):
            without, with_ = (self.percent("aggregates", f"{of.loc[c, 'key']}:value", 2) for c in readings)
            self.tell("readings", section, f"{section}/readings", without=without, with_=with_)

    def outside(self, row, form: Form) -> None:
        """One unit that stands out, by how much, and which row of the form makes most of it."""
        own = f"{row.unit}/{row.year}"
        found = own_errors(self.tables["findings"])
        errors = found[found["unit"] == row.unit]
        cell = Cell.parse(row.why) if row.why else None
        entry = form.tables[cell.table].rows.get(cell.row) if cell else None
        end = "limit_high" if row.outside == "above" else "limit_low"
        self.tell(
            f"outside.{row.outside}",
            "outside",
            f"outside/{row.unit}/{row.indicator}",
            unit=self._unit(own),
            name=indicators()[row.indicator].name(self.language),
            value=self.percent("comparison", f"{row.key}:value", 1),
            numerator=self.plain("comparison", f"{row.key}:numerator"),
            denominator=self.plain("comparison", f"{row.key}:denominator"),
            limit=self.percent("comparison", f"{row.key}:{end}", 1),
            centre=self.percent("comparison", f"{row.key}:centre", 1),
            row=entry.in_(self.language) if entry else "",
            more=row.excess > 0,
            excess=self.plain("comparison", f"{row.key}:excess", 0, sign=False) if entry else None,
            errors=self.tally("findings", errors) if len(errors) else None,
        )

    def published(self) -> None:
        of = self.tables["publication"]
        dated = of[of["published"] != ""]
        late = dated[dated["late"]]
        if dated.empty:
            self.tell("published.unknown", "published")
            return
        template = "published.late" if len(late) else "published.in_time"
        self.tell(
            template,
            "published",
            dated=self.tally("publication", dated),
            late=self.tally("publication", late) if len(late) else None,
        )
