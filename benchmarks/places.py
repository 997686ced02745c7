"""Where the benchmarks find reports: the shipped ones, and the published ones with their true cells."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SHIPPED = PROJECT / "data" / "reports"
# The folder of the published pages lies beside the project, unless the environment says otherwise.
SHARED = Path(os.environ.get("DISCLOSURE_SHARED", PROJECT.parent / "shared"))


def table(head: list[str], rows: list[list[object]]) -> str:
    """Rows as a Markdown table, as they are printed and kept in the README."""
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(str(c) for c in line)} |" for line in lines)
