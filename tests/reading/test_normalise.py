"""Text as found is folded, and every character leads back to where it stood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.reading.normalise import normalise, typeset


def test_a_gloss_goes_only_behind_a_character_it_is_a_reading_of():
    text = normalise("數(shù)據(jù)增(减)量(ma)行(xíng)行(háng)", "x.txt")
    assert text.clean == "数据增(减)量(ma)行行"
    assert text.glosses == 4


def test_glosses_repeated_and_without_tones_go_too():
    assert normalise("公(gong)(gong)開(kai)(kai)", "x.txt").clean == "公开"


def test_widths_and_characters_are_folded():
    text = normalise("政務公開（１６１件，２６．６％）：臺灣", "x.txt")
    assert text.clean == "政务公开(161件,26.6%):台湾"
    assert text.traditional


def test_a_place_leads_back_to_line_and_column_of_the_file():
    raw = "甲乙\n規(guī)章數(shù)16條"
    text = normalise(raw, "2020.txt")
    start = text.clean.index("16")
    assert text.where(start) == "2020.txt:2:14"
    first, last = text.span(start, start + 2)
    assert raw[first:last] == "16"
    assert text.clean_offset(first) == start


@pytest.mark.parametrize("path", ["shipped", "published"])
def test_the_report_has_98_glosses_and_none_is_left(path, request):
    report = request.getfixturevalue(path).report
    assert report.text.glosses == 98
    assert "(guī)" not in report.text.clean
    assert report.text.traditional


@given(st.text(alphabet="規數据(shùguī)12３，\n 政府a", max_size=60))
def test_the_way_back_always_points_at_the_character_it_was_made_from(raw):
    text = normalise(raw, "x")
    assert len(text.origin) == len(text.clean)
    assert list(text.origin) == sorted(set(text.origin))
    for i, character in enumerate(text.clean):
        assert normalise(raw[text.origin[i]], "x").clean == character


def test_quotes_are_set_with_chinese_punctuation():
    assert typeset("报告称,办结158件;其余6件") == "报告称，办结158件；其余6件"
