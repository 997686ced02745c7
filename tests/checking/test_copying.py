"""What repeats another report is found, what every report must say alike is not.

The sentences are the tests' own; what the published pages repeat was looked at by eye.
"""

import tempfile

import pandas as pd
import pytest

from analysis import frames
from analysis.checking.copying import Copying
from analysis.checking.likeness import Index, folded, itself, settings
from analysis.reading import read_report
from analysis.reading.claims import claims_of
from analysis.reading.layout import split_sections
from analysis.reading.normalise import normalise
from analysis.reading.report import sentences_of
from analysis.register import Register, Unit
from analysis.templates import concepts, forms

# What the Pingtan reports repeat from the year before: section → sentences of those that can be compared.
REPEATED = {
    2012: {"总体情况": "5/5", "存在的主要问题及改进情况": "7/10"},
    2013: {"总体情况": "5/5", "主动公开政府信息情况": "8/10", "存在的主要问题及改进情况": "10/10"},
}
TITLES = {"overview": "一、总体情况", "problems": "五、存在的主要问题及改进情况"}
REGISTER = Register({"平潭综合实验区": Unit("平潭综合实验区", province="福建省")})


def tables_of(reports):
    """The tables of one unit's reports."""
    names = ("facts", "claims", "sentences", "documents", "placements")
    rows = {n: [row for r in reports for row in r.records[n]] for n in names}
    return {n: frames.frame(n, of) for n, of in rows.items()}


def said(unit, year, facts=(), **sections):
    """The tables of a report that says just this, and whose tables hold just these cells."""
    text = normalise("\n".join(f"{TITLES[s]}\n{words}" for s, words in sections.items()), f"{year}.txt")
    whose, form = {"unit": unit, "year": year}, next(f for f in forms().values() if year in f.years)
    parts = split_sections(text)
    assert parts.keys() == sections.keys()
    cells = [
        {
            "key": f"{unit}/{year}/{cell}",
            **whose,
            "value": value,
            "raw": str(value),
            "candidates": "",
            "where": cell,
        }
        for cell, value in dict(facts).items()
    ]
    return {
        "sentences": frames.frame("sentences", sentences_of(text, parts.values(), whose)),
        "claims": frames.frame("claims", claims_of(text, parts.values(), whose, form)),
        "documents": pd.DataFrame(
            [{"key": f"{unit}/{year}", **whose, "unit_printed": unit, "template": form.code}]
        ),
        "facts": pd.DataFrame(cells, columns=["key", "unit", "year", "value", "raw", "candidates", "where"]),
    }


def joined(*reports):
    def of(name):
        kept = [r[name] for r in reports if len(r[name])]
        return pd.concat(kept, ignore_index=True) if kept else reports[0][name]

    return {name: of(name) for name in reports[0]}


def found(*units, register=REGISTER):
    check = Copying(register)
    for tables in units:
        check.add(tables)
    return check.findings()


def codes(frame):
    return sorted(f"{f.unit}/{f.year} {f.code}" for f in frame.itertuples())


@pytest.fixture(scope="module")
def real(shared):
    """What is found on all published pages."""
    return found(
        *(
            tables_of([read_report(p, folder.name, int(p.stem)) for p in sorted(folder.iterdir())])
            for folder in sorted((shared / "reports").iterdir())
            if folder.is_dir()
        )
    )


# The published pages


def test_just_the_sections_that_pingtan_repeats_are_named(real):
    whole = real[real["code"] == "copy.last_year"]
    titles = whole["message_zh"].str.extract("“(.+?)”")[0]
    for year, sections in REPEATED.items():
        of_year = whole["year"] == year
        assert dict(zip(titles[of_year], whole.loc[of_year, "reported"], strict=True)) == sections
    assert set(whole["year"]) == set(REPEATED)
    assert set(whole["unit"]) == {"平潭综合实验区"}


