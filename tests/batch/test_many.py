"""Many runs: how each ended, what is made again and why, and what a batch leaves.

The notebook of these tests reads a word from the report's file and does what it says, so that every way to end is there.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from analysis.batch import many, program
from analysis.batch.engine import Bounds, Cluster
from analysis.batch.notebooks import KINDS, Run
from analysis.batch.plan import Asked, plan
from analysis.batch.read_once import read_whole
from analysis.batch.run import RunFailed
from analysis.errors import InputError, Unreached

PARAMETERS = 'unit: str = ""\nyears: str = ""\ndata: str = ""\nlanguage: str = "zh"'
BOOK = """
import os, sys, time
from pathlib import Path
import pandas as pd
from analysis.errors import InputError, Unreached

word = (Path(data) / unit / f"{years}.txt").read_text().strip()

class Book:
    title, place, figures = "题", (unit, years), []
    failed = [Unreached("甲/2020 连不上。", "甲/2020 cannot be reached.")] if word == "passed over" else []
    tables = {"documents": pd.DataFrame({"synthetic": [False]}), "words": pd.DataFrame({"word": [word]})}
    def __init__(self): self.language = language
    def headlines(self, most): return [word]
    def files(self, stem): return {f"{stem}.md": word.encode()}

book = Book()
"""
DEEDS = """
if word == "refuse": raise InputError("不合用。", "Not fit.")
if word == "boom": 1 / 0
if word == "die": os._exit(3)
if word == "sleep": time.sleep(600)
if word == "noise": print("odd", file=sys.stderr)
if word == "glyph": print("UserWarning: Glyph 37329 missing from font(s) DejaVu Sans.", file=sys.stderr)
if word == "exit": sys.exit(0)
if word == "memory": bytearray(3 * 2**30)
"""
LAST = """
word
if word == "exit at the end": sys.exit(0)
"""
ENDS = {
    "fine": "good",
    "refuse": "refused",
    "boom": "failed",
    "die": "crashed",
    "sleep": "timed_out",
    "noise": "unclean",
    "glyph": "unclean",
    "exit": "ended_early",
    "exit at the end": "ended_early",
    "memory": "crashed",
}


def notebook(folder, *sources):
    cells = [nbformat.v4.new_code_cell(s) for s in (PARAMETERS, *sources, LAST)]
    cells[0].metadata["tags"] = ["parameters"]
    for n, cell in enumerate(cells):
        cell["id"] = f"cell-{n}"
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "words.ipynb"
    nbformat.write(made, path)
    return path


@pytest.fixture
def words(tmp_path, monkeypatch):
    """A folder of two units with three years, and a notebook that says what stands in their files.

    Its runs are made in this process, whose server of kernels the tests share; that they are bounded and spread over
    processes is seen by ``ended``, which is a batch as it is called, and by the tests of the engine.
    """
    monkeypatch.setattr(many, "each", lambda make, items, *how: ((item, make(item)) for item in items))
    for unit, year in (("甲县", 2020), ("甲县", 2021), ("乙县", 2020)):
        (tmp_path / "data" / unit).mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / unit / f"{year}.txt").write_text("fine")
    notebook(tmp_path, BOOK)
    return tmp_path


ONE = Cluster(1)


def made(folder, cluster=ONE, bounds=many.BOUNDS, again=False, limit=0, **asked):
    jobs = plan(Asked(str(folder / "words.ipynb"), data=str(folder / "data"), **asked))
    return many.run_all(jobs, folder / "out", bounds, cluster, again=again, limit=limit)


def why(batch):
    return {f"{r['unit']}/{r['years']}": r["why_en"] for r in batch.records.values()}


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A batch in which every run ends in another way, by the command."""
    folder = tmp_path_factory.mktemp("ended")
    for n, word in enumerate(ENDS):
        place = folder / "data" / f"{word}县"
        place.mkdir(parents=True)
        (place / f"{2010 + n}.txt").write_text(word)
    notebook(folder, BOOK, DEEDS)
    command = [
        sys.executable,
        "-m",
        "analysis",
        "run",
        str(folder / "words.ipynb"),
        "--data",
        str(folder / "data"),
    ]
    command += ["--out", str(folder / "out"), "--jobs", "2", "--seconds", "25", "--memory", "2000"]
    return folder, subprocess.run(command, capture_output=True, text=True, check=False)


