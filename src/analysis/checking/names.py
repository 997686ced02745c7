"""Names that have no business in a report: of a third body, of another province.

In: the sentences of one unit, and the register. Out: findings ``copy.other_name`` (the report names as its
own what belongs to another body) and ``copy.other_province``. What counts is declared in copying.yml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from analysis import frames
from analysis.checking.finding import Findings, Place
from analysis.checking.likeness import parts, settings
from analysis.ledger import Ledger
from analysis.register import Register, Unit


def other_names(found: Findings, sentences: pd.DataFrame, register: Register) -> None:
    """Adds what is found in the sentences of one unit, all its years."""
    titled = sentences[sentences["text"].str.contains(settings()["names"]["titled"])]
    if not len(titled):
        return
    found.ledger = Ledger({"sentences": titled})
    unit = register.of(titled["unit"].iloc[0])
    for sentence in frames.tuples(titled):
        for name, title in _third(sentence.text, unit, register):
            found.put(
                "copy.other_name",
                Place.of(sentence),
                reported=name,
                expected=unit.unit,
                evidence=[sentence.key],
                title=found.ledger.figure("sentences", f"{sentence.key}:text", title),
                named=found.ledger.figure("sentences", f"{sentence.key}:text", name),
            )
        for province, title in _abroad(sentence.text, unit):
            found.put(
                "copy.other_province",
                Place.of(sentence),
                reported=province,
                expected=unit.province,
                evidence=[sentence.key],
                title=found.ledger.figure("sentences", f"{sentence.key}:text", title),
                named=province,
                own=unit.province,
            )


def _third(text: str, unit: Unit, register: Register) -> Iterable[tuple[str, str]]:
    """(name, what it stands in) of bodies of the unit's own kind and place, or of its own rank elsewhere, in
    the name of a document that every body makes for itself."""
    rules = settings()["names"]
    document = re.compile(
        rf"(?P<quoted>[《〈])?(?P<name>[一-鿿]{{2,16}}{rules['body']}){rules['own']}[^》〉]{{0,10}}(?(quoted)[》〉])"
    )
    for match in document.finditer(text):
        name = re.sub(rules["lead"], "", match["name"])
        before = text[: match.start()]
        if re.search(rules["borrowed"], before) or re.search(rules["superior"], name):
            continue
        if _is_third(name, unit, register):
            yield name, match[0]


def _is_third(name: str, unit: Unit, register: Register) -> bool:
    known = register.of(name)
    if (
        known.unit == unit.unit
        or name in unit.aliases
        or known.parent == unit.unit
        or unit.parent == known.unit
    ):
        return False
    (places, body), (ours, our_body) = parts(name), parts(unit.unit)
    if body and our_body:  # two departments, of one place
        same = not places or not ours or places[-1] == ours[-1]
        return same and not (body.endswith(our_body) or our_body.endswith(body))
    if body or our_body or not places or not ours:  # a government names its departments, and they their own
        return False
    # two governments: of the same rank by name, neither within the other
    return (
        places[-1][-1] == ours[-1][-1]
        and places[-1] != ours[-1]
        and places[-1] not in unit.unit
        and ours[-1] not in name
    )


def _abroad(text: str, unit: Unit) -> Iterable[tuple[str, str]]:
    """(province, title) of documents of another province that the report says it follows."""
    rules = settings()["provinces"]
    if not unit.province:
        return
    names = "|".join(rules["names"])
    for match in re.finditer(rf"《(?:〈)?({names})[^》]{{2,60}}》", text):
        if match[1] != unit.province and re.search(rules["followed"], text[: match.start()]):
            yield match[1], match[0]
