"""Charts over years and over units, tested as data: what is plotted, what is joined, who is named."""

import io
import math
import re

import numpy as np
import pandas as pd
import pytest
from drawn import words_outside
from matplotlib import image
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

from analysis.answers import png
from analysis.measuring import lines
from analysis.rates_and_trends import open_rates_and_trends
from analysis.templates import comparable
from analysis.writing import gallery, style
from analysis.writing.charts import draw, units, years

LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def book():
    return open_rates_and_trends()


@pytest.fixture(scope="module")
def of_years(book):
    made = book.tables
    return (
        lines(made["counts"], made["rates"], made["documents"]),
        made["trends"],
        {r.year: r.form.code for r in book.reports},
    )


@pytest.fixture(scope="module")
def invented():
    return gallery.invented()


def every(book, language):
    return [*gallery.many_years(book.reports, language), *gallery.many_units(language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_chart_is_drawn_without_a_missing_glyph_and_says_what_it_shows(book, language):
    for chart in every(book, language):
        pixels = image.imread(io.BytesIO(png(chart)))
        assert pixels.shape[1] == style.WIDTH * style.DPI
        assert pixels[..., :3].std() > 0.02, f"{chart.code} is empty"
        assert chart.alt.startswith(chart.title) and len(chart.alt) > len(chart.title) + 10
        assert len(chart.table) > 0
        if language == "en":
            assert not re.search("[一-鿿]", re.sub("虚构单位|平潭综合实验区", "", chart.alt)), chart.code


def test_counts_are_plotted_as_the_reports_have_them(of_years):
    table = draw(years.counts_over_years, *of_years, "zh").table
    received = table[table["subject"] == "received"].set_index("year")["value"]
    assert received.to_dict() == {
        **{2011: 0, 2012: 0, 2013: 0, 2014: 1, 2018: 0, 2019: 23},
        **{2020: 21, 2021: 70, 2022: 74, 2023: 81, 2024: 218, 2025: 154},
    }


def joined(axes):
    """The years that drawn lines join, each as (from, to, style)."""
    return [
        (*line.get_xdata(), line.get_linestyle())
        for line in axes.lines
        if to_hex(line.get_color()) == style.ACCENT and len(line.get_xdata()) == 2
    ]


def test_a_line_joins_only_years_that_may_be_compared(of_years):
    every_line, _, form = of_years
    crossing = {line.subject: line.crossing for line in every_line}
    chart = draw(years.counts_over_years, *of_years, "zh")
    panels = dict(zip(dict.fromkeys(chart.table["subject"]), chart.figure.axes, strict=True))
    for subject, axes in panels.items():
        for first, last, drawn in joined(axes):
            assert comparable(crossing[subject], form[first], form[last]) == "yes"
            assert drawn == (":" if last > first + 1 else "-")
    # Applications are counted alike throughout, decisions are not: the form of 2019 begins a line of its own.
    assert (2018, 2019, "-") in joined(panels["received"])
    assert (2018, 2019, "-") not in joined(panels["decisions"])


def test_every_change_of_the_form_is_drawn_on_every_panel(of_years):
    chart = draw(years.counts_over_years, *of_years, "zh")
    for axes in chart.figure.axes:
        faint = [line for line in axes.lines if to_hex(line.get_color()) == style.FAINT]
        dashed = {line.get_xdata()[0] for line in faint if line.get_linestyle() == "--"}
        assert dashed == {2013.5, 2018.5, 2020.5}
    assert "格式改变" in chart.figure._supxlabel.get_text()


def test_a_year_that_contradicts_itself_is_crossed_and_not_joined(of_years):
    chart = draw(years.rates_over_years, *of_years, "zh")
    crossed = chart.table[chart.table["broken"]]
    assert set(crossed["year"]) == {2020} and "disclosure_rate" in set(crossed["subject"])
    first = chart.figure.axes[0]
    assert chart.table["subject"].iloc[0] == "disclosure_rate"
    assert not any(2020 in (a, b) for a, b, _ in joined(first))


def test_few_cases_are_hollow(of_years):
    chart = draw(years.rates_over_years, *of_years, "zh")
    rows = chart.table[(chart.table["subject"] == "disclosure_rate") & ~chart.table["broken"]]
    points = next(c for c in chart.figure.axes[0].collections if isinstance(c, PathCollection))
    hollow = [to_hex(c) == style.PAPER for c in points.get_facecolors()]
    assert hollow == list(rows["small"]) and any(hollow) and not all(hollow)


def test_the_parts_of_a_year_make_a_whole(of_years, book):
    table = draw(years.outcomes_over_years, book.tables["rates"], of_years[2], "zh").table
    assert table.groupby("year")["share"].sum().to_numpy() == pytest.approx(1)
    assert set(table["year"]) == {2019, 2021, 2022, 2023, 2024, 2025}  # 2020 does not add up


def test_a_change_is_filled_only_where_it_is_supported(of_years):
    chart = draw(years.changes, of_years[1], "zh")
    points = next(c for c in chart.figure.axes[0].collections if len(c.get_offsets()) == len(chart.table))
    filled = [to_hex(c) == style.ACCENT for c in chart.figure.axes[0].collections[1].get_facecolors()]
    assert len(points.get_offsets()) == len(filled)
    assert filled == [v in ("rise", "fall") for v in chart.table["verdict"]]
    for row in chart.table.itertuples():
        assert row.low <= row.change <= row.high


def test_the_funnel_names_who_is_outside_and_nobody_else(invented):
    aggregates, comparison, _ = invented
    chart = draw(units.funnel, aggregates, comparison, ["refusal_rate"], "zh")
    rows = comparison[comparison["indicator"] == "refusal_rate"]
    outside = set(rows.loc[rows["outside"] != "", "unit"])
    assert outside and outside < set(rows["unit"])
    named = {t.get_text() for t in chart.figure.axes[0].texts if "虚构" in t.get_text()}
    assert named == outside == {u for u in set(rows["unit"]) if u in chart.alt}
    assert set(chart.table["unit"]) == set(rows.loc[rows["value"].notna(), "unit"])


def test_the_limits_of_the_funnel_are_those_of_the_table(invented):
    aggregates, comparison, _ = invented
    chart = draw(units.funnel, aggregates, comparison, ["refusal_rate"], "zh")
    band = chart.figure.axes[0].collections[0].get_paths()[0].vertices
    rows = comparison[(comparison["indicator"] == "refusal_rate") & comparison["limit_high"].notna()]
    for row in rows.itertuples():
        near = band[np.abs(band[:, 0] - row.denominator) < 0.03 * row.denominator]
        assert near[:, 1].max() == pytest.approx(row.limit_high, rel=0.05)


def test_few_units_are_all_named_and_get_no_limits(book):
    few = pd.DataFrame(
        {
            **dict.fromkeys(("numerator", "limit_low", "limit_high"), 1.0),
            "indicator": "refusal_rate",
            "unit": ["甲县", "乙县"],
            "denominator": [40.0, 400.0],
            "value": [0.1, 0.2],
            "centre": 0.19,
            "small": False,
            "outside": "",
            "left_out": "",
        }
    )
    together = pd.DataFrame({"indicator": ["refusal_rate"], "value": [0.19], "phi": [math.nan]})
    chart = draw(units.funnel, together, few, ["refusal_rate"], "zh")
    axes = chart.figure.axes[0]
    assert {"甲县", "乙县"} <= {t.get_text() for t in axes.texts}
    assert "太少" in chart.figure._supxlabel.get_text()


def test_colour_is_said_again_by_shape(invented):
    aggregates, comparison, _ = invented
    axes = draw(units.funnel, aggregates, comparison, ["refusal_rate"], "zh").figure.axes[0]
    shapes = {}
    for points in (c for c in axes.collections if isinstance(c, PathCollection)):
        for colour in points.get_edgecolors():
            shapes.setdefault(to_hex(colour), set()).add(len(points.get_paths()[0].vertices))
    assert shapes[style.ALARM].isdisjoint(shapes[style.ACCENT])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_unit_that_contradicts_itself_is_crossed_and_the_caption_says_so(invented, language):
    aggregates, comparison, _ = invented
    rows = comparison[comparison["indicator"] == "disclosure_rate"]
    known = rows[rows["value"].notna() & (rows["outside"] == "")]
    sound = [draw(f, *a, language) for f, a in both(aggregates, comparison)]
    off = comparison.copy()
    off.loc[known.index[:2], "left_out"] = ["broken", "part broken"]
    for before, (function, given) in zip(sound, both(aggregates, off), strict=True):
        after = draw(function, *given, language)
        crossed = after.table[after.table["broken"]]
        assert set(crossed["unit"]) == set(known["unit"][:2]) and not before.table["broken"].any()
        (cross,) = [p for p in after.figure.axes[0].collections if is_cross(p)]
        assert sorted(value_of(cross, function)) == pytest.approx(sorted(crossed["value"]))
        assert not any(is_cross(p) for p in before.figure.axes[0].collections)
        said = [chart.figure._supxlabel.get_text() for chart in (before, after)]
        assert "×" not in said[0] and "×" in said[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_contradictory_share_over_one_hundred_per_cent_is_seen_at_the_end_of_the_axis(invented, language):
    aggregates, comparison, _ = invented
    off = comparison.copy()
    rows = off[(off["indicator"] == "disclosure_rate") & off["value"].notna()].index
    off.loc[rows[0], ["left_out", "value"]] = ["broken", 1.5]
    for function, given in both(aggregates, off):
        drawn = draw(function, *given, language)
        axes = drawn.figure.axes[0]
        end = axes.get_ylim()[1] if function is units.funnel else axes.get_xlim()[1]
        (cross,) = [p for p in axes.collections if is_cross(p)]
        (at,) = value_of(cross, function)
        assert 1 <= at < end
        triangles = [p for p in axes.collections if at in value_of(p, function) and p is not cross]
        assert triangles
        said = drawn.figure._supxlabel.get_text()
        assert {"zh": "三角", "en": "triangle"}[language] in said and "×" in said


def both(aggregates, comparison):
    return [
        (units.funnel, (aggregates, comparison, ["disclosure_rate"])),
        (units.spread, (comparison, aggregates)),
    ]


def is_cross(points):
    """Four ends, no curve and no closed line: ×."""
    paths = points.get_paths()
    return len(paths) == 1 and len(paths[0].vertices) == 4 and 1 in paths[0].codes[2:]


def value_of(points, function):
    return points.get_offsets()[:, 1 if function is units.funnel else 0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_run_out_of_their_chart(book, invented, language):
    aggregates, comparison, _ = invented
    off = comparison.copy()
    off.loc[off["value"].notna(), ["left_out", "value"]] = ["broken", 1.5]  # for which captions say most
    drawn = [draw(function, *given, language) for function, given in both(aggregates, off)]
    charts = [*every(book, language), *drawn]
    assert [(chart.code, words_outside(chart)) for chart in charts] == [(chart.code, []) for chart in charts]
    assert sum(chart.figure.get_supxlabel() != "" for chart in charts) > 4


def test_charts_without_anything_to_show_say_so(of_years):
    none = of_years[1].iloc[:0]
    assert "不足以画" in draw(years.changes, none, "zh").alt
    assert "不足以画" in draw(years.counts_over_years, [], none, {}, "zh").alt


def test_the_gallery_shows_every_chart_there_is(book, shipped):
    charts = [*gallery.one_report(shipped), *every(book, "zh")]
    assert {c.code for c in charts} == set(gallery.CAPTIONS)
    docs = gallery.Path(__file__).parents[2] / "docs"
    assert (docs / "charts.md").read_text(encoding="utf8") == gallery.page(charts), "run make gallery"
    for chart in charts:
        assert image.imread(docs / gallery.FOLDER / f"{chart.code}.png").shape[1] == style.WIDTH * style.DPI


def test_invented_units_are_marked_as_invented(invented):
    assert all(unit.startswith("虚构") for unit in invented[2]["unit"])
