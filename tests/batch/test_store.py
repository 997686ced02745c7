"""A folder of reports as a store: what is in it, who can read it, what is read again."""

import errno
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import duckdb
import frictionless
import pandas as pd
import pytest
from conftest import PROJECT
from pandera.errors import SchemaError
from typer.testing import CliRunner

from analysis import frames
from analysis.batch import pieces, program, store
from analysis.batch.bounded import Ended
from analysis.batch.check import home
from analysis.batch.engine import Cluster
from analysis.batch.pieces import Outcome
from analysis.batch.progress import Progress
from analysis.cli import app
from analysis.errors import InputError


@pytest.fixture(scope="module")
def published(shared, tmp_path_factory):
    """The store of all published reports."""
    out = tmp_path_factory.mktemp("stores") / "published"
    return store.read_folder(shared / "reports", out)


def test_every_published_report_is_read(published):
    assert len(published.of("read")) == 19
    assert not published.of("failed", "passed")
    assert {o.unit for o in published.outcomes} == {
        "上海市人民政府办公厅",
        "宿迁市",
        "平潭县公安局",
        "平潭综合实验区",
        "永康市",
        "淮安市洪泽区",
    }


def test_no_cell_is_wrong_and_hardly_any_open(published, shared):
    """The comparison made for this purpose says so: right, open, silent errors."""
    done = subprocess.run(
        [sys.executable, shared / "tools" / "cells.py", published.out, shared / "truth"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "0 silent errors" in done.stdout


def test_the_tables_keep_their_schema(published):
    for name in store.TABLES:
        table = pd.read_parquet(published.out / f"{name}.parquet")
        assert len(frames.SCHEMAS[name].validate(table)) == published.rows[name] > 0


def test_duckdb_reads_it(published):
    query = f"""
        select year, value from '{published.out}/facts.parquet'
        where unit = '平潭综合实验区' and "table" = 'applications' and "row" = 'received' and "column" = 'total'
        order by year"""
    assert duckdb.sql(query).fetchall() == [
        (2019, 23.0), (2020, 21.0), (2021, 70.0), (2022, 74.0), (2023, 81.0), (2024, 218.0), (2025, 154.0),
    ]  # fmt: skip


def test_the_data_package_describes_it(published):
    report = frictionless.validate(str(published.out / "datapackage.json"), type="package")
    assert report.valid, report.flatten(["title", "message"])
    package = json.loads((published.out / "datapackage.json").read_text(encoding="utf8"))
    for resource in package["resources"]:
        table = pd.read_parquet(published.out / resource["path"])
        assert [f["name"] for f in resource["schema"]["fields"]] == list(table.columns)
        assert all(f["title"] and f["description"] for f in resource["schema"]["fields"])


def test_statistics_before_2019_are_facts_too(published):
    facts = pd.read_parquet(published.out / "facts.parquet")
    old = facts[(facts["template"].isin(["2008", "2014"])) & (facts["column"] == "this_year")]
    made = old[old["row"] == "published"].set_index(["unit", "year"])["value"]
    # Figures of the statistics as printed (sources.csv of the published reports).
    assert made.to_dict() == {
        ("平潭县公安局", 2009): 15,
        ("平潭综合实验区", 2011): 425,
        ("平潭综合实验区", 2012): 739,
        ("平潭综合实验区", 2013): 72804,
        ("平潭综合实验区", 2014): 2543,
        ("平潭综合实验区", 2018): 2069,
    }


@pytest.fixture
def folder(tmp_path):
    """Two shipped reports, filed deep and named otherwise, beside files that are none."""
    reports = tmp_path / "in"
    (reports / "a" / "b").mkdir(parents=True)
    shipped = PROJECT / "data" / "reports"
    shutil.copy(shipped / "宿迁市" / "2023.txt", reports / "a" / "b" / "suqian.txt")
    shutil.copy(shipped / "永康市" / "2020.txt", reports / "yk2020.txt")
    shutil.copy(shipped / "sources.csv", reports / "sources.csv")
    (reports / "notes.md").write_text("# 笔记\n", encoding="utf8")
    (reports / "table.csv").write_text("a,b\n1,2\n", encoding="utf8")
    return reports


def states(summary):
    return {o.path: o.state for o in summary.outcomes}


def test_unit_and_year_come_from_the_text_whatever_the_file_is_called(folder, tmp_path):
    summary = store.read_folder(folder, tmp_path / "store", cluster=Cluster(1))
    assert states(summary) == {
        "a/b/suqian.txt": "read", "notes.md": "passed", "table.csv": "passed", "yk2020.txt": "read",
    }  # fmt: skip
    documents = pd.read_parquet(tmp_path / "store" / "documents.parquet")
    assert set(documents["key"]) == {"宿迁市/2023", "永康市/2020"}
    assert set(documents["file"]) == {"a/b/suqian.txt", "yk2020.txt"}


def test_only_what_has_changed_is_read_again(folder, tmp_path):
    out = tmp_path / "store"
    store.read_folder(folder, out, cluster=Cluster(1))
    before = {p.name: p.read_bytes() for p in out.glob("*.parquet")}
    again = store.read_folder(folder, out, cluster=Cluster(1))
    assert states(again)["yk2020.txt"] == states(again)["a/b/suqian.txt"] == "kept"
    assert {p.name: p.read_bytes() for p in out.glob("*.parquet")} == before
    text = (folder / "yk2020.txt").read_text(encoding="utf8")
    (folder / "yk2020.txt").write_text(text.replace("申請161件", "申請162件"), encoding="utf8")
    changed = store.read_folder(folder, out, cluster=Cluster(1))
    assert states(changed)["yk2020.txt"] == "read"
    assert states(changed)["a/b/suqian.txt"] == "kept"
    claims = pd.read_parquet(out / "claims.parquet")
    assert 162 in set(claims.loc[claims["about"] == "received", "value"])


def test_reading_and_then_writing_show_how_far_they_are(folder, tmp_path, capsys):
    with Progress() as progress:
        store.read_folder(folder, tmp_path / "store", Cluster(1), progress.told)
    said = [line.split(" · ")[0] for line in capsys.readouterr().err.splitlines()]
    assert said == ["[4/4] 读取 reading", "[2/2] 写出 writing"]


def test_what_is_left_is_reckoned_from_where_a_phase_began(monkeypatch, capsys):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("analysis.batch.progress.time", SimpleNamespace(monotonic=lambda: clock.now))
    with Progress() as progress:
        for state in ("read", "written"):
            for done in range(0 if state == "written" else 1, 5):
                clock.now += 100
                progress.told(Outcome("a", state), done, 4)
    lines = capsys.readouterr().err.splitlines()
    assert [line.rpartition(" · ")[2] for line in lines if "writing" in line and "[2/4]" in line] == [
        "剩余 left 200 s"
    ]


def test_runs_begin_where_what_is_read_before_them_ended(monkeypatch, capsys):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("analysis.batch.progress.time", SimpleNamespace(monotonic=lambda: clock.now))
    with Progress("运行 running") as progress:
        for state in ("failed", "written"):
            clock.now += 100
            progress.told(Outcome("a", state), 1, 1)
        clock.now += 30
        progress.ran({"state": "good", "why_zh": "新的", "seconds": 30}, 1, 2)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "[1/2] 运行 running · 2/min · 剩余 left 30 s"


def test_what_was_kept_or_refused_without_being_made_counts_for_no_rate(monkeypatch, capsys):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("analysis.batch.progress.time", SimpleNamespace(monotonic=lambda: clock.now))
    with Progress("运行 running") as progress:
        settled = (
            {"state": "good", "why_zh": "", "seconds": 20},
            {"state": "refused", "why_zh": "新的", "seconds": None},
        )
        for done in range(1, 901):  # a second for all of them
            clock.now += 1 / 900
            progress.ran(settled[done % 2], done, 1000)
        for done in range(901, 903):
            clock.now += 20
            progress.ran({"state": "good", "why_zh": "新的", "seconds": 20}, done, 1000)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"[902/1000] 运行 running · 失败 failed 450 · 3/min · 剩余 left {98 * 20} s"


def test_runs_that_were_lost_count_for_the_rate(monkeypatch, capsys):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("analysis.batch.progress.time", SimpleNamespace(monotonic=lambda: clock.now))
    with Progress("运行 running") as progress:
        for done, seconds in ((1, None), (2, 30)):
            clock.now += 30
            progress.ran({"state": "crashed", "why_zh": "新的", "seconds": seconds}, done, 4)
    assert capsys.readouterr().err.splitlines()[-1].endswith("2/min · 剩余 left 60 s")


def test_another_program_reads_everything_again(folder, tmp_path, monkeypatch):
    store.read_folder(folder, tmp_path / "store", cluster=Cluster(1))
    monkeypatch.setattr(program, "fingerprint", lambda *rooms: "another version")
    assert states(store.read_folder(folder, tmp_path / "store", cluster=Cluster(1)))["yk2020.txt"] == "read"


def test_a_report_that_is_gone_leaves_the_store(folder, tmp_path):
    store.read_folder(folder, tmp_path / "store", cluster=Cluster(1))
    (folder / "yk2020.txt").unlink()
    store.read_folder(folder, tmp_path / "store", cluster=Cluster(1))
    assert set(pd.read_parquet(tmp_path / "store" / "facts.parquet")["unit"]) == {"宿迁市"}


def test_a_second_file_with_the_same_report_is_told(folder, tmp_path):
    shutil.copy(folder / "yk2020.txt", folder / "zz.txt")
    summary = store.read_folder(folder, tmp_path / "store", cluster=Cluster(1))
    (failed,) = summary.of("failed")
    assert failed.path == "zz.txt"
    assert "yk2020.txt" in failed.zh


def test_corrections_beside_the_folder_are_put_in_place_and_fail_when_they_do_not_match(folder, tmp_path):
    entry = "- {{unit: 永康市, year: 2020, cell: disclosure.penalties.items_change, expected: '{}', value: -2012, reason: 公告}}\n"
    (folder.parent / "corrections.yml").write_text(entry.format("2012"), encoding="utf8")
    store.read_folder(folder, tmp_path / "store", cluster=Cluster(1))
    facts = pd.read_parquet(tmp_path / "store" / "facts.parquet").set_index("key")
    fact = facts.loc["永康市/2020/disclosure.penalties.items_change"]
    assert (fact["value"], fact["basis"], fact["raw"]) == (-2012, "correction", "2012")
    (folder.parent / "corrections.yml").write_text(entry.format("2013"), encoding="utf8")
    summary = store.read_folder(folder, tmp_path / "store", cluster=Cluster(1))
    (failed,) = summary.of("failed")
    assert "2013" in failed.zh and "2012" in failed.zh
    assert set(pd.read_parquet(tmp_path / "store" / "facts.parquet")["unit"]) == {"宿迁市"}


def test_what_a_report_shows_by_itself_is_found_in_its_corrected_cells(folder, tmp_path):
    def found():
        store.read_folder(folder, tmp_path / "store", cluster=Cluster(1))
        table = pd.read_parquet(tmp_path / "store" / "findings_within.parquet")
        return set(table.loc[table["unit"] == "宿迁市", "code"])

    assert "text.count_loose" not in found()
    entry = "- {unit: 宿迁市, year: 2023, cell: applications.carried_out.total, expected: '121', value: 122, reason: 公告}\n"
    (folder.parent / "corrections.yml").write_text(entry, encoding="utf8")
    assert "text.count_loose" in found()


def test_the_command_tells_what_it_read_and_names_what_failed(folder, tmp_path):
    (folder / "cut.pdf").write_bytes(b"%PDF-1.4 nothing behind")
    done = CliRunner().invoke(app, ["read", str(folder), "--out", str(tmp_path / "store"), "--jobs", "1"])
    assert done.exit_code == 1
    assert "读入 read 2" in done.output and "失败 failed 1" in done.output
    assert "failed cut.pdf" in done.output
    listed = pd.read_csv(tmp_path / "store" / "failures.csv")
    assert list(listed["path"]) == ["cut.pdf"]


def test_files_whose_names_cannot_be_shown_are_told_apart(tmp_path):
    """Names in GBK, of which as UTF-8 all signs are unknown."""
    shipped = PROJECT / "data" / "reports"
    names = {"甲县": "永康市/2020.txt", "乙县": "平潭综合实验区/2019.txt", "丙县": "平潭综合实验区/2020.txt"}
    for folder, file in names.items():
        at = tmp_path / "data" / os.fsdecode(folder.encode("gbk"))
        at.mkdir(parents=True)
        shutil.copy(shipped / file, at / "2020.txt")
    for state in ("read", "kept"):
        made = store.read_folder(tmp_path / "data", tmp_path / "store", Cluster(1))
        assert {o.state for o in made.outcomes} == {state}
        documents = pd.read_parquet(tmp_path / "store" / "documents.parquet")
        assert sorted(documents["unit"] + documents["year"].astype(str)) == [
            "平潭综合实验区2019",
            "平潭综合实验区2020",
            "永康市2020",
        ]
        assert r"\xbc\xd7\xcf\xd8/2020.txt" in set(documents["file"]) and documents["file"].is_unique
    at = (tmp_path / os.fsdecode("数据".encode("gbk"))).with_name(os.fsdecode("数据".encode("gbk")))
    (tmp_path / "data").rename(at)
    store.read_folder(at, tmp_path / "store", Cluster(1))
    assert home(tmp_path / "store") == at


def test_a_file_where_the_store_is_to_be_is_called_so(tmp_path):
    file = tmp_path / "out"
    file.write_text("kept")
    for out in (file, file / "below"):
        done = CliRunner().invoke(app, ["read", str(PROJECT / "data" / "reports"), "--out", str(out)])
        assert done.exit_code and "a file stands in its place" in done.output and "--out" in done.output
    assert file.read_text() == "kept"


def test_a_folder_without_reports_is_refused(tmp_path):
    done = CliRunner().invoke(app, ["read", str(tmp_path), "--out", str(tmp_path / "store")])
    assert done.exit_code == 2
    assert "没有报告文件" in done.output


def test_what_the_path_says_otherwise_is_noted(folder, tmp_path):
    (folder / "义乌市").mkdir()
    shutil.move(folder / "yk2020.txt", folder / "义乌市" / "2019.txt")
    summary = store.read_folder(folder, tmp_path / "store", cluster=Cluster(1))
    (outcome,) = [o for o in summary.outcomes if o.path == "义乌市/2019.txt"]
    assert (outcome.unit, outcome.year) == ("永康市", 2020)
    assert len(outcome.notes) == 2


def test_a_fault_of_the_program_in_one_file_costs_the_others_nothing(tmp_path):
    said = store._ended(tmp_path / "a.txt", Ended("failed", "ValueError: unforeseen"))
    outcome = Outcome("a.txt", "read").failing(said)
    assert outcome.state == "failed" and outcome.final
    assert "unforeseen" in outcome.en and str(tmp_path / "a.txt") in outcome.en
    crashed = Outcome("a.txt", "read").failing(store._ended(tmp_path / "a.txt", Ended("crashed")))
    assert not crashed.final


def test_a_full_disk_is_no_fault_of_the_file_and_tried_again(folder, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pieces, "write_whole", full)
    _, outcome = store._read_one(("yk2020.txt", ""), folder, tmp_path / "store" / ".pieces", "")
    assert (outcome.state, outcome.final) == ("failed", False)
    assert str(tmp_path / "store") in outcome.zh and "No space left on device" in outcome.zh
    # What is wrong with a file is told all the same.
    _, outcome = store._read_one(("table.csv", ""), folder, tmp_path / "store" / ".pieces", "")
    assert outcome.state == "passed"
    monkeypatch.undo()
    monkeypatch.setattr(store, "replacing", lambda out: full(out, b""))
    with pytest.raises(InputError, match="No space left"):
        store.read_folder(folder, tmp_path / "store", Cluster(1))


def test_a_piece_gives_back_what_was_put_in_and_a_spoilt_one_is_none(published, tmp_path):
    rows = {
        name: pd.read_parquet(published.out / f"{name}.parquet").head(50).to_dict("records")
        for name in ("facts", "sentences", "pairs")
    }
    rows["sentences"][0]["text"] = "半个\ud83d字"  # of a damaged page
    piece = tmp_path / "piece"
    left = Outcome("甲县/2020.txt", "read", "甲县", 2020, notes=("a", "b"), open=True)
    pieces.leave(piece, left, pieces.packed(rows))
    assert pieces.outcome_of(piece) == replace(left, state="kept")
    found = pieces.tables_of(piece.read_bytes())
    rows["sentences"][0]["text"] = "半个?字"
    for name, given in rows.items():
        pd.testing.assert_frame_equal(found[name].to_pandas(), frames.frame(name, given))
    whole = piece.read_bytes()
    for spoilt in (whole[:-9], whole[:200], whole.replace(b'"facts": ', b'"facts": 1', 1), b""):
        piece.write_bytes(spoilt)
        assert pieces.outcome_of(piece) is None


def test_a_column_that_breaks_its_rules_is_refused_when_a_piece_is_made(published):
    row = pd.read_parquet(published.out / "facts.parquet").iloc[0].to_dict()
    assert len(pieces.packed({"facts": [row]})["facts"]) == 1
    with pytest.raises(SchemaError):
        pieces.packed({"facts": [row | {"status": "guessed"}]})


def test_rows_that_wait_do_not_keep_the_pieces_they_came_from_in_memory(published, tmp_path):
    whole = (published.out / ".pieces" / published.outcomes[0].key).read_bytes()
    with store._Tables(tmp_path) as tables:
        for _ in range(store._TOGETHER):
            tables.add(pieces.tables_of(whole))
        # Copied together, each table by itself.
        assert {len(waiting) for waiting in tables._waiting.values()} <= {0, 1}
        assert tables._rows["documents"] == [store._TOGETHER, 0]
    assert tables.rows["documents"] == store._TOGETHER


def test_nobody_else_writes_a_store_that_is_being_written(folder, tmp_path):
    store.read_folder(folder, tmp_path / "store", Cluster(1))
    commands = [
        ["read", folder, "--out", tmp_path / "store"],
        ["check", folder, "--out", tmp_path / "store"],
        ["check", tmp_path / "store"],
        ["score", tmp_path / "store"],
    ]
    with store.alone(tmp_path / "store"):
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "store").rglob("*")}
        for command in commands:
            done = CliRunner().invoke(app, [str(word) for word in command])
            assert done.exit_code == 2 and "另一个程序正在写" in done.output
        assert {path: path.stat().st_mtime_ns for path in (tmp_path / "store").rglob("*")} == before
    assert CliRunner().invoke(app, ["check", str(tmp_path / "store")]).exit_code == 0


