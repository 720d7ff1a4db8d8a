"""What a mailbox on a server offers to whoever fetches from it, be it IMAP or POP3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Protocol, Self

Key = int | str
Settling = Literal["move", "delete", "nothing"]

BATCH_MESSAGES = 50
BATCH_BYTES = 8 * 1024 * 1024

SLOWEST = 32 * 1024
"""Bytes a second that a server must manage; what is slower counts as silence."""


@dataclass(frozen=True)
class Listed:
    """A message the server has: its UID or UIDL, and its size in bytes where that was cheap to learn."""

    key: Key
    size: int | None


@dataclass(frozen=True)
class Fetched:
    """A whole message as the server has it; `received_at` is aware, None where the protocol has no such thing."""

    key: Key
    raw: bytes = field(repr=False)
    received_at: dt.datetime | None


class Source(Protocol):
    """An open, logged-in mailbox. Every method raises WireError; after Disconnected only `close` makes sense."""

    @property
    def folder(self) -> str:
        """The folder that is open ("INBOX" for POP3)."""
        ...

    @property
    def epoch(self) -> int:
        """UIDVALIDITY (RFC 3501 section 2.3.1.1); 0 for POP3, whose keys are unique for ever."""
        ...

    def listing(self, above: int | None = None) -> list[Listed]:
        """The messages, oldest first; only those with a UID over `above` where keys are UIDs."""
        ...

    def received(self, keys: Sequence[Key]) -> dict[Key, dt.datetime | None]:
        """When the server got these messages, as far as that can be learned without fetching them whole."""
        ...

    def fetch(self, keys: Sequence[Key]) -> Iterator[Fetched]:
        """The messages, as they arrive; one that vanished meanwhile is not yielded. Changes nothing there."""
        ...

    def settle(self, keys: Sequence[Key], how: Settling, archive_folder: str | None) -> None:
        """Do with fetched messages what the administrator chose; keys that are gone are passed over."""
        ...

    def close(self) -> None:
        """Leave politely (POP3 deletes now, and raises when the server does not)."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """`close`, or after an error only drop the connection."""
        ...


def batches(keys: Sequence[Key], sizes: dict[Key, int]) -> Iterator[list[Key]]:
    """Cut into runs of at most BATCH_MESSAGES and BATCH_BYTES; a bigger message travels alone.

    A size nobody knows counts as half a batch, so that at most two such travel together.
    """
    batch: list[Key] = []
    weight = 0
    for key in keys:
        size = sizes.get(key, BATCH_BYTES // 2)
        if batch and (len(batch) >= BATCH_MESSAGES or weight + size > BATCH_BYTES):
            yield batch
            batch, weight = [], 0
        batch.append(key)
        weight += size
    if batch:
        yield batch
