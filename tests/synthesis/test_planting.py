"""The planter of the benchmark: an error stands where it is said to, nowhere else, and the same seed plants it again."""

import random
from pathlib import Path

import pytest

from analysis.reading import read_report
from analysis.synthesis.contradictions import (
    Page,
    explanations,
    identities_broken,
    links_held,
    lists_in,
    prose_broken,
    years_broken,
)
from analysis.synthesis.planting import KINDS, numbers, plantings, printed, said_now, values_now

PROJECT = Path(__file__).parents[2]
REPORTS = PROJECT / "data" / "reports"
# Cells parted by bars, and digits run together: two years of each.
FILES = {"宿迁市": (2023, 2024), "平潭综合实验区": (2024, 2025)}
ONE_CELL = ("digit_disclosure", "digit_applications", "digit_disputes", "digit_dropped", "digit_doubled")


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    made = {}
    for unit, years in FILES.items():
        alone = {y: Page(read_report(REPORTS / unit / f"{y}.txt")) for y in years}
        made |= {p.report.key: Page(p.report, alone) for p in alone.values()}
    return made


@pytest.fixture(scope="module")
def planted(pages):
    """Errors of every kind, three a kind."""
    others = {key: [p for k, p in pages.items() if k[:2] != key[:2]] for key in pages}
    return {key: plantings(page, 7, 3, others[key]) for key, page in pages.items()}


@pytest.fixture
def suqian(pages) -> Page:
    return pages["宿迁市/2024"]


def reread(page: Page, planting, folder: Path):
    path = folder / page.report.unit / f"{page.report.year}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(planting.text(page.report.text.raw), encoding="utf8", newline="")
    return read_report(path, page.report.unit, page.report.year)


def of_kind(page: Page, *kinds: str):
    for kind in kinds:
        yield from filter(None, KINDS[kind].plant(page, kind, random.Random(3)))


