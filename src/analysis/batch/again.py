"""Reports whose cells other years have decided, or people corrected, are studied again.

In: the pieces of one unit's reports, and the corrections. Out: their records, decided by each other and corrected, with the
problems and findings that go with their cells as they are now. To study one takes as long as to read it, so that is done
where reports are read, and kept as a piece of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path

from analysis import frames
from analysis.batch.bounded import Ended
from analysis.batch.engine import Bounds, Cluster, each
from analysis.batch.pieces import Outcome, Tables, leave, outcome_of, packed, tables_of
from analysis.errors import InputError, Unreached
from analysis.places import content
from analysis.problems import findings_within, inventory_of, section_five
from analysis.reading import Report, corrections, read_report
from analysis.reading.neighbours import decide, decided

Records = Mapping[str, Sequence[Mapping]]
# The tables that hold the cells, and how many there are: what the study of a report depends on, besides its text.
_CELLS = ("facts", "placements", "documents")


def studied(report: Report) -> dict[str, list[dict]]:
    """What is made of a report alone: its problems and what the checks find."""
    five = section_five(report)
    made = five | {"inventory": inventory_of(report), "findings_within": findings_within(report, five)}
    return {name: [row._asdict() for row in frames.tuples(table)] for name, table in made.items()}


@dataclass
class Again:
    """The reports of a reading that are studied again: those below ``base``, with their ``pieces``. ``ended`` says of a file that
    cost its process what is wrong with it; ``used`` are the pieces of what was studied."""

    base: Path
    pieces: Path
    fixes: Sequence[corrections.Correction]
    ended: Callable[[Path, Ended], InputError]
    used: set[str] = field(default_factory=set)
    _units: set[str] = field(default_factory=set)
    _failed: dict[str, Outcome] = field(default_factory=dict)

    def study(
        self,
        units: Sequence[Sequence[Outcome]],
        bounds: Bounds,
        cluster: Cluster,
        told: Callable[[Outcome, int, int], None],
    ) -> None:
        """Study every report of these units that has to be and was not, side by side. This comes before their tables are asked
        for."""
        fixed = {(c.unit, c.year) for c in self.fixes}
        concerned = [
            unit
            for unit in units
            if any((len(unit) > 1 and o.open) or (o.unit, o.year) in fixed for o in unit)
        ]
        self._units = {unit[0].unit for unit in concerned}
        total, settled, at = sum(map(len, concerned)), 0, 0

        def waiting() -> Iterator[tuple[Outcome, str, Records]]:
            nonlocal settled
            for outcomes in concerned:
                read = [tables_of(content(self.pieces / o.key)) for o in outcomes]
                for outcome, records, changed in self._settled(outcomes, read):
                    piece = _key(outcome, records) if changed else ""
                    if piece and not outcome_of(self.pieces / piece):
                        yield outcome, piece, records
                    else:
                        settled += 1

        left = waiting()
        first = next(left, None)
        if first is None:  # no cluster is started for nothing
            return
        study = partial(_study, base=self.base, pieces=self.pieces)
        for (outcome, *_), result in each(study, chain([first], left), bounds, cluster):
            settled += 1
            at = settled
            told(replace(outcome, state="settled"), at, total)
            if isinstance(result, Ended):
                self._failed[outcome.name] = outcome.failing(self.ended(self.base / outcome.name, result))
            elif result:
                self._failed[outcome.name] = outcome.failing(result)
        if at < total:  # the last of them needed nothing
            told(replace(outcome, state="settled"), total, total)

    def of_unit(
        self, outcomes: Sequence[Outcome], read: Sequence[Tables]
    ) -> Iterator[tuple[Outcome, Tables]]:
        """The reports of one unit, in order of years, with their tables as they are to be; none for one that has failed."""
        if outcomes[0].unit not in self._units:
            yield from zip(outcomes, read, strict=True)
            return
        for tables, (outcome, records, changed) in zip(read, self._settled(outcomes, read), strict=True):
            if outcome.state == "failed":
                yield outcome, {}
            elif not changed:
                yield outcome, tables
            elif outcome.name in self._failed:
                yield self._failed[outcome.name], {}
            else:
                piece = _key(outcome, records)
                self.used.add(piece)
                now = packed({name: records[name] for name in changed})
                yield outcome, {**tables, **now, **tables_of(content(self.pieces / piece))}

    def _settled(
        self, outcomes: Sequence[Outcome], read: Sequence[Tables]
    ) -> Iterator[tuple[Outcome, Records, list[str]]]:
        """Each report with its cells, and which tables of these are not as they were read; failed where a correction does not
        fit."""
        rows = [{name: tables[name].to_pylist() for name in _CELLS} for tables in read]
        for outcome, before, records in zip(outcomes, rows, decide(rows), strict=True):
            try:
                fixed = corrections.corrected(records, self.fixes)
            except InputError as error:
                yield outcome.failing(error), {}, []
                continue
            yield outcome, fixed, [name for name in _CELLS if fixed[name] is not before[name]]


def _key(outcome: Outcome, records: Records) -> str:
    """What the study of a report with these cells is kept under."""
    cells = json.dumps([records[name] for name in _CELLS], ensure_ascii=False)
    return hashlib.sha256((outcome.key + cells).encode(errors="replace")).hexdigest()[:40]


def _study(item: tuple[Outcome, str, Records], base: Path, pieces: Path) -> InputError | None:
    """Study one report with these records and leave the piece; what is wrong, if it cannot be done."""
    outcome, piece, records = item
    path = base / outcome.name
    try:
        report = read_report(path, outcome.unit, outcome.year)
        if report.records["documents"][0]["sha256"] != records["documents"][0]["sha256"]:
            return Unreached(
                f"{path} 在读取期间被改动：请再次运行。", f"{path} was changed while it was read: call again."
            )
        found = studied(decided(report, {**report.records, **records}))
        leave(pieces / piece, outcome, packed(found))
    except InputError as error:
        return error
    return None
