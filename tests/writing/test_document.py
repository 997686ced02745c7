"""The draft as Word and as Markdown, looked at as other programs see them."""

import io
import re
import zipfile
from pathlib import Path

import docx
import mistune
import pytest
from docx.oxml.ns import qn
from lxml import etree, html
from PIL import Image

from analysis.figures import Figure, Printed
from analysis.reading import read_report
from analysis.workbook import DRAFT, Workbook, study
from analysis.writing.document import Document, Heading, Paragraph, Picture, Table, to_docx, to_markdown

NUMERALS = "一二三四五六七八九十"


def drawn(colour="red"):
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), colour).save(buffer, "PNG")
    return buffer.getvalue()


SAMPLE = Document(
    "标题",
    ("（草稿）",),
    (
        Heading.numbered((1,), "总", "zh"),
        Heading.numbered((1, 2), "分", "zh"),
        Heading.numbered((1, 2, 3), "细", "zh"),
        Paragraph("结转6件。", (Printed(Figure("6", 6.0, "facts", "x"), 2, 3),), "computed"),
        Paragraph("写作 *a* | <b>b</b> [c](d) `e` _f_ # 标点。", (), "source"),
        Table("表1　件数", ("项目", "件数"), (("a|b", "16"), ("c", "4"))),
        Picture("图1　红", drawn(), "一块红"),
        Picture("图2　蓝", drawn("blue"), "一块蓝"),
    ),
)


def opened(document, language="zh"):
    data = to_docx(document, language)
    return docx.Document(io.BytesIO(data)), zipfile.ZipFile(io.BytesIO(data))


@pytest.fixture(scope="module")
def word():
    return opened(SAMPLE)


@pytest.fixture(scope="module")
def draft(book):
    """The draft of Yongkang 2020 as readers of Word have it."""
    return opened(book.document)[0]


def rendered(markdown):
    """What a program that knows Markdown makes of it."""
    return html.fromstring(mistune.create_markdown(plugins=["table"])(markdown))


def drafted(book):
    return book.statements[book.statements["section"].isin(DRAFT)]


@pytest.mark.parametrize(
    ("numbers", "zh", "en"),
    [
        ((1,), "一、甲", "1. 甲"),
        ((2, 3), "（三）甲", "2.3 甲"),
        ((1, 2, 4), "4.甲", "1.2.4 甲"),
        ((10,), "十、甲", "10. 甲"),
        ((1, 12), "（十二）甲", "1.12 甲"),
        ((20,), "二十、甲", "20. 甲"),
        ((31,), "三十一、甲", "31. 甲"),
    ],
)
def test_headings_are_numbered_as_each_language_does(numbers, zh, en):
    for language, text in (("zh", zh), ("en", en)):
        assert Heading.numbered(numbers, "甲", language) == Heading(len(numbers), text)


def test_a_paragraph_prints_no_digit_without_a_source():
    with pytest.raises(ValueError, match="without a source"):
        Paragraph("结转6件。")


def test_headings_are_word_headings_with_their_levels(word):
    heads = [(p.style.name, p.text) for p in word[0].paragraphs if p.style.name.startswith("Heading")]
    assert heads == [("Heading 1", "一、总"), ("Heading 2", "（二）分"), ("Heading 3", "3.细")]
    levels = {
        name: word[0].styles[name].element.find(f".//{qn('w:outlineLvl')}").get(qn("w:val"))
        for name, _ in heads
    }
    assert levels == {"Heading 1": "0", "Heading 2": "1", "Heading 3": "2"}


def test_type_is_that_of_an_official_document(word):
    styles = etree.fromstring(word[1].read("word/styles.xml"))
    found = {}
    for style in styles.findall(qn("w:style")):
        name, fonts = style.find(qn("w:name")).get(qn("w:val")), style.find(f".//{qn('w:rFonts')}")
        size, bold = style.find(f".//{qn('w:sz')}"), style.find(f"{qn('w:rPr')}/{qn('w:b')}")
        if fonts is not None and size is not None:
            heavy = bold is not None and bold.get(qn("w:val")) not in ("0", "false")
            found[name] = (fonts.get(qn("w:eastAsia")), size.get(qn("w:val")), heavy)
            if name in {"Title", "heading 1", "Body Text"}:
                assert not [a for a in fonts.attrib if a.endswith("Theme")]
    assert found["Title"] == ("方正小标宋简体", "44", False)
    assert found["heading 1"] == ("黑体", "32", False)
    assert found["heading 2"] == ("楷体", "32", False)
    assert found["heading 3"] == ("仿宋", "32", True)
    assert found["Body Text"] == ("仿宋", "32", False)
    (body,) = [s for s in styles.findall(qn("w:style")) if s.get(qn("w:styleId")) == "BodyText"]
    spacing, indent = body.find(f".//{qn('w:spacing')}"), body.find(f".//{qn('w:ind')}")
    assert (spacing.get(qn("w:line")), spacing.get(qn("w:lineRule"))) == ("560", "exact")
    assert indent.get(qn("w:firstLineChars")) == "200"


