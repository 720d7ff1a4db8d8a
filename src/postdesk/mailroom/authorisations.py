"""A connection's OAuth2 settings as a value, the rules they obey, and the operation that makes them so.

The desk file and the screens both call `problems` and `save`. Nothing here talks to a provider (flow.tokens does).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from postdesk import jobs
from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import BrokenSetup
from postdesk.grants.providers import AUTH, BY_PERSON, Grant, Kind, Use
from postdesk.grants.registration import DISCOVERED, Registration, resolved
from postdesk.mailroom.models import Authorisation, Consent, RemoteMailbox, SmtpAccount
from postdesk.mailroom.models.authorisations import Stage, Standing
from postdesk.mailroom.models.connections import SmtpAuth
from postdesk.mailroom.secrets import seal, unseal
from postdesk.people import audit

Connected = RemoteMailbox | SmtpAccount


@dataclass(frozen=True, slots=True)
class OAuth2Setup:
    """The OAuth2 part of a tab. "" of an address, the scopes or the attribute: the template's. Secrets None: as stored.

    The provider is chosen by the tab's `auth`.
    """

    grant: str = "authorization-code"
    tenant: str = ""
    client_id: str = ""
    client_secret: str | None = field(default=None, repr=False)
    client_key: str | None = field(default=None, repr=False)
    client_auth: str = "post"
    secret_expires_on: str = ""
    discovery_url: str = ""
    authorize_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    device_url: str = ""
    userinfo_url: str = ""
    scopes: str = ""
    email_attribute: str = ""
    strict: bool = True


SECRETS: Final = ("client_secret", "client_key")
_COLUMNS: Final = tuple(name for name in OAuth2Setup.__slots__ if name not in SECRETS)
_URLS: Final = ("discovery_url", *DISCOVERED.values())


def setup_of(row: Authorisation) -> OAuth2Setup:
    """As stored, without the secrets."""
    return OAuth2Setup(**{name: getattr(row, name) for name in _COLUMNS})


def authorisation_of(connection: Connected) -> Authorisation | None:
    """The stored OAuth2 part of a connection, read anew; also for one that only stands in a form yet."""
    of = "mailbox" if isinstance(connection, RemoteMailbox) else "smtp"
    if connection.email_id is None:
        return None
    rows = Authorisation.objects.select_related("mailbox__email", "smtp__email")
    return rows.filter(**{f"{of}__email": connection.email_id}).first()


def uses_of(row: Authorisation) -> tuple[Use, ...]:
    """What its tokens are for: the mailbox's protocol, and SMTP when that signs in the same way."""
    if row.mailbox is None:
        return ("smtp",)
    fetched = cast(Use, row.mailbox.protocol)
    account = SmtpAccount.objects.filter(email=row.mailbox.email_id, auth=SmtpAuth.MAILBOX).exists()
    return (fetched, "smtp") if account else (fetched,)


def registration_of(row: Authorisation) -> Registration:
    """The client with everything resolved. Raises BrokenSetup when a secret cannot be opened."""
    connection = row.connection
    own: dict[str, str] = {name: getattr(row, name) for name in (*DISCOVERED.values(), "scopes", "email_attribute")}
    kind, grant = cast(Kind, row.kind), cast(Grant, row.grant)
    found: dict[str, Any] = resolved(
        own, kind=kind, grant=grant, tenant=row.tenant, discovered=row.discovered, uses=uses_of(row)
    )
    return Registration(
        kind=kind,
        grant=grant,
        client_id=row.client_id,
        secret=unseal(bytes(row.client_secret)) if row.client_secret else "",
        key=unseal(bytes(row.client_key)) if row.client_key else "",
        client_auth="basic" if row.client_auth == "basic" else "post",
        strict=row.strict,
        address=connection.username or connection.email.address,
        **found,
    )


def save(
    connection: Connected, auth: str, setup: OAuth2Setup, *, by: audit.Actor, at: dt.datetime
) -> tuple[Change, ...]:
    """Make a connection's OAuth2 part so. Returns what changed (nothing for a new one).

    What a consent was given to is its signature: client, secret, endpoints. After a change of those somebody
    must consent again. When only the secret is another one the tokens are kept, and a worker tries whether the
    provider takes them with the new secret; everything else drops them, so that they are sent nowhere else.
    """
    kind = AUTH[auth]
    setup = _trimmed(setup)
    row = authorisation_of(connection)
    if row is None:
        of = {"mailbox": connection} if isinstance(connection, RemoteMailbox) else {"smtp": connection}
        made = Authorisation(kind=kind, **of)
        _write(made, kind, setup, at=at)
        made.save()
        audit.record(by=by, at=at, verb="added", of=made, label=connection.email.address, after=_shown(kind, setup))
        _wake(made)
        return ()
    before, was = setup_of(row), row.kind
    changes = _changes(row, before, setup)
    if was != kind:
        changes = (Change("provider", was, kind), *changes)
        row.client_secret = row.client_key = None
    if not changes:
        _check_signature(row, old=None, at=at)
        return ()
    old = _registration(row) if was == kind else None
    _write(row, kind, setup, at=at)
    row.save()
    _check_signature(row, old=old, at=at)
    audit.record(
        by=by,
        at=at,
        verb="changed",
        of=row,
        label=connection.email.address,
        before=_shown(was, before),
        after=audit.with_changes(_shown(was, before), changes),
    )
    return changes


