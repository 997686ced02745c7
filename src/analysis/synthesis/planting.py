"""Errors planted in the text of a report, one at a time.

In: the pages of a folder of reports as they were read (``Page``), and a seed. Out: ``Planting`` – the edits of the
page text that plant an error of one kind, the cells and numbers of the prose that change with it, and the
place where it stands. Every kind of ``KINDS`` is a function from a page to all places where it can be planted;
``plantings`` draws some of them. What a planting contradicts is found out in ``contradictions``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import combinations

from analysis import frames
from analysis.reading.quantities import Quantity, parse_cell
from analysis.synthesis.contradictions import (
    Page,
    Said,
    identities_broken,
    links_held,
    prose_broken,
    years_broken,
)
from analysis.templates import Cell, Column, concepts, sections

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_PRINTED = re.compile(r"[+\-增减減]?\d[\d,]*(?:\.\d+)?")
_ORDINALS = "一二三四五六七八九十"
# A sentence worth copying has so many characters.
_SENTENCE = 20


@dataclass(frozen=True)
class Edit:
    """Characters ``start`` to ``end`` of the page text are replaced by ``new``."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Planting:
    """One planted error.

    ``cells`` are the cells that change, with their new value (None: gone or without a value); ``numbers`` the
    claims that change, with the new value; ``gone`` the claims that are no more and ``come`` those that come
    with cloned text; ``rule`` is what the error offends by itself: ``form`` or ``copy``; ``named`` are words
    that say the place where it has no cell and no characters.
    """

    kind: str
    unit: str
    year: int
    place: str
    edits: tuple[Edit, ...]
    cells: Mapping[str, float | None] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    come: tuple[Said, ...] = ()
    rule: str = ""
    named: str = ""

    @property
    def key(self) -> str:
        """The report that it is planted in."""
        return f"{self.unit}/{self.year}"

    @cached_property
    def _ordered(self) -> list[Edit]:
        return sorted(self.edits, key=lambda e: (e.start, e.end))

    def text(self, raw: str) -> str:
        """The page with the error in it."""
        made, since = [], 0
        for edit in self._ordered:
            made += [raw[since : edit.start], edit.new]
            since = edit.end
        return "".join([*made, raw[since:]])

    def stretches(self) -> list[tuple[int, int]]:
        """Where the error stands in the page with it."""
        made, shift = [], 0
        for edit in self._ordered:
            made.append((edit.start + shift, edit.start + shift + len(edit.new)))
            shift += len(edit.new) - (edit.end - edit.start)
        return made

    def back(self, place: int) -> int:
        """A place of the page with the error as a place of the page without it."""
        shift = 0
        for edit, (start, end) in zip(self._ordered, self.stretches(), strict=True):
            if place < start:
                break
            if place < end:
                return edit.start
            shift = end - edit.end
        return place - shift


# cells


@dataclass(frozen=True)
class Printed:
    """A cell that prints a number: where, and as what."""

    cell: Cell
    column: Column
    value: float
    text: str
    start: int
    end: int

    def as_(self, text: str) -> float | None:
        """The value it would have, printed as ``text``; None for no certain value."""
        quantity = parse_cell(text, self.column.kind, self.column.unit)
        if not isinstance(quantity, Quantity):
            return None
        unsigned = self.column.kind == "change" and quantity.value and not quantity.sign
        return None if unsigned else quantity.value


def printed(page: Page) -> list[Printed]:
    """The cells that certainly print a number, in the order of the form."""
    raw, form, found = page.report.text.raw, page.report.form, []
    for f in frames.tuples(page.report.facts):
        text = raw[f.start : f.end]
        if f.status == "reported" and f.value == f.value and _PRINTED.fullmatch(text):
            cell = Cell(f.table, f.row, f.column)
            column = form.tables[f.table].column_of(cell)
            found.append(Printed(cell, column, f.value, text, f.start, f.end))
    return found


