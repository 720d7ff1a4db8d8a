"""POP3 (RFC 1939, 2449, 2595, 5034): a mailbox without folders, whose messages are named by UIDL.

Spoken directly on a Channel: poplib refuses lines over 2,048 bytes and cannot pipeline.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from postdesk.basics.errors import BadProtocol, Refused
from postdesk.wire.channel import Channel, open_channel
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.login import Login
from postdesk.wire.pop3_login import ask, features, greeting, log_in, refusal, status, upgrade
from postdesk.wire.source import BATCH_MESSAGES, Fetched, Key, Listed, Settling, batches
from postdesk.wire.trace import received_by

#: Characters of a UIDL that are kept as they are.
LONGEST_UIDL = 255


def open_pop3(endpoint: Endpoint, login: Login, *, timeout: float = 30.0) -> Pop3Source:
    """Connect, protect the connection as the endpoint says, log in. Each step has `timeout` seconds.

    Raises Unreachable, TlsRefused, LoginRefused (TokenExpired for a token), Busy, BadProtocol, Disconnected.
    """
    channel = open_channel(endpoint, timeout=timeout)
    try:
        welcome = greeting(channel)
        able = upgrade(channel, endpoint, features(channel))
        log_in(channel, endpoint, login, able, welcome)
        return Pop3Source(channel, features(channel) or able)
    except BaseException:
        channel.drop()
        raise


class Pop3Source:
    """A logged-in POP3 session. Keys are UIDLs. Deletions happen at `close`, all or none (RFC 1939 section 6)."""

    folder = "INBOX"
    epoch = 0

    def __init__(self, channel: Channel, able: dict[str, str]) -> None:
        self._channel = channel
        self._pipelining = "PIPELINING" in able
        self._numbers: dict[Key, int] | None = None
        self._sizes: dict[Key, int] = {}
        self.capabilities = frozenset(able)

    def listing(self, above: int | None = None) -> list[Listed]:
        """Every message in the server's order; `above` has no meaning here. Raises BadProtocol without UIDL.

        Messages that share a UIDL (RFC 1939 section 7 allows it for identical ones) are listed once.
        """
        with self._channel.limited(stage="list"):
            uidls = self._table(b"UIDL")
            sizes = self._table(b"LIST")
        self._numbers = {}
        for number, uidl in uidls.items():
            self._numbers.setdefault(_key(uidl), number)
        found = {key: _size(sizes.get(number)) for key, number in self._numbers.items()}
        self._sizes = {key: size for key, size in found.items() if size is not None}
        return [Listed(key, size) for key, size in found.items()]

    def received(self, keys: Sequence[Key]) -> dict[Key, dt.datetime | None]:
        """By the server's own Received header, which TOP shows (RFC 1939 section 7); None where there is none."""
        numbers = self._known()
        there = [key for key in keys if key in numbers]
        found: dict[Key, dt.datetime | None] = {}
        at_once = BATCH_MESSAGES if self._pipelining else 1
        for start in range(0, len(there), at_once):
            group = there[start : start + at_once]
            with self._channel.limited(stage="list"):
                self._channel.send(b"".join(b"TOP %d 0\r\n" % numbers[key] for key in group))
                for key in group:
                    ok, _ = status(self._channel)
                    found[key] = received_by(self._channel.read_dotted()) if ok else None
        return found

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
                    status(self._channel)

    def probe(self) -> bool:
        """NOOP. POP3 shows new mail to new sessions only, so never True."""
        ask(self._channel, b"NOOP", stage="probe")
        return False

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._channel.sock.fileno()

    def close(self) -> None:
        """QUIT: now the server deletes. Raises Rejected when it says that it did not, Disconnected when it vanished."""
        if not self._channel.alive:
            return
        try:
            ask(self._channel, b"QUIT", stage="quit")
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
        ok, text = status(self._channel)
        if not ok and command == b"UIDL":
            raise BadProtocol(
                f"{self._channel.host} does not support UIDL, without which messages cannot be told apart: {text}"
            )
        if not ok:
            raise refusal(self._channel, text, stage="list")
        rows = (line.split(None, 1) for line in self._channel.read_dotted().splitlines())
        return {int(row[0]): row[1].decode("latin-1").strip() for row in rows if len(row) == 2 and row[0].isdigit()}

    def _request(self, numbers: list[int]) -> None:
        with self._channel.limited(stage="fetch"):
            self._channel.send(b"".join(b"RETR %d\r\n" % number for number in numbers))

    def _message(self) -> bytes | None:
        with self._channel.limited(stage="fetch"):
            ok, _ = status(self._channel)
            return self._channel.read_dotted() if ok else None

    def _arrived(self, key: Key) -> Iterator[Fetched]:
        raw = self._message()
        if raw is not None:
            yield Fetched(key, raw, None)


def _key(uidl: str) -> str:
    """The UIDL, or a digest of one that the ledger could not hold (RFC 1939 section 7: 70 characters, all printable).

    Otherwise one message with such a name would keep its whole batch out, turn after turn.
    """
    if len(uidl) <= LONGEST_UIDL and "\x00" not in uidl:
        return uidl
    return f"sha256:{hashlib.sha256(uidl.encode()).hexdigest()}"


def _size(text: str | None) -> int | None:
    number = (text or "").partition(" ")[0]
    return int(number) if number.isdigit() else None
