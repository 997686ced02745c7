"""The wordings of 37 more bodies: quotations whose figures were read by hand (excerpts.jsonl of the shared reports).

Each is put into a report for its overview, and every one of them must be understood as a claim about
the right cells.
"""

import json

import pytest
from conftest import SHARED
from telling import told

# What the figures read by hand are called there → the concept that the words must be taken for.
CONCEPTS = {
    "new": "received",
    "received": "received",
    "carry": "carried_in",
    "closed": "decisions",
    "carry_next": "carried_out",
    "granted_incl_partial": "disclosed",
    "granted": "granted",
    "partial": "partly_granted",
    "denied": "refused",
    "unable": "unavailable",
    "not_processed": "unprocessed",
    "other": "otherwise",
    "review": "reviews",
    "litigation": "lawsuits",
}
PERCENTAGES = {
    "granted_pct": "disclosed",
    "denied_pct": "refused",
    "unable_pct": "unavailable",
    "other_pct": "otherwise",
}


def quoted() -> list[dict]:
    path = SHARED / "reports" / "excerpts.jsonl"
    lines = path.read_text(encoding="utf8").splitlines() if path.is_file() else []
    return [e for e in map(json.loads, lines) if set(e["facts"]) & {*CONCEPTS, *PERCENTAGES}]


# What no number says there: 均…予以公开答复, 未收到, and one that has lost what parted it from the next.
UNSAID = {
    ("义乌市交通运输局", 2024, "granted"),
    ("永德县永康镇", 2024, "new"),
    ("义乌市商务局", 2023, "denied"),
}


@pytest.mark.parametrize("excerpt", quoted(), ids=lambda e: f"{e['unit']}/{e['year']}")
def test_every_figure_of_a_quotation_is_understood(excerpt, tmp_path):
    # The tables are of 2021 on; the quotation of 2020 is told as of then.
    unit, year = excerpt["unit"].partition("(")[0], max(excerpt["year"], 2021)
    report = told(tmp_path, excerpt["quote"].replace(f"{excerpt['year']}年", f"{year}年"), unit, year)
    said = {(c.about, c.value) for c in report.claims.itertuples() if not c.of}
    shares = {(c.about, c.value) for c in report.claims.itertuples() if c.of}
    facts = {name: n for name, n in excerpt["facts"].items() if (unit, year, name) not in UNSAID}
    assert {(concept, facts[name]) for name, concept in CONCEPTS.items() if name in facts} <= said
    assert {(concept, facts[name]) for name, concept in PERCENTAGES.items() if name in facts} <= shares


def test_the_quotations_are_there(shared):
    assert len(quoted()) == 14