def test_the_four_problems_of_2011_stand_in_2012_and_2013(real):
    again = real[real["code"] == "copy.problem_repeated"]
    assert again.groupby("year").size().to_dict() == {2012: 4, 2013: 4}
    assert again.loc[again["year"] == 2013, "message_zh"].str.contains("与2011、2012年报告一字不差").all()


def test_the_third_bureau_in_the_police_report_is_found(real):
    (row,) = real[real["code"] == "copy.other_name"].itertuples()
    assert (row.unit, row.year, row.reported) == ("平潭县公安局", 2009, "平潭县经贸局")


def test_the_guide_of_another_province_is_found_where_the_province_is_declared(real, shared):
    (row,) = real[real["code"] == "copy.other_province"].itertuples()
    assert (row.unit, row.year, row.reported, row.expected) == ("平潭综合实验区", 2020, "江苏省", "福建省")
    pages = tables_of([read_report(shared / "reports" / "平潭综合实验区" / "2020.txt")])
    assert "copy.other_province" not in set(found(pages, register=Register())["code"])


def test_less_than_a_section_is_told_apart(real):
    parts = real[real["code"].str.contains("paragraph|sentences")]
    assert [tuple(row) for row in parts.sort_values("year")[["year", "code", "reported"]].to_numpy()] == [
        (2012, "copy.paragraph_last_year", "5/11"),
        (2014, "copy.paragraph_last_year", "2/29"),
        (2014, "copy.paragraph_last_year", "3/8"),
        (2024, "copy.sentences_last_year", "1/6"),
    ]


def test_nothing_else_is_called_a_copy_and_nothing_is_an_error(real):
    assert set(real["code"]) == {
        "copy.paragraph_last_year",
        "copy.sentences_last_year",
        "copy.last_year",
        "copy.problem_repeated",
        "copy.other_name",
        "copy.other_province",
    }
    assert "error" not in set(real["severity"])


# A section that repeats

TOLD = (
    "{we}在政务大厅东侧新设了公开专区，配备电脑三台、打印机一台，并安排专人引导群众查询。"
    "各科室每周五下午汇总拟公开的文件，由办公室逐件核对属性后统一挂网，退回修改的件当日说明理由。"
    "{we}还把常用的办事流程画成图册，印发到各村便民服务点，老年人凭图就能找到窗口和所需材料。"
    "针对网站检索不准的情况，技术人员重建了全文索引，并在首页加了按主题浏览的入口。"
)
OWN = (
    "本年着力办好三件事，第一件是把历年文件按主题重新编目，逐件标明是否仍然有效。"
    "第二件是请二十名经常来查档的群众试用新版网页，按他们的意见调整了栏目次序。"
    "第三件是与邻近两地互派业务人员跟班学习，回来后交流各自处理疑难申请的办法。"
    "财政所公布了每一笔村级补助的去向，村民可在公告栏和网页上逐户对照。"
)


def test_a_section_copied_from_another_unit_is_found_in_both_though_the_names_are_replaced():
    one = said("柳河镇", 2022, overview=TOLD.format(we="柳河镇"))
    other = said("东山镇", 2022, overview=TOLD.format(we="我镇"))
    rows = found(one, other)
    assert codes(rows) == ["东山镇/2022 copy.other_unit", "柳河镇/2022 copy.other_unit"]
    assert set(rows["reported"]) == {"4/4"}
    assert rows.set_index("unit").loc["柳河镇", "message_zh"].count("东山镇") == 1


def test_between_years_only_the_later_report_repeats():
    one = said("柳河镇", 2021, overview=TOLD.format(we="我镇"))
    other = said("东山镇", 2022, overview=TOLD.format(we="我镇"))
    assert codes(found(one, other)) == ["东山镇/2022 copy.other_unit"]
    assert codes(
        found(
            joined(
                said("柳河镇", 2021, overview=TOLD.format(we="我镇")),
                said("柳河镇", 2022, overview=TOLD.format(we="全镇")),
            )
        )
    ) == ["柳河镇/2022 copy.last_year"]


