"""The thread: entries people wrote, events that happened, and the Message-IDs that lead back to a ticket."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT

from postdesk.mailroom.models import Blob, Letter, SpooledMail
from postdesk.people.models import Agent, User
from postdesk.tickets.models.ticket import Ticket


class EntryKind(models.TextChoices):
    MESSAGE = "message", "Message"
    REPLY = "reply", "Reply"
    NOTE = "note", "Internal note"


class Entry(models.Model):
    """One contribution: a user's message, an agent's reply, or an internal note."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="entries", db_index=False)
    kind = models.CharField(max_length=8, choices=EntryKind.choices)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="entries", db_index=False
    )
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="entries", db_index=False
    )
    #: The name shown, as it was then.
    author_name = models.CharField(max_length=200, blank=True, default="")
    author_address = models.CharField(max_length=320, blank=True, default="")
    subject = models.TextField(blank=True, default="")
    text = models.TextField(blank=True, default="")
    #: The new words only; "" when nothing was trimmed (then `text` is all new).
    new_text = models.TextField(blank=True, default="")
    #: The original HTML, unsafe; sanitised when shown. "" when there was none.
    html = models.TextField(blank=True, default="")
    #: "" for people; else "auto_reply", "bounce", "list", ... (mail.message.Kind).
    automatic = models.CharField(max_length=20, blank=True, default="")
    to: models.JSONField[list[str]] = models.JSONField(default=list, blank=True)
    cc: models.JSONField[list[str]] = models.JSONField(default=list, blank=True)
    #: What mail.remarks says of the message beside its words, and which files were left out; {} for what people wrote.
    remarks: models.JSONField[dict[str, Any]] = models.JSONField(default=dict, blank=True)
    #: The message it was made from (raw bytes stay there); null for what was written here.
    spooled = models.ForeignKey(SpooledMail, null=True, blank=True, on_delete=models.SET_NULL, related_name="entries")
    #: The letter it left by; null for messages and notes.
    letter = models.OneToOneField(Letter, null=True, blank=True, on_delete=models.SET_NULL, related_name="entry")
    created_at = models.DateTimeField()
    #: False until the search index has its words.
    is_indexed = models.BooleanField(default=False)

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "entries"
        indexes = (
            models.Index(
                fields=(
                    "ticket",
                    "id",
                ),
                name="entry_thread",
            ),
            models.Index(fields=("id",), name="entry_unindexed", condition=Q(is_indexed=False)),
            # All messages about one event of a calendar: invitation, change, cancellation.
            models.Index(
                KT("remarks__invitation__uid"), name="entry_invitation", condition=Q(remarks__has_key="invitation")
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class EntryAttachment(models.Model):
    """A file of an entry: a mailed one is read from the raw message (`position`), an uploaded one has its blob."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="attachments")
    #: Its place among the parsed message's attachments.
    position = models.PositiveSmallIntegerField()
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=255, blank=True, default="")
    is_inline = models.BooleanField(default=False)
    blob = models.ForeignKey(Blob, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("entry", "position")

    def __str__(self) -> str:
        return self.filename


class Event(models.Model):
    """A past fact about a ticket: `ticket.opened`, `ticket.closed`, `letter.failed`, ... with its evidence."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="events")
    name = models.CharField(max_length=40)
    at = models.DateTimeField()
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    entry = models.ForeignKey(
        Entry, null=True, blank=True, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    letter = models.ForeignKey(
        Letter, null=True, blank=True, on_delete=models.SET_NULL, related_name="events", db_index=False
    )
    #: Names and sentences, e.g. {"why": "In-Reply-To names our reply", "department": "Support"}.
    data: models.JSONField[dict[str, object]] = models.JSONField(default=dict)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class Direction(models.TextChoices):
    IN = "in", "received"
    OUT = "out", "sent"


class KnownMessageId(models.Model):
    """A Message-ID that belongs to a ticket: received or sent, so that answers find their way back."""

    #: basics.ids.message_key of the id.
    message_id = models.CharField(max_length=255)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="message_ids")
    entry = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.CASCADE, db_index=False)
    letter = models.ForeignKey(Letter, null=True, blank=True, on_delete=models.SET_NULL, db_index=False)
    #: Tells a second copy of the same mail from other words under the same id; null for what we sent.
    fingerprint = models.BinaryField(max_length=16, null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=(
                    "message_id",
                    "direction",
                ),
                name="known_message_id_unique",
            ),
        )
        indexes = (models.Index(fields=("letter",), name="known_letter", condition=Q(letter__isnull=False)),)

    def __str__(self) -> str:
        return self.message_id


class SearchText(models.Model):
    """What a ticket is found by. Filled by its own lane after intake, so that taking mail in never waits for it."""

    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.CASCADE, related_name="search")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+", db_index=False)
    words = SearchVectorField()

    class Meta:
        indexes = (GinIndex(fields=("words",), name="search_words"),)

    def __str__(self) -> str:
        return f"words of {self.pk}"
