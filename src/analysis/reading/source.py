"""A file becomes text.

In: a path. Out: ``Source`` – the text of the file, line by line, the place of each line in the file,
and the file's hash. A table of a page, document or sheet stands in the text as one line a row, its
cells between bars; text files stand as they are. Offsets everywhere in the workbook count characters
of this text. What is too large to be a report is refused before it is opened.
"""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from analysis import places
from analysis.errors import InputError, printable
from analysis.reading.formats import SUFFIXES, Page, kind_of, read_page
from analysis.reading.formats.plain import decode

__all__ = ["SUFFIXES", "Source", "edition", "load"]

# The largest file that is opened, in bytes: a report with all its pictures stays far below.
MOST_BYTES = 64 * 1024 * 1024
# The most characters that the text of a report can have: the longest known has 40,000.
MOST_CHARACTERS = 300_000
# Blanks, dashes or bars in such number are no layout.
_ENDLESS = re.compile(r"\s{1000,}|[-—–_=.*|~·…]{1000,}")


@dataclass(frozen=True)
class Source:
    """``name`` is the file as people speak of it: ``永康市/2020.txt``; ``places[i]`` says where line i
    stands in a file whose lines are not its own (page, table, row), and is empty for text."""

    path: Path
    name: str
    text: str
    sha256: str
    kind: str
    places: tuple[str, ...] = ()


def load(path: Path) -> Source:
    """Read one file of any known kind. Raises ``InputError`` if it is missing, empty, too large,
    damaged, locked or of a kind that holds no text."""
    name = printable(f"{path.parent.name}/{path.name}" if path.parent.name else path.name)
    try:
        with places.reached(path):
            size = places.size(path)
    except OSError:  # a name longer than any file's
        size = -1
    if size < 0:
        raise InputError(
            f"找不到文件 {path}：请核对路径，或把报告放到该处。",
            f"There is no file {path}: check the path, or put the report there.",
        )
    if size > MOST_BYTES:
        raise InputError(
            f"{path} 有 {size // 2**20} MB，超过 {MOST_BYTES // 2**20} MB，不会是一份年度报告：请确认文件。",
            f"{path} has {size // 2**20} MB, more than the {MOST_BYTES // 2**20} MB that are read: check that it "
            "is a report.",
        )
    try:
        with places.reached(path):
            data = places.content(path) if size else b""
    except OSError as error:
        raise InputError(
            f"{path} 打不开（{error.strerror}）：请检查读取权限。",
            f"{path} cannot be opened ({error.strerror}): check that it may be read.",
        ) from None
    if not data.strip():
        raise InputError(
            f"{path} 是空文件：请重新保存报告。", f"{path} is an empty file: save the report again."
        )
    kind = kind_of(data, path)
    page: Page = read_page(data, kind, path)
    if len(page.text) > MOST_CHARACTERS:
        raise InputError(
            f"{path} 的文字有 {len(page.text)} 字，不会是一份年度报告：请确认文件。",
            f"{path} holds {len(page.text)} characters of text, too many for a report: check the file.",
        )
    if run := _ENDLESS.search(page.text):
        raise InputError(
            f"{path} 里有连续 {len(run[0])} 个空白或线条，不是正常的文本：请重新保存报告。",
            f"{path} has {len(run[0])} blanks or dashes in a row and is no sound text: save the report again.",
        )
    return Source(path, name, page.text, hashlib.sha256(data).hexdigest(), kind, page.places)


def edition(source: Source) -> str:
    """What the folder's ``sources.csv`` says of a file it lists by hash (``restated``, …), or nothing."""
    listed = places.absolute(source.path).parent.parent / "sources.csv"
    try:
        changed = listed.stat().st_mtime_ns
    except OSError:
        return ""
    return _editions(listed, changed).get(source.sha256, "")


@cache
def _editions(listed: Path, changed: int) -> dict[str, str]:
    """Editions by hash; read again only when the file has ``changed``."""
    try:
        rows = csv.DictReader(decode(listed.read_bytes(), listed).splitlines())
        return {row.get("sha256") or "": row.get("edition") or "" for row in rows}
    except (OSError, InputError, csv.Error):
        return {}  # a side file that cannot be read says nothing of any report
