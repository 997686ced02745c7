"""The official forms as data.

What comes in: the YAML files of this folder (forms, sections, tables, concepts). What goes out:
frozen objects that every later room reads: where a number goes (reading), what must add up
(checking), what is summed (measuring), what a cell is called (writing). Nothing about the forms is
written anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml


class Cell(NamedTuple):
    """The address of one cell of a form, printed as ``table.row.column``."""

    table: str
    row: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.row}.{self.column}"

    @classmethod
    def parse(cls, text: str) -> Cell:
        """``applications.denied.state_secret.total`` → the cell; rows may hold dots."""
        table, _, rest = text.partition(".")
        row, _, column = rest.rpartition(".")
        return cls(table, row, column)


@dataclass(frozen=True)
class Label:
    """What a row or column is called: official Chinese, a short form for charts, English."""

    code: str
    zh: str
    en: str
    short: str
    variants: tuple[str, ...] = ()

    def spellings(self) -> tuple[str, ...]:
        """The official label and its declared variants."""
        return (self.zh, *self.variants)

    def in_(self, language: str) -> str:
        """The short label for readers of ``language``."""
        return self.en if language == "en" else self.short


@dataclass(frozen=True)
class Column(Label):
    """``kind`` is ``count``, ``change`` (signed) or ``amount`` (money; ``unit`` if the header has it).

    An ``optional`` column stands on a page only where its header does.
    """

    kind: str = "count"
    unit: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class Row(Label):
    """One row and the columns it holds; ``id`` is its short id in formulas (R3.1), ``heading`` the
    block of table two that it stands in."""

    id: str = ""
    columns: Mapping[str, Column] = field(default_factory=dict)
    heading: str = ""


@dataclass(frozen=True)
class Identity:
    """Something that must add up: sum of ``left`` = sum of ``right``, in every row or every column.

    A ``usual`` one holds on most pages and helps to read them; to break it is no error.
    """

    code: str
    over: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    zh: str
    en: str
    basis: str
    usual: bool = False


class Presumption(NamedTuple):
    """A cell of ``column`` (in ``row``, or in any) is taken to be printed where its line prints at
    least ``numbers`` numbers and one of them reaches ``reaching``."""

    row: str | None
    column: str
    numbers: int = 1
    reaching: int = 0

    def applies(self, cell: Cell, numbers: Sequence[int]) -> bool:
        """Whether ``cell`` is presumed printed on a line that prints ``numbers``."""
        return (
            cell.column == self.column
            and self.row in (None, cell.row)
            and len(numbers) >= self.numbers
            and max(numbers, default=0) >= self.reaching
        )


class Equation(NamedTuple):
    """An identity at one place: the cells of either side. ``at`` is the row or column code."""

    identity: Identity
    at: str
    left: tuple[Cell, ...]
    right: tuple[Cell, ...]


class Carried(NamedTuple):
    """A stock that one year hands to the next: last year's cells (signed) make up this year's ``to``.

    ``plus``/``minus`` are columns of last year, ``plus_now``/``minus_now`` of this year. ``at_most``: it may
    be less than they make, not more. ``reads``: joined digits may be cut by it.
    """

    code: str
    to: str
    plus: tuple[str, ...]
    minus: tuple[str, ...]
    plus_now: tuple[str, ...]
    minus_now: tuple[str, ...]
    zh: str
    en: str
    at_most: bool = False
    reads: bool = True


@dataclass(frozen=True)
class Table:
    """One table of a form. ``layout`` is ``rows`` (a line a row) or ``one_row`` (one line for all).

    ``merged`` are rows that some pages print in place of all rows of a group (其他处理 in one row);
    a ``partial`` table may leave out rows without anything being wrong.
    """

    code: str
    section: str
    zh: str
    en: str
    layout: str
    rows: Mapping[str, Row]
    groups: Mapping[str, Row]
    identities: tuple[Identity, ...] = ()
    presumed: tuple[Presumption, ...] = ()
    carried: tuple[Carried, ...] = ()
    merged: Mapping[str, Row] = field(default_factory=dict)
    partial: bool = False

    def with_merged(self, codes: Iterable[str]) -> Table:
        """The table as a page prints it that has the rows ``codes`` in place of their groups."""
        rows: dict[str, Row] = {}
        for code, row in self.rows.items():
            group = code.rpartition(".")[0]
            if group in codes:
                rows[group] = self.merged[group]
            else:
                rows[code] = row
        return replace(self, rows=rows)

    def with_columns(self, codes: Iterable[str]) -> Table:
        """The table with only these of its columns."""
        kept = set(codes)
        rows = {
            code: replace(row, columns={c: column for c, column in row.columns.items() if c in kept})
            for code, row in self.rows.items()
        }
        return replace(self, rows=rows)

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Every column of the table; in a table of blocks, under its first label."""
        return {c.code: c for row in reversed(self.rows.values()) for c in row.columns.values()}

    def column_of(self, cell: Cell) -> Column:
        """The declared column of a cell."""
        return self.rows[cell.row].columns[cell.column]

    def cells(self) -> Iterator[Cell]:
        """Every cell of the table, row by row."""
        for row in self.rows.values():
            for column in row.columns:
                yield Cell(self.code, row.code, column)

    def expand(self, name: str) -> tuple[str, ...]:
        """A row, group or ``group.*`` → the codes of the rows it stands for (none: not in this form)."""
        if name in self.rows:
            return (name,)
        group = name.removesuffix(".*") + "."
        return tuple(r for r in self.rows if r.startswith(group) and "." not in r[len(group) :])

    def equations(self) -> tuple[Equation, ...]:
        """Every identity of the table at every place where it must hold; one without rows in this form
        does not."""
        return self._equations

    @cached_property
    def _equations(self) -> tuple[Equation, ...]:
        return tuple(e for e in self._made() if e.left and e.right)

    def _made(self) -> Iterator[Equation]:
        for identity in self.identities:
            if identity.over == "rows":
                for row in self.rows if len(self.columns) > 1 else ():
                    left, right = (
                        tuple(Cell(self.code, row, c) for c in side)
                        for side in (identity.left, identity.right)
                    )
                    yield Equation(identity, row, left, right)
            else:
                for column in self.columns:
                    left, right = (
                        tuple(Cell(self.code, r, column) for name in side for r in self.expand(name))
                        for side in (identity.left, identity.right)
                    )
                    yield Equation(identity, column, left, right)


