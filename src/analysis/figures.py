"""Numbers in text that know where they come from.

A ``Figure`` is a number as printed together with the table and key it was taken from. ``render``
fills a Jinja2 template; it notes every figure that the template prints and where in the text it
stands, and refuses a digit that comes from anywhere else. So no sentence can say a number that
does not lead back to a cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from math import isnan

import jinja2

DIGIT = re.compile(r"\d")
# Private-use characters that bracket a figure while a template is being rendered.
_OPEN, _CLOSE = "\ue000", "\ue001"


@dataclass(frozen=True)
class Figure:
    """``text`` as printed, the ``value`` it stands for, the ``table`` and ``key`` of its source.

    ``key`` ends in ``:column`` when the value is not the row's column ``value``.
    """

    text: str
    value: float | int | str
    table: str
    key: str

    def __str__(self) -> str:
        return self.text

    def __float__(self) -> float:
        return float(self.value)


@dataclass(frozen=True)
class Printed:
    """A figure at its place in a text: characters ``start`` to ``end``."""

    figure: Figure
    start: int
    end: int


@dataclass(frozen=True)
class Rendered:
    """A text and the figures in it, in order of appearance."""

    text: str
    figures: tuple[Printed, ...]


def stray_digits(text: str, figures: tuple[Printed, ...]) -> list[int]:
    """Positions of digits that no figure accounts for."""
    covered = {i for p in figures for i in range(p.start, p.end)}
    return [m.start() for m in DIGIT.finditer(text) if m.start() not in covered]


class NothingToSay(Exception):
    """A sentence asks for a number that the report does not give for certain."""


class Unknown:
    """A number that is not known: false in a condition, and no sentence can print it."""

    def __bool__(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Unknown:
        return self


UNKNOWN = Unknown()


# The figures that the template being rendered has printed so far.
_found: ContextVar[list[Figure]] = ContextVar("found")


def _mark(value: object) -> object:
    if value is None or value is UNKNOWN:
        raise NothingToSay
    if isinstance(value, Figure):
        _found.get().append(value)
        return f"{_OPEN}{value.text}{_CLOSE}"
    return value


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        finalize=_mark,
    )


@cache
def _compiled(template: str) -> jinja2.Template:
    return _environment().from_string(template)


def render(template: str, values: Mapping[str, object] | None = None, **more: object) -> Rendered:
    """Fill ``template``.

    Raises ``ValueError`` if it prints a digit that is not a figure's, ``NothingToSay`` if it prints
    a number that is not known.
    """
    found: list[Figure] = []
    token = _found.set(found)
    try:
        marked = _compiled(template).render({**(values or {}), **more}).strip()
    finally:
        _found.reset(token)
    text, figures, position = "", [], 0
    for number, match in enumerate(re.finditer(f"{_OPEN}(.*?){_CLOSE}", marked, re.S)):
        text += marked[position : match.start()]
        figures.append(Printed(found[number], len(text), len(text) + len(match[1])))
        text += match[1]
        position = match.end()
    text += marked[position:]
    rendered = Rendered(text, tuple(figures))
    if stray := stray_digits(rendered.text, rendered.figures):
        raise ValueError(f"a digit without a source at {stray[0]} in: {rendered.text}")
    return rendered


def number(value: float, decimals: int | None = None) -> str:
    """``158.0`` → ``158``; ``2.5`` → ``2.5``; with ``decimals`` as many as asked for."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return str(int(value)) if float(value).is_integer() else f"{value:.15g}"


def percent(value: float, decimals: int = 2) -> str:
    """``0.58228`` → ``58.23%``."""
    return f"{100 * value:.{decimals}f}%"


def shown(
    code: str, name: Mapping[str, str], value: float | None, printed: Callable[[float], str]
) -> dict[str, object]:
    """A figure for a list of many runs: its code, name (zh, en), value (None: not known) and how it is printed."""
    known = value is not None and not isnan(value)
    return {
        "name": code,
        "zh": name["zh"],
        "en": name["en"],
        "value": float(value) if known else None,
        "text": printed(value) if known else "",
    }
