"""What a run leaves besides its notebook: written by the kernel that ran it, out of the very object that its cells showed.

In: the book of a notebook. Out: its tables as CSV, its other files, and what a run and the index of a batch say of it. So nothing is read, checked or drawn a second time, and the files cannot differ from the page.
"""

from __future__ import annotations

import json
from pathlib import Path

from analysis import frames
from analysis.errors import Unreached

# So many sentences are kept of what a book finds most important.
_HEADLINES = 3


def leave(book: object, folder: str, stem: str, say: str) -> None:
    """Write what ``book`` has into ``folder``; files that are called after a notebook are called ``stem``. What a run and the
    index of a batch say of it goes into the file ``say``."""
    place = Path(folder)
    tables = place / "tables"
    tables.mkdir()
    for name, table in book.tables.items():
        table.to_csv(tables / f"{name}.csv", index=False, lineterminator="\n")
    for name, content in book.files(stem).items():
        path = place / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    about = {
        "title": book.title,
        "place": list(book.place),
        "language": book.language,
        "headlines": book.headlines(_HEADLINES),
        "figures": book.figures,
        "findings": _findings(book),
        "synthetic": bool(book.tables["documents"]["synthetic"].any()),
        "failed": [str(error) for error in book.failed],
        "again": any(isinstance(error, Unreached) for error in book.failed),
    }
    (place / say).write_text(json.dumps(about, ensure_ascii=False), encoding="utf8")


def _findings(book: object) -> dict[str, int]:
    """How many findings there are by severity, without those that people dismissed."""
    found = book.tables.get("findings")
    if found is None:
        return {}
    counts = found.loc[found["decision"] != "dismissed", "severity"].value_counts()
    return {severity: int(counts.get(severity, 0)) for severity in frames.SEVERITIES}
