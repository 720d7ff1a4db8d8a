"""What leaves: letters with their bytes, and one row per recipient with what became of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from postdesk.mailroom.models.connections import SmtpAccount
from postdesk.mailroom.models.emails import Email


class State(models.TextChoices):
    """Where a letter, or one recipient of it, stands."""

    QUEUED = "queued", "waiting to be sent"
    SENDING = "sending", "being sent now"
    SENT = "sent", "accepted by the server"
    DEFERRED = "deferred", "the server asked to try again"
    UNCERTAIN = "uncertain", "perhaps sent: the answer never came"
    BOUNCED = "bounced", "came back"
    FAILED = "failed", "refused for good"
    CANCELLED = "cancelled", "cancelled"


class Kind(models.TextChoices):
    AUTORESPONSE = "autoresponse", "auto-response"
    REPLY = "reply", "agent reply"
    ALERT = "alert", "alert"
    FILTER = "filter", "mail of a ticket filter"
    NOTICE = "notice", "notice"


class Letter(models.Model):
    """One composed message. Its bytes never change; a retry sends the same Message-ID."""

    kind = models.CharField(max_length=14, choices=Kind.choices)
    #: The address it is from; decides the transport (its own SMTP, then the Default MTA).
    email = models.ForeignKey(Email, null=True, on_delete=models.SET_NULL, related_name="letters", db_index=False)
    from_address = models.CharField(max_length=254)
    subject = models.TextField(blank=True, default="")
    message_id = models.CharField(max_length=255)
    raw = models.BinaryField()
    size = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    #: Why it waits or failed, in words (the server's own where there are any).
    reason = models.TextField(blank=True, default="")
    #: The lane it was queued on; null when no transport is set up.
    account = models.ForeignKey(
        SmtpAccount, null=True, blank=True, on_delete=models.SET_NULL, related_name="letters", db_index=False
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("message_id",), name="letter_message_id_unique"),)
        indexes = (
            models.Index(
                fields=(
                    "account",
                    "next_try_at",
                    "id",
                ),
                name="letter_due",
                condition=Q(state__in=("queued", "deferred")),
            ),
            models.Index(
                fields=("state", "-id"),
                name="letter_by_state",
                condition=~Q(state__in=("sent", "queued", "sending")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class LetterRecipient(models.Model):
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="recipients")
    address = models.CharField(max_length=320)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    code = models.PositiveSmallIntegerField(null=True, blank=True)
    enhanced = models.CharField(max_length=16, blank=True, default="")
    #: The server's reply in its own words, or a delivery report's.
    reply = models.TextField(blank=True, default="")
    queue_id = models.CharField(max_length=120, blank=True, default="")
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(
                fields=(
                    "address",
                    "-id",
                ),
                name="letter_recipient_address",
            ),
        )

    def __str__(self) -> str:
        return self.address


class LetterClaim(models.Model):
    """Letters a worker has in hand to send (mailroom.claims): one narrow row, so that no letter is rewritten for it."""

    #: The SMTP account; whoever writes here holds its lane. No foreign key: a claim outlives an account that goes.
    account = models.BigIntegerField(db_index=True)
    letters: models.Field[list[int], list[int]] = ArrayField(models.BigIntegerField())
    #: The one being handed over now; null: none.
    sending = models.BigIntegerField(null=True, blank=True)
    #: Which run of PostgreSQL it was made in: a crash of the server undoes marks and records.
    boot = models.CharField(max_length=64)
    claimed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{len(self.letters)} letters of account {self.account}"
