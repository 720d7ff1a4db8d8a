"""The steps that all protocols begin with: find the host, reach it, encrypt."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Sequence
from typing import Final

from postdesk.basics.clock import monotonic
from postdesk.basics.errors import Unreachable, WireError
from postdesk.basics.stages import Certificate
from postdesk.wire import dial
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.examine.certificate import certificate_of
from postdesk.wire.examine.visit import STEP, WHOLE, Found, Visit

NOT_ENCRYPTED: Final = "Nothing encrypts this connection: user name, password and mail travel in clear text."
_SWITCHED_OFF: Final = "verification is switched off for this connection"


class NetworkVisit(Visit):
    """A visit that has a socket once `reach` is through."""

    def __init__(self, endpoint: Endpoint, *, step: float = STEP, whole: float = WHOLE) -> None:
        super().__init__(endpoint, step=step, whole=whole)
        self.addresses: Sequence[dial.Address] = ()
        self.sock: socket.socket | None = None

    @property
    def connected(self) -> socket.socket:
        """The socket, in the steps after `reach`."""
        assert self.sock is not None
        return self.sock

    def leave(self) -> None:
        """Close the socket. Protocols that can say goodbye do so before."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.close()
        self.forget()

    def forget(self) -> None:
        """As before the first step."""
        self.addresses, self.sock = (), None


def find(visit: NetworkVisit) -> Found:
    """Resolve the name. A resolver that hangs is left behind in a thread of its own."""
    visit.addresses = _resolved(visit.endpoint, visit.patience())
    seen = dict.fromkeys(str(address[4][0]) for address in visit.addresses)
    return Found(f"{visit.endpoint.host} is {', '.join(list(seen)[:6])}.")


def reach(visit: NetworkVisit) -> Found:
    """Open the TCP connection."""
    timeout = visit.patience()
    visit.sock = dial.reach(visit.endpoint, visit.addresses, timeout, monotonic() + timeout)
    address = visit.sock.getpeername()
    return Found(f"{address[0]} answers on port {address[1]}.")


def encrypt(visit: NetworkVisit) -> Found:
    """TLS from the first byte."""
    sock = dial.secure(visit.connected, visit.endpoint, visit.patience())
    visit.sock = sock
    return encrypted(visit.endpoint, sock)


def encrypted(endpoint: Endpoint, sock: socket.socket) -> Found:
    """What there is to say about a connection that TLS protects now."""
    assert isinstance(sock, ssl.SSLSocket)
    certificate = certificate_of(sock, why_not="" if endpoint.verify_tls else _SWITCHED_OFF)
    return Found(_sentence(certificate, sock), certificate=certificate)


def not_encrypted(endpoint: Endpoint) -> Found:
    """What to say when nothing encrypts: because plain:// was typed, or because the server offers nothing."""
    if endpoint.security == "plain":
        return Found(f"plain:// was typed. {NOT_ENCRYPTED}", state="skipped")
    remedy = "Use the port for TLS, or tls:// before the host name if encryption shall be demanded."
    return Found(f"The server does not offer to encrypt. {NOT_ENCRYPTED}", state="skipped", remedy=remedy)


def _sentence(certificate: Certificate | None, sock: ssl.SSLSocket) -> str:
    if certificate is None:
        return f"Encrypted by {sock.version()}."
    trust = "verified" if certificate.verified else "not verified"
    until = f"{certificate.not_after:%Y-%m-%d}"
    return f"Encrypted by {certificate.protocol}; certificate of {certificate.subject}, {trust}, valid until {until}."


def _resolved(endpoint: Endpoint, timeout: float) -> list[dial.Address]:
    found: list[dial.Address] = []
    failed: list[WireError] = []

    def ask() -> None:
        try:
            found.extend(dial.resolve(endpoint))
        except WireError as error:
            failed.append(error)

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(timeout)
    if failed:
        raise failed[0]
    if not found:
        raise Unreachable(f"no answer from the DNS about {endpoint.host} within {timeout:g} s")
    return [*found]
