"""What a newcomer does: clone, `make report`. In a new environment, with nothing from this one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    target = tmp_path_factory.mktemp("fresh") / "a folder with spaces"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(target)], check=True)
    yield target
    shutil.rmtree(target)


def make(clone, *arguments):
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("VIRTUAL_ENV", "PYTEST", "PYTHON"))
    }
    base = Path(sys.base_prefix) / "bin" / "python3"
    return subprocess.run(
        ["make", f"PYTHON={base}", *arguments],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
        # Common variables of the reader's own must not be taken for parameters.
        env={**environment, "LANGUAGE": "fr_FR:fr", "DATA": "nowhere", "UNIT": "none"},
    )


def test_two_commands_and_bad_input_in_a_fresh_clone(clone, tmp_path):
    done = make(clone, "report")
    assert done.returncode == 0, done.stderr
    folder = clone / "reports" / "永康市" / "2020"
    for name in ("problems_and_improvements.ipynb", "problems_and_improvements.html", "tables/facts.csv"):
        assert (folder / name).is_file()
        assert "reports/永康市/2020" in done.stdout
    assert done.stdout.count("•") == 3

    file = tmp_path / "page's copy.txt"
    shutil.copy(clone / "data" / "reports" / "永康市" / "2020.txt", file)
    done = make(clone, "report", f"FILE={file}", "LANGUAGE=en", f"OUT={tmp_path / 'my out'}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "my out" / "永康市" / "2020" / "problems_and_improvements.html").is_file()

    done = make(clone, "report", "YEARS=1999")
    assert done.returncode != 0
    assert "1999" in done.stderr and "Traceback" not in done.stderr
    for misspelt in (("report", "YERS=2020"), ("batch", "FILE=x.txt")):
        done = make(clone, *misspelt)
        assert done.returncode != 0
        assert misspelt[1].partition("=")[0] in done.stderr
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert status.stdout == "", "a run leaves the project as it was"
