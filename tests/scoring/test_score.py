"""Points follow the rubric, chance and doubt are not punished, and what cannot be known stays open."""

import csv
import json
import shutil
from math import nan

import pandas as pd
import pytest
import yaml
from conftest import PROJECT, SHIPPED
from typer.testing import CliRunner

from analysis import frames
from analysis.batch import score as scoring
from analysis.checking import declared_findings
from analysis.cli import app
from analysis.errors import InputError
from analysis.measuring import rates_of, wilson
from analysis.reading import StoredReport, read_report
from analysis.register import Register, Unit
from analysis.scoring import line, load_rubric, score, totals

DEFAULT = PROJECT / "src" / "analysis" / "scoring" / "rubric.yml"


def finding(n, code, suspect="", decision="", year=2020):
    """One row of findings about 永康市."""
    row = dict.fromkeys(frames.SCHEMAS["findings"].columns, "")
    severity = declared_findings()[code]["severity"]
    key = f"永康市/{year}/{code}/{n}"
    return {
        **row,
        **{"key": key, "unit": "永康市", "year": year, "code": code, "severity": severity},
        **{"suspect": suspect, "decision": decision, "where": f"{year}.txt:{n}:1", "start": n, "end": n},
    }


def rate(part, whole, code="review_correction_rate", **more):
    """One row of rates of 永康市 2020."""
    row = dict.fromkeys(("low", "high", "least", "most"), nan)
    if whole > 0:
        row["low"], row["high"] = wilson(part, whole)
    value = part / whole if whole else nan
    return {
        **{"key": f"永康市/2020/{code}", "unit": "永康市", "year": 2020, "indicator": code},
        **{"numerator": part, "denominator": whole, "value": value, **row, "confidence": 0.95},
        **{"small": False, "numerator_of": "", "denominator_of": "", "note_zh": "甲", "note_en": "a", **more},
    }


@pytest.fixture(scope="module")
def document(shipped):
    return shipped.report.document.to_frame().T


@pytest.fixture
def item(document):
    """The row of one item, for findings and rates about 永康市 2020."""

    def make(code, *found, rates=(), register=None, at_hand=None, rubric=None, **changed):
        table = frames.frame("findings", found)
        measured = frames.frame("rates", rates)
        scores = score(
            table, measured, document.assign(**changed), rubric or load_rubric(), register, at_hand
        )
        return scores.set_index("item").loc[code]

    return make


def reports(*pairs):
    return pd.DataFrame(pairs, columns=["unit", "year"])


@pytest.fixture
def rubric(tmp_path):
    """A rubric file with one thing changed: ``rubric(old, new)``; one item asks for sums, one for a rate."""

    def write(old="", new=""):
        text = RUBRIC.replace(old, new, 1) if old else RUBRIC
        assert text != RUBRIC or not old, f"{old!r} does not stand in the rubric"
        path = tmp_path / "mine.yml"
        path.write_text(text, encoding="utf8")
        return path

    return write


RUBRIC = """\
name: {zh: 我的, en: mine}
start: 10
explained: 0.5
groups:
  accuracy: {zh: 准确性, en: accuracy}
items:
  sums:
    group: accuracy
    zh: 相符
    en: adds up
    basis: {zh: 规则, en: rule}
    remedy: {zh: 改正, en: correct}
    findings: [arithmetic.*]
    points: 4
    most: 9
  reviews:
    group: accuracy
    zh: 纠错
    en: corrections
    basis: {zh: 规则, en: rule}
    remedy: {zh: 改正, en: correct}
    rate: review_correction_rate
    above: 0.1
    least: 5
    points: 3
    most: 3
"""

BROKEN = "arithmetic.not_balanced"


# findings


def test_each_finding_costs_its_points_up_to_the_limit(item):
    assert item("sums")["state"] == "clear"
    for n, points in ((1, 2), (2, 4), (5, 10), (9, 10)):
        row = item("sums", *[finding(k, BROKEN) for k in range(n)])
        assert (row["points"], row["state"], row["most"]) == (points, "deducted", 10)
        assert len(row["evidence"].split()) == n


def test_findings_that_name_the_same_suspect_are_one_fault(item):
    row = item("sums", finding(1, BROKEN, "a"), finding(2, BROKEN, "a"), finding(3, BROKEN, "b"))
    assert row["points"] == 4
    assert len(row["evidence"].split()) == 3