def in_cells(page: Page, kind: str, new: Mapping[Printed, str], **more: object) -> Planting | None:
    """The planting that prints other texts in cells; None if that changes nothing."""
    changed = {c: text for c, text in new.items() if text != c.text}
    if not changed:
        return None
    place = "; ".join(f"{c.cell} {c.text}→{text.strip() or '空 blank'}" for c, text in changed.items())
    return Planting(
        kind,
        page.report.unit,
        page.report.year,
        place,
        tuple(Edit(c.start, c.end, text) for c, text in changed.items()),
        {str(c.cell): c.as_(text) for c, text in changed.items()},
        **more,
    )


def _sound(text: str) -> bool:
    """Whether a number is printed as one: no zero before other digits."""
    return bool(text) and not re.match(r"0\d", text)


def digit_changed(text: str, rng: random.Random) -> str:
    """One digit is another one."""
    options = [
        text[:i] + d + text[i + 1 :]
        for i, old in enumerate(text)
        if old.isdigit()
        for d in "0123456789"
        if d != old and _sound(text[:i] + d + text[i + 1 :])
    ]
    return rng.choice(options) if options else text


def digit_dropped(text: str, rng: random.Random) -> str:
    """One digit is missing."""
    whole = text.partition(".")[0]
    options = [text[:i] + text[i + 1 :] for i, d in enumerate(whole) if d.isdigit()]
    options = [o for o in options if _sound(o) and o != text] if len(whole) > 1 else []
    return rng.choice(options) if options else text


def digit_doubled(text: str, rng: random.Random) -> str:
    """One digit stands twice."""
    whole = text.partition(".")[0]
    options = [text[:i] + d + text[i:] for i, d in enumerate(whole) if d.isdigit()]
    options = [o for o in options if _sound(o)]
    return rng.choice(options) if options else text


def digits_transposed(text: str, rng: random.Random) -> str:
    """Two neighbouring digits have changed places."""
    options = [
        text[:i] + text[i + 1] + text[i] + text[i + 2 :]
        for i in range(len(text) - 1)
        if text[i : i + 2].isdigit() and text[i] != text[i + 1]
    ]
    options = [o for o in options if _sound(o)]
    return rng.choice(options) if options else text


Slip = Callable[[str, random.Random], str]


