"""A document of headings, paragraphs, tables and pictures, as Word and as Markdown.

In: a ``Document``. Out: the bytes of a .docx in the form of a Chinese official document (GB/T 9704: page, type, spacing,
page numbers), or Markdown with its pictures beside it; the same bytes for the same document. Headings carry their
numbers in their text, and every paragraph says whether its words are the report's, computed or suggested.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph as WordParagraph

from analysis.figures import Printed, stray_digits
from analysis.writing.charts.canvas import width
from analysis.writing.labels import TAGS, label

# The date of everything in the file, so that the same document gives the same bytes.
_DATE = datetime(1980, 1, 1)
_LATIN = "Times New Roman"
_SONG, _FANG, _KAI, _HEI = "宋体", "仿宋", "楷体", "黑体"
# The type of each style: Chinese font, size in points, bold.
_TYPE = {
    "Normal": (_FANG, 16, False),
    "Title": ("方正小标宋简体", 22, False),
    "Subtitle": (_KAI, 16, False),
    "Heading 1": (_HEI, 16, False),
    "Heading 2": (_KAI, 16, False),
    "Heading 3": (_FANG, 16, True),
    "Body Text": (_FANG, 16, False),
    "Caption": (_HEI, 12, False),
    "Footer": (_SONG, 14, False),
    "No Spacing": (_FANG, 9, False),  # cells of tables
}
_INDENTED = ("Heading 1", "Heading 2", "Heading 3", "Body Text")
_CENTRED = ("Title", "Subtitle", "Caption")
_MARGINS = {"top": Mm(37), "bottom": Mm(35), "left": Mm(28), "right": Mm(26)}
_WIDTH = Mm(210 - 28 - 26)


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 3 with its number in its text."""

    level: int
    text: str

    @classmethod
    def numbered(cls, numbers: Sequence[int], words: str, language: str) -> Heading:
        """The heading at ``numbers``, one for each level: （二） in Chinese is 1.2 in English."""
        if language == "en":
            dots = ".".join(str(n) for n in numbers)
            return cls(len(numbers), f"{dots}. {words}" if len(numbers) == 1 else f"{dots} {words}")
        last = numbers[-1]
        mark = (f"{_chinese(last)}、", f"（{_chinese(last)}）", f"{last}.")[len(numbers) - 1]
        return cls(len(numbers), mark + words)


@dataclass(frozen=True)
class Paragraph:
    """Words with the figures in them; ``role`` says whose words they are. No digit is in them that is not a figure's."""

    text: str
    figures: tuple[Printed, ...] = ()
    role: str = ""

    def __post_init__(self) -> None:
        if stray_digits(self.text, self.figures):
            raise ValueError(f"a digit without a source in: {self.text}")

    def mark(self, language: str) -> str:
        """The label of its role before it."""
        if not self.role:
            return ""
        words = label(self.role, language)
        return f"[{words}] " if language == "en" else f"【{words}】"


@dataclass(frozen=True)
class Table:
    """Rows under a head, the caption above."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture with its caption below, and ``alt`` for those who do not see it."""

    caption: str
    png: bytes
    alt: str


@dataclass(frozen=True)
class Document:
    """A title, lines under it, and what follows."""

    title: str
    subtitle: tuple[str, ...]
    blocks: tuple[Heading | Paragraph | Table | Picture, ...]


def _chinese(n: int) -> str:
    """``12`` → 十二, up to 99."""
    tens, ones = divmod(n, 10)
    digits = " 一二三四五六七八九"
    return (digits[tens] if tens > 1 else "").strip() + ("十" if tens else "") + digits[ones].strip()


# Markdown


def to_markdown(document: Document, language: str, folder: str) -> tuple[str, dict[str, bytes]]:
    """The text, and the pictures that it shows by their names in ``folder`` beside it."""
    pictures: dict[str, bytes] = {}
    made = [f"# {_escaped(document.title)}", *map(_escaped, document.subtitle)]
    for block in document.blocks:
        match block:
            case Heading():
                made.append(f"{'#' * (block.level + 1)} {_escaped(block.text)}")
            case Paragraph():
                mark = block.mark(language)
                made.append((f"**{_escaped(mark.strip())}** " if mark else "") + _escaped(block.text))
            case Table():
                lines = [block.head, ["---"] * len(block.head), *block.rows]
                rows = "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)
                made += [f"**{_escaped(block.caption)}**", rows]
            case Picture():
                name = f"{folder}/{len(pictures) + 1}.png"
                pictures[name] = block.png
                made += [f"![{_escaped(block.alt)}]({name})", f"**{_escaped(block.caption)}**"]
    return "\n\n".join(made) + "\n", pictures


def _escaped(words: str) -> str:
    """Words that Markdown takes for nothing else; on one line."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", " ".join(words.split()))


def _cell(words: str) -> str:
    return words if words == "---" else _escaped(words)


# Word


def to_docx(document: Document, language: str) -> bytes:
    """The document as a .docx."""
    made = docx.Document()
    _lay_out(made, language)
    _describe(made, document.title, language)
    _add(made, "Title", document.title)
    for line in document.subtitle:
        _add(made, "Subtitle", line)
    for block in document.blocks:
        match block:
            case Heading():
                _add(made, f"Heading{block.level}", block.text)
            case Paragraph():
                words = _add(made, "BodyText")
                words.add_run(block.mark(language))._r.style = "Strong"
                words.add_run(block.text)
            case Table():
                _add(made, "Caption", block.caption).paragraph_format.keep_with_next = True
                _add_table(made, block)
            case Picture():
                _add_picture(made, block)
                _add(made, "Caption", block.caption)
    buffer = io.BytesIO()
    made.save(buffer)
    return settled(buffer.getvalue())


def _add(made: docx.document.Document, style: str, words: str = "") -> WordParagraph:
    """A paragraph in the style with this id. By a style's name python-docx would go through all its styles for each of them."""
    paragraph = made.add_paragraph(words)
    paragraph._p.style = style
    return paragraph


