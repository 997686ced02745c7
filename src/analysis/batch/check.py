"""A folder or a store is checked: all findings in one table.

In: a folder of reports (read into a store first) or a store, the register of units and the decisions of
people. Out: ``findings.parquet`` and ``findings.csv`` in the store – what each report shows by itself and what
several show beside each other, unit by unit – with what its sentences lead back to besides cells (``changes.csv``,
``register.csv``), and a summary. Units pass through one after the other: in memory
stay the findings on several reports, and what is compared of each report (hashes, and a few numbers).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis import frames, register
from analysis.batch import store
from analysis.batch.engine import HERE, Cluster
from analysis.batch.package import describe
from analysis.checking import declared_findings, reviews
from analysis.checking.across import compare
from analysis.errors import InputError
from analysis.places import absolute, beside, folder_for, is_local, place, replacing

# The tables that checks over several reports see.
_SEEN = ("documents", "facts", "claims", "sentences", "placements")
# Rows read at a time.
_ROWS = 50_000


@dataclass
class Checked:
    """What a check has found: how many findings by unit, year and severity, by code, by decision; the errors
    themselves; the decisions whose finding is gone; what became of the files, where a folder was read."""

    out: Path
    reports: int = 0
    by_report: Counter = field(default_factory=Counter)
    by_code: Counter = field(default_factory=Counter)
    decisions: Counter = field(default_factory=Counter)
    errors: list[dict] = field(default_factory=list)
    gone: list[reviews.Review] = field(default_factory=list)
    read: store.Summary | None = None


# So many errors are kept for the summary; the table has them all.
_KEPT = 1000


def is_store(path: Path) -> bool:
    """Whether a folder holds the tables that ``analysis read`` leaves."""
    return (path / "datapackage.json").is_file() and (path / "documents.parquet").is_file()


def check(
    source: Path,
    out: Path | None = None,
    cluster: Cluster = HERE,
    decided: Path | None = None,
    units: Path | None = None,
    told: Callable = lambda outcome, done, of: None,
) -> Checked:
    """Check every report of ``source``, a folder or a store.

    A folder is read into the store ``out`` (``store`` by default). ``decided`` is the file of decisions, ``units`` the
    register, by default ``reviews.csv`` and ``units.csv`` in the folder or beside it. Raises ``InputError``.
    """
    read = None
    place = home(source)
    # What is wrong with these should be known before an hour of reading.
    decisions = reviews.load(_decided(place, decided))
    known = register.load(units) if units else register.beside(place)
    if is_store(source):
        folder = source
    else:
        folder = out or Path("store")
        read = store.read_folder(source, folder, cluster, told)
    made = Checked(folder if out is None else folder_for(out, "--out"), read=read)
    with store.alone(made.out):
        _write(folder, made, known, decisions)
    return made


def home(source: Path) -> Path:
    """The folder of the reports, in which or beside which the register and the decisions lie; of a store the one
    that it was read from, while that is there."""
    if is_store(source):
        origin = source / store.ORIGIN
        told = os.fsdecode(origin.read_bytes()) if origin.is_file() else ""
        folder = place(told) if "://" in told else absolute(source.resolve() / told)
        return folder if folder.exists() else source
    return source if source.is_dir() else source.parent


def _decided(folder: Path, given: Path | None) -> Path:
    """The file of decisions that was named, or the one that lies with the reports."""
    if given is not None and not given.is_file():
        raise InputError(f"找不到文件 {given}。", f"There is no file {given}.")
    return given or beside(folder, reviews.NAME)


def units_of(folder: Path, names: Sequence[str] = _SEEN) -> Iterator[dict[str, pd.DataFrame]]:
    """The tables of a store, one unit after the other."""
    streams = {name: _by_unit(folder / f"{name}.parquet") for name in names}
    ahead = {name: next(stream, None) for name, stream in streams.items()}
    while ahead["documents"] is not None:
        unit = ahead["documents"]["unit"].iloc[0]
        tables = {}
        for name in names:
            if ahead[name] is not None and ahead[name]["unit"].iloc[0] == unit:
                tables[name], ahead[name] = ahead[name], next(streams[name], None)
            else:
                tables[name] = frames.frame(name, [])
        yield tables


def _by_unit(path: Path) -> Iterator[pd.DataFrame]:
    """The rows of a table, unit by unit; a store keeps those of a unit together."""
    try:
        file = pq.ParquetFile(path if is_local(path) else path.open("rb"))
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(
            f"{path} 读不出来（{error}）：请用 analysis read 重新读入。",
            f"{path} cannot be read ({error}): read the reports again with analysis read.",
        ) from None
    rest: pd.DataFrame | None = None
    with file:
        for batch in file.iter_batches(_ROWS):
            rows = batch.to_pandas()
            if rest is not None:
                rows = pd.concat([rest, rows], ignore_index=True)
            starts = (rows["unit"] != rows["unit"].shift()).to_numpy().nonzero()[0]
            for first, last in zip(starts, starts[1:], strict=False):
                yield rows.iloc[first:last]
            rest = rows.iloc[starts[-1] :] if len(starts) else None
    if rest is not None and len(rest):
        yield rest


def _write(
    folder: Path, made: Checked, known: register.Register, decisions: Sequence[reviews.Review]
) -> None:
    across, sides = compare(units_of(folder), known)
    by_unit = dict(tuple(across.groupby("unit", sort=False)))
    fingerprints: set[str] = set()
    rows = 0
    with replacing(made.out) as aside:
        schema = frames.arrow_schema("findings")
        with (
            pq.ParquetWriter(aside / "findings.parquet", schema, compression="zstd") as parquet,
            # The mark at the beginning lets spreadsheets open it as UTF-8.
            (aside / "findings.csv").open("w", encoding="utf-8-sig", newline="") as table,
        ):
            frames.frame("findings", []).to_csv(table, index=False)
            for tables in units_of(folder, ("documents", "findings_within")):
                documents = tables["documents"]
                unit = documents["unit"].iloc[0]
                parts = [tables["findings_within"], by_unit.get(unit, frames.frame("findings", []))]
                found = reviews.apply(in_order(frames.concat("findings", parts)), decisions)
                parquet.write_table(pa.Table.from_pandas(found, schema, preserve_index=False))
                found.to_csv(table, index=False, header=False)
                fingerprints |= set(found["fingerprint"])
                rows += len(found)
                _count(made, documents, found)
        for name, side in sides.items():
            side.to_csv(aside / f"{name}.csv", index=False, encoding="utf-8-sig")
        read = {(unit, str(year)) for unit, year, _ in made.by_report}
        made.gone = reviews.gone(decisions, fingerprints, read)
        if made.out == folder:
            describe_also(folder, aside, {"findings": rows})


def in_order(found: pd.DataFrame) -> pd.DataFrame:
    """Findings by unit and year, most serious first, then in the order of the page."""
    found = frames.by_severity(found.sort_values("start", kind="stable"))
    return found.sort_values(["unit", "year"], kind="stable").reset_index(drop=True)


def _count(made: Checked, documents: pd.DataFrame, found: pd.DataFrame) -> None:
    made.reports += len(documents)
    for document in frames.tuples(documents):
        made.by_report[document.unit, document.year, ""] += 0
    open_ = found[found["decision"] != "dismissed"]
    made.by_report.update(zip(open_["unit"], open_["year"], open_["severity"], strict=True))
    made.by_code.update(zip(open_["severity"], open_["code"], strict=True))
    made.decisions.update(found.loc[found["decision"] != "", "decision"])
    wrong = open_[open_["severity"] == "error"]
    made.errors += wrong.head(_KEPT - len(made.errors)).to_dict("records")


def describe_also(folder: Path, aside: Path, rows: Mapping[str, int]) -> None:
    """Take tables made ``aside``, with so many rows, into the description of the store."""
    described = json.loads((folder / "datapackage.json").read_text(encoding="utf8"))
    ours = describe(rows, aside)["resources"]
    kept = [r for r in described["resources"] if r["name"] not in rows]
    text = json.dumps({**described, "resources": [*kept, *ours]}, ensure_ascii=False, indent=2)
    (aside / "datapackage.json").write_text(text + "\n", encoding="utf8")


def summary(made: Checked, most: int, language: str = "zh") -> Iterator[str]:
    """The summary in lines: the reports with their numbers of findings, the errors, the commonest checks."""
    severities = frames.SEVERITIES
    totals = {s: sum(n for (_, _, what), n in made.by_report.items() if what == s) for s in severities}
    words = " · ".join(f"{_LEVELS[s]} {n}" for s, n in totals.items())
    yield f"报告 reports {made.reports} · {words}"
    for error in made.errors[:most]:
        yield f"✗ {error['unit']} {error['year']} {error['where']} [{error['fingerprint']}]"
        yield f"    {error[f'message_{language}']}"
    if totals["error"] > most:
        yield f"  … {totals['error'] - min(most, len(made.errors))} more in {made.out / 'findings.csv'}"
    yield from _reports(made, severities, most)
    for (severity, code), n in sorted(made.by_code.items(), key=lambda i: (severities.index(i[0][0]), -i[1])):
        yield f"{n:>6}  {severity:<8} {code}  {declared_findings()[code]['title'][language]}"
    if made.decisions:
        yield "复核 decisions " + " · ".join(f"{k} {n}" for k, n in sorted(made.decisions.items()))
    for review in made.gone:
        about = " ".join(filter(None, (review.unit, review.year, review.message)))
        yield f"note   复核的发现已不存在 | the finding decided on is gone: {review.fingerprint} {about}".rstrip()
    yield f"发现 findings {made.out / 'findings.csv'}, {made.out / 'findings.parquet'}"


_LEVELS: Mapping[str, str] = {"error": "错误 errors", "warning": "提醒 warnings", "note": "说明 notes"}


def _reports(made: Checked, severities: Sequence[str], most: int) -> Iterator[str]:
    """The reports with most errors and warnings, a line each."""
    reports = {(unit, year) for unit, year, _ in made.by_report}
    counts = {r: [made.by_report[*r, s] for s in severities] for r in sorted(reports)}
    yield "  ".join(_LEVELS[s].split()[0].rjust(4) for s in severities) + "  单位与年份 unit and year"
    for (unit, year), numbers in sorted(counts.items(), key=lambda i: i[1], reverse=True)[:most]:
        yield "  ".join(f"{n:>4}" for n in numbers) + f"  {unit} {year}"
