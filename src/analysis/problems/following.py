"""What became of it: which problems come back, and which measures the next report speaks of.

In: the reports of one unit and their sections five. Out: ``recurrence`` – each problem with the one of the report before that
says or means the same – and ``follow_up`` – each measure of one report with the sentence of the next that comes nearest to it,
how near, and what the indicators of its category did meanwhile. What is near is no proof that a promise was kept, and what is not
found may have been done without a word: the sentence is shown with its score, for a reader to judge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import pandas as pd

from analysis import frames
from analysis.problems.labels import evidence_on, label_of
from analysis.problems.pairing import fold, overlap, words
from analysis.problems.split import MEASURE, PROBLEM
from analysis.reading import Report

# Two problems are said alike if they have so much of their words, and so many of them, in common.
_ALIKE, _MANY = 0.6, 6
# How near a sentence is, from 0 to 1: the part of the measure's words that it has, and by this weight the part of what the
# measure is about. From the first on it speaks of the measure if it has so many of its words, from the second on it may; with
# fewer of its words than the last it does not.
_ABOUT = 0.4
_SPOKEN, _HEARD = 0.29, 0.1
_MAYBE, _WORDS = 0.17, 0.05
_STATES = ("none", "possible", "found")


def recurrence_of(reports: Sequence[Report], items: pd.DataFrame) -> pd.DataFrame:
    """The table ``recurrence`` of one unit; ``items`` are those of all its reports."""
    rows = []
    since: dict[str, tuple[int, int]] = {}
    before: list = []
    for report in sorted(reports, key=lambda r: r.year):
        own = items[(items["year"] == report.year) & (items["kind"] == PROBLEM)]
        now = list(frames.tuples(own))
        named = {p.category for p in now if p.category}
        since = {c: (since[c][0], since[c][1] + 1) if c in since else (report.year, 1) for c in named}
        for problem in now:
            earlier, likeness, how = _earlier(problem, before)
            first, reports_ = since.get(problem.category, (report.year, 1))
            rows.append(
                {
                    "key": f"{report.key}/recurrence/{problem.key.rpartition('/')[2]}",
                    "unit": report.unit,
                    "year": report.year,
                    "problem": problem.key,
                    "category": problem.category,
                    "earlier": earlier.key if earlier else "",
                    "earlier_year": earlier.year if earlier else 0,
                    "how": how,
                    "likeness": round(likeness, 3),
                    "since": first,
                    "reports": reports_,
                }
            )
        before = now
    return frames.frame("recurrence", rows)


def _earlier(problem, before: Sequence) -> tuple:
    """The problem of the report before that is said alike, or else is about the same; how much of the words they share."""
    own = words(fold(problem.text))
    near = [(p, words(fold(p.text))) for p in before]
    near = [(overlap(own, theirs), p, (own & theirs).total()) for p, theirs in near]
    alike = [n for n in near if n[1].text == problem.text or (n[0] >= _ALIKE and n[2] >= _MANY)]
    if alike:
        likeness, earlier, _ = max(alike, key=lambda n: n[0])
        return earlier, likeness, "wording"
    same = [n for n in near if n[1].category and n[1].category == problem.category]
    likeness, earlier, _ = max(same, key=lambda n: n[0], default=(0.0, None, 0))
    return earlier, likeness, "category" if same else ""


def follow_up_of(reports: Sequence[Report], items: pd.DataFrame, trends: pd.DataFrame) -> pd.DataFrame:
    """The table ``follow_up`` of one unit: the measures of each report in the next; ``items`` are those of all its reports,
    ``trends`` the changes of its rates."""
    rows: list[dict] = []
    # What was told as done already was no promise.
    promises = items[(items["kind"] == MEASURE) & ~items["done"]]
    for before, after in pairwise(sorted(reports, key=lambda r: r.year)):
        said = list(_said(after, items[(items["year"] == after.year) & items["done"]]))
        for n, measure in enumerate(frames.tuples(promises[promises["year"] == before.year]), 1):
            key, score, state = _nearest(measure, said)
            rows.append(
                {
                    "key": f"{after.key}/follow_up/{n}",
                    "unit": after.unit,
                    "year": after.year,
                    "measure": measure.key,
                    "promised": before.year,
                    "category": measure.category,
                    "sentence": key,
                    "score": round(score, 3),
                    "state": state,
                    "trends": " ".join(_moved(measure, trends, before.year, after.year)),
                }
            )
    return frames.frame("follow_up", rows)


def _said(report: Report, done: pd.DataFrame) -> Iterator[tuple[str, Counter[str], Mapping[str, int]]]:
    """The sentences that tell what was done, those of section one and of the items that are told as ``done``: key, words,
    what each is about."""
    for sentence in frames.tuples(report.sentences):
        within = any(d.start < sentence.end and sentence.start < d.end for d in frames.tuples(done))
        if sentence.section == "overview" or (sentence.section == "problems" and within):
            text = fold(sentence.text)
            yield sentence.key, words(text), label_of(text).weights


def _nearest(measure, said: Sequence[tuple[str, Counter[str], Mapping[str, int]]]) -> tuple[str, float, str]:
    """The sentence that comes nearest to a measure, how near, and whether it speaks of it: key, score, state."""
    text = fold(measure.text)
    own, about = words(text), label_of(text).weights
    best = ("", 0.0, "none")
    for key, theirs, shown in said:
        common = (own & theirs).total() / max(1, own.total())
        same = sum(w for a, w in about.items() if a in shown) / max(1, sum(about.values()))
        score = (common + _ABOUT * same) / (1 + _ABOUT)
        if score >= _SPOKEN and common >= _HEARD:
            state = "found"
        else:
            state = "possible" if score >= _MAYBE and common >= _WORDS else "none"
        best = max(best, (key, score, state), key=lambda b: (_STATES.index(b[2]), b[1]))
    return best if best[2] != "none" else ("", best[1], "none")


def _moved(measure, trends: pd.DataFrame, first: int, last: int) -> Iterator[str]:
    """The changes of the rates that bear on what a measure is about, from one report to the next."""
    codes = {code for c in measure.categories.split() for code in evidence_on(c).get("indicators", ())}
    of = trends[
        (trends["span"] == "adjacent")
        & (trends["first"] == first)
        & (trends["last"] == last)
        & trends["subject"].isin(codes)
    ]
    yield from of.loc[of["value_first"].notna() & of["value_last"].notna(), "key"]
