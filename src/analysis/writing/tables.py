"""Rates over the years, changes, and units side by side, as HTML tables.

In: the tables of measuring. Out: HTML fragments, in which every number that a sentence may lead to has its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

import pandas as pd

from analysis import frames
from analysis.figures import number, percent
from analysis.ledger import Ledger, keys_in
from analysis.measuring import headlines, indicators
from analysis.problems import categories, rules
from analysis.problems.inventory import declared_inventory
from analysis.templates import Cell, forms, series
from analysis.writing.charts.years import name
from analysis.writing.html import anchor, details, linked, row, table
from analysis.writing.labels import label
from analysis.writing.teller import decimals_of

# A page shows at most so many units; the rest stand in the files.
MOST_UNITS = 100


def _wide(head: Sequence[str], body: Iterable[str], noted: bool = False) -> str:
    """A table of numbers that may be wider than the page: then it is pushed, not the page. ``noted``: its last column is
    words."""
    return f'<div class="wide">{table(head, body, kind="grid noted" if noted else "grid")}</div>'


def _value(rate) -> str:
    """A rate as a cell shows it: the share, or the range where cells are open."""
    if not pd.isna(rate.value):
        return percent(rate.value, 1)
    return "" if pd.isna(rate.least) else f"{percent(rate.least, 1)}–{percent(rate.most, 1)}"


def _title(rate, language: str) -> str:
    """What stands behind a rate, for the pointer: the counts, the interval, the note."""
    note = getattr(rate, f"note_{language}")
    return note if pd.isna(rate.value) else f"{_behind(rate)} {note}".strip()


def _behind(rate) -> str:
    """The two counts of a rate and its interval."""
    interval = "" if pd.isna(rate.low) else f" [{percent(rate.low, 1)}, {percent(rate.high, 1)}]"
    return f"{number(rate.numerator)}/{number(rate.denominator)}{interval}"


def documents(of: pd.DataFrame, language: str, period: str = "") -> str:
    """The reports that were read: year, or the ``period`` of all, form, file."""
    form = f"form_{language}"
    body = [
        row(
            [escape(f"{d.unit} {period or d.year}"), escape(getattr(d, form)), escape(d.file)],
            anchor("documents", d.key),
        )
        for d in frames.tuples(of)
    ]
    return table([label(w, language) for w in ("report", "form", "file")], body, kind="list")


def counts_by_year(counts: pd.DataFrame, book: Ledger, language: str) -> str:
    """Every quantity in every year, each linked to the cells it sums."""
    years = sorted(set(counts["year"]))
    body = []
    for code, of in counts.groupby("series", sort=False):
        held = {r.year: r for r in frames.tuples(of)}
        cells = [
            f'<span id="{anchor("counts", held[y].key)}" class="{"few" if held[y].broken else ""}">'
            f"{linked(number(held[y].value), 'facts', held[y].of, book)}</span>"
            if y in held and not pd.isna(held[y].value)
            else "—"
            for y in years
        ]
        unit = series()[str(code)].unit
        body.append(
            row(
                [
                    escape(name(str(code), language) + (f"（{unit[language].strip()}）" if unit else "")),
                    *cells,
                ]
            )
        )
    return _wide([label("quantity", language), *map(str, years)], body)


def rates_by_year(rates: pd.DataFrame, language: str) -> str:
    """Every rate in every year; grey where it rests on few cases."""
    years = sorted(set(rates["year"]))
    body = []
    for code, of in rates.groupby("indicator", sort=False):
        indicator = indicators()[str(code)]
        if indicator.kind not in ("share", "ratio") or of["denominator"].isna().all():
            continue
        held = {r.year: r for r in frames.tuples(of)}
        cells = [_rate_cell(held.get(y), language) for y in years]
        use = escape(f"{indicator.use[language]} · {indicator.caution[language]}", quote=True)
        body.append(row([f'<span title="{use}">{escape(indicator.name(language))}</span>', *cells]))
    return _wide([label("indicator", language), *map(str, years)], body)


def _rate_cell(rate, language: str) -> str:
    if rate is None or not _value(rate):
        return "—"
    look = "few" if rate.small or rate.broken else ""
    title = escape(_title(rate, language), quote=True)
    return f'<span id="{anchor("rates", rate.key)}" class="{look}" title="{title}">{_value(rate)}</span>'


def changes(of: pd.DataFrame, language: str) -> str:
    """Rows of ``trends``: from, to, change with interval, test, p, verdict."""
    body = []
    for t in frames.tuples(of):
        rate = t.kind == "rate"

        def shown(value: float, rate: bool = rate) -> str:
            if pd.isna(value):
                return "—"
            return percent(value, 1) if rate else number(value)

        decimals = decimals_of(t.change, 1 if rate or t.span == "series" else 0)
        change = "" if pd.isna(t.change) else f"{t.change:+.{decimals}f}"
        interval = "" if pd.isna(t.low) else f"{t.low:+.{decimals}f} … {t.high:+.{decimals}f}"
        measure = "" if pd.isna(t.change) else _measure(t.unit_of_measure, language)
        note = getattr(t, f"note_{language}")
        body.append(
            row(
                [
                    escape(name(t.subject, language)),
                    f"{t.first}–{t.last}",
                    f"{shown(t.value_first)} → {shown(t.value_last)}",
                    f"{change}{measure}",
                    label(f"verdict_{t.verdict}", language),
                    interval,
                    label(f"test_{t.test}", language) if t.test else "",
                    _p(t.p),
                    _p(t.adjusted),
                    escape(note),
                ],
                anchor("trends", t.key),
                "few" if t.verdict in ("few", "untested", "break") else t.verdict,
            )
        )
    words = ("subject", "years", "from_to", "change", "verdict", "interval", "test", "p", "adjusted", "note")
    return _wide([label(w, language) for w in words], body, noted=True)


def _measure(unit: str, language: str) -> str:
    """What a change is counted in, as readers of ``language`` say it."""
    words, _, a_year = unit.partition("/")
    if language == "zh":
        return f" {unit}"
    english = {s.unit["zh"]: s.unit["en"] for s in series().values() if s.unit}
    return {"百分点": " points", "件": "", **english}[words] + (" a year" if a_year else "")


def _p(value: float) -> str:
    if pd.isna(value):
        return ""
    return "&lt;0.001" if value < 0.001 else f"{value:.3f}"


# section five


def _category(codes: str, language: str) -> str:
    """Categories by name."""
    return {"zh": "、", "en": ", "}[language].join(categories()[c].in_(language) for c in codes.split())


def items(of: pd.DataFrame, pairs: pd.DataFrame, language: str) -> str:
    """Every problem and measure: words, categories with the cues that decided, what made it an item, what goes with it."""
    with_: dict[str, list[str]] = {}
    for pair in frames.tuples(pairs):
        for one, other in ((pair.problem, pair.measure), (pair.measure, pair.problem)):
            with_.setdefault(one, []).append(
                f"{_short(other, language)}（{label('how_' + pair.how, language)}）"
            )
    specific = {code: rule[language] for code, rule in rules()["specifics"].items()}
    body = [
        row(
            [
                _short(i.key, language),
                escape(i.text),
                f'<span title="{escape(i.cues, quote=True)}">{escape(_category(i.categories, language)) or "—"}</span>',
                escape("；".join(with_.get(i.key, ())) or "—"),
                escape("、".join(specific[s] for s in i.specifics.split()) or "—"),
                "；".join(label(word, language) for word in _told(i)),
                f"<code>{escape(i.where)}</code>",
            ],
            anchor("items", i.key),
        )
        for i in frames.tuples(of)
    ]
    words = ("item", "text", "category", "goes_with", "specific", "rule", "where")
    return table([label(w, language) for w in words], body, kind="list") if body else ""


def _told(item) -> Iterator[str]:
    """The labels of what made something an item, and whether it is told as done, and of last year."""
    yield f"rule_{item.rule}"
    if item.done:
        yield "told_done"
    if item.last_year:
        yield "told_last_year"


def _short(key: str, language: str) -> str:
    """An item by its kind and number."""
    kind, n = key.split("/")[-2:]
    return f"{label('item_' + kind, language)}{n}"


def inventory(of: pd.DataFrame, book: Ledger, language: str) -> str:
    """What was built and done: type, name, the numbers that stand with it, the clause."""
    types = declared_inventory()["types"]
    body = [
        row(
            [
                escape(types[i.type][language]),
                escape(i.name),
                "、".join(
                    linked(number(book.value("claims", k)), "claims", k, book)
                    for k in keys_in(i.numbers, i.unit)
                )
                or "—",
                escape(i.quote),
                f"<code>{escape(i.where)}</code>",
            ],
            anchor("inventory", i.key),
        )
        for i in frames.tuples(of)
    ]
    words = ("type", "thing", "numbers", "quote", "where")
    return (
        table([label(w, language) for w in words], body, kind="list")
        if body
        else f"<p>{label('nothing', language)}</p>"
    )


def followed(
    follow_up: pd.DataFrame, recurrence: pd.DataFrame, known: Mapping[str, pd.DataFrame], language: str
) -> str:
    """The measures of the report before beside the nearest sentence, and the problems that were there before."""
    text = known["items"].set_index("key")["text"]
    said = known["sentences"].set_index("key")["text"]
    measures = [
        row(
            [
                escape(f"{f.promised} {text[f.measure]}"),
                escape(said[f.sentence]) if f.sentence else "—",
                f"{f.score:.2f}",
                label(f"state_{f.state}", language),
            ],
            anchor("follow_up", f.key),
        )
        for f in frames.tuples(follow_up)
    ]
    again = [
        row(
            [
                escape(text[r.problem]),
                escape(f"{r.earlier_year} {text[r.earlier]}") if r.earlier else "—",
                label(f"how_{r.how}", language) if r.how else "—",
                f"{r.likeness:.2f}" if r.earlier else "",
                f"{r.since} · {r.reports}",
            ],
            anchor("recurrence", r.key),
        )
        for r in frames.tuples(recurrence)
    ]
    made = []
    for title, words, body in (
        ("measures_followed", ("promised", "nearest", "score", "state"), measures),
        ("problems_again", ("problem", "earlier_problem", "how", "likeness", "since"), again),
    ):
        if body:
            shown = table([label(w, language) for w in words], body, kind="list")
            made.append(details(shown, label(title, language)))
    return "\n".join(made)


def elsewhere(of: Iterable[tuple[str, str]], book: Ledger, language: str) -> str:
    """Rows of tables that are not on the page otherwise: what each holds, and where it stands."""
    body = [
        row(
            [escape(key), label(f"table_{name}", language), escape(book.explain(name, key))],
            anchor(name, key),
        )
        for name, key in of
    ]
    return table([label(w, language) for w in ("key", "table", "text")], body, kind="list") if body else ""


# many units


def aggregates(of: pd.DataFrame, language: str) -> str:
    """Every indicator over the units of a group: sum over sum, mean of the rates, how much the units differ."""
    body = []
    for a in frames.tuples(of):
        if pd.isna(a.value):
            continue
        interval = "" if pd.isna(a.low) else f"{percent(a.low, 1)}–{percent(a.high, 1)}"
        phi = "—" if pd.isna(a.phi) else number(round(a.phi, 1))
        body.append(
            row(
                [
                    escape(indicators()[a.indicator].name(language)),
                    f"{a.counted}/{a.units}",
                    number(a.numerator),
                    number(a.denominator),
                    percent(a.value),
                    interval,
                    percent(a.mean),
                    percent(a.median),
                    phi,
                    escape(getattr(a, f"note_{language}")),
                ],
                anchor("aggregates", a.key),
            )
        )
    words = (
        "indicator",
        "counted",
        "numerator",
        "denominator",
        "together",
        "interval",
        "mean",
        "median",
        "phi",
        "note",
    )
    return _wide([label(w, language) for w in words], body, noted=True)


def units(comparison: pd.DataFrame, documents: pd.DataFrame, errors: Mapping[str, int], language: str) -> str:
    """The headline rates of the units side by side: those that stand out first, then by number of decisions."""
    headline = [c for c in dict.fromkeys(comparison["indicator"]) if c in headlines()]
    rows = comparison[comparison["indicator"].isin(headline)]
    size = comparison[comparison["indicator"] == "disclosure_rate"].set_index("unit")["denominator"]
    out = set(rows.loc[rows["outside"] != "", "unit"])
    order = sorted(documents["unit"], key=lambda u: (u not in out, -_or_nothing(size.get(u)), u))
    by_unit = {unit: {r.indicator: r for r in frames.tuples(of)} for unit, of in rows.groupby("unit")}
    body = []
    # Who stands out has a row of its own (``outside``); that is where a figure leads.
    for unit in order[:MOST_UNITS]:
        cells = [_unit_cell(by_unit.get(unit, {}).get(c), language) for c in headline]
        wrong = number(errors[unit]) if errors.get(unit) else ""
        body.append(row([escape(unit), number(_or_nothing(size.get(unit))), *cells, wrong]))
    words = [label("unit", language), label("decisions", language)]
    head = [*words, *(indicators()[c].name(language) for c in headline), label("own_errors", language)]
    left = len(order) - MOST_UNITS
    more = f"<p>{label('more_units', language).format(n=left)}</p>" if left > 0 else ""
    return _wide(head, body) + f"<p>{label('percentile_note', language)}</p>" + more


def outside(of: pd.DataFrame, language: str) -> str:
    """Who lies beyond the limits, with all that was compared; nothing if nobody does."""
    body = [
        row(
            [
                escape(c.unit),
                escape(indicators()[c.indicator].name(language)),
                f"{percent(c.value, 1)} ({number(c.numerator)}/{number(c.denominator)})",
                f"{percent(c.limit_low, 1)}–{percent(c.limit_high, 1)}",
                percent(c.centre, 1),
                f"P{c.percentile:.0f} / {c.comparable}",
                _p(c.p),
                _p(c.adjusted),
                f"{escape(_row(c.why, language))} {c.excess:+.0f}" if c.why else "—",
            ],
            anchor("comparison", c.key),
        )
        for c in frames.tuples(of.head(MOST_UNITS))
    ]
    words = ("unit", "indicator", "value", "limit", "together", "percentile", "p", "adjusted", "excess")
    left = len(of) - MOST_UNITS
    more = f"<p>{label('more_rows', language).format(n=left)}</p>" if left > 0 else ""
    return _wide([label(w, language) for w in words], body) + more if body else ""


def _row(cell: str, language: str) -> str:
    """What a row of the form is called."""
    of = Cell.parse(cell)
    named = (form.tables[of.table].rows.get(of.row) for form in forms().values() if of.table in form.tables)
    return next((entry.in_(language) for entry in reversed([n for n in named if n])), of.row)


def _or_nothing(value: float | None) -> float:
    return 0.0 if value is None or pd.isna(value) else float(value)


def _unit_cell(of, language: str) -> str:
    if of is None or pd.isna(of.value):
        return "—"
    note = getattr(of, f"note_{language}")
    place = "" if pd.isna(of.percentile) else f" <small>P{of.percentile:.0f}</small>"
    title = escape(f"{_behind(of)} {note}".strip(), quote=True)
    look = of.outside or ("few" if of.small or not of.counted else "")
    mark = {"above": " ▲", "below": " ▼"}.get(of.outside, "")
    identity = "" if of.outside else f' id="{anchor("comparison", of.key)}"'
    return f'<span{identity} class="{look}" title="{title}">{percent(of.value, 1)}{mark}{place}</span>'


def errors(of: pd.DataFrame, language: str) -> str:
    """The errors that the reports have in their own figures, and where."""
    body = [
        row(
            [
                escape(f"{e.unit} {e.year}"),
                escape(getattr(e, f"message_{language}")),
                f"<code>{escape(e.where)}</code>",
            ],
            anchor("findings", e.key),
        )
        for e in frames.tuples(of.head(MOST_UNITS))
    ]
    return table([label(w, language) for w in ("report", "finding", "where")], body, kind="list")


def publication(of: pd.DataFrame, language: str) -> str:
    """When the reports were published, and by when they were due (``of``: unit, published, due, late)."""
    body = [
        row(
            [
                escape(d.unit),
                d.published or "—",
                d.due,
                label("late" if d.late else "on_time", language) if d.published else "—",
            ],
            anchor("publication", d.key),
        )
        for d in frames.tuples(of.sort_values(["late", "unit"], ascending=[False, True]).head(MOST_UNITS))
    ]
    return table([label(w, language) for w in ("unit", "published", "due", "timeliness")], body, kind="list")


def passed_over(messages: Sequence[str], language: str) -> str:
    """The files that could not be read, a sentence each; nothing if there are none."""
    return _listed("not_read", messages, language)


def odd(notes: Sequence[str], language: str) -> str:
    """What is odd about files that were read, a sentence each; nothing if nothing is."""
    return _listed("odd", notes, language)


def _listed(word: str, sentences: Sequence[str], language: str) -> str:
    listed = "".join(f"<li>{escape(s)}</li>" for s in sentences)
    return f"<p>{label(word, language)}</p><ul>{listed}</ul>" if listed else ""


def folded(of: Mapping[str, str]) -> str:
    """Tables by their summary, folded away."""
    return "\n".join(details(html, summary) for summary, html in of.items())
