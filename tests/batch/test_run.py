"""A run as a user gets it: notebook, page and tables, complete or not at all."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import docx
import nbformat
import pandas as pd
import pytest
from lxml import html
from typer.testing import CliRunner

from analysis.batch.kernels import LocalKernel
from analysis.batch.notebooks import NOTEBOOK, Run
from analysis.batch.run import RunFailed, make
from analysis.cli import app
from analysis.errors import InputError
from analysis.workbook import open_workbook
from analysis.writing.statements import faults

PROJECT = Path(__file__).parents[2]
TABLES = ("facts", "claims", "findings", "rates", "problems", "statements")
# What an edition in other words cannot share with the published page: places, and the words a finding is known by.
WORDED = ["where", "start", "end", "fingerprint", "state"]


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return make(Run(), tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="session")
def page(made):
    return html.parse(str(made.page)).getroot()


def analysis(*arguments, **more):
    """The command as a user runs it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "analysis", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


def refused(sentence, *arguments):
    """The command refuses its input: one sentence in Chinese, one in English, exit code 2."""
    done = CliRunner().invoke(app, ["report", *arguments])
    assert done.exit_code == 2, done.output
    assert isinstance(done.exception, SystemExit)
    assert done.stdout == ""
    zh, en = done.stderr.strip().splitlines()
    assert sentence in zh
    assert en.isascii() or re.search("[a-z]{4}", en)
    return zh


def test_the_output_lies_where_the_readme_says(made):
    assert made.folder.parts[-2:] == ("永康市", "2020")
    assert {p.name for p in made.folder.iterdir()} == {
        "problems_and_improvements.ipynb",
        "problems_and_improvements.html",
        "problems_and_improvements.docx",
        "problems_and_improvements.md",
        "problems_and_improvements_files",
        "claims.json",
        "problems_and_improvements.run.json",
        "tables",
    }
    assert {f"{t}.csv" for t in TABLES} <= {p.name for p in made.tables.iterdir()}
    assert [p.name for p in made.folder.parent.iterdir()] == ["2020"]


def test_the_tables_are_those_of_the_report(made, shipped):
    facts = pd.read_csv(made.tables / "facts.csv", keep_default_na=False)
    assert len(facts) == 198
    assert facts.set_index("key").loc["永康市/2020/applications.total.total", "value"] == "158.0"
    rates = pd.read_csv(made.tables / "rates.csv")
    assert rates["value"].to_list() == pytest.approx(shipped.rates["value"].to_list(), nan_ok=True)
    statements = pd.read_csv(made.tables / "statements.csv", keep_default_na=False)
    assert faults(statements, open_workbook().tables) == []


