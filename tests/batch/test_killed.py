"""``kill -9`` at a few random moments; ``benchmarks/killed.py`` does the same a hundred times."""

import sys

import pytest
from conftest import PROJECT

sys.path.insert(0, str(PROJECT / "benchmarks"))
killed = pytest.importorskip("killed", reason="needs /proc")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="orphans are seen on Linux alone")


def test_a_killed_batch_loses_nothing_and_does_nothing_twice(tmp_path):
    found = killed.killed(killed.Runs(tmp_path, units=1, jobs=1), moments=2)
    assert found.bad == []


def test_a_killed_reading_loses_nothing_and_does_nothing_twice(tmp_path):
    found = killed.killed(killed.Reading(tmp_path, units=2), moments=3)
    assert found.bad == []
