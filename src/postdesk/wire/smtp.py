"""SMTP as a client (RFC 5321): one session, many letters, one final reply for each recipient.

Spoken directly on a Channel: smtplib knows no PIPELINING, stops at the first refusal, and cannot tell
whether the server may have taken a letter when the connection broke.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from postdesk.basics.errors import Busy, WireError
from postdesk.wire.channel import Channel, open_channel
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.login import Login
from postdesk.wire.smtp_login import ask, greet, log_in, upgrade, welcome
from postdesk.wire.smtp_reply import Reply, read_reply, wire_address

RECIPIENTS_AT_ONCE = 100
FAREWELL = 5.0
FINAL_REPLY_FACTOR = 10
"""RFC 5321 section 4.5.3.2.6 grants the reply to a body ten minutes, others less: ten times our time-out."""


@dataclass(frozen=True)
class Outcome:
    """What became of one letter. `recipients` holds each one's final reply (when `uncertain`: the reply to
    RCPT); `body` is the reply to the body, None when none was sent or none came."""

    recipients: dict[str, Reply]
    body: Reply | None
    uncertain: bool


def open_smtp(endpoint: Endpoint, login: Login | None, *, ehlo_name: str, timeout: float = 30.0) -> SmtpSession:
    """Connect, greet, protect the connection as the endpoint says, log in when there is a login.

    Raises Unreachable, TlsRefused, LoginRefused (TokenExpired for a token), Busy, Rejected, BadProtocol, Disconnected.
    """
    channel = open_channel(endpoint, timeout=timeout)
    try:
        welcome(channel)
        features = greet(channel, ehlo_name)
        if upgrade(channel, endpoint, features):
            features = greet(channel, ehlo_name)
        if login is not None:
            log_in(channel, endpoint, login, features)
        return SmtpSession(channel, features)
    except BaseException:
        channel.drop()
        raise


class SmtpSession:
    """A session that is ready for MAIL. Not to be shared between threads."""

    def __init__(self, channel: Channel, features: dict[str, str]) -> None:
        self._channel = channel
        self._features = features
        self._unfinished = False
        self.size_limit = size_limit(features)
        self.capabilities = frozenset(features)

    @property
    def alive(self) -> bool:
        """Whether another letter can be sent here."""
        return self._channel.alive

    def send(
        self,
        envelope_from: str,
        recipients: Sequence[str],
        raw: bytes,
        *,
        before_body: Callable[[], None] | None = None,
    ) -> Outcome:
        """Send one letter (`raw`: CRLF line ends) and say what became of it for each recipient.

        `before_body` is called once, after 354 and before the first byte of the body: from then on the
        server may have the letter. Raises Disconnected, Busy (421), BadProtocol before that only;
        afterwards a broken connection is an Outcome that is `uncertain`.
        """
        if self.size_limit is not None and len(raw) > self.size_limit:
            words = f"message size {len(raw)} exceeds the server's limit of {self.size_limit}"
            return Outcome(dict.fromkeys(recipients, Reply(552, "5.3.4", words)), None, False)
        final: dict[str, Reply] = {}
        written = self._writable(recipients, final)
        sender = wire_address(envelope_from, utf8="SMTPUTF8" in self._features) if envelope_from else b""
        if sender is None:
            refused = Reply(553, "5.6.7", "the server cannot take this sender address")
            return Outcome(dict.fromkeys(recipients, refused), None, False)
        if not written:
            return Outcome(final, None, False)
        utf8 = not (sender.isascii() and all(address.isascii() for address in written.values()))
        mail = self._mail_command(sender, raw, utf8)
        try:
            go = self._envelope(mail, written, final)
        except WireError:
            self._channel.drop()
            raise
        ordered = {name: final[name] for name in recipients}
        if go is None:
            return Outcome(ordered, None, False)
        return self._body(raw, ordered, before_body)

    def try_sender(self, envelope_from: str) -> Reply:
        """Ask whether mail from this address would be taken: MAIL, and RSET whatever the answer. Sends nothing."""
        sender = wire_address(envelope_from, utf8="SMTPUTF8" in self._features)
        if not sender:
            return Reply(553, "5.6.7", "the server cannot take this sender address")
        reply = ask(self._channel, self._mail_command(sender, b"", not sender.isascii()), stage="envelope")
        ask(self._channel, b"RSET", stage="envelope")
        return _unless_busy(reply)

    def close(self) -> None:
        """QUIT, and no complaint when that fails."""
        if self.alive:
            with contextlib.suppress(WireError), self._channel.limited(FAREWELL, stage="quit"):
                self._channel.send(b"QUIT\r\n")
                read_reply(self._channel)
        self._channel.drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _writable(self, recipients: Sequence[str], final: dict[str, Reply]) -> dict[str, bytes]:
        """The addresses as they go over the wire; those that cannot get their final reply here."""
        utf8 = "SMTPUTF8" in self._features
        written: dict[str, bytes] = {}
        for name in recipients:
            address = wire_address(name, utf8=utf8)
            if address:
                written[name] = address
            else:
                why = "the server cannot take this address" if not name.isascii() else "this is not an address"
                final[name] = Reply(553, "5.6.7" if not name.isascii() else "5.1.3", why)
        return written

    def _mail_command(self, sender: bytes, raw: bytes, utf8: bool) -> bytes:
        command = b"MAIL FROM:<" + sender + b">"
        if "SIZE" in self._features:
            command += b" SIZE=%d" % len(raw)
        if "8BITMIME" in self._features and not raw.isascii():
            command += b" BODY=8BITMIME"
        return command + (b" SMTPUTF8" if utf8 else b"")

    def _envelope(self, mail: bytes, written: dict[str, bytes], final: dict[str, Reply]) -> Reply | None:
        """MAIL, RCPT and DATA. The 354, or None when no body is to follow; fills `final`."""
        commands = [mail, *(b"RCPT TO:<" + address + b">" for address in written.values()), b"DATA"]
        if self._unfinished:
            commands.insert(0, b"RSET")
        replies = self._pipelined(commands) if "PIPELINING" in self._features else self._in_turn(commands)
        if self._unfinished:
            replies.pop(0)
        self._unfinished = True
        mailed, asked, go = replies[0], replies[1:-1], replies[-1]
        for name, reply in zip(written, asked, strict=True):
            final[name] = reply if mailed.accepted else mailed
        welcome = mailed.accepted and any(reply.accepted for reply in asked)
        if welcome and go.code == 354:
            return go
        if welcome:
            final.update({name: go for name in written if final[name].accepted})
        elif go.code == 354:
            # RFC 2920 section 3.1: the server wants a body for nobody; the dot alone ends it.
            with self._channel.limited(stage="data"):
                self._channel.send(b".\r\n")
                read_reply(self._channel)
        return None

    def _pipelined(self, commands: list[bytes]) -> list[Reply]:
        replies: list[Reply] = []
        for start in range(0, len(commands), RECIPIENTS_AT_ONCE):
            group = commands[start : start + RECIPIENTS_AT_ONCE]
            with self._channel.limited(stage="envelope"):
                self._channel.send(b"\r\n".join(group) + b"\r\n")
                for _ in group:
                    replies.append(_unless_busy(read_reply(self._channel)))
        return replies

    def _in_turn(self, commands: list[bytes]) -> list[Reply]:
        replies: list[Reply] = []
        for command in commands:
            verb = command[:4]
            useless = (verb == b"RCPT" and not _last(replies, b"MAIL", commands).accepted) or (
                verb == b"DATA" and not _any_recipient(replies, commands)
            )
            replies.append(SKIPPED if useless else _unless_busy(ask(self._channel, command, stage="envelope")))
        return replies

    def _body(self, raw: bytes, replies: dict[str, Reply], before_body: Callable[[], None] | None) -> Outcome:
        channel = self._channel
        data = _stuffed(raw)
        try:
            if before_body is not None:
                before_body()
        except BaseException:
            # The server waits for a body that will not come: only the end of the connection undoes DATA.
            channel.drop()
            raise
        try:
            with channel.limited(channel.timeout * FINAL_REPLY_FACTOR, stage="body"):
                channel.send(data)
                reply = read_reply(channel)
        except WireError:
            channel.drop()
            return Outcome(replies, None, True)
        if reply.code == 421:
            channel.drop()
        self._unfinished = False
        final = {name: reply if said.accepted else said for name, said in replies.items()}
        return Outcome(final, reply, False)


def size_limit(features: dict[str, str]) -> int | None:
    """Bytes the server takes in one message (RFC 1870); None where it does not say."""
    size = features.get("SIZE", "").strip()
    return int(size) if size.isdigit() and int(size) else None


SKIPPED = Reply(503, "5.5.1", "not asked: the command before it was refused")


def _last(replies: list[Reply], verb: bytes, commands: list[bytes]) -> Reply:
    return next(reply for reply, command in zip(replies, commands, strict=False) if command.startswith(verb))


def _any_recipient(replies: list[Reply], commands: list[bytes]) -> bool:
    pairs = zip(replies, commands, strict=False)
    return any(reply.accepted for reply, command in pairs if command.startswith(b"RCPT"))


def _unless_busy(reply: Reply) -> Reply:
    if reply.code == 421:
        raise Busy(reply.words, code=421)
    return reply


def _stuffed(raw: bytes) -> bytes:
    """With dots doubled at line starts and the final dot (RFC 5321 section 4.5.2)."""
    if raw.startswith(b"."):
        raw = b"." + raw
    if b"\n." in raw:
        raw = raw.replace(b"\n.", b"\n..")
    return raw + (b".\r\n" if raw.endswith(b"\r\n") or not raw else b"\r\n.\r\n")
