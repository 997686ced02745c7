"""Runs: one notebook executed on one request, and many of them one after the other.

In: parameters and an output folder. Out: the executed notebook, its page and its tables in
``<out>/<unit>/<years>/``, complete or not at all. ``run`` makes one; ``loop`` makes one a year, each
in a process of its own. Parallel runs, resuming and clusters will stand behind the same ``Run``.
"""

from analysis.batch.loop import batch
from analysis.batch.run import NOTEBOOK, Made, Run, make

__all__ = ["NOTEBOOK", "Made", "Run", "batch", "make"]
