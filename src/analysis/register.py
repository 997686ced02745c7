"""The register of units: what each is, whose part it is, whose figures it reports.

In: ``units.csv``, which people keep beside their reports. Out: ``Register``, which answers for any unit;
what the register does not say is not known, and nobody guesses it from a name.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from analysis import places
from analysis.errors import InputError, printable
from analysis.frames import SCOPES

NAME = "units.csv"
KINDS = ("", "government", "department")
LEVELS = ("", "central", "province", "prefecture", "county", "township")
_YES_NO = ("", "yes", "no")
# What units can be grouped by.
GROUPS = ("", "level", "parent", "kind", "province")
COLUMNS = ("unit", "kind", "level", "parent", "scope", "province", "complete", "aliases", "note")


# Signs that part the keys of tables and the names of files: no unit is called with them.
_SIGNS = re.compile(r"[/\\:\0|]| [-+/] |^[.*]")


def nameable(name: str) -> bool:
    """Whether a unit can be called so: without signs of a path, or those that join keys, and in UTF-8."""
    return not _SIGNS.search(name) and printable(name) == name


@dataclass(frozen=True)
class Unit:
    """One body: a ``government`` or a ``department`` of a ``level``; ``parent`` is the government it belongs
    to; ``scope`` says whose figures its reports give: its own, those of its level of government, or those
    of the whole area; ``complete`` that all its parts are in the register. Empty: not declared."""

    unit: str
    kind: str = ""
    level: str = ""
    parent: str = ""
    scope: str = ""
    province: str = ""
    complete: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Register:
    """The declared units by name."""

    units: Mapping[str, Unit] = field(default_factory=dict)

    def of(self, name: str) -> Unit:
        """What is declared of a unit, by its name or an alias; an empty entry if nothing is."""
        return self.units.get(name) or self._by_alias.get(name) or Unit(name)

    @cached_property
    def _by_alias(self) -> Mapping[str, Unit]:
        return {alias: unit for unit in reversed(self.units.values()) for alias in unit.aliases}

    def parts(self, name: str) -> list[Unit]:
        """The units declared to be part of ``name``, in the order of the register."""
        whole = self.of(name).unit
        return [u for u in self.units.values() if u.parent and self.of(u.parent).unit == whole]


_ALLOWED = {"kind": KINDS, "level": LEVELS, "scope": ("", *SCOPES), "complete": _YES_NO}


def load(path: Path) -> Register:
    """The register that a file declares. Raises ``InputError`` naming the line that is wrong."""
    if not path.is_file():
        raise InputError(f"找不到文件 {path}。", f"There is no file {path}.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, strict=True)
            rows, header = list(table), [name.strip() for name in table.fieldnames or ()]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path} 读不出来（{error}）：请存为 UTF-8 的 CSV。",
            f"{path} cannot be read ({error}): save it as CSV in UTF-8.",
        ) from None
    if wrong := [name for name in header if name not in COLUMNS] or ([] if "unit" in header else ["unit"]):
        near = "、".join(COLUMNS)
        raise InputError(
            f"{path} 第 1 行：{'没有列' if wrong == ['unit'] else '不认识列'} {wrong[0]}；可用的列是 {near}。",
            f"{path} line 1: {'no column' if wrong == ['unit'] else 'unknown column'} {wrong[0]}; there are "
            f"{', '.join(COLUMNS)}.",
        )
    return Register({unit.unit: unit for unit in _units(path, rows)})


def _units(path: Path, rows: Iterable[Mapping[str, str | None]]) -> Iterable[Unit]:
    seen: set[str] = set()
    for n, row in enumerate(rows, 2):
        cells = {k: (v or "").strip() for k, v in row.items() if k and not isinstance(v, list)}
        name = cells.get("unit", "")
        if not name or name in seen:
            raise InputError(
                f"{path} 第 {n} 行：{f'单位 {name} 重复' if name else '缺单位'}。",
                f"{path} line {n}: {'twice the unit ' + name if name else 'no unit'}.",
            )
        for called in (name, cells.get("parent", ""), *cells.get("aliases", "").split()):
            if not nameable(called):
                raise InputError(
                    f"{path} 第 {n} 行：名称 {called!r} 不能含有 / \\ : | 或前后有空格的 + -，也不能以 . 或 * 开头。",
                    f"{path} line {n}: the name {called!r} must not hold / \\ : | or + and - between blanks, nor begin with . or *.",
                )
        for column, allowed in _ALLOWED.items():
            if cells.get(column, "") not in allowed:
                may = [a for a in allowed if a]
                raise InputError(
                    f"{path} 第 {n} 行：{column} 不能是“{cells[column]}”，只能是 {'、'.join(may)} 或留空。",
                    f"{path} line {n}: {column} cannot be {cells[column]!r}; it is one of {', '.join(may)}, or empty.",
                )
        if cells.get("parent") and cells["parent"] in (name, *cells.get("aliases", "").split()):
            raise InputError(
                f"{path} 第 {n} 行：{name} 不能是自己的上级（parent）。",
                f"{path} line {n}: {name} cannot be its own parent.",
            )
        seen.add(name)
        known = {k: cells.get(k, "") for k in ("kind", "level", "parent", "scope", "province", "complete")}
        yield Unit(name, **known, aliases=tuple(cells.get("aliases", "").split()))


def beside(folder: Path) -> Register:
    """The register in a folder of reports or beside it; an empty one if there is none."""
    path = places.beside(folder, NAME)
    return load(path) if path.is_file() else Register()
