"""What each kind of agent may do: the one table of verbs and roles.

A screen asks `may(agent, "ticket.reply")`; nothing else decides. Departments bound what an agent
sees (tickets.queries.visible_to); this table bounds what they do.
"""

from __future__ import annotations

from typing import Final, Literal

from postdesk.people.models import Agent

Role = Literal["admin", "agent"]

#: verb -> the roles that may. Order: tickets, mail, panel.
PERMISSIONS: Final[dict[str, frozenset[Role]]] = {
    "ticket.read": frozenset({"admin", "agent"}),
    "ticket.reply": frozenset({"admin", "agent"}),
    "ticket.note": frozenset({"admin", "agent"}),
    "ticket.assign": frozenset({"admin", "agent"}),
    "ticket.close": frozenset({"admin", "agent"}),
    "held.read": frozenset({"admin", "agent"}),
    "held.decide": frozenset({"admin"}),
    "outbox.read": frozenset({"admin", "agent"}),
    "outbox.steer": frozenset({"admin"}),
    "mailbox.read": frozenset({"admin"}),
    "mailbox.steer": frozenset({"admin"}),
    "panel": frozenset({"admin"}),
}


def role_of(agent: Agent) -> Role:
    return "admin" if agent.is_admin else "agent"


def may(agent: Agent, verb: str) -> bool:
    """Whether this agent may do `verb`. Unknown verbs are a bug: KeyError."""
    return agent.is_active and role_of(agent) in PERMISSIONS[verb]
