"""The rooms stand in order: a later one may import from an earlier one, never the reverse."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from analysis.writing.dictionaries import PAGES, page

PROJECT = Path(__file__).parents[1]
SOURCE = PROJECT / "src" / "analysis"
ROOMS = [
    "templates",
    "reading",
    "checking",
    "measuring",
    "scoring",
    "problems",
    "writing",
    "synthesis",
    "batch",
]
# What every room may use, and what stands above all rooms.
GROUND = {"errors", "figures", "frames", "cells", "ledger", "register", "places", "__version__"}
ABOVE = {"parameters", "answers", "workbook", "rates_and_trends", "bulletin", "cli", "__main__"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("analysis"):
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]


@pytest.mark.parametrize("path", sorted(SOURCE.glob("*/**/*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_data_moves_one_way(path):
    name = path.relative_to(SOURCE).parts[0]
    room = ROOMS.index(name)
    allowed = GROUND | set(ROOMS[: room + 1]) | (ABOVE if name == "batch" else set())
    assert set(imported(path)) <= allowed


@pytest.mark.parametrize("name", sorted(GROUND - {"__version__"}))
def test_the_ground_stands_on_templates_alone(name):
    assert set(imported(SOURCE / f"{name}.py")) <= GROUND | {"templates"}


def test_every_module_says_what_comes_in_and_what_goes_out():
    for path in SOURCE.glob("**/*.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf8"))), path


@pytest.mark.parametrize("name", PAGES)
def test_the_dictionaries_in_docs_are_those_of_the_declarations(name):
    assert (PROJECT / "docs" / name).read_text(encoding="utf8") == page(name, PROJECT / "docs"), (
        "run make docs"
    )


def test_no_file_names_a_path_of_one_machine_or_a_registry():
    listed = subprocess.run(
        ["git", "-c", "core.quotepath=off", "ls-files"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "README.md" in listed
    machine = re.compile(r"(?<![\w.$~])/(?:home|root|tmp|opt|work|Users)/\w|--(?:extra-)?index-url[ =]\S*:")
    for name in listed:
        path = PROJECT / name
        if path.suffix in {".py", ".md", ".yml", ".toml", ".lock", ".txt", ".ipynb", ""} and path.is_file():
            assert not machine.search(path.read_text(encoding="utf8")), name