def records(out):
    with sqlite3.connect(f"file:{out / 'ledger.sqlite'}?mode=ro", uri=True) as base:
        return {
            r["unit"][:-1]: r for (t,) in base.execute("SELECT record FROM runs") for r in [json.loads(t)]
        }


@pytest.mark.parametrize("word", ENDS)
def test_a_run_is_told_as_what_it_is(ended, word):
    folder, done = ended
    record = records(folder / "out")[word]
    assert record["state"] == ENDS[word], record
    assert any(line.startswith(record["state"]) for line in done.stdout.splitlines())
    log = (folder / "out" / record["log"]).read_text(encoding="utf8")
    assert f"state     {record['state']}" in log and record["message_en"] in log
    place = folder / "out" / record["unit"]
    if word == "fine":
        names = {p.name for p in next(place.iterdir()).iterdir()}
        assert names == {"words.ipynb", "words.html", "words.md", "words.run.json", "tables"}
    else:
        assert record["message_zh"] and record["message_en"]
        assert not list(place.rglob("*.html"))


def test_the_exit_code_says_that_not_all_were_good_and_nothing_is_left_over(ended):
    folder, done = ended
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"runs {len(ENDS)} · 完成 good 1" in done.stdout
    assert not [p.name for p in (folder / "out").iterdir() if p.name.startswith(".")]
    index = (folder / "out" / "index.html").read_text(encoding="utf8")
    assert all(f"{word}县" in index for word in ENDS)


def test_the_notebook_of_a_failed_run_is_kept_as_far_as_it_came(ended):
    folder, _ = ended
    record = records(folder / "out")["boom"]
    kept = nbformat.read(folder / "out" / record["ipynb"], 4)
    assert any(o.output_type == "error" for c in kept.cells for o in c.get("outputs", ()))
    assert record["ipynb"].startswith("logs/")


def test_the_log_of_a_run_that_took_too_long_says_which_cell_did(ended):
    folder, _ = ended
    record = records(folder / "out")["sleep"]
    log = (folder / "out" / record["log"]).read_text(encoding="utf8").splitlines()
    states = [line.split()[-1] for line in log if line.startswith("cell")]
    # Parameters, those of the run, the book, its deeds, the last cell, and the leaving of its files.
    assert states == ["completed", "completed", "completed", "running", "pending", "pending"]


def test_a_second_call_runs_only_what_did_not_end_for_good(ended, tmp_path):
    folder, _ = ended
    shutil.copytree(folder, tmp_path / "again")
    (tmp_path / "again" / "data" / "sleep县" / "2014.txt").write_text("fine")
    jobs = plan(Asked(str(folder / "words.ipynb"), data=str(tmp_path / "again" / "data")))
    batch = many.run_all(jobs, tmp_path / "again" / "out", Bounds(60, 2**31), Cluster(1))
    told = {r["unit"][:-1]: r["why_en"] for r in batch.records.values()}
    assert told.pop("sleep") == "data changed: sleep县/2014.txt"
    assert {word for word, reason in told.items() if not reason} == {"fine", "refuse"}
    assert all(
        reason.startswith("last time: ") for word, reason in told.items() if word not in ("fine", "refuse")
    )


