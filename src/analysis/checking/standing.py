"""What a body of its standing cannot have, and when its report was due.

In: the documents and facts of each unit, and what the register says the unit is. Out: findings
``form.power_missing`` (figures for rules of a body that may make none) and ``form.late``. Nothing is found
of a unit whose standing is not known, but what holds for every unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import pandas as pd

from analysis import frames
from analysis.checking.finding import Bilingual, Findings, Place
from analysis.ledger import Ledger
from analysis.register import Register, Unit
from analysis.templates import Cell, declared, forms


class Standing:
    """Powers and deadlines of each unit."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._found: list[pd.DataFrame] = []

    def add(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """See all reports of one unit."""
        findings = Findings(Ledger({name: tables[name] for name in ("documents", "facts")}))
        for document in frames.tuples(tables["documents"]):
            unit = self._register.of(document.unit)
            facts = tables["facts"][tables["facts"]["year"] == document.year]
            _late(findings, document, unit, Place.of(facts.iloc[0]))
            _power(findings, document, unit, facts)
        if len(found := findings.frame()):
            self._found.append(found)

    def findings(self) -> pd.DataFrame:
        """What was found in all that was seen."""
        return frames.concat("findings", self._found)


def _rules() -> Mapping:
    return declared("analysis.checking", "standing.yml")


def deadline(unit: Unit, year: int) -> date:
    """The last day to publish the report of ``year``; the latest there is, where it is not known what the unit is."""
    of_year = [d for d in _rules()["deadlines"] if d["from"] <= year][-1]
    day = of_year.get(unit.kind) or max(of_year["government"], of_year["department"])
    return date.fromisoformat(f"{year + 1}-{day}")


def _late(findings: Findings, document, unit: Unit, place: Place) -> None:
    if not document.published or document.year < _rules()["deadlines"][0]["from"]:
        return
    due = deadline(unit, document.year)
    if date.fromisoformat(document.published) > due:
        printed = findings.ledger.figure("documents", f"{document.key}:published")
        findings.put(
            "form.late",
            place._replace(start=0, end=0, where=document.file),
            reported=document.published,
            expected=f"<= {due.isoformat()}",
            published=printed,
            kind=_KINDS[unit.kind],
        )


_KINDS = {
    "government": Bilingual("各级政府应于次年三月底前发布", "governments publish by the end of March"),
    "department": Bilingual(
        "部门应于次年一月底前发布（二〇一八年度及以前为三月底）",
        "departments publish by the end of January (of March until the report of the year before the new Regulations)",
    ),
    "": Bilingual("最晚应于次年三月底前发布", "every body publishes by the end of March at the latest"),
}


def _power(findings: Findings, document, unit: Unit, facts: pd.DataFrame) -> None:
    rules = _rules()
    known = unit.kind and unit.level
    makers = "government" if re.search(rules["offices"], unit.unit) else unit.kind
    barred = known and unit.level not in rules["rule_makers"][makers]
    if not barred and not re.search(rules["no_rules_by_name"], document.unit):
        return
    form = forms()[document.template]
    at = facts.set_index(facts["table"] + "." + facts["row"] + "." + facts["column"])
    for pattern in rules["rule_cells"]:
        if pattern not in at.index or not at.loc[pattern, "value"] > 0:
            continue
        fact = at.loc[pattern]
        findings.put(
            "form.power_missing",
            Place.of(fact),
            reported=fact["raw"],
            expected="0",
            evidence=[fact["key"]],
            suspect=[fact["key"]],
            cell=Bilingual(*(form.label(Cell.parse(pattern), language) for language in ("zh", "en"))),
            value=findings.ledger.figure("facts", fact["key"]),
        )
