"""The files of a message: named, unpacked from TNEF and uuencode, inline images told from attachments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from postdesk.mail import charset, headers, html_text, names, tnef, uuencoding
from postdesk.mail.body import Body
from postdesk.mail.message import Attachment, Priority
from postdesk.mail.part import Part

#: More files than this are nobody's letter; the rest stays in the message as it came.
MOST = 500
_CID = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)


@dataclass(slots=True)
class Gathered:
    """The words after what was packed inside them is taken out, the files, and what was repaired."""

    text: str
    html: str | None
    files: list[Attachment]
    defects: list[str]
    importance: Priority | None = None


def gather(body: Body, leaves: Sequence[Part]) -> Gathered:
    """Words and files of a message, whatever they were packed in."""
    text, packed = uuencoding.unpack(body.text)
    now = Gathered(text, body.html, [], [])
    if body.files:
        _open(body, now)
    if len(now.files) + len(packed) > MOST:
        left = len(now.files) + len(packed) - MOST
        now.defects.append(f"{left} files beyond the {MOST}th are only in the message as it came")
    now.files = (now.files + packed)[:MOST]
    if now.html and not now.text.strip():
        now.text = html_text.text_of(now.html)
    if not now.html and not now.text.strip():
        now.text = _of_report(leaves)
    return now


def _open(body: Body, now: Gathered) -> None:
    html = now.html
    shown = set(_CID.findall(html)) if html and "cid:" in html.lower() else set()
    for number, part in body.files:
        if part.content_type in tnef.TYPES or part.content.startswith(tnef.MARK):
            opened = tnef.unpack(part.content)
            now.importance = now.importance or (opened.importance if opened else None)
            if opened is not None and not opened.is_empty:
                now.files.extend(opened.files)
                now.text = now.text if now.text.strip() else opened.text
                now.html = now.html or opened.html
                continue
            now.defects.append("a winmail.dat that cannot be unpacked is kept as it is")
        if len(now.files) <= MOST + 1000:
            now.files.append(_attachment(part, number, shown))


def _of_report(leaves: Sequence[Part]) -> str:
    """The words of a delivery report that has no others."""
    reports = (part.content for part in leaves if part.content_type == "message/delivery-status")
    return "\n".join(charset.decode(content)[0].replace("\r\n", "\n") for content in reports)


def _attachment(part: Part, number: int, shown: set[str]) -> Attachment:
    name = names.safe(part.filename) if part.filename else ""
    if not name and part.content_type in ("message/rfc822", "message/global"):
        name = names.from_subject(_subject(part.content))
    identity = part.content_id
    inline = (
        identity is not None and not part.is_attachment and (identity in shown or part.container == "multipart/related")
    )
    return Attachment(
        name or names.made_up(part.content_type, number),
        part.content_type,
        part.content,
        identity,
        inline or (identity in shown),
    )


def _subject(content: bytes) -> str:
    block, _ = headers.split(content.lstrip(b"\r\n"))
    return next(
        (headers.readable(value) for name, value in headers.fields(block[:100_000]) if name.lower() == "subject"), ""
    )
