"""A decision of a person holds as long as the evidence does, and the file of decisions stays theirs."""

import re

import pytest
from conftest import SHIPPED

from analysis.checking import reviews
from analysis.checking.reviews import Review
from analysis.errors import InputError

HEADER = "fingerprint,state,decision,by,on,why,unit,year,code,message\n"


def finding(study, code="text.count_differs"):
    """The one finding of a code."""
    (found,) = study.findings[study.findings["code"] == code].to_dict("records")
    return found


def decided(study, told, code="text.count_differs"):
    return finding_of(reviews.apply(study.findings, told), code)


def finding_of(findings, code):
    (found,) = findings[findings["code"] == code].to_dict("records")
    return found


@pytest.fixture
def file(tmp_path):
    def write(rows: str, header: str = HEADER, encoding: str = "utf8"):
        path = tmp_path / "reviews.csv"
        path.write_bytes((header + rows).encode(encoding))
        return path

    return write


@pytest.fixture
def dismissed(tmp_path, shipped):
    """Yongkang's 4 against 16, dismissed and read again from the file."""
    path = tmp_path / "reviews.csv"
    reviews.record(path, finding(shipped), "dismissed", "王五", "2026-01-05", "口径不同, 已说明")
    return reviews.load(path)


def test_a_decision_is_kept_when_the_report_is_read_again(dismissed, altered):
    kept = decided(altered("無法提供4件", "無法提供4件"), dismissed)
    assert [kept[c] for c in ("decision", "decided_by", "decided_on", "reason")] == [
        "dismissed",
        "王五",
        "2026-01-05",
        "口径不同, 已说明",
    ]


TWO_ROWS = "| {0} | {0} | ||||||\n2.沒有現(xiàn)成信息需要另行制作 | {1} | {1} |"


@pytest.mark.parametrize(
    ("old", "new"),
    [("無法提供4件", "無法提供5件"), (TWO_ROWS.format(11, 5), TWO_ROWS.format(10, 6))],
    ids=["the number in the prose", "two of the cells that make 16"],
)
def test_it_is_reopened_when_a_number_of_the_evidence_changes(dismissed, altered, old, new):
    changed = decided(altered(old, new), dismissed)
    assert changed["decision"] == "reopened"
    assert changed["decided_by"] == changed["decided_on"] == ""
    assert all(told in changed["reason"] for told in ("不成立", "王五", "2026-01-05", "口径不同"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("| 862 | 增141 |", "| 862 | 增142 |"),
        ("占26.6%", "占26.5%"),
        ("四、政府信息行政復議", "\n\n四、政府信息行政復議"),
    ],
    ids=["another table", "another percentage", "lines put in before it"],
)
def test_it_is_kept_when_something_else_changes(dismissed, altered, old, new):
    assert decided(altered(old, new), dismissed)["decision"] == "dismissed"


def test_the_other_findings_are_as_they_were(dismissed, shipped):
    after = reviews.apply(shipped.findings, dismissed)
    same = after["fingerprint"] != dismissed[0].fingerprint
    assert after[same].equals(shipped.findings[same])
    assert (shipped.findings["decision"] == "").all(), "the table that came in is not touched"


def test_a_mended_report_leaves_the_decision_without_its_finding(dismissed, shipped, altered):
    mended = altered("無法提供4件", "無法提供16件").findings
    read = [("永康市", "2020")]
    assert reviews.gone(dismissed, mended["fingerprint"], read) == list(dismissed)
    assert reviews.gone(dismissed, shipped.findings["fingerprint"], read) == []


def test_a_decision_about_a_report_that_was_not_read_is_not_gone(file, shipped):
    path = file("5db615d2a70e,,explained,王五,2026/1/5,见附注,永康市,2020,text.count_differs,x\n")
    nothing: list[str] = []
    assert reviews.gone(reviews.load(path), nothing, [("宿迁市", "2024")]) == []
    assert len(reviews.gone(reviews.load(path), nothing, [("永康市", "2020")])) == 1


def test_a_fingerprint_that_cannot_be_one_is_refused(file):
    with pytest.raises(InputError, match="第 2 行：fingerprint 不能是“5db615d2a70x”"):
        reviews.load(file("5db615d2a70x,,explained,王五,2026/1/5,见附注,,,,\n"))


