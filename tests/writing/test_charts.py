"""Charts are tested as data: what is plotted, against the audit; what they say; that no glyph lacks."""

import io

import pytest
from drawn import words_outside
from matplotlib import image
from matplotlib.collections import PathCollection

from analysis.writing import charts, style
from analysis.writing.charts import draw
from analysis.writing.charts.canvas import canvas

LANGUAGES = ("zh", "en")


def all_charts(study, language):
    report = study.report
    return [
        draw(charts.report.outcomes, report, language),
        draw(charts.report.refusal_grounds, report, language),
        draw(charts.report.rates_with_intervals, study.rates, language),
        draw(charts.report.disputes, report, language),
        draw(charts.report.text_against_table, report, language),
        draw(charts.report.placement_map, report, language),
        draw(charts.report.problems_against_evidence, study.evidence, language),
    ]


def test_how_the_164_applications_were_settled(yongkang):
    table = draw(charts.report.outcomes, yongkang.report, "zh").table
    groups = table[table["stage"] == 2].groupby("group")["count"].sum()
    assert groups.to_dict() == {
        "granted": 71,
        "partly_granted": 21,
        "denied": 42,
        "unavailable": 16,
        "unprocessed": 8,
        "carried_out": 6,
    }
    assert table.loc[table["stage"] == 0, "count"].sum() == groups.sum() == 164


def test_the_grounds_of_refusal(yongkang):
    table = draw(charts.report.refusal_grounds, yongkang.report, "zh").table.set_index("label")
    assert table["count"].to_dict() == {
        "第三方权益": 2,
        "内部事务": 5,
        "法律法规禁止": 7,
        "过程性信息": 7,
        "行政查询": 10,
        "执法案卷": 11,
    }
    assert round(table.loc["执法案卷", "share"], 3) == 0.262


def test_rates_are_drawn_with_the_intervals_of_the_table(yongkang):
    table = draw(charts.report.rates_with_intervals, yongkang.rates, "zh").table.set_index("indicator")
    rates = yongkang.rates.set_index("indicator").loc[table.index]
    for column in ("value", "low", "high"):
        assert table[column].equals(rates[column])
    assert round(table.loc["disclosure_rate", "low"], 3) == 0.504


def test_disputes(yongkang):
    table = draw(charts.report.disputes, yongkang.report, "zh").table
    drawn = {(r.row, r.column): r.count for r in table.itertuples(index=False) if r[4]}
    assert dict(zip(drawn, table.loc[table["count"] > 0, "count"], strict=True)) == {
        ("review", "upheld"): 8,
        ("review", "corrected"): 1,
        ("lawsuit_direct", "upheld"): 2,
        ("lawsuit_direct", "pending"): 2,
    }


def test_text_against_table_marks_the_one_that_differs(yongkang):
    table = draw(charts.report.text_against_table, yongkang.report, "zh").table.set_index("concept")
    assert len(table) == 13
    assert table.index[table["differs"]].tolist() == ["unavailable"]
    assert table.loc["unavailable", ["text", "table"]].tolist() == [4, 16]


def test_the_placement_map_shows_the_23_open_cells(yongkang):
    table = draw(charts.report.placement_map, yongkang.report, "zh").table
    assert (table["status"] == "ambiguous").sum() == 23
    assert len(table) == 23 * 7


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_chart_says_in_words_what_it_shows(shipped, language):
    for chart in all_charts(shipped, language):
        assert chart.alt.startswith(chart.title)
        assert len(chart.alt) > len(chart.title) + 10
        assert len(chart.table) > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_chart_is_drawn_without_a_missing_glyph(shipped, language):
    for chart in all_charts(shipped, language):
        buffer = io.BytesIO()
        with style.drawing():
            chart.figure.savefig(buffer, format="png")
        buffer.seek(0)
        pixels = image.imread(buffer)
        assert pixels.shape[1] == style.WIDTH * style.DPI
        assert pixels[..., :3].std() > 0.02, f"{chart.code} is empty"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_run_out_of_their_chart(shipped, suqian, language):
    drawn = [chart for study in (shipped, *suqian.values()) for chart in all_charts(study, language)]
    assert [(chart.code, words_outside(chart)) for chart in drawn] == [(chart.code, []) for chart in drawn]


@pytest.mark.parametrize("many", [12, 1_000_000])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_behind_a_bar_is_not_cut_however_long_bar_and_words_are(shipped, many, language):
    facts = shipped.report.facts.copy()
    for column, count in (("upheld", many), ("corrected", 1), ("other", 1), ("pending", 1)):
        facts.loc[(facts["table"] == "disputes") & (facts["column"] == column), "value"] = float(count)
    report = shipped.report.with_records(facts=facts.to_dict("records"))
    chart = draw(charts.report.disputes, report, language)
    assert set(chart.table["count"]) == {1.0, float(many)}
    assert words_outside(chart) == []


def test_a_report_that_settles_more_than_it_had_is_drawn_whole(shipped, recwarn):
    facts = shipped.report.facts.copy()
    facts.loc[(facts["row"] == "granted") & (facts["column"] == "total"), "value"] = 800.0
    report = shipped.report.with_records(facts=facts.to_dict("records"))
    chart = draw(charts.report.outcomes, report, "zh")
    assert chart.table["share"].max() > 4
    assert words_outside(chart) == [] and not recwarn.list
    low, high = sorted(chart.figure.axes[0].get_ylim())
    assert low <= 0 and all(
        high >= block.get_y() + block.get_height() for block in chart.figure.axes[0].patches
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_rows_stand_beside_what_they_name(shipped, language):
    chart = draw(charts.report.rates_with_intervals, shipped.rates, language)
    (axes,) = chart.figure.axes
    points = next(c for c in axes.collections if isinstance(c, PathCollection)).get_offsets()
    at = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert {name: points[at[name], 0] for name in chart.table["label"]} == dict(
        zip(chart.table["label"], chart.table["value"], strict=True)
    )


def test_a_missing_glyph_is_an_error():
    with style.drawing(), pytest.raises(UserWarning, match="missing"):
        figure, axes = canvas(1, "字 \U0001f600")
        figure.savefig(io.BytesIO())


def test_the_same_figures_give_the_same_picture(shipped):
    def drawn():
        buffer = io.BytesIO()
        with style.drawing():
            draw(charts.report.outcomes, shipped.report, "zh").figure.savefig(buffer, format="png")
        return buffer.getvalue()

    assert drawn() == drawn()


def test_a_report_without_refusals_gets_an_honest_empty_chart(altered, shipped):
    report = shipped.report
    facts = report.facts.copy()
    facts.loc[facts["row"].str.startswith("denied."), "value"] = 0.0
    chart = draw(charts.report.refusal_grounds, report.with_records(facts=facts.to_dict("records")), "zh")
    assert "不足以画" in chart.alt


def test_colours_of_neighbouring_outcomes_differ_in_grey_print():
    def lightness(colour):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    order = ["granted", "partly_granted", "denied", "unavailable", "unprocessed", "other", "carried_out"]
    grey = [lightness(style.OUTCOMES[o]) for o in order]
    assert all(abs(a - b) > 20 for a, b in zip(grey, grey[1:], strict=False)), grey
