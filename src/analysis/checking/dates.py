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
    for section in report.sections.values():
        for sentence in prose(report.text, section):
            if section.code in rules["plan_sections"]:
                _plan(report, findings, sentence, rules)
            else:
                _year(report, findings, sentence, rules)
            _dates(report, findings, sentence, rules)


def _year(report: Report, findings: ReportFindings, sentence: Span, rules) -> None:
    matches = [m for pattern in rules["period"] if (m := re.search(pattern, sentence.text))]
    if not matches and not re.search(rules["other_year"], sentence.text):
        matches = [m for m in [re.match(rules["opens"], sentence.text)] if m]
    if matches and int(matches[0][1]) != report.year:
        _found(report, findings, "text.other_year", sentence, matches[0])


def _plan(report: Report, findings: ReportFindings, sentence: Span, rules) -> None:
    match = re.search(rules["plan"], sentence.text)
    if match and int(match[1]) == report.year:
        _found(report, findings, "text.plan_of_this_year", sentence, match)


def _found(report: Report, findings: ReportFindings, code: str, sentence: Span, match: re.Match[str]) -> None:
    findings.add(
        code,
        sentence.start + match.start(1),
        sentence.start + match.end(1),
        reported=match[1],
        expected=report.year + (code == "text.plan_of_this_year"),
        evidence=_sentence(report, sentence),
        year=findings.ledger.figure("documents", f"{report.key}:year", str(report.year)),
    )


def _sentence(report: Report, span: Span) -> list[str]:
    """The key of the sentence at a place of the folded text."""
    start, _ = report.text.span(span.start, span.end)
    return [row["key"] for row in report.records["sentences"] if row["start"] == start][:1]


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
            evidence=_sentence(report, sentence),
        )
