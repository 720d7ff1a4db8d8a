"""`postdesk apply`: roles, teams, access, schedules, SLA plans, priorities, canned responses (rows A3, A4, I, S14)."""

from __future__ import annotations

import datetime as dt

import pytest

from postdesk.basics.errors import Refused
from postdesk.flow.desk_file import apply_file
from postdesk.people.models import Agent, AuditEntry, Organisation, Role, Team
from postdesk.tickets.memberships import memberships_of
from postdesk.tickets.models import CannedResponse, Department, HelpTopic, PriorityLevel, Schedule, SlaPlan

AT = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)

FILE = """
[[schedule]]
name = "Office"
time_zone = "Europe/Berlin"
hours = ["Mon-Thu 09:00-12:00, 13:00-17:00", "Fri 9:00-14:00"]
holidays = ["2026-12-25 yearly Christmas", "2026-05-01 Labour Day"]

[[sla]]
name = "Gold"
grace_hours = 4
schedule = "Office"
default = true

[[sla]]
name = "Silver"
grace_hours = 48
transient = true
mute_alerts = true

[[priority]]
key = "emergency"
name = "On fire"
colour = "purple"

[[role]]
name = "Answering"
permissions = ["ticket.reply", "ticket.note"]

[[agent]]
email = "alice@example.net"
name = "Alice"
password = "correct horse"
admin = true
departments = ["Support"]

[[agent]]
email = "bob@example.net"
name = "Bob"
from_name = "mine"
default_signature = "mine"
vacation = true
  [[agent.access]]
  department = "Sales"
  primary = true
  [[agent.access]]
  department = "Support"
  role = "Answering"
  alerts = false

[[team]]
name = "Night shift"
lead = "alice@example.net"
members = ["bob@example.net", "alice@example.net"]

[[organisation]]
name = "Acme"
domains = ["acme.example", "Acme.test"]
manager = "bob@example.net"

[[department]]
name = "Support"
manager = "alice@example.net"
sla = "Silver"
schedule = "Office"
alert_recipients = "extended"
public = false
auto_claim = false
new_message_autoresponse = false

[[department]]
name = "Sales"

[[help_topic]]
name = "Outage"
sla = "Gold"
team = "Night shift"

[[canned_response]]
title = "Restart"
department = "Support"
text = "Dear %{ticket.name}, have you turned it off and on again?"
"""

pytestmark = pytest.mark.django_db


def applied(text: str) -> tuple[str, ...]:
    return apply_file(text, at=AT)


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(Refused) as refusal:
        applied(text)
    return tuple(refusal.value.fields["problems"])


def test_the_file_makes_the_whole_staff() -> None:
    lines = applied(FILE)

    assert "schedule Office: created" in lines
    assert "priority emergency: name Emergency -> On fire" in lines
    assert "agent bob@example.net: created" in lines
    office, gold = Schedule.objects.get(), SlaPlan.objects.get(name="Gold")
    assert office.spans[0] == [0, "09:00", "12:00"]
    assert [4, "09:00", "14:00"] in office.spans
    assert office.holidays == [["2026-05-01", "Labour Day", False], ["2026-12-25", "Christmas", True]]
    assert (gold.grace_hours, gold.schedule, gold.is_default) == (4, office, True)
    support = Department.objects.get(name="Support")
    assert (support.manager, support.sla) == (Agent.objects.get(name="Alice"), SlaPlan.objects.get(name="Silver"))
    assert (support.alert_recipients, support.is_public, support.auto_claim) == ("extended", False, False)
    assert HelpTopic.objects.get().team == Team.objects.get()
    assert {member.name for member in Team.objects.get().members.all()} == {"Alice", "Bob"}
    assert CannedResponse.objects.get().department == support
    acme = Organisation.objects.get()
    assert (acme.domains, acme.manager) == (["acme.example", "acme.test"], Agent.objects.get(name="Bob"))
    assert PriorityLevel.objects.get(key="emergency").colour == "purple"
    bob = Agent.objects.get(name="Bob")
    assert (bob.from_name, bob.default_signature, bob.on_vacation) == ("mine", "mine", True)
    assert list(map(str, memberships_of(bob))) == [
        "Sales (Expanded Access, primary)",
        "Support (Answering, no alerts)",
    ]
    assert str(memberships_of(Agent.objects.get(name="Alice"))[0]) == "Support (Expanded Access, primary)"


