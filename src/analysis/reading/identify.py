"""Whose report, of which year, on which form – from the text itself.

In: folded text. Out: unit, year and ``Form``, each with the place that says so. A report that
prints no title is known by the name it gives itself most often and by its reporting period.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

from analysis import templates
from analysis.errors import InputError
from analysis.reading.normalise import Text

_BODY = "(?:省|自治区|市|县|区|旗|州|盟|镇|乡|街道|局|厅|委员会|管委会|办公厅|办公室|委|署|中心)"
_NAME = rf"[一-鿿]{{2,14}}?{_BODY}(?:人民政府)?(?:办公厅|办公室|管委会)?"
_TITLE = re.compile(
    rf"^\s*#*\s*(?:标题:\s*)?(?:({_NAME})\s*(20\d\d)\s*年度?|(20\d\d)\s*年度?\s*({_NAME}))(?:政府)?信息公开\s*(?:工作)?\s*年度?报告",
    re.M,
)
_PERIOD = re.compile(r"(?:统计期限|统计时限|起止时间|统计周期)[^。]{0,10}?(20\d\d)\s*年")
_YEAR = re.compile(r"(20\d\d)\s*年")
# A name stands where a sentence or clause begins, or behind a year.
_MENTION = re.compile(rf"(?:^|[,。;:“《\s]|年,?)({_NAME})", re.M)
# Words that are no name of one's own: our city, the whole county, the municipal government, …
_NOT_A_NAME = re.compile(
    r"^(?:我|全|本|各|该|省|市|县|区|每|为|在|由|对|向|使|请|按|以|从|与|及|和|就|将|经|把|门户|基层|部门|公开|通过)"
)


# A report says in its opening whose figures it gives: so many characters of it.
_OPENING = 2_000


def title(text: Text) -> tuple[str, int, int] | None:
    """Unit, year and place of the printed title, or None."""
    match = _TITLE.search(text.clean)
    if not match:
        return None
    return match[1] or match[4], int(match[2] or match[3]), match.start()


def unit(text: Text) -> str | None:
    """The unit that the report speaks for, or None where the text does not say."""
    if found := title(text):
        return found[0]
    names = Counter(m[1] for m in _MENTION.finditer(text.clean) if not _NOT_A_NAME.match(m[1]))
    (name, times), *others = [*names.most_common(2), ("", 0)]
    return name if times >= 2 and times > others[0][1] else None


def year(text: Text) -> int | None:
    """The reporting year: of the stated period, else of the title, else the year named most."""
    match = _year(text)
    return int(match[0]) if match else None


def year_at(text: Text) -> tuple[int, int]:
    """Where the text says its year: characters of the folded text."""
    match = _year(text)
    return match.span() if match else (0, 0)


_FOUR = re.compile(r"20\d\d")


def _year(text: Text) -> re.Match[str] | None:
    """The figures of the year that a report says it is of, where it says so first."""
    for pattern in (_PERIOD, _TITLE):
        if match := pattern.search(text.clean):
            group = next(n for n, value in enumerate(match.groups(), 1) if _FOUR.fullmatch(value or ""))
            return _FOUR.match(text.clean, match.start(group))
    named = list(_YEAR.finditer(text.clean))
    counts = Counter(m[1] for m in named).most_common(2)
    if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]):
        return None
    return next(_FOUR.match(text.clean, m.start(1)) for m in named if m[1] == counts[0][0])


def from_path(path: Path) -> tuple[str | None, int | None]:
    """The unit and year that a file's place says: ``永康市/2020.txt``, ``年报/2020/永康市.html``."""
    parts = [path.stem, *(p.name for p in path.parents)][:4]
    years = [int(y) for part in parts for y in re.findall(r"(?<!\d)(20[0-3]\d)(?!\d)", part)]
    names = [re.sub(r"[\d\s_.\-—]|年度?|政府信息公开|工作|报告|年报", "", part) for part in parts]
    unit_ = next((n for n in names if re.fullmatch(r"[一-鿿]{2,30}", n) and re.search(f"{_BODY}$", n)), None)
    return unit_, years[0] if years else None


def same_unit(one: str, other: str) -> bool:
    """Whether two names are of one unit: 永康市 and 浙江省永康市, 平潭综合实验区 and its 管委会."""
    one, other = (re.sub(r"(?:人民政府|政府|管委会|管理委员会)$", "", name) for name in (one, other))
    return one.endswith(other) or other.endswith(one)


