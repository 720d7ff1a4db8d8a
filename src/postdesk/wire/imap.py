"""An IMAP mailbox: list, fetch, settle, folders, and waiting for mail (RFC 3501; MOVE RFC 6851, UIDPLUS RFC 4315).

Settling touches the messages it is given and no others. Where the server has neither MOVE nor UIDPLUS there is only
EXPUNGE, which removes everything that is flagged \\Deleted; then the flags that others set are taken off first and put
back afterwards. A message that somebody flags in the milliseconds between that look and the EXPUNGE is lost to it: no
such server offers a way around.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self, cast

from imapclient import DELETED

from postdesk.basics.errors import BadProtocol, Busy, Disconnected, LoginRefused, Rejected, WireError
from postdesk.wire.deadline import within
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import LIBRARY_ERRORS, border
from postdesk.wire.imap_folders import Folders
from postdesk.wire.imap_idle import Idle
from postdesk.wire.imap_link import SMALL_ANSWER, Client, connect, hang_up
from postdesk.wire.login import Login
from postdesk.wire.source import (
    EXCESS_BYTES,
    SLOWEST,
    Fetched,
    Key,
    Listed,
    Settlement,
    batches,
    bytes_of,
)

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_LISTING_LINE = 64  # bytes, for the time a listing may take
_PER_COMMAND = 500  # messages named in one command that changes them
_FAREWELL = 5.0  # seconds that LOGOUT may take


def open_imap(endpoint: Endpoint, login: Login, *, timeout: float = 30.0) -> ImapSource:
    """Connect and sign in; no folder is open yet. `timeout` is in seconds, for each operation as a whole.

    Raises Unreachable, TlsRefused, LoginRefused, TokenExpired, Busy, BadProtocol, Disconnected.
    """
    return ImapSource(connect(endpoint, login, timeout), endpoint, timeout)


class ImapSource:
    """A signed-in IMAP connection; a `Source` once a folder is selected. For one thread at a time."""

    def __init__(self, client: Client, endpoint: Endpoint, timeout: float) -> None:
        self._client, self._link = client, client.link
        self._host, self._timeout = endpoint.host, timeout
        self._folders = Folders(client)
        self._sizes: dict[int, int] = {}
        self._idle: Idle | None = None
        self._announced = self._readonly = self._closed = False
        self._count = 0
        self.folder = ""
        self.epoch = 0

    # --- folders

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server can do, in capitals."""
        with self._talk("capability"):
            return self._client.capability_names()

    def select(self, folder: str, readonly: bool = False) -> None:
        """Open a folder; "" is INBOX. With `readonly` nothing in it can change (EXAMINE).

        Raises Rejected in the server's words when it is missing.
        """
        written = folder or "INBOX"
        try:
            self._select(self._folders.name(written), readonly)
        except Rejected:
            name = self._find(written)
            if name is None or name == written:
                raise
            self._select(name, readonly)
        self.folder = written

    def folder_exists(self, name: str) -> bool:
        """Whether there is a folder of that name that can be opened."""
        return self._find(name) is not None

    def create_folder(self, name: str) -> None:
        """Make a folder, those above it included, and subscribe to it. Fine when it exists. Raises Rejected."""
        with self._talk("create"):
            self._folders.create(name)

    def _find(self, name: str) -> str | None:
        with self._talk("list"):
            return self._folders.find(name)

    def _select(self, name: str, readonly: bool) -> None:
        with self._talk("select"):
            answer = self._client.select_folder(name, readonly=readonly)
        epoch = answer.get(b"UIDVALIDITY")
        if not isinstance(epoch, int):
            raise BadProtocol("the server gives no UIDVALIDITY, so its messages cannot be told apart")
        self.epoch, self._readonly = epoch, readonly
        self._count = int(answer.get(b"EXISTS", 0))
        self._sizes.clear()
        self._forget_news()

    # --- reading

    def listing(self, above: int | None = None) -> list[Listed]:
        """All messages, or those with a UID above the given one, oldest first."""
        self._forget_news()
        first = (above or 0) + 1
        try:
            found = self._list_from(first)
        except Rejected:
            # Some servers refuse "1:*" where there is nothing.
            with self._talk("search"):
                if self._client.search("ALL"):
                    raise
            found = {}
        self._sizes.update(found)
        return [Listed(uid, found[uid]) for uid in sorted(found) if uid >= first]

    def fetch(self, keys: Sequence[Key]) -> Iterator[Fetched]:
        """The messages, with BODY.PEEK[], so that none becomes \\Seen."""
        uids = _as_uids(keys)
        unknown = [uid for uid in uids if uid not in self._sizes]
        if unknown:
            self._sizes.update(self._sizes_of(unknown))
        for batch in batches([Listed(uid, self._sizes[uid]) for uid in uids if uid in self._sizes]):
            yield from self._fetch(batch)

    def _list_from(self, first: int) -> dict[int, int]:
        with self._talk("list", self._count * _LISTING_LINE):
            return self._sizes_in(f"{first}:*")

    def _sizes_of(self, uids: Sequence[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for named in _named(uids):
            with self._talk("list"):
                found.update(self._sizes_in(named))
        return found

    def _sizes_in(self, named: str) -> dict[int, int]:
        """By imaplib, without IMAPClient's parser: a hundred thousand lines of two numbers are no work."""
        status, answer = self._link.uid("FETCH", named, "(UID RFC822.SIZE)")
        if status != "OK":
            raise self._link.error(answer[-1])
        found: dict[int, int] = {}
        for line in answer:
            uid, size = (pattern.search(line) for pattern in (_UID, _SIZE)) if isinstance(line, bytes) else (None, None)
            if uid and size:
                found[int(uid[1])] = int(size[1])
        return found

    def _fetch(self, batch: Sequence[Listed]) -> Iterator[Fetched]:
        uids = _as_uids([one.key for one in batch])
        try:
            answer = self._bodies(uids, bytes_of(batch))
        except Rejected as refusal:
            # A server may refuse the whole command because one of the messages is gone (RFC 2180 section 4.1).
            yield from self._fetch_singly(uids, refusal)
            return
        for uid in uids:
            one = _as_fetched(uid, answer.pop(uid, None))
            if one is not None:
                yield one

    def _fetch_singly(self, uids: Sequence[int], refusal: Rejected) -> Iterator[Fetched]:
        there = self._sizes_of(uids)
        refused = 0
        for uid in there:
            try:
                answer = self._bodies([uid], there[uid])
            except Rejected as error:
                # One message that the server cannot give must not hold up the others.
                refused, refusal = refused + 1, error
                continue
            one = _as_fetched(uid, answer.get(uid))
            if one is not None:
                yield one
        if refused and refused == len(there):
            raise refusal

    def _bodies(self, uids: Sequence[int], weight: int) -> dict[int, dict[bytes, Any]]:
        self._link.allowance = 2 * weight + EXCESS_BYTES
        try:
            with self._talk("fetch", weight):
                return cast(
                    "dict[int, dict[bytes, Any]]", self._client.fetch(uids, ["UID", "INTERNALDATE", "BODY.PEEK[]"])
                )
        except BadProtocol as error:
            raise Disconnected(f"the messages arrived broken, none was taken: {error.message}") from error
        finally:
            self._link.allowance = SMALL_ANSWER

    # --- settling

    def settle(self, keys: Sequence[Key], how: Settlement, archive_folder: str | None = None) -> None:
        """Move to `archive_folder` (made when it is missing), delete, or leave; messages that are gone are no error.

        A move without MOVE copies, then deletes: if the connection breaks in between, the copy stays and the message
        too, so that the next try copies it again. Better twice than not at all.
        """
        if how == "nothing" or not keys:
            return
        if how == "move" and not archive_folder:
            raise Rejected("no archive folder is given", blames="mailbox")
        self._make_writable()
        for named in _named(_as_uids(keys)):
            if how == "delete":
                self._remove(named)
            else:
                self._move(named, archive_folder or "")

    def _make_writable(self) -> None:
        if self._readonly:
            epoch = self.epoch
            self.select(self.folder)
            if self.epoch != epoch:
                raise Rejected(f"the folder {self.folder} was replaced meanwhile", blames="mailbox")

    def _move(self, named: str, folder: str) -> None:
        try:
            done = self._carry(named, self._folders.name(folder))
        except Rejected:
            if self.folder_exists(folder) and self._folders.name(folder) == folder:
                raise
            self.create_folder(folder)
            done = self._carry(named, self._folders.name(folder))
        if not done:
            self._remove(named)

    def _carry(self, named: str, target: str) -> bool:
        """Move, or copy where the server cannot move; whether the messages have left this folder."""
        with self._talk("move"):
            if self._client.has_capability("MOVE"):
                self._client.move(named, target)
                return True
            self._client.copy(named, target)
            return False

    def _remove(self, named: str) -> None:
        with self._talk("delete"):
            self._client.add_flags(named, [DELETED], silent=True)
            if self._client.has_capability("UIDPLUS"):
                self._client.uid_expunge(named)
                return
            ours = _uids_in(named)
            others = [uid for uid in self._client.search("DELETED") if uid not in ours]
            if others:
                self._client.remove_flags(others, [DELETED], silent=True)
            try:
                self._client.expunge()
            finally:
                if others:
                    self._client.add_flags(others, [DELETED], silent=True)

    # --- waiting for mail

    def fileno(self) -> int:
        """For a selector."""
        return self._link.sock.fileno()

    def probe(self) -> bool:
        """Ask with NOOP; whether new mail was announced since the last listing, `probe` or `idle_pending`."""
        with self._talk("noop"):
            self._client.noop()
        return self._news()

    def idle_begin(self) -> None:
        """Start IDLE. Call `idle_pending` once right after it: news may have come with the answer."""
        with self._talk("idle"):
            if not self._client.has_capability("IDLE"):
                raise Rejected("the server does not have IDLE", blames="mailbox")
            self._idle = Idle(self._link)

    def idle_pending(self) -> bool:
        """Whether new mail was announced; never waits. Raises Disconnected when the server has gone."""
        with self._talk("idle"):
            if self._idle is not None and self._idle.pending():
                self._announced = True
        return self._news()

    def idle_end(self) -> None:
        """End IDLE; news that came last is reported by the next `probe`. Nothing to do when IDLE is not on."""
        idle, self._idle = self._idle, None
        if idle is not None:
            with self._talk("idle"):
                idle.end()

    def _hear(self) -> None:
        """Take the announcements out of what imaplib collected."""
        heard = self._link.untagged_responses
        counts = heard.pop("EXISTS", [])
        recent = heard.pop("RECENT", [])
        for kind in ("EXPUNGE", "FETCH", "VANISHED"):
            heard.pop(kind, None)
        if counts:
            self._count = int(counts[-1])
        if counts or any(int(number) > 0 for number in recent):
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
        if not self._closed:
            with suppress(*LIBRARY_ERRORS, WireError), within(min(self._timeout, _FAREWELL), self._link.sock):
                if self._idle is None:
                    self._link._simple_command("LOGOUT")
            self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _drop(self) -> None:
        self._closed = True
        self._idle = None
        hang_up(self._link)

    @contextmanager
    def _talk(self, stage: str, weight: int = 0) -> Iterator[None]:
        """Errors translated, time kept; `weight` is how many bytes are expected. A broken connection is closed."""
        if self._closed:
            raise Disconnected("the connection is closed")
        try:
            with border(self._host, stage), within(self._timeout + weight / SLOWEST, self._link.sock):
                yield
        except (Rejected, Busy, LoginRefused):
            raise
        except BaseException:
            self._drop()
            raise


def _as_fetched(uid: int, item: dict[bytes, Any] | None) -> Fetched | None:
    raw = item.get(b"BODY[]") if item else None
    # Servers answer NIL or nothing for a message that was removed meanwhile.
    if not item or not isinstance(raw, bytes) or not raw:
        return None
    return Fetched(uid, raw, item.get(b"INTERNALDATE"))


def _as_uids(keys: Sequence[Key]) -> list[int]:
    return [int(key) for key in keys]


def _named(uids: Sequence[int]) -> Iterator[str]:
    """UIDs as sequence sets ("3:7,9"), so many in one command."""
    for start in range(0, len(uids), _PER_COMMAND):
        runs: list[list[int]] = []
        for uid in sorted(set(uids[start : start + _PER_COMMAND])):
            if runs and uid == runs[-1][1] + 1:
                runs[-1][1] = uid
            else:
                runs.append([uid, uid])
        yield ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)


def _uids_in(named: str) -> set[int]:
    runs = (part.partition(":") for part in named.split(","))
    return {uid for first, _, last in runs for uid in range(int(first), int(last or first) + 1)}
