"""The score of a report: points deducted, each with its evidence, and points that cannot be judged.

In: findings with decisions, rates, the documents at hand, the register and a rubric. Out: the table ``scores``, an item
a row, and ``score_totals``; and the same in lines for readers. A finding that people have dismissed costs nothing, one
that they explained the declared share; a rate costs points only where its whole interval passes the threshold, so
that chance is not punished. What cannot be known stays open: a score is a range.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from math import isnan

import pandas as pd

from analysis import frames
from analysis.checking import declared_findings
from analysis.checking.standing import deadline
from analysis.figures import Figure, number, percent, render
from analysis.ledger import Ledger
from analysis.measuring import indicators, wilson
from analysis.register import Register, Unit
from analysis.scoring.rubric import NEEDS, Item, Rubric

# Decisions under which a finding costs nothing, or its explained share; every other leaves it as it is.
_DISMISSED, _EXPLAINED, _CONFIRMED = "dismissed", "explained", "confirmed"


def score(
    findings: pd.DataFrame,
    rates: pd.DataFrame,
    documents: pd.DataFrame,
    rubric: Rubric,
    register: Register | None = None,
    at_hand: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The table ``scores`` of every report in ``documents``.

    ``at_hand`` (columns unit, year) are all reports that were checked together, by default ``documents``:
    they tell what could be compared.
    """
    hand = AtHand(documents if at_hand is None else at_hand, register or Register())
    ledger = Ledger({"rates": rates})
    found = {whose: list(frames.tuples(rows)) for whose, rows in findings.groupby(["unit", "year"])}
    measured = {row.key: row for row in frames.tuples(rates)}
    rows = []
    for document in frames.tuples(documents):
        own = found.get((document.unit, document.year), [])
        for item in rubric.of_year(document.year):
            if item.unseen:
                judged = _Judged(open=item.most, notes=[_WORDS["unseen"]])
            elif item.rate:
                judged = _by_rate(item, measured.get(f"{document.key}/{item.rate}"), ledger)
            else:
                judged = _by_findings(item, own, rubric, lambda need, of=document: hand.has(need, of))
            rows.append(_row(document, item, judged))
    return frames.frame("scores", rows)


def totals(scores: pd.DataFrame, rubric: Rubric) -> pd.DataFrame:
    """The table ``score_totals``: each report's points at best and at worst."""
    rows = []
    for (unit, year), items in scores.groupby(["unit", "year"], sort=False):
        deducted, open_ = float(items["points"].sum()), float(items["open"].sum())
        rows.append(
            {
                "key": f"{unit}/{year}",
                "unit": unit,
                "year": year,
                "rubric": f"{rubric.name['zh']} {rubric.digest}",
                "start": rubric.start,
                "deducted": _exact(deducted),
                "open": _exact(open_),
                "best": max(0.0, _exact(rubric.start - deducted)),
                "worst": max(0.0, _exact(rubric.start - deducted - open_)),
                "clear": int((items["state"] == "clear").sum()),
                "unknown": int((items["state"] == "unknown").sum()),
            }
        )
    return frames.frame("score_totals", rows)


class AtHand:
    """What is there to judge a report by."""

    def __init__(self, reports: pd.DataFrame, register: Register) -> None:
        self.register = register
        self._units: dict[int, set[str]] = defaultdict(set)
        for unit, year in frames.tuples(reports[["unit", "year"]]):
            self._units[year].add(unit)

    def has(self, need: str, document) -> bool:
        """Whether what an item needs is at hand for the report ``document`` (a row of documents)."""
        return self._TRIED[need](self, document, self.register.of(document.unit))

    def _published(self, document, unit: Unit) -> bool:
        return bool(document.published)

    def _deadline(self, document, unit: Unit) -> bool:
        # Where the standing is not known, only a date within the shortest term is surely in time.
        first = deadline(replace(unit, kind="department"), document.year).isoformat()
        return bool(unit.kind) or not document.published or document.published <= first

    def _year_before(self, document, unit: Unit) -> bool:
        return document.unit in self._units.get(document.year - 1, ())

    def _other_units(self, document, unit: Unit) -> bool:
        years = (self._units.get(document.year + n, set()) for n in (-1, 0, 1))
        return any(units - {document.unit} for units in years)

    def _standing(self, document, unit: Unit) -> bool:
        return bool(unit.kind and unit.level)

    def _parts(self, document, unit: Unit) -> bool:
        if (document.scope or unit.scope) == "own":
            return True
        parts = {part.unit for part in self.register.parts(document.unit)}
        return unit.kind == "department" if not parts else parts <= self._units.get(document.year, set())

    _TRIED: Mapping[str, Callable] = {
        "published": _published,
        "deadline": _deadline,
        "year_before": _year_before,
        "other_units": _other_units,
        "standing": _standing,
        "parts": _parts,
    }


