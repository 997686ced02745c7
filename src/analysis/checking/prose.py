"""Text against tables: every number of the prose that speaks of a cell or a sum of cells.

In: claims and facts. A count must equal its cells, a percentage the ratio of its cells to the
digits printed, the parts listed in a sentence their whole. Where count and percentage of one
sentence disagree, the table says which of them is wrong. Claims without a cell are counted and
named, never passed over.
"""

from __future__ import annotations

import re
from itertools import groupby

from analysis.cells import Cells
from analysis.checking.finding import Bilingual, Findings
from analysis.figures import Figure, number
from analysis.reading import Report
from analysis.templates import Cell, concepts, declared

# A percentage is rounded by at most half of its last printed digit.
_HALF = 0.5
_TINY = 1e-9


def check(report: Report, findings: Findings) -> None:
    """Adds every disagreement between prose and tables, and what prose leaves unverifiable."""
    claims = _Claims(report, findings)
    for claim in claims.rows:
        if claim.about and claim.of:
            _percentage(claims, claim)
        elif claim.about:
            _count(claims, claim)
            _pending(claims, claim)
            _titles(claims, claim)
    for _, sentence in groupby(claims.rows, lambda c: (c.section, c.sentence)):
        _sums(claims, list(sentence))
    _unreconciled(claims)
    _unverifiable(claims)
    _scopes(claims)


class _Claims:
    """The claims of a report beside what their concepts hold in its tables."""

    def __init__(self, report: Report, findings: Findings) -> None:
        self.report, self.findings, self.ledger = report, findings, findings.ledger
        self.cells = Cells(report.facts, report.placements)
        self.rows = list(report.claims.itertuples(index=False))

    def addresses(self, concept: str) -> tuple[Cell, ...]:
        return concepts()[concept].cells_in(self.report.form)

    def held(self, concept: str) -> float | None:
        """What the tables hold, if they hold it and it is certain."""
        return self.cells.certain(self.addresses(concept))

    def table(self, concept: str) -> Figure:
        return self.ledger.cells(self.report.key, self.addresses(concept))

    def printed(self, claim) -> Figure:
        sign = "%" if claim.unit_of_measure == "%" else ""
        return self.ledger.figure("claims", claim.key, number(claim.value) + sign)

    def before(self, claim) -> str:
        """What stands in the same sentence between the claim before this one and this one."""
        index = self.rows.index(claim)
        since = self.rows[index - 1].end if index else 0
        text = self.report.text
        between = text.clean[text.clean_offset(since) : text.clean_offset(claim.start)]
        return between.rpartition("。")[2].rpartition("\n")[2]

    def add(self, code: str, claim, **values) -> None:
        text = self.report.text
        self.findings.add(code, text.clean_offset(claim.start), text.clean_offset(claim.end), **values)


def _name(concept: str) -> Bilingual:
    return Bilingual(concepts()[concept].zh, concepts()[concept].en)


# An approximate count (32000余, 近300) is held to this share of itself.
_ABOUT = 0.1


def agrees(claim, held: float) -> bool:
    """Whether a count said in prose is what the tables hold."""
    if not claim.approximate:
        return claim.value == held
    return abs(held - claim.value) <= _ABOUT * claim.value


def _half_digit(claim, report: Report) -> float:
    """Half of the last digit that a percentage prints."""
    text = report.text
    printed = text.clean[text.clean_offset(claim.start) : text.clean_offset(claim.end)]
    return _HALF * 10 ** -len(printed.strip().rstrip("% ").partition(".")[2])


def _rounds_to(claim, ratio: float, report: Report) -> bool:
    """Whether a printed percentage is the ratio, to the digits printed."""
    return abs(100 * ratio - claim.value) <= _half_digit(claim, report) + _TINY


