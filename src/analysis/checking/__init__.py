"""A report is checked as an auditor would: one tidy table of findings.

In: a ``Report``. Out: the table ``findings`` – code, severity, place, what is printed, what was
expected, a sentence in Chinese and in English, and the evidence. Codes, severities, rules and
sentences are declared in findings.yml; ``arithmetic`` tries the identities of the form, ``prose``
holds the text against the tables, ``form``, ``dates``, ``page`` and ``wording`` look at the rest. What several reports
show beside each other is found in ``across``, what section five leaves out later, in ``problems``.
"""

import pandas as pd

from analysis.checking import arithmetic, dates, form, page, prose, wording
from analysis.checking.finding import Bilingual, Findings, Place, ReportFindings, declared_findings
from analysis.checking.prose import agrees
from analysis.ledger import Ledger
from analysis.reading import Report

__all__ = [
    "Bilingual",
    "Findings",
    "Place",
    "ReportFindings",
    "agrees",
    "check_report",
    "declared_findings",
    "ledger_of",
]


def ledger_of(report: Report) -> Ledger:
    """The tables that reading hands over, ready to take figures from."""
    return Ledger(
        {
            "documents": report.document.to_frame().T,
            "facts": report.facts,
            "claims": report.claims,
            "sentences": report.sentences,
        }
    )


def check_report(report: Report, ledger: Ledger | None = None) -> pd.DataFrame:
    """Every check on one report (``ledger``: its own, if it was made already)."""
    findings = ReportFindings(report, ledger or ledger_of(report))
    for family in (arithmetic, prose, form, dates, page, wording):
        family.check(report, findings)
    return findings.frame()
