"""The header block as text: fields in order, encoded words, ids, dates. Tolerant throughout; nothing here raises.

RFC 5322 section 2.2 and 3.6.4, RFC 2047.
"""

from __future__ import annotations

import binascii
import hashlib
import re

from postdesk.mail import charset

_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:[ \t]*(.*(?:\r?\n[ \t]+.*)*)", re.MULTILINE)
_FOLD = re.compile(r"(?<![ \t\r])[ \t\r]*+\n[ \t]++(?:[ \t\r]*+\n[ \t]++)*+")
_WORD = re.compile(
    r"=\?([^?\s*]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?(.{0,2000}?)\?=(?:[ \t]+(?==\?[^?\s]{1,60}\?[bBqQ]\?))?"
)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_ID = re.compile(r"<([^<>]++)>")
_BARE_ID = re.compile(r"(?<![^\s<>,;\"()])[^\s<>,;\"()@]++@[^\s<>,;\"()]+")
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x80-\x9f]")
_SPACE = re.compile(r"\s+")
#: Ids longer than this are replaced by a digest of themselves, so that they still find their thread.
_LONGEST_ID = 512
_MOST_IDS = 200
#: Encoded words are looked for in this much of a value; nobody writes longer ones.
_LONGEST_CODED = 10_000

Fields = list[tuple[str, str]]


def split(raw: bytes) -> tuple[bytes, int]:
    """(the header block, where the body begins)."""
    if raw[:1] in (b"\r", b"\n"):
        return b"", 2 if raw[:2] == b"\r\n" else 1
    crlf = raw.find(b"\n\r\n")
    lf = raw.find(b"\n\n", 0, crlf if crlf >= 0 else 1_000_000)
    if lf < 0 and crlf < 0:
        return raw, len(raw)
    if lf < 0 or 0 <= crlf < lf:
        return raw[:crlf], crlf + 3
    return raw[:lf], lf + 2


def fields(block: bytes) -> Fields:
    """Every field of a header block in order: name as written, value unfolded, encoded words still encoded."""
    if block.isascii():
        text = block.decode("ascii")
        if "\n " in text or "\n\t" in text:
            text = _FOLD.sub(" ", text)
        return [
            (line[:at].rstrip(), line[at + 1 :].strip()) for line in text.split("\n") if (at := _name_ends(line)) > 0
        ]
    found = _FIELD.findall(block)
    return [(name.decode("ascii"), _FOLD.sub(" ", charset.decode(value)[0]).strip()) for name, value in found]


def _name_ends(line: str) -> int:
    """Where the colon after a field's name stands; 0 where the line is none."""
    at = line.find(":")
    return at if at > 0 and " " not in line[:at].rstrip() and line[0] > " " else 0


def readable(value: str) -> str:
    """A field's value for people: encoded words decoded, no control characters, one line."""
    if "=?" in value:
        value = decode_words(value)
    return _CONTROL.sub(" ", value).strip() if not value.isprintable() else value


def decode_words(value: str) -> str:
    """RFC 2047 words decoded; neighbours in one charset are joined as bytes, since many are cut inside a
    character."""
    pieces: list[str] = []
    pending, label, at, begun = b"", "", 0, 0
    for found in _WORD.finditer(value, 0, _LONGEST_CODED):
        name = found[1].lower()
        if pending and (found.start() != at or name != label):
            pieces.append(_said(pending, label, value[begun:at]))
            pending = b""
        pieces.append(value[at : found.start()])
        begun = begun if pending else found.start()
        pending, label, at = pending + _word_bytes(found[2], found[3]), name, found.end()
    if pending:
        pieces.append(_said(pending, label, value[begun:at]))
    return "".join(pieces) + value[at:]


def _said(raw: bytes, label: str, written: str) -> str:
    """The words of these bytes; as they were written where the bytes are no text in any charset."""
    text, _, repaired = charset.decode(raw, label)
    return written.strip() if repaired and _NO_TEXT.search(text) else text


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "bB":
        return lenient_base64(raw)
    return binascii.a2b_qp(raw, header=True)


def lenient_base64(raw: bytes) -> bytes:
    """The bytes of base64 text with whatever junk, padding or cut it has (RFC 2045 section 6.8 says: ignore junk)."""
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        pass
    return b"".join(_padded(_NOT_BASE64.sub(b"", chunk)) for chunk in re.split(rb"=+", raw) if chunk)


def _padded(chunk: bytes) -> bytes:
    if len(chunk) % 4 == 1:
        chunk = chunk[:-1]
    return binascii.a2b_base64(chunk + b"=" * (-len(chunk) % 4))


def ids(value: str) -> tuple[str, ...]:
    """Message-IDs in a field, without brackets, in order, each once."""
    found = _ID.findall(value) or _BARE_ID.findall(value)
    clean = dict.fromkeys(one_id(item) for item in found)
    kept = tuple(item for item in clean if item)
    return kept if len(kept) <= _MOST_IDS else kept[:1] + kept[1 - _MOST_IDS :]


def one_id(value: str) -> str:
    """A Message-ID as stored: no brackets or blanks; one too long to index becomes its digest."""
    value = _SPACE.sub("", value).strip("<>").replace("\0", "")
    if len(value) <= _LONGEST_ID:
        return value
    return value[:100] + "~" + hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:40]


def message_id(value: str) -> str | None:
    """The id of a Message-ID field, or None where there is none in it."""
    found = _ID.search(value)
    return one_id(found[1] if found else value.strip("<> \t").split(" ")[0]) or None
