"""The grants at a token endpoint (RFC 6749 sections 4 and 6, RFC 7523, RFC 8628), and revocation (RFC 7009)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from postdesk.basics.errors import BadProtocol, Busy, GrantRefused, WireError
from postdesk.wire.errors import words
from postdesk.wire.login import Login
from postdesk.wire.oauth2.asking import PATIENCE, Answer, post
from postdesk.wire.oauth2.refusals import read_refusal

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"
#: Letters of a token (RFC 6749 appendix A.12: printable ASCII); what breaks a line would break the login as well.
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
#: Seconds a token is taken to live when the provider does not say.
LIFE: Final = 3600
_LONGEST_LIFE: Final = 366 * 24 * 3600


@dataclass(frozen=True)
class Client:
    """Who asks. `secret` "" for a public client; `assertion` is a signed JWT in its place (RFC 7523 section 2.2)."""

    token_url: str
    id: str
    secret: str = field(default="", repr=False)
    assertion: str = field(default="", repr=False)
    #: Whether the secret goes in the Authorization header (RFC 6749 section 2.3.1) or in the form.
    basic: bool = False
    ca_pem: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Tokens:
    """What a provider handed out. `life` in seconds from the request; `scopes` None where it does not say, which means
    those asked for; `refresh` "" where the old refresh token stays good, or there is none."""

    access: str = field(repr=False)
    life: int
    refresh: str = field(default="", repr=False)
    #: Seconds the refresh token lives, where a provider says so; None else.
    refresh_life: int | None = None
    scopes: tuple[str, ...] | None = None
    id_token: str = field(default="", repr=False)


def ask(client: Client, form: Mapping[str, str], *, patience: float = PATIENCE) -> Tokens:
    """Ask for tokens with one grant: `form` holds `grant_type` and what belongs to it; the client is added.

    Raises GrantRefused (the provider's no, which another try does not change), Busy, Unreachable, TlsRefused,
    Disconnected, BadProtocol, BrokenSetup. No error repeats what was sent.
    """
    said = _said(client, client.token_url, form, patience)
    return _tokens(said)


def revoke(client: Client, revoke_url: str, token: str, *, patience: float = PATIENCE) -> None:
    """Tell the provider that a token is over (RFC 7009). Raises as `ask`."""
    _said(client, revoke_url, {"token": token}, patience, empty=True)


def _said(client: Client, url: str, form: Mapping[str, str], patience: float, *, empty: bool = False) -> dict[str, Any]:
    whole, authorization = _with_client(client, form)
    secrets = [value for name, value in whole.items() if name in _SECRET_FIELDS] + [client.secret]
    try:
        answer = post(url, whole, authorization=authorization, patience=patience, ca_pem=client.ca_pem)
        return _understood(answer, empty=empty)
    except WireError as error:
        for secret in secrets:
            error.message = Login("", secret).blotted(error.message)
        error.args = (error.message,)
        raise


_SECRET_FIELDS = frozenset(
    {"client_secret", "client_assertion", "assertion", "code", "code_verifier", "refresh_token", "device_code", "token"}
)


def _with_client(client: Client, form: Mapping[str, str]) -> tuple[dict[str, str], str]:
    if client.assertion:
        proof = {"client_assertion_type": ASSERTION, "client_assertion": client.assertion}
        return {**form, "client_id": client.id, **proof}, ""
    if client.secret and client.basic:
        # RFC 6749 section 2.3.1: both are form-encoded first, so that odd characters arrive.
        pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
        return dict(form), f"Basic {base64.b64encode(pair.encode()).decode()}"
    return {**form, "client_id": client.id} | ({"client_secret": client.secret} if client.secret else {}), ""


def _understood(answer: Answer, *, empty: bool) -> dict[str, Any]:
    said = _json(answer)
    if said is not None and "error" in said:
        refusal = read_refusal(said["error"], said.get("error_description"))
        if refusal.passes or answer.status >= 500 or answer.status == 429:
            raise Busy(f"{answer.host} asks to try again later ({refusal.code}: {refusal.said})")
        raise GrantRefused(str(refusal), code=refusal.code, number=refusal.number, host=answer.host)
    if answer.status >= 500 or answer.status in (408, 425, 429):
        raise Busy(f"{answer.host} answers with an error of its own ({answer.status})")
    if 300 <= answer.status < 400:
        raise BadProtocol(f"{answer.host} sends us to another address; a secret is not sent there. Check the endpoint.")
    if answer.status >= 400:
        raise BadProtocol(f"{answer.host} answers {answer.status} and no reason: {_shown(answer)}. Check the endpoint.")
    if said is None and not empty:
        raise BadProtocol(f"{answer.host} does not answer with tokens but with {_shown(answer)}. Check the endpoint.")
    return said or {}


def _json(answer: Answer) -> dict[str, Any] | None:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _shown(answer: Answer) -> str:
    """What an answer is that is none, without its words: they may hold tokens."""
    if answer.media_type in ("text/html", "application/xhtml+xml"):
        return "a web page"
    return f"{len(answer.body)} bytes that are no object in JSON" if answer.body else "nothing"


def _tokens(said: dict[str, Any]) -> Tokens:
    access, kind = said.get("access_token"), said.get("token_type", "Bearer")
    if not isinstance(access, str) or not _TOKEN.fullmatch(access):
        raise BadProtocol("the provider's answer holds no access token that can be used")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise BadProtocol(f"the provider gave a token of the kind {words(str(kind))}; mail servers take Bearer only")
    refresh, id_token, scope = said.get("refresh_token"), said.get("id_token"), said.get("scope")
    return Tokens(
        access=access,
        life=_seconds(said.get("expires_in"), LIFE) or LIFE,
        refresh=refresh if isinstance(refresh, str) and _TOKEN.fullmatch(refresh) else "",
        refresh_life=_seconds(said.get("refresh_token_expires_in") or said.get("refresh_expires_in"), None),
        scopes=tuple(scope.replace(",", " ").split()) if isinstance(scope, str) and scope.strip() else None,
        id_token=id_token if isinstance(id_token, str) else "",
    )


def _seconds(said: object, default: int | None) -> int | None:
    """Seconds as a number or as its text; the default for what is neither, below one or longer than a year."""
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return default
    try:
        seconds = int(float(said))
    except (ValueError, OverflowError):
        return default
    return seconds if 0 < seconds <= _LONGEST_LIFE else default