def test_a_fingerprint_that_a_spreadsheet_cut_short_is_still_the_same_row(file, shipped):
    zero = {**finding(shipped), "fingerprint": "012345678901", "state": "0123456789ab"}
    path = file("12345678901,,explained,王五,2026/1/5,见附注,,,,\n")
    reviews.record(path, zero, "confirmed", "李四", "2026-01-06", "再看属实")
    (only,) = reviews.load(path)
    assert (only.fingerprint, only.decision) == ("012345678901", "confirmed")


def test_a_row_typed_without_a_state_holds_for_the_evidence_as_it_is(file, shipped, altered):
    path = file(f"{finding(shipped)['fingerprint']},,explained,王五,2026/1/5,见附注,,,,\n")
    assert decided(shipped, reviews.load(path))["decision"] == "explained"
    changed = altered("無法提供4件", "無法提供5件")
    assert decided(changed, reviews.load(path))["decision"] == "explained"


def test_the_finding_that_the_readme_decides_on_is_there(shipped):
    readme = (SHIPPED.parents[3] / "README.md").read_text(encoding="utf8")
    named = set(re.findall(r"analysis review store ([0-9a-f]{12})", readme))
    assert named == {finding(shipped)["fingerprint"]}


# the file


def test_no_file_is_no_decision(tmp_path):
    assert reviews.load(tmp_path / "reviews.csv") == ()


def test_the_shipped_file_has_the_header_and_no_decision():
    path = SHIPPED.parents[2] / reviews.NAME
    assert path.read_text(encoding="utf-8-sig") == HEADER
    assert reviews.load(path) == ()


@pytest.mark.parametrize("encoding", ["utf8", "utf-8-sig"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_it_reads_what_spreadsheets_save(file, encoding, ends):
    rows = 'a1b2c3d4e5f6, 0123456789ab ,dismissed,王五,2026/1/5,"一,二\n三",,,,\n,,,,,,,,,\n'
    path = file(rows.replace("\n", ends), HEADER.replace("\n", ends), encoding)
    why = f"一,二{ends}三"
    assert reviews.load(path) == (
        Review("a1b2c3d4e5f6", "0123456789ab", "dismissed", "王五", "2026-01-05", why),
    )


def test_leading_zeros_that_a_spreadsheet_dropped_are_put_back(file):
    (review,) = reviews.load(file("12345678901,7,confirmed,王五,2026-01-05,属实\n"))
    assert (review.fingerprint, review.state) == ("012345678901", "000000000007")


@pytest.mark.parametrize(
    "typed",
    ["2026-01-05", "2026-1-5", "2026/1/5", "2026.1.5", "2026/01/05 0:00", "2026年1月5日", "20260105"],
)
def test_dates_as_people_and_spreadsheets_write_them(typed):
    assert reviews.day(typed) == "2026-01-05"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "昨天",
        "2026-13-01",
        "2026-02-30",
        "1/5/2026",
        "05-01-26",
        "46027",
        "2026",
        "2026-1/5",
        "2026-01-05 17:30x",
    ],
)
def test_what_is_no_date_or_could_be_two_is_refused(typed):
    assert reviews.day(typed) is None


