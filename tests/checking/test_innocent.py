"""Sentences that a sound report may well have, although a number in them is not that of the cell whose words stand beside it.

None of them may be called an error: each has an innocent reading (a part, another time, another business, another base, a
list that ends before the sentence does). The invented city of ``telling`` received 100 requests and 6 were carried in, it
settled 100, had 12 reviews and 8 lawsuits and made 12 normative documents. What stands behind a sentence is what it says.
"""

import pytest
from telling import told, told_before

from analysis.checking import check_report

INNOCENT = [
    # a list, and something else of the same measure behind it
    "政务公开专区58个，分别为市级1个、县级8个、乡镇49个，较2023年新增5个。",
    "处理留言200条，分为咨询120条、投诉80条，按时办结198条。",
    "新媒体35个，分别为微信20个、微博8个、抖音7个，其中市政府2个。",
    "新媒体35个，分别为微信20个、微博8个、抖音7个，注销3个。",
    "解读60篇，分为文字40篇、图解20篇，阅读量最高的10篇转载于省网。",
    "化解问题100件，分为交通40件、住房60件；办结率100%，其中疑难12件。",
    "公开信息1000条，其中动态600条，占60%；公告300条，占30%；文件100条，占10%；较上年增加250条，占33%。",
    # a part of a list that is given roughly
    "发布信息3000条，分别为网站2000条、微信800条、其他方式约200条。",
    "发布信息3000条，分别为网站2000条、微信800条、其他方式200余条。",
    # what was settled in one way, or of another business
    "信息公开申请中，共作出不予公开答复10件。",
    "信息公开申请中，公开类答复54件。",
    "司法局全年办理行政复议案件210件，办结198件。",
    "全年受理各类事项12000件，办结11900件。",
    "抽查办件30件，办结30件。",
    "申请公开征地批文的申请45件，办理45件。",
    "政府信息公开投诉举报处理12件，办结12件。",
    # reviews that are not of disclosure, or of one kind
    "全市全年新收行政复议案件456件，其中涉及政府信息公开12件。",
    "全市行政机关被申请行政复议案件356件，纠错率8.5%。",
    "县级以上行政复议机构共收到行政复议申请512件，受理480件。",
    "市政府作为复议机关办理涉政府信息公开复议案件45件，其中维持30件，纠正5件，其他结果10件。",
    "出庭应诉行政诉讼案件5件。",
    "被纠错行政复议案件2件。",
    "本年收到行政复议10件，上年结转2件，共12件，已办结9件。",
    "共发生行政诉讼案件5件，均为复议后起诉。",
    "未经复议直接起诉案件3件，结果维持2件，尚未审结1件。",
    # what 其他处理 takes together
    "申请中予以公开及部分公开54件，占54%；不予公开10件，占10%；无法提供30件，占30%；其他处理6件，占6%。",
    "申请中予以公开54件（含部分公开14件），不予公开10件，无法提供30件，其他处理6件（含不予处理3件）。",
    # another time
    "2022-2024年共受理政府信息公开申请300件。",
    "二〇二三年收到政府信息公开申请80件。",
    "2024年1—11月，共收到政府信息公开申请92件。",
    "截至2024年11月30日，共收到政府信息公开申请92件。",
    "5月收到政府信息公开申请12件。",
    "国庆假期后收到政府信息公开申请22件。",
    "新冠疫情期间收到政府信息公开申请12件。",
    "月均受理政府信息公开申请8.3件，最多月份收到政府信息公开申请15件。",
    "人均办理政府信息公开申请5件。",
    "日均办理政府信息公开申请2件。",
    # a part of the unit, or of the requests
    "县政府办收到政府信息公开申请32件。",
    "开发区管委会受理政府信息公开申请9件。",
    "办公室作为受理机构，收到政府信息公开申请55件。",
    "其中教育领域收到申请12件，卫生领域收到申请8件。",
    "房屋征收领域收到政府信息公开申请32件。",
    "全年收到有效申请97件，无效申请3件。",
    "2024年共收到政府信息公开申请103件，其中3件经补正后视为放弃，实际受理100件。",
    "收到政府信息公开申请100件，市政府20件中予以公开8件、部分公开3件、不予公开2件。",
    "当年新收申请已办结94件，其中予以公开38件、部分公开13件、不予公开9件。",
    # the subject stands in an earlier clause
    "各乡镇（街道）受理政府信息公开申请12件，答复12件。",
    "市政府本级收到申请38件，办结37件，其中予以公开15件，部分公开5件。",
    "区县方面，共收到申请28件，上年结转1件，办结27件，结转下年2件。",
    "市本级新收申请72件，办结71件，结转下年5件。",
    "信息公开申请集中的自然资源部门，全年办理申请28件，占全市28%。",
    "上年结转申请6件，其中予以公开3件，部分公开1件，无法提供2件。",
    "新收100件申请中，已办结94件，其余6件结转至2025年。",
    "当面申请8件，均予以公开；信函申请30件，予以公开9件，无法提供12件。",
    "近五年累计收到申请412件，其中予以公开165件，不予公开43件，无法提供121件。",
    "以前年度结转的行政复议案件1件，本年度维持1件。",
    # words nobody would list
    "全年以政府信息不存在为由答复7件，以非本机关职责答复18件。",
    "全年提前办结申请68件，集体讨论办理申请21件。",
    "2024年12月单月受理申请11件。",
    "收到申请10件以上的单位3个。",
    "市县两级政府共受理申请66件。",
    # percentages of something else
    "市本级办结申请71件，其中予以公开30件，占42.3%；不予公开8件，占11.3%。",
    "自然资源领域的申请中，予以公开占34.3%，无法提供占42.9%。",
    "上年结转申请6件中，予以公开3件，占50%。",
    # one ground of an outcome
    "申请中因不掌握无法提供的25件，占25%。",
    "申请中因需要另行制作无法提供5件，占5%。",
    "申请答复中其他情况2件。",
    # a list by departments, with its own total
    "部门申请办理结果为予以公开13件、部分公开6件、不予公开3件、无法提供10件、不予处理1件、其他处理1件，合计34件。",
    "共办理复议12件，分为市政府受理8件、省政府受理4件；诉讼8件，分为一审5件、二审3件。",
    "2022年、2023年、2024年分别收到政府信息公开申请72件、80件、100件。",
    "全市行政复议受理1024件，其中政府信息公开类12件，占1.2%。",
    "全年产生公文595件，其中主动公开320件，依申请公开180件，不予公开95件。",
    "全年印发市政府文件42件、市政府办公室文件68件，其中规范性文件7件。",
    # documents made with others, or not made yet
    "联合印发规范性文件2件。",
    "起草并提请市政府印发规范性文件4件。",
    "征求意见后出台规范性文件6件。",
    "制发规范性文件2件、修订1件。",
    "我市制定规章2件列入计划。",
]


