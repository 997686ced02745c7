"""Sentences over typed figures.

In: a report and the tables made from it. Out: the table ``statements`` – every sentence that the
workbook says of the report, with its role (what the source said, what was computed, what is
suggested) and its figures. The sentences are declared in statements.yml; numbers reach them only
through the functions of ``_Teller``, each of which returns figures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import pandas as pd

from analysis import frames, ledger
from analysis.figures import UNKNOWN, Figure, Rendered, Unknown, number, stray_digits
from analysis.ledger import Ledger, keys_in
from analysis.measuring import indicators
from analysis.problems import aspects, categories, contradictions, opening, rules, said
from analysis.problems.findings import progress_in
from analysis.problems.labels import evidence_on, label_of
from analysis.problems.pairing import fold
from analysis.problems.split import MEASURE
from analysis.reading import Report
from analysis.reading.facts import PlacedTable
from analysis.templates import Cell, concepts
from analysis.writing.teller import Teller

# The verdicts on a change that the draft tells: those of a test, and that there are few cases.
_WHOLE = r"全年|共(?:计|向社会|主动|公开|发布)|总计|合计|总数|\d年(?:度|,|，)?(?:我?[省市县区局委])?主动公开"
_PART = "其中|通过|网站|微信|公众号|微博|新媒体|政务大厅|查阅|局|乡镇|街道|各单位"
_TOLD = ("rise", "fall", "none", "few")


@dataclass(frozen=True)
class Study:
    """One report and everything made from it: what a notebook shows, and sentences speak of."""

    report: Report
    findings: pd.DataFrame
    rates: pd.DataFrame
    five: Mapping[str, pd.DataFrame]
    evidence: pd.DataFrame
    inventory: pd.DataFrame
    years: Mapping[str, pd.DataFrame]

    @property
    def problems(self) -> pd.DataFrame:
        """Each problem of section five with its measures."""
        return self.five["problems"]

    def of_year(self, name: str) -> pd.DataFrame:
        """The rows of this report in a table over the years: ``recurrence``, ``follow_up``, ``trends``."""
        table = self.years[name]
        return table[table["year"] == self.report.year]

    @property
    def known(self) -> dict[str, pd.DataFrame]:
        """The tables that sentences may lead to: those of the report, and of the unit's other years what is spoken of."""
        return {**self.tables, **self.years}

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        report = self.report
        return {
            "documents": report.document.to_frame().T,
            "facts": report.facts,
            "placements": report.placements,
            "claims": report.claims,
            "sentences": report.sentences,
            "findings": self.findings,
            "rates": self.rates,
            **self.five,
            "evidence": self.evidence,
            "inventory": self.inventory,
            **{name: self.of_year(name) for name in ("recurrence", "follow_up", "trends")},
        }


class _Teller(Teller):
    """The functions that templates may call, and the statements told so far."""

    def __init__(self, study: Study, language: str) -> None:
        report = study.report
        super().__init__("statements.yml", Ledger(study.known), report.unit, report.year, language)
        self.study = study
        self.cells = report.cells
        self.context = {
            "unit": self.quote("documents", f"{self.key}:unit", report.unit),
            "year": self.document("year"),
            "cell": self.cell,
            "concept": self.concept,
            "rate": self.rate,
            "claim": self.claim,
            "document": self.document,
            "said": lambda pattern: said(report, pattern),
            "level": self.percent("rates", f"{self.key}/{next(iter(indicators()))}:confidence", 0),
            "approximate": self.approximate,
        }

    # what templates call

    def cell(self, address: str) -> Figure:
        return self.ledger.cells(self.key, [Cell.parse(address)])

    def concept(self, code: str) -> Figure | Unknown:
        addresses = concepts()[code].cells_in(self.study.report.form)
        certain = self.cells.certain(addresses) is not None
        return self.ledger.cells(self.key, addresses) if certain else UNKNOWN

    def rate(self, code: str) -> SimpleNamespace | Unknown:
        """The figures of an indicator; unknown if it has no single value."""
        row = self.study.rates.set_index("indicator").loc[code]
        if pd.isna(row["value"]):
            return UNKNOWN
        whole = indicators()[code].kind == "count" or code == "interpretation_ratio"

        def shown(column: str, decimals: int | None) -> Figure | Unknown:
            key = f"{self.key}/{code}:{column}"
            if pd.isna(row[column]):
                return UNKNOWN
            return self.plain("rates", key) if decimals is None else self.percent("rates", key, decimals)

        return SimpleNamespace(
            value=shown("value", None if whole else 2),
            **{column: shown(column, None) for column in ("numerator", "denominator")},
            **{column: shown(column, 1) for column in ("low", "high")},
            small=bool(row["small"]),
            broken=bool(row["broken"]),
        )

    def _said(self, code: str) -> pd.Series | None:
        """The number that the prose gives for the whole of something, in so many words (全年, 共); what is a part (其中), or of one
        channel or office, is not the whole."""
        claims, unit = self.study.report.claims, self.study.report.unit
        quotes = claims["quote"].str.replace(unit, "", regex=False)
        whole = quotes.str.contains(_WHOLE) & ~quotes.str.contains(_PART)
        found = claims[(claims["about"] == code) & whole]
        return found.iloc[0] if found["value"].nunique() == 1 else None

    def claim(self, code: str) -> Figure | Unknown:
        """The number that the prose gives for a concept; unknown if it gives several, none of them as the whole."""
        said_ = self._said(code)
        return (
            UNKNOWN if said_ is None else self.ledger.figure("claims", said_["key"], number(said_["value"]))
        )

    def approximate(self, code: str) -> bool:
        """Whether the prose gives it as approximate (余)."""
        said_ = self._said(code)
        return said_ is not None and bool(said_["approximate"])

    def sentence(self, key: str) -> Figure | str:
        """A sentence of the report in its own words."""
        return self.quote("sentences", f"{key}:text", self.ledger.row("sentences", key)["text"].rstrip("。"))

    def document(self, column: str) -> Figure:
        return self.ledger.figure("documents", f"{self.key}:{column}")

    def findings(self, found: pd.DataFrame, section: str) -> None:
        """The messages of findings are statements too."""
        for finding in frames.tuples(found):
            figures = ledger.from_json(json.loads(finding.figures)[self.language])
            message = finding.message_en if self.language == "en" else finding.message_zh
            identity = f"{section}/{finding.key.removeprefix(self.key + '/')}"
            self.add(identity, section, "computed", Rendered(message, figures))


