"""How many planted errors the checks find, and how exactly they name the place.

In: the shipped reports, and those of ``--data`` beside them. In every report without a finding of severity error
one error at a time is planted in the text (``synthesis.planting``), the page is read again and checked as any other.
Out: by kind of error how many were found, how many of them located, what was missed and why; printed and written
to docs/planted.md. Whether an error can be found at all is worked out apart (``synthesis.contradictions``). The same seed
gives the same table.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import re
import tempfile
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import pandas as pd
from places import PROJECT, SHIPPED, table
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from analysis import frames, register
from analysis.checking.across import check_across
from analysis.checking.finding import numbered
from analysis.errors import InputError
from analysis.ledger import from_json, terms
from analysis.problems import findings_within, section_five
from analysis.reading import Report, read_report
from analysis.reading.neighbours import decide_reports
from analysis.reading.source import SUFFIXES
from analysis.synthesis.contradictions import Page, adds_up_as_read, explanations
from analysis.synthesis.planting import KINDS, Planting, against, plantings, said_now, values_now
from analysis.templates import Cell

SEED = 20210
PLACES, QUICK = 5, 200
# A finding that names more suspects than this has not located anything.
NAMED = 2
SEVERE = ("error", "warning")
# These warn that a number cannot be told on the page; they find no error.
OPEN = ("form.placement_ambiguous", "form.placement_presumed")
# What the checks across reports are given of each.
OTHERWISE = "连写的数字另有一种读法全部相符 joined digits add up otherwise"
TABLES = ("documents", "facts", "placements", "claims", "sentences")
PAGE = PROJECT / "docs" / "planted.md"


# the checks


def found(report: Report, beside: Sequence[Report], declared: register.Register) -> pd.DataFrame:
    """All that the checks find in ``report``, by itself and beside other reports."""
    within = findings_within(report, section_five(report))
    units: dict[str, list[Report]] = defaultdict(list)
    for other in (*beside, report):
        units[other.unit].append(other)
    across = check_across((_tables(sorted(of, key=lambda r: r.year)) for of in units.values()), declared)
    return frames.concat("findings", [within, across])


def _tables(reports: Sequence[Report]) -> dict[str, pd.DataFrame]:
    every = {name: [_frame(r, name) for r in reports] for name in TABLES}
    return {name: frames.concat(name, made) for name, made in every.items()}


def _frame(report: Report, name: str) -> pd.DataFrame:
    return report.document.to_frame().T if name == "documents" else getattr(report, name)


# the reports


@dataclass(frozen=True)
class Corpus:
    """The reports of one folder as pages of text, by unit and year; ``unread`` says which cannot be taken
    so, and why."""

    folder: Path
    pages: Mapping[str, Page]
    unread: Mapping[str, str]
    register: register.Register

    def beside(self, planting: Planting) -> list[str]:
        """The reports that a planted page is checked beside: the unit's own, and those whose text was cloned."""
        everybody = planting.kind == "paragraph_other_unit"
        return [
            k for k in self.pages if k != planting.key and (everybody or k.startswith(f"{planting.unit}/"))
        ]

    def reports(self, keys: Iterable[str]) -> list[Report]:
        """Some of the reports."""
        return [self.pages[key].report for key in keys]


@dataclass(frozen=True)
class Survey:
    """What is found in the reports of a folder as they are: ``left_out`` says which are not clean and why,
    ``warnings`` counts those of the clean ones."""

    corpus: Corpus
    left_out: Mapping[str, str]
    warnings: Counter[str]

    def clean(self) -> list[str]:
        """The reports that errors are planted in."""
        return [key for key in self.corpus.pages if key not in self.left_out]


def _written(folder: Path, report: Report, text: str) -> Path:
    path = folder / report.unit / f"{report.year}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf8", newline="")
    return path