@pytest.mark.parametrize(
    ("decision", "points", "state"),
    [
        ("", 4, "deducted"),
        ("confirmed", 4, "deducted"),
        ("reopened", 4, "deducted"),
        ("dismissed", 0, "clear"),
        ("explained", 2, "deducted"),
    ],
)
def test_what_people_decided_counts(item, rubric, decision, points, state):
    row = item("sums", finding(1, BROKEN, decision=decision), rubric=load_rubric(rubric()))
    assert (row["points"], row["state"]) == (points, state)


def test_by_default_an_explanation_costs_nothing(item):
    assert item("sums", finding(1, BROKEN, decision="explained"))["points"] == 0


def test_a_doubt_costs_points_only_when_a_person_has_confirmed_it(item):
    hand = reports(("永康市", 2019), ("永康市", 2020))
    doubted = item("year_by_year", finding(1, "years.copied"), at_hand=hand)
    assert (doubted["points"], doubted["open"], doubted["state"]) == (0, 1, "unknown")
    decided = item("year_by_year", finding(1, "years.copied", decision="confirmed"), at_hand=hand)
    assert (decided["points"], decided["open"]) == (1, 0)


def test_a_finding_is_deducted_by_the_item_that_names_it_most_closely(document):
    found = frames.frame("findings", [finding(1, "text.ordinal_repeated"), finding(2, "text.other_year")])
    rows = score(found, frames.frame("rates", []), document, load_rubric()).set_index("item")
    assert rows.loc["wording", "points"] == 0.5
    assert rows.loc["left_from_a_copy", "open"] == 2
    assert rows.loc["text_unclear", "evidence"] == ""


def test_notes_cost_nothing(document):
    notes = [c for c, d in declared_findings().items() if d["severity"] == "note"]
    found = frames.frame("findings", [finding(n, code) for n, code in enumerate(notes)])
    rows = score(found, frames.frame("rates", []), document, load_rubric())
    assert not rows["points"].any()


def test_an_item_may_ask_for_notes(rubric, document):
    asked = rubric("[arithmetic.*]", "[text.unverifiable]\n    severity: [note]")
    found = frames.frame("findings", [finding(1, "text.unverifiable")])
    rows = score(found, frames.frame("rates", []), document, load_rubric(asked))
    assert rows.set_index("item").loc["sums", "points"] == 4


# what is not known


def test_what_no_report_shows_is_always_open(item):
    row = item("replies_in_time")
    assert (row["state"], row["open"], row["points"]) == ("unknown", 5, 0)


def test_without_a_date_nobody_can_tell_whether_it_was_late(item):
    known = Register({"永康市": Unit("永康市", "government", "county")})
    assert item("late", published="", register=known)["open"] == 5
    assert item("late", published="2021-03-20", register=known)["state"] == "clear"
    assert item("late", published="2021-03-20")["state"] == "unknown", "a department's would be late"
    assert item("late", published="2021-01-20")["state"] == "clear", "in time for everyone"
    late = item("late", finding(1, "form.late"), published="2021-04-20")
    assert (late["points"], late["open"]) == (5, 0)


def test_without_last_years_report_the_carry_over_is_open(item):
    before = reports(("永康市", 2019), ("永康市", 2020))
    assert item("carried")["open"] == 6
    assert item("carried", at_hand=before)["state"] == "clear"
    assert item("carried", at_hand=reports(("宿迁市", 2019), ("永康市", 2020)))["open"] == 6


def test_without_other_units_copying_is_open(item):
    assert item("like_others")["open"] == 9
    assert item("like_others", at_hand=reports(("永康市", 2020), ("宿迁市", 2021)))["state"] == "clear"
    assert item("like_others", at_hand=reports(("永康市", 2020), ("宿迁市", 2023)))["open"] == 9


def test_cells_that_cannot_be_placed_leave_the_rest_of_an_item_open(item):
    row = item("sums", finding(1, BROKEN), finding(2, "form.placement_ambiguous"))
    assert (row["points"], row["open"], row["state"]) == (2, 8, "deducted")
    row = item("sums", finding(2, "form.placement_ambiguous"))
    assert (row["points"], row["open"], row["state"]) == (0, 10, "unknown")


def test_an_undeclared_standing_is_said(item):
    row = item("powers")
    assert row["state"] == "unknown"
    assert "units.csv" in row["note_zh"]
    known = Register({"永康市": Unit("永康市", "government", "county")})
    assert item("powers", register=known)["state"] == "clear"


