"""Text against tables: every number of the prose that speaks of a cell or a sum of cells.

In: claims and facts. A count must equal its cells, a percentage the ratio of its cells to the
digits printed, the parts listed in a sentence their whole (``lists``), and what is said without a number
(未收到, 均获维持) its cells. Where two numbers disagree, a third says which of them is wrong: the percentage
beside, the identities of the table, the same number said elsewhere. Claims without a cell are counted and
named, never passed over.
"""

from __future__ import annotations

import re

from analysis import frames
from analysis.checking import lists
from analysis.checking.doubts import doubtful, explained
from analysis.checking.finding import Bilingual, ReportFindings
from analysis.checking.said import Said, agrees, half_digit, labelled, named, rounds_to, whole_percent
from analysis.figures import number
from analysis.reading import Report
from analysis.reading.guards import of_the_year
from analysis.reading.layout import prose
from analysis.templates import Cell, concepts, declared

__all__ = ["agrees", "check"]


def check(report: Report, findings: ReportFindings) -> None:
    """Adds every disagreement between prose and tables, and what prose leaves unverifiable."""
    said = Said(report, findings)
    twice = lists.said_twice(said)
    for claim in said.rows:
        if claim.about and claim.of:
            _percentage(said, claim)
        elif claim.about:
            if claim.key not in twice:
                _count(said, claim)
            _pending(said, claim)
            _titles(said, claim)
    for sentence in said.sentences():
        _sums(said, sentence)
        _growth(said, sentence)
    lists.check(said)
    _phrases(said)
    _unreconciled(said)
    _unverifiable(said)
    _scopes(said)


def _keys(said: Said, concept: str) -> list[str]:
    return [f"{said.report.key}/{cell}" for cell in said.addresses(concept)]


def _count(said: Said, claim) -> None:
    held = said.held(claim.about)
    if held is None:
        _among(said, claim)
        return
    if agrees(claim, held) or not claim.value.is_integer():  # 月均8.3件
        return
    concept = concepts()[claim.about]
    common = {
        "reported": number(claim.value),
        "expected": number(held),
        "concept": named(claim.about),
        "claimed": said.printed(claim),
        "held": said.table(claim.about),
    }
    pending = said.held(f"{claim.about}_pending")
    if pending and claim.value == held - pending:
        said.add(
            "text.count_excludes_pending",
            claim,
            evidence=[claim.key, *_keys(said, claim.about)],
            pending=said.table(f"{claim.about}_pending"),
            **common,
        )
        return
    other = next((c for c in concept.also if claim.value == said.held(c)), None)
    if not (other or concept.loose) and explained(said, claim, held):
        return
    # Where it is not certain what else the words may mean comes to, nobody can be accused; unless the number
    # mends the sums of the table.
    unsure = any(said.addresses(c) and not said.trusted(c) for c in concept.also)
    unsure = unsure and said.of_the_table(claim.about, claim.value)[0] != "cell"
    if other or concept.loose or unsure or doubtful(said, claim):
        said.add(
            "text.count_of_another" if other else "text.count_loose",
            claim,
            evidence=[
                claim.key,
                *dict.fromkeys([*_keys(said, claim.about), *(_keys(said, other) if other else ())]),
            ],
            suspect=[claim.key] if other else [],
            **({"other": named(other), "parts": _parts(said, other)} if other else {}),
            **common,
        )
        return
    decided, suspect = _decided(said, claim, held)
    said.add(
        "text.count_differs",
        claim,
        evidence=[
            claim.key,
            *dict.fromkeys(key for c in (claim.about, *concept.also) for key in _keys(said, c)),
            *([decided["share"].key] if decided["share"] else []),
        ],
        suspect=suspect,
        parts=_parts(said, claim.about),
        **decided,
        **common,
    )


def _parts(said: Said, concept: str) -> list:
    """The cells of a concept one by one, where it has several; what is nothing is left out."""
    addresses = said.addresses(concept)
    parts = [said.ledger.cells(said.report.key, [a]) for a in addresses] if len(addresses) > 1 else []
    return [p for p in parts if p.value]


