"""The notebooks of rates and trends and of the bulletin as a user gets them: page, tables, and what is refused."""

import json
import os
import re
import shutil
from collections import Counter

import pandas as pd
import pytest
from lxml import html
from typer.testing import CliRunner

from analysis.batch import store
from analysis.batch.engine import Cluster
from analysis.batch.kept import keeping
from analysis.batch.leave import leave
from analysis.batch.notebooks import Run
from analysis.batch.read_once import read_before
from analysis.batch.run import make
from analysis.bulletin import open_bulletin
from analysis.cli import app
from analysis.errors import InputError, Unreached
from analysis.rates_and_trends import open_rates_and_trends
from analysis.synthesis import plan, synthesise
from analysis.writing.statements import faults


@pytest.fixture(scope="module")
def pingtan(tmp_path_factory):
    return make(Run(kind="trends"), tmp_path_factory.mktemp("trends"))


@pytest.fixture(scope="module")
def bulletin(tmp_path_factory):
    run = Run(kind="bulletin", period="2023", language="en", group="level")
    return make(run, tmp_path_factory.mktemp("bulletin"))


@pytest.fixture(scope="module", params=["pingtan", "bulletin"])
def made(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def changes():
    return open_rates_and_trends()


@pytest.fixture(scope="module")
def units():
    return open_bulletin(period="2023", language="en", group="level")


@pytest.fixture(scope="module")
def book(made, changes, units):
    return changes if made.notebook.stem == "rates_and_trends" else units


@pytest.fixture(scope="module")
def page(made):
    return html.parse(str(made.page)).getroot()


def test_the_output_lies_where_the_readme_says(pingtan, bulletin):
    assert pingtan.folder.parts[-2:] == ("平潭综合实验区", "2011-2025-趋势")
    assert bulletin.folder.parts[-2:] == ("bulletin", "2023-level")
    assert {"trends.csv", "counts.csv", "rates.csv", "statements.csv"} <= {
        p.name for p in pingtan.tables.iterdir()
    }
    assert {"aggregates.csv", "comparison.csv", "publication.csv"} <= {
        p.name for p in bulletin.tables.iterdir()
    }


def test_every_number_of_a_sentence_leads_back(made, book):
    told = pd.read_csv(made.tables / "statements.csv", keep_default_na=False)
    assert len(told) > 10
    assert faults(told, book.tables) == []


def test_a_number_that_was_tampered_with_is_found(made, book):
    told = pd.read_csv(made.tables / "statements.csv", keep_default_na=False)
    n = told["text"].str.contains(r"\d\.\d").idxmax()
    told.loc[n, "text"] = re.sub(
        r"(\d)\.(\d)", lambda m: f"{m[1]}.{(int(m[2]) + 1) % 10}", told.loc[n, "text"], count=1
    )
    assert faults(told, book.tables)


def test_every_figure_links_to_a_row_of_the_page(page):
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    links = page.xpath("//a[contains(@class, 'figure')]")
    assert len(links) > 50
    assert not {a.get("href") for a in links} - {f"#{i}" for i in ids}
    for statement in page.xpath("//p[contains(@class, 'statement')]"):
        bare = "".join(statement.xpath(".//text()[not(ancestor::*[contains(@class, 'figure')])]"))
        assert not re.search(r"\d", bare), bare


def test_nothing_is_fetched_and_pictures_have_words(page):
    assert page.xpath("//script | //link | //iframe") == []
    pictures = page.xpath("//img")
    assert len(pictures) >= 3
    assert all(len(p.get("alt")) > 20 for p in pictures)
    assert len(page.xpath("//h1")) == 1


def test_no_code_is_shown_and_the_language_is_said(pingtan, bulletin):
    for run, language in ((pingtan, "zh-CN"), (bulletin, "en")):
        root = html.parse(str(run.page)).getroot()
        assert root.get("lang") == language
        assert "open_" not in root.find(".//main").text_content()


def test_the_words_of_a_change_are_those_of_its_test(changes):
    tables = changes.tables
    verdicts = tables["trends"].set_index("key")["verdict"]
    told = 0
    for text, key in tables["statements"][["text", "key"]].itertuples(index=False):
        unit, _, _, *rest = key.split("/")
        if "trend" not in rest:
            continue
        verdict = verdicts["/".join([unit, *rest])]
        clear = bool(re.search("超出偶然|总体上升|总体下降|升[^，]*个百分点|降[^，]*个百分点", text))
        assert clear == (verdict in ("rise", "fall")), text
        told += 1
    assert told > 20


def test_years_without_a_report_are_told_and_passed_over(shared):
    book = open_rates_and_trends("宿迁市", "2021-2024", str(shared / "reports"))
    assert [r.year for r in book.reports] == [2023, 2024]
    assert book.missing == [2021, 2022]
    assert "2021、2022" in book.summary().parts[0].html
    assert book.place == ("宿迁市", "2021-2024-趋势")


def test_a_list_of_years_is_read_as_a_list(shared):
    book = open_rates_and_trends("平潭综合实验区", "2019,2022", str(shared / "reports"))
    assert [r.year for r in book.reports] == [2019, 2022]
    assert set(book.tables["trends"]["first"]) == {2019}


def test_a_file_that_cannot_be_read_does_not_cost_the_other_years(shared, tmp_path):
    folder = tmp_path / "reports" / "宿迁市"
    shutil.copytree(shared / "reports" / "宿迁市", folder)
    (folder / "2025.txt").write_text("不是报告", encoding="utf8")
    book = open_rates_and_trends("宿迁市", "", str(tmp_path / "reports"))
    assert [r.year for r in book.reports] == [2023, 2024]
    assert "2025.txt" in book.summary().parts[0].html
    bulletin = open_bulletin(str(tmp_path / "reports"), "2024")
    page = bulletin.summary().parts[0].html
    assert "2025.txt" in page and "没有读成的文件" in page and "第五部分" not in page


def test_a_synthetic_year_does_not_act_on_real_ones_that_are_asked_for(shared, tmp_path):
    shutil.copytree(shared / "reports" / "宿迁市", tmp_path / "reports" / "宿迁市")
    made = synthesise(plan(1, (2022,), "txt"), tmp_path / "made")
    (file,) = made.out.glob("*/2022.txt")
    shutil.copy(file, tmp_path / "reports" / "宿迁市" / "2022.txt")
    with pytest.raises(InputError, match="合成"):
        open_rates_and_trends("宿迁市", "2023-2024", str(tmp_path / "reports"))


def test_years_that_are_all_missing_are_refused(shared):
    with pytest.raises(InputError, match="2023,2024"):
        open_rates_and_trends("宿迁市", "2010-2012", str(shared / "reports"))


# the bulletin


def test_the_bulletin_adds_up_the_true_cells(bulletin, shared, units):
    together = units.tables["aggregates"]
    prefecture = together[
        (together["group"] == "prefecture") & (together["indicator"] == "disclosure_rate")
    ].iloc[0]
    truth = pd.read_csv(shared / "truth" / "宿迁市" / "2023.csv")
    totals = (
        truth[(truth["table"] == "applications") & (truth["column"] == "total")]
        .set_index("row")["value"]
        .astype(float)
    )
    assert prefecture["numerator"] == totals["granted"] + totals["partly_granted"]
    assert prefecture["denominator"] == totals["total"]


def test_a_store_and_its_folder_give_the_same_bulletin(shared, tmp_path):
    done = CliRunner().invoke(app, ["read", str(shared / "reports"), "--out", str(tmp_path / "store")])
    assert done.exit_code == 0
    one = open_bulletin(str(tmp_path / "store"), 2024)
    other = open_bulletin(str(shared / "reports"), 2024)
    for name in ("rates", "aggregates", "comparison", "publication", "findings"):
        pd.testing.assert_frame_equal(one.tables[name], other.tables[name])


@pytest.fixture
def read_before_all(shared, tmp_path):
    """A folder of reports, one of which cannot be read, and where a batch that has read it keeps what it made."""
    for unit, year in (("宿迁市", 2023), ("宿迁市", 2024), ("平潭综合实验区", 2024)):
        (file,) = (shared / "reports" / unit).glob(f"{year}.*")
        (tmp_path / "reports" / unit).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, tmp_path / "reports" / unit)
    (tmp_path / "reports" / "宿迁市" / "2022.txt").write_text("不是报告", encoding="utf8")
    seen = []
    read_before(
        tmp_path / "reports", tmp_path / "kept", Cluster(1), lambda outcome, *_: seen.append(outcome.state)
    )
    assert Counter(seen) == {"read": 3, "failed": 1, "written": 3}
    return tmp_path / "reports"


