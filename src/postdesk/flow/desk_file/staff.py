"""Roles, teams, schedules, plans, priorities, canned responses and access of a desk file.

Each is read into a setup and saved by the operation that the screens use, too; what that refuses is said with the key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db.models import Model

from postdesk.basics.changes import Change
from postdesk.basics.errors import Invalid, Problems
from postdesk.flow.desk_file.read import DeskFile, Table
from postdesk.flow.desk_file.wanted import WantedAgent, laid_over
from postdesk.people.audit import DESK_FILE
from postdesk.people.models import Agent, Organisation, Role, Team
from postdesk.people.organisations import OrganisationSetup, organisation_setup, save_organisation
from postdesk.people.roles import RoleSetup, role_setup, save_role
from postdesk.people.teams import TeamSetup, save_team, team_setup
from postdesk.tickets.canned import CannedSetup, canned_setup, save_canned
from postdesk.tickets.memberships import MembershipSetup, memberships_of, save_memberships
from postdesk.tickets.models import CannedResponse, PriorityLevel, Schedule, SlaPlan
from postdesk.tickets.service import (
    PrioritySetup,
    ScheduleSetup,
    SlaSetup,
    priority_setup,
    save_priority,
    save_schedule,
    save_sla,
    schedule_setup,
    sla_setup,
)

Note = Callable[[str, bool, Iterable[Change]], None]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of table: what it is called, its model and identity, and how its rows are read and saved."""

    word: str
    model: type[Model]
    identity: str
    new: Callable[[str], Any]
    setup: Callable[[Any], Any]
    save: Callable[..., tuple[Any, tuple[Change, ...]]]


def _save_priority(row: PriorityLevel | None, setup: PrioritySetup, **who: Any) -> tuple[Any, tuple[Change, ...]]:
    return save_priority(setup, **who)


_KINDS: Final[dict[str, _Kind]] = {
    "priority": _Kind(
        "priority", PriorityLevel, "key", lambda key: PrioritySetup(key, key.title()), priority_setup, _save_priority
    ),
    "schedule": _Kind("schedule", Schedule, "name", ScheduleSetup, schedule_setup, save_schedule),
    "sla": _Kind("SLA plan", SlaPlan, "name", SlaSetup, sla_setup, save_sla),
    "role": _Kind("role", Role, "name", RoleSetup, role_setup, save_role),
    "organisation": _Kind(
        "organisation", Organisation, "name", OrganisationSetup, organisation_setup, save_organisation
    ),
    "team": _Kind("team", Team, "name", TeamSetup, team_setup, save_team),
    "canned_response": _Kind("canned response", CannedResponse, "title", CannedSetup, canned_setup, save_canned),
}


def write_kind(file: DeskFile, name: str, note: Note, *, at: dt.datetime) -> Iterator[Invalid]:
    """Save every table of one kind. Gives what is wrong; then the caller rolls back."""
    kind = _KINDS[name]
    if not file.others.get(name):
        return
    rows = {str(getattr(row, kind.identity)).lower(): row for row in kind.model._default_manager.all()}
    another_default = any(table.values.get("default") for table in file.others[name])
    for table in file.others.get(name, ()):
        known_by = table.values.get(kind.identity)
        if known_by is None:
            yield Invalid(table.at(kind.identity), "is required")
            continue
        row = rows.get(known_by.lower())
        base = kind.setup(row) if row else kind.new(known_by)
        if another_default and getattr(base, "default", False):
            base = replace(base, default=False)
        try:
            _, changes = kind.save(row, laid_over(base, table), by=DESK_FILE, at=at)
        except Problems as refusal:
            yield from placed(table, refusal)
        else:
            note(f"{kind.word} {known_by}", row is None, changes)


def placed(table: Table, refusal: Problems) -> Iterator[Invalid]:
    """What an operation refused, with the keys of the file."""
    for problem in refusal.problems:
        if isinstance(problem, Invalid):
            yield Invalid(table.at(problem.field), problem.message)


def write_access(
    file: DeskFile, wanted: WantedAgent, agent: Agent, *, at: dt.datetime
) -> tuple[tuple[Change, ...], list[Invalid]]:
    """Let an agent work where the file says. Returns what changed and what is wrong."""
    access = file.access.get(wanted.table.path, ())
    wrong = [Invalid(one.at("department"), "is required") for one in access if "department" not in one.values]
    if wrong or (wanted.departments is None and not access):
        return (), wrong
    have = {one.department.lower(): one for one in memberships_of(agent)}
    named = wanted.departments if wanted.departments is not None else ()
    setups = {name.lower(): have.get(name.lower(), MembershipSetup(name)) for name in named}
    for table in access:
        name = table.values["department"]
        base = setups.get(name.lower()) or have.get(name.lower()) or MembershipSetup(name)
        setups[name.lower()] = laid_over(base, table)
    if any(table.values.get("primary") for table in access):
        chosen = {table.values["department"].lower() for table in access if table.values.get("primary")}
        setups = {name: replace(one, primary=name in chosen) for name, one in setups.items()}
    try:
        return save_memberships(agent, setups.values(), by=DESK_FILE, at=at), []
    except Problems as refusal:
        names = {"roles": "access", "departments": "departments"}
        return (), [Invalid(wanted.table.at(names.get(one.field, one.field)), one.message) for one in _invalid(refusal)]


def _invalid(refusal: Problems) -> Iterator[Invalid]:
    return (problem for problem in refusal.problems if isinstance(problem, Invalid))
