"""Ticket filters as stored. What they mean is judge.filters; what may be stored is tickets.filters."""

from __future__ import annotations

from django.db import models

from postdesk.mailroom.models import Email
from postdesk.people.models import Agent, Team
from postdesk.tickets.models.canned import CannedResponse
from postdesk.tickets.models.service import SlaPlan
from postdesk.tickets.models.setup import Department, HelpTopic


class TicketFilter(models.Model):
    """One filter. Filters run by `position`, low first; a filter without rules never matches."""

    name = models.CharField(max_length=64, unique=True)
    position = models.PositiveIntegerField()
    is_active = models.BooleanField(default=True)
    #: Whether filters after this one are left out when it matches.
    stop = models.BooleanField(default=False)
    #: judge.filters.values.Target.
    target = models.CharField(max_length=8, default="any")
    #: The address that target "address" means; null then: the address is gone.
    email = models.ForeignKey(Email, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    match_all = models.BooleanField(default=True)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name


class FilterRule(models.Model):
    """One rule (judge.filters.values.Rule)."""

    filter = models.ForeignKey(TicketFilter, on_delete=models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField()
    criterion = models.CharField(max_length=24)
    header = models.CharField(max_length=76, blank=True, default="")
    operator = models.CharField(max_length=12)
    value = models.CharField(max_length=1000)

    class Meta:
        ordering = ("filter", "position")

    def __str__(self) -> str:
        return f"{self.criterion} {self.operator} {self.value}"


class FilterAction(models.Model):
    """One action (judge.filters.values.Action). A target that is deleted leaves null, and its name as it was."""

    filter = models.ForeignKey(TicketFilter, on_delete=models.CASCADE, related_name="actions")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    help_topic = models.ForeignKey(HelpTopic, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    sla = models.ForeignKey(SlaPlan, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    canned = models.ForeignKey(CannedResponse, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    #: The target's name when it was chosen; a priority or a status.
    value = models.CharField(max_length=255, blank=True, default="")
    #: Of a mail: the address of ours it is from (null: the ticket's), and its parts.
    sender = models.ForeignKey(Email, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    recipients = models.TextField(blank=True, default="")
    subject = models.CharField(max_length=255, blank=True, default="")
    text = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("filter", "position")

    def __str__(self) -> str:
        return f"{self.kind} {self.value}".strip()


class FilterTrial(models.Model):
    """A dry run: what a filter, not saved yet, would have changed about the newest stored messages."""

    #: The filter as written (tickets.filter_setup, as JSON), and the stored one it would take the place of.
    setup: models.JSONField[dict[str, object]] = models.JSONField()
    instead_of = models.ForeignKey(TicketFilter, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    #: Messages asked for, found, looked at so far, and how many of those would have become something else.
    asked = models.PositiveSmallIntegerField()
    found = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveSmallIntegerField(default=0)
    differing = models.PositiveSmallIntegerField(default=0)
    #: One for each differing message (flow.filter_trial).
    lines: models.JSONField[list[dict[str, object]]] = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    #: Why it could not be finished.
    problem = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"trial {self.pk}"
