"""What the runs of a batch need alike is made once, and again when what it is made from is another."""

import pytest

from analysis.batch.kept import keeping, kept


@pytest.fixture
def made(tmp_path):
    """``made(word)`` is what is kept for a file and a word; how often it was made stands in ``made.times``."""
    file = tmp_path / "2020.txt"
    file.write_text("4")

    def made(word="甲县", files=(file, tmp_path / "units.csv")):
        def make():
            made.times += 1
            return {"says": file.read_text(), "word": word}

        return kept(files, [word], make)

    made.times, made.file = 0, file
    return made


def test_outside_a_batch_everything_is_made(made):
    assert made() == made() == {"says": "4", "word": "甲县"}
    assert made.times == 2


def test_in_a_batch_it_is_made_once_for_the_same_files_and_words(made, tmp_path):
    with keeping(tmp_path / "kept"):
        assert made() == made() == {"says": "4", "word": "甲县"}
        assert made.times == 1
        assert made("乙县")["word"] == "乙县" and made.times == 2
        made.file.write_text("16")
        assert made()["says"] == "16" and made.times == 3
        (tmp_path / "units.csv").write_text("unit\n甲县\n")
        made()
        assert made.times == 4
    made()
    assert made.times == 5


def test_what_is_spoilt_is_made_again(made, tmp_path):
    with keeping(tmp_path / "kept"):
        first = made()
        (file,) = (tmp_path / "kept").iterdir()
        for spoilt in (b"", b"nonsense", file.read_bytes()[:-3]):
            file.write_bytes(spoilt)
            assert made() == first
    assert made.times == 4


def test_only_the_latest_are_kept(made, tmp_path):
    with keeping(tmp_path / "kept"):
        for n in range(40):
            made(f"{n}")
        assert len(list((tmp_path / "kept").iterdir())) == 24
        made("39")
    assert made.times == 40


def test_a_failure_is_not_kept(tmp_path):
    with keeping(tmp_path / "kept"):
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                kept([], ["x"], lambda: 1 / 0)
