"""What does not add up is told, and the number that is wrong is named where one slip explains it.

The true cells of published reports are the oracle: they add up, an error is planted in them, and what was
planted is what must be named.
"""

import json
import random
import sys
from collections import Counter
from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import pandas as pd
import pytest
from printing import around, labelled, paper, truth

from analysis.checking import check_report, ledger_of
from analysis.checking.arithmetic import _least, check
from analysis.checking.culprits import exchanged, groups
from analysis.checking.finding import ReportFindings
from analysis.ledger import from_json
from analysis.reading import read_report
from analysis.reading.facts import Part
from analysis.reading.placement import Line, place, tried
from analysis.synthesis.printing import text
from analysis.templates import Cell, Equation, Identity

PINGTAN, SUQIAN, HONGZE = "平潭综合实验区", "宿迁市", "淮安市洪泽区"
# Reports whose table three adds up and prints every total.
SOUND = [(PINGTAN, y) for y in (2019, 2021, 2022, 2023, 2024, 2025)]
SOUND += [(SUQIAN, 2023), (SUQIAN, 2024), (HONGZE, 2023), ("上海市人民政府办公厅", 2025)]


def cell(address: str) -> Cell:
    return Cell.parse(address)


def counts(true, code: str) -> dict[Cell, int | None]:
    """The cells of a table as numbers; None where the page prints none."""
    held = {c: true.cells[c] for c in true.form.tables[code].cells()}
    return {c: int(v.partition(".")[0]) if v else None for c, v in held.items()}


def part_of(true, code: str, changes=()) -> Part:
    """The table as it is placed, with some of its numbers changed."""
    table = true.form.tables[code]
    held = {**counts(true, code), **dict(changes)}
    rows = [[c for c in held if c.row == r] for r in table.rows]
    if table.layout == "one_row":
        rows = [sum(rows, [])]
    lines = [Line(tuple(row), tuple(held[c] for c in row), placed=True) for row in rows]
    equations = tried(table.equations(), lines)
    return Part((), lines, (), equations, place(lines, equations))


def silent(true):
    """A report whose prose says nothing."""
    nothing = pd.DataFrame(columns=["key", "about", "of", "value", "approximate", "start", "end"])
    return SimpleNamespace(form=true.form, claims=nothing, text=SimpleNamespace(raw=""))


def explained(true, code: str, changes) -> tuple:
    return groups(silent(true), true.form.tables[code], part_of(true, code, changes))


def judged(true, code: str, changes) -> str:
    """What is said of an error planted in a table: ``unseen``, or whether just its cells are named."""
    held = counts(true, code)
    changes = {c: n for c, n in changes.items() if n != held[c]}
    found = explained(true, code, changes)
    if not found:
        return "unseen"
    named = {c: n for g in found if g.culprit for c, n in g.culprit.changes.items()}
    if named == {c: held[c] - n for c, n in changes.items()}:
        return "named"
    return "misnamed" if named else "open"


def slip(value: int, rng: random.Random) -> int:
    """The number with a digit changed, dropped or doubled."""
    s, i = str(value), rng.randrange(len(str(value)))
    ways = [s[:i] + d + s[i + 1 :] for d in "0123456789"] + [s[: i + 1] + s[i:], s[:i] + s[i + 1 :] or s]
    return rng.choice(sorted({int(w) for w in ways} - {value}))


@pytest.fixture(scope="module")
def sound(shared):
    return [truth(shared, unit, year) for unit, year in SOUND]


# one number


def test_one_wrong_number_of_table_three_is_always_named(sound):
    rng, said = random.Random(4), Counter()
    for true in sound:
        for c, value in counts(true, "applications").items():
            said[judged(true, "applications", {c: slip(value, rng)})] += 1
    assert said.total() > 1700
    assert said == {"named": said.total()}


def test_where_the_totals_are_blank_a_wrong_number_is_not_mistaken_for_another(shared):
    # 上海 2019 prints the totals of four rows only: the others are the sums of their rows.
    true, rng, said = truth(shared, "上海市人民政府办公厅", 2019), random.Random(4), Counter()
    for c, value in counts(true, "applications").items():
        if value is not None:
            said[judged(true, "applications", {c: slip(value, rng)})] += 1
    assert set(said) <= {"named", "open"} and said["named"] > said.total() / 4


