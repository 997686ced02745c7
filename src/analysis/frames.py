"""The tables that pass between the rooms: one row a thing, columns declared once, checked where a
room hands over.

``key`` names a row for good: ``永康市/2020/applications.granted.total`` in facts, the indicator in
rates, and so on. A figure in a text points to a table, a key and, if it is not ``value``, a column.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow as pa_

STATUSES = ("reported", "blank", "not_applicable", "inferred", "ambiguous", "absent")
SEVERITIES = ("error", "warning", "note")
# Whose figures a report gives: its own, those of its level of government, of the whole area.
SCOPES = ("own", "level", "area")
# What people decide of a finding; reopened: its evidence has changed since.
DECISIONS = ("", "confirmed", "dismissed", "explained", "reopened")

# What a test of a change supports: a rise, a fall, no clear change; or that it was not made, for few cases, for a
# break of the form, or for another reason that the note gives.
VERDICTS = ("rise", "fall", "none", "few", "break", "untested")


def _text(**options) -> pa.Column:
    # Whether all are strings is checked for a whole table at once (_strings): far quicker than column by column.
    return pa.Column(object, coerce=False, **options)


def _number(**options) -> pa.Column:
    return pa.Column(float, nullable=True, **options)


_WHOSE = {"key": _text(unique=True), "unit": _text(), "year": pa.Column(int, pa.Check.in_range(2000, 2100))}
_PLACE = {"where": _text(), "start": pa.Column(int), "end": pa.Column(int)}


def _strings(table: pd.DataFrame) -> bool:
    kinds = {pd.api.types.infer_dtype(table[c], skipna=False) for c in table.select_dtypes(object)}
    return kinds <= {"string", "empty"}


def _schema(**columns: pa.Column) -> pa.DataFrameSchema:
    every = {**_WHOSE, **columns}
    for column in every.values():
        column.coerce = str(column.dtype) != "object"
    texts = pa.Check(_strings, error="every text is a string")
    return pa.DataFrameSchema(every, checks=texts, strict=True, ordered=True)


SCHEMAS: dict[str, pa.DataFrameSchema] = {
    # one report; unit_printed and year_printed are what the text says, empty or 0 where it does not;
    # placements count the readings that a table admits, broken the identities that all of them break
    "documents": _schema(
        template=_text(),
        form_zh=_text(),
        form_en=_text(),
        file=_text(),
        sha256=_text(),
        edition=_text(),
        format=_text(),
        unit_printed=_text(),
        year_printed=pa.Column(int),
        published=_text(),
        scope=_text(checks=pa.Check.isin(("", *SCOPES))),
        synthetic=pa.Column(bool),
        glosses=pa.Column(int),
        placements_disclosure=pa.Column(int),
        placements_applications=pa.Column(int),
        placements_disputes=pa.Column(int),
        placements_statistics=pa.Column(int),
        broken_applications=pa.Column(int),
        broken_disputes=pa.Column(int),
        broken_statistics=pa.Column(int),
        blank_cells=pa.Column(int),
        unmatched_claims=pa.Column(int),
    ),
    # one cell of one report; value is empty unless reported or inferred; candidates lists what an
    # ambiguous cell may hold, and is "0" for a blank that the identities show to be nothing; basis says
    # how the value came to its cell: position, identities, prose, correction, or the year that decided
    "facts": _schema(
        template=_text(),
        table=_text(),
        row=_text(),
        column=_text(),
        value=_number(),
        unit_of_measure=_text(),
        status=_text(checks=pa.Check.isin(STATUSES)),
        candidates=_text(),
        raw=_text(),
        basis=_text(),
        **_PLACE,
    ),
    # one cell under one of the placements that the page admits, where there are several; a blank is
    # 0 where the identities show it to be nothing in that placement, else empty; the parts of a table
    # are placed independently of each other
    "placements": _schema(
        table=_text(),
        part=pa.Column(int),
        placement=pa.Column(int),
        row=_text(),
        column=_text(),
        value=_number(),
        raw=_text(),
        **_PLACE,
    ),
    # one number said in prose; about is a concept, of the concept that a percentage is a share of
    "claims": _schema(
        section=_text(),
        part=_text(),
        quote=_text(),
        value=pa.Column(float),
        unit_of_measure=_text(),
        approximate=pa.Column(bool),
        about=_text(),
        of=_text(),
        sentence=pa.Column(int),
        **_PLACE,
    ),
    # one sentence of the prose, folded to simplified characters, numbered within its section as in claims
    "sentences": _schema(section=_text(), number=pa.Column(int), text=_text(), **_PLACE),
    # one thing that does not hold; evidence lists the keys it rests on, suspect those of them that are
    # most likely wrong, figures is JSON by language; fingerprint and state as checking/finding.py says;
    # decision, who took it, when and why are those of reviews.csv
    "findings": _schema(
        code=_text(),
        severity=_text(checks=pa.Check.isin(SEVERITIES)),
        reported=_text(),
        expected=_text(),
        message_zh=_text(),
        message_en=_text(),
        evidence=_text(),
        suspect=_text(),
        figures=_text(),
        fingerprint=_text(),
        state=_text(),
        decision=_text(checks=pa.Check.isin(DECISIONS)),
        decided_by=_text(),
        decided_on=_text(),
        reason=_text(),
        **_PLACE,
    ),
    # one indicator in one year; low and high bound it by Wilson's interval at 95%; least and most
    # bound it over the placements where it is not the same under all of them; broken where the report's own figures
    # contradict a number it needs; numerator_of and
    # denominator_of are the keys they were summed from
    "rates": _schema(
        indicator=_text(),
        numerator=_number(),
        denominator=_number(),
        value=_number(),
        low=_number(),
        high=_number(),
        confidence=pa.Column(float),
        least=_number(),
        most=_number(),
        small=pa.Column(bool),
        broken=pa.Column(bool),
        numerator_of=_text(),
        denominator_of=_text(),
        note_zh=_text(),
        note_en=_text(),
    ),
    # one quantity that is followed over the years (templates/series.yml) in one year; empty where its cells are not
    # certain; broken where the report's own figures contradict it; of are the keys that it sums
    "counts": _schema(series=_text(), value=_number(), broken=pa.Column(bool), of=_text()),
    # one quantity or indicator from one year to another (adjacent), or over all years that may be compared (series: change
    # is then Theil and Sen's slope a year); year is the last. Shares change in percentage points. adjusted is p after
    # Benjamini and Hochberg over all tests of the unit; verdict says what the test supports
    "trends": _schema(
        subject=_text(),
        kind=_text(checks=pa.Check.isin(("count", "rate"))),
        span=_text(checks=pa.Check.isin(("adjacent", "series"))),
        first=pa.Column(int),
        last=pa.Column(int),
        n_years=pa.Column(int),
        breaks=_text(),
        value_first=_number(),
        value_last=_number(),
        change=_number(),
        low=_number(),
        high=_number(),
        unit_of_measure=_text(),
        test=_text(),
        tau=_number(),
        p=_number(),
        adjusted=_number(),
        verdict=_text(checks=pa.Check.isin(VERDICTS)),
        source_first=_text(),
        source_last=_text(),
        note_zh=_text(),
        note_en=_text(),
    ),
    # one indicator over the units of a group: together is the sum of the numerators over the sum of the denominators, mean
    # that of the units' rates, phi how much more the units differ than chance; year is that of the reports
    "aggregates": _schema(
        group=_text(),
        indicator=_text(),
        units=pa.Column(int),
        counted=pa.Column(int),
        numerator=_number(),
        denominator=_number(),
        value=_number(),
        low=_number(),
        high=_number(),
        mean=_number(),
        median=_number(),
        phi=_number(),
        note_zh=_text(),
        note_en=_text(),
    ),
    # one indicator of one unit beside the others of its group, counted where its numbers are in the group's sums; left_out
    # says, in words of measuring/comparison.py, what keeps it from being added or ranked; percentile among those with enough cases, distance from the
    # group's centre as a standard normal deviate, p by chance and the units' own spread, adjusted over all units and rates; outside
    # says beyond which limit of the funnel it lies; why names the row that makes most of the difference
    "comparison": _schema(
        group=_text(),
        indicator=_text(),
        numerator=_number(),
        denominator=_number(),
        value=_number(),
        low=_number(),
        high=_number(),
        small=pa.Column(bool),
        counted=pa.Column(bool),
        centre=_number(),
        limit_low=_number(),
        limit_high=_number(),
        distance=_number(),
        p=_number(),
        adjusted=_number(),
        percentile=_number(),
        comparable=pa.Column(int),
        left_out=_text(),
        outside=_text(checks=pa.Check.isin(("", "above", "below"))),
        why=_text(),
        excess=_number(),
        rate_of=_text(),
        note_zh=_text(),
        note_en=_text(),
    ),
    # one report: when it says it was published, and by when it was due
    "publication": _schema(published=_text(), due=_text(), late=pa.Column(bool)),
    # one problem or measure of section five; categories are those that its cues show, the main one first; rule says what made
    # it an item (numbered part, turn within one, list, sentence, table row), part the number of the part it stands in, -1 for
    # none; done: told as done already, last_year: about the problems of the report before; dated is the year in which it is to be done, 0 where it does not say
    "items": _schema(
        order=pa.Column(int),
        kind=_text(checks=pa.Check.isin(("problem", "measure"))),
        text=_text(),
        category=_text(),
        categories=_text(),
        cues=_text(),
        specificity=pa.Column(int),
        specifics=_text(),
        hedges=pa.Column(int),
        done=pa.Column(bool),
        last_year=pa.Column(bool),
        dated=pa.Column(int),
        rule=_text(checks=pa.Check.isin(("numbered", "turn", "listed", "sentence", "table"))),
        part=pa.Column(int),
        **_PLACE,
    ),
    # one measure and one problem that it answers; how says by what: they stand in one part, at one place of two lists,
    # share what they are about, or the measure is a means against such a fault (rules.yml); shared are the common categories
    "pairs": _schema(
        problem=_text(),
        measure=_text(),
        how=_text(checks=pa.Check.isin(("part", "order", "topic", "means"))),
        score=pa.Column(float),
        shared=_text(),
    ),
    # one problem of section five with the measures announced for it; answer says whether it fits:
    # full, partial, other (something else), none, unknown (no cue decides) or unpaired
    "problems": _schema(
        order=pa.Column(int),
        problem=_text(),
        measure=_text(),
        category=_text(),
        categories=_text(),
        cues=_text(),
        answer=_text(checks=pa.Check.isin(("full", "partial", "other", "none", "unknown", "unpaired"))),
        unanswered=_text(),
        specificity=pa.Column(int),
        specifics=_text(),
        hedges=pa.Column(int),
        items=_text(),
        **_PLACE,
    ),
    # one thing that section one says was built or done (problems/inventory.yml): numbers are the keys of the claims that stand
    # in its quote, count how many they are, cue the declared expression that decided its type
    "inventory": _schema(
        order=pa.Column(int),
        type=_text(),
        name=_text(),
        quote=_text(),
        cue=_text(),
        numbers=_text(),
        count=pa.Column(int),
        section=_text(),
        **_PLACE,
    ),
    # one problem of section five and the report before: the problem there that is said alike or is about the same, how much of
    # the words they share, and since when, in how many reports running, a problem of its category is named
    "recurrence": _schema(
        problem=_text(),
        category=_text(),
        earlier=_text(),
        earlier_year=pa.Column(int),
        how=_text(checks=pa.Check.isin(("", "wording", "category"))),
        likeness=pa.Column(float),
        since=pa.Column(int),
        reports=pa.Column(int),
    ),
    # one measure that the report of the year ``promised`` announces, looked for in that of ``year``: the nearest sentence, how
    # near, whether it speaks of it, and the changes of the rates that bear on it
    "follow_up": _schema(
        measure=_text(),
        promised=pa.Column(int),
        category=_text(),
        sentence=_text(),
        score=pa.Column(float),
        state=_text(checks=pa.Check.isin(("found", "possible", "none"))),
        trends=_text(),
    ),
    # one problem, stated in section five or passed over by it, against the evidence: marks are 1
    # for yes, 0.5 for partly, 0 for no, empty where it cannot be told
    "evidence": _schema(
        topic=_text(),
        label_zh=_text(),
        label_en=_text(),
        stated=pa.Column(float),
        answered=_number(),
        checkable=pa.Column(float),
        figures_show=pa.Column(float),
    ),
    # one item of a rubric for one report: points are deducted, open cannot be judged, most is its limit;
    # evidence lists keys of findings or of the rate
    "scores": _schema(
        item=_text(),
        group=_text(),
        title_zh=_text(),
        title_en=_text(),
        points=pa.Column(float, pa.Check.ge(0)),
        open=pa.Column(float, pa.Check.ge(0)),
        most=pa.Column(float, pa.Check.ge(0)),
        state=_text(checks=pa.Check.isin(("deducted", "clear", "unknown"))),
        evidence=_text(),
        places=_text(),
        note_zh=_text(),
        note_en=_text(),
        remedy_zh=_text(),
        remedy_en=_text(),
    ),
    # one report: best is what is left after what is deducted, worst if all that is open were deducted too
    "score_totals": _schema(
        rubric=_text(),
        start=pa.Column(float),
        deducted=pa.Column(float),
        open=pa.Column(float),
        best=pa.Column(float),
        worst=pa.Column(float),
        clear=pa.Column(int),
        unknown=pa.Column(int),
    ),
    # one generated sentence; figures is JSON: printed text, value, table, key, start, end
    "statements": _schema(
        section=_text(),
        role=_text(checks=pa.Check.isin(("source", "computed", "suggested"))),
        language=_text(),
        text=_text(),
        figures=_text(),
    ),
}

# What a report shows by itself is told apart in a store from all that is found.
SCHEMAS["findings_within"] = SCHEMAS["findings"]


def frame(name: str, rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Rows (dicts) → the table called ``name``, its columns in their declared order, validated."""
    schema, given = SCHEMAS[name], list(rows)
    sound = _sound(schema, given)
    if sound is not None:
        return pd.DataFrame(sound)
    return schema.validate(pd.DataFrame(given, columns=list(schema.columns)))


