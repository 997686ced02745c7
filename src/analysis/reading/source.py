"""A file becomes text.

In: a path. Out: ``Source`` – the decoded text exactly as it stands in the file, and the file's
hash. Offsets everywhere in the workbook count characters of this text.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import InputError

# What this room can read so far. Other formats are added as further readers of the same kind.
SUFFIXES = (".txt",)
ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True)
class Source:
    """``name`` is the file as people speak of it: ``永康市/2020.txt``."""

    path: Path
    name: str
    text: str
    sha256: str


def load(path: Path) -> Source:
    """Read and decode one file. Raises ``InputError`` if it is missing, empty or no text."""
    name = f"{path.parent.name}/{path.name}" if path.parent.name else path.name
    try:
        there = path.is_file()
    except OSError:  # a name longer than any file's
        there = False
    if not there:
        raise InputError(
            f"找不到文件 {path}：请核对路径，或把报告放到该处。",
            f"There is no file {path}: check the path, or put the report there.",
        )
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{path}：还不能读取 {path.suffix or '无扩展名'} 文件；请把网页或文档的文字连同表格另存为 .txt"
            "（单元格之间用 | 分隔）。",
            f"{path}: files of type {path.suffix or '(none)'} cannot be read yet; save the text with its "
            "tables as .txt, cells parted by |.",
        )
    data = path.read_bytes()
    if not data.strip():
        raise InputError(
            f"{path} 是空文件：请重新保存报告。", f"{path} is an empty file: save the report again."
        )
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
            return Source(path, name, text, hashlib.sha256(data).hexdigest())
    raise InputError(
        f"{path} 不是 UTF-8 或 GB18030 文本：请另存为 UTF-8 文本。",
        f"{path} is neither UTF-8 nor GB18030 text: save it as UTF-8 text.",
    )


def edition(source: Source) -> str:
    """What the folder's ``sources.csv`` says of a file it lists by hash (``restated``, …), or nothing."""
    listed = source.path.parent.parent / "sources.csv"
    if not listed.is_file():
        return ""
    with listed.open(encoding="utf8", newline="") as rows:
        of_file = (row for row in csv.DictReader(rows) if row.get("sha256") == source.sha256)
        return next(of_file, {}).get("edition") or ""
