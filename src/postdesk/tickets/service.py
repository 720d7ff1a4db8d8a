"""SLA plans, schedules and priorities as the administrator wants them: values, problems, operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.db import transaction

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Invalid, Refused
from postdesk.judge.hours import zone_of
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.people.naming import listed, name_problems, refuse
from postdesk.tickets.models import Colour, Priority, PriorityLevel, Schedule, SlaPlan
from postdesk.tickets.schedule_lines import holidays_of, lines_of_holidays, lines_of_spans, spans_of


@dataclass(frozen=True, slots=True)
class ScheduleSetup:
    """Business hours as people write them: lines like "Mon-Fri 09:00-17:00", and "2026-12-25 yearly Christmas"."""

    name: str
    time_zone: str = "UTC"
    hours: tuple[str, ...] = ()
    holidays: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True)
class SlaSetup:
    """One SLA plan. `schedule` by name, "": the department's, else around the clock."""

    name: str
    grace_hours: int = 24
    schedule: str = ""
    active: bool = True
    default: bool = False
    transient: bool = False
    mute_alerts: bool = False
    notes: str = ""


@dataclass(frozen=True, slots=True)
class PrioritySetup:
    """One of the four priorities. `urgency`: lists stand in its order, the least urgent first."""

    key: str
    name: str
    colour: str = "grey"
    urgency: int = 1
    public: bool = True


def schedule_setup(row: Schedule) -> ScheduleSetup:
    """The schedule as stored."""
    spans, holidays = lines_of_spans(row.spans), lines_of_holidays(row.holidays)
    return ScheduleSetup(row.name, row.time_zone, spans, holidays, row.notes)


def schedule_problems(row: Schedule | None, setup: ScheduleSetup) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field."""
    others = Schedule.objects.exclude(pk=row.pk) if row else Schedule.objects.all()
    yield from name_problems(others, setup.name, what="Schedule", longest=128)
    try:
        zone_of(setup.time_zone)
    except KeyError:
        yield Invalid("time_zone", f"“{setup.time_zone}” is no time zone that is known here, like Europe/Berlin")
    for name, lines, read in (("hours", setup.hours, spans_of), ("holidays", setup.holidays, holidays_of)):
        try:
            read(lines)
        except ValueError as error:
            yield Invalid(name, str(error))
    if not any(line.strip() for line in setup.hours):
        yield Invalid("hours", "A schedule has some hours at least")


@transaction.atomic
def save_schedule(
    row: Schedule | None, setup: ScheduleSetup, *, by: Actor, at: dt.datetime
) -> tuple[Schedule, tuple[Change, ...]]:
    """Make or change a schedule; when tickets are due is not counted anew. Raises Problems."""
    refuse(schedule_problems(row, setup))
    spans, holidays = spans_of(setup.hours), holidays_of(setup.holidays)
    name = setup.name.strip()
    setup = replace(setup, name=name, hours=lines_of_spans(spans), holidays=lines_of_holidays(holidays))
    before = schedule_setup(row) if row else None
    changes = differences(before, setup) if before else ()
    if row is not None and not changes:
        return row, ()
    made = row or Schedule()
    made.name, made.time_zone, made.notes = name, setup.time_zone, setup.notes
    made.spans, made.holidays = spans, holidays
    made.save()
    audit.saved(made, made.name, before, setup, by=by, at=at)
    return made, changes


@transaction.atomic
def delete_schedule(row: Schedule, *, by: Actor, at: dt.datetime) -> None:
    """Refused while a plan or a department uses it, naming them."""
    used = [f"the SLA plan {plan.name}" for plan in row.sla_plans.all()]
    used += [f"the department {department.name}" for department in row.departments.all()]
    if used:
        raise Refused(f"The schedule {row.name} is used by {listed(used)}.")
    audit.deleted(row, row.name, schedule_setup(row), by=by, at=at)
    row.delete()


def sla_setup(row: SlaPlan) -> SlaSetup:
    """The plan as stored."""
    return SlaSetup(
        name=row.name,
        grace_hours=row.grace_hours,
        schedule=row.schedule.name if row.schedule else "",
        active=row.is_active,
        default=row.is_default,
        transient=row.is_transient,
        mute_alerts=row.mutes_alerts,
        notes=row.notes,
    )


def sla_users(row: SlaPlan) -> list[str]:
    """Who names the plan: departments and help topics."""
    departments = [f"the department {one.name}" for one in row.departments.all()]
    return [*departments, *(f"the help topic {one.name}" for one in row.help_topics.all())]


def sla_problems(row: SlaPlan | None, setup: SlaSetup) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field."""
    others = SlaPlan.objects.exclude(pk=row.pk) if row else SlaPlan.objects.all()
    yield from name_problems(others, setup.name, what="SLA plan", longest=125)
    if not 1 <= setup.grace_hours <= 24 * 365:
        yield Invalid("grace_hours", "Grace period is a number of hours from 1 to 8760")
    if setup.schedule and not Schedule.objects.filter(name__iexact=setup.schedule).exists():
        yield Invalid("schedule", f"There is no schedule “{setup.schedule}”")
    if setup.default and not setup.active:
        yield Invalid("active", "The default plan must be active")
    if row is not None and row.is_active and not setup.active and (users := sla_users(row)):
        yield Invalid("active", f"The plan is used by {listed(users)}: give them another one first")