def test_a_second_run_changes_nothing_and_notes_nothing() -> None:
    applied(FILE)
    noted = AuditEntry.objects.count()

    assert applied(FILE) == ()
    assert AuditEntry.objects.count() == noted


def test_everything_that_was_made_is_in_the_audit_log_under_the_name_of_the_file() -> None:
    applied(FILE)

    rows = AuditEntry.objects.all()
    assert {row.actor for row in rows} == {"postdesk apply"}
    assert {"agent", "role", "team", "department", "help topic", "sla plan", "schedule", "priority"} <= {
        row.kind for row in rows
    }
    assert "correct horse" not in str([(row.before, row.after) for row in rows])
    assert AuditEntry.objects.get(kind="agent", label="Alice", verb="created").after["password"] == "changed"


def test_changes_are_told_and_noted_with_both_values() -> None:
    applied(FILE)

    lines = applied(
        FILE.replace('permissions = ["ticket.reply", "ticket.note"]', 'permissions = ["ticket.reply"]')
        .replace("grace_hours = 4\n", "grace_hours = 5\n")
        .replace('role = "Answering"', 'role = "View only"')
    )

    assert lines == (
        "SLA plan Gold: grace_hours 4 -> 5",
        "role Answering: permissions ticket.note, ticket.reply -> ticket.reply",
        "agent bob@example.net: access Sales (Expanded Access, primary), Support (Answering, no alerts) -> "
        "Sales (Expanded Access, primary), Support (View only, no alerts)",
    )
    noted = AuditEntry.objects.filter(kind="role").first()
    assert noted is not None
    assert noted.before == {"permissions": ["ticket.note", "ticket.reply"]}


def test_departments_alone_keep_the_roles_that_there_are() -> None:
    applied(FILE)

    lines = applied('[[agent]]\nemail = "bob@example.net"\ndepartments = ["Support"]')

    assert lines == ("agent bob@example.net: departments Sales, Support -> Support",)
    assert list(map(str, memberships_of(Agent.objects.get(name="Bob")))) == ["Support (Answering, primary, no alerts)"]


