"""Mail as customers' programs write it: plain, with pictures and papers, in old charsets, with a charset that is a lie.

A `Composer` makes one message, whole and with CRLF, once it is told who writes to whom and when.
"""

from __future__ import annotations

import base64
import datetime as dt
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from postdesk.basics import ids


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, and when."""

    name: str
    address: str
    to: tuple[str, ...]
    at: dt.datetime


Composer = Callable[[Envelope], bytes]


def plain(subject: str, text: str, **headers: str) -> Composer:
    """A plain text message; further headers by keyword, `_` for `-`."""

    def compose(envelope: Envelope) -> bytes:
        message = _begun(envelope, subject)
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        return message.as_bytes(policy=SMTP)

    return compose


def illustrated(subject: str, html: str, text: str, *, paper: Sequence[str], filename: str) -> Composer:
    """HTML with a picture in it (`cid:picture` in `html`), its text beside it, and a PDF attached."""

    def compose(envelope: Envelope) -> bytes:
        message = _begun(envelope, subject)
        message.set_content(text)
        picture = f"{ids.nonce()}@{envelope.address.rpartition('@')[2]}"
        message.add_alternative(html.replace("cid:picture", f"cid:{picture}"), subtype="html")
        body = message.get_payload()
        assert isinstance(body, list)
        page = body[1]
        assert isinstance(page, EmailMessage)
        page.add_related(png(), "image", "png", cid=f"<{picture}>", filename="lamp.png", disposition="inline")
        message.add_attachment(pdf(paper), "application", "pdf", filename=filename)
        return message.as_bytes(policy=SMTP)

    return compose


def japanese(subject: str, text: str) -> Composer:
    """ISO-2022-JP in header and body, seven bits wide, as Japanese programs have long written (RFC 1468)."""
    return _eight_bit(subject, text, label="iso-2022-jp", codec="iso2022_jp", transfer="7bit")


def mislabelled(subject: str, text: str) -> Composer:
    """Windows-1252 that says it is ISO-8859-1: the quotation marks and the euro sign are control codes there."""
    return _eight_bit(subject, text, label="iso-8859-1", codec="cp1252", transfer="8bit")


def _eight_bit(subject: str, text: str, *, label: str, codec: str, transfer: str) -> Composer:
    def compose(envelope: Envelope) -> bytes:
        head = _begun(envelope, "")
        del head["Subject"]
        encoded = base64.b64encode(subject.encode(codec)).decode()
        fields = (
            head.as_bytes(policy=SMTP).rstrip(b"\r\n").decode(),
            f"Subject: =?{label}?B?{encoded}?=",
            "MIME-Version: 1.0",
            f"Content-Type: text/plain; charset={label}",
            f"Content-Transfer-Encoding: {transfer}",
            "",
            "",
        )
        return "\r\n".join(fields).encode() + text.replace("\n", "\r\n").encode(codec)

    return compose


def answer(text: str, to_message: EmailMessage, **headers: str) -> Composer:
    """A reply to a message received: `Re:`, In-Reply-To, References, the new words on top, the old ones quoted."""

    def compose(envelope: Envelope) -> bytes:
        subject = str(to_message.get("Subject", ""))
        message = _begun(envelope, subject if subject.lower().startswith("re:") else f"Re: {subject}")
        message_id = as_written(to_message, "Message-ID")
        if message_id:
            message["In-Reply-To"] = message_id
            message["References"] = f"{as_written(to_message, 'References')} {message_id}".strip()
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        quoted = "\n".join(f"> {line}".rstrip() for line in text_of(to_message).splitlines())
        intro = f"On {to_message.get('Date', '')}, {to_message.get('From', '')} wrote:"
        message.set_content(f"{text}\n\n{intro}\n{quoted}\n")
        return message.as_bytes(policy=SMTP)

    return compose


def automatic(text: str, to_message: EmailMessage) -> Composer:
    """An out-of-office note: in answer to anything at all, as the ill-bred ones do (RFC 3834 section 2 forbids it)."""

    def compose(envelope: Envelope) -> bytes:
        message = _begun(envelope, f"Automatic reply: {to_message.get('Subject', '')}")
        message_id = as_written(to_message, "Message-ID")
        if message_id:
            message["In-Reply-To"] = message_id
        message["Auto-Submitted"] = "auto-replied"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(text)
        return message.as_bytes(policy=SMTP)

    return compose


def as_written(message: EmailMessage, name: str) -> str:
    """A header field's value as it stands in the message, unfolded; "" where there is none.

    For identifiers: the standard library takes odd ones apart, and stumbles over some.
    """
    for field, value in message.raw_items():
        if field.lower() == name.lower():
            return " ".join(str(value).split())
    return ""


def text_of(message: EmailMessage) -> str:
    """The plain text of a message, "" where there is none."""
    body = message.get_body(preferencelist=("plain",))
    if body is None:
        return ""
    try:
        content = body.get_content()
    except (LookupError, UnicodeError):
        # A charset Python does not know: show what is ASCII in it.
        payload = body.get_payload(decode=True)
        return payload.decode("ascii", "replace") if isinstance(payload, bytes) else ""
    return str(content)


def _begun(envelope: Envelope, subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = formataddr((envelope.name, envelope.address))
    message["To"] = ", ".join(envelope.to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = f"<{ids.nonce()}@{envelope.address.rpartition('@')[2]}>"
    return message


def png(size: int = 64) -> bytes:
    """A small picture, a light in the dark: `size` pixels square, RGB, eight bits (PNG specification, section 5)."""
    centre = (size - 1) / 2
    rows = bytearray()
    for y in range(size):
        rows.append(0)
        for x in range(size):
            glow = max(0.0, 1 - (((x - centre) ** 2 + (y - centre) ** 2) ** 0.5) / centre)
            rows += bytes((int(24 + 231 * glow), int(26 + 180 * glow), int(48 + 40 * glow)))

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")


def pdf(lines: Sequence[str]) -> bytes:
    """A sheet of paper with a few lines of ASCII on it (PDF 1.4: five objects and their table)."""
    escaped = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines]
    drawing = "BT /F1 12 Tf 72 770 Td 18 TL " + " ".join(f"({line}) Tj T*" for line in escaped) + " ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("ascii")
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += "".join(f"{place:010d} 00000 n \n" for place in places).encode()
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)
