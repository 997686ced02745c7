"""Made-up units: name, level, size and habits, each from its number alone.

In: the seed and the number of a unit. Out: ``Unit``. Names are declared in units.yml and are the same for every seed; no
two numbers have the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.templates import declared

# Neighbouring numbers should not have neighbouring names: a step that visits every name.
_STEP = 61_803


@dataclass(frozen=True)
class Unit:
    """``size`` is a factor on the medians of sizes.yml; ``blanks`` are the tables in which nothing is printed for 0;
    ``cumulative`` is the form on which its statistics say what has accumulated, or empty."""

    number: int
    name: str
    level: str
    size: float
    blanks: frozenset[str]
    cumulative: str


def _declared() -> Mapping[str, Any]:
    return declared("analysis.synthesis", "units.yml")


def spread(of: str) -> float:
    """How much units, years or shares differ (standard deviation of the logarithm)."""
    return _declared()["spread"][of]


def most_units() -> int:
    """How many units have a name."""
    return len(_declared()["syllables"]) ** 3


def first_name() -> str:
    """How every name begins."""
    return _declared()["first"]


def unit_of(number: int, rng: np.random.Generator) -> Unit:
    """The unit of this number."""
    data = _declared()
    levels = data["levels"]
    shares = np.array([level["share"] for level in levels.values()])
    code = list(levels)[int(rng.choice(len(levels), p=shares / shares.sum()))]
    level = levels[code]
    end = level["ends"][int(rng.integers(len(level["ends"])))]
    blanks = frozenset(table for table, share in data["blanks"].items() if rng.random() < share)
    return Unit(
        number,
        first_name() + _syllables(number) + end,
        code,
        level["size"] * math.exp(rng.normal(0, spread("units"))),
        blanks,
        str(rng.choice(data["cumulative"]["forms"])) if rng.random() < data["cumulative"]["share"] else "",
    )


def _syllables(number: int) -> str:
    signs = _declared()["syllables"]
    place = number * _STEP % most_units()
    return (
        signs[place // len(signs) ** 2] + signs[place // len(signs) % len(signs)] + signs[place % len(signs)]
    )
