"""What the figures say about each problem, and which problems they show that section five passes over.

In: the report, its problems, findings and rates. Out: the table ``evidence``. A stated problem is
marked by what the report's numbers can say about it (categories.yml ``evidence``); a problem passed
over is one that the tables or the findings show and section five does not mention.
"""

from __future__ import annotations

import re

import pandas as pd

from analysis import frames
from analysis.problems.labels import categories, evidence_on
from analysis.reading import Report
from analysis.templates import concepts

_ANSWERS = {"full": 1.0, "partial": 0.5, "other": 0.0, "none": 0.0}  # of the rest it cannot be told
# Problems that figures show; a finding or a count above nothing brings them up.
PASSED_OVER = {
    "corrections": ("有案件被纠正", "cases corrected"),
    "pending": ("诉讼尚未审结", "lawsuits pending"),
    "carry_over": ("结转多于上年", "more carried over"),
    "concentration": ("不予公开集中于一项理由", "refusals rest on one ground"),
    "errors": ("报告自身数字有误", "errors in the report itself"),
    "results": ("考核评议没有结果", "appraisal and review without result"),
}


def said(report: Report, pattern: str) -> str:
    """The key of the first number of the prose (table ``claims``) in a clause that matches ``pattern``; empty if there is none."""
    claims = report.claims
    return next(iter(claims.loc[claims["quote"].str.contains(pattern), "key"]), "")


def _speaks(report: Report, category: str, rates: pd.DataFrame) -> float:
    """1 if the prose gives a number on it, 0.5 if a rate bears on it, else 0."""
    entry = evidence_on(category)
    if entry.get("said") and said(report, entry["said"]):
        return 1.0
    bearing = rates[rates["indicator"].isin(entry.get("indicators", ()))]
    return 0.5 if bearing["value"].notna().any() else 0.0


def contradictions(findings: pd.DataFrame) -> pd.DataFrame:
    """The findings that say two figures of the report cannot both be right."""
    family = findings["code"].str.partition(".")[0]
    return findings[(findings["severity"] == "error") & family.isin(["arithmetic", "text"])]


def _passed_over(report: Report, findings: pd.DataFrame, rates: pd.DataFrame) -> list[str]:
    codes = set(findings["code"])
    section = report.sections.get("problems")
    text = report.text.clean[section.start : section.end] if section else ""
    facts = report.facts.set_index("key")["value"]
    pending = sum(
        facts.get(f"{report.key}/{cell}", 0) or 0
        for cell in concepts()["lawsuits_pending"].cells_in(report.form)
    )
    rate = rates.set_index("indicator")
    net = rate["value"].get("carry_over_net")
    ground = rate.loc["largest_ground_share"]
    shown = {
        "corrections": "five.correction_unmentioned" in codes,
        "pending": pending > 0 and not re.search("诉讼|审结", text),
        "carry_over": net is not None and net > 0 and "结转" not in text,
        # More than half of not a few refusals, as far as the interval goes.
        "concentration": not ground["small"] and ground["low"] > 0.5 and not re.search("不予公开|理由", text),
        "errors": bool(len(contradictions(findings))),
        "results": "duty.without_result" in codes,
    }
    return [code for code, shows in shown.items() if shows]


def evidence_of(
    report: Report, problems: pd.DataFrame, findings: pd.DataFrame, rates: pd.DataFrame
) -> pd.DataFrame:
    """The table ``evidence`` of one report: stated problems first, then those passed over."""
    whose = {"unit": report.unit, "year": report.year}
    rows = []
    for problem in frames.tuples(problems[problems["problem"] != ""]):
        category = categories().get(problem.category)
        rows.append(
            {
                "key": f"{report.key}/evidence/{problem.order}",
                **whose,
                "topic": problem.category,
                "label_zh": category.zh if category else "未归类",
                "label_en": category.en if category else "uncategorised",
                "stated": 1.0,
                "answered": _ANSWERS.get(problem.answer),
                "checkable": float(problem.specificity > 0),
                "figures_show": _speaks(report, problem.category, rates),
            }
        )
    for code in _passed_over(report, findings, rates):
        zh, en = PASSED_OVER[code]
        rows.append(
            {
                "key": f"{report.key}/evidence/{code}",
                **whose,
                "topic": code,
                "label_zh": zh,
                "label_en": en,
                "stated": 0.0,
                "answered": 0.0,
                "checkable": 0.0,
                "figures_show": 1.0,
            }
        )
    return frames.frame("evidence", rows)