def test_the_page_is_a4_with_the_margins_of_the_standard_and_numbered(word):
    section = word[0].sections[0]
    sides = ("page_width", "page_height", "top_margin", "bottom_margin", "left_margin", "right_margin")
    assert [round(getattr(section, side).mm) for side in sides] == [210, 297, 37, 35, 28, 26]
    for footer, side in ((section.footer, "RIGHT"), (section.even_page_footer, "LEFT")):
        (line,) = footer.paragraphs
        assert line.alignment.name == side
        assert [f.get(qn("w:instr")) for f in line._p.iter(qn("w:fldSimple"))] == ["PAGE"]
        assert line.text == "—  —"


def test_captions_stand_above_tables_and_below_pictures_which_have_alt_texts(word):
    body = list(etree.fromstring(word[1].read("word/document.xml"))[0])
    words = ["".join(block.itertext()) for block in body]
    styles = [getattr(b.find(f".//{qn('w:pStyle')}"), "attrib", {}).get(qn("w:val")) for b in body]
    captions = [t for t, style in zip(words, styles, strict=True) if style == "Caption"]
    assert captions == ["表1　件数", "图1　红", "图2　蓝"]
    (table,) = [n for n, block in enumerate(body) if block.tag == qn("w:tbl")]
    assert words[table - 1] == "表1　件数"
    pictures = [n for n, block in enumerate(body) if block.findall(f".//{qn('wp:inline')}")]
    assert [words[n + 1] for n in pictures] == ["图1　红", "图2　蓝"]
    assert [d.get("descr") for n in pictures for d in body[n].iter(qn("wp:docPr"))] == ["一块红", "一块蓝"]
    # A picture in a line of fixed height would be cut.
    assert {styles[n] for n in pictures} == {"NoSpacing"}
    assert word[0].styles["No Spacing"].paragraph_format.line_spacing_rule.name == "SINGLE"


def test_the_head_of_a_table_is_repeated_and_no_row_is_parted(word):
    (table,) = word[0].tables
    assert [[c.text for c in r.cells] for r in table.rows] == [["项目", "件数"], ["a|b", "16"], ["c", "4"]]
    repeated = [r._tr.find(f".//{qn('w:tblHeader')}") is not None for r in table.rows]
    assert repeated == [True, False, False]
    assert all(r._tr.find(f".//{qn('w:cantSplit')}") is not None for r in table.rows)


@pytest.mark.parametrize(("language", "tag"), [("zh", "zh-CN"), ("en", "en")])
def test_the_file_says_its_title_and_language(language, tag):
    made, archive = opened(SAMPLE, language)
    assert (made.core_properties.title, made.core_properties.language) == ("标题", tag)
    spoken = etree.fromstring(archive.read("word/styles.xml")).find(f".//{qn('w:lang')}")
    assert spoken.get(qn("w:eastAsia")) == "zh-CN"


def test_the_same_document_gives_the_same_bytes_with_no_clock_time_in_them(word):
    assert to_docx(SAMPLE, "zh") == to_docx(SAMPLE, "zh")
    assert {i.date_time for i in word[1].infolist()} == {(1980, 1, 1, 0, 0, 0)}
    core = word[1].read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"1980-01-01T00:00:00Z"}
    assert not [n for n in word[1].namelist() if "thumbnail" in n]


def test_whose_words_a_paragraph_has_can_be_seen_in_both_forms(word):
    text, _ = to_markdown(SAMPLE, "zh", "files")
    for words in ([p.text for p in word[0].paragraphs], rendered(text).xpath("//p")):
        lines = [w if isinstance(w, str) else re.sub("】 ", "】", w.text_content()) for w in words]
        assert "【据数计算】结转6件。" in lines
        assert any(line.startswith("【报告所述】写作") for line in lines)
    assert "**\\[computed\\]** 结转6件。" in to_markdown(SAMPLE, "en", "files")[0]


