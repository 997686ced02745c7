"""Numbers said in prose become claims.

In: the sentences of a section. Out: one row for every counted thing (table ``claims``), with the
concept it speaks of where a declared wording says so (templates/concepts.yml). A number that no
wording fits is kept, with no concept; so is a concept that no table holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from analysis import templates
from analysis.errors import InputError
from analysis.reading.guards import of_disclosure, of_the_whole
from analysis.reading.layout import ORDINAL, Section, Span, prose
from analysis.reading.normalise import Text, typeset
from analysis.reading.quantities import Counted, numbers
from analysis.templates import Concept, Form

# All that may stand between a wording and its number: “不予公开的共42件”, “受理总数为161件”.
_BETWEEN = re.compile(
    r"(?:的|了|到|仅|有|共|共有|共计|总计|合计|累计|总数|数量|件数|总量|达|达到|为|是|约|近|超过?|逾|案件|申请|:|\s)*"
)
# More numbers than this no prose has.
_MOST = 3_000
_CLAUSE = re.compile(r"[,;:，；：]")
# How far before a number its wording may begin, and its sentence is looked at.
_NEAR, _FAR = 80, 400
# Words that say for themselves that requests are meant.
_REQUEST = re.compile("申请|信息公开")
# What leads up to a percentage, with the base it names: “占”, “占比为”, “占办结总数的”, “(”.
_SHARE = re.compile(
    r"[,、(（\s]*(?:约?占(?:比)?(?:(?:全部|全年|本年|所有)?(?P<base>[^,;:、。()占0-9]{2,14}?)的?)?(?:比例|比重|比)?|(?:占)?比例)?"
    r"(?:为|约|达|是|的)*\s*$"
)
# The measures in which the claims about cells of these tables must be about disclosure, and no other business.
_BUSINESS = ("applications", "disputes", "statistics")


def claims_of(text: Text, sections: Iterable[Section], whose: Mapping, form: Form) -> list[dict]:
    """Every number that the prose of ``sections`` says (rows of the table ``claims``).

    Only concepts that ``form`` has cells for are spoken of, and those known from prose alone.
    """
    known = _known(form)
    rows = []
    for section in sections:
        for number, sentence in enumerate(prose(text, section)):
            for counted, about, of in _Sentence(text, section, sentence, known, whose):
                if len(rows) >= _MOST:
                    raise InputError(
                        f"{text.where(sentence.start)}：正文的数字超过 {_MOST} 个，不会是一份年度报告；请确认文件。",
                        f"{text.where(sentence.start)}: the prose has more than {_MOST} numbers, too many for a report; "
                        "check the file.",
                    )
                start, end = sentence.start + counted.start, sentence.start + counted.end
                first, last = text.span(start, end)
                rows.append(
                    {
                        "key": f"{whose['unit']}/{whose['year']}/claim/{len(rows) + 1}",
                        **whose,
                        "section": section.code,
                        "part": _part(section, start),
                        "quote": typeset(_quote(sentence, counted)),
                        "value": counted.quantity.value,
                        "unit_of_measure": counted.quantity.unit,
                        "approximate": counted.quantity.approximate,
                        "about": about,
                        "of": of,
                        "sentence": number,
                        "where": text.where(start),
                        "start": first,
                        "end": last,
                    }
                )
    return rows


def _part(section: Section, place: int) -> str:
    """The ordinal of the numbered part that a number stands in: （二）, or nothing."""
    part = section.part_at(place)
    return ORDINAL.match(part.text)[0].strip() if part else ""


def _quote(sentence: Span, counted: Counted) -> str:
    """The clause that says the number, without the sentence around it."""
    before = max((m.end() for m in _CLAUSE.finditer(sentence.text, 0, counted.start)), default=0)
    after = _CLAUSE.search(sentence.text, counted.end)
    return sentence.text[before : after.start() if after else len(sentence.text)].strip("。 ")


def _known(form: Form) -> list[Concept]:
    return [c for c in templates.concepts().values() if c.wordings and (not c.cells or c.cells_in(form))]


class _Sentence:
    """A sentence whose numbers are to be understood: iterating gives each number with the concept that it
    counts, or the share of what."""

    def __init__(
        self, text: Text, section: Section, sentence: Span, known: Sequence[Concept], whose: Mapping
    ) -> None:
        self.text, self.known, self.whose = sentence.text, known, whose
        part = section.part_at(sentence.start)
        floor = max(part.start if part else section.start, sentence.start - _FAR)
        self.context = text.clean[floor : sentence.start]

    def __iter__(self) -> Iterator[tuple[Counted, str, str]]:
        previous: tuple[Counted, str] | None = None
        for counted in numbers(self.text):
            about = of = ""
            since = previous[0].end if previous else 0
            if counted.quantity.unit == "%":
                about, of = self._share(since, counted, previous[1] if previous else "")
            else:
                about = self._concept(since, counted.start, self.text[counted.end :], counted.quantity.unit)
                if about and previous and self._of_another(about, since, counted, *previous):
                    about = ""
                previous = (counted, about)
            yield counted, about, of

    def _of_another(self, about: str, since: int, counted: Counted, before: Counted, what: str) -> bool:
        """Whether a bare word for requests on their way (办结98件) goes on speaking of the number before it, which
        counts something else."""
        known = templates.concepts()
        behind = _CLAUSE.split(self.text[counted.end : counted.end + _NEAR])[0]
        if not known[about].flow or _REQUEST.search(self.text[since : counted.start] + behind):
            return False
        unit = before.quantity.unit
        asked = what and (known[what].flow or known[what].share_of)
        return unit == counted.quantity.unit and not asked

    def _share(self, since: int, counted: Counted, about: str) -> tuple[str, str]:
        """What a percentage is a share of what: of the count before it, or of what the words say."""
        between = self.text[since : counted.start]
        concept = templates.concepts().get(about)
        if not (match := _SHARE.fullmatch(between)):
            if not (match := _SHARE.search(between)) or "占" not in match[0]:
                return self._rate(since, counted)
            about = self._concept(since, since + match.start(), "", None)
            concept = templates.concepts().get(about)
        if not concept or not concept.share_of:
            return "", ""
        if not match["base"]:
            return concept.code, concept.share_of
        bases = [c.code for c in self.known if c.base and c.base.fullmatch(match["base"])]
        return (concept.code, bases[0]) if bases else ("", "")

    def _rate(self, since: int, counted: Counted) -> tuple[str, str]:
        """A percentage that has a name: 办结率."""
        before = self.text[max(since, counted.start - _NEAR) : counted.start]
        for concept in self.known:
            for name, of in concept.rates.items():
                match = next((m for m in name.finditer(before) if _BETWEEN.fullmatch(before, m.end())), None)
                start = counted.start - len(before) + match.start() if match else 0
                if match and self._stands(concept, start, start + len(match[0])):
                    return concept.code, of[0]
        return "", ""

    def _concept(self, since: int, start: int, after: str, unit: str | None) -> str:
        """The code of the concept whose wording fits best: the longest match, then the nearest.

        The number begins at ``start``, ``after`` follows it; nothing before ``since`` belongs to it.
        """
        since = max(since, start - _NEAR)
        clause = max((m.end() for m in _CLAUSE.finditer(self.text, since, start)), default=since)
        before = self.text[clause:start]
        best: tuple[int, int, str] = (0, 0, "")
        place = start
        for concept in self.known:
            if unit is not None and unit not in concept.units:
                continue
            for wording in concept.wordings:
                found, at = 0, start
                matches: list[re.Match[str]] = []
                if wording.after:
                    if not (match := wording.after.match(after)):
                        continue
                    matches.append(match)
                    found += len(match[0]) + 1
                if wording.before:
                    fits = [m for m in wording.before.finditer(before) if _BETWEEN.fullmatch(before, m.end())]
                    if not fits:
                        continue
                    match = max(fits, key=lambda m: (m.end(), len(m[0])))
                    matches.append(match)
                    found, at = found + len(match[0]), clause + match.start()
                    score = (found, match.end(), concept.code)
                else:
                    score = (found + 100, 0, concept.code)  # said right behind the number
                if (
                    score > best
                    and self._years(matches)
                    and (
                        not wording.sentence
                        or wording.sentence.search(self.text, max(0, start - _FAR), start)
                    )
                ):
                    best, place = score, at
        # What fits best and does not stand is not another thing that fits less well.
        return best[2] if best[2] and self._stands(templates.concepts()[best[2]], place, start) else ""

    def _years(self, matches: Sequence[re.Match[str]]) -> bool:
        """Whether the years that a wording names are the next and the last one."""
        due = {"next": self.whose["year"] + 1, "last": self.whose["year"] - 1}
        named = [(which, year) for m in matches for which, year in m.groupdict().items() if year]
        return all(int(year) == due[which] for which, year in named)

    def _stands(self, concept: Concept, wording: int, end: int) -> bool:
        """Whether the words before ``end`` count the whole of the unit, its year and, where the concept
        asks for it, disclosure; a concept without cells takes any number."""
        if not concept.cells:
            return True
        said = self.text[:end]
        if not of_the_whole(said, wording, self.whose["unit"], self.whose["year"]):
            return False
        if not concept.cells[0].startswith(_BUSINESS):
            return True
        before = len(self.context)
        return of_disclosure(self.context + said, before, before + wording, bool(concept.share_of))
