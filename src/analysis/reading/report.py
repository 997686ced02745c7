"""A file becomes a Report.

In: a path, and unit and year if the caller knows them. Out: ``Report`` – the text with its way
back, its sections, and its facts, placements and claims as tables. This is all that later rooms
know of a report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis import frames
from analysis.cells import Cells
from analysis.errors import InputError, NotAReport
from analysis.reading import evidence, identify, source
from analysis.reading.claims import claims_of
from analysis.reading.facts import PlacedTable, blanks_vanished, facts_of, place_table, placements_of
from analysis.reading.layout import Section, prose, rows, split_sections
from analysis.reading.normalise import Text, normalise, typeset
from analysis.reading.quantities import Quantity, parse_cell
from analysis.reading.synthetic import is_synthetic
from analysis.reading.tables import PrintedRow, PrintedTable, match
from analysis.templates import Form, Table, concepts


@dataclass(frozen=True)
class Report:
    """One report as read. ``records`` are the rows of its tables, which the properties of their names
    give as frames; ``form`` is its form as this page has it."""

    unit: str
    year: int
    form: Form
    text: Text
    path: Path
    sections: Mapping[str, Section]
    tables: Mapping[str, PlacedTable]
    records: Mapping[str, Sequence[Mapping]] = field(repr=False)

    @property
    def key(self) -> str:
        """How every table names this report: ``unit/year``."""
        return f"{self.unit}/{self.year}"

    @cached_property
    def document(self) -> pd.Series:
        """Its row of the table ``documents``."""
        return frames.frame("documents", self.records["documents"]).iloc[0]

    @cached_property
    def facts(self) -> pd.DataFrame:
        """Every cell of its form."""
        return frames.frame("facts", self.records["facts"])

    @cached_property
    def placements(self) -> pd.DataFrame:
        """Every reading of its tables, where they admit several."""
        return frames.frame("placements", self.records["placements"])

    @cached_property
    def claims(self) -> pd.DataFrame:
        """Every number of its prose."""
        return frames.frame("claims", self.records["claims"])

    @cached_property
    def sentences(self) -> pd.DataFrame:
        """Every sentence of its prose."""
        return frames.frame("sentences", self.records["sentences"])

    @cached_property
    def cells(self) -> Cells:
        """Its cells, ready to be summed."""
        return Cells(self.facts, self.placements)

    def with_records(self, **changed: Sequence[Mapping]) -> Report:
        """The report with other rows in some of its tables."""
        return replace(self, records={**self.records, **changed})


def read_report(path: Path, unit: str | None = None, year: int | None = None) -> Report:
    """Read one report. ``unit`` and ``year`` go before what the text says, if given.

    Raises ``NotAReport`` if the file is no annual report, ``InputError`` if it cannot be read, fits no
    form or does not say whose or of which year it is.
    """
    loaded = source.load(path)
    text = normalise(loaded.text, loaded.name, loaded.places)
    sections = split_sections(text)
    if len(sections) < 2 and not identify.has_labels(text):
        raise NotAReport(
            f"{path} 不像政府信息公开工作年度报告：没有找到“一、总体情况”等章节标题，也没有表格；请确认文件。",
            f"{path} does not look like an annual report on government information disclosure: no headings such "
            "as 一、总体情况 and no tables; check the file.",
        )
    named, stated = identify.whose(text, path)
    unit, year = unit or named, year or stated
    form = identify.form(text, year)
    matched = [_match(table, sections.get(table.section), text) for table in form.tables.values()]
    vanished = blanks_vanished(matched)
    placed = {t.table.code: place_table(t, text, vanished) for t in matched}
    if not identify.recognised(text, form) and _figures(text) >= _TABLE:
        raise identify.unknown(text)
    printed = any(t.printed.rows for t in placed.values())
    if unit is None or year is None:
        raise InputError(
            f"{path}：正文没有写明{'单位' if unit is None else '年份'}；请另外给出 unit=… years=…，或按 <单位>/<年份> 存放。",
            f"{path}: the text does not say {'whose report' if unit is None else 'of which year'} it is; "
            "give unit=… years=… as well, or file it as <unit>/<year>.",
        )
    form = replace(form, tables={code: t.printed.table for code, t in placed.items()})
    sections = _with_tables(sections, placed.values())
    whose = {"unit": unit, "year": year}
    claims = claims_of(text, sections.values(), whose, form)
    placed = {code: evidence.narrowed(table, form, claims) for code, table in placed.items()}
    facts = facts_of(form, placed, text, whose)
    facts = evidence.from_prose(facts, form, placed, claims)
    if not any(f["value"] is not None or f["status"] == "ambiguous" for f in facts) and not printed:
        raise InputError(
            f"{path}：没有读出任何表格，正文里也没有可以归入格式的数字；请对照原报告核对文件是否完整。",
            f"{path}: no table can be read and its prose has no number that belongs to the form; compare the file "
            "with the published report.",
        )
    document = {
        "key": f"{unit}/{year}",
        **whose,
        "template": form.code,
        "form_zh": form.zh,
        "form_en": form.en,
        "file": loaded.name,
        "sha256": loaded.sha256,
        "edition": source.edition(loaded),
        "format": loaded.kind,
        "unit_printed": identify.unit(text) or "",
        "year_printed": identify.year(text) or 0,
        "published": identify.published(text),
        "scope": identify.scope(text),
        "synthetic": is_synthetic(text),
        "glosses": text.glosses,
        **{f"placements_{code}": placed[code].placements if code in placed else 1 for code in _COUNTED},
        **{f"broken_{code}": placed[code].broken if code in placed else 0 for code in _COUNTED[1:]},
        "blank_cells": sum(f["status"] == "blank" for f in facts),
        "unmatched_claims": sum(not _has_cells(c["about"]) for c in claims),
    }
    records = {
        "documents": [document],
        "facts": facts,
        "placements": placements_of(placed, text, whose),
        "claims": claims,
        "sentences": sentences_of(text, sections.values(), whose),
    }
    return Report(unit, year, form, text, path, sections, placed, records)


def tables_of(reports: Iterable[Report], names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """``documents`` and the tables called ``names`` of several reports, each under the other."""
    reports = list(reports)
    made = {name: frames.concat(name, [getattr(r, name) for r in reports]) for name in names}
    return made | {"documents": frames.concat("documents", [r.document.to_frame().T for r in reports])}


def sentences_of(text: Text, sections: Iterable[Section], whose: Mapping) -> list[dict]:
    """Every sentence of the prose of ``sections`` (rows of the table ``sentences``)."""
    rows = []
    for section in sections:
        for n, sentence in enumerate(prose(text, section)):
            first, last = text.span(sentence.start, sentence.end)
            place = {"where": text.where(sentence.start), "start": first, "end": last}
            key = f"{whose['unit']}/{whose['year']}/sentence/{len(rows) + 1}"
            words = typeset(sentence.text.strip())
            rows.append({"key": key, **whose, "section": section.code, "number": n, "text": words, **place})
    return rows


# So many rows of figures are a table.
_TABLE = 3


def _figures(text: Text) -> int:
    """How many table rows of the page print two numbers or more."""
    return sum(
        sum(isinstance(parse_cell(c.text), Quantity) for c in row) > 1
        for row in rows(text, 0, len(text.clean))
    )


_COUNTED = ("disclosure", "applications", "disputes", "statistics")


def _match(table: Table, section: Section | None, text: Text) -> PrintedTable:
    """The table as the page prints it: in its section, or wherever it stands on a page without one."""
    start, end = (section.body, section.end) if section else (0, len(text.clean))
    printed = match(table, rows(text, start, end), text.clean, start, end)
    if section and not printed.rows:
        whole = match(table, rows(text, 0, len(text.clean)), text.clean, 0, len(text.clean))
        known = sum(_surely_a_row(row) for row in whole.rows)
        if known > len(table.rows) / 2:
            printed = whole
    return printed


def _surely_a_row(row: PrintedRow) -> bool:
    """Whether a label far from its section is that of a row of figures, and no heading."""
    full = row.matched == "alone" and [len(value.text.split()) for value in row.values] == [len(row.cells)]
    return bool(row.values) and (row.matched == "label" or full)


def _with_tables(sections: Mapping[str, Section], placed: Iterable[PlacedTable]) -> dict[str, Section]:
    """The sections, with the stretches that are tables and not prose."""
    stretches = [t.printed.stretch for t in placed if t.printed.stretch]
    return {
        code: replace(
            section,
            tables=tuple(sorted(s for s in stretches if section.body <= s[0] and s[1] <= section.end)),
        )
        for code, section in sections.items()
    }


def _has_cells(about: str) -> bool:
    return bool(about and concepts()[about].cells)
