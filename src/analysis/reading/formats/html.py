"""Web pages, whole or in pieces.

The article is found by what it holds: the innermost part of the page that has all section titles and
all tables of the whole. Menus and footers stay outside it. A table that holds another table is layout;
the others are read row by row. A cell that a rowspan covers is an empty cell, so that the others keep
their places; a colspan is one cell.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree, html

from analysis import templates
from analysis.errors import InputError
from analysis.reading.formats import Lines, Page, joined
from analysis.reading.formats.plain import decode

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
# What is not shown, or is no text.
_UNSEEN = frozenset(
    [
        "head",
        "script",
        "style",
        "noscript",
        "template",
        "select",
        "textarea",
        "button",
        "svg",
        "object",
        "iframe",
        "nav",
        "footer",
    ]
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_TITLE = re.compile(r"信息公开.{0,10}报告|信息公開.{0,10}報告")
_LONG_TAG = re.compile(r"<[^<>]{65536,}")
# The most elements of a page, and how deep they may lie in each other.
_MOST_ELEMENTS = 400_000
_DEEPEST = 200


def read(data: bytes, kind: str, path: Path) -> Page:
    """The article of a page (or of a saved MHTML archive). Raises ``InputError``."""
    if kind == "mhtml":
        data = _archived(data, path)
    match = _CHARSET.search(data[:4096])
    text = decode(data, path, match[1].decode("ascii") if match else "")
    # The text is decoded already: what a page says of its encoding must not be heard again.
    if long := _LONG_TAG.search(text):
        raise InputError(
            f"{path} 有长达 {len(long[0])} 字的标签，不是正常的网页：请在浏览器中打开并重新保存。",
            f"{path} has a tag of {len(long[0])} characters and is no sound page: open it in a browser and save it "
            "again.",
        )
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True)
    root = html.document_fromstring(text.encode("utf-8", errors="replace"), parser=parser)
    _check(root, parser, path)
    body = root.find("body")
    article = _article(root if body is None else body)
    lines = Lines(path)
    title = _title(root, article)
    if title:
        lines.paragraph(title, "title")
    _write(article, lines)
    return lines.page()


def _archived(data: bytes, path: Path) -> bytes:
    """The page in a MHTML archive."""
    # The older policy does not parse headers before they are asked for; the newer takes seconds for a long one.
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            return part.get_payload(decode=True)
    raise InputError(
        f"{path} 里没有网页：请把网页另存为 .html。", f"{path} holds no page: save the page as .html."
    )


def _check(root: etree._Element, parser: etree.HTMLParser, path: Path) -> None:
    deep = any("depth" in entry.message for entry in parser.error_log)
    if not deep:
        count = 0
        for count, element in enumerate(root.iter(etree.Element), 1):  # noqa: B007
            if count > _MOST_ELEMENTS:
                break
            if element.tag == "td" and count % 64 == 0:
                deep = deep or _depth(element) > _DEEPEST
        if count > _MOST_ELEMENTS:
            raise InputError(
                f"{path} 的网页元素超过 {_MOST_ELEMENTS} 个，不会是一份年度报告：请确认文件。",
                f"{path} has more than {_MOST_ELEMENTS} elements, too many for a report: check the file.",
            )
    if deep:
        raise InputError(
            f"{path} 的网页标签嵌套过深，读不完整：请在浏览器中打开并重新保存。",
            f"{path} nests its tags too deep to be read whole: open it in a browser and save it again.",
        )


def _depth(element: etree._Element) -> int:
    return sum(1 for _ in element.iterancestors())


def _titles(element: etree._Element) -> frozenset[str]:
    """The section titles in a part of the page."""
    return frozenset(m[1] for m in templates.title_pattern().finditer("".join(element.itertext())))


def _of_a_form(table: etree._Element) -> bool:
    """Whether a table has two labels of some form, so that it is none of the page's own."""
    labels = (templates.canonical("".join(cell.itertext())) for cell in table.iter("td", "th"))
    return sum(label in templates.row_labels() for label in labels) > 1


def _article(body: etree._Element) -> etree._Element:
    """The innermost element that holds all that the page has of a report: its titles and its tables."""
    etree.strip_elements(body, *_UNSEEN, with_tail=False)
    titles = _titles(body)
    if not titles:
        return body
    tables = [
        t for t in body.iter("table") if next(t.iterdescendants("table"), None) is None and _of_a_form(t)
    ]
    above = [set(t.iterancestors()) for t in tables]
    inner = body
    while True:
        step = next(
            (
                child
                for child in inner
                if isinstance(child.tag, str)
                and child not in tables
                and all(child in a for a in above)
                and _titles(child) == titles
            ),
            None,
        )
        if step is None:
            return inner
        inner = step


