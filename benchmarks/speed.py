"""Reports a second, beside the bare table reader of each kind of file, and where the time goes.

For web pages the peer is ``pandas.read_html`` (flavor lxml) on the same pages, as they are and within a
site page of some 150 KB that this script makes; for PDFs it is ``pdfplumber``, opened and ``extract_tables`` on
every page. No library reads tables from plain text, so there the peer is ``pandas.read_html`` on a page of the
same content: every paragraph and, cell by cell, the tables that the text prints. The peers give tables; we
give facts with their places, claims and sections. Frames are made only when asked for, and timed as well.

Every case is warmed up, ours and the peer's turns alternate, and the median turn counts.
"""

from __future__ import annotations

import argparse
import html
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pandas as pd
import pdfplumber
from ortools.sat.python import cp_model
from places import SHARED, SHIPPED, table

from analysis.reading import placement, read_report
from analysis.reading import report as reading
from analysis.reading.report import Report

FRAMES = ("facts", "claims", "placements", "document")
# What each function that ``read_report`` calls is counted under; what is none of these is the rest.
STAGES = {
    "读文件与归一 file, normalise": ("source.load", "normalise"),
    "认单位年份格式、分节 whose, form, sections": ("identify.whose", "identify.form", "split_sections"),
    "对行 matching": ("match",),
    "放格 placing": ("place_table",),
    "正文数字 claims": ("claims_of", "evidence.narrowed", "evidence.from_prose"),
    "成行 rows": ("facts_of", "placements_of"),
}


# the cases


def site_page(page: str) -> str:
    """A page as a site sets it: scripts and styles, menus, the article within frames, links, a footer."""
    styles = "".join(
        f".c{i} li a:hover{{color:#{i * 7919 % 0xFFFFFF:06x};padding:{i % 9}px}}\n" for i in range(600)
    )
    scripts = "".join(
        f"function f{i}(e){{var t=e||window.event;if(t.keyCode=={i}){{document.getElementById('m{i}').style.display='none';}}}}\n"
        for i in range(440)
    )
    menu = "".join(
        f'<li class="c{i}"><a href="/channel/{i}/index.html" target="_blank">栏目{i}</a><ul style="display:none">'
        + "".join(f'<li><a href="/channel/{i}/{j}.html">政务公开子栏目{j}</a></li>' for j in range(8))
        + "</ul></li>"
        for i in range(40)
    )
    news = "".join(
        f'<li><span>2024-01-{i % 28 + 1:02d}</span><a href="/art/{i}.html" title="要闻">本市召开第{i}次会议</a></li>'
        for i in range(120)
    )
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>政府网站</title>'
        f"<style>{styles}</style><script>{scripts}</script></head><body>"
        f'<div class="top"><div class="nav"><ul>{menu}</ul></div></div>'
        f'<div class="wrap"><div class="left"><ul>{news}</ul></div><div class="main"><div id="zoom">{page}</div></div></div>'
        '<div class="bottom"><table><tr><td>主办：市政府办公厅</td><td>网站地图</td></tr></table></div></body></html>'
    )


def as_html(path: Path) -> str:
    """A text report as a page: its paragraphs, and the cells that it prints as tables."""
    report = read_report(path)
    lines = [line for line in report.text.raw.splitlines() if line.strip() and "|" not in line]
    made = ["<html><body>", *(f"<p>{html.escape(line)}</p>" for line in lines)]
    for code in report.form.tables:
        facts = report.facts[report.facts["table"] == code]
        made.append("<table>")
        for row, cells in facts.groupby("row", sort=False):
            printed = "".join(f"<td>{html.escape(raw)}</td>" for raw in cells["raw"])
            made.append(f"<tr><td>{row}</td>{printed}</tr>")
        made.append("</table>")
    return "".join([*made, "</body></html>"])


def read_html(paths: Sequence[Path]) -> None:
    """The peer for web pages."""
    for path in paths:
        pd.read_html(path, flavor="lxml", encoding="utf-8")


def read_pdf(paths: Sequence[Path]) -> None:
    """The peer for PDFs."""
    for path in paths:
        with pdfplumber.open(path) as pdf:
            for page in pdf.pages:
                page.extract_tables()


def ours(paths: Sequence[Path]) -> None:
    """Every report, facts and claims as rows."""
    for path in paths:
        read_report(path)


def ours_framed(paths: Sequence[Path]) -> None:
    """Every report, and its facts as a checked frame."""
    for path in paths:
        _ = read_report(path).facts


Case = tuple[str, Sequence[Path], str, Callable, Sequence[Path]]


def cases(folders: Sequence[Path], made: Path) -> Iterator[Case]:
    """What is timed: its name, our files, the peer's name, the peer and its files."""
    found = [p for folder in folders for p in sorted(folder.glob("*/*"))]
    pages = [p for p in found if p.suffix == ".html"]
    sites = [_put(made / f"site{i}.html", site_page(p.read_text("utf8"))) for i, p in enumerate(pages)]
    texts = [p for p in found if p.suffix in (".txt", ".md")]
    ruled = [p for p in texts if any(line.count("|") > 2 for line in p.read_text("utf8").splitlines())]
    glued = [p for p in texts if p not in ruled]
    same = {p: _put(made / f"text{i}.html", as_html(p)) for i, p in enumerate(texts)}
    yield "网页 HTML", pages, "pandas.read_html", read_html, pages
    yield f"网页，约{_kb(sites)}KB整页 HTML, whole site page", sites, "pandas.read_html", read_html, sites
    vanished = [p for p in ruled if needs_solver(p)]
    for title, group in (
        ("文本，竖线表 text with ruled tables", [p for p in ruled if p not in vanished]),
        ("文本，竖线表，空格已消失 ruled tables, blanks vanished", vanished),
        ("文本，表已压平 text that lost its lines", glued),
    ):
        yield title, group, "pandas.read_html*", read_html, [same[p] for p in group]
    pdfs = [p for p in found if p.suffix == ".pdf"]
    yield "PDF", pdfs, "pdfplumber.extract_tables", read_pdf, pdfs


