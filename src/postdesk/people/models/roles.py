"""What agents may do in a department (roles), and groups of agents that tickets can be given to (teams)."""

from __future__ import annotations

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from postdesk.people.models.agents import Agent

#: The role of a membership that names none.
STOCK_ROLE: Final = "Expanded Access"
#: The roles every desk begins with, and what they grant (people.permissions has the sentences).
STOCK_ROLES: Final[dict[str, tuple[str, ...]]] = {
    "All Access": (
        *("ticket.reply", "ticket.note", "ticket.assign", "ticket.transfer", "ticket.close", "user.ban"),
        *("held.read", "held.decide", "outbox.read", "outbox.steer"),
    ),
    "Expanded Access": (
        *("ticket.reply", "ticket.note", "ticket.assign", "ticket.transfer", "ticket.close"),
        *("held.read", "outbox.read"),
    ),
    "Limited Access": ("ticket.reply", "ticket.note", "outbox.read"),
    "View only": (),
}


class Role(models.Model):
    """What an agent may do with the tickets of a department; seeing them comes with being a member."""

    name = models.CharField(max_length=64)
    #: Verbs of people.permissions that roles can grant.
    verbs: ArrayField[list[str], list[str]] = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    notes = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="role_name_unique"),)

    def __str__(self) -> str:
        return self.name


def stock_role() -> int:
    """The id of the role a membership has that names none; made anew if somebody deleted it.

    Migrations call it: it may read no columns but these.
    """
    found = Role.objects.filter(name=STOCK_ROLE).order_by("id").values_list("id", flat=True).first()
    return found or Role.objects.create(name=STOCK_ROLE, verbs=list(STOCK_ROLES[STOCK_ROLE])).pk


class Team(models.Model):
    """Agents of any departments who can be given a ticket together."""

    name = models.CharField(max_length=125)
    lead = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="teams_led")
    members: models.ManyToManyField[Agent, models.Model] = models.ManyToManyField(
        Agent, blank=True, related_name="teams"
    )
    is_active = models.BooleanField(default=True)
    #: Whether its lead and members are told when it is given a ticket (as far as the alert's own settings say so).
    has_alerts = models.BooleanField(default=True)
    notes = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="team_name_unique"),)

    def __str__(self) -> str:
        return self.name
