"""A connected socket with a read buffer, a time limit on each operation, and limits on what a server may send.

IMAP, POP3 and SMTP read through this: no line limit of the standard library applies (imaplib cuts
lines at 1,000,000 bytes, poplib at 2,048).
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

from postdesk.basics.errors import BadProtocol, Disconnected, WireError
from postdesk.wire import dial
from postdesk.wire.deadline import Deadline, within
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import translate
from postdesk.wire.source import SLOWEST

PIECE = 256 * 1024
BACKSTOP = 20
"""The watchdog keeps the limits; the socket's own time-out, so many times ours, only ends a wait it missed."""

LONGEST_LINE = 64 * 1024 * 1024
LONGEST_MESSAGE = 512 * 1024 * 1024


class Channel:
    """The connection to one server. Every method raises WireError; after one the channel is dead."""

    def __init__(self, sock: socket.socket, host: str, timeout: float) -> None:
        self.sock, self.host, self.timeout = sock, host, timeout
        self.alive = True
        self.encrypted = isinstance(sock, ssl.SSLSocket)
        self._buffer = bytearray()
        self._deadline: Deadline | None = None
        self._earned = 0
        sock.settimeout(timeout * BACKSTOP)

    @contextlib.contextmanager
    def limited(self, seconds: float | None = None, *, stage: str = "talk") -> Iterator[None]:
        """Run the body within `seconds` (default: the channel's time-out) and translate what goes wrong."""
        outer = self._deadline
        try:
            with within(seconds or self.timeout, self.sock) as deadline:
                self._deadline = deadline
                yield
        except WireError:
            raise
        except (OSError, ssl.SSLError) as exc:
            self.drop()
            raise translate(exc, host=self.host, stage=stage) from exc
        finally:
            self._deadline = outer

    def start_tls(self, endpoint: Endpoint) -> None:
        """Upgrade in place (RFC 3207, RFC 2595). What was sent in clear text before is thrown away."""
        self._buffer.clear()
        try:
            self.sock = dial.secure(self.sock, endpoint, self.timeout)
        except WireError:
            self.drop()
            raise
        self.sock.settimeout(self.timeout * BACKSTOP)
        self.encrypted = True

    def send(self, data: bytes) -> None:
        """Everything, in one write; big data in pieces, so that progress counts."""
        if len(data) <= PIECE:
            self._write(data)
            return
        view = memoryview(data)
        for start in range(0, len(data), PIECE):
            piece = view[start : start + PIECE]
            self._write(piece)
            self._earn(len(piece))

    def read_line(self) -> bytes:
        """Up to and including LF."""
        looked = 0
        while (end := self._buffer.find(b"\n", looked)) < 0:
            looked = len(self._buffer)
            if looked > LONGEST_LINE:
                self.drop()
                raise BadProtocol(f"{self.host} sent a line of over {LONGEST_LINE} bytes")
            self._fill()
        return self._take(end + 1)

    def read_exactly(self, size: int) -> bytes:
        """`size` bytes, never fewer. What arrives is kept in pieces, so an announced size alone takes no memory."""
        if size > LONGEST_MESSAGE:
            self.drop()
            raise BadProtocol(f"{self.host} announced {size} bytes, which is more than {LONGEST_MESSAGE}")
        if len(self._buffer) >= size:
            return self._take(size)
        pieces = [bytes(self._buffer)]
        missing = size - len(pieces[0])
        self._buffer.clear()
        while missing:
            piece = self._receive(min(missing, PIECE))
            if not piece:
                self.drop()
                raise Disconnected(f"{self.host} closed the connection {missing} bytes before the end of {size}")
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def read_dotted(self) -> bytes:
        """A multi-line response up to the line with a dot, unstuffed (RFC 1939 section 3), final CRLF included."""
        while len(self._buffer) < 3:
            self._fill()
        if self._buffer.startswith(b".\r\n"):
            self._take(3)
            return b""
        looked = 0
        while (end := self._buffer.find(b"\n.\r\n", looked)) < 0:
            looked = max(0, len(self._buffer) - 3)
            if looked > LONGEST_MESSAGE:
                self.drop()
                raise BadProtocol(f"{self.host} sent a message of over {LONGEST_MESSAGE} bytes")
            self._fill()
        data = self._take(end + 4)[:-3]
        if data.startswith(b".."):
            data = data[1:]
        return data.replace(b"\n..", b"\n.") if b"\n.." in data else data

    def drop(self) -> None:
        """Close without a word."""
        self.alive = False
        with contextlib.suppress(OSError):
            self.sock.close()

    def _take(self, size: int) -> bytes:
        with memoryview(self._buffer) as view:
            taken = bytes(view[:size])
        del self._buffer[:size]
        return taken

    def _fill(self) -> None:
        piece = self._receive(PIECE)
        if not piece:
            self.drop()
            raise Disconnected(f"{self.host} closed the connection")
        self._buffer += piece

    def _receive(self, most: int) -> bytes:
        try:
            piece = self.sock.recv(most)
        except OSError as exc:
            self.drop()
            raise translate(exc, host=self.host, stage="talk") from exc
        self._earn(len(piece))
        return piece

    def _write(self, data: bytes | memoryview) -> None:
        try:
            self.sock.sendall(data)
        except OSError as exc:
            self.drop()
            raise translate(exc, host=self.host, stage="talk") from exc

    def _earn(self, size: int) -> None:
        """Bytes moved buy time: a big message over a slow line gets through, a server that drips does not."""
        self._earned += size
        if self._earned >= SLOWEST:
            if self._deadline is not None:
                self._deadline.extend(self._earned / SLOWEST)
            self._earned = 0


def open_channel(endpoint: Endpoint, *, timeout: float) -> Channel:
    """Connect, with TLS at once where the endpoint says so. Raises Unreachable, TlsRefused, Disconnected."""
    return Channel(dial.dial(endpoint, timeout), endpoint.host, timeout)
