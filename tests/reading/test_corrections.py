"""Declared fixes of source errors: put in place, told apart, and refused when they no longer match."""

import shutil

import pytest
from conftest import PROJECT

from analysis.errors import InputError
from analysis.rates_and_trends import open_rates_and_trends
from analysis.reading import corrections, read_report
from analysis.workbook import open_workbook

FIX = {
    "unit": "永康市",
    "year": 2020,
    "cell": "disclosure.penalties.items_change",
    "expected": "2012",
    "value": -2012,
    "reason": "公告更正",
}


def written(tmp_path, *entries):
    path = tmp_path / "corrections.yml"
    lines = [
        "- {" + ", ".join(f"{k}: {v!r}" if isinstance(v, str) else f"{k}: {v}" for k, v in e.items()) + "}"
        for e in entries
    ]
    path.write_text("corrections:\n" + "\n".join(lines) + "\n", encoding="utf8")
    return corrections.load(path)


def test_a_correction_puts_its_value_in_place_and_keeps_what_is_printed(shipped, tmp_path):
    records = corrections.corrected(shipped.report.records, written(tmp_path, FIX))
    facts = {f["key"]: f for f in records["facts"]}
    fact = facts["永康市/2020/disclosure.penalties.items_change"]
    assert (fact["value"], fact["status"], fact["basis"], fact["raw"]) == (
        -2012,
        "reported",
        "correction",
        "2012",
    )
    untouched = [f for f in records["facts"] if f["basis"] != "correction"]
    assert untouched == [f for f in shipped.report.records["facts"] if f["key"] != fact["key"]]


def test_a_correction_that_no_longer_matches_fails(shipped, tmp_path):
    with pytest.raises(InputError, match="预期原值为 2011，报告中却是 2012"):
        corrections.corrected(shipped.report.records, written(tmp_path, {**FIX, "expected": "2011"}))


def test_a_correction_of_a_cell_that_is_not_there_fails(shipped, tmp_path):
    with pytest.raises(InputError, match="没有这一格"):
        corrections.corrected(shipped.report.records, written(tmp_path, {**FIX, "cell": "disclosure.x.y"}))


def test_a_blank_is_expected_by_name(shipped, tmp_path):
    blank = next(f for f in shipped.report.records["facts"] if f["status"] == "blank")
    fix = {**FIX, "cell": blank["key"].split("/")[2], "expected": "blank", "value": 0}
    facts = corrections.corrected(shipped.report.records, written(tmp_path, fix))["facts"]
    assert next(f for f in facts if f["key"] == blank["key"])["value"] == 0
    with pytest.raises(InputError, match="blank"):
        corrections.corrected(shipped.report.records, written(tmp_path, {**FIX, "expected": "blank"}))


def test_a_correction_without_a_reason_is_refused(tmp_path):
    with pytest.raises(InputError, match="第 1 条更正不完整：请写明 reason"):
        written(tmp_path, {k: v for k, v in FIX.items() if k != "reason"})


def test_the_shipped_file_declares_none_and_is_read(shipped):
    assert corrections.load(shipped.report.path.parents[2] / "corrections.yml") == []


def test_a_report_without_corrections_is_left_alone(shared, tmp_path):
    report = read_report(shared / "reports" / "宿迁市" / "2023.txt")
    assert corrections.corrected(report.records, written(tmp_path, FIX)) is report.records


def test_a_correction_of_one_year_that_does_not_fit_costs_no_other_year(tmp_path):
    shutil.copytree(PROJECT / "data" / "reports" / "宿迁市", tmp_path / "reports" / "宿迁市")
    entry = {**FIX, "unit": "宿迁市", "year": 2023, "cell": "applications.carried_out.total", "expected": "9"}
    written(tmp_path, entry)
    asked = {"unit": "宿迁市", "data": str(tmp_path / "reports")}
    assert open_workbook(**asked, years="2024").years == "2024"
    with pytest.raises(InputError, match="更正 宿迁市/2023/applications.carried_out.total 预期原值为 9"):
        open_workbook(**asked, years="2023")
    trends = open_rates_and_trends(**asked)
    assert 2023 not in {report.year for report in trends.reports}
    assert any("预期原值为 9" in error.zh for error in trends.failed)
    written(tmp_path, entry, {**entry, "year": 2024, "expected": "8"})
    for year, found in (("2023", "9"), ("2024", "8")):  # each is told of its own
        with pytest.raises(InputError, match=f"更正 宿迁市/{year}/.* 预期原值为 {found}"):
            open_workbook(**asked, years=year)
    (tmp_path / "reports" / "宿迁市" / "2024.txt").unlink()
    with pytest.raises(InputError, match="预期原值为 9"):
        open_rates_and_trends(**asked)