def test_bulletins_of_a_batch_look_at_what_was_read_before_them(read_before_all, tmp_path, monkeypatch):
    alone = open_bulletin(str(read_before_all), 2024)
    monkeypatch.setattr(store, "read_folder", lambda *_, **__: pytest.fail("it was read again"))
    with keeping(tmp_path / "kept"):
        for period in (2023, 2024):
            book = open_bulletin(str(read_before_all), period)
            assert [e.en for e in book.failed] == [e.en for e in alone.failed] and "2022.txt" in book.failed[
                0
            ].en
    for name, table in alone.tables.items():
        pd.testing.assert_frame_equal(book.tables[name], table)


def test_what_is_no_folder_of_whole_years_is_told_by_the_bulletin(shared, tmp_path):
    (tmp_path / "reports" / "甲县").mkdir(parents=True)
    shutil.copy(shared / "reports" / "宿迁市" / "2024.txt", tmp_path / "reports" / "甲县" / "2024Q1.txt")
    read_before(tmp_path / "reports", tmp_path / "kept", Cluster(1), print)
    with keeping(tmp_path / "kept"), pytest.raises(InputError, match="write period=2024Q1"):
        open_bulletin(str(tmp_path / "reports"))


def test_a_folder_that_was_not_read_before_is_read_by_the_bulletin(shared, tmp_path):
    with keeping(tmp_path / "kept"):
        assert open_bulletin(str(shared / "reports"), 2024).figures[0]["text"] != "0"
    assert not list((tmp_path / "kept").iterdir())


