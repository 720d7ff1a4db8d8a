"""An IMAP mailbox (RFC 3501): open a folder, list, fetch, settle, and wait for mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from postdesk.basics.errors import BadProtocol, Rejected
from postdesk.wire import imap_settling
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.imap_folders import Folders
from postdesk.wire.imap_idle import Idle
from postdesk.wire.imap_link import connect
from postdesk.wire.imap_reading import Reading
from postdesk.wire.imap_talk import Talk, as_uids, named
from postdesk.wire.login import Login
from postdesk.wire.source import Fetched, Key, Listed, Settling


def open_imap(endpoint: Endpoint, login: Login, *, timeout: float = 30.0) -> ImapSource:
    """Connect and sign in; no folder is open yet. `timeout` is in seconds, for each operation as a whole.

    Raises Unreachable, TlsRefused, LoginRefused, TokenExpired, Busy, BadProtocol, Disconnected.
    """
    return ImapSource(Talk(connect(endpoint, login, timeout), endpoint.host, timeout))


class ImapSource:
    """A signed-in IMAP connection; a `Source` once a folder is selected. For one thread at a time."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._folders = Folders(talk.client)
        self._reading = Reading(talk)
        self._idle: Idle | None = None
        self._announced = self._readonly = self._fresh = False
        self._count = 0
        self._folder = ""
        self._epoch = 0

    @property
    def folder(self) -> str:
        """The open folder by the name it was selected with; "" before that."""
        return self._folder

    @property
    def epoch(self) -> int:
        """The open folder's UIDVALIDITY (RFC 3501 section 2.3.1.1)."""
        return self._epoch

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server can do, in capitals."""
        with self._talk("capability"):
            return self._talk.client.capability_names()

    # --- folders

    def select(self, folder: str, readonly: bool = False) -> None:
        """Open a folder; "" is INBOX. With `readonly` nothing in it changes, not even \\Recent (EXAMINE).

        Raises Rejected in the server's words when it is missing.
        """
        written = folder or "INBOX"
        try:
            self._select(self._folders.name(written), readonly)
        except Rejected:
            with self._talk("list"):
                name = self._folders.find(written)
            if name is None or name == written:
                raise
            self._select(name, readonly)
        self._folder = written

    def folder_exists(self, name: str) -> bool:
        """Whether there is a folder of that name that can be opened."""
        with self._talk("list"):
            return self._folders.find(name) is not None

    def folder_names(self) -> list[str]:
        """The folders that can be opened, INBOX first, then by name."""
        with self._talk("list"):
            names = self._folders.names()
        return sorted(names, key=lambda name: (name.upper() != "INBOX", name.casefold()))

    @property
    def message_count(self) -> int:
        """How many messages the open folder holds, as the server said last."""
        return self._count

    def create_folder(self, name: str) -> None:
        """Make a folder, those above it included, and subscribe to it. Fine when it exists. Raises Rejected."""
        with self._talk("create"):
            self._folders.create(name)

    def _select(self, name: str, readonly: bool) -> None:
        with self._talk("select"):
            answer = self._talk.client.select_folder(name, readonly=readonly)
        epoch = answer.get(b"UIDVALIDITY")
        if not isinstance(epoch, int):
            raise BadProtocol("the server gives no UIDVALIDITY, so its messages cannot be told apart")
        self._epoch, self._readonly, self._fresh = epoch, readonly, True
        self._reading = Reading(self._talk)
        self._forget_news()
        self._count = int(answer.get(b"EXISTS", 0))

    # --- messages

    def listing(self, above: int | None = None) -> list[Listed]:
        """All messages, or those with a UID over `above`, oldest first."""
        if not self._fresh:
            # In a folder that stays open, later mail exists for us only after a NOOP (RFC 3501 section 5.2).
            with self._talk("noop"):
                self._talk.client.noop()
        self._fresh = False
        self._forget_news()
        return self._reading.listing(above, expected=self._count)

    def received(self, keys: Sequence[Key]) -> dict[Key, dt.datetime | None]:
        """INTERNALDATE of each message that is there."""
        return self._reading.received(as_uids(keys))

    def fetch(self, keys: Sequence[Key]) -> Iterator[Fetched]:
        """The messages by UID, a batch at a time; none becomes \\Seen, and one that is gone is not yielded."""
        return self._reading.fetch(keys)

    def settle(self, keys: Sequence[Key], how: Settling, archive_folder: str | None = None) -> None:
        """Move to `archive_folder` (made when missing), delete, or leave. Messages that are gone are passed over."""
        if how == "nothing" or not keys:
            return
        if how == "move" and not archive_folder:
            raise Rejected("no archive folder is given", blames="mailbox")
        self._make_writable()
        for uid_set in named(as_uids(keys)):
            if how == "delete":
                imap_settling.remove(self._talk, uid_set)
            else:
                imap_settling.move(self._talk, self._folders, uid_set, archive_folder or "")

    def _make_writable(self) -> None:
        if self._readonly:
            epoch = self._epoch
            self.select(self._folder)
            if self._epoch != epoch:
                raise Rejected(f"the folder {self._folder} was replaced meanwhile", blames="mailbox")

    # --- waiting for mail

    def fileno(self) -> int:
        """For a selector."""
        return self._talk.link.sock.fileno()

    def probe(self) -> bool:
        """Ask with NOOP; whether mail was announced since the last `listing`, `probe` or `idle_pending`."""
        with self._talk("noop"):
            self._talk.client.noop()
        return self._news()

    def idle_begin(self) -> None:
        """Start IDLE (RFC 2177). Call `idle_pending` once right after it: news may have come with the answer.

        Raises Rejected when the server does not have it.
        """
        with self._talk("idle"):
            if not self._talk.client.has_capability("IDLE"):
                raise Rejected("the server does not have IDLE", blames="mailbox")
            self._idle = Idle(self._talk.link)

    @property
    def is_idle(self) -> bool:
        """Whether the server is to tell of news by itself now."""
        return self._idle is not None

    def idle_pending(self) -> bool:
        """Whether mail was announced; never waits. Raises Disconnected when the server has gone."""
        if self._idle is not None:
            with self._talk("idle"):
                if self._idle.pending():
                    self._announced = True
        return self._news()

    def idle_end(self) -> None:
        """End IDLE; mail announced at the last moment is reported by the next `probe`. Nothing to do when not idle."""
        idle, self._idle = self._idle, None
        if idle is not None:
            with self._talk("idle"):
                idle.end()

    def _hear(self) -> None:
        """Take the announcements out of what imaplib has collected, so that it does not pile up."""
        heard = self._talk.link.untagged_responses
        counts, recent = (heard.pop(kind, []) for kind in ("EXISTS", "RECENT"))
        for kind in ("EXPUNGE", "FETCH", "VANISHED"):
            heard.pop(kind, None)
        if counts:
            self._count = _number(counts[-1])
        if counts or any(_number(one) > 0 for one in recent):
            self._announced = True

    def _news(self) -> bool:
        self._hear()
        news, self._announced = self._announced, False
        return news

    def _forget_news(self) -> None:
        self._hear()
        self._announced = False

    # --- the end

    def close(self) -> None:
        """Log out, if the server will, and close. Never raises; a second call does nothing."""
        self._talk.leave(politely=self._idle is None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _number(said: object) -> int:
    return int(said) if isinstance(said, bytes) and said.isdigit() else 0
