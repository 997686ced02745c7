"""Every failed line of the audit is found, with its place, and nothing is found that is not there."""

import json

import pytest

from analysis import frames
from analysis.checking import declared_findings
from analysis.ledger import from_json
from analysis.measuring import indicators
from analysis.workbook import CHARTS, Workbook
from analysis.writing.statements import faults

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
    # The prose of an edition has other sentences, so that their numbers are others.
    one, other = (
        b.findings[columns].replace(r"/sentence/\d+", "/sentence", regex=True) for b in (shipped, published)
    )
    assert one.to_dict("records") == other.to_dict("records")


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


def test_suqian_2024_counts_only_decided_cases_and_is_not_called_wrong(suqian):
    found = suqian[2024].findings
    assert not (found["severity"] == "error").any()
    pending = found[found["code"] == "text.count_excludes_pending"]
    assert [tuple(row) for row in pending[["reported", "expected"]].to_numpy()] == [
        ("134", "170"),
        ("57", "77"),
    ]


def test_suqian_2023_contradicts_itself_nowhere(suqian):
    found = suqian[2023].findings
    assert not (found["severity"] == "error").any()
    assert not found["code"].str.startswith("five.measure_missing").any()


# A correct sentence is no finding, however it is put.
CORRECT = [
    ("受理政府信息公開申請161件", "收到自然人申請153件,受理政府信息公開申請161件"),
    ("辦理158件", "正在辦理6件,辦理158件"),
    ("全年行政復議案件9件", "行政復議維持8件,全年行政復議案件9件"),
    ("其中規(guī)范性文件16條", "清理規(guī)范性文件120條,其中規(guī)范性文件16條"),
    ("占58.2%", "占 58.2 %"),
    ("占58.2%;不予公開42件,占26.6%", "占58.23%;不予公開42件,占26.58%"),
    ("無法提供4件,占10.1%", "無法提供16件,占10.1%"),
    ("申請161件", "申請近162件"),
    ("五、存在的主要問題及改進情況", "五、存在的主要問題和改進情況"),
]


@pytest.mark.parametrize(("old", "new"), CORRECT)
def test_a_correct_sentence_brings_up_no_new_error(old, new, altered, shipped):
    before = set(shipped.findings.loc[shipped.findings["severity"] == "error", "code"])
    after = altered(old, new).findings
    assert set(after.loc[after["severity"] == "error", "code"]) <= before


# Reports that are short of something: what can be said is said, and nothing else.
SHORT = {
    "no table four": (
        "8 | 1 | 0 | 0 | 9 | 2 | 0 | 0 | 2 | 4 | 0 | 0 | 0 | 0 | 0 |",
        "無行政復議、行政訴訟。",
    ),
    "table four with five numbers": (" | 2 | 0 | 0 | 2 | 4 | 0 | 0 | 0 | 0 | 0 |", " |"),
    "a total of nothing over parts": ("8 | 1 | 0 | 0 | 9 |", "8 | 1 | 0 | 0 | 0 |"),
    "no row of carry-over": ("二、上年結轉政府信息公開申請數(shù)量 | 3 | 3 | |||||||\n", ""),
    "no row of what is not held": ("(四)無法提供 | 1.本機關不掌握相關政府信息 | 11 | 11 | ||||||\n", ""),
    "thousands": ("| 153 | 3 | 4 | 1 | 161 |", "| 1,153 | 3 | 4 | 1 | 1,161 |"),
}


@pytest.mark.parametrize("case", SHORT)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_report_that_is_short_of_something_is_told_without_gaps(case, language, altered):
    old, new = SHORT[case]
    study = altered(old.replace("\\n", "\n"), new)
    book = Workbook([study], language)
    assert faults(book.statements, book.tables) == []
    told = "\n".join(book.statements["text"])
    assert "nan" not in told and "None" not in told
    rates = study.rates.dropna(subset=["value"])
    shares = rates[rates["indicator"].map(lambda code: indicators()[code].kind == "share")]
    assert shares["value"].between(0, 1).all()
    for answer in (
        book.summary,
        book.form,
        book.unplaced,
        book.findings,
        book.rates,
        book.section_five,
        book.draft,
    ):
        assert answer().parts
    for chart in CHARTS:
        assert book.chart(chart).parts


def test_each_number_of_table_three_that_is_wrong_is_said_to_be(altered, shipped):
    """Raise each printed number of table three by one: the sums break, and the page says so."""
    raw = shipped.report.text.raw
    facts = shipped.report.facts
    (part,) = shipped.report.tables["applications"].parts
    silent = []
    spans = {shipped.report.text.span(s.start, s.end) for (spans,) in part.spans for s in spans}
    reported = (facts["table"] == "applications") & (facts["status"] == "reported")
    assert len(spans) == reported.sum() + 11, "eleven printed numbers have no certain place"
    for start, end in sorted(spans):
        line_start, line_end = raw.rfind("\n", 0, start) + 1, raw.find("\n", end)
        line = raw[line_start:line_end]
        at = start - line_start
        new = f"{line[:at]}{int(raw[start:end]) + 1}{line[at + end - start :]}"
        found = altered(line, new).findings
        if not found["code"].str.startswith("arithmetic.").any():
            silent.append(new)
    assert silent == []


# Change one number of the report: the checks must see it.
BREAKS = [
    ("予以公開及部分公開92件", "予以公開及部分公開93件", {"text.count_differs", "text.counts_do_not_sum"}),
    ("占58.2%", "占59.2%", {"text.percentage_differs", "text.percentages_do_not_sum"}),
    ("占26.6%", "占26.5%", {"text.percentage_last_digit"}),
    ("占26.6%", "占25.6%", {"text.percentage_differs"}),
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
    before = set(shipped.findings["message_zh"])
    fresh = altered(old, new).findings
    assert codes <= set(fresh.loc[~fresh["message_zh"].isin(before), "code"])


def test_mending_the_report_silences_the_checks(altered):
    mended = altered("無法提供4件", "無法提供16件").findings
    assert not (mended["severity"] == "error").any()


def test_a_missing_section_and_a_missing_row_are_named(altered):
    assert "form.section_missing" in set(altered("六、其他需要報告的事項", "").findings["code"])


def test_a_missing_row_is_named(altered):
    found = altered("2.重復申請 | 1 | 1 | |||||||\n", "").findings
    assert (found["code"] == "form.row_missing").any()
    assert "重复申请" in " ".join(found["message_zh"])