@pytest.mark.parametrize(
    "error",
    [
        InputError("混在一起。", "They are mixed."),
        Unreached("连不上。", "It cannot be reached."),
        OSError(28, "No space left on device"),
        RuntimeError("a fault of ours"),
    ],
)
def test_where_reading_before_fails_no_bulletin_takes_what_there_is_of_it(
    error, read_before_all, tmp_path, monkeypatch
):
    def failing(*_, **__):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(store, "read_folder", failing)
        read_before(read_before_all, tmp_path / "kept", Cluster(1), print)
    assert not list((tmp_path / "kept").rglob(".summary"))
    # After a fault nothing is to be trusted, and a full disk wants room; what was read before a scheduler was lost is sound.
    assert bool(list((tmp_path / "kept").iterdir())) == isinstance(error, InputError)
    with keeping(tmp_path / "kept"):
        assert len(open_bulletin(str(read_before_all), 2024).tables["documents"]) == 2


def test_where_nothing_can_be_written_is_said_before_a_folder_is_read(shared, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "read_folder", lambda *_, **__: pytest.fail("it was read"))
    (tmp_path / "out").write_text("")
    done = CliRunner().invoke(
        app, ["bulletin", "--data", str(shared / "reports"), "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 2 and "Output cannot be written" in done.stderr


def test_the_year_with_most_reports_is_taken_where_none_is_named():
    assert open_bulletin().period.code == "2023"


@pytest.fixture
def quarters(tmp_path, shared):
    """A folder in which two units have filed figures of a quarter beside those of the year."""
    for unit in ("宿迁市", "平潭综合实验区"):
        folder = tmp_path / "reports" / unit
        folder.mkdir(parents=True)
        shutil.copy(shared / "reports" / unit / "2024.txt", folder / "2024.txt")
        shutil.copy(shared / "reports" / unit / "2023.txt", folder / "2024Q1.txt")
    return tmp_path / "reports"


def test_a_quarter_is_read_from_the_files_named_after_it(quarters):
    book = open_bulletin(str(quarters), "2024q1")
    assert book.title == "2024年第一季度政府信息公开申请办理情况通报"
    assert book.place == ("通报", "2024Q1")
    rate = book.tables["aggregates"].set_index("indicator").loc["disclosure_rate"]
    # The figures of 2023 were filed as those of the quarter.
    assert (rate["units"], rate["denominator"]) == (2, 3486 + 81)
    assert "第一季度" in str(book.summary())
    book.sources()


def test_files_of_a_quarter_do_not_disturb_those_of_the_year(quarters):
    book = open_bulletin(str(quarters), "2024")
    rate = book.tables["aggregates"].set_index("indicator").loc["disclosure_rate"]
    assert (rate["units"], rate["denominator"]) == (2, 3521 + 218)
    assert "没有读成" not in book.summary().parts[0].html


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--period", "2024Q5"], "period"),
        (["--period", "1999"], "2008"),
        (["--period", "last"], "2024Q1"),
        (["--period", "2016"], "现有 2011,"),
        (["--period", "2024Q2"], "2024Q2"),
        (["--group", "size"], "level"),
        (["--data", "nowhere"], "nowhere"),
        (["--language", "fr"], "language"),
    ],
)
def test_a_bulletin_that_cannot_be_made_is_refused_in_one_sentence(arguments, sentence, tmp_path):
    done = CliRunner().invoke(app, ["bulletin", "--out", str(tmp_path / "out"), *arguments])
    assert done.exit_code == 2, done.output
    zh, en = [line for line in done.stderr.strip().splitlines() if not line.startswith("[")]
    assert sentence in zh
    assert re.search("[a-z]{4}", en)
    assert not (tmp_path / "out").exists()


