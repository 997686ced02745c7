"""The declared files say what they mean: nothing is cut off, every reference leads somewhere."""

import re
from importlib import resources
from pathlib import Path

import pytest
import yaml

from analysis.checking import declared_findings
from analysis.frames import SCHEMAS
from analysis.measuring import indicators
from analysis.measuring.rates import terms
from analysis.problems import aspects, categories
from analysis.problems.labels import declared_categories
from analysis.templates import Cell, concepts, crosswalk, declared, forms, sections

FILES = sorted(Path(str(resources.files("analysis"))).glob("**/*.yml"))


def walk(node, path=""):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, f"{path}.{key}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from walk(value, f"{path}[{i}]")
    else:
        yield path, node


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_no_value_is_cut_off(file):
    # A comma in an unquoted flow mapping makes the rest of a sentence a key without a value.
    empty = [path for path, value in walk(yaml.safe_load(file.read_text(encoding="utf8"))) if value is None]
    assert not empty


@pytest.mark.parametrize("code", forms())
def test_a_form_is_whole(code):
    form = forms()[code]
    if int(code) >= 2019:
        assert list(form.tables) == ["disclosure", "applications", "disputes"]
        applications = form.tables["applications"]
        assert len(applications.rows) == (23 if code == "2019" else 25)
        assert len(list(form.tables["disputes"].cells())) == 15
        assert len(form.sections) == 6
    else:
        assert list(form.tables) == ["statistics"]
    for table in form.tables.values():
        assert table.section in sections()
        for equation in table.equations():
            assert equation.left and equation.right, equation
            for cell in (*equation.left, *equation.right):
                assert cell.row in table.rows and cell.column in table.rows[cell.row].columns


def test_concepts_name_cells_of_some_form():
    for concept in concepts().values():
        for pattern in concept.cells:
            assert any(form.expand(pattern) for form in forms().values()), (concept.code, pattern)
        for other in (concept.share_of, concept.like):
            assert other is None or other in concepts(), concept.code


def test_indicators_name_concepts_or_cells():
    for indicator in indicators().values():
        for side in (indicator.numerator, indicator.denominator, indicator.parts):
            if side and not (indicator.source == "prose" and side == indicator.numerator):
                assert any(terms(side, form) for form in forms().values()), (indicator.code, side)


def test_categories_are_the_fourteen_and_name_indicators():
    assert list(categories()) == [f"C{n}" for n in range(1, 15)]
    assert {a.category for a in aspects().values()} == set(categories())
    for entry in declared_categories().values():
        assert set(entry.get("evidence", {}).get("indicators", ())) <= set(indicators())


def test_every_declared_finding_is_used_and_every_used_one_declared():
    code = "\n".join(
        p.read_text(encoding="utf8") for p in Path(str(resources.files("analysis"))).glob("**/*.py")
    )
    used = set(
        re.findall(
            r'"((?:arithmetic|text|wording|form|duty|document|five|years|whole|copy)\.(?!yml|color|hinting)[a-z_]+)"',
            code,
        )
    )
    assert used == set(declared_findings())


def test_a_cell_is_its_address_there_and_back():
    cell = Cell("applications", "denied.state_secret", "total")
    assert Cell.parse(str(cell)) == cell


def test_the_crosswalk_names_cells_that_the_forms_have():
    for crossing in crosswalk().values():
        for form, cells in crossing.cells.items():
            for cell in cells:
                assert forms()[form].expand(cell), (crossing.code, form, cell)
        assert list(crossing.into) == list(forms())[1:], crossing.code
        assert set(crossing.into.values()) <= {"yes", "roughly", "no"}, crossing.code
        # Nothing can be carried into a form, or out of one, that does not have it.
        for before, after in zip(forms(), list(forms())[1:], strict=False):
            if crossing.into[after] != "no":
                assert {before, after} <= set(crossing.cells), (crossing.code, after)


def test_the_crosswalk_speaks_of_every_indicator_once():
    named = [code for crossing in crosswalk().values() for code in crossing.indicators]
    assert sorted(named) == sorted({i.base for i in indicators().values()})


def test_no_break_of_the_form_is_crossed_by_what_the_pages_say_cannot_be():
    # templates.md: on-time rate, procurement, charges and the stock of documents are lost at a break.
    for code in ("on_time", "procurement", "charges", "normative_documents_stock", "authority_items"):
        assert set(crosswalk()[code].into.values()) == {"no"}
    assert crosswalk()["not_held"].into["2019"] == "no"
    assert crosswalk()["received"].into == {"2014": "yes", "2019": "yes", "2021": "yes"}


def test_every_column_of_a_store_is_described():
    described = declared("analysis", "tables.yml")
    for name, table in described.items():
        assert list(table["fields"]) == list(SCHEMAS[name].columns), name
