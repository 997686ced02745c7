"""Slips of wording: each declared one is found where it is made and not where the words are right, and on the
published pages just those that are there."""

import pytest

from analysis.checking import ReportFindings, ledger_of, wording
from analysis.checking.wording import errors, unbalanced
from analysis.reading import read_report
from analysis.reading.normalise import normalise
from analysis.templates import declared

ENTRIES = declared("analysis.checking", "wording.yml")["entries"]

# So much of what is printed is shown.
_SHOWN = 11

# Every slip on the published pages, seen by eye: report → (code, what is printed), in the order of the page.
SLIPS = {
    "上海市人民政府办公厅/2019": [],
    "上海市人民政府办公厅/2025": [],
    "宿迁市/2023": [],
    "宿迁市/2024": [("error", "的的"), ("error", "企事业单")],
    "平潭县公安局/2009": [("mixed_points", "4.")],
    "平潭综合实验区/2011": [
        ("error", "政府信息公开工作条例"),
        ("mixed_self", "我县"),
        *[("error", f"行政{word}数 条") for word in ("复议", "诉讼", "申诉")],
    ],
    "平潭综合实验区/2012": [("error", "政府信息公开工作条例")],
    "平潭综合实验区/2013": [("error", "政府信息公开工作条例")],
    "平潭综合实验区/2014": [],
    "平潭综合实验区/2018": [
        ("unbalanced", "《"),
        ("unbalanced", "("),
        ("error", "＠"),
        ("error", "登陆"),
    ],
    "平潭综合实验区/2019": [
        ("error", "聚焦新中国成立 70 "),
        ("error", "资质条"),
        ("error", "不过"),
        ("error", "残差不齐"),
    ],
    "平潭综合实验区/2020": [],
    "平潭综合实验区/2021": [],
    "平潭综合实验区/2022": [("error", "的的"), ("label_spaced", "商业 企业"), ("error", "行政法复议")],
    "平潭综合实验区/2023": [],
    "平潭综合实验区/2024": [("label_spaced", "社会公益 组织"), ("error", "仍在")],
    "平潭综合实验区/2025": [("label_spaced", "社会公益 组织")],
    "永康市/2020": [("error", "制度")],
    "淮安市洪泽区/2023": [("error", "其他法律行政止公开")],
}


def slips(report):
    findings = ReportFindings(report, ledger_of(report))
    wording.check(report, findings)
    rows = findings.frame().sort_values("start", kind="stable")
    return rows.assign(code=rows["code"].str.removeprefix("wording."))


@pytest.fixture(scope="module")
def found(shared):
    return {
        key: slips(read_report(next((shared / "reports").glob(f"{key}.*")), *_whose(key))) for key in SLIPS
    }


def _whose(key):
    unit, year = key.split("/")
    return unit, int(year)


# What the entries say


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e["due"])
def test_each_slip_is_found_in_the_wrong_phrase_and_not_in_the_right_one(entry):
    def hits(phrase):
        text = phrase if entry.get("raw") else normalise(phrase, "").clean
        return list(errors(entry, text, entry.get("from", 2022)))

    assert len(hits(entry["wrong"])) == 1
    assert not hits(entry["right"])


def test_the_list_is_worth_having_and_every_entry_says_why():
    assert len(ENTRIES) >= 45
    for entry in ENTRIES:
        assert set(entry["why"]) == {"zh", "en"}, entry["find"]
        assert not any(c.isdigit() for c in entry.get("printed", "") + entry["due"]), entry["find"]


def test_a_right_phrase_is_right_by_all_entries():
    for entry in ENTRIES:
        text = normalise(entry["right"], "").clean
        others = [o["due"] for o in ENTRIES if not o.get("raw") and list(errors(o, text, 2022))]
        assert not others, entry["right"]


@pytest.mark.parametrize(("year", "stale"), [(2018, False), (2019, True), (2023, True)])
def test_the_old_regulations_were_in_force_until_2019(year, stale):
    cited = "依据《中华人民共和国政府信息公开条例》(国务院令第492号)"
    assert any(list(errors(e, cited, year)) for e in ENTRIES) == stale


def test_the_old_number_may_be_named_where_the_revision_is():
    said = "国务院令第492号公布，2019年修订"
    assert not any(list(errors(e, normalise(said, "").clean, 2022)) for e in ENTRIES)


# The published pages


@pytest.mark.parametrize("key", SLIPS)
def test_on_each_published_page_just_its_slips_are_found(key, found):
    rows = found[key][["code", "reported"]]
    assert [(code, printed[:_SHOWN]) for code, printed in rows.itertuples(index=False)] == SLIPS[key]


def test_a_slip_stands_where_the_finding_says(found, shared):
    raw = read_report(shared / "reports" / "平潭综合实验区" / "2018.txt").text.raw
    for row in found["平潭综合实验区/2018"].itertuples():
        assert raw[row.start : row.end].replace("（", "(") == row.reported


def test_no_slip_of_wording_is_an_error(found):
    assert all(set(rows["severity"]) <= {"warning", "note"} for rows in found.values())


def test_the_same_slips_stand_in_the_shipped_edition(found, shipped):
    listed = ["code", "reported"]
    assert (
        slips(shipped.report)[listed].to_numpy().tolist() == found["永康市/2020"][listed].to_numpy().tolist()
    )


# Brackets


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("按照《办法》(以下简称办法)办理", []),
        ("按照《关于〈办法〉的通知》办理", []),
        ("按照《关于印发《办法》的通知》办理", []),
        ("按照《《办法》办理", ["》"]),
        ("按照《办法》》办理", ["《"]),
        ("联系我们(电话:12345。一、概述(一)公开", [")"]),
        ("1)公开;2)答复", []),
        ("一)公开", []),
        ("公开文件12件)", ["("]),
        ("说明(第一行\n第二行)", []),
        ("国办函〔2021]30号", ["〕"]),
    ],
)
def test_a_bracket_without_its_partner(text, missing):
    assert [m for _, m in unbalanced(text)] == missing


# How a report calls itself


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ("我县加强培训。我区全面公开。全区部署。", ["我县"]),
        ("我区加强培训。全区部署，各县区配合。", []),
        ("我县加强培训。全县部署。学习外地区县经验。", []),
        ("我局加强培训。我委全面公开。我局答复。", ["我委"]),
        ("我局加强培训，我委托专家评估。", []),
    ],
)
def test_two_names_of_one_rank_for_itself(words, printed, altered):
    report = altered("二、主動公開政府信息情況", f"{words}\n二、主動公開政府信息情況").report
    rows = slips(report)
    assert list(rows.loc[rows["code"] == "mixed_self", "reported"]) == printed