def test_only_what_changed_is_made_again_and_the_reason_is_said(words, monkeypatch):
    assert set(why(made(words)).values()) == {"new"}
    assert set(why(made(words)).values()) == {""}
    (words / "data" / "乙县" / "2020.txt").write_text("other")
    assert why(made(words)) == {"乙县/2020": "data changed: 乙县/2020.txt", "甲县/2020": "", "甲县/2021": ""}
    assert (words / "out" / "乙县" / "2020-words" / "words.md").read_text() == "other"
    # The other years of a unit decide and check a report: they are inputs of its runs, too.
    (words / "data" / "甲县" / "2022.txt").write_text("fine")
    told = why(made(words))
    assert told["甲县/2020"] == "data changed: 甲县/2022.txt" and told["甲县/2022"] == "new"
    (words / "data" / "units.csv").write_text("unit,level\n甲县,county\n")
    assert set(why(made(words)).values()) == {"data changed: units.csv"}
    assert set(why(made(words, language="en")).values()) == {"parameters changed: language zh→en"}
    shutil.rmtree(words / "out" / "甲县" / "2021-words")
    assert why(made(words, language="en"))["甲县/2021"] == "output is gone"
    notebook(words, BOOK, "1 + 1")
    assert set(why(made(words, language="en")).values()) == {"notebook changed"}
    assert set(why(made(words, again=True, language="en")).values()) == {"asked for again"}
    monkeypatch.setattr("analysis.batch.plan.fingerprint", lambda: "another")
    assert set(why(made(words, units="甲县", language="en")).values()) == {"program changed"}


def test_a_limit_is_of_runs_that_are_made_and_the_rest_waits(words):
    def states(batch):
        return [r["state"] for r in batch.records.values()]

    first, second = made(words, limit=2), made(words, limit=2)
    assert sorted(states(first)) == ["good", "good", "waiting"] and first.good
    assert states(second) == ["good", "good", "good"] and sorted(why(second).values()) == ["", "", "new"]
    assert any("尚未运行 waiting 1" in line for line in many.summary(first))


def test_runs_that_were_tried_in_vain_do_not_use_up_a_limit(words):
    notebook(words, BOOK, DEEDS)
    for year in (2020, 2021):
        (words / "data" / "甲县" / f"{year}.txt").write_text("boom")
    (words / "data" / "丙县").mkdir()
    (words / "data" / "丙县" / "2020.txt").write_text("fine")
    tried = []
    for _ in range(3):
        batch = made(words, limit=2, units="甲县,丙县,乙县")
        tried.append(
            sorted(run for run, said in why(batch).items() if batch_state(batch, run) != "waiting" and said)
        )
    assert tried == [["甲县/2020", "甲县/2021"], ["丙县/2020", "乙县/2020"], ["甲县/2020", "甲县/2021"]]
    with pytest.raises(InputError, match="does not go with --limit"):
        made(words, limit=2, again=True)


def batch_state(batch, run):
    return next(r["state"] for r in batch.records.values() if f"{r['unit']}/{r['years']}" == run)


def test_what_waits_keeps_the_files_of_its_last_result(words):
    made(words)
    (words / "data" / "units.csv").write_text("unit,level\n甲县,county\n")
    waiting = [r for r in made(words, limit=1).records.values() if r["state"] == "waiting"]
    assert len(waiting) == 2
    assert all(
        (words / "out" / r["html"]).is_file() and (words / "out" / r["log"]).is_file() for r in waiting
    )


def test_runs_made_at_one_time_are_of_different_units(words):
    (words / "data" / "乙县" / "2021.txt").write_text("fine")
    (words / "data" / "丙县").mkdir()
    (words / "data" / "丙县" / "2020.txt").write_text("fine")
    waiting = [(job, "") for job in plan(Asked(str(words / "words.ipynb"), data=str(words / "data")))]
    places = ["/".join(job.place) for job, _ in many._spread(waiting, 2)]
    assert places == ["丙县/2020", "乙县/2020", "乙县/2021", "甲县/2020", "甲县/2021"]
    assert sorted(places) == sorted("/".join(job.place) for job, _ in waiting)


def test_files_that_a_run_passed_over_are_told_and_tried_again(words):
    (words / "data" / "乙县" / "2020.txt").write_text("passed over")
    batch = made(words, units="乙县")
    (record,) = batch.records.values()
    assert record["state"] == "good" and record["failed"] == ["甲/2020 连不上。\n甲/2020 cannot be reached."]
    assert "passed over 乙县 2020  甲/2020 连不上。 | 甲/2020 cannot be reached." in list(many.summary(batch))
    assert "1份文件没有读成" in (words / "out" / "index.html").read_text(encoding="utf8")
    assert why(made(words, units="乙县")) == {"乙县/2020": "files were not read last time"}
    (words / "out" / "ledger.sqlite").unlink()
    assert why(made(words, units="乙县")) == {"乙县/2020": "files were not read last time"}


