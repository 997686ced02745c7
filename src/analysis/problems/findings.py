"""What section five leaves out or leaves open: findings about problems and measures.

In: the report and its table ``problems``. Out: more rows of the table ``findings`` (codes
``five.*`` of checking/findings.yml).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from analysis import frames
from analysis.checking import Bilingual, ReportFindings, check_report, ledger_of
from analysis.figures import DIGIT
from analysis.ledger import Ledger, keys_in
from analysis.problems.labels import aspects, cues_in, opening
from analysis.problems.pairing import fold
from analysis.problems.split import rules
from analysis.reading import Report
from analysis.templates import concepts

# What the tables can show to have been corrected.
_CORRECTIONS = ("reviews_corrected", "lawsuits_corrected")


def findings_within(report: Report, five: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """All that one report shows by itself: what the checks find, and what section five (``five``, its tables) leaves out."""
    ledger = ledger_of(report)
    found = frames.concat("findings", [check_report(report, ledger), find(report, five, ledger)])
    return frames.by_severity(found).reset_index(drop=True)


def find(report: Report, five: Mapping[str, pd.DataFrame], ledger: Ledger | None = None) -> pd.DataFrame:
    """Every finding about section five of one report (``ledger``: its own, if it was made already)."""
    ledger = ledger or ledger_of(report)
    for name in ("problems", "items"):
        ledger.add(name, five[name])
    findings = ReportFindings(report, ledger)
    section = report.sections.get("problems")
    if section is None:
        return findings.frame()
    text = report.text.clean[section.start : section.end]
    cells = report.cells
    for concept in _CORRECTIONS:
        addresses = concepts()[concept].cells_in(report.form)
        if (cells.certain(addresses) or 0) > 0 and not re.search(rules()["answers_for_corrections"], text):
            corrected = ledger.cells(report.key, addresses)
            findings.add(
                "five.correction_unmentioned",
                section.start,
                section.body,
                reported="",
                expected=corrected,
                evidence=corrected.key.split(" + "),
                concept=Bilingual(concepts()[concept].zh, concepts()[concept].en),
                n=corrected,
            )
    if progress_in(report, five["items"]).empty:
        headed = "改进情况" in report.text.clean[section.start : section.body]
        findings.add("five.no_progress", section.start, section.body, headed=headed)
    done = set(five["items"].loc[five["items"]["done"], "key"])
    for problem in frames.tuples(five["problems"]):
        measures = keys_in(problem.items, report.unit)[bool(problem.problem) :]
        _measure(report, findings, problem, done.issuperset(measures))
    for item in frames.tuples(five["items"]):
        # What is to be done in the year that is told of, or before it, is mostly a year that was not changed.
        if 0 < item.dated <= report.year and not item.done:
            findings.add(
                "five.year_slip",
                *(report.text.clean_offset(edge) for edge in (item.start, item.end)),
                reported=(dated := ledger.figure("items", f"{item.key}:dated", str(item.dated))),
                evidence=[item.key],
                dated=dated,
                year=ledger.figure("documents", f"{report.key}:year", str(report.year)),
            )
    return findings.frame()


def progress_in(report: Report, items: pd.DataFrame) -> pd.DataFrame:
    """Where section five says what became of the problems of the year before: the items that tell it, or else the sentences
    (rules.yml ``progress``); empty if nothing does."""
    told = items[items["last_year"]]
    if len(told):
        return told
    sentences = report.sentences[report.sentences["section"] == "problems"]
    return sentences[[_tells_progress(fold(text), report.year) for text in sentences["text"]]]


def _tells_progress(text: str, year: int) -> bool:
    return any(m["year"] is None or int(m["year"]) < year for m in re.finditer(rules()["progress"], text))


def _names(codes: list[str]) -> Bilingual:
    return Bilingual("、".join(aspects()[c].zh for c in codes), ", ".join(aspects()[c].en for c in codes))


def _measure(report: Report, findings: ReportFindings, problem, done: bool) -> None:
    """Whether the measure of one problem answers it, and can be checked; or that a measure answers none. What is told as
    ``done`` answers the year before, and nobody need check it next year."""
    alone = not problem.problem
    name = opening(problem.measure if alone else problem.problem)
    if DIGIT.search(name):
        name = findings.ledger.figure("problems", f"{problem.key}:{'measure' if alone else 'problem'}", name)

    def add(code: str, **values) -> None:
        at = [report.text.clean_offset(edge) for edge in (problem.start, problem.end)]
        findings.add(code, *at, evidence=[problem.key], problem=name, **values)

    if alone:
        if not done:
            add("five.measure_alone")
        return
    if problem.answer == "none":
        add("five.measure_missing")
    elif problem.answer != "unpaired":
        asked = _names(problem.unanswered.split())
        answered = list(cues_in(problem.measure))
        if problem.answer == "other":
            add(
                "five.measure_elsewhere",
                reported=_names(answered),
                expected=asked,
                asked=asked,
                answered=_names(answered),
            )
        elif problem.answer == "partial":
            add("five.measure_partial", expected=asked, unanswered=asked)
        if not problem.specificity and not done:
            add("five.measure_vague")
    if cue := re.search(rules()["recurring"], problem.problem):
        add("five.recurring", reported=cue[0], cue=cue[0])
