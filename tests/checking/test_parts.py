"""A whole beside its parts. Every report here is printed from cells that the test names, and every sum is one
that can be made by hand."""

import pytest
from conftest import compared
from printing import paper

from analysis.reading import read_report
from analysis.register import Register, Unit
from analysis.synthesis.printing import Truth, text
from analysis.templates import Cell, forms

FORM = forms()["2021"]
ALL = "本报告各项数字汇总自各部门、各镇的年报。"

WHOLE = Unit("甲市", kind="government", level="county", scope="area")
OFFICE = Unit("甲市人民政府办公室", kind="department", parent="甲市", scope="own")
BUREAU = Unit("甲市水利局", kind="department", parent="甲市", scope="own")
TOWN = Unit("甲市乙镇", kind="government", level="township", parent="甲市", scope="own")


@pytest.fixture
def printed(tmp_path):
    """``printed(unit, received, cells, sentence)``: a report of 2023 in which ``received`` natural persons asked and
    were granted what they asked for; other cells are 0 but for those named."""

    def make(unit, received=0, cells=None, sentence=""):
        asked = [
            f"applications.{row}.{c}"
            for row in ("received", "granted", "total")
            for c in ("natural_person", "total")
        ]
        given = {cell: str(received) for cell in asked} | {c: str(n) for c, n in (cells or {}).items()}
        true = Truth(
            unit.unit, 2023, FORM, {Cell.parse(str(c)): given.get(str(c), "0") for c in FORM.cells()}
        )
        blocks = paper(true)
        path = true.path(tmp_path, ".txt")
        path.write_text(
            text([*blocks[:2], *([sentence] if sentence else []), *blocks[2:]], "framed"), encoding="utf8"
        )
        return read_report(path)

    return make


def found(reports, *units):
    rows = compared(*reports, register=Register({u.unit: u for u in units}))
    return rows[rows["code"].str.startswith("whole.")]


def told(rows, code):
    return rows[rows["code"] == code]


def test_a_whole_that_is_less_than_its_parts_is_an_error_in_each_row_once(printed):
    reports = [printed(WHOLE, 50), printed(OFFICE, 20), printed(BUREAU, 25), printed(TOWN, 6)]
    rows = told(found(reports, WHOLE, OFFICE, BUREAU, TOWN), "whole.less_than_parts")
    # 20 + 25 + 6 = 51: received, granted and the total of decisions are each one short
    assert sorted(key.split()[0].split(".", 1)[1] for key in rows["evidence"]) == [
        "granted.total",
        "received.total",
        "total.total",
    ]
    assert set(rows["reported"]) == {"50"} and set(rows["expected"]) == {">= 51"}
    assert set(rows["unit"]) == {"甲市"} and set(rows["severity"]) == {"error"}
    assert all("多出1" in message for message in rows["message_zh"])
    assert set(rows["where"].str.contains("甲市/2023.txt")) == {True}


def test_a_whole_that_holds_its_parts_is_let_pass(printed):
    for received in (51, 60):  # the rest is somebody's who is not registered
        reports = [printed(WHOLE, received), printed(OFFICE, 20), printed(BUREAU, 25), printed(TOWN, 6)]
        assert found(reports, WHOLE, OFFICE, BUREAU, TOWN).empty


def test_what_the_report_says_of_its_scope_comes_before_the_register(printed):
    own = Unit("甲市", kind="government", scope="own")
    parts = [printed(OFFICE, 20), printed(BUREAU, 25)]
    assert found([printed(own, 30), *parts], own, OFFICE, BUREAU).empty
    said = found([printed(own, 30, sentence=ALL), *parts], own, OFFICE, BUREAU)
    assert not told(said, "whole.less_than_parts").empty


def test_departments_that_may_report_on_more_than_themselves_make_it_a_warning(printed):
    unknown = Unit("甲市水利局", kind="department", parent="甲市")
    rows = found([printed(WHOLE, 40), printed(OFFICE, 20), printed(unknown, 25)], WHOLE, OFFICE, unknown)
    assert set(rows["code"]) == {"whole.less_than_parts_doubtful"}
    # one part alone that is more than the whole leaves no doubt: 45 against 40
    rows = found([printed(WHOLE, 40), printed(OFFICE, 20), printed(unknown, 45)], WHOLE, OFFICE, unknown)
    assert set(rows["code"]) == {"whole.less_than_parts"} and set(rows["expected"]) == {">= 45"}


def test_a_document_that_two_bodies_issued_may_be_counted_by_both(printed):
    made = {"disclosure.normative_documents.made": 5}
    reports = [
        printed(WHOLE, 0, {"disclosure.normative_documents.made": 9}),
        printed(OFFICE, 0, made),
        printed(BUREAU, 0, made),
    ]
    rows = found(reports, WHOLE, OFFICE, BUREAU)
    assert list(rows["code"]) == ["whole.less_than_parts_doubtful"]


def test_a_total_that_holds_leaves_a_column_that_does_not_as_a_warning(printed):
    moved = {"applications.received.natural_person": 10, "applications.received.business": 35}
    rows = found([printed(WHOLE, 45, moved), printed(OFFICE, 20), printed(BUREAU, 25)], WHOLE, OFFICE, BUREAU)
    assert list(rows["code"]) == ["whole.less_than_parts_doubtful"]
    assert rows["evidence"].iloc[0].startswith("甲市/2023/applications.received.natural_person ")


