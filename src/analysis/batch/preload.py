"""What the fork server has ready before the first kernel is asked for.

Importing this module is the preloading; it is imported in the server alone. It loads modules and what they keep of
declarations; it leaves nothing set, open or running that a notebook could tell from having imported them itself.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress

import analysis.batch.forked  # noqa: F401  (what becomes of a forked process)

# What every kernel imports, at once or when it is first asked something.
OF_KERNELS = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "faulthandler",
    "pdb",
    "psutil",
    "sqlite3",
    "tornado.platform.asyncio",
    "zmq.utils.garbage",
)
# What the notebooks import, and what that imports when it is first needed. Not matplotlib_inline.backend_inline, which
# connects itself to its kernel when it is imported.
OF_NOTEBOOKS = (
    "analysis.workbook",
    "analysis.rates_and_trends",
    "analysis.bulletin",
    "analysis.batch.leave",
    "email.policy",
    "lxml.html",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "seaborn",
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PpmImagePlugin",
    "mplfonts",
    "pandas.core.methods.to_dict",
    "pandas.io.formats.csvs",
    "pandera.backends.pandas.register",
    "pandera.strategies.pandas_strategies",
    "pyarrow.dataset",
    "pypinyin",
)


_ASKER = os.getppid()


def _load(names: tuple[str, ...]) -> None:
    for name in names:
        if os.getppid() != _ASKER:  # killed meanwhile; the server would see it only when all is loaded
            os._exit(1)
        # What cannot be imported fails in the notebook, where it is seen.
        with suppress(Exception):
            importlib.import_module(name)


ENVIRONMENT = dict(os.environ)
LAUNCHER = importlib.util.find_spec("ipykernel_launcher").origin
# What a new interpreter has: the server may have the path and the options of the process that started it.
_ASK = "import json, sys; print(json.dumps([sys.path[1:], [*sys.flags], sys.warnoptions, sys._xoptions]))"
PATH, *_OPTIONS = json.loads(subprocess.check_output([sys.executable, "-c", _ASK]))
PLAIN = [[*sys.flags], sys.warnoptions, sys._xoptions] == _OPTIONS
sys.path[:] = PATH

gc.disable()
# The debugger would print here what in a kernel nobody hears.
os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
_before = {*os.environ}
_load(OF_KERNELS)
# What these set in the environment, as they do in a kernel.
SET = {name: value for name, value in os.environ.items() if name not in _before}
# As in a kernel, where it stands before matplotlib is imported.
os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
_load(OF_NOTEBOOKS)
# The shipped report is read and told once: declarations, patterns, templates and schemas are made on first use and kept.
with suppress(Exception):
    _book = sys.modules["analysis.workbook"].open_workbook()
    _book.summary()
    _book.draft()
    del _book
gc.enable()
gc.collect()
# Collections in a kernel pass over what came from here, which would otherwise be copied to every kernel.
gc.freeze()
tempfile.tempdir = None
os.environ.clear()
os.environ.update(ENVIRONMENT)