def test_what_another_command_put_in_the_place_of_a_run_is_no_result_of_the_batch(words):
    made(words, units="乙县")
    record = words / "out" / "乙县" / "2020-words" / "words.run.json"
    told = json.loads(record.read_text(encoding="utf8"))
    record.write_text(json.dumps({**told, "key": "of another"}), encoding="utf8")
    assert why(made(words, units="乙县")) == {"乙县/2020": "output is gone"}
    assert why(made(words, units="乙县")) == {"乙县/2020": ""}


def test_folders_and_files_behind_links_are_run_too(words, tmp_path_factory):
    linked = tmp_path_factory.mktemp("linked")
    (linked / "data" / "丙县").mkdir(parents=True)
    (linked / "data" / "乙县").symlink_to(words / "data" / "乙县")
    (linked / "data" / "丙县" / "2021.txt").symlink_to(words / "data" / "甲县" / "2021.txt")
    (linked / "data" / "丙县" / "round").symlink_to(linked / "data")
    shutil.copy(words / "words.ipynb", linked)
    assert why(made(linked)) == {"丙县/2021": "new", "乙县/2020": "new"}
    (words / "data" / "甲县" / "2021.txt").write_text("other")
    assert why(made(linked)) == {"丙县/2021": "data changed: 丙县/2021.txt", "乙县/2020": ""}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"notebook": "bulletin", "units": "甲县"}, "takes no --units"),
        ({"notebook": "problems", "group": "level"}, "--group is for a bulletin"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(words, asked, said):
    with pytest.raises(InputError, match=said):
        plan(Asked(**asked, data=str(words / "data")))


def test_a_bulletin_is_made_of_the_files_of_its_period(words):
    def inputs():
        jobs = plan(Asked("bulletin", years="2021,2021Q1", data=str(words / "data")))
        return {job.run.period: set(job.inputs) for job in jobs}, [job.key for job in jobs]

    (words / "data" / "甲县" / "2021Q1.txt").write_text("fine")
    years = {"甲县/2020.txt", "甲县/2021.txt", "乙县/2020.txt"}
    told, before = inputs()
    assert told == {"2021": years, "2021Q1": {"甲县/2021Q1.txt"}}
    (words / "data" / "甲县" / "2021Q1.txt").write_text("other")
    _, after = inputs()
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False]
    (words / "data" / "units.csv").write_text("unit,level\n甲县,county\n")
    assert not set(inputs()[1]) & {*before, *after}
    for file in words.glob("data/*/*.txt"):
        file.rename(file.with_stem(f"report-{file.stem}"))
    with pytest.raises(InputError, match="name the years"):
        plan(Asked("bulletin", data=str(words / "data")))


def test_a_lost_ledger_costs_no_run(words):
    made(words)
    (words / "out" / "ledger.sqlite").unlink()
    assert set(why(made(words)).values()) == {""}
    assert len(records(words / "out")) == 2


def test_two_batches_do_not_write_to_one_folder(words):
    made(words, units="乙县")
    base = sqlite3.connect(words / "out" / "ledger.sqlite", isolation_level=None)
    base.execute("BEGIN EXCLUSIVE")
    with pytest.raises(InputError, match="Another batch"):
        made(words)
    base.close()


def test_what_was_killed_between_two_renames_comes_back(words):
    made(words)
    folder = words / "out" / "甲县" / "2020-words"
    old = folder.parent / ".old-2020-words-x"
    old.mkdir()
    folder.rename(old / folder.name)
    (words / "out" / ".run-half").mkdir()
    assert set(why(made(words)).values()) == {""}
    assert (folder / "words.html").is_file()
    assert not list((words / "out").rglob(".*"))


