"""What a store holds, said in the words of a Frictionless data package.

In: the declared tables (``frames``) and their descriptions (``tables.yml``). Out: the content of
``datapackage.json``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from analysis import __version__, frames
from analysis.templates import declared

_TYPES = {"string": "string", "int64": "integer", "double": "number", "bool": "boolean"}


def describe(rows: Mapping[str, int], folder: Path) -> dict:
    """The data package of a store in ``folder`` with so many rows in each of its tables."""
    tables = declared("analysis", "tables.yml")
    resources = []
    for name in rows:
        about = tables[name]
        fields = [
            {
                "name": column.name,
                "type": _TYPES[str(column.type)],
                "title": about["fields"][column.name]["zh"],
                "description": about["fields"][column.name]["en"],
            }
            for column in frames.arrow_schema(name)
        ]
        resources.append(
            {
                "name": name,
                "path": f"{name}.parquet",
                "format": "parquet",
                "mediatype": "application/vnd.apache.parquet",
                "title": about["zh"],
                "description": about["en"],
                "hash": f"sha256:{_digest(folder / f'{name}.parquet')}",
                "rows": rows[name],
                "schema": {"fields": fields, "primaryKey": ["key"]},
            }
        )
    return {
        "name": "disclosure-reports",
        "title": "政府信息公开工作年度报告数据 | Annual reports on government information disclosure",
        "description": "一份报告一个单位一年 | one report a unit and year",
        "version": __version__,
        "resources": resources,
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:  # a table may be larger than memory
        return hashlib.file_digest(file, "sha256").hexdigest()
