"""What a notebook cell shows.

In: HTML, pictures and their words. Out: ``Answer``, which Jupyter displays part by part: HTML with its plain text, a
picture with its alt text.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from analysis.writing import html, style
from analysis.writing.charts import Chart


@dataclass(frozen=True)
class Part:
    """Something to show: HTML with its plain text, or a picture with its alt text."""

    plain: str
    html: str = ""
    png: bytes = b""

    def bundle(self) -> dict[str, str]:
        """The part as Jupyter takes it, by media type."""
        if self.png:
            return {"image/png": base64.b64encode(self.png).decode("ascii"), "text/plain": self.plain}
        return {"text/html": self.html, "text/plain": self.plain}


@dataclass(frozen=True)
class Answer:
    """What a notebook cell shows."""

    parts: tuple[Part, ...]

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for part in self.parts:
            metadata = {"image/png": {"alt": part.plain, "width": 800}} if part.png else {}
            display(part.bundle(), raw=True, metadata=metadata)

    def __str__(self) -> str:
        return "\n".join(part.plain for part in self.parts)


# Pictures of the charts that are still there: the page and the draft may show the same one.
_PICTURES: WeakKeyDictionary = WeakKeyDictionary()


def png(chart: Chart) -> bytes:
    """The picture of a chart, the same bytes for the same chart."""
    if chart.figure not in _PICTURES:
        buffer = io.BytesIO()
        # Drawn once, where ``savefig`` draws twice; and without transparency, of which there is none: half the time to pack.
        canvas = FigureCanvasAgg(chart.figure)
        with style.drawing():
            canvas.draw()
        drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        drawn.save(buffer, "png", dpi=(style.DPI, style.DPI), compress_level=3)
        _PICTURES[chart.figure] = buffer.getvalue()
    return _PICTURES[chart.figure]


def picture(chart: Chart, language: str) -> Iterator[Part]:
    """A chart, and the table it plots folded away under it."""
    yield Part(chart.alt, png=png(chart))
    yield Part(chart.title, html.plotted(chart.table, language))
