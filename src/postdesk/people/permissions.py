"""What agents may do: the one table of verbs, and which of them a role has to grant.

A screen asks `may(agent, "ticket.reply", where=department)`; nothing else decides. Departments bound what an agent
sees (tickets.queries.visible_to); the role they have in a department bounds what they do there. An administrator may
do everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from postdesk.people.models import Agent

Kind = Literal["admin", "agent"]


@dataclass(frozen=True, slots=True)
class Grant:
    """A verb that roles grant: a column of the table of permissions. `sentence`: what it lets an agent do."""

    verb: str
    label: str
    group: str
    sentence: str


#: In the order of the columns.
GRANTS: Final[tuple[Grant, ...]] = (
    Grant("ticket.reply", "Reply", "Tickets", "Answer users."),
    Grant("ticket.note", "Note", "Tickets", "Write internal notes."),
    Grant("ticket.assign", "Assign", "Tickets", "Give tickets to agents and teams."),
    Grant(
        "ticket.transfer",
        "Transfer",
        "Tickets",
        "Move tickets to another department, messages into tickets of their own.",
    ),
    Grant("ticket.close", "Close", "Tickets", "Close tickets and open them again."),
    Grant("user.ban", "Ban", "Tickets", "Ban a ticket's user, and lift that ban."),
    Grant("held.read", "See", "Held mail", "See mail that is held, with its source."),
    Grant("held.decide", "Decide", "Held mail", "Make tickets of it, judge it anew, discard it."),
    Grant("outbox.read", "See", "Outbox", "See what became of letters."),
    Grant("outbox.steer", "Steer", "Outbox", "Try letters again, cancel them, settle uncertain ones."),
)
GRANTABLE: Final = frozenset(grant.verb for grant in GRANTS)

#: verb -> who may: administrators, and agents (those of GRANTS where their role says so). Tickets, mail, panel.
PERMISSIONS: Final[dict[str, frozenset[Kind]]] = {
    "ticket.read": frozenset({"admin", "agent"}),
    "ticket.reply": frozenset({"admin", "agent"}),
    "ticket.note": frozenset({"admin", "agent"}),
    "ticket.assign": frozenset({"admin", "agent"}),
    "ticket.transfer": frozenset({"admin", "agent"}),
    "ticket.close": frozenset({"admin", "agent"}),
    "user.ban": frozenset({"admin", "agent"}),
    "held.read": frozenset({"admin", "agent"}),
    "held.decide": frozenset({"admin", "agent"}),
    "outbox.read": frozenset({"admin", "agent"}),
    "outbox.steer": frozenset({"admin", "agent"}),
    "trace.read": frozenset({"admin"}),
    "mailbox.read": frozenset({"admin"}),
    "mailbox.steer": frozenset({"admin"}),
    "panel": frozenset({"admin"}),
}
_NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Rights:
    """What one agent's roles grant, read once."""

    kind: Kind
    is_active: bool = True
    #: Department id -> verbs.
    departments: Mapping[int, frozenset[str]] = field(default_factory=dict)
    #: The role in the primary department: it holds for tickets of other departments that were given to them.
    primary: frozenset[str] = _NOTHING

    def allow(self, verb: str, where: int | None = None) -> bool:
        """Whether they may do `verb` in the department, or, without one, anywhere. Unknown verbs: KeyError."""
        if self.kind not in PERMISSIONS[verb] or not self.is_active:
            return False
        if self.kind == "admin" or verb not in GRANTABLE:
            return True
        if where is None:
            return any(verb in verbs for verbs in self.departments.values())
        return verb in self.departments.get(where, self.primary)

    def all(self, where: int | None = None) -> dict[str, bool]:
        """Every verb, as templates name them ("ticket_reply")."""
        return {verb.replace(".", "_"): self.allow(verb, where) for verb in PERMISSIONS}


def rights(agent: Agent) -> Rights:
    """One query, none for administrators. A role that is not active grants nothing."""
    if agent.is_admin:
        return Rights("admin", agent.is_active)
    departments: dict[int, frozenset[str]] = {}
    primary = _NOTHING
    memberships = agent.memberships.values_list("department_id", "is_primary", "role__is_active", "role__verbs")
    for department, is_primary, is_active, verbs in memberships:
        departments[department] = frozenset(verbs) if is_active else _NOTHING
        primary = departments[department] if is_primary else primary
    return Rights("agent", agent.is_active, departments, primary)


def may(agent: Agent, verb: str, where: int | None = None) -> bool:
    """Whether this agent may do `verb` in the department `where` (an id); None: anywhere. Unknown verbs: KeyError."""
    return rights(agent).allow(verb, where)