def forget_tokens(row: Authorisation, standing: Standing, why: str, *, at: dt.datetime) -> None:
    """Let go of everything that was granted, and of consents under way. Saves the row."""
    row.access_token = row.refresh_token = row.previous_refresh_token = None
    row.access_expires_at = row.access_since = row.refresh_expires_at = row.attempt_at = None
    row.identity, row.granted_scopes, row.signature = "", "", ""
    row.authorised_at = row.retry_at = None
    row.failures = 0
    mark(row, standing, why, at=at)
    row.save()
    end_consents(row, "The settings were changed meanwhile. Begin again.", at=at)


def mark(row: Authorisation, standing: Standing, why: str, *, code: str = "", at: dt.datetime) -> None:
    """Where it stands, and why; "" for no failure. Saves nothing."""
    row.standing, row.failure, row.failure_code = standing, why[:2000], code[:60]
    row.failed_at = at if why else None


def end_consents(row: Authorisation, sentence: str, *, at: dt.datetime) -> None:
    """End every consent that is under way; what they hold is forgotten."""
    Consent.objects.filter(authorisation=row).exclude(stage=Stage.ENDED).update(
        stage=Stage.ENDED, ended_at=at, sentence=sentence, verifier=None, code=None, device_code=None
    )


def _check_signature(row: Authorisation, *, old: Registration | None, at: dt.datetime) -> None:
    """After the settings changed: whether what was granted still holds."""
    now = _registration(row)
    if now is None or row.signature in ("", now.signature):
        if row.standing in (Standing.REFUSED, Standing.NEW) and now is not None and not row.signature:
            mark(row, Standing.NEW, "", at=at)
            row.save()
        return
    if not row.by_person:
        forget_tokens(row, Standing.NEW, "", at=at)
    elif old is not None and old.ground == now.ground and row.refresh_token:
        row.access_token = row.access_expires_at = row.retry_at = None
        mark(
            row,
            Standing.NEEDED,
            "The client secret was replaced. Authorize again, unless the test of it goes well.",
            at=at,
        )
        row.save()
        end_consents(row, "The settings were changed meanwhile. Begin again.", at=at)
    else:
        forget_tokens(
            row, Standing.NEEDED, "The settings were changed: somebody must sign in and consent again.", at=at
        )
    _wake(row)


def _wake(row: Authorisation) -> None:
    """A worker finds out what the provider says to it, where there is something to ask."""
    if row.discovery_url or not row.by_person or row.refresh_token:
        jobs.defer("refresh", authorisation=row.pk)


def _registration(row: Authorisation) -> Registration | None:
    try:
        return registration_of(row)
    except BrokenSetup:
        return None


def _trimmed(setup: OAuth2Setup) -> OAuth2Setup:
    names = ("tenant", "client_id", "scopes", "email_attribute", *_URLS)
    return replace(setup, **{name: getattr(setup, name).strip() for name in names})


def _changes(row: Authorisation, before: OAuth2Setup, after: OAuth2Setup) -> tuple[Change, ...]:
    changes = differences(before, after, apart_from=SECRETS)
    for name in SECRETS:
        given = getattr(after, name)
        if given is not None and given != _stored(row, name):
            changes = (*changes, Change(name, secret=True))
    return changes


def _stored(row: Authorisation, name: str) -> str:
    sealed = getattr(row, name)
    try:
        return unseal(bytes(sealed)) if sealed else ""
    except BrokenSetup:
        return "\0"


def _write(row: Authorisation, kind: Kind, setup: OAuth2Setup, *, at: dt.datetime) -> None:
    if row.discovery_url != setup.discovery_url:
        row.discovered = {}
    row.kind = kind
    for name in _COLUMNS:
        setattr(row, name, getattr(setup, name))
    for name in SECRETS:
        given = getattr(setup, name)
        if given is not None and given != _stored(row, name):
            setattr(row, name, seal(given) if given else None)
            row.secret_changed_at = at


def _shown(kind: str, setup: OAuth2Setup) -> dict[str, object]:
    return {"provider": kind, **{name: getattr(setup, name) for name in _COLUMNS}}


def needs_person(auth: str, row: Authorisation | None) -> bool:
    """Whether somebody must consent before a connection with this `auth` can sign in."""
    if auth not in AUTH:
        return False
    return row is None or (row.grant in BY_PERSON and row.standing != Standing.OK)
