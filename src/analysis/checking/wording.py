"""Wording: slips of the pen that a careful editor would mend.

In: the folded text of a report, and for some the text as found. Out: findings ``wording.*``, each a place and
what was probably meant. What counts as a slip is declared in wording.yml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from analysis.checking.finding import Bilingual, ReportFindings
from analysis.reading import Report
from analysis.templates import declared


def check(report: Report, findings: ReportFindings) -> None:
    """Adds the declared errors of wording, brackets that do not close, and names and labels gone wrong."""
    _errors(report, findings)
    _brackets(report, findings)
    _itself(report, findings)
    _labels(report, findings)
    _points(report, findings)


def _declared() -> Mapping:
    return declared("analysis.checking", "wording.yml")


def errors(entry: Mapping, text: str, year: int) -> Iterator[re.Match[str]]:
    """Where an entry of wording.yml is found in the text of a report on a ``year``."""
    if entry.get("from", year) <= year <= entry.get("until", year):
        yield from re.finditer(entry["find"], text)


def _errors(report: Report, findings: ReportFindings) -> None:
    text = report.text
    for entry in _declared()["entries"]:
        raw = entry.get("raw", False)
        for match in errors(entry, text.raw if raw else text.clean, report.year):
            start, end = match.span()
            if raw:
                start, end = text.clean_offset(start), text.clean_offset(end)
            findings.add(
                "wording.error",
                start,
                end,
                reported=match[0],
                expected=entry["due"],
                printed=entry.get("printed", match[0]),
                due=Bilingual(entry["due"], entry.get("due_en", entry["due"])),
                described="due_en" in entry,
                why=Bilingual(entry["why"]["zh"], entry["why"]["en"]),
            )


def unbalanced(text: str) -> Iterator[tuple[int, str]]:
    """(place, the bracket that is missing) of every bracket that has no partner."""
    ordinal = re.compile(_declared()["ordinal"])
    reach = _declared()["reach"]
    for opening, closing in _declared()["brackets"]:
        open_: list[int] = []
        for match in re.finditer(f"[{re.escape(opening + closing)}]", text):
            place = match.start()
            if match[0] == opening:
                open_.append(place)
            elif open_ and (place - open_[-1] <= reach or "\n" not in text[open_[-1] : place]):
                open_.pop()
            elif not ordinal.search(text[max(0, place - 5) : place]):
                yield place, opening
        yield from ((place, closing) for place in open_)


# So much of the text beside a bracket is shown.
_SHOWN = 12


def _brackets(report: Report, findings: ReportFindings) -> None:
    text = report.text.clean
    for place, missing in sorted(unbalanced(text)):
        shown = re.split(r"[\d\n]", text[place : place + _SHOWN])[0]
        findings.add(
            "wording.unbalanced",
            place,
            place + 1,
            reported=text[place],
            expected=text[place] + missing,
            shown=shown,
            missing=missing,
        )


def _itself(report: Report, findings: ReportFindings) -> None:
    text = report.text.clean
    for group in _declared()["self"]:
        found = {word: list(re.finditer(pattern, text)) for word, pattern in group.items()}
        found = {word: places for word, places in found.items() if places}
        if len(found) < 2:
            continue
        # Its own name tells which is right where they are as many.
        usual = max(found, key=lambda word: (len(found[word]), report.unit.endswith(word)))
        for word, places in found.items():
            if word == usual or not any(m[0][0] == "我" for m in places):
                continue
            first = next(m for m in places if m[0][0] == "我")
            findings.add(
                "wording.mixed_self",
                first.start(),
                first.end(),
                reported=first[0],
                expected=found[usual][0][0],
                printed=first[0],
                usual=found[usual][0][0],
            )


def _labels(report: Report, findings: ReportFindings) -> None:
    """Names of columns with blanks inside, where the blank is the author's (a PDF wraps its cells)."""
    if report.document["format"] == "pdf":
        return
    text = report.text.clean
    names = {
        column.zh
        for table in report.form.tables.values()
        for row in table.rows.values()
        for column in row.columns.values()
    }
    broken = [
        match
        for name in names
        if len(name) > 3
        for match in re.finditer("[ ]*".join(map(re.escape, name)), text)
        if " " in match[0]
    ]
    if not broken:
        return
    broken.sort(key=lambda m: m.start())
    findings.add(
        "wording.label_spaced",
        broken[0].start(),
        broken[0].end(),
        reported=broken[0][0],
        expected=broken[0][0].replace(" ", ""),
        labels="、".join(dict.fromkeys(m[0] for m in broken)),
    )


def _points(report: Report, findings: ReportFindings) -> None:
    """Ordinals with a full point beside ordinals with a half one."""
    text = report.text
    full, half = (list(re.finditer(p, text.raw)) for p in _declared()["points"].values())
    if not full or not half:
        return
    odd = min(full, half, key=len)[0]
    start, end = text.clean_offset(odd.start()), text.clean_offset(odd.end())
    findings.add("wording.mixed_points", start, end, reported=odd[0].strip())
