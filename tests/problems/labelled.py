"""How far section five is read as two people read it.

labels.json has every section five of ../shared/reports as read by hand, without the program: each problem and measure, by the hash of
its file and by characters (counted without white space in the text of the file: of a page without its tags, of a PDF as pdfplumber gives
it), what it is about, and which measure answers which problem. Two readers labelled alone; where they differ, ``read`` and ``paired``
keep what either said. An item is found if one of its kind covers seven tenths of both together.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pdfplumber
from lxml import html

from analysis.problems.labels import Aspect, aspects, label_of
from analysis.problems.pairing import fold, section_five
from analysis.reading import read_report
from analysis.workbook import over_years

LABELS = Path(__file__).with_name("labels.json")
SPOKEN = Path(__file__).with_name("spoken.json")
_COVERED = 0.7


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def text_of(path: Path) -> str:
    """The text of a file without white space, made without the program."""
    if path.suffix == ".pdf":
        with pdfplumber.open(path) as pages:
            return squeezed("".join(page.extract_text() or "" for page in pages.pages))
    text = path.read_text(encoding="utf8")
    return squeezed(" ".join(html.document_fromstring(text).itertext()) if path.suffix == ".html" else text)


@dataclass
class Read:
    """One report: the items labelled by hand and those found, by what they have in common."""

    name: str
    labels: list[Mapping]
    found: list[Mapping]
    pairs: set[tuple[str, str]]
    matched: dict[str, Mapping] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """How many were found of those there are, and of those found."""

    right: int
    found: int
    there: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.there if self.there else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.found + self.there) if self.found + self.there else 1.0


@cache
def reads(reports: Path) -> tuple[Read, ...]:
    """Every labelled report, read by the program and matched with its labels. Raises if a file is another than the one that
    was labelled."""
    return tuple(_read(entry, reports) for entry in json.loads(LABELS.read_text(encoding="utf8")))


def _read(entry: Mapping, reports: Path) -> Read:
    (path,) = (reports / entry["unit"]).glob(f"{entry['year']}.*")
    if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
        raise ValueError(f"{path} is not the file that was labelled")
    text = text_of(path)
    report = read_report(path, entry["unit"], entry["year"])
    tables = section_five(report)
    found = []
    for item in tables["items"].itertuples(index=False):
        words = squeezed(report.text.raw[item.start : item.end])
        near = len(squeezed(report.text.raw[: item.start]))
        starts = [m.start() for m in re.finditer(re.escape(words[:10]), text)]
        start = min(starts, key=lambda at: abs(at - near))
        end = text.index(words[-10:], start + max(0, len(words) - 10)) + len(words[-10:])
        found.append(
            {
                "key": item.key,
                "kind": item.kind,
                "start": start,
                "end": end,
                "text": item.text,
                "done": item.done,
            }
        )
    pairs = set(zip(tables["pairs"]["problem"], tables["pairs"]["measure"], strict=True))
    made = Read(f"{entry['unit']}/{entry['year']}", entry["items"], found, pairs)
    for label in entry["items"]:
        made.texts[label["id"]] = text[label["start"] : label["end"]]
        free = [f for f in found if f["kind"] == label["kind"] and f not in made.matched.values()]
        if free and share(best := max(free, key=lambda f: share(f, label)), label) >= _COVERED:
            made.matched[label["id"]] = best
    return made


def share(one: Mapping, other: Mapping) -> float:
    """The part of two stretches that both have."""
    common = min(one["end"], other["end"]) - max(one["start"], other["start"])
    return max(0, common) / (max(one["end"], other["end"]) - min(one["start"], other["start"]))


def items(of: Iterable[Read], kind: str = "") -> Score:
    every = [(r, [x for x in r.labels if kind in ("", x["kind"])]) for r in of]
    return Score(
        sum(x["id"] in r.matched for r, labels in every for x in labels),
        sum(kind in ("", f["kind"]) for r, _ in every for f in r.found),
        sum(len(labels) for _, labels in every),
    )


def pairs(of: Iterable[Read]) -> Score:
    right = found = there = 0
    for r in of:
        key = {label: f["key"] for label, f in r.matched.items()}
        due = {(key.get(p), key.get(x["id"])) for x in r.labels for p in x.get("answers", ())}
        right, found, there = right + len(due & r.pairs), found + len(r.pairs), there + len(due)
    return Score(right, found, there)


Text = tuple[str, frozenset[str]]


def labelled_texts(of: Iterable[Read]) -> list[Text]:
    """The items that were found, with the categories that they are to have."""
    return [
        (fold(r.matched[x["id"]]["text"]), frozenset(x["categories"]))
        for r in of
        for x in r.labels
        if x["id"] in r.matched
    ]


Given = list[tuple[frozenset[str], frozenset[str]]]


def given(texts: Iterable[Text], of: Mapping[str, Aspect] | None = None) -> Given:
    """The categories that each text is to have, and those that it has by the cues ``of`` the aspects."""
    return [(due, frozenset(label_of(text, of).categories)) for text, due in texts]


def micro(pairs: Given) -> float:
    """F1 of all categories together."""
    right = sum(len(due & got) for due, got in pairs)
    return 2 * right / sum(len(due) + len(got) for due, got in pairs)


def by_category(pairs: Given) -> dict[str, Score]:
    """Each category: how many items have it, and how many are to have it."""
    right, found, there = Counter[str](), Counter[str](), Counter[str]()
    for due, got in pairs:
        right.update(got & due)
        found.update(got)
        there.update(due)
    return {c: Score(right[c], found[c], there[c]) for c in sorted(found | there, key=lambda c: int(c[1:]))}


def categories(texts: Sequence[Text], of: Mapping[str, Aspect] | None = None) -> dict[str, Score]:
    """The same of texts, by the cues ``of`` the aspects."""
    return by_category(given(texts, of))


def macro(scores: Mapping[str, Score]) -> float:
    """The mean of F1 over the categories that there are or that were given."""
    return sum(s.f1 for s in scores.values()) / len(scores)


def without(unit: str, texts: Mapping[str, Sequence[Text]]) -> dict[str, Aspect]:
    """The aspects with only those cues that some item of another unit shows too: what would be declared had ``unit`` never been
    read. ``texts`` are those of each unit."""
    others = [text for name, of in texts.items() if name != unit for text, _ in of]
    own = [text for text, _ in texts[unit]]
    kept = {}
    for code, aspect in aspects().items():
        cues = tuple(c for c in aspect.cues if any(map(c.search, others)) or not any(map(c.search, own)))
        kept[code] = Aspect(aspect.code, aspect.category, aspect.zh, aspect.en, cues)
    return kept


def quotations(notes: Path) -> list[Text]:
    """The quotations of other reports that were coded by hand for the project's notes, problems and measures."""
    made = []
    for line in notes.read_text(encoding="utf8").splitlines():
        match = re.match(r"\| [PI]\d+ \| (.*?) \| .*? \| (.*?) \|", line)
        if not match:
            continue
        quotes, codes = match.groups()
        parts = (
            zip(quotes.split(" / "), codes.split(" / "), strict=True) if " / " in codes else [(quotes, codes)]
        )
        made += [(re.sub(r"\([^)]*\)$", "", q).strip(), frozenset(re.findall(r"C\d+", c))) for q, c in parts]
    return made


