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
from analysis.reading.layout import ORDINAL, Section, Span, split_parts
from analysis.reading.normalise import Text
from analysis.templates import declared

# A stretch without numbered parts and of so few characters names no problem.
_SHORT = 10


@cache
def rules() -> Mapping:
    """The declared rules (rules.yml)."""
    return declared("analysis.problems", "rules.yml")


@dataclass(frozen=True)
class Item:
    """A problem and its measure; either may be empty. Places are in the folded text. ``paired`` is
    False where it cannot be told which measure goes with which problem."""

    problem: Span
    measure: Span
    paired: bool = True


def split(report: Report) -> list[Item]:
    """The items of section five, in order; none if the section is missing or says 无.

    A problem and its measure are paired where they stand in one item, or by order where a block of
    measures follows as many problems; otherwise the items are left unpaired (``paired`` False).
    """
    section = report.sections.get("problems")
    if section is None:
        return []
    text = report.text
    body = text.clean[section.body : section.end]
    if re.fullmatch(rules()["none"], body.strip()):
        return []
    block = re.search(rules()["block"], body, re.M)
    if block:
        problems = _items(text, section.body, section.body + block.start())
        measures = _items(text, section.body + block.end(), section.end)
        if problems and measures:
            return _blocks(problems, measures, section)
    return [
        Item(problem, measure)
        for problem, measure in map(_halve, _items(text, section.body, section.end))
        if problem.text or measure.text
    ]


def _blocks(problems: list[Span], measures: list[Span], section: Section) -> list[Item]:
    """Problems in a block and measures in a block after it."""
    if len(problems) == len(measures):
        pairs = zip(map(_bare, problems), map(_bare, measures), strict=True)
        return [Item(problem, measure) for problem, measure in pairs]
    none = Span("", section.end, section.end)
    return [Item(_bare(p), none, False) for p in problems] + [Item(none, _bare(m), False) for m in measures]


def _items(text: Text, start: int, end: int) -> list[Span]:
    """The numbered parts of a stretch; without any, the whole of it. Headings that only say that
    problems or measures follow are no items."""
    whole = _strip(text, start, end)
    parts = list(split_parts(text, start, end)) or ([whole] if len(whole.text) > _SHORT else [])
    items = []
    for part in parts:
        if heading := re.match(rules()["headings"], part.text):
            inner = list(split_parts(text, part.start + heading.end(), part.end))
            items += inner or [_strip(text, part.start + heading.end(), part.end)]
        else:
            items.append(part)
    return [item for item in items if item.text]


def _bare(span: Span) -> Span:
    """An item without its ordinal and closing punctuation."""
    label = ORDINAL.match(span.text)
    begin = label.end() if label else 0
    words = span.text[begin:].rstrip("。,;: ")
    return Span(words, span.start + begin, span.start + begin + len(words))


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