def needs_solver(path: Path) -> bool:
    """Whether a report cannot be placed without the solver."""
    spent: dict[str, float] = defaultdict(float)
    with _watched(spent):
        read_report(path)
    return "_solver" in spent


def _put(path: Path, text: str) -> Path:
    # Named as a report of a unit and year, so that a page without a title is known by its place.
    place = path.parent / path.stem / "试验市" / "2020.html"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf8")
    return place


def _kb(paths: Sequence[Path]) -> int:
    return round(statistics.mean(p.stat().st_size for p in paths) / 1024) if paths else 0


# timing


def medians(turns: Sequence[Callable[[], None]], repeats: int) -> list[float]:
    """The median seconds of each of ``turns``, which alternate; the order turns round every time."""
    for turn in turns:
        turn()
    spent: list[list[float]] = [[] for _ in turns]
    for n in range(repeats):
        order = range(len(turns)) if n % 2 == 0 else reversed(range(len(turns)))
        for i in order:
            start = time.perf_counter()
            turns[i]()
            spent[i].append(time.perf_counter() - start)
    return [statistics.median(s) for s in spent]


def compared(case: Case, repeats: int) -> list[list[object]]:
    """Reports a second of ours and the peer, and their ratio; the same with the facts as a frame."""
    name, mine, peer, read, others = case
    rows, framed, bare = medians(
        [lambda: ours(mine), lambda: ours_framed(mine), lambda: read(others)], repeats
    )
    return [
        [
            f"{name}{note}",
            len(mine),
            f"{len(mine) / t:.1f}",
            peer,
            f"{len(mine) / bare:.1f}",
            f"{bare / t:.2f}",
        ]
        for note, t in (("", rows), ("，含 frame with the facts as a frame", framed))
    ]


@contextmanager
def _watched(spent: dict[str, float]) -> Iterator[None]:
    """Within, the time of each stage is added up, and the solver's calls are counted."""

    def timed(function: Callable, into: str) -> Callable:
        def run(*args, **kwargs):
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[into] += time.perf_counter() - start

        return run

    patches = []
    for stage, names in STAGES.items():
        for name in names:
            *module, function = name.split(".")
            owner = getattr(reading, module[0]) if module else reading
            patches.append(mock.patch.object(owner, function, timed(getattr(owner, function), stage)))
    patches.append(mock.patch.object(placement, "_search", timed(placement._search, "_search")))
    solve = timed(cp_model.CpSolver.solve, "_solver")
    patches.append(mock.patch.object(cp_model.CpSolver, "solve", solve))
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


def split(paths: Sequence[Path], repeats: int) -> tuple[list[float], list[float], int]:
    """Milliseconds a report in each stage (the rest last), in making rows against frames, and how many
    reports needed the solver."""
    stages, frames, solved = [], [], 0
    for path in paths:
        turns, framing = [], []
        for n in range(repeats + 1):
            spent: dict[str, float] = defaultdict(float)
            with _watched(spent):
                start = time.perf_counter()
                report = read_report(path)
                whole = time.perf_counter() - start
            if n == 0:  # warming up
                solved += "_solver" in spent
                continue
            parts = [spent[s] for s in STAGES]
            turns.append([*parts, whole - sum(parts), spent["_search"]])
            framing.append(_framing(report))
        stages.append([statistics.median(column) for column in zip(*turns, strict=True)])
        frames.append(statistics.median(framing))
    average = [1000 * statistics.mean(column) for column in zip(*stages, strict=True)]
    return average, [1000 * statistics.mean(frames)], solved


def _framing(report: Report) -> float:
    """Seconds for all four tables of a report as checked frames."""
    start = time.perf_counter()
    for name in FRAMES:
        getattr(report, name)
    return time.perf_counter() - start


def main() -> None:
    """Time, compare, print."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--shared", type=Path, default=SHARED, help="folder with reports/")
    arguments.add_argument("--repeats", type=int, default=25, help="turns of each (a fifth for PDF)")
    asked = arguments.parse_args()
    folders = [f for f in (asked.shared / "reports", SHIPPED) if f.is_dir()]
    with tempfile.TemporaryDirectory() as made:
        found = list(cases(folders, Path(made)))
        lines, parts = [], []
        for case in found:
            repeats = max(3, asked.repeats // 5) if case[0] == "PDF" else asked.repeats
            lines += compared(case, repeats)
            stages, frames, solved = split(case[1], max(3, repeats // 5))
            *stages, rest, search = stages
            shown = [f"{ms:.2f}" for ms in (*stages, rest, sum(stages) + rest, search, *frames)]
            parts.append([case[0], *shown, f"{solved}/{len(case[1])}"])
    head = [
        "种类 kind", "报告 reports", "我们，份/秒 ours a second", "同类 peer", "同类，份/秒 peer a second",
        "比 ratio ours / peer",
    ]  # fmt: skip
    print(table(head, lines))
    print("\n* 同样内容另做成网页 | on a page made of the same content\n")
    head = [
        "毫秒/份 ms a report", *STAGES, "其余 rest", "**合计 all**", "放格中的求解 of placing: search",
        "四张 frame, all four frames", "用到求解器 solver needed",
    ]  # fmt: skip
    print(table(head, parts))


if __name__ == "__main__":
    main()
