"""Which notebooks there are, and with what they are run.

In: nothing. Out: ``KINDS``, and ``Run``, the parameters of one run. It imports little, since
kernels import it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analysis.parameters import BULLETIN_NAMES, NAMES, TREND_NAMES

_NOTEBOOKS = Path(__file__).parents[3] / "notebooks"


@dataclass(frozen=True)
class Kind:
    """A notebook that can be run: its file and the parameters it takes."""

    notebook: Path
    names: tuple[str, ...]


KINDS = {
    "problems": Kind(_NOTEBOOKS / "problems_and_improvements.ipynb", NAMES),
    "trends": Kind(_NOTEBOOKS / "rates_and_trends.ipynb", TREND_NAMES),
    "bulletin": Kind(_NOTEBOOKS / "bulletin.ipynb", BULLETIN_NAMES),
}
NOTEBOOK = KINDS["problems"].notebook


def is_ours(stem: str) -> bool:
    """Whether a notebook that is called so is one of the workbook."""
    return stem in (kind.notebook.stem for kind in KINDS.values())


@dataclass(frozen=True)
class Run:
    """The parameters of one run, as typed; those that its notebook takes go to it unchanged."""

    unit: str = ""
    years: str = ""
    data: str = ""
    file: str = ""
    language: str = "zh"
    period: str = ""
    group: str = ""
    kind: str = "problems"

    @property
    def given(self) -> dict[str, str]:
        """What is not empty of the parameters that its notebook takes."""
        return {name: value for name in KINDS[self.kind].names if (value := getattr(self, name))}
