"""Debian's Chromium, driven by Playwright; also used by the benchmark."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox, for root has none; and nothing of a browser's own talk with its makers.
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def browser() -> Iterator[Browser]:
    """A running browser; without one this fails, it is not passed over."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, f"no browser is installed (one of {', '.join(NAMES)}): run make browser"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        try:
            yield running
        finally:
            running.close()
