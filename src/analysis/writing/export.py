"""An executed notebook becomes one self-contained HTML page.

In: a notebook node, a title, a language. Out: HTML with its charts inside, code hidden, nothing
fetched from anywhere (page/index.html.j2 and page/style.css say how it looks).
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter

_LANG = {"zh": "zh-CN", "en": "en"}


@cache
def style() -> str:
    """The style sheet of the page."""
    return resources.files("analysis.writing").joinpath("page/style.css").read_text(encoding="utf8")


def to_html(notebook: nbformat.NotebookNode, title: str, language: str) -> str:
    """The page of an executed notebook."""
    with resources.as_file(resources.files("analysis.writing").joinpath("page")) as folder:
        exporter = HTMLExporter(
            template_name="page",
            extra_template_basedirs=[str(Path(folder).parent)],
            exclude_input=True,
            exclude_input_prompt=True,
            exclude_output_prompt=True,
            exclude_anchor_links=True,
        )
        html, _ = exporter.from_notebook_node(
            notebook, resources={"title": title, "language": _LANG[language], "style": style()}
        )
    return html
