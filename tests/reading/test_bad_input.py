"""Whatever file is given, it is refused in one sentence, soon, and with little memory.

Each file is read in a process of its own kind, as in a batch, so that one that hangs is ended and fails
its own test only.
"""

import csv
import io
import os
import random
import re
import signal
import subprocess
import sys
import time
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from analysis.batch.bounded import Bounded, Ended
from analysis.errors import InputError
from analysis.reading import read_report

PROJECT = Path(__file__).parents[2]
REPORTS = PROJECT / "data" / "reports"
TEXT = (REPORTS / "永康市" / "2020.txt").read_text(encoding="utf8")
GRID = (REPORTS / "宿迁市" / "2023.txt").read_text(encoding="utf8")
PAGE = (REPORTS / "上海市人民政府办公厅" / "2019.html").read_bytes()
PDF = (REPORTS / "淮安市洪泽区" / "2023.pdf").read_bytes()
# What one file may take: seconds, and bytes of memory.
SECONDS, MEMORY = 20, 1_500 * 2**20
# What each file must have in it to be looked into as a report.
HEAD = "永康市2020年政府信息公开工作年度报告\n一、总体情况\n主动公开政府信息1条。\n"
APPLIED = "三、收到和处理政府信息公开申请情况\n"
PUBLISHED = "二、主动公开政府信息情况\n"
ROWS = (
    "本年新收政府信息公开申请数量",
    "上年结转政府信息公开申请数量",
    "予以公开",
    "部分公开",
    "结转下年度继续办理",
)
NEXT = "四、因政府信息公开工作被申请行政复议、提起行政诉讼情况\n五、存在的主要问题及改进情况\n无\n"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


# reading in a process that can be ended


def _memory(name: str) -> int:
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024


