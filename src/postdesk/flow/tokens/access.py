"""A token that is good now: the one that is stored, else a fresh one, fetched by one worker at a time.

    mark the attempt (commit) -> ask -> tokens, standing and alerts in one transaction

Killed before the provider heard of it, nothing happened. Killed after it gave a new refresh token and before that was
committed, nobody can know: the old token is kept and tried again, which many providers allow; one that does not says
so, and then a person is asked to consent, with what is known about that attempt.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import structlog

from postdesk.basics.clock import monotonic, now
from postdesk.basics.errors import (
    BrokenSetup,
    Busy,
    ClientRefused,
    ConsentNeeded,
    TokenExpired,
    WireError,
)
from postdesk.basics.ids import nonce
from postdesk.flow.tokens.asking import ask
from postdesk.flow.tokens.keeping import durable, failed, keep
from postdesk.grants import answers, owner, requests
from postdesk.grants.answers import Answer, Tokens
from postdesk.grants.providers import Kind
from postdesk.grants.registration import Registration
from postdesk.mailroom import lanes
from postdesk.mailroom.authorisations import Connected, authorisation_of, registration_of
from postdesk.mailroom.logins import username_of
from postdesk.mailroom.models import Authorisation, RemoteMailbox, SmtpAccount
from postdesk.mailroom.models.authorisations import Standing
from postdesk.mailroom.models.connections import SmtpAuth
from postdesk.mailroom.secrets import unseal
from postdesk.wire.login import Login

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: So long before its end a token is refreshed; one that lives shortly, when a third of its life is left.
MARGIN: Final = dt.timedelta(minutes=5)
#: A token that is younger is not refreshed because a mail server refuses it: a new one would be refused as well.
YOUNG: Final = dt.timedelta(minutes=1)
#: Seconds a worker waits for another one that refreshes the same token.
LOCK_PATIENCE, LOCK_TICK = 45.0, 0.02

_NOBODY: Final = "Nobody has signed in and consented yet: press Authorize on the email's page."


def login(connection: Connected, *, refused: Login | None = None) -> Login:
    """The login of a connection that signs in with OAuth2. `refused`: the server would not take this one.

    Raises ConsentNeeded, ClientRefused, another WireError, or BrokenSetup.
    """
    source = _token_source(connection)
    row = authorisation_of(source)
    if row is None or row.kind != _kind(source):
        raise ConsentNeeded(_NOBODY)
    token = access_token(row.pk, refused=refused.secret if refused else "")
    row.refresh_from_db(fields=["identity", "granted_scopes"])
    if source is not connection:
        _covers_sending(row)
    return Login(_user(connection, row), token, "oauth2")


def signed_in(connection: Connected, open_: Callable[[Login], T], first: Login | None = None) -> T:
    """Open with the connection's login; when the server refuses the token, once more with a fresh one."""
    known = first or login(connection)
    try:
        return open_(known)
    except TokenExpired:
        fresh = login(connection, refused=known)
        if fresh.secret == known.secret:
            raise
        return open_(fresh)


def access_token(pk: int, *, refused: str = "") -> str:
    """A token that is good now. `refused`: one that a server would not take, though it is not over."""
    row = _row(pk)
    if token := _good(row, refused, at=now()):
        return token
    _may_ask(row, at=now())
    with alone(pk):
        row = _row(pk)
        if token := _good(row, refused, at=now()):
            return token
        _may_ask(row, at=now())
        try:
            return _refresh(row)
        except (ConsentNeeded, ClientRefused):
            raise
        except WireError:
            # It is only near its end: it serves until the provider answers again.
            if (token := _valid(row, at=now())) and token != refused:
                return token
            raise


def refresh(pk: int) -> None:
    """Ask the provider for a token now, whatever is stored and however the last try went. Raises as `login` does."""
    with alone(pk):
        row = _row(pk)
        if row.by_person and row.refresh_token is None:
            raise ConsentNeeded(row.failure or _NOBODY)
        _refresh(row)


def _refresh(row: Authorisation) -> str:
    """Ask, and store what comes. The lock is ours. Returns the access token."""
    registration = registration_of(row)
    began = now()
    unknown_since = row.attempt_at
    with durable():
        Authorisation.objects.filter(pk=row.pk).update(attempt_at=unknown_since or began)
    try:
        tokens, used = _ask(row, registration, began)
    except WireError as error:
        failed(row, error, unknown_since=unknown_since, began=began)
        raise
    keep(row, tokens, registration, used=used)
    return tokens.access


