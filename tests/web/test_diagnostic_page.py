"""Emails > Diagnostic, as an administrator sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from postdesk.basics.stages import Stage
from postdesk.engine import errands as worker
from postdesk.mailroom import errands
from postdesk.mailroom.models import Errand, MailSettings, SmtpAccount
from tests.support import builders
from tests.support.sink import Sink
from tests.web.conftest import accessible, sign_in

LETTER = {"test-recipient": "you@example.net", "test-subject": "Test", "test-text": "Hello."}


def typed(**changes: str) -> dict[str, str]:
    sender = builders.a_desk_that_can_send()
    return {"test-sender": str(sender.pk), **LETTER, **changes}


@pytest.mark.django_db
def test_h12_a_test_mail_is_asked_for_and_watched(alice: Client) -> None:
    with Sink() as sink:
        data = typed()
        SmtpAccount.objects.update(host="plain://127.0.0.1", port=sink.port, auth="none")
        asked = alice.post("/panel/diagnostic/tests", data, follow=True)
        assert "every 1s" in asked.content.decode()
        assert sink.letters == [], "nothing is sent inside the request"

        worker.carry_out(Errand.objects.get().pk)
        (letter,) = sink.wait_for(1)

    page = alice.get(asked.redirect_chain[-1][0]).content.decode()
    assert letter.recipients == ("you@example.net",)
    assert "The server took the message for you@example.net" in page
    assert 'value="you@example.net"' in page, "what was typed is still there"


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["", "not an address", "a@b.example, c@d.example", "a@b.example\nBcc: x@y.example"])
def test_a_wrong_recipient_is_told_beside_its_field_and_nothing_is_asked(alice: Client, wrong: str) -> None:
    page = alice.post("/panel/diagnostic/tests", typed(**{"test-recipient": wrong}))

    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.content.decode()
    assert not Errand.objects.exists()


@pytest.mark.django_db
def test_a_round_trip_through_an_address_without_mailbox_is_refused_beside_its_field(alice: Client) -> None:
    sender = builders.a_desk_that_can_send()
    page = alice.post("/panel/diagnostic/round-trips", {"trip-sender": sender.pk, "trip-through": sender.pk})

    assert page.status_code == 422
    assert "has no Remote Mailbox" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("pk", ["7", "x", "99999999999999999999", "-1", "²"])
def test_an_errand_that_is_none_of_ours_shows_nothing(alice: Client, pk: str) -> None:
    assert alice.get("/panel/diagnostic", {"errand": pk}).status_code in (200, 404)


def test_the_page_can_be_used_by_everybody(open_page: Callable[..., Page]) -> None:
    agent = builders.alice()
    builders.a_desk_that_can_send()
    page = open_page()
    sign_in(page, agent)
    page.goto("/panel/diagnostic")
    page.locator("#id_test-recipient").fill("you@example.net")
    page.get_by_role("button", name="Send test mail").click()
    expect(page.locator(".errand-state")).to_be_visible()
    at = dt.datetime.now(dt.UTC)
    errand = Errand.objects.get()
    errands.begin(errand.pk, at=at)
    errands.tell(errand.pk, [Stage("handover", "Hand the message over", "ok", said="250 queued")])
    errands.end(errand.pk, at=at, result={"headers": "Received: from a by b\nSubject: Test"})

    expect(page.get_by_text("All is well.")).to_be_visible()
    expect(page.get_by_text("Received: from a by b")).to_be_visible()
    accessible(page)


@pytest.mark.django_db
def test_a12_the_name_in_ehlo_is_set_kept_and_checked(alice: Client) -> None:
    sizes = {"max_file_size": "0", "max_files": "0"}
    fields = {
        **sizes,
        "max_message_size": "64",
        "max_open_tickets": "0",
        "auto_answers_per_hour": "10",
        "reply_separator": "--",
    }
    fields |= {f"trust_{action}": "anyone" for action in ("new_ticket", "reply", "agent", "reopen")}
    fields |= {"keep_held_days": "0", "keep_discarded_days": "0"}

    wrong = alice.post("/panel/email-settings", {**fields, "ehlo_name": "not a name"})
    assert "must be a host name" in wrong.content.decode()
    saved = alice.post("/panel/email-settings", {**fields, "ehlo_name": "Desk.Example.org."})

    assert saved.status_code == 302
    assert MailSettings.objects.get(pk=1).ehlo_name == "desk.example.org"
    assert 'value="desk.example.org"' in alice.get("/panel/email-settings").content.decode()
