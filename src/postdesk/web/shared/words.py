"""Instants, spans and sizes in words. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
#: Seconds of waiting at which the queue's colour changes: calm, mind, warm, hot.
HEAT: Final = (_HOUR, 4 * _HOUR, _DAY)
#: A ticket that is due within so many seconds stands out.
SOON: Final = 4 * _HOUR
#: What wrote an entry, where it was no person: a kind of mail (mail.message.Kind), or a filter's canned response.
KINDS: Final = {
    "auto_reply": "automatic answer",
    "list": "mailing list",
    "bounce": "undelivered mail",
    "delay": "delayed mail",
    "complaint": "complaint",
    "read_receipt": "read receipt",
    "delivery_receipt": "delivery receipt",
    "canned": "canned response",
}


def duration(since: dt.datetime, *, now: dt.datetime) -> str:
    """ "3 h", "2 d"; under a minute "now"."""
    seconds = int((now - since).total_seconds())
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h"
    if seconds < 60 * _DAY:
        return f"{seconds // _DAY} d"
    return f"{seconds // (30 * _DAY)} mo" if seconds < 730 * _DAY else f"{seconds // (365 * _DAY)} y"


def ago(at: dt.datetime, *, now: dt.datetime) -> str:
    """ "3 h ago", "in 5 min", "just now"."""
    if at > now:
        span = duration(now, now=at)
        return "in a moment" if span == "now" else f"in {span}"
    span = duration(at, now=now)
    return "just now" if span == "now" else f"{span} ago"


def absolute(at: dt.datetime) -> str:
    """ "Mon 23 Nov 2026, 20:04 UTC"."""
    return f"{at.astimezone(dt.UTC):%a %d %b %Y, %H:%M} UTC"


def heat(since: dt.datetime, *, now: dt.datetime) -> int:
    """0 (calm) to 3 (hot)."""
    seconds = (now - since).total_seconds()
    return sum(seconds >= bound for bound in HEAT)


def promise(due_at: dt.datetime, *, now: dt.datetime) -> str:
    """Where a ticket's promise stands: "promised" while there is time, "due" when it is soon, "overdue"."""
    seconds = (due_at - now).total_seconds()
    return "overdue" if seconds <= 0 else "due" if seconds < SOON else "promised"


def server_reply(code: int | None, enhanced: str, reply: str) -> str:
    """A server's reply with its codes (RFC 5321 section 4.2, RFC 3463) before it, unless it begins with them already,
    as the diagnostics in reports of undelivered mail do."""
    codes = [part for part in (str(code or ""), enhanced) if part]
    words = reply.strip()
    for part in codes:
        if words.startswith(part):
            words = words.removeprefix(part).lstrip(" -")
    return " ".join((*codes, words)).strip()


def size(count: int) -> str:
    """Bytes for people: "812 B", "14 kB", "3.2 MB"."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB"
