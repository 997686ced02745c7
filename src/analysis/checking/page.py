"""The page: what a mirror did to it, ordinals, and the matters that the Regulations ask a government to
report on."""

from __future__ import annotations

import re

from analysis.checking.finding import Bilingual, ReportFindings
from analysis.reading import Report, identify
from analysis.reading.layout import body_end
from analysis.templates import declared

_ORDINALS = "一二三四五六七八九十"
_HEADED = re.compile(rf"\s*(?:[{_ORDINALS}]+、|\([{_ORDINALS}]+\))")
_HEADED_WITHIN = re.compile(rf"[{_ORDINALS}]、|\([{_ORDINALS}\d]+\)|(?<!\d)\d{{1,2}}\.(?!\d)")
_ITEM = re.compile(rf"(?:^|(?<=[。;:,、\s]))([{_ORDINALS}])是", re.M)


def check(report: Report, findings: ReportFindings) -> None:
    """Adds what the page, its ordinals and its required matters show."""
    _document(report, findings)
    _ordinals(report, findings)
    _duties(report, findings)


def _document(report: Report, findings: ReportFindings) -> None:
    text = report.text
    year = findings.ledger.figure("documents", f"{report.key}:year")
    if identify.title(text) is None:
        findings.add("document.untitled", 0)
    named = identify.unit(text)
    if named and not identify.same_unit(named, report.unit):
        findings.add(
            "document.unit_differs", 0, reported=named, expected=report.unit, unit=report.unit, named=named
        )
    stated = identify.year(text)
    if stated and stated != report.year:
        findings.add("document.year_differs", 0, reported=stated, expected=report.year, year=year)
    if text.glosses:
        n = findings.ledger.figure("documents", f"{report.key}:glosses")
        findings.add("document.glossed", 0, reported=text.glosses, expected="0", n=n)
    if text.traditional:
        findings.add("document.traditional", 0)
    if body_end(text) < len(text.clean.rstrip()):
        findings.add("document.page_furniture", body_end(text), len(text.clean))


def _ordinals(report: Report, findings: ReportFindings) -> None:
    """一是…二是…三是… run in order; a heading or a new 一是 begins a new list."""
    due = 0
    for line in re.finditer(r"[^\n]+", report.text.clean):
        if _HEADED.match(line[0]):
            due = 0
        behind = 0
        for match in _ITEM.finditer(line[0]):
            printed = _ORDINALS.index(match[1])
            if _HEADED_WITHIN.search(line[0], behind, match.start()):
                due = printed  # a heading within the line: whatever list it opens
            behind = match.end()
            if printed and due < len(_ORDINALS) and printed != due:
                findings.add(
                    "text.ordinal_repeated",
                    line.start() + match.start(1),
                    line.start() + match.end(),
                    reported=match[0],
                    expected=f"{_ORDINALS[due]}是",
                    printed=match[0],
                    due=f"{_ORDINALS[due]}是",
                )
                due += 1
            else:
                due = printed + 1


def _duties(report: Report, findings: ReportFindings) -> None:
    duties = declared("analysis.checking", "duties.yml")
    if report.year < duties["from"] or not re.search(duties["governments"], report.unit):
        return
    start = min((s.start for s in report.sections.values()), default=0)
    prose = report.text.clean[start:]
    for duty in (d for d in duties.values() if isinstance(d, dict)):
        words = Bilingual(duty["zh"], duty["en"])
        mention = re.search(duty["mention"], prose)
        if not mention:
            findings.add("duty.missing", start, expected=duty["zh"], duty=words)
        elif not re.search(duty["result"], prose):
            place = start + mention.start()
            findings.add(
                "duty.without_result", place, place + len(mention[0]), reported=mention[0], duty=words
            )
