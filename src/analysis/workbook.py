"""The one object a notebook talks to: open it, ask it, see the answer.

In: the parameters of a notebook. Out: ``Workbook`` – the studies of the reports asked for, and one
method for each question a notebook asks. The methods only pick from what the rooms have made; they
hold no rule of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import count
from pathlib import Path

import pandas as pd

from analysis import frames, ledger, places, register
from analysis.answers import Answer, Part, picture, png
from analysis.batch.kept import kept
from analysis.checking import reviews
from analysis.checking.across import compare
from analysis.errors import InputError, Unreached
from analysis.figures import number, percent, shown
from analysis.ledger import Ledger
from analysis.measuring import counts_of, indicators, rates_of, trends_of
from analysis.parameters import Request, check_injected, parse_units, request, years_label
from analysis.problems import (
    categories,
    evidence_of,
    findings_within,
    follow_up_of,
    inventory_of,
    items_of,
    recurrence_of,
    section_five,
)
from analysis.reading import Report, corrections, read_report, tables_of
from analysis.reading.neighbours import decide_reports
from analysis.reading.synthetic import synthetic_mixed
from analysis.templates import series
from analysis.writing import charts, html, tables
from analysis.writing.claims import claims_of
from analysis.writing.document import Document, Heading, Paragraph, Picture, Table, to_docx, to_markdown
from analysis.writing.labels import label
from analysis.writing.statements import Study, faults, statements_of

# The tables that a run leaves as CSV.
SAVED = (
    "facts",
    "placements",
    "claims",
    "sentences",
    "findings",
    "rates",
    "items",
    "pairs",
    "problems",
    "evidence",
    "inventory",
    "recurrence",
    "follow_up",
    "trends",
    "statements",
    "documents",
)

# The sections of the draft in their order, and the charts that stand after one of them.
DRAFT = ("problems", "progress", "measures")
DRAWN = {"problems": ("outcomes", "rates_with_intervals", "problems_against_evidence")}

# The rates by which many reports are looked through.
INDEXED = ("disclosure_rate", "refused_or_unavailable_rate", "review_rate")

# The charts by name: what each is drawn from.
CHARTS: dict[str, Callable[[Study, str], charts.Chart]] = {
    "outcomes": lambda s, language: charts.report.outcomes(s.report, language),
    "refusal_grounds": lambda s, language: charts.report.refusal_grounds(s.report, language),
    "rates_with_intervals": lambda s, language: charts.report.rates_with_intervals(s.rates, language),
    "disputes": lambda s, language: charts.report.disputes(s.report, language),
    "text_against_table": lambda s, language: charts.report.text_against_table(s.report, language),
    "placement_map": lambda s, language: charts.report.placement_map(s.report, language),
    "problems_against_evidence": lambda s, language: charts.report.problems_against_evidence(
        s.evidence, language
    ),
}


def over_years(reports: Sequence[Report]) -> dict[str, pd.DataFrame]:
    """What is made of a unit's reports of all years together: its problems and measures and what became of them, its counts and
    rates and how they changed."""
    made = tables_of(reports, ("facts", "sentences", "placements", "claims"))
    made["items"] = frames.concat("items", [items_of(r) for r in reports])
    made["counts"] = frames.concat("counts", [counts_of(r) for r in reports])
    made["rates"] = frames.concat("rates", [rates_of(r) for r in reports])
    made["trends"] = trends_of(made["counts"], made["rates"], made["documents"])
    made["recurrence"] = recurrence_of(reports, made["items"])
    made["follow_up"] = follow_up_of(reports, made["items"], made["trends"])
    return made


def study(
    report: Report,
    across: pd.DataFrame | None = None,
    decided: Sequence[reviews.Review] = (),
    years: Mapping[str, pd.DataFrame] | None = None,
) -> Study:
    """Everything that the rooms make of one report; ``across`` are findings on several reports, ``decided`` what
    people have decided of findings, ``years`` the tables ``over_years`` of all reports of the unit."""
    years = years or over_years([report])
    items, rates = (
        years[name][years[name]["year"] == report.year].reset_index(drop=True) for name in ("items", "rates")
    )
    five = section_five(report, items)
    findings = findings_within(report, five)
    if across is not None:
        own = across[(across["unit"] == report.unit) & (across["year"] == report.year)]
        findings = frames.by_severity(frames.concat("findings", [findings, own])).reset_index(drop=True)
    findings = reviews.apply(findings, decided)
    evidence = evidence_of(report, five["problems"], findings, rates)
    return Study(report, findings, rates, five, evidence, inventory_of(report), years)


class Workbook:
    """The reports asked for, read, checked, measured and told in one language."""

    def __init__(
        self, studies: list[Study], language: str, beside: Mapping[str, pd.DataFrame] | None = None
    ) -> None:
        self.studies, self.language = studies, language
        self.beside = dict(beside or {})
        self._charts: dict[tuple[str, str], charts.Chart] = {}

    @property
    def unit(self) -> str:
        """Whose reports these are; several units by their names."""
        return "、".join(dict.fromkeys(s.report.unit for s in self.studies))

    @property
    def years(self) -> str:
        """The years, as they name a folder."""
        return years_label(sorted({s.report.year for s in self.studies}))

    @property
    def place(self) -> tuple[str, str]:
        """Where a run leaves its files: the folder, and the one within."""
        return self.unit, self.years

    @property
    def title(self) -> str:
        """The title of the page."""
        return {
            "zh": f"{self.unit}{self.years}年：存在的主要问题及改进情况",
            "en": f"{self.unit} {self.years}: problems and improvements",
        }[self.language]

    @cached_property
    def statements(self) -> pd.DataFrame:
        """Every sentence about every report, in the workbook's language."""
        return frames.concat("statements", [statements_of(s, self.language) for s in self.studies])

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables of all reports, by name."""
        names = [n for n in SAVED if n != "statements"]
        made = {n: frames.concat(n, [s.tables[n] for s in self.studies]) for n in names}
        return made | {"statements": self.statements}

    @cached_property
    def _known(self) -> dict[str, pd.DataFrame]:
        """The tables that figures lead back to: those of all reports, and of the years beside them."""
        made = {n: t for n, t in self.tables.items() if n != "statements"}
        return made | self.beside

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self._known)

    def headlines(self, most: int) -> list[str]:
        """The most serious findings, of all reports, in a sentence each."""
        found = self.tables["findings"]
        told = frames.by_severity(found[found["decision"] != "dismissed"]).head(most)
        message = told[f"message_{self.language}"]
        if len(self.studies) == 1:
            return list(message)
        units = told["unit"] + " " if len({s.report.unit for s in self.studies}) > 1 else ""
        return list(units + told["year"].astype(str) + ": " + message)

    # Every report that is asked for is read, or the request is refused.
    failed = ()

    @property
    def figures(self) -> list[dict]:
        """The figures by which many runs are looked through: of one report, none of several."""
        if len(self.studies) > 1:
            return []
        (study,) = self.studies
        counts = study.of_year("counts").set_index("series")["value"]
        rates = study.rates.set_index("indicator")
        received = shown("received", series()["received"].name, counts.get("received"), number)
        named = {code: {"zh": indicators()[code].zh, "en": indicators()[code].en} for code in INDEXED}

        def told(code: str) -> dict:
            crossed = rates["broken"].get(code, False)
            words = self._label("crossed_figure") if crossed else "{figure}"
            return shown(
                code, named[code], rates["value"].get(code), lambda v: words.format(figure=percent(v))
            )

        return [received, *map(told, named)]

    # questions

    def summary(self) -> Answer:
        """Whose report, of which year, in three sentences."""
        return self._told("summary", after=lambda s: html.document(s.report, self.language))

    def form(self) -> Answer:
        """The report's own tables, clean."""
        return self._each(lambda s: html.report_tables(s.report, self.language))

    def unplaced(self) -> Answer:
        """What could not be placed, and why."""
        return self._told("unplaced", after=lambda s: html.open_cells(s.report, self.language))

    def findings(self) -> Answer:
        """What does not hold."""

        def shown(study: Study) -> str:
            told = self._statements(study, "findings")
            return html.findings(study.findings, told, self._ledger, self.language)

        return self._each(shown, lambda s: self._plain(s, "findings"))

    def rates(self) -> Answer:
        """The rates with numerator, denominator and interval."""
        return self._told("rates", after=lambda s: html.rates(s.rates, self._ledger, self.language))

    def disputes(self) -> Answer:
        """Reviews and lawsuits in a sentence."""
        return self._told("disputes")

    def section_five(self) -> Answer:
        """Section five as the report has it: problem, measure, category, fit."""
        return self._each(
            lambda s: html.problems(s.problems, self._statements(s, "problems"), self._ledger, self.language),
            lambda s: "\n".join(f"{p.order}. {p.problem} → {p.measure}" for p in s.problems.itertuples()),
        )

    def items(self) -> Answer:
        """Every problem and measure of section five, why it is one, what it is about, and what goes with it."""
        return self._each(
            lambda s: html.details(
                tables.items(s.five["items"], s.five["pairs"], self.language), self._label("all_items")
            )
        )

    def inventory(self) -> Answer:
        """What section one says was built and done, with the numbers attached."""
        return self._each(
            lambda s: tables.inventory(s.inventory, self._ledger, self.language),
            lambda s: "\n".join(f"{i.type}: {i.name}" for i in s.inventory.itertuples()),
        )

    def followed(self) -> Answer:
        """What became of the measures of the report before, and which problems come back."""

        def shown(study: Study) -> str:
            of = (study.of_year(name) for name in ("follow_up", "recurrence"))
            return tables.followed(*of, self._known, self.language)

        return self._told("progress", after=shown)

    def over_years(self) -> Answer:
        """Which kinds of problems the reports name, year by year; a sentence where there is one report only."""
        parts: list[Part] = []
        for unit, items in {s.report.unit: s.years["items"] for s in self.studies}.items():
            if items["year"].nunique() < 2:
                words = self._label("one_year_only")
                parts.append(Part(words, f"<p>{words}</p>"))
            else:
                drawn = charts.draw(charts.years.problems_over_years, items, unit, self.language)
                parts += picture(drawn, self.language)
        return Answer(tuple(parts))

    def draft(self) -> Answer:
        """A section five that stands on the figures, for an official to edit."""

        def shown(study: Study) -> str:
            made = [f"<h3>{escape(self._heading('draft', 5).text)}</h3>"]
            for n, section in enumerate(DRAFT, 1):
                made.append(f"<h4>{escape(self._heading(section, 5, n).text)}</h4>")
                rows = self._statements(study, section)
                made.append(html.statements(rows, self._ledger, self.language, roles=True))
            return "\n".join(made)

        return self._each(shown, lambda s: "\n".join(self._plain(s, section) for section in DRAFT))

    def files(self, name: str) -> dict[str, bytes]:
        """The draft as files called ``name``: Word, Markdown with its pictures; and where every number comes from."""
        document, language = self.document, self.language
        text, pictures = to_markdown(document, language, f"{name}_files")
        drafted = self.statements[self.statements["section"].isin(DRAFT)]
        claims = claims_of(drafted, self._known)
        return {
            f"{name}.docx": to_docx(document, language),
            f"{name}.md": text.encode(),
            "claims.json": json.dumps(claims, ensure_ascii=False, indent=1, allow_nan=False).encode(),
            **pictures,
        }

    @property
    def document(self) -> Document:
        """The draft with its charts and rates; one part for each report, if they are several."""
        files = {"zh": "、", "en": ", "}[self.language].join(s.report.document["file"] for s in self.studies)
        subtitle = (self._label("draft_line"), self._label("draft_from").format(files=files))
        captions = {kind: count(1) for kind in ("picture", "table")}
        blocks = [Paragraph(self._label("draft_note"))]
        for n, study in enumerate(self.studies, 1):
            part = (n,) if len(self.studies) > 1 else ()
            if part:
                name = f"{study.report.unit} {study.report.year}"
                blocks.append(Heading.numbered(part, name, self.language))
            blocks += self._drafted(study, part, captions)
        return Document(self.title, subtitle, tuple(blocks))

    def sources(self) -> Answer:
        """The lint: whether every printed number leads back; and the claims it may lead to."""
        wrong = faults(self.statements, self._known)
        if wrong:
            raise AssertionError("\n".join(wrong))

        def shown(study: Study) -> str:
            rows = self.statements
            told = rows.loc[
                (rows["unit"] == study.report.unit) & (rows["year"] == study.report.year), "figures"
            ]
            counted = html.sentences(study.report, told, self.language)
            numbers = html.details(
                html.claims(study.report, self.language),
                {"zh": "正文中的全部数字", "en": "every number of the text"}[self.language],
            )
            title = {"zh": "文中所指的句子", "en": "sentences that the text speaks of"}[self.language]
            return numbers + (html.details(counted, title) if counted else "")

        answer = self._each(shown, lambda s: "\n".join(s.report.claims["quote"]))
        others = tables.elsewhere(self._elsewhere(), self._ledger, self.language)
        folded = html.details(others, self._label("elsewhere"))
        return Answer((*answer.parts, Part(self._label("elsewhere"), folded))) if others else answer

    def _elsewhere(self) -> dict[tuple[str, str], None]:
        """The rows that sentences speak of and no other table of the page shows: of other years, and changes between
        years."""
        own = {s.report.key for s in self.studies}
        return {
            (table, name): None
            for table, name in ledger.rows_named(self.statements["figures"])
            if table == "trends" or "/".join(name.split("/")[:2]) not in own
        }

    def chart(self, code: str) -> Answer:
        """A chart by its name, with the table it plots: one for each report."""
        drawn = (self._drawn(code, study) for study in self.studies)
        pairs = zip(self.studies, drawn, strict=True)
        return Answer(tuple(part for study, chart in pairs for part in self._picture(study, chart)))

    # how answers are put together

    def _drawn(self, code: str, study: Study) -> charts.Chart:
        """A chart, drawn once however often it is shown."""
        key = code, study.report.key
        if key not in self._charts:
            self._charts[key] = charts.draw(CHARTS[code], study, self.language)
        return self._charts[key]

    def _statements(self, study: Study, section: str) -> pd.DataFrame:
        rows = self.statements
        return rows[
            (rows["section"] == section)
            & (rows["year"] == study.report.year)
            & (rows["unit"] == study.report.unit)
        ]

    def _label(self, word: str) -> str:
        return label(word, self.language)

    def _heading(self, section: str, *numbers: int) -> Heading:
        return Heading.numbered(numbers, self._label(f"{section}_heading"), self.language)

    def _drafted(
        self, study: Study, part: tuple[int, ...], captions: Mapping[str, Iterator[int]]
    ) -> Iterator:
        """The draft of one report in blocks, its headings numbered under ``part``."""

        def caption(kind: str, title: str) -> str:
            return self._label(f"{kind}_caption").format(n=next(captions[kind]), title=title)

        summary = self._statements(study, "summary")
        edition = summary[summary["key"].str.endswith(("/summary.synthetic", "/summary.restated"))]
        yield from map(self._paragraph, frames.tuples(edition))
        for n, section in enumerate(DRAFT, 1):
            yield self._heading(section, *part, n)
            yield from self._item_by_item(study, section, (*part, n))
            for code in DRAWN.get(section, ()):
                chart = self._drawn(code, study)
                if not chart.empty:
                    yield Picture(caption("picture", chart.title), png(chart), chart.alt)
        rows = [html.rate_cells(r, self.language) for r in frames.tuples(study.rates)]
        if known := tuple(row for row in rows if html.NO_VALUE not in row):
            yield self._heading("rates", *part, len(DRAFT) + 1)
            head = tuple(self._label(column) for column in html.RATE)
            yield Table(caption("table", self._label("rates_heading")), head, known)

    def _item_by_item(self, study: Study, section: str, numbers: tuple[int, ...]) -> Iterator:
        """The paragraphs of a section, under a numbered heading for each problem, and one for what the figures show beside
        them."""
        about = study.problems.set_index("order")["category"]
        seen, beside = count(1), False
        for row in frames.tuples(self._statements(study, section)):
            kind, _, order = row.key.removeprefix(f"{study.report.key}/{self.language}/").partition("/")
            title = ""
            if kind in ("stated", "announced"):
                category = categories().get(about[int(order)])
                named = category.in_(self.language) if category else self._label("uncategorised")
                title = named[:1].upper() + named[1:]
            elif kind.startswith(("passed_over.", "suggest.")) and not beside:
                beside, title = True, self._label("passed_over")
            if title:
                yield Heading.numbered((*numbers, next(seen)), title, self.language)
            yield self._paragraph(row)

    def _paragraph(self, row) -> Paragraph:
        return Paragraph(row.text, ledger.from_json(row.figures), row.role)

    def _plain(self, study: Study, section: str) -> str:
        return "\n".join(self._statements(study, section)["text"])

    def _headed(self, study: Study) -> Iterator[str]:
        if len(self.studies) > 1:
            yield f"<h3>{escape(study.report.unit)} {study.report.year}</h3>"

    def _each(self, shown: Callable[[Study], str], plain: Callable[[Study], str] | None = None) -> Answer:
        return Answer(
            tuple(
                Part(plain(s) if plain else s.report.key, "\n".join([*self._headed(s), shown(s)]))
                for s in self.studies
            )
        )

    def _told(self, section: str, after: Callable[[Study], str] | None = None) -> Answer:
        def shown(study: Study) -> str:
            told = html.statements(self._statements(study, section), self._ledger, self.language)
            return told + (after(study) if after else "")

        return self._each(shown, lambda s: self._plain(s, section))

    def _picture(self, study: Study, chart: charts.Chart) -> Iterator[Part]:
        if len(self.studies) > 1:
            yield Part(study.report.key, next(self._headed(study)))
        yield from picture(chart, self.language)


