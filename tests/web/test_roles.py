"""Permissions honoured: what the role in a department lets an agent do there, on the screens and in the addresses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from postdesk.people.models import Agent, Role, Team
from postdesk.people.permissions import GRANTS, PERMISSIONS, may, rights
from postdesk.tickets.models import Event, Membership, SlaPlan, Ticket
from postdesk.tickets.operations import assign, transfer
from tests.support import builders
from tests.web.conftest import signed_in

pytestmark = pytest.mark.django_db

#: What each column of the table of permissions lets one post about a ticket.
POSTS: dict[str, tuple[str, dict[str, str]]] = {
    "ticket.reply": ("ticket-replies", {"text": "Water is on its way."}),
    "ticket.note": ("ticket-notes", {"text": "Known problem."}),
    "ticket.assign": ("ticket-assignee", {"agent": ""}),
    "ticket.transfer": ("ticket-department", {"department": ""}),
    "ticket.close": ("ticket-closure", {}),
}
STOCK = ("All Access", "Expanded Access", "Limited Access", "View only")


def in_role(agent: Agent, role: str, department: str = "Support", **more: Any) -> Agent:
    """The agent, working in the department in the stock role of that name."""
    defaults = {"role": Role.objects.get(name=role), **more}
    Membership.objects.update_or_create(agent=agent, department=builders.a_department(department), defaults=defaults)
    return agent


@pytest.mark.parametrize("role", STOCK)
@pytest.mark.parametrize("verb", POSTS)
def test_a_role_lets_one_do_exactly_what_it_grants(role: str, verb: str) -> None:
    builders.a_desk_that_can_send()
    ticket, other = builders.a_ticket(), builders.a_department("Billing")
    bob = in_role(builders.bob(), role)
    name, data = POSTS[verb]
    data = {**data, "department": str(other.pk)} if verb == "ticket.transfer" else data

    response = signed_in(bob).post(reverse(name, args=[ticket.number]), data)

    assert response.status_code == (302 if verb in Role.objects.get(name=role).verbs else 403)


@pytest.mark.parametrize("role", STOCK)
def test_every_role_may_read_and_the_page_offers_only_what_it_grants(role: str) -> None:
    ticket = builders.a_ticket()
    builders.a_department("Billing")
    verbs = Role.objects.get(name=role).verbs

    page = signed_in(in_role(builders.bob(), role)).get(reverse("ticket", args=[ticket.number]))

    assert page.status_code == 200
    html = page.content.decode()
    for verb, (name, _) in POSTS.items():
        assert (reverse(name, args=[ticket.number]) in html) == (
            verb in verbs or (name == "ticket-replies" and "ticket.note" in verbs)
        ), verb
    assert ("Send reply" in html) == ("ticket.reply" in verbs)


def test_a_role_in_one_department_grants_nothing_in_another() -> None:
    bob = in_role(in_role(builders.bob(), "View only"), "All Access", "Billing")
    support, billing = builders.a_ticket(), builders.a_ticket(department=builders.a_department("Billing"))
    client = signed_in(bob)

    assert client.post(reverse("ticket-closure", args=[support.number])).status_code == 403
    assert client.post(reverse("ticket-closure", args=[billing.number])).status_code == 302


def test_a_ticket_of_another_department_that_one_was_given_is_worked_on_in_the_primary_role() -> None:
    charlie = in_role(builders.charlie(), "Limited Access", "Billing", is_primary=True)
    ticket = builders.a_ticket(assignee=charlie)

    assert may(charlie, "ticket.reply", ticket.department_id)
    assert not may(charlie, "ticket.close", ticket.department_id)


def test_a_role_that_is_not_active_grants_nothing() -> None:
    bob = in_role(builders.bob(), "All Access")
    Role.objects.filter(name="All Access").update(is_active=False)

    assert not any(rights(bob).allow(grant.verb) for grant in GRANTS)
    assert may(bob, "ticket.read")


def test_an_administrator_needs_no_role_and_one_who_is_not_active_may_nothing() -> None:
    alice = in_role(builders.alice(), "View only")
    assert all(may(alice, verb, 0) for verb in PERMISSIONS)

    alice.is_active = False

    assert not any(may(alice, verb) for verb in PERMISSIONS)


def test_no_role_grants_the_admin_panel() -> None:
    bob = in_role(builders.bob(), "All Access")
    Role.objects.filter(name="All Access").update(verbs=[*PERMISSIONS])

    assert not may(bob, "panel")
    assert not may(bob, "mailbox.steer")


@pytest.mark.parametrize(("role", "status"), [("All Access", 302), ("Expanded Access", 403), ("View only", 403)])
def test_held_mail_and_letters_are_decided_about_where_the_role_says_so(role: str, status: int) -> None:
    builders.a_department("Support", is_default=True)
    builders.a_desk_that_can_send()
    held = builders.a_spooled_mail()
    letter = builders.a_letter(ticket=builders.a_ticket())
    client = signed_in(in_role(builders.bob(), role))

    assert client.post(reverse("held-discarding", args=[held.pk])).status_code == status
    assert client.post(reverse("letter-cancellation", args=[letter.pk])).status_code == status


def test_steering_the_letters_of_another_department_is_not_granted() -> None:
    charlie = in_role(in_role(builders.charlie(), "All Access", "Billing"), "Expanded Access", "Support")
    builders.a_desk_that_can_send()
    letter = builders.a_letter(ticket=builders.a_ticket())

    assert signed_in(charlie).post(reverse("letter-cancellation", args=[letter.pk])).status_code == 403


def test_a_team_that_was_given_a_ticket_sees_it_and_finds_it_under_mine(charlie: Client) -> None:
    team = Team.objects.create(name="Night shift")
    team.members.add(builders.charlie())
    ticket = builders.a_ticket(team=team)

    assert charlie.get(reverse("ticket", args=[ticket.number])).status_code == 200
    assert f"#{ticket.number}" in charlie.get("/?view=mine").content.decode()

    Team.objects.update(is_active=False)

    assert charlie.get(reverse("ticket", args=[ticket.number])).status_code == 404


def test_a_ticket_is_given_to_a_team_on_its_page(bob: Client) -> None:
    team = Team.objects.create(name="Night shift")
    ticket = builders.a_ticket(assignee=builders.bob())

    bob.post(reverse("ticket-assignee", args=[ticket.number]), {"team": str(team.pk)})

    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee) == (team, None)
    assert Event.objects.get(name="ticket.assigned").data == {"to": "Night shift", "team": team.pk}


def test_whoever_takes_a_ticket_of_a_team_leaves_it_the_team_s() -> None:
    team, bob = Team.objects.create(name="Night shift"), builders.bob()
    ticket = builders.a_ticket(team=team)

    assign(ticket, to=bob, by=bob, at=builders.NOON)

    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee) == (team, bob)


def test_a_team_that_is_not_active_cannot_be_chosen(bob: Client) -> None:
    team = Team.objects.create(name="Night shift", is_active=False)
    ticket = builders.a_ticket()

    assert bob.post(reverse("ticket-assignee", args=[ticket.number]), {"team": str(team.pk)}).status_code == 409


def test_an_agent_who_is_away_is_not_offered(alice: Client) -> None:
    bob = builders.bob()
    ticket = builders.a_ticket()
    assert f'value="{bob.pk}"' in alice.get(reverse("ticket", args=[ticket.number])).content.decode()

    Agent.objects.filter(pk=bob.pk).update(on_vacation=True)

    assert f'value="{bob.pk}"' not in alice.get(reverse("ticket", args=[ticket.number])).content.decode()


def test_a_ticket_is_transferred_with_an_event_and_the_plan_of_its_new_department(bob: Client) -> None:
    gold, silver = (
        SlaPlan.objects.create(name="Gold", grace_hours=1),
        SlaPlan.objects.create(name="Silver", grace_hours=8, is_transient=True),
    )
    billing = builders.a_department("Billing", sla=gold)
    bobs = builders.bob()
    ticket = builders.a_ticket(assignee=bobs, sla=silver)

    response = bob.post(reverse("ticket-department", args=[ticket.number]), {"department": str(billing.pk)})

    ticket.refresh_from_db()
    assert (ticket.department, ticket.assignee, ticket.sla) == (billing, None, gold)
    assert ticket.due_at is not None
    assert (ticket.due_at - builders.NOON).total_seconds() == 3600
    event = Event.objects.get(name="ticket.transferred")
    assert (event.data["from"], event.data["to"], event.agent) == ("Support", "Billing", bobs)
    # Bob has no business in Billing: he is shown the queue, not a page that is not there.
    assert response.headers["Location"] == "/"


def test_a_plan_that_is_not_transient_stays_with_the_ticket() -> None:
    gold, silver = (
        SlaPlan.objects.create(name="Gold", grace_hours=1),
        SlaPlan.objects.create(name="Silver", grace_hours=8),
    )
    ticket = builders.a_ticket(sla=silver)

    transfer(ticket, to=builders.a_department("Billing", sla=gold), by=builders.alice(), at=builders.NOON)

    ticket.refresh_from_db()
    assert ticket.sla == silver


def test_who_answers_a_ticket_that_is_nobody_s_has_it_unless_the_department_says_no(bob: Client) -> None:
    builders.a_desk_that_can_send()
    claimed, left = (
        builders.a_ticket(),
        builders.a_ticket(department=builders.a_department("Billing", auto_claim=False)),
    )
    in_role(builders.bob(), "Expanded Access", "Billing")

    for ticket in (claimed, left):
        bob.post(reverse("ticket-replies", args=[ticket.number]), {"text": "Water is on its way."})

    assert Ticket.objects.get(pk=claimed.pk).assignee == builders.bob()
    assert Ticket.objects.get(pk=left.pk).assignee is None
    assert Event.objects.filter(name="ticket.claimed").count() == 1


def test_the_queue_and_the_ticket_say_by_when_it_is_due_and_that_it_is_overdue(alice: Client) -> None:
    builders.a_ticket("Late", due_at=builders.NOON)
    early = builders.a_ticket("Early", due_at=builders.NOON.replace(year=2126))

    queue = alice.get("/").content.decode()

    assert queue.count('data-state="overdue"') == 1
    assert queue.count('data-state="promised"') == 1
    assert 'data-state="promised"' in alice.get(reverse("ticket", args=[early.number])).content.decode()
