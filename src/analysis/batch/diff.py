"""Which published sentence, rate, finding or cell differs between two batches, and what changed it.

In: two folders that batches have left; each run there has a record of what it was made from (``*.run.json``) beside its
tables. Out: ``Diff`` – the runs, the changes counted by cause, the most important of them – and all changes as CSV, written
pair by pair. A cause is named only where the records leave no other; docs/diff.md has the rules.
"""

from __future__ import annotations

import csv
import filecmp
import json
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from analysis.batch.causes import COMPARED, Left, broken, differences, record, traced
from analysis.batch.journal import NAME as LEDGER
from analysis.batch.notebooks import is_ours
from analysis.errors import InputError
from analysis.parameters import parse_units, parse_years, years_label
from analysis.workbook import DRAFT

COLUMNS = (
    *("kind", "unit", "years", "language", "table", "section", "key"),
    *("what", "how", "old", "new", "cause", "evidence"),
)
CAUSES = ("unexplained", "data", "code", "parameters", "data_part", "not_data", "undecided", "unpaired")


class Identity(NamedTuple):
    """What a run is of; runs of two batches with the same are a pair. ``kind`` is that of the notebook, or the file of
    a notebook of one's own."""

    kind: str
    unit: str
    years: str
    language: str


@dataclass(frozen=True)
class Diff:
    """``runs``: an identity a row, its ``state`` (same, changed, gone, new) and what ``differ`` of what it was made from.
    ``counts``: how many changes (``n``) by cause, table and what. ``top``: the most important changes (``COLUMNS``).
    ``passed_over``: how many results of single commands there are, which do not say what they were made from."""

    runs: pd.DataFrame
    counts: pd.DataFrame
    top: pd.DataFrame
    passed_over: int = 0

    @property
    def changed(self) -> bool:
        """Whether the batches differ in anything that they publish."""
        return len(self.counts) > 0


def diff(old: Path, new: Path, out: Path | None = None, most: int = 10) -> Diff:
    """Compare the batch in ``new`` with that in ``old``; every change goes to the CSV ``out``. Raises ``InputError``."""
    (before, single), (after, singles) = _runs(old), _runs(new)
    runs, counts, top = [], Counter(), []
    with _Table(out) as table:
        for identity in sorted({*before, *after}):
            if identity in before and identity in after:
                pair = Left(before[identity]), Left(after[identity])
                differ, rows = differences(*pair), list(_changes(*pair))
                state = "changed" if rows else "same"
            else:
                state, where = ("gone", after) if identity in before else ("new", before)
                spoken = sorted(i.language for i in where if i[:3] == identity[:3])
                evidence = f"language: {', '.join(spoken)}" if spoken else ""
                differ, rows = {}, [_row("run", "", state, cause="unpaired", evidence=evidence)]
            rows = [{**row, **identity._asdict()} for row in rows]
            table.write(rows)
            counts.update((row["cause"], row["table"], row["what"]) for row in rows)
            top = sorted([*top, *rows], key=_rank)[:most]
            runs.append({**identity._asdict(), "state": state, "differ": " ".join(differ)})
    counted = sorted(counts.items(), key=lambda c: (CAUSES.index(c[0][0]), c[0]))
    return Diff(
        pd.DataFrame(runs, columns=[*Identity._fields, "state", "differ"]),
        pd.DataFrame([(*c, n) for c, n in counted], columns=["cause", "table", "what", "n"]),
        pd.DataFrame(top, columns=list(COLUMNS)),
        single + singles,
    )


