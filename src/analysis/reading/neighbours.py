"""What the reports of the years before and after say of a table that one year leaves open.

In: the records of one unit's reports. Out: the same, with readings struck out that a neighbouring year
rules out. A stock that one year hands to the next (上一年项目数量, 现行有效件数; declared with the tables
as ``carried``) must follow from it. That is no rule of the form: units count their stock anew, and then
a wrong cut may fit by chance. So it decides only in a unit where it can be met wherever it can be
tried, and is borne out: by two rows that are certain in both years, or by four rows in all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from analysis import templates
from analysis.figures import number
from analysis.reading.quantities import Quantity, parse_cell
from analysis.reading.report import Report
from analysis.templates import Carried

# So many rows that are certain in both years must meet the rule before it is trusted in a unit, or so
# many rows in all: one or two may fit by chance, four hardly.
_LEAST_CERTAIN, _LEAST = 2, 4

Records = Mapping[str, Sequence[Mapping]]
# What a reading of a row has in its columns, and the columns whose change is printed without its sign.
Reading = Mapping[str, float | None]
_UNSIGNED = "unsigned"


@dataclass(frozen=True)
class _Row:
    """One row of one year: its readings by number (0: the only one), the part of the table it is in."""

    year: int
    part: int
    readings: Mapping[int, Reading]


def decide(records: Sequence[Records]) -> list[Records]:
    """Strike out what neighbouring years rule out. ``records`` are of one unit, one entry a report."""
    if len(records) < 2 or not any(map(needs_neighbours, records)):
        return list(records)
    by_year = sorted(range(len(records)), key=lambda i: records[i]["documents"][0]["year"])
    changed = [dict(r) for r in records]
    rules = {
        c.code for f in templates.forms().values() for t in f.tables.values() for c in t.carried if c.reads
    }
    for code in sorted(rules):
        for surviving in _survivors(code, [changed[i] for i in by_year]):
            for i in by_year:
                if changed[i]["documents"][0]["year"] == surviving.year:
                    changed[i] = _struck(changed[i], surviving)
    return changed


def needs_neighbours(records: Records) -> bool:
    """Whether a table that hands on a stock is open in a report."""
    form = templates.forms()[records["documents"][0]["template"]]
    tables = {t.code for t in form.tables.values() if any(c.reads for c in t.carried)}
    return any(p["table"] in tables for p in records["placements"])


def decide_reports(reports: Sequence[Report], beside: Sequence[Report] = ()) -> list[Report]:
    """The same for reports; ``beside`` are further years that are looked at and not returned."""
    every = [*reports, *beside]
    changed = decide([r.records for r in every])[: len(reports)]
    return [decided(report, records) for report, records in zip(reports, changed, strict=True)]


def decided(report: Report, records: Records) -> Report:
    """The report with these records, and only the placements they leave in its tables."""
    if all(records[name] == report.records[name] for name in ("facts", "placements")):
        return report
    tables = {}
    before = _numbers(report.records["placements"])
    after = _numbers(records["placements"])
    for code, table in report.tables.items():
        parts = []
        for n, part in enumerate(table.parts, 1):
            if (code, n) in before and before[code, n] != after.get((code, n)):
                # Where every open cell of a part was corrected, it is not known which of its placements was meant.
                kept = records.get("kept", {}).get((code, n)) or after.get((code, n)) or before[code, n]
                placements = tuple(p for i, p in enumerate(part.solution.placements, 1) if i in kept)
                part = replace(part, solution=replace(part.solution, placements=placements))
            parts.append(part)
        tables[code] = replace(table, parts=tuple(parts))
    kept = {name: rows for name, rows in records.items() if name != "kept"}
    return replace(report, records=kept, tables=tables)


def _numbers(placements: Iterable[Mapping]) -> dict[tuple[str, int], set[int]]:
    found: dict[tuple[str, int], set[int]] = {}
    for row in placements:
        found.setdefault((row["table"], row["part"]), set()).add(row["placement"])
    return found


@dataclass(frozen=True)
class _Survivors:
    """The readings of a row that the neighbours leave, and which years they were."""

    year: int
    table: str
    row: str
    part: int
    numbers: frozenset[int]
    neighbours: tuple[int, ...]


def _survivors(code: str, records: Sequence[Records]) -> list[_Survivors]:
    """What the rule ``code`` leaves of the readings of one unit's reports, in order of years."""
    tables = [_table_with(code, r) for r in records]
    rows = {row for found in tables if found for row in found[0].rows}
    chains, tried, certain = [], 0, 0
    for row in sorted(rows):
        for chain in _runs([_row(t, row, r) if t else None for t, r in zip(tables, records, strict=True)]):
            rule = next(t for t in tables if t)[1]
            met = _met(chain, rule)
            if met is None:
                return []  # the unit has counted anew somewhere: the rule decides nothing here
            pairs = [pair for pair in zip(chain, chain[1:], strict=False) if not _trivial(pair)]
            tried += len(pairs)
            certain += sum(all(len(row.readings) == 1 for row in pair) for pair in pairs)
            chains.append((row, chain, met))
    if certain < _LEAST_CERTAIN and tried < _LEAST:
        return []
    table = next((t for t in tables if t), None)
    return [
        _Survivors(
            at.year,
            table[0].code,
            row,
            at.part,
            frozenset(left),
            tuple(c.year for c in chain if abs(c.year - at.year) == 1),
        )
        for row, chain, met in chains
        for at, left in zip(chain, met, strict=True)
        if len(left) < len(at.readings)
    ]