def _decided(said: Said, claim, held: float) -> tuple[dict, list[str]]:
    """Which of the two numbers is wrong, if a third tells: words for the message, and the suspects."""
    words = dict.fromkeys(("share", "rows", "table", "mended", "confirmed", "elsewhere", "taken"))
    if taken := said.taken_for(claim):
        words["taken"] = labelled(said, taken)
    # The percentage printed beside the count is the first witness.
    share = next((c for c in said.beside(claim) if c.about == claim.about and c.of), None)
    whole = said.held(share.of) if share is not None else None
    fits = bool(whole) and rounds_to(share, held / whole, said.report)
    vote, cell = said.of_the_table(claim.about, claim.value) if not claim.approximate else ("", None)
    if fits and vote != "cell":
        part, of = said.table(claim.about), said.table(share.of)
        words |= {"share": said.printed(share), "whole": of, "computed": said.ledger.share(part, of)}
        return words, [claim.key]
    if vote == "cell" and not fits:
        return words | {"mended": labelled(said, cell)}, [f"{said.report.key}/{cell}"]
    rows, suspects = said.slip(claim)
    if suspects:
        return words | {"rows": rows, "table": not rows}, suspects
    if vote == "claim":
        return words | {"confirmed": True}, [claim.key]
    # So is the same thing said in another place.
    again = [c for c in said.rows if c.about == claim.about and not c.of and c.key != claim.key]
    right = next((c for c in again if c.value == held and not c.approximate), None)
    if right is not None and not vote:
        return words | {"elsewhere": said.printed(right)}, [claim.key]
    return words, []


def _among(said: Said, claim) -> None:
    """A count of one cell that cannot be read for certain: is it among what the cell may hold?"""
    facts = said.report.facts
    addresses = said.addresses(claim.about)
    if len(addresses) != 1 or claim.approximate:
        return
    key = f"{said.report.key}/{addresses[0]}"
    fact = facts[(facts["key"] == key) & (facts["status"] == "ambiguous")]
    if not len(fact) or not fact["candidates"].iloc[0]:
        return
    candidates = fact["candidates"].iloc[0].split("|")
    if "blank" in candidates or any(c and float(c) == claim.value for c in candidates):
        return
    said.add(
        "text.count_not_among",
        claim,
        reported=number(claim.value),
        expected=fact["candidates"].iloc[0],
        evidence=[claim.key, key],
        concept=named(claim.about),
        claimed=said.printed(claim),
        candidates=[said.ledger.figure("facts", f"{key}:candidates", c) for c in candidates if c],
    )


def _percentage(said: Said, claim) -> None:
    bases = _bases(claim)
    wholes = {of: said.held(of) for of in bases}
    part = said.held(claim.about)
    if part is None or not all(wholes.values()):
        return
    if any(rounds_to(claim, part / whole, said.report) for whole in (*wholes.values(), *_wider(said, claim))):
        return
    # Nor is one wrong that is of what else the words are used for.
    also = [said.held(code) for code in concepts()[claim.about].also]
    if any(rounds_to(claim, p / w, said.report) for p in also if p is not None for w in wholes.values()):
        return
    if _of_a_number_said(said, claim, wholes):
        return
    part, whole = said.table(claim.about), said.table(claim.of)
    computed = said.ledger.share(part, whole)
    count = next((c for c in said.beside(claim) if c.about == claim.about and not c.of), None)
    wrong = count is not None and count.value != part.value
    follows = wrong and rounds_to(claim, count.value / whole.value, said.report)
    rows, cells = said.slip(claim)
    near = abs(100 * part.value / whole.value - claim.value) < 2 * half_digit(claim, said.report)
    if len(bases) > 1 or doubtful(said, claim) or (count is not None and _excused(said, count)):
        code = "text.rate_differs"
    else:
        code = "text.percentage_last_digit" if near and not follows else "text.percentage_differs"
    said.add(
        code,
        claim,
        reported=said.printed(claim),
        expected=computed,
        evidence=[claim.key, *part.key.split(" + "), *whole.key.split(" + ")],
        suspect=cells if cells else [count.key, claim.key] if follows else [claim.key],
        concept=named(claim.about),
        claimed=said.printed(claim),
        part=part,
        whole=whole,
        computed=computed,
        count=said.printed(count) if follows and not cells else None,
        rows=rows,
        table=bool(cells) and not rows,
    )


