"""How long one notebook takes: plain papermill against ``papermill --engine warm``, in the same run.

Two notebooks: a trivial one, which imports pandas, matplotlib and seaborn and draws a line, and the workbook's own on the
shipped report. Both ways take turns; medians are printed, and how many times faster the second is. CPU time is that of the
kernel and of papermill together. The server of kernels is started before, as it serves many runs; what that takes is
printed too.

    .venv/bin/python benchmarks/kernels.py [--runs 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import nbformat
import papermill

from analysis.batch import kernels
from analysis.batch.notebooks import NOTEBOOK

_IMPORTS = "import pandas as pd\nimport matplotlib.pyplot as plt\nimport seaborn as sns"
_TICK = os.sysconf("SC_CLK_TCK")


def trivial(folder: Path) -> Path:
    """A notebook of two cells: the imports, and one line drawn."""
    cells = [
        nbformat.v4.new_code_cell(source) for source in (_IMPORTS, "sns.lineplot(x=[1, 2, 3], y=[1, 4, 9]);")
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "trivial.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def cpu() -> float:
    """CPU seconds of this process, its ended children, the server and its ended children."""
    times = os.times()
    spent = times.user + times.system + times.children_user + times.children_system
    stat = Path(f"/proc/{kernels._server()._forkserver_pid}/stat").read_text().rsplit(")", 1)[1].split()
    return spent + sum(map(int, stat[11:15])) / _TICK


def measured(notebook: Path, engine: str, out: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    before, begun = cpu(), time.perf_counter()
    papermill.execute_notebook(notebook, out / "out.ipynb", engine_name=engine, progress_bar=False)
    return time.perf_counter() - begun, cpu() - before


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        notebooks = {"trivial": trivial(Path(folder)), "problems_and_improvements": NOTEBOOK}
        begun = time.perf_counter()
        kernels.warm_up()
        measured(notebooks["trivial"], "warm", Path(folder))
        print(f"server and first kernel: {time.perf_counter() - begun:.1f} s\n")
        print("| notebook | engine | s | CPU s |\n| --- | --- | --: | --: |")
        for name, notebook in notebooks.items():
            taken: dict[str, list] = {"nbclient": [], "warm": []}
            for _ in range(runs):
                for engine, times in taken.items():
                    times.append(measured(notebook, engine, Path(folder)))
            medians = {
                e: [statistics.median(t) for t in zip(*times, strict=True)] for e, times in taken.items()
            }
            for engine, (wall, spent) in medians.items():
                print(f"| {name} | {engine} | {wall:.2f} | {spent:.2f} |")
            ratios = [a / b for a, b in zip(medians["nbclient"], medians["warm"], strict=True)]
            print(f"| {name} | nbclient / warm | **{ratios[0]:.1f}** | **{ratios[1]:.1f}** |")


if __name__ == "__main__":
    main()
