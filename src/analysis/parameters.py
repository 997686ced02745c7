"""What a notebook or a command is asked for, checked before anything is read.

In: the parameters as typed. Out: clean values, or ``InputError`` with one sentence that names the
parameter, what was given and what to give.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.errors import InputError
from analysis.places import place, reached
from analysis.reading.source import SUFFIXES
from analysis.register import GROUPS, nameable
from analysis.writing.labels import LANGUAGES

DEFAULT_UNIT, DEFAULT_YEARS = "永康市", "2020"
NAMES = ("unit", "years", "data", "file", "language")
TREND_NAMES = ("unit", "years", "data", "language")
BULLETIN_NAMES = ("data", "period", "group", "language")
# The project's own reports, beside the package in a clone.
SHIPPED = Path(__file__).parents[2] / "data" / "reports"
_FIRST, _LAST = 2008, 2100


@dataclass(frozen=True)
class Request:
    """What to read: the report files by year, or one file whose text says whose it is.

    ``unit`` and ``years`` are None where the text decides; ``filed`` are all reports of the unit.
    """

    unit: str | None
    years: tuple[int, ...] | None
    files: tuple[Path, ...]
    language: str
    filed: Mapping[int, Path] = field(default_factory=dict)


def parse_years(years: object) -> tuple[int, ...]:
    """``2020``, ``"2018-2025"``, ``"2020,2023"`` → the years, in order, each once."""
    if isinstance(years, bool) or not isinstance(years, (int, str)):
        raise _bad_years(years)
    found: set[int] = set()
    for part in re.split(r"[,，、\s]+", str(years).strip()):
        match = re.fullmatch(r"(\d{4})(?:[-–—~至](\d{4}))?", part)
        if not match:
            raise _bad_years(years)
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last:
            raise InputError(
                f"参数 years＝{years!r} 的起年晚于止年：请写成 {last}-{first}。",
                f"The parameter years = {years!r} ends before it begins: write {last}-{first}.",
            )
        if not _FIRST <= first <= last <= _LAST:
            raise InputError(
                f"参数 years＝{years!r} 超出范围：年度报告自 {_FIRST} 年起。",
                f"The parameter years = {years!r} is out of range: there are reports from {_FIRST} on.",
            )
        found |= set(range(first, last + 1))
    return tuple(sorted(found))


def parse_units(unit: object) -> list[str]:
    """``甲县,乙县`` → the names, in order, each once."""
    named = re.split(r"[,，、]", unit) if isinstance(unit, str) else []
    return list(dict.fromkeys(n for n in map(str.strip, named) if n))


def _bad_years(years: object) -> InputError:
    return InputError(
        f"参数 years＝{years!r} 不是年份：请写成 2020、2018-2025 或 2020,2023。",
        f"The parameter years = {years!r} is no year: write 2020, 2018-2025 or 2020,2023.",
    )


def years_label(years: Sequence[int]) -> str:
    """How several years name a folder: ``2020``, ``2018-2025``, ``2020,2023``."""
    if len(years) > 1 and years[-1] - years[0] == len(years) - 1:
        return f"{years[0]}-{years[-1]}"
    return ",".join(map(str, years))


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, (str, Path)):
        raise InputError(
            f"参数 {name}＝{value!r} 应为文字，得到的是 {type(value).__name__}：请加引号或改用 -r。",
            f"The parameter {name} = {value!r} should be text, not {type(value).__name__}: quote it.",
        )
    return str(value).strip()


def _nearest(word: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(word, list(known), 1, 0.4)), None)


def _language(language: object) -> None:
    if language not in LANGUAGES:
        raise InputError(
            f"参数 language＝{language!r} 无效：只能是 zh 或 en。",
            f"The parameter language = {language!r} is not known: give zh or en.",
        )


def _folder(data: str) -> Path:
    folder = place(data) if data else SHIPPED
    with reached(folder):
        there = folder.is_dir()
    if not there:
        raise InputError(
            f"找不到报告文件夹 {folder}：请核对 data，或在其中按 <单位>/<年份>.<类型> 放置报告。",
            f"There is no folder of reports {folder}: check data, or put reports there as <unit>/<year>.<type>.",
        )
    return folder


def request(
    unit: object = "",
    years: object = "",
    data: object = "",
    file: object = "",
    language: object = "zh",
    gaps: bool = False,
) -> Request:
    """Check the parameters and find the files; with ``gaps`` years that have no report are passed over as long as one
    has. Raises ``InputError``."""
    _language(language)
    unit, data, file = _text("unit", unit), _text("data", data), _text("file", file)
    if not nameable(unit):
        raise InputError(
            f"参数 unit＝{unit!r} 不能含有路径符号：请只写单位名称，如 永康市。",
            f"The parameter unit = {unit!r} must not hold signs of a path: give the name alone, e.g. 永康市.",
        )
    wanted = None if years in ("", None) else parse_years(years)
    if file:
        if wanted and len(wanted) > 1:
            raise InputError(
                f"file 只读一份报告，不能同时给出 {len(wanted)} 个年份：请去掉 years 或只写一年。",
                f"file reads one report, {len(wanted)} years were given: leave years out or give one.",
            )
        return Request(unit or None, wanted, (place(file),), str(language))
    if not unit and wanted is None:
        unit, wanted = DEFAULT_UNIT, parse_years(DEFAULT_YEARS)
    unit = unit or DEFAULT_UNIT
    folder = _folder(data)
    of_year = _files_of(unit, folder)
    if not of_year:
        raise InputError(
            f"{folder / unit} 里没有报告：请按 <年份>.<类型> 放入（如 2020.html）。",
            f"{folder / unit} holds no report: put reports there as <year>.<type>, such as 2020.html.",
        )
    years_ = wanted or tuple(sorted(of_year))
    if gaps:
        years_ = tuple(year for year in years_ if year in of_year) or years_
    files = tuple(_file(unit, year, folder, of_year) for year in years_)
    return Request(unit, years_, files, str(language), of_year)


@dataclass(frozen=True)
class Period:
    """A year, or a part of one: ``code`` is how files are called after it (``2024``, ``2024Q1``, ``2024H1``)."""

    year: int
    part: str = ""

    @property
    def code(self) -> str:
        """As it is typed."""
        return f"{self.year}{self.part}"

    def name(self, language: str) -> str:
        """The part in words, without the year: ``第一季度``; empty for a whole year."""
        if not self.part:
            return ""
        kind, n = self.part[0], int(self.part[1])
        if language == "en":
            return f"{('first', 'second', 'third', 'fourth')[n - 1]} {'quarter' if kind == 'Q' else 'half'}"
        return f"第{'一二三四'[n - 1]}季度" if kind == "Q" else "上下"[n - 1] + "半年"


def parse_period(typed: object) -> Period | None:
    """``2024``, ``"2024Q1"``, ``"2024H2"``; None if nothing is given. Raises ``InputError``."""
    text = (
        str(typed).strip().upper() if isinstance(typed, (str, int)) and not isinstance(typed, bool) else "?"
    )
    if not text:
        return None
    match = re.fullmatch(r"(\d{4})(Q[1-4]|H[12])?", text)
    if not match:
        raise InputError(
            f"参数 period＝{typed!r} 不是年份或季度：请写成 2024、2024Q1 或 2024H1。",
            f"The parameter period = {typed!r} is no year or part of one: write 2024, 2024Q1 or 2024H1.",
        )
    if int(match[1]) < _FIRST:
        raise InputError(
            f"参数 period＝{typed!r} 超出范围：年度报告自 {_FIRST} 年起。",
            f"The parameter period = {typed!r} is out of range: there are reports from {_FIRST} on.",
        )
    return Period(int(match[1]), match[2] or "")


@dataclass(frozen=True)
class BulletinRequest:
    """What a bulletin is asked for: a folder of reports or a store, a period (None: the year with most reports), what the
    units are grouped by."""

    folder: Path
    period: Period | None
    group: str
    language: str


def bulletin_request(
    data: object = "", period: object = "", group: object = "", language: object = "zh"
) -> BulletinRequest:
    """Check the parameters of a bulletin. Raises ``InputError``."""
    _language(language)
    group = _text("group", group)
    if group not in GROUPS:
        have = "、".join(filter(None, GROUPS))
        raise InputError(
            f"参数 group＝{group!r} 无效：可用 {have}，或留空不分组。",
            f"The parameter group = {group!r} is not known: there are {', '.join(filter(None, GROUPS))}; empty for none.",
        )
    return BulletinRequest(_folder(_text("data", data)), parse_period(period), group, str(language))


def _files_of(unit: str, folder: Path) -> dict[int, Path]:
    """The report files of a unit by year; a readable format goes before one that is not."""
    if not unit or not (folder / unit).is_dir():
        units = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
        near = _nearest(unit, units)
        have = "、".join(units[:12]) or "（空）"
        raise InputError(
            f"{folder} 里没有单位“{unit}”{f'，是否指“{near}”？' if near else '。'}现有：{have}。",
            f"{folder} has no unit “{unit}”{f', did you mean “{near}”?' if near else '.'} It has: {have}.",
        )
    files: dict[int, Path] = {}
    for path in sorted((folder / unit).iterdir(), key=lambda p: (p.suffix.lower() not in SUFFIXES, p.name)):
        if re.fullmatch(r"20\d\d", path.stem) and path.is_file():
            files.setdefault(int(path.stem), path)
    return files


def _file(unit: str, year: int, folder: Path, of_year: dict[int, Path]) -> Path:
    if year not in of_year:
        have = ",".join(map(str, sorted(of_year)))
        remedy_zh = f"现有 {have}，可写 years={have}" if have else f"请放入 {folder / unit / str(year)}.txt"
        remedy_en = (
            f"there are {have}; write years={have}" if have else f"put {folder / unit / str(year)}.txt there"
        )
        raise InputError(
            f"{folder / unit} 里没有 {year} 年的报告：{remedy_zh}。",
            f"{folder / unit} has no report for {year}: {remedy_en}.",
        )
    return of_year[year]


def injected_names(history: Sequence[str]) -> list[str]:
    """Names assigned by the cell that papermill puts behind the parameters."""
    for source in history:
        if source.startswith("# Parameters\n"):
            assigned = [n for n in ast.parse(source).body if isinstance(n, ast.Assign)]
            return [t.id for n in assigned for t in n.targets if isinstance(t, ast.Name)]
    return []


def check_injected(names: Sequence[str] = NAMES) -> None:
    """In a notebook: refuse a parameter that is not one of its ``names`` (papermill only warns)."""
    try:
        from IPython import get_ipython
    except ImportError:  # not in a notebook
        return
    shell = get_ipython()
    if shell is None:
        return
    for name in injected_names(shell.history_manager.input_hist_raw):
        if name not in names:
            near = _nearest(name, names)
            raise InputError(
                f"没有参数 {name}{f'，是否指 {near}' if near else ''}？可用的参数：{'、'.join(names)}。",
                f"There is no parameter {name}{f', did you mean {near}' if near else ''}? "
                f"There are: {', '.join(names)}.",
            )
