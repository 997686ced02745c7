"""Section five as read by hand (labels.json, labelled.py) against the program, on every published report; and on quotations of other
reports that were coded by hand before there were rules."""

from collections import defaultdict

import labelled
import pytest


@pytest.fixture(scope="module")
def read(shared):
    return labelled.reads(shared / "reports")


@pytest.fixture(scope="module")
def by_unit(read):
    made = defaultdict(list)
    for one in read:
        made[one.name.partition("/")[0]].append(one)
    return dict(made)


@pytest.fixture(scope="module")
def quotations(shared):
    return labelled.quotations(shared / "domain" / "section_five.md")


def test_all_published_reports_are_labelled(read, shared):
    files = list((shared / "reports").glob("*/*.*"))
    assert len(read) == len(files) == 19
    assert sum(len(r.labels) for r in read) == 123


@pytest.mark.parametrize("kind", ["problem", "measure"])
def test_items_are_found_as_people_find_them(kind, read):
    score = labelled.items(read, kind)
    assert score.precision >= 0.95 and score.recall >= 0.95


def test_no_unit_is_read_much_worse_than_the_others(by_unit):
    for unit, of in by_unit.items():
        assert labelled.items(of).f1 >= 0.9, unit


def test_measures_are_paired_with_the_problems_that_they_answer(read):
    score = labelled.pairs(read)
    assert score.f1 >= 0.9 and score.precision >= 0.9


def test_the_two_readers_agree_with_each_other():
    """What the labels are worth: were the readers apart, agreement with them would say nothing."""
    same, pairs = labelled.readers()
    assert same >= 0.8 and pairs.f1 >= 0.9


def test_items_are_about_what_people_say(read):
    texts = labelled.labelled_texts(read)
    assert labelled.macro(labelled.categories(texts)) >= 0.85
    main = sum(labelled.label_of(t).category in due for t, due in texts)
    assert main / len(texts) >= 0.95


def test_quotations_of_other_reports_are_about_what_people_say(quotations):
    assert len(quotations) > 120
    assert labelled.macro(labelled.categories(quotations)) >= 0.85


def test_the_cue_words_are_not_those_of_one_writer(by_unit, quotations):
    """Each unit by the cues that others show too: those that only its own reports bear out are taken away."""
    texts = {unit: labelled.labelled_texts(of) for unit, of in by_unit.items()}
    texts["其他"] = quotations
    found = [
        pair
        for unit, of in texts.items()
        if unit != "其他"
        for pair in labelled.given(of, labelled.without(unit, texts))
    ]
    assert labelled.micro(found) >= 0.8
    # The rare categories stand on few words, so they lose more than the others.
    assert labelled.macro(labelled.by_category(found)) >= 0.65


def test_what_is_told_as_done_is_not_promised(read):
    for one in read:
        for label in one.labels:
            if label["kind"] == "measure" and label["id"] in one.matched:
                assert one.matched[label["id"]]["done"] == label["done"], (one.name, label["id"])


def test_the_labels_do_not_follow_the_program(shared, read):
    """A changed label is a miss, so agreement is not there by construction."""
    moved = [
        labelled.Read(
            r.name,
            [{**x, "start": x["start"] + 40, "end": x["end"] + 40} for x in r.labels],
            r.found,
            r.pairs,
        )
        for r in read
    ]
    assert labelled.items(moved).right == 0
    assert labelled.items(read).right > 100
