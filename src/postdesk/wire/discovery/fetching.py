"""Fetch a small public file by HTTPS: few bytes, little time, and never from this machine's own network.

The address is looked up once, looked at, and connected to, so that a name cannot lead inside by changing its mind.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import urljoin, urlsplit

from postdesk.basics.clock import monotonic
from postdesk.basics.errors import BadProtocol, Refused, Unreachable
from postdesk.wire.deadline import within
from postdesk.wire.errors import border

#: Bytes of a file, seconds for all of it, redirects followed.
MOST_BYTES, PATIENCE, REDIRECTS = 128 * 1024, 6.0, 3

Address = tuple[str, int]
Trust = Callable[[str], bool]
_MOVED: Final = frozenset({301, 302, 303, 307, 308})


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    return bool(mapped.is_global) and not mapped.is_multicast


def fetch(
    url: str,
    *,
    trust: Trust = is_public,
    context: ssl.SSLContext | None = None,
    schemes: tuple[str, ...] = ("https",),
    patience: float = PATIENCE,
) -> bytes:
    """The body of a page. `trust` says whether an IP address may be connected to, for each redirect anew.

    Raises LookupError when there is no such page (404 and its kin, or no such host), Refused for an address or scheme
    that is not trusted, WireError for what goes wrong.
    """
    end = monotonic() + patience
    for _ in range(REDIRECTS + 1):
        status, target, body = _get(url, trust, context, schemes, end)
        if status == 200:
            return body
        if status not in _MOVED or not target:
            raise LookupError(f"{url}: {status}")
        url = urljoin(url, target)
    raise BadProtocol("the server redirects without end")


def _get(
    url: str, trust: Trust, context: ssl.SSLContext | None, schemes: tuple[str, ...], end: float
) -> tuple[int, str, bytes]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in schemes or not host or parts.username:
        raise Refused(f"{parts.scheme}://{host} is not asked")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    sock = _connected(host, port, trust, end)
    with border(host, "connect"), within(max(0.1, end - monotonic()), sock):
        try:
            if parts.scheme == "https":
                sock = (context or ssl.create_default_context()).wrap_socket(sock, server_hostname=host)
            return _asked(sock, host, f"{parts.path or '/'}?{parts.query}".rstrip("?"))
        except http.client.HTTPException as error:
            raise BadProtocol(f"{host} does not speak HTTP") from error
        finally:
            sock.close()


def _asked(sock: socket.socket, host: str, path: str) -> tuple[int, str, bytes]:
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/xml, application/xml\r\nConnection: close\r\n\r\n"
    sock.sendall(request.encode("ascii"))
    response = http.client.HTTPResponse(sock, method="GET")
    response.begin()
    body = response.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise BadProtocol(f"{host} sent more than {MOST_BYTES} bytes")
    return response.status, response.getheader("Location") or "", body


def _connected(host: str, port: int, trust: Trust, end: float) -> socket.socket:
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise LookupError(f"no address for {host}") from error
    trusted = [address for address in addresses if trust(str(address[4][0]))]
    if not trusted:
        raise Refused(f"{host} is not on the public internet")
    for family, kind, protocol, _, address in trusted:
        left = end - monotonic()
        if left <= 0:
            break
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left)
            sock.connect(address)
        except OSError:
            sock.close()
        else:
            return sock
    raise Unreachable(f"{host} does not answer")