def test_every_code_cell_of_the_executed_notebook_completed(made):
    notebook = nbformat.read(made.notebook, 4)
    nbformat.validate(notebook)
    counts = [c.execution_count for c in notebook.cells if c.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


def test_nothing_is_fetched_and_no_code_is_shown(page, made):
    text = made.page.read_text(encoding="utf8")
    assert page.xpath("//script | //link | //iframe | //object") == []
    assert all(src.startswith("data:image/png;base64,") for src in page.xpath("//img/@src"))
    assert all(href.startswith("#") for href in page.xpath("//a/@href"))
    assert "url(" not in text and "@import" not in text and "@font-face" not in text
    assert "open_workbook" not in text and "book." not in page.find(".//main").text_content()


def test_the_page_is_chinese_and_has_its_headings_and_pictures(page):
    assert page.get("lang") == "zh-CN"
    assert len(page.xpath("//h1")) == 1
    assert len(page.xpath("//h2")) >= 8
    pictures = page.xpath("//img")
    assert len(pictures) == 7
    assert all(len(p.get("alt")) > 20 for p in pictures)
    assert len(page.xpath("//details[summary='图中数据']//table")) == 7
    assert page.xpath("//title")[0].text == "永康市2020年：存在的主要问题及改进情况"


def test_every_number_of_a_statement_links_to_a_row_of_the_page(page):
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    links = page.xpath("//a[contains(@class, 'figure')]")
    assert len(links) > 150
    missing = {a.get("href") for a in links} - {f"#{i}" for i in ids}
    assert not missing
    for statement in page.xpath("//p[contains(@class, 'statement')]"):
        outside = "".join(statement.xpath(".//text()[not(ancestor::a)]"))
        assert not any(c.isdigit() for c in outside), outside


def test_the_page_shows_the_findings_with_their_places(page):
    rows = page.xpath("//table[contains(@class, 'findings')]/tbody/tr")
    assert len(rows) == 31
    assert "10.1%" in rows[0].text_content() and "2020.txt:5:" in rows[0].text_content()


def test_the_draft_lies_beside_the_page_as_word_and_markdown(made):
    word = docx.Document(made.folder / "problems_and_improvements.docx")
    assert word.core_properties.title == made.about["title"]
    text = (made.folder / "problems_and_improvements.md").read_text(encoding="utf8")
    shown = re.findall(r"\]\((problems_and_improvements_files/\S+)\)", text)
    assert len(shown) == 3
    assert {made.folder / name for name in shown} == {*made.folder.glob("*_files/*")}
    assert all((made.folder / name).read_bytes().startswith(b"\x89PNG") for name in shown)


def test_the_sources_of_the_draft_lead_to_the_tables_beside_them(made):
    text = (made.folder / "claims.json").read_text(encoding="utf8")
    assert "永康市" in text and text.startswith("[\n {\n  ")
    held = {
        row["key"]: row["value"]
        for name in ("facts", "claims")
        for row in pd.read_csv(made.tables / f"{name}.csv").to_dict("records")
    }
    drafted = [p.text for p in docx.Document(made.folder / "problems_and_improvements.docx").paragraphs]
    for statement in json.loads(text):
        assert any(line.endswith(statement["text"]) for line in drafted)
        for figure in statement["figures"]:
            assert figure["cells"], figure
            assert all(c["value"] == held[c["key"]] for c in figure["cells"] if c["status"] != "blank")


def test_two_runs_give_the_same_files(made, tmp_path):
    again = make(Run(), tmp_path)
    for one in sorted(p for p in made.folder.rglob("*") if p.is_file()):
        other = again.folder / one.relative_to(made.folder)
        assert one.read_bytes() == other.read_bytes(), one.name


def test_the_published_page_gives_the_same_tables(made, shared, tmp_path):
    published = make(Run("永康市", "2020", str(shared / "reports")), tmp_path)
    for name in ("rates", "findings", "facts"):
        one, other = (
            pd.read_csv(m.tables / f"{name}.csv")
            .drop(columns=WORDED, errors="ignore")
            .replace(r"/sentence/\d+", "/sentence", regex=True)
            for m in (made, published)
        )
        pd.testing.assert_frame_equal(one, other)


def test_several_years_make_one_document_in_english(shared, tmp_path):
    made = make(Run("宿迁市", "2023-2024", str(shared / "reports"), language="en"), tmp_path)
    assert made.folder.name == "2023-2024"
    page = html.parse(str(made.page)).getroot()
    assert page.get("lang") == "en"
    assert not any(re.search("[一-鿿]", h.text_content()) for h in page.xpath("//h1 | //h2"))
    headings = [h.text for h in page.xpath("//h3")]
    assert {"宿迁市 2023", "宿迁市 2024"} <= set(headings)
    assert set(pd.read_csv(made.tables / "facts.csv")["year"]) == {2023, 2024}
    assert not {a.get("href")[1:] for a in page.xpath("//a[contains(@class, 'figure')]")} - set(
        page.xpath("//@id")
    )


def test_a_failed_run_leaves_nothing_and_keeps_what_was_there(tmp_path, monkeypatch):
    before = tmp_path / "永康市" / "2020" / "kept.txt"
    before.parent.mkdir(parents=True)
    before.write_text("kept")
    monkeypatch.setattr("analysis.batch.run.to_html", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make(Run(), tmp_path)
    assert [p.name for p in tmp_path.rglob("*")] == ["永康市", "2020", "kept.txt"] or sorted(
        p.name for p in tmp_path.rglob("*")
    ) == sorted(["永康市", "2020", "kept.txt"])


def test_a_draft_that_cannot_be_written_leaves_nothing(tmp_path):
    source = "import analysis.workbook\nanalysis.workbook.to_docx = lambda *_: 1 / 0"
    with pytest.raises(RunFailed, match="ZeroDivisionError"):
        make(Run(), tmp_path / "out", notebook_with(tmp_path, source))
    assert not (tmp_path / "out").exists()


def notebook_with(tmp_path, source):
    notebook = nbformat.read(NOTEBOOK, 4)
    notebook.cells.insert(4, nbformat.v4.new_code_cell(source))
    path = tmp_path / "nb" / NOTEBOOK.name
    path.parent.mkdir()
    nbformat.write(notebook, path)
    return path


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; print('odd', file=sys.stderr)", "odd"),
        ("import sys; sys.exit(0)", "没有运行|内核中断"),
    ],
)
def test_a_run_is_good_only_if_every_cell_completed_in_silence(source, said, tmp_path):
    with pytest.raises(RunFailed, match=said):
        make(Run(), tmp_path / "out", notebook_with(tmp_path, source))
    assert not list(tmp_path.glob("out/**/*.html"))