def test_two_wrong_numbers_are_both_named(sound):
    rng, said = random.Random(5), Counter()
    for true in sound:
        held = counts(true, "applications")
        for _ in range(40):
            said[
                judged(true, "applications", {c: slip(held[c], rng) for c in rng.sample(list(held), 2)})
            ] += 1
    assert not said["misnamed"] and said["named"] >= 0.97 * said.total()


def test_a_number_left_out_is_asked_for(sound):
    for true in sound:
        held = counts(true, "applications")
        lost = max((c for c in held if c.column != "total"), key=lambda c: held[c])
        (group,) = explained(true, "applications", {lost: None})
        assert group.culprit.changes == {lost: held[lost]}


def test_numbers_that_add_up_have_no_culprit(sound):
    for true in sound:
        assert explained(true, "applications", {}) == ()


# other slips


def swaps_in_rows(held):
    for _, row in rows_of(held):
        yield from ({a: held[b], b: held[a]} for a, b in combinations(row, 2))


def swaps_in_columns(held):
    for (_, one), (_, other) in combinations(rows_of(held), 2):
        yield from ({a: held[b], b: held[a]} for a, b in zip(one, other, strict=True))


def swapped_rows(held):
    for (_, one), (_, other) in combinations(rows_of(held), 2):
        pairs = list(zip(one, other, strict=True))
        yield {a: held[b] for a, b in pairs} | {b: held[a] for a, b in pairs}


def shifts(held):
    for _, row in rows_of(held):
        n = [held[c] for c in row]
        for moved in ([0, *n[:-1]], [*n[1:], 0], [0, *n[:-2], n[-1]], [*n[1:-1], 0, n[-1]]):
            yield dict(zip(row, moved, strict=True))


def with_totals(held):
    for _, row in rows_of(held):
        for c in row[:-1]:
            yield {c: held[c] + 10, row[-1]: held[row[-1]] + 10}


def rows_of(held):
    rows: dict[str, list[Cell]] = {}
    for c in held:
        rows.setdefault(c.row, []).append(c)
    return rows.items()


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        (swaps_in_rows, 0.95),
        (shifts, 0.98),
        (swapped_rows, 0.6),  # rows of like numbers cannot be told apart
        (swaps_in_columns, 0.5),  # nor a column from the total, where one applicant has all
        (with_totals, 0.5),  # nor rows whose number and total are both large enough
    ],
)
def test_a_planted_slip_is_named_or_left_open_but_not_mistaken(planted, named, sound):
    rng, said = random.Random(6), Counter()
    for true in sound:
        every = list(planted(counts(true, "applications")))
        for changes in rng.sample(every, min(len(every), 60)):
            said[judged(true, "applications", changes)] += 1
    del said["unseen"]  # a swap of equal numbers, or one that no identity notices
    assert said.total() > 100
    assert not said["misnamed"]
    assert said["named"] >= named * said.total()


def test_a_line_of_table_four_that_moved_is_one_slip(sound):
    true = next(t for t in sound if (t.unit, t.year) == (SUQIAN, 2024))
    held = counts(true, "disputes")
    (group,) = explained(true, "disputes", dict(zip(held, [0, *list(held.values())[:-1]], strict=True)))
    # All of its rows are off, and moving the line to the left mends them.
    assert len(group.equations) == 3 and group.culprit.kind == "left"


# table four, where a number stands in one identity only


def test_table_four_alone_does_not_tell_which_of_its_numbers_is_wrong(sound):
    true = next(t for t in sound if (t.unit, t.year) == (SUQIAN, 2024))
    # 88 + 18 + 28 + 36 = 170: each could be one more, or the total one less.
    (group,) = explained(true, "disputes", {cell("disputes.review.total"): 171})
    assert group.culprit is None and group.suspects == ()


def test_what_cannot_be_less_than_nothing_is_not_wrong(sound):
    true = next(t for t in sound if (t.unit, t.year) == (SUQIAN, 2024))
    # 7 + 0 + 11 + 7 = 25 and no part is as much as 25: only the total can be wrong.
    (group,) = explained(true, "disputes", {cell("disputes.lawsuit_direct.total"): 0})
    assert group.culprit.changes == {cell("disputes.lawsuit_direct.total"): 25}


