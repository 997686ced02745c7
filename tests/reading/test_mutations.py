"""Reports with something broken on purpose: what is read of them is refused, open or true.

A mutation is a list of steps; a step names what is done and two numbers that say where. Whatever comes
of it, the reader ends soon, raises nothing but ``InputError`` and calls nothing certain that the file
does not print behind the label of that row.
"""

import re
import signal
import unicodedata
from decimal import Decimal
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analysis import templates
from analysis.errors import InputError
from analysis.reading import read_report
from analysis.reading.layout import canonical

REPORTS = Path(__file__).parents[2] / "data" / "reports"
# Far beyond what any report takes: a guard against a reader that hangs, no measure of speed.
SECONDS = 90
KEY = ["table", "row", "column"]
WEIRD = "0159.,、-+/|｜ \t\n\r\0\u3000\xa0()（）<>&;#*一二十百万亿元件条增减年é中總計\u200b\ufeff\ud7ff\U0001f600\x0c\u2028"
CI = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # making a found case smaller takes longer than all the rest
)


# steps


def _at(found: list, n: int):
    return found[n % len(found)] if found else None


def _spans(pattern: str, text: str) -> list[tuple[int, int]]:
    return [m.span() for m in re.finditer(pattern, text)]


def _replaced(text: str, span: tuple[int, int] | None, new) -> str:
    if span is None:
        return text
    old = text[slice(*span)]
    return text[: span[0]] + (new(old) if callable(new) else new) + text[span[1] :]


def _exchanged(text: str, one, other) -> str:
    if one is None or other is None:
        return text
    one, other = sorted((one, other))
    if one[1] > other[0]:
        return text
    return (
        text[: one[0]] + text[slice(*other)] + text[one[1] : other[0]] + text[slice(*one)] + text[other[1] :]
    )


LINE, CELL, DIGIT, NUMBER, TAG = r"[^\n]*\n", r"[^|\n]*\|", r"\d", r"\d+", r"<[^<>]*>"
BAR, GLUE, ROW = r"\|", r"[ \t]*\|[ \t]*(?=\d)", r"[^\n]*\|[^\n]*\n"
UNITS = {
    "character": r"(?s:.)",
    "line": LINE,
    "row": ROW,
    "cell": CELL,
    "digit": DIGIT,
    "number": NUMBER,
    "tag": TAG,
}
STEPS = {}
for _unit, _pattern in UNITS.items():
    STEPS |= {
        f"drop {_unit}": lambda t, a, b, p=_pattern: _replaced(t, _at(_spans(p, t), a), ""),
        f"double {_unit}": lambda t, a, b, p=_pattern: _replaced(t, _at(_spans(p, t), a), lambda s: s * 2),
        f"swap {_unit}": lambda t, a, b, p=_pattern: _exchanged(
            t, _at(_spans(p, t), a), _at(_spans(p, t), a + 1 + b % 4)
        ),
        f"move {_unit}": lambda t, a, b, p=_pattern: _exchanged(
            t, _at(_spans(p, t), a), _at(_spans(p, t), b)
        ),
    }
