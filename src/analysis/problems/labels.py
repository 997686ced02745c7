"""What a problem or a measure is about, and how concrete a measure is.

In: the items of section five. Out: the table ``items``. Every label is decided by declared cue words (categories.yml,
rules.yml) and says which ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import pandas as pd

from analysis import frames
from analysis.problems.split import MEASURE, rules, split
from analysis.reading import Report
from analysis.reading.normalise import typeset
from analysis.templates import declared

# A cue in the sentence that opens an item counts this many times; a category is given if its cues weigh at least this
# part of those of the main one.
_OPENING, _SHARE = 2, 0.15


@dataclass(frozen=True)
class Aspect:
    """One thing that a measure can answer."""

    code: str
    category: str
    zh: str
    en: str
    cues: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Category:
    """What a problem is about; one of the fourteen of categories.yml."""

    code: str
    zh: str
    en: str

    def in_(self, language: str) -> str:
        """What readers of ``language`` call it."""
        return self.en if language == "en" else self.zh


@cache
def categories() -> Mapping[str, Category]:
    """Every declared category, by code."""
    return {code: Category(code, d["zh"], d["en"]) for code, d in declared_categories().items()}


@cache
def aspects() -> Mapping[str, Aspect]:
    """Every declared aspect, by code."""
    return {
        code: Aspect(code, category, a["zh"], a["en"], tuple(map(re.compile, a["cues"])))
        for category, d in declared_categories().items()
        for code, a in d["aspects"].items()
    }


@cache
def declared_categories() -> Mapping:
    """The declaration as it stands in categories.yml."""
    return declared("analysis.problems", "categories.yml")


def evidence_on(category: str) -> Mapping:
    """What figures speak to problems of a category (categories.yml ``evidence``); nothing if none do."""
    return declared_categories().get(category, {}).get("evidence", {})


def cues_in(text: str, of: Mapping[str, Aspect] | None = None) -> dict[str, list[str]]:
    """Aspect → the cue words that show it in ``text``, as often as they stand there."""
    found = {
        code: [match[0] for cue in aspect.cues for match in cue.finditer(text)]
        for code, aspect in (of or aspects()).items()
    }
    return {code: words for code, words in found.items() if words}


def opening(item: str) -> str:
    """The sentence that names the problem: the first."""
    return item.partition("。")[0]


@dataclass(frozen=True)
class Label:
    """What a text is about: how much its cues weigh for each aspect, and the words that decided."""

    weights: Mapping[str, int]
    cues: Mapping[str, list[str]]
    categories: Mapping[str, float]

    @property
    def category(self) -> str:
        """The category that weighs most; empty if no cue is there."""
        return next(iter(self.categories), "")


def label_of(text: str, of: Mapping[str, Aspect] | None = None) -> Label:
    """What ``text`` is about by the cues of the aspects ``of`` (by default all): its categories with their parts of
    the weight, the main one first."""
    return _labelled(text, of) if of else _of_all(text)


# An item is asked about when it is found, when it is paired and when it is held against the year before.
@lru_cache(maxsize=1_024)
def _of_all(text: str) -> Label:
    return _labelled(text, aspects())


def _labelled(text: str, of: Mapping[str, Aspect]) -> Label:
    found = cues_in(text, of)
    first = cues_in(opening(text), of) if "。" in text else {}
    weights = {a: len(words) + (_OPENING - 1) * len(first.get(a, ())) for a, words in found.items()}
    by_category: Counter[str] = Counter()
    for aspect, weight in weights.items():
        by_category[of[aspect].category] += weight
    every, most = sum(by_category.values()), max(by_category.values(), default=0)
    ranked = sorted(by_category, key=lambda c: (-by_category[c], int(c[1:])))
    kept = {c: by_category[c] / every for c in ranked if by_category[c] >= _SHARE * most}
    return Label(weights, found, kept)


def specifics(measure: str) -> list[str]:
    """What in a measure could be checked a year later: codes of rules.yml ``specifics``."""
    return [code for code, rule in rules()["specifics"].items() if re.search(rule["find"], measure)]


def items_of(report: Report) -> pd.DataFrame:
    """The table ``items`` of one report: every problem and every measure of section five, in order."""
    rows, count = [], Counter[str]()
    for order, item in enumerate(split(report), 1):
        count[item.kind] += 1
        # Lines are broken anywhere, and pages end within sentences.
        text = re.sub(rules()["line_break"], "", item.span.text)
        label = label_of(text)
        promised = item.kind == MEASURE
        checkable = specifics(text) if promised else []
        start, end = report.text.span(item.span.start, item.span.end)
        rows.append(
            {
                "key": f"{report.key}/{item.kind}/{count[item.kind]}",
                "unit": report.unit,
                "year": report.year,
                "order": order,
                "kind": item.kind,
                "text": typeset(text),
                "category": label.category,
                "categories": " ".join(label.categories),
                "cues": "; ".join(f"{a}: {', '.join(dict.fromkeys(w))}" for a, w in label.cues.items()),
                "specificity": len(checkable),
                "specifics": " ".join(checkable),
                "hedges": len(re.findall(rules()["hedges"], text)),
                "done": item.done,
                "last_year": item.last_year,
                "dated": _dated(text) if promised else 0,
                "rule": item.rule,
                "part": item.part if item.part is not None else -1,
                "where": report.text.where(item.span.start),
                "start": start,
                "end": end,
            }
        )
    return frames.frame("items", rows)


def _dated(measure: str) -> int:
    """The year in which a measure says that it will be done; 0 if it does not."""
    match = re.search(rules()["dated"], re.sub("《[^》]*》", "", measure))
    return int(match[1]) if match else 0
