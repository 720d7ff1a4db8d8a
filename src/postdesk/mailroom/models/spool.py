"""What arrived. The spool is the ledger: one row for each message seen, from first sight to outcome."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from postdesk.mailroom.models.connections import RemoteMailbox


class Blob(models.Model):
    """Raw bytes. The column is STORAGE EXTERNAL: mail is already encoded, compressing it again only costs."""

    content = models.BinaryField()

    def __str__(self) -> str:
        return f"blob {self.pk}"


class Outcome(models.TextChoices):
    """What became of a message."""

    WAITING = "waiting", "waiting to be taken in"
    UNFETCHED = "unfetched", "seen on the server, could not be fetched yet"
    TICKET = "ticket", "opened a ticket"
    REPLY = "reply", "joined a ticket"
    SUPPRESSED = "suppressed", "turned away for a reason"
    DUPLICATE = "duplicate", "already here"
    BOUNCE = "bounce", "recorded as a delivery report"
    HELD = "held", "held for review"
    SHUNTED = "shunted", "failed; bytes, stage and traceback kept"
    DISCARDED = "discarded", "discarded by an agent"
    LEFT = "left", "left on the server: older than what was to be taken"


class SpooledMail(models.Model):
    """One message seen, by (mailbox, folder, UIDVALIDITY, UID) or (mailbox, UIDL); pipes have no mailbox."""

    mailbox = models.ForeignKey(
        RemoteMailbox, null=True, blank=True, on_delete=models.SET_NULL, related_name="spool", db_index=False
    )
    #: The mailbox's address when the message came, kept when the mailbox goes.
    via = models.CharField(max_length=254, blank=True, default="")
    folder = models.CharField(max_length=255, blank=True, default="")
    #: UIDVALIDITY; 0 for POP3 and pipes.
    epoch = models.BigIntegerField(default=0)
    uid = models.BigIntegerField(null=True, blank=True)
    uidl = models.CharField(max_length=255, null=True, blank=True)

    blob = models.OneToOneField(Blob, null=True, blank=True, on_delete=models.PROTECT, related_name="spooled")
    size = models.PositiveBigIntegerField(default=0)
    #: What the server said its size was, which need not be true; null if it did not say.
    listed_size = models.PositiveBigIntegerField(null=True, blank=True)
    #: SHA-256 of the raw bytes.
    digest = models.BinaryField(max_length=32, null=True, blank=True)
    #: basics.ids.message_key of its Message-ID, found by a quick look at the header when it arrived; "" if none.
    message_id = models.CharField(max_length=255, blank=True, default="")
    #: When the server got it (INTERNALDATE), null if unknown.
    received_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField()
    #: When the server's copy was moved, deleted, or found to need nothing.
    settled_at = models.DateTimeField(null=True, blank=True)

    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.WAITING)
    #: Why: the rule and its evidence, in a sentence.
    reason = models.TextField(blank=True, default="")
    #: Tries of intake that failed, or died with it in hand (InHand).
    attempts = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=40, blank=True, default="")
    traceback = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    #: Old mail (from before the mailbox was connected) never gets an automatic answer.
    is_history = models.BooleanField(default=False)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=(
                    "mailbox",
                    "folder",
                    "epoch",
                    "uid",
                ),
                condition=Q(uid__isnull=False),
                name="spool_uid_unique",
            ),
            models.UniqueConstraint(
                fields=(
                    "mailbox",
                    "uidl",
                ),
                condition=Q(uidl__isnull=False),
                name="spool_uidl_unique",
            ),
        )
        indexes = (
            models.Index(
                fields=(
                    "mailbox",
                    "id",
                ),
                name="spool_waiting",
                condition=Q(outcome="waiting"),
            ),
            models.Index(fields=("mailbox",), name="spool_unsettled", condition=Q(settled_at__isnull=True)),
            models.Index(fields=("message_id",), name="spool_message_id", condition=~Q(message_id="")),
            models.Index(
                fields=(
                    "-id",
                    "outcome",
                ),
                name="spool_review",
                condition=Q(outcome__in=("held", "shunted")),
            ),
            models.Index(
                fields=("decided_at",),
                name="spool_discarded",
                condition=Q(outcome="discarded", blob__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.via} {self.uid or self.uidl or self.pk}"


class InHand(models.Model):
    """Messages a worker has in hand just now (mailroom.in_hand). One that outlives its worker counts as a try."""

    #: The mailbox, 0 for the pipes; whoever writes here holds the lane.
    lane = models.BigIntegerField(db_index=True)
    messages: models.Field[list[int], list[int]] = ArrayField(models.BigIntegerField())

    def __str__(self) -> str:
        return f"{len(self.messages)} messages of {self.lane}"