def statements_of(study: Study, language: str) -> pd.DataFrame:
    """Every sentence about one report in ``language`` (table ``statements``), in reading order."""
    teller = _Teller(study, language)
    _summary(teller)
    teller.findings(study.findings, "findings")
    teller.tell("refusal.readings", "rates")
    teller.tell("not_concentrated", "rates")
    teller.tell("disputes.summary", "disputes")
    _draft(teller)
    return frames.frame("statements", teller.rows)


def _summary(teller: _Teller) -> None:
    form = teller.study.report.form
    file = teller.quote("documents", f"{teller.key}:file", teller.study.report.document["file"])
    names = {
        f"form_{language}": teller.quote("documents", f"{teller.key}:form_{language}", name)
        for language, name in (("zh", form.zh), ("en", form.en))
    }
    if teller.study.report.document["synthetic"]:
        teller.tell("summary.synthetic", "summary")
    teller.tell("summary.document", "summary", file=file, **names)
    if teller.study.report.document["edition"] == "restated":
        teller.tell("summary.restated", "summary")
    teller.tell("summary.applications", "summary")
    found = teller.study.findings
    found = found[found["decision"] != "dismissed"]
    levels = {f"{s}s": teller.tally("findings", found[found["severity"] == s]) for s in frames.SEVERITIES}
    teller.tell("summary.findings", "summary", **levels)
    open_tables = [t for t in teller.study.report.tables.values() if not t.complete or t.placements > 1]
    for placed in open_tables:
        _unplaced(teller, placed)
    if not open_tables:
        teller.tell("unplaced.none", "unplaced")


def _unplaced(teller: _Teller, placed: PlacedTable) -> None:
    """Why the numbers of one table cannot all be placed."""
    table, facts = placed.printed.table, teller.study.report.facts
    open_ = facts[(facts["table"] == table.code) & (facts["status"] == "ambiguous")]
    teller.tell(
        "unplaced.some",
        "unplaced",
        f"unplaced.some/{table.code}",
        table=table.en if teller.language == "en" else table.zh,
        n=teller.document(f"placements_{table.code}"),
        open=teller.ledger.tally("facts", list(open_["key"])),
        complete=placed.complete,
        adds_up=not placed.broken,
        presumed=any(part.solution.presumed for part in placed.parts),
        glued=placed.glued,
        totals_certain=table.code == "applications"
        and not open_["column"].isin(["natural_person", "total"]).any(),
    )


