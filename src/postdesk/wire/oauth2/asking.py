"""One POST of a form to a provider: a time for the whole, a small answer, no redirects, and never in clear text.

A secret goes along with every request, so nothing is followed anywhere else.
"""

from __future__ import annotations

import http.client
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlencode, urlsplit

from postdesk.basics.clock import monotonic
from postdesk.basics.errors import BadProtocol, BrokenSetup
from postdesk.wire.deadline import within
from postdesk.wire.dial import dial
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import border

#: Bytes of an answer: tokens of 8 KB, an id token beside them, and room. Seconds for a request as a whole.
MOST_BYTES, PATIENCE = 256 * 1024, 20.0


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status, the media type in small letters, the body."""

    host: str
    status: int
    media_type: str
    body: bytes


def post(
    url: str,
    form: Mapping[str, str],
    *,
    authorization: str = "",
    patience: float = PATIENCE,
    ca_pem: str | None = None,
) -> Answer:
    """Send the form (RFC 6749 appendix B) and read the answer, whatever its status.

    `authorization` is that header's value. Raises BrokenSetup for an address no secret may be sent to, Unreachable,
    TlsRefused, Disconnected, BadProtocol.
    """
    parts = checked(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    endpoint = Endpoint(host, parts.port or (443 if secure else 80), "tls" if secure else "plain", ca_pem=ca_pem)
    end = monotonic() + patience
    sock = dial(endpoint, patience)
    try:
        with border(host, "token"), within(max(0.1, end - monotonic()), sock):
            sock.sendall(_request(parts, form, authorization))
            return _answer(sock, host)
    finally:
        sock.close()


def checked(url: str) -> SplitResult:
    """The parts of an endpoint's address. Raises BrokenSetup unless it is HTTPS, or HTTP on this machine."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        raise BrokenSetup(f"{url} is no address of a provider.") from error
    if not url.isascii() or any(c.isspace() for c in url) or not host or parts.username or port == 0:
        raise BrokenSetup(f"{url} is no address of a provider.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(host)):
        raise BrokenSetup(f"{url} is not encrypted: secrets are sent to https:// addresses only.")
    return parts


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _request(parts: SplitResult, form: Mapping[str, str], authorization: str) -> bytes:
    body = urlencode(form).encode()
    target = f"{parts.path or '/'}?{parts.query}".rstrip("?")
    host = parts.netloc.rpartition("@")[2]
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {host}",
        "Accept: application/json",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *([f"Authorization: {authorization}"] if authorization else []),
    ]
    return "\r\n".join((*lines, "", "")).encode("ascii") + body


def _answer(sock: ssl.SSLSocket | object, host: str) -> Answer:
    response = http.client.HTTPResponse(sock, method="POST")  # type: ignore[arg-type]
    try:
        response.begin()
        body = response.read(MOST_BYTES + 1)
    except http.client.IncompleteRead as error:
        raise BadProtocol(f"{host} broke off in the middle of its answer") from error
    except http.client.HTTPException as error:
        raise BadProtocol(f"{host} does not speak HTTP") from error
    finally:
        response.close()
    if len(body) > MOST_BYTES:
        raise BadProtocol(f"{host} answers with more than {MOST_BYTES} bytes")
    expected = response.length
    if expected:
        raise BadProtocol(f"{host} broke off in the middle of its answer")
    media_type = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    return Answer(host, response.status, media_type, body)
