"""Teams as the administrator wants them: the values, what can be wrong with them, and the operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.db import transaction

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Invalid
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.people.models import Agent, Team
from postdesk.people.naming import name_problems, refuse


@dataclass(frozen=True, slots=True)
class TeamSetup:
    """One team. `lead` and `members` by address; the lead need not be a member."""

    name: str
    lead: str = ""
    members: tuple[str, ...] = ()
    active: bool = True
    alerts: bool = True
    notes: str = ""


def team_setup(row: Team) -> TeamSetup:
    """The team as stored."""
    members = tuple(sorted(member.email for member in row.members.all()))
    lead = row.lead.email if row.lead else ""
    return TeamSetup(row.name, lead, members, row.is_active, row.has_alerts, row.notes)


def team_problems(row: Team | None, setup: TeamSetup) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field."""
    others = Team.objects.exclude(pk=row.pk) if row else Team.objects.all()
    yield from name_problems(others, setup.name, what="Team", longest=125, shortest=3)
    wanted = {address.lower() for address in (*setup.members, setup.lead) if address}
    known = dict(Agent.objects.filter(email__in=wanted).values_list("email", "is_active"))
    for address in setup.members:
        if address.lower() not in known:
            yield Invalid("members", f"there is no agent {address}")
    if setup.lead and setup.lead.lower() not in known:
        yield Invalid("lead", f"there is no agent {setup.lead}")
    elif setup.lead and not known[setup.lead.lower()]:
        yield Invalid("lead", f"{setup.lead} is not active and cannot lead a team")


@transaction.atomic
def save_team(row: Team | None, setup: TeamSetup, *, by: Actor, at: dt.datetime) -> tuple[Team, tuple[Change, ...]]:
    """Make or change a team. Returns what changed (nothing for a new one). Raises Problems."""
    refuse(team_problems(row, setup))
    members = tuple(sorted({address.lower() for address in setup.members}))
    wanted = replace(setup, name=setup.name.strip(), lead=setup.lead.lower(), members=members)
    before = team_setup(row) if row else None
    changes = differences(before, wanted) if before else ()
    if row is not None and not changes:
        return row, ()
    made = row or Team()
    made.name, made.is_active, made.has_alerts, made.notes = wanted.name, wanted.active, wanted.alerts, wanted.notes
    made.lead = Agent.objects.get(email=wanted.lead) if wanted.lead else None
    made.save()
    made.members.set(Agent.objects.filter(email__in=members))
    audit.saved(made, made.name, before, wanted, by=by, at=at)
    return made, changes


@transaction.atomic
def delete_team(row: Team, *, by: Actor, at: dt.datetime) -> None:
    """Its tickets are nobody's then, unless an agent has them."""
    audit.deleted(row, row.name, team_setup(row), by=by, at=at)
    row.delete()
