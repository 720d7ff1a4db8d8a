"""What is wrong with a connection's OAuth2 settings, by their values: for the desk file and the screens alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from postdesk.basics.errors import Invalid
from postdesk.grants.proof import key_problem
from postdesk.grants.providers import AUTH, GRANTS, PROVIDERS, Kind
from postdesk.grants.registration import DISCOVERED, SHARED_TENANTS, url_problem
from postdesk.mailroom.authorisations import OAuth2Setup
from postdesk.mailroom.models import Authorisation

_URLS: Final = ("discovery_url", *DISCOVERED.values())


def problems(setup: OAuth2Setup, *, auth: str, stored: Authorisation | None, is_used: bool = True) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field. `stored`: what there is already; `is_used`: the tab is on."""
    kind = AUTH[auth]
    provider = PROVIDERS[kind]
    if setup.grant not in GRANTS:
        yield Invalid("grant", f"Must be one of {', '.join(GRANTS)}.")
        return
    if setup.grant not in provider.grants:
        yield Invalid("grant", f"{provider.name} does not offer this for mailboxes: choose another one.")
    if not setup.client_id.strip() and setup.grant != "service-account":
        yield Invalid("client_id", "Client Id required: the provider gives it when the desk is registered as an app.")
    yield from _proof_problems(setup, stored if stored and stored.kind == kind else None, is_used=is_used)
    for name in _URLS:
        value = getattr(setup, name)
        if value and (wrong := url_problem(value)):
            yield Invalid(name, f"This {wrong}.")
    yield from _endpoint_problems(setup, kind)
    alone = setup.grant == "client-credentials" and kind == "microsoft" and not setup.token_url
    if alone and (setup.tenant or provider.tenant).lower() in SHARED_TENANTS:
        yield Invalid("tenant", "The desk can sign in by itself only at one organisation: enter its tenant ID.")
    if setup.tenant and not all(c.isalnum() or c in "-._" for c in setup.tenant):
        yield Invalid("tenant", "A tenant is an ID or a domain, like contoso.onmicrosoft.com.")


def _proof_problems(setup: OAuth2Setup, stored: Authorisation | None, *, is_used: bool) -> Iterator[Invalid]:
    service = setup.grant == "service-account"
    if setup.client_key and (wrong := key_problem(setup.client_key, is_service_account=service)):
        yield Invalid("client_key", wrong)
    has_key = bool(setup.client_key or (setup.client_key is None and stored and stored.client_key))
    has_secret = bool(setup.client_secret or (setup.client_secret is None and stored and stored.client_secret))
    if service and not has_key and is_used:
        yield Invalid("client_key", "The key file of the service account is required.")
    if setup.grant == "client-credentials" and not has_key and not has_secret and is_used:
        yield Invalid(
            "client_secret", "Client Secret required, or a certificate: without a person the client proves itself."
        )


def _endpoint_problems(setup: OAuth2Setup, kind: Kind) -> Iterator[Invalid]:
    """The endpoints a grant needs and nothing gives."""
    if setup.discovery_url:
        return
    provider = PROVIDERS[kind]
    needed = {"authorization-code": ("authorize_url", "token_url"), "device-code": ("device_url", "token_url")}
    for name in needed.get(setup.grant, ("token_url",)):
        if not getattr(setup, name) and not getattr(provider, name) and setup.grant in provider.grants:
            yield Invalid(name, "Required, unless the discovery address gives it.")
    if not setup.scopes.strip() and not provider.scopes and not provider.app_scopes:
        yield Invalid("scopes", "Required: the provider's documentation says which ones open a mailbox.")
