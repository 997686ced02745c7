"""A folder or a store is checked: what the table holds, and what becomes of the decisions of people."""

import csv
import json
import shutil

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis import frames
from analysis.batch import check as checking
from analysis.batch import store
from analysis.batch.check import check, units_of
from analysis.cli import app
from analysis.figures import stray_digits
from analysis.ledger import Ledger, from_json
from analysis.workbook import open_workbook


@pytest.fixture(scope="module")
def made(shared, tmp_path_factory):
    """Every shared report, checked."""
    folder = tmp_path_factory.mktemp("checked")
    return check(shared / "reports", folder / "store")


@pytest.fixture(scope="module")
def found(made):
    return pd.read_parquet(made.out / "findings.parquet")


def test_the_table_keeps_its_schema_and_is_told_in_the_description(made, found):
    assert len(frames.SCHEMAS["findings"].validate(found)) == len(found) > 100
    described = json.loads((made.out / "datapackage.json").read_text(encoding="utf8"))
    (entry,) = [r for r in described["resources"] if r["name"] == "findings"]
    assert entry["rows"] == len(found)


def test_the_csv_is_the_same_table_and_opens_in_a_spreadsheet(made, found):
    raw = (made.out / "findings.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    with (made.out / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["key"] for r in rows] == list(found["key"])
    assert [r["message_zh"] for r in rows] == list(found["message_zh"])


def test_findings_stand_by_unit_and_year_the_most_serious_first(found):
    order = found[["unit", "year"]].assign(severity=found["severity"].map(frames.SEVERITIES.index))
    assert order.equals(order.sort_values(["unit", "year", "severity"], kind="stable"))


def test_what_several_reports_show_is_there_beside_what_one_shows(found):
    assert {"text.count_differs", "years.stock", "arithmetic.not_balanced"} <= set(found["code"])


def test_every_finding_has_its_own_fingerprint(found):
    assert found["fingerprint"].is_unique
    assert found["fingerprint"].str.fullmatch("[0-9a-f]{12}").all()


def test_the_evidence_of_every_finding_is_a_row_of_the_store(made, found):
    tables = ("facts", "claims", "sentences", "problems", "documents")
    known = {key for name in tables for key in pd.read_parquet(made.out / f"{name}.parquet")["key"]}
    named = {key for row in found["evidence"] for key in row.split()}
    assert named and named <= known
    assert {key for row in found["suspect"] for key in row.split()} <= named


def test_a_store_is_checked_like_its_folder(made, found, tmp_path):
    again = check(made.out, tmp_path / "elsewhere")
    assert pd.read_parquet(again.out / "findings.parquet").equals(found)
    assert again.by_code == made.by_code


def test_two_runs_leave_the_same_bytes(made, tmp_path):
    first = (made.out / "findings.csv").read_bytes()
    check(made.out)
    assert (made.out / "findings.csv").read_bytes() == first


def test_units_pass_one_by_one_however_the_rows_are_cut(made, monkeypatch):
    whole = {t["documents"]["unit"].iloc[0]: t for t in units_of(made.out)}
    monkeypatch.setattr(checking, "_ROWS", 7)
    for tables in units_of(made.out):
        unit = tables["documents"]["unit"].iloc[0]
        for name, table in tables.items():
            assert set(table["unit"]) <= {unit}
            assert list(table["key"]) == list(whole[unit][name]["key"])
    assert set(whole) == set(pd.read_parquet(made.out / "documents.parquet")["unit"])


def test_a_decision_is_kept_and_leaves_the_summary(shared, tmp_path):
    reports = tmp_path / "data" / "reports"
    shutil.copytree(shared / "reports" / "永康市", reports / "永康市")
    first = check(reports, tmp_path / "store")
    four = next(e for e in first.errors if e["code"] == "text.count_differs")
    lines = [
        "fingerprint,state,decision,by,on,why",
        f"{four['fingerprint']},{four['state']},dismissed,甲,2021-03-01,核实",
    ]
    (tmp_path / "data" / "reviews.csv").write_text("\n".join(lines) + "\n", encoding="utf8")
    second = check(reports, tmp_path / "store")
    assert four["fingerprint"] not in {e["fingerprint"] for e in second.errors}
    assert second.decisions["dismissed"] == 1
    page = reports / "永康市" / "2020.txt"
    text = page.read_text(encoding="utf8")
    # The cells under the finding change, their sum does not: 11 and 5 become 12 and 4.
    for old, new in (
        ("政府信息 | 11 | 11 |", "政府信息 | 12 | 12 |"),
        ("另行制作 | 5 | 5 |", "另行制作 | 4 | 4 |"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    page.write_text(text, encoding="utf8")
    third = check(reports, tmp_path / "store")
    assert third.decisions["reopened"] == 1
    assert four["fingerprint"] in {e["fingerprint"] for e in third.errors}


@pytest.mark.parametrize("place", ["data", "data/reports"])
def test_store_and_notebook_find_decisions_and_corrections_in_the_same_places(place, shared, tmp_path):
    reports = tmp_path / "data" / "reports"
    shutil.copytree(shared / "reports" / "永康市", reports / "永康市")
    corrected = "- {unit: 永康市, year: 2020, cell: disclosure.penalties.items_change, expected: '2012', value: -2012, reason: 公告}\n"
    (tmp_path / place / "corrections.yml").write_text(corrected, encoding="utf8")
    (four,) = [e for e in check(reports, tmp_path / "store").errors if e["code"] == "text.count_differs"]
    lines = f"fingerprint,state,decision,by,on,why\n{four['fingerprint']},,dismissed,甲,2021-03-01,核实\n"
    (tmp_path / place / "reviews.csv").write_text(lines, encoding="utf8")
    check(reports, tmp_path / "store")
    stored = {n: pd.read_parquet(tmp_path / "store" / f"{n}.parquet") for n in ("facts", "findings")}
    book = open_workbook("永康市", "2020", str(reports))
    for tables in (stored, book.tables):
        fact = tables["facts"].set_index("key").loc["永康市/2020/disclosure.penalties.items_change"]
        finding = tables["findings"].set_index("fingerprint").loc[four["fingerprint"]]
        assert (fact["value"], finding["decision"]) == (-2012, "dismissed")


def test_a_bad_file_costs_the_others_nothing(shared, tmp_path):
    reports = tmp_path / "reports"
    shutil.copytree(shared / "reports" / "宿迁市", reports / "宿迁市")
    (reports / "宿迁市" / "2022.pdf").write_bytes(b"no pdf")
    result = CliRunner().invoke(app, ["check", str(reports), "--out", str(tmp_path / "store")])
    assert result.exit_code == 1
    assert "2022.pdf" in result.stderr
    assert "reports 2" in result.stdout


BAD = {
    "no folder": (["check", "nowhere"], "nowhere"),
    "no decisions": (["check", "STORE", "--reviews", "none.csv"], "none.csv"),
    "no register": (["check", "STORE", "--units", "none.csv"], "none.csv"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_sentence_in_each_language(case, made):
    arguments, named = BAD[case]
    result = CliRunner().invoke(app, [a.replace("STORE", str(made.out)) for a in arguments])
    assert result.exit_code == 2
    assert named in result.stderr and len(result.stderr.strip().splitlines()) == 2


def test_a_damaged_store_is_named(made, tmp_path):
    broken = tmp_path / "store"
    shutil.copytree(made.out, broken)
    (broken / "facts.parquet").write_bytes(b"PAR1")
    result = CliRunner().invoke(app, ["check", str(broken)])
    assert result.exit_code == 2
    assert "facts.parquet" in result.stderr


def test_a_report_whose_joined_digits_other_years_decide_is_checked_as_decided(shared, tmp_path):
    folder = tmp_path / "reports" / "平潭综合实验区"
    folder.mkdir(parents=True)
    for year in range(2019, 2026):
        shutil.copy(shared / "reports" / "平潭综合实验区" / f"{year}.txt", folder)
    summary = store.read_folder(tmp_path / "reports", tmp_path / "store")
    found = pd.read_parquet(summary.out / "findings_within.parquet")
    decided = found[found["code"] == "form.decided_elsewhere"]
    assert decided["message_zh"].str.contains("年的报告断定").any()


def test_every_number_of_every_finding_leads_back_to_the_store(made, found):
    """The sentences of all findings, in both languages, against the tables that lie beside them."""
    tables = {
        name: pd.read_parquet(made.out / f"{name}.parquet")
        for name in store.TABLES
        if name != "findings_within"
    }
    sides = {name: pd.read_csv(made.out / f"{name}.csv") for name in ("changes", "register")}
    ledger = Ledger(tables | sides)
    for finding in found.itertuples():
        for language, message in (("zh", finding.message_zh), ("en", finding.message_en)):
            figures = from_json(json.loads(finding.figures)[language])
            assert ledger.wrong(figures, message) == [], finding.key
            assert stray_digits(message, figures) == [], finding.key