def _draft(teller: _Teller) -> None:
    """The drafted section five: problems with evidence, progress, measures."""
    study = teller.study
    problems = study.problems[study.problems["problem"] != ""]
    passed_over = [t for t, stated in frames.tuples(study.evidence[["topic", "stated"]]) if not stated]
    wrong = contradictions(study.findings)
    errors = teller.tally("findings", wrong)
    if problems.empty:
        teller.tell("stated.none", "problems")
    for problem in frames.tuples(problems):
        words = _words(teller, problem)
        teller.tell("stated", "problems", f"stated/{problem.order}", **words)
        _evidence(teller, problem)
        _changes(teller, problem)
        _again(teller, problem)
    for topic in passed_over:
        teller.tell(f"passed_over.{topic}", "problems", errors=errors)
        if topic == "errors":
            teller.findings(wrong, "problems")

    _progress(teller)
    _measures(teller, problems)
    for topic in passed_over:
        teller.tell(f"suggest.{topic}", "measures", errors=errors)


def _evidence(teller: _Teller, problem) -> None:
    """What the figures say about one problem; that they say nothing, if they do not."""
    marks = teller.study.evidence.set_index("key")["figures_show"]
    identity = f"evidence/{problem.order}"
    known = f"evidence.{problem.category}"
    if known in teller.declared and teller.tell(known, "problems", identity):
        return
    in_prose = marks[f"{teller.key}/{identity}"] == 1
    claim = said(teller.study.report, evidence_on(problem.category)["said"]) if in_prose else ""
    clause = teller.ledger.row("claims", claim)["quote"].strip() if claim else ""
    teller.tell(
        "evidence.other", "problems", identity, clause=teller.quote("claims", f"{claim}:quote", clause)
    )


def _progress(teller: _Teller) -> None:
    """What became of last year's problems and measures: what the report itself says, and what is found in it."""
    study = teller.study
    told = progress_in(study.report, study.five["items"])
    if "problems" not in study.report.sections:
        teller.tell("progress.missing", "progress")
    elif told.empty:
        teller.tell("progress.none", "progress")
    for n, row in enumerate(frames.tuples(told), 1):
        table = "items" if "kind" in told else "sentences"
        words = teller.quote(table, f"{row.key}:text", row.text.rstrip("。"))
        teller.tell("progress.some", "progress", f"progress/{n}", words=words)
    _followed(teller)


def _measures(teller: _Teller, problems: pd.DataFrame) -> None:
    """What the report announces for each problem, what is missing in it, and what could be written."""
    study = teller.study
    items = study.five["items"].set_index("key")
    for problem in frames.tuples(problems):
        words, own = _words(teller, problem), keys_in(problem.items, problem.unit)[1:]
        done = bool(own) and bool(items.loc[own, "done"].all())
        template = ("announced.done" if done else "announced") if own else "announced.none"
        teller.tell(template, "measures", f"announced/{problem.order}", **words)
        if not done:
            teller.tell("lacking", "measures", f"lacking/{problem.order}", answer=problem.answer, **words)
        teller.tell(_suggestion(teller, problem), "measures", f"suggest/{problem.order}")
    for alone in frames.tuples(study.problems[study.problems["problem"] == ""]):
        item = items.loc[alone.items]
        # What was done about last year's problems is told as progress.
        if not item["last_year"]:
            template = "announced.unpaired_done" if item["done"] else "announced.unpaired"
            teller.tell(template, "measures", f"announced/{alone.order}", **_words(teller, alone))


def _suggestion(teller: _Teller, problem) -> str:
    """The template of what could be written against a problem: for what it is about most, else for its kind."""
    weights = label_of(fold(problem.problem)).weights
    own = {a: w for a, w in weights.items() if aspects()[a].category == problem.category}
    about = max(own, key=own.__getitem__, default="")
    names = (f"suggest.{problem.category}.{about}", f"suggest.{problem.category}", "suggest.other")
    return next(name for name in names if name in teller.declared)


def _changes(teller: _Teller, problem) -> None:
    """What the rates that bear on a problem did since the report before, in the words of their tests."""
    codes = evidence_on(problem.category).get("indicators", ())
    of = teller.study.of_year("trends")
    of = of[(of["span"] == "adjacent") & of["subject"].isin(codes) & of["verdict"].isin(_TOLD)]
    for change in frames.tuples(of[of["value_first"].notna() & of["value_last"].notna()]):
        teller.tell(
            "evidence.change",
            "problems",
            f"evidence/{problem.order}/{change.subject}",
            **_moved(teller, change),
        )


def _moved(teller: _Teller, change) -> dict[str, object]:
    """The words of one change of a rate."""
    name = indicators()[change.subject].name(teller.language)
    return {
        "name": name,
        "Name": name[:1].upper() + name[1:],
        "verdict": change.verdict,
        **{
            c: teller.ledger.figure("trends", f"{change.key}:{c}", str(getattr(change, c)))
            for c in ("first", "last")
        },
        "from_": teller.percent("trends", f"{change.key}:value_first", 1),
        "to": teller.percent("trends", f"{change.key}:value_last", 1),
        "p": None if pd.isna(change.adjusted) else teller.chance("trends", f"{change.key}:adjusted"),
    }