def test_the_prose_decides_between_numbers_of_one_identity(shared, tmp_path):
    for said, suspects in {
        "": [],
        "全年办理政府信息公开行政复议案件170件。": ["total"],
        # The prose has the same number as the table: the parts are under suspicion.
        "全年办理政府信息公开行政复议案件171件。": ["upheld", "corrected", "other", "pending"],
    }.items():
        found = printed(shared, tmp_path, {"disputes.review.total": "171"}, said)
        (finding,) = found.itertuples()
        assert finding.suspect.split() == [f"{SUQIAN}/2024/disputes.review.{c}" for c in suspects]
        assert ("正文亦作170" in finding.message_zh) == (suspects == ["total"])


# digits that run together

# What the page of Pingtan 2021 prints for what was received (64, 0, 0, 2, 0, 4, 70) → the cells that are named.
JOINED = {
    "6440020470": ["natural_person"],
    "6400220470": ["charity"],
    "6400204470": ["other"],
    "6400204770": ["other"],  # the prose says 70, so that 7 was put behind the 4
    "06400204": ["natural_person", "business", "charity", "legal_service", "other", "total"],  # one column on
}


@pytest.mark.parametrize("digits", JOINED)
def test_a_line_of_joined_digits_that_cannot_be_right_is_held_against_what_the_others_leave(
    digits, shared, tmp_path
):
    page = (shared / "reports" / PINGTAN / "2021.txt").read_text(encoding="utf8")
    assert page.count("640020470") == 1
    path = tmp_path / PINGTAN / "2021.txt"
    path.parent.mkdir()
    path.write_text(page.replace("640020470", digits), encoding="utf8")
    found = check_report(read_report(path))
    told = found[found["code"].str.startswith("arithmetic.")]
    assert len(told)
    keys = {k.rpartition(".")[2] for k in " ".join(told["suspect"]).split()}
    assert keys == set(JOINED[digits])


# whole reports


def found_in(report) -> pd.DataFrame:
    """What is found, each figure of it checked."""
    findings = ReportFindings(report, ledger_of(report))
    check(report, findings)
    found = findings.frame()
    for finding in found.itertuples():
        for language, printed_ in json.loads(finding.figures).items():
            message = getattr(finding, f"message_{language}")
            assert findings.ledger.wrong(from_json(printed_), message) == []
    return found


def printed(shared, folder, cells: dict[str, str], said: str = "") -> pd.DataFrame:
    """What is found in 宿迁 2024, printed with other cells and one more sentence on table four."""
    true = truth(shared, SUQIAN, 2024)
    true = replace(true, cells={**true.cells, **{cell(c): v for c, v in cells.items()}})
    path = true.path(folder, ".txt")
    path.write_text(text(paper(true), "bars").replace("本年度复议与诉讼的结果见下表。", said), "utf8")
    return found_in(read_report(path))


def edited(path, folder, cells: dict[str, str]):
    """A published report with other numbers in some of its cells."""
    report = read_report(path)
    at = report.facts.set_index("key")
    raw = report.text.raw
    for address, new in sorted(cells.items(), key=lambda c: -at.loc[f"{report.key}/{c[0]}", "start"]):
        fact = at.loc[f"{report.key}/{address}"]
        raw = raw[: fact["start"]] + new + raw[fact["end"] :]
    made = folder / report.unit / f"{report.year}.txt"
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_text(raw, "utf8", newline="")
    return read_report(made)


def test_the_culprit_is_told_in_both_languages_with_what_it_should_be(shared, tmp_path):
    true = truth(shared, SUQIAN, 2024)
    c = "applications.denied.process_information.business"
    right = int(true[c])
    found = printed(shared, tmp_path, {c: str(right + 40)})
    assert list(found["code"]) == ["arithmetic.not_balanced"] * 2  # its row and its column
    assert set(found["suspect"]) == {f"{SUQIAN}/2024/{c}"}
    for finding in found.itertuples():
        assert (
            f"“过程性信息 · 商业企业”为{right}（所印{right + 40}），则2处勾稽关系同时成立"
            in finding.message_zh
        )
        assert (
            f"With {right} for “deliberative process · businesses” (printed {right + 40})"
            in finding.message_en
        )


