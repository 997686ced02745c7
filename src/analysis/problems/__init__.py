"""Section five: what is said to be wrong, what is promised, and whether the one answers the other.

In: a ``Report``. Out: the tables ``items`` (each problem and measure, what it is about, how concrete it is), ``pairs``
(which measure answers which problem) and ``problems`` (one row a problem with its measures), and the findings about them. Cue
words are declared in categories.yml and rules.yml; ``split`` takes the section apart, ``labels`` labels the items, ``pairing`` pairs
them.
"""

from analysis.problems.evidence import contradictions, evidence_of, said
from analysis.problems.findings import find, findings_within
from analysis.problems.following import follow_up_of, recurrence_of
from analysis.problems.inventory import inventory_of
from analysis.problems.labels import aspects, categories, items_of, opening
from analysis.problems.pairing import section_five
from analysis.problems.split import rules

__all__ = [
    "aspects",
    "categories",
    "contradictions",
    "evidence_of",
    "find",
    "findings_within",
    "follow_up_of",
    "inventory_of",
    "items_of",
    "opening",
    "recurrence_of",
    "rules",
    "said",
    "section_five",
]
