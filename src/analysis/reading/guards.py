"""Whether a number of the prose speaks of the whole unit, in its year, and of disclosure.

In: the sentence up to the number, and where in it the wording begins that was recognised. Out: yes or
no. What is of another year, of several, a plan, a comparison, a part, one channel, or of other business
than disclosure is no claim about a cell of the tables (the words are declared in guards.yml).
"""

from __future__ import annotations

import re
from functools import cache

from analysis.templates import declared

_CLAUSE = re.compile(r"[,;:，；：。]")
_FIGURES = str.maketrans("〇○零O一二三四五六七八九", "0000123456789")
# How far back a sentence or a paragraph is looked at.
_FAR = 500


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {k: re.compile(v) for k, v in declared("analysis.reading", "guards.yml").items()}


def of_the_year(said: str, year: int) -> bool:
    """Whether what ``said`` leads up to is of ``year``; ``said`` is the sentence before the wording."""
    words = _patterns()["titles"].sub("", said[-_FAR:])
    named = list(_patterns()["time"].finditer(words))
    if not named or named[-1]["own"]:
        return True
    said_year = named[-1]["year"] or (named[-1]["chinese"] or "").translate(_FIGURES)
    return said_year == str(year)


def of_the_whole(sentence: str, wording: int, unit: str, year: int) -> bool:
    """Whether ``sentence``, which ends where the number begins and has the wording at ``wording``, counts
    something of the whole ``unit`` and of its ``year``."""
    patterns = _patterns()
    before = sentence[:wording]
    if not of_the_year(before, year):
        return False
    start = max((m.end() for m in _CLAUSE.finditer(before)), default=0)
    clause, lead = sentence[start:], before[start:]
    if patterns["plan"].search(lead) or patterns["compare"].search(clause):
        return False
    named = re.search(rf"(?<![-—~至、和及]){year}年|今年|本年|全年|年内", sentence)
    if patterns["span"].search(clause) and not named:
        return False
    if patterns["channel"].search(lead) or patterns["joined"].search(lead[-2:]):
        return False
    part = patterns["part"].search(lead)
    return not part or _own(part["who"], unit)


def _own(who: str, unit: str) -> bool:
    """Whether ``who`` is the unit itself or all of it."""
    if _patterns()["whole"].search(who):
        return True
    who = re.sub("(?:人民政府|政府|管委会)$", "", who)
    # 永康市 in 2020年永康市; 县公安局 for 平潭县公安局.
    return any(who[i:] in unit for i in range(max(1, len(who) - 2))) and not re.search("其中", who)


def of_disclosure(context: str, sentence: int, wording: int, outcome: bool) -> bool:
    """Whether a number is about disclosure: ``context`` ends where it begins, its sentence starts at
    ``sentence`` and its wording at ``wording``. An ``outcome`` (不予处理) is one of what was told before it,
    so that other business in its own sentence (属信访、重复申请等) does not count, but applications must have
    been spoken of."""
    mine, other = _patterns()["disclosure"], _patterns()["business"]
    if outcome and not _patterns()["asked"].search(context):
        return False
    clause = max((m.end() for m in _CLAUSE.finditer(context, sentence, wording)), default=sentence)
    if not outcome and other.search(context, clause, wording) and not mine.search(context, clause):
        return False
    if mine.search(context, sentence):
        return True
    told = context[: sentence if outcome else wording]
    cues = [(m.start(), False) for m in other.finditer(told)] + [
        (m.start(), True) for m in mine.finditer(told)
    ]
    return max(cues)[1] if cues else True
