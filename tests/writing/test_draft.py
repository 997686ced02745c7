"""What the draft says of the published reports: nothing of a part as if it were the whole, something on every problem, what was done
as done."""

import shutil

import pytest

from analysis.ledger import says
from analysis.problems.evidence import said
from analysis.workbook import open_workbook


@pytest.fixture(scope="module")
def draft(shared):
    made = {}

    def of(unit: str, years: str, language: str = "zh"):
        key = (unit, years, language)
        if key not in made:
            made[key] = open_workbook(unit, years, str(shared / "reports"), "", language)
        return made[key]

    return of


def _texts(book, *kinds: str):
    rows = book.statements
    kind = rows["key"].str.split("/").str[3]
    return rows.loc[kind.isin(kinds), "text"]


@pytest.mark.parametrize(
    ("unit", "years"),
    [
        ("平潭综合实验区", "2011-2014,2018-2025"),
        ("上海市人民政府办公厅", "2019,2025"),
        ("宿迁市", "2023-2024"),
        ("平潭县公安局", "2009"),
    ],
)
def test_something_is_said_on_every_stated_problem(draft, unit, years):
    book = draft(unit, years)
    stated = len(_texts(book, "stated"))
    orders = book.statements["key"].str.extract(r"^(.*)/evidence/(\d+)$").dropna()
    assert len(orders.drop_duplicates()) == stated > 0


def test_a_part_is_not_told_as_the_whole(draft):
    # 其中…公开信息9条, 区直…1397条 and 各乡镇…534条: none of them is what was published in all.
    assert (
        not _texts(draft("平潭综合实验区", "2011-2014,2018-2025"), "evidence")
        .str.contains("主动公开(?:9|1397|1592)条")
        .any()
    )


def test_what_the_prose_gives_for_the_whole_is_told(draft):
    assert _texts(draft("宿迁市", "2024"), "evidence").str.contains("主动公开140000余条").any()


def test_what_one_channel_or_office_publishes_is_not_told_as_the_whole(altered):
    from analysis.writing.statements import statements_of

    for words in ("通過微信公眾號主動公開政府信息300條。", "全年市教育局主動公開政府信息800條。"):
        study = altered("一、總體情況\n", f"一、總體情況\n{words}\n")
        assert study.report.claims["value"].isin([300, 800]).any()
        assert not statements_of(study, "zh")["text"].str.contains("主动公开(?:300|800)条").any()


def test_a_number_of_a_table_or_a_heading_is_none_of_the_prose(shared):
    from analysis.reading import read_report

    folder = shared / "reports" / "平潭综合实验区"
    # 诉讼 with zeros beside it stands in the table only; 1、加强…培训 has an ordinal.
    assert not said(read_report(folder / "2011.txt", folder.name, 2011), "诉讼")
    assert not said(read_report(folder / "2012.txt", folder.name, 2012), "培训")


def test_measures_that_are_told_as_done_are_no_promises(draft):
    book = draft("宿迁市", "2024")
    assert len(_texts(book, "announced")) == 3
    assert _texts(book, "announced").str.contains("报告说已经做了").all()
    assert _texts(book, "lacking").empty
    assert not _texts(book, "progress.none").empty
    (told,) = _texts(book, "followed.done")
    assert "2023年的报告列有措施3条，都说已经做了" in told
    book.sources()


def test_what_became_of_last_years_problems_is_quoted_and_is_no_measure_of_this_year(draft):
    book = draft("上海市人民政府办公厅", "2025")
    assert _texts(book, "progress.none").empty
    assert len(_texts(book, "progress")) == 3
    assert not _texts(book, "announced").str.contains("阅办联动").any()
    book.sources()


def test_reports_that_were_not_read_are_in_no_run(draft):
    (again,) = _texts(draft("平潭综合实验区", "2018"), "again")
    assert "所读的5份报告" in again and "连续" not in again


def test_chances_that_would_print_as_nothing_are_below_the_smallest(draft):
    every = draft("宿迁市", "2024").statements["text"]
    assert every.str.contains("p值<0.001", regex=False).any()
    assert not every.str.contains("p值0.000", regex=False).any()
    assert says("<0.001", 0.0004) and not says("<0.001", 0.004)


def test_a_quotation_within_a_quotation_has_single_marks(draft):
    (told,) = _texts(draft("永康市", "2020"), "announced").loc[lambda t: t.str.contains("到达率")]
    assert "“下一步，我市将拓宽公开渠道，提高政府信息的‘到达率’与‘知晓率’”" in told


def test_what_is_suggested_is_for_what_the_problem_is_about(draft):
    book = draft("上海市人民政府办公厅", "2019")
    suggested = list(_texts(book, "suggest"))
    assert "业务培训" in suggested[0]  # 理论学习仍需加强
    assert "栏目与检索" in suggested[2]  # 网站集约化, 公开专栏


@pytest.mark.parametrize("unit", ["永康 市", "Yong Kang 市"])
def test_a_unit_may_have_a_blank_in_its_name(unit, shared, tmp_path):
    folder = tmp_path / "reports" / unit
    folder.mkdir(parents=True)
    for year in (2023, 2024):
        shutil.copy(shared / "reports" / "平潭综合实验区" / f"{year}.txt", folder / f"{year}.txt")
    book = open_workbook(unit, "2023-2024", str(folder.parent))
    assert {"x.docx", "x.md", "claims.json"} <= book.files("x").keys()
    for shown in (book.inventory, book.followed, book.items, book.draft, book.sources):
        shown()
