"""How the desk is set up: departments, help topics, who works where, and what an address makes of new mail."""

from __future__ import annotations

from django.db import models

from postdesk.mailroom.models import Email
from postdesk.people.models import Agent


class Priority(models.TextChoices):
    LOW = "low", "Low"
    NORMAL = "normal", "Normal"
    HIGH = "high", "High"
    EMERGENCY = "emergency", "Emergency"


class Department(models.Model):
    name = models.CharField(max_length=128, unique=True)
    #: From of agents' replies; null = Default System Email.
    outgoing_email = models.ForeignKey(Email, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    #: From of auto-responses; null = the outgoing email.
    autoresponse_email = models.ForeignKey(Email, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    new_ticket_autoresponse = models.BooleanField(default=True)
    signature = models.TextField(blank=True, default="")
    is_active = models.BooleanField(default=True)
    #: The department of mail that nothing else routes; exactly one.
    is_default = models.BooleanField(default=False)
    agents: models.ManyToManyField[Agent, Membership] = models.ManyToManyField(
        Agent, through="Membership", related_name="departments"
    )

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("is_default",), condition=models.Q(is_default=True), name="one_default_department"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    department = models.ForeignKey(Department, on_delete=models.CASCADE)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=(
                    "department",
                    "agent",
                ),
                name="membership_unique",
            ),
        )

    def __str__(self) -> str:
        return f"{self.agent} in {self.department}"


class HelpTopic(models.Model):
    name = models.CharField(max_length=128, unique=True)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.SET_NULL)
    priority = models.CharField(max_length=10, choices=Priority.choices, blank=True, default="")
    autoresponse = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class NewTicketSettings(models.Model):
    """Account tab, New Ticket Settings: what mail to this address becomes. Empty = the system's default."""

    email = models.OneToOneField(Email, on_delete=models.CASCADE, related_name="new_tickets")
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.SET_NULL)
    help_topic = models.ForeignKey(HelpTopic, null=True, blank=True, on_delete=models.SET_NULL)
    priority = models.CharField(max_length=10, choices=Priority.choices, blank=True, default="")
    autoresponse = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "new ticket settings"

    def __str__(self) -> str:
        return f"new tickets of {self.email}"
