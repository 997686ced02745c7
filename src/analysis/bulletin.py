"""What the notebook of the bulletin talks to: all units of a folder in one period.

In: the parameters of the notebook. Out: ``Bulletin`` – the rates of every unit, the sums over them, who stands out, and one
method for each question of the notebook. A whole year is read as a store is, with every other year of each unit, since these
decide joined digits; a part of a year is read from the files that are named after it (``<unit>/2024Q1.<type>``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path

import pandas as pd

from analysis import frames, register
from analysis.answers import Answer, Part, picture
from analysis.batch import store
from analysis.batch.check import home, is_store, units_of
from analysis.batch.read_once import opened
from analysis.checking import reviews
from analysis.checking.standing import deadline
from analysis.errors import InputError, Unreached
from analysis.figures import number, shown
from analysis.ledger import Ledger
from analysis.measuring import compare_units, rates_of
from analysis.parameters import BULLETIN_NAMES, Period, bulletin_request, check_injected
from analysis.places import beside
from analysis.problems import findings_within, section_five
from analysis.reading import Report, StoredReport, read_report, tables_of
from analysis.reading.synthetic import synthetic_mixed
from analysis.register import Register, nameable
from analysis.templates import Form
from analysis.writing import charts, html, tables
from analysis.writing.bulletin_statements import bulletin_statements, own_errors
from analysis.writing.labels import label
from analysis.writing.statements import faults

# The rates that the funnels show: what is disclosed, what is refused by either reading, what is procedure, what is disputed.
FUNNELS = (
    "disclosure_rate",
    "merits_disclosure_rate",
    "refusal_rate",
    "refused_or_unavailable_rate",
    "unprocessed_rate",
    "review_rate",
)
_READ = ("documents", "facts", "placements", "claims", "findings_within")


@dataclass
class Read:
    """The reports of one period: their tables, the form of each unit, why some files were not read, and what is odd about
    others."""

    period: Period
    tables: dict[str, pd.DataFrame]
    forms: dict[str, Form]
    failed: list[InputError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Bulletin:
    """All units of a folder in one period, in one language."""

    def __init__(self, read: Read, known: Register, group: str, language: str) -> None:
        self._read, self._known, self.group, self.language = read, known, group, language
        self.period = read.period

    @property
    def failed(self) -> list[InputError]:
        """Why some files were not read."""
        return self._read.failed

    @property
    def place(self) -> tuple[str, str]:
        """Where a run leaves its files: the folder, and the one within."""
        return {"zh": "通报", "en": "bulletin"}[self.language], self.period.code + (
            f"-{self.group}" if self.group else ""
        )

    @property
    def title(self) -> str:
        """The title of the page."""
        part = self.period.name(self.language)
        return {
            "zh": f"{self.period.year}年{part}政府信息公开申请办理情况通报",
            "en": f"Bulletin on information requests, {part + ' of ' if part else ''}{self.period.year}",
        }[self.language]

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        made = dict(self._read.tables)
        # The legal date is for a whole year.
        dated = made["documents"].iloc[: 0 if self.period.part else None]
        made["publication"] = _publication(dated, self._known)
        made["aggregates"], made["comparison"] = compare_units(
            made["rates"], made["documents"], made["facts"], self._read.forms, self._known, self.group
        )
        part = self.period.name(self.language)
        told = bulletin_statements(made, self._read.forms, self.period.year, part, self.language, self._named)
        return made | {"statements": told}

    def headlines(self, most: int) -> list[str]:
        """Who stands out, in a sentence each."""
        told = self.tables["statements"]
        return list(told.loc[told["section"] == "outside", "text"])[:most]

    @property
    def figures(self) -> list[dict]:
        """The figures by which many runs are looked through."""
        name = {language: label("units_read", language) for language in ("zh", "en")}
        return [shown("units_read", name, len(self.tables["documents"]), number)]

    def files(self, name: str) -> dict[str, bytes]:
        """No files besides the tables."""
        return {}

    @cached_property
    def _book(self) -> Ledger:
        return Ledger(self._sources)

    @property
    def _sources(self) -> dict[str, pd.DataFrame]:
        return {n: t for n, t in self.tables.items() if n != "statements"}

    @property
    def groups(self) -> list[str]:
        """The groups, as the register names them; one without a name where nothing is grouped or declared."""
        return list(dict.fromkeys(self.tables["aggregates"]["group"]))

    # questions

    def summary(self) -> Answer:
        """How many units, how many applications, what was left out."""
        after = tables.passed_over([getattr(e, self.language) for e in self._read.failed], self.language)
        after += tables.odd([_spoken(note, self.language) for note in self._read.notes], self.language)
        return self._told(
            "summary", after + html.details(self._documents, label("reports_read", self.language))
        )

    @property
    def _documents(self) -> str:
        some = self.tables["documents"].head(tables.MOST_UNITS)
        return tables.documents(some, self.language, self.period.code)

    def together(self) -> Answer:
        """The rates of all units together, group by group: sums over sums."""
        every = self.tables["aggregates"]
        parts = []
        for group in self.groups:
            table = tables.aggregates(every[every["group"] == group], self.language)
            parts += self._told(
                f"together/{group}",
                html.details(table, label("all_rates", self.language)),
                self._heading(group),
            ).parts
        return Answer(tuple(parts))

    def outside(self) -> Answer:
        """Who lies beyond the limits, and why."""
        wrong = own_errors(self.tables["findings"])
        after = self._outside
        if len(wrong):
            after += html.details(tables.errors(wrong, self.language), label("own_errors", self.language))
        return self._told("outside", after)

    @property
    def _outside(self) -> str:
        of = self.tables["comparison"]
        return tables.outside(of[of["outside"] != ""], self.language)

    def units(self) -> Answer:
        """Every unit's main rates."""
        return self._units

    @cached_property
    def _units(self) -> Answer:
        errors = Counter(own_errors(self.tables["findings"])["unit"])
        documents, comparison = self.tables["documents"], self.tables["comparison"]
        parts = []
        for group in self.groups:
            of = comparison[comparison["group"] == group]
            own = documents[documents["unit"].isin(of["unit"])]
            shown = tables.units(of, own, errors, self.language)
            parts.append(Part(f"{len(own)}", self._heading(group) + shown))
        return Answer(tuple(parts))

    def published(self) -> Answer:
        """Whether the reports were published in time."""
        of = self.tables["publication"]
        shown = html.details(tables.publication(of, self.language), label("timeliness", self.language))
        return self._told("published", shown if len(of) else "")

    def sources(self) -> Answer:
        """The lint: whether every printed number leads back."""
        if wrong := faults(self.tables["statements"], self._sources):
            raise AssertionError("\n".join(wrong))
        return self._answer(
            label("all_lead_back", self.language), f"<p>{label('all_lead_back', self.language)}</p>"
        )

    def chart(self, code: str) -> Answer:
        """A chart by its name, with the table it plots: one for each group."""
        parts: list[Part] = []
        for group in self.groups:
            aggregates, comparison = (
                t[t["group"] == group] for t in (self.tables["aggregates"], self.tables["comparison"])
            )
            rates = self.tables["rates"]
            rates = rates[rates["unit"].isin(comparison["unit"])]
            drawn: dict[str, Callable[[], charts.Chart]] = {
                "funnel": lambda a=aggregates, c=comparison: charts.units.funnel(
                    a, c, FUNNELS, self.language
                ),
                "spread": lambda a=aggregates, c=comparison: charts.units.spread(c, a, self.language),
                "outcomes_of_units": lambda a=aggregates, r=rates: charts.units.outcomes_of_units(
                    r, a, self.language
                ),
            }
            if self._heading(group):
                parts.append(Part(self._named(group), self._heading(group)))
            parts += picture(charts.draw(drawn[code]), self.language)
        return Answer(tuple(parts))

    # how answers are put together

    @cached_property
    def _shown(self) -> set[str]:
        """The rows that the page shows: of many units not all."""
        of = self.tables
        made = [
            self._documents,
            self._outside,
            tables.aggregates(of["aggregates"], self.language),
            tables.publication(of["publication"], self.language),
            tables.errors(own_errors(of["findings"]), self.language),
            *(part.html for part in self.units().parts),
        ]
        return set(re.findall(r'id="([^"]+)"', "\n".join(made)))

    def _linked(self, shown: str) -> str:
        """The figures of a text as links where their rows are on the page; the others keep what the pointer shows."""

        def kept(link: re.Match[str]) -> str:
            return link[0] if link[1] in self._shown else f'<span class="figure" {link[2]}>{link[3]}</span>'

        return re.sub(r'<a class="figure" href="#([^"]+)" (title="[^"]*")>(.*?)</a>', kept, shown)

    def _named(self, group: str) -> str:
        """How a group is called; with nothing where all units are one."""
        if not self.group:
            return ""
        if not group:
            return label("not_declared", self.language)
        return label(f"{self.group}_{group}", self.language) if self.group in ("level", "kind") else group

    def _heading(self, group: str) -> str:
        return f"<h3>{escape(self._named(group))}</h3>" if self.group else ""

    def _told(self, section: str, after: str = "", before: str = "") -> Answer:
        rows = self.tables["statements"]
        rows = rows[rows["section"] == section]
        told = self._linked(html.statements(rows, self._book, self.language))
        return self._answer("\n".join(rows["text"]), before + told + after)

    def _answer(self, plain: str, shown: str) -> Answer:
        return Answer((Part(plain or self.title, shown),))


