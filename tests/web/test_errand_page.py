"""An errand is watched while it goes: stages, the server's words, the certificate; nobody else sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from postdesk.basics.stages import Certificate, Stage
from postdesk.mailroom import errands
from tests.support import builders
from tests.web.conftest import accessible, sign_in, signed_in

AT = builders.NOON
CERTIFICATE = Certificate(
    subject="mail.example.org",
    issuer="Example CA",
    names=("mail.example.org", "smtp.example.org"),
    not_before=AT - dt.timedelta(days=90),
    not_after=AT - dt.timedelta(days=1),
    protocol="TLSv1.3",
    cipher="TLS_AES_256_GCM_SHA384",
    verified=False,
    why_not="certificate has expired",
)
STAGES = [
    Stage("name", "Find the address of the server", "ok", note="mail.example.org is 192.0.2.7.", seconds=0.01),
    Stage("greeting", "Hear the server's greeting", "ok", said="* OK <b>Dovecot</b> ready.", seconds=0.2),
    Stage("tls", "Encrypt the connection", "failed", remedy="Renew it.", certificate=CERTIFICATE, seconds=0.3),
    Stage("login", "Sign in", "skipped", note="Not tried."),
]


@pytest.mark.django_db
def test_a_page_shows_the_stages_and_goes_on_asking_until_the_end() -> None:
    alice = builders.alice()
    now = dt.datetime.now(dt.UTC)
    errand = errands.ask("check", {}, by=alice, at=now)
    errands.begin(errand.pk, at=now)
    errands.tell(errand.pk, STAGES)
    client = signed_in(alice)

    running = client.get(f"/panel/errands/{errand.pk}", headers={"HX-Request": "true"}).content.decode()
    errands.end(errand.pk, at=now)
    ended = client.get(f"/panel/errands/{errand.pk}", headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in running
    assert "every 1s" in running
    assert "&lt;b&gt;Dovecot&lt;/b&gt;" in running
    assert "smtp.example.org" in running
    assert "every 1s" not in ended
    failed = [stage.title for stage in STAGES if stage.state == "failed"]
    assert f"Something failed: {', '.join(failed)}." in ended


@pytest.mark.django_db
def test_somebody_elses_errand_is_not_there(alice: Client) -> None:
    mallory = builders._agent("mallory@desk.example", "Mallory", "Support", is_admin=True)
    errand = errands.ask("check", {}, by=mallory, at=AT)

    assert alice.get(f"/panel/errands/{errand.pk}").status_code == 404


def test_the_stages_come_by_themselves_and_can_be_read_by_everybody(open_page: Callable[..., Page]) -> None:
    agent = builders.alice()
    errand = errands.ask("check", {}, by=agent, at=dt.datetime.now(dt.UTC))
    page = open_page()
    sign_in(page, agent)
    page.goto(f"/panel/errands/{errand.pk}")
    expect(page.locator(".errand-state")).to_contain_text("One moment")

    errands.begin(errand.pk, at=dt.datetime.now(dt.UTC))
    errands.tell(errand.pk, STAGES)
    errands.end(errand.pk, at=dt.datetime.now(dt.UTC))

    expect(page.get_by_text("Renew it.")).to_be_visible()
    expect(page.get_by_text("certificate has expired")).to_be_visible()
    accessible(page)