def tuples(table: pd.DataFrame) -> Iterator[tuple]:
    """The rows of a table as named tuples, as ``itertuples`` gives them, which for a table of few rows and many columns is many
    times slower."""
    return map(_row(tuple(table.columns))._make, table.to_numpy(object).tolist())


@cache
def _row(columns: tuple[str, ...]) -> type:
    return namedtuple("Row", columns, rename=True)


# The types whose values a column holds as they are.
_TAKEN = {
    "object": {str},
    "int64": {int, np.int64},
    "float64": {float, int, np.float64, np.int64, type(None)},
    "bool": {bool, np.bool_},
}


# What the declared checks come to for the values of a column.
_HOLDS: Mapping[str, Callable[..., bool]] = {
    "isin": lambda values, allowed_values: values <= {*allowed_values},
    "in_range": lambda values, min_value, max_value, **ends: all(min_value <= v <= max_value for v in values),
    "greater_than_or_equal_to": lambda values, min_value: all(v >= min_value for v in values),
}


def _sound(schema: pa.DataFrameSchema, rows: Sequence[Mapping[str, object]]) -> dict[str, np.ndarray] | None:
    """The columns as pandera would return them, if a plain look shows that it will find nothing; else None.

    Most of the time of reading a report would go into pandera's asking, which is for the table that has a fault.
    """
    columns = {}
    for name, column in schema.columns.items():
        try:
            values = [row[name] for row in rows]
        except KeyError:
            return None
        kind = str(column.dtype)
        if not {*map(type, values)} <= _TAKEN[kind]:
            return None
        if column.unique and len({*values}) < len(values):
            return None
        try:
            made = np.array(values, dtype=kind)
        except OverflowError:
            return None
        if kind == "float64" and (missing := np.isnan(made)).any():
            if not column.nullable:
                return None
            values = made[~missing].tolist()
        for check in column.checks:
            if check.name not in _HOLDS or not _HOLDS[check.name]({*values}, **check.statistics):
                return None
        columns[name] = made
    return columns