def test_a_page_differs_in_the_planted_places_and_nowhere_else(pages, planted):
    for key, every in planted.items():
        raw = pages[key].report.text.raw
        for planting in every:
            made = planting.text(raw)
            assert made != raw
            edits = sorted(planting.edits, key=lambda e: e.start)
            assert all(a.end <= b.start for a, b in zip(edits, edits[1:], strict=False))
            kept, since = [], 0
            for start, end in planting.stretches():
                kept.append(made[since:start])
                since = end
            kept.append(made[since:])
            edges = [0, *(e for edit in edits for e in (edit.start, edit.end)), len(raw)]
            assert kept == [raw[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]


def test_the_way_back_leads_to_the_same_character(pages, planted):
    for key, every in planted.items():
        raw = pages[key].report.text.raw
        for planting in every:
            made, inside = planting.text(raw), planting.stretches()
            for place in range(0, len(made), 7):
                if not any(a <= place < b for a, b in inside):
                    assert raw[planting.back(place)] == made[place]


def test_the_seed_alone_decides_what_is_planted(pages, planted):
    page = pages["宿迁市/2024"]
    others = [p for k, p in pages.items() if k[:2] != "宿迁"]
    assert plantings(page, 7, 3, others) == planted["宿迁市/2024"]
    assert plantings(page, 8, 3, others) != planted["宿迁市/2024"]


def test_every_kind_is_planted_somewhere_except_where_no_page_has_the_place(planted):
    kinds = {p.kind for every in planted.values() for p in every}
    # These two years have no signed change and no table from before 2019.
    assert set(KINDS) - kinds == {"sign_dropped", "digit_statistics"}


@pytest.mark.parametrize(
    "kind", [*ONE_CELL, "digits_transposed", "total_alone", "cells_swapped", "rows_swapped"]
)
def test_a_planted_cell_is_read_as_planted_and_all_others_as_before(suqian, kind, tmp_path):
    every = list(of_kind(suqian, kind))
    for planting in random.Random(1).sample(every, min(3, len(every))):
        facts = reread(suqian, planting, tmp_path).facts
        read = facts["value"].where(facts["value"].notna(), None)
        changed = read[(read != suqian.report.facts["value"]).to_numpy()]
        keys = facts.loc[changed.index, "key"].str.removeprefix("宿迁市/2024/")
        assert dict(zip(keys, changed, strict=True)) == {
            cell: value for cell, value in planting.cells.items() if value != suqian.values[cell]
        }


def test_a_planted_count_is_read_as_planted(suqian, tmp_path):
    (received,) = (n for n in numbers(suqian) if n.text == "3646")
    planting = next(p for p in of_kind(suqian, "prose_count") if received.said.key in p.numbers)
    claims = reread(suqian, planting, tmp_path).claims.set_index("key")
    assert claims.loc[received.said.key, "value"] == planting.numbers[received.said.key] != 3646


# what contradicts a planting, worked out by hand


def against(page: Page, planting) -> set[str]:
    after = values_now(page, planting)
    broken = {f"{e.identity.code}.{e.at}" for e in identities_broken(page.report.form, page.values, after)}
    broken |= {"prose"} if prose_broken(page, after, said_now(page, planting), planting.come) else set()
    return broken | ({"year"} if years_broken(page, after) else set())


def change(page: Page, address: str):
    """The planting that changes one digit of a cell."""
    return next(p for p in of_kind(page, *ONE_CELL[:3]) if list(p.cells) == [address])


def test_one_cell_of_an_outcome_breaks_its_row_and_its_column(suqian):
    planting = change(suqian, "applications.denied.process_information.business")
    assert against(suqian, planting) == {"applicants.denied.process_information", "outcomes.business"}


def test_the_total_of_all_decisions_breaks_row_column_and_balance(suqian):
    planting = change(suqian, "applications.total.total")
    assert against(suqian, planting) == {"applicants.total", "outcomes.total", "balance.total"}


# How many numbers might be the wrong one, by themselves: in table three the row and the column meet in one; in table
# four any of the five of a row, a part only if the others leave it so much; of a stock any of the four.
ALONE = {
    "applications.denied.process_information.business": 1,
    "applications.total.total": 1,
    "disputes.review.pending": 5,
    "disclosure.normative_documents.in_force": 4,
}


@pytest.mark.parametrize("address", ALONE)
def test_how_many_numbers_could_each_explain_an_error(address, suqian):
    planting = change(suqian, address)
    now = said_now(suqian, planting)
    assert explanations(suqian, values_now(suqian, planting), now) == ALONE[address]


def test_what_is_carried_in_contradicts_the_year_before_as_well(suqian):
    planting = change(suqian, "applications.carried_in.business")
    assert against(suqian, planting) == {"applicants.carried_in", "balance.business", "year"}


def test_nothing_in_the_report_is_against_a_licence_miscounted(suqian):
    assert against(suqian, change(suqian, "disclosure.licensing.decisions")) == set()


def test_two_grounds_of_one_refusal_change_places_unseen(suqian):
    rows = {"denied.three_securities", "denied.prohibited_by_law"}
    planting = next(
        p
        for p in of_kind(suqian, "rows_swapped")
        if {c.split(".", 1)[1].rsplit(".", 1)[0] for c in p.cells} <= rows
    )
    assert against(suqian, planting) == set()


def test_a_broken_carry_over_leaves_the_table_itself_sound(suqian):
    every = list(of_kind(suqian, "carry_over"))
    assert every
    for planting in every:
        assert "year" in against(suqian, planting) <= {"year", "prose"}


def test_a_stock_is_planted_only_where_it_followed(suqian):
    # 597 + 50 - 227 = 420 and 11 + 2 - 1 = 12.
    held = {k.to for k in links_held(suqian) if k.to.startswith("disclosure")}
    assert held == {"disclosure.normative_documents.in_force", "disclosure.rules.in_force"}
    assert all(against(suqian, p) == {"year"} for p in of_kind(suqian, "stock_broken"))


def test_an_amount_in_another_unit_contradicts_the_year_beside(suqian):
    every = list(of_kind(suqian, "amount_unit"))
    assert len(every) == 2 and all(against(suqian, p) == {"year"} for p in every)


def test_a_list_of_the_prose_is_known_by_its_sum(pages):
    # 119期 = 47 + 28 + 22 + 15 + 5 + 2, and 3607件 of eleven bodies.
    lists = {whole.value: [p.value for p in parts] for whole, parts in lists_in(pages["宿迁市/2023"].said)}
    assert lists[119] == [47, 28, 22, 15, 5, 2]
    assert len(lists[3607]) == 11


def test_cells_that_are_not_certain_are_left_alone(pages):
    # 5845546: made, repealed and in force of 2025 run together and can be cut in many ways.
    assert not any(c.cell.row == "normative_documents" for c in printed(pages["平潭综合实验区/2025"]))


def test_cloned_text_has_the_name_and_years_of_the_page(pages):
    page = pages["宿迁市/2024"]
    for planting in of_kind(page, "paragraph_last_year", "paragraph_last_year_one"):
        (edit,) = planting.edits
        assert "2022年" not in edit.new and planting.rule == "copy"
    one = next(of_kind(page, "paragraph_last_year_one"))
    said = {s.about: s.value for s in one.come if s.about and not s.of}
    due = {s.about: s.value for s in page.said if s.about and not s.of}
    assert (
        sum(said[about] != due[about] for about in said.keys() & due.keys() if about != "items_published")
        == 1
    )
