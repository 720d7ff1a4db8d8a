"""SLA plans, help topics' assignments and overdue tickets: what mail becomes, what upkeep notices (rows A4, I)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from postdesk.flow.upkeep import mark_overdue
from postdesk.people.models import Team
from postdesk.tickets import operations
from postdesk.tickets.models import Event, HelpTopic, Schedule, SlaPlan, Ticket
from tests.support import builders
from tests.support.desk import Desk, a_desk, arrives, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Desk:
    return a_desk()


def a_plan(name: str = "Gold", grace_hours: int = 4, **fields: Any) -> SlaPlan:
    return SlaPlan.objects.create(name=name, grace_hours=grace_hours, **fields)


def a_ticket(desk: Desk, **parts: str) -> Ticket:
    row = arrives(desk.mailbox, mail(**parts))[0]
    assert row.outcome == "ticket", row.reason
    return Ticket.objects.latest("id")


def test_a_desk_without_plans_promises_nothing(desk: Desk) -> None:
    ticket = a_ticket(desk)

    assert (ticket.sla, ticket.due_at) == (None, None)


def test_i_the_plan_of_a_new_ticket_is_the_topic_s_then_the_department_s_then_the_default(desk: Desk) -> None:
    gold, silver, bronze = a_plan("Gold", 1), a_plan("Silver", 8), a_plan("Bronze", 24, is_default=True)
    assert a_ticket(desk).sla == bronze
    desk.department.sla = silver
    desk.department.save()
    assert a_ticket(desk).sla == silver
    desk.support.new_tickets.help_topic = HelpTopic.objects.create(name="Outage", sla=gold)
    desk.support.new_tickets.save()

    ticket = a_ticket(desk)

    assert ticket.sla == gold
    assert ticket.due_at == ticket.opened_at + dt.timedelta(hours=1)


def test_i_a_plan_that_is_not_active_is_passed_over(desk: Desk) -> None:
    desk.department.sla = a_plan("Silver", is_active=False)
    desk.department.save()
    bronze = a_plan("Bronze", is_default=True)

    assert a_ticket(desk).sla == bronze


def test_i_the_hours_are_the_plan_s_schedule_or_the_department_s(desk: Desk) -> None:
    schedule = Schedule.objects.create(name="Sundays", spans=[[6, "09:00", "10:00"]], time_zone="Europe/Berlin")
    desk.department.schedule, desk.department.sla = schedule, a_plan(grace_hours=1)
    desk.department.save()

    ticket = a_ticket(desk)

    assert ticket.due_at is not None
    assert (ticket.due_at.weekday(), ticket.due_at.hour) == (6, 9 if ticket.due_at.month in (1, 2, 11, 12) else 8)


def test_i_a_help_topic_gives_its_tickets_to_an_agent_or_else_to_a_team(desk: Desk) -> None:
    bob, team = builders.bob(), Team.objects.create(name="Night shift")
    topic = HelpTopic.objects.create(name="Outage", agent=bob, team=team)
    desk.support.new_tickets.help_topic = topic
    desk.support.new_tickets.save()
    both = a_ticket(desk)
    bob.is_active = False
    bob.save()

    without_bob = a_ticket(desk, subject="Again")

    assert (both.assignee, both.team) == (bob, None)
    assert (without_bob.assignee, without_bob.team) == (None, team)


def test_an_answer_ends_the_waiting_and_the_next_message_begins_it_anew(desk: Desk) -> None:
    a_plan(is_default=True)
    alice = builders.alice()
    arrives(desk.mailbox, mail(message_id="one@example.com"))
    ticket = Ticket.objects.get()
    operations.reply(ticket, text="Water is on its way.", by=alice, at=ticket.opened_at + dt.timedelta(hours=1))
    ticket.refresh_from_db()
    assert ticket.due_at is None

    arrives(desk.mailbox, mail(message_id="two@example.com", headers="In-Reply-To: <one@example.com>\r\n"))

    ticket.refresh_from_db()
    assert ticket.waiting_since is not None
    assert ticket.due_at == ticket.waiting_since + dt.timedelta(hours=4)


def test_a_second_message_of_somebody_who_waits_changes_nothing_about_when_it_is_due(desk: Desk) -> None:
    a_plan(is_default=True)
    arrives(desk.mailbox, mail(message_id="one@example.com"))
    before = Ticket.objects.get().due_at

    arrives(desk.mailbox, mail(message_id="two@example.com", headers="In-Reply-To: <one@example.com>\r\n"))

    assert Ticket.objects.get().due_at == before


def test_a_closed_ticket_is_not_due_and_one_that_is_opened_again_is(desk: Desk) -> None:
    a_plan(is_default=True)
    alice, ticket = builders.alice(), a_ticket(desk)
    operations.close(ticket, by=alice, at=builders.NOON)
    ticket.refresh_from_db()
    assert ticket.due_at is None

    operations.reopen(ticket, by=alice, at=builders.NOON)

    ticket.refresh_from_db()
    assert ticket.due_at == builders.NOON + dt.timedelta(hours=4)


def test_a_ticket_becomes_overdue_once_for_each_promise(desk: Desk) -> None:
    a_plan(is_default=True, mutes_alerts=True)
    ticket = a_ticket(desk)
    assert ticket.due_at is not None
    late = ticket.due_at + dt.timedelta(seconds=1)

    assert mark_overdue(at=ticket.due_at - dt.timedelta(seconds=1)) == 0
    assert [mark_overdue(at=late) for _ in range(3)] == [1, 0, 0]

    event = Event.objects.get(ticket=ticket, name="ticket.overdue")
    assert (event.at, event.data["sla"], event.data["muted"]) == (late, "Gold", True)
    ticket.refresh_from_db()
    assert ticket.overdue_at == late


def test_answered_and_closed_tickets_never_become_overdue(desk: Desk) -> None:
    a_plan(is_default=True)
    alice = builders.alice()
    answered, closed = a_ticket(desk), a_ticket(desk, subject="Another")
    operations.reply(answered, text="Done.", by=alice, at=builders.NOON)
    operations.close(closed, by=alice, at=builders.NOON)

    assert mark_overdue(at=builders.NOON + dt.timedelta(days=400)) == 0


def test_more_tickets_than_one_batch_are_all_marked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postdesk.tickets.operations.overdue.BATCH", 2)
    for _ in range(5):
        builders.a_ticket(due_at=builders.NOON)

    assert mark_overdue(at=builders.NOON) == 5
    assert Event.objects.filter(name="ticket.overdue").count() == 5


def test_i_g7_an_answer_to_a_closed_ticket_of_an_archived_department_opens_a_new_one(desk: Desk) -> None:
    arrives(desk.billing_mailbox, mail(to="billing@desk.test", message_id="one@example.com"))
    old = Ticket.objects.get()
    operations.close(old, by=builders.alice(), at=builders.NOON)
    desk.accounts.is_active, desk.accounts.is_archived = False, True
    desk.accounts.save()

    row = arrives(desk.mailbox, mail(message_id="two@example.com", headers="In-Reply-To: <one@example.com>\r\n"))[0]

    new = Ticket.objects.latest("id")
    assert (row.outcome, new.department) == ("ticket", desk.department)
    assert "its department is archived" in row.reason
    assert Ticket.objects.get(pk=old.pk).status == "closed"
    assert new.events.get(name="ticket.opened").data["follows"] == f"#{old.number}"
    assert old.events.get(name="ticket.continued").data["to"] == f"#{new.number}"
