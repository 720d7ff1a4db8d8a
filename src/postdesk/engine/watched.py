"""What the watcher knows of one mailbox."""

from __future__ import annotations

from dataclasses import dataclass

from postdesk.wire.imap import ImapSource


@dataclass(slots=True)
class Watched:
    """One mailbox being watched. `source` None: not connected (yet)."""

    mailbox: int
    source: ImapSource | None = None
    #: What the mailbox meant when the connection was opened (RemoteMailbox.generation).
    generation: int = 0
    #: The descriptor the selector knows it by; the source may have closed it meanwhile.
    registered: int | None = None
    #: A pool thread has it in hand; the selector keeps its hands off.
    busy: bool = False
    opened_at: float = float("inf")
    idle_since: float = 0.0
    failures: int = 0
    #: Not tried before this instant (monotonic).
    not_before: float = 0.0
    last_mail_at: float = float("-inf")
    round_trip: float = 1.0
    asked_at: float = 0.0
    eager: bool = False
    #: Speaks no IDLE: left to polling.
    hopeless: bool = False
