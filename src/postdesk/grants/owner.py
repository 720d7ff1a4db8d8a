"""Who consented, and whether what they granted is enough."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from postdesk.grants.providers import PROVIDERS, Grant, Kind, Use, scopes_for

#: Where providers put an account's address; the first that is one.
_USUAL: Final = ("email", "emailAddress", "mail", "preferred_username", "upn", "unique_name", "userPrincipalName")
#: Scopes that do not come back among those granted.
_UNTOLD: Final = frozenset({"offline_access", "openid", "profile", "email"})


def claims(token: str) -> dict[str, Any]:
    """The claims of a JWT, {} for anything else. Only for a token that came straight from the token endpoint over TLS:
    its signature need not be checked then (OpenID Connect Core section 3.1.3.7, step 6)."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        said = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def address_in(said: Mapping[str, Any], attribute: str) -> str:
    """The address of an account, lower case, "" where there is none: in `attribute` (dots go inward), else where it
    usually is."""
    for name in (attribute, *_USUAL):
        value: Any = said.get(name)
        if value is None and "." in name:
            value = said
            for part in name.split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
        if isinstance(value, str) and "@" in value.strip("@ ") and len(value) <= 254 and value.isprintable():
            return value.strip().lower()
    return ""


def mismatch(identity: str, meant: Iterable[str]) -> str:
    """What is wrong with who consented under strict matching, "" for nothing."""
    wanted = [one for one in meant if one]
    if identity and identity.lower() in {one.lower() for one in wanted}:
        return ""
    if not identity:
        return (
            "The provider does not say which account consented. Check the email attribute and the resource details "
            "endpoint, or switch Strict Matching off."
        )
    return (
        f"{identity} signed in, and {wanted[0]} was expected. Sign in as {wanted[0]}; for a shared mailbox that "
        f"{identity} may open, switch Strict Matching off."
    )


def lacking(granted: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """The scopes of `wanted` that were not granted, in their order. Those that are never told apart."""
    have = {_plain(scope) for scope in granted}
    return tuple(scope for scope in wanted if scope not in _UNTOLD and _plain(scope) not in have)


def lacking_for(kind: Kind, grant: Grant, granted: Iterable[str], uses: tuple[Use, ...]) -> tuple[str, ...]:
    """What a use needs by the provider's template and was not granted; () where the template does not say."""
    wanted = scopes_for(PROVIDERS[kind], grant, uses)
    return () if any(scope.endswith("/.default") for scope in wanted) else lacking(granted, wanted)


def _plain(scope: str) -> str:
    """Microsoft has two names for the same service, and gives scopes back in either case."""
    return scope.lower().replace("https://outlook.office365.com/", "https://outlook.office.com/").rstrip("/")
