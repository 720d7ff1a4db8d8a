"""The first administrator of a new installation."""

from __future__ import annotations

import secrets

from postdesk.basics.clock import now
from postdesk.people.models import Agent


def first_agent() -> tuple[str, str] | None:
    """The first time, an administrator with a random password: (address, password). None when there are agents."""
    if Agent.objects.exists():
        return None
    password = secrets.token_urlsafe(12)
    agent = Agent.objects.hire(
        email="admin@localhost", name="Administrator", password=password, at=now(), is_admin=True
    )
    return agent.email, password