def open_request(asked: Request) -> Workbook:
    """Read and study what a checked request asks for. Raises ``InputError``.

    The reports of the unit's other years are looked at too: they decide joined digits, and each year is
    checked against the one before. What ``corrections.yml`` beside the folder of reports declares is put in
    place; the decisions of ``reviews.csv`` there are kept.
    """
    decided = [d for path in _beside(asked.files, reviews.NAME) for d in reviews.load(path)]
    together, wanted = _together(asked), set(asked.years or ())
    reports = [r for r in together.reports if r.year in wanted or not wanted]
    studies = [study(report, together.across, decided, together.years) for report in reports]
    return Workbook(studies, asked.language, {**together.years, **together.compared, **together.sides})


@dataclass(frozen=True)
class _Together:
    """A unit's reports in the order of their years, and what is made of them together; ``wrong`` says of a year why its
    corrections do not fit."""

    reports: list[Report]
    wrong: dict[int, InputError]
    years: dict[str, pd.DataFrame]
    compared: dict[str, pd.DataFrame]
    across: pd.DataFrame
    sides: dict[str, pd.DataFrame]


def _together(asked: Request) -> _Together:
    """All reports of the unit that are filed and can be read; of a batch, once for all its years. Raises ``InputError`` if one
    that is asked for cannot be read or corrected."""
    if not asked.filed:
        (path,), (year,) = asked.files, asked.years or (None,)
        together = _compared([read_report(path, asked.unit, year)], asked.files)
        for error in together.wrong.values():
            raise error
        return together
    sides = [path for name in _SIDES for path in _beside(asked.files, name)]
    files = [asked.filed[year] for year in sorted(asked.filed)]
    together = kept([*files, *sides], [asked.unit], lambda: _compared(_readable(asked), files))
    read = {report.year for report in together.reports}
    for year, path in zip(asked.years, asked.files, strict=True):
        if year in together.wrong:
            raise together.wrong[year]
        if year not in read:
            read_report(path, asked.unit, year)  # says why not
    return together


