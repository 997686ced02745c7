"""Bad input, said in one sentence.

Every part raises ``InputError`` for what the user gave it, and nothing else; a notebook and the
command line show the sentence without a traceback.
"""

from __future__ import annotations


class InputError(Exception):
    """One sentence naming the file, the place in it and the remedy, in Chinese and in English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.zh, self.en = zh, en

    def __str__(self) -> str:
        return f"{self.zh}\n{self.en}"

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines in place of a traceback."""
        return [self.zh, self.en]


class NotAReport(InputError):
    """The file is sound, but it is no annual report."""


class Unreached(InputError):
    """A place on another machine cannot be reached now: what failed for it is worth trying again."""
