"""How a finding is made: a code of findings.yml, a place, and typed figures for its sentence.

In: the report and what a check found. Out: a row of the table ``findings``, its message in Chinese
and in English rendered from the declared templates, every number in it a figure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import pandas as pd

from analysis import frames, ledger
from analysis.figures import render
from analysis.ledger import Ledger
from analysis.reading import Report
from analysis.templates import declared


@cache
def declared_findings() -> Mapping[str, Mapping]:
    """Every code with its severity, title, basis and message templates."""
    return declared("analysis.checking", "findings.yml")


class Bilingual(str):
    """A word that has another form in English: the value is Chinese, ``en`` the English."""

    en: str

    def __new__(cls, zh: str, en: str) -> Bilingual:  # noqa: D102
        word = super().__new__(cls, zh)
        word.en = en
        return word


@dataclass
class Findings:
    """Collects what the checks find in one report."""

    report: Report
    ledger: Ledger

    def __post_init__(self) -> None:
        self._rows: list[dict] = []

    def add(
        self,
        code: str,
        start: int,
        end: int | None = None,
        *,
        reported: object = "",
        expected: object = "",
        evidence: Iterable[str] = (),
        **values: object,
    ) -> None:
        """Note a finding. ``start`` and ``end`` are places in the folded text of the report;
        ``values`` fill the message: figures, plain words, or ``Bilingual`` words."""
        entry = declared_findings()[code]
        in_english = {k: v.en if isinstance(v, Bilingual) else v for k, v in values.items()}
        zh, en = render(entry["zh"], values), render(entry["en"], in_english)
        text = self.report.text
        first, last = text.span(start, end if end is not None else start)
        same = sum(row["code"] == code for row in self._rows)
        self._rows.append(
            {
                "key": f"{self.report.key}/{code}/{same + 1}",
                "unit": self.report.unit,
                "year": self.report.year,
                "code": code,
                "severity": entry["severity"],
                "reported": str(reported),
                "expected": str(expected),
                "message_zh": zh.text,
                "message_en": en.text,
                "evidence": " ".join(evidence),
                "figures": json.dumps({"zh": ledger.to_json(zh), "en": ledger.to_json(en)}),
                "where": text.where(start),
                "start": first,
                "end": last,
            }
        )

    def frame(self) -> pd.DataFrame:
        """What was found, most serious first, in the order of the page within a severity."""
        return frames.by_severity(frames.frame("findings", self._rows).sort_values("start", kind="stable"))