def test_a_report_of_two_years_before_is_not_last_years():
    years = [said("柳河镇", year, overview=TOLD.format(we="我镇")) for year in (2020, 2022)]
    assert found(joined(*years)).empty


@pytest.mark.parametrize(
    ("old", "new"), [("电脑三台", "电脑五台"), ("东侧", "西侧"), ("逐件核对", "逐一核对"), ("印发", "分发")]
)
def test_a_few_changed_characters_make_no_other_text(old, new):
    changed = TOLD.replace(old, new)
    assert changed != TOLD
    years = [said("柳河镇", 2021, overview=TOLD), said("柳河镇", 2022, overview=changed)]
    (row,) = found(joined(*years)).itertuples()
    assert (row.code, row.reported) == ("copy.last_year", "4/4")


def test_a_section_of_which_a_part_is_new_says_how_much_is_not():
    mixed = TOLD + OWN.split("。")[0] + "。"
    years = [said("柳河镇", 2021, overview=TOLD), said("柳河镇", 2022, overview=mixed)]
    (row,) = found(joined(*years)).itertuples()
    assert row.reported == "4/5"
    assert "5句中有4句" in row.message_zh


def test_a_text_of_ones_own_is_no_copy():
    assert found(said("柳河镇", 2022, overview=TOLD), said("东山镇", 2022, overview=OWN)).empty


def test_prescribed_wordings_and_short_texts_are_no_copies():
    form = (
        "以习近平新时代中国特色社会主义思想为指导，全面贯彻党的二十大精神，认真落实党中央、国务院决策部署。"
        "严格执行《中华人民共和国政府信息公开条例》，坚持以公开为常态、不公开为例外。"
        "全年没有收到申请。没有发生责任追究的情形。本单位没有收取信息处理费。各项工作有序推进。"
    )
    years = [said("柳河镇", year, overview=form, problems="人手不足，经费有限。") for year in (2021, 2022)]
    assert found(joined(*years), said("东山镇", 2022, overview=form)).empty


def test_counts_given_in_the_same_words_each_year_are_no_copy():
    words = "全年收到申请{}件，办结{}件，予以公开{}件，部分公开{}件，不予公开{}件，无法提供{}件。" * 4
    first = said("柳河镇", 2021, overview=words.format(*range(21, 45)))
    second = said("柳河镇", 2022, overview=words.format(*range(121, 145)))
    assert found(joined(first, second)).empty


def test_what_very_many_units_say_alike_is_common_and_no_copy(monkeypatch):
    monkeypatch.setitem(settings(), "common", {"units": 5, "share": 0.02})
    names = [f"{c}河镇" for c in "东西南北上下"]
    assert found(*(said(n, 2022, overview=TOLD.format(we="我镇")) for n in names)).empty
    assert len(found(*(said(n, 2022, overview=TOLD.format(we="我镇")) for n in names[:5]))) == 5


def test_a_paragraph_taken_over_into_a_text_of_ones_own_is_found():
    years = [said("柳河镇", 2021, overview=TOLD), said("柳河镇", 2022, overview=OWN + TOLD)]
    (row,) = found(joined(*years)).itertuples()
    assert (row.code, row.reported) == ("copy.paragraph_last_year", "4/8")
    assert [key.rpartition("/")[2] for key in row.evidence.split()[:4]] == ["5", "6", "7", "8"]


# A problem that repeats

PROBLEM = "一是窗口人员轮换太勤，业务不熟的情况时有发生，答复质量有待提高；二是{}。下一步将固定人员，{}。"


def test_a_problem_said_in_last_years_words_is_named_with_the_years():
    years = [
        said("柳河镇", 2020, problems=PROBLEM.format("镇级网页更新滞后", "加快更新")),
        said("柳河镇", 2021, problems=PROBLEM.format("图解的种类仍显单一", "增加种类")),
        said("柳河镇", 2022, problems=PROBLEM.format("档案电子化的进度偏慢，旧件查找难以快起来", "赶进度")),
    ]
    rows = found(joined(*years))
    assert codes(rows) == ["柳河镇/2021 copy.problem_repeated", "柳河镇/2022 copy.problem_repeated"]
    last = rows[rows["year"] == 2022].iloc[0]
    assert "2020、2021年报告一字不差" in last["message_zh"]
    assert len(last["evidence"].split()) == 3


