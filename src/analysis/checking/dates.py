"""Years and dates in the prose: another year where the report's own is due, a day that does not exist.

In: the sentences of a report. Out: findings ``text.other_year``, ``text.plan_of_this_year`` and
``text.date_broken``. The patterns are declared in dates.yml.
"""

from __future__ import annotations

import re
from calendar import monthrange

from analysis.checking.finding import ReportFindings
from analysis.reading import Report
from analysis.reading.layout import Span, prose
from analysis.templates import declared


def check(report: Report, findings: ReportFindings) -> None:
    """Adds what is wrong with years and dates."""
    rules = declared("analysis.checking", "dates.yml")
    _preface(report, findings, rules)
    for section in report.sections.values():
        opening = True
        for sentence in prose(report.text, section):
            if not (section.code in rules["plan_sections"] and _plan(report, findings, sentence, rules)):
                _year(report, findings, sentence, rules, opening)
            _dates(report, findings, sentence, rules)
            opening = False


def _preface(report: Report, findings: ReportFindings, rules) -> None:
    """What stands before the first section: the title, and often the period."""
    end = min((s.start for s in report.sections.values()), default=0)
    preface = Span(report.text.clean[:end], 0, end)
    titles = [
        m
        for m in re.finditer(rules["title"], preface.text)
        if int(m[1]) != report.year and not re.search(rules["links"], preface.text[: m.start()][-_NEAR:])
    ]
    # A list of links titles many years.
    if titles and len({m[1] for m in titles}) == 1:
        _found(report, findings, "text.other_year", preface, titles[0], 1)
    for pattern in rules["period"]:
        for match in re.finditer(pattern, preface.text):
            _period(report, findings, preface, match)


def _period(report: Report, findings: ReportFindings, span: Span, match: re.Match[str]) -> bool:
    """Whether one of the years of a period is another than the report's."""
    wrong = next((n for n, y in enumerate(match.groups(), 1) if y and int(y) != report.year), 0)
    if wrong:
        _found(report, findings, "text.other_year", span, match, wrong)
    return bool(wrong)


# So many characters before a title, and of a sentence behind the year it opens with, tell what they are.
_NEAR, _OPENING = 30, 40


def _year(report: Report, findings: ReportFindings, sentence: Span, rules, opening: bool) -> None:
    """A year in a sentence of a section; ``opening`` says that it is the first one there."""
    for pattern in rules["period"]:
        if (match := re.search(pattern, sentence.text)) and _period(report, findings, sentence, match):
            return
    for match in (re.match(rules["opens"], sentence.text), *re.finditer(rules["counts"], sentence.text)):
        if not match or int(match[1]) == report.year:
            continue
        behind = sentence.text[match.end() :]
        if match.re.pattern == rules["opens"]:
            other = re.search(rules["other_year"], behind[:_OPENING])
            told = opening or behind.startswith(report.unit) or re.match(rules["itself"], behind)
        else:
            other = re.search(rules["other_year"], sentence.text)
            told = not re.search(rf"{rules['this']}|{report.year}年", sentence.text)
        if told and not other:
            _found(report, findings, "text.other_year", sentence, match, 1)
            return


def _plan(report: Report, findings: ReportFindings, sentence: Span, rules) -> bool:
    """Whether the sentence plans for a time that is over."""
    match = re.search(rules["plan"], sentence.text)
    wrong = bool(match) and int(match[1]) <= report.year
    if wrong:
        _found(report, findings, "text.plan_of_this_year", sentence, match, 1)
    return wrong


def _found(
    report: Report, findings: ReportFindings, code: str, sentence: Span, match: re.Match[str], group: int
) -> None:
    findings.add(
        code,
        sentence.start + match.start(group),
        sentence.start + match.end(group),
        reported=match[group],
        expected=report.year + (code == "text.plan_of_this_year"),
        year=findings.ledger.figure("documents", f"{report.key}:year", str(report.year)),
    )


def _dates(report: Report, findings: ReportFindings, sentence: Span, rules) -> None:
    wrong = list(re.finditer(rules["broken"], sentence.text))
    for match in re.finditer(rules["date"], sentence.text):
        year, month, day = int(match[1] or report.year), int(match[2]), int(match[3])
        if not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
            wrong.append(match)
    for match in wrong:
        findings.add(
            "text.date_broken",
            sentence.start + match.start(),
            sentence.start + match.end(),
            reported=match[0],
        )