def _count(claims: _Claims, claim) -> None:
    held = claims.held(claim.about)
    if held is None or agrees(claim, held):
        return
    pending = claims.held(f"{claim.about}_pending") if f"{claim.about}_pending" in concepts() else None
    if pending and claim.value == held - pending:
        claims.add(
            "text.count_excludes_pending",
            claim,
            reported=number(claim.value),
            expected=number(held),
            evidence=[claim.key, *claims.table(claim.about).key.split(" + ")],
            concept=_name(claim.about),
            claimed=claims.printed(claim),
            held=claims.table(claim.about),
            pending=claims.table(f"{claim.about}_pending"),
        )
        return
    # The percentage printed beside the count is the third witness.
    shares = [c for c in claims.rows if (c.section, c.sentence) == (claim.section, claim.sentence)]
    share = next((c for c in shares if c.about == claim.about and c.of), None)
    whole = claims.held(share.of) if share is not None else None
    decided = {"share": None}
    if whole and _rounds_to(share, held / whole, claims.report):
        part, of = claims.table(claim.about), claims.table(share.of)
        decided = {
            "share": claims.printed(share),
            "whole": of,
            "computed": claims.ledger.share(part, of),
        }
    addresses = claims.addresses(claim.about)
    parts = [claims.ledger.cells(claims.report.key, [a]) for a in addresses] if len(addresses) > 1 else []
    claims.add(
        "text.count_differs",
        claim,
        reported=number(claim.value),
        expected=number(held),
        evidence=[claim.key, *(f"{claims.report.key}/{a}" for a in addresses)],
        concept=_name(claim.about),
        claimed=claims.printed(claim),
        held=claims.table(claim.about),
        parts=[p for p in parts if p.value],
        **decided,
    )


def _percentage(claims: _Claims, claim) -> None:
    part, whole = claims.held(claim.about), claims.held(claim.of)
    if part is None or not whole or _rounds_to(claim, part / whole, claims.report):
        return
    part, whole = claims.table(claim.about), claims.table(claim.of)
    computed = claims.ledger.share(part, whole)
    claims.add(
        "text.percentage_differs",
        claim,
        reported=claims.printed(claim),
        expected=computed,
        evidence=[claim.key, *part.key.split(" + "), *whole.key.split(" + ")],
        concept=_name(claim.about),
        claimed=claims.printed(claim),
        part=part,
        whole=whole,
        computed=computed,
    )


def _sums(claims: _Claims, sentence: list) -> None:
    """The outcomes listed in one sentence against the whole, and their percentages."""
    listed = [c for c in sentence if c.about and not c.of and concepts()[c.about].share_of]
    if len(listed) < 2:
        return
    whole = concepts()[listed[0].about].share_of
    covered = [cell for c in listed for cell in claims.addresses(c.about)]
    held = claims.held(whole)
    # Only a list of separate outcomes that covers everything settled has to make up the whole.
    if (
        held is None
        or len(set(covered)) < len(covered)
        or claims.cells.sum(_outcomes(claims, whole)) != claims.cells.sum(covered)
    ):
        return
    counts = [claims.printed(c) for c in listed]
    if sum(c.value for c in listed) != held:
        said = claims.ledger.total(counts)
        off = [c for c in listed if claims.held(c.about) != c.value]
        explained = sum(c.value - claims.held(c.about) for c in off) == said.value - held
        claims.add(
            "text.counts_do_not_sum",
            listed[-1],
            reported=said,
            expected=number(held),
            evidence=[c.key for c in listed],
            n=claims.ledger.tally("claims", [c.key for c in listed]),
            sum=said,
            whole=claims.table(whole),
            difference=claims.ledger.difference(said, claims.table(whole)),
            cause=_name(off[0].about) if len(off) == 1 and explained else None,
        )
    shares = [c for c in sentence if c.of == whole]
    if len(shares) == len(listed):
        sum_ = sum(c.value for c in shares)
        if abs(sum_ - 100) > sum(_half_digit(c, claims.report) for c in shares) + _TINY:
            said = claims.ledger.total([claims.ledger.figure("claims", c.key) for c in shares])
            claims.add(
                "text.percentages_do_not_sum",
                shares[0],
                reported=f"{sum_:.2f}%",
                expected="100%",
                evidence=[c.key for c in shares],
                n=claims.ledger.tally("claims", [c.key for c in shares]),
                sum=claims.ledger.figure("claims", said.key, f"{sum_:.2f}"),
            )