def _spoken(note: str, language: str) -> str:
    """The half of a note in both languages that is for readers of ``language``."""
    chinese, _, english = note.partition(" | ")
    return chinese if language == "zh" else english


def _publication(documents: pd.DataFrame, known: Register) -> pd.DataFrame:
    """The table ``publication``: the date on the page beside the legal one."""
    rows = []
    for document in frames.tuples(documents):
        due = deadline(known.of(document.unit), document.year).isoformat()
        rows.append(
            {
                "key": f"{document.key}/publication",
                "unit": document.unit,
                "year": document.year,
                "published": document.published,
                "due": due,
                "late": bool(document.published) and document.published > due,
            }
        )
    return frames.frame("publication", rows)


def open_bulletin(
    data: str = "",
    period: str | int = "",
    group: str = "",
    language: str = "zh",
) -> Bulletin:
    """Open the bulletin of a folder of reports, or of a store.

    ``period`` is a year (``2024``), a quarter or a half (``2024Q1``, ``2024H1``, from files of that name); empty: the year
    with most reports. ``group``: what of ``units.csv`` the units are grouped by. A file that cannot be read does not cost
    the others. Raises ``InputError``.
    """
    check_injected(BULLETIN_NAMES)
    asked = bulletin_request(data, period, group, language)
    folder, wanted = asked.folder, asked.period
    place = home(folder)
    decided = reviews.load(beside(place, reviews.NAME))
    if wanted and wanted.part:
        read = _part_of_a_year(folder, wanted)
    elif is_store(folder):
        read = _year(folder, wanted)
    else:
        paths = store.find(folder, parts=True)
        if all(store.PART.fullmatch(p.stem) for p in paths):
            raise _nothing(folder, wanted.code if wanted else "", _parts(paths))
        with opened(folder) as (made, summary):
            failed = [(InputError if o.final else Unreached)(o.zh, o.en) for o in summary.of("failed")]
            if not summary.of("read", "kept"):
                raise failed[0] if failed else _nothing(folder, "")
            read = _year(made, wanted, folder)
            read.failed, read.notes = failed, [note for o in summary.outcomes for note in o.notes]
    if error := synthetic_mixed(read.tables["documents"]):
        raise error
    read.tables["findings"] = reviews.apply(read.tables["findings"], decided)
    return Bulletin(read, register.beside(place), asked.group, asked.language)


