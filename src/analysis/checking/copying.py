"""Copying: what repeats last year's report or another unit's, and what a copy leaves behind.

In: the tables of one unit after the other. Out: findings ``copy.*``. Of every report only hashes stay in
memory; its text waits in a temporary file and is read again beside the reports that may share it. What
counts as repeated is declared in copying.yml.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis import frames
from analysis.checking.finding import Bilingual, Findings, Place
from analysis.checking.likeness import Index, alike, folded, itself, settings, sketch
from analysis.checking.names import other_names
from analysis.figures import Figure, number
from analysis.ledger import Ledger
from analysis.register import Register
from analysis.templates import concepts, forms, sections


class _Sentence(NamedTuple):
    """A sentence, what is left of it when it is folded, and how many numbers it has."""

    key: str
    unit: str
    year: int
    section: str
    text: str
    where: str
    start: int
    end: int
    folded: str
    numbers: int


class _Claim(NamedTuple):
    """A number of the prose, its sentence, and the words around it, folded. ``cells`` are the facts that it
    speaks of where they are known, ``held`` what they are worth, ``wrong`` that the number is another."""

    key: str
    unit: str
    year: int
    quote: str
    value: float
    unit_of_measure: str
    about: str
    where: str
    start: int
    end: int
    sentence: str
    words: str
    cells: tuple[str, ...]
    held: float | None
    wrong: bool


class _Problem(NamedTuple):
    """One problem of section five: its sentence, its words as printed, and folded."""

    sentence: str
    text: str
    words: str


@dataclass(frozen=True)
class _Text:
    """What is compared of one report; ``facts`` are the cells that its wrong claims speak of."""

    unit: str
    year: int
    sentences: Sequence[_Sentence]
    problems: Sequence[_Problem]
    claims: Sequence[_Claim]
    facts: Sequence[Mapping]

    @property
    def key(self) -> str:
        return f"{self.unit}/{self.year}"

    def dumps(self) -> bytes:
        return json.dumps(
            [self.unit, self.year, self.sentences, self.problems, self.claims, self.facts]
        ).encode()

    @classmethod
    def loads(cls, data: bytes) -> _Text:
        unit, year, said, problems, claims, facts = json.loads(data)
        return cls(
            unit,
            year,
            [_Sentence(*s) for s in said],
            [_Problem(*p) for p in problems],
            [_Claim(*c) for c in claims],
            facts,
        )


class Copying:
    """Reports whose text is another's: of the year before, or of another unit."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self._index = Index()
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 – it lives as long as the check
        self._places: list[tuple[int, int]] = []
        self._numbers: dict[tuple[str, int], int] = {}  # unit and year → number of the text
        self._units: dict[str, int] = {}
        self._found = Findings(Ledger({}))

    def add(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """See all reports of one unit."""
        said = tables["sentences"]
        other_names(self._found, said, self.register)
        for document in frames.tuples(tables["documents"]):
            of_year = {
                name: tables[name][tables[name]["year"] == document.year]
                for name in ("sentences", "claims", "facts")
            }
            unit = self.register.of(document.unit)
            text = _text(document, itself(unit, document.unit, document.unit_printed), **of_year)
            group = self._units.setdefault(unit.unit, len(self._units))
            counting = [s.folded for s in text.sentences if _counts(s) or s.numbers]
            self._numbers[document.unit, int(document.year)] = self._index.add(
                group, int(document.year), counting
            )
            data = text.dumps()
            self._places.append((self._spool.seek(0, 2), len(data)))
            self._spool.write(data)

    def findings(self) -> pd.DataFrame:
        """What was found in all that was seen."""
        common = self._index.common()
        found = self._found
        traced: set[str] = set()  # claims that a trace has been found for
        for (unit, year), n in self._numbers.items():
            earlier = []
            while (before := self._numbers.get((unit, year - 1 - len(earlier)))) is not None:
                earlier.append(self._read(before))
            if earlier:
                _compared(found, self._read(n), earlier, common, "last_year", traced)
        others: dict[int, list[int]] = {}
        for mine, theirs in [*self._index.pairs(common), *self._kin()]:
            if theirs not in others.setdefault(mine, []):
                others[mine].append(theirs)
        for mine, theirs in others.items():
            _compared(found, self._read(mine), [self._read(t) for t in theirs], common, "other_unit", traced)
        return found.frame()

    def _kin(self) -> Iterable[tuple[int, int]]:
        """A unit's report and its parent's of the same year: always read side by side."""
        for (unit, year), n in self._numbers.items():
            above = self._numbers.get((self.register.of(unit).parent, year))
            if above is not None:
                yield from ((n, above), (above, n))

    def _read(self, n: int) -> _Text:
        start, size = self._places[n]
        self._spool.seek(start)
        return _Text.loads(self._spool.read(size))


# what is kept of a report


def _text(document, own: re.Pattern[str], sentences, claims, facts) -> _Text:
    numbers = claims.groupby(["section", "sentence"]).size()
    rows = [
        _Sentence(
            s.key,
            s.unit,
            int(s.year),
            s.section,
            s.text,
            s.where,
            int(s.start),
            int(s.end),
            folded(s.text, own),
            int(numbers.get((s.section, s.number), 0)),
        )
        for s in frames.tuples(sentences)
    ]
    at = {
        (s.section, s.number): key for s, key in zip(frames.tuples(sentences), sentences["key"], strict=True)
    }
    known = {f.key: f for f in frames.tuples(facts)}
    claimed = [
        _claim(c, at.get((c.section, c.sentence), ""), own, document, known) for c in frames.tuples(claims)
    ]
    needed = {key for c in claimed if c.wrong for key in c.cells}
    columns = ["key", "unit", "year", "value", "raw", "candidates", "where"]
    held = facts.loc[facts["key"].isin(needed), columns].astype(object)
    return _Text(
        document.unit,
        int(document.year),
        rows,
        list(_problems(rows, own)),
        claimed,
        held.where(held.notna(), None).to_dict("records"),
    )


def _claim(claim, sentence: str, own: re.Pattern[str], document, known: Mapping) -> _Claim:
    cells: tuple[str, ...] = ()
    held = None
    if claim.about and not claim.approximate:
        above = _held(claim.about, document, known)
        below = _held(claim.of, document, known) if claim.of else None
        if above and not claim.of:
            cells, held = above
        elif above and below and below[1]:
            cells, held = (*above[0], *below[0]), 100 * above[1] / below[1]
    off = 0.5 * 10 ** -len(number(claim.value).partition(".")[2]) if claim.of else 0
    return _Claim(
        claim.key,
        claim.unit,
        int(claim.year),
        claim.quote,
        float(claim.value),
        claim.unit_of_measure,
        claim.about,
        claim.where,
        int(claim.start),
        int(claim.end),
        sentence,
        folded(claim.quote, own, whole=True),
        cells,
        held,
        held is not None and abs(held - claim.value) > off + 1e-9,
    )


def _held(concept: str, document, known: Mapping) -> tuple[tuple[str, ...], float] | None:
    """The cells of a concept and their sum, where each is known."""
    keys = [f"{document.key}/{cell}" for cell in concepts()[concept].cells_in(forms()[document.template])]
    facts = [known.get(key) for key in keys]
    if not facts or any(f is None or (pd.isna(f.value) and f.candidates != "0") for f in facts):
        return None
    return tuple(keys), sum(0.0 if pd.isna(f.value) else float(f.value) for f in facts)


_ITEM = re.compile(r"[;；。:：]|(?=[一二三四五六七八九十]是)")


def _problems(said: Iterable[_Sentence], own: re.Pattern[str]) -> Iterable[_Problem]:
    rules = settings()["problem"]
    for sentence in said:
        if sentence.section != "problems":
            continue
        for item in _ITEM.split(sentence.text):
            words = folded(item, own, whole=True)
            bare = re.sub(
                r"^\s*(?:[一二三四五六七八九十]+[是、]|[(（][^)）]{1,3}[)）]|\d+[.、])\s*", "", item
            ).strip()
            if (
                len(words) >= rules["characters"]
                and re.search(rules["weakness"], bare)
                and not re.search(rules["neither"], bare)
            ):
                yield _Problem(sentence.key, bare, words)


def _counts(sentence: _Sentence) -> bool:
    rules = settings()["sentence"]
    return len(sentence.folded) >= rules["characters"] and sentence.numbers < rules["figures"]


# what two reports have in common


def _compared(
    found: Findings, text: _Text, others: Sequence[_Text], common: np.ndarray, whose: str, traced: set[str]
) -> None:
    """Hold a report against others: those of the years before, latest first, or of other units."""
    found.ledger = _ledger([text, *others])
    nearest = others[:1] if whose == "last_year" else others
    _sections(found, text, nearest, common, whose)
    for other in nearest:
        _numbers(found, text, other, traced)
    if whose == "last_year":
        _same_problems(found, text, others)


def _ledger(texts: Sequence[_Text]) -> Ledger:
    rows: dict[str, Callable[[_Text], Iterable[Mapping]]] = {
        "documents": lambda t: [{"key": t.key, "unit": t.unit, "year": t.year}],
        "sentences": lambda t: [{"key": s.key, "text": s.text, "where": s.where} for s in t.sentences],
        "claims": lambda t: [
            {"key": c.key, "value": c.value, "quote": c.quote, "where": c.where} for c in t.claims
        ],
        "facts": lambda t: t.facts,
    }
    made = {name: pd.DataFrame([row for t in texts for row in of(t)]) for name, of in rows.items()}
    return Ledger({name: frame for name, frame in made.items() if len(frame)})


# The codes of what is taken over: a section, a paragraph of it, long sentences.
_TAKEN = {
    "last_year": ("copy.last_year", "copy.paragraph_last_year", "copy.sentences_last_year"),
    "other_unit": ("copy.other_unit", "copy.paragraph_other_unit", "copy.sentences_other_unit"),
}


def _sections(found: Findings, text: _Text, others: Sequence[_Text], common: np.ndarray, whose: str) -> None:
    rules = settings()["section"]
    whole, paragraph, sentences = _TAKEN[whose]
    for section in dict.fromkeys(s.section for s in text.sentences):
        ours = [s for s in text.sentences if s.section == section and _counts(s) and not _common(s, common)]
        if not ours:
            continue
        other, matches = max(((o, _matches(ours, o)) for o in others), key=lambda best: _size(best[1]))
        share = _size(matches) / sum(len(s.folded) for s in ours)
        if (
            share >= rules["share"]
            and _size(matches) >= rules["characters"]
            and len(matches) >= rules["sentences"]
        ):
            _repeated(found, whole, section, other, matches, ours)
            continue
        runs = _runs(ours, matches)
        for run in runs:
            _repeated(found, paragraph, section, other, run, ours)
        long = settings()["verbatim"]
        kept = [m for m in matches if len(m.ours.folded) >= long["characters"] and m.alike == 100]
        if not runs and len(kept) >= long["sentences"]:
            _repeated(found, sentences, section, other, kept, ours)


class _Match(NamedTuple):
    """A sentence and its copy, the place of the copy in its report, and how alike they are (percent)."""

    ours: _Sentence
    theirs: _Sentence
    place: int
    alike: float


def _matches(ours: Sequence[_Sentence], other: _Text) -> list[_Match]:
    theirs = [s for s in other.sentences if _counts(s)]
    found = alike([s.folded for s in ours], [s.folded for s in theirs], settings()["sentence"]["alike"])
    return [
        _Match(s, theirs[place], place, score)
        for s, (place, score) in zip(ours, found, strict=True)
        if place >= 0
    ]


def _size(matches: Iterable[_Match]) -> int:
    return sum(len(m.ours.folded) for m in matches)


def _runs(ours: Sequence[_Sentence], matches: Sequence[_Match]) -> list[list[_Match]]:
    """Matches that follow each other in both reports, where there are enough of them to be a paragraph."""
    at = {s.key: n for n, s in enumerate(ours)}
    runs: list[list[_Match]] = []
    for match in matches:
        before = runs[-1][-1] if runs else None
        if before and match.place == before.place + 1 and at[match.ours.key] == at[before.ours.key] + 1:
            runs[-1].append(match)
        else:
            runs.append([match])
    rules = settings()["paragraph"]
    return [r for r in runs if len(r) >= rules["sentences"] and _size(r) >= rules["characters"]]


def _common(sentence: _Sentence, common: np.ndarray) -> bool:
    """Whether very many units have this sentence."""
    return bool(len(common)) and bool(np.isin(sketch(sentence.folded), common).all())


def _repeated(
    found: Findings,
    code: str,
    section: str,
    other: _Text,
    matches: Sequence[_Match],
    ours: Sequence[_Sentence],
) -> None:
    first, last = matches[0].ours, matches[-1].ours
    keys = [m.ours.key for m in matches]
    n = found.ledger.tally("sentences", keys)
    title = sections()[section]
    found.put(
        code,
        Place(first.unit, first.year, first.where, first.start, last.end),
        reported=f"{n}/{len(ours)}",
        evidence=[*keys, *dict.fromkeys(m.theirs.key for m in matches)],
        section=Bilingual(title.zh, title.en),
        n=n,
        all=found.ledger.tally("sentences", [s.key for s in ours]),
        **_other(found, other),
    )


def _other(found: Findings, other: _Text) -> dict[str, Figure]:
    return {
        "other": found.ledger.figure("documents", f"{other.key}:unit"),
        "year": found.ledger.figure("documents", f"{other.key}:year"),
    }


def _same_problems(found: Findings, text: _Text, earlier: Sequence[_Text]) -> None:
    """Problems stated in the same words in the year before, and for how many years on end."""
    said = {s.key: s for s in text.sentences}
    for problem in text.problems:
        same: list[tuple[_Text, _Problem]] = []
        for other in earlier:
            match = next((p for p in other.problems if p.words == problem.words), None)
            if match is None:
                break
            same.append((other, match))
        if same:
            same.reverse()
            found.put(
                "copy.problem_repeated",
                Place.of(said[problem.sentence]),
                reported=problem.text,
                evidence=[problem.sentence, *(match.sentence for _, match in same)],
                problem=found.ledger.figure("sentences", f"{problem.sentence}:text", problem.text),
                years=[found.ledger.figure("documents", f"{other.key}:year") for other, _ in same],
                exact=all(match.text == problem.text for _, match in same),
            )


# numbers that a copy left standing


def _numbers(found: Findings, text: _Text, other: _Text, traced: set[str]) -> None:
    ours, theirs = text.claims, other.claims
    blocks = SequenceMatcher(
        None, [c.words for c in ours], [c.words for c in theirs], autojunk=False
    ).get_matching_blocks()
    aligned: dict[tuple[str, str], list[tuple[_Claim, _Claim]]] = {}
    for a, b, size in blocks:
        for mine, its in zip(ours[a : a + size], theirs[b : b + size], strict=True):
            if mine.unit_of_measure == its.unit_of_measure and mine.sentence and its.sentence:
                aligned.setdefault((mine.sentence, its.sentence), []).append((mine, its))
    rules = settings()["numbers"]
    for pairs in aligned.values():
        changed = [mine for mine, its in pairs if mine.value != its.value]
        if len(pairs) < rules["aligned"] or len(changed) < rules["changed"] * len(pairs):
            continue
        for mine, its in pairs:
            if mine.value == its.value and mine.key not in traced:
                _left(found, mine, its, changed, other, traced)


def _left(
    found: Findings, mine: _Claim, its: _Claim, changed: Sequence[_Claim], other: _Text, traced: set[str]
) -> None:
    rules = settings()["numbers"]
    chance = (
        mine.value < rules["least"]
        or mine.value in rules["except"]
        or mine.unit_of_measure not in rules["units"]
    )
    if not mine.wrong and (chance or mine.held is not None):
        return
    traced.add(mine.key)
    sign = "%" if mine.unit_of_measure == "%" else ""
    values = {
        "quote": found.ledger.figure("claims", f"{mine.key}:quote", mine.quote),
        "kept": found.ledger.figure("claims", mine.key, number(mine.value) + sign),
        "changed": found.ledger.tally("claims", [c.key for c in changed]),
        **_other(found, other),
    }
    evidence = [mine.key, its.key, *(c.key for c in changed)]
    if mine.wrong and not sign:
        found.put(
            "copy.number_left",
            Place.of(mine),
            reported=number(mine.value),
            expected=number(mine.held),
            evidence=[*evidence, *mine.cells],
            suspect=[mine.key],
            held=found.ledger.figure("facts", " + ".join(mine.cells)),
            **values,
        )
    else:
        found.put(
            "copy.number_kept",
            Place.of(mine),
            reported=number(mine.value) + sign,
            evidence=evidence,
            suspect=[mine.key] if mine.wrong else [],
            **values,
        )
