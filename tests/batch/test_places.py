"""Folders, stores and outputs at s3://…, with a real server of that protocol: the same results as on a disk."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter

import nbformat
import pandas as pd
import pytest
import s3fs
from conftest import PROJECT
from typer.testing import CliRunner
from upath import UPath

from analysis.batch import many, pieces, run, store
from analysis.batch.engine import Cluster
from analysis.batch.plan import Asked, plan
from analysis.cli import app
from analysis.errors import InputError, Unreached
from analysis.parameters import request
from analysis.places import files_under, place, reached, write_whole

SHIPPED = PROJECT / "data" / "reports"
NAMES = ("永康市/2020.txt", "平潭综合实验区/2018.txt", "平潭综合实验区/2020.txt")


class Server:
    """An S3 server, a process of its own, with its log of requests."""

    def __init__(self, folder, **variables):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url, self._log = f"http://127.0.0.1:{port}", folder / "requests"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
                env={**os.environ, **variables},
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 60
        while b"Running on" not in self._log.read_bytes():
            assert time.monotonic() < until and self._process.poll() is None
            time.sleep(0.1)
        self._seen = 0

    def asked(self):
        """How often which request was made since the last question."""
        text = self._log.read_text(encoding="utf8", errors="replace")
        new, self._seen = text[self._seen :], len(text)
        return Counter(re.findall(r'"(?:\x1b\[[0-9;]*m)*([A-Z]+ \S+) HTTP', new))

    def stop(self):
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def settings():
    """Settings of the environment for as long as the tests of this file run: the processes they start see them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(PROJECT / "src"))
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield patch


@pytest.fixture(scope="module")
def server(tmp_path_factory, settings):
    made = Server(tmp_path_factory.mktemp("server"))
    settings.setenv("AWS_ENDPOINT_URL", made.url)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def bucket(server):
    """A bucket with three reports, and the list of sources and the register where they lie in a folder."""
    files = s3fs.S3FileSystem(use_listings_cache=False)  # others write to it
    files.mkdir("bucket")
    for name in (*NAMES, "sources.csv"):
        files.put_file(str(SHIPPED / name), f"bucket/in/reports/{name}")
    files.put_file(str(PROJECT / "data" / "units.csv"), "bucket/in/units.csv")
    return files


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """The same files on a disk."""
    folder = tmp_path_factory.mktemp("disk") / "in"
    for name in NAMES:
        (folder / "reports" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SHIPPED / name, folder / "reports" / name)
    shutil.copy(SHIPPED / "sources.csv", folder / "reports")
    shutil.copy(PROJECT / "data" / "units.csv", folder)
    return folder