def _slips(slip: Slip, table: str = "") -> Callable[[Page, str, random.Random], Iterator[Planting | None]]:
    def made(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
        for cell in printed(page):
            if table in ("", cell.cell.table):
                yield in_cells(page, kind, {cell: slip(cell.text, rng)})

    return made


def _lines(page: Page) -> dict[tuple[str, str], list[Printed]]:
    """The printed cells of each row, by table and row, where all cells of the row are printed."""
    rows: dict[tuple[str, str], list[Printed]] = {}
    for cell in printed(page):
        rows.setdefault((cell.cell.table, cell.cell.row), []).append(cell)
    tables = page.report.form.tables
    return {k: cells for k, cells in rows.items() if len(cells) == len(tables[k[0]].rows[k[1]].columns)}


def cells_swapped(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """Two cells of a row have changed places."""
    for cells in _lines(page).values():
        for one, other in combinations(cells, 2):
            yield in_cells(page, kind, {one: other.text, other: one.text})


def rows_swapped(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """The numbers of two rows have changed places."""
    lines = _lines(page)
    for (one, ones), (other, others) in combinations(lines.items(), 2):
        if one[0] == other[0] and [c.cell.column for c in ones] == [c.cell.column for c in others]:
            pairs = list(zip(ones, others, strict=True))
            yield in_cells(page, kind, {a: b.text for a, b in pairs} | {b: a.text for a, b in pairs})


def row_shifted(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """All numbers of a row stand one column to the right or left."""
    for cells in (c for c in _lines(page).values() if len(c) > 2):
        texts = [c.text for c in cells]
        for moved in (["0", *texts[:-1]], [*texts[1:], "0"], ["0", *texts[:-2], texts[-1]]):
            yield in_cells(page, kind, dict(zip(cells, moved, strict=True)))


def total_alone(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """A total is changed, and nothing else."""
    totals = {
        e.right[0]
        for t in page.report.form.tables.values()
        for e in t.equations()
        if len(e.right) == 1 and not e.identity.usual
    }
    for cell in printed(page):
        if cell.cell in totals:
            yield in_cells(page, kind, {cell: digit_changed(cell.text, rng)})


def blank_for_zero(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """Nothing is printed where a 0 stood."""
    for cell in printed(page):
        if cell.text == "0":
            yield in_cells(page, kind, {cell: ""}, rule="form")


def sign_dropped(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """A change is printed without its sign."""
    for cell in printed(page):
        if cell.column.kind == "change" and not cell.text[0].isdigit():
            yield in_cells(page, kind, {cell: cell.text[1:]}, rule="form")


def amount_unit(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """An amount is printed in 元 under a header that says 万元, or the reverse."""
    for cell in printed(page):
        if cell.column.kind == "amount" and cell.value:
            for places in (4, -4):
                number = Decimal(cell.text.replace(",", "")).scaleb(places)
                yield in_cells(page, kind, {cell: f"{number.normalize():f}"})


def carry_over(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """What is carried in is changed, and everything in the table with it: only the year before is against it."""
    held = {k.to for k in links_held(page)}
    cells = {str(c.cell): c for c in printed(page)}
    for column in (
        page.report.form.tables["applications"].columns if "applications" in page.report.form.tables else ()
    ):
        if column == "total" or f"applications.carried_in.{column}" not in held:
            continue
        for rows in (("received", -1),), (("carried_out", 1),), (("granted", 1), ("total", 1)):
            by = rng.randint(1, 9)
            changes = {"carried_in": by, **{row: sign * by for row, sign in rows}}
            wanted = {
                f"applications.{row}.{c}": change
                for row, change in changes.items()
                for c in (column, "total")
            }
            if wanted.keys() <= cells.keys() and all(cells[k].value + d >= 0 for k, d in wanted.items()):
                yield in_cells(page, kind, {cells[k]: f"{cells[k].value + d:.0f}" for k, d in wanted.items()})


def stock_broken(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """A stock does not follow from the year before any more."""
    held = {k.to for k in links_held(page) if ".carried_in." not in k.to}
    for cell in printed(page):
        if str(cell.cell) in held:
            for slip in (digit_changed, digit_doubled):
                yield in_cells(page, kind, {cell: slip(cell.text, rng)})


def row_removed(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """A row of a table is not printed."""
    text = page.report.text
    for placed in page.report.tables.values():
        table = placed.printed.table
        for row in placed.printed.rows if table.layout == "rows" else ():
            code = row.cells[0].row
            if not row.label.text or not row.values:
                continue
            start, end = text.span(row.label.start, row.values[-1].end)
            if "|" in text.raw[start:end]:
                start = text.raw.rfind("\n", 0, start) + 1
                end = text.raw.find("\n", end) + 1 or len(text.raw)
            elif ordinal := re.search(rf"(?:{_ordinal(table.rows[code].id)})\s*$", text.raw[:start]):
                start = ordinal.start()
            yield Planting(
                kind,
                page.report.unit,
                page.report.year,
                f"{table.code}.{code}",
                (Edit(start, end, ""),),
                {str(c): None for c in row.cells},
                rule="" if table.partial else "form",
                named=table.rows[code].zh,
            )


def _ordinal(id_: str) -> str:
    """What stands before the label of a row: 3. for R3.3, or （三）."""
    number = id_.rpartition(".")[2] if "." in id_ else ""
    return rf"{number}[.．、]" if number.isdigit() else rf"[（(][{_ORDINALS}]+[）)]|[{_ORDINALS}]、"


# sections and sentences


def _span(page: Page, start: int, end: int) -> tuple[int, int]:
    return page.report.text.span(start, end)


def section_removed(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """A section is missing, heading and all."""
    form = page.report.form
    for code, section in page.report.sections.items():
        start, end = _span(page, section.start, section.end)
        yield Planting(
            kind,
            page.report.unit,
            page.report.year,
            section.heading,
            (Edit(start, end, ""),),
            {str(c.cell): None for c in printed(page) if start <= c.start < end},
            gone=_within(page, start, end),
            rule="form" if code in form.sections else "",
            named=sections()[code].zh,
        )


def _within(page: Page, start: int, end: int) -> frozenset[str]:
    """The claims that stand in a stretch of the page."""
    claims = page.report.claims
    return frozenset(claims[(claims["start"] >= start) & (claims["start"] < end)]["key"])


@dataclass(frozen=True)
class Number:
    """A number of the prose that is printed in digits: where, and as what."""

    said: Said
    text: str
    start: int

    def as_(self, text: str) -> float:
        """The value it would have, printed as ``text``."""
        old = float(self.text.replace(",", ""))
        return round(float(text.replace(",", "")) * (self.said.value / old if old else 1), 6)


def numbers(page: Page) -> list[Number]:
    """The numbers of the prose that are printed in digits."""
    raw, starts = page.report.text.raw, dict(frames.tuples(page.report.claims[["key", "start"]]))
    found = []
    for said in page.said:
        if match := _NUMBER.match(raw, starts[said.key]):
            found.append(Number(said, match[0], match.start()))
    return found


def _renumbered(page: Page, kind: str, number: Number, text: str) -> Planting | None:
    if text == number.text:
        return None
    return Planting(
        kind,
        page.report.unit,
        page.report.year,
        f"{number.said.about or '?'} {number.text}→{text}",
        (Edit(number.start, number.start + len(number.text), text),),
        numbers={number.said.key: number.as_(text)},
    )


def prose_count(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """A count in the prose is another one."""
    for number in numbers(page):
        if number.said.unit != "%":
            slip = rng.choice((digit_changed, digit_changed, digit_doubled, digits_transposed))
            yield _renumbered(page, kind, number, slip(number.text, rng))


def percentage_stale(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """A percentage was worked out from another count than the one that stands there now."""
    for number in numbers(page):
        if number.said.unit != "%":
            continue
        decimals = len(number.text.partition(".")[2])
        by = rng.choice((-1, 1)) * rng.uniform(0.02, 0.3)
        if number.said.of:
            whole = sum(
                page.values.get(str(c), 0) for c in concepts()[number.said.of].cells_in(page.report.form)
            )
            by = max(1, round(abs(by) * whole)) * (1 if by > 0 else -1) / whole * 100 if whole else 0
            stale = number.said.value + by
        else:
            stale = number.said.value * (1 + by)
        if abs(stale - number.said.value) > 2 * number.said.half and stale >= 0:
            yield _renumbered(page, kind, number, f"{stale:.{decimals}f}")


@dataclass(frozen=True)
class Paragraph:
    """A numbered part of a section, or a section without parts, as characters of the page."""

    page: Page
    section: str
    nth: int
    start: int
    end: int

    @property
    def text(self) -> str:
        """Its words."""
        return self.page.report.text.raw[self.start : self.end]


def paragraphs(page: Page) -> Iterator[Paragraph]:
    """The paragraphs of the prose sections."""
    for code in ("overview", "problems", "other_matters"):
        if section := page.report.sections.get(code):
            if section.tables:
                continue
            spans = [(p.start, p.end) for p in section.parts] or [(section.body, section.end)]
            for nth, span in enumerate(spans):
                paragraph = Paragraph(page, code, nth, *_span(page, *span))
                if len(paragraph.text.strip()) > 2 * _SENTENCE:
                    yield paragraph


def _folded(words: str, source: Page, target: Page) -> str:
    """Words of another report as somebody makes them fit: years, and the name of the unit."""
    back = target.report.year - source.report.year
    words = words.replace(source.report.unit, target.report.unit)
    return re.sub(
        r"(?<!\d)20\d\d(?=年)",
        lambda m: str(int(m[0]) + back) if abs(int(m[0]) - source.report.year) <= 1 else m[0],
        words,
    )


def _cloned(kind: str, own: Paragraph, source: Paragraph, one: bool) -> Iterator[Planting]:
    """``source`` in the place of ``own``; ``one`` says that all of its numbers that tables hold were replaced
    but one, else all were kept."""
    form, values = own.page.report.form, own.page.values
    inside = [n for n in numbers(source.page) if source.start <= n.start < source.end]
    due: dict[str, tuple[Number, float]] = {}
    for number in inside:
        cells = (
            concepts()[number.said.about].cells_in(form) if number.said.about and not number.said.of else ()
        )
        held = [values.get(str(c)) for c in cells]
        if (
            cells
            and None not in held
            and number.text.isdigit()
            and number.as_(number.text) == float(number.text)
        ):
            due[number.said.key] = number, sum(held)
    stale = [key for key, (number, held) in due.items() if held != number.said.value]
    for left in stale if one else [None]:
        if one and len(due) < 2:
            return
        words, since, said = [], source.start, []
        for number in inside:
            text = number.text
            if one and number.said.key in due and number.said.key != left:
                text = f"{due[number.said.key][1]:.0f}"
            words += [source.page.report.text.raw[since : number.start], text]
            since = number.start + len(number.text)
            said.append(replace(number.said, value=number.as_(text)))
        words.append(source.page.report.text.raw[since : source.end])
        # Sums of several sentences are not looked for in what is cloned.
        yield Planting(
            kind,
            own.page.report.unit,
            own.page.report.year,
            f"{own.section}({own.nth + 1}) ← {source.page.report.key}",
            (Edit(own.start, own.end, _folded("".join(words), source.page, own.page)),),
            gone=_within(own.page, own.start, own.end),
            come=tuple(said),
            rule="copy",
        )


def _sources(page: Page, others: Iterable[Page]) -> Iterator[tuple[Paragraph, Paragraph]]:
    """Paragraphs of a page with those that stand in the same place of other pages."""
    for other in others:
        theirs = {(p.section, p.nth): p for p in paragraphs(other)}
        for own in paragraphs(page):
            source = theirs.get((own.section, own.nth))
            if source and source.text.strip() != own.text.strip():
                yield own, source


def _last(page: Page) -> list[Page]:
    return [p for y, p in page.beside.items() if y == page.report.year - 1]


def paragraph_last_year(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """A paragraph is that of last year, its years replaced and its numbers kept."""
    for own, source in _sources(page, _last(page)):
        yield from _cloned(kind, own, source, one=False)


def paragraph_last_year_one(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """A paragraph is that of last year, all its numbers replaced but one."""
    for own, source in _sources(page, _last(page)):
        yield from _cloned(kind, own, source, one=True)


def paragraph_other_unit(
    page: Page, kind: str, rng: random.Random, others: Sequence[Page] = ()
) -> Iterator[Planting]:
    """A paragraph is that of another unit, the name and the years replaced."""
    for own, source in _sources(page, [p for p in others if p.report.form.code == page.report.form.code]):
        yield from _cloned(kind, own, source, one=False)


def sentence_last_year(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """A sentence of last year's report was left in."""
    own = list(paragraphs(page))
    for last in _last(page):
        for s in frames.tuples(last.report.sentences):
            words = last.report.text.raw[s.start : s.end].strip()
            places = [p for p in own if p.section == s.section]
            if (
                len(words) >= _SENTENCE
                and words.endswith("。")
                and words not in page.report.text.raw
                and places
            ):
                at = rng.choice(places)
                end = at.start + len(at.text.rstrip())
                inside = [n for n in numbers(last) if s.start <= n.start < s.end]
                yield Planting(
                    kind,
                    page.report.unit,
                    page.report.year,
                    f"{s.section}: {words[:10]}…",
                    (Edit(end, end, words),),
                    come=tuple(n.said for n in inside),
                    rule="copy",
                )


def ordinal_repeated(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """An ordinal of a list is that of the item before."""
    raw = page.report.text.raw
    for pattern in (
        rf"(?<=[。；;：:，,、\s])([{_ORDINALS[1:]}])是",
        rf"[（(]([{_ORDINALS[1:]}])[）)](?=\D)",
        rf"(?<=[\s。])([{_ORDINALS[1:]}])、",
    ):
        for match in re.finditer(pattern, raw):
            before = _ORDINALS[_ORDINALS.index(match[1]) - 1]
            prose = any(
                _span(page, s.start, s.end)[0] <= match.start() < _span(page, s.start, s.end)[1]
                for code, s in page.report.sections.items()
                if not s.tables and code in ("overview", "problems", "other_matters")
            )
            if prose and before + match[0][match[0].index(match[1]) + 1 :] in raw[: match.start()]:
                yield Planting(
                    kind,
                    page.report.unit,
                    page.report.year,
                    f"{match[0]}→{match[0].replace(match[1], before)}",
                    (Edit(match.start(1), match.end(1), before),),
                    rule="form",
                )


def wrong_year(page: Page, kind: str, rng: random.Random) -> Iterator[Planting | None]:
    """The year of another report stands in the text."""
    raw, year = page.report.text.raw, page.report.year
    said = {s.key: s for s in page.said}
    starts = [
        (c.start, said[c.key])
        for c in frames.tuples(page.report.claims)
        if c.about and page.values and concepts()[c.about].cells_in(page.report.form)
    ]
    openings = {p.start for p in paragraphs(page)} | {
        _span(page, s.body, s.body)[0] for s in page.report.sections.values()
    }
    for match in re.finditer(rf"(?<!\d){year}(?=年)", raw):
        line = raw[raw.rfind("\n", 0, match.start()) + 1 : match.start()]
        if re.search(r"(?:目录|链接|栏目)\W*[^。]*$", line[:12]):
            continue
        sentence_end = min(
            (i for i in (raw.find(c, match.end()) for c in "。\n") if i >= 0), default=len(raw)
        )
        # Certain where it titles the report, bounds its period, opens a section, or dates a number of the tables.
        certain = (
            "年度" in raw[match.end() : match.end() + 12]
            and "报告" in raw[match.end() : match.end() + 25]
            or re.search(r"统计(?:期限|时限|周期)[^。]{0,30}$", raw[: match.start()])
            or any(o <= match.start() <= o + 3 for o in openings)
            or any(match.end() <= at < sentence_end for at, _ in starts)
        )
        stale = str(year - rng.choice((1, 1, 2)))
        yield Planting(
            kind,
            page.report.unit,
            year,
            f"{raw[max(0, match.start() - 4) : match.start()]}{year}→{stale}".strip(),
            (Edit(match.start(), match.end(), stale),),
            rule="form" if certain else "",
        )


@dataclass(frozen=True)
class Kind:
    """A kind of error: how it is called, what plants it, and how many times the usual number of places."""

    zh: str
    en: str
    plant: Callable[..., Iterator[Planting | None]]
    often: float = 1
    anywhere: bool = False


KINDS: Mapping[str, Kind] = {
    "digit_disclosure": Kind(
        "表二一格一个数字错", "a digit of a cell, table two", _slips(digit_changed, "disclosure")
    ),
    "digit_applications": Kind(
        "表三一格一个数字错", "a digit of a cell, table three", _slips(digit_changed, "applications"), 3
    ),
    "digit_disputes": Kind(
        "表四一格一个数字错", "a digit of a cell, table four", _slips(digit_changed, "disputes")
    ),
    "digit_statistics": Kind(
        "2018年以前的表一格一个数字错",
        "a digit of a cell, tables before 2019",
        _slips(digit_changed, "statistics"),
        2,
    ),
    "digit_dropped": Kind("漏一个数字", "a digit dropped", _slips(digit_dropped)),
    "digit_doubled": Kind("多打一个数字", "a digit doubled", _slips(digit_doubled), 2),
    "digits_transposed": Kind("两个数字颠倒", "two digits transposed", _slips(digits_transposed)),
    "cells_swapped": Kind("同一行两格对调", "two cells of a row swapped", cells_swapped, 2),
    "rows_swapped": Kind("两行数字对调", "two rows swapped", rows_swapped, 2),
    "row_shifted": Kind("一行错位一栏", "a row shifted by a column", row_shifted, 2),
    "total_alone": Kind("只改合计", "a total changed alone", total_alone, 2),
    "prose_count": Kind("正文件数错", "a count in the prose", prose_count, 2),
    "percentage_stale": Kind("占比按旧数算", "a stale percentage", percentage_stale),
    "carry_over": Kind("结转与上年不接，表内自洽", "carry-over broken, the table itself sound", carry_over),
    "stock_broken": Kind("存量与上年不接", "a stock that does not follow", stock_broken),
    "paragraph_last_year": Kind(
        "照抄上年一段，数字未换", "a paragraph of last year, numbers kept", paragraph_last_year
    ),
    "paragraph_last_year_one": Kind(
        "照抄上年一段，漏换一个数字", "a paragraph of last year, one number kept", paragraph_last_year_one
    ),
    "paragraph_other_unit": Kind("照抄别的单位一段", "a paragraph of another unit", paragraph_other_unit),
    "sentence_last_year": Kind("留下上年一句", "a sentence of last year left in", sentence_last_year),
    "row_removed": Kind("缺一行", "a row removed", row_removed),
    "section_removed": Kind("缺一章", "a section removed", section_removed),
    "blank_for_zero": Kind("零处留空", "a blank for a 0", blank_for_zero),
    "sign_dropped": Kind("增减没有正负号", "a change without its sign", sign_dropped, anywhere=True),
    "amount_unit": Kind("金额单位错（万元、元）", "an amount in the wrong unit", amount_unit),
    "ordinal_repeated": Kind("序号重复", "an ordinal repeated", ordinal_repeated),
    "wrong_year": Kind("正文年份错", "a wrong year in the text", wrong_year),
}


# The kind whose words are of another unit.
OF_ANOTHER = "paragraph_other_unit"


def plantings_of(code: str, page: Page, rng: random.Random, others: Sequence[Page] = ()) -> list[Planting]:
    """Every error of one kind that a page has a place for; ``others`` are the pages of other units."""
    more = {"others": others} if code == OF_ANOTHER else {}
    found = [p for p in KINDS[code].plant(page, code, rng, **more) if p]
    return [p for p in found if p.text(page.report.text.raw) != page.report.text.raw]


def plantings(
    page: Page, seed: int, places: int, others: Sequence[Page] = (), clean: bool = True
) -> list[Planting]:
    """Errors of every kind, ``places`` a kind (some kinds more), drawn with ``seed`` alone.

    ``others`` are the pages of other units; a page that is not ``clean`` gets only what may stand anywhere.
    """
    drawn = []
    for code, kind in KINDS.items():
        if not (clean or kind.anywhere):
            continue
        rng = random.Random(f"{seed}/{code}/{page.report.key}")
        found = plantings_of(code, page, rng, others)
        drawn += rng.sample(found, min(len(found), round(places * kind.often)))
    return drawn


def said_now(page: Page, planting: Planting) -> dict[str, Said]:
    """The numbers of the prose of the page after the planting, by key."""
    return {
        s.key: replace(s, value=planting.numbers.get(s.key, s.value))
        for s in page.said
        if s.key not in planting.gone
    }


def values_now(page: Page, planting: Planting) -> dict[str, float]:
    """The certain cells of the page after the planting."""
    changed = {**page.values, **planting.cells}
    return {cell: value for cell, value in changed.items() if value is not None}


def against(page: Page, planting: Planting) -> tuple[str, ...]:
    """What contradicts a planting: identity, prose, year, or the rule that it offends; nothing if it cannot be told."""
    after = values_now(page, planting)
    reasons = []
    if identities_broken(page.report.form, page.values, after):
        reasons.append("identity")
    if prose_broken(page, after, said_now(page, planting), planting.come):
        reasons.append("prose")
    if years_broken(page, after):
        reasons.append("year")
    if planting.rule:
        reasons.append(planting.rule)
    return tuple(reasons)