BAD = {
    "no such unit": (["--unit", "永康"], "没有单位“永康”，是否指“永康市”？现有："),
    "no unit like it": (["--unit", "无此镇"], "没有单位“无此镇”。现有："),
    "no such year": (["--years", "2021"], "没有 2021 年的报告：现有 2020"),
    "no year at all": (["--years", "去年"], "不是年份"),
    "years the wrong way round": (["--years", "2023-2020"], "2020-2023"),
    "no such language": (["--language", "fr"], "只能是 zh 或 en"),
    "no such folder": (["--data", "nowhere"], "找不到报告文件夹 nowhere"),
    "no such file": (["--file", "nowhere.txt"], "找不到文件 nowhere.txt"),
    "a path for a unit": (["--unit", "../../x"], "不能含有路径符号"),
    "two years of one file": (["--file", "README.md", "--years", "2019-2020"], "只读一份报告"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_sentence(case, tmp_path):
    arguments, sentence = BAD[case]
    refused(sentence, "--out", str(tmp_path / "out"), *arguments)
    assert not (tmp_path / "out").exists()


def test_bad_input_leaves_no_traceback_in_a_real_process(tmp_path):
    done = analysis("report", "--out", str(tmp_path / "out"), "--years", "2021")
    assert done.returncode == 2
    assert "没有 2021 年的报告" in done.stderr
    assert "Traceback" not in done.stderr


FILES = {
    "empty": (b"", ".txt", "是空文件"),
    "blank": (b" \n\n ", ".txt", "是空文件"),
    "another text": ("今天天气很好。\n信息公开。".encode(), ".txt", "不像政府信息公开工作年度报告"),
    "not text": (bytes(range(256)) * 4, ".txt", "不是 UTF-8、GB18030、Big5 或 UTF-16 编码的中文文本"),
    "a picture for a PDF": (b"\x89PNG\r\n\0\0" * 40, ".pdf", "不是 .pdf 文件，也不是文本"),
    "noise for a Word file": (bytes(range(256)) * 4, ".docx", "不是 .docx 文件，也不是文本"),
    "a cut PDF": (b"%PDF-1.4", ".pdf", "已损坏或不完整"),
    "a format that holds no text": (b"\x89PNG\r\n", ".png", "不能读取 .png 文件"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_refused_in_one_sentence(case, tmp_path):
    content, suffix, sentence = FILES[case]
    path = tmp_path / f"报告{suffix}"
    path.write_bytes(content)
    said = refused(sentence, "--out", str(tmp_path / "out"), "--file", str(path))
    assert str(path) in said
    assert not (tmp_path / "out").exists()


def test_a_misspelt_option_is_refused():
    done = analysis("report", "--unti", "永康市")
    assert done.returncode == 2
    assert "--unit" in done.stderr
    assert "Traceback" not in done.stderr


def test_any_file_is_read_whatever_its_name(tmp_path, published_path):
    file = tmp_path / "my page (1).txt"
    shutil.copy(published_path, file)
    home = {**os.environ, "HOME": str(tmp_path)}
    done = analysis("report", "--out", str(tmp_path / "out"), "--file", "~/my page (1).txt", env=home)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "永康市" / "2020" / "tables" / "facts.csv").is_file()
    assert done.stdout.count("•") == 3
    assert "4件" in done.stdout and "16件" in done.stdout


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        (["-p", "unit", "永康市", "-p", "years", "2020"], None),
        (["-p", "yeers", "2020"], "没有参数 yeers，是否指 years"),
        (["-p", "years", "True"], "不是年份"),
        (["-p", "unit", "3"], "应为文字"),
        (["-p", "years", "2035"], "没有 2035 年的报告"),
    ],
)
def test_papermill_by_itself(parameters, sentence, tmp_path):
    out = tmp_path / "out.ipynb"
    done = subprocess.run(
        [sys.executable, "-m", "papermill", str(NOTEBOOK), str(out), *parameters],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    if sentence is None:
        assert done.returncode == 0, done.stderr
        counts = [
            c["execution_count"] for c in json.loads(out.read_text())["cells"] if c["cell_type"] == "code"
        ]
        assert None not in counts
    else:
        assert done.returncode != 0
        assert sentence in done.stderr
        errors = [
            o
            for c in json.loads(out.read_text())["cells"]
            for o in c.get("outputs", ())
            if o["output_type"] == "error"
        ]
        assert all(
            "Traceback" not in line and "site-packages" not in line for e in errors for line in e["traceback"]
        )


def test_papermill_lists_every_parameter_with_its_help():
    done = subprocess.run(
        [sys.executable, "-m", "papermill", "--help-notebook", str(NOTEBOOK)],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in ("unit", "years", "data", "file", "language"):
        (line,) = [at for at in done.stdout.splitlines() if at.strip().startswith(f"{name}:")]
        assert "str" in line
    assert "年份：2020、2018-2025 或 2020,2023" in done.stdout


def test_the_most_serious_findings_of_all_years_come_first(suqian):
    from analysis.workbook import Workbook

    told = Workbook([suqian[2023], suqian[2024]], "zh").headlines(3)
    assert len(told) == 3
    assert all(t.startswith(("2023: ", "2024: ")) for t in told)


def test_a_run_is_named_by_what_was_typed():
    assert replace(Run(), unit="永康市") == Run("永康市")
    with pytest.raises(InputError):
        make(Run(unit="永康市", years="2020", language="de"), Path("nowhere"))


def test_two_runs_from_one_place_do_not_hear_each_other():
    one, other = LocalKernel(), LocalKernel()
    assert one.ip != other.ip
    assert Path(one.ip).is_absolute()