def test_trends_of_a_unit_that_is_not_there_are_refused(tmp_path):
    done = CliRunner().invoke(app, ["trends", "--unit", "平谭综合实验区", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "平潭综合实验区" in done.stderr
    assert not (tmp_path / "out").exists()


def test_two_files_of_one_quarter_are_no_two_reports(quarters, shared):
    shutil.copy(shared / "reports" / "宿迁市" / "2024.txt", quarters / "宿迁市" / "2024q1.md")
    book = open_bulletin(str(quarters), "2024Q1")
    assert len(book.tables["documents"]) == 2
    assert ["请只留一份" in e.zh for e in book.failed] == [True]


def test_a_folder_that_cannot_be_the_name_of_a_unit_is_refused(quarters):
    (quarters / "宿迁市").rename(quarters / "宿迁 + 市")
    book = open_bulletin(str(quarters), "2024Q1")
    assert list(book.tables["documents"]["unit"]) == ["平潭综合实验区"]
    assert "不能作单位名称" in book.failed[0].zh


def test_files_in_folders_of_other_encodings_cost_a_bulletin_nothing_but_themselves(
    quarters, shared, tmp_path
):
    """Names in GBK: of one folder the report is read, of another the file is damaged."""
    for folder, file in (("甲县", "平潭综合实验区/2024.txt"), ("乙县", "")):
        at = quarters / os.fsdecode(folder.encode("gbk"))
        at.mkdir()
        content = (shared / "reports" / file).read_bytes() if file else b""
        for name in ("2024Q1.txt", "2023.txt"):
            (at / name).write_bytes(content)
    part = open_bulletin(str(quarters), "2024Q1")
    assert len(part.tables["documents"]) == 2
    assert sum(r"\xbc\xd7\xcf\xd8" in str(e) and "不能作单位名称" in e.zh for e in part.failed) == 1
    for n, book in enumerate((part, open_bulletin(str(quarters)))):
        (tmp_path / f"out-{n}").mkdir()
        leave(book, str(tmp_path / f"out-{n}"), "bulletin", "about.json")
        about = json.loads((tmp_path / f"out-{n}" / "about.json").read_text(encoding="utf8"))
        assert sum(r"\xd2\xd2\xcf\xd8" in why for why in about["failed"]) == 1


def test_a_quarter_is_named_so_and_has_no_legal_date(quarters):
    book = open_bulletin(str(quarters), "2024Q1")
    assert "宿迁市 2024Q1" in book.summary().parts[0].html
    assert book.tables["publication"].empty
    assert "不判断是否按期" in str(book.published())


def test_a_folder_of_quarters_says_which_it_has(quarters):
    for unit in ("宿迁市", "平潭综合实验区"):
        (quarters / unit / "2024.txt").unlink()
    with pytest.raises(InputError, match="period=2024Q1"):
        open_bulletin(str(quarters))


def test_the_latest_supported_changes_come_first(changes):
    told = changes.headlines(20)
    trends = changes.tables["trends"].set_index("key")
    last = []
    for text in told:
        (key,) = {
            k for k, t in changes.tables["statements"][["key", "text"]].itertuples(index=False) if t == text
        }
        unit, _, _, *rest = key.split("/")
        row = trends.loc["/".join([unit, *rest])]
        assert row["verdict"] in ("rise", "fall")
        last.append(row["last"])
    assert len(told) > 5 and last == sorted(last, reverse=True)


def test_a_year_that_is_kept_under_another_is_told(shared, tmp_path):
    folder = tmp_path / "reports" / "宿迁市"
    folder.mkdir(parents=True)
    shutil.copy(shared / "reports" / "宿迁市" / "2023.txt", folder / "2022.txt")
    shutil.copy(shared / "reports" / "宿迁市" / "2024.txt", folder / "2024.txt")
    told = str(open_rates_and_trends("宿迁市", "", str(tmp_path / "reports")).summary())
    assert "按2022年归档的文件，页面上印的却是2023年" in told
    # A bulletin goes by what the page prints, and says so.
    page = open_bulletin(str(tmp_path / "reports"), "2023").summary().parts[0].html
    assert "路径是2022年，正文是2023年" in page


def test_one_year_says_that_it_takes_two(shared):
    assert "至少要两年" in str(open_rates_and_trends("宿迁市", "2024", str(shared / "reports")).summary())


@pytest.mark.parametrize(("years", "sentence"), [("2024-2020", "2020-2024"), ("1999", "2008")])
def test_years_that_cannot_be_are_refused_with_what_is_wrong(years, sentence, shared):
    with pytest.raises(InputError, match=sentence):
        open_rates_and_trends("宿迁市", years, str(shared / "reports"))
