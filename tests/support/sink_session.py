"""The SMTP sink's side of one connection, and what all its connections share. `tests.support.sink` is the way in."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_ADDRESS = re.compile(rb"[^:]*:\s*<([^>]*)>\s*(.*)")
_QUICK = hasattr(socket, "TCP_QUICKACK")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it came: envelope, bytes (dots undone, CRLF at the end), and when it was complete.

    `parameters` is what stood behind the sender in MAIL ("SIZE=120 BODY=8BITMIME SMTPUTF8"); `at` is in seconds since
    1970; `size` is the length of the whole mail even where `raw` was cut to its header.
    """

    mail_from: str
    recipients: tuple[str, ...]
    raw: bytes
    at: float
    parameters: str
    size: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What a sink offers: its EHLO keywords, its TLS, the one login it accepts (None: any), and what it keeps."""

    features: tuple[str, ...]
    tls: ssl.SSLContext | None
    implicit: bool
    login: tuple[str, str] | None
    keep_bodies: bool


@dataclass(slots=True)
class _Script:
    """What to answer, and how many times more (None: for ever)."""

    reply: bytes
    times: int | None


@dataclass(slots=True)
class Memory:
    """What a sink has seen and was told to do."""

    letters: list[Letter] = field(default_factory=list)
    refused: list[Letter] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    scripts: dict[str, _Script] = field(default_factory=dict)
    open: set[Session] = field(default_factory=set)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    connections: int = 0
    cuts: int = 0
    delay: float = 0.0

    def forget(self) -> None:
        """Forget everything but the connections that are open."""
        with self.arrived:
            self.letters, self.refused, self.logins, self.scripts = [], [], [], {}
            self.connections, self.cuts, self.delay = 0, 0, 0.0

    def script(self, key: str, code: int, text: str, times: int | None) -> None:
        """Answer `key` (a verb, or RCPT and an address) so; a text of several lines makes a reply of several lines."""
        lines = text.split("\n")
        last = len(lines) - 1
        reply = "".join(f"{code}{' ' if number == last else '-'}{line}\r\n" for number, line in enumerate(lines))
        self.scripts[key] = _Script(reply.encode(), times)

    def scripted(self, key: str) -> bytes | None:
        """The answer a test asked for here, counted down."""
        script = self.scripts.get(key)
        if script is None:
            return None
        if script.times is not None:
            script.times -= 1
            if script.times <= 0:
                del self.scripts[key]
        return script.reply

    def take(self, letter: Letter, *, refused: bool) -> None:
        """Store a letter and wake who waits for it."""
        with self.arrived:
            (self.refused if refused else self.letters).append(letter)
            self.arrived.notify_all()


CHALLENGE = b"<1896.697170952@sink.example>"


class Session(asyncio.Protocol):
    """One connection: a buffer, and what is known of the letter under way."""

    transport: asyncio.Transport

    def __init__(self, memory: Memory, terms: Terms) -> None:
        self.memory, self.terms = memory, terms
        self.buffer = bytearray()
        self.searched = 0  # how far the buffer is known to hold no end of the body
        self.in_body = self.held = self.encrypted = False
        self.mail_from: bytes | None = None
        self.parameters = b""
        self.recipients: list[str] = []
        self.login: list[bytes] | None = None  # the lines of a login under way
        self.socket: Any = None
        self.background: asyncio.Task[None] | None = None

    # --- the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # always a Transport here
        self.socket = transport.get_extra_info("socket")
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._acknowledge()
        self.encrypted = self.terms.implicit
        self.memory.open.add(self)
        self.memory.connections += 1
        greeting = self.memory.scripted("CONNECT")
        self.transport.write(greeting or b"220 sink.example ESMTP\r\n")
        if greeting and greeting[:1] in b"45":
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.memory.open.discard(self)

    def abort(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.held or not self._consume():
            self._acknowledge()

    def _acknowledge(self) -> None:
        # A reply carries the ACK with it; where none leaves, a client that writes in small pieces would wait 40 ms
        # for the delayed one. Linux forgets this option, so it is set each time.
        if _QUICK:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _consume(self) -> bool:
        """Work off the buffer until it holds no whole command and no whole body; whether a reply left.

        All replies leave in one write.
        """
        replies: list[bytes] = []
        while not self.held and not self.transport.is_closing():
            if self.in_body:
                if not self._body(replies):
                    break
                continue
            end = self.buffer.find(b"\n")
            if end < 0:
                break
            line = bytes(self.buffer[: end + 1]).rstrip(b"\r\n")
            del self.buffer[: end + 1]
            replies.append(self._login_line(line) if self.login is not None else self._command(line, replies))
        if replies:
            self.transport.write(b"".join(replies))
        return bool(replies)

    # --- commands

    def _command(self, line: bytes, before: list[bytes]) -> bytes:
        verb = line[:8].split(b" ", 1)[0].decode("ascii", "replace").upper()
        command = _COMMANDS.get(verb)
        if command is None:
            return b"500 5.5.2 what?\r\n"
        if verb != "RCPT" and (reply := self.memory.scripted(verb)):
            if reply.startswith(b"421"):
                self._close(before, reply)
                return b""
            return reply
        if verb in ("QUIT", "STARTTLS"):
            # Both end this conversation, so that what was answered before must leave first.
            self.transport.write(b"".join(before))
            before.clear()
        return command(self, line)

    def _close(self, before: list[bytes], last: bytes) -> None:
        self.transport.write(b"".join([*before, last]))
        before.clear()
        self.transport.close()

    def _ehlo(self, line: bytes) -> bytes:
        self._rset(line)
        offered = ["sink.example", *self.terms.features]
        if self.terms.tls and not self.encrypted:
            offered.append("STARTTLS")
        return "".join(f"250{'-' if word is not offered[-1] else ' '}{word}\r\n" for word in offered).encode()

    def _helo(self, line: bytes) -> bytes:
        self._rset(line)
        return b"250 sink.example\r\n"

    def _starttls(self, line: bytes) -> bytes:
        if self.terms.tls is None or self.encrypted:
            return b"454 4.7.0 no TLS here\r\n"
        # The client's first TLS bytes must find the TLS layer in place, and nothing sent before it may count
        # as sent inside (RFC 3207, section 5).
        self.transport.pause_reading()
        self.buffer.clear()
        self.held = True
        self.transport.write(b"220 2.0.0 go ahead\r\n")
        self.background = asyncio.get_running_loop().create_task(self._secure(self.terms.tls))
        return b""

    async def _secure(self, context: ssl.SSLContext) -> None:
        try:
            secured = await asyncio.get_running_loop().start_tls(self.transport, self, context, server_side=True)
        except OSError:  # among them ssl.SSLError: the client does not like the certificate
            self.transport.abort()
            self.memory.open.discard(self)
            return
        assert secured is not None
        self.transport = secured
        self.encrypted, self.held = True, False
        self._rset(b"")
        self._consume()

    def _mail(self, line: bytes) -> bytes:
        match = _ADDRESS.match(line)
        if match is None:
            return b"501 5.5.4 MAIL FROM:<address>\r\n"
        self.mail_from, self.parameters = match[1], match[2]
        self.recipients = []
        return b"250 2.1.0 ok\r\n"

    def _rcpt(self, line: bytes) -> bytes:
        match = _ADDRESS.match(line)
        if match is None or self.mail_from is None:
            return b"503 5.5.1 MAIL first\r\n"
        recipient = _text(match[1])
        reply = self.memory.scripted(f"RCPT {recipient.lower()}")
        if reply is None or reply.startswith(b"2"):
            self.recipients.append(recipient)
        return reply or b"250 2.1.5 ok\r\n"

    def _data(self, line: bytes) -> bytes:
        if not self.recipients:
            return b"554 5.5.1 no valid recipients\r\n"
        self.in_body, self.searched = True, 0
        return b"354 go on\r\n"

    def _rset(self, line: bytes) -> bytes:
        self.mail_from, self.recipients = None, []
        return b"250 2.0.0 ok\r\n"

    def _noop(self, line: bytes) -> bytes:
        return b"250 2.0.0 ok\r\n"

    def _quit(self, line: bytes) -> bytes:
        self.transport.write(b"221 2.0.0 bye\r\n")
        self.transport.close()
        return b""

    # --- login (RFC 4954)

    def _auth(self, line: bytes) -> bytes:
        words = line.split()
        mechanism = words[1].upper() if len(words) > 1 else b""
        if mechanism not in (b"PLAIN", b"LOGIN", b"CRAM-MD5"):
            return b"504 5.5.4 unknown mechanism\r\n"
        self.login = [mechanism]
        if mechanism == b"CRAM-MD5":
            return b"334 " + base64.b64encode(CHALLENGE) + b"\r\n"
        if len(words) > 2:
            return self._login_line(words[2])
        return b"334 \r\n" if mechanism == b"PLAIN" else b"334 VXNlcm5hbWU6\r\n"

    def _login_line(self, line: bytes) -> bytes:
        assert self.login is not None
        mechanism, *said = self.login
        try:
            said.append(base64.b64decode(line, validate=True))
        except binascii.Error:
            self.login = None
            return b"501 5.5.2 not base64\r\n"
        if mechanism == b"LOGIN" and len(said) == 1:
            self.login = [mechanism, *said]
            return b"334 UGFzc3dvcmQ6\r\n"
        self.login = None
        if mechanism == b"CRAM-MD5":
            return self._challenged(said[0])
        user, password = said if mechanism == b"LOGIN" else [*said[0].split(b"\0"), b"", b"", b""][1:3]
        tried = (_text(user), _text(password))
        self.memory.logins.append(tried)
        if self.terms.login not in (None, tried):
            return b"535 5.7.8 wrong user or password\r\n"
        return b"235 2.7.0 ok\r\n"

    def _challenged(self, answer: bytes) -> bytes:
        """RFC 2195. Without a `login` in the terms the password is "secret"."""
        user, _, digest = answer.rpartition(b" ")
        password = self.terms.login[1] if self.terms.login else "secret"
        right = hmac.new(password.encode(), CHALLENGE, "md5").hexdigest().encode() == digest
        if not right or (self.terms.login and self.terms.login[0] != _text(user)):
            return b"535 5.7.8 wrong user or password\r\n"
        self.memory.logins.append((_text(user), password))
        return b"235 2.7.0 ok\r\n"

    # --- the body

    def _body(self, replies: list[bytes]) -> bool:
        """Take the body out of the buffer if its end is there; False while it is not."""
        buffer = self.buffer
        if buffer.startswith(b".\r\n"):
            end, rest = 0, 3
        else:
            end = buffer.find(b"\r\n.\r\n", self.searched) + 2
            if end < 2:
                self.searched = max(0, len(buffer) - 4)
                return False
            rest = end + 3
        raw = bytes(memoryview(buffer)[:end])
        del buffer[:rest]
        self.in_body = False
        if b"\n." in raw or raw.startswith(b"."):
            raw = raw.removeprefix(b".").replace(b"\r\n.", b"\r\n")
        self._store(raw, replies)
        return True

    def _store(self, raw: bytes, replies: list[bytes]) -> None:
        memory, size = self.memory, len(raw)
        reply = memory.scripted("BODY") or b"250 2.0.0 taken\r\n"
        if not self.terms.keep_bodies:
            raw = raw[: raw.find(b"\r\n\r\n") + 2]
        letter = Letter(
            _text(self.mail_from or b""), tuple(self.recipients), raw, time.time(), _text(self.parameters), size
        )
        self.mail_from, self.recipients = None, []
        if memory.cuts > 0:
            memory.cuts -= 1
            memory.take(letter, refused=False)
            self.transport.abort()
            return
        memory.take(letter, refused=not reply.startswith(b"2"))
        if memory.delay > 0:
            # Commands pipelined behind the body wait until its answer has gone.
            self.transport.write(b"".join(replies))
            replies.clear()
            self.held = True
            asyncio.get_running_loop().call_later(memory.delay, self._release, reply)
        else:
            replies.append(reply)

    def _release(self, reply: bytes) -> None:
        self.held = False
        if not self.transport.is_closing():
            self.transport.write(reply)
            self._consume()


_COMMANDS: dict[str, Callable[[Session, bytes], bytes]] = {
    "EHLO": Session._ehlo,
    "HELO": Session._helo,
    "STARTTLS": Session._starttls,
    "AUTH": Session._auth,
    "MAIL": Session._mail,
    "RCPT": Session._rcpt,
    "DATA": Session._data,
    "RSET": Session._rset,
    "NOOP": Session._noop,
    "QUIT": Session._quit,
}


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")
