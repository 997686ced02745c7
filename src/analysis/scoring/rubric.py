"""A rubric: what costs how many points.

In: a YAML file as rubric.yml describes it. Out: ``Rubric``, checked: every code is one that the checks declare,
every rate an indicator, and no finding costs points twice. What is wrong is said in one sentence with its line.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from functools import cached_property
from importlib import resources
from pathlib import Path

import yaml

from analysis.checking import declared_findings
from analysis.errors import InputError
from analysis.frames import SEVERITIES
from analysis.measuring import indicators

# What must be at hand to judge an item, and what is said where it is not.
NEEDS: Mapping[str, tuple[str, str]] = {
    "published": ("页面没有发布日期", "no date of publication on the page"),
    "deadline": (
        "不知是政府还是部门（units.csv），不能断定期限",
        "government or department is not declared (units.csv), so the deadline is not known",
    ),
    "year_before": ("没有上年报告", "no report of the year before"),
    "other_units": ("没有同期其他单位的报告", "no report of another unit of that time"),
    "standing": (
        "未声明单位性质与层级（units.csv）",
        "kind and level of the unit are not declared (units.csv)",
    ),
    "parts": (
        "所属单位未声明或其报告不全",
        "the parts are not declared, or not all of their reports are here",
    ),
}


@dataclass(frozen=True)
class Item:
    """One item; its fields as rubric.yml describes them. ``codes`` are the findings that cost its points."""

    code: str
    group: str
    zh: str
    en: str
    basis: Mapping[str, str]
    remedy: Mapping[str, str]
    points: float
    most: float
    findings: tuple[str, ...] = ()
    severity: tuple[str, ...] = SEVERITIES[:2]
    confirmed: bool = False
    needs: tuple[str, ...] = ()
    open_if: tuple[str, ...] = ()
    rate: str = ""
    above: float | None = None
    below: float | None = None
    least: int = 1
    unseen: bool = False
    explained: float | None = None
    year_from: int = 0
    until: int = 9999
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rubric:
    """Every item in order; ``digest`` tells one rubric from another."""

    name: Mapping[str, str]
    start: float
    explained: float
    groups: Mapping[str, Mapping[str, str]]
    ignored: tuple[str, ...]
    items: tuple[Item, ...]
    digest: str

    def of_year(self, year: int) -> list[Item]:
        """The items that a report of this year is asked for."""
        return [item for item in self.items if item.year_from <= year <= item.until]

    @cached_property
    def by_code(self) -> Mapping[str, Item]:
        """The items by code."""
        return {item.code: item for item in self.items}

    def free(self) -> list[str]:
        """The errors and warnings that cost nothing."""
        taken = {code for item in self.items for code in item.codes}
        return [
            code
            for code, d in declared_findings().items()
            if d["severity"] in SEVERITIES[:2] and code not in taken
        ]


def load_rubric(path: Path | None = None) -> Rubric:
    """The rubric of a file, the default one without. Raises ``InputError`` naming line and field."""
    shown = path or "rubric.yml"
    try:
        text = (path or resources.files("analysis.scoring") / "rubric.yml").read_text(encoding="utf-8-sig")
        listed = yaml.load(text, Loader=_Lines)  # a safe loader that knows its lines
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"评分办法 {shown} 读不出来（{error}）：请核对路径，并存为 UTF-8。",
            f"The rubric {shown} cannot be read ({error}): check the path and save it as UTF-8.",
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, what = mark.line + 1 if mark else 1, getattr(error, "problem", None) or "?"
        raise InputError(
            f"评分办法 {shown} 第 {line} 行不是有效的 YAML（{what}）。",
            f"The rubric {shown} line {line} is no valid YAML ({what}).",
        ) from None
    return _Reading(str(shown)).rubric(listed, hashlib.sha256(text.encode()).hexdigest()[:8])


class _Mapping(dict):
    """A mapping that knows the line of itself and of its keys."""

    line = 1
    lines: Mapping[object, int] = {}


class _Lines(yaml.SafeLoader):
    """Keeps the lines of mappings, and refuses a key that stands twice."""


def _mapping(loader: _Lines, node: yaml.MappingNode) -> _Mapping:
    made = _Mapping()
    made.line, made.lines = node.start_mark.line + 1, {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str) or key in made:
            problem = f"{key} twice" if isinstance(key, str) else f"{key!r} is no name"
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        made[key] = loader.construct_object(value_node, deep=True)
        made.lines[key] = key_node.start_mark.line + 1
    return made


_Lines.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


# Fields of a rubric and of an item, as the file calls them.
_TOP = ("name", "start", "explained", "groups", "ignored", "items")
_FIELDS = tuple(
    "from" if f.name == "year_from" else f.name for f in fields(Item) if f.name not in ("code", "codes")
)
_NEEDED = ("group", "zh", "en", "basis", "remedy", "points", "most")
# What an item rests on, and the fields that go with it.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "findings": ("severity", "confirmed", "needs", "open_if", "explained"),
    "rate": ("above", "below", "least"),
    "unseen": (),
}


class _Reading:
    """Takes a rubric apart and says what is wrong, with the line."""

    def __init__(self, path: str) -> None:
        self.path = path

    def refuse(self, of: _Mapping, name: str, zh: str, en: str) -> InputError:
        """The sentence: file, line, field, what is wrong."""
        line = of.lines.get(name, of.line)
        return InputError(
            f"评分办法 {self.path} 第 {line} 行 {name}：{zh}。",
            f"The rubric {self.path} line {line}, {name}: {en}.",
        )

    def rubric(self, listed: object, digest: str) -> Rubric:
        if not isinstance(listed, _Mapping):
            raise self.refuse(_Mapping(), "items", "应为各项目的映射", "should be a mapping of items")
        self.known(listed, _TOP)
        name = self.words(listed, "name")
        start = self.number(listed, "start", 0)
        explained = self.number(listed, "explained", 0, 1) if "explained" in listed else 0.0
        groups = self.mapping(listed, "groups")
        groups = {code: self.words(groups, code) for code in groups}
        ignored = self.patterns(listed, "ignored") if "ignored" in listed else ()
        entries = self.mapping(listed, "items")
        if not entries:
            raise self.refuse(listed, "items", "没有项目", "there are no items")
        items = [self.item(entries, code, groups) for code in entries]
        return Rubric(
            name, start, explained, groups, ignored, self.shared_out(entries, items, ignored), digest
        )

    def item(self, entries: _Mapping, code: str, groups: Mapping) -> Item:
        entry = self.mapping(entries, code)
        self.known(entry, _FIELDS)
        for name in _NEEDED:
            if name not in entry:
                raise self.refuse(entries, code, f"缺少 {name}", f"{name} is missing")
        kinds = [kind for kind in _KINDS if kind in entry]
        if len(kinds) != 1:
            raise self.refuse(
                entries, code, "须写明 findings、rate、unseen 之一", "give just one of findings, rate, unseen"
            )
        for kind, own in _KINDS.items():
            for name in own:
                if kind != kinds[0] and name in entry:
                    raise self.refuse(entry, name, f"只用于 {kind}", f"goes with {kind} only")
        made: dict = {n: self.text(entry, n) for n in ("zh", "en")}
        made |= {n: self.words(entry, n) for n in ("basis", "remedy")}
        made["group"] = self.one(entry, "group", groups)
        made["points"] = self.number(entry, "points", 0, more=True)
        made["most"] = self.number(entry, "most", made["points"])
        for name, field in (("from", "year_from"), ("until", "until")):
            if name in entry:
                made[field] = int(self.number(entry, name, 2000, 2100))
        return Item(code=code, **made, **getattr(self, f"_{kinds[0]}")(entry))

    def _findings(self, entry: _Mapping) -> dict:
        made: dict = {"findings": self.patterns(entry, "findings")}
        if "severity" in entry:
            made["severity"] = tuple(self.listed(entry, "severity", SEVERITIES))
        if "needs" in entry:
            made["needs"] = tuple(self.listed(entry, "needs", NEEDS))
        if "open_if" in entry:
            made["open_if"] = self.patterns(entry, "open_if")
        if "explained" in entry:
            made["explained"] = self.number(entry, "explained", 0, 1)
        if "confirmed" in entry:
            made["confirmed"] = self.yes(entry, "confirmed")
        return made

    def _rate(self, entry: _Mapping) -> dict:
        code = self.one(entry, "rate", indicators())
        if indicators()[code].kind != "share":
            raise self.refuse(
                entry,
                "rate",
                f"{code} 不是部分占整体的比率，没有可据以扣分的区间",
                f"{code} is no share of a whole; it has no interval to deduct by",
            )
        sides = [side for side in ("above", "below") if side in entry]
        if len(sides) != 1:
            raise self.refuse(entry, "rate", "须写明 above、below 之一", "give just one of above, below")
        made = {"rate": code, sides[0]: self.number(entry, sides[0], 0, 1)}
        if "least" in entry:
            made["least"] = int(self.number(entry, "least", 1))
        return made

    def _unseen(self, entry: _Mapping) -> dict:
        if not self.yes(entry, "unseen"):
            raise self.refuse(entry, "unseen", "只能是 true", "can only be true")
        return {"unseen": True}

    def shared_out(self, entries: _Mapping, items: list[Item], ignored: Iterable[str]) -> tuple[Item, ...]:
        """The items with the codes that cost their points: each code under the item that names it most closely."""
        held: dict[str, list[str]] = {item.code: [] for item in items}
        for code, about in declared_findings().items():
            claims = [
                (_close(code, pattern), item.code)
                for item in items
                if about["severity"] in item.severity
                for pattern in item.findings
                if fnmatchcase(code, pattern)
            ]
            nearest = max(claims, default=(0, ""))[0]
            if max((_close(code, p) for p in ignored if fnmatchcase(code, p)), default=-1) >= nearest:
                continue
            names = sorted({name for close, name in claims if close == nearest})
            if len(names) > 1:
                raise self.refuse(
                    entries[names[-1]],
                    "findings",
                    f"{code} 已属 {names[0]}，不能扣两次",
                    f"{code} belongs to {names[0]} and cannot be deducted twice",
                )
            if names:
                held[names[0]].append(code)
        for item in items:
            for pattern in item.findings:
                if pattern in declared_findings() and pattern not in held[item.code]:
                    level = declared_findings()[pattern]["severity"]
                    raise self.refuse(
                        entries[item.code],
                        "findings",
                        f"{pattern} 的等级是 {level}，不在 severity 之列，或已列入 ignored",
                        f"{pattern} is a {level}, which severity does not list, or it is ignored",
                    )
        return tuple(Item(**{**vars(item), "codes": tuple(held[item.code])}) for item in items)

    # single fields

    def known(self, of: _Mapping, names: Iterable[str]) -> None:
        for name in of:
            if name not in names:
                raise self.refuse(
                    of,
                    name,
                    f"没有这一字段{self.near(name, names)[0]}",
                    f"no such field{self.near(name, names)[1]}",
                )

    def near(self, word: str, names: Iterable[str]) -> tuple[str, str]:
        close = difflib.get_close_matches(word, list(names), 1, 0.5)
        return (f"，是否指 {close[0]}", f", did you mean {close[0]}") if close else ("", "")

    def mapping(self, of: _Mapping, name: str) -> _Mapping:
        if not isinstance(of.get(name), _Mapping):
            raise self.refuse(of, name, "应为映射（名称: 内容）", "should be a mapping (name: content)")
        return of[name]

    def text(self, of: _Mapping, name: str) -> str:
        if not isinstance(of.get(name), str) or not of[name].strip():
            raise self.refuse(of, name, "应为文字", "should be text")
        return of[name].strip()

    def words(self, of: _Mapping, name: str) -> Mapping[str, str]:
        both = of.get(name)
        if not isinstance(both, _Mapping) or set(both) != {"zh", "en"}:
            raise self.refuse(of, name, "应写作 {zh: …, en: …}", "write it as {zh: …, en: …}")
        return {language: self.text(both, language) for language in both}

    def number(self, of: _Mapping, name: str, low: float, high: float = 1e6, more: bool = False) -> float:
        value = of.get(name)
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not low <= value <= high
            or (more and value == low)
        ):
            least, most = ("大于" if more else "不小于"), (f"、不大于 {high:g}" if high < 1e6 else "")
            over, under = (
                ("more than" if more else "at least"),
                (f" and at most {high:g}" if high < 1e6 else ""),
            )
            raise self.refuse(
                of, name, f"应为{least} {low:g}{most}的数", f"should be a number of {over} {low:g}{under}"
            )
        return float(value)

    def yes(self, of: _Mapping, name: str) -> bool:
        if not isinstance(of[name], bool):
            raise self.refuse(of, name, "应为 true 或 false", "should be true or false")
        return of[name]

    def one(self, of: _Mapping, name: str, allowed: Iterable[str]) -> str:
        value = self.text(of, name)
        if value not in allowed:
            zh, en = self.near(value, allowed)
            raise self.refuse(of, name, f"没有 {value}{zh}", f"there is no {value}{en}")
        return value

    def listed(self, of: _Mapping, name: str, allowed: Iterable[str] = ()) -> list[str]:
        values = of[name]
        if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
            raise self.refuse(of, name, "应为 [一项, 又一项]", "should be a list [one, another]")
        for value in values:
            if allowed and value not in allowed:
                zh, en = self.near(value, allowed)
                raise self.refuse(of, name, f"没有 {value}{zh}", f"there is no {value}{en}")
        return values

    def patterns(self, of: _Mapping, name: str) -> tuple[str, ...]:
        """Codes, or families of them that have at least one code."""
        patterns = self.listed(of, name)
        for pattern in patterns:
            if not any(fnmatchcase(code, pattern) for code in declared_findings()):
                zh, en = self.near(pattern, declared_findings())
                raise self.refuse(
                    of, name, f"核对中没有代码 {pattern}{zh}", f"no check has the code {pattern}{en}"
                )
        return tuple(patterns)


def _close(code: str, pattern: str) -> int:
    """How closely a pattern names a code: outright, or by so many characters."""
    return len(code) + 1 if code == pattern else len(pattern.replace("*", ""))
