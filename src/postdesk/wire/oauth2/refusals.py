"""A provider's errors: which end a consent, which pass, and what they mean for people.

RFC 6749 section 5.2 has the codes, RFC 8628 section 3.5 those of devices; Microsoft's own stand in the description.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from postdesk.wire.errors import words

#: Codes that say nothing about the consent: the same request may work later (RFC 6749 section 4.1.2.1).
PASSING: Final = frozenset(
    {"server_error", "temporarily_unavailable", "slow_down", "too_many_requests", "rate_limited"}
)
#: Microsoft's numbers for a fault of its own, whatever code they come with.
_PASSING_NUMBERS: Final = frozenset({"50196", "90006", "90020", "90024", "90033", "90043", "90055", "500200"})
_NUMBER = re.compile(r"AADSTS(\d{4,9})")
#: What Microsoft adds for its support, and nobody else can use.
_FOR_SUPPORT = re.compile(r"\s*(?:Trace ID|Correlation ID|Timestamp):.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means, and what to do about it; `asks`: whether it takes a new consent."""

    says: str
    do: str
    asks: bool = True


_SECRET: Final = "Enter a new client secret, then authorise again."
_AGAIN: Final = "Authorise again."

#: Microsoft's number, or else the code -> what it means.
MEANINGS: Final = {
    "7000222": Meaning("the client secret has expired", _SECRET),
    "7000215": Meaning("the client secret is wrong (its Value is needed, not its ID)", _SECRET),
    "700016": Meaning("the provider does not know this client", "Check the client id and the tenant."),
    "90002": Meaning("there is no such tenant", "Check the tenant in the endpoints."),
    "65001": Meaning("nobody has consented to these scopes", "Authorise again, or let an administrator consent."),
    "50173": Meaning("the consent was taken back, perhaps by a new password", _AGAIN),
    "700082": Meaning("the refresh token was not used for too long", _AGAIN),
    "70043": Meaning("the organisation makes people sign in again regularly", _AGAIN),
    "700084": Meaning("the refresh token has reached its end", _AGAIN),
    "50076": Meaning("the organisation now demands a second factor", _AGAIN),
    "50079": Meaning("the organisation now demands a second factor", _AGAIN),
    "53003": Meaning(
        "the organisation's conditional access forbids it", "Ask its administrator, then authorise again."
    ),
    "50057": Meaning("the account is switched off", "Ask its administrator, then authorise again."),
    "54005": Meaning("the code was used before", _AGAIN),
    "invalid_grant": Meaning("the consent is over: taken back, expired, or used twice", _AGAIN),
    "invalid_client": Meaning("the provider does not accept the client id and secret", _SECRET),
    "unauthorized_client": Meaning(
        "the provider does not allow this client this way of signing in", "Check the client."
    ),
    "invalid_scope": Meaning("the provider does not give these scopes", "Check the scopes."),
    "unsupported_grant_type": Meaning("the provider does not know this way of signing in", "Choose another grant."),
    "invalid_request": Meaning("the provider does not understand the request", "Check endpoints and client."),
    "access_denied": Meaning("the consent was denied", _AGAIN),
    "expired_token": Meaning("the device's code has expired", "Ask for a new one."),
    "interaction_required": Meaning("the provider wants the owner to sign in again", _AGAIN),
    "consent_required": Meaning("the provider wants the owner to consent again", _AGAIN),
    "login_required": Meaning("the provider wants the owner to sign in again", _AGAIN),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A provider's error: its code, its own words cut to what people need, and whether trying again may do."""

    code: str
    said: str
    passes: bool

    @property
    def number(self) -> str:
        """Microsoft's number, "" with others."""
        found = _NUMBER.search(self.said)
        return found[1] if found else ""

    @property
    def meaning(self) -> Meaning | None:
        """What it means, None for codes that nobody knows."""
        return MEANINGS.get(self.number) or MEANINGS.get(self.code)

    def __str__(self) -> str:
        meaning = self.meaning
        said = f"{self.code}: {self.said}" if self.said else self.code
        return f"{meaning.says} ({said}). {meaning.do}" if meaning else f"the provider refuses ({said})."


def read_refusal(code: object, description: object) -> Refusal:
    """The refusal in the members `error` and `error_description` of an answer, which may be anything."""
    name = words(code if isinstance(code, str) else "")[:80] or "error"
    said = words(_FOR_SUPPORT.sub("", description) if isinstance(description, str) else "")
    number = _NUMBER.search(said)
    passes = name.lower() in PASSING or bool(number and number[1] in _PASSING_NUMBERS)
    return Refusal(name, said, passes)
