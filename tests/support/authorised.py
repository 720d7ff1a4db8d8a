"""A desk whose mailbox signs in with OAuth2 at the tests' provider: the client there, the row here, and its tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from postdesk.basics.clock import now
from postdesk.flow import consents
from postdesk.flow.tokens import consenting
from postdesk.mailroom.authorisations import OAuth2Setup, authorisation_of, save
from postdesk.mailroom.models import Authorisation, Consent, RemoteMailbox, SmtpAccount
from tests.support.consent import Person, parameters
from tests.support.provider import Client, Provider

CALLBACK = "http://desk.example.test/oauth2/callback"


def setup_at(provider: Provider, client: Client, **more: Any) -> OAuth2Setup:
    """What an administrator enters for a client of the tests' provider."""
    setup = OAuth2Setup(
        client_id=client.id,
        client_secret=client.secret,
        authorize_url=provider.authorize_url,
        token_url=provider.token_url,
        revoke_url=provider.revoke_url,
        device_url=provider.device_url,
        userinfo_url=provider.userinfo_url,
        scopes="mail openid email",
    )
    return replace(setup, **more)


def signs_in_with(
    connection: RemoteMailbox | SmtpAccount, setup: OAuth2Setup, auth: str = "oauth2-other"
) -> Authorisation:
    """The connection with these OAuth2 settings; nobody has consented yet."""
    connection.auth = auth
    connection.save(update_fields=["auth"])
    save(connection, auth, setup, by="a test", at=now())
    row = authorisation_of(connection)
    assert row is not None
    return row


def consents_to(row: Authorisation, provider: Provider, user: str, *, allow: bool = True) -> Consent:
    """Somebody signs in at the provider and consents (or not); the worker fetches the tokens."""
    begun = consents.begin(row, redirect_uri=CALLBACK, by=None, at=now())
    if begun.consent.stage == "preparing":
        consenting.authorise(begun.consent.pk)
        begun.consent.refresh_from_db()
    said = parameters(Person(provider, user).answers(consents.address(begun.consent, begun.state), allow=allow))
    consents.answered(
        said["state"],
        code=said.get("code", ""),
        error=said.get("error", ""),
        description=said.get("error_description", ""),
        at=now(),
    )
    consenting.authorise(begun.consent.pk)
    begun.consent.refresh_from_db()
    return begun.consent