@dataclass(frozen=True)
class Form:
    """One generation of the form; ``sections`` are those that it prescribes."""

    code: str
    zh: str
    en: str
    years: tuple[int, ...]
    source: str
    recognise: tuple[str, ...]
    tables: Mapping[str, Table]
    sections: tuple[str, ...] = ()

    def cells(self) -> Iterator[Cell]:
        """Every cell of the form, table by table."""
        for table in self.tables.values():
            yield from table.cells()

    def expand(self, pattern: str) -> tuple[Cell, ...]:
        """``applications.denied.total`` → the cells of all its rows; () if the form has none."""
        cell = Cell.parse(pattern)
        table = self.tables.get(cell.table)
        if table is None:
            return ()
        return tuple(
            Cell(cell.table, row, cell.column)
            for row in table.expand(cell.row)
            if cell.column in table.rows[row].columns
        )

    def label(self, cell: Cell, language: str) -> str:
        """``部分公开 · 自然人`` — row and column as a reader would name the cell."""
        table = self.tables[cell.table]
        row = table.rows[cell.row].in_(language)
        return f"{row} · {table.column_of(cell).in_(language)}"


@dataclass(frozen=True)
class Wording:
    """One way of writing a concept: ``before``/``after`` the number, ``sentence`` so far."""

    before: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None
    sentence: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Concept:
    """A quantity people speak of: the cells it sums and how prose writes it (concepts.yml)."""

    code: str
    zh: str
    en: str
    cells: tuple[str, ...] = ()
    share_of: str | None = None
    titles: bool = False
    like: str | None = None
    base: re.Pattern[str] | None = None
    rates: Mapping[re.Pattern[str], tuple[str, ...]] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    flow: bool = False
    loose: bool = False
    forms: tuple[str, ...] = ()
    units: tuple[str, ...] = ("件", "条", "宗", "起", "例", "份")
    wordings: tuple[Wording, ...] = field(default=(), repr=False)

    def cells_in(self, form: Form) -> tuple[Cell, ...]:
        """The cells it sums in ``form``; none if that form does not have them."""
        if self.forms and form.code not in self.forms:
            return ()
        return tuple(cell for pattern in self.cells for cell in form.expand(pattern))


