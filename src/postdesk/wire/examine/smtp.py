"""Examine an SMTP account: from the name of its host to the sender it would take; no mail is sent (RFC 5321)."""

from __future__ import annotations

import contextlib
from typing import Final

from postdesk.basics.errors import Disconnected, Rejected, WireError
from postdesk.wire.channel import Channel
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import words
from postdesk.wire.examine import reach
from postdesk.wire.examine.reach import NetworkVisit
from postdesk.wire.examine.visit import STEP, WHOLE, Found, Step
from postdesk.wire.login import Login
from postdesk.wire.smtp import SmtpSession, size_limit
from postdesk.wire.smtp_login import greet, log_in, upgrade, welcome


class SmtpVisit(NetworkVisit):
    """An SMTP account being examined. `login` None: it signs in nowhere; `sender`: the address that is to send;
    `letter`: recipient and bytes of a message that is handed over in the end."""

    protocol = "smtp"

    def __init__(
        self,
        endpoint: Endpoint,
        login: Login | None,
        *,
        ehlo_name: str,
        sender: str,
        letter: tuple[str, bytes] | None = None,
        step: float = STEP,
        whole: float = WHOLE,
    ) -> None:
        super().__init__(endpoint, step=step, whole=whole)
        self.login, self.ehlo_name, self.sender, self.letter = login, ehlo_name, sender, letter
        self.features: dict[str, str] = {}
        self._channel: Channel | None = None

    @property
    def channel(self) -> Channel:
        """The connection, in the steps after `reach`; each step's time is what is left."""
        if self._channel is None:
            self._channel = Channel(self.connected, self.endpoint.host, self.patience())
        self._channel.timeout = self.patience()
        return self._channel

    def leave(self) -> None:
        """Say QUIT when the conversation got so far, and hang up."""
        if self._channel is not None:
            with contextlib.suppress(WireError):
                if self.features:
                    SmtpSession(self._channel, self.features).close()
            self._channel.drop()
        super().leave()

    def forget(self) -> None:
        """As before the first step."""
        super().forget()
        self._channel, self.features = None, {}


def _greeting(visit: SmtpVisit) -> Found:
    reply = welcome(visit.channel)
    return Found(said=f"{reply.code} {reply.words}")


def _hello(visit: SmtpVisit) -> Found:
    visit.features = greet(visit.channel, visit.ehlo_name)
    able = words(", ".join(sorted(visit.features))) or "it does not say (HELO only)"
    return Found(f"We greet as {visit.ehlo_name}. It can do: {able}.")


def _starttls(visit: SmtpVisit) -> Found:
    if not upgrade(visit.channel, visit.endpoint, visit.features):
        return reach.not_encrypted(visit.endpoint)
    visit.features = greet(visit.channel, visit.ehlo_name)
    return reach.encrypted(visit.endpoint, visit.channel.sock)


def _auth(visit: SmtpVisit) -> Found:
    if visit.login is None:
        return Found("This account signs in nowhere (None).", state="skipped")
    done = log_in(visit.channel, visit.endpoint, visit.login, visit.features)
    return Found(f"Signed in as {visit.login.username} by {done.mechanism}.", said=done.said)


def _size(visit: SmtpVisit) -> Found:
    limit = size_limit(visit.features)
    if limit is None:
        return Found("The server does not say how big a message may be.", state="skipped")
    return Found(f"A message may have {limit / 1_000_000:.1f} MB, files included (in transit they grow by a third).")


def _sender(visit: SmtpVisit) -> Found:
    reply = SmtpSession(visit.channel, visit.features).try_sender(visit.sender)
    if not reply.accepted:
        raise Rejected(f"{reply.code} {reply.words}", code=reply.code)
    return Found(f"It takes mail from {visit.sender}. Nothing was sent.", said=f"{reply.code} {reply.words}")


def _hand_over(visit: SmtpVisit) -> Found:
    assert visit.letter is not None
    recipient, raw = visit.letter
    outcome = SmtpSession(visit.channel, visit.features).send(visit.sender, [recipient], raw)
    reply = outcome.recipients[recipient]
    if outcome.uncertain:
        raise Disconnected("the connection broke after the message was sent: nobody knows whether it was taken")
    if not reply.accepted:
        raise Rejected(f"{reply.code} {reply.words}", code=reply.code)
    named = f" as {reply.queue_id}" if reply.queue_id else ""
    return Found(f"The server took the message for {recipient}{named}.", said=f"{reply.code} {reply.words}")


_FIND: Final[Step[SmtpVisit]] = Step("name", "Find the address of the server", reach.find)
_REACH: Final[Step[SmtpVisit]] = Step("tcp", "Reach the server", reach.reach)
_GREETING: Final[Step[SmtpVisit]] = Step("greeting", "Hear the server's greeting", _greeting)
_HELLO: Final[Step[SmtpVisit]] = Step("hello", "Introduce ourselves (EHLO)", _hello)
_LOGIN: Final[Step[SmtpVisit]] = Step("login", "Sign in", _auth)
_ACCOUNT: Final[tuple[Step[SmtpVisit], ...]] = (
    _LOGIN,
    Step("size", "Ask how big a message may be", _size, bars=False),
    Step("sender", "Ask whether this sender is taken", _sender, bars=False),
)
_DELIVERY: Final[tuple[Step[SmtpVisit], ...]] = (_LOGIN, Step("handover", "Hand the message over", _hand_over))


def steps(visit: SmtpVisit) -> tuple[Step[SmtpVisit], ...]:
    """In the order in which things happen on the wire: TLS from the first byte comes first, STARTTLS after EHLO."""
    rest = _DELIVERY if visit.letter is not None else _ACCOUNT
    if visit.endpoint.security == "tls":
        return (_FIND, _REACH, Step("tls", "Encrypt the connection", reach.encrypt), _GREETING, _HELLO, *rest)
    starttls: Step[SmtpVisit] = Step("tls", "Encrypt the connection (STARTTLS)", _starttls)
    return (_FIND, _REACH, _GREETING, _HELLO, starttls, *rest)
