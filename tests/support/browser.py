"""A Chromium for the whole run, and what is asked of every page in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        # Playwright's loop lives in this thread; Django takes that for an asynchronous caller.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        yield browser
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
        browser.close()


def accessible(page: Page) -> None:
    """axe-core finds no violation of WCAG 2.2 A and AA or of its own best practices on the page as it is now."""
    found = Axe().run(page)
    assert not found.violations_count, found.generate_report()


def is_complaint(text: str) -> bool:
    """Whether the console says that a policy or a script was broken."""
    return "Content Security Policy" in text or "Uncaught" in text
