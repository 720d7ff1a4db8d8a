"""Our own Message-IDs: signed, so that an answer finds its ticket and nobody can make one up.

Local part: "pd1." + lower-case base32 of (version, ticket, entry, nonce, tag). Lower case, for relays change case.
The tag is HMAC-SHA256 cut to 104 bits over everything before it, the domain excluded (providers rewrite it).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

_PREFIX = "pd1."
_TAG_BYTES = 13
_NONCE_BYTES = 8
_SHAPE = re.compile(r"\s*<?pd1\.([a-z2-7]{26,90})(?:@[^<>\s]{1,200})?>?\s*\Z", re.IGNORECASE)


#: The signed local part inside an id that a relay made of ours, which it wrapped or put before its own.
_CARRIED = re.compile(r"(?<![a-z0-9])pd1\.([a-z2-7]{26,90})(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """Which ticket, and which entry of it, a Message-ID of ours was made for."""

    ticket: int
    entry: int


def make(key: bytes, *, ticket: int, entry: int, nonce: str, domain: str) -> str:
    """A Message-ID without angle brackets, at most 120 characters. Raises ValueError for numbers below 0 or
    above 2**63.

    The nonce may be any text; eight bytes of its digest go in. A domain too long for the limit is left out for "local".
    """
    body = _number(ticket) + _number(entry) + hashlib.sha256(nonce.encode()).digest()[:_NONCE_BYTES]
    raw = body + _tag(key, body)
    local = _PREFIX + base64.b32encode(raw).decode("ascii").rstrip("=").lower()
    host = domain.lower() if domain and len(local) + 1 + len(domain) <= 120 else "postdesk.local"
    return f"{local}@{host}"


def read(key_candidates: Sequence[bytes], message_id: str) -> Token | None:
    """What the id says if one of the keys signed it, else None. Case, brackets and another domain do not matter."""
    found = _SHAPE.match(message_id)
    return _verified(key_candidates, found[1]) if found else None


def read_anywhere(key_candidates: Sequence[bytes], message_id: str) -> Token | None:
    """As `read`, of an id that a relay made of ours: the signed part counts wherever it stands in it.

    Only for ids that a message refers to. Its own id made of one of ours is still its own.
    """
    if "1." not in message_id:
        return None
    tokens = (_verified(key_candidates, found[1]) for found in _CARRIED.finditer(message_id[:2000]))
    return next((token for token in tokens if token is not None), None)


def _verified(key_candidates: Sequence[bytes], local: str) -> Token | None:
    text = local.upper()
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        return None
    body, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
    if not any(hmac.compare_digest(_tag(key, body), tag) for key in key_candidates):
        return None
    ticket, rest = _take_number(body)
    entry, rest = _take_number(rest)
    return Token(ticket, entry) if len(rest) == _NONCE_BYTES else None


def _tag(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, b"postdesk message-id 1\0" + body, "sha256")[:_TAG_BYTES]


def _number(value: int) -> bytes:
    if not 0 <= value < 2**63:
        raise ValueError("ticket and entry are numbers from 0 to 2**63 - 1")
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(raw)]) + raw


def _take_number(raw: bytes) -> tuple[int, bytes]:
    length = raw[0] if raw else 0
    return int.from_bytes(raw[1 : 1 + length], "big"), raw[1 + length :]
