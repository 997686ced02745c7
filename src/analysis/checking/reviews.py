"""Decisions of people about findings, which a re-run keeps.

In: ``reviews.csv``, which people and ``analysis review`` write: a finding by its fingerprint, the state of its
evidence when it was decided on, the decision, by whom, when and why. Out: the table ``findings`` with
these in it; where the evidence has changed since, the decision is taken back (``reopened``).
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.errors import InputError
from analysis.frames import DECISIONS
from analysis.places import is_local, reached, write_whole

NAME = "reviews.csv"
# What a person may decide, and what it is called; whether a decision is reopened only the evidence says.
DECIDED: Mapping[str, str] = {"confirmed": "属实", "dismissed": "不成立", "explained": "已说明"}
REOPENED = DECISIONS[-1]
_ASKED = ("fingerprint", "state", "decision", "by", "on", "why")
# For those who read the file; a finding is not matched by them.
_TOLD = ("unit", "year", "code", "message")
COLUMNS = (*_ASKED, *_TOLD)
# Opens as UTF-8 in spreadsheets.
_MARK = "\ufeff"


@dataclass(frozen=True)
class Review:
    """One decision about a finding. Without a ``state`` it holds for the evidence as it is; ``on`` is ISO."""

    fingerprint: str
    state: str
    decision: str
    by: str
    on: str
    why: str
    unit: str = ""
    year: str = ""
    message: str = ""


def load(path: Path) -> tuple[Review, ...]:
    """The decisions of a file, none if there is no file. Raises ``InputError`` naming the line that is wrong."""
    if not path.exists():
        return ()
    _, header, rows = _rows(path, _text(path))
    found: dict[str, Review] = {}
    for line, cells, _ in rows:
        if any(cells):
            review = _review(f"{path} 第 {line} 行", f"{path} line {line}", _named(header, cells))
            if review.fingerprint in found:
                raise InputError(
                    f"{path} 第 {line} 行：{review.fingerprint} 已有一行；一项发现只留一行。",
                    f"{path} line {line}: {review.fingerprint} has a row already; keep one row a finding.",
                )
            found[review.fingerprint] = review
    return tuple(found.values())


def apply(findings: pd.DataFrame, reviews: Iterable[Review]) -> pd.DataFrame:
    """Findings with what was decided about them, by fingerprint; the rest of the table as it was."""
    told = {review.fingerprint: review for review in reviews}
    decided = findings.copy()
    for at, fingerprint, state in findings[["fingerprint", "state"]].itertuples(name=None):
        if review := told.get(fingerprint):
            holds = review.state in ("", state)
            decided.loc[at, ["decision", "decided_by", "decided_on", "reason"]] = (
                (review.decision, review.by, review.on, review.why)
                if holds
                else (REOPENED, "", "", _before(review))
            )
    return decided


def gone(
    reviews: Iterable[Review], fingerprints: Iterable[str], reports: Iterable[tuple[str, str]]
) -> list[Review]:
    """The decisions whose finding is not among those with these fingerprints, although its report (unit and
    year, as the row says it) is among ``reports``."""
    found, read = set(fingerprints), set(reports)
    return [
        review
        for review in reviews
        if review.fingerprint not in found and (not review.unit or (review.unit, review.year) in read)
    ]


def record(path: Path, finding: Mapping, decision: str, by: str, on: str, why: str) -> Review:
    """Write one decision about ``finding`` (a row of findings) into ``path``, in place of an earlier one.

    The file appears whole or stays as it was, every other row byte for byte. Raises ``InputError``.
    """
    told = {"decision": decision, "by": by, "on": on, "why": why}
    whose = {name: str(finding[name]) for name in ("fingerprint", "state")}
    review = _review("这项复核", "this decision", {k: v.strip() for k, v in {**whose, **told}.items()})
    load(path)  # what cannot be read is not written over
    text = _text(path) if path.exists() else _MARK + ",".join(COLUMNS) + "\n"
    head, header, rows = _rows(path, text)
    ends = "\r\n" if head.endswith("\r\n") else "\n"
    about = {name: str(finding[name]) for name in ("unit", "year", "code")}
    new = {**asdict(review), **about, "message": str(finding["message_zh"])}
    kept, place = [head], None
    for _, cells, raw in rows:
        if _print(_named(header, cells).get("fingerprint", "")) == review.fingerprint:
            new, place = {**_named(header, cells), **new}, len(kept)
        kept.append(raw)
    line = io.StringIO()
    csv.writer(line, lineterminator=ends).writerow([new.get(name, "") for name in header])
    if place is None:
        if not kept[-1].endswith(("\n", "\r")):
            kept[-1] += ends
        kept.append(line.getvalue())
    else:
        kept[place] = line.getvalue()
    _replace(path, "".join(kept))
    return review


def day(typed: str) -> str | None:
    """A date as people and spreadsheets write it (2026-01-05, 2026/1/5, 2026年1月5日) in ISO; None if it is none."""
    match = re.fullmatch(
        r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d\d)(\d\d))(?:[ T]+0?0:00(?::00)?)?",
        typed.strip(),
    )
    if match:
        numbers = [int(n) for n in match.group(1, 3, 4, 5, 6, 7, 8) if n]
        with suppress(ValueError):
            return date(*numbers).isoformat()
    return None


# reading and writing the file


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} 读不出来（{error}）：请存为 UTF-8 的 CSV。",
            f"{path} cannot be read ({error}): save it as CSV in UTF-8.",
        ) from None


def _rows(path: Path, text: str) -> tuple[str, list[str], list[tuple[int, list[str], str]]]:
    """The header as it stands in the file and its names; then of every row its line, its cells without
    space around them, and the row as it stands."""
    mark = text[: text.startswith(_MARK)]
    lines = io.StringIO(text[len(mark) :], newline="").readlines()
    reader = csv.reader(lines, strict=True)
    rows, taken = [], 0
    try:
        for cells in reader:
            raw = "".join(lines[taken : reader.line_num])
            rows.append((taken + 1, [cell.strip() for cell in cells], raw))
            taken = reader.line_num
    except csv.Error as error:
        raise InputError(
            f"{path} 第 {reader.line_num} 行不是有效的 CSV（{error}）：请核对引号。",
            f"{path} line {reader.line_num} is no valid CSV ({error}): check the quotes.",
        ) from None
    (_, header, head), *rest = rows or [(1, [], "")]
    if missing := [name for name in _ASKED if name not in header]:
        raise InputError(
            f"{path} 第 1 行：缺少列 {'、'.join(missing)}；首行应为 {','.join(COLUMNS)}。",
            f"{path} line 1: the columns {', '.join(missing)} are missing; the first line is {','.join(COLUMNS)}.",
        )
    for line, cells, _ in rest:
        if any(cells[len(header) :]):
            raise InputError(
                f"{path} 第 {line} 行：单元格多于表头；含逗号的文字请加英文双引号。",
                f"{path} line {line}: more cells than the header has; put text with a comma in double quotes.",
            )
    return mark + head, header, rest


def _named(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    return {**dict.fromkeys(header, ""), **dict(zip(header, cells, strict=False))}


def _review(zh: str, en: str, cells: Mapping[str, str]) -> Review:
    """A decision from the cells of its row; ``zh`` and ``en`` say whose place a sentence is to name."""
    for name in ("fingerprint", "by", "why"):
        if not cells[name]:
            raise InputError(
                f"{zh}：{name} 空着；请写明{_MEANT[name][0]}。", f"{en}: {name} is empty; {_MEANT[name][1]}."
            )
    prints = {}
    for name in ("fingerprint", "state"):
        # A spreadsheet takes a fingerprint of digits for a number.
        if re.fullmatch(r"\d(?:\.\d+)?E\+?\d+", cells[name]):
            raise InputError(
                f"{zh}：{name} 被电子表格改成了 {cells[name]}；请将该列设为文本，从 findings.csv 重新抄录。",
                f"{en}: a spreadsheet turned {name} into {cells[name]}; make the column text and copy it from "
                "findings.csv again.",
            )
        prints[name] = _print(cells[name])
        if name == "fingerprint" and not re.fullmatch(f"[0-9a-f]{{1,{_LENGTH}}}", prints[name]):
            raise InputError(
                f"{zh}：{name} 不能是“{cells[name]}”；请从 findings.csv 的 {name} 列照抄（{_LENGTH} 个数字或 a—f）。",
                f"{en}: {name} cannot be {cells[name]!r}; copy it from that column of findings.csv ({_LENGTH} digits or a to f).",
            )
    if cells["decision"] not in DECIDED:
        may = "、".join(DECIDED)
        raise InputError(
            f"{zh}：decision 不能是“{cells['decision']}”，只能是 {may}。",
            f"{en}: decision cannot be {cells['decision']!r}; it is one of {', '.join(DECIDED)}.",
        )
    on = day(cells["on"])
    if on is None:
        raise InputError(
            f"{zh}：on 不是日期（{cells['on'] or '空'}）；请写成 2026-01-05。",
            f"{en}: on is no date ({cells['on'] or 'empty'}); write it as 2026-01-05.",
        )
    told = {name: cells.get(name, "") for name in ("unit", "year", "message")}
    return Review(**prints, decision=cells["decision"], by=cells["by"], on=on, why=cells["why"], **told)


def _print(typed: str) -> str:
    """A fingerprint or state as it was before a spreadsheet took it for a number or somebody for a word."""
    return typed.lower().zfill(_LENGTH) if typed.isdecimal() else typed.lower()


# Characters of a fingerprint and of a state (finding.py).
_LENGTH = 12
_MEANT = {
    "fingerprint": (
        "是哪一项发现（findings.csv 的 fingerprint 列）",
        "say which finding it is (findings.csv)",
    ),
    "by": ("由谁决定", "say who decided"),
    "why": ("理由", "say why"),
}


def _before(review: Review) -> str:
    return (
        f"依据已变，须重新复核：{review.on} 由 {review.by} 判为{DECIDED[review.decision]}，理由：{review.why} | "
        f"the evidence has changed; {review.decision} by {review.by} on {review.on}"
    )


def _replace(path: Path, text: str) -> None:
    """Write aside, then rename."""
    if not is_local(path):
        with reached(path):
            write_whole(path, text.encode("utf8"))
        return
    path = path.resolve()
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(text.encode("utf8"))
        if path.exists():
            shutil.copymode(path, aside)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise InputError(
            f"不能写 {path.name}（{error.strerror}）：请检查文件夹与权限。",
            f"{path.name} cannot be written ({error.strerror}): check the folder and its permissions.",
        ) from None
