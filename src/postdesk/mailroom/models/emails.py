"""The addresses of the desk, what is banned, and the settings all addresses share."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower


class Email(models.Model):
    """One e-mail address of the desk: the identity that mail is sent from and routed by."""

    address = models.CharField(max_length=254)
    #: What users see as the sender's name.
    name = models.CharField(max_length=255)
    #: Other addresses that mail to this one is written to, lower case; nobody else's (mailroom.connect sees to it).
    aliases = ArrayField(models.CharField(max_length=254), default=list, blank=True)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("address",)
        constraints = (models.UniqueConstraint(Lower("address"), name="email_address_unique"),)

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


class MailSettings(models.Model):
    """Emails > Settings: one row, id 1."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    fetching = models.BooleanField(default=False)
    default_email = models.ForeignKey(Email, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    alert_email = models.ForeignKey(Email, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    admin_email = models.CharField(max_length=254, blank=True, default="")
    default_mta = models.ForeignKey(Email, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    strip_quoted_reply = models.BooleanField(default=True)
    reply_separator = models.CharField(max_length=120, default="-- reply above this line --")
    priority_from_mail = models.BooleanField(default=False)
    accept_unregistered = models.BooleanField(default=True)
    accept_collaborators = models.BooleanField(default=True)
    email_attachments = models.BooleanField(default=True)
    #: Bytes; of a bigger message the beginning becomes the entry, and the rest is read when somebody asks for it.
    max_message_size = models.PositiveBigIntegerField(default=64 * 1024 * 1024)
    #: Which files of a message are kept on the ticket (judge.file_limits): bytes and number, 0: any.
    max_file_size = models.PositiveBigIntegerField(default=0)
    max_files = models.PositiveSmallIntegerField(default=0)
    accepted_file_types = models.CharField(max_length=1000, blank=True, default="")
    refused_file_types = models.CharField(max_length=1000, blank=True, default="")
    #: At most so many automatic answers to one address in an hour (the loop budget).
    auto_answers_per_hour = models.PositiveSmallIntegerField(default=10)
    #: Open tickets one user may have; 0: any number.
    max_open_tickets = models.PositiveSmallIntegerField(default=0)
    #: Whether the banlist is asked about answers to tickets as well as about new ones.
    bans_cover_replies = models.BooleanField(default=True)
    #: What we call ourselves in EHLO; "": the machine's own name.
    ehlo_name = models.CharField(max_length=255, blank=True, default="")

    #: Names of servers whose Authentication-Results are believed, apart by blanks.
    trusted_servers = models.CharField(max_length=1000, blank=True, default="")
    #: What is asked of a sender, one of the bars of judge.trust_policy.
    trust_new_ticket = models.CharField(max_length=13, default="anyone")
    trust_reply = models.CharField(max_length=13, default="not_failed")
    trust_agent = models.CharField(max_length=13, default="not_failed")
    trust_reopen = models.CharField(max_length=13, default="not_failed")
    #: Days until held mail nobody decided about is discarded, and until discarded mail loses its bytes; 0: never.
    keep_held_days = models.PositiveSmallIntegerField(default=0)
    keep_discarded_days = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "mail settings"

    def __str__(self) -> str:
        return "Emails > Settings"


class BanKind(models.TextChoices):
    ADDRESS = "address", "Address"
    DOMAIN = "domain", "Domain"
    WILDCARD = "wildcard", "Wildcard"


class Ban(models.Model):
    """Banlist: an address, `@domain` or a wildcard (judge.bans) whose mail is turned away."""

    #: As judge.bans.clean_pattern makes it: lower case.
    pattern = models.CharField(max_length=254, unique=True)
    kind = models.CharField(max_length=8, choices=BanKind.choices)
    is_active = models.BooleanField(default=True)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("pattern",)
        indexes = (models.Index(fields=("kind",), name="ban_wildcards", condition=models.Q(kind="wildcard")),)

    def __str__(self) -> str:
        return self.pattern


class Alert(models.Model):
    """Something the administrator was told once: raised, and later recovered."""

    kind = models.CharField(max_length=40)
    #: What it is about, e.g. "mailbox:7"; one open alert per kind and subject.
    about = models.CharField(max_length=80)
    text = models.TextField()
    raised_at = models.DateTimeField()
    recovered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-raised_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=(
                    "kind",
                    "about",
                ),
                condition=models.Q(recovered_at__isnull=True),
                name="one_open_alert_per_subject",
            ),
        )

    def __str__(self) -> str:
        return self.text
