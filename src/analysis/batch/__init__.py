"""Many reports and many runs.

``store`` reads a folder of reports into Parquet tables, which ``package`` describes; ``check`` and ``score`` go through them.
``run`` executes one notebook on one request and leaves ``<out>/<unit>/<years>/``, complete or not at all; ``plan`` says which
runs there are and what each is made from, ``many`` makes those that are not up to date, ``journal`` is their ledger, ``diff``
compares two batches. All that is done many times is spread by ``engine`` over ``bounded`` processes; ``kernels`` are warm.
"""
