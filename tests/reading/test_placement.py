"""Where the printed numbers stand: the solver against plain enumeration."""

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.reading.placement import Line, place
from analysis.templates import Cell, Equation, Identity, Presumption, forms

COLUMNS = ("a", "b", "c", "total")
ACROSS = Identity("across", "rows", ("a", "b", "c"), ("total",), "", "", "")
DOWN = Identity("down", "columns", ("r0", "r1"), ("r2",), "", "", "")


def cells(row):
    return tuple(Cell("t", row, c) for c in COLUMNS)


def equations():
    made = [
        Equation(ACROSS, r, tuple(Cell("t", r, c) for c in "abc"), (Cell("t", r, "total"),))
        for r in ("r0", "r1", "r2")
    ]
    made += [
        Equation(DOWN, c, (Cell("t", "r0", c), Cell("t", "r1", c)), (Cell("t", "r2", c),)) for c in COLUMNS
    ]
    return made


def holds(values, equation):
    return sum(values[c] for c in equation.left) == sum(values[c] for c in equation.right)


def enumerated(printed):
    """Every order-keeping placement of three rows that keeps all totals printed and all sums right."""
    ways = []
    for row, numbers in zip(("r0", "r1", "r2"), printed, strict=True):
        ways.append(
            [
                dict(zip(cells(row), (numbers[at.index(i)] if i in at else 0 for i in range(4)), strict=True))
                for at in combinations(range(4), len(numbers))
                if not numbers or 3 in at
            ]
        )
    return [
        merged
        for pick in product(*ways)
        if (merged := {k: v for part in pick for k, v in part.items()})
        and all(holds(merged, e) for e in equations())
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=3), min_size=2, max_size=2))
def test_vanished_blanks_leave_exactly_the_placements_that_add_up(parts):
    rows = [*parts, [a + b for a, b in zip(*parts, strict=True)]]
    # Zeros are blank cells here, and blank cells vanish from the page.
    printed = [[n for n in row if n] + ([sum(row)] if sum(row) else []) for row in rows]
    lines = [Line(cells(f"r{i}"), tuple(p), False) for i, p in enumerate(printed)]
    # As on the real form: a row of two numbers or more prints its total.
    solution = place(lines, equations(), [Presumption(None, "total", numbers=2)])
    found = {tuple(sorted(p.counted.items())) for p in solution.placements}
    assert not any(p.inferred for p in solution.placements)
    assert found == {tuple(sorted(world.items())) for world in enumerated(printed)}
    assert solution.complete


def test_numbers_in_their_columns_need_no_search():
    lines = [
        Line(cells(f"r{i}"), n, True) for i, n in enumerate([(1, None, 2, 3), (0, 1, 0, 1), (1, 1, 2, 4)])
    ]
    solution = place(lines, equations())
    assert solution.unique
    assert Cell("t", "r0", "b") not in solution.placements[0].source
    assert not solution.placements[0].broken


def test_a_page_that_does_not_add_up_is_read_with_the_fewest_broken_equations():
    lines = [Line(cells(f"r{i}"), n, True) for i, n in enumerate([(1, 0, 2, 3), (0, 1, 0, 2), (1, 1, 2, 5)])]
    (placement,) = place(lines, equations()).placements
    assert [(e.identity.code, e.at) for e in placement.broken] == [("across", "r1"), ("across", "r2")]


def test_a_page_that_cannot_add_up_leaves_the_placements_that_break_least():
    # 1 + 2 is not 4: wherever the two parts stand, their row is broken and nothing else need be. One wrong
    # number explains that, so the total is still taken to be printed.
    solution = place([Line(cells("r0"), (1, 2, 4), False)], equations()[:1], [Presumption(None, "total", 2)])
    assert solution.broken == 1
    assert len(solution.placements) == 3


def test_an_equation_with_a_row_that_is_not_printed_is_not_tried():
    lines = [Line(cells(r), n, True) for r, n in (("r0", (1, 0, 2, 3)), ("r2", (9, 9, 9, 27)))]
    assert place(lines, equations()).broken == 0


def test_a_blank_total_is_the_sum_of_its_row_and_says_so():
    line = Line(cells("r0"), (1, 0, 2, None), True)
    (placement,) = place([line], equations()[:1]).placements
    assert placement.counted[Cell("t", "r0", "total")] == 3
    assert placement.inferred == {Cell("t", "r0", "total")}
    assert Cell("t", "r0", "total") in placement.settled(equations()[:1])


def test_a_blank_total_beside_a_blank_part_proves_nothing():
    line = Line(cells("r0"), (1, None, 2, None), True)
    (placement,) = place([line], equations()[:1]).placements
    settled = placement.settled(equations()[:1])
    assert not settled & {Cell("t", "r0", "b"), Cell("t", "r0", "total")}


def test_too_many_placements_are_not_counted_to_the_end():
    lines = [Line(cells(f"r{i}"), (0, 0), False) for i in range(3)]
    solution = place(lines, equations(), limit=3)
    assert not solution.complete
    assert solution.count == 3
    assert not solution.placements[0].source


def test_of_too_many_placements_only_what_every_reading_of_a_line_agrees_on_is_kept():
    lines = [Line(cells("r0"), (4, 0, 0, 4), True), Line(cells("r1"), (0, 0, 0), False)]
    (kept,) = place(lines, equations()[:2], [Presumption(None, "total", 2)], limit=1).placements
    # The row that stands in place, and of the other its last number: a total that is presumed to be printed.
    assert {cell: at[2] for cell, at in kept.source.items()} == {
        **dict(zip(cells("r0"), range(4), strict=True)),
        Cell("t", "r1", "total"): 2,
    }


def test_the_yongkang_page_leaves_exactly_twenty_placements(yongkang):
    (part,) = yongkang.report.tables["applications"].parts
    assert len(part.solution.placements) == 20
    assert part.solution.complete
    received = {
        tuple(p.counted[Cell("applications", "received", c)] for c in ("natural_person", "total"))
        for p in part.solution.placements
    }
    assert received == {(153, 161)}


def test_without_the_presumption_the_whole_column_could_stand_one_to_the_right(yongkang):
    # The identities alone also admit a blank column of natural persons: ten more readings.
    (part,) = yongkang.report.tables["applications"].parts
    lines = [
        Line(row.cells, tuple(int(s.text) for s in spans), False)
        for row, (spans,) in zip(part.rows, part.spans, strict=True)
    ]
    table = forms()["2019"].tables["applications"]
    assert len(place(lines, list(table.equations())).placements) == 30
    assert len(place(lines, list(table.equations()), table.presumed).placements) == 20


def test_a_small_body_is_not_presumed_to_have_applicants_of_any_kind():
    line = Line(tuple(Cell("applications", "received", c) for c in (*COLUMNS[:3], "total")), (5, 5), False)
    row = Identity("across", "rows", ("a", "b", "c"), ("total",), "", "", "")
    equation = Equation(row, "received", line.cells[:3], line.cells[3:])
    presumed = [Presumption("received", "a", reaching=30), Presumption(None, "total", numbers=2)]
    solution = place([line], [equation], presumed)
    assert len(solution.placements) == 3
    assert not solution.presumed, "it is the fewest inferred totals that decides, not the presumption"
