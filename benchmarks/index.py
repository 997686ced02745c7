"""The page of all runs with 10,000 of them, in a browser: until its first row is there, and until a word typed has filtered it.

Typing starts when the page has been loaded. The peer is what one writes in a minute: the same rows and columns as one ``DataFrame.to_html`` table, with a script
that hides the rows in which the word is not. Both are opened by turns in the same browser, and the median turn counts.
A row is there, and a table is filtered, when the browser has laid out and drawn a frame with it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from places import PROJECT, table

from analysis.writing.index import index_page

sys.path.insert(0, str(PROJECT / "tests"))
sys.path.insert(0, str(PROJECT / "tests" / "writing"))
import browser
import made_runs

WORD = "永"
# Resolved two frames on: the first is the one in which the change is drawn.
_DRAWN = """window.drawn = () => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))));"""
_FIRST = """new MutationObserver((_, watch) => {
  if (!document.querySelector("tbody tr")) return;
  watch.disconnect();
  window.first = drawn();
}).observe(document, { childList: true, subtree: true });"""
_TYPED = """async (word) => {
  const field = document.querySelector("input[type=search]");
  const start = performance.now();
  field.value = word;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return (await drawn()) - start;
}"""
_NAIVE = """<script>
document.querySelector("input").addEventListener("input", (event) => {
  for (const row of document.querySelectorAll("tbody tr")) row.hidden = !row.textContent.includes(event.target.value);
});
</script>"""


def plain_page(runs: Sequence[Mapping]) -> str:
    """The peer: every run a row of one table, and a script that hides rows."""
    rows = pd.DataFrame(
        {
            "unit": run["unit"],
            "years": run["years"],
            "state": run["state"],
            "kind": run["kind"],
            "told": run["message_zh"] or " ".join(run["headlines"]),
            **run["findings"],
            **{f["en"]: f["text"] for f in run["figures"]},
            "seconds": run["seconds"],
            "why": run["why_zh"],
            "files": " ".join(
                f'<a href="{run[k]}">{k}</a>' for k in ("html", "docx", "ipynb", "log") if run[k]
            ),
        }
        for run in runs
    )
    made = rows.to_html(index=False, escape=False, na_rep="")
    return f'<!DOCTYPE html><meta charset="utf-8"><input type="search">{made}{_NAIVE}'


def times(running, path: Path) -> tuple[float, float, float]:
    """Milliseconds from navigation to the first row and to the end of loading, and from the first word typed to its rows."""
    page = running.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(_DRAWN + _FIRST)
    page.goto(path.as_uri())
    first = page.evaluate("window.first")
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    typed = page.evaluate(_TYPED, WORD)
    page.close()
    return first, loaded, typed


def main() -> None:
    """Time, compare, print."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--runs", type=int, default=10_000)
    arguments.add_argument("--repeats", type=int, default=9)
    asked = arguments.parse_args()
    runs = made_runs.made_runs(asked.runs)
    pages = {"我们 ours": index_page(runs), "DataFrame.to_html": plain_page(runs)}
    turns: dict[str, list] = {name: [] for name in pages}
    with tempfile.TemporaryDirectory() as made, browser.browser() as running:
        paths = {name: Path(made) / f"{n}.html" for n, name in enumerate(pages)}
        for name, path in paths.items():
            path.write_text(pages[name], encoding="utf8")
            times(running, path)  # warming up
        for n in range(asked.repeats):
            for name in sorted(paths, reverse=n % 2 == 1):
                turns[name].append(times(running, paths[name]))
    medians = [[statistics.median(t) for t in zip(*turns[name], strict=True)] for name in pages]
    lines = [
        [name, f"{len(pages[name].encode()) / 1e6:.1f}", *(f"{ms:.0f}" for ms in median)]
        for name, median in zip(pages, medians, strict=True)
    ]
    ratios = [f"{peer / ours:.2f}" for ours, peer in zip(*medians, strict=True)]
    head = ["毫秒 ms", "MB", "到第一行 to the first row", "载完 loaded", "首次筛选 first filter"]
    print(table(head, [*lines, ["比 ratio peer / ours", "", *ratios]]))


if __name__ == "__main__":
    main()
