"""The two hands of one intake lane: the chunk being worked on, and the one after it, being read meanwhile.

While PostgreSQL writes a chunk, this process would wait; a thread parses the next chunk instead. Reading ahead
is claiming too: a message that kills the worker while it is read ahead counts like any other.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from postdesk.flow import source
from postdesk.mail.message import ParsedMail
from postdesk.mail.parse import parse
from postdesk.mailroom import in_hand
from postdesk.mailroom.in_hand import Chunk
from postdesk.mailroom.models import MailSettings

#: Messages and bytes of raw mail in one transaction at most.
CHUNK, CHUNK_BYTES = 200, 16 * 1024 * 1024

Read = dict[int, ParsedMail]


@dataclass(slots=True)
class Reading:
    """A claimed chunk; its messages are bytes yet, or being read by the other thread, or read."""

    chunk: Chunk
    contents: dict[int, bytes]
    read: Future[Read] | None = None

    def mails(self) -> Read:
        """Ledger id -> message. Raises what parsing raised."""
        return self.read.result() if self.read is not None else _read(self.contents)


class Hands:
    """One lane's hands, while it is ours. Not for two threads."""

    def __init__(self, mailbox: int) -> None:
        self.mailbox = mailbox
        self._ahead: Reading | None = None
        self._reader: ThreadPoolExecutor | None = None

    @property
    def empty(self) -> bool:
        return self._ahead is None

    def next(self) -> Reading | None:
        """The next chunk; where a full one suggests a backlog, the one after it is claimed, too."""
        now = self._ahead or self._claim(after=0)
        self._ahead = None
        if now is not None and len(now.chunk.messages) == CHUNK:
            self._ahead = self._claim(after=now.chunk.messages[-1])
        return now

    def read_ahead(self) -> None:
        """Begin to read the chunk after this one; called when the database has the long word from now on.

        The bytes were fetched on this thread's connection: the reader only computes.
        """
        if self._ahead is None:
            return
        if self._reader is None:
            self._reader = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._ahead.read = self._reader.submit(_read, self._ahead.contents)

    def let_go(self) -> None:
        """Give back what was read ahead: the order of messages is kept when one before it has to come again."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            in_hand.give_back(ahead.chunk)

    def close(self) -> None:
        self.let_go()
        if self._reader is not None:
            self._reader.shutdown(wait=True, cancel_futures=True)

    def _claim(self, *, after: int) -> Reading | None:
        chunk = in_hand.claim(self.mailbox, limit=CHUNK, max_bytes=CHUNK_BYTES, after=after)
        if chunk is None:
            return None
        settings = MailSettings.objects.filter(pk=1).first() or MailSettings()
        return Reading(chunk, source.contents_of(chunk.messages, limited_by=settings))


def _read(contents: dict[int, bytes]) -> Read:
    """Parse, letting go of each message's bytes when it is read."""
    return {pk: parse(contents.pop(pk)) for pk in list(contents)}
