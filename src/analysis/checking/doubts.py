"""Whether a number of the prose surely speaks of the whole cell that its words name.

In: a claim, the claims of its sentence, and what the table holds. Out: whether there is an innocent reading –
it counts a part, another time, another business – so that a difference accuses nobody. The words are
declared in doubts.yml.
"""

from __future__ import annotations

import re

from analysis.checking.said import Said
from analysis.figures import number
from analysis.templates import Concept, concepts, declared

# How far behind a number its sentence is looked at.
_FAR = 200


def explained(said: Said, claim, held: float) -> bool:
    """Whether the sentence itself tells that the count is a part, or a whole of which the table has a part: it has
    the right one beside it, or parts that together make what the table holds."""
    beside = said.beside(claim)
    same = [c for c in beside if c.about == claim.about and not c.of]
    if any(c.value == held for c in same):
        return True
    after = [c for c in beside if said.order[c.key] > said.order[claim.key] and not c.of]
    if claim.value > held and any(
        c.value == held and re.search("其中|涉及|实际", said.between(claim, c)) for c in after
    ):
        return True
    parts = [c.value for c in same if c.value != held]
    return len(parts) > 1 and sum(parts) == held


def doubtful(said: Said, claim) -> bool:
    """Whether words around the number make it a part's, another time's or another business's, or may do so."""
    rules = declared("analysis.checking", "doubts.yml")
    clean, (at, end) = said.report.text.clean, said.place[claim.key]
    begin = max(clean.rfind("。", 0, at), clean.rfind("\n", 0, at)) + 1
    sentence, behind = clean[begin:at], re.split("[。\n]", clean[end : end + _FAR])[0]
    *earlier, clause = re.split("[,;:]", sentence)
    concept = concepts()[claim.about]
    tables = {cell.table for cell in said.addresses(claim.about)}
    own = _without(concept, clause)
    told = [(rules["clause"], own), (rules["sentence"], sentence), (rules["after"], behind)]
    if "disputes" in tables:
        told.append((rules["disputes"], sentence + behind))
    if concept.flow:
        told.append((rules["flow"], clause))
    if "disclosure" in tables:
        told.append((rules["documents"], clause))
    if concept.share_of == "decisions":
        told += [(rules["subject"], sentence), (rules["kinds"], sentence + behind)]
    if any(re.search(pattern, words) for pattern, words in told):
        return True
    if tables <= _WITHOUT_SUBJECT or "statistics" in tables:
        return False
    if _unknown(own, said):
        return True
    if concept.share_of and (
        _of_a_part(said, claim, sentence) or _of_one_ground(said, claim, clause, sentence)
    ):
        return True
    return not _anchored(said, claim) and any(_unknown(c, said) and re.search(_ASKED, c) for c in earlier)


# Tables whose numbers are told of in too many words for any of them to be suspicious.
_WITHOUT_SUBJECT = {"disclosure"}
_ASKED = "申请|受理|收到|办理|办结|方面|级|局|镇|县|区|复议|诉讼|中$"


def _without(concept: Concept, clause: str) -> str:
    """A clause without the words of the concept itself (未经复议直接起诉)."""
    for wording in concept.wordings:
        if wording.before:
            clause = wording.before.sub("", clause)
    return clause


def _unknown(words: str, said: Said) -> bool:
    """Whether any word is none of those that a clause about the whole unit consists of."""
    unit = said.report.unit
    names = sorted({unit, *(unit[i:] for i in range(1, max(1, len(unit) - 1)))}, key=len, reverse=True)
    for name in names:
        words = words.replace(name, "")
    return bool(re.search("[一-鿿]", re.sub(declared("analysis.checking", "doubts.yml")["known"], "", words)))


def _anchored(said: Said, claim) -> bool:
    """Whether an earlier number of the sentence is what the tables hold, so that it speaks of the whole."""
    return any(
        not c.of and c.about and c.value and c.value == said.held(c.about)
        for c in said.beside(claim)
        if said.order[c.key] < said.order[claim.key]
    )


def _of_a_part(said: Said, claim, sentence: str) -> bool:
    """Whether an outcome is one of fewer than all: the number that the list is of (市政府20件中, 已办结94件, 上年结转6件,
    其中) is not what the tables hold."""
    whole = concepts()[claim.about].share_of
    family = (whole, *concepts()[whole].also)
    before = [
        c
        for c in said.beside(claim)
        if said.order[c.key] < said.order[claim.key]
        and not c.of
        and (c.about in family or (c.about and concepts()[c.about].flow))
    ]
    known = {said.held(code) for code in family}
    if before and (before[-1].value not in known or before[-1].about not in family):
        own = sentence[sentence.rfind(number(before[-1].value)) :]
        if before[-1].about in family or re.search("其中|中[,，]?(?!.*中)", own):
            return True
    some = re.findall(r"(\d+)[件条宗份]中", sentence)
    return bool(some) and float(some[-1]) not in known


def _of_one_ground(said: Said, claim, clause: str, sentence: str) -> bool:
    """Whether an outcome is given with its ground (因不掌握无法提供25件), so that it may be of that ground alone; or a
    ground without the outcome that it is one of."""
    rules = declared("analysis.checking", "doubts.yml")
    group = concepts()[claim.about].share_of
    if group != "decisions":
        return group in _OUTCOMES and not re.search(_OUTCOMES[group], sentence)
    return bool(re.search(rules["ground"], clause)) and not re.search(rules["others"], clause)


_OUTCOMES = {"refused": "不予公开|不同意公开", "unavailable": "无法提供", "unprocessed": "不予处理"}
