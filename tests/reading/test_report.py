"""The Yongkang report as read, against the true cells and the audit made by hand."""

import csv
import re

import pandas as pd
import pytest

from analysis.errors import InputError
from analysis.reading import identify, read_report
from analysis.reading.layout import split_sections
from analysis.reading.normalise import normalise

KEY = ["table", "row", "column"]


def test_every_cell_is_what_the_truth_says(yongkang, shared):
    truth = list(csv.DictReader((shared / "truth" / "永康市" / "2020.csv").open(encoding="utf8")))
    facts = yongkang.report.facts.set_index(KEY)
    assert len(truth) == len(facts) == 198
    for true in truth:
        fact = facts.loc[tuple(true[k] for k in KEY)]
        if re.fullmatch(r"-?\d+", true["value"]) and true["status"] == "reported":
            assert (fact["status"], fact["value"]) == ("reported", float(true["value"])), true
        elif true["status"] == "blank":
            assert fact["status"] == "blank" and pd.isna(fact["value"]), true
        elif true["status"] == "ambiguous":
            # The truth lists every number of the row; here each cell lists what it can really hold.
            possible = {*true["value"].split("|"), "blank"}
            assert pd.isna(fact["value"])
            assert fact["status"] in ("ambiguous", "blank")
            assert set(fact["candidates"].split("|")) <= possible | {"0"}, true


def test_the_cells_that_stay_open_are_those_of_the_legal_persons(yongkang):
    facts = yongkang.report.facts
    open_ = facts[(facts["table"] == "applications") & (facts["status"] == "ambiguous")]
    assert set(open_["row"]) == {"received", "granted", "partly_granted", "denied.internal_affairs", "total"}
    assert not set(open_["column"]) & {"natural_person", "total"}
    candidates = open_.set_index(["row", "column"])["candidates"]
    assert candidates["received", "business"] == "3|blank"
    assert candidates["received", "charity"] == "1|3|4|blank"


def test_an_unsigned_change_stays_of_unknown_sign(yongkang):
    fact = yongkang.report.facts.set_index(KEY).loc[("disclosure", "penalties", "items_change")]
    assert fact["status"] == "ambiguous"
    assert pd.isna(fact["value"])
    assert fact["candidates"] == "+2012|-2012"
    assert fact["raw"] == "2012"


def test_an_amount_is_a_number_with_its_unit(yongkang):
    fact = yongkang.report.facts.set_index(KEY).loc[("disclosure", "procurement", "amount")]
    assert (fact["value"], fact["unit_of_measure"]) == (399370200, "元")
    assert fact["raw"] == "3.993702億元"


def test_every_fact_shows_where_it_stands_in_the_file(yongkang):
    raw = yongkang.report.text.raw
    lines = raw.split("\n")
    for fact in yongkang.report.facts.itertuples():
        if fact.status == "reported":
            assert raw[fact.start : fact.end] == fact.raw
            _, line, column = fact.where.rsplit(":", 2)
            assert lines[int(line) - 1][int(column) - 1 :].startswith(fact.raw)


def test_the_prose_says_these_numbers_of_these_cells(yongkang):
    claims = yongkang.report.claims
    said = [(c.about, c.value) for c in claims.itertuples() if c.about and not c.of]
    assert said == [
        ("items_published", 32000),
        ("documents", 102),
        ("normative_documents", 16),
        ("document_interpretations", 32),
        ("interpretations", 890),
        ("consultations", 279),
        ("items_published", 2400),
        ("items_published", 8100),
        ("received", 161),
        ("carried_in", 3),
        ("decisions", 158),
        ("carried_out", 6),
        ("disclosed", 92),
        ("refused", 42),
        ("unavailable", 4),
        ("unprocessed", 8),
        ("reviews", 9),
        ("reviews_corrected", 1),
        ("lawsuits", 4),
        ("lawsuits_corrected", 0),
        ("disputes_defused", 47),
        ("named_rules", 2),
        ("named_systems", 3),
    ]
    shares = [(c.about, c.value) for c in claims.itertuples() if c.of == "decisions"]
    assert shares == [("disclosed", 58.2), ("refused", 26.6), ("unavailable", 10.1), ("unprocessed", 5.1)]
    approximate = set(claims.loc[claims["approximate"], "value"])
    assert approximate == {32000, 2400, 8100}


def test_every_claim_shows_where_it_stands_in_the_file(yongkang):
    raw = yongkang.report.text.raw
    for claim in yongkang.report.claims.itertuples():
        printed = raw[claim.start : claim.end]
        digits = re.sub(r"[^\d.]", "", printed)
        assert digits == "" or float(digits) == claim.value


