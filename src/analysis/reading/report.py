"""A file becomes a Report.

In: a path, and unit and year if the caller knows them. Out: ``Report`` – the text with its way
back, its sections, and its facts, placements and claims as tables. This is all that later rooms
know of a report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import frames
from analysis.errors import InputError
from analysis.reading import identify, source
from analysis.reading.claims import claims_of
from analysis.reading.facts import PlacedTable, facts_of, place_table, placements_of
from analysis.reading.layout import Section, rows, split_sections
from analysis.reading.normalise import Text, normalise
from analysis.reading.tables import match
from analysis.templates import Form, concepts


@dataclass(frozen=True)
class Report:
    """One report as read. ``document`` is its row of the table ``documents``."""

    unit: str
    year: int
    form: Form
    text: Text
    path: Path
    sections: Mapping[str, Section]
    tables: Mapping[str, PlacedTable]
    document: pd.Series
    facts: pd.DataFrame
    placements: pd.DataFrame
    claims: pd.DataFrame

    @property
    def key(self) -> str:
        """How every table names this report: ``unit/year``."""
        return f"{self.unit}/{self.year}"


def read_report(path: Path, unit: str | None = None, year: int | None = None) -> Report:
    """Read one report. ``unit`` and ``year`` go before what the text says, if given.

    Raises ``InputError`` if the file is no annual report, or does not say whose or of which year.
    """
    loaded = source.load(path)
    text = normalise(loaded.text, loaded.name)
    sections = split_sections(text)
    if "信息公开" not in text.clean or len(sections) < 3:
        raise InputError(
            f"{path} 不像政府信息公开工作年度报告：没有找到“一、总体情况”等独立成行的章节标题；"
            "请确认文件，或把各章标题与表格分行后再试。",
            f"{path} does not look like an annual report on government information disclosure: no headings "
            "such as 一、总体情况 on lines of their own; check the file, or put headings and tables on lines "
            "of their own.",
        )
    form = identify.form(text)
    unit = unit or identify.unit(text)
    year = year or identify.year(text)
    if unit is None or year is None:
        raise InputError(
            f"{path}：正文没有写明{'单位' if unit is None else '年份'}；请另外给出 UNIT=… YEARS=…。",
            f"{path}: the text does not say {'whose report' if unit is None else 'of which year'} it is; "
            "give UNIT=… YEARS=… as well.",
        )
    tables = {}
    for table in form.tables.values():
        section = sections.get(table.section)
        printed = match(table, rows(text, section.body, section.end) if section else ())
        tables[table.code] = place_table(printed, text)

    if not any(t.printed.rows for t in tables.values()):
        raise InputError(
            f"{path}：没有读出任何表格；表格的单元格之间需用 | 分隔，一行占一行。",
            f"{path}: no table can be read; cells must be parted by |, a row a line.",
        )
    whose = {"unit": unit, "year": year}
    facts = frames.frame("facts", facts_of(form, tables, text, whose))
    claims = frames.frame("claims", claims_of(text, sections.values(), whose))
    document = {
        "key": f"{unit}/{year}",
        **whose,
        "template": form.code,
        "form_zh": form.zh,
        "form_en": form.en,
        "file": loaded.name,
        "sha256": loaded.sha256,
        "edition": source.edition(loaded),
        "glosses": text.glosses,
        **{f"placements_{code}": t.placements for code, t in tables.items()},
        **{f"broken_{code}": tables[code].broken for code in ("applications", "disputes")},
        "blank_cells": int((facts["status"] == "blank").sum()),
        "unmatched_claims": sum(not _has_cells(about) for about in claims["about"]),
    }
    return Report(
        unit=unit,
        year=year,
        form=form,
        text=text,
        path=path,
        sections=sections,
        tables=tables,
        document=frames.frame("documents", [document]).iloc[0],
        facts=facts,
        placements=frames.frame("placements", placements_of(tables, whose)),
        claims=claims,
    )


def _has_cells(about: str) -> bool:
    return bool(about and concepts()[about].cells)
