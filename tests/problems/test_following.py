"""What came back and what became of promises: Pingtan's twelve years and Suqian's two, against a reading by hand."""

import labelled
import pytest

from analysis.problems import items_of
from analysis.problems.following import follow_up_of, recurrence_of
from analysis.reading import read_report
from analysis.workbook import open_workbook, over_years


@pytest.fixture(scope="module")
def pingtan(shared):
    folder = shared / "reports" / "平潭综合实验区"
    return [read_report(p, folder.name, int(p.stem)) for p in sorted(folder.glob("*.txt"))]


@pytest.fixture(scope="module")
def years(pingtan):
    return over_years(pingtan)


def test_what_the_next_report_says_of_a_measure_is_found(shared):
    """Against a reader who saw neither scores nor candidates (spoken.json); what two readers could see otherwise is left out."""
    states = labelled.followed(shared / "reports")
    due = {k: v["blind"] for k, v in labelled.spoken().items() if v["blind"] is not None}
    assert due.keys() <= states.keys() and len(due) == 32
    found = [due[k] for k in due if states[k] == "found"]
    assert sum(found) >= 0.9 * len(found)
    assert sum(found) >= 0.45 * sum(due.values())
    # Most of what is spoken of is at least shown as possible; of what is not, little is called found.
    assert sum(states[k] != "none" for k in due if due[k]) >= 0.85 * sum(due.values())
    assert sum(states[k] == "found" for k in due if not due[k]) <= 1


def test_every_measure_of_a_year_is_followed_once(years):
    of = years["follow_up"]
    measures = years["items"].query("kind == 'measure' and not done and year < 2025")
    assert sorted(of["measure"]) == sorted(measures["key"])
    assert (of["promised"] < of["year"]).all()
    # Nothing is compared over a year without a report as if it were the next; the year is said.
    assert set(of.loc[of["year"] == 2018, "promised"]) == {2014}


def test_a_sentence_that_is_taken_away_is_no_longer_found(pingtan):
    before, after = (next(r for r in pingtan if r.year == year) for year in (2022, 2023))
    years = over_years([before, after])

    def third(report):
        of = follow_up_of([before, report], years["items"], years["trends"])
        return of[of["measure"] == "平潭综合实验区/2022/measure/3"].iloc[0]

    found = third(after)
    assert found["state"] == "found"
    rows = [s for s in after.records["sentences"] if s["key"] != found["sentence"]]
    gone = third(after.with_records(**{**after.records, "sentences": rows}))
    assert gone["state"] == "none" and gone["sentence"] == ""


def test_three_reports_in_the_same_words_are_found(years):
    of = years["recurrence"]
    same = of[of["year"].isin([2012, 2013])]
    assert (same["how"] == "wording").all() and (same["likeness"] == 1).all()
    assert set(same.loc[same["year"] == 2013, "since"]) == {2011}
    assert set(same.loc[same["year"] == 2013, "reports"]) == {3}


def test_a_kind_of_problem_that_comes_back_is_found(years):
    of = years["recurrence"].set_index("problem")
    # Interpretation of policy stands in 2021, 2022, 2023 and 2024.
    last = of.loc["平潭综合实验区/2024/problem/2"]
    assert (last["how"], last["since"], last["reports"]) == ("category", 2021, 4)
    assert of.loc["平潭综合实验区/2020/problem/2", "how"] == ""


def test_a_first_report_recurs_nowhere(pingtan):
    first = pingtan[:1]
    of = recurrence_of(first, items_of(first[0]))
    assert (of["how"] == "").all() and (of["earlier_year"] == 0).all()


def test_the_draft_tells_what_became_of_last_years_measures(shared):
    book = open_workbook("平潭综合实验区", "2025", str(shared / "reports"))
    said = book.statements[book.statements["section"] == "progress"]["text"]
    assert said.str.contains("2024年的报告提出措施3条").any()
    assert said.str.contains("智能检索").any()
    told = book.statements[book.statements["section"] == "problems"]["text"]
    assert told.str.contains("结案率由2024年的100.0%到2025年的96.1%，明显下降").any()
    assert told.str.contains("2024年的报告已有同类问题").any()
    book.sources()


def test_what_was_not_found_is_counted_too(shared):
    book = open_workbook("平潭综合实验区", "2012", str(shared / "reports"))
    (told,) = book.statements.loc[book.statements["text"].str.contains("提出措施6条"), "text"]
    assert "说到的3条，可能说到的1条，没有找到的2条" in told


def test_the_date_of_signing_is_no_part_of_a_measure(years):
    last = years["items"].query("year in [2012, 2013] and kind == 'measure'")["text"]
    assert not last.str.contains("二○一").any()


def test_words_of_change_are_those_of_the_test(shared):
    book = open_workbook("平潭综合实验区", "2021-2025", str(shared / "reports"))
    trends = book.tables["trends"].set_index("key")
    told = book.statements[book.statements["key"].str.contains("evidence/.*/")]
    assert len(told) >= 4
    for row in told.itertuples():
        subject = row.key.rpartition("/")[2]
        of = trends[
            (trends["subject"] == subject) & (trends["last"] == row.year) & (trends["span"] == "adjacent")
        ]
        (verdict,) = of["verdict"]
        assert ("明显上升" in row.text) == (verdict == "rise"), row.text
        assert ("明显下降" in row.text) == (verdict == "fall"), row.text
