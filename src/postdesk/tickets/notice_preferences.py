"""Settings > Tickets, Autoresponder and Alerts & Notices, as values, and the operation that makes them so."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Invalid
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.people.naming import refuse
from postdesk.tickets.models import NoticeSettings, TemplateSet
from postdesk.tickets.notices.alerts import ALERTS


@dataclass(frozen=True, slots=True)
class NoticePreferences:
    """The settings. `default_template_set` by name, "" for the stock words; `..._to`: names of recipients, sorted."""

    default_template_set: str = ""
    new_ticket_autoresponse: bool = True
    new_ticket_by_agent_notice: bool = True
    new_message_autoresponse: bool = False
    new_activity_notice: bool = True
    overlimit_notice: bool = False
    hide_staff_name: bool = False
    ticket_alert: bool = True
    ticket_alert_to: tuple[str, ...] = ("manager",)
    message_alert: bool = True
    message_alert_to: tuple[str, ...] = ("assigned", "last_respondent")
    note_alert: bool = False
    note_alert_to: tuple[str, ...] = ("assigned", "last_respondent")
    assigned_alert: bool = True
    assigned_alert_to: tuple[str, ...] = ("agent",)
    transfer_alert: bool = False
    transfer_alert_to: tuple[str, ...] = ("manager",)
    overdue_alert: bool = True
    overdue_alert_to: tuple[str, ...] = ("assigned", "manager")


def notice_settings() -> NoticeSettings:
    """The one row, made if need be."""
    return NoticeSettings.objects.get_or_create(pk=1)[0]


def notice_preferences(settings: NoticeSettings) -> NoticePreferences:
    """The settings as stored."""
    values: dict[str, Any] = {}
    for name in NoticePreferences.__slots__:
        value = getattr(settings, name)
        values[name] = tuple(sorted(value)) if name.endswith("_to") else value
    values["default_template_set"] = settings.default_template_set.name if settings.default_template_set else ""
    return NoticePreferences(**values)


def alert_problems(wanted: NoticePreferences) -> tuple[Invalid, ...]:
    """Each problem with its field: an alert that is on goes to somebody, and only to whom it can go."""
    found = []
    for alert in ALERTS:
        chosen: tuple[str, ...] = getattr(wanted, alert.chosen_name)
        unknown = [name for name in chosen if name not in alert.recipients]
        if unknown:
            allowed = ", ".join(alert.recipients)
            found.append(Invalid(alert.chosen_name, f"{unknown[0]} cannot be a recipient; there are {allowed}"))
        elif getattr(wanted, alert.name) and not chosen:
            found.append(Invalid(alert.chosen_name, "Select recipient(s)"))
    return tuple(found)


def notice_problems(wanted: NoticePreferences) -> tuple[Invalid, ...]:
    """Everything that is wrong with the settings."""
    name = wanted.default_template_set
    if not name or TemplateSet.objects.filter(name__iexact=name, is_active=True).exists():
        return alert_problems(wanted)
    return (Invalid("default_template_set", f"there is no active template set {name}"), *alert_problems(wanted))


@transaction.atomic
def save_notice_preferences(
    settings: NoticeSettings, wanted: NoticePreferences, *, by: Actor, at: dt.datetime
) -> tuple[Change, ...]:
    """Change the settings. Returns what changed. Raises Problems."""
    refuse(notice_problems(wanted))
    before = notice_preferences(settings)
    changes = differences(before, wanted)
    for change in changes:
        value: Any = change.after
        if change.key == "default_template_set":
            value = TemplateSet.objects.get(name__iexact=value) if value else None
        setattr(settings, change.key, list(value) if isinstance(value, tuple) else value)
    if changes:
        settings.save(update_fields=[change.key for change in changes])
        audit.saved(settings, "Autoresponder, Alerts & Notices", before, wanted, by=by, at=at)
    return changes
