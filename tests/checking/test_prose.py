"""What the prose says against what the tables hold, and lists against their totals.

The invented city (``telling``) adds up; every number below is computed by hand from its cells. The reports
of the shared folder are those with the defects that sources.csv lists.
"""

import pytest
from telling import APPLICATIONS, told, told_before

from analysis.checking import check_report
from analysis.reading import read_report


def found(report, *codes):
    """The findings of the text family, or those of ``codes``."""
    findings = check_report(report)
    kept = findings["code"].isin(codes) if codes else findings["code"].str.startswith("text.")
    return findings[kept & ~findings["code"].isin(["text.unverifiable", "text.scope_mixed"])]


RIGHT = [
    "全市收到政府信息公开申请100件，上年结转6件，办结100件，结转下年6件。",
    "信息公开申请予以公开及部分公开54件，占54%；不予公开10件，占10%；无法提供30件，占30%；不予处理3件，占3%；其他处理3件，占3%。",
    "信息公开申请办结率100%。",  # of those received
    "信息公开申请办结率94.34%。",  # 100 of 106
    "信息公开行政复议12件，尚未审结3件；行政诉讼8件。",
    "收到政府信息公开申请100件，较上年的80件增长25%。",
    "收到政府信息公开申请100件，较上年减少25件，下降20%。",
    "发布信息500条，其中图解20条，视频10条。",
    "发布信息500条，其中政策类300条，民生类150条，其他50条。",
    "发布信息500条（政策类300条、民生类150条、其他类50条），另有短讯80条。",
    "共处置事项30项，其中甲类10项，占33.3%；乙类20项，占66.7%。",
    "新开专栏6个。其中政策类2个，发布90条；民生类4个，发布12条。",
]


@pytest.mark.parametrize("words", RIGHT)
def test_what_is_right_is_left_alone(words, tmp_path):
    assert found(told(tmp_path, words)).empty


