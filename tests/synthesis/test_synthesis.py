"""Synthetic reports: what is read of them is the truth beside them, in every format and on every form.

The oracle is ``.truth/cells.parquet``, written from what was drawn; the reader never sees it.
"""

import csv
from functools import cache

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis import register
from analysis.checking.across import check_across
from analysis.cli import app
from analysis.errors import InputError
from analysis.problems import findings_within, section_five
from analysis.rates_and_trends import RatesAndTrends
from analysis.reading import read_report, tables_of
from analysis.reading.neighbours import decide_reports
from analysis.reading.source import SUFFIXES
from analysis.reading.synthetic import mark, synthetic_mixed
from analysis.synthesis import FORMATS, plan, synthesise
from analysis.synthesis import corpus as corpora
from analysis.synthesis.units import most_units, unit_of
from analysis.workbook import Workbook, study

YEARS = (2011, 2016, 2019, 2020, 2021, 2022)
TABLES = ("facts", "placements", "claims", "sentences")


@cache
def read(path):
    return read_report(path)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Every format on every form: nine units make the formats go round."""
    out = tmp_path_factory.mktemp("synth") / "corpus"
    made = synthesise(plan(len(FORMATS), YEARS), out)
    assert set(made.files) == set(FORMATS) and made.files.total() == len(FORMATS) * len(YEARS)
    return out


@pytest.fixture(scope="module")
def truth(corpus):
    return pd.read_parquet(corpus / ".truth" / "cells.parquet")


def test_a_corpus_that_ends_where_rows_are_written_has_its_truth(tmp_path, monkeypatch):
    monkeypatch.setattr(corpora, "_ROWS", 1)
    made = synthesise(plan(2, (2021,), "txt"), tmp_path / "corpus")
    cells = pd.read_parquet(tmp_path / "corpus" / ".truth" / "cells.parquet")
    assert len(cells) == made.cells > 0 and (tmp_path / "corpus" / ".truth" / "planted.csv").is_file()


def wrong(report, cells):
    """The cells that are read as something they are not; and how many stay open."""
    facts = report.facts.set_index(["table", "row", "column"])[["value", "status", "candidates"]]
    found, open_ = [], 0
    for cell in cells.itertuples(index=False):
        value, status, candidates = facts.loc[(cell.table, cell.row, cell.column)]
        if status == "ambiguous":
            open_ += 1
            due = (
                {"blank", "0"}
                if not cell.printed
                else {f"{cell.value:g}", f"{cell.value:.0f}", str(cell.value)}
            )
            right = not candidates or bool(due & set(candidates.split("|")))
        elif cell.printed:
            right = value == cell.value
        else:
            right = value == cell.value or pd.isna(value)
        if not right:
            found.append(
                f"{report.path.name} {cell.row}.{cell.column}: {cell.printed!r} read as {value} {status} {candidates}"
            )
    return found, open_


def test_every_cell_is_read_as_it_was_drawn_or_stays_open(corpus, truth):
    for file, cells in truth.groupby("file"):
        report = read(corpus / file)
        assert (report.unit, report.year) == (cells["unit"].iloc[0], cells["year"].iloc[0])
        found, open_ = wrong(report, cells)
        assert found == [], file
        # Only a table that has lost its lines may leave anything open.
        assert open_ == 0 or cells["format"].iloc[0] == "crawled", file


def test_a_number_that_is_not_the_true_one_is_seen(corpus, truth):
    file = next(f for f in truth["file"].unique() if f.endswith("2022.html"))
    cells = truth[truth["file"] == file].copy()
    at = cells.index[cells["printed"] != ""][3]
    cells.loc[at, "value"] += 1
    assert len(wrong(read(corpus / file), cells)[0]) == 1


def test_identities_hold_and_stocks_arrive(truth):
    cells = truth.set_index(["unit", "year", "table", "row", "column"])["value"].sort_index()
    for unit in truth["unit"].unique():
        for year in (2021, 2022):
            last, now = (cells[unit, y, "applications"] for y in (year - 1, year))
            assert now["carried_in"].to_dict() == last["carried_out"].to_dict()
            balance = now["received"] + now["carried_in"] - now["total"] - now["carried_out"]
            assert (balance == 0).all()
        before, after = (cells[unit, y, "disclosure", "normative_documents"] for y in (2021, 2022))
        assert after["in_force"] == before["in_force"] + after["made"] - after["repealed"]
    assert (truth.loc[~truth["column"].isin(["items_change"]), "value"] >= 0).all()


def test_nothing_in_a_sound_report_is_an_error_by_itself_or_beside_others(corpus, truth):
    units = []
    for _, files in truth.groupby("unit"):
        reports = decide_reports([read(corpus / f) for f in files["file"].unique()])
        for report in reports:
            found = findings_within(report, section_five(report))
            errors = found.loc[found["severity"] == "error", ["code", "message_zh"]]
            assert errors.empty, (report.path, errors.values.tolist())
        units.append(tables_of(reports, TABLES))
    found = check_across(units, register.beside(corpus))
    assert found.loc[found["severity"] == "error", "message_zh"].tolist() == []


def test_the_mark_is_read_and_told(corpus, truth):
    unit = truth["unit"].iloc[0]
    files = truth.loc[truth["unit"] == unit, "file"].unique()
    reports = [read(corpus / f) for f in files if not f.endswith(".txt")]
    assert all(r.document["synthetic"] for r in reports)
    for language, words in (("zh", "合成数据"), ("en", "synthetic data")):
        book = RatesAndTrends(reports, language)
        assert words in book.summary().parts[0].html
    book = Workbook([study(reports[-1])], "zh")
    assert "合成数据" in book.summary().parts[0].html
    assert any("合成数据" in getattr(b, "text", "") for b in book.document.blocks)


def test_real_and_synthetic_reports_are_not_taken_together(corpus, truth, shipped):
    made_up, real = read(corpus / truth["file"].iloc[0]), shipped.report
    both = tables_of([made_up, real], TABLES)["documents"]
    error = synthetic_mixed(both)
    assert real.key in error.zh and made_up.key in error.en
    assert synthetic_mixed(both[:1]) is synthetic_mixed(both[1:]) is None
    with pytest.raises(InputError, match="合成数据"):
        check_across((tables_of([r], TABLES) for r in (made_up, real)), register.beside(corpus))


# planted errors


def test_planted_errors_are_found(tmp_path):
    synthesise(plan(12, (2021, 2022), "html", seed=3, errors=0.8), tmp_path)
    with (tmp_path / ".truth" / "planted.csv").open(encoding="utf8") as file:
        planted = {row["file"]: row for row in csv.DictReader(file)}
    certain, seen = 0, 0
    for file, row in planted.items():
        assert row["true"] != row["printed"]
        report = read_report(tmp_path / file)
        found = findings_within(report, section_five(report))
        if row["place"].count(".") > 1 and row["printed"]:
            facts = report.facts.set_index("key")["raw"]
            key = f"{report.key}/{row['place']}"
            assert key not in facts.index or facts[key] == row["printed"]
        if "identity" in row["against"] or row["against"] == "prose":
            certain += 1
            seen += (found["severity"] == "error").any()
    assert len(planted) >= 12 and certain >= 5
    assert seen >= 0.8 * certain, (seen, certain)


def test_a_paragraph_may_come_from_the_unit_before(tmp_path):
    synthesise(plan(12, (2022,), "txt", seed=1, errors=1.0), tmp_path / "planted")
    synthesise(plan(12, (2022,), "txt", seed=1), tmp_path / "sound")
    with (tmp_path / "planted" / ".truth" / "planted.csv").open(encoding="utf8") as file:
        copied = [row for row in csv.DictReader(file) if row["kind"] == "paragraph_other_unit"]
    assert copied
    for row in copied:
        assert "copy" in row["against"].split()
        theirs = row["place"].partition(" ← ")[2]
        assert not theirs.startswith(row["unit"])
        source = (tmp_path / "sound" / f"{theirs}.txt").read_text(encoding="utf8")
        words = row["printed"].rstrip("…")[-20:]
        assert words in source and words in (tmp_path / "planted" / row["file"]).read_text(encoding="utf8")


def rows_planted(folder, years, units=16):
    synthesise(plan(units, years, "txt", seed=2, errors=1.0), folder)
    with (folder / ".truth" / "planted.csv").open(encoding="utf8") as file:
        return list(csv.DictReader(file))


def test_nothing_is_said_to_be_contradicted_by_a_report_that_is_not_there(tmp_path):
    """2020 is drawn, since it hands on its stocks, but is not written."""
    rows = rows_planted(tmp_path, (2019, 2021))
    assert len({row["file"] for row in rows}) > 20
    assert not any("year" in row["against"].split() or "/2020" in row["place"] for row in rows)


def test_what_the_next_year_contradicts_is_said_to_be(tmp_path):
    rows = [row for row in rows_planted(tmp_path, (2021, 2022)) if "year" in row["against"].split()]
    assert {row["year"] for row in rows} == {"2021", "2022"}


def test_what_contradicts_an_error_is_asked_of_the_years_beside_as_they_are_printed(tmp_path, monkeypatch):
    asked = {}

    def told_of(plant, years, folder):
        asked[plant.page.report.year] = plant, years
        return []

    monkeypatch.setattr(corpora, "told_of", told_of)
    made = corpora._of_unit(plan(1, (2021, 2022), "txt", errors=1.0), 0)
    sound = {paper.year: paper.blocks for paper in corpora._papers(plan(1, (2021, 2022), "txt"), 0)}
    assert asked.keys() == {2021, 2022} and len(made) == 2
    for year, other in ((2021, 2022), (2022, 2021)):
        (blocks,) = asked[year][1].values()
        assert blocks != sound[other]
        assert corpora.printed(blocks, "txt", 0)[1] == next(
            report.content for report in made if report.year == other
        )


# the folder


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_seed_gives_the_same_bytes_whatever_the_processes(tmp_path):
    wanted = plan(9, (2022,), seed=5, errors=0.3)
    for name, jobs in (("one", 1), ("two", 2)):
        synthesise(wanted, tmp_path / name, jobs)
        assert len(contents(tmp_path / name)) == 9 + 3
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    synthesise(plan(9, (2022,), seed=6, errors=0.3), tmp_path / "one")
    assert contents(tmp_path / "one") != contents(tmp_path / "two")


def test_a_larger_corpus_begins_with_the_smaller(tmp_path):
    for name, units in (("few", 3), ("many", 6)):
        synthesise(plan(units, (2019, 2021), "html,csv", errors=0.5), tmp_path / name)
    few, many = (contents(tmp_path / name) for name in ("few", "many"))
    reports = {k: v for k, v in few.items() if k.startswith("合成")}
    assert len(reports) == 6 and reports.items() <= many.items()


def test_no_two_units_have_one_name():
    rng = np.random.default_rng(1)
    step = most_units() // 5_000
    names = {unit_of(n, rng).name[:5] for n in range(0, most_units(), step)}
    assert len(names) == 5_000


def test_a_folder_that_holds_anything_else_is_refused(tmp_path):
    synthesise(plan(1, (2022,), "txt"), tmp_path / "own")
    synthesise(plan(2, (2021,), "txt"), tmp_path / "own")  # its own output is replaced
    assert len([p for p in (tmp_path / "own").glob("*/*") if p.suffix == ".txt"]) == 2
    (tmp_path / "own" / "永康市").mkdir()
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "2020.txt").write_text("报告", encoding="utf8")
    for name in ("own", "real"):
        before = contents(tmp_path / name)
        said = CliRunner().invoke(app, ["synth", str(tmp_path / name), "--units", "1", "--years", "2022"])
        assert said.exit_code == 2 and "绝不与真实数据" in said.output
        assert contents(tmp_path / name) == before


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"units": 0}, "单位数"),
        ({"years": (1999,)}, "1999"),
        ({"formats": "html,doc"}, "doc"),
        ({"errors": 2}, "比例"),
    ],
)
def test_what_cannot_be_made_is_refused(asked, words):
    with pytest.raises(InputError, match=words):
        plan(**{"units": 1, "years": (2022,), **asked})


def test_the_folder_says_what_it_is_and_hides_its_truth_from_reading(corpus):
    assert mark() in (corpus / "SYNTHETIC.md").read_text(encoding="utf8")
    seen = [p for p in corpus.rglob("*") if p.suffix in SUFFIXES]
    shown = [p for p in seen if not any(part.startswith(".") for part in p.relative_to(corpus).parts)]
    assert {p.parent.name for p in shown if p.parent != corpus} == {p.name for p in corpus.glob("合成*")}
