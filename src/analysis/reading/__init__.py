"""A file as published becomes a Report: decode, normalise, split, place, collect.

``read_report`` reads one file; ``find`` says which file of a folder holds a unit and year. The
order of work: ``source`` → ``normalise`` → ``layout`` and ``identify`` → ``tables`` → ``placement``
→ ``facts``, and ``claims`` for the prose.
"""

from analysis.reading.report import Report, read_report

__all__ = ["Report", "read_report"]
