"""What the desk says by itself: template sets with the messages that differ from the stock, and who is told."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from postdesk.tickets.notices.alerts import BY_NAME


class TemplateSet(models.Model):
    """A set of messages in one language. What it does not say itself, the stock words of its language say."""

    name = models.CharField(max_length=64)
    language = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="template_set_name_unique"),)

    def __str__(self) -> str:
        return self.name


class Template(models.Model):
    """One message of a set, in words of its own."""

    template_set = models.ForeignKey(TemplateSet, on_delete=models.CASCADE, related_name="templates")
    #: Which message (tickets.notices.MESSAGES).
    code = models.CharField(max_length=40)
    subject = models.CharField(max_length=255)
    html = models.TextField()
    #: "": made from the HTML.
    text = models.TextField(blank=True, default="")
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("template_set", "code")
        constraints = (models.UniqueConstraint(fields=("template_set", "code"), name="template_unique"),)

    def __str__(self) -> str:
        return f"{self.code} of {self.template_set}"


def _chosen(alert: str) -> list[str]:
    return list(BY_NAME[alert].chosen)


def _ticket_alert_to() -> list[str]:
    return _chosen("ticket_alert")


def _message_alert_to() -> list[str]:
    return _chosen("message_alert")


def _note_alert_to() -> list[str]:
    return _chosen("note_alert")


def _assigned_alert_to() -> list[str]:
    return _chosen("assigned_alert")


def _transfer_alert_to() -> list[str]:
    return _chosen("transfer_alert")


def _overdue_alert_to() -> list[str]:
    return _chosen("overdue_alert")


class NoticeSettings(models.Model):
    """Settings > Tickets, Autoresponder and Alerts & Notices: one row, id 1 (osticket.md 2.1, 2.2)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    #: null: the stock words in English.
    default_template_set = models.ForeignKey(
        TemplateSet, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    new_ticket_autoresponse = models.BooleanField(default=True)
    new_ticket_by_agent_notice = models.BooleanField(default=True)
    new_message_autoresponse = models.BooleanField(default=False)
    new_activity_notice = models.BooleanField(default=True)
    overlimit_notice = models.BooleanField(default=False)
    hide_staff_name = models.BooleanField(default=False)
    ticket_alert = models.BooleanField(default=True)
    ticket_alert_to = ArrayField(models.CharField(max_length=20), default=_ticket_alert_to, blank=True)
    message_alert = models.BooleanField(default=True)
    message_alert_to = ArrayField(models.CharField(max_length=20), default=_message_alert_to, blank=True)
    note_alert = models.BooleanField(default=False)
    note_alert_to = ArrayField(models.CharField(max_length=20), default=_note_alert_to, blank=True)
    assigned_alert = models.BooleanField(default=True)
    assigned_alert_to = ArrayField(models.CharField(max_length=20), default=_assigned_alert_to, blank=True)
    transfer_alert = models.BooleanField(default=False)
    transfer_alert_to = ArrayField(models.CharField(max_length=20), default=_transfer_alert_to, blank=True)
    overdue_alert = models.BooleanField(default=True)
    overdue_alert_to = ArrayField(models.CharField(max_length=20), default=_overdue_alert_to, blank=True)

    class Meta:
        verbose_name_plural = "notice settings"

    def __str__(self) -> str:
        return "Settings > Tickets"
