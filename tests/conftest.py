"""The reports that the tests read: the shipped edition, and the published pages.

The published pages lie in a folder beside the project; where the tests run for good (CI) it is
always there, and a test that needs it fails there without it.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

from analysis import frames
from analysis.checking.across import check_across
from analysis.reading import read_report
from analysis.register import Register
from analysis.workbook import Workbook, study

PROJECT = Path(__file__).parents[1]
SHIPPED = PROJECT / "data" / "reports" / "永康市" / "2020.txt"
SHARED = Path(os.environ.get("DISCLOSURE_SHARED", PROJECT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the published reports and the true cells."""
    if not (SHARED / "reports").is_dir():
        message = f"the published reports are not at {SHARED}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return SHARED


@pytest.fixture(scope="session")
def published_path(shared) -> Path:
    return shared / "reports" / "永康市" / "2020.txt"


def pytest_collection_modifyitems(items):
    """What takes longest goes first: where tests run side by side, nothing waits for it at the end."""
    items.sort(key=lambda item: item.path.name not in ("test_fresh_clone.py", "test_mutations.py"))


@pytest.fixture(scope="session")
def shipped():
    """The shipped edition of Yongkang 2020, read and studied."""
    return study(read_report(SHIPPED))


@pytest.fixture(scope="session")
def published(published_path):
    """The published page of Yongkang 2020, read and studied."""
    return study(read_report(published_path))


@pytest.fixture(scope="session", params=["shipped", "published"])
def yongkang(request):
    """Either of the two: whatever holds of one must hold of the other."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def suqian(shared):
    """Suqian's two reports on the form of 2021, by year."""
    folder = shared / "reports" / "宿迁市"
    return {year: study(read_report(folder / f"{year}.txt")) for year in (2023, 2024)}


@pytest.fixture(scope="session")
def book(shipped) -> Workbook:
    return Workbook([shipped], "zh")


@pytest.fixture(scope="session")
def english(shipped) -> Workbook:
    return Workbook([shipped], "en")


def compared(*reports, register: Register | None = None) -> pd.DataFrame:
    """The findings that reports show beside each other."""
    names = ("facts", "claims", "sentences", "placements")
    tables = {name: frames.concat(name, [getattr(r, name) for r in reports]) for name in names}
    tables["documents"] = frames.concat("documents", [r.document.to_frame().T for r in reports])
    units = dict.fromkeys(r.unit for r in reports)
    each = [{name: t[t["unit"] == unit] for name, t in tables.items()} for unit in units]
    return check_across(each, register or Register())


@pytest.fixture
def reread(tmp_path):
    """A copy of the shipped report with one thing changed: ``reread(old, new)`` reads it."""

    def make(old: str, new: str):
        text = SHIPPED.read_text(encoding="utf8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the report"
        path = tmp_path / "reports" / "永康市" / "2020.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new), encoding="utf8")
        return read_report(path)

    return make


@pytest.fixture
def altered(reread):
    """The same, studied."""
    return lambda old, new: study(reread(old, new))
