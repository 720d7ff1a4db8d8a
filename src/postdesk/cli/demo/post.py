"""The sandbox's post office: who has a letter box here, and what happens to a message that is handed in.

Every letter box is a Maildir. The desk's are read over IMAP (servers.py), the people's on the page
(page.py). What is addressed to nobody here comes back as a bounce.
"""

from __future__ import annotations

import datetime as dt
import mailbox
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from postdesk.basics import clock, ids
from postdesk.cli.demo.bounce import compose_bounce

#: The sandbox's own name, as it stands in Received fields and bounces.
HOST_NAME = "mail.sandbox.example"

#: What a person's letter box holds: what came, and what that person wrote.
Side = Literal["received", "sent"]

SIDES: tuple[Side, ...] = ("received", "sent")


@dataclass(frozen=True, slots=True)
class Stored:
    """One message in a person's letter box."""

    key: str
    arrived_at: dt.datetime
    raw: bytes


class PostOffice:
    """Delivers messages to the letter boxes below one folder; safe to use from several threads.

    `desk`: the desk's addresses; `people`: everybody else who has a letter box here. All in lower case.
    """

    def __init__(self, root: Path, *, desk: Iterable[str], people: Iterable[str]) -> None:
        self._root = root
        self.desk = tuple(desk)
        self.people = tuple(people)
        self._lock = threading.Lock()
        self._arrival: Callable[[str, bytes], None] = lambda address, raw: None
        for address in self.desk:
            _open(self.desk_folder(address))
        for address in self.people:
            for side in SIDES:
                _open(self._folder(address, side))

    def tell(self, arrival: Callable[[str, bytes], None]) -> None:
        """From now on call `arrival(address, raw)` for each message that reaches a person."""
        self._arrival = arrival

    def desk_folder(self, address: str) -> Path:
        """The Maildir of one address of the desk."""
        return self._root / "desk" / address.partition("@")[0]

    def deliver(self, sender: str, recipients: Iterable[str], raw: bytes) -> None:
        """Put `raw` into the letter box of each recipient; a bounce goes to `sender` for those who have none.

        `sender` is the envelope's (RFC 5321 section 4.1.1.2) and may be empty: then nothing ever bounces
        (section 6.1), since the message is itself a bounce or something that wants no answer.
        """
        at = clock.now()
        unknown: list[str] = []
        for recipient in dict.fromkeys(recipient.strip().lower() for recipient in recipients):
            if not self._put(sender, recipient, raw, at):
                unknown.append(recipient)
        if unknown and sender:
            self.deliver("", [sender], compose_bounce(raw, to=sender, recipients=unknown, reporter=HOST_NAME, at=at))

    def keep_sent(self, address: str, raw: bytes) -> None:
        """Keep a copy of what a person here wrote."""
        with self._lock:
            _open(self._folder(address, "sent")).add(raw)

    def letters(self, address: str, side: Side) -> list[Stored]:
        """What the letter box of a person holds, the newest first. Raises KeyError for a stranger."""
        if address not in self.people:
            raise KeyError(address)
        box = _open(self._folder(address, side))
        stored = [
            Stored(key, dt.datetime.fromtimestamp(box.get_message(key).get_date(), dt.UTC), box.get_bytes(key))
            for key in box.iterkeys()
        ]
        return sorted(stored, key=lambda letter: letter.arrived_at, reverse=True)

    def _put(self, sender: str, recipient: str, raw: bytes, at: dt.datetime) -> bool:
        if recipient in self.desk:
            folder = self.desk_folder(recipient)
        elif recipient in self.people:
            folder = self._folder(recipient, "received")
        else:
            return False
        with self._lock:
            _open(folder).add(_trace(sender, recipient, at) + raw)
        if recipient in self.people:
            self._arrival(recipient, raw)
        return True

    def _folder(self, address: str, side: Side) -> Path:
        return self._root / "people" / address / side


def _open(folder: Path) -> mailbox.Maildir:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return mailbox.Maildir(folder, create=True)


def _trace(sender: str, recipient: str, at: dt.datetime) -> bytes:
    """What the last server puts above a message (RFC 5321 section 4.4)."""
    return (
        f"Return-Path: <{sender}>\r\n"
        f"Delivered-To: {recipient}\r\n"
        f"Received: from localhost (localhost [127.0.0.1])\r\n"
        f"\tby {HOST_NAME} with ESMTP id {ids.nonce()}\r\n"
        f"\tfor <{recipient}>; {format_datetime(at)}\r\n"
    ).encode("utf-8", "surrogateescape")
