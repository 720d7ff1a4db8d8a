"""What becomes of a provider's answer: tokens or a failure, stored with all that follows from it in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from django.db import connection as database
from django.db import transaction

from postdesk.basics.clock import now
from postdesk.basics.errors import Busy, ClientRefused, ConsentNeeded, TlsRefused, Unreachable, WireError
from postdesk.flow.tokens import alerts
from postdesk.grants.answers import Tokens
from postdesk.grants.providers import PROVIDERS
from postdesk.grants.registration import Registration
from postdesk.mailroom.authorisations import mark
from postdesk.mailroom.models import Authorisation
from postdesk.mailroom.models.authorisations import Standing
from postdesk.mailroom.secrets import seal

log = structlog.get_logger(__name__)

#: Seconds until the provider is asked again after passing failures in a row: the n-th, and all after the last.
REST: Final = (15, 60, 180, 300, 600)


def keep(
    row: Authorisation,
    tokens: Tokens,
    registration: Registration,
    *,
    used: str = "",
    identity: str | None = None,
    also: Callable[[], None] | None = None,
) -> None:
    """Store what was granted, with everything that follows from it, in one transaction; `also` is done in it.

    `used`: the refresh token it came for; it stays beside a new one until that has worked. `identity`: who consented,
    for the first tokens of a consent.
    """
    at = now()
    was = Standing(row.standing)
    row.access_token, row.access_expires_at, row.access_since = seal(tokens.access), tokens.expires_at, at
    if tokens.refresh and tokens.refresh != used:
        row.refresh_token = seal(tokens.refresh)
        row.previous_refresh_token = seal(used) if used else None
    elif used:
        row.refresh_token, row.previous_refresh_token = seal(used), None
    if identity is not None:
        row.identity, row.authorised_at = identity, at
    if tokens.scopes is not None:
        row.granted_scopes = " ".join(tokens.scopes)
    elif identity is not None or not registration.by_person:
        row.granted_scopes = " ".join(registration.scopes)
    days = PROVIDERS[registration.kind].refresh_days if registration.by_person else 0
    usual = at + dt.timedelta(days=days) if days else None
    if tokens.refresh or row.refresh_expires_at is None:
        row.refresh_expires_at = tokens.refresh_expires_at or usual
    row.signature, row.proven_at = registration.signature, at
    row.failures, row.retry_at, row.attempt_at = 0, None, None
    mark(row, Standing.OK, "", at=at)
    with durable():
        row.save()
        if was != Standing.OK:
            alerts.works_again(row, at=at)
        if also is not None:
            also()


def failed(row: Authorisation, error: WireError, *, unknown_since: dt.datetime | None, began: dt.datetime) -> None:
    """Note the failure. One that only a person can end stops every further try, and tells the administrator once."""
    at = now()
    stops = isinstance(error, ConsentNeeded | ClientRefused)
    why = error.message
    if isinstance(error, ConsentNeeded) and unknown_since is not None:
        why += (
            f" A refresh at {unknown_since:%Y-%m-%d %H:%M} UTC ended without an answer: the provider may have replaced"
            " the refresh token then, and the new one was lost."
        )
        error.message, error.args = why, (why,)
    # Where the provider never heard of it, and where it answered for certain, nothing is unknown.
    if stops:
        row.attempt_at = None
    elif isinstance(error, Unreachable | TlsRefused):
        row.attempt_at = unknown_since
    else:
        row.attempt_at = unknown_since or began
    row.failures += 1
    code = str(error.fields.get("code") or "")
    if stops:
        standing = Standing.NEEDED if isinstance(error, ConsentNeeded) else Standing.REFUSED
        mark(row, standing, why, code=code, at=at)
        row.access_token = row.access_expires_at = row.retry_at = None
    else:
        mark(row, Standing(row.standing), why, code=code, at=at)
        pause: float = REST[min(row.failures, len(REST)) - 1]
        if isinstance(error, Busy) and error.retry_after:
            pause = max(pause, error.retry_after)
        row.retry_at = at + dt.timedelta(seconds=pause)
    with durable():
        row.save()
        if stops:
            alerts.stopped(row, at=at)
    log.warning("token.refused" if stops else "token.failed", authorisation=row.pk, error=type(error).__name__)


@contextmanager
def durable() -> Iterator[None]:
    """A transaction that is on the disk when it is over, whatever the caller's session has (flow.dispatch)."""
    with transaction.atomic(durable=True):
        with database.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = on")
        yield