@dataclass
class _Judged:
    """What an item costs, what of it is open, by which rows, and why (Chinese, English)."""

    points: float = 0.0
    open: float = 0.0
    evidence: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    notes: list[tuple[str, str]] | None = None


_WORDS = {
    "unseen": (
        "任何年度报告都看不出，须另行查核",
        "no annual report shows it; it has to be looked into elsewhere",
    ),
    "doubt": (
        "属可疑，待人复核（analysis review）后再定",
        "a doubt, to be decided by a person (analysis review)",
    ),
    "dismissed": ("经复核不成立，不扣分", "dismissed by a person, nothing deducted"),
    "explained": ("经复核已有说明", "explained, as a person decided"),
    "capped": ("已至本项上限", "as many points as the item has"),
    "no_rate": ("没有这一比率", "there is no such rate"),
}


def _by_findings(item: Item, own: Iterable, rubric: Rubric, has: Callable[[str], bool]) -> _Judged:
    """Deducts findings; those that name the same suspect are one fault."""
    share = rubric.explained if item.explained is None else item.explained
    shares = {_DISMISSED: 0.0, _EXPLAINED: share}
    notes: list[tuple[str, str]] = []
    sure: dict[str, float] = {}
    doubted: dict[str, float] = {}
    named = []
    for finding in own:
        if finding.code not in item.codes:
            continue
        if finding.decision in shares:
            notes.append(_WORDS[finding.decision])
        weight = shares.get(finding.decision, 1.0)
        if not weight:
            continue
        fault = finding.suspect or finding.key
        kind = doubted if item.confirmed and finding.decision not in (_CONFIRMED, _EXPLAINED) else sure
        kind[fault] = max(weight, kind.get(fault, 0.0))
        named.append(finding)
    points = min(item.most, item.points * sum(sure.values()))
    open_ = min(item.most - points, item.points * sum(n for fault, n in doubted.items() if fault not in sure))
    titles = dict.fromkeys(finding.code for finding in named)
    told = [(d["title"]["zh"], d["title"]["en"]) for d in (declared_findings()[code] for code in titles)]
    if open_:
        notes.append(_WORDS["doubt"])
    if points == item.most and item.points * sum(sure.values()) > item.most:
        notes.append(_WORDS["capped"])
    unknown = [NEEDS[need] for need in item.needs if not has(need)]
    for code in dict.fromkeys(f.code for f in own if f.decision != _DISMISSED):
        if any(fnmatchcase(code, pattern) for pattern in item.open_if):
            title = declared_findings()[code]["title"]
            unknown.append((title["zh"], title["en"]))
    if unknown and points < item.most:
        open_ = item.most - points
        notes += unknown
    return _Judged(
        points,
        open_,
        tuple(f.key for f in named),
        tuple(f.where for f in named),
        [*told, *dict.fromkeys(notes)],
    )


def _by_rate(item: Item, rate, ledger: Ledger) -> _Judged:
    """Deducts where the whole interval lies beyond the threshold, under every placement of the figures."""
    if rate is None:
        return _Judged(open=item.most, notes=[_WORDS["no_rate"]])
    name = (indicators()[item.rate].zh, indicators()[item.rate].en)
    judged = _Judged(evidence=(rate.key,))
    if 0 <= rate.denominator < item.least:
        # Nothing happened, or too little to tell: no deduction either way.
        judged.notes = [_told(_FEW, name, rate, item, ledger)]
        return judged
    if isnan(rate.value) and not isnan(rate.least) and rate.denominator > 0:
        # The cells are open: the intervals of the least and of the greatest share that the page admits.
        bounds = [wilson(round(s * rate.denominator), rate.denominator) for s in (rate.least, rate.most)]
    elif not isnan(rate.low):
        bounds = [(rate.low, rate.high)]
    else:
        judged.open, judged.notes = item.most, [(rate.note_zh, rate.note_en)]
        return judged
    beyond = [_beyond(item, *bound) for bound in bounds]
    if all(beyond):
        judged.points = item.points
    elif any(beyond):
        judged.open = item.most
    judged.notes = (
        [(rate.note_zh, rate.note_en)] if isnan(rate.value) else [_told(_RATE, name, rate, item, ledger)]
    )
    return judged


def _beyond(item: Item, low: float, high: float) -> bool:
    return low > item.above if item.above is not None else high < item.below


_FEW = (
    "{{name}}：{{n}}件，不足{{least}}件，不扣分",
    "{{name}}: {{n}} cases, fewer than {{least}}, nothing deducted",
)
_RATE = (
    "{{name}}{{part}}/{{n}}＝{{value}}，区间{{low}}–{{high}}，界限{{bound}}",
    "{{name}} {{part}}/{{n}} = {{value}}, interval {{low}}–{{high}}, threshold {{bound}}",
)


