"""How a finding is made: a code of findings.yml, a place, and typed figures for its sentence.

In: the tables and what a check found in them. Out: rows of the table ``findings``, the message of each
in Chinese and in English rendered from the declared templates, every number in it a figure. A finding
has a ``fingerprint``, which stays the same from run to run and names what is in question, and a
``state``, which changes when the evidence does: decisions of people (``reviews``) hold as long as it.
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

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


class Place(NamedTuple):
    """Whose report, and where in it: ``where`` as a reader looks it up, characters ``start`` to ``end``
    of the page."""

    unit: str
    year: int
    where: str
    start: int
    end: int

    @classmethod
    def of(cls, row) -> Place:
        """The place of a row (a named tuple or a Series) of a table with places."""
        cells = row._asdict() if hasattr(row, "_asdict") else row
        return cls(cells["unit"], int(cells["year"]), cells["where"], int(cells["start"]), int(cells["end"]))


class Findings:
    """Collects findings on any number of reports; ``ledger`` holds the rows they rest on."""

    def __init__(self, ledger_: Ledger) -> None:
        self.ledger = ledger_
        self._rows: list[dict] = []

    def put(
        self,
        code: str,
        place: Place,
        /,
        *,
        reported: object = "",
        expected: object = "",
        evidence: Iterable[str] = (),
        suspect: Iterable[str] = (),
        **values: object,
    ) -> None:
        """Note a finding. ``evidence`` are the keys of the rows it rests on, ``suspect`` those of them that
        are most likely wrong, where that can be told; ``values`` fill the message: figures, plain words, or
        ``Bilingual`` words."""
        entry = declared_findings()[code]
        in_english = {k: v.en if isinstance(v, Bilingual) else v for k, v in values.items()}
        zh, en = render(entry["zh"], values), render(entry["en"], in_english)
        evidence, suspect = list(evidence), list(suspect)
        self._rows.append(
            {
                "unit": place.unit,
                "year": place.year,
                "code": code,
                "severity": entry["severity"],
                "reported": str(reported),
                "expected": str(expected),
                "message_zh": zh.text,
                "message_en": en.text,
                "evidence": " ".join(evidence),
                "suspect": " ".join(suspect),
                "figures": json.dumps({"zh": ledger.to_json(zh), "en": ledger.to_json(en)}),
                **self._prints(place, code, str(reported), str(expected), evidence),
                **dict.fromkeys(("decision", "decided_by", "decided_on", "reason"), ""),
                **{k: getattr(place, k) for k in ("where", "start", "end")},
            }
        )

    def _prints(
        self, place: Place, code: str, reported: str, expected: str, evidence: list[str]
    ) -> dict[str, str]:
        """What the finding is about (cells by their address, sentences by their words, figures aside), and
        what it rests on now."""
        printed = {key: self.ledger.printed(key) for key in evidence}
        about = sorted(_worded(text) if numbered(key) else key for key, text in printed.items())
        subject = [place.unit, str(place.year), code, *(about or [_worded(reported) or expected])]
        # A sentence or a number of the prose is known by its words: its count changes with what stands before it.
        held = sorted(text if numbered(key) else f"{key}={text}" for key, text in printed.items())
        state = [reported, expected, *held]
        return {"fingerprint": _digest(subject), "state": _digest(state)}

    def frame(self) -> pd.DataFrame:
        """What was found, most serious first, in the order of the page within a severity."""
        order = sorted(
            keyed(self._rows), key=lambda row: (frames.SEVERITIES.index(row["severity"]), row["start"])
        )
        return frames.frame("findings", order)


class ReportFindings(Findings):
    """Collects what the checks find in one report, at places of its folded text."""

    def __init__(self, report: Report, ledger_: Ledger) -> None:
        super().__init__(ledger_)
        self.report = report
        self._sentences = sorted((s["start"], s["end"], s["key"]) for s in report.records["sentences"])

    def add(self, code: str, start: int, end: int | None = None, /, **given: object) -> None:
        """Note a finding at characters ``start`` to ``end`` of the folded text; the rest as for ``put``. Without
        ``evidence`` it rests on the sentence that it stands in, if it stands in one."""
        text = self.report.text
        first, last = text.span(start, end if end is not None else start)
        place = Place(self.report.unit, self.report.year, text.where(start), first, last)
        self.put(
            code, place, **{**given, "evidence": list(given.get("evidence", ())) or self._sentence(first)}
        )

    def _sentence(self, place: int) -> list[str]:
        at = bisect(self._sentences, (place, float("inf"), "")) - 1
        return [self._sentences[at][2]] if at >= 0 and place < self._sentences[at][1] else []


def keyed(rows: Iterable[Mapping]) -> list[dict]:
    """Rows of findings with their keys, ``unit/year/code/n``; findings of the same fingerprint are told
    apart by their order."""
    counts: dict[str, int] = {}
    made = []
    for row in rows:
        name = f"{row['unit']}/{row['year']}/{row['code']}"
        again = counts[row["fingerprint"]] = counts.get(row["fingerprint"], 0) + 1
        nth = counts[name] = counts.get(name, 0) + 1
        fingerprint = row["fingerprint"] if again == 1 else _digest([row["fingerprint"], str(again)])
        made.append({"key": f"{name}/{nth}", **row, "fingerprint": fingerprint})
    return made


def numbered(key: str) -> bool:
    """Whether a key counts its rows (claim/12), so that it names another one when the page changes."""
    return key.rpartition("/")[2].isdecimal()


def _worded(text: str) -> str:
    """Words without their figures: what stays of a sentence when only a number in it is mended."""
    return re.sub(r"\d+(?:[.,]\d+)*", "#", text)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