def corpus(folder: Path, scratch: Path) -> Corpus:
    """Read a folder of reports, each written again as the text that the reader made of it."""
    unread: dict[str, str] = {}
    units: dict[str, list[Report]] = defaultdict(list)
    shown = ["key", "value", "status", "candidates", "raw"]
    for path in sorted(p for p in folder.glob("*/*") if p.is_file() and p.suffix in SUFFIXES):
        try:
            first = read_report(path)
            again = read_report(_written(scratch, first, first.text.raw))
        except InputError as error:
            unread[f"{path.parent.name}/{path.stem}"] = str(error)
            continue
        units[again.unit].append(again)
        if again.key != first.key or not first.facts[shown].equals(again.facts[shown]):
            unread[again.key] = "写成文本再读，数字不同 reads differently as text"
    alone = {r.key: Page(r) for of in units.values() for r in decide_reports(of)}
    pages = {
        key: replace(p, beside={o.report.year: o for o in alone.values() if o.report.unit == p.report.unit})
        for key, p in alone.items()
    }
    return Corpus(folder, pages, unread, register.beside(folder))


def survey(of: Corpus) -> Survey:
    """Find what is wrong in the reports before anything is planted."""
    left_out, warnings = dict(of.unread), Counter[str]()
    for key, page in of.pages.items():
        unit = [k for k in of.pages if k != key and k.startswith(f"{page.report.unit}/")]
        findings = found(page.report, of.reports(unit), of.register)
        own = findings[(findings["unit"] == page.report.unit) & (findings["year"] == page.report.year)]
        if errors := Counter(sorted(own.loc[own["severity"] == "error", "code"])):
            left_out.setdefault(key, ", ".join(f"{c}×{n}" if n > 1 else c for c, n in errors.items()))
        if key not in left_out:
            warnings.update(own.loc[own["severity"] == "warning", "code"])
    return Survey(of, left_out, warnings)


# judging


@dataclass(frozen=True)
class Verdict:
    """What came of one planting. ``against`` says what contradicts it: identity, prose, year, form, copy;
    empty if nothing does; ``clear`` that few enough numbers could be the wrong one for it to be located; ``joined`` that the digits of its table run together. ``state`` is found, noted
    (by a note, or as open, alone), missed, refused (the page cannot be read) or crashed (a check gave way). ``narrowed``
    says that the planted place is among several suspects, ``misnamed`` are codes that name other suspects alone,
    ``stray`` errors that do not touch the planted place."""

    kind: str
    report: str
    place: str
    against: tuple[str, ...]
    clear: bool
    joined: bool
    state: str
    located: bool
    narrowed: bool = False
    codes: tuple[str, ...] = ()
    misnamed: tuple[str, ...] = ()
    stray: tuple[str, ...] = ()
    read_as: str = ""

    @property
    def detectable(self) -> bool:
        """Whether something contradicts the error."""
        return bool(self.against)


def _marks(findings: pd.DataFrame, report: Report, planting: Planting | None) -> list[tuple]:
    """For each finding what it is about, the same before and after the planting: whose, its code, its
    evidence. Numbered rows are named by their place in the page without the error."""
    starts = {
        key: planting.back(start) if planting else start
        for name in ("claims", "sentences")
        for key, start in getattr(report, name)[["key", "start"]].itertuples(index=False)
    }

    def mark(key: str) -> str:
        if key in starts:
            return f"{key.rpartition('/')[0]}@{starts[key]}"
        return key.rpartition("/")[0] if numbered(key) else key

    return [
        (
            f.unit,
            f.year,
            f.code,
            f.severity,
            *(sorted(map(mark, f.evidence.split())) or (f.reported, f.expected)),
        )
        for f in findings.itertuples(index=False)
    ]


