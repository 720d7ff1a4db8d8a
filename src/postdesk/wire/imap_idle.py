"""IMAP IDLE (RFC 2177) for a thread that watches many connections and must never block on one."""

from __future__ import annotations

import ssl
from io import BufferedReader
from typing import cast

from postdesk.basics.errors import BadProtocol, Disconnected, Rejected
from postdesk.wire.errors import words
from postdesk.wire.imap_link import Link

_MOST_UNREAD = 1024 * 1024


class Idle:
    """One IDLE command, from its start to its end. Raises what imaplib and sockets raise, and WireErrors."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._unread = b""
        self._tag: bytes = link._command("IDLE")
        while (line := link._get_response()) is not None:
            if link.tagged_commands.get(self._tag):
                raise Rejected(words(line.partition(b" ")[2]), blames="mailbox")
        self._take_over()

    def pending(self) -> bool:
        """Read what has arrived, without waiting; whether new mail was announced. Raises Disconnected at the end."""
        news = self._parse()
        sock = self._link.sock
        before = sock.gettimeout()
        sock.settimeout(0)
        try:
            while True:
                chunk = sock.recv(65536)
                if not chunk:
                    raise Disconnected("the server closed the connection during IDLE")
                self._unread += chunk
                news = self._parse() or news
        except (BlockingIOError, ssl.SSLWantReadError):
            return news
        finally:
            sock.settimeout(before)

    def end(self) -> None:
        """Say DONE and read up to the answer; announcements before it are in the link's untagged responses."""
        link = self._link
        link.pushed, self._unread = self._unread, b""
        link.send(b"DONE\r\n")
        status, said = link._command_complete("IDLE", self._tag)
        if status != "OK":
            raise link.error(said[-1])

    def _take_over(self) -> None:
        """Take what imaplib's reader has read ahead: nobody would be woken up for it."""
        sock, reader = self._link.sock, cast(BufferedReader, self._link.file)
        before = sock.gettimeout()
        sock.settimeout(0)
        try:
            self._unread = reader.read(len(reader.peek()))
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        finally:
            sock.settimeout(before)

    def _parse(self) -> bool:
        news = False
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            parts = line.split(None, 2)
            if parts[:1] == [self._tag]:
                raise Disconnected(f"the server ended IDLE: {words(line.partition(b' ')[2])}")
            if parts[:1] != [b"*"]:
                raise BadProtocol(f"the server breaks the protocol; it says: {words(line)}")
            if len(parts) > 1 and parts[1].upper() == b"BYE":
                raise Disconnected(f"the server ended the session: {words(b' '.join(parts[2:]))}")
            news = news or _announces(parts)
        if len(self._unread) > _MOST_UNREAD:
            raise BadProtocol("the server sends a line without an end")
        return news


def _announces(parts: list[bytes]) -> bool:
    if len(parts) < 3 or not parts[1].isdigit():
        return False
    what = parts[2].strip().upper()
    return what == b"EXISTS" or (what == b"RECENT" and int(parts[1]) > 0)