@transaction.atomic
def save_sla(row: SlaPlan | None, setup: SlaSetup, *, by: Actor, at: dt.datetime) -> tuple[SlaPlan, tuple[Change, ...]]:
    """Make or change a plan; a new default takes the old one's place. What is due already stays. Raises Problems."""
    refuse(sla_problems(row, setup))
    setup = replace(setup, name=setup.name.strip())
    before = sla_setup(row) if row else None
    changes = differences(before, setup) if before else ()
    if row is not None and not changes:
        return row, ()
    made = row or SlaPlan()
    made.name, made.grace_hours, made.notes = setup.name, setup.grace_hours, setup.notes
    made.schedule = Schedule.objects.get(name__iexact=setup.schedule) if setup.schedule else None
    made.is_active, made.is_default = setup.active, setup.default
    made.is_transient, made.mutes_alerts = setup.transient, setup.mute_alerts
    if setup.default:
        SlaPlan.objects.filter(is_default=True).exclude(pk=made.pk).update(is_default=False)
    made.save()
    audit.saved(made, made.name, before, setup, by=by, at=at)
    return made, changes


@transaction.atomic
def delete_sla(row: SlaPlan, *, by: Actor, at: dt.datetime) -> None:
    """Refused while a department or help topic names it. Its tickets have no plan then."""
    if users := sla_users(row):
        raise Refused(f"The SLA plan {row.name} is used by {listed(users)}: give them another one first.")
    audit.deleted(row, row.name, sla_setup(row), by=by, at=at)
    row.delete()


def priority_setup(row: PriorityLevel) -> PrioritySetup:
    """The priority as stored."""
    return PrioritySetup(row.key, row.name, row.colour, row.urgency, row.is_public)


def priority_problems(setup: PrioritySetup) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field."""
    if setup.key not in Priority.values:
        yield Invalid("key", f"must be one of {', '.join(Priority.values)}")
    others = PriorityLevel.objects.exclude(key=setup.key)
    yield from name_problems(others, setup.name, what="Priority", longest=60)
    if setup.colour not in Colour.values:
        yield Invalid("colour", f"must be one of {', '.join(Colour.values)}")
    if not 0 <= setup.urgency <= 100:
        yield Invalid("urgency", "must be between 0 and 100")


@transaction.atomic
def save_priority(setup: PrioritySetup, *, by: Actor, at: dt.datetime) -> tuple[PriorityLevel, tuple[Change, ...]]:
    """Change how a priority is called and looks. Raises Problems."""
    refuse(priority_problems(setup))
    setup = replace(setup, name=setup.name.strip())
    row = PriorityLevel.objects.filter(key=setup.key).first()
    before = priority_setup(row) if row else None
    changes = differences(before, setup) if before else ()
    if row is not None and not changes:
        return row, ()
    made = row or PriorityLevel(key=setup.key)
    made.name, made.colour, made.urgency, made.is_public = setup.name, setup.colour, setup.urgency, setup.public
    made.save()
    old = audit.values(before) if before else None
    of = audit.Thing("priority")
    audit.record(by=by, at=at, verb="changed", of=of, label=made.name, before=old, after=audit.values(setup))
    return made, changes
