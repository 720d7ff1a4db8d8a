"""Who works where, in which role: an agent's primary department and the others they have extended access to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.db import transaction

from postdesk.basics.changes import Change
from postdesk.basics.errors import Invalid, Problems
from postdesk.mailroom.models import Email
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.people.models import STOCK_ROLE, Agent, Role
from postdesk.people.naming import refuse
from postdesk.people.staff import AgentSetup, agent_problems, save_agent
from postdesk.tickets.models import Department, Membership


@dataclass(frozen=True, slots=True)
class MembershipSetup:
    """One department of an agent, by name. `alerts`: whether they are sent its alerts."""

    department: str
    role: str = STOCK_ROLE
    primary: bool = False
    alerts: bool = True

    def __str__(self) -> str:
        marks = [self.role, *(["primary"] if self.primary else []), *([] if self.alerts else ["no alerts"])]
        return f"{self.department} ({', '.join(marks)})"


def memberships_of(agent: Agent) -> tuple[MembershipSetup, ...]:
    """As stored: the primary department first, then by name."""
    rows = Membership.objects.filter(agent=agent).select_related("department", "role")
    found = [MembershipSetup(row.department.name, row.role.name, row.is_primary, row.has_alerts) for row in rows]
    return _in_order(found)


def membership_problems(wanted: Iterable[MembershipSetup]) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field ("departments", "roles")."""
    wanted = tuple(wanted)
    names = [one.department.lower() for one in wanted]
    departments = {name.lower() for name in Department.objects.values_list("name", flat=True)}
    roles = {role.name.lower(): role.is_active for role in Role.objects.all()}
    for one in wanted:
        if one.department.lower() not in departments:
            yield Invalid("departments", f"there is no department {one.department}")
        if one.role.lower() not in roles:
            yield Invalid("roles", f"there is no role {one.role}")
        elif not roles[one.role.lower()]:
            yield Invalid("roles", f"the role {one.role} is not active")
    if len(set(names)) < len(names):
        yield Invalid("departments", "a department stands there twice")
    if sum(one.primary for one in wanted) > 1:
        yield Invalid("departments", "only one department can be the primary one")


@transaction.atomic
def save_memberships(
    agent: Agent, wanted: Iterable[MembershipSetup], *, by: Actor, at: dt.datetime
) -> tuple[Change, ...]:
    """Let an agent work in exactly these departments. Where none is the primary one, the first is. Raises Problems."""
    wanted = tuple(wanted)
    refuse(membership_problems(wanted))
    if wanted and not any(one.primary for one in wanted):
        first = next((one for one in memberships_of(agent) if one.primary), None)
        primary = next((one for one in wanted if first and one.department == first.department), wanted[0])
        wanted = tuple(replace(one, primary=one is primary) for one in wanted)
    before, wanted = memberships_of(agent), _in_order(wanted)
    if before == wanted:
        return ()
    departments = {row.name.lower(): row for row in Department.objects.all()}
    roles = {row.name.lower(): row for row in Role.objects.all()}
    Membership.objects.filter(agent=agent).delete()
    Membership.objects.bulk_create(
        Membership(
            agent=agent,
            department=departments[one.department.lower()],
            role=roles[one.role.lower()],
            is_primary=one.primary,
            has_alerts=one.alerts,
        )
        for one in wanted
    )
    old, new = tuple(map(str, before)), tuple(map(str, wanted))
    audit.record(
        by=by,
        at=at,
        verb="changed",
        of=agent,
        label=agent.name,
        before={"departments": list(old)},
        after={"departments": list(new)},
    )
    if _names(before) != _names(wanted):
        return (Change("departments", _names(before), _names(wanted)),)
    return (Change("access", old, new),)


def staff_problems(agent: Agent | None, setup: AgentSetup) -> Iterator[Invalid]:
    """What is wrong with an agent, their address among the desk's own included (row A3)."""
    yield from agent_problems(agent, setup)
    if setup.email and Email.objects.filter(address__iexact=setup.email).exists():
        yield Invalid("email", f"{setup.email} is an address of the desk")


@transaction.atomic
def save_staff(
    agent: Agent | None, setup: AgentSetup, departments: Iterable[MembershipSetup], *, by: Actor, at: dt.datetime
) -> tuple[Agent, tuple[Change, ...]]:
    """Hire or change an agent together with where they work. Raises Problems with everything that is wrong."""
    departments = tuple(departments)
    wrong = (*staff_problems(agent, setup), *membership_problems(departments))
    if wrong:
        raise Problems(wrong)
    made, changes = save_agent(agent, setup, by=by, at=at)
    return made, (*changes, *save_memberships(made, departments, by=by, at=at))


def _in_order(setups: Iterable[MembershipSetup]) -> tuple[MembershipSetup, ...]:
    return tuple(sorted(setups, key=lambda one: (not one.primary, one.department.lower())))


def _names(setups: Iterable[MembershipSetup]) -> tuple[str, ...]:
    return tuple(sorted(one.department for one in setups))
