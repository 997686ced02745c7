"""A file as published becomes a Report: decode, normalise, split, place, collect.

``read_report`` reads one file; ``StoredReport`` is one that was read before, out of its tables. The
order of work: ``source`` → ``normalise`` → ``layout`` and ``identify`` → ``tables`` → ``placement``
→ ``facts``, and ``claims`` for the prose.
"""

from analysis.reading.report import Report, read_report, tables_of
from analysis.reading.stored import StoredReport

__all__ = ["Report", "StoredReport", "read_report", "tables_of"]