def test_a_blank_where_a_number_should_be_is_named(shared, tmp_path):
    # 予以公开, natural persons: 1431 - 21 - 2 = 1408.
    found = printed(shared, tmp_path, {"applications.granted.natural_person": ""})
    assert len(found) == 2
    assert found["message_zh"].str.contains("若“予以公开 · 自然人”为1408（未印数字），则2处").all()


def test_totals_of_nothing_over_cases_are_the_wrong_numbers(shared):
    # 洪泽 2023, table four: 10 + 1 over a total of 0, and 5 over 0.
    found = found_in(read_report(shared / "reports" / HONGZE / "2023.pdf"))
    assert set(found["suspect"]) == {
        f"{HONGZE}/2023/disputes.{row}.total" for row in ("review", "lawsuit_after_review")
    }
    assert ["为11（所印0）" in m or "为5（所印0）" in m for m in found["message_zh"]] == [True, True]


def test_a_number_too_high_together_with_its_total_is_looked_for_among_the_outcomes(shared):
    # 平潭 2020: the outcomes make 26 and 27, the totals say 20 and 21, and 20 + 0 = 20 + 0 and 21 + 0 = 21 + 0
    # in the balance. Of the rows only 予以公开 (6, 7) and 部分公开 (6, 6) can be six too high in both columns.
    found = found_in(read_report(shared / "reports" / PINGTAN / "2020.txt"))
    assert len(found) == 2
    for suspects in found["suspect"]:
        assert set(suspects.split()) == {
            f"{PINGTAN}/2020/applications.{row}.{column}"
            for row in ("granted", "partly_granted")
            for column in ("natural_person", "total")
        }
    assert not found["message_zh"].str.contains("最可能").any()


def test_joined_digits_that_add_up_nowhere_are_an_error_with_a_suspect(shared, tmp_path):
    # In 平潭 2024 the cells of a row run together, so a total that is wrong leaves its row without a reading.
    path, c = shared / "reports" / PINGTAN / "2024.txt", "applications.denied.third_party_rights.total"
    right = int(truth(shared, PINGTAN, 2024)[c])
    (finding,) = found_in(edited(path, tmp_path, {c: str(right + 3)})).itertuples()
    assert finding.code == "arithmetic.no_placement" and finding.severity == "error"
    assert finding.suspect == f"{PINGTAN}/2024/{c}"
    assert "最可能错在“第三方权益 · 总计”" in finding.message_zh


def test_what_is_only_usual_may_be_broken(shared, tmp_path):
    # 平潭 2014: website and gazette make up what was published, on most pages; nothing prescribes it.
    path = shared / "reports" / PINGTAN / "2014.txt"
    report = read_report(path)
    (website,) = report.facts[
        (report.facts["row"] == "published.website") & (report.facts["column"] == "this_year")
    ].itertuples()
    other = edited(path, tmp_path, {"statistics.published.website.this_year": f"{website.value + 1:.0f}"})
    assert other.document["broken_statistics"] == 1
    assert found_in(other).empty


# Calls of functions; half of it is what the worst of these reports takes.
MOST_STEPS = 100_000


def test_looking_for_what_is_wrong_takes_little_work(sound):
    rng = random.Random(7)
    for true in sound:
        held = counts(true, "applications")
        part = part_of(true, "applications", {c: slip(held[c], rng) for c in rng.sample(list(held), 4)})
        steps = []
        sys.setprofile(lambda frame, event, arg, steps=steps: steps.append(event))
        try:
            groups(silent(true), true.form.tables["applications"], part)
        finally:
            sys.setprofile(None)
        assert sum(event in ("call", "c_call") for event in steps) < MOST_STEPS


# more placements than can be counted

