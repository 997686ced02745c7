"""Section five becomes items: each problem and each measure, with its place in the text.

In: the text of section five. Out: ``Item`` objects, in order. Rules are in rules.yml. The section is cut at its ordinals
(（一）, 一是, 1.) and headings, the innermost numbered part being an item; where nothing is numbered, a list of faults (如…、…等) or
each sentence is. What stands first is a problem until a heading (改进措施) or a sentence that turns to what will be done (针对上述问题,
下一步) says otherwise, and after it a measure until another says so; in a numbered problem that turn ends the problem and begins
its own measure. A table with a column of problems and one of measures is read row by row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import NamedTuple

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
    """One of them, compiled; ``<verbs>`` and ``<we>`` in it stand for the rules of that name."""
    pattern = rules()[name]
    for part in ("verbs", "we"):
        pattern = pattern.replace(f"<{part}>", rules()[part])
    return re.compile(pattern, re.M)


@dataclass(frozen=True)
class Item:
    """A problem or a measure. ``part`` numbers what it stands in (a numbered part, a sentence that has both, a row of a table), so
    that what stands in one goes together; None where it stands alone. ``done``: told as done already, ``last_year``: against the problems of the report
    before. ``rule`` says what made it an item."""

    kind: str
    span: Span
    rule: str
    part: int | None = None
    done: bool = False
    last_year: bool = False


@dataclass(frozen=True)
class _Part:
    """What stands from one ordinal or heading to the next: the kind of the ordinal (empty if there is none), whether it is the
    first of a list, the words behind it, and whether they end openly, with a colon or a comma."""

    ordinal: str
    first: bool
    span: Span
    open: bool


def split(report: Report) -> list[Item]:
    """The items of section five, in order; none if the section is missing or says 无."""
    section = report.sections.get("problems")
    if section is None:
        return []
    text, end = report.text.clean, section.end
    if signed := _rule("signature").search(text, section.body, end):
        end = signed.start()
    if re.fullmatch(_rule("none"), text[section.body : end].strip()):
        return []
    rows = list(_table_rows(text, section.body, end))
    tabled = list(_tabled(rows))
    # What stands beside a table of problems and measures is read by itself.
    stretches = (
        [(section.body, rows[0][0].start), (rows[-1][-1].end, end)] if tabled else [(section.body, end)]
    )
    parts = [part for stretch in stretches for part in _parts(report.text, *stretch)]
    items = list(_Reader(parts, text[section.start : section.body], report.year).items())
    items = sorted(
        [*items, *(replace(i, part=i.part + len(text)) for i in tabled)], key=lambda i: i.span.start
    )
    # What is told as done before anything is called wrong was done about what was wrong before.
    first = next((n for n, item in enumerate(items) if item.kind == PROBLEM), 0)
    return [replace(i, last_year=i.last_year or (n < first and i.done)) for n, i in enumerate(items)]


def _table_rows(text: str, start: int, end: int) -> Iterator[list[Span]]:
    """The rows of the tables in a stretch: their cells."""
    for line in re.finditer(r"^.*\|.*$", text[start:end], re.M):
        edges = [-1, *(m.start() for m in re.finditer(r"\|", line[0])), len(line[0])]
        whole = Span(line[0], start + line.start(), start + line.end())
        yield [_trimmed(_cut(whole, a + 1, b)) for a, b in pairwise(edges)]


def _tabled(rows: Sequence[Sequence[Span]]) -> Iterator[Item]:
    """The items of tables that have a column of problems and another of measures; ``part`` is the row."""
    columns: dict[str, int] = {}
    for row, cells in enumerate(rows):
        heads = {
            kind: [n for n, cell in enumerate(cells) if _rule(f"{kind}_column").fullmatch(cell.text)]
            for kind in (PROBLEM, MEASURE)
        }
        if all(heads.values()):
            columns = {kind: places[0] for kind, places in heads.items()}
            continue
        for kind, column in columns.items():
            if column < len(cells) and cells[column].text:
                yield Item(kind, cells[column], "table", row)


def _parts(text: Text, start: int, end: int) -> Iterator[_Part]:
    """The section from ordinal to ordinal, and from heading to heading."""
    ordinals = {
        m.start(): _Ordinal(m.lastgroup or "", m.end(), bool(_rule("first").search(m[0])))
        for m in _rule("ordinals").finditer(text.clean, start, end)
    }
    headings = list(_rule("headings").finditer(text.clean, start, end))
    if all(sum(bool(h[kind]) for h in headings) > 1 for kind in ("problems", "measures")):
        # Where problems and measures are announced by turns, each problem's heading begins a part that has its measures too.
        ordinals |= {h.start(): _Ordinal("labelled", h.end(), False) for h in headings if h["problems"]}
    cuts = {start, *(h for h in _holding(headings, ordinals) if h not in ordinals), *ordinals, end}
    before, was_open = "", False
    for at, stop in pairwise(sorted(cuts)):
        kind, begin, first = ordinals.get(at, _Ordinal("", at, False))
        # A dash has no number: it is the first if there was none before.
        first = first or (kind in _UNNUMBERED and (before != kind or was_open))
        before, was_open = kind, text.clean[begin:stop].rstrip().endswith((":", ",", "——"))
        yield _Part(kind, first, _trimmed(Span(text.clean[begin:stop], begin, stop)), was_open)


class _Ordinal(NamedTuple):
    """What opens a numbered part: its kind, where it ends, and whether it is the first of a list."""

    kind: str
    end: int
    first: bool


def _holding(headings: Sequence[re.Match[str]], ordinals: Mapping[int, _Ordinal]) -> Iterator[int]:
    """Where headings stand that hold for what follows. One that is followed by the next number of a list stands within an item
    (1.…整改措施:…2.…), and so do others of its words."""
    within = set()
    for heading in headings:
        before = [o for place, o in sorted(ordinals.items()) if place < heading.start()]
        after = next((o for place, o in sorted(ordinals.items()) if place > heading.start()), None)
        numbered = after and after.kind not in _UNNUMBERED and not after.first
        if before and (numbered or (heading["measures"] and before[-1].kind == "labelled")):
            within.add(heading[0].strip())
    yield from (h.start() for h in headings if h[0].strip() not in within)


_UNNUMBERED = ("dash", "labelled")
# Behind such ordinals (一是, 首先, 一要) stands an item, not a heading.
_NEVER_HEADED = ("is", "word", "must", "side")


def _trimmed(span: Span) -> Span:
    """Without blanks and closing punctuation at either end."""
    words = span.text
    lead = len(words) - len(words.lstrip(" \t\n:,;。、"))
    kept = _rule("page_number").sub("", words[lead:]).rstrip(" \t\n。,;:、.")
    return Span(kept, span.start + lead, span.start + lead + len(kept))


def _cut(span: Span, at: int, to: int | None = None) -> Span:
    to = len(span.text) if to is None else to
    return Span(span.text[at:to], span.start + at, span.start + to)


def _sentences(span: Span, ends: str = "sentence_end") -> list[Span]:
    """The sentences of a stretch, without their ends. A full line that ends in no punctuation goes on in the next."""
    edges = [
        m.end()
        for m in _rule(ends).finditer(span.text)
        if not _rule("wrap").match(span.text, *_line(span.text, m))
    ]
    made = (_trimmed(_cut(span, a, b)) for a, b in pairwise([0, *edges, len(span.text)]))
    return [s for s in made if _rule("word").search(s.text)]


def _first(span: Span) -> str:
    """The first sentence of a stretch."""
    return next((s.text for s in _sentences(span)), span.text)


def _line(text: str, end: re.Match[str]) -> tuple[int, int]:
    """The line that ends with a match, with it."""
    return text.rfind("\n", 0, end.start()) + 1, end.end()


class _Reader:
    """Goes through the parts of a section; ``kind`` is what is being told of, ``done`` whether as done already, ``last_year``
    whether about what was wrong the year before."""

    def __init__(self, parts: list[_Part], heading: str, year: int) -> None:
        self._parts, self._number, self._year = parts, 0, year
        # A section that is headed as measures alone tells of nothing else.
        self._kind = PROBLEM if _rule("of_problems").search(heading) or not heading.strip() else MEASURE
        self._done = self._maybe_done = self._last_year = self._seen = False
        # Whether it has been said that problems follow: then what follows is one, whatever its words.
        self._told = False
        # The last numbered problem, whose measures may be a list of their own; the ordinals of lists that have such lists.
        self._outer: tuple[str, int] | None = None
        self._nested = ""
        self._alone = self._kind == MEASURE

    def items(self) -> Iterator[Item]:
        for number, (part, after) in enumerate(pairwise([*self._parts, None])):
            self._number = number
            if self._resumes(part):
                self._now(PROBLEM)
            content, lead = self._without_lead(self._headed(part.span, part.ordinal), part, after)
            if content.text and part.ordinal and content.start == part.span.start:
                yield from self._numbered(part, content, after, lead is None)
            elif content.text:
                yield from self._prose(content)
            if lead is not None:
                self._announce(lead)

    def _resumes(self, part: _Part) -> bool:
        """Whether a list of problems goes on behind a list of measures of other ordinals within it."""
        if self._outer is None or self._outer[0] != part.ordinal or part.first or self._kind == PROBLEM:
            return False
        between = {p.ordinal for p in self._parts[self._outer[1] + 1 : self._number]} - {""}
        return bool(between) and self._leaves_fault(_first(part.span))

    # what says what follows

    def _headed(self, span: Span, ordinal: str) -> Span:
        """What is left of a part behind a heading that says what follows; behind an ordinal a full stop may end it."""
        first = _first(span) if ordinal else span.text
        match = None if ordinal in _NEVER_HEADED else _rule("headings").match(first + "\n")
        if not match:
            return span
        self._now(MEASURE if match["measures"] else PROBLEM, match[0], "done_heading", "maybe_done_heading")
        return _trimmed(_cut(span, min(match.end(), len(span.text))))

    def _without_lead(self, content: Span, part: _Part, after: _Part | None) -> tuple[Span, Span | None]:
        """A part without a last sentence that only leads to the list behind it, and that sentence."""
        if after is None or not after.first or not content.text:
            return content, None
        *before, last = _sentences(content)
        if self._kind_led_to(last, part.open) or (part.open and before):
            return _trimmed(_cut(content, 0, last.start - content.start)), last
        return content, None

    def _kind_led_to(self, lead: Span, open_: bool) -> str:
        """What a sentence says that follows; empty if it does not."""
        if _rule("introduces").search(lead.text) and not _rule("not_introduced").search(lead.text):
            return PROBLEM
        if open_ and _rule("measures_open").search(lead.text):
            return MEASURE
        led = _rule("measures_lead").search(lead.text) and (open_ or not self._leaves_fault(lead.text))
        return MEASURE if led else ""

    def _announce(self, lead: Span) -> None:
        if kind := self._kind_led_to(lead, True):
            self._now(kind, lead.text)

    def _now(self, kind: str, words: str = "", done: str = "done_lead", maybe: str = "") -> None:
        """What is told of from here on, and as ``words`` say, whether it is done: surely, or where an item shows it."""
        self._kind, self._told = kind, kind == PROBLEM
        self._last_year = kind == MEASURE and self._names_last_year(words)
        self._maybe_done = bool(maybe) and bool(_rule(maybe).search(words))
        self._done = bool(_rule(done).search(words)) or (self._last_year and not _rule("later").search(words))
        # Of measures that nothing wrong was named before, each may name its own.
        self._alone = kind == MEASURE and not self._seen

    def _names_last_year(self, words: str) -> bool:
        return any(
            m["year"] is None or int(m["year"]) < self._year for m in _rule("last_year").finditer(words)
        )

    # numbered parts

    def _numbered(self, part: _Part, content: Span, after: _Part | None, alone: bool) -> Iterator[Item]:
        deeper = alone and after is not None and after.first and after.ordinal != part.ordinal
        if deeper and len(_sentences(content)) == 1 and self._titles(content, after):
            return  # a title over numbered parts is no item itself
        if part.ordinal == "labelled":
            self._kind = PROBLEM
        if self._kind == MEASURE and not (self._alone and self._against(content)):
            yield self._item(MEASURE, content, "numbered", self._own_part(part))
            return
        if answer := self._on_last_year(content):
            yield self._item(MEASURE, answer, "numbered", self._number, last_year=True)
            return
        content, paragraph = self._without_last_year(content)
        problem, rest = self._parted(content)
        # The first of which it was said that they are problems is one, whatever its words.
        announced = self._told and not self._seen
        if rest is None and not announced and self._looks_promised(content):
            self._kind = MEASURE
            yield self._item(MEASURE, content, "numbered", self._number)
            return
        if problem.text:
            self._outer = (part.ordinal, self._number)
            yield self._item(PROBLEM, problem, "numbered", self._number)
        if rest is not None:
            yield from self._turned(rest, after, part)
        if paragraph is not None:
            yield from self._prose(paragraph)

    def _titles(self, content: Span, after: _Part) -> bool:
        """Whether words over a list are its title. A fault over faults is; over anything else it is a problem of its own."""
        if (
            self._kind == MEASURE
            or not self._finds_fault(content.text)
            or _rule("introduces").search(content.text)
        ):
            return True
        return self._finds_fault(_first(after.span)) and not self._looks_promised(after.span)

    def _own_part(self, part: _Part) -> int:
        """The number of the part that a measure stands in: that of the problem whose list it is in, if the problems go on behind
        that list, or did behind one before."""
        if self._outer is None:
            return self._number
        ordinal, number = self._outer
        if part.ordinal == ordinal:
            self._outer = None  # measures in a list of the same ordinals: that of the problems is over
            return self._number
        later = [p for p in self._parts[self._number + 1 :] if p.ordinal == ordinal]
        if (later and not later[0].first) or self._nested == ordinal:
            self._nested = ordinal
            return number
        return self._number

    def _without_last_year(self, content: Span) -> tuple[Span, Span | None]:
        """A numbered part without a paragraph behind it on the year before, and that paragraph."""
        for sentence in _sentences(content)[1:]:
            at = sentence.start - content.start
            if content.text[:at].rstrip(" ").endswith("\n") and self._on_last_year(sentence):
                return _trimmed(_cut(content, 0, at)), _cut(content, at)
        return content, None

    def _turned(self, rest: Span, after: _Part | None, part: _Part) -> Iterator[Item]:
        """What follows the turn within a part: the measure of this problem, or, behind the last of several problems,
        measures in sentences."""
        before = [p for p in self._parts[: self._number] if p.ordinal == part.ordinal]
        own = not before or any(self._parted(p.span)[1] is not None for p in before)
        if own or after is not None:
            yield self._item(MEASURE, rest, "turn", self._number)
            return
        self._now(MEASURE)
        yield from self._prose(rest)

    # sentences

    def _prose(self, content: Span) -> Iterator[Item]:
        for sentence in self._clauses(content):
            if answer := self._on_last_year(sentence):
                yield self._item(MEASURE, answer, "sentence", last_year=True)
                continue
            if _rule("slogan").fullmatch(sentence.text):
                if self._parted(sentence)[1] is not None:
                    self._kind = MEASURE
                continue
            if self._kind == MEASURE and self._goes_back(sentence):
                self._now(PROBLEM)
            # What is wrong and what will be done, in one sentence, go together.
            part = len(self._parts) + sentence.start
            if self._kind == PROBLEM:
                fault, rest = self._parted(sentence)
                if rest is None and self._seen and self._looks_promised(sentence):
                    rest = sentence
                else:
                    yield from self._faults(fault, None if rest is None else part)
                if rest is None:
                    continue
                self._kind, sentence = MEASURE, rest
            else:
                part = None
            yield self._item(MEASURE, sentence, "sentence", part)

    def _clauses(self, content: Span) -> Iterator[Span]:
        """The sentences of a stretch; one that names several faults with a measure each, by these."""
        for sentence in _sentences(content):
            several = _sentences(sentence, "semicolon")
            yield from several if len(several) > 1 and all(map(self._against, several)) else [sentence]

    def _faults(self, sentence: Span, part: int | None) -> Iterator[Item]:
        """The problems of a sentence that is not numbered: a list of faults, or the sentence itself."""
        conceded = _rule("concession").match(sentence.text)
        whole = _trimmed(_cut(sentence, conceded.end() if conceded else 0))
        listed = _rule("listed").search(whole.text)
        left = _trimmed(_cut(whole, listed.end())) if listed else whole
        several = bool(listed) or _rule("semicolon").search(left.text)
        says = None if several else _rule("introduces").search(left.text)
        if says and not self._finds_fault(left.text[: says.start()]):
            self._told = True
            return
        if ending := _rule("and_so_on").search(left.text):
            left = _trimmed(_cut(left, 0, ending.start()))
        if not self._finds_fault(left.text) and not self._told:
            return
        faults = _sentences(left, "semicolon")
        if len(faults) == 1 and listed:
            named = _sentences(left, "comma")
            if len(named) > 1 and all(self._finds_fault(f.text) for f in named):
                faults = named
            elif self._finds_fault(whole.text[: listed.start()]):
                faults = [whole]  # what stands before is a fault too, and no list was opened
        for fault in faults:
            yield self._item(PROBLEM, fault, "listed" if len(faults) > 1 else "sentence", part)

    # what words say

    def _on_last_year(self, content: Span) -> Span | None:
        """What a stretch that opens with a problem of the year before tells to have been done about it; None if it does not."""
        first = _first(content)
        named = _rule("against").match(content.text)
        if not self._names_last_year(first) or not (named or _rule("mended").search(first)):
            return None
        return _trimmed(_cut(content, named.end())) if named else content

    def _goes_back(self, sentence: Span) -> bool:
        """Whether a sentence among measures finds fault and promises nothing: where problem and measure stand by turns."""
        return (
            self._seen
            and not self._done
            and self._leaves_fault(sentence.text)
            and not _rule("promises").search(sentence.text)
        )

    def _finds_fault(self, words: str) -> bool:
        """Whether words find a fault; that none was found is no fault."""
        return bool(_rule("fault").search(_rule("no_fault").sub("", words)))

    def _leaves_fault(self, words: str) -> bool:
        """Whether words find a fault that they do not speak of mending."""
        return self._finds_fault(_rule("mends").sub("", words))

    def _parted(self, content: Span) -> tuple[Span, Span | None]:
        """What is wrong, and what will be done; None where a stretch does not turn to it."""
        if match := self._against(content):
            return _cut(content, *match.span("problem")), _trimmed(_cut(content, match.end()))
        for match in _rule("hinges").finditer(content.text):
            if self._turns(match, content):
                rest = _trimmed(_cut(content, match.start()))
                label = _rule("measures_label").match(rest.text)
                return _trimmed(_cut(content, 0, match.start())), _trimmed(
                    _cut(rest, label.end())
                ) if label else rest
        return content, None

    def _against(self, content: Span) -> re.Match[str] | None:
        """Where one sentence names a fault and what will be done against it."""
        match = _rule("against").match(content.text)
        if not match or self._names_last_year(match[0]):
            return None
        return None if self._leaves_fault(content.text[match.end() :]) else match

    def _turns(self, match: re.Match[str], content: Span) -> bool:
        """Whether words that may turn to what will be done do. A year does if it is a later one, or if something *will* be done
        in it: then the year may be a slip. A sentence that finds fault does not, unless the turn is plain."""
        if match["year"] and not match["will"] and int(match["year"]) <= self._year:
            return False
        if match["sure"]:
            return True
        sentence = _rule("sentence_end").split(content.text[match.start() :].lstrip(), maxsplit=1)[0]
        return not self._leaves_fault(sentence)

    def _looks_promised(self, content: Span) -> bool:
        """Whether a numbered part that nothing announces opens like a measure, and finds no fault."""
        first = _first(content)
        return bool(_rule("promise").match(first)) and not self._finds_fault(first)

    def _item(
        self, kind: str, span: Span, rule: str, part: int | None = None, last_year: bool = False
    ) -> Item:
        words, promised = span.text, kind == MEASURE
        self._seen |= kind == PROBLEM
        later = _rule("later").search(words)
        told = self._done or last_year or (self._maybe_done and _rule("happened").search(words))
        done = promised and bool(_rule("done").search(words) or (told and not later))
        before = last_year or self._last_year or (done and self._names_last_year(words))
        return Item(kind, _trimmed(span), rule, part, done, promised and bool(before and not later))
