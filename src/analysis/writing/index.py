"""All runs of a batch on one self-contained page: what failed and why comes first, then a table of all.

In: a mapping for each run, as ``index_page`` says. Out: HTML that fetches nothing and works from a file.
What did not go well is written out here, grouped by its cause; the rows of the table lie in the page as
JSON, and page/runs.js searches, filters, sorts and shows fifty of them at a time. How it looks is in
page/runs.html.j2 and page/runs.css. Everything from a run is escaped.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from importlib import resources
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup, escape

from analysis.figures import number
from analysis.writing import style
from analysis.writing.labels import TAGS, label

# The states of a run, the worst first; only the last is good.
STATES = ("crashed", "timed_out", "failed", "ended_early", "unclean", "refused", "waiting", "good")
KINDS = ("problems", "trends", "bulletin")
SEVERITIES = ("error", "warning", "note")
FILES = ("html", "docx", "ipynb", "log")
# So many runs of one cause, and so many causes of one state, stand above the table; all are in it.
_RUNS = 20
_CAUSES = 30


def index_page(runs: Sequence[Mapping], language: str = "zh", title: str = "") -> str:
    """The page of ``runs``, in their order.

    A run says its ``state`` (one of ``STATES``), ``kind``, ``notebook``, ``unit``, ``years`` and ``language``; its
    ``figures``, each with name, zh, en, value (``None`` if unknown) and text; its ``findings`` by severity; its
    ``headlines``; why it is not good (``message_zh``, ``message_en``) and why it was run (``why_zh``, ``why_en``); its
    ``seconds``; whether it is ``synthetic``; and its files (``html``, ``docx``, ``ipynb``, ``log``) as paths from this page.
    """
    columns = _columns(runs, language)
    causes = _causes(runs)
    cause_of = {id(run): name for name, alike in causes.items() for run in alike}
    data = {
        "columns": [{k: c[k] for k in ("key", "type", "kinds")} for c in columns],
        "rows": [_row(run, columns, language, cause_of.get(id(run), "")) for run in runs],
        "states": STATES,
        "causes": {name: _message(alike[0], language) for name, alike in causes.items()},
        "words": {
            key: label(f"run_{key}", language)
            for key in (*STATES, *KINDS, *FILES, "made_up", "shown", "nothing", "more_told")
        },
    }
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        _piece("runs.html.j2")
    )
    html = page.render(
        title=title or label("run_index", language),
        language=language,
        tag=TAGS[language],
        style=Markup(_piece("style.css") + _piece("runs.css")),
        script=Markup(_piece("runs.js")),
        data=_json(data),
        chips={name: (ground, _ink(ground)) for name, ground in {**style.RUNS, **style.SEVERITIES}.items()},
        columns=[c for c in columns if c["shown"]],
        filters=[f for f in _filters(runs, language) if len(f["options"]) > 1],
        several_kinds=len({run["kind"] for run in runs}) > 1,
        severity_totals=_findings(runs),
        synthetic=sum(bool(run["synthetic"]) for run in runs),
        total=len(runs),
        counts=_counts(runs),
        troubles=_troubles(causes, language),
        word=partial(_word, language=language),
        beside=partial(_beside, language=language),
        plain=partial(label, language=language),
        english=partial(label, language="en"),
    )
    # A name that is no text on this system (a stray byte in a file name) must not keep the page from being written.
    return html.encode("utf8", "replace").decode("utf8")


def _piece(name: str) -> str:
    return resources.files("analysis.writing").joinpath(f"page/{name}").read_text(encoding="utf8")


def _ink(ground: str) -> str:
    return style.PAPER if ground == style.SEVERITIES["error"] else style.INK


def _beside(zh: str, en: str, language: str) -> Markup:
    """Chinese with the English beside it; for readers of English the English alone."""
    if language == "en" or zh == en or not en:
        return escape((en if language == "en" else zh) or zh or en)
    return Markup('{} <small lang="en">{}</small>').format(zh or en, en)


def _word(key: str, language: str, **counts: int) -> Markup:
    """A declared word, with the counts that are filled into it."""
    told = {name: f"{count:,}" for name, count in counts.items()}
    return _beside(*(label(key, lang).format(**told) for lang in ("zh", "en")), language)


def _json(data: object) -> Markup:
    """JSON that cannot end the script element that holds it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))


