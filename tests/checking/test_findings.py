"""Every failed line of the audit is found, with its place, and nothing is found that is not there."""

import json

import pytest

from analysis import frames
from analysis.checking import declared_findings
from analysis.ledger import from_json

# Line of the audit → code, what is printed, what was expected.
AUDIT = {
    "4.1 #8: 无法提供 is 4 in the prose and 16 in the table": ("text.count_differs", "4", "16"),
    "4.1 #10: the four counts make 146, not 158": ("text.counts_do_not_sum", "146", "158"),
    "4.1 #13: none corrected, but two of four lawsuits pending": ("text.pending_ignored", "0", "0/2"),
    "4.1 #16: 32 and 890 interpretations are not reconciled": ("text.unreconciled", "32, 890", ""),
    "4.1 #17, 18: numbers that no table holds": ("text.unverifiable", "11", ""),
    "4.1 scope: office documents beside city-wide applications": ("text.scope_mixed", "", ""),
    "4.1 #20: 四是 twice": ("text.ordinal_repeated", "四是", "五是"),
    "4.1 #21: the verb is lost": ("wording.error", "制度", "制定"),
    "4.2: blank cells have vanished": ("form.placement_ambiguous", "20", "1"),
    "4.3: header cut in two": ("form.header_cut", "本年新", "本年新制作数量 / 本年新公开数量"),
    "4.3: 16/16/16, a stock filled in as a flow": ("form.stock_as_flow", "16 / 16 / 16", ""),
    "4.3: 1201 decisions for 1401 items": ("form.fewer_decisions_than_items", "1401 / 1201", ">= 1401"),
    "4.3: 2012 has no sign": ("form.change_unsigned", "2012", "+2012|-2012"),
    "4.3: the unit stands in the cell": ("form.unit_in_cell", "3.993702億元", ""),
    "4.5: 98 glosses": ("document.glossed", "98", "0"),
    "4.5: no title, no date": ("document.untitled", "", ""),
    "4.5: buttons at the end": ("document.page_furniture", "", ""),
    "4.6: appraisal without a score": ("duty.without_result", "考核", ""),
    "4.6: public review without a result": ("duty.without_result", "社会评议", ""),
    "4.7: no item says what became of last year's problems": ("five.no_progress", "", ""),
    "4.7: the corrected review is not mentioned": ("five.correction_unmentioned", "", "1"),
    "4.7: the portal's measure widens other channels": (
        "five.measure_elsewhere",
        "公开渠道、知晓与到达",
        "门户网站、移动端融合、投入产出",
    ),
    "4.7: training, not posts": ("five.measure_partial", "", "人员配备"),
    "4.7: 依旧不足 admits recurrence": ("five.recurring", "依旧", ""),
}


@pytest.mark.parametrize("line", AUDIT)
def test_a_failed_line_of_the_audit_is_found(line, yongkang):
    found = yongkang.findings
    rows = list(found[["code", "reported", "expected"]].itertuples(index=False, name=None))
    assert AUDIT[line] in rows


def test_each_finding_stands_where_the_page_says_so(yongkang):
    raw = yongkang.report.text.raw
    at = yongkang.findings.set_index("code")
    count = at.loc["text.count_differs"]
    assert raw[count["start"] : count["end"]] == "4件"
    unsigned = at.loc["form.change_unsigned"]
    assert raw[unsigned["start"] : unsigned["end"]] == "2012"
    ordinal = at.loc["text.ordinal_repeated"]
    assert raw[ordinal["start"] : ordinal["end"]] == "四是"
    assert "考核責任追究" in raw[ordinal["start"] : ordinal["start"] + 12]


def test_only_the_two_contradictions_are_errors(yongkang):
    errors = yongkang.findings[yongkang.findings["severity"] == "error"]
    assert sorted(errors["code"]) == ["text.count_differs", "text.counts_do_not_sum"]