def _outcomes(claims: _Claims, whole: str) -> tuple[Cell, ...]:
    """The parts that the form itself says make up ``whole``."""
    (total,) = claims.addresses(whole)
    table = claims.report.form.tables[total.table]
    return next(e.left for e in table.equations() if e.right == (total,) and e.identity.over == "columns")


def _pending(claims: _Claims, claim) -> None:
    """“None corrected” said of cases of which some are pending."""
    kind, _, what = claim.about.rpartition("_")
    if what != "corrected" or claim.value:
        return
    if not (claims.held(kind) and claims.held(f"{kind}_pending")):
        return
    whole, pending = claims.table(kind), claims.table(f"{kind}_pending")
    if whole.value > pending.value:
        decided = claims.ledger.difference(whole, pending)
        claims.add(
            "text.pending_ignored",
            claim,
            reported=number(claim.value),
            expected=f"{number(claim.value)}/{decided}",
            evidence=[claim.key, *whole.key.split(" + "), *pending.key.split(" + ")],
            concept=_name(claim.about),
            claimed=claims.printed(claim),
            whole=whole,
            pending=pending,
            decided=decided,
        )


def _titles(claims: _Claims, claim) -> None:
    named = claims.before(claim).count("《")
    if concepts()[claim.about].titles and named and named != claim.value:
        claims.add(
            "text.titles_differ",
            claim,
            reported=number(claim.value),
            expected=named,
            evidence=[claim.key],
            concept=_name(claim.about),
            claimed=claims.printed(claim),
        )


def _unreconciled(claims: _Claims) -> None:
    """Concepts declared to be part of another, both counted, their relation left open."""
    for part in claims.rows:
        concept = concepts().get(part.about)
        for whole in claims.rows:
            if concept and concept.like and whole.about == concept.like and "其中" not in part.quote:
                claims.add(
                    "text.unreconciled",
                    part,
                    reported=f"{number(part.value)}, {number(whole.value)}",
                    evidence=[part.key, whole.key],
                    first_concept=_name(part.about),
                    first=claims.printed(part),
                    second_concept=_name(whole.about),
                    second=claims.printed(whole),
                )


def _unverifiable(claims: _Claims) -> None:
    loose = [c for c in claims.rows if not c.about or not claims.addresses(c.about)]
    if loose:
        claims.add(
            "text.unverifiable",
            loose[0],
            reported=len(loose),
            evidence=[c.key for c in loose],
            n=claims.ledger.figure("documents", f"{claims.report.key}:unmatched_claims"),
        )


def _scopes(claims: _Claims) -> None:
    """A table cell quoted in a sentence about the office, another in a paragraph about the area."""
    words = declared("analysis.checking", "scopes.yml")
    found: dict[str, object] = {}
    for claim in claims.rows:
        if not claim.about or not claims.addresses(claim.about):
            continue
        text, at = claims.report.text, claims.report.text.clean_offset(claim.start)
        paragraph = text.clean[text.clean.rfind("\n", 0, at) + 1 : at]
        sentence = paragraph[paragraph.rfind("。") + 1 :]
        narrow, wide = re.search(words["narrow"], sentence), re.search(words["wide"], paragraph)
        if bool(narrow) != bool(wide):
            found.setdefault("narrow" if narrow else "wide", claim)
    if len(found) == 2:
        claims.add(
            "text.scope_mixed",
            found["narrow"],
            evidence=[found["narrow"].key, found["wide"].key],
            narrow=_name(found["narrow"].about),
            wide=_name(found["wide"].about),
        )