def judged(of: Corpus, planting: Planting, scratch: Path) -> Verdict:
    """Plant, read, check, compare."""
    page = of.pages[planting.key]
    own = [p.report for p in page.beside.values() if p.report.key != planting.key]
    reasons = against(page, planting)
    clear = explanations(page, values_now(page, planting), said_now(page, planting)) <= NAMED
    tables = {Cell.parse(cell).table for cell in planting.cells}
    joined = any(t.glued or t.placements > 1 for c, t in page.report.tables.items() if c in tables)
    verdict = Verdict(planting.kind, planting.key, planting.place, reasons, clear, joined, "missed", False)
    path = _written(scratch, page.report, planting.text(page.report.text.raw))
    try:
        read = decide_reports([read_report(path, page.report.unit, page.report.year)], own)[0]
    except InputError as error:
        return replace(verdict, state="refused", read_as=error.zh[:60])
    if joined and not planting.rule and adds_up_as_read(page, read):
        verdict = replace(verdict, against=(), read_as=OTHERWISE)
    elif joined:
        verdict = replace(verdict, read_as=_read_as(planting, read))
    beside = tuple(of.beside(planting))
    before = _before(of.folder, planting.key, beside)
    try:
        after = found(read, of.reports(beside), of.register)
    except Exception as error:  # a check that gives way is a miss, and the worst one
        at = [f for f in traceback.extract_tb(error.__traceback__) if "checking" in f.filename]
        where = f"{Path(at[-1].filename).name} {at[-1].name}" if at else ""
        return replace(verdict, state="crashed", read_as=f"{type(error).__name__} {where}".strip())
    left = Counter(before)
    fresh = []
    for mark, finding in zip(_marks(after, read, planting), after.itertuples(index=False), strict=True):
        if left[mark] > 0:
            left[mark] -= 1
        else:
            fresh.append(finding)
    severe = [f for f in fresh if f.severity in SEVERE and f.code not in OPEN]
    touching = _Touching(planting, read)
    located = any(touching.locates(f) for f in severe)
    return replace(
        verdict,
        state="found" if severe else "noted" if fresh else "missed",
        located=located,
        narrowed=not located and any(touching.names(f) for f in severe),
        codes=tuple(sorted({f.code for f in (severe or fresh)})),
        misnamed=()
        if located
        else tuple(sorted({f.code for f in severe if f.suspect and not touching.names(f)})),
        stray=tuple(sorted({f.code for f in severe if f.severity == "error" and not touching.touches(f)})),
    )


def _read_as(planting: Planting, read: Report) -> str:
    """Whether the planted cells were read as planted, where digits run together."""
    facts = read.facts.set_index("key")
    for cell, value in planting.cells.items():
        key = f"{planting.key}/{cell}"
        if key not in facts.index or value is None:
            continue
        got = facts.loc[key, "value"]
        if pd.isna(got):
            return "连写的数字读不定 joined digits left open"
        if got != value:
            return "连写的数字读作别的数 joined digits read otherwise"
    return ""


_CORPORA: dict[Path, Corpus] = {}


@cache
def _before(folder: Path, key: str, beside: tuple[str, ...]) -> tuple[tuple, ...]:
    """The marks of what is found in a report before anything is planted."""
    of = _CORPORA[folder]
    report = of.pages[key].report
    return tuple(_marks(found(report, of.reports(beside), of.register), report, None))


class _Touching:
    """Where a planting stands in the page with it."""

    def __init__(self, planting: Planting, read: Report) -> None:
        self.planting, self.read = planting, read
        self.stretches = planting.stretches()
        self.cells = {f"{planting.key}/{cell}" for cell in planting.cells}
        self.keys = self.cells | {
            row.key
            for name in ("claims", "sentences")
            for row in getattr(read, name)[["key", "start", "end"]].itertuples(index=False)
            if self._inside(row.start, row.end)
        }

    def _inside(self, start: int, end: int) -> bool:
        return any(
            first < max(end, start + 1) and start < max(last, first + 1) for first, last in self.stretches
        )

    def _at(self, finding) -> bool:
        whose = (finding.unit, finding.year) == (self.planting.unit, self.planting.year)
        # A cell is not located by the place of another number, nor by the label of its row.
        return whose and not self.planting.cells and self._inside(finding.start, finding.end)

    def locates(self, finding) -> bool:
        """Whether the finding names the planted place: in its suspects, two at most or none but planted
        ones; with none, as its only evidence; or by where it stands."""
        suspect, evidence = finding.suspect.split(), finding.evidence.split()
        if self._at(finding) or (self.planting.named and self.planting.named in finding.expected):
            return True
        if suspect:
            return bool(self.keys & set(suspect)) and (len(suspect) <= NAMED or self.keys.issuperset(suspect))
        return bool(evidence) and self.keys.issuperset(evidence)

    def names(self, finding) -> bool:
        """Whether the planted place is among the suspects, however many they are."""
        return bool(self.keys & set(finding.suspect.split()))

    def touches(self, finding) -> bool:
        """Whether the finding rests on the planted place at all."""
        told = from_json(json.loads(finding.figures)["zh"])
        figures = {term.rpartition("|")[2] for p in told for term in terms(p.figure.key)}
        keys = {*finding.suspect.split(), *finding.evidence.split(), *figures}
        named = self.planting.named and self.planting.named in finding.message_zh
        whole = not keys and bool(self.planting.rule)  # a finding about the report as a whole
        return bool(self.keys & keys) or bool(named) or self._at(finding) or whole