STEPS |= {
    "insert": lambda t, a, b: _replaced(t, (a % (len(t) + 1),) * 2, WEIRD[b % len(WEIRD)]),
    "insert into number": lambda t, a, b: _replaced(
        t, _at(_spans(NUMBER, t), a), lambda s: s[: b % 7] + WEIRD[b % len(WEIRD)] + s[b % 7 :]
    ),
    "change digit": lambda t, a, b: _replaced(t, _at(_spans(DIGIT, t), a), str(b % 10)),
    "change number": lambda t, a, b: _replaced(t, _at(_spans(NUMBER, t), a), str(b)),
    "full width": lambda t, a, b: _replaced(
        t, _at(_spans(NUMBER, t), a), lambda s: "".join(chr(ord(c) + 0xFEE0) for c in s)
    ),
    "blank": lambda t, a, b: _replaced(t, _at(_spans(NUMBER, t), a), " "),
    "glue": lambda t, a, b: _replaced(t, _at(_spans(GLUE, t), a), ""),
    "glue row": lambda t, a, b: _replaced(t, _at(_spans(ROW, t), a), lambda s: re.sub(GLUE, "", s)),
    "bars to spaces": lambda t, a, b: _replaced(t, _at(_spans(ROW, t), a), lambda s: s.replace("|", " ")),
    "cut off": lambda t, a, b: t[: max(1, a % (len(t) + 1))],
    "drop stretch": lambda t, a, b: _replaced(t, (a % (len(t) + 1), a % (len(t) + 1) + b % 400), ""),
    "double stretch": lambda t, a, b: _replaced(
        t, (a % (len(t) + 1), a % (len(t) + 1) + b % 400), lambda s: s * 2
    ),
    "one line": lambda t, a, b: t.replace("\n", " " if b % 2 else ""),
    "splice": lambda t, a, b: (
        t[: a % (len(t) + 1)] + (o := list(texts().values())[b % len(texts())])[a % (len(o) + 1) :]
    ),
    "put into": lambda t, a, b: _replaced(
        t, (a % (len(t) + 1),) * 2, list(texts().values())[b % len(texts())][a % 3000 :][:2000]
    ),
}


def mutated(text: str, steps) -> str:
    for name, a, b in steps:
        text = STEPS[name](text, a, b)
    return text


def steps(most: int = 4, names=tuple(STEPS)):
    number = st.integers(0, 40_000)
    return st.lists(st.tuples(st.sampled_from(names), number, number), min_size=1, max_size=most)


@cache
def texts() -> dict[str, str]:
    """The shipped reports that are text, by name."""
    kinds = (".txt", ".md", ".html")
    return {
        f"{p.parent.name}/{p.name}": p.read_text(encoding="utf8")
        for p in sorted(REPORTS.glob("*/*"))
        if p.suffix in kinds
    }


# reading


class Hung(BaseException):
    pass


