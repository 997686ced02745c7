"""Many runs: one a year, each in a process of its own, going on after a failure.

A process, never a thread: papermill in threads runs notebooks in each other's folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.batch.run import Run
from analysis.parameters import parse_years, request


@dataclass(frozen=True)
class Outcome:
    """How one run ended: good, or why not."""

    run: Run
    good: bool
    message: str


def plan(run: Run) -> list[Run]:
    """One run for every year asked for. Years that are not there get a run, and fail, each by
    itself; with no years given, every year the unit has."""
    if run.years:
        years: Iterable[int] = parse_years(run.years)
    else:
        years = request(**run.given).years or ()
    return [replace(run, years=str(year)) for year in years]


def batch(
    runs: Iterable[Run], out: Path, told: Callable[[Run], None] = lambda run: None
) -> Iterator[Outcome]:
    """Make each run in turn; ``told`` is called before each. Yields how each ended."""
    for run in runs:
        told(run)
        command = [sys.executable, "-m", "analysis", "report", "--out", str(out)]
        for name, value in run.given.items():
            command += [f"--{name}", value]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
        said = (done.stderr if done.returncode else done.stdout).strip().splitlines()
        yield Outcome(run, done.returncode == 0, said[0] if said else f"exit {done.returncode}")