def _again(teller: _Teller, problem) -> None:
    """That a problem was there in the report before, in the same words or of the same kind."""
    of = teller.study.of_year("recurrence")
    for row in frames.tuples(
        of[(of["problem"] == keys_in(problem.items, problem.unit)[0]) & (of["how"] != "")]
    ):
        earlier = opening(teller.study.years["items"].set_index("key")["text"][row.earlier])
        teller.tell(
            f"again.{row.how}",
            "problems",
            f"again/{problem.order}",
            earlier_year=teller.ledger.figure("recurrence", f"{row.key}:earlier_year", str(row.earlier_year)),
            since=teller.ledger.figure("recurrence", f"{row.key}:since", str(row.since)),
            reports=teller.ledger.figure("recurrence", f"{row.key}:reports", str(row.reports)),
            earlier=teller.quote("items", f"{row.earlier}:text", earlier),
            run=row.reports > 2,
        )


def _followed(teller: _Teller) -> None:
    """What this report says of the measures of the one before."""
    of = teller.study.of_year("follow_up")
    if of.empty:
        _nothing_to_follow(teller)
        return
    counts = {
        name: of[of["state"] == state]
        for name, state in (("found", "found"), ("possible", "possible"), ("missing", "none"))
    }
    teller.tell(
        "followed.all",
        "progress",
        promised=teller.ledger.figure(
            "follow_up", f"{of['key'].iloc[0]}:promised", str(of["promised"].iloc[0])
        ),
        n=teller.tally("follow_up", of),
        **{name: teller.tally("follow_up", rows) if len(rows) else None for name, rows in counts.items()},
    )
    items = teller.study.years["items"].set_index("key")["text"]
    trends = {change.key: change for change in frames.tuples(teller.study.years["trends"])}
    for n, row in enumerate(frames.tuples(of), 1):
        teller.tell(
            f"followed.{row.state}",
            "progress",
            f"followed/{n}",
            n=n,
            measure=teller.quote("items", f"{row.measure}:text", opening(items[row.measure])),
            sentence=teller.sentence(row.sentence) if row.sentence else "",
            score=teller.plain("follow_up", f"{row.key}:score", 2),
        )
        for key in keys_in(row.trends, row.unit):
            change = trends[key]
            if change.verdict in _TOLD:
                teller.tell(
                    "evidence.change",
                    "progress",
                    f"followed/{n}/{change.subject}",
                    **_moved(teller, change),
                )


def _nothing_to_follow(teller: _Teller) -> None:
    """Why there are no measures to follow: no report before, none in it, or all told as done."""
    years, year = teller.study.years, teller.study.report.year
    before = years["documents"].loc[years["documents"]["year"] < year, "year"].max()
    items = years["items"]
    measures = items[(items["year"] == before) & (items["kind"] == MEASURE)]
    if measures.empty:
        teller.tell("followed.nothing", "progress", last=pd.notna(before))
        return
    key = measures["key"].iloc[0]
    earlier = teller.ledger.figure("items", f"{key}:year", str(before))
    teller.tell("followed.done", "progress", earlier=earlier, n=teller.tally("items", measures))


def _words(teller: _Teller, problem) -> dict[str, object]:
    """The words that the sentences about one problem may use, in both languages."""
    category = categories().get(problem.category)
    open_ = [aspects()[a] for a in problem.unanswered.split()]
    checkable = [
        (
            rule,
            teller.quote("problems", f"{problem.key}:measure", re.search(rule["find"], problem.measure)[0]),
        )
        for rule in (rules()["specifics"][code] for code in problem.specifics.split())
    ]
    return {
        "problem": teller.quote("problems", f"{problem.key}:problem", problem.problem.rstrip("。")),
        "measure": teller.quote("problems", f"{problem.key}:measure", problem.measure),
        "category_zh": category.zh if category else "没有归类的一项",
        "category_en": category.en if category else "a matter without category",
        "unanswered_zh": "、".join(a.zh for a in open_),
        "unanswered_en": ", ".join(a.en for a in open_),
        "specific_zh": [(rule["zh"], words) for rule, words in checkable],
        "specific_en": [(rule["en"], words) for rule, words in checkable],
    }


def faults(statements: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """The lint: every digit of every statement belongs to a figure, and every figure is what its
    source holds. Returns one sentence for each fault; none means that all lead back."""
    book = Ledger(tables)
    found = []
    for statement in frames.tuples(statements):
        figures = ledger.from_json(statement.figures)
        found += [f"{statement.key}: {fault}" for fault in book.wrong(figures, statement.text)]
        found += [
            f"{statement.key}: the digit at {at} has no source: {statement.text}"
            for at in stray_digits(statement.text, figures)
        ]
    return found