def test_a_batch_may_stop_at_the_first_that_is_not_good(words):
    (words / "data" / "甲县" / "2020.txt").write_text("boom")
    notebook(words, BOOK, DEEDS)
    jobs = plan(Asked(str(words / "words.ipynb"), units="甲县", data=str(words / "data")))
    batch = many.run_all(jobs, words / "out", cluster=Cluster(1), going_on=False)
    assert [r["state"] for r in batch.records.values()] == ["failed", "waiting"]


def test_a_batch_that_is_to_stop_does_so_at_a_run_that_is_refused_without_being_made(words):
    jobs = plan(Asked(str(words / "words.ipynb"), units="丁县,甲县", data=str(words / "data")))
    batch = many.run_all(jobs, words / "out", cluster=Cluster(1), going_on=False)
    assert sorted(r["state"] for r in batch.records.values()) == ["refused", "waiting", "waiting"]


def test_a_cell_without_code_or_to_be_skipped_is_not_one_that_did_not_run(words):
    path = notebook(words, BOOK, "  ", "raise SystemError", "")
    made_ = nbformat.read(path, 4)
    made_.cells[3]["metadata"]["tags"] = ["skip-execution"]
    nbformat.write(made_, path)
    assert {r["state"] for r in made(words).records.values()} == {"good"}


@pytest.mark.parametrize(
    "source",
    [
        "raise MemoryError",
        "import numpy; numpy.zeros(2**50)",
        "import pyarrow; raise pyarrow.ArrowMemoryError('no room')",
    ],
)
def test_want_of_memory_is_a_crash_whoever_says_it(words, source):
    notebook(words, source)
    assert {r["state"] for r in made(words).records.values()} == {"crashed"}


def test_a_kernel_that_does_not_come_up_is_a_crash(words, monkeypatch):
    def dead(*_, **__):
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr("papermill.execute_notebook", dead)
    batch = made(words, units="乙县")
    (record,) = batch.records.values()
    assert record["state"] == "crashed" and "the kernel did not start" in record["message_en"]


def test_what_was_made_on_a_second_try_and_then_killed_is_not_made_again(words, monkeypatch):
    made(words)
    base = sqlite3.connect(words / "out" / "ledger.sqlite")
    # The ledger as it was before the second try: the first took too long.
    for run, record in base.execute("SELECT id, record FROM runs").fetchall():
        told = {**json.loads(record), "state": "timed_out", "record": "", "html": ""}
        base.execute("UPDATE runs SET state = 'timed_out', record = ? WHERE id = ?", (json.dumps(told), run))
    base.commit()
    base.close()
    monkeypatch.setattr(many, "_one", lambda *_, **__: pytest.fail("it was made again"))
    assert {r["state"] for r in made(words).records.values()} == {"good"}


def test_what_is_there_from_before_a_forced_run_that_failed_is_no_result_of_it(words, monkeypatch):
    made(words, units="乙县")
    with monkeypatch.context() as patched:
        patched.setattr(
            many, "make", lambda *_, **__: (_ for _ in ()).throw(RunFailed("failed", "坏了", "broken"))
        )
        for _ in range(2):
            assert {r["state"] for r in made(words, units="乙县", again=True).records.values()} == {"failed"}
        assert why(made(words, units="乙县")) == {"乙县/2020": "last time: a cell failed"}
    assert why(made(words, units="乙县")) == {"乙县/2020": "last time: a cell failed"}
    assert why(made(words, units="乙县")) == {"乙县/2020": ""}


def test_what_was_to_be_made_again_and_was_interrupted_is_gone_on_with(words):
    made(words)

    def stop(record, done, of):
        if done == 2:
            raise KeyboardInterrupt

    jobs = plan(Asked(str(words / "words.ipynb"), data=str(words / "data")))
    with pytest.raises(KeyboardInterrupt):
        many.run_all(jobs, words / "out", cluster=ONE, again=True, told=stop)
    assert sorted(why(made(words)).values()) == ["", "", "asked for again"]
    assert set(why(made(words)).values()) == {""}


