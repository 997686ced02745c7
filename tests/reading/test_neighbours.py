"""What the years beside a report say of its table two, and when they are believed."""

import pytest

from analysis.reading import read_report
from analysis.reading.corrections import Correction, corrected
from analysis.reading.neighbours import decide, decide_reports, decided
from analysis.workbook import open_workbook


@pytest.fixture(scope="module")
def pingtan(shared):
    folder = shared / "reports" / "平潭综合实验区"
    return {year: read_report(folder / f"{year}.txt") for year in range(2019, 2026)}


def cell(report, row, column):
    facts = report.facts
    (fact,) = facts[(facts["row"] == row) & (facts["column"] == column)].to_dict("records")
    return fact


def test_the_stock_of_items_decides_2019_and_2020_together(pingtan):
    before, after = decide_reports([pingtan[2019], pingtan[2020]])
    assert [
        cell(before, "licensing", c)["value"] for c in ("items_last_year", "items_change", "decisions")
    ] == [
        396,
        0,
        181,
    ]
    assert cell(before, "licensing", "items_last_year")["basis"] == "year:2020"
    assert cell(after, "licensing", "items_last_year")["value"] == 396
    assert cell(after, "licensing", "items_last_year")["basis"] == "year:2019"
    # The change of 2020 and its decisions have no year behind them that says more.
    assert cell(after, "licensing", "items_change")["status"] == "ambiguous"
    assert "442" in cell(after, "licensing", "items_change")["candidates"].split("|")


def test_alone_neither_year_is_decided(pingtan):
    assert cell(pingtan[2019], "licensing", "items_last_year")["status"] == "ambiguous"
    assert cell(pingtan[2020], "licensing", "items_last_year")["status"] == "ambiguous"


def test_a_stock_that_was_counted_anew_decides_nothing(pingtan):
    """2021 and 2022 would agree on 665 documents in force; the page had 65. In the years behind, the
    stock does not follow, so it is not believed here either."""
    decided = decide_reports([pingtan[year] for year in range(2021, 2026)])
    assert cell(decided[0], "normative_documents", "in_force")["status"] == "ambiguous"
    assert "65" in cell(decided[0], "normative_documents", "in_force")["candidates"].split("|")


def test_one_agreement_is_not_enough(pingtan):
    decided = decide_reports([pingtan[2021], pingtan[2022]])
    assert cell(decided[0], "normative_documents", "in_force")["status"] == "ambiguous"


def test_the_tables_follow_what_was_decided(pingtan):
    before, _ = decide_reports([pingtan[2019], pingtan[2020]])
    assert before.tables["disclosure"].placements < pingtan[2019].tables["disclosure"].placements
    assert before.document["placements_disclosure"] == before.tables["disclosure"].placements


def test_a_workbook_looks_at_the_years_beside_and_says_so(shared):
    book = open_workbook(unit="平潭综合实验区", years="2019", data=str(shared / "reports"))
    (study,) = book.studies
    assert cell(study.report, "penalties", "items_last_year")["value"] == 2648
    said = study.findings[study.findings["code"] == "form.decided_elsewhere"]["message_zh"]
    assert any("行政处罚" in m and "2020年的报告" in m for m in said)


def test_a_year_beside_that_cannot_be_read_costs_nothing(shared, tmp_path):
    folder = tmp_path / "reports" / "平潭综合实验区"
    folder.mkdir(parents=True)
    for year in (2019, 2020):
        text = (shared / "reports" / "平潭综合实验区" / f"{year}.txt").read_bytes()
        (folder / f"{year}.txt").write_bytes(text if year == 2019 else b"")
    book = open_workbook(unit="平潭综合实验区", years="2019", data=str(folder.parent))
    assert cell(book.studies[0].report, "penalties", "items_last_year")["status"] == "ambiguous"


def test_where_every_open_cell_of_a_part_was_corrected_its_placements_stay(yongkang):
    report = yongkang.report
    facts = report.facts.set_index("key")
    first = {p["part"] for p in report.records["placements"]}.pop()
    of_part = [p for p in report.records["placements"] if p["part"] == first]
    open_ = {f"{p['table']}.{p['row']}.{p['column']}" for p in of_part}
    fixes = []
    for cell_ in sorted(open_):
        fact = facts.loc[f"{report.key}/{cell_}"]
        printed = "blank" if fact["status"] == "blank" else fact["raw"]
        fixes.append(Correction(report.unit, report.year, cell_, printed, 1.0, "公告"))
    (records,) = decide([report.records])
    corrected_ = decided(report, {**report.records, **corrected(records, fixes)})
    assert {k.rpartition("/")[2] for k in corrected_.facts.query("basis == 'correction'")["key"]} == open_
    assert corrected_.tables[of_part[0]["table"]].placements > 1
