"""The keys of who works the desk and by when: roles, teams, access, schedules, plans, priorities, canned responses."""

from __future__ import annotations

from typing import Final

from postdesk.flow.desk_file.key import REQUIRED, Key, Section
from postdesk.people.permissions import GRANTS

_NOTES: Final = Key("notes", "lines", "", "For administrators only.", longest=10_000)
_COLOURS: Final = ("grey", "blue", "green", "yellow", "orange", "red", "purple")

ROLE: Final = Section(
    "role",
    "[[role]]",
    "role",
    "What agents may do with the tickets of a department, known by its name.",
    (
        Key("name", "text", REQUIRED, "Its name.", longest=64),
        Key("permissions", "names", (), "Exactly what it grants.", allowed=tuple(grant.verb for grant in GRANTS)),
        Key("active", "boolean", True, "One that is not grants nothing, and cannot be given."),
        _NOTES,
    ),
)

TEAM: Final = Section(
    "team",
    "[[team]]",
    "team",
    "Agents who can be given a ticket together, known by its name.",
    (
        Key("name", "text", REQUIRED, "Its name, of three characters at least.", longest=125),
        Key("lead", "name", "", "Who leads it, by address; need not be a member.", refers="agent"),
        Key("members", "names", (), "Exactly its members, by address.", refers="agent"),
        Key("active", "boolean", True, "Whether it can be given tickets."),
        Key("alerts", "boolean", True, "Tell its lead and members of tickets it is given, as the alerts say."),
        _NOTES,
    ),
)

ORGANISATION: Final = Section(
    "organisation",
    "[[organisation]]",
    "organisation",
    "Everybody who writes from its domains, known by its name.",
    (
        Key("name", "text", REQUIRED, "Its name, of two characters at least.", longest=200),
        Key("domains", "names", (), 'Its domains, like `"example.org"`; exactly these. Subdomains are others.'),
        Key("manager", "name", "", "Its account manager, by address: is given what nobody else is.", refers="agent"),
        _NOTES,
    ),
)

ACCESS: Final = Section(
    "agent.access",
    "[[agent.access]]",
    "access",
    "How the agent above works in a department. Together with `departments` it says exactly where they work.",
    (
        Key("department", "name", REQUIRED, "Where.", refers="department"),
        Key("role", "name", "Expanded Access", "What they may do there.", refers="role"),
        Key("primary", "boolean", False, "Their own department; of one that is not said, the first is."),
        Key("alerts", "boolean", True, "Whether they are sent its alerts."),
    ),
)

SCHEDULE: Final = Section(
    "schedule",
    "[[schedule]]",
    "schedule",
    "Business hours, known by their name.",
    (
        Key("name", "text", REQUIRED, "Its name.", longest=128),
        Key("time_zone", "text", "UTC", "A name of the time zone database, like `Europe/Berlin`.", longest=64),
        Key("hours", "rows", (), 'Lines like `"Mon-Fri 09:00-12:00, 13:00-17:00"`; some at least.'),
        Key("holidays", "rows", (), 'Days without hours: `"2026-05-01 Labour Day"`, `"2026-12-25 yearly Christmas"`.'),
        _NOTES,
    ),
)

SLA: Final = Section(
    "sla",
    "[[sla]]",
    "SLA plan",
    "By when whoever waits is answered, known by its name.",
    (
        Key("name", "text", REQUIRED, "Its name.", longest=125),
        Key("grace_hours", "number", 24, "Hours, of the schedule's where there is one.", between=(1, 8760)),
        Key("schedule", "name", "", 'Its hours; `""`: the department\'s, else around the clock.', refers="schedule"),
        Key("active", "boolean", True, "One that is not is passed over."),
        Key("default", "boolean", False, "The plan of tickets that nothing else gives one; one at most."),
        Key("transient", "boolean", False, "Gives way to the new department's plan when a ticket is transferred."),
        Key("mute_alerts", "boolean", False, "Tell nobody when a ticket becomes overdue."),
        _NOTES,
    ),
)

PRIORITY: Final = Section(
    "priority",
    "[[priority]]",
    "priority",
    "How one of the four priorities is called and looks, known by its key.",
    (
        Key("key", "choice", REQUIRED, "Which.", allowed=("low", "normal", "high", "emergency")),
        Key("name", "text", "", "What people read.", longest=60),
        Key("colour", "choice", "grey", "Legible on light and dark pages.", allowed=_COLOURS),
        Key("urgency", "number", 1, "Lists stand in its order, the least urgent first.", between=(0, 100)),
        Key("public", "boolean", True, "Without effect: for pages where users open tickets. They write emails."),
    ),
)

CANNED_RESPONSE: Final = Section(
    "canned_response",
    "[[canned_response]]",
    "canned response",
    "An answer written once, known by its title. Its files are added on its page.",
    (
        Key("title", "text", REQUIRED, "Its title, of three characters at least.", longest=200),
        Key("department", "name", "", 'Who may use it; `""`: all departments.', refers="department"),
        Key("text", "lines", "", "The answer; may name variables, like `%{ticket.number}`.", longest=100_000),
        Key("html", "lines", "", 'The same in HTML; `""`: made from the text.', longest=100_000),
        Key("active", "boolean", True, "Whether it can be used."),
        _NOTES,
    ),
)
