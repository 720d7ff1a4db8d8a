"""Agents as the administrator wants them: the values, and the operation that makes them so."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from postdesk.basics.changes import Change, differences
from postdesk.people.models import Agent


@dataclass(frozen=True, slots=True)
class AgentSetup:
    """One agent. `email` in lower case; `password` None keeps the stored one (a new agent then cannot sign in)."""

    email: str
    name: str = ""
    admin: bool = False
    active: bool = True
    signature: str = ""
    password: str | None = field(default=None, repr=False)


def agent_setup(agent: Agent) -> AgentSetup:
    """The agent as stored, without a password."""
    return AgentSetup(
        email=agent.email, name=agent.name, admin=agent.is_admin, active=agent.is_active, signature=agent.signature
    )


def save_agent(agent: Agent | None, setup: AgentSetup, *, at: dt.datetime) -> tuple[Agent, tuple[Change, ...]]:
    """Hire an agent, or change the one given. Returns the row and what changed (nothing for a new one)."""
    if agent is None:
        agent = Agent.objects.hire(
            email=setup.email, name=setup.name, password=setup.password, at=at, is_admin=setup.admin
        )
        changes: tuple[Change, ...] = ()
        if setup.active and not setup.signature:
            return agent, changes
    else:
        changes = differences(agent_setup(agent), setup, apart_from=["password"])
        if setup.password is not None and not agent.check_password(setup.password):
            agent.set_password(setup.password)
            changes += (Change("password", secret=True),)
        if not changes:
            return agent, changes
    agent.name, agent.is_admin, agent.is_active = setup.name, setup.admin, setup.active
    agent.signature = setup.signature
    agent.save(update_fields=["name", "is_admin", "is_active", "signature", "password"])
    return agent, changes