def _read(path: Path) -> tuple[str, str, str, float, int]:
    """What reading a file comes to: its end, the sentences, seconds, and the most memory taken."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the most memory from now on
    began = time.perf_counter()
    try:
        report = read_report(path)
        end = ("read", f"{report.unit} {report.year}", "")
    except InputError as error:
        end = ("refused", error.zh, error.en)
    except BaseException as error:
        end = (f"{type(error).__name__}: {error}"[:300], "", "")
    with suppress(OSError):
        return (*end, time.perf_counter() - began, _memory("VmHWM"))
    return (*end, time.perf_counter() - began, 0)


@pytest.fixture(scope="module")
def reader():
    process = Bounded(3 * 2**30)  # no more memory than the machine of the tests can spare
    process.call(_read, REPORTS / "永康市" / "2020.txt")  # imports are not counted

    def read(path: Path) -> tuple[str, str, str]:
        ended = process.call(_read, path, seconds=SECONDS)
        if isinstance(ended, Ended):
            pytest.fail(f"not read within {SECONDS} seconds, or the process that read it ended: {ended}")
        end, zh, en, seconds, memory = ended
        assert seconds < SECONDS
        assert memory < MEMORY, f"took {memory // 2**20} MB"
        return end, zh, en

    yield read
    process.close()


def refused(read, path: Path) -> str:
    """The file is refused: one sentence in Chinese, one in English, which name it and a remedy."""
    end, zh, en = read(path)
    assert end == "refused", (end, zh)
    assert "\n" not in zh + en
    assert path.name in zh and path.name in en
    assert re.search("请|声明", zh) and len(zh) < 1_000
    assert re.search("check|save|download|compare|give|keep|put|run|open|declare|take", en, re.I)
    return zh


# the files


FILES = {}


def _html(body: str, head: str = "<meta charset=utf-8>") -> bytes:
    return f"<html><head>{head}</head><body>{body}</body></html>".encode()


def zipped(members: dict[str, bytes | str], level: int = 9) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def docx(body: str, prolog: str = "", **members: bytes) -> bytes:
    """A Word file with this body."""
    kinds = "http://schemas.openxmlformats.org/package/2006/content-types"
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{kinds}"><Default Extension="rels" ContentType="{rels}"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{links}"><Relationship Id="r1" Type="{office}" '
            'Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<?xml version="1.0" encoding="UTF-8"?>{prolog}'
            f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
            **members,
        }
    )


def paragraphs(text: str) -> str:
    return "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.splitlines())


def xlsx(sheet: str = "", sheets: int = 1) -> bytes:
    """An Excel file whose every sheet has this XML in place of its rows, or the head of a report."""
    book = openpyxl.Workbook()
    book.active.append(["政府信息公开工作年度报告"])
    for _ in range(sheets - 1):
        book.create_sheet()
    made = io.BytesIO()
    book.save(made)
    if not sheet:
        return made.getvalue()
    with zipfile.ZipFile(made) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    for name in members:
        if name.startswith("xl/worksheets/"):
            members[name] = f'<?xml version="1.0"?><worksheet xmlns="{main}">{sheet}</worksheet>'
    return zipped(members, 1)


def _rows(column: str, numbers) -> str:
    cells = (f'<row r="{n}"><c r="{column}{n}"><v>{n * 7919}</v></c></row>' for n in numbers)
    return f"<sheetData>{''.join(cells)}</sheetData>"


def pdf(content: bytes | list[bytes], extra: dict[int, bytes] | None = None, trailer: bytes = b"") -> bytes:
    """A PDF of one page for each stream of content (compressed already, or not), with further objects
    from number 1000 on."""
    pages = content if isinstance(content, list) else [content]
    kids = b" ".join(b"%d 0 R" % (10 + 2 * n) for n in range(len(pages)))
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[" + kids + b"]/Count %d>>" % len(pages),
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    }
    named = b"".join(b"/X%d %d 0 R" % (n, n) for n in extra or {})
    for n, stream in enumerate(pages):
        filters = b"/Filter[/FlateDecode]" if stream[:1] == b"\x78" else b""
        objects[10 + 2 * n] = (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>/XObject<<"
            + named
            + b">>>>/Contents %d 0 R>>" % (11 + 2 * n)
        )
        objects[11 + 2 * n] = b"<</Length %d%s>>stream\n%s\nendstream" % (len(stream), filters, stream)
    objects |= extra or {}
    made, places = bytearray(b"%PDF-1.4\n"), {}
    for number, body in sorted(objects.items()):
        places[number] = len(made)
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(made)
    made += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        made += b"%d 1\n%010d 00000 n \n" % (number, place)
    made += b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (max(places) + 1, trailer, start)
    return bytes(made)


def _form(content: bytes, names: bytes) -> bytes:
    return (
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<<%s>>>>/Length %d>>stream\n%s\nendstream"
        % (
            names,
            len(content),
            content,
        )
    )


def _noise(length: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(length)


SUFFIXES = ("txt", "md", "html", "mhtml", "pdf", "docx", "xlsx", "csv", "tsv", "xyz", "doc")
for _suffix in SUFFIXES:
    FILES[f"empty.{_suffix}"] = lambda: b""
    FILES[f"blank.{_suffix}"] = lambda: b" \r\n\t" * 1000
    FILES[f"noise.{_suffix}"] = lambda: _noise(200_000)
    FILES[f"zeros.{_suffix}"] = lambda: bytes(100_000)
FILES |= {
    "much noise.txt": lambda: _noise(30_000_000),
    "noise.csv.txt": lambda: _noise(3_000_000, 1),
    # cut off and damaged
    "cut early.pdf": lambda: PDF[: len(PDF) // 10],
    "header alone.pdf": lambda: b"%PDF-1.7\n",
    "noise after the header.pdf": lambda: b"%PDF-1.7\n" + _noise(500_000),
    "a page for a PDF.pdf": lambda: _html("<p>不存在"),
    "cut.docx": lambda: docx(paragraphs(TEXT))[:-400],
    "cut early.docx": lambda: docx(paragraphs(TEXT))[:100],
    "broken xml.docx": lambda: docx("<w:p><w:r>"),
    "no body.docx": lambda: zipped({"word/document.xml": "<a/>"}),
    "changed bytes.docx": lambda: docx(paragraphs(TEXT)).replace(b"PK\x01\x02", b"PK\x01\x03"),
    "an archive.docx": lambda: zipped({"../../x": "x", "a.txt": TEXT}),
    "an old one.docx": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + _noise(5000),
    "cut.xlsx": lambda: xlsx()[:-30],
    "broken xml.xlsx": lambda: xlsx("<sheetData><row><c>"),
    "no sheets.xlsx": lambda: zipped({"xl/workbook.xml": "<workbook/>"}),
    "wrong references.xlsx": lambda: xlsx(
        '<sheetData><row r="x"><c r="??" t="s"><v>99999</v></c></row></sheetData>'
    ),
    "cut.html": lambda: PAGE[: len(PAGE) // 12],
    "no page.mhtml": lambda: b"MIME-Version: 1.0\nContent-Type: text/plain\n\n" + TEXT.encode(),
    "cut.mhtml": lambda: b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-",
    # large
    "cells.html": lambda: _html("<table>" + f"<tr>{'<td>1' * 100}" * 1_000 + "</table>"),
    "tags.html": lambda: _html(HEAD + "<b></b>" * 500_000),
    "open tags.html": lambda: _html(HEAD + "<p>" * 1_000_000),
    "text.html": lambda: _html(HEAD + "公开" * 3_000_000),
    "spans.html": lambda: _html("<table>" + "<tr><td colspan=1000 rowspan=9999>1" * 5_000 + "</table>"),
    "attributes.html": lambda: _html(f"<p {' '.join(f'a{n}=1' for n in range(300_000))}>公开"),
    "entities.html": lambda: b"<!DOCTYPE html [" + _laughs() + b"]><html><body>&l9;</body></html>",
    "references.html": lambda: _html("&#20844;&#24320;" * 700_000),
    "comments.html": lambda: _html(HEAD + "<!--x-->" * 1_000_000),
    **{
        f"{deep} {tag}.html": lambda tag=tag, deep=deep: _html(f"{HEAD}{_opened(tag) * deep}信息公开")
        for deep in (5_000, 100_000)
        for tag in ("div", "table", "span", "ul")
    },
    "parts.mhtml": lambda: b"MIME-Version: 1.0\n" + b"Content-Type: message/rfc822\n\n" * 20_000,
    "long headers.mhtml": lambda: (
        b"MIME-Version: 1.0\nContent-Type: text/html" + b"; a=b" * 30_000 + b"\n\n<p>x"
    ),
    "many spaces.docx": lambda: docx(f"<w:p><w:r><w:t>{' ' * 40_000_000}</w:t></w:r></w:p>"),
    "two billion.docx": lambda: docx("", **{"word/x.xml": bytes(300_000_000)}),
    "members.docx": lambda: zipped({"word/document.xml": "<a/>", **{f"{n}": "" for n in range(6_000)}}, 1),
    "laughs.docx": lambda: docx("<w:p><w:r><w:t>&l9;</w:t></w:r></w:p>", _doctype()),
    "a file of the system.docx": lambda: docx(
        "<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    ),
    "nested.docx": lambda: docx("<w:tbl><w:tr><w:tc>" * 5_000 + "</w:tc></w:tr></w:tbl>" * 5_000),
    "cells.docx": lambda: docx(
        "<w:tbl>" + ("<w:tr>" + "<w:tc><w:p/></w:tc>" * 100 + "</w:tr>") * 1_000 + "</w:tbl>"
    ),
    "dimensions.xlsx": lambda: xlsx('<dimension ref="A1:XFD1048576"/><sheetData/>'),
    "far away.xlsx": lambda: xlsx(_rows("XFD", [1048576])),
    "wide rows.xlsx": lambda: xlsx(_rows("XFD", range(1, 20_000))),
    "a million rows.xlsx": lambda: xlsx(_rows("A", range(1, 1_000_000))),
    "far sheets.xlsx": lambda: xlsx(_rows("A", [1048576]), sheets=1_500),
    "laughs.xlsx": lambda: _laughing_sheet(),
    # PDFs
    "a password.pdf": lambda: pdf(
        b"BT /F 9 Tf (x) Tj ET",
        trailer=b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>/ID[<00><00>]"
        % (b"11" * 32, b"22" * 32),
    ),
    "pages.pdf": lambda: pdf([b"BT /F 9 Tf 9 9 Td (page) Tj ET"] * 5_000),
    "characters.pdf": lambda: pdf(zlib.compress(b"BT /F 9 Tf (" + b"x" * 3_000_000 + b") Tj ET")),
    "unpacked.pdf": lambda: pdf(zlib.compress(b" " * 1_000_000_000, 9)),
    "shapes.pdf": lambda: pdf(zlib.compress(b"1 1 m 9 9 l S\n" * 1_000_000)),
    "grid.pdf": lambda: pdf(
        zlib.compress(
            b"BT /F 9 Tf 9 9 Td (xxxxxxxxxxxxxxx) Tj ET\n"
            + b"".join(
                b"%.2f 0 m %.2f 700 l S 0 %.2f m 500 %.2f l S\n" % ((n / 4,) * 4) for n in range(2_000)
            )
        )
    ),
    "itself.pdf": lambda: pdf(b"/X1000 Do", {1000: _form(b"/X1000 Do", b"/X1000 1000 0 R")}),
    "laughs.pdf": lambda: pdf(
        b"/X1000 Do",
        {1000 + n: _form(b"/X%d Do " % (1001 + n) * 10, b"/X%d %d 0 R" % ((1001 + n,) * 2)) for n in range(9)}
        | {1009: _form(b"0 0 m 1 1 l S ", b"")},
    ),
    "a loop of pages.pdf": lambda: pdf(b"").replace(b"/Kids[10 0 R]", b"/Kids[2 0 R ]"),
    # texts
    "digits.txt": lambda: b"7" * 5_000_000,
    "a field.csv": lambda: ("a," + "公" * 3_500_000 + "\n").encode(),
    "zeros in it.csv": lambda: b"\xd5\xfe\xb8\xae\0\0,1\n" * 1000,
    "an open quote.csv": lambda: ('"' + "信息公开,\n" * 500_000).encode(),
    "cells.csv": lambda: ("信息公开" + ",1" * 100 + "\n").encode() * 1000,
}


def _opened(tag: str) -> str:
    return {"table": "<table><tr><td>", "ul": "<ul><li>"}.get(tag, f"<{tag}>")


def _laughs() -> bytes:
    lines = ['<!ENTITY l0 "信息公开">']
    lines += [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    return "".join(lines).encode()


def _doctype() -> str:
    return f"<!DOCTYPE d [{_laughs().decode()}]>"


def _laughing_sheet() -> bytes:
    with zipfile.ZipFile(io.BytesIO(xlsx())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    members["xl/sharedStrings.xml"] = (
        f'<?xml version="1.0"?>{_doctype()}<sst xmlns="{main}"><si><t>&l9;</t></si></sst>'
    )
    return zipped(members)


def text(words: str) -> bytes:
    return (HEAD + words + NEXT).encode()


# Texts of no more than 200,000 characters on which a careless pattern or loop takes for ever.
HEAVY = {
    "a report in a field.csv": lambda: f'"{HEAD * 3_000}",1\n'.encode(),
    "digits in a report.txt": lambda: (HEAD + "公开政府信息" + "7" * 5_000 + "件。\n" + APPLIED).encode(),
    "no tables.txt": lambda: text(APPLIED).replace("主动公开政府信息1条。".encode(), b""),
    "blank lines.txt": lambda: text("\n" * 20_000),
    "spaces.txt": lambda: text(" " * 100_000 + "x\n"),
    "spaces in a table.txt": lambda: text(APPLIED + " " * 100_000 + "x\n"),
    "spaces in a heading.txt": lambda: text("六、" + " " * 50_000 + "|\n"),
    "spaces behind a number.txt": lambda: text("公开1" + " " * 50_000 + "x\n"),
    "spaces in a cell.txt": lambda: text(f"{PUBLISHED}| 行政许可 | 1{' ' * 50_000}x |\n"),
    "dashes.txt": lambda: text("|" + "-" * 50_000 + "x\n"),
    "dashes at the end.txt": lambda: text("-" * 100_000 + "x\n").replace(NEXT.encode(), b""),
    "line ends.txt": lambda: text("\r" * 100_000),
    "form feeds.txt": lambda: text("\x0c\n" * 50_000),
    "digits of China.txt": lambda: text("公开" + "二" * 100_000 + "x\n"),
    "thousands.txt": lambda: text("公开1" + ",111" * 40_000 + "x\n"),
    "claims.txt": lambda: text("主动公开1件" * 30_000 + "\n"),
    "ordinals.txt": lambda: text(f"{PUBLISHED}| {'(一)' * 50_000} | 1 |\n"),
    "unknown rows.txt": lambda: text(PUBLISHED + "| 某某某某某某 | 1 |\n" * 12_000),
    "the same row.txt": lambda: text(PUBLISHED + "| 行政许可 | 1 |\n" * 12_000),
    "the same label.txt": lambda: text(PUBLISHED + "行政处罚1 " * 25_000),
    "glued digits.txt": lambda: text(APPLIED + "".join(f"{row}{'1' * 60} " for row in ROWS)),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_refused_in_a_sentence_soon_and_with_little_memory(name, reader, tmp_path):
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    refused(reader, path)


@pytest.mark.parametrize("name", HEAVY)
def test_a_text_of_nothing_but_one_thing_is_read_or_refused_soon(name, reader, tmp_path):
    path = tmp_path / name
    path.write_bytes(HEAVY[name]())
    assert reader(path)[0] in ("read", "refused"), reader(path)


@pytest.mark.parametrize("digits", [11, 30, 400, 5_000])
@pytest.mark.parametrize("where", ["cell", "money", "one row", "prose", "glued"])
def test_a_number_too_large_for_a_report_is_refused_or_not_read(digits, where, reader, tmp_path):
    number = "9" * digits
    old, new = {
        "cell": ("| 3402 |", f"| {number} |"),
        "money": ("| 59237.2449", f"| {number}.5"),
        "one row": ("309 | 17", f"{number} | 17"),
        "prose": ("一、总体情况\n", f"一、总体情况\n主动公开政府信息{number}条。\n"),
        "glued": ("| 3402 | 99 | 0 | 4 | 5 | 1 | 3511", number),
    }[where]
    assert old in GRID
    path = tmp_path / "宿迁市" / "2023.txt"
    path.parent.mkdir()
    path.write_text(GRID.replace(old, new, 1), encoding="utf8")
    end, zh, _ = reader(path)
    assert end in ("read", "refused"), end
    if where in ("cell", "one row"):
        assert end == "refused" and len(zh) < 300


@pytest.mark.parametrize(
    "printed", ["-5", "3402.5", "减5", "1e5", "½", "٢.٥", "1,00", "+", "NaN", "inf", "1_000"]
)
def test_what_is_no_count_is_refused_or_stays_open(printed, reader, tmp_path):
    path = tmp_path / "宿迁市" / "2023.txt"
    path.parent.mkdir()
    path.write_text(GRID.replace("| 3402 |", f"| {printed} |", 1), encoding="utf8")
    end, _, _ = reader(path)
    assert end in ("read", "refused"), end
    if end == "read":
        facts = read_report(path).facts.set_index(["table", "row", "column"])
        fact = facts.loc["applications", "received", "natural_person"]
        assert fact["value"] != fact["value"] or fact["status"] == "inferred"


def test_a_change_that_may_stand_in_several_columns_leaves_its_row_open(tmp_path):
    """What has lost a blank cell at its end is not refused because of a number that the column beside it may hold."""
    path = tmp_path / "甲县" / "2020.txt"
    path.parent.mkdir()
    path.write_text(
        "甲县2020年政府信息公开工作年度报告\n一、总体情况\n全年平稳。\n二、主动公开政府信息情况\n第二十条第（五）项\n"
        "信息内容              上一年项目数量  本年增/减       处理决定数量\n"
        "行政许可              10              -1              779\n"
        "其他对外管理服务事项  19              3               468\n"
        "第二十条第（六）项\n"
        "信息内容              上一年项目数量  本年增/减       处理决定数量\n"
        "行政处罚              69              -1\n"
        "行政强制              6               1               17\n",
        encoding="utf8",
    )
    facts = read_report(path).facts.set_index(["table", "row", "column"]).loc["disclosure"]
    assert list(facts.loc["licensing", "value"]) == [10, -1, 779]
    assert set(facts.loc["penalties", "status"]) == {"ambiguous"}
    path.write_text(
        path.read_text(encoding="utf8").replace("        -1              779", "        -1  779  5")
    )
    with pytest.raises(InputError):
        read_report(path)


@pytest.mark.parametrize("cut", [0.3, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("kind", ["pdf", "html", "txt", "docx", "xlsx"])
def test_what_is_cut_off_is_refused_or_read_without_what_is_gone(kind, cut, reader, tmp_path):
    whole = {
        "pdf": PDF,
        "html": PAGE,
        "txt": GRID.encode(),
        "docx": docx(paragraphs(GRID)),
        "xlsx": xlsx(),
    }[kind]
    path = tmp_path / "宿迁市" / f"2023.{kind}"
    path.parent.mkdir()
    path.write_bytes(whole[: int(len(whole) * cut) + 1])  # of a text, inside a character as often as not
    assert reader(path)[0] in ("read", "refused")


def test_a_scan_is_refused_and_recognition_recommended(reader, tmp_path):
    from PIL import Image

    Image.new("RGB", (600, 800), "white").save(tmp_path / "scan.pdf", save_all=True)
    assert "OCR" in refused(reader, tmp_path / "scan.pdf")


def test_a_password_is_named_as_the_reason(reader, tmp_path):
    (tmp_path / "locked.pdf").write_bytes(FILES["a password.pdf"]())
    assert "密码" in refused(reader, tmp_path / "locked.pdf")


def test_a_file_of_200_megabytes_is_refused_unopened(reader, tmp_path):
    path = tmp_path / "large.txt"
    path.touch()
    os.truncate(path, 200 * 2**20)
    assert "200 MB" in refused(reader, path)


def test_what_is_no_file_is_refused(reader, tmp_path):
    (tmp_path / "folder.pdf").mkdir()
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "nowhere.txt").symlink_to(tmp_path / "gone.txt")
    (tmp_path / "endless.txt").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.txt")
    for name in (
        "folder.pdf",
        "loop.txt",
        "nowhere.txt",
        "endless.txt",
        "pipe.txt",
        "none.txt",
        "x" * 250 + ".txt",
    ):
        refused(reader, tmp_path / name)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="for this user every file is readable")
def test_what_may_not_be_opened_is_refused(reader, tmp_path):
    path = tmp_path / "2020.txt"
    path.write_text(TEXT, encoding="utf8")
    path.chmod(0)
    assert "权限" in refused(reader, path)


@pytest.mark.parametrize("stem", ["x" * 250, "年" * 80, "a\nb", "[bold]", "%s{0}", "'\";|", "-rf", " "])
def test_a_report_is_read_under_any_name(stem, reader, tmp_path):
    path = tmp_path / f"{stem}.txt"
    path.write_text(TEXT, encoding="utf8")
    assert reader(path)[:2] == ("read", "永康市 2020")


def test_a_page_in_gbk_is_read_whatever_encoding_it_declares(reader, tmp_path):
    for n, charset in enumerate(
        ["gbk", "gb2312", "undefined", "none", "rot13", "base64", "idna", "utf-7", "punycode"]
    ):
        path = tmp_path / f"{n}.html"
        page = f"<html><head><meta charset={charset}></head><body><pre>{GRID}</pre></body></html>"
        path.write_bytes(page.encode("gb18030"))
        assert reader(path)[:2] == ("read", "宿迁市 2023"), charset


# folders


def _files(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


GOOD = (
    "永康市/2020.txt",
    "宿迁市/2023.txt",
    "宿迁市/2024.txt",
    "淮安市洪泽区/2023.pdf",
    "上海市人民政府办公厅/2019.html",
)
BAD = (
    "empty.txt",
    "noise.pdf",
    "cut.docx",
    "cut.xlsx",
    "tags.html",
    "5000 div.html",
    "laughs.docx",
    "a password.pdf",
)


@pytest.fixture
def mixed(tmp_path):
    """A folder of good and bad files, and what lies around it."""
    folder = tmp_path / "around" / "in"
    for name in GOOD:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((REPORTS / name).read_bytes())
    (folder / "bad" / "deep").mkdir(parents=True)
    for name in BAD:
        (folder / "bad" / "deep" / name).write_bytes(FILES[name]())
    (folder / "large.txt").touch()
    os.truncate(folder / "large.txt", 200 * 2**20)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "itself.txt").symlink_to(folder / "itself.txt")
    (folder / "folder.pdf").mkdir()
    (folder / "bad" / "dots.txt").write_text(TEXT.replace("永康", "../../x"), encoding="utf8")
    return folder


def _in_process(folder: Path, out: Path, seconds: float = 60, jobs: int = 2, **more) -> list[str]:
    """The command that reads a folder, for a process of its own."""
    code = (
        "import sys; from pathlib import Path; from analysis.batch import engine, store\n"
        f"store.SECONDS = {seconds}\n"
        "if __name__ == '__main__':\n"
        f" s = store.read_folder(Path({str(folder)!r}), Path({str(out)!r}), engine.Cluster({jobs}))\n"
        # Not ru_maxrss: a child inherits that from the process it was forked from.
        " status = Path('/proc/self/status').read_text().split()\n"
        " print(*(f'{o.state}:{o.path}' for o in s.outcomes), sep='\\n')\n"
        " print('memory', int(status[status.index('VmHWM:') + 1]) // 1024)\n"
    )
    script = out.parent / "reading.py"
    script.write_text(code, encoding="utf8")
    return [sys.executable, str(script)]


def _run(*arguments, **more):
    done = subprocess.run(
        _in_process(*arguments, **more), capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    *states, memory = done.stdout.splitlines()
    assert int(memory.split()[1]) < 1_000
    return dict(reversed(line.split(":", 1)) for line in states)


def test_of_a_mixed_folder_the_good_are_read_and_each_bad_one_has_one_failure(mixed, tmp_path):
    around = _files(mixed.parent)
    out = tmp_path / "out" / "store"
    command = [sys.executable, "-m", "analysis", "read", str(mixed), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert set(pq.read_table(out / "documents.parquet")["file"].to_pylist()) == set(GOOD)
    with (out / "failures.csv").open(encoding="utf8") as file:
        failed = [row["path"] for row in csv.DictReader(file)]
    expected = {f"bad/deep/{name}" for name in BAD} | {"bad/dots.txt", "large.txt"}
    assert sorted(failed) == sorted(expected)
    assert _files(mixed.parent) == around
    assert {p.name for p in tmp_path.iterdir()} == {"around", "out"}
    assert {p.name for p in out.parent.iterdir()} == {"store"}
    # Nothing is read a second time, and one that changes alone is.
    again = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    assert again.returncode == 1 and f"读入 read 0 · 未变 unchanged {len(GOOD)}" in again.stdout
    path = mixed / GOOD[0]
    path.write_bytes(path.read_bytes() + b"\n")
    again = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    assert f"读入 read 1 · 未变 unchanged {len(GOOD) - 1}" in again.stdout


def test_a_folder_of_bad_files_alone_makes_an_empty_store(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("empty.txt", "cut.docx"):
        (tmp_path / "in" / name).write_bytes(FILES[name]())
    states = _run(tmp_path / "in", tmp_path / "out")
    assert set(states.values()) == {"failed"}
    assert pq.read_table(tmp_path / "out" / "facts.parquet").num_rows == 0


def test_a_folder_may_be_its_own_store(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "2020.txt").write_text(TEXT, encoding="utf8")
    (tmp_path / "in" / "bad.txt").touch()
    for state in ("read", "kept", "kept"):
        assert _run(tmp_path / "in", tmp_path / "in") == {"2020.txt": state, "bad.txt": "failed"}


def test_what_ends_or_holds_up_the_reader_fails_alone(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "2020.txt").write_text(TEXT, encoding="utf8")
    (folder / "slow.pdf").write_bytes(FILES["laughs.pdf"]())
    (folder / "2023.txt").write_text(GRID, encoding="utf8")
    states = _run(folder, tmp_path / "out", 8)
    assert states == {"2020.txt": "read", "2023.txt": "read", "slow.pdf": "failed"}


def test_a_name_that_is_no_unicode_does_not_end_the_reading(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "2020.txt").write_text(TEXT, encoding="utf8")
    name = os.fsdecode(b"\xb1\xa8\xb8\xe6.txt")  # 报告.txt in GBK, as an old archive leaves it
    try:
        (folder / name).write_text(GRID, encoding="utf8")
    except OSError:
        pytest.skip("this system has no such names")
    done = subprocess.run(
        _in_process(folder, tmp_path / "out"), capture_output=True, timeout=170, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-1_500:]


def test_a_reading_that_was_killed_is_completed_by_the_next(tmp_path):
    folder = tmp_path / "in"
    for n in range(60):
        path = folder / f"{n}市" / "2020.txt"
        path.parent.mkdir(parents=True)
        path.write_text(
            TEXT.replace(
                "永康市", "永" + "一二三四五六七八九十"[n // 10] + "一二三四五六七八九十"[n % 10] + "市"
            )
        )
    out = tmp_path / "out"
    pieces = out / ".pieces"
    running = subprocess.Popen(_in_process(folder, out), start_new_session=True, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while time.monotonic() < until and not (pieces.is_dir() and len(list(pieces.iterdir())) > 8):
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not (out / "facts.parquet").exists()
    states = _run(folder, out)
    assert len(states) == 60 and set(states.values()) <= {"read", "kept"}
    assert "kept" in states.values()
    assert len(set(pq.read_table(out / "documents.parquet")["unit"].to_pylist())) == 60
    assert not [p.name for p in [*out.iterdir(), *pieces.iterdir()] if p.name.startswith(".new-")]


def test_a_piece_that_is_damaged_is_read_again(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "2020.txt").write_text(TEXT, encoding="utf8")
    _run(tmp_path / "in", tmp_path / "out")
    (piece,) = (tmp_path / "out" / ".pieces").iterdir()
    whole = piece.read_bytes()
    for damaged in (b"", b"{}\n", b"null\n", whole[:20], whole[: whole.index(b"\n") + 1], whole[:-100]):
        piece.write_bytes(damaged)
        assert _run(tmp_path / "in", tmp_path / "out") == {"2020.txt": "read"}, damaged[:40]
        assert piece.read_bytes() == whole
