"""SMTP replies (RFC 5321 section 4.2, RFC 3463) and addresses as SMTP writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from postdesk.basics.errors import BadProtocol
from postdesk.wire.channel import Channel
from postdesk.wire.errors import enhanced_code, words

MOST_LINES = 1_000

_QUEUE_IDS = (
    re.compile(r"queued as (?:id )?<?([\w.+/=-]{4,})>?", re.I),  # Postfix, aiosmtpd's kin
    re.compile(r"\bid=([\w.+-]{4,})", re.I),  # Exim
    re.compile(r"InternalId=(\d+)", re.I),  # Exchange
    re.compile(r"^([\w.+-]{6,}) Message accepted", re.I),  # sendmail
    re.compile(r"^OK\s+(?:\d+\s+)?([\w.-]{8,}) - gsmtp", re.I),  # Gmail
)


@dataclass(frozen=True)
class Reply:
    """A server's reply: `text` is its own words without the codes, lines joined by blanks."""

    code: int
    enhanced: str | None
    text: str
    lines: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @property
    def accepted(self) -> bool:
        """2yz."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """4yz: try again later."""
        return 400 <= self.code < 500

    @property
    def permanent(self) -> bool:
        """5yz: do not try again."""
        return 500 <= self.code < 600

    @property
    def words(self) -> str:
        """Enhanced code and text."""
        return f"{self.enhanced} {self.text}" if self.enhanced else self.text

    @property
    def queue_id(self) -> str | None:
        """The name under which the server queued the letter, as far as its words can be understood."""
        found = (pattern.search(self.text) for pattern in _QUEUE_IDS)
        return next((match[1] for match in found if match), None)


def read_reply(channel: Channel) -> Reply:
    """The next reply, all its lines. Raises BadProtocol when it is none, Disconnected when none comes."""
    lines: list[str] = []
    while True:
        line = channel.read_line()
        code = line[:3]
        if not code.isdigit() or line[3:4] not in (b" ", b"-", b"\r", b"\n") or len(lines) >= MOST_LINES:
            channel.drop()
            raise BadProtocol(f"this is no SMTP server; it says: {words(line)}")
        lines.append(line[4:].decode("utf-8", "replace").strip())
        if line[3:4] != b"-":
            return _reply(int(code), lines)


def _reply(code: int, lines: list[str]) -> Reply:
    enhanced = enhanced_code(lines[0])
    # Every line of a reply repeats the enhanced code (RFC 2034 section 4); said once it is enough.
    text = " ".join(line.removeprefix(enhanced or "").strip() for line in lines)
    return Reply(code, enhanced, words(text), tuple(lines))


def wire_address(address: str, *, utf8: bool) -> bytes | None:
    """The address for MAIL or RCPT; None when it cannot be written there.

    A domain that is not ASCII is written in IDNA; a local part that is not needs SMTPUTF8 (RFC 6531).
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or any(c in "<>" or ord(c) < 32 or ord(c) == 127 for c in address):
        return None
    if " " in domain or (" " in local and not local.startswith('"')):
        return None
    try:
        written = domain.encode("ascii") if domain.isascii() else domain.encode("idna")
        if local.isascii():
            return local.encode("ascii") + b"@" + written
        return f"{local}@{domain}".encode() if utf8 else None
    except UnicodeError:
        return None