# a run


Task = tuple[Path, Planting]


def _start(folders: Sequence[Path], scratch: Path) -> None:
    """Every process reads the reports for itself."""
    for n, folder in enumerate(folders):
        _CORPORA[folder] = corpus(folder, scratch / f"{os.getpid()}-{n}")


def _judged(task: Task, scratch: Path) -> Verdict:
    folder, planting = task
    return judged(_CORPORA[folder], planting, scratch / f"{os.getpid()}-planted")


def tasks(surveys: Iterable[Survey], seed: int, places: int) -> Iterator[Task]:
    """Every planting of a run."""
    for of in surveys:
        for key, page in of.corpus.pages.items():
            others = [p for p in of.corpus.pages.values() if p.report.unit != page.report.unit]
            if key in of.corpus.unread:
                continue
            for planting in plantings(page, seed, places, others, clean=key not in of.left_out):
                yield of.corpus.folder, planting


def sampled(every: Sequence[Task], most: int, seed: int) -> list[Task]:
    """Some of the plantings, of every kind in like share, at least two."""
    kinds: dict[str, list] = defaultdict(list)
    for task in every:
        kinds[task[1].kind].append(task)
    rng = random.Random(seed)
    return [
        task
        for of_kind in kinds.values()
        for task in rng.sample(of_kind, min(len(of_kind), max(2, round(most * len(of_kind) / len(every)))))
    ]


def run(every: Sequence[Task], folders: Sequence[Path], processes: int) -> list[Verdict]:
    """The verdicts, in the order of the tasks."""
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        pool = multiprocessing.get_context("spawn").Pool(processes, _start, (folders, scratch))
        with pool, Progress(*columns, console=Console(stderr=True)) as progress:
            verdicts = pool.imap(partial(_judged, scratch=scratch), every, chunksize=8)
            return list(progress.track(verdicts, len(every), description="planting"))


# the page


REASONS = {
    "identity": ("表内勾稽关系", "an identity of the form"),
    "prose": ("正文", "the prose"),
    "year": ("相邻年度", "the year beside"),
    "form": ("格式要求", "a rule of the form"),
    "copy": ("被抄的报告", "the report it is copied from"),
}


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "—"


def _counts(name: str, verdicts: Sequence[Verdict]) -> list[object]:
    can = [v for v in verdicts if v.detectable]
    hit = [v for v in can if v.state == "found"]
    located, clear = sum(v.located for v in hit), [v for v in hit if v.clear]
    missed = len(can) - len(hit)
    noted = sum(v.state == "noted" for v in can)
    beyond = [v for v in verdicts if not v.detectable]
    return [
        name,
        len(verdicts),
        len(can),
        len(hit),
        _share(len(hit), len(can)),
        located,
        _share(located, len(hit)),
        _share(sum(v.located for v in clear), len(clear)),
        sum(v.narrowed for v in hit),
        sum(bool(v.misnamed) and not v.narrowed for v in hit),
        f"{missed}（{noted}）" if noted else missed,
        len(beyond),
        sum(v.state == "found" for v in beyond),
    ]


HEAD = [
    "错误的种类 kind of error",
    "植入 planted",
    "可发现 contradicted",
    "发现 found",
    "占比 share",
    "定位 located",
    "占发现 share of found",
    "占能辨的 share of those that can be told",
    "在三四处之中 among three or four",
    "指错 named wrong",
    "漏（其中有提示或未定）missed (noted or left open)",
    "无从发现 nothing against it",
    "仍发现 found even so",
]


def by_kind(verdicts: Sequence[Verdict]) -> str:
    """The table by kind of error."""
    kinds = {code: [v for v in verdicts if v.kind == code] for code in KINDS}
    rows = [_counts(f"{KINDS[c].zh} {KINDS[c].en}", of) for c, of in kinds.items()]
    return table(HEAD, [*rows, _counts("**合计 all**", verdicts)])