# What lies beside reports and says something of them.
_SIDES = (register.NAME, corrections.NAME, "sources.csv")


def _compared(reports: list[Report], files: Sequence[Path]) -> _Together:
    every, wrong = decided_reports(reports, files)
    if not every:
        return _Together([], wrong, {}, {}, pd.DataFrame(), {})
    every.sort(key=lambda report: report.year)
    compared = tables_of(every, _COMPARED)
    across, sides = compare([compared], register.beside(places.absolute(files[0]).parent.parent))
    return _Together(every, wrong, over_years(every), compared, across, sides)


def decided_reports(
    reports: Sequence[Report], files: Sequence[Path]
) -> tuple[list[Report], dict[int, InputError]]:
    """The reports of a unit, with the cells decided that its other years decide, and corrected as ``corrections.yml``
    beside the ``files`` declares; without those whose corrections do not fit, and what is wrong with each of these years."""
    fixes = [c for path in _beside(files, corrections.NAME) for c in corrections.load(path)]
    made, wrong = [], {}
    for report in decide_reports(reports):
        try:
            made.append(report.with_records(**corrections.corrected(report.records, fixes)))
        except InputError as error:
            wrong[report.year] = error
    return made, wrong


def _beside(files: Sequence[Path], name: str) -> list[Path]:
    """Where a file of this name lies that says something of these reports: in their folder, or else beside it."""
    folders = dict.fromkeys(places.absolute(path).parent.parent for path in files)
    return [places.beside(folder, name) for folder in folders]


