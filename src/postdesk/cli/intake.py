"""`postdesk intake`: one message from a mail server's pipe, answered with the codes of sysexits.h that servers know."""

from __future__ import annotations

import re
import sys

from postdesk.basics import clock
from postdesk.basics.errors import Invalid
from postdesk.cli.start import complain, django_ready, first_line, load

NOT_A_MESSAGE, NO_INPUT, TRY_AGAIN, DENIED = 65, 66, 75, 77

#: A header field's name (RFC 5322 section 2.2), at the beginning of a line.
_FIELD = re.compile(rb"^[!-9;-~]+[ \t]*:", re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n[ \t]*\r?\n|\r[ \t]*\r")


def intake(mailbox: str | None) -> int:
    """Store what stands on standard input. 0 only once it is committed; on 75 the server keeps it."""
    raw = sys.stdin.buffer.read()
    if not raw.strip():
        complain("there is no message on standard input")
        return NO_INPUT
    if not has_header(raw):
        complain("what came on standard input has no header and is not a message")
        return NOT_A_MESSAGE
    try:
        django_ready()
        load("postdesk.flow.accept", "accept_piped")(raw, via=mailbox, at=clock.now())
    except Invalid as error:
        complain(error.message)
        return DENIED
    except Exception as error:  # noqa: BLE001 - whatever it is, the mail server must keep the message
        complain(f"not stored, try again later: {type(error).__name__}: {first_line(error)}")
        return TRY_AGAIN
    return 0


def has_header(raw: bytes) -> bool:
    """Whether any line before the first empty one is a header field."""
    head = raw.lstrip(b"\r\n")[:65536]
    end = _HEADER_END.search(head)
    return _FIELD.search(head[: end.start()] if end else head) is not None