def _excused(said: Said, count) -> bool:
    held = said.held(count.about)
    return (
        held is not None and count.value != held and (explained(said, count, held) or doubtful(said, count))
    )


def _of_a_number_said(said: Said, claim, wholes: dict) -> bool:
    """Whether a percentage is that of the count before it in a number said earlier in the sentence, which is none
    of the ``wholes`` of the tables."""
    before = [c for c in said.beside(claim) if said.order[c.key] < said.order[claim.key] and not c.of]
    if not before:
        return False
    *earlier, part = before
    others = [c.value for c in earlier if c.value and c.value not in wholes.values()]
    return any(rounds_to(claim, part.value / whole, said.report) for whole in others if whole > part.value)


def _bases(claim) -> tuple[str, ...]:
    """What a percentage may be a share of: one thing, but for those that have a name (办结率)."""
    named_ = [of for of in concepts()[claim.about].rates.values() if claim.of in of]
    return named_[0] if named_ else (claim.of,)


def _wider(said: Said, claim) -> list[float]:
    """Other wholes that a percentage may be a share of where its words name none: the group it belongs to;
    and, unless another one of its sentence shows what they are shares of, what its own whole is a share of,
    what was received and what was on hand."""
    concept = concepts()[claim.about]
    if claim.of != concept.share_of:
        return []
    cells = set(said.addresses(claim.about))
    codes = [c for c in _GROUPS if cells < set(said.addresses(c))]
    others = [c for c in said.beside(claim) if c.of == claim.of and c.key != claim.key]
    if not any(_fits(said, other) for other in others):
        codes += [concepts()[claim.of].share_of, "received", "on_hand"]
    held = [said.held(code) for code in codes if code]
    return [whole for whole in held if whole]


def _fits(said: Said, claim) -> bool:
    """Whether a percentage is the share that its words say."""
    part, whole = said.held(claim.about), said.held(claim.of)
    return bool(whole) and part is not None and rounds_to(claim, part / whole, said.report)


# Groups of outcomes that one of their items may be given as a share of.
_GROUPS = ("disclosed", "refused", "unavailable", "unprocessed", "otherwise")


def _sums(said: Said, sentence: list) -> None:
    """The outcomes listed in one sentence against the whole, and their percentages."""
    whole = "decisions"
    outcomes = [
        c
        for c in sentence
        if c.about and concepts()[c.about].share_of == whole and not lists.in_brackets(said, c)
    ]
    listed = [c for c in outcomes if not c.of]
    shares = [c for c in outcomes if c.of == whole]
    held = said.held(whole)
    printed = {c.value for c in sentence if c not in listed}
    made = sum(c.value for c in listed)
    sound = made == held or made in printed or any(doubtful(said, c) for c in listed)
    if held and _makes_up(said, listed, whole) and not sound:
        total = said.ledger.total([said.printed(c) for c in listed])
        off = [c for c in listed if said.held(c.about) != c.value]
        explained = sum(c.value - said.held(c.about) for c in off) == total.value - held
        said.add(
            "text.counts_do_not_sum",
            listed[-1],
            reported=total,
            expected=number(held),
            evidence=[c.key for c in listed],
            suspect=[c.key for c in off] if len(off) in (1, 2) and explained else (),
            n=said.ledger.tally("claims", [c.key for c in listed]),
            sum=total,
            whole=said.table(whole),
            difference=said.ledger.difference(total, said.table(whole)),
            cause=named(off[0].about) if len(off) == 1 and explained else None,
        )
    if _makes_up(said, shares, whole) and not whole_percent(shares, said.report):
        total = said.ledger.total([said.ledger.figure("claims", c.key) for c in shares])
        off = [c for c in shares if held and not rounds_to(c, said.held(c.about) / held, said.report)]
        said.add(
            "text.percentages_do_not_sum",
            shares[0],
            reported=f"{sum(c.value for c in shares):.2f}%",
            expected="100%",
            evidence=[c.key for c in shares],
            suspect=[c.key for c in off] if len(off) in (1, 2) else (),
            n=said.ledger.tally("claims", [c.key for c in shares]),
            sum=said.ledger.figure("claims", total.key, f"{sum(c.value for c in shares):.2f}"),
        )


