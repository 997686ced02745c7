"""What the fork server imports before the first kernel is asked for.

Importing this module is the preloading; it is imported in the server alone. Only modules are loaded here: nothing is
set, opened or started that a notebook could tell from having imported them itself.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress

import analysis.batch.forked  # noqa: F401  (what becomes of a forked process)

ENVIRONMENT = dict(os.environ)
LAUNCHER = importlib.util.find_spec("ipykernel_launcher").origin

# What every kernel imports, what the notebooks import, and what these import on first use. Not among them is
# matplotlib_inline.backend_inline, which connects itself to the kernel when it is imported.
MODULES = ("ipykernel.kernelapp",)
# As in a kernel, where it stands before matplotlib is imported.
os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
# What a new interpreter has: the server may have the path and the options of the process that started it.
_ASK = "import json, sys; print(json.dumps([sys.path[1:], [*sys.flags], sys.warnoptions, sys._xoptions]))"
PATH, *_OPTIONS = json.loads(subprocess.check_output([sys.executable, "-c", _ASK]))
PLAIN = [[*sys.flags], sys.warnoptions, sys._xoptions] == _OPTIONS
sys.path[:] = PATH

gc.disable()
for _name in MODULES:
    # What cannot be imported fails in the notebook, where it is seen.
    with suppress(Exception):
        importlib.import_module(_name)
gc.enable()
gc.collect()
# Collections in a kernel pass over what came from here, which would otherwise be copied to every kernel.
gc.freeze()
tempfile.tempdir = None
os.environ.clear()
os.environ.update(ENVIRONMENT)