# What is said, the finding, what is printed and what was due.
WRONG = {
    "全市收到政府信息公开申请101件。": ("text.count_differs", "101", "100"),
    "信息公开申请予以公开及部分公开45件。": ("text.count_differs", "45", "54"),
    "信息公开申请不予公开10件，其中申请涉及国家秘密3件。": ("text.count_differs", "3", "2"),
    "信息公开行政复议12件，维持7件。": ("text.count_differs", "7", "6"),
    "制发行政规范性文件21件。": ("text.count_differs", "21", "12"),
    "全市收到政府信息公开申请106件。": ("text.count_of_another", "106", "100"),
    "信息公开行政复议9件。": ("text.count_excludes_pending", "9", "12"),
    "作出行政处罚决定750件。": ("text.count_loose", "750", "700"),
    "信息公开申请中予以公开40件，占42%。": ("text.percentage_differs", "42%", "40.00%"),
    "信息公开申请中予以公开40件，占受理总数的38%。": ("text.percentage_differs", "38%", "40.00%"),
    "信息公开申请办结率99%。": ("text.rate_differs", "99%", "94.34%"),
    "收到政府信息公开申请100件，较上年的80件增长20%。": ("text.growth_differs", "20%", "25.00%"),
    "收到政府信息公开申请100件，较上年增加20件，增长20%。": ("text.growth_differs", "20%", "25.00%"),
    "今年未收到政府信息公开申请。": ("text.said_otherwise", "未收到政府信息公开申请", "100"),
    "信息公开类行政复议12件，均获维持。": ("text.said_otherwise", "均获维持", "2"),
    "信息公开行政复议12件，均已结案。": ("text.said_too_early", "均已结案", "3"),
    "发布信息500条，其中政策类300条，民生类150条，其他40条。": ("text.list_differs", "500 / 490", "500"),
    "处置事项30项，其中甲类12项，占33.3%；乙类20项，占66.7%。": ("text.list_differs", "30 / 32", "30"),
    "发布信息500条，其中政策类300条，民生类150条，通知40条。": ("text.list_unclear", "500 / 490", "500"),
    # 10 of the 106 on hand would be 9.43%, but 40% beside it shows that the shares are of the 100 decided
    "信息公开申请中予以公开40件，占40%；不予公开10件，占9.43%。": (
        "text.percentage_differs",
        "9.43%",
        "10.00%",
    ),
    # the parts make 119, a digit is doubled in the whole
    "制作解读1199期，其中图解47期，视频28期，问答22期，海报22期。": (
        "text.list_unclear",
        "1199 / 119",
        "1199",
    ),
    "发布信息500条，其中解读600条。": ("text.list_exceeds", "500 / 600", "500"),
    "共30项，其中甲类15项，占50%；乙类9项，占30%；丙类6项，占25%。": (
        "text.list_share_differs",
        "25%",
        "20.00%",
    ),
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_wrong_is_found(words, tmp_path):
    rows = found(told(tmp_path, words))[["code", "reported", "expected"]]
    assert WRONG[words] in list(rows.itertuples(index=False, name=None))


def exchanged(one: str, other: str) -> dict[str, str]:
    """The cells of the invented city with the numbers of two rows of table three in each other's place."""
    columns = ("natural_person", "business", "total")
    held = {row: (*APPLICATIONS.get(row, (0, 0)), sum(APPLICATIONS.get(row, (0, 0)))) for row in (one, other)}
    return {
        f"applications__{row}__{c}": str(n)
        for row, from_ in ((one, other), (other, one))
        for c, n in zip(columns, held[from_], strict=True)
    }


def test_two_rows_that_changed_places_are_named_where_only_the_prose_tells(tmp_path):
    # 40 granted stand under 内部事务信息 and 8 refused under 予以公开; every sum of the table holds.
    words = "信息公开申请予以公开及部分公开54件，占54%；不予公开10件，占10%；无法提供30件，占30%。"
    assert found(told(tmp_path, words)).empty
    report = told(tmp_path, words, **exchanged("granted", "denied.internal_affairs"))
    counts = found(report, "text.count_differs", "text.percentage_differs")
    assert len(counts) == 4 and set(counts["severity"]) == {"error"}
    for finding in counts.itertuples():
        assert "“予以公开”与“内部事务”" in finding.message_zh
        suspects = {k.removeprefix("甲市/2024/") for k in finding.suspect.split()}
        assert suspects == {
            f"applications.{row}.{c}"
            for row in ("granted", "denied.internal_affairs")
            for c in ("natural_person", "business", "total")
        }
    assert not check_report(report)["code"].str.startswith("arithmetic.").any()


def test_one_count_that_differs_accuses_no_row(tmp_path):
    words = "信息公开申请不予公开12件。"
    (finding,) = found(told(tmp_path, words), "text.count_differs").itertuples()
    assert "互换" not in finding.message_zh and finding.suspect == "甲市/2024/claim/1"


def test_a_list_that_need_not_be_of_everything_is_no_error(tmp_path):
    words = "发布信息500条，其中政策类300条，民生类90条。发布解读20条（图解9条、视频8条、问答2条）。"
    severities = found(told(tmp_path, words))["severity"]
    assert not (severities == "error").any()


def test_percentages_without_counts_must_make_a_whole(tmp_path):
    words = (
        "信息公开申请中予以公开或部分公开占54%、不予公开占10%、无法提供占30%、不予处理占3%、其他情况占{}%。"
    )
    assert found(told(tmp_path, words.format(3))).empty
    assert "text.percentages_do_not_sum" in set(found(told(tmp_path, words.format(6)))["code"])


# who is wrong


def suspects(report, code):
    return found(report, code)["suspect"].iloc[0].split()


def test_the_percentage_beside_points_at_the_count(tmp_path):
    report = told(tmp_path, "信息公开申请中不予公开11件，占10%。")
    claim = report.claims.loc[report.claims["value"] == 11, "key"].iloc[0]
    assert suspects(report, "text.count_differs") == [claim]


def test_a_table_that_adds_up_is_believed(tmp_path):
    report = told(tmp_path, "全市收到政府信息公开申请110件。")
    assert suspects(report, "text.count_differs") == ["甲市/2024/claim/1"]
    assert "表中各数勾稽相符" in found(report, "text.count_differs")["message_zh"].iloc[0]


def test_a_cell_that_breaks_its_sums_is_not(tmp_path):
    report = told(tmp_path, "全市收到政府信息公开申请100件。", applications__received__total="110")
    assert suspects(report, "text.count_differs") == ["甲市/2024/applications.received.total"]


def test_where_the_other_meaning_of_a_word_cannot_be_told_nobody_is_accused(tmp_path):
    # 106 may be what was on hand; but what was carried in breaks the sums of the table, so that is not known.
    report = told(tmp_path, "全市收到政府信息公开申请106件。", applications__carried_in__total="9")
    assert found(report, "text.count_differs").empty
    (finding,) = found(report, "text.count_loose").itertuples()
    assert finding.suspect == ""


def test_a_part_of_a_sum_that_breaks_its_sums_is_named(tmp_path):
    words = "信息公开申请予以公开及部分公开54件。"
    report = told(tmp_path, words, applications__partly_granted__total="24")
    assert suspects(report, "text.count_differs") == ["甲市/2024/applications.partly_granted.total"]


def test_the_number_of_a_single_cell_taken_for_the_sum_is_recognised(tmp_path):
    message = found(told(tmp_path, "信息公开申请因不掌握等原因无法提供25件。"), "text.count_differs")[
        "message_zh"
    ].iloc[0]
    assert "本机关不掌握" in message


def test_a_percentage_that_fits_its_wrong_count_follows_from_it(tmp_path):
    report = told(tmp_path, "信息公开申请中不予公开25件，占25%。")
    assert suspects(report, "text.percentage_differs") == ["甲市/2024/claim/1", "甲市/2024/claim/2"]


def test_the_same_number_said_elsewhere_decides_where_no_sum_does(tmp_path):
    report = told(tmp_path, "制发行政规范性文件21件。\n全年共制定规范性文件12件。")
    assert suspects(report, "text.count_differs") == ["甲市/2024/claim/1"]


def test_a_part_is_mended_where_its_percentage_says_how(tmp_path):
    words = "2012年全县主动公开政府信息1000条。其中，县直各单位主动公开政府信息730条，占73%。各乡镇主动公开政府信息290条，占27%。"
    report = told_before(tmp_path, words, published=1000)
    finding = found(report, "text.list_differs").iloc[0]
    assert finding["suspect"] == report.claims.loc[report.claims["value"] == 290, "key"].iloc[0]
    assert "若290为270" in finding["message_zh"]


# the statistics before 2019


def test_two_totals_for_one_year_are_told(tmp_path):
    words = "2012年全县主动公开政府信息400条。通过门户网站公开政府信息900条。"
    finding = found(told_before(tmp_path, words), "text.total_twice").iloc[0]
    assert finding["reported"] == "400, 900"


def test_a_review_told_and_not_counted(tmp_path):
    words = "2012年全县收到1份政府信息公开行政复议申请，已及时处理。"
    rows = found(told_before(tmp_path, words))[["code", "reported", "expected"]]
    assert list(rows.itertuples(index=False, name=None)) == [("text.count_differs", "1", "0")]
    assert found(told_before(tmp_path, words, reviews=1)).empty


# the real reports: severity, code, printed, due

REAL = {
    ("上海市人民政府办公厅", "2019.html"): [
        ("error", "text.count_differs", "258", "275"),
        ("error", "text.count_differs", "265", "337"),
        ("error", "text.counts_do_not_sum", "716", "805"),
        ("error", "text.percentage_differs", "32.9%", "41.86%"),
        ("error", "text.percentage_differs", "33.9%", "34.16%"),
        ("warning", "text.percentage_last_digit", "4.34%", "4.35%"),
        ("warning", "text.percentages_do_not_sum", "90.74%", "100%"),
        ("warning", "text.said_too_early", "均获维持", "1"),
        ("warning", "text.said_too_early", "均获维持", "2"),
    ],
    ("上海市人民政府办公厅", "2025.md"): [],
    ("宿迁市", "2023.txt"): [],
    ("宿迁市", "2024.txt"): [
        ("warning", "text.count_excludes_pending", "134", "170"),
        ("warning", "text.count_excludes_pending", "57", "77"),
    ],
    ("平潭县公安局", "2009.txt"): [],
    ("平潭综合实验区", "2011.txt"): [
        ("warning", "text.count_loose", "425", "418"),
        ("warning", "text.list_unclear", "425 / 421", "425"),
    ],
    ("平潭综合实验区", "2012.txt"): [
        ("error", "text.count_differs", "1913", "739"),
        ("error", "text.list_differs", "1913 / 1931", "1913"),
        ("error", "text.list_share_differs", "8.05%", "7.58%"),
        ("warning", "text.list_unclear", "1913 / 911", "1913"),
        ("warning", "text.total_twice", "3636, 1913", "739"),
    ],
    ("平潭综合实验区", "2013.txt"): [
        ("error", "text.count_differs", "1", "0"),
        ("error", "text.count_differs", "4970", "72804"),
    ],
    ("平潭综合实验区", "2014.txt"): [("warning", "text.list_unclear", "2543 / 2641", "2543")],
    ("平潭综合实验区", "2018.txt"): [],
    ("平潭综合实验区", "2019.txt"): [("error", "text.list_differs", "2599 / 2533", "2599")],
    ("平潭综合实验区", "2020.txt"): [("error", "text.list_differs", "2602 / 2603", "2602")],
    ("平潭综合实验区", "2021.txt"): [],
    ("平潭综合实验区", "2022.txt"): [
        ("warning", "text.count_of_another", "72", "71"),
        ("warning", "text.count_of_another", "75", "74"),
    ],
    ("平潭综合实验区", "2024.txt"): [],
    ("平潭综合实验区", "2025.txt"): [],
    ("淮安市洪泽区", "2023.pdf"): [],
}
# Other families that share the prefix.
ELSEWHERE = ("text.ordinal_repeated", "text.other_year", "text.plan_of_this_year", "text.date_broken")


@pytest.mark.parametrize("report", REAL, ids="/".join)
def test_the_defects_of_a_real_report_and_nothing_else(report, shared):
    findings = found(read_report(shared / "reports" / report[0] / report[1]))
    findings = findings[~findings["code"].isin(ELSEWHERE)]
    rows = findings[["severity", "code", "reported", "expected"]].itertuples(index=False, name=None)
    assert sorted(rows) == REAL[report]


def test_pingtan_2023_counts_393_where_no_way_to_cut_the_table_does(shared):
    report = read_report(shared / "reports" / "平潭综合实验区" / "2023.txt")
    (finding,) = found(report, "text.count_not_among").itertuples()
    assert finding.reported == "393"
    assert "470" in finding.expected.split("|")
