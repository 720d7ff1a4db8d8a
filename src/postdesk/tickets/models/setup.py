"""How the desk is set up: departments, help topics, who works where, and what an address makes of new mail."""

from __future__ import annotations

from django.db import models

from postdesk.mailroom.models import Email
from postdesk.people.models import Agent, Role, Team, stock_role
from postdesk.tickets.models.service import Priority, Schedule, SlaPlan
from postdesk.tickets.models.words import TemplateSet


class Recipients(models.TextChoices):
    """Who of a department is sent alerts (osticket.md 6: Alerts & Notices Recipients)."""

    NONE = "none", "No one (disables alerts and notices)"
    ADMIN = "admin", "Admin Email only"
    MEMBERS = "members", "Department members only"
    EXTENDED = "extended", "Department members and extended access members"


class Status(models.TextChoices):
    """Of departments and help topics."""

    ACTIVE = "active", "Active"
    DISABLED = "disabled", "Disabled"
    ARCHIVED = "archived", "Archived"


class Department(models.Model):
    """A part of the desk with agents, addresses, a signature and a promise of its own."""

    name = models.CharField(max_length=128, unique=True)
    #: From of agents' replies; null = Default System Email.
    outgoing_email = models.ForeignKey(Email, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    #: From of auto-responses; null = the outgoing email.
    autoresponse_email = models.ForeignKey(Email, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    new_ticket_autoresponse = models.BooleanField(default=True)
    #: Confirm messages that users add to their tickets.
    new_message_autoresponse = models.BooleanField(default=True)
    signature = models.TextField(blank=True, default="")
    #: Public: users may see its name and signature.
    is_public = models.BooleanField(default=True)
    manager = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="managed")
    alert_recipients = models.CharField(max_length=10, choices=Recipients.choices, default=Recipients.MEMBERS)
    #: Null: the system's default plan; around the clock.
    sla = models.ForeignKey(SlaPlan, null=True, blank=True, on_delete=models.SET_NULL, related_name="departments")
    schedule = models.ForeignKey(Schedule, null=True, blank=True, on_delete=models.PROTECT, related_name="departments")
    #: Whoever answers a ticket that is nobody's is given it.
    auto_claim = models.BooleanField(default=True)
    notes = models.TextField(blank=True, default="")
    #: What its messages are written with; null = the Default Template Set.
    template_set = models.ForeignKey(
        TemplateSet, null=True, blank=True, on_delete=models.SET_NULL, related_name="departments", db_index=False
    )
    is_active = models.BooleanField(default=True)
    #: Not active for good: its closed tickets are not opened again by mail.
    is_archived = models.BooleanField(default=False)
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

    @property
    def status(self) -> Status:
        return status_of(self)


class Membership(models.Model):
    """An agent works in a department, in a role: their primary department, or one they have extended access to."""

    department = models.ForeignKey(Department, on_delete=models.CASCADE)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="memberships")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="memberships", default=stock_role)
    is_primary = models.BooleanField(default=False)
    #: Whether they are sent the department's alerts, too, where access is extended.
    has_alerts = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=(
                    "department",
                    "agent",
                ),
                name="membership_unique",
            ),
            models.UniqueConstraint(
                fields=("agent",), condition=models.Q(is_primary=True), name="one_primary_department"
            ),
        )

    def __str__(self) -> str:
        return f"{self.agent} in {self.department}"


class HelpTopic(models.Model):
    """What a ticket is about, and what follows from it."""

    name = models.CharField(max_length=128, unique=True)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.SET_NULL)
    priority = models.CharField(max_length=10, choices=Priority.choices, blank=True, default="")
    sla = models.ForeignKey(SlaPlan, null=True, blank=True, on_delete=models.SET_NULL, related_name="help_topics")
    #: Who its tickets are given to from the start; the agent comes before the team.
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    #: Whether its tickets are closed as soon as they are opened: for what is only to be kept.
    closes = models.BooleanField(default=False)
    autoresponse = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    is_archived = models.BooleanField(default=False)
    #: The topic of tickets that nothing else gives one; one at most, and it counts only while it is active.
    is_default = models.BooleanField(default=False)
    notes = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("is_default",), condition=models.Q(is_default=True), name="one_default_help_topic"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def status(self) -> Status:
        return status_of(self)


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


def status_of(row: Department | HelpTopic) -> Status:
    """The one word for its two marks."""
    if row.is_active:
        return Status.ACTIVE
    return Status.ARCHIVED if row.is_archived else Status.DISABLED
