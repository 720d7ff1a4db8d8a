"""Emails > Settings, saved from the screen; the desk file obeys the same rules (flow.desk_file.values)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from postdesk import jobs
from postdesk.basics.changes import Change
from postdesk.basics.errors import Problems
from postdesk.flow.desk_file import values
from postdesk.mailroom.models import Email, RemoteMailbox
from postdesk.mailroom.preferences import MailPreferences, locked_settings, save_preferences
from postdesk.people.models import Agent


@transaction.atomic
def save(wanted: MailPreferences, *, by: Agent, at: dt.datetime) -> tuple[Change, ...]:
    """Save all of it, or raise Problems and save nothing. Switching fetching on fetches at once."""
    row = locked_settings()
    was_fetching = row.fetching
    addresses: set[str] = set()
    for address, aliases in Email.objects.values_list("address", "aliases"):
        addresses |= {address.lower(), *aliases}
    enabled = Email.objects.filter(smtp__status=True).values_list("address", flat=True)
    senders = {address.lower() for address in enabled}
    found = tuple(values.preference_problems(wanted, addresses=addresses, senders=senders))
    if found:
        raise Problems(found)
    changes = save_preferences(row, wanted, by=by, at=at)
    if wanted.fetching and not was_fetching:
        for mailbox in RemoteMailbox.objects.filter(status=True, paused_at__isnull=True).values_list("pk", flat=True):
            jobs.defer("fetch", mailbox=mailbox)
    return changes
