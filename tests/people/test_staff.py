"""Operations on roles, teams, agents, departments, topics, plans, canned responses: what is refused, what follows."""

from __future__ import annotations

import pytest

from postdesk.basics.errors import Problems, Refused
from postdesk.people.models import AuditEntry, Role, Team
from postdesk.people.roles import RoleSetup, delete_role, save_role
from postdesk.people.staff import AgentSetup, delete_agent
from postdesk.people.teams import TeamSetup, delete_team, save_team
from postdesk.tickets.canned import CannedSetup, canned_for, delete_canned, save_canned, uploads
from postdesk.tickets.departments import DepartmentSetup, consequences, delete_department, save_department
from postdesk.tickets.help_topics import HelpTopicSetup, delete_help_topic, save_help_topic, warnings
from postdesk.tickets.memberships import MembershipSetup, save_staff
from postdesk.tickets.models import CannedFile, Department, Event, HelpTopic, NewTicketSettings, Ticket
from postdesk.tickets.operations import Upload
from postdesk.tickets.service import ScheduleSetup, SlaSetup, delete_schedule, delete_sla, save_schedule, save_sla
from tests.support import builders
from tests.support.builders import NOON

pytestmark = pytest.mark.django_db


def fields_of(refusal: pytest.ExceptionInfo[Problems]) -> dict[str, str]:
    return {str(getattr(one, "field", "")): one.message for one in refusal.value.problems}


def test_everything_that_is_wrong_with_a_role_is_said_at_once() -> None:
    with pytest.raises(Problems) as refusal:
        save_role(None, RoleSetup("all access", ("ticket.fly",)), by="x", at=NOON)

    assert fields_of(refusal)["name"] == "Role “all access” already exists"
    assert "ticket.fly" in fields_of(refusal)["permissions"]


def test_a_role_in_use_says_by_whom_and_is_not_deleted() -> None:
    alice, bob = builders.alice(), builders.bob()

    with pytest.raises(Refused, match="in use by Alice Moreau and Bob Stone"):
        delete_role(Role.objects.get(name="Expanded Access"), by=alice, at=NOON)

    bob.delete()
    role = save_role(None, RoleSetup("Spare"), by=alice, at=NOON)[0]
    delete_role(role, by=alice, at=NOON)
    assert AuditEntry.objects.filter(kind="role").values_list("verb", "label")[0] == ("deleted", "Spare")


def test_a_deleted_team_leaves_its_tickets_to_nobody() -> None:
    alice = builders.alice()
    team = save_team(None, TeamSetup("Night shift", members=(alice.email,)), by=alice, at=NOON)[0]
    ticket = builders.a_ticket(team=team)

    delete_team(team, by=alice, at=NOON)

    assert Ticket.objects.get(pk=ticket.pk).team is None


def test_an_agent_who_is_not_active_does_not_lead_a_team() -> None:
    bob = builders.bob()
    bob.is_active = False
    bob.save()

    with pytest.raises(Problems) as refusal:
        save_team(None, TeamSetup("Night shift", lead=bob.email), by="x", at=NOON)

    assert fields_of(refusal) == {"lead": "bob@desk.example is not active and cannot lead a team"}


def test_a3_an_agent_s_address_is_no_address_of_the_desk_and_nobody_else_s() -> None:
    builders.bob()
    builders.an_email("support@desk.example")
    for address, words in (("Bob@desk.example", "Another agent"), ("SUPPORT@desk.example", "an address of the desk")):
        with pytest.raises(Problems) as refusal:
            save_staff(None, AgentSetup(address, "Ann"), (), by="x", at=NOON)
        assert words in fields_of(refusal)["email"]


def test_an_agent_and_where_they_work_are_saved_together_or_not_at_all() -> None:
    builders.a_department("Support")
    with pytest.raises(Problems) as refusal:
        save_staff(None, AgentSetup("ann@desk.example", ""), [MembershipSetup("Nowhere", "Nothing")], by="x", at=NOON)
    assert set(fields_of(refusal)) == {"name", "departments", "roles"}

    ann, _ = save_staff(None, AgentSetup("ann@desk.example", "Ann"), [MembershipSetup("Support")], by="x", at=NOON)

    assert ann.memberships.get().is_primary


def test_nobody_deletes_themselves_or_the_last_administrator() -> None:
    alice, bob = builders.alice(), builders.bob()
    with pytest.raises(Refused, match="yourself"):
        delete_agent(alice, by=alice, at=NOON)
    with pytest.raises(Refused, match="only active administrator"):
        delete_agent(alice, by="somebody", at=NOON)

    delete_agent(bob, by=alice, at=NOON)

    assert AuditEntry.objects.get(kind="agent").label == "Bob Stone"


