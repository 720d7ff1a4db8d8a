"""Two administrators at one thing: nobody undoes unseen what another one changed meanwhile."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from postdesk.flow import emails
from postdesk.mailroom.connect import email_setup
from postdesk.mailroom.models import Email, MailSettings
from postdesk.mailroom.preferences import mail_preferences, save_preferences
from postdesk.people.teams import TeamSetup, save_team
from postdesk.tickets.arrange import NewTicketSetup
from tests.support import builders
from tests.support.desk import AT
from tests.web.test_emails import MAILBOX, SETTINGS, SMTP

pytestmark = pytest.mark.django_db


def opened(client: Client, url: str) -> str:
    """The page's `seen`."""
    found = re.search(r'name="seen" value="(\d+)"', client.get(url).content.decode())
    assert found
    return found[1]


def test_a_team_that_another_admin_changed_is_not_overwritten_until_that_was_said(alice: Client) -> None:
    row, _ = save_team(None, TeamSetup("Night shift"), by="test", at=AT)
    url = reverse("team", args=[row.pk])
    seen = opened(alice, url)
    bob = builders.bob()
    save_team(row, TeamSetup("Night watch", alerts=False), by=bob, at=AT)
    typed = {"name": "Night shift", "active": "on", "alerts": "on", "notes": "Mine", "seen": seen}

    # Something else is wrong first: the page does not forget when it was opened.
    html = alice.post(url, {**typed, "name": "x" * 126}).content.decode()
    assert f'name="seen" value="{seen}"' in html

    answer = alice.post(url, typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert f"{bob.name} changed this at" in html
    assert "(name and alerts)" in html
    assert "Mine" in html
    row.refresh_from_db()
    assert (row.name, row.notes) == ("Night watch", "")

    newer = re.search(r'name="seen" value="(\d+)"', html)
    assert newer
    assert int(newer[1]) > int(seen)
    assert alice.post(url, {**typed, "seen": newer[1]}).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.notes) == ("Night shift", "Mine")


def test_an_email_that_another_admin_changed_says_so_before_its_connections_are_tried(alice: Client) -> None:
    email = builders.an_email("support@desk.test")
    url = reverse("email", args=[email.pk])
    seen = opened(alice, url)
    other = replace(email_setup(email), name="Theirs")
    emails.save(email, emails.WholeEmail(other, NewTicketSetup()), by=builders.bob(), at=AT)
    typed = {
        **MAILBOX,
        **SMTP,
        "account-address": "support@desk.test",
        "account-name": "Mine",
        "seen": seen,
        "intent": "unchecked",
    }

    for address in (url, reverse("email-checks", args=[email.pk])):
        html = alice.post(address, typed).content.decode()
        assert "changed this at" in html
        assert 'value="Mine"' in html
        assert Email.objects.get().name == "Theirs"


def test_the_settings_another_admin_changed_are_not_overwritten(alice: Client) -> None:
    row = MailSettings.objects.get_or_create(pk=1)[0]
    url = reverse("email-settings")
    seen = opened(alice, url)
    save_preferences(row, replace(mail_preferences(row), fetching=True), by=builders.bob(), at=AT)
    typed = {**SETTINGS, "default_email": "", "default_mta": "", "seen": seen}

    assert "changed this at" in alice.post(url, typed).content.decode()
    assert MailSettings.objects.get().fetching is True
