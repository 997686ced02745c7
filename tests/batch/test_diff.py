"""Two batches beside each other: what is called changed, and what is called its cause."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.batch.diff import CAUSES, COLUMNS, diff, summary
from analysis.batch.journal import Journal
from analysis.cli import app
from analysis.errors import InputError
from analysis.parameters import parse_years
from analysis.rates_and_trends import open_rates_and_trends
from analysis.reading import read_report
from analysis.workbook import DRAFT, Workbook, open_workbook, study
from analysis.writing.claims import claims_of

PROJECT = Path(__file__).parents[2]
UNIT, FILE = "永康市", "永康市/2020.txt"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def leave(out, book, within=("永康市", "2020"), **run):
    """What a batch leaves of one run: its tables, the sources of its draft, its record."""
    folder = out.joinpath(*within)
    (folder / "tables").mkdir(parents=True)
    for name, table in book.tables.items():
        table.to_csv(folder / "tables" / f"{name}.csv", index=False, lineterminator="\n")
    stem = run.pop("stem", "problems_and_improvements")
    if isinstance(book, Workbook):
        drafted = book.statements[book.statements["section"].isin(DRAFT)]
        claims = claims_of(drafted, book._known)
        (folder / "claims.json").write_text(json.dumps(claims, ensure_ascii=False), encoding="utf8")
    noted = {
        "kind": "problems",
        "notebook": f"{stem}.ipynb",
        "parameters": {"unit": UNIT, "years": "2020", "language": book.language},
        "version": "0.6.0",
        "program": digest("program"),
        "notebook_hash": digest("notebook"),
        "inputs": {FILE: digest("as published")},
        "state": "good",
    }
    (folder / f"{stem}.run.json").write_text(json.dumps(noted | run, ensure_ascii=False), encoding="utf8")
    return out


OTHER_DATA = {"inputs": {FILE: digest("with another digit")}}
OTHER_CODE = {"program": digest("another program")}


@pytest.fixture(scope="module")
def old(book, tmp_path_factory):
    return leave(tmp_path_factory.mktemp("old"), book)


@pytest.fixture
def rewritten(old, tmp_path):
    """The old batch again with something else in one table: ``rewritten(table, change, **record)``."""

    def make(table=None, change=None, **record):
        new = shutil.copytree(old, tmp_path / "new")
        (path,) = new.rglob("*.run.json")
        noted = json.loads(path.read_text(encoding="utf8"))
        path.write_text(json.dumps(noted | record, ensure_ascii=False), encoding="utf8")
        if table:
            (path,) = new.rglob(f"tables/{table}.csv")
            rows = pd.read_csv(path, dtype=str, keep_default_na=False)
            change(rows).to_csv(path, index=False, lineterminator="\n")
        return new

    return make


@pytest.fixture(scope="module")
def other_digit(tmp_path_factory):
    """The workbook on a report in which one number is another: the 161 applications received are 168."""
    text = (PROJECT / "data" / "reports" / FILE).read_text(encoding="utf8")
    line = next(x for x in text.splitlines() if "本年新收" in x)
    assert "161" in line
    path = tmp_path_factory.mktemp("data") / "reports" / FILE
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(line, line.replace("161", "168")), encoding="utf8")
    return Workbook([study(read_report(path))], "zh")


def changes(old, new, tmp_path):
    """The CSV of a comparison as a table."""
    made = diff(old, new, tmp_path / "diff.csv", most=5)
    rows = pd.read_csv(tmp_path / "diff.csv", keep_default_na=False)
    assert list(rows) == list(COLUMNS)
    assert set(rows["cause"]) <= set(CAUSES)
    assert made.counts["n"].sum() == len(rows)
    assert made.changed == bool(len(rows))
    return rows


def reword(rows, old="报告称", new="报告说"):
    hit = rows["text"].str.contains(old)
    assert hit.any()
    # A word of the same length: the figures stay where they are.
    return rows.assign(text=rows["text"].str.replace(old, new))


def test_the_same_twice_is_no_change(old, rewritten, tmp_path):
    assert changes(old, rewritten(), tmp_path).empty
    assert changes(old, old, tmp_path).empty


def test_other_code_that_changes_nothing_is_no_change(old, rewritten, tmp_path):
    assert changes(old, rewritten(**OTHER_CODE, **OTHER_DATA), tmp_path).empty


def test_another_digit_in_a_report_is_data_with_its_sentences_and_cells(old, other_digit, tmp_path):
    rows = changes(old, leave(tmp_path / "new", other_digit, **OTHER_DATA), tmp_path)
    assert set(rows["cause"]) == {"data"}
    assert rows["evidence"].str.contains(f"data: changed {FILE}", regex=False).all()
    (cell,) = rows[
        (rows["table"] == "facts") & (rows["key"] == f"{UNIT}/2020/applications.received.total")
    ].index
    assert "161" in rows["old"][cell] and "168" in rows["new"][cell]
    (told,) = rows[rows["key"] == f"{UNIT}/2020/zh/summary.applications"].to_dict("records")
    assert "161" in told["old"] and "168" in told["new"] and told["how"] == "value"
    assert f"{UNIT}/2020/applications.received.total 161 → 168 @ {FILE}:" in told["evidence"]


def test_every_sentence_that_differs_is_named_and_no_other(old, other_digit, tmp_path, book):
    rows = changes(old, leave(tmp_path / "new", other_digit, **OTHER_DATA), tmp_path)
    named = rows[rows["table"] == "statements"]
    before, after = list(book.statements["text"]), list(other_digit.statements["text"])
    gone = sorted(t for t in before if t not in after)
    come = sorted(t for t in after if t not in before)
    assert gone and come
    assert sorted(t for t in named["old"] if t) == gone
    assert sorted(t for t in named["new"] if t) == come


def test_another_template_is_code(old, rewritten, tmp_path):
    rows = changes(old, rewritten("statements", reword, **OTHER_CODE), tmp_path)
    assert set(rows["cause"]) == {"code"}
    assert set(rows["how"]) == {"wording"} and set(rows["what"]) == {"changed"}
    assert set(rows["section"]) <= set(DRAFT)
    assert rows["evidence"].str.startswith("code: program ").all()


@pytest.mark.parametrize("name", ["version", "notebook_hash"])
def test_a_version_or_a_notebook_is_code_too(old, rewritten, tmp_path, name):
    assert set(changes(old, rewritten("statements", reword, **{name: "other"}), tmp_path)["cause"]) == {
        "code"
    }


def test_a_parameter_that_names_no_run_is_the_cause(old, rewritten, tmp_path):
    given = {"unit": UNIT, "years": "2020", "language": "zh", "threshold": "40", "data": "elsewhere"}
    rows = changes(old, rewritten("statements", reword, parameters=given), tmp_path)
    assert set(rows["cause"]) == {"parameters"}
    assert (
        rows["evidence"].str.contains("threshold").all()
        and not rows["evidence"].str.contains("elsewhere").any()
    )


def test_another_language_is_no_pair(old, english, tmp_path):
    rows = changes(old, leave(tmp_path / "new", english), tmp_path)
    assert list(rows["what"]) == ["new", "gone"] and set(rows["cause"]) == {"unpaired"}
    assert list(rows["evidence"]) == ["language: zh", "language: en"]


def test_runs_are_paired_by_what_they_are_of_not_by_their_folder(old, book, tmp_path):
    elsewhere = leave(tmp_path / "new", book, within=("zh", "a", "b"))
    assert changes(old, elsewhere, tmp_path).empty


def test_years_and_units_may_be_written_otherwise_or_left_to_the_run(old, rewritten, tmp_path):
    assert changes(old, rewritten(parameters={"years": "2020-2020", "unit": " 永康市 "}), tmp_path).empty


def test_parameters_left_out_are_named_by_the_folder(old, rewritten, tmp_path):
    assert changes(old, rewritten(parameters={}), tmp_path).empty


# data and code at once


def test_where_both_changed_a_number_printed_otherwise_shows_that_data_had_a_part(old, other_digit, tmp_path):
    rows = changes(old, leave(tmp_path / "new", other_digit, **OTHER_DATA, **OTHER_CODE), tmp_path)
    causes = rows.set_index("key")["cause"]
    assert causes[f"{UNIT}/2020/applications.received.total"] == "data_part"
    assert causes[f"{UNIT}/2020/zh/summary.applications"] == "data_part"
    assert set(causes) <= {"data_part", "undecided"}
    # What is new or gone may come from either.
    assert set(rows.loc[rows["what"] != "changed", "cause"]) == {"undecided"}


def test_where_both_changed_what_rests_on_the_same_cells_is_not_the_datas(old, rewritten, tmp_path):
    new = rewritten(
        "statements", lambda rows: reword(rows, "正文写作", "正文说成"), **OTHER_DATA, **OTHER_CODE
    )
    rows = changes(old, new, tmp_path)
    assert set(rows["cause"]) == {"not_data"}
    assert rows["evidence"].str.contains(r"cells unchanged: \d+").all()


def test_a_sentence_without_figures_cannot_be_told_apart(old, rewritten, tmp_path):
    rows = changes(old, rewritten("statements", reword, **OTHER_DATA, **OTHER_CODE), tmp_path)
    assert set(rows["cause"]) == {"undecided"}
    made = diff(old, tmp_path / "new")
    assert any("用新代码把旧数据再跑一批" in line for line in summary(made))
    assert not any("--most" in line for line in summary(made))
    cut = diff(old, tmp_path / "new", most=1)
    assert f"以上 1 项，共 {len(rows)} 项；其余用 --most 或 --out 看。" in [*summary(cut)]
    assert any("run the old data with the new code" in line for line in summary(made, "en"))


def test_cause_and_evidence_are_told_in_the_language_asked_for(old, rewritten):
    made = diff(old, rewritten("statements", reword, **OTHER_DATA, **OTHER_CODE))
    chinese, english = ("\n".join(summary(made, language)) for language in ("zh", "en"))
    assert f"数据: 变 {FILE}; 代码: 程序 " in chinese and "[变：措辞]" in chinese
    assert f"data: changed {FILE}; code: program " in english and "[changed wording]" in english
    assert not re.search("changed|program|wording", chinese)


def test_cells_that_did_not_change_are_told_in_the_language_asked_for(old, rewritten):
    new = rewritten(
        "statements", lambda rows: reword(rows, "正文写作", "正文说成"), **OTHER_DATA, **OTHER_CODE
    )
    chinese = "\n".join(summary(diff(old, new)))
    assert "未变的格: " in chinese and "unchanged" not in chinese


def test_decisions_and_registers_act_by_other_ways_than_cells(old, rewritten, tmp_path):
    inputs = {FILE: digest("as published"), "reviews.csv": digest("a decision")}
    new = rewritten(
        "statements", lambda rows: reword(rows, "正文写作", "正文说成"), inputs=inputs, **OTHER_CODE
    )
    rows = changes(old, new, tmp_path)
    assert set(rows["cause"]) == {"undecided"}


def test_a_number_cut_otherwise_proves_nothing(old, rewritten, tmp_path):
    """16 instead of 161 at the same place may be another reading of the same page."""

    def cut(rows):
        hit = rows["key"] == f"{UNIT}/2020/applications.received.total"
        return rows.assign(value=rows["value"].where(~hit, "16.0"), raw=rows["raw"].where(~hit, "16"))

    rows = changes(old, rewritten("facts", cut, **OTHER_DATA, **OTHER_CODE), tmp_path)
    assert list(rows["cause"]) == ["undecided"]


def test_a_number_that_moved_within_the_page_proves_nothing(old, rewritten, tmp_path):
    """168 in another place may be another number of the same page."""

    def elsewhere(rows):
        hit = rows["key"] == f"{UNIT}/2020/applications.received.total"
        other = {"value": "168.0", "raw": "168", "where": f"{FILE}:1:1"}
        return rows.assign(**{c: rows[c].where(~hit, v) for c, v in other.items()})

    rows = changes(old, rewritten("facts", elsewhere, **OTHER_DATA, **OTHER_CODE), tmp_path)
    assert list(rows["cause"]) == ["undecided"]


def test_a_number_of_the_same_paragraph_or_cell_of_a_page_proves_nothing(old, rewritten, tmp_path):
    """Of a page the place is a paragraph or a cell, and 168 may begin elsewhere in it than 161."""

    def on_a_page(folder, **change):
        (path,) = folder.rglob("tables/facts.csv")
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        hit = rows["key"] == f"{UNIT}/2020/applications.received.total"
        for column, value in {"where": "2020.html:t2r3c9", **change}.items():
            rows.loc[hit, column] = value
        rows.to_csv(path, index=False, lineterminator="\n")

    before = shutil.copytree(old, tmp_path / "before")
    new = rewritten(**OTHER_DATA, **OTHER_CODE)
    on_a_page(before)
    on_a_page(new, value="168.0", raw="168")
    assert list(changes(before, new, tmp_path)["cause"]) == ["undecided"]


def test_new_words_for_the_same_numbers_are_not_the_datas_part(old, rewritten, tmp_path):
    """A finding told in other words; a cell that it rests on is printed otherwise, but no number that it prints has changed."""
    found = pd.read_csv(next(old.rglob("findings.csv")), dtype=str, keep_default_na=False)
    facts = pd.read_csv(next(old.rglob("facts.csv")), dtype=str, keep_default_na=False).set_index("key")
    printed = facts[(facts["raw"] != "") & (facts["status"] == "reported")].index
    finding, cell = next(
        (f.key, key) for f in found.itertuples() for key in f.evidence.split(" ") if key in printed
    )

    def reworded(rows):
        message = rows["message_zh"].where(rows["key"] != finding, "另一种说法。" + rows["message_zh"])
        return rows.assign(message_zh=message)

    new = rewritten("findings", reworded, **OTHER_DATA, **OTHER_CODE)
    rows = pd.read_csv(next(new.rglob("facts.csv")), dtype=str, keep_default_na=False)
    hit = rows["key"] == cell
    rows.assign(value=rows["value"].where(~hit, "987654.0"), raw=rows["raw"].where(~hit, "987654")).to_csv(
        next(new.rglob("facts.csv")), index=False
    )
    causes = changes(old, new, tmp_path).set_index("table")["cause"]
    assert causes.to_dict() == {"findings": "undecided", "facts": "data_part"}


def test_a_file_that_did_not_change_had_no_part(old, rewritten, tmp_path):
    def other(rows):
        hit = rows["key"] == f"{UNIT}/2020/applications.received.total"
        return rows.assign(value=rows["value"].where(~hit, "168.0"), raw=rows["raw"].where(~hit, "168"))

    inputs = {FILE: digest("as published"), f"{UNIT}/2021.txt": digest("new")}
    rows = changes(old, rewritten("facts", other, inputs=inputs, **OTHER_CODE), tmp_path)
    assert list(rows["cause"]) == ["undecided"]


def test_a_rate_of_unchanged_cells_is_not_the_datas_unless_cells_are_open(old, rewritten, tmp_path):
    def halved(rows):
        value = pd.to_numeric(rows["value"]) / 2
        return rows.assign(value=value)

    rows = changes(old, rewritten("rates", halved, **OTHER_DATA, **OTHER_CODE), tmp_path)
    assert set(rows["table"]) == {"rates"} and set(rows["how"]) == {"value"}
    facts = pd.read_csv(next(old.rglob("facts.csv"))).set_index("key")["status"]
    rates = pd.read_csv(next(old.rglob("rates.csv")), keep_default_na=False).set_index("key")
    for row in rows.itertuples():
        cells = re.split(r" [+-] ", " + ".join(rates.loc[row.key, ["numerator_of", "denominator_of"]]))
        open_ = any(facts.get(c, "ambiguous") == "ambiguous" for c in cells)
        prose = any("/claim/" in c or not c for c in cells)
        assert prose or row.cause == ("undecided" if open_ else "not_data"), row
    assert {"not_data"} <= set(rows["cause"])


def test_a_cell_of_a_report_that_the_run_does_not_leave_is_not_called_gone(tmp_path):
    """The draft of 2024 rests on 2023 too; of that year the run leaves no tables."""
    book = open_workbook("宿迁市", "2024")
    record = {"parameters": {"unit": "宿迁市", "years": "2024"}, "inputs": {"宿迁市/2023.txt": digest("a")}}
    old = leave(tmp_path / "old", book, ("宿迁市", "2024"), **record)
    new = leave(
        tmp_path / "new", book, ("宿迁市", "2024"), **record | {"inputs": {"宿迁市/2023.txt": digest("b")}}
    )
    gone = "宿迁市/2024/zh/followed/2/clearance_rate"
    path = next(new.rglob("statements.csv"))
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows[rows["key"] != gone].to_csv(path, index=False)
    next(new.rglob("claims.json")).write_text("[]", encoding="utf8")
    (row,) = changes(old, new, tmp_path).to_dict("records")
    assert row["key"] == gone and row["cause"] == "data"
    assert "cells of reports that a run is not of:" in row["evidence"] and "→ —" not in row["evidence"]


# nothing explains it


def test_what_nothing_explains_is_an_alarm(old, rewritten, tmp_path):
    rows = changes(old, rewritten("statements", reword), tmp_path)
    assert set(rows["cause"]) == {"unexplained"} and set(rows["evidence"]) == {""}
    told = CliRunner().invoke(app, ["diff", str(old), str(tmp_path / "new")])
    assert told.exit_code == 1
    assert told.stdout.count("⚠") == len(rows) + 1


def test_the_alarm_goes_before_everything_else(old, rewritten, tmp_path):
    """Of two runs the one has another template, the other a cell that nothing explains."""
    new, both = rewritten("statements", reword, **OTHER_CODE), tmp_path / "both"
    shutil.copytree(old, both)
    for batch, cut in ((both, False), (new, True)):
        folder = shutil.copytree(old / UNIT / "2020", batch / UNIT / "2021")
        path = next(folder.glob("*.run.json"))
        path.write_text(path.read_text(encoding="utf8").replace('"2020"', '"2021"'), encoding="utf8")
        if cut:
            facts = pd.read_csv(folder / "tables" / "facts.csv", dtype=str, keep_default_na=False)
            facts.loc[0, "raw"] = "9"
            facts.to_csv(folder / "tables" / "facts.csv", index=False)
    made = diff(both, new, most=2)
    assert made.top[["table", "cause"]].values.tolist() == [["facts", "unexplained"], ["statements", "code"]]
    assert list(made.runs["differ"]) == ["code", ""]


def test_a_table_that_is_not_compared_row_by_row_is_still_no_secret(old, rewritten, tmp_path):
    rows = changes(old, rewritten("inventory", lambda rows: rows.head(2)), tmp_path)
    assert rows[["table", "key", "what", "cause"]].values.tolist() == [
        ["inventory", "", "changed", "unexplained"]
    ]


def test_a_table_that_is_gone_is_told(old, rewritten, tmp_path):
    new = rewritten()
    next(new.rglob("rates.csv")).unlink()
    assert changes(old, new, tmp_path)[["table", "what"]].values.tolist() == [["rates", "gone"]]


# what counts as a change


def test_a_sentence_under_another_number_is_the_same_sentence(old, rewritten, tmp_path):
    def renumbered(rows):
        return rows.assign(
            key=rows["key"].str.replace(r"stated/(\d)", lambda m: f"stated/{int(m[1]) + 1}", regex=True)
        )

    assert changes(old, rewritten("statements", renumbered), tmp_path).empty


def test_one_sentence_more_and_the_rest_renumbered_is_one_change(old, rewritten, tmp_path):
    def first_gone(rows):
        stated = rows[rows["key"].str.contains("/stated/")]
        kept = rows.drop(index=stated.index[0])
        return kept.assign(
            key=kept["key"].str.replace(r"stated/(\d)", lambda m: f"stated/{int(m[1]) - 1}", regex=True)
        )

    rows = changes(old, rewritten("statements", first_gone, **OTHER_CODE), tmp_path)
    assert list(rows["what"]) == ["gone"]


def test_a_number_printed_otherwise_is_told_from_another_number(old, rewritten, tmp_path):
    def rounded(rows):
        hit = rows["key"].str.endswith("summary.applications")
        figures = json.loads(rows.loc[hit, "figures"].item())
        (was,) = {f["text"] for f in figures if f["text"] == "161"}
        return rows.assign(
            text=rows["text"].where(~hit, rows["text"].str.replace(was, "161.0")),
            figures=rows["figures"].where(~hit, rows["figures"].str.replace('"161"', '"161.0"')),
        )

    (row,) = changes(old, rewritten("statements", rounded, **OTHER_CODE), tmp_path).to_dict("records")
    assert row["how"] == "printing"


def test_a_float_written_as_an_integer_is_no_change(old, rewritten, tmp_path):
    def whole(rows):
        return rows.assign(value=rows["value"].str.replace(r"\.0$", "", regex=True))

    assert changes(old, rewritten("facts", whole), tmp_path).empty


def test_findings_are_known_by_their_fingerprint(old, rewritten, tmp_path):
    def renumbered(rows):
        return rows.assign(key=rows["key"] + "0")

    assert changes(old, rewritten("findings", renumbered), tmp_path).empty


def test_the_draft_goes_before_other_tables(old, other_digit, tmp_path):
    new = leave(tmp_path / "new", other_digit, **OTHER_DATA)
    made = diff(old, new, most=3)
    assert len(made.top) == 3 and set(made.top["table"]) == {"statements"}
    assert len(diff(old, new, most=0).top) == 0


def test_the_changes_of_a_unit_over_its_years(tmp_path):
    book = open_rates_and_trends("宿迁市")
    record = {
        "kind": "trends",
        "stem": "rates_and_trends",
        "parameters": {"unit": "宿迁市", "years": "2023-2024"},
        "inputs": {"宿迁市/2024.txt": digest("as published")},
    }
    old = leave(tmp_path / "old", book, ("宿迁市", "2023-2024"), **record)
    other = {"inputs": {"宿迁市/2024.txt": digest("another")}, **OTHER_CODE}
    new = leave(tmp_path / "new", book, ("宿迁市", "2023-2024"), **record | other)
    path = next(new.rglob("trends.csv"))
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows.assign(adjusted=rows["adjusted"].where(rows["adjusted"] == "", "1.0")).to_csv(path, index=False)
    found = changes(old, new, tmp_path)
    # A change is adjusted for all other tests of the unit: its own cells do not settle it.
    assert set(found["table"]) == {"trends"} and set(found["cause"]) == {"undecided"}
    assert found["old"].str.startswith("adjusted=").all()


def test_trends_of_all_years_are_paired_when_a_year_has_come_in(tmp_path):
    book = open_rates_and_trends("宿迁市")
    record = {"kind": "trends", "stem": "rates_and_trends", "every_year": True}
    for batch, years in (("old", "2023"), ("new", "2023-2024")):
        files = {f"宿迁市/{year}.txt": digest("as published") for year in parse_years(years)}
        parameters = {"unit": "宿迁市", "years": years}
        leave(tmp_path / batch, book, ("宿迁市", years), **record, parameters=parameters, inputs=files)
    (run,) = diff(tmp_path / "old", tmp_path / "new").runs.to_dict("records")
    assert (run["years"], run["state"], run["differ"]) == ("all", "same", "data")
    # Where the result of fewer years still lies, the ledger says which is the last.
    shutil.copytree(tmp_path / "old" / "宿迁市" / "2023", tmp_path / "new" / "宿迁市" / "2023")
    refused("无从配对", tmp_path / "old", tmp_path / "new")
    with Journal(tmp_path / "new") as journal:
        last = "宿迁市/2023-2024/rates_and_trends.run.json"
        journal.put("t", {"key": "k", "state": "good", "record": last})
    (run,) = diff(tmp_path / "old", tmp_path / "new").runs.to_dict("records")
    assert (run["years"], run["state"], run["differ"]) == ("all", "same", "data")


# bad input, and the command


def refused(sentence, *arguments):
    done = CliRunner().invoke(app, ["diff", *map(str, arguments)])
    assert done.exit_code == 2 and done.stdout == ""
    zh, _ = done.stderr.strip().splitlines()
    assert sentence in zh


def test_bad_input_is_refused_in_one_sentence(old, rewritten, tmp_path):
    refused("没有文件夹", old, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    refused("没有一批的运行记录", tmp_path / "empty", old)
    new = rewritten()
    path = next(new.rglob("*.run.json"))
    whole = path.read_text(encoding="utf8")
    for broken in (
        whole[:100],
        "[]",
        whole.replace('"2020"', '"twenty"'),
        whole.replace('"program"', '"programme"'),
        "",
    ):
        path.write_text(broken, encoding="utf8")
        refused(path.name, old, new)
    path.write_text(whole, encoding="utf8")
    table = next(new.rglob("facts.csv"))
    table.write_text("key,value\na,b\n", encoding="utf8")
    refused("facts.csv", old, new)
    shutil.rmtree(table.parent)
    refused("tables", old, new)


def test_two_runs_that_are_the_same_cannot_be_paired(old, rewritten):
    new = rewritten()
    shutil.copytree(new / UNIT / "2020", new / UNIT / "copy")
    refused("无从配对", old, new)


def test_a_notebook_of_ones_own_is_no_pair_of_ours_for_the_same_unit_and_year(old, rewritten, tmp_path):
    new = rewritten()
    for batch, state in ((old, "old"), (new, "new")):
        made = shutil.copytree(batch, tmp_path / f"both-{state}")
        own = shutil.copytree(made / UNIT / "2020", made / UNIT / "2020-own")
        (path,) = own.glob("*.run.json")
        noted = json.loads(path.read_text(encoding="utf8"))
        path.unlink()
        (own / "own.run.json").write_text(json.dumps({**noted, "notebook": "own.ipynb"}), encoding="utf8")
    found = diff(tmp_path / "both-old", tmp_path / "both-new").runs
    assert sorted(found["kind"]) == ["own.ipynb", "problems"] and set(found["state"]) == {"same"}


def test_what_a_single_command_has_left_is_passed_over_and_counted(old, rewritten, tmp_path):
    new = rewritten()
    single = shutil.copytree(new / UNIT / "2020", new / UNIT / "2019")
    (path,) = single.glob("*.run.json")
    noted = json.loads(path.read_text(encoding="utf8"))
    without = {k: v for k, v in noted.items() if k not in ("inputs", "program", "notebook_hash")}
    path.write_text(json.dumps(without), encoding="utf8")
    assert changes(old, new, tmp_path).empty
    made = diff(old, new)
    assert made.passed_over == 1 and any("单次命令的结果 1 个" in line for line in summary(made))
    shutil.rmtree(new / UNIT / "2020")
    refused("没有一批的运行记录", old, new)


def test_hidden_folders_are_passed_over(old, rewritten, tmp_path):
    new = rewritten()
    shutil.copytree(new / UNIT / "2020", new / UNIT / ".2020-aside")
    assert changes(old, new, tmp_path).empty


def test_a_folder_in_the_place_of_the_table_is_told_before_anything_is_compared(old, tmp_path):
    with pytest.raises(InputError, match="--out .* 是文件夹"):
        diff(old, old, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_comparison_that_fails_leaves_no_table(old, rewritten, tmp_path):
    new = rewritten()
    next(new.rglob("facts.csv")).write_text("key,value\na,b\n", encoding="utf8")
    with pytest.raises(InputError):
        diff(old, new, tmp_path / "out" / "diff.csv")
    assert not list((tmp_path / "out").iterdir())


def test_the_command_says_it_as_diff_does(old, other_digit, tmp_path):
    assert CliRunner().invoke(app, ["diff", str(old), str(old)]).exit_code == 0
    new = leave(tmp_path / "new", other_digit, **OTHER_DATA)
    out = tmp_path / "diff.csv"
    done = CliRunner().invoke(
        app, ["diff", str(old), str(new), "--out", str(out), "--language", "en", "--most", "2"]
    )
    assert done.exit_code == 1
    assert "runs same 0 · changed 1" in done.stdout and str(out) in done.stdout
    assert done.stdout.count("\n• ") == 2


def test_the_page_says_every_column_and_every_cause():
    page = (PROJECT / "docs" / "diff.md").read_text(encoding="utf8")
    for name in (*COLUMNS, *CAUSES):
        assert f"| `{name}` |" in page, name