def test_what_was_made_again_and_then_killed_before_its_line_is_not_made_again(words, monkeypatch):
    made(words)
    with monkeypatch.context() as patched:
        patched.setattr(many.Journal, "put", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            made(words, again=True)
    assert sorted(why(made(words)).values()) == ["", "asked for again", "asked for again"]


def test_a_run_that_fails_again_and_again_does_not_keep_others_from_their_turn(words, monkeypatch):
    made(words)
    making = many.make

    def failing(run, *more, **named):
        if (run.unit, run.years) == ("甲县", "2020"):
            raise RunFailed("timed_out", "太慢", "too slow")
        return making(run, *more, **named)

    monkeypatch.setattr(many, "make", failing)
    with monkeypatch.context() as patched:
        patched.setattr(many, "_one", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            made(words, again=True)
    turns = []
    for _ in range(4):
        records = made(words, limit=1).records
        turns += [
            (r["unit"], r["years"]) for r in records.values() if r["why_en"] and r["state"] != "waiting"
        ]
    assert len(turns) == 4 and set(turns[:3]) == {("甲县", "2020"), ("甲县", "2021"), ("乙县", "2020")}


def test_tables_that_a_check_is_writing_there_stay(words):
    (words / "out" / ".new-check").mkdir(parents=True)
    made(words, units="乙县")
    assert (words / "out" / ".new-check").is_dir()


def test_a_full_disk_is_one_sentence_and_the_next_call_goes_on(words, monkeypatch):
    with monkeypatch.context() as patched:
        full = sqlite3.OperationalError("database or disk is full")
        patched.setattr(many.Journal, "put", lambda *_: (_ for _ in ()).throw(full))
        with pytest.raises(Unreached, match="disk is full") as told:
            made(words)
    assert str(words / "out") in told.value.zh
    assert {r["state"] for r in made(words).records.values()} == {"good"}


def test_outputs_that_did_not_all_arrive_are_a_crash_not_a_fault_of_the_program(words, monkeypatch):
    def late(*_, **__):
        raise TimeoutError("Timeout waiting for IOPub output")

    monkeypatch.setattr("papermill.execute_notebook", late)
    (record,) = made(words, units="乙县").records.values()
    assert record["state"] == "crashed" and "Timeout waiting for IOPub output" in record["message_en"]


def test_what_lay_there_before_it_was_asked_for_again_is_no_new_result_though_the_ledger_is_lost(
    words, monkeypatch
):
    made(words)
    (words / "out" / "ledger.sqlite").unlink()
    with monkeypatch.context() as patched:
        patched.setattr(many, "_one", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            made(words, again=True)
    assert set(why(made(words)).values()) == {"asked for again"}


def test_a_fault_that_is_no_matter_of_the_folder_is_not_told_as_one(words, monkeypatch):
    def broken(*_):
        raise BrokenPipeError(32, "Broken pipe")

    jobs = plan(Asked(str(words / "words.ipynb"), data=str(words / "data")))
    with pytest.raises(BrokenPipeError):
        many.run_all(jobs, words / "out", cluster=ONE, told=broken)


def test_what_runs_need_alike_waits_for_those_that_are_left(words):
    place = many._keep(words / "out")
    for limit, there in ((1, True), (1, True), (1, False)):
        place.mkdir(parents=True, exist_ok=True)
        (words / "out" / ".kept-older").mkdir()
        made(words, limit=limit)
        assert place.exists() == there and not (words / "out" / ".kept-older").exists()


UNREADABLE = "甲县".encode("gbk"), "乙县".encode("gbk")


def test_a_folder_whose_name_is_in_another_encoding_is_refused_alone(words):
    for name in UNREADABLE:
        folder = words / "data" / os.fsdecode(name)
        folder.mkdir()
        shutil.copy(words / "data" / "乙县" / "2020.txt", folder)
    batch = made(words)
    states = {r["unit"]: r["state"] for r in batch.records.values()}
    assert states == {
        "甲县": "good",
        "乙县": "good",
        r"\xbc\xd7\xcf\xd8": "refused",
        r"\xd2\xd2\xcf\xd8": "refused",
    }
    assert sum("rename it" in line for line in many.summary(batch)) == 2
    jobs = plan(Asked("bulletin", years="2020", data=str(words / "data")))
    assert {r"\xbc\xd7\xcf\xd8/2020.txt", r"\xd2\xd2\xcf\xd8/2020.txt"} < set(jobs[0].inputs) and jobs[0].key
    with pytest.raises(InputError, match="not in UTF-8"):
        plan(
            Asked(
                str(words / "words.ipynb"),
                data=str(words / "data" / os.fsdecode(UNREADABLE[0])),
            )
        )


def test_a_period_that_is_named_twice_is_one_run(words):
    (words / "data" / "甲县" / "2021Q1.txt").write_text("fine")
    jobs = plan(Asked("bulletin", years="2021Q1,2021q1", data=str(words / "data")))
    assert [job.run.period for job in jobs] == ["2021Q1"]


def test_trends_of_all_years_are_the_same_run_when_a_year_comes_in(words):
    def asked():
        (job,) = plan(Asked("trends", units="甲县", data=str(words / "data")))
        return job

    before = asked()
    (words / "data" / "甲县" / "2022.txt").write_text("fine")
    after = asked()
    assert before.id == after.id and before.key != after.key
    assert before.origin["every_year"] and after.origin["every_year"]
    assert [job.place[1] for job in (before, after)] == ["2020-2021", "2020-2022"]
    assert "甲县/2022.txt" in many._changed({"origin": before.origin}, after)[1]
    (of_years,) = plan(Asked("trends", units="甲县", years="2020-2021", data=str(words / "data")))
    assert of_years.id != before.id and not of_years.origin["every_year"]


def test_trends_of_all_units_leave_out_those_without_a_report_of_the_years(words):
    def places(**asked):
        return ["/".join(j.place) for j in plan(Asked("trends", data=str(words / "data"), **asked))]

    assert places(years="2021-2023") == ["甲县/2021-2023"]
    assert places(units="乙县", years="2021-2023") == ["乙县/2021-2023"]
    assert places() == ["乙县/2020", "甲县/2020-2021"]


@pytest.mark.parametrize("name", ["reviews.csv", "corrections.yml", "units.csv"])
def test_what_lies_in_the_folder_of_reports_goes_before_what_lies_beside_it(words, name):
    def keys():
        return [j.key for j in plan(Asked(str(words / "words.ipynb"), data=str(words / "data")))]

    seen = [keys()]
    for place, change in ((words, True), (words / "data", True), (words, False)):
        (place / name).write_text(f"# {len(seen)}\n")
        seen.append(keys())
        assert (seen[-1] != seen[-2]) == change


def test_the_plan_is_a_run_a_unit_and_year(words):
    def names(**asked):
        return [
            "/".join(j.place)
            for j in plan(Asked(str(words / "words.ipynb"), data=str(words / "data"), **asked))
        ]

    assert names() == names(units="all", years="all") == ["乙县/2020", "甲县/2020", "甲县/2021"]
    assert names(years="2021-2023") == ["甲县/2021"]
    assert names(units="乙县,甲县", years="2021") == [
        "乙县/2021",
        "甲县/2021",
    ]  # a named one that is missing is told
    assert names(only="甲县") == names(only="甲*") == ["甲县/2020", "甲县/2021"]
    assert names(only="*/2020") == ["乙县/2020", "甲县/2020"]
    (words / "empty").mkdir()
    with pytest.raises(InputError, match="empty has no report: put them there"):
        plan(Asked(str(words / "words.ipynb"), data=str(words / "empty")))
    with pytest.raises(InputError, match="nothing to run"):
        plan(Asked(str(words / "words.ipynb"), years="2030", data=str(words / "data")))
    with pytest.raises(InputError, match="nothing to run"):
        names(only="丙")


def test_a_report_that_is_missing_is_refused_without_a_run(words, monkeypatch):
    monkeypatch.setattr(many, "_one", lambda *_, **__: pytest.fail("a run was made"))
    batch = made(words, units="乙县", years="2021")
    (record,) = batch.records.values()
    assert record["state"] == "refused" and "2021" in record["message_zh"]


def test_the_kinds_of_notebooks_have_plans_of_their_own(shared):
    data = str(shared / "reports")
    trends = plan(Asked("trends", "宿迁市,平潭综合实验区", data=data))
    assert [j.run.unit for j in trends] == ["宿迁市", "平潭综合实验区"]
    bulletins = plan(Asked("bulletin", years="2023-2024", data=data))
    assert [j.run.period for j in bulletins] == ["2023", "2024"]
    assert {j.notebook.name for j in trends} == {KINDS["trends"].notebook.name}


@pytest.mark.parametrize("typed", ["nothing", "README.md", "nowhere.ipynb"])
def test_what_is_no_notebook_is_refused(typed):
    with pytest.raises(InputError, match="There is no notebook"):
        plan(Asked(typed))


def test_a_parameter_that_a_batch_cannot_give_is_refused(tmp_path):
    path = notebook(tmp_path, "")
    text = path.read_text().replace("language: str", "colour: str")
    path.write_text(text)
    with pytest.raises(InputError, match="colour"):
        plan(Asked(str(path)))


def test_bulletins_have_their_folder_read_once_before_the_first(shared, tmp_path, monkeypatch):
    for unit, years in (("宿迁市", (2023, 2024)), ("平潭综合实验区", (2024,))):
        (tmp_path / "data" / unit).mkdir(parents=True)
        for year in years:
            (file,) = (shared / "reports" / unit).glob(f"{year}.*")
            shutil.copy(file, tmp_path / "data" / unit)
    (tmp_path / "data" / "宿迁市" / "2022.txt").write_text("不是报告", encoding="utf8")
    told, ran = [], []
    jobs = plan(Asked("bulletin", years="2023,2024", data=str(tmp_path / "data")))

    def call():
        told.clear(), ran.clear()
        note = lambda outcome, done, of: told.append(outcome.state)  # noqa: E731
        return many.run_all(
            jobs, tmp_path / "out", cluster=ONE, told=lambda record, *_: ran.append(len(told)), reading=note
        )

    batch = call()
    assert batch.good and Counter(told) == {"read": 3, "failed": 1, "written": 3}
    assert ran == [len(told)] * 2  # all was read before the first was made
    for record, units in zip(batch.records.values(), ("1", "2"), strict=True):
        assert record["figures"][0]["text"] == units
        assert [why for why in record["failed"] if "2022.txt" in why]
    assert call().good and not told  # none is to be made, so nothing is read
    assert not [p.name for p in (tmp_path / "out").iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize(
    ("run", "whole"),
    [
        (Run(kind="bulletin", period="2024"), True),
        (Run(kind="bulletin"), True),
        (Run(kind="bulletin", period="2024q1"), False),
        (Run("宿迁市", "2024"), False),
        # What is wrong with its parameters a run says by itself, and costs no other.
        (Run(kind="bulletin", period="2005"), False),
        (Run(kind="bulletin", period="2024H3"), False),
        (Run(kind="bulletin", group="size"), False),
    ],
)
def test_only_bulletins_of_a_year_read_a_folder_as_a_whole(shared, run, whole):
    folder = shared / "reports"
    assert read_whole(replace(run, data=str(folder))) == (folder if whole else None)


def test_the_program_is_more_than_its_code():
    assert any(line.startswith("pandas ") for line in program.libraries())
    assert program.fingerprint() != program.fingerprint("reading")


def test_the_real_notebook_runs_for_one_unit(shared, tmp_path):
    jobs = plan(Asked("problems", "永康市", "2020", str(shared / "reports")))
    batch = many.run_all(jobs, tmp_path / "out", cluster=Cluster(1))
    (record,) = batch.records.values()
    assert record["state"] == "good" and record["findings"]["error"] == 2
    figures = {f["name"]: f["text"] for f in record["figures"]}
    assert figures["received"] == "161" and figures["disclosure_rate"] == "58.23%"
    for kind in ("html", "docx", "ipynb", "log"):
        assert (tmp_path / "out" / record[kind]).is_file()
    said = json.loads((tmp_path / "out" / record["record"]).read_text(encoding="utf8"))
    assert said["key"] == jobs[0].key and said["inputs"].keys() >= {"永康市/2020.txt"}
    assert Path(record["html"]).parts[0] == "永康市"
