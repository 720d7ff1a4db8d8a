"""What is sent for each grant: form fields and headers, as values."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit, urlunsplit

from postdesk.basics.errors import BrokenSetup
from postdesk.grants import proof
from postdesk.grants.providers import PROVIDERS
from postdesk.grants.registration import Registration

JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(frozen=True, slots=True)
class Question:
    """One POST to an endpoint. Holds secrets, so it has no repr of them."""

    url: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def body(self) -> bytes:
        """application/x-www-form-urlencoded."""
        return urlencode(self.fields).encode()


def authorize_address(registration: Registration, *, redirect_uri: str, state: str, verifier: str, hint: str) -> str:
    """Where a person is sent to consent (RFC 6749 section 4.1.1, RFC 7636). `hint`: the account that is meant."""
    asked = {
        "response_type": "code",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(registration.scopes),
        "state": state,
        "code_challenge": proof.challenge(verifier),
        "code_challenge_method": "S256",
        **PROVIDERS[registration.kind].parameters,
        **({"login_hint": hint} if hint else {}),
    }
    parts = urlsplit(registration.authorize_url)
    # The endpoint's own parameters stay (section 3.1).
    own = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in asked]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode([*own, *asked.items()]), ""))


def exchange(
    registration: Registration, code: str, *, redirect_uri: str, verifier: str, nonce: str, at: dt.datetime
) -> Question:
    """The code for tokens (RFC 6749 section 4.1.3)."""
    fields = (
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    )
    return _proven(registration, registration.token_url, fields, nonce=nonce, at=at)


def refresh(registration: Registration, token: str, *, nonce: str, at: dt.datetime) -> Question:
    """A refresh token for an access token (section 6). The scopes stay what was granted."""
    fields = (("grant_type", "refresh_token"), ("refresh_token", token))
    return _proven(registration, registration.token_url, fields, nonce=nonce, at=at)


def by_itself(registration: Registration, *, nonce: str, at: dt.datetime) -> Question:
    """A token for the desk itself: client credentials (section 4.4), or a service account's assertion (RFC 7523)."""
    return _BY_ITSELF[registration.grant](registration, nonce, at)


def device(registration: Registration, *, nonce: str, at: dt.datetime) -> Question:
    """Ask for a device's code (RFC 8628 section 3.1)."""
    fields = (("scope", " ".join(registration.scopes)),)
    return _proven(registration, registration.device_url, fields, nonce=nonce, at=at)


def device_token(registration: Registration, code: str, *, nonce: str, at: dt.datetime) -> Question:
    """Ask whether somebody has typed it (section 3.4)."""
    fields = (("grant_type", DEVICE_CODE), ("device_code", code))
    return _proven(registration, registration.token_url, fields, nonce=nonce, at=at)


def revocation(registration: Registration, token: str, *, nonce: str, at: dt.datetime) -> Question:
    """Give a refresh token back (RFC 7009 section 2.1)."""
    fields = (("token", token), ("token_type_hint", "refresh_token"))
    return _proven(registration, registration.revoke_url, fields, nonce=nonce, at=at)


def _credentials(registration: Registration, nonce: str, at: dt.datetime) -> Question:
    fields = (("grant_type", "client_credentials"), ("scope", " ".join(registration.scopes)))
    return _proven(registration, registration.token_url, fields, nonce=nonce, at=at)


def _service(registration: Registration, nonce: str, at: dt.datetime) -> Question:
    key = registration.key
    if key.lstrip().startswith("{"):
        account = proof.service_account(key)
    else:
        account = proof.ServiceAccount(registration.client_id, "", key)
    assertion = proof.service_assertion(
        account, registration.token_url, acting_for=registration.address, scopes=registration.scopes, at=at
    )
    return Question(registration.token_url, (("grant_type", JWT_BEARER), ("assertion", assertion)))


_BY_ITSELF: Final[dict[str, Callable[[Registration, str, dt.datetime], Question]]] = {
    "client-credentials": _credentials,
    "service-account": _service,
}


def _proven(
    registration: Registration, url: str, fields: tuple[tuple[str, str], ...], *, nonce: str, at: dt.datetime
) -> Question:
    """With the client's proof: a signed assertion, a secret in the body or the header, or none (a public client)."""
    if not url:
        raise BrokenSetup("The address of this endpoint is not known: enter it, or the provider's discovery address.")
    who = ("client_id", registration.client_id)
    if registration.key:
        assertion = proof.client_assertion(
            registration.key, registration.client_id, registration.token_url, nonce=nonce, at=at
        )
        proven = (("client_assertion_type", proof.CLIENT_ASSERTION), ("client_assertion", assertion))
        return Question(url, (*fields, who, *proven))
    if registration.secret and registration.client_auth == "basic":
        # Section 2.3.1: both are form-encoded before they are put together.
        pair = f"{quote_plus(registration.client_id)}:{quote_plus(registration.secret)}"
        return Question(url, fields, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})
    secret = (("client_secret", registration.secret),) if registration.secret else ()
    return Question(url, (*fields, who, *secret))
