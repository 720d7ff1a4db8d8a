"""`postdesk judge`: what would become of a message, and that nothing becomes of it (row D7)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from postdesk.cli.main import app
from postdesk.judge.filters.values import Rule
from postdesk.mailroom.bans import BanSetup, save_ban
from postdesk.mailroom.models import Letter, SpooledMail
from postdesk.people.models import User
from postdesk.tickets import filters
from postdesk.tickets.filter_setup import ActionSetup, FilterSetup
from postdesk.tickets.models import Entry, Ticket
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return a_desk()


def judged(*raws: bytes, mailbox: str = "") -> list[dict[str, Any]]:
    found = []
    for raw in raws:
        options = ["--mailbox", mailbox] if mailbox else []
        result = CliRunner().invoke(app, ["judge", *options, "-"], input=raw)
        assert result.exit_code == 0, result.output
        found += [json.loads(line) for line in result.stdout.splitlines()]
    return found


def test_d7_a_message_is_judged_with_filters_and_their_trace_and_nothing_is_made(desk):
    setup = FilterSetup(
        "Fires",
        rules=(Rule("subject", "contains", "fire"),),
        actions=(ActionSetup("department", "Accounts"), ActionSetup("priority", "high")),
    )
    filters.save_filter(None, setup, by="test", at=AT)

    (said,) = judged(mail(message_id="a1@example.com"))

    assert said["outcome"] == "ticket"
    assert said["filters"] == [
        {
            "filter": "Fires",
            "why": "Subject contains “fire”",
            "did": ["set department to Accounts", "set priority to high"],
        }
    ]
    assert (said["new_ticket"]["department"], said["new_ticket"]["priority"]) == ("Accounts", "high")
    assert said["new_ticket"]["routed"] == "To names support@desk.test."
    assert said["new_ticket"]["autoresponse_from"] == "billing@desk.test"
    assert not any(model.objects.exists() for model in (Ticket, Entry, Letter, SpooledMail, User))


def test_d7_a_reply_a_ban_and_a_stranger_are_told_apart(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    refers = "In-Reply-To: <a1@example.com>\r\n"
    save_ban(None, BanSetup("@spam.example"), by="test", at=AT)
    reply, stranger, banned, known = judged(
        mail(message_id="a2@example.com", headers=refers),
        mail(message_id="a3@example.com", headers=refers, sender="mallory@evil.example"),
        mail(message_id="a4@example.com", sender="x@spam.example"),
        mail(message_id="a1@example.com"),
    )
    assert (reply["outcome"], reply["ticket"]) == ("reply", Ticket.objects.get().number)
    assert stranger["outcome"] == "hold"
    assert (banned["outcome"], banned["reason"]) == ("suppress", "The banlist has @spam.example.")
    assert known["outcome"] == "duplicate"
    assert Entry.objects.count() == 1


def test_d7_the_mailbox_it_would_come_to_counts(desk):
    (said,) = judged(mail(to="team@elsewhere.example"), mailbox="Billing@desk.test")
    assert said["new_ticket"]["email"] == "billing@desk.test"
    assert said["new_ticket"]["department"] == "Accounts"


def test_files_that_cannot_be_read_and_addresses_that_are_not_ours_are_complained_of(desk, tmp_path: Path):
    (tmp_path / "good.eml").write_bytes(mail())
    result = CliRunner().invoke(app, ["judge", str(tmp_path / "none.eml"), str(tmp_path / "good.eml")])
    assert result.exit_code == 66
    assert json.loads(result.stdout)["outcome"] == "ticket"
    result = CliRunner().invoke(app, ["judge", "--mailbox", "x@y.example", str(tmp_path / "good.eml")])
    assert result.exit_code == 1
    assert "x@y.example is not an address of this desk" in result.stderr