@dataclass(frozen=True)
class Section:
    """A section, the titles it is seen under, and patterns that open it where it prints no title."""

    code: str
    zh: str
    en: str
    titles: tuple[str, ...]
    openings: tuple[re.Pattern[str], ...] = ()


@dataclass(frozen=True)
class Crossing:
    """A quantity across the generations of the form (crosswalk.yml): its cells in each, whether it may
    be compared ``into`` a form from the one before (``yes``, ``roughly``, ``no``), and the indicators
    that stand or fall with it."""

    code: str
    name: Mapping[str, str]
    cells: Mapping[str, tuple[str, ...]]
    into: Mapping[str, str]
    indicators: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True)
class Series:
    """A quantity that is followed over the years (series.yml): the cells it sums, the entry of the crosswalk
    that says which breaks of the form it crosses, its unit of measure, none for a count of cases, and whether
    these are events that chance brings."""

    code: str
    name: Mapping[str, str]
    cells: tuple[str, ...]
    crosswalk: str
    unit: Mapping[str, str] | None = None
    events: bool = False

    def cells_in(self, form: Form) -> tuple[Cell, ...]:
        """The cells it sums in ``form``; none if that form does not have them."""
        return tuple(cell for pattern in self.cells for cell in form.expand(pattern))


@cache
def declared(package: str, name: str) -> Any:
    """A declaration file (YAML) that lies beside the code of ``package``; read it, do not change it."""
    text = resources.files(package).joinpath(name).read_text(encoding="utf8")
    # The loader in C where there is one: most of the time of the first report once went into reading declarations.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _label(code: str, data: Mapping) -> dict:
    return {
        "code": code,
        "zh": data["zh"],
        "en": data["en"],
        "short": data.get("short", data["zh"]),
        "variants": tuple(data.get("variants", ())),
    }


def _column(code: str, data: Mapping) -> Column:
    return Column(
        **_label(code, data),
        kind=data.get("kind", "count"),
        unit=data.get("unit"),
        optional=data.get("optional", False),
    )


def _row(code: str, data: Mapping, columns: Mapping[str, Column], heading: str = "") -> Row:
    return Row(**_label(code, data), id=data.get("id", ""), columns=columns, heading=heading)


def _table(data: Mapping, form: str) -> Table:
    """A table as it stands in ``form``: rows marked for other forms only are left out."""
    rows: dict[str, Row] = {}
    merged: dict[str, Row] = {}
    for block in data.get("blocks") or [data]:
        columns = {code: _column(code, c) for code, c in block["columns"].items()}
        for code, row in block["rows"].items():
            if form in row.get("merged_in", ()):
                merged[code] = _row(code, row, columns, block.get("heading", ""))
            elif form in row.get("forms", [form]):
                own = (
                    {c: replace(col, **row["column"]) for c, col in columns.items()}
                    if "column" in row
                    else columns
                )
                rows[code] = _row(code, row, own, block.get("heading", ""))
    return Table(
        code=data["table"],
        section=data["section"],
        zh=data["title"]["zh"],
        en=data["title"]["en"],
        layout=data.get("layout", "rows"),
        rows=rows,
        groups={code: _row(code, g, {}) for code, g in data.get("groups", {}).items()},
        identities=tuple(
            Identity(
                code,
                i["over"],
                tuple(i["left"]),
                tuple(i["right"]),
                i["zh"],
                i["en"],
                i["basis"],
                i.get("usual", False),
            )
            for code, i in data.get("identities", {}).items()
        ),
        presumed=tuple(
            Presumption(p.get("row"), p["column"], p.get("numbers", 1), p.get("reaching", 0))
            for p in data.get("presumed", ())
        ),
        carried=tuple(
            Carried(
                code,
                c["to"],
                *(tuple(c.get(side, ())) for side in ("plus", "minus", "plus_now", "minus_now")),
                c["zh"],
                c["en"],
                c.get("at_most", False),
                c.get("reads", True),
            )
            for code, c in data.get("carried", {}).items()
        ),
        merged=merged,
        partial=data.get("partial", False),
    )


