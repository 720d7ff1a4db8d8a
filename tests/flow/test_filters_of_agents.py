"""Filters and bans over tickets that agents open: for filters they came by the web (rows D1, D3, D5)."""

from __future__ import annotations

import pytest

from postdesk.basics.errors import Refused
from postdesk.judge.filters.values import Rule
from postdesk.mailroom.bans import BanSetup, save_ban
from postdesk.mailroom.models import Letter
from postdesk.people.models import Agent, Team
from postdesk.tickets import filters, operations
from postdesk.tickets.filter_setup import ActionSetup, FilterSetup
from postdesk.tickets.models import Event, SlaPlan, Ticket
from postdesk.tickets.operations.opening import NewTicket
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return a_desk()


@pytest.fixture
def alice():
    return Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=AT, is_admin=True)


def a_filter(*actions: ActionSetup, target: str = "web") -> None:
    rules = (Rule("subject", "contains", "lamp"), Rule("email", "ends", "@example.com"))
    filters.save_filter(None, FilterSetup("Lamps", target=target, rules=rules, actions=actions), by="test", at=AT)


def opened(desk, alice, **more) -> Ticket:
    new = NewTicket("Zoe@example.com", "Your lamp", "It is ready.", desk.department, name="Zoe", **more)
    ticket = operations.open_ticket(new, by=alice, at=AT)
    ticket.refresh_from_db()
    return ticket


@pytest.mark.parametrize("target", ["web", "any"])
def test_d3_filters_for_the_web_and_for_any_look_at_it_and_their_trace_is_kept(desk, alice, target):
    team, plan = Team.objects.create(name="Night"), SlaPlan.objects.create(name="Gold", grace_hours=1)
    a_filter(
        ActionSetup("department", "Accounts"),
        ActionSetup("priority", "high"),
        ActionSetup("team", "Night"),
        ActionSetup("sla", "Gold"),
        ActionSetup("agent", "alice@example.net"),
        ActionSetup("mail", recipients="boss@example.org", subject="#%{ticket.number}", text="%{message}"),
        target=target,
    )
    ticket = opened(desk, alice)
    assert (ticket.department, ticket.priority, ticket.team, ticket.sla, ticket.assignee) == (
        desk.accounts,
        "high",
        team,
        plan,
        alice,
    )
    assert Event.objects.get(ticket=ticket, name="ticket.filtered").data["filter"] == "Lamps"
    letter = Letter.objects.get(kind="filter")
    assert (letter.subject, letter.recipients.get().address) == (f"#{ticket.number}", "boss@example.org")


def test_d3_filters_for_mail_do_not(desk, alice):
    a_filter(ActionSetup("priority", "high"), target="email")
    assert opened(desk, alice).priority == "normal"


def test_d5_a_filter_that_rejects_it_is_named_and_nothing_is_made(desk, alice):
    a_filter(ActionSetup("reject"))
    with pytest.raises(Refused, match=r"The Ticket Filter “Lamps” rejects this ticket\."):
        opened(desk, alice)
    assert not Ticket.objects.exists()
    assert not Letter.objects.exists()


def test_d5_a_ticket_can_be_closed_at_once(desk, alice):
    a_filter(ActionSetup("status", "closed"))
    assert opened(desk, alice, said_by_user=True).status == "closed"


def test_d5_a_mail_to_the_desk_itself_is_not_sent(desk, alice):
    a_filter(ActionSetup("mail", recipients="support+x@desk.test", subject="x", text="x"))
    opened(desk, alice)
    assert Event.objects.get(name="filter.unsent").data["why"] == "it names nobody but the desk itself"


def test_d1_nobody_writes_to_somebody_who_is_banned(desk, alice):
    arrives(desk.mailbox, mail())
    save_ban(None, BanSetup("@example.com"), by="test", at=AT)
    words = r"is on the banlist \(@example.com\). Lift the ban before you write to them."
    with pytest.raises(Refused, match=words):
        opened(desk, alice)
    ticket = Ticket.objects.get()
    with pytest.raises(Refused, match=words):
        operations.reply(ticket, text="Hello", by=alice, at=AT)
    operations.note(ticket, text="Only for us", by=alice, at=AT)
    assert ticket.entries.count() == 2