def _table_with(code: str, records: Records):
    """The table of a report's form that the rule is declared with, and the rule."""
    form = templates.forms()[records["documents"][0]["template"]]
    return next(((t, c) for t in form.tables.values() for c in t.carried if c.code == code), None)


def _row(table_and_rule, row: str, records: Records) -> _Row | None:
    """The readings of a row, if it has the columns of the rule and something is printed in it."""
    table, rule = table_and_rule
    wanted = {rule.to, *rule.plus, *rule.minus, *rule.plus_now, *rule.minus_now}
    if row not in table.rows or not wanted <= set(table.rows[row].columns):
        return None
    facts = {f["column"]: f for f in records["facts"] if f["table"] == table.code and f["row"] == row}
    open_ = [p for p in records["placements"] if p["table"] == table.code and p["row"] == row]
    certain = {c: f["value"] for c, f in facts.items() if f["value"] is not None}
    year = records["documents"][0]["year"]
    readings: dict[int, dict[str, float | None]] = {}
    for p in open_:
        kind = table.rows[row].columns[p["column"]].kind
        quantity = parse_cell(p["raw"], kind) if p["raw"] else None
        value = quantity.value if isinstance(quantity, Quantity) else None
        reading = readings.setdefault(p["placement"], dict(certain))
        reading[p["column"]] = value
        if kind == "change" and value and not quantity.sign:
            reading[_UNSIGNED] = 1.0
    if not readings:
        if not wanted <= certain.keys():
            return None
        readings = {0: certain}
    return _Row(year, open_[0]["part"] if open_ else 0, readings)


def _runs(rows: Sequence[_Row | None]) -> list[list[_Row]]:
    """Stretches of years that follow each other, two at least."""
    made: list[list[_Row]] = [[]]
    for row in rows:
        if row is None or (made[-1] and row.year != made[-1][-1].year + 1):
            made.append([])
        if row is not None:
            made[-1].append(row)
    return [run for run in made if len(run) > 1]


def _follows(before: Reading, now: Reading, rule: Carried) -> bool:
    """Whether this year's stock follows from last year's, under either sign where none is printed."""
    parts = [before.get(c) for c in (*rule.plus, *rule.minus)]
    parts += [now.get(c) for c in (*rule.plus_now, *rule.minus_now, rule.to)]
    if any(p is None for p in parts):
        return False
    carried = sum(now[c] for c in rule.plus_now) - sum(now[c] for c in rule.minus_now)
    carried += sum(before[c] for c in rule.plus) - sum(before[c] for c in rule.minus)
    if now[rule.to] == carried:
        return True
    # A change without its sign may be a loss.
    changes = [before[c] for c in rule.plus if before.get(_UNSIGNED) and c.endswith("_change")]
    return bool(changes) and now[rule.to] == carried - 2 * sum(changes)


def _met(chain: Sequence[_Row], rule: Carried) -> list[set[int]] | None:
    """For each year the readings that some way through all years passes; None if there is no way."""
    forward = [set(chain[0].readings)]
    for before, now in zip(chain, chain[1:], strict=False):
        forward.append(
            {
                n
                for n, reading in now.readings.items()
                if any(_follows(before.readings[b], reading, rule) for b in forward[-1])
            }
        )
    if not forward[-1]:
        return None
    for i in range(len(chain) - 2, -1, -1):
        forward[i] = {
            n
            for n in forward[i]
            if any(_follows(chain[i].readings[n], chain[i + 1].readings[m], rule) for m in forward[i + 1])
        }
    return forward


def _trivial(pair: tuple[_Row, _Row]) -> bool:
    """Nothing but zeros proves nothing."""
    return all(not any(r.values()) for row in pair for r in row.readings.values())


def _struck(records: Records, left: _Survivors) -> Records:
    """The records with only the readings that are ``left`` of a row."""

    def of_part(row: Mapping) -> bool:
        return row["table"] == left.table and row["part"] == left.part

    kept = [p for p in records["placements"] if of_part(p) and p["placement"] in left.numbers]
    basis = f"year:{','.join(map(str, left.neighbours))}"
    facts = []
    for fact in records["facts"]:
        ways = [
            p
            for p in kept
            if (p["table"], p["row"], p["column"]) == (fact["table"], fact["row"], fact["column"])
        ]
        facts.append(_narrowed(fact, ways, basis) if ways else fact)
    single = len(left.numbers) == 1
    placements = [p for p in records["placements"] if not of_part(p)] + ([] if single else kept)
    document = dict(records["documents"][0])
    count = 1
    for numbers in _numbers(p for p in placements if p["table"] == left.table).values():
        count *= len(numbers)
    document[f"placements_{left.table}"] = min(count, 10**12)
    remembered = {**records.get("kept", {}), (left.table, left.part): set(left.numbers)}
    return {**records, "facts": facts, "placements": placements, "documents": [document], "kept": remembered}


def _narrowed(fact: Mapping, ways: Sequence[Mapping], basis: str) -> Mapping:
    """A fact of which these readings are left."""
    kinds = {p["raw"] for p in ways}
    if len(kinds) > 1:
        values = sorted({raw or "blank" for raw in kinds}, key=lambda v: (len(v), v))
        return {**fact, "candidates": "|".join(values)}
    place = {k: ways[0][k] for k in ("raw", "where", "start", "end")}
    if ways[0]["value"] is None:  # a change without its sign
        size = re.sub(r"\D", "", ways[0]["raw"])
        return {
            **fact,
            **place,
            "candidates": f"+{number(float(size))}|-{number(float(size))}" if size else "",
        }
    return {
        **fact,
        **place,
        "value": ways[0]["value"],
        "status": "reported",
        "candidates": "",
        "basis": basis,
    }
