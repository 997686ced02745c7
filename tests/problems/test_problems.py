"""Section five of the Yongkang report against section 4.7 of the audit; layouts against made-up ones."""

import pytest

from analysis.problems.labels import cues_in, specifics


def test_three_problems_with_their_categories(yongkang):
    problems = yongkang.problems
    assert list(problems["category"]) == ["C4", "C5", "C6"]
    # The audit adds social media to the second.
    assert "C7" in problems["categories"][1].split()
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
        assert raw[item.end] == "。" and raw[item.start : item.end].count("下一") == 1


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
    assert "corrections" not in set(study.evidence["topic"])


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


@pytest.mark.parametrize("year", [2023, 2024])
def test_a_block_of_measures_pairs_with_a_block_of_problems_in_order(year, suqian):
    problems = suqian[year].problems
    assert len(problems) == 3
    assert problems["problem"].str.contains("需").all()
    assert problems["measure"].str.len().gt(20).all()
    assert not problems["answer"].isin(["none", "unpaired"]).any()


def test_what_suqian_2023_names_and_does(suqian):
    problems = suqian[2023].problems
    assert [p[:8] for p in problems["problem"]] == [
        "围绕服务中心工作",
        "依申请公开工作规",
        "政府信息公开基础",
    ]
    assert [m[:5] for m in problems["measure"]] == ["坚持“标准", "坚持“规范", "坚持“多元"]


