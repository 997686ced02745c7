"""Which cell a number of the prose speaks of, in every wording met, and when it speaks of none."""

import pytest
from telling import told, told_before

# What is said → the concepts that its numbers count, in order.
SAID = {
    "本市共收到政府信息公开申请100件。": ["received"],
    "全年新收依申请公开100件，上年结转6件。": ["received", "carried_in"],
    "共收到100件政府信息公开申请，2023年结转6件。": ["received", "carried_in"],
    "收到申请100件，结转上年度申请6件，答复政府信息公开申请100件。": ["received", "carried_in", "decisions"],
    "接到信息公开申请100件，办结100件，另有6件按规定结转下年度。": ["received", "decisions", "carried_out"],
    "办理政府信息公开申请100件，结转至2025年6件。": ["decisions", "carried_out"],
    "收办政府信息公开申请106件。": ["on_hand"],
    "信息公开申请中，予以公开40件、部分公开14件、不予公开10件。": ["granted", "partly_granted", "refused"],
    "信息公开申请予以公开及部分公开54件，因不掌握等原因无法提供30件。": ["disclosed", "unavailable"],
    "信息公开申请中，无法提供30件，不予处理3件，其他处理3件。": ["unavailable", "unprocessed", "otherwise"],
    "申请中有40件予以公开，10件依法不予公开，30件无法提供。": ["granted", "refused", "unavailable"],
    "申请因属于国家秘密不予公开2件，属于三类内部事务信息8件。": ["state_secret", "internal_affairs"],
    "对申请答复本机关不掌握25件，需要另行制作5件，重复申请3件。": ["not_held", "needs_creation", "repeated"],
    "收到政府信息公开申请100件，其中自然人90件、商业企业10件。": [
        "received",
        "received_natural",
        "received_business",
    ],
    "收到信息公开申请100件，法人或其他组织申请10件。": ["received", "received_organisations"],
    "信息公开类行政复议12件，诉讼8件。": ["reviews", "lawsuits"],
    "因信息公开引发行政复议案件12起，其中维持6起，纠正2起，尚未审结3起。": [
        "reviews",
        "reviews_upheld",
        "reviews_corrected",
        "reviews_pending",
    ],
    "信息公开行政诉讼8件，6件被维持，0件被纠正。": ["lawsuits", "lawsuits_upheld", "lawsuits_corrected"],
    "信息公开未经复议直接起诉3件，复议后起诉5件。": ["lawsuits_direct", "lawsuits_after_review"],
    "信息公开行政复议、行政诉讼案件20件。": ["disputes"],
    "制发行政规范性文件12件，废止规范性文件3件，现行有效规范性文件80件。": [
        "normative_documents",
        "repealed",
        "in_force",
    ],
    "作出行政许可决定5000件，作出行政处罚决定700件，行政强制决定30件。": [
        "licensing",
        "penalties",
        "coercion",
    ],
    "收取行政事业性收费12.5万元。": ["fees"],
}


@pytest.mark.parametrize("words", SAID)
def test_a_number_is_known_by_its_words(words, tmp_path):
    claims = told(tmp_path, words).claims
    assert list(claims.loc[claims["section"] == "overview", "about"]) == SAID[words]


# The same words, of something else.
OTHER = {
    "another year": "2023年收到政府信息公开申请100件。",
    "last year": "上年收到政府信息公开申请100件。",
    "half a year": "上半年收到政府信息公开申请100件。",
    "some months": "1至6月收到政府信息公开申请100件。",
    "several years": "2008年以来累计收到政府信息公开申请100件。",
    "a difference": "比上年增加受理政府信息公开申请100件。",
    "a plan": "计划办结政府信息公开申请100件。",
    "a department": "其中市公安局收到政府信息公开申请100件。",
    "a department without 其中": "市自然资源局共收到政府信息公开申请100件。",
    "a county": "乙县受理政府信息公开申请100件。",
    "one channel": "通过信函收到政府信息公开申请100件。",
    "several things": "受理和办理政府信息公开申请100件。",
    "a plea": "窗口受理群众诉求100件。",
    "complaints": "收到网民咨询投诉，已办结100件。",
    "bills": "承办人大建议，全部办结100件。",
    "extended": "信息公开申请延期办结100件。",
    "documents": "预决算信息予以公开100件。",
    "the next year but one": "信息公开申请结转至2026年100件。",
}


@pytest.mark.parametrize("case", OTHER)
def test_a_number_of_something_else_speaks_of_no_cell(case, tmp_path):
    claims = told(tmp_path, OTHER[case]).claims
    said = claims[claims["section"] == "overview"]
    assert list(said["value"]) == [100]
    assert list(said["about"]) == [""]


# Still the whole of the unit and its year.
WHOLE = [
    "截至2024年12月31日，2024年累计收到政府信息公开申请100件。",
    "全市各部门共收到政府信息公开申请100件。",
    "通过网络、信函等渠道收到政府信息公开申请100件。",
    "甲市受理政府信息公开申请100件。",
    "较去年有所增长，2024年收到政府信息公开申请100件。",
    "按照《2023年政务公开要点》，收到政府信息公开申请100件。",
]


@pytest.mark.parametrize("words", WHOLE)
def test_a_number_of_the_whole_is_not_passed_over(words, tmp_path):
    claims = told(tmp_path, words).claims
    assert list(claims.loc[claims["section"] == "overview", "about"]) == ["received"]


SHARES = {
    "信息公开申请中予以公开40件，占40%。": [("granted", "decisions")],
    "信息公开申请中予以公开40件（占比40%）。": [("granted", "decisions")],
    "信息公开申请中予以公开40件，占办结总数的40%。": [("granted", "decisions")],
    "信息公开申请中予以公开40件，占受理总数的40%。": [("granted", "received")],
    "信息公开申请中予以公开或部分公开占54%、不予公开占10%。": [
        ("disclosed", "decisions"),
        ("refused", "decisions"),
    ],
    "信息公开申请办结率94.34%。": [("decisions", "on_hand")],
    "信息公开申请按期办结率100%。": [("", "")],
    "信息公开申请中予以公开40件，占全省的40%。": [("", "")],
}


@pytest.mark.parametrize("words", SHARES)
def test_a_percentage_is_known_by_its_base(words, tmp_path):
    claims = told(tmp_path, words).claims
    shares = claims[(claims["section"] == "overview") & (claims["unit_of_measure"] == "%")]
    assert list(shares[["about", "of"]].itertuples(index=False, name=None)) == SHARES[words]


def test_the_statistics_before_2019_have_words_of_their_own(tmp_path):
    words = (
        "2012年全县主动公开政府信息400条，收到3份有关政府信息公开的申请，收到1份政府信息公开行政复议申请。"
    )
    claims = told_before(tmp_path, words).claims
    assert list(claims["about"]) == ["published_in_year", "requests_received", "reviews"]


def test_ordinals_and_articles_are_no_claims(tmp_path):
    words = "1、加强领导。（2）完善制度，落实第二十条，部署IPv6，编制2021-2035规划。"
    claims = told(tmp_path, words).claims
    assert not (claims["section"] == "overview").any()
