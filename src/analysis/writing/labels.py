"""The workbook's own words in either language (labels.yml)."""

from functools import cache

from analysis.templates import declared

LANGUAGES = ("zh", "en")
# As files name them.
TAGS = {"zh": "zh-CN", "en": "en"}


@cache
def _labels() -> dict:
    return declared("analysis.writing", "labels.yml")


def label(word: str, language: str) -> str:
    """The word as readers of ``language`` see it."""
    return _labels()[word][language]
