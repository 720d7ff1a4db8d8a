"""POP3 (RFC 1939, 2449, 2595, 5034): a mailbox without folders, whose messages are named by UIDL.

Spoken directly on a Channel: poplib refuses lines over 2,048 bytes and cannot pipeline.
"""

from __future__ import annotations

import base64
import hashlib
import poplib
import re
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from postdesk.basics.errors import (
    BadProtocol,
    LoginRefused,
    Refused,
    TlsRefused,
    TokenExpired,
    WireError,
)
from postdesk.wire import sasl
from postdesk.wire.channel import Channel, open_channel
from postdesk.wire.dial import no_tls
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import border, translate, words
from postdesk.wire.login import Login
from postdesk.wire.source import BATCH_MESSAGES, Fetched, Key, Listed, Settling, batches


def open_pop3(endpoint: Endpoint, login: Login, *, timeout: float = 30.0) -> Pop3Source:
    """Connect, protect the connection as the endpoint says, log in. Each step has `timeout` seconds.

    Raises Unreachable, TlsRefused, LoginRefused (TokenExpired for a token), Busy, BadProtocol, Disconnected.
    """
    channel = open_channel(endpoint, timeout=timeout)
    try:
        greeting = _greeting(channel)
        features = _features(channel)
        if endpoint.security in ("starttls", "offered") and "STLS" in features:
            _ask(channel, b"STLS", stage="tls")
            channel.start_tls(endpoint)
            features = _features(channel)
        elif endpoint.security == "starttls":
            raise no_tls(endpoint.host)
        _log_in(channel, endpoint, login, features, greeting)
        return Pop3Source(channel, _features(channel) or features)
    except BaseException:
        channel.drop()
        raise


class Pop3Source:
    """A logged-in POP3 session. Keys are UIDLs. Deletions happen at `close`, all or none (RFC 1939 section 6)."""

    folder = "INBOX"
    epoch = 0

    def __init__(self, channel: Channel, features: dict[str, str]) -> None:
        self._channel = channel
        self._pipelining = "PIPELINING" in features
        self._numbers: dict[Key, int] | None = None
        self._sizes: dict[Key, int] = {}
        self.capabilities = frozenset(features)

    def listing(self, above: int | None = None) -> list[Listed]:
        """Every message in the server's order; `above` has no meaning here. Raises BadProtocol without UIDL.

        Messages that share a UIDL (RFC 1939 section 7 allows it for identical ones) are listed once.
        """
        with self._channel.limited(stage="list"):
            uidls = self._table(b"UIDL")
            sizes = self._table(b"LIST")
        self._numbers = {}
        for number, uidl in uidls.items():
            self._numbers.setdefault(uidl, number)
        found = {key: _size(sizes.get(number)) for key, number in self._numbers.items()}
        self._sizes = {key: size for key, size in found.items() if size is not None}
        return [Listed(key, size) for key, size in found.items()]

    def fetch(self, keys: Sequence[Key]) -> Iterator[Fetched]:
        """The messages one after the other; several RETR travel together when the server allows that."""
        numbers = self._known()
        wanted = [key for key in keys if key in numbers]
        if not self._pipelining:
            for key in wanted:
                self._request([numbers[key]])
                yield from self._arrived(key)
            return
        for batch in batches(wanted, self._sizes):
            self._request([numbers[key] for key in batch])
            waiting = len(batch)
            try:
                for key in batch:
                    waiting -= 1
                    yield from self._arrived(key)
            finally:
                # Whoever stops in the middle leaves answers on the line, which belong to nobody.
                if waiting and self._channel.alive:
                    for _ in range(waiting):
                        self._message()

    def settle(self, keys: Sequence[Key], how: Settling, archive_folder: str | None = None) -> None:
        """Mark for deletion. "move" raises Refused: POP3 has no folders."""
        if how == "nothing":
            return
        if how == "move":
            raise Refused("POP3 mailboxes have no folders to move mail to.")
        numbers = self._known()
        commands = [b"DELE %d\r\n" % numbers[key] for key in keys if key in numbers]
        at_once = BATCH_MESSAGES if self._pipelining else 1
        for start in range(0, len(commands), at_once):
            group = commands[start : start + at_once]
            with self._channel.limited(stage="delete"):
                self._channel.send(b"".join(group))
                for _ in group:
                    # -ERR: it is gone already, or was marked before.
                    _status(self._channel)

    def probe(self) -> bool:
        """NOOP. POP3 shows new mail to new sessions only, so never True."""
        _ask(self._channel, b"NOOP", stage="probe")
        return False

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._channel.sock.fileno()

    def close(self) -> None:
        """QUIT: now the server deletes. Raises Rejected when it says that it did not, Disconnected when it vanished."""
        if not self._channel.alive:
            return
        try:
            _ask(self._channel, b"QUIT", stage="quit")
        finally:
            self._channel.drop()

    def abandon(self) -> None:
        """Leave without QUIT: nothing is deleted."""
        self._channel.drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if exc is None:
            self.close()
        else:
            self.abandon()

    def _known(self) -> dict[Key, int]:
        if self._numbers is None:
            self.listing()
        assert self._numbers is not None
        return self._numbers

    def _table(self, command: bytes) -> dict[int, str]:
        self._channel.send(command + b"\r\n")
        ok, text = _status(self._channel)
        if not ok and command == b"UIDL":
            raise BadProtocol(
                f"{self._channel.host} does not support UIDL, without which messages cannot be told apart: {text}"
            )
        if not ok:
            raise _refusal(self._channel, text, stage="list")
        rows = (line.split(None, 1) for line in self._channel.read_dotted().splitlines())
        return {int(row[0]): row[1].decode("latin-1").strip() for row in rows if len(row) == 2 and row[0].isdigit()}

    def _request(self, numbers: list[int]) -> None:
        with self._channel.limited(stage="fetch"):
            self._channel.send(b"".join(b"RETR %d\r\n" % number for number in numbers))

    def _message(self) -> bytes | None:
        with self._channel.limited(stage="fetch"):
            ok, _ = _status(self._channel)
            return self._channel.read_dotted() if ok else None

    def _arrived(self, key: Key) -> Iterator[Fetched]:
        raw = self._message()
        if raw is not None:
            yield Fetched(key, raw, None)