LAYOUTS = {
    "problems, then measures under headings": (
        "(一)存在的主要問題\n1.解讀不夠通俗。\n2.人員培訓不足。\n(二)改進情況\n1.制作圖解。\n2.開展培訓班。\n",
        [("解读不够通俗", "制作图解"), ("人员培训不足", "开展培训班")],
    ),
    "more problems than measures": (
        "一是解讀不夠通俗;二是人員不足;三是更新不及時。針對上述問題,將采取措施:一是制作圖解;二是增配人員。\n",
        [("解读不够通俗", "制作图解"), ("人员不足", "增配人员"), ("更新不及时", "")],
    ),
    "a verb that only looks like a measure": (
        "(一)個別單位未將信息及時公開。下一步,加強檢查。\n(二)虛擬平臺體驗不佳。下一步,改版網站。\n",
        [("个别单位未将信息及时公开", "下一步，加强检查"), ("虚拟平台体验不佳", "下一步，改版网站")],
    ),
    "nothing to say": ("不存在主要問題。\n", []),
    "one line": (
        "在更新時效方面仍有待提高。下一步,我局將增配人員。\n",
        [("在更新时效方面仍有待提高", "下一步，我局将增配人员")],
    ),
    "faults in a list, measures in another": (
        "工作取得了一定成效,但還存在解讀不夠通俗、專職人員不足、更新不及時等問題。2021年,我們將采取以下措施:(一)制作圖解。圖文并茂。(二)增配專職人員。\n",
        [("解读不够通俗", "制作图解。图文并茂"), ("专职人员不足", "增配专职人员"), ("更新不及时", "")],
    ),
    "numbers within numbers": (
        "存在的主要問題:一是解讀不夠通俗;二是專職人員不足。改進措施:(一)提高質量\n1.制作圖解。\n2.增配專職人員。\n",
        [("解读不够通俗", "制作图解"), ("专职人员不足", "增配专职人员")],
    ),
    "measures alone": (
        "(一)進一步加強培訓。每季一次。\n(二)健全考核制度。\n",
        [("", "进一步加强培训。每季一次"), ("", "健全考核制度")],
    ),
    "what was done before what is wrong": (
        "(一)2019年問題的改進情況\n一是已完成網站改版。\n(二)2020年存在的主要問題\n一是專職人員不足。\n",
        [("专职人员不足", ""), ("", "已完成网站改版")],
    ),
    "a year of its own is no turn": (
        "2020年,我市工作取得一定成績。一是專職人員不足;二是更新不及時。\n",
        [("专职人员不足", ""), ("更新不及时", "")],
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout, altered, shipped):
    words, due = LAYOUTS[layout]
    section = shipped.report.sections["problems"]
    start, end = shipped.report.text.span(section.body + 1, section.end)
    problems = altered(shipped.report.text.raw[start:end], words).problems
    assert list(zip(problems["problem"], problems["measure"], strict=True)) == due
    assert list(problems["answer"] == "none") == [bool(p) and not m for p, m in due]
    assert list(problems["answer"] == "unpaired") == [not p for p, _ in due]


P, M = "problem", "measure"
# Words, and the items that they have.
WORDINGS = {
    "ordinals of circles and half brackets": (
        "存在的主要问题：\n1）目录编制不够规范；\n2）公众参与渠道少。\n改进情况：\n①修订目录；\n②开展开放日活动不少于3次。\n",
        [(P, "目录编制不够规范"), (P, "公众参与渠道少"), (M, "修订目录"), (M, "开展开放日活动不少于3次")],
    ),
    "ordinals of the highest level": (
        "一、存在的主要问题\n一是解读形式单一；二是人员不足。\n二、下一步改进措施\n一是制作图解；二是增配专职人员。\n",
        [(P, "解读形式单一"), (P, "人员不足"), (M, "制作图解"), (M, "增配专职人员")],
    ),
    "headings on a line of their own behind an item": (
        "1.平台使用率不高。2.人员配备不足。\n整改措施：1.推进网站改造。2.增加人员。\n",
        [(P, "平台使用率不高"), (P, "人员配备不足"), (M, "推进网站改造"), (M, "增加人员")],
    ),
    "titles over numbers": (
        "一、存在的问题\n（一）公开内容方面。\n1.更新不及时。\n（二）队伍建设方面。\n1.人员多为兼职。\n二、改进措施\n（一）拓展公开内容。\n"
        "1.每月通报一次。\n（二）加强队伍建设。\n1.2021年举办培训班4期。\n",
        [(P, "更新不及时"), (P, "人员多为兼职"), (M, "每月通报一次"), (M, "2021年举办培训班4期")],
    ),
    "problem and measure in one sentence": (
        "一是针对解读不够通俗的问题，将制作图解；二是部门间协调不够顺畅，要建立联席会议制度；三是人员流动性大，应加强岗前培训。\n",
        [
            (P, "解读不够通俗"),
            (M, "将制作图解"),
            (P, "部门间协调不够顺畅"),
            (M, "要建立联席会议制度"),
            (P, "人员流动性大"),
            (M, "应加强岗前培训"),
        ],
    ),
    "words of turning within a problem": (
        "一是对今后一个时期的公开工作缺乏谋划。二是改进措施落实不到位，下一步工作衔接不畅。三是为此投入的经费不足。四是拟出台文件征求意见不充分。\n"
        "下一步，一是制定规划。二是定期督查。三是列入预算。四是延长征求意见的期限。\n",
        [
            (P, "对今后一个时期的公开工作缺乏谋划"),
            (P, "改进措施落实不到位，下一步工作衔接不畅"),
            (P, "为此投入的经费不足"),
            (P, "拟出台文件征求意见不充分"),
            (M, "制定规划"),
            (M, "定期督查"),
            (M, "列入预算"),
            (M, "延长征求意见的期限"),
        ],
    ),
    "turns of other words": (
        "（一）公开不及时。2021年起推行提醒制度。（二）解读单一。明年将增加图解。（三）渠道少。下步，增设公开栏。（四）人员不足。对此，我局将增配人员。\n",
        [
            (P, "公开不及时"),
            (M, "2021年起推行提醒制度"),
            (P, "解读单一"),
            (M, "明年将增加图解"),
            (P, "渠道少"),
            (M, "下步，增设公开栏"),
            (P, "人员不足"),
            (M, "对此，我局将增配人员"),
        ],
    ),
    "problems and measures by turns, each with its name": (
        "问题1：审查把关不严。措施：严格审查制度。\n问题2：回复不及时。措施：建立咨询窗口。\n",
        [(P, "审查把关不严"), (M, "严格审查制度"), (P, "回复不及时"), (M, "建立咨询窗口")],
    ),
    "lists of dashes": (
        "存在问题\n——公开意识不强。\n——解读形式单一。\n改进措施\n——加强培训。\n——推行图文解读。\n",
        [(P, "公开意识不强"), (P, "解读形式单一"), (M, "加强培训"), (M, "推行图文解读")],
    ),
    "a table": (
        "序号 | 存在的主要问题 | 改进措施 | 责任单位\n1 | 解读形式单一 | 制作图解 | 市府办\n2 | 答复不够规范 | 组织培训2次 | 司法局\n",
        [(P, "解读形式单一"), (M, "制作图解"), (P, "答复不够规范"), (M, "组织培训2次")],
    ),
    "nothing between the words that say nothing": (
        "我局工作总体平稳，未发现突出问题。\n",
        [],
    ),
    "a lack that looks like nothing": ("没有专职人员。\n", [(P, "没有专职人员")]),
    "measures behind measures, then problems": (
        "2020年，我市针对上年存在的问题，采取以下措施：一是印发审查办法；二是改版网站。\n但工作中仍存在一些不足：一是基层公开不平衡；二是更新不及时。\n",
        [(M, "印发审查办法"), (M, "改版网站"), (P, "基层公开不平衡"), (P, "更新不及时")],
    ),
    "sentences of neither number nor lead": (
        "工作人员更替频繁，对条例掌握不透。政策文件发布后未同步解读。\n加强岗位培训。坚持同步发布。\n",
        [
            (P, "工作人员更替频繁，对条例掌握不透"),
            (P, "政策文件发布后未同步解读"),
            (M, "加强岗位培训"),
            (M, "坚持同步发布"),
        ],
    ),
    "measures in a list of their own within a problem": (
        "（一）公开不够及时。下一步：1.每月检查；2.定期通报。\n（二）专职人员不足。下一步：1.增配人员；2.加强培训。\n",
        [
            (P, "公开不够及时"),
            (M, "每月检查"),
            (M, "定期通报"),
            (P, "专职人员不足"),
            (M, "增配人员"),
            (M, "加强培训"),
        ],
    ),
    "problems that open with the verbs of measures": (
        "存在的问题：一是组织业务培训次数少；二是以文字解读为主，图解视频很少；三是部分单位将公开等同于网站更新，把关不严。\n",
        [
            (P, "组织业务培训次数少"),
            (P, "以文字解读为主，图解视频很少"),
            (P, "部分单位将公开等同于网站更新，把关不严"),
        ],
    ),
    "a problem that only sounds like problem and measure": (
        "（一）围绕群众关注的热点难点问题，解读回应不够及时。（二）就业创业信息更新不及时等问题，群众反映较多。\n",
        [
            (P, "围绕群众关注的热点难点问题，解读回应不够及时"),
            (P, "就业创业信息更新不及时等问题，群众反映较多"),
        ],
    ),
    "items of the words of headings": (
        "一是公开不及时；二是整改措施落实不力；三是人员不足。改进措施：一是落实改进措施；二是强化整改情况跟踪。\n",
        [
            (P, "公开不及时"),
            (P, "整改措施落实不力"),
            (P, "人员不足"),
            (M, "落实改进措施"),
            (M, "强化整改情况跟踪"),
        ],
    ),
    "a table with more columns, and words beside it": (
        "| 序号 | 存在问题 | 整改措施 | 整改时限 | 整改责任单位 |\n| 1 | 解读单一 | 制作图解 | 2021年6月 | 市府办 |\n此外，基层公开不均衡。\n",
        [(P, "解读单一"), (M, "制作图解"), (P, "此外，基层公开不均衡")],
    ),
    "lists within lists": (
        "1.公开质量不高。一是内容不全；二是时效不强。2.队伍不稳。一是兼职多；二是培训少。\n改进措施：1.提高质量。一是补齐目录；二是每月检查。\n",
        [
            (P, "内容不全"),
            (P, "时效不强"),
            (P, "兼职多"),
            (P, "培训少"),
            (M, "补齐目录"),
            (M, "每月检查"),
        ],
    ),
    "a measure that speaks of faulty offices": (
        "更新不够及时，解读单一。下一步，我局将建立通报制度。对未按要求公开的单位予以通报批评。\n",
        [
            (P, "更新不够及时，解读单一"),
            (M, "下一步，我局将建立通报制度"),
            (M, "对未按要求公开的单位予以通报批评"),
        ],
    ),
    "a page that ends within a sentence": (
        "一是群众表示不清楚自己能享受\n— 3 —\n哪些扶持政策，反馈不及时。二是人员不足。\n",
        [(P, "群众表示不清楚自己能享受哪些扶持政策，反馈不及时"), (P, "人员不足")],
    ),
    "lines that are broken anywhere": (
        "一是政策直达率有待提高。抽样回访的300家小微企业中，有117家表示不清楚自己能享受\n哪些扶持。下一步，将依托企业画像开展定向推送。\n",
        [
            (P, "政策直达率有待提高。抽样回访的300家小微企业中，有117家表示不清楚自己能享受哪些扶持"),
            (M, "下一步，将依托企业画像开展定向推送"),
        ],
    ),
}


@pytest.fixture
def items_in(altered, shipped):
    """The items of a section five of these words, in the shipped report."""
    section = shipped.report.sections["problems"]
    start, end = shipped.report.text.span(section.body + 1, section.end)
    return lambda words: altered(shipped.report.text.raw[start:end], words).five["items"]


@pytest.mark.parametrize("wording", WORDINGS)
def test_wordings(wording, items_in):
    words, due = WORDINGS[wording]
    items = items_in(words)
    assert list(zip(items["kind"], items["text"], strict=True)) == due


def test_what_was_done_about_last_year_is_no_promise_and_answers_no_problem_of_this(items_in):
    items = items_in(WORDINGS["measures behind measures, then problems"][0])
    assert list(items["last_year"]) == [True, True, False, False]
    assert list(items["done"]) == [True, True, False, False]
    one = items_in(
        "2020年，我局针对2019年存在的更新不及时问题，建立了台账，已得到解决。目前人员不足。2021年我局将增配人员。\n"
    )
    assert list(zip(one["kind"], one["last_year"], one["text"], strict=True)) == [
        (M, True, "2020年，我局针对2019年存在的更新不及时问题，建立了台账，已得到解决"),
        (P, False, "目前人员不足"),
        (M, False, "2021年我局将增配人员"),
    ]


@pytest.mark.parametrize(
    ("measure", "done", "dated", "last_year"),
    [
        ("对已出台的政策文件及时解读", False, 0, False),
        ("发现已失效的文件及时下架", False, 0, False),
        ("在已建成的专栏基础上增设栏目", False, 0, False),
        ("已制作图解12件", True, 0, False),
        ("已按月检查栏目更新", True, 0, False),
        ("对照《2020年政务公开工作要点》逐项落实", False, 0, False),
        ("清理2015年以前印发的规范性文件", False, 0, False),
        ("2019年底前建成专栏", False, 2019, False),
        ("对2019年第三方评估发现的问题逐项整改", False, 0, False),
    ],
)
def test_when_a_measure_is_done(measure, done, dated, last_year, items_in):
    (item,) = (
        items_in(f"存在问题：一是解读单一。改进措施：一是{measure}。\n")
        .query("kind == 'measure'")
        .itertuples()
    )
    assert (item.done, item.dated, item.last_year) == (done, dated, last_year)


def test_a_paragraph_on_last_year_is_no_part_of_the_problem_before_it(items_in):
    items = items_in(
        "一是人员不足；二是解读单一。\n针对2019年存在的专职人员不足问题，我市增配了人员。\n下一步，我市将加强培训。\n"
    )
    assert list(zip(items["kind"], items["text"], items["last_year"], strict=True)) == [
        (P, "人员不足", False),
        (P, "解读单一", False),
        (M, "我市增配了人员", True),
        (M, "下一步，我市将加强培训", False),
    ]


def test_what_was_done_about_this_years_problems_is_no_progress_on_last_years(suqian):
    items = suqian[2024].five["items"]
    assert items.loc[items["kind"] == M, "done"].all() and not items["last_year"].any()
    assert "five.no_progress" in set(suqian[2024].findings["code"])


def test_a_year_that_was_not_changed_is_found(altered):
    study = altered("下一步,我市將拓寬公開渠道", "2020年,我市將拓寬公開渠道")
    slip = study.findings[study.findings["code"] == "five.year_slip"]
    assert len(slip) == 1 and "2020年" in slip["message_zh"].item()
    later = altered("下一步,我市將拓寬公開渠道", "2021年,我市將拓寬公開渠道")
    assert "five.year_slip" not in set(later.findings["code"])


def test_a_measure_that_answers_nothing_is_found(altered):
    study = altered(
        "(二)政務信息產(chǎn)品需要進一步豐富。",
        "(二)產(chǎn)品不夠。\n針對上述問題,將采取以下措施:\n(三)健全考核制度。\n(四)政務信息產(chǎn)品需要進一步豐富。",
    )
    alone = study.findings[study.findings["code"] == "five.measure_alone"]
    assert alone["message_zh"].str.contains("健全考核制度").any()


def test_why_a_label_was_given_is_told(yongkang):
    items = yongkang.five["items"]
    assert set(items["rule"]) == {"numbered", "turn"}
    first = items.iloc[0]
    assert "posts" in first["cues"] and "专岗" in first["cues"]
    assert list(yongkang.five["pairs"]["how"]) == ["part"] * 3


def test_a_measure_without_a_cue_is_not_called_a_mismatch(altered):
    study = altered(
        "(二)政務信息產(chǎn)品需要進一步豐富。",
        "(二)產(chǎn)品不夠。下一步,再想辦法。\n(三)政務信息產(chǎn)品需要進一步豐富。",
    )
    assert study.problems["answer"][1] == "unknown"
    assert study.evidence["answered"].isna()[1]


def test_an_empty_section_five_has_no_problems(altered, shipped):
    section = shipped.report.sections["problems"]
    start, end = shipped.report.text.span(section.body + 1, section.end)
    study = altered(shipped.report.text.raw[start:end], "無\n")
    assert study.problems.empty
    assert study.evidence["stated"].sum() == 0