def test_without_all_parts_the_whole_is_open(item):
    parts = [Unit(name, "department", "county", "永康市") for name in ("甲局", "乙局")]
    whole = Register({u.unit: u for u in (Unit("永康市", "government", "county"), *parts)})
    own = Register({"永康市": Unit("永康市", "government", "county", scope="own")})
    every = reports(("永康市", 2020), ("甲局", 2020), ("乙局", 2020))
    states = [
        item("whole_and_parts", register=register, at_hand=hand, scope="")["state"]
        for register, hand in ((None, None), (whole, every), (whole, every[:2]), (own, None))
    ]
    assert states == ["unknown", "clear", "unknown", "clear"]


def test_an_item_is_asked_for_in_its_years_only(document):
    none = frames.frame("findings", []), frames.frame("rates", [])
    rows = {y: score(*none, document.assign(year=y), load_rubric()) for y in (2020, 2021)}
    assert "fee" not in set(rows[2020]["item"])
    assert "fee" in set(rows[2021]["item"])


# rates


@pytest.mark.parametrize(
    ("part", "whole", "state"),
    [
        (18, 134, "clear"),  # 13.4%, but its interval goes down to 8.7%
        (40, 134, "deducted"),  # 29.9%, from 22.8% on
        (28, 134, "clear"),  # 20.9%, from 14.9% on: just not
        (29, 134, "deducted"),  # 21.6%, from 15.5% on: just so
        (9, 9, "clear"),  # all of nine, but nine are few
        (0, 0, "clear"),  # nothing to be corrected
    ],
)
def test_a_rate_costs_points_only_where_its_whole_interval_passes_the_threshold(item, part, whole, state):
    row = item("corrected_in_review", rates=[rate(part, whole)])
    assert row["state"] == state
    assert row["points"] == (3 if state == "deducted" else 0)


def test_a_low_rate_is_judged_by_its_upper_bound(item):
    by = {n: item("settled", rates=[rate(n, 100, "clearance_rate")])["state"] for n in (60, 75, 90)}
    assert by == {60: "deducted", 75: "clear", 90: "clear"}


def test_a_rate_that_is_not_known_is_open_and_says_why(item):
    open_ = item("corrected_in_review", rates=[rate(nan, nan)])
    assert (open_["state"], open_["open"], open_["note_zh"]) == ("unknown", 3, "甲")
    assert item("corrected_in_review")["state"] == "unknown"


def test_a_rate_that_depends_on_the_placement_counts_where_all_placements_agree(item):
    states = [
        item("corrected_in_review", rates=[rate(nan, 100, least=least, most=most)])["state"]
        for least, most in ((0.0, 0.05), (0.05, 0.6), (0.5, 0.6))
    ]
    assert states == ["clear", "unknown", "deducted"]


def test_the_note_on_a_rate_gives_numerator_denominator_and_interval(suqian):
    own = suqian[2024]
    rows = score(own.findings, own.rates, own.report.document.to_frame().T, load_rubric()).set_index("item")
    # 18 of 134 by hand: Wilson 8.66% to 20.23%
    assert "18/134＝13.4%，区间8.7%–20.2%，界限15%" in rows.loc["corrected_in_review", "note_zh"]
    assert rows.loc["corrected_in_review", "evidence"] == "宿迁市/2024/review_correction_rate"


# the whole


def test_the_range_is_what_is_deducted_and_what_is_open(document, rubric):
    mine = load_rubric(rubric())
    found = frames.frame("findings", [finding(1, BROKEN), finding(2, BROKEN, decision="explained")])
    (sums,) = totals(score(found, frames.frame("rates", []), document, mine), mine).to_dict("records")
    # 10, less 4 and half of 4; the rate is not there: 3 more
    expected = {"start": 10, "deducted": 6, "open": 3, "best": 4, "worst": 1, "clear": 0, "unknown": 1}
    assert {name: sums[name] for name in expected} == expected
    assert sums["rubric"] == f"我的 {mine.digest}"


def test_no_score_falls_below_nothing(document, rubric):
    mine = load_rubric(rubric("start: 10", "start: 5"))
    found = frames.frame("findings", [finding(n, BROKEN) for n in range(9)])
    (sums,) = totals(score(found, frames.frame("rates", []), document, mine), mine).to_dict("records")
    assert (sums["deducted"], sums["best"], sums["worst"]) == (9, 0, 0)


