"""What an endpoint's answer means: Tokens, a device's code, or an error of basics.errors in the provider's words."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from postdesk.basics.errors import BadProtocol, Busy, ClientRefused, WireError
from postdesk.grants.advice import as_error

#: Letters of a token that are stored at most; Microsoft's grow to some thousands.
LONGEST_TOKEN: Final = 64 * 1024
#: A token that does not say how long it lives is refreshed after so long.
UNTOLD_LIFE: Final = dt.timedelta(hours=1)
_AADSTS: Final = re.compile(r"AADSTS\d+")
#: What Microsoft writes for its own support, over several lines.
_TRACE: Final = re.compile(r"\s*(?:Trace ID|Correlation ID|Timestamp):.*", re.DOTALL)
_RETRY_AFTER: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, as `wire.http` gives it. Header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What was granted. `refresh` "": none came, the old one stays. `scopes` None: those that were asked for
    (RFC 6749 section 5.1)."""

    access: str = field(repr=False)
    expires_at: dt.datetime
    refresh: str = field(default="", repr=False)
    refresh_expires_at: dt.datetime | None = None
    scopes: tuple[str, ...] | None = None
    id_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person types, where, and how often to ask (RFC 8628 section 3.2)."""

    code: str = field(repr=False)
    user_code: str
    verification_url: str
    complete_url: str
    expires_at: dt.datetime
    interval: int


def tokens(answer: Answer, *, at: dt.datetime) -> Tokens:
    """Read a token endpoint's answer. `at`: when it was asked, so that a token never seems to live longer than it does.

    Raises ConsentNeeded, ClientRefused, Busy or BadProtocol.
    """
    said = _granted(answer)
    access = said.get("access_token")
    if not isinstance(access, str) or not access:
        raise BadProtocol("The provider's answer holds no access token. Is this its token endpoint?")
    if str(said.get("token_type", "bearer")).lower() != "bearer":
        raise BadProtocol("The provider gave another kind of token than mail servers take (bearer).")
    refresh = said.get("refresh_token")
    refresh = refresh if isinstance(refresh, str) else ""
    for token in (access, refresh):
        if len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable():
            raise BadProtocol("The provider's token is not one that can be used (RFC 6750 section 2.1).")
    life = _seconds(said.get("expires_in"))
    refresh_life = _seconds(said.get("refresh_token_expires_in") or said.get("refresh_expires_in"))
    scope = said.get("scope")
    id_token = said.get("id_token")
    return Tokens(
        access,
        at + (life if life is not None else UNTOLD_LIFE),
        refresh,
        at + refresh_life if refresh_life else None,
        tuple(scope.split()) if isinstance(scope, str) and scope.strip() else None,
        id_token if isinstance(id_token, str) else "",
    )


def device_code(answer: Answer, *, at: dt.datetime) -> DeviceCode:
    """Read a device endpoint's answer. Raises as `tokens` does."""
    said = _granted(answer)
    # Google says verification_url.
    where = said.get("verification_uri") or said.get("verification_url")
    code, user_code = said.get("device_code"), said.get("user_code")
    if not all(isinstance(one, str) and one for one in (code, user_code, where)):
        raise BadProtocol("The provider's answer holds no code to type. Is this its device endpoint?")
    if not str(where).startswith(("https://", "http://")):
        raise BadProtocol("The provider does not say where the code is to be typed.")
    complete = str(said.get("verification_uri_complete") or "")
    life = _seconds(said.get("expires_in")) or dt.timedelta(minutes=15)
    interval = _seconds(said.get("interval")) or dt.timedelta(seconds=5)
    complete = complete if complete.startswith(("https://", "http://")) else ""
    return DeviceCode(str(code), str(user_code)[:64], str(where), complete, at + life, max(1, interval.seconds))


def is_pending(answer: Answer) -> str:
    """ "authorization_pending" or "slow_down" while nobody has typed a device's code yet (RFC 8628 section 3.5)."""
    said = _object(answer.body)
    error = said.get("error") if said else ""
    return str(error) if error in {"authorization_pending", "slow_down"} else ""


def check_revoked(answer: Answer) -> None:
    """Raises when a revocation was refused; a token that is not known any more is revoked (RFC 7009 section 2.2)."""
    if answer.status == 200:
        return
    said = _object(answer.body) or {}
    # Google's word for a token that is over already.
    if said.get("error") == "invalid_token":
        return
    raise refusal(answer)


def json_object(answer: Answer) -> dict[str, Any]:
    """The object an endpoint gives: discovery, user info. Raises as `tokens` does."""
    return _granted(answer)


def refusal(answer: Answer) -> WireError:
    """The error in an answer that grants nothing."""
    said = _object(answer.body)
    if answer.status == 429 or answer.status >= 500:
        busy = _words(said) if said else ""
        told = f": {busy}" if busy else ""
        return Busy(f"The provider answers {answer.status}{told}", retry_after=_retry_after(answer))
    if said is None:
        return _no_json(answer)
    codes, words = _codes(said), _words(said)
    if not codes:
        return BadProtocol(f"The provider answers {answer.status} without saying why.")
    return as_error(codes, words)


def denial(error: str, description: str) -> WireError:
    """What the authorisation endpoint sent back instead of a code (RFC 6749 section 4.1.2.1)."""
    said = {"error": error, "error_description": description}
    return as_error(_codes(said), _words(said))


def _granted(answer: Answer) -> dict[str, Any]:
    said = _object(answer.body)
    if answer.status != 200 or said is None or "error" in said:
        raise refusal(answer)
    return said


def _no_json(answer: Answer) -> WireError:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip()[:60] or "no content type"
    if 300 <= answer.status < 400:
        return ClientRefused(f"The provider sends the desk elsewhere ({answer.status}). Check the endpoint's address.")
    if answer.status in {404, 405, 410}:
        return ClientRefused(f"The provider answers {answer.status}: there is no such endpoint. Check its address.")
    return BadProtocol(
        f"The provider answers {answer.status} with {kind} instead of JSON. Is the endpoint's address right?"
    )


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _codes(said: Mapping[str, Any]) -> tuple[str, ...]:
    """The most telling one first: Microsoft's numbers, Google's subtypes, then RFC 6749's word."""
    found = _AADSTS.findall(str(said.get("error_description", "")))
    error = said.get("error")
    if isinstance(error, dict):  # Google's APIs
        error = error.get("status")
    words = [str(said.get("error_subtype") or ""), str(error or "")]
    return tuple(dict.fromkeys(word[:60] for word in (*found, *words) if word))


def _words(said: Mapping[str, Any]) -> str:
    description = said.get("error_description")
    if isinstance(said.get("error"), dict):
        description = said["error"].get("message")
    text = _TRACE.sub("", str(description or ""))
    clean = "".join(c if c.isprintable() else " " for c in text).strip()
    return clean if len(clean) <= 400 else f"{clean[:399]}…"


def _seconds(value: object) -> dt.timedelta | None:
    """A number of seconds, also when it came as text; None for anything else. A year at most."""
    try:
        number = int(float(str(value)))
    except (ValueError, OverflowError):
        return None
    return dt.timedelta(seconds=max(0, min(number, 366 * 24 * 3600)))


def _retry_after(answer: Answer) -> float | None:
    text = answer.headers.get("retry-after", "")
    return min(float(text), _RETRY_AFTER) if text.isascii() and text.isdecimal() and len(text) < 9 else None
