"""Random identifiers and digests."""

from __future__ import annotations

import hashlib
import secrets


def nonce() -> str:
    """Sixty-four random bits as sixteen hexadecimal digits; part of a Message-ID."""
    return secrets.token_hex(8)


def digest(raw: bytes) -> bytes:
    """SHA-256 of `raw`, 32 bytes: tells whether two messages are the same bytes."""
    return hashlib.sha256(raw).digest()


def message_key(message_id: str) -> str:
    """What a Message-ID is stored and looked up by: itself, or a digest when it is over 200 bytes long.

    Brackets, white space and NULs are dropped; nothing else is normalised (RFC 5322 section 3.6.4
    compares the whole string).
    """
    plain = message_id.strip().strip("<>").replace("\x00", "")
    encoded = plain.encode("utf-8", "surrogateescape")
    if len(encoded) <= 200:
        return encoded.decode("utf-8", "replace")
    return f"sha256:{hashlib.sha256(encoded).hexdigest()}"
