"""The ticket itself, who takes part, and which of our addresses know of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from postdesk.mailroom.models import Email
from postdesk.people.models import Agent, Team, User
from postdesk.tickets.models.service import Priority, SlaPlan
from postdesk.tickets.models.setup import Department, HelpTopic


class Status(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class Ticket(models.Model):
    """One matter of one user. "Answered" is an open ticket whose last word is ours."""

    number = models.BigIntegerField(unique=True)
    subject = models.TextField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    is_answered = models.BooleanField(default=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    help_topic = models.ForeignKey(HelpTopic, null=True, blank=True, on_delete=models.SET_NULL, db_index=False)
    priority = models.CharField(max_length=10, choices=Priority.choices, default=Priority.NORMAL)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    assignee = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets", db_index=False
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets", db_index=False
    )
    sla = models.ForeignKey(
        SlaPlan, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets", db_index=False
    )
    #: The address it came through.
    email = models.ForeignKey(
        Email, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets", db_index=False
    )
    source = models.CharField(max_length=8, default="email")

    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    last_message_at = models.DateTimeField(null=True, blank=True)
    last_reply_at = models.DateTimeField(null=True, blank=True)
    #: Since when the user waits for us; null when the last word is ours.
    waiting_since = models.DateTimeField(null=True, blank=True)
    #: By when who waits should be answered, as the SLA plan promises; null when nobody waits or nothing is promised.
    due_at = models.DateTimeField(null=True, blank=True)
    #: When it was noticed that `due_at` had passed: the event is written and the alerts are sent once.
    overdue_at = models.DateTimeField(null=True, blank=True)
    entry_count = models.PositiveIntegerField(default=0)
    has_attachments = models.BooleanField(default=False)
    #: The beginning of the newest message, for the queue.
    snippet = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=(
                    "-updated_at",
                    "-id",
                ),
                name="ticket_updated",
            ),
            models.Index(
                fields=(
                    "waiting_since",
                    "id",
                ),
                name="ticket_open",
                condition=Q(status="open", is_answered=False),
            ),
            models.Index(
                fields=(
                    "-last_reply_at",
                    "-id",
                ),
                name="ticket_answered",
                condition=Q(status="open", is_answered=True),
            ),
            models.Index(
                fields=(
                    "-closed_at",
                    "-id",
                ),
                name="ticket_closed",
                condition=Q(status="closed"),
            ),
            models.Index(
                fields=(
                    "user",
                    "-id",
                ),
                name="ticket_user",
            ),
            models.Index(fields=("assignee", "-id"), name="ticket_mine", condition=Q(assignee__isnull=False)),
            models.Index(
                fields=("due_at",), name="ticket_due", condition=Q(due_at__isnull=False, overdue_at__isnull=True)
            ),
            models.Index(
                fields=("due_at", "id"),
                name="ticket_overdue",
                condition=Q(status="open", is_answered=False, due_at__isnull=False),
            ),
            models.Index(fields=("team", "-id"), name="ticket_team", condition=Q(team__isnull=False)),
        )

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    @property
    def queue(self) -> str:
        """Which of the three queues it stands in: open, answered or closed."""
        if self.status == Status.CLOSED:
            return "closed"
        return "answered" if self.is_answered else "open"


class TicketEmail(models.Model):
    """An address of ours this ticket's mail was sent to: the first decided the department, all are known."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="known_emails", db_index=False)
    email = models.ForeignKey(Email, on_delete=models.CASCADE, db_index=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=(
                    "ticket",
                    "email",
                ),
                name="ticket_email_unique",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} on {self.ticket_id}"


class Collaborator(models.Model):
    """Somebody besides the owner who takes part in the ticket and gets its replies in Cc."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="collaborators", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    added_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=(
                    "ticket",
                    "user",
                ),
                name="collaborator_unique",
            ),
        )

    def __str__(self) -> str:
        return str(self.user)


class AllowedSender(models.Model):
    """Somebody an agent always lets in: past what trust asks for, everywhere or in one ticket."""

    #: Lower case.
    address = models.CharField(max_length=320)
    #: None: in every ticket, and for new ones.
    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.CASCADE, related_name="allowed_senders")
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    allowed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("address", "ticket"), name="allowed_sender_unique", nulls_distinct=False),
        )

    def __str__(self) -> str:
        return self.address
