"""Make a TCP connection within a time, and wrap it in TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from typing import Any

from postdesk.basics.clock import monotonic
from postdesk.basics.errors import TlsRefused, Unreachable
from postdesk.wire.deadline import within
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import border, translate
from postdesk.wire.tls import context_for


def dial(endpoint: Endpoint, timeout: float) -> socket.socket:
    """A connected socket with that time-out, encrypted already where the endpoint says "tls".

    All addresses of the host are tried in order, within `timeout` seconds together.
    Raises Unreachable, TlsRefused, Disconnected.
    """
    end = monotonic() + timeout
    sock = reach(endpoint, resolve(endpoint), timeout, end)
    if endpoint.security != "tls":
        return sock
    return secure(sock, endpoint, timeout)


def secure(sock: socket.socket, endpoint: Endpoint, timeout: float) -> ssl.SSLSocket:
    """Put TLS on a connection. The socket given is used up, and closed when TLS fails."""
    host = endpoint.host
    wrapped: socket.socket = sock
    try:
        with border(host, "tls"):
            encrypted = context_for(endpoint).wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
            wrapped = encrypted
            with within(timeout, encrypted):
                encrypted.do_handshake()
    except BaseException:
        wrapped.close()
        raise
    return encrypted


def no_tls(host: str) -> TlsRefused:
    """The error for a server that does not offer the encryption the endpoint demands."""
    return TlsRefused(f"{host} does not offer to encrypt this connection (STARTTLS), and tls:// demands it")


Address = tuple[int, int, int, str, Any]
"""As socket.getaddrinfo gives them: family, kind, protocol, canonical name, socket address."""


def resolve(endpoint: Endpoint) -> list[Address]:
    """All addresses of the host, best first. Raises Unreachable. The system's resolver keeps its own time."""
    with border(endpoint.host, "connect"):
        try:
            return [*socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)]
        except UnicodeError as error:
            raise Unreachable(f'"{endpoint.host}" cannot be the name of a host') from error


def reach(endpoint: Endpoint, addresses: Sequence[Address], timeout: float, end: float) -> socket.socket:
    """A TCP connection to the first address that answers before `end` (monotonic). Raises Unreachable."""
    failure: OSError | None = None
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        left = end - monotonic()
        if left <= 0:
            break
        sock = socket.socket(family, kind, protocol)
        try:
            # The addresses that were not tried yet keep their share of the time.
            sock.settimeout(left / (len(addresses) - number))
            sock.connect(address)
            sock.settimeout(timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    if failure is None or isinstance(failure, TimeoutError):
        raise Unreachable(f"no answer from {endpoint.host} port {endpoint.port} within {timeout:g} s")
    raise translate(failure, host=endpoint.host, stage="connect") from failure