def spoken() -> dict[str, dict[str, bool | None]]:
    """Whether the next report speaks of a measure, by its key: as judged without the program (``blind``) and, of some, with the
    nearest sentences at hand (``sighted``); None where two readers could differ."""
    return json.loads(SPOKEN.read_text(encoding="utf8"))


@cache
def followed(reports: Path) -> dict[str, str]:
    """The same by the program: the state of every measure that was judged."""
    made = {}
    for unit in dict.fromkeys(key.partition("/")[0] for key in spoken()):
        read = [read_report(p, unit, int(p.stem)) for p in sorted((reports / unit).glob("*.*"))]
        table = over_years(read)["follow_up"]
        made |= dict(zip(table["measure"], table["state"], strict=True))
    return made


def readers() -> tuple[float, Score]:
    """How far the two readers agree: the part of the items that they gave the same categories, and their pairs."""
    labels = [x for entry in json.loads(LABELS.read_text(encoding="utf8")) for x in entry["items"]]
    one = other = both = 0
    for x in labels:
        said = x.get("paired", {"a": x.get("answers", []), "b": x.get("answers", [])})
        a, b = set(said["a"]), set(said["b"])
        one, other, both = one + len(a), other + len(b), both + len(a & b)
    same = sum("read" not in x for x in labels) / len(labels)
    return same, Score(both, one, other)
