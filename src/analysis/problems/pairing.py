"""Which measure answers which problem.

In: the table ``items`` of one report. Out: ``pairs`` – each measure with the problems it answers, how that is known, and the
score – and ``problems``, one row a problem with what is promised for it. What stands in one numbered part goes together;
else a pair must share what it is about, or its words, and the same place in two lists of one length counts for it. A measure that
stands before all problems was taken against those of the year before.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import pandas as pd

from analysis import frames
from analysis.problems.labels import Label, aspects, items_of, label_of
from analysis.problems.split import MEASURE, PROBLEM, rules
from analysis.reading import Report

# How much each sign counts, from 0 to 1 each: common categories, common words, common aspects, the same place in the list,
# training or inspection against unevenness and slips. A pair needs so much in all, and so much of what the measure's best has; one that is left
# over with another that is left over, so much.
_CATEGORIES, _WORDS, _ASPECTS, _PLACE, _MEANS = 1.0, 2.0, 0.6, 0.3, 0.4
_LEAST, _NEAR, _FAINT = 0.5, 0.5, 0.15


def fold(text: str) -> str:
    """A text as the cue words are declared for: with the half-width punctuation of the folded page."""
    return unicodedata.normalize("NFKC", text)


@cache
def _generic() -> re.Pattern[str]:
    return re.compile(f"{rules()['generic']}|[^一-鿿]+")


def words(text: str) -> Counter[str]:
    """The pairs of characters of a text, without the words that every such text is full of."""
    return Counter(w[i : i + 2] for w in _generic().split(text) for i in range(len(w) - 1))


def overlap(one: Counter[str], other: Counter[str]) -> float:
    """How much of the shorter text is in the other, from 0 to 1."""
    return (one & other).total() / max(1, min(one.total(), other.total()))


def _score(problem: Label, measure: Label, common: float, same_place: bool) -> tuple[float, bool]:
    """How much speaks for a pair, and whether it stands on what the measure is a means against."""
    shared = problem.categories.keys() & measure.categories.keys()
    about = sum(problem.categories[c] + measure.categories[c] for c in shared) / 2
    touched = sum(w for a, w in problem.weights.items() if a in measure.weights)
    asked = touched / max(1, sum(problem.weights.values()))
    means = rules()["means"]
    helped = (
        not shared
        and not problem.categories.keys().isdisjoint(means["against"])
        and not measure.categories.keys().isdisjoint(means["by"])
    )
    score = _CATEGORIES * about + _WORDS * common + _ASPECTS * asked + _PLACE * same_place + _MEANS * helped
    return score, helped


def pairs_of(items: pd.DataFrame, labels: Mapping[str, Label]) -> pd.DataFrame:
    """The table ``pairs`` of one report, from its ``items`` and what each is about (``labels``, by key)."""
    every = list(frames.tuples(items))
    found = {i.key: words(fold(i.text)) for i in every}
    problems, measures = ([i for i in every if i.kind == kind] for kind in (PROBLEM, MEASURE))
    rows, scores = [], []
    for m, measure in enumerate(measures):
        if measure.last_year:
            continue
        own = [p for p in problems if p.part == measure.part >= 0]
        if own:
            rows += [_pair(problem, measure, "part", 1.0) for problem in own]
            continue
        if problems and measure.order < problems[0].order:
            continue
        scored = []
        for p, problem in enumerate(problems):
            in_order = len(problems) == len(measures) and p == m
            common = overlap(found[problem.key], found[measure.key])
            score, helped = _score(labels[problem.key], labels[measure.key], common, in_order)
            scored.append((score, problem, "order" if in_order else "means" if helped else "topic"))
        scores.append((measure, scored))
        least = max(_LEAST, _NEAR * max((score for score, *_ in scored), default=0.0))
        rows += [_pair(problem, measure, how, score) for score, problem, how in scored if score >= least]
    return frames.frame("pairs", [*rows, *_left(scores, rows)])


def _left(scores: Sequence[tuple], rows: Sequence[Mapping]) -> Iterator[dict]:
    """Pairs of what is left: a problem and a measure that have no other, each the nearest of the other, and not by nothing."""
    gone = {row[side] for row in rows for side in ("problem", "measure")}
    near = sorted(
        (
            (score, problem, measure, how)
            for measure, scored in scores
            if measure.key not in gone
            for score, problem, how in scored
            if problem.key not in gone and score >= _FAINT
        ),
        key=lambda n: -n[0],
    )
    for score, problem, measure, how in near:
        if problem.key not in gone and measure.key not in gone:
            gone |= {problem.key, measure.key}
            yield _pair(problem, measure, how, score)


def _pair(problem, measure, how: str, score: float) -> dict:
    both = [c for c in problem.categories.split() if c in measure.categories.split()]
    names = [key.rpartition("/")[2] for key in (problem.key, measure.key)]
    return {
        "key": f"{problem.unit}/{problem.year}/pair/{'-'.join(names)}",
        "unit": problem.unit,
        "year": problem.year,
        "problem": problem.key,
        "measure": measure.key,
        "how": how,
        "score": round(score, 3),
        "shared": " ".join(both),
    }


def problems_of(items: pd.DataFrame, pairs: pd.DataFrame, labels: Mapping[str, Label]) -> pd.DataFrame:
    """The table ``problems`` of one report: one row a problem, with the measures announced for it and whether they answer it;
    then one row a measure that answers none."""
    item = {i.key: i for i in frames.tuples(items)}
    # Paired by a sign that does not say what a measure is about: then it cannot be told to be about something else.
    weak, answering = set(), set()
    promised: dict[str, list] = {}
    for pair in frames.tuples(pairs):
        promised.setdefault(pair.problem, []).append(item[pair.measure])
        answering.add(pair.measure)
        if pair.how == "means" or (pair.how == "order" and not pair.shared):
            weak.add(pair.problem)
    rows = []
    for problem in (i for i in item.values() if i.kind == PROBLEM):
        own = promised.get(problem.key, [])
        rows.append(_row(problem, own, labels, len(rows) + 1, problem.key in weak))
    for measure in (i for i in item.values() if i.kind == MEASURE and i.key not in answering):
        rows.append(_row(None, [measure], labels, len(rows) + 1))
    return frames.frame("problems", rows)


def _row(problem, measures: list, labels: Mapping[str, Label], order: int, weak: bool = False) -> dict:
    every = [*([problem] if problem else []), *measures]
    first = every[0]
    asked = labels[problem.key].weights if problem else {}
    answered = set().union(*(labels[m.key].weights for m in measures))
    # What the problem asks for within its own category; the rest is context.
    own = [a for a in asked if aspects()[a].category == first.category]
    open_ = [a for a in own if a not in answered]
    if problem is None:
        answer = "unpaired"
    elif not measures:
        answer = "none"
    elif not own or not answered or (weak and len(open_) == len(own)):
        answer = "unknown"
    elif len(open_) == len(own):
        answer = "other"
    else:
        answer = "partial" if open_ else "full"
    checkable = list(dict.fromkeys(s for m in measures for s in m.specifics.split()))
    together = bool(problem) and len(measures) == 1 and measures[0].part == problem.part >= 0
    return {
        "key": f"{first.unit}/{first.year}/problems/{order}",
        "unit": first.unit,
        "year": first.year,
        "order": order,
        "problem": problem.text if problem else "",
        "measure": "；".join(m.text for m in measures),
        "category": first.category,
        "categories": first.categories,
        "cues": first.cues,
        "answer": answer,
        "unanswered": " ".join(open_) if problem else "",
        "specificity": len(checkable),
        "specifics": " ".join(checkable),
        "hedges": sum(i.hedges for i in every),
        "items": " ".join(i.key for i in every),
        "where": first.where,
        "start": first.start,
        "end": measures[0].end if together else first.end,
    }


def section_five(report: Report, items: pd.DataFrame | None = None) -> dict[str, pd.DataFrame]:
    """Section five of one report: the tables ``items`` (those given, if it was read already), ``pairs`` and ``problems``."""
    items = items_of(report) if items is None else items
    labels = {i.key: label_of(fold(i.text)) for i in frames.tuples(items)}
    pairs = pairs_of(items, labels)
    return {"items": items, "pairs": pairs, "problems": problems_of(items, pairs, labels)}
