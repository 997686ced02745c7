"""The engine ``papermill --engine warm``: papermill's own, with warm kernels and fewer writes of the notebook."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from traitlets.config import Config

from analysis.batch.kernels import ForkserverProvisioner, WarmKernel


class _SparingManager(NotebookExecutionManager):
    """Papermill writes the whole notebook before and after every cell, and once it has ended well or a cell has failed; this
    one every third second in between, and when it is ended from outside."""

    EVERY = timedelta(seconds=3)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.last_save_time -= self.EVERY
        self.handed_over = False

    def save(self, **kwargs: Any) -> None:
        """Write the notebook if it was not written for a while; at its end, unless papermill itself is about to."""
        due = not self.handed_over if self.end_time else self.now() - self.last_save_time >= self.EVERY
        if due:
            super().save(**kwargs)


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
            manager.handed_over = True
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
