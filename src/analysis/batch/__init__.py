"""Many reports and many runs.

``store`` reads a folder of reports into Parquet tables, which ``package`` describes. ``run`` executes
one notebook on one request and leaves ``<out>/<unit>/<years>/``, complete or not at all; ``loop`` makes
one run a year, each in a process of its own. Parallel runs, resuming and clusters will stand behind the
same ``Run``.
"""