def _href(path: str) -> str:
    """A path from this page as a link that leads there and nowhere else, whatever signs it holds."""
    return quote(path.lstrip("/"), errors="surrogateescape")


def _message(run: Mapping, language: str) -> str:
    first, second = ("en", "zh") if language == "en" else ("zh", "en")
    return run[f"message_{first}"] or run[f"message_{second}"]


# what is not good


def _counts(runs: Sequence[Mapping]) -> dict[str, int]:
    """How many runs are in each state, the worst first."""
    counted = Counter(run["state"] for run in runs)
    return {state: counted[state] for state in STATES if counted[state]}


def _findings(runs: Sequence[Mapping]) -> dict[str, int]:
    """All findings by severity, and how many runs have errors."""
    totals = {s: sum(run["findings"].get(s, 0) for run in runs) for s in SEVERITIES}
    return {**totals, "runs": sum(run["findings"].get("error", 0) > 0 for run in runs)}


def _cause(run: Mapping) -> str:
    """What a run has in common with others of the same cause: its state, and its message without names and numbers."""
    message = run["message_zh"] or run["message_en"]
    names = {run["unit"], *re.split("[,，、]", run["unit"])} - {""}
    for name in sorted(names, key=len, reverse=True):
        message = message.replace(name, "…")
    skeleton = re.sub(r"0x[0-9a-fA-F]+|\d+(?:[.,]\d+)*", "#", message)
    return hashlib.sha1(f"{run['state']} {skeleton}".encode("utf8", "replace")).hexdigest()[:8]


def _causes(runs: Sequence[Mapping]) -> dict[str, list[Mapping]]:
    """The runs that are not good by cause: the worst state first, then the most frequent cause."""
    found = defaultdict(list)
    for run in runs:
        if run["state"] != "good":
            found[_cause(run)].append(run)
    return dict(sorted(found.items(), key=lambda c: (STATES.index(c[1][0]["state"]), -len(c[1]))))


def _troubles(causes: Mapping[str, Sequence[Mapping]], language: str) -> list[dict]:
    """The causes as they are written out, state by state."""
    states = defaultdict(list)
    for name, alike in causes.items():
        states[alike[0]["state"]].append((name, alike))
    return [
        {
            "state": state,
            "count": sum(len(alike) for _, alike in found),
            "more": len(found) - _CAUSES,
            "causes": [_trouble(name, alike, language) for name, alike in found[:_CAUSES]],
        }
        for state, found in states.items()
    ]


def _trouble(name: str, alike: Sequence[Mapping], language: str) -> dict:
    first = alike[0]
    same = len({_message(run, language) for run in alike}) == 1
    reason = {"zh": first["message_zh"], "en": first["message_en"]}
    if not any(reason.values()) and first["state"] != "waiting":
        reason = {lang: label("run_no_message", lang) for lang in reason}
    return {
        "name": name,
        "count": len(alike),
        "more": len(alike) - _RUNS,
        "same": same,
        **reason,
        "runs": [
            {
                "unit": run["unit"],
                "years": run["years"],
                "kind": run["kind"],
                "message": "" if same else _message(run, language),
                "log": _href(run["log"]),
            }
            for run in alike[:_RUNS]
        ],
    }


# the table


def _columns(runs: Sequence[Mapping], language: str) -> list[dict]:
    """The columns of the data; those of the table are ``shown``: what is the same for all runs says nothing."""

    def differ(*keys: str) -> bool:
        return len({tuple(run[key] for key in keys) for run in runs}) > 1

    def column(
        key: str, type: str = "text", head: str = "", shown: bool = True, kinds: Iterable = ()
    ) -> dict:
        return {"key": key, "type": type, "head": head, "shown": shown, "kinds": sorted(kinds)}

    def named(key: str, *rest, name: str = "", **more) -> dict:
        return column(key, *rest, head=_word(name or f"run_{key}", language), **more)

    notebooks = {(run["kind"], run["notebook"]) for run in runs}
    figures: dict[str, dict] = {}
    for run in runs:
        for figure in run["figures"]:
            known = figures.setdefault(figure["name"], {**figure, "kinds": set()})
            known["kinds"].add(run["kind"])
    return [
        named("unit", "unit", name="unit"),
        named("years"),
        named("state", "state"),
        named("kind", "kind", shown=differ("kind")),
        named("notebook", shown=len(notebooks) > len({kind for kind, _ in notebooks})),
        named("language", shown=differ("language")),
        named("told", "told"),
        *(named(s, "count", name=s) for s in SEVERITIES),
        *(
            column(f"figure.{name}", "number", _beside(f["zh"], f["en"], language), kinds=f["kinds"])
            for name, f in figures.items()
        ),
        named("seconds", "number", shown=any(run["seconds"] is not None for run in runs)),
        named("why", shown=differ("why_zh")),
        *(column(key, "hidden", shown=False) for key in ("each_year", "cause", "synthetic", *FILES)),
    ]


