"""Tables and sentences as HTML: what readers see in the notebook and on the page.

In: tables of a run. Out: HTML fragments. Every figure in a sentence is a link to the row it was
taken from, and its title spells the source out; every cell of a report's table carries its place in
the file. Everything from a source is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import pandas as pd

from analysis import frames, ledger
from analysis.checking import declared_findings
from analysis.figures import Printed, number, percent
from analysis.ledger import Ledger, terms
from analysis.measuring import indicators
from analysis.problems import aspects, categories, rules
from analysis.reading import Report
from analysis.templates import Cell, Form, concepts, sections
from analysis.writing import style
from analysis.writing.labels import label

# A title spells out at most this many rows.
_MOST = 12
# A plotted table shows at most so many rows.
_ROWS = 300


def anchor(table: str, key: str) -> str:
    """The id of a row on the page."""
    return escape(f"{table}/{key.partition(':')[0]}", quote=True)


def linked(words: str, table: str, key: str, book: Ledger) -> str:
    """Words that lead to the first row their key names, with all of them spelt out in the title."""
    named = terms(key)
    if not named:
        return escape(words)
    first, _, rest = named[0].rpartition("|")
    title = (
        f"{len(named)} × {table}" if len(named) > _MOST else "; ".join(book.explain(table, t) for t in named)
    )
    href, title = anchor(first or table, rest), escape(title, quote=True)
    return f'<a class="figure" href="#{href}" title="{title}">{escape(words)}</a>'


def sentence(text: str, figures: Sequence[Printed], book: Ledger) -> str:
    """A sentence with each figure linked to its source."""
    out, position = [], 0
    for printed in figures:
        out.append(escape(text[position : printed.start]))
        figure = printed.figure
        out.append(linked(figure.text, figure.table, figure.key, book))
        position = printed.end
    return "".join(out) + escape(text[position:])


def statements(rows: pd.DataFrame, book: Ledger, language: str, *, roles: bool = False) -> str:
    """Statements as paragraphs; with ``roles`` each says whether it was said, computed or suggested."""
    made = []
    for row in frames.tuples(rows):
        tag = f'<span class="role">{label(row.role, language)}</span> ' if roles else ""
        told = sentence(row.text, ledger.from_json(row.figures), book)
        made.append(f'<p class="statement {row.role}">{tag}{told}</p>')
    return "\n".join(made)


def _place(where: str) -> str:
    return f"<code>{escape(where)}</code>"


def table(head: Sequence[str], body: Iterable[str], caption: str = "", kind: str = "") -> str:
    """An HTML table with a caption and column headers; ``body`` are rows made with ``row``."""
    cells = "".join(f'<th scope="col">{escape(h)}</th>' for h in head)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<table class="{kind}">{title}<thead><tr>{cells}</tr></thead>\n<tbody>'
        + "\n".join(body)
        + "</tbody></table>"
    )


def row(cells: Sequence[str], identity: str = "", kind: str = "") -> str:
    """One table row of ready HTML cells; the first is its header."""
    attributes = (f' id="{identity}"' if identity else "") + (f' class="{kind}"' if kind else "")
    first, *rest = cells
    return f'<tr{attributes}><th scope="row">{first}</th>' + "".join(f"<td>{c}</td>" for c in rest) + "</tr>"


# the report's own tables


def _fact_cell(fact: Mapping, language: str) -> str:
    if fact["status"] == "ambiguous":
        words = fact["candidates"].replace("blank", "–").replace("|", " / ")
    elif fact["status"] == "not_applicable":
        words = fact["raw"]
    else:
        words = "" if pd.isna(fact["value"]) else _fact_value(fact)
    title = escape(f"{fact['where']} {fact['raw']}".strip(), quote=True)
    spoken = f' aria-label="{label("blank", language)}"' if fact["status"] == "blank" else ""
    look = f"text-align:right;background:{style.STATUSES[fact['status']]}"
    identity = anchor("facts", fact["key"])
    return f'<td id="{identity}" class="{fact["status"]}" style="{look}" title="{title}"{spoken}>{escape(words)}</td>'


def _severity(severity: str, language: str) -> str:
    ink = style.PAPER if severity == "error" else style.INK
    look = f"background:{style.SEVERITIES[severity]};color:{ink};padding:0 .45em;white-space:nowrap"
    return f'<span class="severity" style="{look}">{label(severity, language)}</span>'


def _fact_value(fact: Mapping) -> str:
    signed = f"{fact['value']:+.0f}" if fact["column"] == "items_change" else number(fact["value"])
    return f"{signed} {fact['unit_of_measure']}".strip() if fact["column"] == "amount" else signed


def report_tables(report: Report, language: str) -> str:
    """The three tables of the report, clean, as the form lays them out."""
    facts = {f["key"]: f for f in report.facts.to_dict("records")}
    made = []
    for form_table in report.form.tables.values():
        caption = form_table.en if language == "en" else form_table.zh
        layouts: dict[tuple, list] = {}
        for line in form_table.rows.values():
            layouts.setdefault((line.heading, tuple(line.columns)), []).append(line)
        for (heading, columns), lines in layouts.items():
            names = [lines[0].columns[c].in_(language) for c in columns]
            body = []
            for line in lines:
                held = [facts[f"{report.key}/{Cell(form_table.code, line.code, c)}"] for c in columns]
                if form_table.partial and all(f["status"] == "absent" for f in held):
                    continue
                cells = [_fact_cell(f, language) for f in held]
                group = form_table.groups.get(line.code.partition(".")[0]) if "." in line.code else None
                name = f"{group.in_(language)} · {line.in_(language)}" if group else line.in_(language)
                body.append(f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>')
            full = f"{caption} {heading}".strip() if language == "zh" else caption
            made.append(table([label("row", language), *names], body, full, "form"))
    return "\n".join(made)


def open_cells(report: Report, language: str) -> str:
    """The cells that cannot be placed, with what each may hold."""
    rows = [
        row(
            [
                escape(report.form.label(Cell(f["table"], f["row"], f["column"]), language)),
                escape(f["candidates"].replace("blank", label("blank", language)).replace("|", " / ")),
                _place(f["where"]),
            ]
        )
        for f in report.facts[report.facts["status"] == "ambiguous"].to_dict("records")
    ]
    head = [label(w, language) for w in ("column", "candidates", "where")]
    return details(table(head, rows, kind="list"), label("open_cell", language)) if rows else ""


def details(html: str, summary: str) -> str:
    """HTML folded away behind a line that opens it."""
    return f"<details><summary>{escape(summary)}</summary>{html}</details>"


# what was made of it


def findings(study_findings: pd.DataFrame, told: pd.DataFrame, book: Ledger, language: str) -> str:
    """The findings, most serious first: what, where, printed, expected, and the rule."""
    by_key = _by_key(told, "findings")
    body = []
    for finding in frames.tuples(study_findings):
        told_row = by_key[finding.key.removeprefix(f"{finding.unit}/{finding.year}/")]
        message = sentence(told_row.text, ledger.from_json(told_row.figures), book)
        entry = declared_findings()[finding.code]
        rule = escape(entry["basis"][language], quote=True)
        body.append(
            row(
                [
                    _severity(finding.severity, language),
                    f'<span title="{rule}">{message}</span><br><code>{finding.code}</code> '
                    f'<code title="{escape(label("fingerprint", language), quote=True)}">{finding.fingerprint}</code>'
                    f"{_decision(finding, language)}",
                    _place(finding.where),
                ],
                anchor("findings", finding.key),
                finding.severity,
            )
        )
    head = [label(w, language) for w in ("severity", "finding", "where")]
    return table(head, body, kind="findings")


def _decision(finding, language: str) -> str:
    """What people decided of a finding, by whom, when and why."""
    if not finding.decision:
        return ""
    told = " ".join(escape(w) for w in (finding.decided_by, finding.decided_on, finding.reason) if w)
    return f"<br><em>{label(finding.decision, language)}</em> {told}"


# What is told of a rate, column by column, and what stands where it has no value.
RATE = ("indicator", "numerator", "denominator", "rate", "interval", "note")
NO_VALUE = "—"


def rate_cells(rate, language: str) -> tuple[str, ...]:
    """A rate in the words of each column of ``RATE``."""
    indicator = indicators()[rate.indicator]
    plain = indicator.kind in ("count", "concentration") or indicator.source == "prose"

    def shown(value: float) -> str:
        if pd.isna(value):
            return ""
        return number(round(value, 4)) if plain else percent(value)

    return (
        indicator.name(language),
        *("" if pd.isna(side) else number(side) for side in (rate.numerator, rate.denominator)),
        shown(rate.value)
        or (f"{shown(rate.least)}–{shown(rate.most)}" if not pd.isna(rate.least) else NO_VALUE),
        "" if pd.isna(rate.low) else f"{percent(rate.low, 1)}–{percent(rate.high, 1)}",
        rate.note_en if language == "en" else rate.note_zh,
    )


def rates(of: pd.DataFrame, book: Ledger, language: str) -> str:
    """Every indicator: numerator, denominator, value, interval, note; use and caution on hover."""
    body = []
    for rate in frames.tuples(of):
        indicator = indicators()[rate.indicator]
        name, above, below, value, interval, note = rate_cells(rate, language)
        use = f"{indicator.use[language]} · {indicator.caution[language]}"
        body.append(
            row(
                [
                    f'<span title="{escape(use, quote=True)}">{escape(name)}</span>',
                    above and linked(above, "facts", rate.numerator_of, book),
                    below and linked(below, "facts", rate.denominator_of, book),
                    value,
                    interval,
                    escape(note),
                ],
                anchor("rates", rate.key),
                "small" if rate.small else "",
            )
        )
    return table([label(w, language) for w in RATE], body, kind="rates")


def problems(of: pd.DataFrame, told: pd.DataFrame, book: Ledger, language: str) -> str:
    """Section five, item by item: problem, measure, category, whether and how they fit, and under
    each what the figures say (``told`` are the statements of the draft's problems)."""
    evidence = _by_key(told, "evidence")
    head = [
        "",
        *(label(w, language) for w in ("problem", "measure", "category", "answer", "specific", "where")),
    ]
    body = []
    for item in frames.tuples(of):
        category = categories().get(item.category)
        specific = [rules()["specifics"][code][language] for code in item.specifics.split()]
        cues = escape(item.cues, quote=True)
        name = (category.en if language == "en" else category.zh) if category else "—"
        body.append(
            row(
                [
                    str(item.order),
                    escape(item.problem),
                    escape(item.measure) or label("none", language),
                    f'<span title="{cues}">{escape(name)}</span>',
                    escape(_answer(item, language)),
                    escape("、".join(specific) if specific else label("nothing", language)),
                    _place(item.where),
                ],
                anchor("problems", item.key),
            )
        )
        if said := evidence.get(str(item.order)):
            words = sentence(said.text, ledger.from_json(said.figures), book)
            body.append(
                f'<tr class="evidence"><td></td><td colspan="{len(head) - 1}">'
                f"<b>{label('evidence', language)}</b> {words}</td></tr>"
            )
    return table(head, body, kind="problems")


def _answer(item, language: str) -> str:
    """Whether the measure answers the problem, and what it leaves out."""
    open_ = [aspects()[code] for code in item.unanswered.split()]
    if item.answer not in ("partial", "other") or not open_:
        return label(item.answer, language)
    if language == "en":
        return f"{label(item.answer, language)}; left out: {', '.join(a.en for a in open_)}"
    return f"{label(item.answer, language)}；未及{'、'.join(a.zh for a in open_)}"


def _by_key(told: pd.DataFrame, part: str) -> dict[str, object]:
    """Statements by what follows ``/<part>/`` in their key."""
    return {r.key.partition(f"/{part}/")[2]: r for r in frames.tuples(told) if f"/{part}/" in r.key}


def claims(report: Report, language: str) -> str:
    """Every number of the prose, what it speaks of, and where it stands."""
    body = []
    for claim in frames.tuples(report.claims):
        concept = concepts().get(claim.about)
        name = "—" if concept is None else concept.en if language == "en" else concept.zh
        if claim.of:
            whole = concepts()[claim.of]
            name += " / " + (whole.en if language == "en" else whole.zh)
        section = sections()[claim.section]
        body.append(
            row(
                [
                    escape(number(claim.value) + claim.unit_of_measure),
                    escape(claim.quote),
                    escape(name),
                    escape((section.en if language == "en" else section.zh) + claim.part),
                    _place(claim.where),
                ],
                anchor("claims", claim.key),
            )
        )
    head = [label(w, language) for w in ("value", "quote", "about", "section", "where")]
    return table(head, body, kind="list")


def sentences(report: Report, told: Iterable[str], language: str) -> str:
    """The sentences of the prose that numbers of the findings count (``told`` are the figures of these as JSON),
    each with its place; nothing where there are none."""
    counted = {key for name, key in ledger.rows_named(told) if name == "sentences"}
    body = [
        row([escape(s.text), _place(s.where)], anchor("sentences", s.key))
        for s in frames.tuples(report.sentences)
        if s.key in counted
    ]
    return table([label(w, language) for w in ("quote", "where")], body, kind="list") if body else ""


def document(report: Report, language: str) -> str:
    """What was read: file, hash, form, and what the page did to it."""
    of = report.document
    form: Form = report.form
    cells = [
        f"{of['unit']} {of['year']}",
        form.en if language == "en" else form.zh,
        of["file"],
        of["sha256"][:16],
    ]
    head = {
        "zh": ["报告", "格式", "文件", "SHA-256（前16位）"],
        "en": ["report", "form", "file", "SHA-256 (first 16)"],
    }[language]
    return table(head, [row([escape(str(c)) for c in cells], anchor("documents", of["key"]))], kind="list")


def plotted(of: pd.DataFrame, language: str) -> str:
    """The table behind a chart, folded away; of a long one the beginning."""
    head = [str(c) for c in of.columns]
    body = [row([escape(_plain(v)) for v in values]) for values in frames.tuples(of.head(_ROWS))]
    left = len(of) - len(body)
    more = f"<p>{label('more_rows', language).format(n=left)}</p>" if left > 0 else ""
    return details(table(head, body, kind="list") + more, label("plotted", language))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return "" if pd.isna(value) else number(round(value, 4))
    return str(value)
