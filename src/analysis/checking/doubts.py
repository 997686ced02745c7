"""Whether a number of the prose surely speaks of the whole cell that its words name.

In: a claim, the claims of its sentence, and what the table holds. Out: whether there is an innocent reading –
it counts a part, another time, another business – so that a difference accuses nobody. The words are
declared in doubts.yml.
"""

from __future__ import annotations

import re

from analysis.checking.said import Said
from analysis.templates import concepts, declared


def explained(said: Said, claim, held: float) -> bool:
    """Whether the sentence itself tells that the count is a part: it has the right one beside it, or parts
    that together make what the table holds."""
    same = [c for c in said.beside(claim) if c.about == claim.about and not c.of]
    if claim.value < held and any(c.value == held for c in same):
        return True
    parts = [c.value for c in same if c.value != held]
    return len(parts) > 1 and sum(parts) == held


def doubtful(said: Said, claim) -> bool:
    """Whether words before the number make it a part's, another time's or another business's."""
    rules = declared("analysis.checking", "doubts.yml")
    clean, at = said.report.text.clean, said.place[claim.key][0]
    sentence = clean[max(clean.rfind("。", 0, at), clean.rfind("\n", 0, at)) + 1 : at]
    clause = re.split("[,;:]", sentence)[-1]
    if re.search(rules["clause"], clause):
        return True
    return bool(concepts()[claim.about].share_of) and bool(re.search(rules["subject"], sentence))
