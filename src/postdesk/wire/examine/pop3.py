"""Examine a POP3 mailbox: from the name of its host to the number of messages (RFC 1939)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from postdesk.wire.channel import Channel
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import words
from postdesk.wire.examine import reach
from postdesk.wire.examine.counting import MOST_DATED, counted
from postdesk.wire.examine.reach import NetworkVisit
from postdesk.wire.examine.visit import STEP, WHOLE, Found, Step
from postdesk.wire.login import Login
from postdesk.wire.pop3 import Pop3Source
from postdesk.wire.pop3_login import features, greeting, log_in, upgrade


class Pop3Visit(NetworkVisit):
    """A POP3 mailbox being examined. Nothing is deleted: it leaves without QUIT."""

    protocol = "pop3"

    def __init__(
        self,
        endpoint: Endpoint,
        login: Login,
        *,
        taken_from: dt.datetime | None = None,
        step: float = STEP,
        whole: float = WHOLE,
    ) -> None:
        super().__init__(endpoint, step=step, whole=whole)
        self.login, self.taken_from = login, taken_from
        self.welcome = ""
        self.able: dict[str, str] = {}
        self._channel: Channel | None = None

    @property
    def channel(self) -> Channel:
        """The connection, in the steps after `reach`; each step's time is what is left."""
        if self._channel is None:
            self._channel = Channel(self.connected, self.endpoint.host, self.patience())
        self._channel.timeout = self.patience()
        return self._channel

    def leave(self) -> None:
        """Hang up."""
        if self._channel is not None:
            self._channel.drop()
        super().leave()

    def forget(self) -> None:
        """As before the first step."""
        super().forget()
        self._channel = None


def _greeting(visit: Pop3Visit) -> Found:
    visit.welcome = greeting(visit.channel)
    visit.able = features(visit.channel)
    able = ", ".join(sorted(visit.able)) or "it does not say (no CAPA)"
    return Found(f"It can do: {words(able)}.", said=visit.welcome)


def _stls(visit: Pop3Visit) -> Found:
    visit.able = upgrade(visit.channel, visit.endpoint, visit.able)
    if not visit.channel.encrypted:
        return reach.not_encrypted(visit.endpoint)
    return reach.encrypted(visit.endpoint, visit.channel.sock)


def _login(visit: Pop3Visit) -> Found:
    done = log_in(visit.channel, visit.endpoint, visit.login, visit.able, visit.welcome)
    return Found(f"Signed in as {visit.login.username} by {done.mechanism}.", said=done.said)


def _count(visit: Pop3Visit) -> Found:
    mailbox = Pop3Source(visit.channel, features(visit.channel) or visit.able)
    keys = [one.key for one in mailbox.listing()]
    # Each costs a command of its own: only when somebody wants to know.
    ask = visit.taken_from is not None and len(keys) <= MOST_DATED // 10
    return counted(len(keys), mailbox.received(keys) if ask else {}, visit.taken_from)


_FIND: Final[Step[Pop3Visit]] = Step("name", "Find the address of the server", reach.find)
_REACH: Final[Step[Pop3Visit]] = Step("tcp", "Reach the server", reach.reach)
_GREETING: Final[Step[Pop3Visit]] = Step("greeting", "Hear the server's greeting", _greeting)
_MAILBOX: Final[tuple[Step[Pop3Visit], ...]] = (
    Step("login", "Sign in", _login),
    Step("count", "Count the messages, each by its own name (UIDL)", _count),
)
#: In the order in which things happen on the wire.
IMPLICIT_TLS: Final[tuple[Step[Pop3Visit], ...]] = (
    _FIND,
    _REACH,
    Step("tls", "Encrypt the connection", reach.encrypt),
    _GREETING,
    *_MAILBOX,
)
UPGRADED: Final[tuple[Step[Pop3Visit], ...]] = (
    _FIND,
    _REACH,
    _GREETING,
    Step("tls", "Encrypt the connection (STLS)", _stls),
    *_MAILBOX,
)
