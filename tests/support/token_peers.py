"""Token endpoints that misbehave in one way each, on free ports of 127.0.0.1, in the manner of `tests.support.peers`.

`with token_peers.hangs() as peer:` ask `token_peers.url(peer)`. `peer.received` holds what was sent to it.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from typing import Any

from tests.support.peers import Connection, Peer

#: What Google's token endpoint says when a refresh token is over (revoked, unused, password changed, test mode).
GOOGLE_REVOKED = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
GOOGLE_BAD_SECRET = {"error": "invalid_client", "error_description": "Unauthorized"}
GOOGLE_NO_DELEGATION = {
    "error": "unauthorized_client",
    "error_description": "Client is unauthorized to retrieve access tokens using this method, or client not "
    "authorized for any of the scopes requested.",
}
_TRACE = "a1b2c3d4-0000-4000-8000-123456789abc"


def microsoft(code: int, text: str, error: str = "invalid_grant", **more: Any) -> dict[str, Any]:
    """An error as Microsoft's token endpoint words it: code, text and four lines for its support."""
    when = "2026-01-05 10:00:00Z"
    return {
        "error": error,
        "error_description": f"AADSTS{code}: {text} Trace ID: {_TRACE} Correlation ID: {_TRACE} Timestamp: {when}",
        "error_codes": [code],
        "timestamp": when,
        "trace_id": _TRACE,
        "correlation_id": _TRACE,
        "error_uri": f"https://login.microsoftonline.com/error?code={code}",
        **more,
    }


MICROSOFT_SECRET_EXPIRED = microsoft(
    7000222,
    "The provided client secret keys for app '11111111-2222-3333-4444-555555555555' are expired. Visit the Azure "
    "portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials "
    "for added security: https://aka.ms/certCreds.",
    "invalid_client",
)
MICROSOFT_BAD_SECRET = microsoft(
    7000215,
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the "
    "client secret ID, for a secret added to app '11111111-2222-3333-4444-555555555555'.",
    "invalid_client",
)
MICROSOFT_INACTIVE = microsoft(
    700082,
    "The refresh token has expired due to inactivity. The token was issued on 2025-09-01T08:00:00.0000000Z and was "
    "inactive for 90.00:00:00.",
)
MICROSOFT_PASSWORD_CHANGED = microsoft(
    50173,
    "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed "
    "or reset their password.",
    suberror="bad_token",
)
MICROSOFT_MFA = microsoft(
    50076,
    "Due to a configuration change made by your administrator, or because you moved to a new location, you must use "
    "multi-factor authentication to access '00000002-0000-0ff1-ce00-000000000000'.",
    suberror="basic_action",
)
MICROSOFT_NO_CONSENT = microsoft(
    65001,
    "The user or administrator has not consented to use the application with ID "
    "'11111111-2222-3333-4444-555555555555' named 'postdesk'. Send an interactive authorization request for this user "
    "and resource.",
    suberror="consent_required",
)
MICROSOFT_SIGN_IN_FREQUENCY = microsoft(
    70043,
    "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access. The token was "
    "issued on 2026-01-04T08:00:00.0000000Z and the maximum allowed lifetime for this request is 86400.",
    suberror="token_expired",
)
MICROSOFT_NO_APP = microsoft(
    700016,
    "Application with identifier '11111111-2222-3333-4444-555555555555' was not found in the directory 'Example'.",
    "unauthorized_client",
)


def url(peer: Peer) -> str:
    """The address of its token endpoint."""
    return f"http://{peer.host}:{peer.port}/token"


def read_request(client: Connection) -> bytes:
    """One HTTP request; its body."""
    length = 0
    while line := client.line():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return client.octets(length)


def _answer(status: str, body: bytes, content_type: str, headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{headers}"
    return head.encode() + b"Connection: close\r\n\r\n" + body


def answers(
    status: str = "200 OK",
    body: bytes | str = b"",
    content_type: str = "application/json",
    headers: str = "",
    tls: ssl.SSLContext | None = None,
) -> Peer:
    """Answers every request so. `headers`: more header lines, each ended by CRLF."""
    octets = body.encode() if isinstance(body, str) else body

    def script(client: Connection) -> None:
        while True:
            read_request(client)
            client.say(_answer(status, octets, content_type, headers))

    return Peer(script, tls)


def refuses(said: Mapping[str, Any], status: str = "400 Bad Request") -> Peer:
    """A provider's error, as JSON."""
    return answers(status, json.dumps(said))


def grants(**said: Any) -> Peer:
    """Hands out a token: a proper answer, with what is given here put over it."""
    proper = {"access_token": "token-of-the-peer", "token_type": "Bearer", "expires_in": 3600}
    return answers(body=json.dumps({name: value for name, value in (proper | said).items() if value is not None}))


def hangs() -> Peer:
    """Takes the request and never answers."""

    def script(client: Connection) -> None:
        read_request(client)
        client.read_to_the_end()

    return Peer(script)


def drips(interval: float = 0.2) -> Peer:
    """Answers byte by byte: no single wait is long, and the whole never ends."""

    def script(client: Connection) -> None:
        read_request(client)
        client.say(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            client.say(b" ")
            client.pause(interval)

    return Peer(script)


def html(status: str = "200 OK") -> Peer:
    """A web page, as a captive portal or a mistyped address answers."""
    page = "<!doctype html><html><head><title>Sign in</title></head><body><h1>Welcome to the hotel</h1></body></html>"
    return answers(status, page, "text/html; charset=utf-8")


def breaks(status: str = "500 Internal Server Error", body: str = "") -> Peer:
    """A server error."""
    return answers(status, body, "text/plain")


def redirects(target: str) -> Peer:
    """Sends the client, and with it the secrets, elsewhere."""
    return answers("307 Temporary Redirect", headers=f"Location: {target}\r\n")


def floods(megabytes: int = 200) -> Peer:
    """A proper head, and then far more than an answer ever holds."""

    def script(client: Connection) -> None:
        read_request(client)
        client.say(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b'{"access_token": "')
        for _ in range(megabytes):
            client.say(b"x" * 1_000_000)

    return Peer(script)


def cuts() -> Peer:
    """Closes in the middle of its answer."""

    def script(client: Connection) -> None:
        read_request(client)
        client.say(_answer("200 OK", b'{"access_token": "abc", "expires_in": 3600}', "application/json")[:-20])

    return Peer(script)


#: JSON that is none, or that says what no client can use.
NONSENSE: dict[str, str] = {
    "empty": "",
    "a list": "[1, 2]",
    "a string": '"token"',
    "cut": '{"access_token": "abc',
    "no token": '{"token_type": "Bearer", "expires_in": 3600}',
    "token is a number": '{"access_token": 17, "expires_in": 3600}',
    "token is empty": '{"access_token": "", "expires_in": 3600}',
    "token has a line break": '{"access_token": "abc\\r\\nX", "expires_in": 3600}',
    "nested": "[" * 100_000,
    "not utf-8": "\udcff\udcfe",
}


def nonsense(kind: str) -> Peer:
    """One of NONSENSE with status 200."""
    return answers(body=NONSENSE[kind].encode("utf-8", "surrogateescape"))
