"""What several reports show beside each other: a unit's years, a whole and its parts, unit and unit.

In: the tables of one unit after the other (facts, claims, sentences, documents, placements, all its years), and the
register of units. Out: more rows of the table ``findings``. Each check sees every unit once, keeps only
what it needs to compare (hashes of sentences, a few numbers), and says at the end what it found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import pandas as pd

from analysis import frames
from analysis.checking.copying import Copying
from analysis.checking.finding import keyed
from analysis.checking.jumps import Jumps
from analysis.checking.parts import Parts
from analysis.checking.standing import Standing
from analysis.checking.years import Years
from analysis.reading.synthetic import synthetic_mixed
from analysis.register import Register

# The tables of one unit, by name.
Tables = Mapping[str, pd.DataFrame]


class Across(Protocol):
    """A check over several reports."""

    def __init__(self, register: Register) -> None: ...

    def add(self, tables: Tables) -> None:
        """See all reports of one unit."""

    def findings(self) -> pd.DataFrame:
        """What was found in all that was seen."""


CHECKS: tuple[type[Across], ...] = (
    Years,
    Standing,
    Copying,
    Parts,
    Jumps,
)


class Compared(NamedTuple):
    """What was found, and the tables that its sentences lead back to besides those of the reports."""

    findings: pd.DataFrame
    sides: dict[str, pd.DataFrame]


def compare(units: Iterable[Tables], register: Register) -> Compared:
    """The findings that no report shows by itself. Raises ``InputError`` where real and synthetic reports are mixed."""
    checks = [check(register) for check in CHECKS]
    kinds: dict[bool, str] = {}  # the first report that is real, and the first that is synthetic
    for tables in units:
        for document in frames.tuples(tables["documents"]):
            kinds.setdefault(bool(document.synthetic), document.key)
        if error := synthetic_mixed(pd.DataFrame(kinds.items(), columns=["synthetic", "key"])):
            raise error
        for check in checks:
            check.add(tables)
    found = frames.concat("findings", [check.findings() for check in checks])
    # Checks number their findings each for itself; a key names one row of all.
    findings = frames.frame("findings", keyed(found.drop(columns="key").to_dict("records")))
    units_ = [{"key": u.unit, "unit": u.unit} for u in register.units.values()]
    sides = {"register": pd.DataFrame(units_, columns=["key", "unit"])}
    for check in checks:
        sides |= check.sides() if isinstance(check, Jumps) else {}
    return Compared(findings, sides)


def check_across(units: Iterable[Tables], register: Register) -> pd.DataFrame:
    """The findings alone."""
    return compare(units, register).findings
