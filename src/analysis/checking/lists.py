"""Lists of counts in prose: whether they make up the total that they are said to be of.

In: the claims of a report (``Said``). Out: findings where a list that is of everything does not add up to
its whole, a part is more than it, a percentage printed for a part is not what it is of the whole, and where a
report gives two totals for one thing. No table need hold them. Which lists are of everything is told
by words (lists.yml) and by their percentages; what only may be is no error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

from analysis.checking.culprits import mistyped
from analysis.checking.said import Said, named, rounds_to, whole_percent
from analysis.figures import Figure, number
from analysis.templates import concepts, declared

_OPEN, _CLOSE = "(", ")"
# How far back the whole of percentages is looked for, in counts; and a heading, in characters.
_BACK, _HEAD = 4, 60
# What stands between a count and its percentage.
_SHARE = re.compile(r"[,(]?\s*(?:约?占(?:比|总数的)?|比例)?(?:为|约|达|约为)?\s*")


@cache
def _words() -> Mapping:
    return declared("analysis.checking", "lists.yml")


@dataclass
class List:
    """Counts and the one that may be their whole; ``shares`` are the percentages printed for them.

    ``sure``: words or percentages say that the list is of everything; ``likely``: they make it so;
    ``others``: counts that might be the whole as well.
    """

    whole: object
    parts: list
    shares: dict[str, object]
    sure: bool = False
    likely: bool = False
    others: list = field(default_factory=list)

    def sum(self) -> float:
        """What the parts come to."""
        return sum(p.value for p in self.parts)


def check(said: Said) -> None:
    """Adds what the lists of a report contradict."""
    for one in _lists(said):
        _check(said, one)


def said_twice(said: Said) -> set[str]:
    """Adds a finding where one total of the year is given in two numbers; the claims that it names."""
    found: set[str] = set()
    for group in [*_words()["same"], *([c] for c in concepts())]:
        claims = [c for c in said.rows if c.about in group and not c.of and not c.approximate]
        if not claims or not said.addresses(claims[0].about):
            continue
        values: dict[float, object] = {}
        for claim in claims:
            values.setdefault(claim.value, claim)
        held = said.held(group[0])
        if len(values) < 2 or (len(group) == 1 and held is not None):
            continue  # what the table decides is said against the table
        first, *more = values.values()
        table = held is not None and held not in values
        said.add(
            "text.total_twice",
            more[0],
            reported=", ".join(number(v) for v in values),
            expected=number(held) if held is not None else "",
            evidence=[
                *(c.key for c in claims),
                *(f"{said.report.key}/{cell}" for cell in said.addresses(group[0]) if held is not None),
            ],
            suspect=[c.key for c in claims if held is not None and c.value != held][:2] if not table else (),
            concept=named(group[0]),
            first=said.printed(first),
            more=[said.printed(c) for c in more],
            held=said.table(group[0]) if table else None,
        )
        found |= {c.key for c in claims if concepts()[c.about].loose}
    return found


# finding the lists


def _lists(said: Said) -> Iterator[List]:
    """Every list of the prose, with the count that it is of."""
    told: set[str] = set()
    for one in [*_chains(said), *_opened(said)]:
        keys = {p.key for p in one.parts}
        if keys & told:
            continue
        told |= keys
        yield one


def _counts(claims: Iterable) -> list:
    return [c for c in claims if c.unit_of_measure not in ("%", "‰") and not c.approximate]


def _share_of(said: Said, claim) -> object | None:
    """The percentage printed right behind a count."""
    index = said.order[claim.key] + 1
    if index >= len(said.rows):
        return None
    share = said.rows[index]
    if share.unit_of_measure != "%" or share.section != claim.section:
        return None
    return share if _SHARE.fullmatch(said.between(claim, share)) else None


def _shares(said: Said, parts: Iterable) -> dict[str, object]:
    return {p.key: s for p in parts if (s := _share_of(said, p)) is not None}


def _chains(said: Said) -> Iterator[List]:
    """Counts with percentages, one after the other, also over several sentences: a share each of one
    whole, which is the count before them that most of the percentages fit."""
    run: list = []
    previous = None
    for claim in [*_counts(said.rows), None]:
        share = claim is not None and _share_of(said, claim)
        follows = (
            previous is not None
            and claim is not None
            and claim.section == previous.section
            and claim.unit_of_measure == previous.unit_of_measure
            and claim.sentence - previous.sentence <= 1
            and not re.search(_words()["ends"], said.between(previous, claim))
        )
        if share and (not run or follows):
            run.append(claim)
        else:
            yield from _chain(said, run)
            run = [claim] if share else []
        previous = claim
    yield from _chain(said, run)


def _chain(said: Said, run: list) -> Iterator[List]:
    if len(run) < 2 or _of_a_table(said, run):
        return
    shares = _shares(said, run)
    before = [
        c
        for c in _counts(said.rows[: said.order[run[0].key]])
        if c.section == run[0].section and c.unit_of_measure == run[0].unit_of_measure and c.value
    ][-_BACK:]
    fits = {w.key: sum(rounds_to(shares[p.key], p.value / w.value, said.report) for p in run) for w in before}
    best = [w for w in before if fits[w.key] == max(fits.values())] if before else []
    if not best or not fits[best[-1].key]:
        return
    sure = whole_percent(list(shares.values()), said.report)
    yield List(best[-1], run, shares, sure=sure, likely=sure or _of_kinds(said, run[0]))


def _of_a_table(said: Said, parts: Sequence) -> bool:
    """Whether they are outcomes that the tables hold: their sum is tried against these."""
    return sum(bool(p.about and concepts()[p.about].share_of and said.addresses(p.about)) for p in parts) > 1


def _of_kinds(said: Said, part) -> bool:
    start = said.place[part.key][0]
    return bool(re.search(_words()["heads"], said.report.text.clean[max(0, start - _HEAD) : start]))


def _opened(said: Said) -> Iterator[List]:
    """Lists that a word opens, that stand in brackets, or that say of what they are the parts."""
    clean = said.report.text.clean
    for sentence in said.sentences():
        counts = _counts(sentence)
        for position, whole in enumerate(counts):
            start = said.place[whole.key][1]
            later = counts[position + 1 :]
            if not later or not whole.value:
                continue
            # In brackets right behind the number.
            if match := re.match(r",?(?=\()", clean[start : start + 2]):
                start += match.end()
                end = _closing(clean, start)
                inside = [c for c in later if said.place[c.key][1] <= end]
                # (含上年结转18件) is a remark, and no list.
                cue = re.search(_words()["opens"], clean[start : start + 4])
                yield from _parted(said, whole, inside, start, end, bracket=not cue)
            # 425条政府信息中,…
            elif match := re.match(_words()["in"], clean[start : start + 20]):
                yield from _parted(said, whole, later, start + match.end(), _end(said, sentence))
        yield from _after_a_word(said, sentence, counts)
    yield from _kinds(said)


def _end(said: Said, sentence: list) -> int:
    """Where the sentence of these claims ends."""
    clean = said.report.text.clean
    last = said.place[sentence[-1].key][1]
    ends = [i for i in (clean.find("。", last), clean.find("\n", last)) if i >= 0]
    return min(ends, default=len(clean))


def _closing(clean: str, start: int) -> int:
    depth = 0
    for i in range(start, min(len(clean), start + 2000)):
        depth += (clean[i] == _OPEN) - (clean[i] == _CLOSE)
        if not depth:
            return i
    return start


def _after_a_word(said: Said, sentence: list, counts: list) -> Iterator[List]:
    """其中 and its like: the whole is the count before it, in this sentence or at the end of the one before."""
    clean = said.report.text.clean
    first = said.place[sentence[0].key][0]
    begin = max(clean.rfind("。", 0, first), clean.rfind("\n", 0, first)) + 1
    end = _end(said, sentence)
    for match in re.finditer(_words()["opens"], clean[begin:end]):
        at = begin + match.start()
        if _depth(clean, begin, at):
            continue
        before = [
            c for c in counts if said.place[c.key][1] <= at and not _depth(clean, begin, said.place[c.key][0])
        ]
        if not before and at - begin < 2:
            index = said.order[sentence[0].key]
            previous = said.beside(said.rows[index - 1]) if index else []
            if previous and previous[0].section == sentence[0].section:
                before = [
                    c
                    for c in _counts(previous)
                    if clean[: said.place[c.key][0]].count(_OPEN)
                    == clean[: said.place[c.key][0]].count(_CLOSE)
                ]
        parts = [c for c in counts if said.place[c.key][0] >= begin + match.end()]
        for unit in dict.fromkeys(p.unit_of_measure for p in parts):
            wholes = [c for c in before if c.unit_of_measure == unit]
            if wholes:
                yield from _parted(
                    said,
                    wholes[-1],
                    [p for p in parts if p.unit_of_measure in (unit, "")],
                    begin + match.end(),
                    end,
                    others=wholes[:-1],
                    cue=match[0],
                )


def in_brackets(said: Said, claim) -> bool:
    """Whether a number stands in brackets within its sentence, as a remark on the one before them."""
    clean, at = said.report.text.clean, said.place[claim.key][0]
    begin = max(clean.rfind("。", 0, at), clean.rfind("\n", 0, at)) + 1
    return _depth(clean, begin, at) > 0


def _depth(clean: str, start: int, end: int) -> int:
    return clean.count(_OPEN, start, end) - clean.count(_CLOSE, start, end)


def _parted(
    said: Said,
    whole,
    inside: Sequence,
    start: int,
    end: int,
    *,
    bracket: bool = False,
    others: Sequence = (),
    cue: str = "",
) -> Iterator[List]:
    """The list, or lists, of the counts ``inside`` that stand between ``start`` and ``end`` and are parts of
    ``whole``: what is in further brackets is none, nor what another matter follows."""
    if not inside:
        return
    clean = said.report.text.clean
    first = said.place[inside[0].key][1]
    stop = re.search(_words()["ends"], clean[first:end])
    end = first + stop.start() if stop else end
    depth = 1 if clean[start : start + 1] == _OPEN else 0
    parts = [
        c
        for c in inside
        if c.unit_of_measure in (whole.unit_of_measure, "")
        and said.place[c.key][1] <= end
        and _depth(clean, start, said.place[c.key][0]) == depth
    ]
    if any(
        c.approximate
        and c.unit_of_measure == whole.unit_of_measure
        and start <= said.place[c.key][0]
        and said.place[c.key][1] <= end
        for c in said.beside(inside[0])
    ):
        return  # a list of which a part is given roughly adds up to nothing for certain
    for group in _groups(said, parts):
        if len(group) < 2 and not cue and not bracket:
            continue
        group = _made_up(whole, group)
        if _of_a_table(said, group):
            continue
        labels = [_label(said, p) for p in group]
        shares = _shares(said, group)
        rest = any(re.search(_words()["rest"], label) for label in labels)
        wholly = len(shares) == len(group) > 1 and whole_percent(list(shares.values()), said.report)
        sure = len(group) > 1 and (
            (rest and _near(whole, group)) or wholly or bool(re.search(_words()["everything"], cue))
        )
        kinds = cue and re.fullmatch(_words()["kinds"], cue) or _of_kinds(said, group[0])
        likely = sure or (len(group) > 1 and bool(kinds or rest or _near(whole, group)))
        yield List(whole, group, shares, sure, likely, list(others))


def _made_up(whole, parts: list) -> list:
    """The parts, or the first of them where these make up the whole: what follows is another matter."""
    sums = list(accumulate(p.value for p in parts))
    return parts[: sums.index(whole.value, 1) + 1] if whole.value in sums[1:] else parts


def _groups(said: Said, parts: list) -> list[list]:
    """The parts as they stand; where ; parts them into lists of two or more each, these lists."""
    groups: list[list] = []
    for part in parts:
        if groups and ";" not in said.between(groups[-1][-1], part):
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups if len(groups) > 1 and all(len(g) > 1 for g in groups) else [parts] if parts else []


def _label(said: Said, part) -> str:
    """The words of a part, from the number before it."""
    index = said.order[part.key]
    return (
        re.split(r"[,;、()。:]", said.between(said.rows[index - 1], part).rstrip("共有为约达 "))[-1]
        if index
        else ""
    )


def _near(whole, parts: Sequence) -> bool:
    """Whether several parts nearly make the whole, or would but for a digit too many or too few in it."""
    total = sum(p.value for p in parts)
    close = abs(total - whole.value) <= _words()["near"] * whole.value
    both = float(total).is_integer() and float(whole.value).is_integer()
    a, b = f"{total:.0f}", f"{whole.value:.0f}"
    slip = both and len(a) != len(b) and min(len(a), len(b)) > 1 and mistyped(int(total), int(whole.value))
    return len(parts) >= _words()["least"] and (close or slip)


def _kinds(said: Said) -> Iterator[List]:
    """A list by kinds (主要类别有:…) whose whole, a total of the year, stands in a sentence of the same section."""
    wholes = [c for c in said.rows if c.about == _words()["same"][0][0] and not c.approximate]
    for sentence in said.sentences():
        counts = _counts(sentence)
        whole = next(
            (w for w in wholes if w.section == sentence[0].section and w.sentence != sentence[0].sentence),
            None,
        )
        if (
            whole is None
            or len(counts) < _words()["least"]
            or not re.search(_words()["heads"], _lead(said, sentence))
        ):
            continue
        parts = [c for c in counts if c.unit_of_measure == whole.unit_of_measure]
        if len(parts) >= _words()["least"]:
            yield List(whole, parts, _shares(said, parts), likely=True)


def _lead(said: Said, sentence: list) -> str:
    start = said.place[sentence[0].key][0]
    return said.report.text.clean[max(0, start - _HEAD) : start].rpartition("。")[2]


# judging them


def _check(said: Said, one: List) -> None:
    _part_shares(said, one)
    total = one.sum()
    if total == one.whole.value or any(total == other.value for other in one.others):
        if one.likely:
            _percentages(said, one)
        return
    over = [p for p in one.parts if p.value > one.whole.value]
    if one.sure and not one.others:
        code = "text.list_differs"
    elif one.likely:
        code = "text.list_unclear"
    elif over and not one.others:
        code = "text.list_exceeds"
    else:
        return
    parts = [said.printed(p) for p in one.parts]
    summed = said.ledger.total(parts) if len(parts) > 1 else parts[0]
    whole = said.printed(one.whole)
    suspect, mended = _suspect(said, one)
    said.add(
        code,
        one.whole,
        reported=f"{number(one.whole.value)} / {number(total)}",
        expected=number(one.whole.value),
        evidence=[one.whole.key, *(p.key for p in one.parts), *(s.key for s in one.shares.values())],
        suspect=[suspect.key] if suspect is not None else [p.key for p in over][:1],
        n=said.ledger.tally("claims", [p.key for p in one.parts]),
        sum=summed,
        percent=_percent(said, one),
        whole=whole,
        difference=said.ledger.difference(summed, whole),
        wrong=said.printed(suspect) if suspect is not None else None,
        mended=mended,
        agrees=bool(one.whole.about) and said.held(one.whole.about) == one.whole.value,
    )


def _percent(said: Said, one: List) -> Figure | None:
    """What the percentages of a list come to, where each part has one and they are not a whole."""
    shares = list(one.shares.values())
    if len(shares) < len(one.parts) or len(shares) < _words()["least"] or whole_percent(shares, said.report):
        return None
    total = said.ledger.total([said.ledger.figure("claims", c.key) for c in shares])
    return said.ledger.figure("claims", total.key, f"{sum(c.value for c in shares):.2f}")


def _percentages(said: Said, one: List) -> None:
    """The percentages of a list whose counts make up their whole."""
    if (total := _percent(said, one)) is not None:
        keys = [c.key for c in one.shares.values()]
        said.add(
            "text.percentages_do_not_sum",
            next(iter(one.shares.values())),
            reported=f"{total}%",
            expected="100%",
            evidence=keys,
            n=said.ledger.tally("claims", keys),
            sum=total,
        )


def _suspect(said: Said, one: List) -> tuple[object | None, object | None]:
    """The part whose percentage fits what is left for it and not what it prints; or the whole, where the
    table holds the sum. With it, what it should be."""
    if one.whole.about and said.held(one.whole.about) == one.sum():
        return one.whole, said.ledger.total([said.printed(p) for p in one.parts])
    found = []
    for part in one.parts:
        share = one.shares.get(part.key)
        left = part.value + one.whole.value - one.sum()
        if share is None or left < 0 or len(one.parts) < 2:
            continue
        fits = rounds_to(share, part.value / one.whole.value, said.report)
        if not fits and rounds_to(share, left / one.whole.value, said.report):
            found.append(part)
    if len(found) != 1:
        return None, None
    rest = said.ledger.total([said.printed(p) for p in one.parts if p.key != found[0].key])
    return found[0], said.ledger.difference(said.printed(one.whole), rest)


def _part_shares(said: Said, one: List) -> None:
    """Percentages printed for the parts, where most of them are of this whole and one is not."""
    if len(one.shares) < _words()["least"]:
        return
    by_key = {p.key: p for p in one.parts}
    fits = [k for k, s in one.shares.items() if rounds_to(s, by_key[k].value / one.whole.value, said.report)]
    if 2 * len(fits) <= len(one.shares):
        return
    whole = said.printed(one.whole)
    for key, share in one.shares.items():
        if key in fits:
            continue
        part = said.printed(by_key[key])
        computed = said.ledger.share(part, whole)
        said.add(
            "text.list_share_differs",
            share,
            reported=said.printed(share),
            expected=computed,
            evidence=[one.whole.key, key, share.key],
            suspect=[share.key],
            claimed=said.printed(share),
            part=part,
            whole=whole,
            computed=computed,
        )
