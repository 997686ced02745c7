"""Whose report, of which year, on which form – from the text itself.

In: folded text. Out: unit, year and ``Form``, each with the place that says so. A report that
prints no title is known by the name it gives itself most often and by its reporting period.
"""

from __future__ import annotations

import re
from collections import Counter

from analysis import templates
from analysis.errors import InputError
from analysis.reading.normalise import Text

_BODY = "(?:省|自治区|市|县|区|旗|州|盟|镇|乡|街道|局|厅|委员会|管委会|办公厅|办公室|委|署|中心)"
_NAME = rf"[一-鿿]{{2,14}}?{_BODY}(?:人民政府)?(?:办公厅|办公室|管委会)?"
_TITLE = re.compile(
    rf"^\s*#*\s*(?:({_NAME})\s*(20\d\d)\s*年度?|(20\d\d)\s*年度?\s*({_NAME}))(?:政府)?信息公开\s*(?:工作)?\s*年度?报告",
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
    if match := _PERIOD.search(text.clean):
        return int(match[1])
    if found := title(text):
        return found[1]
    years = Counter(_YEAR.findall(text.clean)).most_common(2)
    if not years or (len(years) > 1 and years[0][1] == years[1][1]):
        return None
    return int(years[0][0])


def form(text: Text) -> templates.Form:
    """The generation of the form that the page is printed on. Raises ``InputError`` if none fits."""
    votes = {
        code: sum(phrase in text.clean for phrase in f.recognise) for code, f in templates.forms().items()
    }
    best = max(votes, key=votes.get)
    if not votes[best] or list(votes.values()).count(votes[best]) > 1:
        known = "、".join(f.zh for f in templates.forms().values())
        named = ", ".join(f.en for f in templates.forms().values())
        raise InputError(
            f"{text.name}：表格不属于已声明的格式（{known}）；如是其他年代的格式，请在 templates/forms.yml 中声明。",
            f"{text.name}: its tables fit none of the declared forms ({named}); declare another generation "
            "in templates/forms.yml.",
        )
    return templates.forms()[best]