def test_a_sentence_kept_of_a_file_names_it_as_it_is_called_now(folder, tmp_path):
    (folder / "cut.pdf").write_bytes(b"%PDF-1.4 nothing behind")
    for at in (folder, tmp_path / "moved" / folder.parent.name / folder.name):
        if not at.exists():
            at.parent.mkdir(parents=True)
            folder.rename(at)
        (failed,) = store.read_folder(at, tmp_path / "store", Cluster(1)).of("failed")
        assert str(at / "cut.pdf") in failed.zh and str(at / "cut.pdf") in failed.en


def test_corrected_reports_are_studied_again_where_reports_are_read_and_one_that_is_gone_costs_itself(
    folder, tmp_path
):
    entry = "- {unit: 宿迁市, year: 2023, cell: applications.carried_out.total, expected: '121', value: 122, reason: 公告}\n"
    (folder.parent / "corrections.yml").write_text(entry, encoding="utf8")
    corrected = folder / "a" / "b" / "suqian.txt"
    content = corrected.read_bytes()
    told = []
    store.read_folder(
        folder, tmp_path / "store", Cluster(1), lambda o, done, of: told.append((o.state, done, of))
    )
    assert ("settled", 1, 1) in told
    again = []
    store.read_folder(folder, tmp_path / "store", Cluster(1), lambda o, done, of: again.append(o.state))
    assert "settled" not in again

    def gone(outcome, done, of):
        if outcome.state == "read" and done == of:
            corrected.unlink()

    made = store.read_folder(folder, tmp_path / "other", Cluster(1), gone)
    (failed,) = made.of("failed")
    assert failed.path == "a/b/suqian.txt" and str(corrected) in failed.zh
    assert set(pd.read_parquet(tmp_path / "other" / "facts.parquet")["unit"]) == {"永康市"}

    def changed(outcome, done, of):
        if outcome.state == "read" and done == of:
            corrected.write_bytes(content + b"\n")

    corrected.write_bytes(content)
    made = store.read_folder(folder, tmp_path / "third", Cluster(1), changed)
    (failed,) = made.of("failed")
    assert "被改动" in failed.zh and not failed.final