# Of every row the page prints some numbers and no blank, so that nobody can tell their columns.
NO_TOTALS = {
    "received": (60, 14), "carried_in": (0, 0), "granted": (20, 4), "partly_granted": (6, 2), "denied.state_secret": (3, 1),
    "denied.prohibited_by_law": (0, 0), "denied.third_party_rights": (4, 1), "denied.internal_affairs": (0, 0),
    "denied.process_information": (5, 1), "unavailable.needs_creation": (0, 0), "unavailable.not_held": (9, 1),
    "unavailable.unclear": (7, 2), "unprocessed.petition": (0, 0), "unprocessed.repeated": (6, 2), "total": (60, 14),
}  # fmt: skip
ZEROS = (
    "carried_in",
    "denied.prohibited_by_law",
    "denied.internal_affairs",
    "unavailable.needs_creation",
    "unprocessed.petition",
)
SWAPPED = {"received": (26, 6, 32), "granted": (20, 4, 24), "partly_granted": (6, 2, 8), "total": (26, 6, 32)}
SWAPPED |= dict.fromkeys(ZEROS, (0, 0))
NO_SUM = {"received": (26, 6, 33), "granted": (20, 4), "partly_granted": (6, 2)} | dict.fromkeys(
    ZEROS, (0, 0)
)
DISPUTES = """行政复议 | 行政诉讼 |
结果维持 | 结果纠正 | 其他结果 | 尚未审结 | 总计 | 未经复议直接起诉 | 复议后起诉 |
结果维持 | 结果纠正 | 其他结果 | 尚未审结 | 总计 | 结果维持 | 结果纠正 | 其他结果 | 尚未审结 | 总计 |
3 | 1 | 0 | 0 | 4 | 7 | 0 | 0 | 2 | 9 | 0 | 0 | 0 | 0 | 0 |"""


def vanished(folder, numbers, said="", disputes="无。"):
    """A report whose table three has lost its blank cells, as read."""
    lines = [" | ".join([words, *map(str, numbers.get(code, ()))]) + " |" for code, words in labelled()]
    path = folder / "某某市" / "2023.txt"
    path.parent.mkdir()
    path.write_text(around("\n".join(lines), said, disputes), encoding="utf8")
    report = read_report(path)
    assert not report.tables["applications"].complete
    return report


def test_a_page_that_adds_up_without_printing_totals_is_not_said_to_be_wrong(tmp_path):
    report = vanished(tmp_path, NO_TOTALS)
    assert not report.tables["applications"].broken
    assert not check_report(report)["code"].str.startswith("arithmetic.").any()
    # That totals are printed is not presumed then, so the last number is not known to be one.
    fact = report.facts.set_index("key").loc[f"{report.key}/applications.received.total"]
    assert (fact["raw"], fact["status"]) == ("", "ambiguous")


def test_of_placements_that_were_not_all_looked_at_none_accuses_a_row(tmp_path):
    said = "全年行政复议9件,行政诉讼4件。2023年,受理政府信息公开申请32件,办结申请32件,其中,予以公开8件,部分公开24件。"
    report = vanished(tmp_path, SWAPPED, said, DISPUTES)
    slips = exchanged(report).slips
    assert slips
    assert {c.table for slip in slips for c in slip.changes} == {"disputes"}


def test_a_sum_is_not_shown_without_all_its_numbers(tmp_path):
    report = vanished(tmp_path, NO_SUM)
    known = {"applications.received.natural_person": 26.0, "applications.received.total": 33.0}
    facts = [
        f
        | (
            {"status": "reported", "value": value}
            if (value := known.get(f["key"].rpartition("/")[2]))
            else {}
        )
        for f in report.records["facts"]
    ]
    found = check_report(report.with_records(facts=facts))
    assert "arithmetic.not_balanced" not in set(found["code"])


@pytest.mark.parametrize("limit", [9, 1])
def test_what_is_merely_usual_does_not_count_where_not_every_placement_was_looked_at(limit):
    at = {(row, c): Cell("t", row, c) for row in ("above", "below") for c in "abcd"}
    must, usual = (
        Identity(n, "columns", ("above",), ("below",), "", "", "", usual=n == "usual")
        for n in ("must", "usual")
    )
    equations = [Equation(i, c, (at["above", c],), (at["below", c],)) for i, c in ((usual, "a"), (must, "b"))]
    lines = [
        Line(tuple(at["above", c] for c in "abcd"), (5,), placed=False),
        Line(tuple(at["below", c] for c in "abcd"), (5, 5, 0, 0), placed=True),
    ]
    # Wherever the one number stands, one of the two is broken.
    part = Part((), lines, (), equations, place(lines, equations, limit=limit))
    assert part.solution.complete == (limit == 9)
    assert [e.identity.code for e in _least(part)] == []