def test_a_level_of_government_holds_its_departments_and_not_the_towns(printed):
    level = Unit("甲市", kind="government", scope="level")
    reports = [printed(level, 45), printed(OFFICE, 20), printed(BUREAU, 25), printed(TOWN, 60)]
    assert found(reports, level, OFFICE, BUREAU, TOWN).empty
    reports[0] = printed(level, 44)
    assert set(found(reports, level, OFFICE, BUREAU, TOWN)["expected"]) == {">= 45"}
    # what a department reports of the whole area is more than the level
    system = Unit("甲市水利局", kind="department", parent="甲市", scope="area")
    assert found(reports, level, OFFICE, system, TOWN).empty


def test_only_direct_parts_are_summed(printed):
    # the county's figures hold those of its own bureau
    county = Unit("丙县", kind="government", parent="甲市", scope="area")
    bureau = Unit("丙县水利局", kind="department", parent="丙县", scope="own")
    reports = [printed(WHOLE, 40), printed(county, 40), printed(bureau, 30)]
    assert found(reports, WHOLE, county, bureau).loc[lambda f: f["code"].str.contains("less")].empty


def test_a_whole_of_unknown_scope_below_its_parts_is_only_noted(printed):
    silent = Unit("甲市", kind="government")
    parts = [printed(OFFICE, 20), printed(BUREAU, 25)]
    (row,) = found([printed(silent, 44), *parts], silent, OFFICE, BUREAU).itertuples()
    assert (row.code, row.severity, row.expected) == ("whole.scope_unknown", "note", ">= 45")
    assert found([printed(silent, 45), *parts], silent, OFFICE, BUREAU).empty


def test_a_remainder_is_asked_about_only_where_the_parts_are_all_there_is(printed):
    every = Unit("甲市", kind="government", scope="area", complete="yes")
    reports = [printed(every, 50), printed(OFFICE, 20), printed(BUREAU, 25)]
    rows = found(reports, every, OFFICE, BUREAU)
    assert set(rows["code"]) == {"whole.more_than_parts"} and set(rows["expected"]) == {"45"}
    assert all("有5没有出处" in message for message in rows["message_zh"])
    # the office's own cases may be the rest; so may those of a part that does not say what it covers
    assert found([reports[0], reports[2]], every, BUREAU).empty
    assert found(reports, every, OFFICE, Unit("甲市水利局", kind="department", parent="甲市")).empty
    # and of a part that was not read
    (row,) = found(reports, every, OFFICE, BUREAU, TOWN).itertuples()
    assert row.code == "whole.parts_missing" and "甲市乙镇" in row.message_zh


def test_a_cell_that_is_not_certain_is_no_reason_to_find_anything(printed, tmp_path):
    # of the bureau's 25 nothing is known when the cell is blank: 20 against 44 remains
    blank = dict.fromkeys(("applications.received.total", "applications.received.natural_person"), "")
    reports = [printed(WHOLE, 44), printed(OFFICE, 20), printed(BUREAU, 25, blank)]
    rows = found(reports, WHOLE, OFFICE, BUREAU)
    assert not rows["evidence"].str.contains("received").any()


def test_one_number_changed_changes_the_finding(printed):
    parts = [printed(OFFICE, 20), printed(TOWN, 6)]
    for bureau, short in ((24, False), (25, True)):
        rows = found([printed(WHOLE, 50), *parts, printed(BUREAU, bureau)], WHOLE, OFFICE, BUREAU, TOWN)
        assert (not rows.empty) == short


def test_counties_of_suqian_as_its_report_lists_them(shared, printed):
    # Its prose splits 3607 applications (3511 new) among the bodies of the city; these are its five counties.
    city = Unit("宿迁市", kind="government", level="prefecture", scope="area")
    listed = {"沭阳县": 477, "泗阳县": 301, "泗洪县": 874, "宿豫区": 216, "宿城区": 348}
    units = [Unit(name, kind="government", level="county", parent="宿迁市", scope="area") for name in listed]
    report = read_report(shared / "reports" / "宿迁市" / "2023.txt")
    below = {u.unit: printed(u, 0, {"applications.received.total": listed[u.unit]}) for u in units}
    assert found([report, *below.values()], city, *units).empty
    below["泗洪县"] = printed(units[2], 0, {"applications.received.total": 8740})
    (row,) = found([report, *below.values()], city, *units).itertuples()
    assert (row.code, row.reported, row.expected) == ("whole.less_than_parts", "3511", ">= 10082")


def test_figures_of_the_office_in_the_report_of_the_city_are_seen(published, tmp_path):
    # seed_audit: the reports of Yongkang and of its office share 102 documents, 16 normative ones and 32 interpretations.
    office = Unit("永康市人民政府办公室", kind="department", parent="永康市", scope="own")
    cells = {Cell.parse(str(c)): "0" for c in forms()["2019"].cells()}
    blocks = paper(Truth(office.unit, 2020, forms()["2019"], cells))
    for interpretations, seen in ((32, True), (33, False)):
        blocks[3] = (
            f"全年发布市政府办公室文件102件，其中规范性文件16条，配套政策文字解读及图片{interpretations}条。"
        )
        path = tmp_path / office.unit / "2020.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text(blocks, "framed"), encoding="utf8")
        reports = [published.report, read_report(path)]
        rows = told(found(reports, Unit("永康市", kind="government"), office), "whole.same_as_part")
        assert list(rows["reported"]) == (["102 16 32"] if seen else [])
        # an office that reports for its government has the same figures by right
        assert found(reports, Unit("永康市", kind="government", scope="own"), office).empty
