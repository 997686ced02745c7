"""Declared fixes of what a source got wrong (``data/corrections.yml``).

In: the records of a report, and the corrections that name it. Out: the records with the new values in
place, marked as corrections; what the page prints stays beside them as ``raw``. A correction says what
it expects to find; one that finds something else fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import yaml

from analysis.errors import InputError
from analysis.reading.facts import CORRECTION

NAME = "corrections.yml"
_ASKED = ("unit", "year", "cell", "expected", "value", "reason")


@dataclass(frozen=True)
class Correction:
    """One fix: the cell (``table.row.column``) of a report, what is expected there – the number printed,
    or ``blank`` – the value that is right, and why."""

    unit: str
    year: int
    cell: str
    expected: str
    value: float
    reason: str


def load(path: Path) -> list[Correction]:
    """The corrections of a file; none if there is no file. Raises ``InputError`` for one that is not
    whole."""
    if not path.is_file():
        return []
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf8")) or []
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        reason = str(error).replace("\n", " ")
        raise InputError(f"{path} 不是有效的 YAML：{reason}", f"{path} is no valid YAML: {reason}") from None
    if isinstance(listed, Mapping):
        listed = listed.get("corrections") or []
    if not isinstance(listed, list):
        raise InputError(
            f"{path} 应是一个列表，每条更正一项。", f"{path} should be a list, an entry a correction."
        )
    made = []
    for n, entry in enumerate(listed, 1):
        missing = [k for k in _ASKED if not isinstance(entry, Mapping) or entry.get(k) in (None, "")]
        try:
            if missing:
                raise ValueError
            year, value = int(entry["year"]), float(entry["value"])
            if not isfinite(value):
                raise ValueError
        except (ValueError, TypeError, OverflowError):
            wrong = "、".join(missing) or "year、value"
            raise InputError(
                f"{path} 第 {n} 条更正不完整：请写明 {wrong}。",
                f"{path}: correction {n} is not whole: give {', '.join(missing) or 'year and value as numbers'}.",
            ) from None
        made.append(
            Correction(
                str(entry["unit"]),
                year,
                str(entry["cell"]),
                str(entry["expected"]),
                value,
                str(entry["reason"]),
            )
        )
    return made


def corrected(records: Mapping[str, Sequence[Mapping]], corrections: Sequence[Correction]) -> Mapping:
    """The records of one report with the corrections that name it. Raises ``InputError`` for one that
    finds something else than it expects."""
    document = records["documents"][0]
    own = [c for c in corrections if (c.unit, c.year) == (document["unit"], document["year"])]
    if not own:
        return records
    facts = [dict(f) for f in records["facts"]]
    by_key = {f["key"]: f for f in facts}
    for correction in own:
        key = f"{correction.unit}/{correction.year}/{correction.cell}"
        fact = by_key.get(key)
        if fact is None:
            raise InputError(
                f"更正 {key}：这份报告的格式没有这一格；请核对 {NAME}。",
                f"Correction of {key}: the form of this report has no such cell; check {NAME}.",
            )
        if not _as_expected(fact, correction.expected):
            found = fact["raw"] or fact["candidates"] or fact["status"]
            raise InputError(
                f"更正 {key} 预期原值为 {correction.expected}，报告中却是 {found}；原文可能已改，请核对 {NAME}。",
                f"The correction of {key} expects {correction.expected}, the report has {found}; the source may have "
                f"changed, check {NAME}.",
            )
        fact |= {"value": correction.value, "status": "reported", "candidates": "", "basis": CORRECTION}
    fixed = {c.cell for c in own}
    placements = [p for p in records["placements"] if f"{p['table']}.{p['row']}.{p['column']}" not in fixed]
    return {**records, "facts": facts, "placements": placements}


def _as_expected(fact: Mapping, expected: str) -> bool:
    if expected == "blank":
        return fact["status"] == "blank"
    if fact["raw"].strip() == expected:
        return True
    try:
        return fact["value"] is not None and fact["value"] == float(expected)
    except ValueError:
        return False
