"""SLA plans at work: what they promise as judge values, and by when a ticket is due."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from postdesk.judge.hours import DAY, Holiday, Hours, Promise, Span
from postdesk.judge.hours import due as due_by
from postdesk.tickets.models import Department, HelpTopic, Schedule, SlaPlan, Ticket


@dataclass(frozen=True, slots=True)
class Plans:
    """The active plans by id, and the one of tickets that nothing else gives one."""

    promises: dict[int, Promise]
    default: int | None


def stored() -> Plans:
    """One query."""
    rows = list(SlaPlan.objects.select_related("schedule").filter(is_active=True))
    return Plans({row.pk: promise_of(row) for row in rows}, next((row.pk for row in rows if row.is_default), None))


def promise_of(plan: SlaPlan) -> Promise:
    return Promise(plan.pk, plan.grace_hours, hours_of(plan.schedule), plan.is_transient)


def hours_of(schedule: Schedule | None) -> Hours | None:
    """The schedule as the judge knows it; None for around the clock."""
    if schedule is None:
        return None
    spans = tuple(Span(int(str(day)), minutes(str(begins)), minutes(str(ends))) for day, begins, ends in schedule.spans)
    holidays = tuple(
        Holiday(dt.date.fromisoformat(str(on)), str(name), bool(yearly)) for on, name, yearly in schedule.holidays
    )
    return Hours(schedule.time_zone, spans, holidays)


def minutes(text: str) -> int:
    """Minutes after midnight of "09:30" or "9:30"; "24:00" is the end of the day. Raises ValueError."""
    hours, colon, rest = text.strip().partition(":")
    if not (colon and hours.isdecimal() and rest.isdecimal() and len(rest) == 2 and len(hours) <= 2):
        raise ValueError("must be a time like 09:30")
    found = int(hours) * 60 + int(rest)
    if int(rest) > 59 or found > DAY:
        raise ValueError("must be a time between 00:00 and 24:00")
    return found


def clock_time(minute: int) -> str:
    """540 -> "09:00"."""
    return f"{minute // 60:02}:{minute % 60:02}"


def due(ticket: Ticket, since: dt.datetime) -> dt.datetime | None:
    """By when the ticket's user, who waits since then, should be answered. Reads the plan and the schedules."""
    if ticket.sla_id is None:
        return None
    plan = SlaPlan.objects.select_related("schedule").filter(pk=ticket.sla_id, is_active=True).first()
    if plan is None:
        return None
    department = Department.objects.select_related("schedule").get(pk=ticket.department_id)
    return due_by(promise_of(plan), since, hours_of(department.schedule))


def plan_for(department: Department, topic: HelpTopic | None) -> int | None:
    """The plan a ticket there has that no filter gave one: help topic, department, default (osticket.md 4.6)."""
    plans = stored()
    candidates = (topic.sla_id if topic else None, department.sla_id, plans.default)
    return next((one for one in candidates if one is not None and one in plans.promises), None)


def recount(ticket: Ticket) -> None:
    """Set what is due anew on a ticket in hand, without saving it: after its plan, department or state changed."""
    ticket.due_at = due(ticket, ticket.waiting_since) if ticket.waiting_since is not None else None
    ticket.overdue_at = None
