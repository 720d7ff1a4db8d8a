"""Uuencoded files inside text, as old programs still send them (POSIX uuencode)."""

from __future__ import annotations

import binascii
import re

from postdesk.mail.message import Attachment
from postdesk.mail.names import made_up, safe

_BLOCK = re.compile(
    r"^begin(?:-base64)? [0-7]{3,4} ([^\n]{1,255})\n((?:[^\n]{0,100}\n)*?)(?:`|[ ]?)\n?(?:end|====)[ \t]*(?:\n|\Z)",
    re.MULTILINE,
)
_MOST = 200


def unpack(text: str) -> tuple[str, list[Attachment]]:
    """(the text without its uuencoded blocks, the files they hold). The usual mail costs one search."""
    if "begin" not in text or "\nend" not in text:
        return text, []
    found: list[Attachment] = []

    def take(block: re.Match[str]) -> str:
        content = decode_block(block[2].encode("latin-1", "replace"))
        if (not content and block[2].strip(" `\n")) or len(found) >= _MOST:
            return block[0]
        name = safe(block[1]) or made_up("application/octet-stream", len(found) + 1)
        found.append(Attachment(name, "application/octet-stream", content))
        return ""

    return _BLOCK.sub(take, text), found


def decode_block(body: bytes) -> bytes:
    """The bytes of uuencoded lines; begin and end lines may be there; lines that cannot be decoded are skipped."""
    out: list[bytes] = []
    for line in body.splitlines():
        if line.startswith(b"begin ") or line in (b"end", b"`", b" ", b""):
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # The length sign is right more often than the line: cut to what it promises.
            wanted = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:wanted]))
            except binascii.Error:
                continue
    return b"".join(out)