BAD = {
    "a decision that there is not": ("aa,,maybe,王五,2026-01-05,x\n", 2, "confirmed"),
    "reopened, which no person decides": ("aa,,reopened,王五,2026-01-05,x\n", 2, "dismissed"),
    "no decision": ("aa,,,王五,2026-01-05,x\n", 2, "decision"),
    "nobody": ("aa,,confirmed,,2026-01-05,x\n", 2, "by"),
    "no reason": ("aa,,confirmed,王五,2026-01-05,\n", 2, "why"),
    "no fingerprint": (",,confirmed,王五,2026-01-05,x\n", 2, "fingerprint"),
    "a date that is none": ("aa,,confirmed,王五,2026-02-30,x\n", 2, "2026-01-05"),
    "a finding twice": ("aa,,confirmed,王五,2026-01-05,x\n" * 2, 3, "aa"),
    "a row behind one of two lines": (
        'aa,,confirmed,王五,2026-01-05,"x\ny"\nbb,,?,王五,2026-01-05,x\n',
        4,
        "decision",
    ),
    "a number in place of a fingerprint": ("1.23E+11,,confirmed,王五,2026-01-05,x\n", 2, "1.23E+11"),
    "a comma that is not quoted": ("aa,,confirmed,王五,2026-01-05,x,永康市,2020,c,m,m\n", 2, "双引号"),
    "an open quote": ('aa,,confirmed,王五,2026-01-05,"x\n', 2, "引号"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_refused_in_a_sentence_with_file_line_and_remedy(case, file):
    rows, line, named = BAD[case]
    with pytest.raises(InputError) as refused:
        reviews.load(file(rows))
    assert f"reviews.csv 第 {line} 行" in refused.value.zh
    assert re.search(rf"reviews\.csv line {line}\b", refused.value.en)
    assert named in refused.value.zh


def test_a_file_of_another_encoding_or_without_its_columns_is_refused(file):
    with pytest.raises(InputError, match="UTF-8"):
        reviews.load(file("aa,,confirmed,王五,2026-01-05,理由\n", encoding="gbk"))
    with pytest.raises(InputError, match="第 1 行：缺少列 state、why"):
        reviews.load(file("", header="fingerprint,decision,by,on\n"))
    with pytest.raises(InputError, match="第 1 行"):
        reviews.load(file("", header=""))


# writing it


def test_a_new_file_opens_in_spreadsheets_and_says_what_was_decided(tmp_path, shipped):
    path, found = tmp_path / "reviews.csv", finding(shipped)
    reviews.record(path, found, "confirmed", "王五", "2026/1/5", "属实")
    text = path.read_bytes().decode("utf8")
    assert text.startswith("\ufeff" + HEADER)
    assert f"{found['fingerprint']},{found['state']},confirmed,王五,2026-01-05,属实,永康市,2020" in text
    assert found["message_zh"] in text


def test_every_other_row_stays_byte_for_byte(file, shipped):
    found = finding(shipped)
    before = '"aa",,"confirmed",王五,2026/1/5,"一\r\n二"\r\n,,,,,\r\n'
    after = "bb,,dismissed,王五,2026.1.5,x\r\n"
    mine = f"{found['fingerprint']},old,dismissed,王五,2026-01-05,old,note kept\r\n"
    header = "fingerprint,state,decision,by,on,why,备注\r\n"
    path = file(before + mine + after, header, "utf-8-sig")
    reviews.record(path, found, "explained", "赵六", "2026-02-01", "新理由")
    now = f"{found['fingerprint']},{found['state']},explained,赵六,2026-02-01,新理由,note kept\r\n"
    assert path.read_bytes() == (header + before + now + after).encode("utf-8-sig")


def test_a_row_is_added_behind_a_last_line_without_an_end(file, shipped):
    path = file("aa,,confirmed,王五,2026-01-05,x")
    path.chmod(0o640)
    reviews.record(path, finding(shipped), "explained", "王五", "2026-02-01", "理由")
    assert [r.decision for r in reviews.load(path)] == ["confirmed", "explained"]
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path], "nothing is left aside"


@pytest.mark.parametrize(
    "wrong", [{"decision": "reopened"}, {"by": " "}, {"on": "昨天"}, {"why": ""}], ids=lambda w: next(iter(w))
)
def test_what_is_not_whole_is_not_written(tmp_path, shipped, wrong):
    path = tmp_path / "reviews.csv"
    given = {"decision": "confirmed", "by": "王五", "on": "2026-01-05", "why": "属实", **wrong}
    with pytest.raises(InputError, match=next(iter(wrong))):
        reviews.record(path, finding(shipped), **given)
    assert not path.exists()


def test_a_file_that_cannot_be_read_is_not_written_over(file, shipped):
    path = file("aa,,maybe,王五,2026-01-05,x\n")
    before = path.read_bytes()
    with pytest.raises(InputError, match="第 2 行"):
        reviews.record(path, finding(shipped), "confirmed", "王五", "2026-01-05", "属实")
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(tmp_path, shipped):
    with pytest.raises(InputError, match="不能写"):
        reviews.record(
            tmp_path / "no" / "reviews.csv", finding(shipped), "confirmed", "王五", "2026-01-05", "x"
        )