def _year(folder: Path, period: Period | None, named: Path | None = None) -> Read:
    """The reports of a year, out of a store."""
    every = pd.read_parquet(str(folder / "documents.parquet"), columns=["year"])["year"]
    if period is None:
        counts = Counter(every)
        period = Period(int(max(counts, key=lambda year: (counts[year], year))))
    if period.year not in set(every):
        have = ",".join(map(str, sorted(set(every))))
        raise _nothing(named or folder, period.code, have)
    gathered: dict[str, list[pd.DataFrame]] = {name: [] for name in (*_READ, "rates")}
    forms = {}
    for of_unit in units_of(folder, _READ):
        own = {name: table[table["year"] == period.year] for name, table in of_unit.items()}
        for document in frames.tuples(own["documents"]):
            report = StoredReport.of(document, own)
            forms[report.unit] = report.form
            gathered["rates"].append(rates_of(report))
            for name in _READ:
                gathered[name].append(own[name])
    made = {
        ("findings" if name == "findings_within" else name): frames.concat(name, rows)
        for name, rows in gathered.items()
    }
    return Read(period, made, forms)


def _part_of_a_year(folder: Path, period: Period) -> Read:
    """The reports of a quarter or a half, from the files named after it."""
    if is_store(folder):
        raise InputError(
            f"{folder} 是读好的数据，只有整年；季度通报请给报告文件夹。",
            f"{folder} is a store, which holds whole years; give the folder of reports for a part of one.",
        )
    every = store.find(folder, parts=True)
    paths = [p for p in every if p.stem.upper() == period.code]
    if not paths:
        raise _nothing(folder, period.code, _parts(every))
    reports, failed, seen = [], [], dict[str, Path]()
    for path in paths:
        unit = path.parent.name
        try:
            if not nameable(unit):
                raise InputError(
                    f"{path}：文件夹名“{unit}”不能作单位名称：请改成单位的名称，如 永康市。",
                    f"{path}: the folder “{unit}” cannot be the name of a unit: give it one, e.g. 永康市.",
                )
            if unit in seen:
                raise InputError(
                    f"{path}：{seen[unit]} 已是这个单位同期的报告，这一份没有读：请只留一份。",
                    f"{path}: {seen[unit]} is a report of the same unit and period already, so this one was not read: keep one.",
                )
            reports.append(read_report(path, unit, period.year))
            seen[unit] = path
        except InputError as error:
            failed.append(error)
    if not reports:
        raise failed[0]
    return Read(period, _tables(reports), {r.unit: r.form for r in reports}, failed)


def _parts(paths: Sequence[Path]) -> str:
    """The parts of a year that files are named after, parted by commas."""
    return ",".join(sorted({p.stem.upper() for p in paths if store.PART.fullmatch(p.stem)}))


def _tables(reports: Sequence[Report]) -> dict[str, pd.DataFrame]:
    made = tables_of(reports, ("facts", "placements", "claims"))
    made["rates"] = frames.concat("rates", [rates_of(r) for r in reports])
    made["findings"] = frames.concat("findings", [findings_within(r, section_five(r)) for r in reports])
    return made


def _nothing(folder: Path, period: str, have: str = "") -> InputError:
    latest = have.rpartition(",")[2]
    if have:
        remedy = f"；现有 {have}，可写 period={latest}", f"; there are {have}: write period={latest}"
    else:
        remedy = f"：请按 <单位>/{period}.<类型> 放入", f": put them there as <unit>/{period}.<type>"
    return InputError(
        f"{folder} 里没有{period or '整年'}的报告{remedy[0]}。",
        f"{folder} has no report {f'for {period}' if period else 'of a whole year'}{remedy[1]}.",
    )
