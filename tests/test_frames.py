"""A plain look at a table accepts what pandera accepts, and nothing else."""

import math

import pandas as pd
import pytest
from pandera.errors import SchemaError, SchemaErrors

from analysis import frames

RIGHT = {"object": "甲", "int64": 2020, "float64": 1.5, "bool": True}


def rows(schema, n=3):
    made = []
    for row in range(n):
        of = {name: RIGHT[str(c.dtype)] for name, c in schema.columns.items()} | {"key": f"甲/{row}"}
        for name, column in schema.columns.items():
            for check in column.checks:
                if check.name == "isin":
                    of[name] = check.statistics["allowed_values"][0]
        made.append(of)
    return made


@pytest.mark.parametrize("name", frames.SCHEMAS)
def test_a_sound_table_is_what_pandera_makes_of_it(name):
    schema = frames.SCHEMAS[name]
    for n in (0, 3):
        table = pd.DataFrame(rows(schema, n), columns=list(schema.columns))
        plain = frames._sound(schema, rows(schema, n))
        assert plain is not None
        pd.testing.assert_frame_equal(pd.DataFrame(plain), schema.validate(table))


WRONG = {
    "object": [None, 3, math.nan, b"x"],
    "int64": [None, "2020", 1.5],
    "float64": ["1.5"],
    "bool": [None, "x"],
}


@pytest.mark.parametrize("name", frames.SCHEMAS)
def test_a_table_with_a_fault_is_left_to_pandera(name):
    schema = frames.SCHEMAS[name]
    for column, declared in schema.columns.items():
        wrong = list(WRONG[str(declared.dtype)])
        wrong += ["甲/0"] if declared.unique else []
        wrong += [None] if str(declared.dtype) == "float64" and not declared.nullable else []
        for check in declared.checks:
            wrong += ["no such"] if check.name == "isin" else [-5] if check.name != "_strings" else []
        for value in wrong:
            made = rows(schema)
            made[1] = {**made[1], column: value}
            assert frames._sound(schema, made) is None, (column, value)


def test_what_a_report_does_not_say_is_missing_and_no_fault():
    made = rows(frames.SCHEMAS["facts"])
    made[1]["value"], made[2]["value"] = None, math.nan
    table = frames.frame("facts", made)
    expected = frames.SCHEMAS["facts"].validate(pd.DataFrame(made, columns=list(table.columns)))
    pd.testing.assert_frame_equal(table, expected)


@pytest.mark.parametrize("name", frames.SCHEMAS)
def test_rows_are_those_of_pandas(name):
    table = frames.frame(name, rows(frames.SCHEMAS[name]))
    for part in (table, table.iloc[:0], table.iloc[[0, 2]], table[list(table.columns[:2])]):
        ours, theirs = list(frames.tuples(part)), list(part.itertuples(index=False))
        assert [row._asdict() for row in ours] == [row._asdict() for row in theirs]
        assert [list(map(type, row)) for row in ours] == [list(map(type, row)) for row in theirs]


def test_pandera_says_what_is_wrong():
    made = rows(frames.SCHEMAS["facts"])
    made[1]["status"] = "guessed"
    with pytest.raises((SchemaError, SchemaErrors), match="status"):
        frames.frame("facts", made)
