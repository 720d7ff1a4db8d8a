"""The files of a message: named, unpacked from TNEF and uuencode, inline images told from attachments."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

from postdesk.mail import charset, headers, html_text, names, uuencoding
from postdesk.mail.body import Body
from postdesk.mail.message import Attachment
from postdesk.mail.part import Part

_TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_TNEF_MARK = b"\x78\x9f\x3e\x22"
_CID = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)


def gather(body: Body, leaves: Sequence[Part]) -> tuple[str, str | None, tuple[Attachment, ...], list[str]]:
    """(text, html, attachments, what was repaired): the words after what was packed inside them is taken out."""
    text, html, defects = body.text, body.html, list[str]()
    text, packed = uuencoding.unpack(text)
    shown = set(_CID.findall(html)) if html and "cid:" in html.lower() else set()
    found: list[Attachment] = []
    for number, part in body.files:
        if part.content_type in _TNEF_TYPES or part.content.startswith(_TNEF_MARK):
            opened = _opened(part.content)
            if opened is not None:
                more, tnef_text, tnef_html = opened
                found.extend(more)
                text, html = text if text.strip() else tnef_text, html or tnef_html
                continue
            defects.append("a winmail.dat that cannot be unpacked is kept as it is")
        found.append(_attachment(part, number, shown))
    if html and not text.strip():
        text = html_text.text_of(html)
    if not html and not text.strip():
        text = _of_report(leaves)
    return text, html, tuple(found + packed), defects


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


def _opened(content: bytes) -> tuple[list[Attachment], str, str | None] | None:
    """(files, text, html) of a TNEF stream (MS-OXTNEF); None where it cannot be read or holds nothing."""
    from tnefparse import TNEF

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tnef = TNEF(content, do_checksum=False)
            found = [
                _from_tnef(item.long_filename() or item.name, item.data, at)
                for at, item in enumerate(tnef.attachments, 1)
            ]
            text, html = _as_text(tnef.body), _as_text(tnef.htmlbody)
    except Exception:  # noqa: BLE001 - a reader of a private format on bytes of strangers; the file is then kept unopened.
        return None
    if not found and not text and not html:
        return None
    return found, text.replace("\r\n", "\n"), html or None


def _from_tnef(name: object, content: object, number: int) -> Attachment:
    kept = content if isinstance(content, bytes) else bytes(content) if isinstance(content, bytearray) else b""
    kind = "application/octet-stream"
    return Attachment(names.safe(_as_text(name)) or names.made_up(kind, number), kind, kept)


def _as_text(value: object) -> str:
    if isinstance(value, list):
        value = b"".join(value) if all(isinstance(item, bytes) for item in value) else "".join(map(str, value))
    if isinstance(value, bytes):
        return charset.decode(value)[0]
    return value.replace("\0", "") if isinstance(value, str) else ""
