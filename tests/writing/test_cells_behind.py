"""Every number of the draft leads to cells of the report that hold it: added up here once more, and looked up in the file."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from analysis import frames
from analysis.workbook import DRAFT, Workbook
from analysis.writing.claims import claims_of

REPORTS = Path(__file__).parents[2] / "data" / "reports"


def tables(book):
    return {n: t for n, t in book.tables.items() if n != "statements"}


def claims(book, **changed):
    return claims_of(book.statements, tables(book) | changed)


def added(expression, held):
    """``a + b - c`` over the cells, by its own reading of the key; a share is one sum over another."""
    if " / " in expression:
        above, below = (added(side, held) for side in expression.split(" / "))
        return above / below
    signed = re.findall(r"(?:^|([+-]) )(\S+)", expression.strip())
    return sum((-1 if sign == "-" else 1) * held[key.partition("|")[2] or key] for sign, key in signed)


def due(figure, rates):
    """What the cells of a figure make it."""
    held = {c["key"]: c["value"] for c in figure["cells"]}
    key, _, column = figure["key"].partition(":")
    if figure["key"].startswith("count("):
        return len(figure["key"].split(" + "))
    if figure["table"] != "rates":
        return added(key, held)
    if column == "confidence":
        return 0.95
    if column in ("numerator", "denominator"):
        return added(rates.loc[key, f"{column}_of"], held)
    above, below = (added(rates.loc[key, f"{side}_of"], held) for side in ("numerator", "denominator"))
    if column == "value":
        return above / (below or 1)  # a number that is no share has no denominator
    return proportion_confint(above, below, method="wilson")[column == "high"]


def wrong(told, rates):
    """The figures that their cells do not make."""
    found = []
    for statement in told:
        for figure in statement["figures"]:
            text = figure["text"]
            if isinstance(figure["value"], str):  # words of the report with a number in them
                if not any(text in cell["raw"] for cell in figure["cells"]):
                    found.append((statement["key"], text, figure["value"]))
                continue
            value = due(figure, rates)
            decimals = len(text.rstrip("%").partition(".")[2])
            shown = float(text.rstrip("%"))
            sizes = {round(abs(value), decimals), round(100 * value, decimals) if "%" in text else shown + 1}
            if shown not in sizes or statement["text"][figure["start"] : figure["end"]] != text:
                found.append((statement["key"], text, value))
    return found


@pytest.fixture(scope="module")
def told(book):
    return [s for s in claims(book) if s["section"] in DRAFT]


@pytest.fixture(scope="module")
def rates(book):
    return book.tables["rates"].set_index("key")


def test_every_number_of_the_draft_is_made_by_its_cells(told, rates):
    assert sum(len(s["figures"]) for s in told) > 20
    assert wrong(told, rates) == []


def test_a_number_that_its_cells_do_not_make_is_found(told, rates):
    changed = json.loads(json.dumps(told))
    cell = next(c for s in changed for f in s["figures"] for c in f["cells"] if c["value"] == 158)
    cell["value"] = 185.0
    assert wrong(changed, rates)


def test_every_cell_is_printed_where_it_says(told):
    cells = {c["key"]: c for s in told for f in s["figures"] for c in f["cells"]}
    assert {c["table"] for c in cells.values()} >= {"facts", "claims"}
    for cell in cells.values():
        name, line, column = cell["where"].rsplit(":", 2)
        assert name == cell["file"]
        text = (REPORTS / name).read_text(encoding="utf8").splitlines()[int(line) - 1]
        if cell["table"] == "facts" and cell["status"] == "reported":
            assert text[int(column) - 1 :].startswith(cell["raw"]), cell
            assert float(cell["raw"]) == cell["value"]
        elif cell["status"] == "blank":
            assert (cell["raw"], cell["value"]) == ("", 0), cell
        elif cell["table"] == "claims":
            assert f"{cell['value']:g}" in re.findall(r"[\d.]+", text), cell


def test_known_numbers_lead_to_known_cells(book):
    records = {s["key"].removeprefix("永康市/2020/zh/"): s for s in claims(book)}

    def keys(statement, text):
        figure = next(f for f in records[statement]["figures"] if f["text"] == text)
        return [c["key"].removeprefix("永康市/2020/") for c in figure["cells"]]

    review = [f"disputes.review.{c}" for c in ("corrected", "total", "pending")]
    assert keys("disputes.summary", "11.11%") == review
    assert keys("disputes.summary", "9") == review[1:2]
    assert keys("findings/text.count_differs/1", "4") == ["claim/17"]
    # A tally of findings leads to what each of them rests on.
    assert {"claim/13", "claim/15", "claim/17", "claim/19"} <= set(keys("summary.findings", "2"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_figure_of_every_sentence_has_a_cell(yongkang, suqian, language):
    for book in (Workbook([yongkang], language), Workbook([suqian[2023], suqian[2024]], language)):
        for statement in claims(book):
            assert statement["language"] == language
            for figure in statement["figures"]:
                assert figure["cells"] or figure["key"] == "count()", (statement["key"], figure)


def test_a_changed_sentence_or_table_is_refused(book):
    rows = book.statements.copy()
    at = rows["text"].str.contains("58.23%", regex=False).idxmax()
    rows.loc[at, "text"] = rows.loc[at, "text"].replace("58.23%", "58.24%")
    with pytest.raises(ValueError, match="58.23%"):
        claims_of(rows, tables(book))
    rates = book.tables["rates"].copy()
    rates.loc[rates["indicator"] == "review_correction_rate", "numerator"] = 2
    with pytest.raises(ValueError, match="holds 2"):
        claims(book, rates=rates)


def test_a_figure_that_leads_to_no_cell_is_refused(book):
    rates = book.tables["rates"].copy()
    rates.loc[rates["indicator"] == "review_correction_rate", ["numerator_of", "denominator_of"]] = ""
    with pytest.raises(ValueError, match="review_correction_rate.* leads to no cell"):
        claims(book, rates=rates)


def test_changes_over_the_years_lead_to_the_cells_of_both(book):
    """A trend names two counts or rates, these name the facts."""
    facts, documents = book.tables["facts"], book.tables["documents"]
    earlier = [t.assign(year=2019, key=t["key"].str.replace("/2020", "/2019")) for t in (facts, documents)]
    total = "applications.received.total"
    counts = pd.DataFrame(
        {
            "key": [f"永康市/{y}/count/received" for y in (2019, 2020)],
            "of": [f"永康市/{y}/{total}" for y in (2019, 2020)],
        }
    )
    trend = {"key": "永康市/2020/trend/received", "change": 0.0}
    trend |= {"source_first": f"counts|{counts['key'][0]}", "source_last": f"counts|{counts['key'][1]}"}
    figure = {
        "text": "0",
        "value": 0.0,
        "table": "trends",
        "key": f"{trend['key']}:change",
        "start": 2,
        "end": 3,
    }
    row = {"key": "s", "unit": "永康市", "year": 2020, "section": "progress", "role": "computed"}
    row |= {"language": "zh", "text": "变化0件", "figures": json.dumps([figure])}
    known = {
        "facts": pd.concat([earlier[0], facts]),
        "documents": pd.concat([earlier[1], documents]),
        "counts": counts,
        "trends": pd.DataFrame([trend]),
    }
    (record,) = claims_of(frames.frame("statements", [row]), known)
    assert [c["key"] for c in record["figures"][0]["cells"]] == [f"永康市/{y}/{total}" for y in (2019, 2020)]


def test_the_records_keep_their_order(told):
    assert list(told[0]) == ["key", "unit", "year", "language", "section", "role", "text", "figures"]
    figure = next(f for s in told for f in s["figures"])
    assert list(figure) == ["text", "start", "end", "value", "table", "key", "cells"]
    assert list(figure["cells"][0]) == ["table", "key", "value", "raw", "status", "file", "where"]
