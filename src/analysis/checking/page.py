"""The page: what a mirror did to it, ordinals, and the matters that the Regulations ask a government to
report on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.checking.finding import Bilingual, ReportFindings
from analysis.reading import Report, identify
from analysis.reading.layout import Section, body_end, prose
from analysis.templates import declared

_CHINESE = "一二三四五六七八九十"
_OPEN = r"(?:^|(?<=[。;:!?,、\s]))"
# The kinds of ordinals, from the outermost in: a new one of a kind opens new lists of those behind it.
_KINDS = tuple(
    re.compile(_OPEN + pattern, re.M)
    for pattern in (
        rf"(?P<n>[{_CHINESE}]+)、",
        rf"\((?P<n>[{_CHINESE}]+)\)",
        r"(?P<n>\d{1,2})[.、](?!\d)",
        r"\((?P<n>\d{1,2})\)",
        rf"(?P<n>[{_CHINESE}])是",
    )
)

_HEADING = re.compile(rf"[ \t#]*(?P<n>[{_CHINESE}]+)、")


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
        findings.add(
            "document.year_differs", *identify.year_at(text), reported=stated, expected=report.year, year=year
        )
    if text.glosses:
        n = findings.ledger.figure("documents", f"{report.key}:glosses")
        findings.add("document.glossed", 0, reported=text.glosses, expected="0", n=n)
    if text.traditional:
        findings.add("document.traditional", 0)
    if body_end(text) < len(text.clean.rstrip()):
        findings.add("document.page_furniture", body_end(text), len(text.clean))


def _ordinals(report: Report, findings: ReportFindings) -> None:
    """Ordinals run in order: those of the sections, and of the lists in their prose."""
    runs = [*_headings(report)]
    # Rows of a table have ordinals of their own, those of the form.
    tabular = {table.section for table in report.form.tables.values()}
    for section in (s for code, s in report.sections.items() if code not in tabular):
        open_: dict[int, list[_Ordinal]] = {}
        for ordinal in _ordinals_of(report, section):
            open_ = {kind: run for kind, run in open_.items() if kind <= ordinal.kind}
            if ordinal.kind not in open_:
                open_[ordinal.kind] = []
                runs.append(open_[ordinal.kind])
            open_[ordinal.kind].append(ordinal)
    for run in runs:
        for place, due in out_of_order([o.value for o in run]):
            _misnumbered(report, findings, run[place], due)


def _headings(report: Report) -> Iterator[list[_Ordinal]]:
    """The ordinals of the sections, where one is repeated: one that is skipped is that of a section which is
    missing, or has another title. A section without an ordinal parts the run."""
    runs: list[list[_Ordinal]] = [[]]
    for section in sorted(report.sections.values(), key=lambda s: s.start):
        match = _HEADING.match(report.text.clean, section.start)
        if match:
            runs[-1].append(_Ordinal(match.start("n"), match.end("n"), match["n"], 0))
        else:
            runs.append([])
    yield from (run for run in runs if len({o.value for o in run}) < len(run))


@dataclass(frozen=True)
class _Ordinal:
    """An ordinal as printed at ``start`` to ``end`` of the folded text, and which of ``_KINDS``."""

    start: int
    end: int
    printed: str
    kind: int

    @property
    def value(self) -> int:
        return int(self.printed) if self.printed.isdecimal() else _in_figures(self.printed)


def _in_figures(chinese: str) -> int:
    """二十三 → 23, for ordinals below a hundred."""
    tens, ten, ones = chinese.rpartition("十")
    return (10 * (_CHINESE.find(tens) + 1 if tens else 1) if ten else 0) + (
        _CHINESE.find(ones) + 1 if ones else 0
    )


def _in_chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    return (
        ("" if tens < 2 else _CHINESE[tens - 1])
        + ("十" if tens else "")
        + (_CHINESE[ones - 1] if ones else "")
    )


def _ordinals_of(report: Report, section: Section) -> list[_Ordinal]:
    """The ordinals in the prose of a section, in their order."""
    return [
        _Ordinal(sentence.start + m.start("n"), sentence.start + m.end("n"), m["n"], kind)
        for sentence in prose(report.text, section)
        for m, kind in sorted(
            ((m, kind) for kind, pattern in enumerate(_KINDS) for m in pattern.finditer(sentence.text)),
            key=lambda found: found[0].start(),
        )
    ]


def out_of_order(values: Sequence[int]) -> list[tuple[int, int]]:
    """The places of a run of lists whose number is not the one due there, and that one.

    A list may begin anywhere, where its first items are said in words, and 一 begins a new one; but of 一、一、三
    the second is wrong, as in 一、三、三, and so is that of 一、一, since no list has one item.
    """
    values, wrong, items = list(values), {}, 1
    for n in range(1, len(values)):
        if values[n] == values[n - 1] + 1:
            items += 1
            continue
        alone = items == 1 == values[n - 1] and (n + 1 == len(values) or values[n + 1] == 1)
        if values[n] == 1 and not alone:
            items = 1
            continue
        # The number before may be the wrong one: then this one follows from the one before that.
        at = n - 1 if n > 1 and values[n] == values[n - 2] + 2 else n
        values[at] = wrong[at] = values[at - 1] + 1
        items += 1
    return sorted(wrong.items())


def _misnumbered(report: Report, findings: ReportFindings, ordinal: _Ordinal, due: int) -> None:
    start, end = ordinal.start, ordinal.end
    clean = report.text.clean
    # With what marks it as an ordinal: (四), 四是, 四、
    start -= clean[start - 1 : start] == "("
    end += clean[end : end + 1] in "是、.)"
    printed = clean[start:end]
    right = printed.replace(ordinal.printed, str(due) if ordinal.printed.isdecimal() else _in_chinese(due))
    # Digits are no figures of a table, so that the sentence says them in words.
    words = Bilingual(f"第{_in_chinese(due)}项的序号", "") if re.search(r"\d", right) else f"“{right}”"
    findings.add(
        "text.ordinal_repeated",
        start,
        end,
        reported=printed,
        expected=right,
        printed="" if re.search(r"\d", printed) else printed,
        due=words,
    )


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
