"""Every credential as a line to read: kind, owner, scopes granted against needed, expiry, last proof, last failure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

from postdesk.grants.owner import lacking, lacking_for
from postdesk.grants.providers import AUTH
from postdesk.mailroom.authorisations import registration_of, uses_of
from postdesk.mailroom.models import Authorisation, Email, RemoteMailbox, SmtpAccount
from postdesk.mailroom.models.authorisations import Standing
from postdesk.mailroom.models.connections import SmtpAuth

#: How a credential is, the worst first; as badges have it.
State = Literal["failing", "due", "late", "never", "fresh", "off"]
_ORDER: Final = ("failing", "due", "late", "never", "fresh", "off")
_WORDS: Final[dict[State, str]] = {
    "failing": "needs a person",
    "due": "expires soon",
    "late": "failing, tried again",
    "never": "not used yet",
    "fresh": "works",
    "off": "switched off",
}
#: Days before an expiry at which it is shown as soon.
SOON: Final = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One credential. Times are None where there is nothing to tell; no secret is in it."""

    email: Email
    #: "mailbox" or "smtp".
    of: str
    kind: str
    state: State
    owner: str
    granted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    set_at: dt.datetime | None = None
    access_expires_at: dt.datetime | None = None
    refresh_expires_at: dt.datetime | None = None
    secret_expires_on: str = ""
    proven_at: dt.datetime | None = None
    failure: str = ""
    failed_at: dt.datetime | None = None
    is_oauth2: bool = False

    @property
    def tab(self) -> str:
        return "Remote Mailbox" if self.of == "mailbox" else "Outgoing (SMTP)"

    @property
    def words(self) -> str:
        return _WORDS[self.state]


def lines(*, at: dt.datetime) -> list[Line]:
    """All of them, the worst first. *Same As Remote Mailbox* and *None* have none of their own."""
    found: list[Line] = []
    mailboxes = RemoteMailbox.objects.select_related("email", "credential", "authorisation__mailbox__email")
    accounts = SmtpAccount.objects.select_related("email", "credential", "authorisation__smtp__email")
    connections: list[RemoteMailbox | SmtpAccount] = [*mailboxes]
    connections += accounts.exclude(auth__in=(SmtpAuth.MAILBOX, SmtpAuth.NONE))
    for connection in connections:
        row: Authorisation | None = getattr(connection, "authorisation", None)
        if connection.auth not in AUTH:
            found.append(_basic(connection))
        elif row is not None:
            found.append(line_of(row, at=at))
    return sorted(found, key=lambda line: (_ORDER.index(line.state), line.email.address, line.of))


def line_of(row: Authorisation, *, at: dt.datetime) -> Line:
    """An authorisation as a line."""
    connection = row.connection
    of = "mailbox" if row.mailbox_id else "smtp"
    granted = tuple(row.granted_scopes.split())
    registration = registration_of(row)
    missing: tuple[str, ...] = ()
    if granted:
        needed = lacking_for(registration.kind, registration.grant, granted, uses_of(row))
        missing = needed if registration.kind != "other" else lacking(granted, registration.scopes)
    return Line(
        connection.email,
        of,
        f"OAuth2, {row.get_kind_display()}",
        _state(row, connection, at=at),
        row.identity or ("" if row.by_person else "the desk itself"),
        granted,
        missing,
        row.authorised_at,
        row.access_expires_at,
        row.refresh_expires_at,
        row.secret_expires_on,
        row.proven_at,
        row.failure,
        row.failed_at,
        is_oauth2=True,
    )


def _state(row: Authorisation, connection: RemoteMailbox | SmtpAccount, *, at: dt.datetime) -> State:
    if not connection.status:
        return "off"
    if row.standing in (Standing.NEEDED, Standing.REFUSED) or (row.standing == Standing.NEW and row.by_person):
        return "failing"
    if row.failures:
        return "late"
    if row.standing == Standing.NEW:
        return "never"
    soon = at + dt.timedelta(days=SOON)
    ends = [dt.date.fromisoformat(row.secret_expires_on)] if row.secret_expires_on else []
    if row.refresh_expires_at is not None:
        ends.append(row.refresh_expires_at.date())
    return "due" if ends and min(ends) <= soon.date() else "fresh"


def _basic(connection: RemoteMailbox | SmtpAccount) -> Line:
    of = "mailbox" if isinstance(connection, RemoteMailbox) else "smtp"
    state: State = "fresh"
    if not connection.status:
        state = "off"
    elif connection.failures:
        state = "late"
    elif connection.last_success_at is None:
        state = "never"
    return Line(
        connection.email,
        of,
        "Password",
        state,
        connection.username or connection.email.address,
        set_at=connection.credential.updated_at if connection.credential else None,
        proven_at=connection.last_success_at,
        failure=connection.last_error if connection.failures else "",
        failed_at=connection.last_error_at if connection.failures else None,
    )
