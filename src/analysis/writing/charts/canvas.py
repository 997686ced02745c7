"""What every chart stands on: the ``Chart`` itself, an empty canvas in the one style, and room for labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure as Canvas
from matplotlib.layout_engine import TightLayoutEngine
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation
from scipy.optimize import isotonic_regression

from analysis.writing import style


@dataclass(frozen=True)
class Chart:
    """A drawn figure with the ``table`` it plots and an ``alt`` text that says what it shows; ``empty`` where the
    figures do not allow it."""

    code: str
    title: str
    figure: Canvas
    table: pd.DataFrame
    alt: str
    empty: bool = False


# Inches between the edge of a figure and what stands nearest to it.
_EDGE = 0.05


class _Layout(TightLayoutEngine):
    """Gives the panels the room that what stands around them leaves, as it is measured: once, where constrained layout, which
    always measures twice, took half the time of a chart; again only as long as words reach beyond the panels to the right,
    which they do the further the narrower these become."""

    def __init__(self) -> None:
        super().__init__(pad=0.5, h_pad=0.6, w_pad=0.6, rect=None)

    def execute(self, fig: Canvas) -> None:
        """Lay out a figure."""
        # What it is if nothing reaches beyond the panels.
        margin = self.get()["pad"] * mpl.rcParams["font.size"] / 72 / fig.get_figwidth()
        for _ in range(_MEASURED):
            super().execute(fig)
            before, margin = margin, 1 - fig.subplotpars.right
            if abs(margin - before) < 0.001:
                return


# At most so many times.
_MEASURED = 5


def canvas(height: float, title: str, caption: str = ""):
    """A title over one panel, so high in all (inches) without the caption under it."""
    figure, (axes,) = panels(1, 1, height - 0.6, title, caption)
    return figure, axes


def panels(many: int, across: int, height: float, title: str, caption: str):
    """A title over ``many`` panels, ``across`` a row, each so high (inches); a caption under them."""
    across = min(across, many)
    down = -(-many // across)
    lines = _lines(caption)
    high = down * height + 0.6 + 0.15 * (bool(lines) + len(lines))
    figure = Canvas(figsize=(style.WIDTH, high), layout=_Layout())
    made = list(figure.subplots(down, across, squeeze=False).flat)
    for spare in made[many:]:
        spare.remove()
    for axes in made[:many]:
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_ticks([])
            # None is named, and to look for the place of the name takes as long as to measure what stands there.
            axis.set_label_coords(0, 0)
    figure.suptitle(title, x=0.01, y=1 - _EDGE / high, ha="left", fontsize=12)
    if caption:
        words = "\n".join(lines)
        figure.supxlabel(words, x=0.01, y=_EDGE / high, ha="left", fontsize=8.5, color=style.INK)
    return figure, made[:many]


# Inches between names and their panel.
_FROM = 0.06
# How names stand on each side of a panel: the way they are moved from it, and how they are aligned.
_SIDES = {
    "left": ((-_FROM, 0), {"ha": "right", "va": "center"}),
    "top": ((0, _FROM), {"ha": "center", "va": "bottom"}),
    "bottom": ((0, -_FROM), {"ha": "center", "va": "top"}),
}


def names(
    axes: Axes, places: Iterable[float], words: Iterable[str], size: float = 10, side: str = "left"
) -> None:
    """Names of rows to the left of a panel, or of places along it over or under it (``side`` top or bottom).

    They are plain words: a tick of Matplotlib's holds two marks, a line and two labels, and takes four times as long to draw.
    """
    moved, aligned = _SIDES[side]
    along = side != "left"
    within = axes.get_xaxis_transform() if along else axes.get_yaxis_transform()
    at = within + ScaledTranslation(*moved, axes.figure.dpi_scale_trans)
    for place, word in zip(places, words, strict=True):
        x, y = (place, float(side == "top")) if along else (0, place)
        axes.text(x, y, word, transform=at, fontsize=size, **aligned)


def rules(axes: Axes, across: Iterable[float] = (), down: Iterable[float] = ()) -> None:
    """Thin lines behind points and bars, over the whole width or height of a panel."""
    for lines, within in (
        ([((0, y), (1, y)) for y in across], axes.get_yaxis_transform()),
        ([((x, 0), (x, 1)) for x in down], axes.get_xaxis_transform()),
    ):
        if lines:
            drawn = LineCollection(lines, transform=within, colors=style.GRID, linewidths=0.7, zorder=0.5)
            axes.add_collection(drawn, autolim=False)


def round_numbers(low: float, high: float, most: int = 6, whole: bool = False) -> list[float]:
    """Round numbers from ``low`` to ``high``, no more than there is room for; ``whole`` ones for counts."""
    found = MaxNLocator(most, steps=[1, 2, 5, 10], integer=whole).tick_values(low, high)
    return [float(n) + 0.0 for n in found if low <= n <= high]  # no -0.0


# So many half-width characters of a caption stand in a line.
_LINE = 122


def _lines(caption: str) -> list[str]:
    """A caption in lines, broken behind its parts."""
    lines: list[str] = []
    for part in filter(None, re.split(r"(?<=；)|(?<=; )", caption)):
        if lines and width(lines[-1] + part) <= _LINE:
            lines[-1] += part
        else:
            lines.append(part)
    return [line.rstrip() for line in lines]


def joined(parts: Iterable[str], language: str) -> str:
    """The parts of a caption, those that are empty left out."""
    return {"zh": "；", "en": "; "}[language].join(filter(None, parts))


def apart(positions: list[float], gap: float, end: float) -> np.ndarray:
    """Places for labels (in order) at least ``gap`` apart, as near to ``positions`` as can be, none
    beyond ``end``."""
    steps = gap * np.arange(len(positions))
    nearest = isotonic_regression(np.array(positions) - steps).x
    return np.minimum(nearest, end - gap * (len(positions) - 1)) + steps


def width(words: str) -> int:
    """How wide a label is, in half-width characters."""
    return sum(1 if c.isascii() else 2 for c in words)


def nothing(code: str, table: pd.DataFrame, language: str) -> Chart:
    """An honest empty chart: the figures do not allow this one."""
    words = {"zh": "报告的数字不足以画这张图", "en": "The report's figures do not allow this chart"}[language]
    with style.drawing():
        figure, axes = canvas(1.2, words)
        axes.axis("off")
    return Chart(code, words, figure, table, words, empty=True)


def draw(function: Callable[..., Chart], *arguments: object) -> Chart:
    """Draw a chart in the workbook's style."""
    with style.drawing():
        return function(*arguments)