def test_yongkang_is_scored_by_what_the_audit_found(yongkang):
    report = yongkang.report
    rows = score(yongkang.findings, yongkang.rates, report.document.to_frame().T, load_rubric())
    by = rows.set_index("item")
    assert by.loc["text_against_tables", "state"] == "deducted"
    assert f"{report.key}/text.count_differs/1" in by.loc["text_against_tables", "evidence"].split()
    assert by.loc["meaning_of_cells", "points"] == 2, "16/16/16, and 2012 without a sign"
    assert by.loc["duties", "points"] == 2, "appraisal and public review without a result"
    assert by.loc["wording", "points"] == 1, "制度 for 制定, and 四是 twice"
    assert by.loc["answers_for_corrections", "points"] == 2
    assert by.loc["corrected_in_review", "state"] == "clear", "one of nine is a small sample"
    unknown = set(rows.loc[rows["state"] == "unknown", "item"])
    assert {"late", "replies_in_time", "sums", "carried", "like_last_year", "powers"} <= unknown
    keys = set(yongkang.findings["key"]) | set(yongkang.rates["key"])
    assert {key for e in rows["evidence"] for key in e.split()} <= keys


def test_every_deduction_has_evidence_and_remedy_and_every_open_item_a_reason(yongkang):
    rows = score(
        yongkang.findings, yongkang.rates, yongkang.report.document.to_frame().T, load_rubric()
    ).to_dict("records")
    for row in rows:
        assert 0 <= row["points"] + row["open"] <= row["most"], row["item"]
        if row["points"]:
            assert row["evidence"] and row["remedy_zh"] and row["remedy_en"], row["item"]
        if row["state"] == "unknown":
            assert row["note_zh"] and row["note_en"], row["item"]


def test_a_mended_report_has_more_points(yongkang, altered):
    mended = altered("無法提供4件", "無法提供16件")
    best = {}
    for study in (yongkang, mended):
        rows = score(study.findings, study.rates, study.report.document.to_frame().T, load_rubric())
        best[study is mended] = totals(rows, load_rubric())["best"].item()
    assert best[True] > best[False]


# the rubric


def test_the_default_rubric_speaks_of_every_error_and_warning():
    rubric = load_rubric()
    assert all(code.startswith(("form.placement_", "document.")) for code in rubric.free()), rubric.free()
    held = [code for item in rubric.items for code in item.codes]
    assert len(held) == len(set(held)), "no finding costs points twice"
    assert all(item.codes or item.rate or item.unseen for item in rubric.items)
    assert {item.group for item in rubric.items} == set(rubric.groups)


def test_a_rubric_of_ones_own_is_another_one(rubric):
    one, other = load_rubric(rubric()), load_rubric(rubric("points: 4", "points: 5"))
    assert one.digest != other.digest
    assert [i.code for i in one.items] == ["sums", "reviews"]
    assert load_rubric(DEFAULT) == load_rubric()


