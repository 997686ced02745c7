"""The form itself: what is missing, blank, unsigned, cut or filled in against its meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping

from analysis.checking.finding import Bilingual, ReportFindings
from analysis.figures import number
from analysis.reading import Report
from analysis.reading.quantities import parse_cell
from analysis.templates import Cell, canonical, sections

# Sections of prose with fewer characters than this say nothing.
_LEAST_WORDS = {"overview": 50, "problems": 20}
_FEE = "处理费|收费|收取|缴费"


def check(report: Report, findings: ReportFindings) -> None:
    """Adds what is wrong with sections, rows, headers, blanks and single cells."""
    _sections(report, findings)
    _fee(report, findings)
    if report.year not in report.form.years:
        findings.add(
            "form.other_years",
            0,
            reported=report.form.code,
            form=findings.ledger.figure("documents", f"{report.key}:form_zh", report.form.zh),
            year=findings.ledger.figure("documents", f"{report.key}:year"),
        )
    for placed in report.tables.values():
        if not placed.printed.rows:
            _no_table(report, findings, placed.printed.table)
            continue
        _rows(report, findings, placed)
        _header(report, findings, placed)
        _placement(report, findings, placed)
        _decided(report, findings, placed.printed.table)
    _blanks(report, findings)
    for cell in report.form.cells():
        _cell(report, findings, cell)
    disclosure = report.form.tables.get("disclosure")
    for row in disclosure.rows.values() if disclosure else ():
        _disclosure_row(report, findings, row)


def _sections(report: Report, findings: ReportFindings) -> None:
    for code in report.form.sections:
        section = sections()[code]
        if code not in report.sections:
            heading = _other_heading(report, code)
            if heading:
                findings.add(
                    "form.section_renamed",
                    heading.start(1),
                    heading.end(1),
                    reported=heading[1],
                    expected=section.zh,
                    section=Bilingual(section.zh, section.en),
                )
            else:
                findings.add(
                    "form.section_missing", 0, expected=section.zh, section=Bilingual(section.zh, section.en)
                )
            continue
        found = report.sections[code]
        if (
            canonical(found.heading) not in {canonical(title) for title in section.titles}
            and section.openings
        ):
            findings.add(
                "form.section_untitled",
                found.start,
                found.body,
                reported=found.heading,
                expected=section.zh,
                section=Bilingual(section.zh, section.en),
            )
        if not any(t.section == code for t in report.form.tables.values()):
            words = re.sub(r"[\s。,;:.]", "", report.text.clean[found.body : found.end])
            if len(words) < _LEAST_WORDS.get(code, 1):
                findings.add(
                    "form.section_empty",
                    found.start,
                    found.end,
                    reported=words,
                    section=Bilingual(section.zh, section.en),
                )


def _other_heading(report: Report, code: str) -> re.Match[str] | None:
    """A heading with the ordinal of a section that was not found, under a title that none of them has."""
    ordinal = "一二三四五六七八九十"[report.form.sections.index(code)]
    headings = re.finditer(rf"^[ \t#]*{ordinal}、[ \t]*([^\n|。]{{2,30}}?)[ \t]*$", report.text.clean, re.M)
    starts = [(s.start, s.body) for s in report.sections.values()]
    return next((h for h in headings if not any(a <= h.start(1) < b for a, b in starts)), None)


def _fee(report: Report, findings: ReportFindings) -> None:
    """The fee for processing information, in section six since the form of 2021."""
    section = report.sections.get("other_matters")
    if report.form.code != "2021" or section is None:
        return
    if re.search(_FEE, report.text.clean[section.start : section.end]):
        return
    cell = Cell("applications", "other.overdue_fee", "total")
    unpaid = report.cells.certain([cell])
    findings.add(
        "form.fee_unreported",
        section.start,
        section.body,
        evidence=[f"{report.key}/{cell}"] if unpaid else [],
        unpaid=findings.ledger.cells(report.key, [cell]) if unpaid else None,
    )


def _rows(report: Report, findings: ReportFindings, placed) -> None:
    table = placed.printed.table
    for code in placed.printed.missing:
        row = table.rows[code]
        findings.add(
            "form.row_missing",
            report.sections[table.section].start if table.section in report.sections else 0,
            expected=row.zh,
            evidence=[f"{report.key}/{Cell(table.code, code, c)}" for c in row.columns],
            table=Bilingual(table.zh, table.en),
            row=Bilingual(row.zh, row.en),
        )
    for repeated in placed.printed.repeated:
        row = table.rows[repeated.cells[0].row]
        findings.add(
            "form.row_repeated",
            repeated.label.start,
            repeated.label.end,
            reported=repeated.label.text,
            table=Bilingual(table.zh, table.en),
            row=Bilingual(row.zh, row.en),
        )


def _no_table(report: Report, findings: ReportFindings, table) -> None:
    section = report.sections.get(table.section)
    findings.add(
        "form.table_missing",
        section.start if section else 0,
        expected=table.zh,
        table=Bilingual(table.zh, table.en),
    )


def _header(report: Report, findings: ReportFindings, placed) -> None:
    table = placed.printed.table
    due = {canonical(s): c.zh for r in table.rows.values() for c in r.columns.values() for s in c.spellings()}
    title = Bilingual(table.zh, table.en)
    if table.layout == "one_row":
        if placed.printed.rows and not {canonical(h.text) for h in placed.printed.header} >= due.keys():
            row = placed.printed.rows[0]
            findings.add(
                "form.header_by_position",
                placed.printed.header[0].start if placed.printed.header else row.label.start,
                reported=" ".join(h.text for h in placed.printed.header),
                evidence=[f"{report.key}/{c}" for c in row.cells],
                table=title,
                n=findings.ledger.tally("facts", [f"{report.key}/{c}" for c in row.cells]),
                proved=not placed.parts[0].solution.placements[0].broken,
            )
        return
    for header in placed.printed.header:
        printed = canonical(header.text)
        whole = [zh for name, zh in due.items() if name.startswith(printed) and name != printed]
        if printed and whole and printed not in due:
            findings.add(
                "form.header_cut",
                header.start,
                header.end,
                reported=header.text,
                expected=" / ".join(whole),
                table=title,
                printed=header.text,
                due=" / ".join(whole),
            )


def _placement(report: Report, findings: ReportFindings, placed) -> None:
    """Several placements, or one that only a presumption singles out."""
    presumed = any(part.solution.presumed for part in placed.parts)
    single = placed.complete and placed.placements == 1
    if single and not presumed:
        return
    table = placed.printed.table
    facts = report.facts
    open_ = list(facts.loc[(facts["table"] == table.code) & (facts["status"] == "ambiguous"), "key"])
    findings.add(
        "form.placement_presumed" if single else "form.placement_ambiguous",
        placed.printed.rows[0].label.start,
        reported=placed.placements,
        expected="1",
        evidence=open_,
        table=Bilingual(table.zh, table.en),
        n=findings.ledger.figure("documents", f"{report.key}:placements_{table.code}"),
        complete=placed.complete,
        adds_up=not placed.broken,
        glued=placed.glued,
        open=findings.ledger.tally("facts", open_),
        presumed=presumed,
    )


def _decided(report: Report, findings: ReportFindings, table) -> None:
    """Rows whose joined digits were cut by the prose or by the report of another year."""
    if not report.tables[table.code].printed.rows:
        return
    decided: dict[tuple[str, str], list[Mapping]] = {}
    for fact in report.records["facts"]:
        if fact["table"] == table.code and (fact["basis"] == "prose" or fact["basis"].startswith("year:")):
            decided.setdefault((fact["row"], fact["basis"]), []).append(fact)
    for (row, basis), cells in decided.items():
        source = f"{cells[0]['key']}:basis"
        years = basis.removeprefix("year:").split(",") if basis != "prose" else []
        findings.add(
            "form.decided_elsewhere",
            report.text.clean_offset(min(cell["start"] for cell in cells)),
            reported="".join(cell["raw"] for cell in cells),
            evidence=[cell["key"] for cell in cells],
            table=Bilingual(table.zh, table.en),
            row=Bilingual(table.rows[row].zh, table.rows[row].en),
            years=[findings.ledger.figure("facts", source, year) for year in years],
        )


def _blanks(report: Report, findings: ReportFindings) -> None:
    blank = report.facts[report.facts["status"] == "blank"]
    if len(blank):
        findings.add(
            "form.blank_cells",
            report.text.clean_offset(int(blank["start"].iloc[0])),
            reported=len(blank),
            expected="0",
            evidence=blank["key"],
            n=findings.ledger.figure("documents", f"{report.key}:blank_cells"),
        )


def _cell(report: Report, findings: ReportFindings, cell: Cell) -> None:
    """A change without a sign; an amount that brings its own unit."""
    table = report.form.tables[cell.table]
    column, row = table.column_of(cell), table.rows[cell.row]
    if column.kind == "count":
        return
    fact = findings.ledger.row("facts", f"{report.key}/{cell}")
    at = [report.text.clean_offset(int(fact[edge])) for edge in ("start", "end")]
    names = {"row": Bilingual(row.zh, row.en), "column": Bilingual(column.zh, column.en)}
    key = f"{report.key}/{cell}"
    printed = findings.ledger.figure("facts", f"{key}:raw") if fact["raw"] else None
    folded = report.text.clean[at[0] : at[1]]
    # Joined digits that hold no sign, and no zero wherever they are cut, hold none for this cell either.
    cut = fact["candidates"].split("|") if not fact["raw"] else []
    unsigned = fact["raw"] or (any(cut) and all(c.isdecimal() and int(c) for c in cut))
    if column.kind == "change" and fact["status"] == "ambiguous" and unsigned:
        findings.add(
            "form.change_unsigned",
            *at,
            reported=fact["raw"],
            expected=fact["candidates"],
            evidence=[key],
            printed=printed,
            **names,
        )
    if column.kind == "amount" and fact["status"] == "reported" and parse_cell(folded) is not None:
        unit = folded.lstrip("0123456789., ")
        if unit:
            findings.add(
                "form.unit_in_cell",
                *at,
                reported=fact["raw"],
                evidence=[key],
                printed=printed,
                yuan=findings.ledger.figure("facts", key),
                **names,
            )


def _disclosure_row(report: Report, findings: ReportFindings, row) -> None:
    """Rows of table two filled in against their meaning."""

    def value(column: str) -> float | None:
        if column not in row.columns:
            return None
        number_ = fact(column)["value"]
        return None if number_ != number_ else number_

    def key(column: str) -> str:
        return f"{report.key}/disclosure.{row.code}.{column}"

    def fact(column: str) -> Mapping[str, object]:
        return findings.ledger.row("facts", key(column))

    def figure(column: str):
        return findings.ledger.cells(report.key, [f"disclosure.{row.code}.{column}"])

    def add(code: str, columns: list[str], **values) -> None:
        told = [fact(column) for column in columns]
        start, end = int(told[0]["start"]), int(told[-1]["end"])
        findings.add(
            code,
            report.text.clean_offset(start),
            report.text.clean_offset(end),
            reported=" / ".join(each["raw"] for each in told),
            evidence=[key(column) for column in columns],
            row=Bilingual(row.zh, row.en),
            **values,
        )

    stock = [value(c) for c in ("made", "published", "published_total")]
    if stock[0] and stock[0] == stock[1] == stock[2]:
        add("form.stock_as_flow", ["made", "published", "published_total"], value=figure("published_total"))
    before, change, decisions = (value(c) for c in ("items_last_year", "items_change", "decisions"))
    if before and change and decisions and abs(before + change - decisions) <= 1:
        add(
            "form.change_misread",
            ["items_last_year", "items_change", "decisions"],
            before=figure("items_last_year"),
            decisions=figure("decisions"),
        )
    elif before and decisions is not None and decisions < before + min(change or 0, 0):
        add(
            "form.fewer_decisions_than_items",
            ["items_last_year", "decisions"],
            expected=f">= {number(before)}",
            before=figure("items_last_year"),
            decisions=figure("decisions"),
        )
