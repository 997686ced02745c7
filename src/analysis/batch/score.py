"""The reports of a folder or a store are scored, and a person's decision about a finding is taken down.

In: a folder of reports or a store, a rubric, the register and the decisions of people. Out: ``scores`` and
``score_totals`` as Parquet and CSV, and lines for readers. The reports are checked first, so that the score stands on the
findings and decisions of now; units pass through one after the other, as in ``check``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis import frames, register
from analysis.batch.check import check, describe_also, home, is_store, units_of
from analysis.batch.engine import HERE, Cluster
from analysis.batch.store import Summary, alone
from analysis.checking import reviews
from analysis.errors import InputError
from analysis.measuring import rates_of
from analysis.parameters import parse_years
from analysis.places import beside, folder_for, replacing
from analysis.reading import StoredReport
from analysis.scoring import card, line, load_rubric, score, totals

TABLES = ("scores", "score_totals")


@dataclass
class Scored:
    """What a scoring has left in ``out``: a line a report, or, where there is one alone, the whole of it."""

    out: Path
    lines: list[str] = field(default_factory=list)
    read: Summary | None = None


def score_all(
    source: Path,
    out: Path | None = None,
    rubric: Path | None = None,
    unit: str = "",
    years: str = "",
    cluster: Cluster = HERE,
    decided: Path | None = None,
    units: Path | None = None,
    language: str = "zh",
    told: Callable = lambda outcome, done, of: None,
) -> Scored:
    """Score the reports of ``source`` (a folder or a store), or those of one ``unit``, or of some ``years``.

    The tables go to ``out``, by default into the store. Raises ``InputError``.
    """
    chosen = load_rubric(rubric)
    wanted = set(parse_years(years)) if years else set()
    if out is not None:
        folder_for(out, "--out")
    checked = check(source, None if is_store(source) else out, cluster, decided, units, told)
    made = Scored(out or checked.out, read=checked.read)
    known = register.load(units) if units else register.beside(home(source))
    every = pd.read_parquet(str(checked.out / "documents.parquet"), columns=["unit", "year"])
    asked = every[(every["unit"] == unit) | (unit == "")]
    asked = asked[asked["year"].isin(wanted)] if wanted else asked
    if asked.empty:
        raise _none(every, unit, years)
    keys = set(zip(asked["unit"], asked["year"], strict=True))
    with alone(made.out), _Tables(made.out, checked.out) as tables:
        for of_unit in units_of(checked.out, ("documents", "facts", "placements", "claims", "findings")):
            documents = of_unit["documents"]
            pairs = zip(documents["unit"], documents["year"], strict=True)
            documents = documents[[pair in keys for pair in pairs]]
            if documents.empty:
                continue
            rates = frames.concat(
                "rates", [rates_of(StoredReport.of(d, of_unit)) for d in documents.itertuples()]
            )
            scores = score(of_unit["findings"], rates, documents, chosen, known, every)
            sums = totals(scores, chosen)
            tables.add({"scores": scores, "score_totals": sums})
            for total in frames.tuples(sums):
                items = scores[scores["year"] == total.year]
                if len(keys) == 1:
                    made.lines = list(card(total, items, of_unit["findings"], chosen, language))
                else:
                    made.lines.append(line(total, items, language))
    return made


def _none(every: pd.DataFrame, unit: str, years: str) -> InputError:
    """No report is what was asked for."""
    have = sorted(every["unit"].unique())
    near = next(iter(difflib.get_close_matches(unit, have, 1, 0.4)), "") if unit not in have else ""
    return InputError(
        f"没有{' '.join(filter(None, (unit, years)))}的报告{f'，是否指“{near}”' if near else ''}；现有：{'、'.join(have[:12])}。",
        f"There is no report of {unit or 'any unit'} {years}{f', did you mean {near}' if near else ''}; "
        f"there are: {', '.join(have[:12])}.",
    )


class _Tables:
    """The tables being written aside, each as Parquet and CSV; they take their place when all are whole."""

    def __init__(self, out: Path, store: Path) -> None:
        self._out, self._store = out, store
        self._rows = dict.fromkeys(TABLES, 0)

    def __enter__(self) -> _Tables:
        self._open, self._files = ExitStack(), ExitStack()
        self._aside = self._open.enter_context(replacing(self._out))
        self._parquet, self._csv = {}, {}
        for name in TABLES:
            parquet = pq.ParquetWriter(
                self._aside / f"{name}.parquet", frames.arrow_schema(name), compression="zstd"
            )
            self._parquet[name] = self._files.enter_context(parquet)
            # The mark at the beginning lets spreadsheets open it as UTF-8.
            table = (self._aside / f"{name}.csv").open("w", encoding="utf-8-sig", newline="")
            self._csv[name] = self._files.enter_context(table)
            frames.frame(name, []).to_csv(table, index=False)
        return self

    def add(self, made: dict[str, pd.DataFrame]) -> None:
        """Rows of each table."""
        for name, rows in made.items():
            schema = frames.arrow_schema(name)
            self._parquet[name].write_table(pa.Table.from_pandas(rows, schema, preserve_index=False))
            rows.to_csv(self._csv[name], index=False, header=False)
            self._rows[name] += len(rows)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # Last opened, first closed: the tables, then their description, then all take their places.
        self._files.__exit__(kind, error, trace)
        if kind is None and self._out == self._store:
            describe_also(self._store, self._aside, self._rows)
        self._open.__exit__(kind, error, trace)


def review(
    source: Path,
    fingerprint: str,
    decision: str,
    by: str,
    why: str,
    on: str,
    file: Path | None = None,
    told: Callable = lambda outcome, done, of: None,
) -> tuple[Path, str]:
    """Take down what a person decided of a finding, by its fingerprint in ``findings.csv``.

    ``file`` is by default the ``reviews.csv`` that a check of ``source`` reads. Returns the file and the message of the
    finding. Raises ``InputError``.
    """
    table = source / "findings.parquet"
    if not (is_store(source) and table.is_file()):
        table = check(source, told=told).out / "findings.parquet"
    found = pd.read_parquet(str(table), filters=[("fingerprint", "==", fingerprint)])
    if found.empty:
        raise InputError(
            f"没有指纹为 {fingerprint} 的发现；指纹在 {table.with_suffix('.csv')} 的 fingerprint 列。",
            f"No finding has the fingerprint {fingerprint}; see the column fingerprint of {table.with_suffix('.csv')}.",
        )
    path = file or beside(home(source), reviews.NAME)
    finding = found.iloc[0]
    reviews.record(path, finding, decision, by, on, why)
    return path, f"{finding['message_zh']}\n{finding['message_en']}"
