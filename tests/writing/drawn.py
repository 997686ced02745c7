"""What tests of the charts look at in a picture."""

from matplotlib.text import Text

from analysis.writing import style


def words_outside(chart):
    """The words of a chart that do not stand wholly within its picture."""
    with style.drawing():
        chart.figure.draw_without_rendering()
        whole = chart.figure.bbox
        said = [
            words for words in chart.figure.findobj(Text) if words.get_visible() and words.get_text().strip()
        ]
        places = [(words.get_text(), words.get_window_extent()) for words in said]
    assert len(places) > 1
    return [words for words, at in places if at.x0 < 0 or at.y0 < 0 or at.x1 > whole.x1 or at.y1 > whole.y1]