class _Table:
    """A CSV that is there when it is whole."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __enter__(self) -> _Table:
        if self._path:
            if self._path.is_dir():
                raise InputError(
                    f"--out {self._path} 是文件夹：请写一个 CSV 文件名。",
                    f"--out {self._path} is a folder: name a CSV file.",
                )
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115 – closed when it is left
                    "w", dir=self._path.parent, prefix=".diff-", delete=False, encoding="utf8", newline=""
                )
            except OSError as error:
                raise InputError(
                    f"不能写 {self._path}（{error.strerror}）：请换一个 --out。",
                    f"{self._path} cannot be written ({error.strerror}): choose another --out.",
                ) from None
            self._csv = csv.DictWriter(self._file, COLUMNS, lineterminator="\n")
            self._csv.writeheader()
        return self

    def write(self, rows: Iterable[Mapping[str, str]]) -> None:
        if self._path:
            self._csv.writerows(rows)

    def __exit__(self, failed: type | None, *_: object) -> None:
        if self._path:
            self._file.close()
            written = Path(self._file.name)
            written.chmod(0o644)
            if failed:
                written.unlink()
            else:
                written.replace(self._path)


def _rank(row: Mapping[str, str]) -> tuple[bool, bool, int]:
    """What nothing explains goes first, then runs that are missing, the draft, and the tables in their order."""
    tables = ("run", *COMPARED)
    place = tables.index(row["table"]) if row["table"] in tables else len(tables)
    return row["cause"] != "unexplained", place > 0 and row["section"] not in DRAFT, place


# what runs have left


def _runs(folder: Path) -> tuple[dict[Identity, Path], int]:
    """The records of the runs in a batch, and how many results of single commands lie among them."""
    if not folder.is_dir():
        raise InputError(
            f"没有文件夹 {folder}：请给出一批结果的文件夹（analysis run 的 --out）。",
            f"There is no folder {folder}: give one that a batch has left (its --out).",
        )
    found: dict[Identity, Path] = {}
    single = 0
    for path in sorted(folder.rglob("*run.json")):
        within = path.relative_to(folder).parts
        if not path.name.endswith(".run.json") and path.name != "run.json":
            continue
        if any(part.startswith(".") for part in within):
            continue
        run = record(path)
        if run is None:
            single += 1
            continue
        identity = _identity(run, path)
        if identity in found:
            # Trends of all years lie in another folder since a year has come in; the ledger knows which is the last.
            last = _in_ledger(folder) & {path, found[identity]}
            if len(last) == 1:
                found[identity] = last.pop()
                continue
            raise InputError(
                f"{found[identity].parent} 与 {path.parent} 是同一次运行（{' '.join(identity)}），无从配对：请只留一个。",
                f"{found[identity].parent} and {path.parent} are the same run ({' '.join(identity)}): keep one, or they cannot be paired.",
            )
        found[identity] = path
    if not found:
        raise InputError(
            f"{folder} 里没有一批的运行记录（*.run.json）：请给出 analysis run 的结果；单次命令的、早于 0.6.0 的请用它重做。",
            f"{folder} holds no record of a batch (*.run.json): give what analysis run has left; make again with it what a single "
            "command or a version before 0.6.0 has made.",
        )
    return found, single


def _in_ledger(folder: Path) -> set[Path]:
    """The records that the ledger of a batch names; none where it has none."""
    if not (folder / LEDGER).is_file():
        return set()
    try:
        with closing(sqlite3.connect(f"{(folder / LEDGER).absolute().as_uri()}?mode=ro", uri=True)) as base:
            return {folder / json.loads(row[0])["record"] for row in base.execute("SELECT record FROM runs")}
    except (sqlite3.Error, ValueError, KeyError):  # damaged, or being written
        return set()


def _identity(run: Mapping, path: Path) -> Identity:
    """As typed, and put in one way of writing it; what was left to the run to choose is the name of its folder."""
    given, folder = run["parameters"], path.parent
    units = "、".join(parse_units(given.get("unit")))
    try:
        years = years_label(parse_years(given["years"])) if given.get("years") else ""
    except InputError:
        raise broken(path, "years") from None
    period = given.get("period") or ("all" if run.get("every_year") else years)
    if period and given.get("group"):
        period += f"-{given['group']}"
    unit = units or ("" if run["kind"] == "bulletin" else folder.parent.name)
    stem = Path(run.get("notebook") or "").stem
    kind = f"{stem}.ipynb" if stem and not is_ours(stem) else run["kind"]
    return Identity(kind, unit, period or folder.name, given.get("language") or "zh")


# what differs


def _row(table: str, key: str, what: str, **more: str) -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "") | {"table": table, "key": key, "what": what} | more


def _changes(old: Left, new: Left) -> Iterator[dict[str, str]]:
    """Everything that differs between two runs, with its cause."""
    differ = differences(old, new)
    known = "; ".join(f"{name}: {about}" for name, about in differ.items())
    alone = (next(iter(differ)) if differ else "unexplained") if len(differ) < 2 else "undecided"
    if old.state != new.state:
        yield _row("run", "", "changed", old=old.state, new=new.state, cause=alone, evidence=known)
    for name in sorted({*old.files, *new.files}, key=lambda n: (n not in COMPARED, n)):
        pair = old.files.get(name), new.files.get(name)
        if all(pair) and filecmp.cmp(*pair, shallow=False):
            continue
        if name not in COMPARED or not all(pair):
            what = "changed" if all(pair) else "gone" if pair[0] else "new"
            yield _row(name, "", what, cause=alone, evidence=known)
            continue
        for before, after in _pairs(name, old.table(name), new.table(name)):
            cause, cells = (alone, [])
            if "data" in differ:
                cause, cells = traced(name, before, after, old, new, alone)
            yield _told(name, before, after, new.language, cause, "; ".join(filter(None, [known, *cells])))


def _pairs(name: str, old: pd.DataFrame, new: pd.DataFrame) -> list[tuple[dict | None, dict | None]]:
    """The rows that differ, old and new; None where there is none. A sentence under another number is the same sentence."""
    columns = [c for c in COMPARED[name] if c in old and c in new]
    by = "fingerprint" if name == "findings" else "key"
    a, b = (t.set_index([by, t.groupby(by).cumcount()], drop=False) for t in (old, new))
    both = a.index.intersection(b.index)
    left, right = a.loc[both, columns], b.loc[both, columns]
    same = both[((left == right) | (left.isna() & right.isna())).all(axis=1)]
    before, after = (t.drop(index=same).to_dict("index") for t in (a, b))
    if name == "statements":
        moved = Counter(map(_sentence, before.values())) & Counter(map(_sentence, after.values()))
        before, after = _without(before, moved.copy()), _without(after, moved)
    return [(before.get(i), after.get(i)) for i in dict.fromkeys([*before, *after])]


def _sentence(row: Mapping) -> tuple:
    return row["unit"], row["year"], row["section"], row["text"]


def _without(rows: Mapping, moved: Counter) -> dict:
    """The rows less those that the other batch has elsewhere."""
    left = {}
    for index, row in rows.items():
        if moved[_sentence(row)]:
            moved[_sentence(row)] -= 1
        else:
            left[index] = row
    return left


def _told(
    name: str, before: dict | None, after: dict | None, language: str, cause: str, evidence: str
) -> dict:
    """One row of the result."""
    row = after or before
    what = "changed" if before and after else "new" if after else "gone"
    skip = {"message_en" if language == "zh" else "message_zh"}
    columns = [c for c in COMPARED[name] if c not in skip and c in row]
    if what == "changed":
        columns = [c for c in columns if _plain(before.get(c)) != _plain(after.get(c))] or columns
    return _row(
        name,
        row["key"],
        what,
        section=row.get("section", ""),
        how=_how(name, before, after, language) if what == "changed" else "",
        old=_shown(before, columns, what),
        new=_shown(after, columns, what),
        cause=cause,
        evidence=evidence,
    )


def _plain(value: object) -> str:
    return "" if pd.isna(value) else f"{value:.15g}" if isinstance(value, float) else str(value)


def _shown(row: Mapping | None, columns: Sequence[str], what: str) -> str:
    if not row:
        return ""
    if len(columns) == 1 and columns[0] in ("text", "message_zh", "message_en"):
        return row[columns[0]]
    values = {c: _plain(row[c]) for c in columns}
    return "; ".join(f"{c}={v or '—'}" for c, v in values.items() if v or what == "changed")


def _how(name: str, before: Mapping, after: Mapping, language: str) -> str:
    """Whether a value differs, only the way it is printed, or only the words around it."""
    if name == "facts":
        return (
            "printing"
            if all(_plain(before[c]) == _plain(after[c]) for c in ("value", "status", "candidates"))
            else "value"
        )
    if name not in ("statements", "findings"):
        return "value"
    figures = [
        json.loads(json.loads(r["figures"])[language] if name == "findings" else r["figures"])
        for r in (before, after)
    ]
    for column, how in (("value", "value"), ("text", "printing")):
        old, new = (Counter(str(f[column]) for f in each) for each in figures)
        if old != new:
            return how
    return "wording"


# on the screen

_CAUSES = {
    "unexplained": (
        "没有解释：记下的数据、代码、参数都相同，结果却不同",
        "not explained: recorded data, code and parameters are the same, the results are not",
    ),
    "data": ("数据", "data"),
    "code": ("代码", "code"),
    "parameters": ("参数", "parameters"),
    "data_part": (
        "数据有份：它的格在文件里印得不同了；代码是否也有份，分不清",
        "data had a part: the file prints its cells otherwise; whether code had one too cannot be told",
    ),
    "not_data": (
        "不是数据经由它的数字引起的：所据的格都没有变",
        "not the data by its figures: none of its cells changed",
    ),
    "undecided": ("分不清：不止一样变了", "cannot be told apart: more than one thing changed"),
    "unpaired": ("只在一批里", "in one batch only"),
}
_REMEDY = (
    "要分清：用新代码把旧数据再跑一批（参数照旧），先后与旧的、新的各比一次；每次就只有一样不同。",
    "To tell them apart, run the old data with the new code (parameters as before) and compare that batch with each of the two: then one thing differs at a time.",
)
_ALARM = (
    "⚠ 有变化没有解释：结果不能重现，或取决于没有记下的东西（如所在的机器）。请先查清，再引用这两批。",
    "⚠ Some changes have no explanation: results do not repeat, or rest on something that is not recorded (such as the machine). Find out before either batch is quoted.",
)
# The words of the evidence, as the table of changes has them.
_EVIDENCE = {
    "data": "数据",
    "code": "代码",
    "parameters": "参数",
    "changed": "变",
    "added": "增",
    "removed": "减",
    "program": "程序",
    "version": "版本",
    "notebook": "笔记本",
    "language": "语言",
    "cells of reports that a run is not of": "不属于其中一次运行的报告里的格",
    "cells unchanged": "未变的格",
    "cells in all": "变了的格共",
}
_IN_EVIDENCE = re.compile(rf"(?<![^;,:] )\b({'|'.join(_EVIDENCE)})(?=[: ])")
_WHAT = {"changed": ("变", "changed"), "new": ("新", "new"), "gone": ("去", "gone")}
_HOW = {
    "": ("", ""),
    "value": ("：数值", " value"),
    "printing": ("：印法", " printing"),
    "wording": ("：措辞", " wording"),
}


def summary(made: Diff, language: str = "zh") -> Iterator[str]:
    """The result in lines: the runs, the changes by cause, the most important ones with cause and evidence."""
    n = ("zh", "en").index(language)
    states = made.runs["state"].value_counts()
    words = {
        "same": ("相同", "same"),
        "changed": ("有变化", "changed"),
        "gone": ("只在旧的", "only in the old"),
        "new": ("只在新的", "only in the new"),
    }
    yield ("运行 ", "runs ")[n] + " · ".join(
        f"{word[n]} {states.get(code, 0)}" for code, word in words.items()
    )
    if made.passed_over:
        yield (
            f"略过单次命令的结果 {made.passed_over} 个：没有记下由什么做成。",
            f"Results of single commands passed over: {made.passed_over}; they do not say what they were made from.",
        )[n]
    if not made.changed:
        yield ("没有变化。", "No changes.")[n]
    for cause, rows in made.counts.groupby("cause", sort=False):
        tables = rows.groupby("table", sort=False)["n"].sum().items()
        yield f"{rows['n'].sum():>6}  {_CAUSES[cause][n]} ({', '.join(f'{t} {k}' for t, k in tables)})"
    for row in made.top.to_dict("records"):
        about = " ".join(filter(None, (row["kind"], row["unit"], row["years"], row["language"])))
        yield f"{'⚠' if row['cause'] == 'unexplained' else '•'} {about} · {row['table']} {row['key']} [{_WHAT[row['what']][n]}{_HOW[row['how']][n]}]"
        yield from (f"    {mark} {row[side]}" for mark, side in (("-", "old"), ("+", "new")) if row[side])
        yield f"    = {_CAUSES[row['cause']][n]}"
        if evidence := row["evidence"]:
            if language == "zh":
                evidence = _IN_EVIDENCE.sub(lambda word: _EVIDENCE[word[1]], evidence)
            yield f"      {evidence}"
    every = int(made.counts["n"].sum())
    if 0 < (shown := len(made.top)) < every:
        yield (
            f"以上 {shown} 项，共 {every} 项；其余用 --most 或 --out 看。",
            f"These are {shown} of {every}; --most and --out show the others.",
        )[n]
    causes = {*made.counts["cause"]}
    if causes & {"undecided", "data_part", "not_data"}:
        yield _REMEDY[n]
    if "unexplained" in causes:
        yield _ALARM[n]
