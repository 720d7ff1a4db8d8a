"""Builders of raw messages for the tests of the mail package."""

from __future__ import annotations

HEAD = b"From: Carol <carol@client.example>\r\nTo: support@desk.example\r\nSubject: hello\r\n"


def letter(
    body: bytes = b"hello world\r\n",
    *,
    kind: bytes = b"text/plain; charset=utf-8",
    encoding: bytes = b"8bit",
    more: bytes = b"",
) -> bytes:
    return HEAD + more + b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body


def multipart(*parts: bytes, kind: bytes = b"mixed", more: bytes = b"", closed: bool = True) -> bytes:
    body = b"".join(b"--BB\r\n" + part + b"\r\n" for part in parts) + (b"--BB--\r\n" if closed else b"")
    return HEAD + more + b"Content-Type: multipart/" + kind + b'; boundary="BB"\r\n\r\n' + body


def part(kind: bytes, content: bytes, *more: bytes) -> bytes:
    return b"Content-Type: " + kind + b"\r\n" + b"".join(line + b"\r\n" for line in more) + b"\r\n" + content


WORDS = part(b"text/plain; charset=utf-8", b"hello world")