def _ask(row: Authorisation, registration: Registration, at: dt.datetime) -> tuple[Tokens, str]:
    """Tokens, and the refresh token they came for ("" when the desk signs in by itself)."""

    def read(answer: Answer) -> Tokens:
        return answers.tokens(answer, at=at)

    if not registration.by_person:
        return ask(requests.by_itself(registration, nonce=nonce(), at=at), read, at=at), ""
    if row.refresh_token is None:
        raise ConsentNeeded(row.failure or _NOBODY)
    current = unseal(bytes(row.refresh_token))
    try:
        return ask(requests.refresh(registration, current, nonce=nonce(), at=at), read, at=at), current
    except ConsentNeeded:
        if row.previous_refresh_token is None:
            raise
        # The one before was kept for this: the new one never worked.
        before = unseal(bytes(row.previous_refresh_token))
        try:
            return ask(requests.refresh(registration, before, nonce=nonce(), at=at), read, at=at), before
        except ConsentNeeded:
            pass
        raise


def _good(row: Authorisation, refused: str, *, at: dt.datetime) -> str:
    """The stored token when it need not be refreshed, "" else."""
    token = _valid(row, at=at)
    if not token or row.access_expires_at is None or row.access_since is None:
        return ""
    if token == refused:
        return token if at - row.access_since < YOUNG else ""
    margin = min(MARGIN, (row.access_expires_at - row.access_since) / 3)
    return token if row.access_expires_at - at > margin else ""


def _valid(row: Authorisation, *, at: dt.datetime) -> str:
    if row.standing != Standing.OK or row.access_token is None:
        return ""
    if row.access_expires_at is None or row.access_expires_at <= at:
        return ""
    return unseal(bytes(row.access_token))


def _may_ask(row: Authorisation, *, at: dt.datetime) -> None:
    """Raises when asking has no sense now. A token that is good for a while yet is given by the caller."""
    if row.standing == Standing.REFUSED:
        raise ClientRefused(row.failure)
    if row.standing == Standing.NEEDED or (row.standing == Standing.NEW and row.by_person):
        raise ConsentNeeded(row.failure or _NOBODY)
    if row.retry_at is not None and row.retry_at > at and not _valid(row, at=at):
        raise Busy(row.failure, retry_after=(row.retry_at - at).total_seconds())


def _row(pk: int) -> Authorisation:
    row = Authorisation.objects.select_related("mailbox__email", "smtp__email").filter(pk=pk).first()
    if row is None:
        raise ConsentNeeded(_NOBODY)
    return row


def _token_source(connection: Connected) -> Connected:
    """Whose authorisation it is: *Same As Remote Mailbox* asks the mailbox's."""
    if not isinstance(connection, SmtpAccount) or connection.auth != SmtpAuth.MAILBOX:
        return connection
    mailbox: RemoteMailbox | None = getattr(connection.email, "mailbox", None)
    if mailbox is None:
        address = connection.email.address
        raise BrokenSetup(f"{address} has no remote mailbox whose login could be used for SMTP.")
    return mailbox


def _kind(connection: Connected) -> str:
    return connection.auth.removeprefix("oauth2-")


def _covers_sending(row: Authorisation) -> None:
    kind: Kind = row.kind  # type: ignore[assignment]
    missing = owner.lacking_for(kind, row.grant, row.granted_scopes.split(), ("smtp",))  # type: ignore[arg-type]
    if row.granted_scopes and missing:
        raise ConsentNeeded(
            f"The mailbox's authorization does not cover sending: {', '.join(missing)} was not granted. Authorize the "
            "mailbox again, or give Outgoing (SMTP) an authorization of its own."
        )


def _user(connection: Connected, row: Authorisation) -> str:
    """IMAP and POP3: the mailbox, whoever consented. SMTP: who consented, unless the tab says otherwise."""
    if isinstance(connection, SmtpAccount) and not connection.username and row.identity:
        return row.identity
    return username_of(connection)


@contextmanager
def alone(pk: int) -> Iterator[None]:
    """One worker at a time, on any machine; the lock dies with its connection. Raises Busy when it takes too long."""
    end = monotonic() + LOCK_PATIENCE
    while True:
        with lanes.lane(f"token:{pk}") as free:
            if free:
                yield
                return
        if monotonic() > end:
            raise Busy("Another worker is still waiting for the provider.")
        time.sleep(LOCK_TICK)
