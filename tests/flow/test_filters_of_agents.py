"""Filters, bans and assignment over tickets that agents open; to filters they came by web (rows C4, D1, D3, D5)."""

from __future__ import annotations

import pytest

from postdesk.basics.errors import Refused
from postdesk.judge.filters.values import Rule
from postdesk.mailroom.bans import BanSetup, save_ban
from postdesk.mailroom.models import Letter
from postdesk.people.models import Agent, Organisation, Team
from postdesk.tickets import filters, operations
from postdesk.tickets.filter_setup import ActionSetup, FilterSetup
from postdesk.tickets.models import Event, HelpTopic, SlaPlan, Ticket
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


@pytest.mark.parametrize(
    ("topic", "is_managed", "said_by_user", "expected"),
    [
        ({"agent": "Tom", "team": "Night"}, True, False, ("Tom", None)),
        ({"agent": "Gone", "team": "Night"}, True, True, (None, "Night")),
        ({"agent": "Gone", "team": "Asleep"}, True, True, ("Mia", None)),
        ({}, True, True, ("Mia", None)),
        (None, True, False, ("Mia", None)),
        ({}, False, False, ("Alice", None)),
        ({}, False, True, (None, None)),
    ],
    ids=["agent", "team", "nobody active", "manager", "manager, no topic", "who wrote", "nobody"],
)
def test_c4_it_is_given_to_the_topics_agent_or_team_else_to_the_account_manager_else_to_who_wrote(
    desk, alice, topic, is_managed, said_by_user, expected
):
    people = {name: colleague(name) for name in ("Tom", "Mia")} | {"Gone": colleague("Gone", is_active=False)}
    teams = {"Night": Team.objects.create(name="Night"), "Asleep": Team.objects.create(name="Asleep", is_active=False)}
    if is_managed:
        Organisation.objects.create(name="Zoe's", domains=["example.com"], manager=people["Mia"], created_at=AT)
    about = None
    if topic is not None:
        given = {"agent": people.get(topic.get("agent")), "team": teams.get(topic.get("team"))}
        about = HelpTopic.objects.create(name="Lamps", **given)
    ticket = opened(desk, alice, help_topic=about, said_by_user=said_by_user)
    assert (ticket.assignee and ticket.assignee.name, ticket.team and ticket.team.name) == expected


def test_c4_what_a_filter_chose_comes_before_the_topic_and_the_account_manager(desk, alice):
    Team.objects.create(name="Night")
    a_filter(ActionSetup("team", "Night"))
    about = HelpTopic.objects.create(name="Lamps", agent=colleague("Tom"))
    Organisation.objects.create(name="Zoe's", domains=["example.com"], manager=colleague("Mia"), created_at=AT)
    ticket = opened(desk, alice, help_topic=about, said_by_user=True)
    assert (ticket.assignee, ticket.team and ticket.team.name) == (None, "Night")


def colleague(name: str, *, is_active: bool = True) -> Agent:
    made = Agent.objects.hire(email=f"{name.lower()}@example.net", name=name, password=None, at=AT)
    made.is_active = is_active
    made.save(update_fields=["is_active"])
    return made
