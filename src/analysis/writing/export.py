"""An executed notebook becomes one self-contained HTML page.

In: a notebook node, a title, a language. Out: HTML with its charts inside, code hidden, nothing
fetched from anywhere (page/index.html.j2 and page/style.css say how it looks).
"""

from __future__ import annotations

import copy
from functools import cache
from importlib import resources
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter, TemplateExporter

from analysis.writing.labels import TAGS


@cache
def style() -> str:
    """The style sheet of the page."""
    return resources.files("analysis.writing").joinpath("page/style.css").read_text(encoding="utf8")


def in_language(source: str, language: str) -> str:
    """A Markdown cell for readers of ``language``.

    The paragraphs of a cell stand in pairs, Chinese and then English; the first is the heading.
    Readers of Chinese see both, readers of English the English.
    """
    if language == "zh":
        return source
    chinese, *rest = source.split("\n\n")
    level = chinese.partition(" ")[0]
    return "\n\n".join([f"{level} {rest[0]}", *rest[2::2]])


class _Page(HTMLExporter):
    """The exporter of nbconvert without its last step, which parses the whole page anew to make cells focusable: a third of
    a second, for what the page's template has said already."""

    def from_notebook_node(
        self, nb: nbformat.NotebookNode, resources: dict | None = None, **options
    ) -> tuple[str, dict]:
        """The page and its resources."""
        return TemplateExporter.from_notebook_node(self, nb, self._init_resources(resources), **options)


@cache
def _exporter() -> _Page:
    """The exporter with its templates, which it puts together for its first page."""
    return _Page(
        template_name="page",
        extra_template_basedirs=[str(Path(__file__).parent)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        # Not before and after each of its eleven steps.
        optimistic_validation=True,
    )


def to_html(notebook: nbformat.NotebookNode, title: str, language: str) -> str:
    """The page of an executed notebook."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = in_language(cell.source, language)
    said = {"title": title, "language": TAGS[language], "style": style()}
    return _exporter().from_notebook_node(notebook, resources=said)[0]
