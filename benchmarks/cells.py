"""How many printed cells are read right, left open, or read wrong without a word.

Reads the published reports and the shipped editions, each folder into a store of its own, and compares the
facts with the true cells (``truth/<unit>/<year>.csv`` in the shared folder). Open is a cell without a
value: said to be ambiguous, or not found. Wrong is a value that is not the true one: a silent error.

The peers are the bare table readers on the files that they can open: ``pandas.read_html`` and
``pdfplumber``'s ``extract_tables``. They are given every help: the labels of the form and its columns. A row
is the first line that carries its label, its values are the last cells of that line. Text they cannot read.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pdfplumber
from places import SHARED, SHIPPED, table

from analysis import templates
from analysis.batch.store import read_folder
from analysis.reading.layout import canonical
from analysis.templates import Cell, Form

KEY = ["table", "row", "column"]
# Amounts are printed in 万元 and kept in 元.
SCALES = (1.0, 1e4)


def truth_of(path: Path) -> pd.DataFrame:
    """The cells that a report prints a number in: table, row, column, value."""
    cells = pd.read_csv(path, dtype=str, keep_default_na=False)
    cells["value"] = pd.to_numeric(cells["value"], errors="coerce")
    return cells[(cells["status"] == "reported") & cells["value"].notna()][[*KEY, "value"]]


def judged(truth: pd.DataFrame, read: pd.DataFrame) -> pd.Series:
    """``right``, ``open`` or ``wrong`` for every true cell. ``read`` has the key and a value."""
    both = truth.merge(read, on=KEY, how="left", suffixes=("", "_read"))
    near = [(both["value_read"] / scale - both["value"]).abs() < 1e-6 for scale in SCALES]
    verdict = pd.Series("wrong", index=both.index)
    verdict[near[0] | near[1]] = "right"
    verdict[both["value_read"].isna()] = "open"
    return verdict


def ours(folder: Path, truths: Mapping[tuple[str, int], Path]) -> Iterator[tuple[str, pd.Series]]:
    """Verdicts for every report of a folder that has true cells."""
    with tempfile.TemporaryDirectory() as out:
        read_folder(folder, Path(out))
        facts = pd.read_parquet(Path(out) / "facts.parquet")
    for (unit, year), path in sorted(truths.items()):
        mine = facts[(facts["unit"] == unit) & (facts["year"] == year)]
        yield f"{unit} {year}", judged(truth_of(path), mine[[*KEY, "value"]])


def by_position(form: Form, grids: Iterable[Sequence[Sequence[str]]]) -> pd.DataFrame:
    """What a reader of bare tables would make of them: of the first line that carries the label of a
    row, the last cells, one for each column."""
    found = []
    lines = [[str(c).strip() for c in line] for grid in grids for line in grid]
    for declared in form.tables.values():
        if declared.layout == "one_row":
            wanted = list(declared.cells())
            line = next((x for x in lines if len(x) == len(wanted) and all(map(_figure, x)) and any(x)), [])
            found += zip(wanted, line, strict=False)
            continue
        for row in declared.rows.values():
            spelled = {canonical(s) for s in row.spellings()}
            wanted = [Cell(declared.code, row.code, column) for column in row.columns]
            carries = (x for x in lines if len(x) > len(wanted) and spelled & {canonical(c) for c in x})
            found += zip(wanted, next(carries, [])[-len(wanted) :], strict=False)
    made = pd.DataFrame(
        [{**cell._asdict(), "value": value} for cell, value in found], columns=[*KEY, "value"]
    )
    made["value"] = pd.to_numeric(made["value"], errors="coerce")
    return made.drop_duplicates(KEY)


def _figure(text: str) -> bool:
    return not text or text.isdecimal()


def grids_of(path: Path) -> list[list[list[str]]]:
    """The tables that the peer for this kind of file finds."""
    if path.suffix == ".pdf":
        with pdfplumber.open(path) as pdf:
            found = [grid for page in pdf.pages for grid in page.extract_tables()]
        return [[[(c or "").replace("\n", "") for c in line] for line in grid] for grid in found]
    frames = pd.read_html(path, flavor="lxml", encoding="utf-8", header=None)
    return [frame.astype(object).where(frame.notna(), "").map(_plain).to_numpy().tolist() for frame in frames]


def _plain(value: object) -> str:
    """Whole numbers as printed: a column with blanks was made one of floats."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def peer(folder: Path, truths: Mapping[tuple[str, int], Path]) -> Iterator[tuple[str, pd.Series]]:
    """Verdicts of the bare table readers on the web pages and PDFs of a folder."""
    forms = templates.forms().values()
    for (unit, year), path in sorted(truths.items()):
        for file in [f for f in (folder / unit).glob(f"{year}.*") if f.suffix in (".html", ".pdf")]:
            form = next(f for f in forms if year in f.years)
            name = "pdfplumber" if file.suffix == ".pdf" else "pandas.read_html"
            yield f"{unit} {year} ({name})", judged(truth_of(path), by_position(form, grids_of(file)))


def shown(verdicts: Mapping[str, pd.Series]) -> list[list[object]]:
    """A line a report, and one for all together."""
    every = pd.concat(list(verdicts.values()), ignore_index=True)
    return [*(_line(*item) for item in verdicts.items()), _line("**合计 all**", every)]


def _line(name: str, verdict: pd.Series) -> list[object]:
    counts = [int((verdict == state).sum()) for state in ("right", "open", "wrong")]
    return [name, sum(counts), *counts, f"{counts[0] / max(1, sum(counts)):.2%}"]


def main() -> None:
    """Read, compare, print."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--shared", type=Path, default=SHARED, help="folder with reports/ and truth/")
    shared = arguments.parse_args().shared
    truths = {(p.parent.name, int(p.stem)): p for p in (shared / "truth").glob("*/*.csv")}
    if not truths:
        arguments.error(f"no true cells in {shared / 'truth'}")
    head = ["报告 report", "格 cells", "读对 right", "未定 open", "悄悄读错 wrong", "读对比例 share"]
    for title, folder in (("发布的网页 published", shared / "reports"), ("随附的改写版 shipped", SHIPPED)):
        mine = dict(ours(folder, truths))
        bare = dict(peer(folder, truths))
        print(f"\n## {title}\n\n{table(head, shown(mine))}")
        print(f"\n同类工具读同样的网页和PDF | peers on the same pages and PDFs\n\n{table(head, shown(bare))}")
        same = pd.concat([mine[name.partition(" (")[0]] for name in bare], ignore_index=True)
        other = pd.concat(list(bare.values()), ignore_index=True)
        print(
            f"\n读对比例之比 right, ours / peers = {(same == 'right').mean() / (other == 'right').mean():.2f} "
            f"({(same == 'right').mean():.2%} / {(other == 'right').mean():.2%}); "
            f"悄悄读错 wrong {(same == 'wrong').sum()} / {(other == 'wrong').sum()}"
        )


if __name__ == "__main__":
    main()
