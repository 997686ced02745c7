"""Section five becomes items: each problem and each measure, with its place in the text.

In: the text of section five. Out: ``Item`` objects, in order. Rules are in rules.yml. The section is cut at its ordinals
(（一）, 一是, 1.), the innermost numbered part being an item; where nothing is numbered, a list of faults (如…、…等) or each
sentence is. What stands in the first half is a problem until a heading (改进措施) or a sentence that turns to what will be done
(针对上述问题, 下一步) says otherwise; in a numbered problem that turn ends the problem and begins its own measure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from analysis.reading import Report
from analysis.reading.layout import Span
from analysis.reading.normalise import Text
from analysis.templates import declared

PROBLEM, MEASURE = "problem", "measure"


@cache
def rules() -> Mapping:
    """The declared rules (rules.yml)."""
    return declared("analysis.problems", "rules.yml")


@cache
def _rule(name: str) -> re.Pattern[str]:
    return re.compile(rules()[name], re.M)


@dataclass(frozen=True)
class Item:
    """A problem or a measure. ``part`` numbers the numbered part that it stands in, so that what stands in one part goes
    together; None where it stands in none. ``done``: told as done already. ``rule`` says what made it an item."""

    kind: str
    span: Span
    rule: str
    part: int | None = None
    done: bool = False


@dataclass(frozen=True)
class _Part:
    """What stands from one ordinal to the next: the kind of the ordinal (empty before the first), and the words behind
    it."""

    ordinal: str
    span: Span


def split(report: Report) -> list[Item]:
    """The items of section five, in order; none if the section is missing or says 无."""
    section = report.sections.get("problems")
    if section is None:
        return []
    end = section.end
    if signed := _rule("signature").search(report.text.clean, section.body, end):
        end = signed.start()
    body = report.text.clean[section.body : end]
    if re.fullmatch(rules()["none"], body.strip()):
        return []
    heading = report.text.clean[section.start : section.body]
    return list(_Reader(list(_parts(report.text, section.body, end)), heading, report.year).items())


def _parts(text: Text, start: int, end: int) -> Iterator[_Part]:
    """The section from ordinal to ordinal."""
    openings = [(start, start, "")]
    for match in _rule("ordinals").finditer(text.clean, start, end):
        openings.append((match.start(), match.end(), match.lastgroup or ""))
    for (_, begin, kind), (stop, *_) in zip(openings, [*openings[1:], (end, end, "")], strict=True):
        yield _Part(kind, _trimmed(Span(text.clean[begin:stop], begin, stop)))


def _trimmed(span: Span) -> Span:
    """Without blanks and closing punctuation at either end."""
    words = span.text
    lead = len(words) - len(words.lstrip(" \t\n:,;。、"))
    kept = words[lead:].rstrip(" \t\n。,;:、")
    return Span(kept, span.start + lead, span.start + lead + len(kept))


def _cut(span: Span, at: int, to: int | None = None) -> Span:
    to = len(span.text) if to is None else to
    return Span(span.text[at:to], span.start + at, span.start + to)


def _sentences(span: Span, ends: str = "sentence_end") -> list[Span]:
    """The sentences of a stretch, without their ends."""
    edges = [0, *(m.end() for m in _rule(ends).finditer(span.text)), len(span.text)]
    made = (_trimmed(_cut(span, a, b)) for a, b in zip(edges, edges[1:], strict=False))
    return [s for s in made if s.text]


class _Reader:
    """Goes through the parts of a section; ``kind`` is what is being told of, ``done`` whether as done already."""

    def __init__(self, parts: list[_Part], heading: str, year: int) -> None:
        self._parts, self._number, self._year = parts, 0, year
        # A section that is headed as measures alone tells of nothing else.
        self._kind = PROBLEM if _rule("of_problems").search(heading) or not heading.strip() else MEASURE
        self._done = False

    def items(self) -> Iterator[Item]:
        for number, (part, after) in enumerate(pairwise([*self._parts, None])):
            self._number = number
            content = self._headed(part.span)
            if not content.text:
                continue
            if part.ordinal and content is part.span:
                yield from self._numbered(part, content, after)
            else:
                yield from self._prose(content, after)

    def _headed(self, span: Span) -> Span:
        """What is left of a part behind a heading that says what follows."""
        for kind, rule in ((MEASURE, "measures_heading"), (PROBLEM, "problems_heading")):
            if match := _rule(rule).match(span.text):
                self._kind, self._done = kind, bool(_rule("done_heading").search(match[0]))
                return _trimmed(_cut(span, match.end()))
        return span

    def _numbered(self, part: _Part, content: Span, after: _Part | None) -> Iterator[Item]:
        deeper = after is not None and after.ordinal not in {
            p.ordinal for p in self._parts[: self._number + 1]
        }
        if self._kind == MEASURE:
            # A numbered title over numbered parts is no item itself.
            if not (deeper and not _rule("sentence_end").search(content.text)):
                yield self._item(MEASURE, content, "numbered")
            return
        problem, rest = self._parted(content)
        if rest is None and self._looks_promised(content):
            self._kind = MEASURE
            yield self._item(MEASURE, content, "numbered")
            return
        # A sentence that only says that faults follow is none.
        if problem.text and not (deeper and _rule("introduces").search(problem.text)):
            yield self._item(PROBLEM, problem, "numbered")
        if rest is not None:
            yield from self._turned(rest, after, part)

    def _turned(self, rest: Span, after: _Part | None, part: _Part) -> Iterator[Item]:
        """What follows the turn within a part: the lead-in of a list of measures, the measure of this problem, or, behind the
        last of several problems, measures in sentences."""
        if self._leads(rest, after):
            self._kind, self._done = MEASURE, bool(_rule("done_lead").search(rest.text))
            return
        before = [p for p in self._parts[: self._number] if p.ordinal == part.ordinal]
        own = not before or any(self._turn(p.span) is not None for p in before)
        if own or after is not None:
            yield self._item(MEASURE, rest, "turn")
            return
        self._kind = MEASURE
        for sentence in _sentences(rest):
            yield self._item(MEASURE, sentence, "sentence", numbered=False)

    def _prose(self, content: Span, after: _Part | None) -> Iterator[Item]:
        sentences = _sentences(content)
        for n, sentence in enumerate(sentences):
            last = n == len(sentences) - 1
            leads = self._leads(sentence, after if last else None)
            if leads or (last and after is not None and self._kind == MEASURE):
                self._kind = MEASURE
                self._done |= bool(_rule("done_lead").search(sentence.text))
                continue
            rest: Span | None = sentence
            if self._kind == PROBLEM:
                fault, rest = self._parted(sentence)
                yield from self._faults(fault, last and after is not None)
            if rest is None:
                continue
            if self._kind == MEASURE or not self._leads(rest, after if last else None):
                yield self._item(MEASURE, rest, "sentence", numbered=False)
            self._kind = MEASURE

    def _faults(self, sentence: Span, leads: bool) -> Iterator[Item]:
        """The problems of a sentence that is not numbered: a list of faults, or the sentence itself."""
        words = sentence.text
        begin = 0
        if match := _rule("concession").match(words):
            begin = match.end()
        if listed := _rule("listed").search(words, begin):
            begin = listed.end()
        left = _trimmed(_cut(sentence, begin))
        several = bool(listed) or _rule("semicolon").search(left.text)
        says = None if several else _rule("introduces").search(left.text)
        if says and (leads or not _rule("fault").search(left.text[: says.start()])):
            return
        if ending := _rule("and_so_on").search(left.text):
            left = _trimmed(_cut(left, 0, ending.start()))
        if not _rule("fault").search(left.text):
            return
        faults = _sentences(left, "semicolon")
        if len(faults) == 1 and listed:
            named = _sentences(left, "comma")
            if len(named) > 1 and all(_rule("fault").search(f.text) for f in named):
                faults = named
        for fault in faults:
            yield self._item(PROBLEM, fault, "listed" if len(faults) > 1 else "sentence", numbered=False)

    def _parted(self, content: Span) -> tuple[Span, Span | None]:
        """What is wrong, and what will be done; None where a stretch does not turn to it."""
        turn = self._turn(content)
        if turn is None:
            return content, None
        return _trimmed(_cut(content, 0, turn)), _trimmed(_cut(content, turn))

    def _turn(self, content: Span) -> int | None:
        """Where a stretch turns from what is wrong to what will be done. A year is such a turn if it is a later one, or if
        something *will* be done in it: then the year may be a slip."""
        for match in _rule("hinges").finditer(content.text):
            year = match["next"]
            if year is None or int(year) > self._year:
                return match.start()
        return None

    def _leads(self, sentence: Span, after: _Part | None) -> bool:
        """Whether a sentence only says that measures follow: a numbered part must."""
        return after is not None and bool(_rule("measures_lead").search(sentence.text))

    def _looks_promised(self, content: Span) -> bool:
        """Whether a numbered part that nothing announces opens like a measure, and finds no fault."""
        first = _sentences(content)[0].text
        return bool(_rule("promise").match(first)) and not _rule("fault").search(first)

    def _item(self, kind: str, span: Span, rule: str, numbered: bool = True) -> Item:
        done = kind == MEASURE and (self._done or bool(_rule("done").search(span.text)))
        return Item(kind, _trimmed(span), rule, self._number if numbered else None, done)
