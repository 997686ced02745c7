"""Section five becomes items: each problem, and the measure announced for it.

In: the text of section five. Out: ``Item`` objects with their places. Rules are in rules.yml. Where
the items carry their own measures, problem and measure part at the hinge of the item; where a block
of measures follows a block of problems, they pair by order if there are as many of each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from analysis.reading import Report
from analysis.reading.layout import ORDINAL, Section, Span
from analysis.reading.normalise import Text
from analysis.templates import declared

# A section five of so few characters (“无”, “本年度无”) names no problem.
_SAYS_NONE = 10


@cache
def rules() -> Mapping:
    """The declared rules (rules.yml)."""
    return declared("analysis.problems", "rules.yml")


@dataclass(frozen=True)
class Item:
    """A problem and its measure; either may be empty. Places are in the folded text."""

    problem: Span
    measure: Span


def split(report: Report) -> list[Item]:
    """The items of section five, in order; none if the section is missing or says 无."""
    section = report.sections.get("problems")
    if section is None:
        return []
    halves = [_halve(span) for span in _items(report.text, section)]
    closes = next((i for i, (_, m) in enumerate(halves) if re.match(rules()["block"], m.text)), None)
    if closes is None or closes + 1 == len(halves):
        return [Item(problem, measure) for problem, measure in halves]
    problems = [problem for problem, _ in halves[: closes + 1]]
    measures = [_join(problem, measure, report.text) for problem, measure in halves[closes + 1 :]]
    none = Span("", section.end, section.end)
    if len(problems) == len(measures):
        return [Item(p, m) for p, m in zip(problems, measures, strict=True)]
    return [Item(p, none) for p in problems] + [Item(none, m) for m in measures]


def _join(problem: Span, measure: Span, text: Text) -> Span:
    """Both halves of an item as one stretch."""
    return _strip(text, problem.start, measure.end if measure.text else problem.end)


def _items(text: Text, section: Section) -> list[Span]:
    """The numbered parts; a section without any is one item, unless it says 无."""
    whole = _strip(text, section.body, section.end)
    return list(section.parts) or ([whole] if len(whole.text) > _SAYS_NONE else [])


def _strip(text: Text, start: int, end: int) -> Span:
    while start < end and text.clean[start].isspace():
        start += 1
    while end > start and text.clean[end - 1].isspace():
        end -= 1
    return Span(text.clean[start:end], start, end)


def _halve(span: Span) -> tuple[Span, Span]:
    """Part an item at its first hinge; an item that opens with one is all measure."""
    label = ORDINAL.match(span.text)
    begin = label.end() if label else 0
    hinge = re.search(rules()["hinges"], span.text[begin:])
    at = begin + hinge.start() if hinge else len(span.text)
    problem = span.text[begin:at].rstrip("。,;: ")
    measure = span.text[at:].strip()
    return (
        Span(problem, span.start + begin, span.start + begin + len(problem)),
        Span(measure, span.start + at, span.start + at + len(measure)),
    )
