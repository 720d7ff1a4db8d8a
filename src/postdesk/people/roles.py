"""Roles as the administrator wants them: the values, what can be wrong with them, and the operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Invalid, Refused
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.people.models import Role
from postdesk.people.naming import listed, name_problems, refuse
from postdesk.people.permissions import GRANTS


@dataclass(frozen=True, slots=True)
class RoleSetup:
    """One role. `permissions`: verbs of people.permissions.GRANTS, in any order."""

    name: str
    permissions: tuple[str, ...] = ()
    active: bool = True
    notes: str = ""


def role_setup(row: Role) -> RoleSetup:
    """The role as stored."""
    return RoleSetup(row.name, tuple(sorted(row.verbs)), row.is_active, row.notes)


def agents_of(row: Role) -> list[str]:
    """Names of the agents who have the role in some department."""
    return sorted({one.agent.name for one in row.memberships.select_related("agent")})


def role_problems(row: Role | None, setup: RoleSetup) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field."""
    others = Role.objects.exclude(pk=row.pk) if row else Role.objects.all()
    yield from name_problems(others, setup.name, what="Role", longest=64)
    known = {grant.verb for grant in GRANTS}
    for verb in setup.permissions:
        if verb not in known:
            yield Invalid("permissions", f'there is no permission "{verb}"; there are {", ".join(sorted(known))}')
    if row is not None and not setup.active and row.is_active and (users := agents_of(row)):
        yield Invalid("active", f"The role is in use by {listed(users)}: give them another one first.")


@transaction.atomic
def save_role(row: Role | None, setup: RoleSetup, *, by: Actor, at: dt.datetime) -> tuple[Role, tuple[Change, ...]]:
    """Make or change a role. Returns what changed (nothing for a new one). Raises Problems."""
    refuse(role_problems(row, setup))
    wanted = RoleSetup(setup.name.strip(), tuple(sorted(set(setup.permissions))), setup.active, setup.notes)
    before = role_setup(row) if row else None
    changes = differences(before, wanted) if before else ()
    if row is not None and not changes:
        return row, ()
    made = row or Role()
    made.name, made.verbs, made.is_active, made.notes = (
        wanted.name,
        list(wanted.permissions),
        wanted.active,
        wanted.notes,
    )
    made.save()
    audit.saved(made, made.name, before, wanted, by=by, at=at)
    return made, changes


@transaction.atomic
def delete_role(row: Role, *, by: Actor, at: dt.datetime) -> None:
    """Refused while an agent has it, naming them."""
    if users := agents_of(row):
        raise Refused(f"The role {row.name} is in use by {listed(users)}: give them another one first.")
    audit.deleted(row, row.name, role_setup(row), by=by, at=at)
    row.delete()
