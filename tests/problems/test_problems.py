"""Section five of the Yongkang report against section 4.7 of the audit; layouts against made-up ones."""

import pytest

from analysis.problems import problems_of
from analysis.problems.labels import cues_in, specifics
from analysis.reading import read_report


def test_three_problems_with_their_categories(yongkang):
    problems = yongkang.problems
    assert list(problems["category"]) == ["C4", "C5", "C6"]
    assert ["C7" in categories.split() for categories in problems["categories"]] == [True, True, True]
    assert [text[:4] for text in problems["measure"]] == ["下一年度", "下一步，", "下一步，"]


def test_training_answers_half_of_a_lack_of_posts(yongkang):
    first = yongkang.problems.iloc[0]
    assert (first["answer"], first["unanswered"]) == ("partial", "posts")
    assert (first["specificity"], first["specifics"]) == (1, "countable")


def test_wider_channels_do_not_answer_a_portal_that_is_little_used(yongkang):
    third = yongkang.problems.iloc[2]
    assert third["answer"] == "other"
    assert set(cues_in(third["measure"])) == {"channels", "reach"}
    assert (third["specificity"], third["specifics"]) == (0, "")


def test_each_item_shows_where_it_stands(yongkang):
    raw = yongkang.report.text.raw
    for item in yongkang.problems.itertuples():
        assert raw[item.start :].startswith(("人員", "政務信息", "政府門戶"))
        assert raw[: item.end].endswith("。")


def test_what_the_figures_show_and_the_section_passes_over(yongkang):
    evidence = yongkang.evidence.set_index("topic")
    assert list(evidence.index) == [
        "C4",
        "C5",
        "C6",
        "corrections",
        "pending",
        "carry_over",
        "errors",
        "results",
    ]
    assert list(evidence["stated"]) == [1, 1, 1, 0, 0, 0, 0, 0]
    assert list(evidence["answered"])[:3] == [0.5, 0.5, 0]
    assert list(evidence["checkable"])[:3] == [1, 0, 0]
    assert list(evidence["figures_show"]) == [0.5, 0.5, 0, 1, 1, 1, 1, 1]


def test_a_section_that_mentions_reviews_is_not_said_to_pass_them_over(altered):
    study = altered(
        "(二)政務信息產(chǎn)品需要進一步豐富。",
        "(二)行政復議被糾錯暴露答復質量問題。政務信息產(chǎn)品需要進一步豐富。",
    )
    assert "five.correction_unmentioned" not in set(study.findings["code"])
    assert not {"corrections", "pending"} & set(study.evidence["topic"])


@pytest.mark.parametrize(
    ("measure", "found"),
    [
        ("将进一步加强培训", []),
        ("3月底前举办2期培训班", ["number", "date", "countable"]),
        ("制定《答复规范》", ["document"]),
        ("由市司法局牵头整改", ["office"]),
        ("编制公开事项清单", ["countable"]),
    ],
)
def test_what_makes_a_measure_concrete(measure, found):
    assert specifics(measure) == found


def test_a_block_of_measures_pairs_with_a_block_of_problems_in_order(shared):
    problems = problems_of(read_report(shared / "reports" / "宿迁市" / "2024.txt"))
    assert len(problems) == 3
    assert list(problems["category"]) == ["C5", "C9", "C6"]
    assert problems["measure"].str.len().gt(20).all()
    assert "复议、诉讼案件" in problems["measure"][1]


def test_an_empty_section_five_has_no_problems(altered, shipped):
    section = shipped.report.sections["problems"]
    start, end = shipped.report.text.span(section.body + 1, section.end)
    study = altered(shipped.report.text.raw[start:end], "無\n")
    assert study.problems.empty
    assert study.evidence["stated"].sum() == 0