_ARROW = {
    "object": pa_.string(),
    "str": pa_.string(),
    "int64": pa_.int64(),
    "float64": pa_.float64(),
    "bool": pa_.bool_(),
}


@cache
def arrow_schema(name: str) -> pa_.Schema:
    """The columns of the table called ``name`` as Parquet holds them."""
    columns = SCHEMAS[name].columns.items()
    return pa_.schema([pa_.field(code, _ARROW[str(column.dtype)]) for code, column in columns])


def batch(name: str, rows: Iterable[Mapping[str, object]]) -> pa_.RecordBatch:
    """Rows (dicts) → the table called ``name`` as Parquet holds it, validated as by ``frame``."""
    given, schema = list(rows), arrow_schema(name)
    sound = _sound(SCHEMAS[name], given)
    columns = sound if sound is not None else frame(name, given)
    arrays = [pa_.array(columns[field.name], field.type, from_pandas=True) for field in schema]
    return pa_.RecordBatch.from_arrays(arrays, schema=schema)


def by_severity(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings, most serious first; within a severity as they stood."""
    return findings.sort_values("severity", key=lambda s: s.map(SEVERITIES.index), kind="stable")


def concat(name: str, frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Several tables of one kind under each other; empty ones keep their columns."""
    kept = [f for f in frames if len(f)]
    return pd.concat(kept, ignore_index=True) if kept else frame(name, [])