@pytest.mark.parametrize("words", INNOCENT)
def test_what_may_be_innocent_is_no_error(words, tmp_path):
    found = check_report(told(tmp_path, words))
    errors = found[found["severity"] == "error"]
    assert errors.empty, list(errors["message_zh"])


def test_quarters_and_a_cumulative_number_behind_them(tmp_path):
    words = "2012年主动公开信息400条，分别为一季度100条、二季度110条、三季度100条、四季度90条，累计5000条。"
    assert not (check_report(told_before(tmp_path, words))["severity"] == "error").any()


# What would be called a slip, and is none.
QUIET = {
    "2024年审结的政府信息公开行政复议案件均维持。": "text.said",
    "上年结转的政府信息公开行政复议案件均维持。": "text.said",
    "截至2023年底有专栏30个；截至2024年底，为28个。": "text.other_year",
    "2023年12月31日前印发的方案已全部落实。": "text.other_year",
    "今年共收到申请100件，2023年共收到申请85件。": "text.other_year",
    "第三方应当在法定的15个工作日内提出意见。": "wording.",
}


@pytest.mark.parametrize("words", QUIET)
def test_what_may_be_innocent_is_not_warned_of(words, tmp_path):
    found = check_report(told(tmp_path, words))
    assert not found["code"].str.startswith(QUIET[words]).any(), list(found["message_zh"])


# The same words where they are wrong: the guard must not hide what it is not there for.
GUILTY = {
    "全市收到政府信息公开申请103件。": "text.count_differs",
    "政务公开专区58个，分别为市级1个、县级8个、乡镇48个，较2023年新增5个。": "text.list_differs",
    "信息公开申请中，共作出不予公开答复12件。": "text.count_differs",
    "信息公开申请收到100件，办结98件。": "text.count_differs",
    "政府信息公开行政复议案件14件。": "text.count_differs",
    "二〇二四年收到政府信息公开申请80件。": "text.count_differs",
    "申请中无法提供30件，占30%；其他处理5件，占5%。": "text.count_differs",
    "制发规范性文件21件。": "text.count_differs",
    "全年收到公民、法人和其他组织提出的政府信息公开申请96件。": "text.count_differs",
    "截至2024年底，全市现行有效行政规范性文件88件。": "text.count_differs",
    "全年未经复议直接起诉4件。": "text.count_differs",
    "截至2024年12月31日共收到政府信息公开申请120件。": "text.count_differs",
    "收到政府信息公开申请100件，其中自然人申请95件、商业企业申请5件。": "text.count_differs",
    "申请中予以公开40件，占40%；不予公开10件，占12%。": "text.percentage_differs",
}


@pytest.mark.parametrize("words", GUILTY)
def test_the_same_words_where_they_are_wrong(words, tmp_path):
    found = check_report(told(tmp_path, words))
    assert GUILTY[words] in set(found.loc[found["severity"] == "error", "code"])
