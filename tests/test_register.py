"""The register of units: what is declared is known, what is not stays unknown, and a slip is refused by line."""

import json
import shutil

import pytest
from conftest import PROJECT

from analysis import register
from analysis.errors import InputError
from analysis.register import Register, Unit
from analysis.workbook import open_workbook


@pytest.fixture(scope="module")
def shipped():
    return register.load(PROJECT / "data" / "units.csv")


def test_every_unit_whose_reports_are_shipped_is_registered(shipped):
    units = {folder.name for folder in (PROJECT / "data" / "reports").iterdir() if folder.is_dir()}
    assert units <= shipped.units.keys()


def test_every_unit_of_the_excerpts_is_registered(shipped, shared):
    lines = (shared / "reports" / "excerpts.jsonl").read_text(encoding="utf8").splitlines()
    names = {json.loads(line)["unit"] for line in lines} - {"定西市(统计报表模板)"}  # a blank form
    assert not {name for name in names if shipped.of(name).unit not in shipped.units}


def test_every_parent_is_registered_itself_and_above_its_parts(shipped):
    for unit in shipped.units.values():
        if not unit.parent:
            continue
        above = shipped.units[unit.parent]
        assert above.kind == "government"
        if unit.level and above.level and unit.kind == "government":
            assert register.LEVELS.index(above.level) < register.LEVELS.index(unit.level), unit.unit


def test_two_places_called_yongkang_are_told_apart(shipped):
    assert shipped.of("永康市").province == "浙江省"
    assert shipped.of("永德县永康镇(云南)").province == "云南省"


def test_a_unit_is_known_by_its_other_names(shipped):
    assert shipped.of("洪泽区人民政府") == shipped.of("淮安市洪泽区")


def test_the_parts_are_those_that_name_the_whole_as_their_parent():
    units = [
        Unit("甲市"),
        Unit("乙县", parent="甲市"),
        Unit("丙局", parent="甲市"),
        Unit("丁局", parent="乙县"),
    ]
    known = Register({u.unit: u for u in units})
    assert [u.unit for u in known.parts("甲市")] == ["乙县", "丙局"]


def test_of_a_unit_that_is_not_registered_nothing_is_known():
    assert Register().of("甲市") == Unit("甲市")


WRONG = [
    ("甲市,city,,,,,,", "kind"),
    ("甲市,,town,,,,,", "level"),
    ("甲市,,,,whole,,,", "scope"),
    ("甲市,,,,,,perhaps,", "complete"),
    ("甲市,,,,,,,\n甲市,,,,,,,", "甲市"),
    (",government,,,,,,", "no unit"),
]


@pytest.mark.parametrize(("lines", "named"), WRONG)
def test_a_slip_is_refused_by_its_line(lines, named, tmp_path):
    path = tmp_path / "units.csv"
    path.write_text(f"unit,kind,level,parent,scope,province,complete,aliases\n{lines}\n", encoding="utf8")
    with pytest.raises(InputError) as refused:
        register.load(path)
    assert named in refused.value.en and f"line {lines.count(chr(10)) + 2}" in refused.value.en


def test_the_register_lies_in_the_folder_of_reports_or_beside_it(tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    assert register.beside(folder) == Register()
    (tmp_path / "units.csv").write_text("unit\n甲市\n", encoding="utf8")
    assert "甲市" in register.beside(folder).units
    (folder / "units.csv").write_text("unit\n乙市\n", encoding="utf8")
    assert "乙市" in register.beside(folder).units


def test_what_lies_beside_reports_counts_for_a_file_named_without_its_folder(tmp_path, monkeypatch):
    shutil.copytree(PROJECT / "data" / "reports" / "永康市", tmp_path / "reports" / "永康市")
    monkeypatch.chdir(tmp_path / "reports" / "永康市")
    sought = []
    monkeypatch.setattr(
        "analysis.workbook.register.beside", lambda folder: sought.append(folder) or Register()
    )
    report = open_workbook(file="2020.txt").studies[0].report
    assert sought == [tmp_path / "reports"]
    listed = f"unit,sha256,edition\n永康市,{report.records['documents'][0]['sha256']},restated\n"
    (tmp_path / "reports" / "sources.csv").write_text(listed, encoding="utf8")
    assert open_workbook(file="2020.txt").studies[0].report.records["documents"][0]["edition"] == "restated"


HEADERS = {
    "unit,kind,levle\n甲市,,county\n": "第 1 行：不认识列 levle",
    "name,kind\n甲市,government\n": "第 1 行：不认识列 name",
    "kind,level\ngovernment,county\n": "第 1 行：没有列 unit",
}


@pytest.mark.parametrize("text", HEADERS)
def test_a_column_that_there_is_not_is_refused(text, tmp_path):
    path = tmp_path / "units.csv"
    path.write_text(text, encoding="utf8")
    with pytest.raises(InputError, match=HEADERS[text]):
        register.load(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="找不到文件"):
        register.load(tmp_path / "units.csv")


def test_parts_are_found_by_another_name_of_the_whole():
    units = [Unit("甲市人民政府", aliases=("甲市",)), Unit("甲市财政局", parent="甲市")]
    known = Register({u.unit: u for u in units})
    assert (
        [u.unit for u in known.parts("甲市")]
        == [u.unit for u in known.parts("甲市人民政府")]
        == ["甲市财政局"]
    )


@pytest.mark.parametrize("name", ["甲 + 乙", "甲:乙", "甲|乙", "甲/乙", "*", ".甲"])
@pytest.mark.parametrize("column", ["unit", "parent"])
def test_a_name_with_signs_of_a_path_or_a_key_is_refused(name, column, tmp_path):
    path = tmp_path / "units.csv"
    cells = {"unit": "某局", "parent": "某市", "aliases": ""} | {column: name}
    path.write_text(
        "unit,parent,aliases\n" + ",".join(f'"{c}"' for c in cells.values()) + "\n", encoding="utf8"
    )
    with pytest.raises(InputError, match="line 2|第 2 行"):
        register.load(path)
