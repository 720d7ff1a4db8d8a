"""Signed-in clients of the cast, and a Chromium against a live server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client, override_settings
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from postdesk.people.models import Agent
from tests.support import builders
from tests.support.browser import accessible, is_complaint

__all__ = ["accessible"]


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
        page.on("console", lambda message: complaints.append(message.text) if is_complaint(message.text) else None)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page: Page, agent: Agent) -> None:
    """By the form, as a person does."""
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(agent.email)
    page.get_by_label("Password").fill(builders.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