# What is changed → the line that the sentence names, and what else it must say.
WRONG = {
    "a code that no check has": ("[arithmetic.*]", "[arithmetic.not_balancd]", 13, "arithmetic.not_balanced"),
    "a family without a code": ("[arithmetic.*]", "[arithmatic.*]", 13, "arithmatic.*"),
    "a note where none is asked for": ("[arithmetic.*]", "[text.unverifiable]", 13, "severity"),
    "codes that are no list": ("[arithmetic.*]", "arithmetic.*", 13, "["),
    "a field that there is not": ("    points: 4", "    point: 4", 14, "points"),
    "points of nothing": ("points: 4", "points: 0", 14, "大于"),
    "points that are no number": ("points: 4", "points: 四", 14, "数"),
    "a limit below the points": ("most: 9", "most: 3", 15, "不小于 4"),
    "no limit": ("    most: 9\n", "", 7, "most"),
    "a group that there is not": ("group: accuracy", "group: accurate", 8, "accuracy"),
    "a title in no language": ("basis: {zh: 规则, en: rule}", "basis: 规则", 11, "{zh: …, en: …}"),
    "nothing to rest on": ("    findings: [arithmetic.*]\n", "", 7, "findings、rate、unseen"),
    "two things to rest on": (
        "    findings:",
        "    unseen: true\n    findings:",
        7,
        "findings、rate、unseen",
    ),
    "a level that there is not": ("    points: 4", "    severity: [fatal]\n    points: 4", 14, "fatal"),
    "a need that nobody knows": (
        "    points: 4",
        "    needs: [year_befor]\n    points: 4",
        14,
        "year_before",
    ),
    "a share above one": ("explained: 0.5", "explained: 2", 3, "不大于 1"),
    "an indicator that there is not": ("rate: review_correction_rate", "rate: reviews", 22, "reviews"),
    "a count, which has no interval": ("rate: review_correction_rate", "rate: carry_over_net", 22, "区间"),
    "no threshold": ("    above: 0.1\n", "", 22, "above、below"),
    "a threshold of percent": ("above: 0.1", "above: 10", 23, "不大于 1"),
    "a field of findings on a rate": ("above: 0.1", "above: 0.1\n    confirmed: true", 24, "findings"),
    "the same item twice": ("  reviews:", "  sums:", 16, "twice"),
    "a bracket that is open": ("[arithmetic.*]", "[arithmetic.*", 14, "YAML"),
    "no items": (RUBRIC[RUBRIC.index("items:") :], "items: {}\n", 6, "items"),
    "items that are a list": (RUBRIC[RUBRIC.index("items:") :], "items: [a]\n", 6, "items"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_bad_rubric_is_refused_in_a_sentence_with_its_line(case, rubric):
    old, new, at, said = WRONG[case]
    with pytest.raises(InputError) as refused:
        load_rubric(rubric(old, new))
    assert f"mine.yml 第 {at} 行" in refused.value.zh
    assert f"mine.yml line {at}" in refused.value.en
    assert said in refused.value.zh
    assert "\n" not in refused.value.zh + refused.value.en


def test_no_finding_may_cost_points_twice(rubric):
    again = RUBRIC[RUBRIC.index("  sums:") : RUBRIC.index("  reviews:")].replace("sums:", "again:")
    with pytest.raises(InputError, match="不能扣两次"):
        load_rubric(rubric("  reviews:", f"{again}  reviews:"))


@pytest.mark.parametrize("text", ["", "[]", "一", "- 1"])
def test_what_is_no_rubric_at_all_is_refused(tmp_path, text):
    path = tmp_path / "mine.yml"
    path.write_text(text, encoding="utf8")
    with pytest.raises(InputError, match="mine.yml"):
        load_rubric(path)
    with pytest.raises(InputError, match="没有|读不出来"):
        load_rubric(tmp_path / "none.yml")


def test_the_default_rubric_has_both_languages_everywhere():
    listed = yaml.safe_load(DEFAULT.read_text(encoding="utf8"))
    for code, entry in listed["items"].items():
        assert entry["zh"] and entry["en"], code


# a folder, a store, the command


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three shipped reports of two units, and a store of them."""
    base = tmp_path_factory.mktemp("scored") / "reports"
    for name in ("永康市/2020.txt", "宿迁市/2023.txt", "宿迁市/2024.txt"):
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((SHIPPED.parents[1] / name).read_bytes())
    scoring.score_all(base, base.parent / "store")
    return base


@pytest.fixture
def store(folder):
    return folder.parent / "store"


@pytest.mark.parametrize("name", ["永康市/2020.txt", "淮安市洪泽区/2023.pdf"])
def test_the_store_gives_the_rates_of_the_report(name):
    """Also where the page prints one row for the three of “other” (Hongze)."""
    report = read_report(SHIPPED.parents[1] / name)
    tables = {name: getattr(report, name) for name in ("facts", "placements", "claims")}
    stored = StoredReport.of(report.document, tables)
    pd.testing.assert_frame_equal(rates_of(stored), rates_of(report))


def test_the_tables_keep_their_schema_and_stand_in_the_description(store):
    described = json.loads((store / "datapackage.json").read_text(encoding="utf8"))
    rows = {r["name"]: r["rows"] for r in described["resources"]}
    for name in scoring.TABLES:
        table = frames.SCHEMAS[name].validate(pd.read_parquet(store / f"{name}.parquet"))
        with (store / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            assert [r["key"] for r in csv.DictReader(file)] == list(table["key"])
        assert rows[name] == len(table) > 0
    sums = pd.read_parquet(store / "score_totals.parquet").set_index("key")
    assert list(sums.index) == ["宿迁市/2023", "宿迁市/2024", "永康市/2020"]


def test_what_is_at_hand_is_all_that_was_checked(store):
    by = pd.read_parquet(store / "scores.parquet").set_index(["unit", "year", "item"])
    assert by.loc[("宿迁市", 2024, "like_last_year"), "state"] != "unknown"
    assert by.loc[("宿迁市", 2023, "like_last_year"), "state"] == "unknown", "2022 is not there"
    assert by.loc[("永康市", 2020, "like_others"), "state"] == "unknown", "nobody else reported about then"


def command(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_prints_a_line_a_report(store, tmp_path):
    done = command("score", store, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    sums = pd.read_parquet(store / "score_totals.parquet")
    scores = pd.read_parquet(tmp_path / "scores.parquet")
    for total in sums.itertuples():
        assert (
            line(total, scores[scores["unit"].eq(total.unit) & scores["year"].eq(total.year)]) in done.output
        )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_report_is_told_in_full_with_place_and_remedy(store, tmp_path, language):
    done = command("score", store, "--out", tmp_path, "--unit", "永康市", "--language", language)
    assert done.exit_code == 0, done.output
    found = pd.read_parquet(store / "findings.parquet").set_index("code").loc["text.count_differs"]
    assert found["where"] in done.output
    assert found[f"message_{language}"] in done.output
    assert load_rubric().by_code["text_against_tables"].remedy[language] in done.output
    assert len(pd.read_parquet(tmp_path / "score_totals.parquet")) == 1


def test_years_are_chosen_and_a_name_that_is_not_there_is_refused(store, tmp_path):
    done = command("score", store, "--out", tmp_path, "--years", "2023-2024")
    assert set(pd.read_parquet(tmp_path / "score_totals.parquet")["key"]) == {"宿迁市/2023", "宿迁市/2024"}
    done = command("score", store, "--out", tmp_path, "--unit", "永康")
    assert done.exit_code == 2
    assert "是否指“永康市”" in done.output


def test_a_bad_rubric_ends_the_command_with_its_sentence(store, tmp_path, rubric):
    done = command("score", store, "--out", tmp_path, "--rubric", rubric("points: 4", "points: -4"))
    assert done.exit_code == 2
    assert "第 14 行 points" in done.output


def test_a_dismissed_finding_is_kept_by_the_next_check_and_costs_nothing(folder, tmp_path):
    # The reports in one place and the store in another: the decisions lie with the reports.
    reports = shutil.copytree(folder, tmp_path / "data" / "reports")
    store, file = tmp_path / "store", tmp_path / "data" / "reviews.csv"
    scoring.score_all(reports, store)
    found = pd.read_parquet(store / "findings.parquet").set_index("code")
    ours = found[(found["unit"] == "永康市") & (found["severity"] == "error")]
    for fingerprint in ours["fingerprint"]:
        words = ("--by", "王五", "--why", "口径不同", "--on", "2026/1/5")
        done = command("review", store, fingerprint, "dismissed", *words)
        assert done.exit_code == 0, done.output
        assert str(file) in done.output
    before = pd.read_parquet(store / "scores.parquet").set_index("key")
    done = command("score", store)
    assert done.exit_code == 0, done.output
    after = pd.read_parquet(store / "scores.parquet").set_index("key")
    key = "永康市/2020/score/text_against_tables"
    assert before.loc[key, "points"] > after.loc[key, "points"] == 0
    decided = pd.read_parquet(store / "findings.parquet").set_index("fingerprint").loc[ours["fingerprint"]]
    assert set(decided["decision"]) == {"dismissed"}
    assert set(decided["decided_on"]) == {"2026-01-05"}
    again = tmp_path / "again"
    assert command("check", reports, "--out", again).exit_code == 0
    found = pd.read_parquet(again / "findings.parquet").set_index("fingerprint")
    assert set(found.loc[ours["fingerprint"], "decision"]) == {"dismissed"}


def test_a_language_that_there_is_not_is_refused(store):
    for verb in ("check", "score"):
        done = command(verb, store, "--language", "fr")
        assert done.exit_code == 2 and "zh 或 en" in done.output


def test_a_decision_about_nothing_is_refused(store):
    done = command("review", store, "0123456789ab", "dismissed", "--by", "王五", "--why", "x")
    assert done.exit_code == 2
    assert "findings.csv" in done.output
    found = pd.read_parquet(store / "findings.parquet")["fingerprint"].iloc[0]
    done = command("review", store, found, "perhaps", "--by", "王五", "--why", "x")
    assert done.exit_code == 2
    assert "confirmed、dismissed、explained" in done.output
