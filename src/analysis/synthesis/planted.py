"""An error of the kinds of ``planting``, planted in a report before it is printed.

In: the blocks of a report, and of the one before. Out: the blocks with the error in them, and what was printed instead of what.
The report is read as text; a planting is an edit of that text, and every character of it is known to stand in a line, or
in a cell, of the blocks. So the same error can be printed in any format.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from analysis.reading import read_report
from analysis.synthesis import printing
from analysis.synthesis.contradictions import Page
from analysis.synthesis.planting import KINDS, OF_ANOTHER, Edit, Planting, against, plantings_of
from analysis.synthesis.printing import Block, Grid

# Of a text that was replaced so much is told.
_TOLD = 80


class Planted(NamedTuple):
    """One thing that is printed otherwise: ``true`` and ``printed`` are the words; ``against`` says what contradicts it
    (identity, prose, year, form, copy), empty where nothing does."""

    kind: str
    place: str
    true: str
    printed: str
    against: str


class Plant(NamedTuple):
    """A planting of a kind in a page."""

    kind: str
    planting: Planting
    page: Page


@dataclass(frozen=True)
class _Line:
    """A line of the text: of which block, which row of a grid, and where its cells begin and end."""

    start: int
    end: int
    block: int
    row: int = -1
    boxes: tuple[tuple[int, int], ...] = ()


def planted(
    blocks: Sequence[Block],
    years: Mapping[int, Sequence[Block]],
    unit: str,
    year: int,
    folder: Path,
    seed: str,
    other: tuple[str, Sequence[Block]] | None = None,
) -> tuple[list[Block], Plant | None]:
    """The report with an error of some kind; as it was where none of the kinds can be planted. ``years`` are the sound
    reports of the year before and after that there are, ``other`` the name of another unit and its report of the year, ``folder``
    a place for the texts."""
    rng = random.Random(seed)
    page = _beside(Page(_read(blocks, unit, year, folder)), years, folder)
    for code in rng.sample(list(KINDS), len(KINDS)):
        others = [Page(_read(other[1], other[0], year, folder))] if other and code == OF_ANOTHER else []
        found = plantings_of(code, page, rng, others)
        for planting in rng.sample(found, min(len(found), 3)):
            made = _applied(blocks, planting)
            if made is not None:
                return made, Plant(code, planting, page)
    return list(blocks), None


def told_of(plant: Plant, years: Mapping[int, Sequence[Block]], folder: Path) -> list[Planted]:
    """What a planting comes to in print, where the years before and after are printed like this, their own errors among it."""
    reasons = " ".join(against(_beside(plant.page, years, folder), plant.planting))
    told = _told(plant.planting, plant.page.report.text.raw)
    return [Planted(plant.kind, *each, reasons) for each in told]


def _beside(page: Page, years: Mapping[int, Sequence[Block]], folder: Path) -> Page:
    unit, year = page.report.unit, page.report.year
    beside = {of: Page(_read(near, unit, of, folder)) for of, near in years.items()}
    return replace(page, beside={**beside, year: page})


def _read(blocks: Sequence[Block], unit: str, year: int, folder: Path):
    path = folder / unit / f"{year}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(printing.text(blocks, "bars"), encoding="utf8")
    return read_report(path, unit, year)


def _told(planting: Planting, raw: str) -> Iterator[tuple[str, str, str]]:
    """Place, true words and printed words of each edit."""
    cells = list(planting.cells)
    each = len(cells) == len(planting.edits)
    for n, edit in enumerate(planting.edits):
        words = raw[edit.start : edit.end].strip(), edit.new.strip()
        true, new = (w if len(w) <= _TOLD else w[:_TOLD] + "…" for w in words)
        yield cells[n] if each else planting.place, true, new


def _lines(blocks: Sequence[Block]) -> list[_Line]:
    """The lines of the text that ``printing.text`` makes with bars."""
    made, at = [], 0
    for n, block in enumerate(blocks):
        if isinstance(block, str):
            made.append(_Line(at, at + len(block) + 1, n))
            at += len(block) + 1
            continue
        for r, row in enumerate(block.rows):
            start, boxes = at, []
            for box in row:
                boxes.append((at, at + len(box.text)))
                at += len(box.text) + len(" | ")
            at += 1 - len(" | ")
            made.append(_Line(start, at, n, r, tuple(boxes)))
    return made


def _applied(blocks: Sequence[Block], planting: Planting) -> list[Block] | None:
    """The blocks with the planting in them; None if it does not fit them."""
    lines = _lines(blocks)
    made: list[Block | None] = list(blocks)
    for edit in sorted(planting.edits, key=lambda e: e.start, reverse=True):
        touched = [
            line for line in lines if line.start < max(edit.end, edit.start + 1) and edit.start < line.end
        ]
        whole = edit.end >= touched[-1].end - 1 and edit.start == touched[0].start and edit.end > edit.start
        if not (
            _gone(made, touched, edit) if whole else len(touched) == 1 and _changed(made, touched[0], edit)
        ):
            return None
    left = [b for b in made if b is not None]
    wanted = planting.text(printing.text(blocks, "bars"))
    return left if _bare(printing.text(left, "bars")) == _bare(wanted) else None


def _bare(text: str) -> str:
    return re.sub(r"[\s|]", "", text)


def _gone(made: list[Block | None], touched: Sequence[_Line], edit: Edit) -> bool:
    """Whole lines are replaced, or taken out."""
    first = touched[0]
    for line in reversed(touched):
        block = made[line.block]
        if isinstance(block, Grid):
            rows = [t for t in touched if t.block == line.block]
            if len(rows) == len(block.rows):
                made[line.block] = None
            elif (shorter := block.without(line.row)) is not None and len(rows) == 1:
                made[line.block] = shorter
            else:
                return False
        elif block is not None:
            made[line.block] = type(block)(edit.new.strip()) if line is first and edit.new.strip() else None
    return True


def _changed(made: list[Block | None], line: _Line, edit: Edit) -> bool:
    """Some characters of a line are replaced."""
    block = made[line.block]
    if isinstance(block, str):
        made[line.block] = type(block)(
            block[: edit.start - line.start] + edit.new + block[edit.end - line.start :]
        )
        return True
    for n, (start, end) in enumerate(line.boxes):
        if start <= edit.start and edit.end <= end:
            box = block.rows[line.row][n]
            text = box.text[: edit.start - start] + edit.new + box.text[edit.end - start :]
            made[line.block] = block.with_box(line.row, n, replace(box, text=text))
            return True
    return False
