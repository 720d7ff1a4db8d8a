"""Small scripted IMAP, POP3 and SMTP servers, correct except where they are told to be otherwise.

They serve `tests.support.peers`: enough of each protocol that a client gets as far as the place where it goes wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from typing import Protocol as Shape

Protocol = Literal["imap", "pop3", "smtp"]

GREETINGS: dict[Protocol, bytes] = {
    "imap": b"* OK [CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN] ready\r\n",
    "pop3": b"+OK ready\r\n",
    "smtp": b"220 peer.example ESMTP\r\n",
}
MAIL = (
    b"From: Ada <ada@example.com>\r\nTo: support@desk.example\r\nSubject: A mail that never arrives whole\r\n"
    b"Message-ID: <whole@example.com>\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\n\r\n" + b"A line of text.\r\n" * 40
)
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}$")
_SECTION = re.compile(rb"BODY(?:\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)


class Ended(Exception):
    """The conversation is over: the client left, the test is over, or the script says so."""


class Client(Shape):
    """What a dialogue needs of a connection."""

    def say(self, octets: bytes) -> None: ...
    def line(self) -> bytes: ...
    def octets(self, number: int) -> bytes: ...


@dataclass(frozen=True)
class ImapTwist:
    """Where an IMAP server goes wrong.

    `body` sends a FETCH's literal: it gets what stands before it (up to the item's name) and the bytes. `idle` runs
    instead of IDLE. `refuses` maps "select" and "fetch" to the text of a NO.
    """

    body: Callable[..., None] | None = None
    idle: Callable[..., None] | None = None
    refuses: Mapping[str, str] = field(default_factory=dict)


# --- IMAP (RFC 3501, RFC 2177)


def speak_imap(
    client: Client, mails: Sequence[bytes] = (), twist: ImapTwist = ImapTwist(), *, refusal: str | None = None
) -> None:
    """Speak IMAP until the client logs out: one folder, UIDs from 1, UIDVALIDITY 7. `refusal` refuses every login."""
    client.say(GREETINGS["imap"])
    while True:
        tag, _, rest = _imap_command(client).partition(b" ")
        words = rest.upper().split()
        uid = bool(words) and words[0] == b"UID"
        verb = words[uid].decode("ascii", "replace") if len(words) > uid else ""
        if verb == "LOGOUT":
            client.say(b"* BYE logging out\r\n" + tag + b" OK done\r\n")
            return
        if verb in ("LOGIN", "AUTHENTICATE"):
            _imap_login(client, tag, words, refusal)
        elif verb == "IDLE":
            _imap_idle(client, tag, twist)
        elif verb == "FETCH":
            _imap_fetch(client, tag, rest, mails, twist)
        elif verb in ("SELECT", "EXAMINE") and "select" in twist.refuses:
            client.say(tag + b" NO " + twist.refuses["select"].encode() + b"\r\n")
        else:
            client.say(_imap_facts(verb, len(mails)) + tag + b" OK done\r\n")


def _imap_command(client: Client) -> bytes:
    """One command, its literals read in place (RFC 7888 for those with a plus)."""
    command = client.line()
    while literal := _LITERAL.search(command):
        if not literal[2]:
            client.say(b"+ go on\r\n")
        command = command[: literal.start()] + client.octets(int(literal[1])) + client.line()
    return command


def _imap_login(client: Client, tag: bytes, words: list[bytes], refusal: str | None) -> None:
    if words[0] == b"AUTHENTICATE" and len(words) < 3:
        client.say(b"+ \r\n")
        client.line()
    client.say(tag + (f" NO {refusal}\r\n" if refusal else " OK logged in\r\n").encode())


def _imap_idle(client: Client, tag: bytes, twist: ImapTwist) -> None:
    if twist.idle:
        twist.idle(client)
    client.say(b"+ idling\r\n")
    while client.line().upper() != b"DONE":
        pass
    client.say(tag + b" OK done\r\n")


def _imap_facts(verb: str, number: int) -> bytes:
    facts = {
        "CAPABILITY": "* CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN\r\n",
        "LIST": '* LIST () "/" INBOX\r\n* LIST () "/" Support\r\n',
        "SELECT": f"* FLAGS (\\Seen \\Deleted)\r\n* {number} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] fine\r\n"
        f"* OK [UIDNEXT {number + 1}] fine\r\n",
        "SEARCH": f"* SEARCH{''.join(f' {uid}' for uid in range(1, number + 1))}\r\n",
        "STATUS": f"* STATUS INBOX (MESSAGES {number} UIDNEXT {number + 1} UIDVALIDITY 7 UNSEEN {number})\r\n",
    }
    return facts.get("SELECT" if verb == "EXAMINE" else verb, "").encode()


def _imap_fetch(client: Client, tag: bytes, command: bytes, mails: Sequence[bytes], twist: ImapTwist) -> None:
    if "fetch" in twist.refuses:
        client.say(tag + b" NO " + twist.refuses["fetch"].encode() + b"\r\n")
        return
    asked = re.search(rb"FETCH ([\d:*,]+) ", command, re.IGNORECASE)
    for uid in _numbers(asked[1].decode() if asked else "", len(mails)):
        raw = mails[uid - 1]
        facts = f'UID {uid} FLAGS () RFC822.SIZE {len(raw)} INTERNALDATE "05-Jan-2026 10:00:00 +0000"'
        before = f"* {uid} FETCH ({facts}".encode()
        for section in _SECTION.finditer(command):
            name, start, length = section[1].upper(), int(section[2] or 0), section[3]
            piece = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if name.startswith(b"HEADER") else raw
            piece = piece[start : start + int(length)] if length else piece
            label = b" BODY[" + section[1] + b"]" + (b"<%d>" % start if length else b"") + b" "
            if twist.body and not name:
                twist.body(client, before + label, piece)
            else:
                client.say(before + label + b"{%d}\r\n" % len(piece) + piece)
            before = b""
        client.say(before + b")\r\n")
    client.say(tag + b" OK done\r\n")


def _numbers(text: str, last: int) -> list[int]:
    """The numbers of a sequence set ("1:3,5,7:*") that exist."""
    wanted: set[int] = set()
    for span in text.split(",") if text else ():
        low, _, high = span.replace("*", str(last)).partition(":")
        ends = sorted((int(low), int(high or low)))
        wanted.update(range(ends[0], ends[1] + 1))
    return sorted(number for number in wanted if 1 <= number <= last)


# --- POP3 (RFC 1939)


def speak_pop3(
    client: Client,
    mails: Sequence[bytes] = (),
    *,
    refusal: str | None = None,
    cut: int | None = None,
    uidls: Sequence[str] | None = None,
) -> None:
    """Speak POP3 until QUIT. `refusal` refuses every login; `cut` closes within a RETR, after that many bytes; `uidls`
    name the messages."""
    names = uidls or [f"uid-{number + 1}" for number in range(len(mails))]
    client.say(GREETINGS["pop3"])
    while True:
        words = client.line().decode("ascii", "replace").split()
        verb = words[0].upper() if words else ""
        if verb in ("PASS", "AUTH", "APOP") and refusal:
            client.say(f"-ERR {refusal}\r\n".encode())
        elif verb == "RETR":
            raw = mails[int(words[1]) - 1]
            client.say(b"+OK here it is\r\n" + raw[:cut].replace(b"\r\n.", b"\r\n.."))
            if cut is not None:
                raise Ended
            client.say(b".\r\n")
        else:
            client.say(_pop3_facts(verb, words[1:], mails, names).encode())
        if verb == "QUIT":
            return


def _pop3_facts(verb: str, arguments: list[str], mails: Sequence[bytes], names: Sequence[str]) -> str:
    rows = {"LIST": [str(len(raw)) for raw in mails], "UIDL": [*names]}
    if verb == "STAT":
        return f"+OK {len(mails)} {sum(map(len, mails))}\r\n"
    if verb == "CAPA":
        return "+OK\r\nUSER\r\nUIDL\r\nTOP\r\n.\r\n"
    if verb in rows and arguments:
        return f"+OK {arguments[0]} {rows[verb][int(arguments[0]) - 1]}\r\n"
    if verb in rows:
        return "+OK\r\n" + "".join(f"{number} {row}\r\n" for number, row in enumerate(rows[verb], 1)) + ".\r\n"
    return "+OK\r\n"


# --- SMTP (RFC 5321)


def speak_smtp(client: Client, *, refusal: str | None = None, closes_at: str = "") -> None:
    """Speak SMTP until QUIT. `refusal` refuses every login with 535; `closes_at` is the verb at which it hangs up."""
    client.say(GREETINGS["smtp"])
    while True:
        verb = client.line()[:4].decode("ascii", "replace").upper()
        if verb == closes_at:
            return
        if verb == "EHLO":
            client.say(b"250-peer.example\r\n250 AUTH PLAIN LOGIN\r\n")
        elif verb == "AUTH":
            client.say(f"535 {refusal}\r\n".encode() if refusal else b"235 2.7.0 ok\r\n")
        elif verb == "DATA":
            client.say(b"354 go on\r\n")
            while client.line() != b".":
                pass
            client.say(b"250 2.0.0 taken\r\n")
        elif verb == "QUIT":
            client.say(b"221 2.0.0 bye\r\n")
            return
        else:
            client.say(b"250 2.0.0 ok\r\n")