def analysis(*said, **variables):
    """What the command says, and how it ends."""
    done = subprocess.run(
        [sys.executable, "-m", "analysis", *map(str, said)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


FAR = "s3://bucket/in/reports"


@pytest.fixture(scope="module")
def near(disk):
    """What is made on the disk."""
    out = disk.parent
    for said in (
        ["score", disk / "reports", "--out", out / "store", "--jobs", 1],
        [
            "run",
            "problems",
            "--years",
            "2020",
            "--data",
            disk / "reports",
            "--out",
            out / "runs",
            "--jobs",
            1,
        ],
    ):
        code, told = analysis(*said)
        assert code == 0, told
    return out


@pytest.fixture(scope="module")
def far(bucket, server):
    """What is made in the bucket."""
    said = {"read": analysis("read", FAR, "--out", "s3://bucket/store", "--jobs", 2)}
    server.asked()
    said["again"] = analysis("read", FAR, "--out", "s3://bucket/store", "--jobs", 1)
    said["requests"] = server.asked()
    said["score"] = analysis("score", "s3://bucket/store")
    return said


def test_the_store_in_a_bucket_is_the_one_on_disk(far, near, bucket):
    assert far["read"][0] == 0 and "读入 read 3" in far["read"][1]
    there = {name.rpartition("/")[2] for name in bucket.ls("bucket/store")}
    # Nobody can be kept off a bucket: it has no lock.
    tables = [path for path in sorted(near.glob("store/*")) if path.name != ".lock"]
    assert {p.name for p in tables} == there and len(tables) > 12
    for path in tables:
        if path.is_file() and path.name != store.ORIGIN:  # which says where the reports lie
            assert bucket.cat_file(f"bucket/store/{path.name}") == path.read_bytes(), path.name
    frame = pd.read_parquet("s3://bucket/store/facts.parquet")
    assert frame.equals(pd.read_parquet(near / "store" / "facts.parquet"))
    assert bucket.cat_file("bucket/store/.origin") == FAR.encode()


def test_a_second_reading_asks_once_a_file_and_once_a_table(far):
    assert far["again"][0] == 0 and "未变 unchanged 3" in far["again"][1]
    asked = far["requests"]
    assert not any("/in/reports/" in what and "prefix" not in what for what in asked)
    pieces = Counter(what.split("?")[0] for what in asked.elements() if "/store/.pieces/" in what)
    # Those of the unit whose years may decide each other's cells are looked at once more.
    assert len(pieces) == 3 and sorted(pieces.values()) == [2, 3, 3]
    assert asked.total() < 45


def test_the_store_in_the_bucket_is_checked_and_scored(far):
    assert far["score"][0] == 0, far["score"]
    assert "s3://bucket/store/scores.csv" in far["score"][1]


def test_a_folder_in_the_bucket_is_scored_and_its_register_found(far, bucket, tmp_path):
    code, said = analysis("score", FAR, "--out", tmp_path / "store", "--jobs", "1")
    assert code == 0, said
    for name in ("findings", "scores", "score_totals"):
        assert (tmp_path / "store" / f"{name}.csv").read_bytes() == bucket.cat_file(
            f"bucket/store/{name}.csv"
        )
    # The store knows whence it came: the register beside the reports counts, not one beside the store.
    assert analysis("check", tmp_path / "store")[0] == 0
    assert (tmp_path / "store" / "register.csv").read_bytes() == bucket.cat_file("bucket/store/register.csv")


def test_one_file_that_has_changed_is_read_alone(far, bucket):
    bucket.copy("bucket/in", "bucket/changed", recursive=True)
    analysis("read", "s3://bucket/changed/reports", "--out", "s3://bucket/other", "--jobs", 1)
    name = f"bucket/changed/reports/{NAMES[0]}"
    text = bucket.cat_file(name).decode()
    bucket.pipe_file(name, text.replace("申請161件", "申請162件").encode())
    code, said = analysis("read", "s3://bucket/changed/reports", "--out", "s3://bucket/other", "--jobs", 1)
    assert code == 0 and "读入 read 1 · 未变 unchanged 2" in said
    claims = pd.read_parquet("s3://bucket/other/claims.parquet")
    assert 162 in set(claims.loc[claims["about"] == "received", "value"])
    assert len(bucket.ls("bucket/other/.pieces")) == 3


def test_a_decision_is_written_beside_the_reports_in_the_bucket(far, bucket):
    found = pd.read_csv("s3://bucket/store/findings.csv", encoding="utf-8-sig")
    fingerprint = found.loc[found["severity"] == "error", "fingerprint"].iloc[0]
    code, said = analysis(
        "review", "s3://bucket/store", fingerprint, "dismissed", "--by", "王某", "--why", "已更正"
    )
    assert code == 0, said
    try:
        assert fingerprint in bucket.cat_file("bucket/in/reviews.csv").decode()
        code, said = analysis("check", "s3://bucket/store", "--out", "s3://bucket/checked")
        assert code == 0 and "dismissed 1" in said
    finally:
        bucket.rm_file("bucket/in/reviews.csv")


RUN = ("run", "problems", "--years", "2020", "--data", FAR, "--out", "s3://bucket/runs", "--jobs", "1")


def test_runs_in_the_bucket_are_those_on_disk_and_are_kept(bucket, near, server):
    code, said = analysis(*RUN)
    assert (code, "good 2" in said) == (0, True), said
    there = set(bucket.find("bucket/runs"))
    for path in (p for p in (near / "runs").rglob("*") if p.is_file()):
        name = path.relative_to(near / "runs").as_posix()
        assert f"bucket/runs/{name}" in there
        if (
            "/tables/" in name
            or path.suffix in (".docx", ".md", ".html", ".png")
            and path.name != "index.html"
        ):
            assert bucket.cat_file(f"bucket/runs/{name}") == path.read_bytes(), name
    record = json.loads(bucket.cat_file("bucket/runs/永康市/2020/problems_and_improvements.run.json"))
    assert record["state"] == "good" and record["parameters"]["data"] == FAR
    server.asked()
    code, said = analysis(*RUN)
    assert (code, "未变 kept 2" in said) == (0, True), said
    asked = server.asked()
    assert not [what for what in asked if "2020.txt" in what or ".run.json" in what]
    # What is gone is made again; a ledger that is lost costs nothing.
    bucket.rm("bucket/runs/永康市/2020", recursive=True)
    code, said = analysis(*RUN)
    assert (code, "未变 kept 1" in said) == (0, True), said
    assert bucket.exists("bucket/runs/永康市/2020/tables/facts.csv")
    bucket.rm_file("bucket/runs/ledger.sqlite")
    code, said = analysis(*RUN)
    assert (code, "未变 kept 2" in said) == (0, True), said
    assert bucket.exists("bucket/runs/ledger.sqlite")


@pytest.mark.parametrize(
    "said",
    [
        ["report", "--file", f"{FAR}/永康市/2020.txt"],
        ["trends", "--unit", "平潭综合实验区", "--data", FAR],
        ["bulletin", "--data", FAR, "--period", "2020"],
        ["bulletin", "--data", "s3://bucket/store", "--period", "2020"],
    ],
    ids=" ".join,
)
def test_every_notebook_reads_from_the_bucket(far, tmp_path, said):
    code, told = analysis(*said, "--out", tmp_path)
    assert code == 0, told
    facts = [pd.read_csv(path) for path in tmp_path.rglob("tables/facts.csv")]
    assert len(facts) == 1 and len(facts[0]) > 50


def test_papermill_by_itself_reads_from_the_bucket(bucket, tmp_path):
    notebook, out = PROJECT / "notebooks" / "problems_and_improvements.ipynb", tmp_path / "out.ipynb"
    parameters = ["-p", "unit", "永康市", "-p", "years", "2020", "-p", "data", FAR]
    done = subprocess.run(
        [sys.executable, "-m", "papermill", str(notebook), str(out), *parameters],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = json.dumps(nbformat.read(out, 4), ensure_ascii=False)
    assert "4件" in shown and "16件" in shown


# what goes wrong


@pytest.mark.parametrize("typed", ["s3://nobody/reports", "s3://", "nothing://x/y"])
def test_an_address_that_leads_nowhere_is_a_sentence(bucket, disk, typed):
    for said in (
        ["read", typed, "--out", disk / "never"],
        ["read", disk / "reports", "--out", typed],
        ["run", "problems", "--data", typed, "--out", disk / "never"],
        ["bulletin", "--data", FAR, "--out", typed],
    ):
        done = CliRunner().invoke(app, list(map(str, said)))
        assert done.exit_code == 2, done.output
        assert "请" in done.output or "文档" in done.output
        assert len(done.output.strip().splitlines()) == 2, done.output
    assert bucket.ls("") == ["bucket"]  # a slip of typing makes no bucket


def test_a_server_that_is_not_there_is_a_sentence(bucket, disk):
    code, told = analysis("read", FAR, "--out", disk / "never", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert code == 2 and "连不上" in told and "cannot be reached" in told
    assert len(told.strip().splitlines()) == 2


def test_credentials_that_are_wrong_or_missing_are_a_sentence(tmp_path, settings, disk):
    strict = Server(tmp_path, INITIAL_NO_AUTH_ACTION_COUNT="0")
    try:
        wrong = {"AWS_ENDPOINT_URL": strict.url}
        code, told = analysis("read", FAR, "--out", disk / "never", **wrong)
        assert code == 2 and "凭据" in told and "credentials" in told, told
        none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}
        code, told = analysis("read", FAR, "--out", disk / "never", **wrong, **none)
        assert code == 2 and "凭据" in told and "credentials" in told, told
    finally:
        strict.stop()


def test_without_s3fs_it_says_what_to_install(tmp_path, bucket, disk):
    (tmp_path / "s3fs.py").write_text("raise ImportError('No module named s3fs')\n")
    path = os.pathsep.join([str(tmp_path), str(PROJECT / "src")])
    code, told = analysis("read", FAR, "--out", disk / "never", PYTHONPATH=path)
    assert code == 2 and "pip install 's3fs'" in told
    assert len(told.strip().splitlines()) == 2


def test_what_a_lost_network_costs_is_tried_again(monkeypatch):
    """No verdict on a file or a run: the next call looks again."""
    folder = _in_memory("lost")
    summary = _read(folder, "lost/store")
    assert len(summary.of("read")) == 2
    monkeypatch.setattr(type(folder.fs), "cat_file", _broken)
    (folder / "永康市" / "2020.txt").write_bytes((SHIPPED / NAMES[0]).read_bytes() + b"\n")
    cut = _read(folder, "lost/store").of("failed")
    assert len(cut) == 2 and all("连不上" in outcome.zh for outcome in cut)
    monkeypatch.undo()
    again = _read(folder, "lost/store")
    assert (len(again.of("read")), len(again.of("kept"))) == (1, 1)


def test_a_line_that_is_cut_while_a_piece_is_written_is_no_fault_of_the_program(monkeypatch):
    folder = _in_memory("cut")

    class Cut(Exception):
        """As of botocore, whose errors are no ``OSError``."""

    def cut(path, content):
        if path.parent.name == ".pieces":
            raise Cut("the line is cut")
        write_whole(path, content)

    monkeypatch.setattr(pieces, "write_whole", cut)
    failed = _read(folder, "cut/store").of("failed")
    assert len(failed) == 2 and all("连不上" in o.zh and not o.final for o in failed)


def test_what_a_killed_run_left_of_its_files_goes_with_the_next(tmp_path):
    """Its record, which comes last, is not there."""
    folder, aside = UPath("memory://half/甲县/2020"), tmp_path / "aside"
    for name in ("tables/older.csv", "page.html"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("older")
    aside.mkdir()
    for name in ("page.html", "page.run.json"):
        (aside / name).write_text("newer")
    run._put(aside, folder)
    assert {p.name: p.read_text() for p in files_under(folder)} == {
        "page.html": "newer",
        "page.run.json": "newer",
    }


def _broken(*args, **kwargs):
    raise OSError("the line is cut")


def test_a_fault_of_the_program_is_no_fault_of_the_network():
    with pytest.raises(KeyError), reached(UPath("memory://x")):
        raise KeyError("ours")
    with pytest.raises(FileNotFoundError), reached(PROJECT):
        raise FileNotFoundError("on this disk")


# without processes


def _in_memory(name):
    folder = UPath(f"memory://{name}/reports")
    for path in NAMES[:2]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes((SHIPPED / path).read_bytes())
    return folder


def _read(folder, out):
    """Read in this process, where the memory is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "each", lambda function, items, *_: ((item, function(item)) for item in items))
        return store.read_folder(folder, UPath(f"memory://{out}"), Cluster(1))


def test_any_place_that_fsspec_knows_will_do():
    folder = _in_memory("any")
    assert len(_read(folder, "any/store").of("read")) == 2
    assert len(_read(folder, "any/store").of("kept")) == 2
    (folder / "永康市" / "2020.txt").unlink()
    assert len(_read(folder, "any/store").of("kept")) == 1
    assert len(list((UPath("memory://any/store") / ".pieces").iterdir())) == 1


def test_planning_three_thousand_runs_lists_the_folder_and_asks_for_no_file(bucket, server):
    bucket.pipe({f"bucket/large/{n}县/{year}.txt": b"-" for n in range(150) for year in (2023, 2024)})
    server.asked()
    jobs = plan(Asked(data="s3://bucket/large"))
    assert len(jobs) == 300 and all(job.inputs for job in jobs)
    assert len({job.inputs[f"{job.run.unit}/2023.txt"] for job in jobs}) == 1
    assert server.asked().total() < 15
    assert len(request("7县", "2023", "s3://bucket/large").files) == 1
    assert server.asked().total() < 10


def test_a_change_of_the_list_of_sources_is_a_change_of_the_inputs():
    folder = _in_memory("listed")
    (folder / "sources.csv").write_text("unit,sha256,edition\n")
    before = [job.key for job in plan(Asked(data=str(folder)))]
    assert [job.key for job in plan(Asked(data=str(folder)))] == before
    (folder / "sources.csv").write_text("unit,sha256,edition\n,x,restated\n")
    assert not set(before) & {job.key for job in plan(Asked(data=str(folder)))}


def test_the_place_is_the_one_typed(tmp_path):
    assert place(str(tmp_path)) == tmp_path
    assert str(place("memory://a/b")) == "memory://a/b"
    with pytest.raises(InputError, match="用户目录"):
        place("~nobody-of-this-name/x")


def test_a_run_that_could_not_put_its_files_is_failed_not_refused(monkeypatch):
    (job,) = plan(Asked(units="永康市", years="2020"))

    def cut(*args, **kwargs):
        raise Unreached("连不上", "cannot be reached")

    monkeypatch.setattr(many, "make", cut)
    record = many._one((job, ("", "")), UPath("memory://put/runs"))
    assert record["state"] == "failed"