def _lay_out(made: docx.document.Document, language: str) -> None:
    """Page, type and page numbers."""
    for name, (font, size, bold) in _TYPE.items():
        # Chinese headings are told by their font, English ones by weight.
        heavy = bold or (language == "en" and name.startswith("Heading"))
        _set_style(made.styles[name], font, size, heavy)
    _set_fonts(made.styles["Strong"].element.get_or_add_rPr(), _HEI)
    defaults = made.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    _set_fonts(defaults, _FANG)
    # The one is for Latin letters and digits, which must not be parted at the end of a line as Chinese may be.
    spoken = defaults.find(qn("w:lang"))
    spoken.set(qn("w:val"), "en-US")
    made.settings.element.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), TAGS["zh"])
    spoken.set(qn("w:eastAsia"), TAGS["zh"])

    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for side, size in _MARGINS.items():
        setattr(section, f"{side}_margin", size)
    section.footer_distance = Mm(23)  # the number stands 7 mm under the text
    # Numbers stand outside: on the right of odd pages, on the left of even ones.
    made.settings.odd_and_even_pages_header_footer = True
    for footer, side in ((section.footer, "RIGHT"), (section.even_page_footer, "LEFT")):
        _number_pages(footer.paragraphs[0], WD_ALIGN_PARAGRAPH[side])


def _set_style(style: ParagraphStyle, font: str, size: float, bold: bool) -> None:
    properties = style.element.get_or_add_rPr()
    _set_fonts(properties, font)
    style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    for odd in ("w:pBdr", "w:numPr"):  # a rule and a level of the template that these forms have not
        for element in style.element.get_or_add_pPr().findall(qn(odd)):
            style.element.pPr.remove(element)
    form = style.paragraph_format
    form.space_before = form.space_after = Pt(6 if style.name == "Caption" else 0)
    if style.name in ("Caption", "Footer", "No Spacing"):
        form.line_spacing_rule = WD_LINE_SPACING.SINGLE
    else:
        form.line_spacing = Pt(28 if size < 20 else 36)
    if style.name in _INDENTED:
        _indent(style.element.get_or_add_pPr(), Pt(2 * size))
    if style.name in _CENTRED:
        form.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _set_fonts(properties: OxmlElement, chinese: str) -> None:
    """One font for Latin letters and digits, one for Chinese; none of the theme's."""
    fonts = properties.get_or_add_rFonts()
    fonts.attrib.clear()
    for kind, name in (("ascii", _LATIN), ("hAnsi", _LATIN), ("eastAsia", chinese), ("cs", _LATIN)):
        fonts.set(qn(f"w:{kind}"), name)


def _indent(properties: OxmlElement, width: Length) -> None:
    """The first line by two characters."""
    indent = properties.get_or_add_ind()
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), str(width.twips))


def _number_pages(words: WordParagraph, side: WD_ALIGN_PARAGRAPH) -> None:
    words.alignment = side
    form = words.paragraph_format
    form.left_indent = form.right_indent = Pt(14)
    words.add_run("— ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    words._p.append(field)
    words.add_run(" —")


def _describe(made: docx.document.Document, title: str, language: str) -> None:
    about = made.core_properties
    about.title, about.language = title, TAGS[language]
    about.author = about.last_modified_by = about.comments = about.keywords = ""
    about.created = about.modified = _DATE
    about.revision = 1
    package = made.part.package
    for name in [n for n, r in package.rels.items() if r.reltype.endswith("/thumbnail")]:
        del package.rels[name]  # a picture of the template's first page


def _add_table(made: docx.document.Document, block: Table) -> None:
    lines = (block.head, *block.rows)
    table = made.add_table(rows=0, cols=len(block.head), style="Table Grid")
    # A column is as wide as its words and its margins, but no wider than leaves room for the others.
    wants = [min(max(map(width, column)), 18) + 4 for column in zip(*lines, strict=True)]
    widths = [Length(_WIDTH * want // sum(wants)) for want in wants]
    for column, size in zip(table.columns, widths, strict=True):
        column.width = size
    for line in lines:
        table._tbl.append(parse_xml(_row(line, widths, head=line is block.head)))


def _row(line: Sequence[str], widths: Sequence[Length], head: bool) -> str:
    """A row of a table. Cell by cell, python-docx would take a third of the time of the whole document for its tables."""
    sides = ["center" if head else "right" if words[:1].isdigit() else "left" for words in line]
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{size.twips}"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="NoSpacing"/>'
        f'<w:jc w:val="{side}"/></w:pPr><w:r><w:t xml:space="preserve">{escape(words)}</w:t></w:r></w:p></w:tc>'
        for words, size, side in zip(line, widths, sides, strict=True)
    )
    repeated = "<w:tblHeader/>" if head else ""
    return f"<w:tr {nsdecls('w')}><w:trPr><w:cantSplit/>{repeated}</w:trPr>{cells}</w:tr>"


def _add_picture(made: docx.document.Document, block: Picture) -> None:
    words = _add(made, "NoSpacing")
    words.alignment = WD_ALIGN_PARAGRAPH.CENTER
    words.paragraph_format.keep_with_next = True
    shape = words.add_run().add_picture(io.BytesIO(block.png), width=_WIDTH)
    shape._inline.docPr.set("descr", block.alt)


def settled(data: bytes) -> bytes:
    """The same archive without the clock times in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _DATE.timetuple()[:6]), old.read(name), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