def _size(text: str | None) -> int | None:
    number = (text or "").partition(" ")[0]
    return int(number) if number.isdigit() else None


def _status(channel: Channel) -> tuple[bool, str]:
    line = channel.read_line().strip()
    word, _, text = line.partition(b" ")
    if word not in (b"+OK", b"-ERR"):
        channel.drop()
        raise BadProtocol(f"{channel.host} sent something that is not POP3")
    return word == b"+OK", words(text)


def _refusal(channel: Channel, text: str, *, stage: str, oauth2: bool = False) -> WireError:
    """The error for -ERR. After a refused login a token is what to renew."""
    if stage == "tls":
        return TlsRefused(text or None)
    error = translate(poplib.error_proto(f"-ERR {text}"), host=channel.host, stage=stage)
    if oauth2 and isinstance(error, LoginRefused):
        return TokenExpired(error.message, **error.fields)
    return error


def _ask(channel: Channel, command: bytes, *, stage: str) -> str:
    with channel.limited(stage=stage):
        channel.send(command + b"\r\n")
        ok, text = _status(channel)
    if not ok:
        raise _refusal(channel, text, stage=stage)
    return text


def _greeting(channel: Channel) -> str:
    with channel.limited(stage="greeting"):
        ok, text = _status(channel)
    if not ok:
        raise _refusal(channel, text, stage="connect")
    return text


def _features(channel: Channel) -> dict[str, str]:
    """CAPA (RFC 2449): upper-case name to arguments; empty where the server has no such command."""
    with channel.limited(stage="capa"):
        channel.send(b"CAPA\r\n")
        ok, _ = _status(channel)
        if not ok:
            return {}
        lines = [line.decode("latin-1").split(None, 1) for line in channel.read_dotted().splitlines()]
    return {line[0].upper(): line[1].upper() if len(line) > 1 else "" for line in lines if line}


def _log_in(channel: Channel, endpoint: Endpoint, login: Login, features: dict[str, str], greeting: str) -> None:
    # A challenge that is not base64 is a ValueError.
    with border(channel.host, "login"), channel.limited(stage="login"):
        ok, text = _credentials(channel, endpoint, login, features, greeting)
    if not ok:
        raise _refusal(channel, text, stage="login", oauth2=login.mechanism == "oauth2")


def _credentials(
    channel: Channel, endpoint: Endpoint, login: Login, features: dict[str, str], greeting: str
) -> tuple[bool, str]:
    offered = features.get("SASL", "").split()
    if login.mechanism == "oauth2":
        name = sasl.mechanism_for(login, offered, encrypted=channel.encrypted) or "XOAUTH2"
        return _sasl(channel, sasl.Exchange(name, login, host=endpoint.host, port=endpoint.port))
    login = sasl.checked(login)
    user, secret = login.username.encode(), login.secret.encode()
    stamp = re.search(r"<[^<>@\s]+@[^<>\s]+>", greeting)
    if stamp and not channel.encrypted:
        # RFC 1939 section 7: the password is not sent. Many servers show a stamp and keep no secret for
        # it, so a refusal is not the last word.
        digest = hashlib.md5(stamp[0].encode() + secret).hexdigest().encode()
        channel.send(b"APOP " + user + b" " + digest + b"\r\n")
        if _status(channel)[0]:
            return True, ""
    channel.send(b"USER " + user + b"\r\n")
    ok, text = _status(channel)
    if not ok:
        return ok, text
    channel.send(b"PASS " + secret + b"\r\n")
    return _status(channel)


def _sasl(channel: Channel, exchange: sasl.Exchange) -> tuple[bool, str]:
    initial = base64.b64encode(exchange.answer(b""))
    command = b"AUTH " + exchange.mechanism.encode()
    # RFC 5034 section 4: a command line holds 255 octets; a longer first response waits for the "+".
    at_once = len(command) + 1 + len(initial) <= 253
    channel.send(command + (b" " + initial if at_once else b"") + b"\r\n")
    line = channel.read_line().strip()
    if not at_once and line.startswith(b"+") and not line.startswith(b"+OK"):
        channel.send(initial + b"\r\n")
        line = channel.read_line().strip()
    while line.startswith(b"+") and not line.startswith(b"+OK"):
        channel.send(base64.b64encode(exchange.answer(base64.b64decode(line[1:].strip()))) + b"\r\n")
        line = channel.read_line().strip()
    return line.startswith(b"+OK"), words(exchange.complaint or line.partition(b" ")[2])