# What checks over several reports compare, besides the documents.
_COMPARED = ("facts", "claims", "sentences", "placements")


def _readable(asked: Request) -> list[Report]:
    """The filed years of the unit that can be read: joined digits are decided by them, and what one year hands to the next is
    checked against them. One that cannot be read must not cost another."""
    found = []
    for year in sorted(asked.filed):
        try:
            found.append(read_report(asked.filed[year], asked.unit, year))
        except Unreached:  # it may be there the next time
            raise
        except InputError:
            continue
    return found


def open_workbook(
    unit: str = "", years: str | int = "", data: str = "", file: str = "", language: str = "zh"
) -> Workbook:
    """Open the workbook on the reports of a unit or several, or on one file.

    ``unit`` (several parted by commas), ``years`` (``2020``, ``2018-2025``, ``2020,2023``) and ``data`` (a folder of
    ``<unit>/<year>.<ext>``) choose reports; of several units those years are passed over that one has no report of. ``file``
    reads one file wherever it lies, unit and year from its text. All empty: the shipped report of Yongkang 2020. Raises
    ``InputError``.
    """
    check_injected()
    units = parse_units(unit)
    if len(units) < 2:
        return open_request(request(unit, years, data, file, language))
    if file:
        raise InputError(
            f"file 只读一份报告，不能同时给出 {len(units)} 个单位：请去掉 unit 或只写一个。",
            f"file reads one report, {len(units)} units were given: leave unit out or give one.",
        )
    books = [open_request(request(name, years, data, "", language, gaps=True)) for name in units]
    studies = [s for b in books for s in b.studies]
    if error := synthetic_mixed(tables_of([s.report for s in studies], ())["documents"]):
        raise error
    names = dict.fromkeys(name for book in books for name in book.beside)
    beside = {
        name: pd.concat([b.beside[name] for b in books if name in b.beside], ignore_index=True)
        for name in names
    }
    return Workbook(studies, language, beside)
