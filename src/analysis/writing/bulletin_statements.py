"""Sentences of a bulletin.

In: the tables of one period. Out: the table ``statements``. The sentences are declared in bulletin.yml; a unit is named as
standing out only where the table ``comparison`` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from analysis import frames
from analysis.figures import Figure
from analysis.ledger import Ledger
from analysis.measuring import SMALL, headlines, indicators
from analysis.measuring.comparison import SPREAD, UNITS
from analysis.templates import Cell, Form
from analysis.writing.teller import Teller

# At most so many units are named in one sentence.
_NAMED = 8


def bulletin_statements(
    tables: Mapping[str, pd.DataFrame],
    forms: Mapping[str, Form],
    year: int,
    part: str,
    language: str,
    named: Callable[[str], str] = lambda group: group,
) -> pd.DataFrame:
    """Every sentence of a bulletin, in reading order; ``tables`` are ``documents``, ``rates``, ``findings``,
    ``aggregates``, ``comparison`` and ``publication``, ``forms`` the form of each unit, ``part`` the part of the year in
    words, ``named`` says how a group is called, with nothing where all units are one."""
    teller = _Teller(tables, year, language, named)
    comparison = tables["comparison"]
    groups = list(dict.fromkeys(tables["aggregates"]["group"]))
    teller.summary(part)
    for group in groups:
        teller.together(group)
    main = comparison[comparison["indicator"].isin(headlines())]
    for group in groups:
        of = main[main["group"] == group]
        for row in frames.tuples(of[of["outside"] != ""]):
            teller.outside(row, forms[row.unit])
        teller.nobody(group, of)
    if main["p"].notna().any():
        teller.tell("outside.method", "outside")
    if part:
        teller.tell("published.part", "published")
    else:
        teller.published()
    return frames.frame("statements", teller.rows)


def own_errors(findings: pd.DataFrame) -> pd.DataFrame:
    """The errors that nobody has dismissed."""
    return findings[(findings["severity"] == "error") & (findings["decision"] != "dismissed")]


class _Teller(Teller):
    def __init__(
        self, tables: Mapping[str, pd.DataFrame], year: int, language: str, named: Callable[[str], str]
    ) -> None:
        super().__init__("bulletin.yml", Ledger(dict(tables)), "all", year, language)
        self.tables, self._named = tables, named
        confidence = f"{tables['rates']['key'].iloc[0]}:confidence"
        self.context = {"level": self.percent("rates", confidence, 0)}

    def _unit(self, unit: str) -> Figure | str:
        key = f"{unit}/{self.year}:unit"
        return self.quote("documents", key, str(self.ledger.value("documents", key)))

    def _group(self, group: str) -> Figure | str:
        of = self.tables["aggregates"]
        name = self._named(group)
        key = f"{of.loc[of['group'] == group, 'key'].iloc[0]}:group"
        return self.quote("aggregates", key, name) if name == group else name

    def _units(self, units: pd.Series) -> dict[str, object]:
        """How many units, and the first of them by name."""
        documents = self.tables["documents"]
        of = documents[documents["unit"].isin(units)]
        return {
            "n": self.tally("documents", of),
            "one": len(of) == 1,
            "units": [self._unit(u) for u in of["unit"].head(_NAMED)],
            "more": len(of) > _NAMED,
        }

    def summary(self, part: str) -> None:
        documents, rates, comparison = (self.tables[n] for n in ("documents", "rates", "comparison"))
        if documents["synthetic"].any():
            self.tell("summary.synthetic", "summary")
        first = documents["key"].iloc[0]
        groups = self.tables["aggregates"]
        sums = groups[(groups["indicator"] == "disclosure_rate") & (groups["counted"] > 0)]
        counted = list(sums["key"])

        def total(column: str) -> Figure:
            return self.ledger.figure("aggregates", " + ".join(f"{k}:{column}" for k in counted))

        self.tell(
            "summary.units",
            "summary",
            year=self.ledger.figure("documents", f"{first}:year", str(self.year)),
            part=part,
            n=self.tally("documents", documents),
            one=len(documents) == 1,
            counted=total("counted") if counted else None,
            counted_one=sums["counted"].sum() == 1,
            decisions=total("denominator") if counted else None,
        )
        off = rates.loc[rates["broken"] & rates["value"].notna(), "unit"].unique()
        main = comparison[comparison["indicator"].isin(headlines())]
        other = main[main["left_out"].str.split().map(lambda why: "form" in why)]
        for template, units in (("summary.contradicted", off), ("summary.forms", other["unit"].unique())):
            if len(units):
                self.tell(template, "summary", **self._units(units))
        main = comparison[comparison["indicator"] == "disclosure_rate"]
        few = main[main["denominator"] < SMALL]
        if len(few):
            self.tell("summary.small", "summary", n=self.tally("comparison", few), one=len(few) == 1)
        whole = main[main["left_out"].str.split().map(lambda why: "whole" in why)]
        for row in frames.tuples(whole[~whole["unit"].isin(off)]):
            self.tell(
                "summary.whole",
                "summary",
                f"whole/{row.unit}",
                unit=self._unit(row.unit),
                counted=bool(row.counted),
            )
        for row in self.misfiled(documents):
            self.tell(
                "summary.misfiled",
                "summary",
                f"misfiled/{row['key']}",
                **row["told"],
                unit=self._unit(row["unit"]),
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
                counted=self.plain("aggregates", f"{row.key}:counted"),
                one=row.counted == 1,
                mean=of_row("mean", 2),
            )
        readings = ("refusal_rate", "refused_or_unavailable_rate")
        if all(code in of.index for code in readings):
            without, with_ = (self.percent("aggregates", f"{of.loc[c, 'key']}:value", 2) for c in readings)
            self.tell("readings", section, f"{section}/readings", without=without, with_=with_)

    def outside(self, row, form: Form) -> None:
        """One unit that stands out, by how much, and which row of the form makes most of it."""
        found = own_errors(self.tables["findings"])
        errors = found[found["unit"] == row.unit]
        cell = Cell.parse(row.why) if row.why else None
        entry = form.tables[cell.table].rows.get(cell.row) if cell else None
        end = "limit_high" if row.outside == "above" else "limit_low"
        self.tell(
            f"outside.{row.outside}",
            "outside",
            f"outside/{row.unit}/{row.indicator}",
            group=self._group(row.group),
            unit=self._unit(row.unit),
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

    def nobody(self, group: str, of: pd.DataFrame) -> None:
        """Why nobody of a group is named, if nobody is."""
        comparable = of["comparable"].max()
        if (of["outside"] != "").any():
            return
        template = (
            "few_units"
            if not comparable >= UNITS
            else "few_spread"
            if comparable < SPREAD
            else "dominated"
            if of["p"].isna().all()
            else "none"
        )
        self.tell(f"outside.{template}", "outside", f"nobody/{group}", group=self._group(group))

    def published(self) -> None:
        of = self.tables["publication"]
        dated = of[of["published"] != ""]
        late, undated = dated[dated["late"]], of[of["published"] == ""]
        if dated.empty:
            self.tell("published.unknown", "published")
            return
        template = "published.late" if len(late) else "published.in_time"
        self.tell(
            template,
            "published",
            dated=self.tally("publication", dated),
            late=self.tally("publication", late) if len(late) else None,
            undated=self.tally("publication", undated) if len(undated) else None,
        )
