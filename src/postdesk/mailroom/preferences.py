"""Emails > Settings as values, and the operation that makes them so."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from postdesk.basics.changes import Change, differences
from postdesk.judge.trust_policy import TrustPolicy, servers
from postdesk.mailroom.models import Email, MailSettings
from postdesk.people import audit

_ADDRESSES = ("default_email", "alert_email", "default_mta")


@dataclass(frozen=True, slots=True)
class MailPreferences:
    """What all addresses share. The three that name an Email hold its address, "" for none."""

    fetching: bool = False
    default_email: str = ""
    alert_email: str = ""
    admin_email: str = ""
    default_mta: str = ""
    strip_quoted_reply: bool = True
    reply_separator: str = "-- reply above this line --"
    priority_from_mail: bool = False
    accept_unregistered: bool = True
    accept_collaborators: bool = True
    email_attachments: bool = True
    max_message_size: int = 64 * 1024 * 1024
    max_file_size: int = 0
    max_files: int = 0
    accepted_file_types: str = ""
    refused_file_types: str = ""
    auto_answers_per_hour: int = 10
    max_open_tickets: int = 0
    bans_cover_replies: bool = True
    ehlo_name: str = ""
    trusted_servers: str = ""
    trust_new_ticket: str = "anyone"
    trust_reply: str = "not_failed"
    trust_agent: str = "not_failed"
    trust_reopen: str = "not_failed"
    keep_held_days: int = 0
    keep_discarded_days: int = 0


def mail_preferences(settings: MailSettings) -> MailPreferences:
    """The settings as stored."""
    values: dict[str, Any] = {
        name: getattr(settings, name) for name in MailPreferences.__slots__ if name not in _ADDRESSES
    }
    values |= {name: _address(getattr(settings, name)) for name in _ADDRESSES}
    return MailPreferences(**values)


def trust_policy(settings: MailSettings) -> TrustPolicy:
    """What is asked of a sender."""
    return TrustPolicy(
        servers=servers(settings.trusted_servers),
        new_ticket=settings.trust_new_ticket,
        reply=settings.trust_reply,
        agent=settings.trust_agent,
        reopen=settings.trust_reopen,
    )


def locked_settings() -> MailSettings:
    """The one row, made if need be and held until the transaction ends: setups of the desk take turns on it."""
    MailSettings.objects.get_or_create(pk=1)
    return MailSettings.objects.select_for_update(of=("self",)).get(pk=1)


def save_preferences(
    settings: MailSettings, wanted: MailPreferences, *, by: audit.Actor, at: dt.datetime
) -> tuple[Change, ...]:
    """Change the settings. Returns what changed. Raises Email.DoesNotExist for an address that is not the desk's."""
    before = mail_preferences(settings)
    changes = differences(before, wanted)
    for change in changes:
        value = change.after
        if change.key in _ADDRESSES:
            value = Email.objects.get(address__iexact=value) if value else None
        setattr(settings, change.key, value)
    if changes:
        settings.save(update_fields=[change.key for change in changes])
        old = audit.values(before)
        after = audit.with_changes(old, changes)
        audit.record(by=by, at=at, verb="changed", of=settings, label=str(settings), before=old, after=after)
    return changes


def _address(email: Email | None) -> str:
    return email.address if email else ""
