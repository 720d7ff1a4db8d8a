"""When a message reached its server, by the trace that the server itself wrote on top (RFC 5321 section 4.4)."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime

_HEAD = 16 * 1024
_RECEIVED = re.compile(rb"^Received:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_END = re.compile(rb"\r?\n\r?\n")


def received_by(raw: bytes) -> dt.datetime | None:
    """The date of the topmost Received header, aware; None when there is none or it has no date.

    The Date header is the sender's word and does not count.
    """
    head = raw[:_HEAD]
    end = _END.search(head)
    found = _RECEIVED.search(head[: end.start()] if end else head)
    if found is None:
        return None
    date = found[1].rpartition(b";")[2].decode("ascii", "replace").strip()
    try:
        read = parsedate_to_datetime(" ".join(date.split()))
    except (ValueError, IndexError, OverflowError, TypeError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)
