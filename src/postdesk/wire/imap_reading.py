"""List and fetch the messages of the selected IMAP folder, without changing anything in it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from imapclient.datetime_util import parse_to_datetime

from postdesk.basics.errors import BadProtocol, Busy, Disconnected, Rejected
from postdesk.wire.imap_talk import Talk, as_uids, named
from postdesk.wire.source import Fetched, Key, Listed, batches

#: What a batch may hold beyond twice what was listed. A server that is wrong about one size must not make its mailbox
#: unreadable for ever; memory stays bounded all the same.
EXCESS = 64 * 1024 * 1024
_UID = re.compile(rb"\bUID (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]+)"')
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_LISTING_LINE = 64  # bytes


class Reading:
    """The messages of a folder, with the sizes it listed. Ends with the folder: make a new one after each SELECT."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._sizes: dict[Key, int] = {}

    def listing(self, above: int | None, *, expected: int) -> list[Listed]:
        """The messages with a UID over `above`, oldest first; `expected` is about how many there may be."""
        first = (above or 0) + 1
        try:
            with self._talk("list", lines=expected * _LISTING_LINE):
                found = self._sizes_of_set(f"{first}:*")
        except Rejected:
            # Some servers refuse "1:*" where there is nothing.
            with self._talk("search"):
                if self._talk.client.search("ALL"):
                    raise
            return []
        self._sizes.update(found)
        # "n:*" always names the last message, even when its UID is less than n.
        return [Listed(uid, found[uid]) for uid in sorted(as_uids([*found])) if uid >= first]

    def fetch(self, keys: Sequence[Key]) -> Iterator[Fetched]:
        """The messages, in batches by what the listing said of their sizes."""
        uids = as_uids(keys)
        self._sizes.update(self._sizes_of([uid for uid in uids if uid not in self._sizes]))
        for batch in batches([uid for uid in uids if uid in self._sizes], self._sizes):
            yield from self._batch(as_uids(batch), sum(self._sizes[uid] for uid in batch))

    def received(self, uids: Sequence[int]) -> dict[Key, dt.datetime | None]:
        """INTERNALDATE by UID; None where the server gives none that can be read."""
        found: dict[Key, dt.datetime | None] = {}
        for uid_set in named(uids):
            with self._talk("list"):
                link = self._talk.link
                status, answer = link.uid("FETCH", uid_set, "(UID INTERNALDATE)")
                if status != "OK":
                    raise link.error(answer[-1])
            for line in answer:
                uid = _UID.search(line) if isinstance(line, bytes) else None
                if uid:
                    found[int(uid[1])] = _date(line)
        return found

    def _sizes_of(self, uids: Sequence[int]) -> dict[Key, int]:
        found: dict[Key, int] = {}
        for uid_set in named(uids):
            with self._talk("list"):
                found.update(self._sizes_of_set(uid_set))
        return found

    def _sizes_of_set(self, uid_set: str) -> dict[Key, int]:
        """By imaplib, without IMAPClient's parser: a hundred thousand lines of two numbers are no work."""
        link = self._talk.link
        status, answer = link.uid("FETCH", uid_set, "(UID RFC822.SIZE)")
        if status != "OK":
            raise link.error(answer[-1])
        found: dict[Key, int] = {}
        for line in answer:
            if not isinstance(line, bytes):
                continue
            uid, size = _UID.search(line), _SIZE.search(line)
            # Others' changes of flags come in between and have no size.
            if uid and size:
                found[int(uid[1])] = int(size[1])
        return found

    def _batch(self, uids: Sequence[int], weight: int) -> Iterator[Fetched]:
        try:
            answer = self._bodies(uids, weight)
        except (Rejected, Busy) as refusal:
            # A server may refuse the whole command because one of the messages is gone (RFC 2180 section 4.1).
            yield from self._singly(uids, refusal)
            return
        for uid in uids:
            one = _fetched(uid, answer.pop(uid, None))
            if one is not None:
                yield one

    def _singly(self, uids: Sequence[int], refusal: Rejected | Busy) -> Iterator[Fetched]:
        there = self._sizes_of(uids)
        refused = 0
        for uid in as_uids([*there]):
            try:
                answer = self._bodies([uid], there[uid])
            except (Rejected, Busy) as error:
                # One message that the server cannot give must not hold up the others.
                refused, refusal = refused + 1, error
                continue
            one = _fetched(uid, answer.get(uid))
            if one is not None:
                yield one
        if refused and refused == len(there):
            raise refusal

    def _bodies(self, uids: Sequence[int], weight: int) -> dict[int, dict[bytes, Any]]:
        """With BODY.PEEK[], so that no message becomes \\Seen."""
        try:
            with self._talk("fetch", literals=2 * weight + EXCESS):
                answer = self._talk.client.fetch(uids, ["UID", "INTERNALDATE", "BODY.PEEK[]"])
                return cast("dict[int, dict[bytes, Any]]", answer)
        except BadProtocol as error:
            raise Disconnected(f"the messages arrived broken and none was taken: {error.message}") from error


def _date(line: bytes) -> dt.datetime | None:
    written = _DATE.search(line)
    try:
        return parse_to_datetime(written[1], normalise=False) if written else None
    except (ValueError, TypeError):
        return None


def _fetched(uid: int, item: dict[bytes, Any] | None) -> Fetched | None:
    raw = item.get(b"BODY[]") if item else None
    # Servers answer NIL or nothing for a message that was removed meanwhile.
    if not item or not isinstance(raw, bytes) or not raw:
        return None
    return Fetched(uid, raw, item.get(b"INTERNALDATE"))