@cache
def forms() -> Mapping[str, Form]:
    """Every declared generation of the form, by code."""
    made = {}
    for code, data in declared(__name__, "forms.yml").items():
        tables = [_table(declared(__name__, f"{name}.yml"), code) for name in data["tables"]]
        made[code] = Form(
            code=code,
            zh=data["name"]["zh"],
            en=data["name"]["en"],
            years=tuple(data["years"]),
            source=data["source"],
            recognise=tuple(data["recognise"]),
            tables={t.code: t for t in tables},
            sections=tuple(data.get("sections", ())),
        )
    return made


@cache
def sections() -> Mapping[str, Section]:
    """The sections of the reports, in the order of the form."""
    return {
        code: Section(
            code,
            d["zh"],
            d["en"],
            tuple(d["titles"]),
            tuple(re.compile(o, re.M) for o in d.get("openings", ())),
        )
        for code, d in declared(__name__, "sections.yml").items()
    }


_DECORATION = re.compile(
    r"^(?:[一二三四五六七八九十]+、|[(（][一二三四五六七八九十]+[)）]|\d+[.、．])|[\s\"'“”‘’·.:,、，：]"
)


@lru_cache(maxsize=16384)
def canonical(label: str) -> str:
    """A label without ordinals, spaces and punctuation, for comparing; no label is longer than this."""
    label = label[:400]
    while (stripped := _DECORATION.sub("", label)) != label:
        label = stripped
    return label


@cache
def row_labels() -> frozenset[str]:
    """Every spelling of every row of every form, for comparing."""
    return frozenset(
        canonical(spelling)
        for form in forms().values()
        for table in form.tables.values()
        for row in (*table.rows.values(), *table.merged.values())
        for spelling in row.spellings()
    )


@cache
def crosswalk() -> Mapping[str, Crossing]:
    """What may be carried from one generation of the form to the next, by code of the quantity."""
    return {
        code: Crossing(
            code,
            d["name"],
            {form: tuple(cells) for form, cells in d["cells"].items()},
            d["into"],
            tuple(d["indicators"]),
            d["zh"],
            d["en"],
        )
        for code, d in declared(__name__, "crosswalk.yml").items()
    }


@cache
def series() -> Mapping[str, Series]:
    """The quantities that are followed over the years, by code."""
    return {
        code: Series(
            code, d["name"], tuple(d["cells"]), d["crosswalk"], d.get("unit"), d.get("events", False)
        )
        for code, d in declared(__name__, "series.yml").items()
    }


def breaks(one: str, other: str) -> tuple[str, ...]:
    """The forms, by code, that began between ``one`` and ``other``, whichever is the older."""
    order = list(forms())
    first, last = sorted((order.index(one), order.index(other)))
    return tuple(order[first + 1 : last + 1])


def comparable(crossing: str, one: str, other: str) -> str:
    """Whether what ``crossing`` (an entry of the crosswalk) names may be compared between two forms: the most
    doubtful answer of the breaks between them, ``yes``, ``roughly`` or ``no``; ``yes`` on one form."""
    answers = {crosswalk()[crossing].into.get(form, "no") for form in breaks(one, other)}
    return next((answer for answer in ("no", "roughly") if answer in answers), "yes")


@cache
def title_pattern() -> re.Pattern[str]:
    """An ordinal and a section title, the longest that fits, anywhere in a text; group 1 is the title."""
    titles = sorted({t for s in sections().values() for t in s.titles}, key=len, reverse=True)
    return re.compile(
        rf"(?<![一二三四五六七八九十])[一二三四五六七八九十]、\s*({'|'.join(map(re.escape, titles))})"
    )


def _wording(data: str | Mapping) -> Wording:
    parts = {"before": data} if isinstance(data, str) else data
    return Wording(**{k: re.compile(v) for k, v in parts.items()})


@cache
def concepts() -> Mapping[str, Concept]:
    """Every declared concept, by code."""
    made = {}
    for code, data in declared(__name__, "concepts.yml").items():
        as_tuples = {k: tuple(data[k]) for k in ("cells", "units", "also", "forms") if k in data}
        as_is = {k: data[k] for k in ("share_of", "titles", "like", "flow", "loose") if k in data}
        wordings = tuple(_wording(w) for w in data.get("wordings", ()))
        made[code] = Concept(
            code,
            data["zh"],
            data["en"],
            wordings=wordings,
            base=re.compile(data["base"]) if "base" in data else None,
            rates={re.compile(name): tuple(of) for name, of in data.get("rates", {}).items()},
            **as_tuples,
            **as_is,
        )
    return made
