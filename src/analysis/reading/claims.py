"""Numbers said in prose become claims.

In: the sentences of a section. Out: one row for every counted thing (table ``claims``), with the
concept it speaks of where a declared wording says so (templates/concepts.yml). A number that no
wording fits is kept, with no concept; so is a concept that no table holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from analysis import templates
from analysis.errors import InputError
from analysis.reading.layout import ORDINAL, Section, Span, prose
from analysis.reading.normalise import Text, typeset
from analysis.reading.quantities import Counted, numbers
from analysis.templates import Concept, Form

# All that may stand between a wording and its number: “不予公开的共42件”, “受理总数为161件”.
_BETWEEN = re.compile(
    r"(?:的|了|到|共|共计|总计|合计|累计|总数|数量|件数|总量|达|达到|为|是|约|近|超过?|逾|案件|申请|有|:|\s)*"
)
# More numbers than this no prose has.
_MOST = 3_000
_CLAUSE = re.compile(r"[,;:，；：]")
# What may stand between a count and the percentage printed for it: “42件,占26.6%”, “42件(26.6%)”.
_SHARE = re.compile(r"^[,、(（]?(?:占比?(?:为|约)?|比例为)?$")


def claims_of(text: Text, sections: Iterable[Section], whose: Mapping, form: Form) -> list[dict]:
    """Every number that the prose of ``sections`` says (rows of the table ``claims``).

    Only concepts that ``form`` has cells for are spoken of, and those known from prose alone.
    """
    known = _known(form)
    rows = []
    for section in sections:
        for number, sentence in enumerate(prose(text, section)):
            for counted, about, of in _read(sentence, known):
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


def _read(sentence: Span, known: Sequence[Concept]) -> Iterable[tuple[Counted, str, str]]:
    """Each number of a sentence with the concept it counts, or the share of what."""
    previous: tuple[Counted, str] | None = None
    for counted in numbers(sentence.text):
        about = of = ""
        if counted.quantity.unit == "%":
            between = sentence.text[previous[0].end : counted.start] if previous else None
            concept = templates.concepts().get(previous[1]) if previous else None
            if concept and concept.share_of and _SHARE.match(between.strip()):
                about, of = concept.code, concept.share_of
        else:
            since = previous[0].end if previous else 0
            about = _concept(sentence.text, since, counted, known)
            previous = (counted, about)
        yield counted, about, of


def _concept(sentence: str, since: int, counted: Counted, known: Sequence[Concept]) -> str:
    """The code of the concept whose wording fits best: the longest match, then the nearest."""
    clause = max((m.end() for m in _CLAUSE.finditer(sentence, since, counted.start)), default=since)
    before, after = sentence[clause : counted.start], sentence[counted.end :]
    best: tuple[int, int, str] = (0, 0, "")
    for concept in known:
        if counted.quantity.unit not in concept.units:
            continue
        for wording in concept.wordings:
            if wording.sentence and not wording.sentence.search(sentence[: counted.start]):
                continue
            found = 0
            if wording.after:
                if not (match := wording.after.match(after)):
                    continue
                found += len(match[0]) + 1
            if wording.before:
                matches = [m for m in wording.before.finditer(before) if _BETWEEN.fullmatch(before, m.end())]
                if not matches:
                    continue
                match = max(matches, key=lambda m: (m.end(), len(m[0])))
                found += len(match[0])
                best = max(best, (found, match.end(), concept.code))
            else:
                best = max(best, (found + 100, 0, concept.code))  # said right behind the number
    return best[2]
