"""Every number of every sentence leads back to its row, and the lint proves it can tell."""

import json
import re

import pandas as pd
import pytest

from analysis.figures import Figure, render
from analysis.ledger import Ledger, says
from analysis.workbook import Workbook, open_workbook
from analysis.writing.statements import faults


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_lint_finds_no_fault(yongkang, language):
    book = Workbook([yongkang], language)
    assert faults(book.statements, book.tables) == []
    assert book.statements["text"].str.contains(r"\d").sum() > 30


def tampered(book, old, new):
    rows = book.statements.copy()
    at = rows["text"].str.contains(old, regex=False).idxmax()
    rows.loc[at, "text"] = rows.loc[at, "text"].replace(old, new, 1)
    return rows


def test_a_typed_number_is_found(book):
    assert faults(tampered(book, "全年新收", "全年7次新收"), book.tables)


def test_a_changed_number_is_found(book):
    assert faults(tampered(book, "58.23%", "58.24%"), book.tables)


def test_a_figure_that_its_source_no_longer_holds_is_found(book):
    tables = dict(book.tables)
    facts = tables["facts"].copy()
    at = facts["key"].str.endswith("applications.carried_out.total")
    facts.loc[at, "value"] = 7
    tables["facts"] = facts
    found = faults(book.statements, tables)
    assert any("applications.carried_out.total holds 7" in f for f in found)


def test_a_figure_that_leads_nowhere_is_found(book):
    rows = book.statements.copy()
    at = rows["figures"].str.contains("applications.received.total").idxmax()
    rows.loc[at, "figures"] = rows.loc[at, "figures"].replace(
        "applications.received.total", "applications.gone.total"
    )
    assert any("no row" in f for f in faults(rows, book.tables))


def test_a_template_cannot_print_a_number_of_its_own():
    figure = Figure("6", 6.0, "facts", "x")
    assert render("结转{{n}}件", n=figure).figures[0].start == 2
    with pytest.raises(ValueError, match="without a source"):
        render("结转6件", n=figure)
    with pytest.raises(ValueError, match="without a source"):
        render("结转{{n}}件", n=6)


def test_sums_differences_shares_and_tallies_lead_back():
    table = pd.DataFrame({"key": ["a", "b", "c"], "value": [11.0, 5.0, 158.0]})
    ledger = Ledger({"t": table, "u": table.assign(value=table["value"] * 2)})
    assert ledger.value("t", "a + b") == 16
    assert ledger.value("t", "c - a - b") == 142
    assert ledger.value("t", "a + b / c") == pytest.approx(16 / 158)
    assert ledger.value("t", "count(a + b)") == 2
    assert ledger.value("t", "a - u|b") == 1
    assert ledger.value("t", "count()") == 0


@pytest.mark.parametrize(
    ("text", "value", "right"),
    [
        ("58.23%", 92 / 158, True),
        ("58.24%", 92 / 158, False),
        ("10.1%", 10.1, True),
        ("12", -12.0, True),
        ("4", 16.0, False),
    ],
)
def test_a_printed_number_says_its_value_to_the_digits_printed(text, value, right):
    assert says(text, value) is right


def drafted(book, section):
    rows = book.statements
    return rows[rows["section"] == section]


def test_the_draft_says_what_the_figures_show_and_section_five_leaves_out(book):
    problems = "\n".join(drafted(book, "problems")["text"])
    assert "行政复议9件，被纠正1件（已审结的11.11%，95%区间2.0%—43.5%，案件少，不作评价）" in problems
    assert "行政诉讼4件中有2件尚未审结" in problems
    assert "正文写作4件，表中为16件" in problems
    assert "结转由3件变为6件" in problems
    assert "不能称为趋势" in problems


def test_the_draft_tells_said_from_computed_from_suggested(book):
    roles = drafted(book, "measures").groupby("role")["text"].apply(list)
    assert len(roles["source"]) == 3
    assert all("报告提出" in text for text in roles["source"])
    assert all(text.startswith(("可写明", "可补写")) for text in roles["suggested"])
    # A suggestion leaves its numbers to the official, apart from those of this year.
    assert all("＿＿" in text or "本年" in text or "考核" in text for text in roles["suggested"])


def test_the_draft_admits_that_it_was_not_compared_with_last_year(book):
    said, compared = drafted(book, "progress")["text"]
    assert "没有一句说明" in said
    assert "没有读到更早的报告" in compared


def test_the_page_says_that_the_shipped_report_is_restated(book, published):
    said = book.statements["key"].str.endswith("summary.restated")
    assert said.sum() == 1
    assert not Workbook([published], "zh").statements["key"].str.endswith("summary.restated").any()


def test_both_languages_print_the_same_numbers(book, english):
    def numbers(of):
        rows = of.statements[of.statements["section"] != "summary"]
        return {
            key.partition(f"/{of.language}/")[2]: sorted(f["key"] for f in json.loads(figures))
            for key, figures in zip(rows["key"], rows["figures"], strict=True)
        }

    zh, en = numbers(book), numbers(english)
    assert zh.keys() == en.keys()
    for key in zh:
        assert set(zh[key]) == set(en[key]), key


def test_english_sentences_are_english_around_quotations(english):
    for text in english.statements["text"]:
        outside = re.sub(r"“.*”|（[^）]*）|\([^)]*\)|永康市\S*", "", text)
        assert not re.search(r"[一-鿿]", outside), text


@pytest.mark.parametrize(("language", "words"), [("zh", "合不上"), ("en", "not add up")])
def test_a_rate_that_the_report_contradicts_is_told_with_that_reservation(language, words):
    """The settled applications of Pingtan 2020 do not add up, those of its neighbours and of Yongkang do."""
    for unit, year, off in (
        ("平潭综合实验区", "2020", True),
        ("平潭综合实验区", "2019", False),
        ("永康市", "2020", False),
    ):
        book = open_workbook(unit=unit, years=year, language=language)
        told = book.statements.set_index("key")["text"]
        for name in ("summary.applications", "refusal.readings"):
            assert (words in told[f"{unit}/{year}/{language}/{name}"]) == off
        text = {f["name"]: f["text"] for f in book.figures}
        assert (words in text["disclosure_rate"]) == off and words not in text["received"]
