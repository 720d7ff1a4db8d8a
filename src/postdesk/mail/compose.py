"""From a letter to the bytes that go over SMTP: seven-bit clean, CRLF, folded, and cheap.

RFC 5322, RFC 2045 to 2047, RFC 2231, RFC 3834. Written by hand on `binascii`, because composing is on the hot path
of every automatic answer and the standard library's policy machinery costs ten times as much.
"""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
import html as markup
import re
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Literal

from postdesk.mail.message import Address
from postdesk.mail.serialize import address_list, id_list, parameter, unstructured

Auto = Literal["auto-replied", "auto-generated"]
_HEADER_NAME = re.compile(r"[!-9;-~]{1,76}\Z")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,60}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,80}\Z")
_LINE_END = re.compile(r"\r\n|\r|\n")
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MOST_REFERENCES = 25
#: What each kind of automatic mail says of itself, so that no program answers it.
_AUTO: dict[str, tuple[tuple[str, str], ...]] = {
    "auto-replied": (
        ("Auto-Submitted", "auto-replied"),
        ("Precedence", "auto_reply"),
        ("X-Autoreply", "yes"),
        ("X-Auto-Response-Suppress", "DR, RN, OOF, AutoReply"),
    ),
    "auto-generated": (("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "OOF, AutoReply")),
}


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file to send; one with a `content_id` (no brackets) is shown inside the HTML."""

    filename: str
    content_type: str
    content: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter to compose. Ids carry no brackets; `references` is the whole chain, oldest first."""

    from_: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    message_id: str
    date: dt.datetime
    sender: Address | None = None
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    html: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    attachments: tuple[OutgoingFile, ...] = ()
    auto: Auto | None = None
    headers: tuple[tuple[str, str], ...] = ()
    #: Whether to hide our id in the text and the HTML, so that an answer finds its ticket without headers.
    marker: bool = False
    #: The line above the words ("-- reply above this line --"); None for none.
    separator: str | None = None


def compose(letter: Outgoing) -> bytes:
    """The message as bytes. Raises ValueError only for extra header names that are none."""
    block = _header(letter)
    body = _content(letter)
    return (block + body[0]).encode("utf-8") + b"\r\n" + body[1]


def _header(letter: Outgoing) -> str:
    lines = [
        f"Date: {format_datetime(letter.date)}\r\n",
        address_list("From", (letter.from_,)),
        address_list("To", letter.to) if letter.to else "To: undisclosed-recipients:;\r\n",
        unstructured("Subject", letter.subject),
        id_list("Message-ID", (letter.message_id,)),
        "MIME-Version: 1.0\r\n",
    ]
    if letter.sender is not None and letter.sender.key != letter.from_.key:
        lines.append(address_list("Sender", (letter.sender,)))
    if letter.cc:
        lines.append(address_list("Cc", letter.cc))
    if letter.reply_to:
        lines.append(address_list("Reply-To", letter.reply_to))
    if letter.in_reply_to:
        lines.append(id_list("In-Reply-To", (letter.in_reply_to,)))
    if letter.references:
        lines.append(id_list("References", _capped(letter.references)))
    for name, value in _AUTO[letter.auto] if letter.auto else ():
        lines.append(f"{name}: {value}\r\n")
    for name, value in letter.headers:
        if not _HEADER_NAME.match(name):
            raise ValueError("not a header name")
        lines.append(unstructured(name, value))
    return "".join(lines)


def _capped(references: tuple[str, ...]) -> tuple[str, ...]:
    """The chain without repeats; of a long one its root and its newest (RFC 5322 section 3.6.4 lets us trim)."""
    chain = tuple(dict.fromkeys(references))
    return chain if len(chain) <= _MOST_REFERENCES else chain[:1] + chain[1 - _MOST_REFERENCES :]


def _content(letter: Outgoing) -> tuple[str, bytes]:
    """(Content-* fields, body) of the whole letter: mixed(related(alternative(text, html), images), files)."""
    mark = hashlib.sha256(letter.message_id.encode("utf-8", "replace")).hexdigest()[:24]
    node = _text_part("plain", _marked_text(letter))
    if letter.html is not None:
        node = _multipart("alternative", f"=_a{mark}", [node, _text_part("html", _marked_html(letter, letter.html))])
    inline = [file for file in letter.attachments if file.content_id and letter.html is not None]
    if inline:
        node = _multipart("related", f"=_r{mark}", [node, *(_file_part(file, inline=True) for file in inline)])
    files = [file for file in letter.attachments if file not in inline]
    if files:
        node = _multipart("mixed", f"=_m{mark}", [node, *(_file_part(file, inline=False) for file in files)])
    return node


def _multipart(kind: str, boundary: str, parts: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    line = f"--{boundary}".encode("ascii")
    pieces = [b"%s\r\n%s\r\n%s\r\n" % (line, about.encode("ascii"), body) for about, body in parts]
    return f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n', b"".join(pieces) + line + b"--\r\n"


def _marked_text(letter: Outgoing) -> str:
    text = letter.text
    if letter.separator:
        text = f"{letter.separator}\n\n{text}"
    return f"{text.rstrip()}\n\nRef-Mid: <{letter.message_id}>\n" if letter.marker else text


def _marked_html(letter: Outgoing, html: str) -> str:
    first = ""
    if letter.marker:
        first = f'<div style="display:none" class="mid-{markup.escape(letter.message_id)}"></div>\n'
    if letter.separator:
        first += f"<div>{markup.escape(letter.separator, quote=False)}</div><br>\n"
    if not first:
        return html
    body = re.search(r"<body\b[^>]*>", html, re.IGNORECASE) if "<body" in html or "<BODY" in html else None
    at = body.end() if body else 0
    return html[:at] + first + html[at:]


def _text_part(kind: str, text: str) -> tuple[str, bytes]:
    """A text in the shortest encoding that survives every relay (RFC 2045 section 6)."""
    raw = _LINE_END.sub("\r\n", text).encode("utf-8", "replace")
    if raw and not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: "
    if raw.isascii() and not _ODD.search(text) and "From " not in text and _longest_line(raw) <= 200:
        return head + "7bit\r\n", raw
    if _quoted_size(raw) <= len(raw) * 4 // 3:
        return head + "quoted-printable\r\n", binascii.b2a_qp(raw)
    return head + "base64\r\n", _base64(raw)


def _longest_line(raw: bytes) -> int:
    return max(map(len, raw.split(b"\r\n")))


def _quoted_size(raw: bytes) -> int:
    """What quoted-printable would come to, near enough: three bytes for each that is not printable ASCII."""
    foreign = len(raw) - len(raw.decode("utf-8").encode("ascii", "ignore"))
    return len(raw) + 2 * (foreign + raw.count(b"=")) + len(raw) // 72


def _base64(raw: bytes) -> bytes:
    joined = binascii.b2a_base64(raw, newline=False)
    return b"\r\n".join([joined[at : at + 76] for at in range(0, len(joined), 76)]) + b"\r\n"


def _file_part(file: OutgoingFile, *, inline: bool) -> tuple[str, bytes]:
    kind = file.content_type if _TYPE.match(file.content_type) else "application/octet-stream"
    # Messages may not be base64 (RFC 2046 section 5.2.1), and multiparts would be taken for our own structure.
    if kind.lower().startswith(("message/", "multipart/")):
        kind = "application/octet-stream"
    about = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
    about += parameter("Content-Disposition: " + ("inline" if inline else "attachment"), "filename", file.filename)
    if file.content_id:
        about += id_list("Content-ID", (file.content_id,))
    return about, _base64(file.content)
