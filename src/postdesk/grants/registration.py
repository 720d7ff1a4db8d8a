"""One connection's client at its provider, with every address resolved."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

from postdesk.grants.providers import BY_PERSON, PROVIDERS, Grant, Kind, Use, scopes_for

ClientAuth = Literal["post", "basic"]
#: Directories that are not one organisation's: nobody can sign in there without a person.
SHARED_TENANTS: Final = frozenset({"common", "organizations", "consumers"})
#: Members of an OpenID configuration (OpenID Connect Discovery 1.0 section 3) and the addresses they give.
DISCOVERED: Final = {
    "authorization_endpoint": "authorize_url",
    "token_endpoint": "token_url",
    "revocation_endpoint": "revoke_url",
    "device_authorization_endpoint": "device_url",
    "userinfo_endpoint": "userinfo_url",
}


@dataclass(frozen=True, slots=True)
class Registration:
    """Who the desk is at the provider, where that is, and what is asked for. Secrets never show in a repr.

    `key`: a private key as PEM, with its certificate where the provider wants to know which (Microsoft), or a Google
    service account's JSON. `scopes`: in the order they are asked. "" where there is no such endpoint.
    """

    kind: Kind
    grant: Grant
    client_id: str
    secret: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    client_auth: ClientAuth = "post"
    authorize_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    device_url: str = ""
    userinfo_url: str = ""
    scopes: tuple[str, ...] = ()
    email_attribute: str = ""
    strict: bool = True
    #: Whose mailbox it is for: what a service account acts for, and who is to consent with strict matching.
    address: str = ""

    @property
    def by_person(self) -> bool:
        """Whether a person must consent."""
        return self.grant in BY_PERSON

    @property
    def signature(self) -> str:
        """Digest of what a consent was given to; another one means that somebody must consent again. Scopes are not
        part of it: what was granted goes on, and what is missing is shown."""
        return _digest([self.kind, self.grant, self.client_id, self.secret, self.key, *self._places])

    @property
    def ground(self) -> str:
        """The same without secrets: where tokens may still be sent after a secret was replaced."""
        return _digest([self.kind, self.grant, self.client_id, *self._places])

    @property
    def _places(self) -> tuple[str, ...]:
        return (self.authorize_url, self.token_url)


def resolved(
    own: Mapping[str, str],
    *,
    kind: Kind,
    grant: Grant,
    tenant: str,
    discovered: Mapping[str, str],
    uses: tuple[Use, ...],
) -> dict[str, object]:
    """Addresses, scopes and attribute of a Registration: as given, else as discovered, else as the template has them.

    `own` has the names of Registration's fields; `scopes` of it separated by blanks or commas.
    """
    provider = PROVIDERS[kind]
    found: dict[str, object] = {}
    for name in DISCOVERED.values():
        template = str(getattr(provider, name)).replace("{tenant}", tenant or provider.tenant)
        found[name] = own.get(name) or discovered.get(name) or template
    asked = own.get("scopes", "").replace(",", " ").split()
    found["scopes"] = tuple(dict.fromkeys(asked)) or scopes_for(provider, grant, uses)
    found["email_attribute"] = own.get("email_attribute") or provider.email_attribute
    return found


def url_problem(url: str) -> str:
    """What is wrong with an endpoint's address, "" for nothing. RFC 6749 section 3.2 demands TLS; nothing leaves the
    machine on the way to itself."""
    # urlsplit drops line breaks and takes blanks; an HTTP request can hold neither.
    if not all("!" <= c <= "~" for c in url):
        return "must be an address like https://login.example.org/token"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "must be an address like https://login.example.org/token"
    if parts.scheme not in {"https", "http"} or not parts.hostname or port == 0:
        return "must be an address like https://login.example.org/token"
    if parts.username or parts.password:
        return "must not hold a name or a password"
    if parts.fragment:
        return "must not hold a fragment (#...)"
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        return "must begin with https://: secrets and tokens are sent there"
    return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _digest(said: list[str]) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