def _makes_up(said: Said, listed: list, whole: str) -> bool:
    """Whether the claims are of separate outcomes that cover everything settled."""
    covered = [cell for c in listed for cell in said.addresses(c.about)]
    if len(listed) < 2 or len(set(covered)) < len(covered) or not said.addresses(whole):
        return False
    left = set(_outcomes(said, whole)) - set(covered)
    return not left or said.cells.sum(left) == (0.0, 0.0)


def _outcomes(said: Said, whole: str) -> tuple[Cell, ...]:
    """The parts that the form itself says make up ``whole``."""
    (total,) = said.addresses(whole)
    table = said.report.form.tables[total.table]
    return next(e.left for e in table.equations() if e.right == (total,) and e.identity.over == "columns")


def _pending(said: Said, claim) -> None:
    """“None corrected” said of cases of which some are pending."""
    kind, _, what = claim.about.rpartition("_")
    if what != "corrected" or claim.value:
        return
    if not (said.held(kind) and said.held(f"{kind}_pending")):
        return
    whole, pending = said.table(kind), said.table(f"{kind}_pending")
    if whole.value > pending.value:
        decided = said.ledger.difference(whole, pending)
        said.add(
            "text.pending_ignored",
            claim,
            reported=number(claim.value),
            expected=f"{number(claim.value)}/{decided}",
            evidence=[claim.key, *whole.key.split(" + "), *pending.key.split(" + ")],
            concept=named(claim.about),
            claimed=said.printed(claim),
            whole=whole,
            pending=pending,
            decided=decided,
        )


def _titles(said: Said, claim) -> None:
    titles = said.before(claim).count("《")
    if concepts()[claim.about].titles and titles and titles != claim.value:
        said.add(
            "text.titles_differ",
            claim,
            reported=number(claim.value),
            expected=titles,
            evidence=[claim.key],
            concept=named(claim.about),
            claimed=said.printed(claim),
        )


def _growth(said: Said, sentence: list) -> None:
    """A percentage of growth whose two numbers stand in the same sentence."""
    words = declared("analysis.checking", "lists.yml")["growth"]
    for now, then, rate in zip(sentence, sentence[1:], sentence[2:], strict=False):
        if rate.unit_of_measure != "%" or "%" in (now.unit_of_measure, then.unit_of_measure):
            continue
        if now.unit_of_measure != then.unit_of_measure or now.approximate or then.approximate:
            continue
        compared = re.search(words["compared"] + "$", said.between(now, then))
        rising = re.fullmatch(words["rate"], said.between(then, rate))
        if not compared or not rising or not now.value or not then.value:
            continue
        current, figure = said.printed(now), said.printed(then)
        falls = bool(re.search(words["falls"], (compared["by"] or "") + rising[0]))
        if compared["by"]:  # 较上年增加5件,增长10%: the base is this year's number without the 5
            if falls:
                before = said.ledger.total([current, figure])
            elif then.value < now.value:
                before = said.ledger.difference(current, figure)
            else:
                continue
            change = figure
        else:
            before = figure
            change = said.ledger.difference(*((before, current) if falls else (current, before)))
        if rounds_to(rate, change.value / before.value, said.report):
            continue
        computed = said.ledger.share(change, before)
        said.add(
            "text.growth_differs",
            rate,
            reported=said.printed(rate),
            expected=computed,
            evidence=[now.key, then.key, rate.key],
            suspect=[rate.key],
            claimed=said.printed(rate),
            now=current,
            then=figure,
            by=bool(compared["by"]),
            computed=computed,
        )