def test_unit_year_form_and_sections_come_from_the_text(yongkang):
    report = yongkang.report
    text = report.text
    assert (identify.unit(text), identify.year(text), identify.form(text).code) == ("永康市", 2020, "2019")
    assert identify.title(text) is None
    assert list(report.sections) == [
        "overview",
        "disclosure",
        "applications",
        "disputes",
        "problems",
        "other_matters",
    ]
    other = report.sections["other_matters"]
    assert text.clean[other.body : other.end].strip() == "无"


def test_both_editions_give_the_same_facts_and_claims(shipped, published):
    facts = ["key", "value", "unit_of_measure", "status", "candidates", "raw"]
    pd.testing.assert_frame_equal(shipped.report.facts[facts], published.report.facts[facts])
    placements = ["key", "part", "placement", "value", "raw"]
    pd.testing.assert_frame_equal(
        shipped.report.placements[placements], published.report.placements[placements]
    )
    claims = ["key", "section", "value", "unit_of_measure", "approximate", "about", "of"]
    pd.testing.assert_frame_equal(shipped.report.claims[claims], published.report.claims[claims])


@pytest.mark.parametrize("year", [2023, 2024])
def test_a_report_on_the_form_of_2021_with_its_blanks_kept_is_read_cell_by_cell(year, shared):
    report = read_report(shared / "reports" / "宿迁市" / f"{year}.txt")
    assert (report.unit, report.year, report.form.code) == ("宿迁市", year, "2021")
    truth = list(csv.DictReader((shared / "truth" / "宿迁市" / f"{year}.csv").open(encoding="utf8")))
    facts = report.facts.set_index(KEY)
    for true in truth:
        if true["status"] == "reported":
            fact = facts.loc[tuple(true[k] for k in KEY)]
            scale = 1e4 if fact["unit_of_measure"] == "元" else 1
            assert fact["value"] / scale == pytest.approx(float(true["value"]), abs=1e-9), true
    assert len(truth) == len(facts)


def test_section_headings_are_not_confused_with_rows_of_a_table():
    text = normalise(
        "一、总体情况\n甲\n一、本年新收政府信息公开申请数量 | 1 |\n二、主动公开政府信息情况\n乙", "x"
    )
    assert list(split_sections(text)) == ["overview", "disclosure"]


def test_a_row_with_more_numbers_than_columns_is_refused_with_its_place(altered):
    with pytest.raises(InputError, match=r"2020\.txt:33:1.*8 个数字"):
        altered("| 3 | 3 | |||||||", "| 3 | 3 | 3 | 3 | 3 | 3 | 3 | 3 | |")


def test_a_fraction_where_cases_are_counted_is_refused_with_its_place(altered):
    with pytest.raises(InputError, match=r"2020\.txt:53.*150\.5"):
        altered("| 150 |", "| 150.5 |")


def test_the_numbered_parts_of_the_sections_are_split(yongkang):
    sections = yongkang.report.sections
    assert [p.text[:3] for p in sections["overview"].parts] == ["(一)", "(二)", "(三)", "(四)", "(五)"]
    assert [p.text[:3] for p in sections["problems"].parts] == ["(一)", "(二)", "(三)"]
    assert sections["other_matters"].parts == ()
    claims = yongkang.report.claims
    assert set(claims.loc[claims["about"] == "received", "part"]) == {"(二)"}
    assert set(claims.loc[claims["about"] == "documents", "part"]) == {"(一)"}


def test_no_number_of_the_report_can_change_unseen(reread, shipped):
    """Break it on purpose: each printed number in turn, one more than it was."""
    report = shipped.report
    raw = report.text.raw
    facts = report.facts[report.facts["raw"] != ""]
    places = {(int(s), int(e)) for s, e in facts[["start", "end"]].itertuples(index=False)}
    places |= {(int(s), int(e)) for s, e in report.claims[["start", "end"]].itertuples(index=False)}
    tried, unseen = 0, []
    for start, end in sorted(places):
        match = re.search(r"\d+", raw[start:end])
        if not match:
            continue
        old = raw[start - 12 : end + 12]
        at = 12 + match.end() - 1
        new = f"{old[:at]}{(int(old[at]) + 1) % 10}{old[at + 1 :]}"
        if raw.count(old) != 1:  # the same line stands twice: either would do, neither is tried
            continue
        try:
            fresh = reread(old, new)
        except InputError:
            continue
        tried += 1
        same_facts = fresh.facts[["value", "candidates"]].equals(report.facts[["value", "candidates"]])
        if same_facts and fresh.claims["value"].equals(report.claims["value"]):
            unseen.append(raw[start:end])
    assert tried > 80
    assert unseen == []