def by_reason(verdicts: Sequence[Verdict]) -> str:
    """The same by what contradicts the error."""
    hard = [v for v in verdicts if {"identity", "prose"} & set(v.against)]
    rows = [_counts(f"{zh} {en}", [v for v in verdicts if r in v.against]) for r, (zh, en) in REASONS.items()]
    rows.append(_counts("**勾稽关系或正文 an identity or the prose**", hard))
    for joined, name in (
        (False, "分格的表 tables with parted cells, and prose"),
        (True, "数字连写的表 tables of joined digits"),
    ):
        rows.append(_counts(f"　其中{name}", [v for v in hard if v.joined == joined]))
    head = ["与什么矛盾 contradicted by", *HEAD[1:11]]
    return table(head, [row[:11] for row in rows])


def _cause(v: Verdict) -> str:
    reasons = "、".join(REASONS[r][0] for r in v.against) + " " + ", ".join(REASONS[r][1] for r in v.against)
    if v.state in ("refused", "crashed"):
        why = {"refused": "拒读 refused", "crashed": "检查出错 a check gave way"}[v.state]
        return f"{reasons}；{why}: {v.read_as}"
    said = f"；只有提示或未定 only a note, or left open: {', '.join(v.codes)}" if v.state == "noted" else ""
    return f"{reasons}{f'；{v.read_as}' if v.read_as else ''}{said}"


