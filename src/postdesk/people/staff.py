"""Agents as the administrator wants them: the values, what can be wrong with them, and the operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from django.db import transaction

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Invalid, Refused
from postdesk.mail.address import parse
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.people.models import Agent, DefaultSignature, FromName
from postdesk.people.naming import refuse

SHORTEST_PASSWORD: Final = 8
_COLUMNS: Final = {"admin": "is_admin", "active": "is_active", "vacation": "on_vacation"}


@dataclass(frozen=True, slots=True)
class AgentSetup:
    """One agent. `email` in lower case; `password` None keeps the stored one (a new agent then cannot sign in)."""

    email: str
    name: str = ""
    admin: bool = False
    active: bool = True
    signature: str = ""
    password: str | None = field(default=None, repr=False)
    default_signature: str = "department"
    from_name: str = "email"
    vacation: bool = False
    notes: str = ""


def agent_setup(agent: Agent) -> AgentSetup:
    """The agent as stored, without a password."""
    return AgentSetup(
        email=agent.email,
        name=agent.name,
        admin=agent.is_admin,
        active=agent.is_active,
        signature=agent.signature,
        default_signature=agent.default_signature,
        from_name=agent.from_name,
        vacation=agent.on_vacation,
        notes=agent.notes,
    )


def agent_problems(agent: Agent | None, setup: AgentSetup) -> Iterator[Invalid]:
    """Everything that is wrong with an agent by itself, each with its field."""
    yield from _address_problems(agent, setup.email)
    if not setup.name.strip():
        yield Invalid("name", "A name is required")
    elif len(setup.name) > 120 or not setup.name.isprintable():
        yield Invalid("name", "must be a single line of 120 characters at most")
    if setup.default_signature not in DefaultSignature.values:
        yield Invalid("default_signature", f"must be one of {', '.join(DefaultSignature.values)}")
    if setup.from_name not in FromName.values:
        yield Invalid("from_name", f"must be one of {', '.join(FromName.values)}")
    if setup.password is not None and len(setup.password) < SHORTEST_PASSWORD:
        yield Invalid("password", f"must have {SHORTEST_PASSWORD} characters at least")
    if agent is not None and not (setup.admin and setup.active) and _is_last_admin(agent):
        name = "admin" if not setup.admin else "active"
        yield Invalid(name, "This is the only active administrator: make another one first")


def _address_problems(agent: Agent | None, address: str) -> Iterator[Invalid]:
    found = parse(address)
    others = Agent.objects.filter(email=address.lower())
    if not address:
        yield Invalid("email", "An email address is required")
    elif len(found) != 1 or found[0].key != address.lower() or len(address) > 254:
        yield Invalid("email", "must be one e-mail address, like ann@example.org")
    elif (others.exclude(pk=agent.pk) if agent else others).exists():
        yield Invalid("email", "Another agent signs in with this address already")


def _is_last_admin(agent: Agent) -> bool:
    others = Agent.objects.filter(is_admin=True, is_active=True).exclude(pk=agent.pk)
    return agent.is_admin and agent.is_active and not others.exists()


@transaction.atomic
def save_agent(
    agent: Agent | None, setup: AgentSetup, *, by: Actor, at: dt.datetime
) -> tuple[Agent, tuple[Change, ...]]:
    """Hire an agent, or change the one given. Returns the row and what changed (nothing for a new one).

    Raises Problems. Who may not sign in any more is signed out: every request asks.
    """
    refuse(agent_problems(agent, setup))
    setup = replace(setup, email=setup.email.lower(), name=setup.name.strip())
    before = agent_setup(agent) if agent else None
    changes = differences(before, setup, apart_from=["password"]) if before else ()
    if agent is None:
        made = Agent.objects.hire(email=setup.email, name=setup.name, password=setup.password, at=at)
    else:
        made = agent
        if setup.password is not None and not made.check_password(setup.password):
            made.set_password(setup.password)
            changes += (Change("password", secret=True),)
        if not changes:
            return made, ()
    for name in (
        "email",
        "name",
        "admin",
        "active",
        "signature",
        "default_signature",
        "from_name",
        "vacation",
        "notes",
    ):
        setattr(made, _COLUMNS.get(name, name), getattr(setup, name))
    made.save()
    old = audit.values(before) if before else None
    new = audit.values(replace(setup, password=None))
    if any(change.key == "password" for change in changes) or (before is None and setup.password is not None):
        new["password"] = audit.CHANGED
    audit.record(by=by, at=at, verb="changed" if old else "created", of=made, label=made.name, before=old, after=new)
    return made, changes


@transaction.atomic
def delete_agent(agent: Agent, *, by: Actor, at: dt.datetime) -> None:
    """Entries and events keep the name; tickets become nobody's. Refused for oneself and the last administrator."""
    if isinstance(by, Agent) and by.pk == agent.pk:
        raise Refused("You cannot delete yourself.")
    if _is_last_admin(agent):
        raise Refused(f"{agent.name} is the only active administrator.")
    audit.deleted(agent, agent.name, agent_setup(agent), by=by, at=at)
    agent.delete()
