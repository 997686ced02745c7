"""What two runs were made from, and what of it changed a row of their tables.

In: the records of two runs (``*.run.json``) and their tables. Out: what differs of data, code and parameters, and for one row
its cause, as far as the cells behind it tell. docs/diff.md has the rules and what they rest on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.errors import InputError
from analysis.frames import SCHEMAS
from analysis.ledger import Ledger, terms
from analysis.writing.claims import cells_behind

# The columns by which a row of a table counts as changed. Of any other table it is only said that it differs.
COMPARED: Mapping[str, tuple[str, ...]] = {
    "statements": ("text",),
    "rates": ("value", "numerator", "denominator", "low", "high", "least", "most"),
    "findings": ("severity", "decision", "message_zh", "message_en"),
    "trends": ("value_first", "value_last", "change", "low", "high", "p", "adjusted", "verdict"),
    "counts": ("value",),
    "aggregates": ("numerator", "denominator", "value", "low", "high", "mean", "median", "phi"),
    "comparison": ("numerator", "denominator", "value", "low", "high", "adjusted", "outside", "left_out"),
    "facts": ("value", "raw", "status", "candidates"),
}
# Tables whose rows are made of the cells they lead to and of nothing else: not, as a change adjusted for all other tests.
_ALONE = {"facts", "claims", "sentences", "documents", "items", "rates", "counts", "findings"}
# What names a run, and where its inputs lay: their names and contents are compared themselves.
_NAMING = {"unit", "years", "language", "period", "group", "data", "file"}
_LISTED = 5
# A place to the column, which text files have.
_EXACT = re.compile(r":\d+:\d+$")
_WORDS = 40


def broken(path: Path, why: object) -> InputError:
    """That a file of a batch cannot be read."""
    return InputError(
        f"{path} 残缺或被改过（{why}）：请重新运行这一次。",
        f"{path} is broken or was changed ({why}): make this run again.",
    )


# What only a batch knows of what its runs are made from.
_KNOWN = ("inputs", "program", "notebook_hash")


def record(path: Path) -> dict | None:
    """What a run was made from, as it has noted it; None if a single command made it, which does not note that. Raises
    ``InputError``."""
    try:
        run = json.loads(path.read_text(encoding="utf8"))
    except (OSError, ValueError) as error:
        raise broken(path, error) from None
    if isinstance(run, dict) and "kind" in run and not run.keys() & {"key", *_KNOWN}:
        return None
    wanted = {"kind": str, "parameters": dict, "inputs": dict}
    wanted |= dict.fromkeys(("version", "program", "notebook_hash"), str)
    for name, kind in wanted.items():
        if not isinstance(run, dict) or not isinstance(run.get(name), kind):
            raise broken(path, name)
    return run


def _read(path: Path | None, columns: Mapping) -> pd.DataFrame:
    if not path:
        return pd.DataFrame({c: [] for c in columns})
    try:
        made = pd.read_csv(path, dtype=str, keep_default_na=False)
        for code in [c for c in made if c in columns and str(columns[c].dtype) in ("int64", "float64")]:
            made[code] = pd.to_numeric(made[code])
        if missing := {"key", "unit", "year"} - {*made}:
            raise KeyError(*missing)
        return made
    except (OSError, ValueError, KeyError) as error:
        raise broken(path, error) from None


class Left:
    """One run: its record, its tables, and the places of the reports that its figures rest on."""

    def __init__(self, path: Path) -> None:
        self.run, self.folder = record(path), path.parent
        self.language = self.run["parameters"].get("language") or "zh"
        self.state = self.run.get("state", "good")
        tables = self.folder / self.run.get("tables", "tables")
        self.files = {p.stem: p for p in sorted(tables.glob("*.csv"))}
        if not self.files and self.state == "good":
            raise broken(tables, "*.csv")
        self._tables: dict[str, pd.DataFrame] = {}

    def table(self, name: str) -> pd.DataFrame:
        """A table by its name, empty if the run has left none."""
        if name not in self._tables:
            self._tables[name] = _read(self.files.get(name), SCHEMAS[name].columns)
        return self._tables[name]

    @cached_property
    def _book(self) -> Ledger:
        traced = (set(COMPARED) | _ALONE | {"problems", "recurrence", "follow_up"}) - {"statements"}
        return Ledger({name: self.table(name) for name in sorted(traced & set(self.files))})

    @cached_property
    def _drafted(self) -> dict[tuple[str, str], list[dict]]:
        """The figures of the draft with their cells, those of other years too, as the run itself has traced them."""
        path = self.folder / "claims.json"
        if self.run["kind"] != "problems" or not path.is_file():
            return {}
        try:
            return {(c["key"], c["text"]): c["figures"] for c in json.loads(path.read_text(encoding="utf8"))}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise broken(path, error) from None

    @cached_property
    def _elsewhere(self) -> dict[tuple[str, str], dict]:
        figures = (f for figures in self._drafted.values() for f in figures)
        return {(c["table"], c["key"]): c for f in figures for c in f["cells"]}

    @cached_property
    def _reports(self) -> set[str]:
        return {*self.table("documents")["key"]}

    @cached_property
    def _spoken(self) -> set[tuple]:
        """What the prose says, wherever it stands in its report: sentences and numbers are numbered anew when one comes in."""
        said = set()
        for name, column in (("claims", "quote"), ("sentences", "text"), ("items", "text")):
            rows = self.table(name)
            value = rows["value"] if name == "claims" else [None] * len(rows)
            whose = rows["unit"] + "/" + rows["year"].astype(str)
            said.update(zip([name] * len(rows), whose, rows[column], value, strict=True))
        return said

    def figures(self, name: str, row: Mapping) -> dict[tuple[str, str], tuple[object, list[dict]]]:
        """Table and key of the figures of a row → the value, and the places it rests on; none, if they cannot be traced."""
        if name == "statements":
            figures = self._drafted.get((row["key"], row["text"])) or json.loads(row["figures"])
        elif name == "findings":
            figures = json.loads(json.loads(row["figures"])[self.language])
            figures.append({"table": name, "key": row["key"], "value": None})
        else:
            figures = [{"table": name, "key": row["key"], "value": [row.get(c) for c in COMPARED[name]]}]
        return {
            (f["table"], f["key"]): (f["value"], self._behind(f))
            for f in figures
            if not f["key"].endswith(":confidence")  # set by the method
        }

    def _behind(self, figure: Mapping) -> list[dict]:
        table, key = figure["table"], figure["key"]
        if table == "documents":
            return [{"table": table, "key": key, "value": figure["value"], "raw": str(figure["value"])}]
        if "cells" in figure:
            return figure["cells"]
        try:
            each = [list(cells_behind(table, term, self._book)) for term in terms(key)]
        except KeyError:  # of another year, whose tables this run does not leave
            return []
        return [cell for cells in each for cell in cells] if all(each) else []

    def find(self, cell: Mapping) -> dict | None:
        """The place ``cell`` of the other run here: None if the report no longer has it, empty if it is of a report whose
        tables this run does not leave."""
        table, key = cell["table"], cell["key"]
        whose = "/".join(key.partition(":")[0].split("/")[:2])
        if whose not in self._reports:
            return self._elsewhere.get((table, key), {})
        if table == "documents":
            name, _, column = key.partition(":")
            rows = self.table(table)
            held = rows.loc[rows["key"] == name, column] if column in rows else ()
            return {**cell, "value": held.iloc[0]} if len(held) else None
        if table != "facts":
            value = cell["value"] if table == "claims" else None
            if (table, whose, cell["raw"], value) in self._spoken:
                return dict(cell)
        try:
            return next(cells_behind(table, key, self._book), None)
        except KeyError:
            return None


def differences(old: Left, new: Left) -> dict[str, str]:
    """What two runs were not made from alike: data, code, parameters, and which of it."""
    before, after = old.run, new.run
    said = {
        "data": [
            f"{what} {' '.join(names[:_LISTED])}" + (f" … {len(names)}" if len(names) > _LISTED else "")
            for what, names in _inputs(old, new).items()
            if names
        ],
        "code": [
            f"{code} {before[name][:12]} → {after[name][:12]}"
            for code, name in (("program", "program"), ("version", "version"), ("notebook", "notebook_hash"))
            if before[name] != after[name]
        ],
        "parameters": [
            f"{name} {before['parameters'].get(name, '')} → {after['parameters'].get(name, '')}"
            for name in sorted({*before["parameters"], *after["parameters"]} - _NAMING)
            if before["parameters"].get(name) != after["parameters"].get(name)
        ],
    }
    return {name: ", ".join(parts) for name, parts in said.items() if parts}


def _inputs(old: Left, new: Left) -> dict[str, list[str]]:
    """The files that were not read alike."""
    a, b = old.run["inputs"], new.run["inputs"]
    return {
        "changed": [name for name in a if name in b and a[name] != b[name]],
        "added": [name for name in b if name not in a],
        "removed": [name for name in a if name not in b],
    }


# what changed it


def traced(
    name: str, before: dict | None, after: dict | None, old: Left, new: Left, alone: str
) -> tuple[str, list[str]]:
    """The cause as far as the cells behind a row tell it, and those of them that are read otherwise now."""
    was = old.figures(name, before) if before else {}
    now = new.figures(name, after) if after else {}
    seen = {}
    for figures, here, there in ((was, old, new), (now, new, old)):
        for _, cells in figures.values():
            for cell in cells:
                if (place := (cell["table"], cell["key"])) not in seen:
                    found = there.find(cell)
                    seen[place] = (cell, found) if here is old else (found, cell)
    unseen = [pair for pair in seen.values() if {} in pair]
    moved = [pair for pair in seen.values() if {} not in pair and not _same(*pair)]
    said = [_moved(*pair) for pair in moved[:_LISTED]]
    said += [f"cells in all: {len(moved)}"] if len(moved) > _LISTED else []
    said += [f"cells of reports that a run is not of: {len(unseen)}"] if unseen else []
    if alone != "undecided":
        return alone, said
    if any(_printed_otherwise(was[f], now[f], old, new) for f in was.keys() & now.keys()):
        return "data_part", said
    if not moved and not unseen and _reports_alone(old, new) and _settled(was) and _settled(now) and seen:
        return "not_data", [f"cells unchanged: {len(seen)}"]
    return alone, said


def _reports_alone(old: Left, new: Left) -> bool:
    """Whether the runs read nothing differently but the reports they are of: not decisions, a register, corrections, other
    years, which act on sentences by other ways than their cells."""
    reports = {*old.table("documents")["file"], *new.table("documents")["file"]}
    return {name for names in _inputs(old, new).values() for name in names} <= reports


def _settled(figures: Mapping[tuple[str, str], tuple[object, list[dict]]]) -> bool:
    """Whether all figures lead to cells, by nothing but these cells, and none of the cells is open."""
    tables = {t.split("|")[0] if "|" in t else table for table, key in figures for t in terms(key)}
    cells = [cells for _, cells in figures.values()]
    return tables <= _ALONE and all(c and all(x.get("status") != "ambiguous" for x in c) for c in cells)


def _same(before: Mapping | None, after: Mapping | None) -> bool:
    columns = ("raw", "value", "status")
    return bool(before and after) and all(before.get(c) == after.get(c) for c in columns)


def _moved(before: Mapping | None, after: Mapping | None) -> str:
    cell = after or before
    column = "value" if before and after and before["raw"] == after["raw"] else "raw"
    was, now = (str(c[column])[:_WORDS] if c else "—" for c in (before, after))
    return f"{cell['key']} {was} → {now} @ {cell.get('where', '')}".rstrip(" @")


def _printed_otherwise(was: tuple, now: tuple, old: Left, new: Left) -> bool:
    """Whether a number changed and the file prints something else at one of its cells for certain: readings of one text that
    begin at one place are the one the beginning of the other, so code alone cannot have read both."""
    if str(was[0]) == str(now[0]):
        return False
    after = {(c["table"], c["key"]): c for c in now[1]}
    for cell in was[1]:
        other = after.get((cell["table"], cell["key"]))
        if not other or cell["table"] not in ("facts", "sentences") or cell["where"] != other["where"]:
            continue
        if not _EXACT.search(cell["where"]):  # a paragraph, or a cell, in which either may begin anywhere
            continue
        hashes = [side.run["inputs"].get(cell["file"]) for side in (old, new)]
        a, b = cell["raw"], other["raw"]
        apart = not a.startswith(b) and not b.startswith(a) and cell["value"] != other["value"]
        if apart and all(hashes) and hashes[0] != hashes[1]:
            return True
    return False
