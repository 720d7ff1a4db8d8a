"""How each mailbox is: what the health page, the command line and the alerts say about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from django.db import transaction

from postdesk import jobs
from postdesk.basics.errors import Refused
from postdesk.mailroom.models import RemoteMailbox
from postdesk.people.models import Agent

State = Literal["fresh", "late", "failing", "paused", "off", "never"]


@dataclass(frozen=True, slots=True)
class Freshness:
    """One word, since when, and a sentence."""

    state: State
    since: dt.datetime | None
    text: str


def freshness(mailbox: RemoteMailbox, *, at: dt.datetime) -> Freshness:
    """Fresh: fetched within twice its frequency (a minute at least) and not failing."""
    if not mailbox.status:
        return Freshness("off", None, "Email Fetching is switched off for this address.")
    if mailbox.paused_at:
        return Freshness("paused", mailbox.paused_at, "Paused by a person; nothing is fetched.")
    if mailbox.failures:
        return Freshness("failing", mailbox.last_error_at, mailbox.last_error)
    if mailbox.last_success_at is None:
        return Freshness("never", None, "Not fetched yet.")
    allowed = dt.timedelta(minutes=max(1, 2 * mailbox.frequency))
    if at - mailbox.last_success_at > allowed:
        return Freshness("late", mailbox.last_success_at, "The last fetch is longer ago than it should be.")
    return Freshness("fresh", mailbox.last_success_at, "Watched." if mailbox.watched_since else "Polled.")


@transaction.atomic
def pause(mailbox: RemoteMailbox, *, by: Agent, at: dt.datetime) -> None:
    """Fetch nothing until somebody resumes it. What is stored already is still taken in."""
    if not RemoteMailbox.objects.filter(pk=mailbox.pk, paused_at__isnull=True).update(paused_at=at):
        raise Refused("This mailbox is paused already.")


@transaction.atomic
def resume(mailbox: RemoteMailbox, *, by: Agent, at: dt.datetime) -> None:
    """Fetch again, beginning now."""
    if not RemoteMailbox.objects.filter(pk=mailbox.pk, paused_at__isnull=False).update(
        paused_at=None, next_fetch_at=None
    ):
        raise Refused("This mailbox is not paused.")
    jobs.defer("fetch", mailbox=mailbox.pk)


@transaction.atomic
def fetch_now(mailbox: RemoteMailbox, *, by: Agent, at: dt.datetime) -> None:
    """Fetch at once, whatever the frequency and the back-off say. Refused while paused or switched off."""
    if mailbox.paused_at or not mailbox.status:
        raise Refused("This mailbox is paused or switched off.")
    RemoteMailbox.objects.filter(pk=mailbox.pk).update(next_fetch_at=None)
    jobs.defer("fetch", mailbox=mailbox.pk)
