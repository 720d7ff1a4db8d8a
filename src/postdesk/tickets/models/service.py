"""By when people should be answered: SLA plans, the hours they count in, and the priorities tickets have."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower


class Priority(models.TextChoices):
    """The four keys; what each is called and how it looks is in PriorityLevel."""

    LOW = "low", "Low"
    NORMAL = "normal", "Normal"
    HIGH = "high", "High"
    EMERGENCY = "emergency", "Emergency"


class Colour(models.TextChoices):
    """Colours that are legible on light and dark pages alike; the stylesheet has their values."""

    GREY = "grey", "Grey"
    BLUE = "blue", "Blue"
    GREEN = "green", "Green"
    YELLOW = "yellow", "Yellow"
    ORANGE = "orange", "Orange"
    RED = "red", "Red"
    PURPLE = "purple", "Purple"


class PriorityLevel(models.Model):
    """One of the four priorities as people see it."""

    key = models.CharField(max_length=10, primary_key=True, choices=Priority.choices)
    name = models.CharField(max_length=60)
    colour = models.CharField(max_length=10, choices=Colour.choices, default=Colour.GREY)
    #: Higher is more urgent; lists stand in this order.
    urgency = models.PositiveSmallIntegerField()
    #: Whether users may choose it themselves.
    is_public = models.BooleanField(default=True)

    class Meta:
        ordering = ("urgency", "key")

    def __str__(self) -> str:
        return self.name


class Schedule(models.Model):
    """Business hours: spans of the week in one time zone, but for holidays."""

    name = models.CharField(max_length=128)
    #: A name of the IANA time zone database.
    time_zone = models.CharField(max_length=64, default="UTC")
    #: [weekday from 0 (Monday), begins "09:00", ends "17:00" ("24:00" is the end of the day)].
    spans: models.JSONField[list[list[object]]] = models.JSONField(default=list)
    #: ["2026-12-25", "Christmas", whether it is every year's].
    holidays: models.JSONField[list[list[object]]] = models.JSONField(default=list, blank=True)
    notes = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="schedule_name_unique"),)

    def __str__(self) -> str:
        return self.name


class SlaPlan(models.Model):
    """A promise: whoever waits is answered within so many hours."""

    name = models.CharField(max_length=125)
    #: Hours, of the schedule's where there is one.
    grace_hours = models.PositiveIntegerField()
    #: Null: the department's, else around the clock.
    schedule = models.ForeignKey(Schedule, null=True, blank=True, on_delete=models.PROTECT, related_name="sla_plans")
    is_active = models.BooleanField(default=True)
    #: The plan of tickets that nothing else gives one; at most one.
    is_default = models.BooleanField(default=False)
    #: Gives way to the new department's plan when a ticket is transferred.
    is_transient = models.BooleanField(default=False)
    #: Nobody is told when a ticket becomes overdue.
    mutes_alerts = models.BooleanField(default=False)
    notes = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("name",)
        verbose_name = "SLA plan"
        constraints = (
            models.UniqueConstraint(Lower("name"), name="sla_plan_name_unique"),
            models.UniqueConstraint(
                fields=("is_default",), condition=models.Q(is_default=True), name="one_default_sla_plan"
            ),
        )

    def __str__(self) -> str:
        return self.name