def _grouped(rows: Iterable[tuple[str, str, str]]) -> str:
    """Kind, cause and example → a list by kind and cause, three examples each."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for kind, cause, example in rows:
        groups[kind, cause].append(example)
    lines = [
        f"- {KINDS[kind].zh} {KINDS[kind].en}（{len(examples)}）：{cause}\n"
        + "\n".join(f"  - {e}" for e in dict.fromkeys(examples[:3]))
        for (kind, cause), examples in sorted(
            groups.items(), key=lambda g: (list(KINDS).index(g[0][0]), -len(g[1]))
        )
    ]
    return "\n".join(lines) or "无 none"


def _example(v: Verdict) -> str:
    place = v.place if len(v.place) <= 100 else v.place[:100] + "…"
    return f"{v.report} {place}" + (f" ⇒ {', '.join(v.codes)}" if v.codes else "")


def told(surveys: Sequence[Survey], verdicts: Sequence[Verdict], command: str) -> str:
    """docs/planted.md."""
    can = [v for v in verdicts if v.detectable]
    stray = [v for v in verdicts if v.stray]
    absorbed = sum(v.read_as == OTHERWISE for v in verdicts)
    out = [
        "# 植入的错误 | Planted errors",
        "",
        "<!-- 由下面的命令生成，请勿手改 | made by the command below, not by hand -->",
        "",
        f"```sh\n{command}\n```",
        "",
        "在没有“错误”级发现的报告里每次植入一处错误，再照常读取、检查。“可发现”指植入的错误与表内勾稽关系、正文、相邻年度、"
        "格式要求或被抄的报告相矛盾，由 `benchmarks/contradictions.py` 按真实数字另行算出，不问检查程序。“发现”指多出“错误”或“警告”级"
        "发现（只说数字放不定的不算）；“定位”指其中有一条指明植入之处（疑误至多两处，或全在植入之处）。改动任何一个数字都能使全部矛盾消除的，"
        "若有三个以上，谁也辨不出错在哪里；“占能辨的”只以其余的为分母，同样另行算出。",
        "",
        "*One error at a time is planted in the reports that have no finding of severity error; the page is read and checked as"
        " any other. “Contradicted” says that an identity, the prose, the year beside, a rule of the form or the report copied"
        " from is against it, worked out from the true numbers by `benchmarks/contradictions.py` without asking the checks."
        " “Found” is one more finding of severity error or warning, other than that a number cannot be placed; “located” that one of"
        " them names the planted place (two suspects at most, or none but planted ones). Where three numbers or more would, each by"
        " itself, set everything right, nobody can tell which is wrong; the “share of those that can be told” leaves these out, and"
        " is worked out apart as well.*",
        "",
        f"## 按种类 | By kind\n\n{by_kind(verdicts)}",
        "",
        f"## 按与什么矛盾 | By what contradicts it\n\n{by_reason(verdicts)}",
        "",
        f"数字连写的页面上，有{absorbed}处植入的错误另有一种断开的读法，全部相符，无从发现。 *On pages of joined digits {absorbed}"
        " planted errors can be read otherwise so that everything adds up; nothing can be found there.*",
        "",
        "一处错误可以与几样矛盾，故各行有重复。 *An error may be contradicted by several, so rows overlap.*",
        "",
        f"## 误报 | False alarms\n\n{_clean(surveys)}",
        "",
        f"植入后，“错误”级发现与植入之处毫不相干的 | plantings with a finding of severity error that does not touch the planted"
        f" place：{len(stray)}",
        "",
        _grouped((v.kind, ", ".join(v.stray), _example(v)) for v in stray) if stray else "",
        "",
        "## 漏掉的 | Missed",
        "",
        _grouped((v.kind, _cause(v), _example(v)) for v in can if v.state != "found"),
        "",
        "## 发现而未定位 | Found, not located",
        "",
        _grouped(
            (
                v.kind,
                f"{', '.join(v.codes)}{'；在三四处之中 among three or four' if v.narrowed else '；指错 named wrong' if v.misnamed else ''}",
                _example(v),
            )
            for v in can
            if v.state == "found" and not v.located
        ),
        "",
        "## 不知与什么矛盾而仍发现的 | Found though nothing is known to be against it",
        "",
        _grouped(
            (v.kind, ", ".join(v.codes), _example(v))
            for v in verdicts
            if not v.detectable and v.state == "found"
        ),
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).rstrip() + "\n"


def _clean(surveys: Sequence[Survey]) -> str:
    lines = []
    for of in surveys:
        name = "随附的改写版 shipped" if of.corpus.folder == SHIPPED else "发布的原件 published"
        clean = of.clean()
        lines.append(
            f"**{name}**：{len(clean)} 份没有“错误”级发现，用来植入 without an error, planted in: {'、'.join(clean)}。"
        )
        lines.append("")
        lines.append(
            f"其中“警告” warnings on them: {'、'.join(f'{c} {n}' for c, n in sorted(of.warnings.items())) or '无 none'}。"
        )
        lines.append("")
        lines.append("未用 left out:")
        lines.append("")
        lines += [f"- {key}：{why}" for key, why in sorted(of.left_out.items())]
        lines.append("")
    lines.append(
        "没有错误的报告按检查的结果选出，所以这里的误报为零出于选取；未用的各份，其错误是否属实由真实报告的测试逐条核对。"
        " *The clean reports are chosen by the checks themselves, so that none of them has an error is by choice; whether the"
        " errors of those left out are real is tested on the real reports one by one.*"
    )
    return "\n".join(lines)


def main() -> None:
    """Plant, judge, tell."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--data", type=Path, help="a folder of further reports, such as ../shared/reports")
    arguments.add_argument("--quick", action="store_true", help=f"a sample of about {QUICK}; writes nothing")
    arguments.add_argument(
        "--only", nargs="+", choices=KINDS, metavar="KIND", help="these kinds; writes nothing"
    )
    arguments.add_argument("--places", type=int, default=PLACES, help="places a kind in each report")
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--processes", type=int, default=2)
    arguments.add_argument("--out", type=Path, default=PAGE, help="the page that is written")
    given = arguments.parse_args()
    if given.data and not given.data.is_dir():
        arguments.error(f"no folder {given.data}")
    folders = [SHIPPED, *([given.data.resolve()] if given.data else [])]
    with tempfile.TemporaryDirectory() as scratch:
        surveys = [survey(corpus(folder, Path(scratch) / str(n))) for n, folder in enumerate(folders)]
    every = list(tasks(surveys, given.seed, given.places))
    if given.only:
        every = [task for task in every if task[1].kind in given.only]
    if given.quick:
        every = sampled(every, QUICK, given.seed)
    verdicts = run(every, folders, given.processes)
    options = {"data": given.data, "places": given.places, "seed": given.seed}
    said = [f"--{name} {value}" for name, value in options.items() if value != arguments.get_default(name)]
    page = told(surveys, verdicts, " ".join([".venv/bin/python benchmarks/planted.py", *said]))
    print(page)
    if not (given.quick or given.only):
        given.out.write_text(page, encoding="utf8")


if __name__ == "__main__":
    main()