# When the page says it was published: the label and a date behind it.
_PUBLISHED = re.compile(
    r"(?:发布|发文|成文|公开|生成|印发)(?:日期|时间)\s*[:|]?\s*(20\d\d)\s*[-年./]\s*(\d{1,2})\s*[-月./]\s*(\d{1,2})"
)


def published(text: Text) -> str:
    """The date of publication that the page prints (``2021-03-05``), empty if none or no such day."""
    if not (match := _PUBLISHED.search(text.clean)):
        return ""
    try:
        return date(*map(int, match.groups())).isoformat()
    except ValueError:
        return ""


def scope(text: Text) -> str:
    """Whose figures the report says it gives (``templates/scopes.yml``), empty if it does not say."""
    opening = text.clean[:_OPENING]
    for code, entry in templates.declared("analysis.templates", "scopes.yml").items():
        if any(re.search(pattern, opening) for pattern in entry["says"]):
            return code
    return ""


def whose(text: Text, path: Path) -> tuple[str | None, int | None]:
    """Unit and year: what the text says, checked against the place of the file.

    Where both name the same unit, one name within the other (平潭综合实验区 in 平潭综合实验区管委会), the name
    of the folder is kept, so that the years of a unit stay together. Where the title and the period of
    the text give two years, the path decides; where the text says nothing, the path does.
    """
    folder, filed = from_path(path)
    named, stated = unit(text), year(text)
    if folder and (named is None or same_unit(named, folder)):
        named = folder
    titled = title(text)
    if titled and filed == titled[1]:
        stated = filed
    return named, stated or filed


def form(text: Text, year_: int | None = None) -> templates.Form:
    """The generation of the form that the page is printed on; for a page without any table, that of
    its ``year_``. Raises ``InputError`` if none fits, naming the nearest and what differs."""
    page = re.sub(r"\s", "", text.clean)
    votes = {code: sum(phrase in page for phrase in f.recognise) for code, f in templates.forms().items()}
    best = sorted(votes, key=votes.get, reverse=True)
    if votes[best[0]] > votes[best[1]]:
        return templates.forms()[best[0]]
    of_year = [f for f in templates.forms().values() if year_ in f.years]
    # Words of two generations in like number, as in the short statistics that outlived 2013.
    if of_year and (not votes[best[0]] or votes[of_year[0].code] == votes[best[0]]):
        return of_year[0]
    raise unknown(text)


def has_labels(text: Text) -> bool:
    """Whether some words of a declared form stand on the page, so that it may be a report."""
    page = re.sub(r"\s", "", text.clean)
    words = {w for f in templates.forms().values() for w in f.recognise}
    return any(word in page for word in words) or "本年新收政府信息公开申请" in page


def recognised(text: Text, form_: templates.Form) -> bool:
    """Whether the page prints any of the words that the form is known by."""
    page = re.sub(r"\s", "", text.clean)
    return any(phrase in page for phrase in form_.recognise)


def unknown(text: Text) -> InputError:
    """No form fits: say which is nearest, what of it stands on the page and what does not."""
    page = re.sub(r"\s", "", text.clean)

    def labels(form_: templates.Form) -> list[str]:
        return [row.zh for table in form_.tables.values() for row in table.rows.values()]

    shares = {code: [s in page for s in labels(f)] for code, f in templates.forms().items()}
    code = max(shares, key=lambda c: sum(shares[c]) / len(shares[c]))
    nearest = templates.forms()[code]
    there = sum(shares[code])
    absent = [s for s, found in zip(labels(nearest), shares[code], strict=True) if not found]
    listed = "、".join(absent[:6])
    return InputError(
        f"{text.name}：表格不属于已声明的格式；最接近的是{nearest.zh}，其 {len(shares[code])} 行中有 {there} 行，"
        f"缺{listed}{'等' if len(absent) > 6 else ''}。如是其他年代的格式，请在 templates/forms.yml 中声明。",
        f"{text.name}: its tables fit none of the declared forms; the nearest is the {nearest.en}, of whose "
        f"{len(shares[code])} rows {there} are there and not {listed}{' and others' if len(absent) > 6 else ''}. "
        "Declare another generation in templates/forms.yml.",
    )
