"""How everything looks: colours, type, sizes. The one place to change them.

Colours are Okabe and Ito's, which people with any colour vision tell apart, chosen so that
neighbours also differ in lightness and survive grey print. Chinese labels are set in Noto Sans CJK
from the package ``mplfonts``; a character that the font lacks is an error, never an empty box.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources

INK = "#1f2933"
FAINT = "#9aa5b1"
PAPER = "#ffffff"
GRID = "#e4e7eb"

# One colour for each way an application ends, wherever it is drawn.
OUTCOMES = {
    "received": "#3e4c59",
    "carried_in": "#9aa5b1",
    "granted": "#0072b2",
    "partly_granted": "#56b4e9",
    "denied": "#d55e00",
    "unavailable": "#e69f00",
    "unprocessed": "#7b8794",
    "other": "#aeb6bf",
    "carried_out": "#f0e442",
}
# On these, words are white.
DARK = ("received", "granted", "denied", "unprocessed")
DISPUTES = {"upheld": "#0072b2", "corrected": "#d55e00", "other": "#7b8794", "pending": "#f0e442"}
SEVERITIES = {"error": "#a64400", "warning": "#f6c667", "note": "#e4e7eb"}
STATUSES = {
    "reported": PAPER,
    "inferred": "#cfe8f7",
    "blank": "#eef1f4",
    "ambiguous": "#f6c667",
    "not_applicable": "#dde2e7",
    "absent": "#dde2e7",
}
# How a run went; a chip of this colour always holds the word as well.
RUNS = {
    "good": "#cfe8f7",
    "refused": "#f6c667",
    "failed": "#a64400",
    "crashed": "#a64400",
    "timed_out": "#a64400",
    "ended_early": "#a64400",
    "unclean": "#f6c667",
    "waiting": "#e4e7eb",
}
ACCENT = "#0072b2"
ALARM = "#d55e00"

WIDTH = 8.0  # inches; every chart is drawn for an A4 text width
DPI = 160


@cache
def _font() -> str:
    """Register the Chinese font and give its family name."""
    from matplotlib import font_manager

    path = resources.files("mplfonts").joinpath("fonts/NotoSansCJKsc-Regular.otf")
    font_manager.fontManager.addfont(str(path))
    return font_manager.FontProperties(fname=str(path)).get_name()


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in this style; a missing glyph raises ``UserWarning`` instead of drawing a box."""
    # Here, since the page of all runs takes its colours from this module and draws nothing: two seconds of every batch.
    import matplotlib as mpl
    import seaborn as sns

    settings = {
        **sns.axes_style("white"),
        "font.family": [_font()],
        "font.size": 10,
        "axes.unicode_minus": False,
        # At this many points an inch nobody sees the difference, and glyphs of Chinese take a third of the time.
        "text.hinting": "none",
        "axes.edgecolor": GRID,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.titlesize": 12,
        "axes.titlelocation": "left",
        "axes.titlepad": 14,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "figure.facecolor": PAPER,
        "figure.dpi": DPI,
        "savefig.dpi": DPI,
        "hatch.linewidth": 0.6,
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*Glyph .* missing")
        yield
