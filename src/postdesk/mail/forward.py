"""A message forwarded inside another: who wrote it, about what, and its words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from postdesk.mail import address, body, headers, html_text
from postdesk.mail.message import Forwarded
from postdesk.mail.part import Part
from postdesk.mail.parts import read as parts_of
from postdesk.mail.quote_words import FORWARD, FROM_LINE, OTHER_LINE

_SUBJECT = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|vs|vb|vl|doorst|ilt|转发|轉寄|fs)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_FIELDS_WITHIN = 14
_LINES = 2000
_LONGEST_HEADER = 100_000
#: The last signs of lines that announce a forwarded message.
_ENDS = frozenset("-:* \u00a0")


def find(text: str, subject: str) -> Forwarded | None:
    """The forwarded message in a text, or None. Without the words of a mail program the subject must say so."""
    says_so = _SUBJECT.match(subject) is not None
    lines = text.split("\n", _LINES)
    at = next((at for at, line in enumerate(lines) if line[-1:] in _ENDS and FORWARD.match(line[:200].strip())), None)
    if at is None and says_so:
        at = next((at - 1 for at, line in enumerate(lines) if ":" in line[:24] and FROM_LINE.match(line)), None)
    return _read(lines, at + 1) if at is not None else None


def inside(parts: Sequence[tuple[int, Part]]) -> Forwarded | None:
    """The message forwarded as a file, where there is exactly one."""
    messages = [part for _, part in parts if part.content_type in ("message/rfc822", "message/global")]
    if len(messages) != 1:
        return None
    raw = messages[0].content.lstrip(b"\r\n")
    block, body_at = headers.split(raw)
    named = headers.fields(block[:_LONGEST_HEADER])
    first = {name.lower(): value for name, value in reversed(named)}
    sender = address.first(first.get("from", ""))
    leaves, _ = parts_of(raw, named, body_at)
    words = body.choose(leaves)
    text = words.text or (html_text.text_of(words.html) if words.html else "")
    return Forwarded(
        sender.key if sender else None, headers.readable(first["subject"]) if "subject" in first else None, text
    )


def _read(lines: list[str], start: int) -> Forwarded | None:
    sender: str | None = None
    about: str | None = None
    end = start
    for at in range(start, min(start + _FIELDS_WITHIN, len(lines))):
        line = lines[at]
        if not line.strip(" >"):
            if sender or about:
                break
            continue
        if found := FROM_LINE.match(line):
            one = address.first(found[1].replace("[mailto:", "<").replace("]", ">").strip(" *"))
            sender = sender or (one.key if one else None)
        elif found := OTHER_LINE.match(line):
            if found[3]:
                about = found[5].strip(" *")
        elif not (sender or about):
            return None
        end = at + 1
    if sender is None and about is None:
        return None
    return Forwarded(sender, about, "\n".join(lines[end:]).strip())