def _title(root: etree._Element, article: etree._Element) -> str:
    """The title of the page, if the article does not open with one."""
    if _TITLE.search("".join(article.itertext())[:300]):
        return ""
    said = [
        *root.xpath("//meta[translate(@name,'ARTICLE','article')='articletitle']/@content"),
        *("".join(h.itertext()) for h in root.iter("h1", "h2")),
        *("".join(t.itertext()) for t in root.iter("title")),
    ]
    return next((" ".join(t.split()) for t in said if _TITLE.search(t)), "")


def _unseen(element: etree._Element) -> bool:
    return (
        not isinstance(element.tag, str)
        or element.tag in _UNSEEN
        or bool(_HIDDEN.search(element.get("style") or ""))
    )


def _write(article: etree._Element, lines: Lines) -> None:
    """The lines of an article, in the order of the page."""
    words: list[str] = []
    paragraph = tables = 0

    def flush() -> None:
        nonlocal paragraph
        if any(w.strip() for w in words):
            paragraph += 1
            lines.paragraph("".join(words), f"¶{paragraph}")
        words.clear()

    walk = etree.iterwalk(article, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            block = element.tag in _BLOCKS
            if block:
                flush()
            if _unseen(element):
                walk.skip_subtree()
            elif element.tag == "table" and next(element.iterdescendants("table"), None) is None:
                tables += 1
                _write_table(element, tables, lines)
                walk.skip_subtree()
            else:
                words.append(element.text or "")
        else:
            if element.tag in _BLOCKS:
                flush()
            if element is not article:
                words.append(element.tail or "")
    flush()


def _write_table(table: etree._Element, number: int, lines: Lines) -> None:
    covered: dict[int, int] = {}  # column → rows that a rowspan still covers
    for n, row in enumerate(table.iter("tr"), 1):
        cells: list[list[str]] = []
        column = 0
        if _unseen(row):
            continue
        for cell in row.iterchildren("td", "th"):
            if _unseen(cell):
                continue
            while covered.get(column, 0) > 0:
                covered[column] -= 1
                cells.append([""])
                column += 1
            cells.append(list(_pieces(cell)))
            wide, high = _span(cell, "colspan"), _span(cell, "rowspan")
            if high > 1:
                covered |= dict.fromkeys(range(column, column + wide), high - 1)
            column += wide
        for left in [c for c in covered if c >= column]:
            covered[left] -= 1
            cells.append([""])
        covered = {c: rows for c, rows in covered.items() if rows > 0}
        place = f"t{number}r{n}"
        if len(cells) == 1:  # a frame around text, not a row of figures
            for piece in cells[0]:
                lines.paragraph(piece, place)
        else:
            for split in _split(cells):
                lines.row([joined(c) for c in split], place)


def _split(cells: list[list[str]]) -> Iterator[list[list[str]]]:
    """A row whose label and numbers hold as many paragraphs each is that many rows; what stands before
    them (the label of the group) is printed once."""
    high = len(cells[-1])
    first = len(cells)
    while first and len(cells[first - 1]) == high and all(_FIGURE.fullmatch(p) for p in cells[first - 1]):
        first -= 1
    label = first - 1
    if high < 2 or label < 0 or first == len(cells) or len(cells[label]) != high:
        yield cells
        return
    for i in range(high):
        yield [
            cell if n < label and i == 0 else [cell[i]] if n >= label else [""]
            for n, cell in enumerate(cells)
        ]


_FIGURE = re.compile(r"[\d.,\s\-+/]*")


def _span(cell: etree._Element, name: str) -> int:
    value = (cell.get(name) or "").strip()
    return min(max(int(value), 1), 1000) if value.isdecimal() and len(value) < 6 else 1


def _pieces(cell: etree._Element) -> Iterator[str]:
    """The paragraphs of a cell."""
    inner = cell
    while len(inner) == 1 and isinstance(inner[0].tag, str) and not _unseen(inner[0]):
        if (inner.text or "").strip() or (inner[0].tail or "").strip():
            break
        inner = inner[0]
    if not len(inner):  # one text, in however many tags
        yield (inner.text or "").strip()
        return
    words: list[str] = []
    made = 0
    walk = etree.iterwalk(cell, events=("start", "end"))
    for event, element in walk:
        if element.tag in _BLOCKS and element is not cell and "".join(words).strip():
            yield "".join(words)
            made += 1
            words.clear()
        if event == "start":
            if element is not cell and _unseen(element):
                walk.skip_subtree()
            else:
                words.append(element.text or "")
        elif element is not cell:
            words.append(element.tail or "")
    if "".join(words).strip() or not made:
        yield "".join(words).strip()
