"""What a problem is about, whether its measure answers it, and how concrete the measure is.

In: the items of section five. Out: the table ``problems``. Every label is decided by declared cue
words (categories.yml, rules.yml) and says which ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pandas as pd

from analysis import frames
from analysis.problems.split import rules, split
from analysis.reading import Report
from analysis.reading.normalise import typeset
from analysis.templates import declared

# A cue in the sentence that names the problem counts this many times.
_OPENING = 3


@dataclass(frozen=True)
class Aspect:
    """One thing that a measure can answer."""

    code: str
    category: str
    zh: str
    en: str
    cues: re.Pattern[str]


@dataclass(frozen=True)
class Category:
    """What a problem is about; one of the fourteen of categories.yml."""

    code: str
    zh: str
    en: str


@cache
def categories() -> Mapping[str, Category]:
    """Every declared category, by code."""
    return {code: Category(code, d["zh"], d["en"]) for code, d in declared_categories().items()}


@cache
def aspects() -> Mapping[str, Aspect]:
    """Every declared aspect, by code."""
    return {
        code: Aspect(code, category, a["zh"], a["en"], re.compile(a["cues"]))
        for category, d in declared_categories().items()
        for code, a in d["aspects"].items()
    }


@cache
def declared_categories() -> Mapping:
    """The declaration as it stands in categories.yml."""
    return declared("analysis.problems", "categories.yml")


def cues_in(text: str) -> dict[str, list[str]]:
    """Aspect → the cue words that show it in ``text``."""
    found = {code: aspect.cues.findall(text) for code, aspect in aspects().items()}
    return {code: words for code, words in found.items() if words}


def opening(problem: str) -> str:
    """The sentence that names the problem: the first."""
    return problem.partition("。")[0]


def _category(problem: str) -> tuple[str, list[str], dict[str, list[str]]]:
    """The category that weighs most, all categories touched, and the cues for each aspect."""
    found, first = cues_in(problem), cues_in(opening(problem))
    weight: dict[str, int] = {}
    for code, words in found.items():
        category = aspects()[code].category
        weight[category] = weight.get(category, 0) + len(words) + (_OPENING - 1) * len(first.get(code, ()))
    ranked = sorted(weight, key=lambda c: (-weight[c], int(c[1:])))
    return (ranked[0] if ranked else ""), ranked, found


def specifics(measure: str) -> list[str]:
    """What in a measure could be checked a year later: codes of rules.yml ``specifics``."""
    return [code for code, rule in rules()["specifics"].items() if re.search(rule["find"], measure)]


def problems_of(report: Report) -> pd.DataFrame:
    """The table ``problems`` of one report."""
    rows = []
    for order, item in enumerate(split(report), 1):
        category, ranked, asked = _category(item.problem.text)
        answered = set(cues_in(item.measure.text))
        # What the problem asks for within its own category; the rest is context.
        own = [a for a in asked if aspects()[a].category == category]
        open_ = [a for a in own if a not in answered]
        if not item.paired:
            answer = "unpaired"
        elif not item.measure.text:
            answer = "none"
        elif not own or not answered:
            answer = "unknown"
        elif len(open_) == len(own):
            answer = "other"
        else:
            answer = "partial" if open_ else "full"
        checkable = specifics(item.measure.text)
        first, last = report.text.span(item.problem.start, item.measure.end or item.problem.end)
        rows.append(
            {
                "key": f"{report.key}/problem/{order}",
                "unit": report.unit,
                "year": report.year,
                "order": order,
                "problem": typeset(item.problem.text),
                "measure": typeset(item.measure.text),
                "category": category,
                "categories": " ".join(ranked),
                "cues": "; ".join(f"{a}: {', '.join(dict.fromkeys(w))}" for a, w in asked.items()),
                "answer": answer,
                "unanswered": " ".join(open_),
                "specificity": len(checkable),
                "specifics": " ".join(checkable),
                "hedges": len(re.findall(rules()["hedges"], item.problem.text + item.measure.text)),
                "where": report.text.where(item.problem.start),
                "start": first,
                "end": last,
            }
        )
    return frames.frame("problems", rows)