def read(path: Path, data: bytes):
    """The report, or None if it was refused. It takes no longer than is allowed, and no other error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)

    def ended(*_):
        raise Hung(f"longer than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, ended)
    signal.alarm(SECONDS)
    try:
        return read_report(path)
    except InputError as error:
        assert "\n" not in error.zh + error.en
        return None
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# what is certain must be printed


def printed(raw: str, unit: str | None) -> set[float]:
    """What a printed number can be worth, by its digits alone."""
    words = unicodedata.normalize("NFKC", raw).translate(str.maketrans("億萬減", "亿万减"))
    match = re.match(r"\s*([+\-增减]?)\s*([\d,]*\d(?:\.\d+)?)\s*([万亿]?)\s*(元?)", words)
    if not match:
        return set()
    value = Decimal(match[2].replace(",", "")) * {"": 1, "万": 10**4, "亿": 10**8}[match[3]]
    if unit == "万元" and not match[3] and not match[4]:
        value *= 10**4
    return {float(-value if match[1] in ("-", "减") and match[1] else value)}


@cache
def _spelled(spellings: frozenset[str]) -> re.Pattern[str]:
    between = r"[\s\"'“”‘’·.:,、|]*"
    longest = sorted({canonical(s) for s in spellings}, key=len, reverse=True)
    return re.compile("|".join(between.join(map(re.escape, s)) for s in longest))


def _labels(table: templates.Table, clean: str) -> list[tuple[int, int, str]]:
    spellings = frozenset(s for r in [*table.rows.values(), *table.merged.values()] for s in r.spellings())
    return [(m.start(), m.end(), canonical(m[0])) for m in _spelled(spellings).finditer(clean)]


def untrue(report) -> list[str]:
    """Every certain value of a report that its file does not print in that row."""
    found = []
    text, raw = report.text, report.text.raw
    facts = report.records["facts"]
    taken = {(f["start"], f["end"]) for f in facts if f["raw"]}
    starts, ends = {s for s, _ in taken}, {e for _, e in taken}
    # Digits beside a value belong to a cell of the row that is open, where one is.
    open_ = {(f["table"], f["row"]) for f in facts if f["status"] == "ambiguous"}
    labels = {code: _labels(t, text.clean) for code, t in report.form.tables.items()}
    matched = {r.cells[0].row: r for t in report.tables.values() for r in t.printed.rows if r.cells}
    by_cell = {(f["table"], f["row"], f["column"]): f for f in facts}
    for fact in facts:
        cell = f"{fact['table']}.{fact['row']}.{fact['column']} = {fact['value']} {fact['basis']}"
        if fact["value"] is None or fact["basis"] == "correction":
            continue
        table = report.form.tables[fact["table"]]
        column = table.rows[fact["row"]].columns[fact["column"]]
        if fact["status"] == "inferred":
            parts = [
                sum(by_cell[fact["table"], fact["row"], c]["value"] or 0 for c in identity.left)
                for identity in table.identities
                if identity.over == "rows" and identity.right == (fact["column"],)
            ]
            # The sum may be known where it is open which column its parts stand in.
            if fact["value"] not in parts and (fact["table"], fact["row"]) not in open_:
                found.append(f"{cell}: its row adds up to {parts}")
            continue
        start, end = fact["start"], fact["end"]
        words = raw[start:end]
        if fact["basis"] == "prose" and words != fact["raw"]:
            if re.search(r"\d", words) and fact["value"] not in printed(words, None):
                found.append(f"{cell}: the prose says {words!r}")
            continue
        if words != fact["raw"] or fact["value"] not in printed(words, column.unit):
            found.append(f"{cell}: {words!r} is printed, raw {fact['raw']!r}")
            continue
        shut = (fact["table"], fact["row"]) not in open_
        if table.layout == "one_row":  # its rows stand side by side on one line
            shut = not any(code == fact["table"] for code, _ in open_)
        after, before = raw[end : end + 3], raw[max(0, start - 2) : start]
        if shut and re.match(r"\d(?![.、]\D)|[.,]\d", after) and end not in starts:
            found.append(f"{cell}: {words!r} goes on with {after!r}")
        if shut and re.search(r"\d$|\d[.,]$", before) and start not in ends:
            found.append(f"{cell}: {words!r} begins earlier, with {before!r}")
        if table.layout == "one_row":
            continue
        place = text.clean_offset(start)
        row = matched.get(fact["row"])
        if row is not None and row.matched != "label":
            if "\n" in text.clean[row.label.end : place]:
                found.append(f"{cell}: {words!r} stands on another line than {row.label.text!r}")
            continue
        own = {canonical(s) for s in table.rows[fact["row"]].spellings()}
        last = max((x for x in labels[table.code] if x[1] <= place), default=(0, 0, ""))
        if last[2] not in own:
            found.append(f"{cell}: {words!r} stands behind {last[2]!r}")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mutated")


class Originals(dict):
    """Reports by name, whose words stay out of the messages of a failing test."""

    def __repr__(self) -> str:
        return f"<{len(self)} reports>"


@pytest.fixture(scope="module", params=["shipped", "published"])
def originals(request):
    """The reports to break, by name: ``unit/year.suffix``."""
    folder = REPORTS if request.param == "shipped" else request.getfixturevalue("shared") / "reports"
    return Originals((f"{p.parent.name}/{p.name}", p.read_bytes()) for p in sorted(folder.glob("*/*")))


def _check(path: Path, data: bytes) -> None:
    report = read(path, data)
    if report is not None:
        assert untrue(report) == []


def test_what_is_certain_of_an_unbroken_report_is_printed_in_its_row(originals, folder):
    for name, data in originals.items():
        report = read(folder / name, data)
        assert report is not None and untrue(report) == [], name


@settings(CI, max_examples=150)
@given(which=st.integers(0, 100), changes=steps())
def test_nothing_is_certain_of_a_broken_text_that_it_does_not_print(which, changes, originals, folder):
    name = _at([n for n in originals if n[-4:] in (".txt", "html", "5.md")], which)
    text = mutated(originals[name].decode(), changes)
    _check(folder / name, text.encode("utf8", "replace"))


@settings(CI, max_examples=60)
@given(
    which=st.integers(0, 100),
    edits=st.lists(
        st.tuples(st.integers(0, 400_000), st.integers(0, 64), st.binary(max_size=8)), min_size=1, max_size=5
    ),
)
def test_nothing_is_certain_of_broken_bytes_that_they_do_not_print(which, edits, originals, folder):
    name = _at(list(originals), which)
    data = originals[name]
    for place, length, new in edits:
        place %= len(data) + 1
        data = data[:place] + new + data[place + length :]
    _check(folder / name, data)


# what is lost must not be made up


GRIDS = ("宿迁市/2023.txt", "宿迁市/2024.txt")
LOSSES = {
    "bars": lambda cells: " ".join(cells),
    "blanks": lambda cells: " | ".join("" if c == "0" else c for c in cells),
    "blanks vanish": lambda cells: " | ".join(c for c in cells if c != "0"),
    "blanks at the end": lambda cells: " | ".join([c for c in cells if c != "0"] + [""] * cells.count("0")),
    "everything between": lambda cells: "".join(cells),
    "everything between and blanks": lambda cells: "".join(c for c in cells if c != "0"),
    "nothing": lambda cells: " | ".join(cells),
}


def lossy(text: str, losses: list[str]) -> str:
    """The report whose rows of several numbers have lost what parts them."""
    lines, n = text.split("\n"), 0
    if "everything between and blanks" in losses:
        losses = ["everything between and blanks"]  # a page that loses both loses them everywhere
    for i, line in enumerate(lines):
        label, *cells = line.split(" | ")
        if len(cells) < 3 or not all(c.isdecimal() for c in cells):
            continue
        if label.isdecimal():
            label, cells = "", [label, *cells]
        loss = losses[n % len(losses)]
        if len(cells) < 7 and "blanks" in loss:
            loss = "everything between"  # nothing adds up in these rows: which blank is lost cannot be known
        lines[i] = " | ".join(w for w in (label, LOSSES[loss](cells)) if w)
        n += 1
    return "\n".join(lines)


@cache
def truth(name: str) -> pd.Series:
    facts = read_report(REPORTS / name).facts
    assert facts["value"].notna().all()
    return facts.set_index(KEY)["value"]


@settings(CI, max_examples=60)
@given(which=st.integers(0, 1), losses=st.lists(st.sampled_from(sorted(LOSSES)), min_size=1, max_size=30))
def test_what_parts_the_numbers_may_be_lost_and_no_value_is_wrong(which, losses, folder):
    name = GRIDS[which]
    report = read(folder / name, lossy((REPORTS / name).read_text(encoding="utf8"), losses).encode())
    if report is None:
        return
    facts = report.facts.set_index(KEY)
    read_now = facts["value"][facts["basis"] != "prose"]  # the prose of 2024 contradicts its table
    true = truth(name)[read_now.index]
    wrong = read_now[read_now.notna() & (read_now != true)]
    assert wrong.empty, pd.DataFrame({"read": wrong, "true": true[wrong.index]})
    assert untrue(report) == []


@settings(CI, max_examples=60)
@given(
    which=st.integers(0, 100),
    changes=steps(1, ("change digit", "change number", "double digit", "drop digit")),
)
def test_a_number_changed_in_one_row_makes_no_other_row_certain_of_something_else(
    which, changes, originals, folder
):
    name = _at(
        [*GRIDS, "上海市人民政府办公厅/2019.html", "上海市人民政府办公厅/2025.md", "永康市/2020.txt"], which
    )
    text = originals[name].decode()
    other = mutated(text, changes)
    before, after = read(folder / name, text.encode()), read(folder / name, other.encode())
    if after is None or after.key != before.key or after.form.code != before.form.code:
        return
    one, two = (r.facts.set_index(KEY) for r in (before, after))
    both = one["value"].notna() & two["value"].reindex(one.index).notna()
    changed = one.index[both & (one["value"] != two["value"].reindex(one.index))]
    assert len({(t, r) for t, r, _ in changed}) <= 1, pd.DataFrame(
        {"before": one.loc[changed, "value"], "after": two.loc[changed, "value"]}
    )