def _row(run: Mapping, columns: Sequence[Mapping], language: str, cause: str) -> list:
    """The cells of a run: text, a list of sentences, or a number with its text (``None`` if unknown)."""
    message = _message(run, language)
    cells = {
        **{key: run[key] for key in ("unit", "years", "state", "kind", "notebook", "language")},
        "told": [message] if message else _told(run, language),
        **{s: _number(run["findings"].get(s)) for s in SEVERITIES},
        **{f"figure.{f['name']}": _number(f["value"], f["text"]) for f in run["figures"]},
        "seconds": _number(run["seconds"], f"{run['seconds'] or 0:.1f}"),
        "why": run["why_en"] if language == "en" else run["why_zh"],
        "each_year": _each_year(run["years"]),
        "cause": cause,
        "synthetic": bool(run["synthetic"]),
        **{name: _href(run[name]) for name in FILES},
    }
    return [cells.get(column["key"]) for column in columns]


def _told(run: Mapping, language: str) -> list[str]:
    """What a good run says first, and that it had to pass files over."""
    over = run.get("failed", ())  # what an older version wrote has none
    if not over:
        return list(run["headlines"])
    first = label("run_passed_over", language).format(n=len(over))
    reasons = (why.split("\n")[-1 if language == "en" else 0] for why in over)
    return [first, *reasons, *run["headlines"]]


def _number(value: float | None, text: str = "") -> list | None:
    if value is None or not math.isfinite(value):
        return None
    return [value, text or number(value)]


def _each_year(years: str) -> list[str]:
    """Every year that a run is about: of ``2018-2020,2023`` four, of ``2024Q1`` one."""
    found = []
    for first, last in re.findall(r"(\d{4})(?:\s*[-–—~至]\s*(\d{4}))?", years):
        found += range(int(first), int(last or first) + 1)
    return [str(year) for year in found] or [years] * bool(years)


def _filters(runs: Sequence[Mapping], language: str) -> list[dict]:
    """What the table can be narrowed to: the choices of each filter with the number of their runs."""

    def option(value: str, count: int, name: str = "") -> tuple[str, str]:
        told = (
            " ".join(dict.fromkeys(label(name, k) for k in ("zh", "en")[language == "en" :]))
            if name
            else value
        )
        return value, f"{told} · {count:,}"

    states = _counts(runs)
    kinds = Counter(run["kind"] for run in runs)
    years = Counter(year for run in runs for year in set(_each_year(run["years"])))
    found = {s: sum(run["findings"].get(s, 0) > 0 for run in runs) for s in SEVERITIES}
    clean = sum(run["findings"].get("error") == 0 for run in runs)
    rest = len(runs) - states.get("good", 0)
    return [
        {
            "key": "state",
            "head": "run_state",
            "options": [
                option("not_good", rest, "run_not_good"),
                *(option(state, n, f"run_{state}") for state, n in states.items()),
            ],
        },
        {
            "key": "kind",
            "head": "run_kind",
            "options": [option(k, kinds[k], f"run_{k}") for k in KINDS if kinds[k]],
        },
        {
            "key": "year",
            "head": "run_years",
            "options": [option(y, years[y]) for y in sorted(years, reverse=True)],
        },
        {
            "key": "severity",
            "head": "finding",
            "options": [
                *(option(s, found[s], f"run_has_{s}") for s in SEVERITIES),
                option("no_error", clean, "run_no_error"),
            ],
        },
    ]