def test_a_measure_or_an_opening_that_repeats_is_no_repeated_problem():
    words = "2022年工作取得一定成绩，但仍存在一些不足。下一步将加强培训，解决人员不足的问题。"
    assert found(joined(*(said("柳河镇", year, problems=words) for year in (2021, 2022)))).empty


# A number that was not replaced: the figures are those of the Yongkang city report of 2020 and of its
# office's (seed_audit.md, 4.1: "why 4?"), the sentences are not.

COUNTED = (
    "{whose}一年里收到申请{}件；予以公开和部分公开共{}件，占{}%；不予公开的{}件，占{}%；无法提供{}件，占{}%。"
)
CITY = (161, 92, "58.2", 42, "26.6", 4, "10.1")
OFFICE = (32, 16, "50", 6, "18.75", 4, "12.5")


def yongkang(city=CITY, unavailable=16.0, year=2020):
    form = next(f for f in forms().values() if year in f.years)
    cells = [str(c) for c in concepts()["unavailable"].cells_in(form)]
    values = dict.fromkeys(cells, 0.0) | {cells[0]: unavailable - 1, cells[1]: 1.0}
    return (
        said("永康市", 2020, values, overview=COUNTED.format(*city, whose="全市")),
        said("永康市人民政府办公室", 2020, overview=COUNTED.format(*OFFICE, whose="市政府办")),
    )


def test_the_four_of_yongkang_is_the_offices():
    rows = found(*yongkang())
    left = rows[rows["code"] == "copy.number_left"]
    (row,) = left.itertuples()
    assert (row.unit, row.reported, row.expected, row.severity) == ("永康市", "4", "16", "warning")
    assert "永康市人民政府办公室2020年报告" in row.message_zh
    assert "无法提供4件" in row.message_zh and "很可能" in row.message_zh
    (suspect,) = row.suspect.split()
    assert suspect.startswith("永康市/2020/claim/")


@pytest.mark.parametrize(
    "same",
    [
        yongkang((161, 92, "58.2", 42, "26.6", 16, "10.1")),  # the number was replaced
        yongkang((161, 92, "58.2", 42, "26.6", 5, "10.1"), unavailable=5.0),
        yongkang(
            (40, 20, "50", 16, "40", 4, "10"), unavailable=4.0 + 1 - 1
        ),  # it is right, and the same by chance
        yongkang(OFFICE),  # nothing was replaced: another matter
    ],
)
def test_without_a_contradiction_four_is_no_trace(same):
    assert "copy.number_left" not in set(found(*same)["code"])


def test_a_number_of_last_year_that_the_table_contradicts_was_left():
    cells = {"applications.received.total": 97.0, "applications.total.total": 95.0}
    words = "收到政府信息公开申请{}件，办结{}件；接待来访{}人次，发放指南{}份。"
    last = said("柳河镇", 2021, overview=words.format(61, 60, 350, 402))
    left = said("柳河镇", 2022, cells, overview=words.format(61, 95, 377, 512))
    (row,) = found(joined(last, left)).itertuples()
    assert (row.code, row.reported, row.expected) == ("copy.number_left", "61", "97")
    right = said(
        "柳河镇", 2022, cells | {"applications.received.total": 61.0}, overview=words.format(61, 95, 377, 512)
    )
    assert found(joined(last, right)).empty


GUIDED = "全年发布解读{}篇，答复留言{}件，更新专栏信息{}条，发放宣传单{}份。"


def test_a_number_that_no_table_holds_and_that_did_not_change_is_worth_a_note():
    years = [
        said("柳河镇", 2021, overview=GUIDED.format(31, 402, 1260, 875)),
        said("柳河镇", 2022, overview=GUIDED.format(44, 377, 1419, 875)),
    ]
    (row,) = found(joined(*years)).itertuples()
    assert (row.code, row.severity, row.reported) == ("copy.number_kept", "note", "875")