def test_the_percentage_says_which_number_is_wrong(yongkang):
    message = yongkang.findings.set_index("code").loc["text.count_differs", "message_zh"]
    assert "10.1%与16件相符" in message
    assert "错在4" in message
    assert (
        "恰为“无法提供”一处之差"
        in yongkang.findings.set_index("code").loc["text.counts_do_not_sum", "message_zh"]
    )


def test_both_editions_give_the_same_findings(shipped, published):
    columns = [
        "key",
        "code",
        "severity",
        "reported",
        "expected",
        "message_zh",
        "message_en",
        "evidence",
        "figures",
    ]
    assert shipped.findings[columns].to_dict("records") == published.findings[columns].to_dict("records")


def test_every_declared_finding_is_complete():
    for code, entry in declared_findings().items():
        assert entry["severity"] in frames.SEVERITIES, code
        for part in ("title", "basis"):
            assert set(entry[part]) == {"zh", "en"}, code
        assert entry["zh"] and entry["en"], code


def test_every_number_of_a_message_is_a_figure(yongkang):
    for finding in yongkang.findings.itertuples():
        for language, message in (("zh", finding.message_zh), ("en", finding.message_en)):
            figures = from_json(json.loads(finding.figures)[language])
            covered = {i for f in figures for i in range(f.start, f.end)}
            assert all(i in covered for i, c in enumerate(message) if c.isdigit()), message


# Change one number of the report: the checks must see it.
BREAKS = [
    ("予以公開及部分公開92件", "予以公開及部分公開93件", {"text.count_differs", "text.counts_do_not_sum"}),
    ("占58.2%", "占59.2%", {"text.percentage_differs", "text.percentages_do_not_sum"}),
    ("占26.6%", "占26.5%", {"text.percentage_differs"}),
    ("申請161件", "申請162件", {"text.count_differs"}),
    ("不予處理8件", "不予處理7件", {"text.count_differs"}),
    ("復議案件9件", "復議案件8件", {"text.count_differs"}),
    ("僅1件結果", "僅2件結果", {"text.count_differs"}),
    ("兩項規(guī)范", "三項規(guī)范", {"text.titles_differ"}),
    ("等三項制度", "等兩項制度", {"text.titles_differ"}),
    ("| 150 |", "| 151 |", {"arithmetic.not_balanced"}),
    ("| 65 | 2 | 3 | 1 | 71 |", "| 65 | 2 | 3 | 1 | 72 |", {"arithmetic.not_balanced"}),
    ("8 | 1 | 0 | 0 | 9 |", "7 | 1 | 0 | 0 | 9 |", {"arithmetic.not_balanced"}),
    ("8 | 1 | 0 | 0 | 9 |", "8 | 1 | 0 | 0 | 10 |", {"arithmetic.not_balanced", "text.count_differs"}),
    ("| 862 | 增141 | 271214 |", "| 862 | 增141 | 1003 |", {"form.change_misread"}),
]


@pytest.mark.parametrize(("old", "new", "codes"), BREAKS)
def test_one_changed_number_is_found(old, new, codes, altered, shipped):
    before = set(shipped.findings["key"])
    fresh = altered(old, new).findings
    assert codes <= set(fresh.loc[~fresh["key"].isin(before) | fresh["code"].isin(codes), "code"])
    assert len(fresh) > len(shipped.findings) or set(fresh["message_zh"]) != set(
        shipped.findings["message_zh"]
    )


def test_mending_the_report_silences_the_checks(altered):
    mended = altered("無法提供4件", "無法提供16件").findings
    assert not (mended["severity"] == "error").any()


def test_a_missing_section_and_a_missing_row_are_named(altered):
    assert "form.section_missing" in set(altered("六、其他需要報告的事項", "").findings["code"])


def test_a_missing_row_is_named(altered):
    found = altered("2.重復申請 | 1 | 1 | |||||||\n", "").findings
    assert (found["code"] == "form.row_missing").any()
    assert "重复申请" in " ".join(found["message_zh"])
