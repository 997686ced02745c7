"""The tables that pass between the rooms: one row a thing, columns declared once, checked where a
room hands over.

``key`` names a row for good: ``永康市/2020/applications.granted.total`` in facts, the indicator in
rates, and so on. A figure in a text points to a table, a key and, if it is not ``value``, a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
import pandera.pandas as pa
import pyarrow as pa_

STATUSES = ("reported", "blank", "not_applicable", "inferred", "ambiguous", "absent")
SEVERITIES = ("error", "warning", "note")


def _text(**options) -> pa.Column:
    return pa.Column(str, **options)


def _number(**options) -> pa.Column:
    return pa.Column(float, nullable=True, **options)


_WHOSE = {"key": _text(unique=True), "unit": _text(), "year": pa.Column(int, pa.Check.in_range(2000, 2100))}
_PLACE = {"where": _text(), "start": pa.Column(int), "end": pa.Column(int)}


def _schema(**columns: pa.Column) -> pa.DataFrameSchema:
    return pa.DataFrameSchema({**_WHOSE, **columns}, strict=True, ordered=True, coerce=True)


SCHEMAS: Mapping[str, pa.DataFrameSchema] = {
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
    # one thing that does not hold; evidence lists the keys it rests on, figures is JSON by language
    "findings": _schema(
        code=_text(),
        severity=_text(checks=pa.Check.isin(SEVERITIES)),
        reported=_text(),
        expected=_text(),
        message_zh=_text(),
        message_en=_text(),
        evidence=_text(),
        figures=_text(),
        **_PLACE,
    ),
    # one indicator in one year; low and high bound it by Wilson's interval at 95%; least and most
    # bound it over the placements where it is not the same under all of them; numerator_of and
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
        numerator_of=_text(),
        denominator_of=_text(),
        note_zh=_text(),
        note_en=_text(),
    ),
    # one problem of section five with the measure announced for it; answer says whether it fits:
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
        **_PLACE,
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
    # one generated sentence; figures is JSON: printed text, value, table, key, start, end
    "statements": _schema(
        section=_text(),
        role=_text(checks=pa.Check.isin(("source", "computed", "suggested"))),
        language=_text(),
        text=_text(),
        figures=_text(),
    ),
}


def frame(name: str, rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Rows (dicts) → the table called ``name``, its columns in their declared order, validated."""
    schema = SCHEMAS[name]
    made = pd.DataFrame(list(rows), columns=list(schema.columns))
    return schema.validate(made)


_ARROW = {
    "object": pa_.string(),
    "str": pa_.string(),
    "int64": pa_.int64(),
    "float64": pa_.float64(),
    "bool": pa_.bool_(),
}


def arrow_schema(name: str) -> pa_.Schema:
    """The columns of the table called ``name`` as Parquet holds them."""
    columns = SCHEMAS[name].columns.items()
    return pa_.schema([pa_.field(code, _ARROW[str(column.dtype)]) for code, column in columns])


def by_severity(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings, most serious first; within a severity as they stood."""
    return findings.sort_values("severity", key=lambda s: s.map(SEVERITIES.index), kind="stable")


def concat(name: str, frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Several tables of one kind under each other; empty ones keep their columns."""
    kept = [f for f in frames if len(f)]
    return pd.concat(kept, ignore_index=True) if kept else frame(name, [])
