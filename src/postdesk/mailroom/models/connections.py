"""How an address is connected: its remote mailbox, its outgoing SMTP account, and their credentials.

Health is kept on the connection itself, in the server's own words, so that the health page, the
command line and the alerts all read the same columns.
"""

from __future__ import annotations

from django.db import models

from postdesk.mailroom.models.emails import Email


class Credential(models.Model):
    """A secret at rest, encrypted (mailroom.secrets). Write-only: no page or export ever shows it."""

    kind = models.CharField(max_length=20, default="basic")
    secret = models.BinaryField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} credential {self.pk}"


class Protocol(models.TextChoices):
    IMAP = "imap", "IMAP"
    POP3 = "pop3", "POP3"


class Fetched(models.TextChoices):
    """What becomes of a message on the server once it is stored here."""

    MOVE = "move", "Move to folder"
    DELETE = "delete", "Delete emails"
    NOTHING = "nothing", "Do nothing"


class FirstFetch(models.TextChoices):
    """What becomes of mail that was in the mailbox before it was connected."""

    ALL = "all", "Take all of it"
    NEW = "new", "Only what comes from now on"
    SINCE = "since", "What came since a day"


class MailboxAuth(models.TextChoices):
    BASIC = "basic", "Basic Authentication (Legacy)"
    GOOGLE = "oauth2-google", "OAuth2 - Google"
    MICROSOFT = "oauth2-microsoft", "OAuth2 - Microsoft"
    OTHER = "oauth2-other", "OAuth2 - Other Provider"


class SmtpAuth(models.TextChoices):
    MAILBOX = "mailbox", "Same As Remote Mailbox"
    NONE = "none", "None - No Authentication Required"
    BASIC = "basic", "Basic Authentication (Legacy)"
    GOOGLE = "oauth2-google", "OAuth2 - Google"
    MICROSOFT = "oauth2-microsoft", "OAuth2 - Microsoft"
    OTHER = "oauth2-other", "OAuth2 - Other Provider"


class Connection(models.Model):
    """What a mailbox and an SMTP account have in common: where, how, and how it has been going."""

    #: As typed, scheme included: `ssl://`, `tls://`, `plain://` or bare (wire.endpoint reads it).
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField(null=True, blank=True)
    username = models.CharField(max_length=255, blank=True, default="")
    credential = models.ForeignKey(Credential, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    verify_tls = models.BooleanField(default=True)
    #: Path of a PEM file with a private CA, "" for the system's.
    ca_file = models.CharField(max_length=1024, blank=True, default="")
    status = models.BooleanField(default=True)

    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="")
    last_error_at = models.DateTimeField(null=True, blank=True)
    #: Failures in a row; 0 after a proven success.
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class RemoteMailbox(Connection):
    """Remote Mailbox tab: where mail of one address is fetched from."""

    email = models.OneToOneField(Email, on_delete=models.CASCADE, related_name="mailbox")
    protocol = models.CharField(max_length=4, choices=Protocol.choices, default=Protocol.IMAP)
    #: "" means INBOX; POP3 has none.
    folder = models.CharField(max_length=255, blank=True, default="")
    auth = models.CharField(max_length=20, choices=MailboxAuth.choices, default=MailboxAuth.BASIC)
    #: Minutes between polls.
    frequency = models.PositiveSmallIntegerField(default=5)
    #: Messages per turn; a backlog is drained in such turns.
    per_fetch = models.PositiveSmallIntegerField(default=30)
    fetched = models.CharField(max_length=8, choices=Fetched.choices, default=Fetched.MOVE)
    archive_folder = models.CharField(max_length=255, blank=True, default="")
    push = models.BooleanField(default=True)
    first_fetch = models.CharField(max_length=5, choices=FirstFetch.choices, default=FirstFetch.ALL)
    #: The day of FirstFetch.SINCE, "2026-11-01"; "" otherwise.
    first_fetch_since = models.CharField(max_length=10, blank=True, default="")
    #: When the mailbox was connected, or the question about old mail answered anew; null: before there was a question.
    connected_at = models.DateTimeField(null=True, blank=True)
    #: When it was pointed at another server, account or folder for the last time; null: never.
    repointed_at = models.DateTimeField(null=True, blank=True)
    #: UIDVALIDITY (0 for POP3) for which the old mail was gone through; -1: not yet.
    past_epoch = models.BigIntegerField(default=-1)
    #: Raised whenever the row comes to mean another store or folder: what an older turn has in hand is not for it.
    generation = models.PositiveIntegerField(default=1)

    paused_at = models.DateTimeField(null=True, blank=True)
    #: When the next poll is due; null = at once.
    next_fetch_at = models.DateTimeField(null=True, blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    last_mail_at = models.DateTimeField(null=True, blank=True)
    #: Messages the server still had for us after the last turn.
    backlog = models.PositiveIntegerField(default=0)
    #: UIDVALIDITY seen last (RFC 3501 section 2.3.1.1); 0 for POP3 or never seen.
    epoch = models.BigIntegerField(default=0)
    #: Since when an IDLE connection watches it; null = polled only.
    watched_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("next_fetch_at",), name="mailbox_due"),)

    def __str__(self) -> str:
        return self.email.address

    @property
    def folder_name(self) -> str:
        return self.folder or "INBOX"


class SmtpAccount(Connection):
    """Outgoing (SMTP) tab: how mail of one address leaves. A delivery lane is one of these."""

    email = models.OneToOneField(Email, on_delete=models.CASCADE, related_name="smtp")
    auth = models.CharField(max_length=20, choices=SmtpAuth.choices, default=SmtpAuth.MAILBOX)
    #: Whether mail may leave with a From other than this address; otherwise Sender names this address.
    header_spoofing = models.BooleanField(default=False)
    #: Not used before this instant, after the server asked us to wait or failed.
    retry_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.email.address