def test_a_dry_run_leaves_no_trace() -> None:
    lines = apply_file(FILE, at=AT, dry_run=True)

    assert "role Answering: created" in lines
    assert not Role.objects.filter(name="Answering").exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[role]]\nname = 'R'\npermissions = ['ticket.fly']", "role[1].permissions: must be some of"),
        ("[[role]]\npermissions = []", "role[1].name: is required"),
        (
            "[[organisation]]\nname = 'Acme'\ndomains = ['acme']",
            "organisation[1].domains: “acme” is not a domain, like",
        ),
        ("[[team]]\nname = 'X'", "team[1].name: must have 3 characters at least"),
        ("[[team]]\nname = 'Team'\nmembers = ['x@example.org']", 'team[1].members: there is no agent "x@example.org"'),
        ("[[schedule]]\nname = 'S'", "schedule[1].hours: A schedule has some hours at least"),
        ("[[schedule]]\nname = 'S'\nhours = ['Mon 9-5']", "schedule[1].hours: “9-5” in “Mon 9-5”: must be a time like"),
        (
            "[[schedule]]\nname = 'S'\nhours = ['Mon 09:00-12:00', 'Mon 11:00-13:00']",
            "schedule[1].hours: Mon 09:00-12:00 and 11:00-13:00 overlap",
        ),
        ("[[schedule]]\nname = 'S'\nhours = ['Mon 17:00-09:00']", "schedule[1].hours: “17:00-09:00” in"),
        ("[[schedule]]\nname = 'S'\nhours = ['Someday 09:00-12:00']", "schedule[1].hours: “Someday” in"),
        ("[[schedule]]\nname = 'S'\nhours = ['Mon 09:00-25:00']", "schedule[1].hours: “09:00-25:00” in"),
        (
            "[[schedule]]\nname = 'S'\nhours = ['Mon 09:00-12:00']\ntime_zone = 'Mars/Olympus'",
            "schedule[1].time_zone: “Mars/Olympus” is no time zone",
        ),
        (
            "[[schedule]]\nname = 'S'\nhours = ['Mon 09:00-12:00']\nholidays = ['Christmas']",
            "schedule[1].holidays: “Christmas” is not like",
        ),
        ("[[sla]]\nname = 'G'\ngrace_hours = 0", "sla[1].grace_hours: must be between 1 and 8760"),
        ("[[sla]]\nname = 'G'\nschedule = 'Nowhere'", 'sla[1].schedule: there is no schedule "Nowhere"'),
        ("[[sla]]\nname = 'G'\nactive = false\ndefault = true", "sla[1].active: The default plan must be active"),
        ("[[sla]]\nname = 'G'\n[[sla]]\nname = 'g'", "sla[2].name: g stands in the file already, as sla[1]"),
        ("[[priority]]\nkey = 'urgent'", 'priority[1].key: must be one of "low"'),
        ("[[priority]]\nkey = 'low'\nname = 'High'", "priority[1].name: Priority “High” already exists"),
        ("[[priority]]\nkey = 'low'\ncolour = 'pink'", "priority[1].colour: must be one of"),
        ("[[canned_response]]\ntitle = 'Hello'", "canned_response[1].text: Response text is required"),
        ("[[canned_response]]\ntitle = 'Hi'\ntext = 'x'", "canned_response[1].title: must have 3 characters at least"),
        ("[[department]]\nname = 'D'\nmanager = 'x@example.org'", "department[1].manager: there is no agent"),
        (
            "[[department]]\nname = 'D'\noutgoing_email = 'x@example.org'",
            "department[1].outgoing_email: there is no email",
        ),
        ("[[department]]\nname = 'D'\narchived = true", "department[1].archived: An archived department is not active"),
        ("[[department]]\nname = 'support'", "department[1].name: Department “support” already exists"),
        ("[[help_topic]]\nname = 'T'\nsla = 'X'", 'help_topic[1].sla: there is no sla "X"'),
        (
            "[[agent]]\nemail = 'a@example.org'\nname = 'A'\n[[agent.access]]\nrole = 'View only'",
            "agent[1].access[1].department: is required",
        ),
        (
            "[[agent]]\nemail = 'a@example.org'\nname = 'A'\n[[agent.access]]\ndepartment = 'Support'\nrole = 'X'",
            'agent[1].access[1].role: there is no role "X"',
        ),
        (
            "[[agent]]\nemail = 'a@example.org'\nname = 'A'\npassword = 'short'",
            "agent[1].password: must have 8 characters at least",
        ),
        ("[[agent]]\nemail = 'a@example.org'\nname = 'A'\nfrom_name = 'nobody'", "agent[1].from_name: must be one of"),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_nothing_is_changed(text: str, problem: str) -> None:
    (said,) = problems_of(text)

    assert said.startswith(problem)
    assert not AuditEntry.objects.exists()
    assert Role.objects.count() == 4


def test_c4_another_help_topic_or_plan_becomes_the_default_and_the_old_one_steps_down(db):
    first = '[[help_topic]]\nname = "General"\ndefault = true\n[[sla]]\nname = "Gold"\ndefault = true\n'
    apply_file(first, at=AT)
    later = (
        '[[help_topic]]\nname = "Orders"\ndefault = true\ncloses = true\n'
        '[[help_topic]]\nname = "General"\nnotes = "Old."\n'
        '[[sla]]\nname = "Silver"\ndefault = true\n[[sla]]\nname = "Gold"\nnotes = "Old."\n'
    )
    apply_file(later, at=AT)
    assert HelpTopic.objects.get(is_default=True).name == "Orders"
    assert HelpTopic.objects.get(closes=True).name == "Orders"
    assert SlaPlan.objects.get(is_default=True).name == "Silver"

    for file, field in (
        (later.replace('notes = "Old."', "default = true", 1), "help_topic[2].default"),
        ('[[help_topic]]\nname = "Orders"\nactive = false\n', "help_topic[1].active"),
    ):
        assert [problem.split(":")[0] for problem in problems_of(file)] == [field]
    assert HelpTopic.objects.get(is_default=True).name == "Orders"


def test_the_only_administrator_stays_one() -> None:
    applied(FILE)

    assert problems_of('[[agent]]\nemail = "alice@example.net"\nadmin = false') == (
        "agent[1].admin: This is the only active administrator: make another one first",
    )
    assert "agent alice@example.net: admin true -> false" in applied(
        '[[agent]]\nemail = "alice@example.net"\nadmin = false\n[[agent]]\nemail = "bob@example.net"\nadmin = true'
    )


def test_a_role_that_is_in_use_says_where_and_cannot_be_switched_off() -> None:
    applied(FILE)

    (said,) = problems_of('[[role]]\nname = "Answering"\nactive = false')

    assert said == "role[1].active: The role is in use by Bob: give them another one first."
