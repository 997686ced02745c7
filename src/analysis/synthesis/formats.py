"""A report in each of the formats that reports come in.

In: blocks, and the unit's own way of doing things. Out: the bytes of a file, the same for the same blocks. ``crawled`` is text
whose tables have lost their lines: the blanks are gone, or everything of a table runs together.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.message import EmailMessage

from analysis.synthesis import printing
from analysis.synthesis.pdf import pdf
from analysis.synthesis.printing import Block, Grid, Heading, Title
from analysis.writing.document import settled

# How text files rule their tables; each unit keeps to one.
_RULED = ("bars", "framed", "tabs", "aligned")
_STYLE = (
    '<meta charset="utf-8"><style>body{width:860px;margin:2em auto;font:16px/1.9 serif}h1{font-size:24px;text-align:center}'
    "h2{font-size:18px}p{text-indent:2em}table{border-collapse:collapse;width:100%;font-size:14px;line-height:1.5}"
    "td{border:1px solid #333;padding:3px 5px;text-align:center}</style>"
)


def _page(blocks: Iterable[Block], way: int) -> str:
    made, name = [], ""
    for block in blocks:
        if isinstance(block, Grid):
            made.append(printing.html_table(block))
            continue
        tag = "h1" if isinstance(block, Title) else "h2" if isinstance(block, Heading) else "p"
        name = block if isinstance(block, Title) else name
        made.append(f"<{tag}>{html.escape(block, quote=False)}</{tag}>")
    return printing.html_page("\n".join(made), _STYLE, name)


def _archive(blocks: Iterable[Block], way: int) -> bytes:
    message = EmailMessage()
    message["Subject"] = next((b for b in blocks if isinstance(b, Title)), "")
    message.set_content(_page(blocks, way), subtype="html", charset="utf-8", cte="base64")
    message.make_related(boundary="----synthetic")
    return message.as_bytes()


def _crawled(blocks: Iterable[Block], way: int) -> str:
    if way % 2:
        return printing.text(blocks, "blanks vanished")
    return "\n".join(printing.glued([b]) if isinstance(b, Grid) else b for b in blocks) + "\n"


def _markdown(blocks: Iterable[Block], way: int) -> str:
    signs = {Title: "# ", Heading: "## "}
    lines = [b if isinstance(b, Grid) else f"\n{signs.get(type(b), '')}{b}\n" for b in blocks]
    return printing.text(lines, "markdown")


_MAKERS: Mapping[str, tuple[str, Callable[[Sequence[Block], int], str | bytes]]] = {
    "html": (".html", _page),
    "txt": (".txt", lambda blocks, way: printing.text(blocks, _RULED[way % len(_RULED)])),
    "docx": (".docx", lambda blocks, way: settled(printing.docx(blocks))),
    "xlsx": (".xlsx", lambda blocks, way: settled(printing.xlsx(blocks, sheets=bool(way % 2)))),
    "pdf": (".pdf", lambda blocks, way: pdf(blocks)),
    "csv": (".csv", lambda blocks, way: printing.delimited(blocks, ",", spans=True)),
    "md": (".md", _markdown),
    "mhtml": (".mhtml", _archive),
    "crawled": (".txt", _crawled),
}
FORMATS = tuple(_MAKERS)


def printed(blocks: Sequence[Block], kind: str, way: int) -> tuple[str, bytes]:
    """The ending and the bytes of a report in a format; ``way`` chooses among the layouts that a format has."""
    suffix, make = _MAKERS[kind]
    made = make(blocks, way)
    return suffix, made.encode() if isinstance(made, str) else made
