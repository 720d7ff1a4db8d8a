"""Staff and Manage, in a browser and without one: agents, teams, roles, departments, topics, plans, audit log."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from postdesk.people.audit import record, thing_of
from postdesk.people.models import STOCK_ROLES, Agent, AuditEntry, Organisation, Role, Team
from postdesk.tickets.models import CannedResponse, Department, HelpTopic, PriorityLevel, Schedule, SlaPlan
from tests.support import builders
from tests.web.conftest import accessible, sign_in

Open = Callable[..., Page]
LISTS = (
    *("agents", "teams", "roles", "departments", "help-topics", "sla-plans", "schedules", "priorities"),
    *("organisations", "canned-responses", "audit-log"),
)
NEW = ("agent", "team", "role", "department", "help-topic", "sla-plan", "schedule", "organisation", "canned-response")


@pytest.fixture
def a_desk(db: None) -> None:
    """Something in every list."""
    alice, bob = builders.alice(), builders.bob()
    builders.charlie()
    # A test with transactions of its own may have emptied the tables before.
    for name, verbs in STOCK_ROLES.items():
        Role.objects.get_or_create(name=name, defaults={"verbs": list(verbs)})
    team = Team.objects.create(name="Night shift", lead=alice)
    team.members.add(bob)
    office = Schedule.objects.create(
        name="Office", spans=[[day, "09:00", "17:00"] for day in range(5)], time_zone="Europe/Berlin"
    )
    gold = SlaPlan.objects.create(name="Gold", grace_hours=4, schedule=office, is_default=True)
    HelpTopic.objects.create(name="Outage", sla=gold, team=team, priority="high")
    CannedResponse.objects.create(title="Restart", text="Have you turned it off and on?", updated_at=builders.NOON)
    Organisation.objects.create(name="Acme", domains=["acme.example"], manager=bob, created_at=builders.NOON)
    support = builders.a_department("Support")
    before, after = {"name": "Help", "sla": "", "signature": "Old\nlines"}, {"name": "Support", "sla": "Gold"}
    more = {"signature": "New\nlines", "password": "x"}
    record(
        by=alice,
        at=builders.NOON,
        verb="changed",
        of=thing_of(support),
        label="Support",
        before=before,
        after={**after, **more},
    )


@pytest.mark.parametrize("name", LISTS)
def test_every_list_shows_what_there_is(name: str, alice: Client, a_desk: None) -> None:
    page = alice.get(reverse(name))
    assert page.status_code == 200
    assert "Nothing" not in page.content.decode()


@pytest.mark.parametrize("name", NEW)
def test_an_empty_form_is_refused_with_every_field_that_is_missing(name: str, alice: Client, a_desk: None) -> None:
    response = alice.post(reverse(f"{name}-new"), {})

    assert response.status_code == 422
    assert "Nothing was saved" in response.content.decode()


def test_a_department_is_added_changed_and_noted(alice: Client, a_desk: None) -> None:
    data = {"name": "Sales", "status": "active", "alert_recipients": "members", "sla": "Gold", "public": "on"}
    assert alice.post(reverse("department-new"), data).status_code == 302
    sales = Department.objects.get(name="Sales")
    assert (sales.sla, sales.is_public, sales.auto_claim) == (SlaPlan.objects.get(), True, False)

    alice.post(reverse("department", args=[sales.pk]), {**data, "status": "archived", "manager": "bob@desk.example"})

    sales.refresh_from_db()
    assert (sales.is_active, sales.is_archived, sales.manager) == (False, True, builders.bob())
    verbs = AuditEntry.objects.filter(object_id=sales.pk, kind="department").values_list("verb", "actor")
    assert list(verbs) == [("changed", "Alice Moreau"), ("created", "Alice Moreau")]


def test_what_is_refused_stands_beside_its_field_and_nothing_typed_is_lost(alice: Client, a_desk: None) -> None:
    data = {"name": "support", "status": "archived", "default": "on", "alert_recipients": "members", "notes": "Kept."}

    html = alice.post(reverse("department-new"), data).content.decode()

    assert "already exists" in html
    assert "The default department must be active" in html
    assert "Kept." in html
    assert not Department.objects.filter(name="support").exists()


def test_an_agent_is_hired_with_a_role_in_each_department(alice: Client, a_desk: None) -> None:
    support, billing = builders.a_department("Support"), builders.a_department("Billing")
    data = {
        "name": "Ann Lee",
        "email": "Ann@desk.example",
        "password": "correct horse",
        "active": "on",
        "from_name": "mine",
        "default_signature": "mine",
        f"in_{support.pk}": "on",
        f"role_{support.pk}": "View only",
        f"in_{billing.pk}": "on",
        f"role_{billing.pk}": "All Access",
        f"alerts_{billing.pk}": "on",
        "primary": str(billing.pk),
    }

    assert alice.post(reverse("agent-new"), data).status_code == 302

    ann = Agent.objects.get(email="ann@desk.example")
    assert ann.check_password("correct horse")
    assert set(ann.memberships.values_list("department__name", "role__name", "is_primary", "has_alerts")) == {
        ("Support", "View only", False, False),
        ("Billing", "All Access", True, True),
    }
    assert "correct horse" not in str(AuditEntry.objects.values_list("after", flat=True))
    page = alice.get(reverse("agent", args=[ann.pk])).content.decode()
    assert "Leave empty to keep it" in page
    alice.post(reverse("agent", args=[ann.pk]), {**data, "password": "", "name": "Ann Li"})
    ann.refresh_from_db()
    assert (ann.name, ann.check_password("correct horse")) == ("Ann Li", True)


def test_a3_an_address_of_the_desk_is_refused_for_an_agent(alice: Client, a_desk: None) -> None:
    builders.an_email("support@desk.example")
    data = {"name": "Ann", "email": "support@desk.example", "from_name": "mine", "default_signature": "mine"}

    html = alice.post(reverse("agent-new"), data).content.decode()

    assert "support@desk.example is an address of the desk" in html


def test_alice_cannot_lock_herself_out(alice: Client, a_desk: None) -> None:
    me = builders.alice()
    alice.post(reverse("agent-acts"), {"row": [str(me.pk)], "act": "disable"})
    alice.post(reverse("agent-acts"), {"row": [str(me.pk)], "act": "delete", "confirmed": "yes"})

    me.refresh_from_db()
    assert me.is_active


def test_the_table_of_permissions_is_saved_as_it_is_ticked(alice: Client, a_desk: None) -> None:
    limited, view = Role.objects.get(name="Limited Access"), Role.objects.get(name="View only")
    full = Role.objects.get(name="All Access").verbs

    alice.post(
        reverse("role-permissions"),
        {"role": [str(limited.pk), str(view.pk)], "grant": [f"{limited.pk}:ticket.reply", f"{view.pk}:ticket.note"]},
    )

    assert Role.objects.get(pk=limited.pk).verbs == ["ticket.reply"]
    assert Role.objects.get(pk=view.pk).verbs == ["ticket.note"]
    assert Role.objects.get(name="All Access").verbs == full
    assert AuditEntry.objects.filter(kind="role", verb="changed").count() == 2


def test_a_role_in_use_is_not_deleted_and_says_who_has_it(alice: Client, a_desk: None) -> None:
    role = Role.objects.get(name="Expanded Access")
    question = alice.post(reverse("role-acts"), {"row": [str(role.pk)], "act": "delete"}).content.decode()
    assert "Bob Stone has it" in question

    page = alice.post(
        reverse("role-acts"), {"row": [str(role.pk)], "act": "delete", "confirmed": "yes"}, follow=True
    ).content.decode()

    assert "in use by" in page
    assert Role.objects.filter(pk=role.pk).exists()


def test_deleting_a_department_is_asked_about_with_what_follows(alice: Client, a_desk: None) -> None:
    billing = builders.a_department("Billing")
    ticket = builders.a_ticket(department=billing)
    chosen = {"row": [str(billing.pk)], "act": "delete"}
    assert "Its tickets (1) move to" in alice.post(reverse("department-acts"), chosen).content.decode()
    assert Department.objects.filter(pk=billing.pk).exists()

    alice.post(reverse("department-acts"), {**chosen, "confirmed": "yes"})

    ticket.refresh_from_db()
    assert ticket.department.is_default


def test_things_are_switched_off_and_on_in_bulk(alice: Client, a_desk: None) -> None:
    topic, team = HelpTopic.objects.get(), Team.objects.get()
    for name, row in (("help-topic", topic), ("team", team)):
        alice.post(reverse(f"{name}-acts"), {"row": [str(row.pk)], "act": "disable"})
        row.refresh_from_db()
        assert not row.is_active
        alice.post(reverse(f"{name}-acts"), {"row": [str(row.pk)], "act": "enable"})
        row.refresh_from_db()
        assert row.is_active


def test_a4_a_topic_whose_team_is_not_active_any_more_says_so(alice: Client, a_desk: None) -> None:
    Team.objects.update(is_active=False)
    html = alice.get(reverse("help-topic", args=[HelpTopic.objects.get().pk])).content.decode()

    assert "The team Night shift is not active and is passed over." in html
    assert "Night shift (not active)" in html


def test_a_priority_is_renamed_and_shown_by_its_new_name(alice: Client, a_desk: None) -> None:
    data = {"name": "Urgent", "colour": "purple", "urgency": "3", "public": "on"}
    assert alice.post(reverse("priority", args=["high"]), data).status_code == 302

    assert PriorityLevel.objects.get(key="high").name == "Urgent"
    builders.a_ticket(priority="high")
    assert 'data-colour="purple">Urgent<' in alice.get("/").content.decode()


def test_a_canned_response_is_written_with_a_file(alice: Client, a_desk: None) -> None:
    file = SimpleUploadedFile("plan.txt", b"exit left", "text/plain")
    data = {"title": "Plan", "text": "See the plan.", "active": "on", "files": file}
    assert alice.post(reverse("canned-response-new"), data).status_code == 302

    row = CannedResponse.objects.get(title="Plan")
    kept = row.files.get()
    assert kept.filename == "plan.txt"
    alice.post(reverse("canned-response", args=[row.pk]), {**data, "files": "", "remove": [str(kept.pk)]})
    assert not row.files.exists()


def test_a_schedule_says_which_line_is_wrong(alice: Client, a_desk: None) -> None:
    data = {"name": "Late", "time_zone": "Europe/Berlin", "hours": "Mon 09:00-17:00\nTue nine to five"}

    html = alice.post(reverse("schedule-new"), data).content.decode()

    assert "“Tue nine to five” is not like" in html or "Tue nine to five" in html
    assert not Schedule.objects.filter(name="Late").exists()


def test_the_audit_log_is_filtered_and_paged(alice: Client, a_desk: None) -> None:
    support = thing_of(builders.a_department("Support"))
    for number in range(60):
        record(by="postdesk apply", at=builders.NOON, verb="created", of=support, label=f"Thing {number}")

    first = alice.get(reverse("audit-log"), {"who": "postdesk apply"}).content.decode()
    assert "Thing 59" in first
    assert "Thing 5<" not in first
    assert "Alice Moreau</strong>" not in first
    older = re.search(r'href="(\?[^"]*before=\d+)"', first)
    assert older is not None
    assert "Thing 5<" in alice.get(reverse("audit-log") + older[1].replace("&amp;", "&")).content.decode()
    assert "Nothing matches" in alice.get(reverse("audit-log"), {"from": "2030-01-01"}).content.decode()
    assert alice.get(reverse("audit-log"), {"from": "x", "to": "9999-99-99", "who": "\x00"}).status_code == 200


def test_the_audit_log_shows_before_and_after_and_no_secret(alice: Client, a_desk: None) -> None:
    html = alice.get(reverse("audit-log"), {"kind": "department"}).content.decode()

    assert "<del>Help</del>" in html
    assert "<ins>Support</ins>" in html
    assert "a secret: never shown" in html


@pytest.fixture
def page(open_page: Open, a_desk: None) -> Page:
    page = open_page()
    sign_in(page, builders.alice())
    return page


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_screens_are_accessible_and_fit(scheme: str, width: int, open_page: Open, a_desk: None) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    sign_in(page, builders.alice())
    shots = os.environ.get("SHOTS")
    paths = {name: reverse(name) for name in LISTS}
    paths |= {f"{name}-new": reverse(f"{name}-new") for name in ("agent", "department", "help-topic", "sla-plan")}
    paths["agent"] = reverse("agent", args=[builders.bob().pk])
    for name, path in paths.items():
        page.goto(path)
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if shots:
            page.screenshot(path=str(Path(shots) / f"{name}-{scheme}-{width}.png"), full_page=True)


def test_a_permission_is_given_by_a_tick(page: Page) -> None:
    page.goto(reverse("roles"))
    page.get_by_label("View only: Tickets, Close").check()
    page.get_by_role("button", name="Save permissions").click()

    expect(page.get_by_text("The permissions of View only are saved.")).to_be_visible()
    assert Role.objects.get(name="View only").verbs == ["ticket.close"]


def test_a_team_is_made_by_hand(page: Page) -> None:
    page.goto(reverse("teams"))
    page.get_by_role("link", name="Add team").click()
    page.get_by_label("Name").fill("Early birds")
    page.get_by_label("Bob Stone").check()
    page.get_by_role("button", name="Add team").click()

    expect(page.get_by_role("link", name="Early birds")).to_be_visible()
    assert [one.name for one in Team.objects.get(name="Early birds").members.all()] == ["Bob Stone"]
