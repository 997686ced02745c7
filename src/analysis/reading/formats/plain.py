"""Text files: TXT, Markdown, CSV and TSV, in whatever encoding.

The encoding is not believed but tried: of the decodings that are possible, the one in which the words
of such reports occur is right.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from analysis.errors import InputError
from analysis.reading.formats import Lines, Page

# What a Chinese report prints, in simplified and in traditional characters.
_WORDS = re.compile("政府|信息|公开|年度|申请|公開|資訊|申請|報告|报告")
_TRIED = ("gb18030", "big5hkscs", "utf-16-le", "utf-16-be")
# A file of these kinds that is none of them is more likely damaged than a text.
_NO_TEXT = (".pdf", ".docx", ".xlsx")
# So much of a text may be unreadable: a file cut off in the middle of a character, a stray byte.
_DAMAGED = 0.002


def decode(data: bytes, path: Path, declared: str = "") -> str:
    """Bytes → text. ``declared`` is the encoding that a page gives itself, tried but not believed.

    Raises ``InputError`` if no encoding makes it a text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        text = data.decode("utf-8-sig")
        if "\0" not in text:
            return text
    except UnicodeDecodeError:
        pass
    best, most = "", 0
    for encoding in dict.fromkeys(["utf-8-sig", *([declared] if declared else []), *_TRIED]):
        try:
            text = data.decode(encoding, errors="replace")
        except (LookupError, UnicodeError):  # an encoding that does not exist
            continue
        if "\0" in text or text.count("�") > max(1, _DAMAGED * len(text)):
            continue
        if (found := len(_WORDS.findall(text))) > most:
            best, most = text, found
    if not most and (kind := path.suffix.lower()) in _NO_TEXT:
        raise InputError(
            f"{path} 不是 {kind} 文件，也不是文本：可能已损坏，请重新下载。",
            f"{path} is no {kind} file, and no text: it may be damaged; download it again.",
        )
    if not most:
        raise InputError(
            f"{path} 不是 UTF-8、GB18030、Big5 或 UTF-16 编码的中文文本：请另存为 UTF-8 文本。",
            f"{path} is no Chinese text in UTF-8, GB18030, Big5 or UTF-16: save it as UTF-8 text.",
        )
    return best


def read(data: bytes, kind: str, path: Path) -> Page:
    """A text file is its own page; the rows of a CSV become table rows."""
    text = decode(data, path).replace("\r\n", "\n").replace("\r", "\n")
    if kind != "csv":
        return Page(text)
    lines = Lines(path)
    # The delimiter is what parts most lines into cells; prose has commas too, but not in most lines.
    delimiter = max("\t;,", key=lambda d: sum(line.count(d) > 1 for line in text.splitlines()))
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    for row in rows:
        lines.row(row, str(rows.line_num))
    return lines.page()
