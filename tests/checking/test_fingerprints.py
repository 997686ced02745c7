"""A finding keeps its fingerprint as long as it is about the same thing, its state as long as the page says the same."""

import pytest

from analysis.errors import InputError
from analysis.register import load

FOUR = "無法提供4件"


def four(study):
    (row,) = study.findings[study.findings["code"] == "text.count_differs"].itertuples()
    return row


def test_what_stands_before_it_changes_neither(altered, shipped):
    # One number more in front of it: the running numbers of all claims behind it change.
    moved = four(altered("受理政府信息公開申請161件", "新開專欄3個,受理政府信息公開申請161件"))
    assert moved.evidence != four(shipped).evidence
    assert (moved.fingerprint, moved.state) == (four(shipped).fingerprint, four(shipped).state)


def test_another_wrong_number_is_the_same_finding_in_another_state(altered, shipped):
    other = four(altered(FOUR, "無法提供5件"))
    assert other.fingerprint == four(shipped).fingerprint
    assert other.state != four(shipped).state


def test_findings_without_evidence_are_told_apart_by_what_is_asked(altered, shipped):
    def missing(study):
        rows = study.findings[study.findings["code"].isin(["duty.missing", "duty.without_result"])]
        return dict(zip(rows["expected"] + rows["reported"], rows["fingerprint"], strict=True))

    both = missing(shipped)
    assert len(set(both.values())) == len(both) == 2
    # With one of them gone, the other keeps its own.
    text = shipped.report.text.raw
    start = text.index("社會評議")
    fewer = missing(altered(text[start : start + 30], "滿意度評議結果為優秀" + text[start + 4 : start + 30]))
    assert set(fewer.values()) < set(both.values())


@pytest.mark.parametrize(
    "line", ["甲市,government,county,甲市,area,,,,", "甲市,government,county,甲府,area,,,甲府,"]
)
def test_a_unit_that_is_its_own_parent_is_refused(line, tmp_path):
    path = tmp_path / "units.csv"
    path.write_text(f"unit,kind,level,parent,scope,province,complete,aliases,note\n{line}\n", encoding="utf8")
    with pytest.raises(InputError, match="own parent"):
        load(path)
