"""How each mailbox is: what the health page, the command line and the alerts say about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from django.db import transaction
from django.db.models import Case, DurationField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Greatest

from postdesk import jobs
from postdesk.basics.errors import Refused
from postdesk.grants.providers import AUTH, BY_PERSON
from postdesk.mailroom.models import Authorisation, RemoteMailbox
from postdesk.mailroom.models.authorisations import Standing
from postdesk.people import audit
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
    if mailbox.auth in AUTH and (why := _no_consent(mailbox)):
        return Freshness("failing", None, why)
    if mailbox.failures:
        return Freshness("failing", mailbox.last_error_at, mailbox.last_error)
    if mailbox.last_success_at is None:
        return Freshness("never", None, "Not fetched yet.")
    allowed = dt.timedelta(minutes=max(1, 2 * mailbox.frequency))
    if at - mailbox.last_success_at > allowed:
        return Freshness("late", mailbox.last_success_at, "The last fetch is longer ago than it should be.")
    return Freshness("fresh", mailbox.last_success_at, "Watched." if mailbox.watched_since else "Polled.")


def _no_consent(mailbox: RemoteMailbox) -> str:
    """Why nobody can sign in until a person acts, "" when all is well. Join `authorisation` where there are many."""
    row: Authorisation | None = getattr(mailbox, "authorisation", None)
    if row is None or row.kind != AUTH[mailbox.auth] or (row.standing == Standing.NEW and row.by_person):
        return "Needs authorization: somebody has to sign in at the provider and consent."
    if row.standing in (Standing.NEEDED, Standing.REFUSED):
        return f"Needs authorization: {row.failure}"
    return ""


#: States by how soon somebody should look, as `urgency` numbers them.
URGENCY: tuple[State | Literal["none"], ...] = ("failing", "late", "never", "paused", "fresh", "off", "none")


def urgency(*, at: dt.datetime, mailbox: str = "mailbox") -> Case:
    """The place in URGENCY as a database expression, for sorting; what `freshness` says of one row."""
    late_after = Greatest(Value(1), F(f"{mailbox}__frequency") * 2) * Value(dt.timedelta(minutes=1))
    late = Q(**{f"{mailbox}__last_success_at__lt": Value(at) - ExpressionWrapper(late_after, DurationField())})
    states: tuple[tuple[str, Q], ...] = (
        ("none", Q(**{f"{mailbox}__isnull": True})),
        ("off", Q(**{f"{mailbox}__status": False})),
        ("paused", Q(**{f"{mailbox}__paused_at__isnull": False})),
        ("failing", Q(**{f"{mailbox}__failures__gt": 0}) | _waits_for_consent(mailbox)),
        ("never", Q(**{f"{mailbox}__last_success_at__isnull": True})),
        ("late", late),
    )
    places: dict[str, int] = {name: place for place, name in enumerate(URGENCY)}
    whens = (When(condition, then=Value(places[name])) for name, condition in states)
    return Case(*whens, default=Value(places["fresh"]))


def _waits_for_consent(mailbox: str) -> Q:
    by_token = Q(**{f"{mailbox}__auth__in": tuple(AUTH)})
    standing, grant = f"{mailbox}__authorisation__standing", f"{mailbox}__authorisation__grant"
    stopped = Q(**{f"{standing}__in": (Standing.NEEDED, Standing.REFUSED)})
    nobody_yet = Q(**{standing: Standing.NEW, f"{grant}__in": tuple(BY_PERSON)})
    return by_token & (stopped | nobody_yet | Q(**{f"{mailbox}__authorisation__isnull": True}))


@transaction.atomic
def pause(mailbox: RemoteMailbox, *, by: Agent, at: dt.datetime) -> None:
    """Fetch nothing until somebody resumes it. What is stored already is still taken in."""
    if not RemoteMailbox.objects.filter(pk=mailbox.pk, paused_at__isnull=True).update(paused_at=at):
        raise Refused("This mailbox is paused already.")
    _note(mailbox, "on", "paused", by=by, at=at)


@transaction.atomic
def resume(mailbox: RemoteMailbox, *, by: Agent, at: dt.datetime) -> None:
    """Fetch again, beginning now."""
    if not RemoteMailbox.objects.filter(pk=mailbox.pk, paused_at__isnull=False).update(
        paused_at=None, next_fetch_at=None
    ):
        raise Refused("This mailbox is not paused.")
    _note(mailbox, "paused", "on", by=by, at=at)
    jobs.defer("fetch", mailbox=mailbox.pk)


@transaction.atomic
def fetch_now(mailbox: RemoteMailbox, *, by: Agent, at: dt.datetime) -> None:
    """Fetch at once, whatever the frequency and the back-off say. Refused while paused or switched off."""
    if mailbox.paused_at or not mailbox.status:
        raise Refused("This mailbox is paused or switched off.")
    RemoteMailbox.objects.filter(pk=mailbox.pk).update(next_fetch_at=None)
    jobs.defer("fetch", mailbox=mailbox.pk)


def _note(mailbox: RemoteMailbox, before: str, after: str, *, by: Agent, at: dt.datetime) -> None:
    label = mailbox.email.address
    audit.record(
        by=by, at=at, verb="changed", of=mailbox, label=label, before={"fetching": before}, after={"fetching": after}
    )
