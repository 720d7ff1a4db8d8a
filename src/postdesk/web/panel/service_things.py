"""Manage: SLA plans, schedules, priorities."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.db.models import Count

from postdesk.flow.desk_file import keys
from postdesk.tickets.models import Colour, PriorityLevel, Schedule, SlaPlan
from postdesk.tickets.service import (
    PrioritySetup,
    ScheduleSetup,
    SlaSetup,
    delete_schedule,
    delete_sla,
    priority_setup,
    save_priority,
    save_schedule,
    save_sla,
    schedule_setup,
    sla_setup,
    sla_users,
)
from postdesk.web.panel.choices import ChoosingForm, Options, chooser, names, notes, switch, words
from postdesk.web.panel.things import DELETE, Thing
from postdesk.web.shared.forms import Section
from postdesk.web.shared.keyed import KeyedForm
from postdesk.web.shared.tables import Column, Empty

Row = Any


class SlaForm(ChoosingForm):
    desk_section = keys.SLA
    sections: ClassVar = (
        Section("SLA Plan", ("name", "active", "default")),
        Section("Promise", (("grace_hours", "schedule"), "transient", "mute_alerts")),
        Section("Notes", ("notes",)),
    )
    name = forms.CharField(max_length=125)
    active = switch("Active", "A plan that is not is passed over.", initial=True)
    default = switch("Default plan", "For tickets that nothing else gives one; one plan at most is.")
    grace_hours = forms.IntegerField(
        label="Grace period (hours)",
        help_text="Whoever waits is answered within so many hours.",
        widget=forms.NumberInput(attrs={"data-width": "short"}),
        error_messages={"invalid": "Numeric value required (in hours)", "required": "Grace period required"},
    )
    schedule = chooser("Business hours", "The hours that count.")
    transient = switch("Transient", "Gives way to the new department's plan when a ticket is transferred.")
    mute_alerts = switch("Mute overdue alerts", "Tell nobody when a ticket becomes overdue; it is marked all the same.")
    notes = notes()

    def sources(self) -> dict[str, Options]:
        return {"schedule": names(Schedule.objects.all(), "The department's, else around the clock")}


SLA_PLANS: Final = Thing(
    "sla-plans",
    "sla-plan",
    "panel/sla-plans",
    "SLA Plans",
    "SLA plan",
    "By when whoever waits is answered. A help topic's plan comes before its department's, that before the default.",
    Empty("No SLA plans yet", "Without a plan no ticket is ever due.", "Add SLA plan", "sla-plan-new", "clock"),
    lambda: SlaPlan.objects.select_related("schedule"),
    (
        Column("name", "SLA Plan", ("name",)),
        Column("grace", "Grace period", ("grace_hours",)),
        Column("schedule", "Business hours", ("schedule__name",)),
        Column("status", "Status", ("is_active",)),
    ),
    SlaForm,
    sla_setup,
    lambda row, values: SlaSetup(**values),
    save_sla,
    delete_sla,
    lambda row: [f"It is used by {one}: give it another one first." for one in sla_users(row)],
    list_template="panel/staff/sla_plans.html",
)


class ScheduleForm(KeyedForm):
    desk_section = keys.SCHEDULE
    sections: ClassVar = (
        Section("Schedule", ("name", "time_zone")),
        Section("Hours", ("hours", "holidays")),
        Section("Notes", ("notes",)),
    )
    name = forms.CharField(max_length=128)
    time_zone = forms.CharField(
        max_length=64, initial="UTC", help_text="A name like Europe/Berlin or America/New_York."
    )
    hours = words("Business hours", "A line for each day or run of days: Mon-Fri 09:00-12:00, 13:00-17:00", rows=7)
    holidays = words("Holidays", "A line each: 2026-05-01 Labour Day, or 2026-12-25 yearly Christmas", rows=7)
    notes = notes()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("hours", "holidays"):
            self.initial[name] = "\n".join(self.initial.get(name) or ())


def _wanted_schedule(row: Row, values: dict[str, Any]) -> ScheduleSetup:
    lines = {name: tuple(values[name].splitlines()) for name in ("hours", "holidays")}
    return ScheduleSetup(**{**values, **lines})


SCHEDULES: Final = Thing(
    "schedules",
    "schedule",
    "panel/sla-plans/schedules",
    "Schedules",
    "schedule",
    "Business hours for SLA plans and departments.",
    Empty("No schedules yet", "Without one, hours count around the clock.", "Add schedule", "schedule-new", "clock"),
    lambda: Schedule.objects.annotate(used=Count("sla_plans", distinct=True) + Count("departments", distinct=True)),
    (
        Column("name", "Schedule", ("name",)),
        Column("hours", "Hours"),
        Column("zone", "Time zone", ("time_zone",)),
        Column("used", "Used by", ("used",), is_number=True),
    ),
    ScheduleForm,
    schedule_setup,
    _wanted_schedule,
    save_schedule,
    delete_schedule,
    acts=(DELETE,),
)


class PriorityForm(KeyedForm):
    desk_section = keys.PRIORITY
    sections: ClassVar = (Section("Priority", ("name", "colour", "urgency", "public")),)
    name = forms.CharField(max_length=60)
    colour = forms.ChoiceField(choices=Colour.choices, help_text="Legible on light and dark pages.")
    urgency = forms.IntegerField(
        help_text="Lists stand in this order, the least urgent first.",
        widget=forms.NumberInput(attrs={"data-width": "short"}),
    )
    public = switch("Public", "Without effect: it is for pages where users open tickets, and here they write emails.")


def _wanted_priority(row: PriorityLevel, values: dict[str, Any]) -> PrioritySetup:
    return PrioritySetup(key=row.key, **values)


def _save_priority(row: Row, wanted: PrioritySetup, **who: Any) -> tuple[PriorityLevel, Any]:
    return save_priority(wanted, **who)


PRIORITIES: Final = Thing(
    "priorities",
    "priority",
    "panel/priorities",
    "Priorities",
    "priority",
    "How the four priorities are called and look. Mail, filters and the desk file know them by their keys.",
    Empty("No priorities", "There are always four."),
    PriorityLevel.objects.all,
    (
        Column("urgency", "Priority", ("urgency",)),
        Column("key", "Key", ("key",)),
    ),
    PriorityForm,
    priority_setup,
    _wanted_priority,
    _save_priority,
    acts=(),
    search=(),
    first="urgency",
)

THINGS: Final = (SLA_PLANS, SCHEDULES, PRIORITIES)