def _phrases(said: Said) -> None:
    """What is said of cells without a number: none received (未收到), all upheld (均获维持), all closed."""
    phrases = declared("analysis.checking", "lists.yml")["phrases"]
    keys = {(s.section, s.number): s.key for s in frames.tuples(said.report.sentences)}
    for section in said.report.sections.values():
        for n, sentence in enumerate(prose(said.report.text, section)):
            for phrase in phrases:
                for match in re.finditer(phrase["find"], sentence.text):
                    if of_the_year(sentence.text[: match.start()], said.report.year):
                        at = (sentence.start + match.start(), sentence.start + match.end())
                        _phrase(said, phrase, sentence.text[: match.start()], at, keys[section.code, n])


def _phrase(said: Said, phrase: dict, before: str, at: tuple[int, int], sentence: str) -> None:
    if phrase.get("unless") and re.search(phrase["unless"], before):
        return
    subjects = [c for c, words in phrase["of"].items() if not words or re.search(words, before)]
    for subject in subjects:
        for state in phrase["none"]:
            concept = f"{subject}_{state}" if state else subject
            # One cell that is known to hold some is enough, whatever the others hold.
            cells = [c for c in said.addresses(concept) if said.cells.certain([c])]
            if not cells:
                continue
            held = said.ledger.cells(said.report.key, cells)
            early = state == "pending"
            said.findings.add(
                "text.said_too_early" if early else "text.said_otherwise",
                *at,
                reported=said.report.text.clean[slice(*at)],
                expected=number(held.value),
                evidence=[sentence, *held.key.split(" + ")],
                suspect=[sentence] if not early else (),
                phrase=Bilingual(phrase["zh"], phrase["en"]),
                subject=named(subject),
                concept=named(concept),
                held=held,
            )


def _unreconciled(said: Said) -> None:
    """Concepts declared to be part of another, both counted, their relation left open."""
    places = {row.key: n for n, row in enumerate(said.rows)}
    by_concept: dict[str, list] = {}
    for row in said.rows:
        by_concept.setdefault(row.about, []).append(row)
    for part in said.rows:
        concept = concepts().get(part.about)
        wholes = by_concept.get(concept.like, []) if concept and concept.like else []
        if wholes and "其中" not in part.quote:
            # The nearest one is meant, if any is.
            whole = min(wholes, key=lambda row, at=places[part.key]: abs(places[row.key] - at))
            said.add(
                "text.unreconciled",
                part,
                reported=f"{number(part.value)}, {number(whole.value)}",
                evidence=[part.key, whole.key],
                first_concept=named(part.about),
                first=said.printed(part),
                second_concept=named(whole.about),
                second=said.printed(whole),
            )


def _unverifiable(said: Said) -> None:
    loose = [c for c in said.rows if not c.about or not said.addresses(c.about)]
    if loose:
        said.add(
            "text.unverifiable",
            loose[0],
            reported=len(loose),
            evidence=[c.key for c in loose],
            n=said.ledger.figure("documents", f"{said.report.key}:unmatched_claims"),
        )


def _scopes(said: Said) -> None:
    """A table cell quoted in a sentence about the office, another in a paragraph about the area."""
    words = declared("analysis.checking", "scopes.yml")
    found: dict[str, object] = {}
    for claim in said.rows:
        if not claim.about or not said.addresses(claim.about):
            continue
        text, at = said.report.text, said.report.text.clean_offset(claim.start)
        paragraph = text.clean[text.clean.rfind("\n", 0, at) + 1 : at]
        sentence = paragraph[paragraph.rfind("。") + 1 :]
        narrow, wide = re.search(words["narrow"], sentence), re.search(words["wide"], paragraph)
        if bool(narrow) != bool(wide):
            found.setdefault("narrow" if narrow else "wide", claim)
    if len(found) == 2:
        said.add(
            "text.scope_mixed",
            found["narrow"],
            evidence=[found["narrow"].key, found["wide"].key],
            narrow=named(found["narrow"].about),
            wide=named(found["wide"].about),
        )