def _told(
    templates: tuple[str, str], name: tuple[str, str], rate, item: Item, ledger: Ledger
) -> tuple[str, str]:
    """A note on a rate in both languages; its numbers are figures of the rates and of the rubric."""
    bound = item.above if item.above is not None else item.below
    values: dict[str, object] = {
        "n": ledger.figure("rates", f"{rate.key}:denominator"),
        "least": Figure(number(item.least), item.least, "rubric", f"{item.code}:least"),
        "bound": Figure(percent(bound, 0), bound, "rubric", f"{item.code}:bound"),
    }
    if templates is _RATE:
        values["part"] = ledger.figure("rates", f"{rate.key}:numerator")
        for side in ("value", "low", "high"):
            values[side] = ledger.figure("rates", f"{rate.key}:{side}", percent(getattr(rate, side), 1))
    zh, en = (render(t, values, name=n).text for t, n in zip(templates, name, strict=True))
    return zh, en


def _row(document, item: Item, judged: _Judged) -> dict:
    zh, en = zip(*judged.notes, strict=True) if judged.notes else ((), ())
    return {
        "key": f"{document.key}/score/{item.code}",
        "unit": document.unit,
        "year": document.year,
        "item": item.code,
        "group": item.group,
        "title_zh": item.zh,
        "title_en": item.en,
        "points": _exact(judged.points),
        "open": _exact(judged.open),
        "most": item.most,
        "state": "deducted" if judged.points else "unknown" if judged.open else "clear",
        "evidence": " ".join(judged.evidence),
        "places": "; ".join(dict.fromkeys(judged.where)),
        "note_zh": "；".join(zh),
        "note_en": "; ".join(en),
        "remedy_zh": item.remedy["zh"] if judged.points or item.unseen else "",
        "remedy_en": item.remedy["en"] if judged.points or item.unseen else "",
    }


def _exact(points: float) -> float:
    """Points without the dust of the last float digit."""
    return round(points, 6)


# for readers


def line(total, items: pd.DataFrame, language: str = "zh", most: int = 3) -> str:
    """One report in a line: its range, and its main deductions. ``total`` is a row of score_totals."""
    main = items[items["points"] > 0].sort_values("points", ascending=False, kind="stable").head(most)
    title = f"title_{language}"
    named = (f"{getattr(row, title)} −{number(row.points)}" for row in main.itertuples())
    return f"{_range(total):>7}  {total.unit} {total.year}  " + " · ".join(named)


def _range(total) -> str:
    worst, best = number(total.worst), number(total.best)
    return best if worst == best else f"{worst}–{best}"


def card(
    total, items: pd.DataFrame, findings: pd.DataFrame, rubric: Rubric, language: str = "zh"
) -> Iterator[str]:
    """One report in full: what is deducted with place and remedy, what is open and why, what is clear."""
    words = {key: pair[language == "en"] for key, pair in _CARD.items()}
    yield f"{total.unit} {total.year}  {_range(total)} / {number(total.start)}  （{total.rubric}）"
    yield words["sum"].format(number(total.deducted), number(total.open))
    by_key = findings.set_index("key")
    for state in ("deducted", "unknown"):
        rows = items[items["state"] == state]
        if len(rows):
            yield words[state]
        for row in frames.tuples(rows):
            yield from _item(row, by_key, rubric, language, words)
    clear = items[items["state"] == "clear"]
    if len(clear):
        joint = ", " if language == "en" else "、"
        yield words["clear"] + joint.join(clear[f"title_{language}"])


def _item(
    row, findings: pd.DataFrame, rubric: Rubric, language: str, words: Mapping[str, str]
) -> Iterator[str]:
    group = rubric.groups[row.group][language]
    points = f"−{number(row.points)}" if row.points else f"?{number(row.open)}"
    also = words["also"].format(number(row.open)) if row.points and row.open else ""
    yield f"  {points}/{number(row.most)}  [{group}] {getattr(row, f'title_{language}')}{also}"
    yield f"      {getattr(row, f'note_{language}')}"
    for key in row.evidence.split():
        if key in findings.index:
            finding = findings.loc[key]
            yield f"      {finding['where']} [{finding['fingerprint']}] {finding[f'message_{language}']}"
    if remedy := getattr(row, f"remedy_{language}"):
        yield f"      {words['remedy']}{remedy}"


_CARD = {
    "sum": (
        "已扣 {} 分；另有 {} 分不能断定，因此是一个范围。",
        "{} points deducted; {} more cannot be judged, hence a range.",
    ),
    "deducted": ("扣分", "Deducted"),
    "unknown": ("不能断定", "Open"),
    "clear": ("未见问题：", "Clear: "),
    "also": ("（另有 {} 分不能断定）", " ({} more open)"),
    "remedy": ("办法：", "Remedy: "),
}
