"""Whether a number of the prose surely speaks of the whole cell that its words name.

In: a claim, the claims of its sentence, and what the table holds. Out: whether there is an innocent reading –
it counts a part, another time, another business – so that a difference accuses nobody. The words are
declared in doubts.yml.
"""

from __future__ import annotations

import re

from analysis.checking.said import Said
from analysis.figures import number
from analysis.templates import concepts, declared

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
    """Whether words around the number make it a part's, another time's or another business's."""
    rules = declared("analysis.checking", "doubts.yml")
    clean, (at, end) = said.report.text.clean, said.place[claim.key]
    begin = max(clean.rfind("。", 0, at), clean.rfind("\n", 0, at)) + 1
    sentence, behind = clean[begin:at], re.split("[。\n]", clean[end : end + _FAR])[0]
    clause = re.split("[,;:]", sentence)[-1]
    told = ((rules["clause"], clause), (rules["sentence"], sentence), (rules["after"], behind))
    if any(re.search(pattern, words) for pattern, words in told):
        return True
    concept = concepts()[claim.about]
    if any(cell.table == "disputes" for cell in said.addresses(claim.about)):
        return bool(re.search(rules["disputes"], sentence + behind))
    return bool(concept.share_of) and (
        bool(re.search(rules["subject"], sentence)) or _of_a_part(said, claim, clean[begin:at])
    )


def _of_a_part(said: Said, claim, sentence: str) -> bool:
    """Whether an outcome is one of fewer than all: the number that the list is of (市政府20件中, 已办结94件,其中) is not
    what the tables hold."""
    whole = concepts()[claim.about].share_of
    before = [
        c
        for c in said.beside(claim)
        if said.order[c.key] < said.order[claim.key] and c.about in (whole, *concepts()[whole].also)
    ]
    known = {said.held(code) for code in (whole, *concepts()[whole].also)}
    if before and before[-1].value not in known and not before[-1].of:
        return bool(re.search("其中", sentence[sentence.rfind(number(before[-1].value)) :]))
    some = re.findall(r"(\d+)[件条宗份]中", sentence)
    return bool(some) and float(some[-1]) not in known
