"""What every chart stands on: the ``Chart`` itself, an empty canvas in the one style, and room for labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
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


def canvas(height: float, title: str):
    """A title over one panel, so high in all (inches)."""
    figure = Canvas(figsize=(style.WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure, axes


def panels(many: int, across: int, height: float, title: str, caption: str):
    """A title over ``many`` panels, ``across`` a row, each so high (inches); a caption under them."""
    across = min(across, many)
    down = -(-many // across)
    lines = _lines(caption)
    room = 0.15 * (bool(lines) + len(lines))
    figure = Canvas(figsize=(style.WIDTH, down * height + 0.6 + room), layout="constrained")
    made = list(figure.subplots(down, across, squeeze=False).flat)
    for spare in made[many:]:
        spare.remove()
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    if caption:
        figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=8.5, color=style.INK)
    return figure, made[:many]


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
