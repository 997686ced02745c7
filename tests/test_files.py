"""Files and folders of this machine: whole or not at all, also through links, also when several write."""

import os
import threading
import time
from pathlib import Path

import pytest

from analysis.batch import run
from analysis.places import absolute, files_under, write_whole


def test_a_file_that_cannot_take_its_place_leaves_nothing(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        write_whole(tmp_path / "taken", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]
    write_whole(tmp_path / "free", b"new")
    assert (tmp_path / "free").read_bytes() == b"new"


def test_files_behind_links_are_found_and_links_that_lead_back_are_not_followed(tmp_path):
    far, folder = tmp_path / "far", tmp_path / "folder"
    (far / "甲县").mkdir(parents=True)
    (far / "甲县" / "2020.txt").write_text("x")
    (folder / "乙县").mkdir(parents=True)
    (folder / "甲县").symlink_to(far / "甲县")
    (folder / "乙县" / "2020.txt").symlink_to(far / "甲县" / "2020.txt")
    (folder / "乙县" / "back").symlink_to(folder)
    (folder / "乙县" / "nowhere.txt").symlink_to(tmp_path / "nothing")
    (folder / "乙县" / "itself.txt").symlink_to(folder / "乙县" / "itself.txt")
    assert [p.relative_to(folder).as_posix() for p in files_under(folder)] == [
        "乙县/2020.txt",
        "甲县/2020.txt",
    ]
    assert files_under(tmp_path / "not there") == []


def test_a_whole_path_keeps_its_links(tmp_path, monkeypatch):
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far")
    monkeypatch.chdir(tmp_path)
    assert absolute(Path("link/x/../2020.txt")) == tmp_path / "link" / "2020.txt"


def test_of_several_that_put_a_result_in_one_place_the_last_is_there_whole(tmp_path):
    folder, failed = tmp_path / "out" / "甲县" / "2020", []

    def put(who):
        for n in range(30):
            aside = tmp_path / "out" / f".run-{who}-{n}"
            aside.mkdir(parents=True)
            for name in ("page", "table"):
                (aside / name).write_text(f"{who} {n}")
            try:
                run._put(aside, folder)
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=put, args=(who,)) for who in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert [p.name for p in folder.parent.iterdir()] == ["2020"]
    assert len({p.read_text() for p in folder.iterdir()}) == 1 and len(list(folder.iterdir())) == 2


def test_what_was_killed_goes_and_a_single_run_that_goes_on_is_spared(tmp_path):
    for name in (".run-a-1", ".one-new", ".one-old"):
        (tmp_path / name).mkdir()
    long_ago = time.time() - 3 * 24 * 3600
    os.utime(tmp_path / ".one-old", (long_ago, long_ago))
    (tmp_path / ".run-going-on").mkdir()
    run.restore(tmp_path, young=600)  # on a cluster it may be going on
    assert (tmp_path / ".run-going-on").exists()
    run.restore(tmp_path)
    assert not (tmp_path / ".run-going-on").exists()
    assert [p.name for p in tmp_path.iterdir()] == [".one-new"]
