"""Bad input, said in one sentence.

Every part raises ``InputError`` for what the user gave it, and nothing else; a notebook and the
command line show the sentence without a traceback.
"""

from __future__ import annotations


def printable(text: str) -> str:
    """Text, such as the name of a file, that can be printed and kept: what is no UTF-8 is written as ``\\xd6``."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


class InputError(Exception):
    """One sentence naming the file, the place in it and the remedy, in Chinese and in English."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = printable(zh), printable(en)
        super().__init__(self.zh, self.en)

    def __str__(self) -> str:
        return f"{self.zh}\n{self.en}"

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines in place of a traceback."""
        return [self.zh, self.en]


class NotAReport(InputError):
    """The file is sound, but it is no annual report."""


class Unreached(InputError):
    """A place on another machine cannot be reached now: what failed for it is worth trying again."""