@pytest.mark.parametrize(
    "now", [(44, 377, 1419, 876), (44, 377, 1260, 875), (31, 402, 1260, 875), (44, 377, 1419, 1)]
)
def test_no_number_is_suspected_where_it_changed_or_most_stayed(now):
    before = (31, 402, 1260, 1 if now[3] == 1 else 875)
    years = [
        said("柳河镇", 2021, overview=GUIDED.format(*before)),
        said("柳河镇", 2022, overview=GUIDED.format(*now)),
    ]
    assert found(joined(*years)).empty


# Names


@pytest.mark.parametrize(
    ("unit", "words", "named"),
    [
        ("安平县财政局", "按要求修订了《安平县水利局政府信息公开指南》并挂网。", "安平县水利局"),
        ("安平县财政局", "按要求修订了《安平县财政局政府信息公开指南》并挂网。", None),
        ("安平县财政局", "按要求修订了《财政局政府信息公开指南》并挂网。", None),
        ("安平县财政局", "根据《安平县人民政府办公室政府信息公开工作制度》开展工作。", None),
        ("安平县财政局", "学习《安平县水利局政府信息公开指南》的做法。", None),
        ("安平县", "指导水利局修订《安平县水利局政府信息公开指南》。", None),
        ("柳河镇", "编制《东山镇政府信息公开指南》，放在便民大厅。", "东山镇"),
        ("柳河镇", "编制《柳河镇政府信息公开指南》，放在便民大厅。", None),
        ("柳河镇", "落实《安平县政府信息公开工作制度》。", None),
        ("柳河镇", "认真执行《中华人民共和国政府信息公开条例》和《政府信息公开指南》。", None),
    ],
)
def test_the_name_of_a_third_body_in_a_document_of_ones_own(unit, words, named):
    rows = found(said(unit, 2022, overview=words))
    assert list(rows["reported"]) == ([named] if named else [])


@pytest.mark.parametrize(
    ("words", "province"),
    [
        ("各单位按照《江苏省依申请公开办理规范》办理。", "江苏省"),
        ("各单位按照《福建省依申请公开办理规范》办理。", None),
        ("组织人员学习借鉴《江苏省依申请公开办理规范》。", None),
        ("与江苏省的同行座谈，并按照《条例》办理。", None),
    ],
)
def test_the_rules_of_another_province(words, province):
    rows = found(said("平潭综合实验区", 2022, overview=words))
    assert list(rows["reported"]) == ([province] if province else [])


# Folding, and very many reports


def test_folding_takes_out_names_years_numbers_and_ordinals():
    own = itself(Unit("永康市", aliases=("永康市人民政府",)))
    one = folded("（二）2022年，我市办理申请158件，永康市政府办公室逐件复核。", own)
    other = folded("二是2023年,永康办理申请97件,全市逐件复核。", own)
    assert one == other
    assert "#" in one and not any(c.isdigit() for c in one)


def test_among_many_texts_the_one_copy_is_found_without_holding_all_pairs():
    index = Index()
    for n in range(400):
        index.add(n, 2022, [f"{chr(0x4E00 + 7 * n + i)}{chr(0x5E00 + 3 * n + i)}" * 9 for i in range(20)])
    copied = [TOLD[i * 40 : (i + 1) * 40] for i in range(3)]
    a, b = index.add(400, 2022, copied), index.add(401, 2022, copied)
    pairs = index.pairs(index.common())
    assert {(a, b), (b, a)} <= set(pairs)


def test_the_texts_wait_in_a_file_not_in_memory(monkeypatch):
    made = []
    monkeypatch.setattr(
        tempfile, "TemporaryFile", lambda _real=tempfile.TemporaryFile: made.append(_real()) or made[-1]
    )
    check = Copying(Register())
    check.add(said("柳河镇", 2022, overview=TOLD))
    assert made[0].seek(0, 2) > len(TOLD)
