"""The engine ``papermill --engine warm``: papermill's own, with warm kernels and fewer writes of the notebook."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import Any

from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from traitlets.config import Config

from analysis.batch.kernels import ForkserverProvisioner, WarmKernel


class _SparingManager(NotebookExecutionManager):
    """Papermill writes the whole notebook before and after every cell; this one when it begins, every second second, and when it
    has ended: so it is seen, too, which cell never came to an end."""

    EVERY = 2.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._ended = threading.Event()
        self._writing = threading.Thread(target=self._write_on, daemon=True)

    def notebook_start(self, **kwargs: Any) -> None:
        """Begin; the notebook is written now and then from here on."""
        super().notebook_start(**kwargs)
        super().save()
        self._writing.start()

    def notebook_complete(self, **kwargs: Any) -> None:
        """End, and write the notebook."""
        self._ended.set()
        if self._writing.ident:
            self._writing.join()
        super().notebook_complete(**kwargs)

    def save(self, **kwargs: Any) -> None:
        """Write the notebook if it has ended."""
        if self.end_time:
            super().save(**kwargs)

    def _write_on(self) -> None:
        while not self._ended.wait(self.EVERY):
            # Where it changes while it is written, it is written the next time; where it cannot be, its end will say so.
            with suppress(RuntimeError, OSError):
                super().save()


class Engine(NBClientEngine):
    """Papermill's own engine with kernels from the server: ``papermill --engine warm``."""

    @classmethod
    def execute_notebook(
        cls,
        nb: NotebookNode,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | dict = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **kwargs: Any,
    ) -> NotebookNode:
        """Execute a notebook, as the base class does, which has no place for another manager."""
        manager = _SparingManager(nb, output_path, log_output, progress_bar, autosave_cell_every)
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, log_output=log_output, **kwargs)
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, memory: int = 0, **kwargs: Any
    ) -> NotebookNode:
        """Execute a notebook in a kernel that may hold ``memory`` bytes of data (0: no limit)."""
        if os.name == "posix":
            kwargs.setdefault("kernel_manager_class", WarmKernel)
        if memory:
            kwargs["config"] = Config({ForkserverProvisioner.__name__: {"memory": memory}})
        return super().execute_managed_notebook(nb_man, kernel_name, **kwargs)


# Also where the package is not installed and so has no entry points.
papermill_engines.register("warm", Engine)