def test_markdown_shows_signs_as_they_are_and_pictures_beside_it():
    text, pictures = to_markdown(SAMPLE, "zh", "files")
    page = rendered(text)
    assert SAMPLE.blocks[4].text in page.text_content()
    assert not page.xpath("//em | //code | //b | //a")
    heads = [(e.tag, e.text) for e in page.xpath("//h1 | //h2 | //h3 | //h4")]
    assert heads == [("h1", "标题"), ("h2", "一、总"), ("h3", "（二）分"), ("h4", "3.细")]
    cells = [[c.text_content() for c in r.xpath("th | td")] for r in page.xpath("//tr")]
    assert cells == [["项目", "件数"], ["a|b", "16"], ["c", "4"]]
    assert [(i.get("alt"), pictures[i.get("src")]) for i in page.xpath("//img")] == [
        ("一块红", drawn()),
        ("一块蓝", drawn("blue")),
    ]


def test_the_draft_has_its_sections_in_order_with_charts_behind_the_problems(book, draft):
    heads = [p.text for p in draft.paragraphs if p.style.name == "Heading 1"]
    assert len(heads) == len(DRAFT) + 1
    assert [h.partition("、")[0] for h in heads] == list(NUMERALS[: len(heads)])
    assert heads[0] == "一、存在的主要问题"
    kinds = ["picture" if p._p.findall(f".//{qn('wp:inline')}") else p.style.name for p in draft.paragraphs]
    at = [n for n, p in enumerate(draft.paragraphs) if p.style.name == "Heading 1"]
    assert kinds[at[0] : at[1]].count("picture") == kinds.count("picture") == 3
    assert kinds[at[1] - 6 : at[1]] == ["picture", "Caption"] * 3
    captions = [p.text for p in draft.paragraphs if p.style.name == "Caption"]
    assert [c.partition("　")[0] for c in captions] == ["图1", "图2", "图3", "表1"]


def test_the_draft_says_every_sentence_in_both_forms(book, draft):
    said = drafted(book)["text"].to_list()
    assert len(said) > 20
    in_word = [p.text.partition("】")[2] for p in draft.paragraphs if p.style.name == "Body Text"]
    in_markdown = [
        p.text_content().partition("】")[2].strip()
        for p in rendered(to_markdown(book.document, "zh", "files")[0]).xpath("//p")
    ]
    assert [t for t in in_word if t in said] == said
    assert [t for t in in_markdown if t in said] == said


def test_the_rates_stand_with_numerator_denominator_and_interval(draft):
    (table,) = draft.tables
    rows = {row.cells[0].text: [c.text for c in row.cells[1:5]] for row in table.rows}
    assert rows["指标"] == ["分子", "分母", "数值", "95%区间"]
    # 71 granted and 21 in part of 158; Wilson's interval by hand.
    assert rows["公开率（含部分公开）"] == ["92", "158", "58.23%", "50.4%–65.6%"]
    assert rows["复议纠错率"] == ["1", "9", "11.11%", "2.0%–43.5%"]


def test_the_edition_in_other_words_says_so_and_the_published_page_does_not(draft, published):
    def told(made):
        return any("改写版" in p.text for p in made.paragraphs)

    assert told(draft)
    assert not told(opened(Workbook([published], "zh").document)[0])


def test_charts_and_rates_that_a_form_does_not_allow_are_left_out():
    path = Path(__file__).parents[2] / "data" / "reports" / "平潭综合实验区" / "2013.txt"
    made, _ = opened(Workbook([study(read_report(path))], "zh").document)
    assert len([p for p in made.paragraphs if p.style.name == "Heading 1"]) == len(DRAFT)
    assert [p.text[:2] for p in made.paragraphs if p.style.name == "Caption"] == ["图1"]
    assert made.tables == []


def test_several_reports_make_one_document_in_english(suqian):
    book = Workbook([suqian[2023], suqian[2024]], "en")
    made, _ = opened(book.document, "en")
    heads = [(p.style.name, p.text) for p in made.paragraphs if p.style.name.startswith("Heading")]
    assert [t for s, t in heads if s == "Heading 1"] == ["1. 宿迁市 2023", "2. 宿迁市 2024"]
    assert ("Heading 2", "2.1 Main problems") in heads
    assert len(made.inline_shapes) == 6
    assert [p.text[:8] for p in made.paragraphs if p.style.name == "Caption" and "Table" in p.text] == [
        "Table 1.",
        "Table 2.",
    ]
    said = drafted(book)["text"].to_list()
    lines = [p.text.partition("] ")[2] for p in made.paragraphs]
    assert [t for t in lines if t in said] == said