def test_a_deleted_department_leaves_its_tickets_to_the_default_and_its_addresses_to_none() -> None:
    alice = builders.alice()
    support = Department.objects.get(is_default=True)
    billing = builders.a_department("Billing")
    ticket, email = builders.a_ticket(department=billing), builders.an_email()
    NewTicketSettings.objects.create(email=email, department=billing)
    HelpTopic.objects.create(name="Invoices", department=billing)

    told = consequences(billing)
    delete_department(billing, by=alice, at=NOON)

    assert told[0] == f"Its tickets (1) move to {support}."
    assert Ticket.objects.get(pk=ticket.pk).department == support
    assert NewTicketSettings.objects.get().department is None
    assert Event.objects.get(ticket=ticket).data["from"] == "Billing"
    assert AuditEntry.objects.get(kind="department").verb == "deleted"


def test_the_default_department_is_not_deleted_nor_left_without_a_successor() -> None:
    alice, support = builders.alice(), Department.objects.get(is_default=True)
    with pytest.raises(Refused, match="default department"):
        delete_department(support, by=alice, at=NOON)
    with pytest.raises(Problems) as refusal:
        save_department(support, DepartmentSetup(support.name), by=alice, at=NOON)
    assert set(fields_of(refusal)) == {"default"}

    save_department(None, DepartmentSetup("Sales", default=True), by=alice, at=NOON)

    assert list(Department.objects.filter(is_default=True).values_list("name", flat=True)) == ["Sales"]


def test_i_a_department_names_only_what_there_is() -> None:
    setup = DepartmentSetup(
        "Sales", "x@x.example", "y@x.example", template_set="T", manager="m@x.example", sla="S", schedule="H"
    )

    with pytest.raises(Problems) as refusal:
        save_department(None, setup, by="x", at=NOON)

    found = fields_of(refusal)
    assert found["outgoing_email"] == "Unknown System Email: x@x.example"
    assert found["autoresponse_email"] == "Unknown System Email: y@x.example"
    assert found["template_set"] == "Unknown Template Set: T"
    assert set(found) == {"outgoing_email", "autoresponse_email", "template_set", "manager", "sla", "schedule"}


def test_a4_a_topic_warns_of_what_is_not_active_any_more_and_cannot_be_given_it_anew() -> None:
    alice, sales = builders.alice(), builders.a_department("Sales")
    topic = save_help_topic(None, HelpTopicSetup("Prices", department="Sales"), by=alice, at=NOON)[0]
    Department.objects.filter(pk=sales.pk).update(is_active=False)
    topic = HelpTopic.objects.get(pk=topic.pk)

    assert warnings(topic) == ["The department Sales is not active and is passed over."]
    save_help_topic(topic, HelpTopicSetup("Pricing", department="Sales"), by=alice, at=NOON)
    with pytest.raises(Problems):
        save_help_topic(None, HelpTopicSetup("Offers", department="Sales"), by=alice, at=NOON)
    delete_help_topic(topic, by=alice, at=NOON)
    assert not HelpTopic.objects.exists()


def test_a_plan_and_a_schedule_in_use_say_where() -> None:
    schedule = save_schedule(None, ScheduleSetup("Office", hours=("Mon-Fri 09:00-17:00",)), by="x", at=NOON)[0]
    plan = save_sla(None, SlaSetup("Gold", 4, "Office"), by="x", at=NOON)[0]
    save_department(None, DepartmentSetup("Sales", sla="Gold"), by="x", at=NOON)

    with pytest.raises(Refused, match="used by the SLA plan Gold"):
        delete_schedule(schedule, by="x", at=NOON)
    with pytest.raises(Refused, match="used by the department Sales"):
        delete_sla(plan, by="x", at=NOON)


def test_a_canned_response_has_files_and_is_for_its_department() -> None:
    sales = builders.a_department("Sales")
    setup = CannedSetup("Prices", "Sales", "Here they are.")
    file = Upload("prices.pdf", "application/pdf", b"%PDF")
    row = save_canned(None, setup, by="x", at=NOON, add=[file])[0]
    save_canned(None, CannedSetup("Thanks", text="Thank you."), by="x", at=NOON)

    assert uploads(row.files.all()) == [file]
    assert [one.title for one in canned_for(sales.pk)] == ["Prices", "Thanks"]
    assert [one.title for one in canned_for(builders.a_department("Support").pk)] == ["Thanks"]

    changes = save_canned(row, setup, by="x", at=NOON, remove=[row.files.get().pk])[1]
    assert [change.key for change in changes] == ["files"]
    assert not CannedFile.objects.exists()
    delete_canned(row, by="x", at=NOON)
    assert AuditEntry.objects.filter(kind="canned response", verb="deleted").exists()


def test_a_team_has_a_name_of_its_own() -> None:
    Team.objects.create(name="Night shift")
    for name, words in (("", "Team name is required"), ("ab", "must have 3"), ("night SHIFT", "already exists")):
        with pytest.raises(Problems) as refusal:
            save_team(None, TeamSetup(name), by="x", at=NOON)
        assert words in fields_of(refusal)["name"]
