"""Committed notebooks have the shape, the outputs and the honesty that nbval needs to compare."""

import ast
import base64
import io
import re
from pathlib import Path

import nbformat
import pytest
from matplotlib import image

from analysis.batch.notebooks import KINDS
from analysis.writing import style

PROJECT = Path(__file__).parents[1]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: p.name)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, 4)


def code(notebook):
    return [c for c in notebook.cells if c.cell_type == "code"]


def test_each_kind_of_run_has_its_notebook():
    assert {p.name for p in NOTEBOOKS} == {kind.notebook.name for kind in KINDS.values()}


def test_it_is_valid_and_its_title_is_a_question(notebook):
    nbformat.validate(notebook)
    assert re.match(r"# .*[？?]", notebook.cells[0].source)


def test_every_heading_asks(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert re.search("[？?]", cell.source.splitlines()[0]), cell.source


def test_parameters_are_plain_typed_assignments_with_help(notebook, path):
    (cell,) = [c for c in code(notebook) if "parameters" in c.metadata.get("tags", ())]
    lines = cell.source.splitlines()
    names = [node.target.id for node in ast.parse(cell.source).body if isinstance(node, ast.AnnAssign)]
    (kind,) = [kind for kind in KINDS.values() if kind.notebook.name == path.name]
    assert tuple(names) == kind.names
    assert all(re.fullmatch(r"\w+: str = \".*?\"  # .+ \| .+", line) for line in lines)


def test_each_cell_is_one_call(notebook):
    for cell in code(notebook):
        body = ast.parse(cell.source).body
        calls = [n for n in body if isinstance(n, ast.Expr)]
        assert len(calls) <= 1
        assert not any(
            isinstance(n, (ast.If, ast.For, ast.While, ast.FunctionDef, ast.With, ast.Try))
            for n in ast.walk(ast.parse(cell.source))
        )


def test_it_was_executed_top_to_bottom_and_kept_its_outputs(notebook):
    counts = [c.execution_count for c in code(notebook)]
    assert counts == list(range(1, len(counts) + 1)), "make notebooks executes it again"
    for cell in code(notebook):
        assert cell.outputs or "parameters" in cell.metadata.get("tags", ()), cell.source
        assert all(o.output_type == "display_data" for o in cell.outputs), cell.source


def test_its_pictures_are_pictures(notebook):
    # nbval does not compare them; charts are tested as data, and here that what is kept can be seen.
    pictures = [o.data["image/png"] for c in code(notebook) for o in c.outputs if "image/png" in o.data]
    assert len(pictures) >= 3
    for picture in pictures:
        pixels = image.imread(io.BytesIO(base64.b64decode(picture)))
        assert pixels.shape[1] == style.WIDTH * style.DPI
        assert pixels[..., :3].std() > 0.02


def test_no_figure_is_typed_in_a_markdown_cell(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\d", cell.source), cell.source


def test_it_holds_no_clock_time_and_no_path(notebook):
    text = nbformat.writes(notebook)
    assert "papermill" not in notebook.metadata
    assert not re.search(r"/(?:home|root|tmp|Users)/|start_time", text)


def test_every_markdown_cell_is_told_in_both_languages(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            paragraphs = cell.source.split("\n\n")
            assert len(paragraphs) % 2 == 0
            for chinese, english in zip(paragraphs[::2], paragraphs[1::2], strict=True):
                assert re.search("[一-鿿]", chinese) and not re.search("[一-鿿]", english)
