"""Signed-in clients of the cast, and a Chromium against a live server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client, override_settings
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from postdesk.people.models import Agent
from tests.support import builders

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="session", autouse=True)
def quick_settings() -> Iterator[None]:
    """Static files are served as they lie (WhiteNoise warns when the folder of collected ones is not there), and
    passwords are hashed by something that does not take half a second."""
    with override_settings(STATIC_ROOT=None, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


def signed_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


@pytest.fixture
def alice(db: None) -> Client:
    return signed_in(builders.alice())


@pytest.fixture
def bob(db: None) -> Client:
    return signed_in(builders.bob())


@pytest.fixture
def charlie(db: None) -> Client:
    return signed_in(builders.charlie())


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


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer, transactional_db: None) -> Iterator[Callable[..., Page]]:
    """A page of its own session; any error of a script or of the Content-Security-Policy fails the test."""
    complaints: list[str] = []
    contexts = []

    def opened(path: str = "/sign-in", **options: object) -> Page:
        context = chromium.new_context(base_url=live_server.url, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message.text) else None)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _is_complaint(text: str) -> bool:
    return "Content Security Policy" in text or "Uncaught" in text


def sign_in(page: Page, agent: Agent) -> None:
    """By the form, as a person does."""
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(agent.email)
    page.get_by_label("Password").fill(builders.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def accessible(page: Page) -> None:
    """axe-core finds no violation of WCAG 2.2 A and AA or of its own best practices on the page as it is now."""
    found = Axe().run(page)
    assert not found.violations_count, found.generate_report()
