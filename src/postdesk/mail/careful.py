"""The second reader: slower, in plain Python, and unable to fail. It reads from raw headers and bytes.

It follows RFC 2046 section 5.1 with the tolerance of mail programs: missing boundaries, missing ends,
junk in base64, uuencoded bodies, any depth. It holds a stack instead of recursing.
"""

from __future__ import annotations

import binascii
import re

from postdesk.mail import headers, parameters
from postdesk.mail.part import Part, leaf
from postdesk.mail.uuencoding import decode_block

_DEEPEST = 255
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]")

Waiting = list[tuple[dict[str, str], bytes, int, str, int]]


def read(raw: bytes, fields: headers.Fields, body_at: int, *, said: str) -> tuple[list[Part], list[str]]:
    """(the leaves in order, what was repaired)."""
    found: list[Part] = []
    defects: list[str] = [f"read carefully: {said[:120]}"] if said else []
    waiting: Waiting = [(_first(fields), raw[body_at:], 0, "", 0)]
    alternatives = 0
    while waiting:
        about, body, alternative, container, depth = waiting.pop()
        kind, settings = parameters.parse(about.get("content-type", ""))
        if not kind.startswith("multipart/"):
            found.append(leaf(about, _decoded(about, body), alternative, container))
            continue
        pieces = _pieces(body, settings.get("boundary", ""))
        if not pieces or depth >= _DEEPEST:
            defects.append(
                "a multipart without its parts" if not pieces else "parts nested too deep are kept as one file"
            )
            found.append(_whole(about, body, alternative, container, is_text=not pieces))
            continue
        if kind == "multipart/alternative":
            alternatives += 1
            alternative = alternatives
        waiting.extend((*_opened(piece, kind), alternative, kind, depth + 1) for piece in reversed(pieces))
    return found, defects


def _first(fields: headers.Fields) -> dict[str, str]:
    about: dict[str, str] = {}
    for name, value in fields:
        about.setdefault(name.lower(), value)
    return about


def _opened(piece: bytes, kind: str) -> tuple[dict[str, str], bytes]:
    block, body_at = headers.split(piece)
    if body_at >= len(piece) and b":" not in block:
        return {}, piece
    return _first(headers.fields(block)), piece[body_at:]


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """The parts between the boundary's lines; a missing last boundary loses nothing."""
    mark = boundary.strip().encode("utf-8", "replace")
    if not mark:
        # Some programs forget to say it; then the first line that looks like one is it.
        guess = re.match(rb"(?:.*\r?\n){0,5}?--(\S{1,70})[ \t]*\r?\n", body)
        if guess is None:
            return []
        mark = guess[1]
    return _between(body, b"--" + mark)


def _between(body: bytes, line: bytes) -> list[bytes]:
    pieces: list[bytes] = []
    start, at = -1, body.find(line)
    while at >= 0:
        after = body[at + len(line) : at + len(line) + 100].split(b"\n", 1)[0].strip()
        if (at == 0 or body[at - 1] in b"\r\n") and after in (b"", b"--"):
            if start >= 0:
                end = at - 2 if body[at - 2 : at] == b"\r\n" else at - 1
                pieces.append(body[start : max(end, start)])
            if after == b"--":
                return pieces
            newline = body.find(b"\n", at)
            start = len(body) if newline < 0 else newline + 1
        at = body.find(line, at + len(line))
    if start >= 0 and body[start:].strip():
        pieces.append(body[start:])
    return pieces


def _whole(about: dict[str, str], body: bytes, alternative: int, container: str, *, is_text: bool) -> Part:
    kind = "text/plain" if is_text else "application/octet-stream"
    if is_text and body.lstrip()[:200].lower().startswith((b"<html", b"<!doctype html")):
        kind = "text/html"
    return leaf({"content-type": kind}, body, alternative, container)


def _decoded(about: dict[str, str], body: bytes) -> bytes:
    """Transfer decoding that keeps what can be kept (RFC 2045 section 6)."""
    encoding = about.get("content-transfer-encoding", "").strip().strip("\"'").lower().split(";")[0].strip()
    if encoding in ("base64", "b", "base-64"):
        return _base64(body)
    if encoding in ("quoted-printable", "quotedprintable", "q", "qp"):
        return binascii.a2b_qp(body)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return decode_block(body)
    return body


def _base64(body: bytes) -> bytes:
    """Base64 up to the first line that cannot be it: gateways append their footers in clear."""
    lines = body.splitlines()
    end = next((at for at, line in enumerate(lines) if line.strip() and not _could_be_base64(line.strip())), len(lines))
    text = b"".join(lines[:end])
    if not text.strip() and body.strip():
        return body
    decoded = headers.lenient_base64(text)
    rest = b"\n".join(lines[end:]).strip()
    return decoded + b"\r\n" + rest if rest else decoded


def _could_be_base64(line: bytes) -> bool:
    good = len(_BASE64.findall(line))
    return b" " not in line and good * 5 >= len(line) * 4 and not line.startswith(b"--")
