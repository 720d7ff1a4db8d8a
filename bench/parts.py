"""MIME parts as common mailers write them, and attachments that cost little to make."""

from __future__ import annotations

import base64
import binascii
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from urllib.parse import quote

from bench.words import FILES

_ROW = 57  # octets in a full line of base64 (RFC 2045, section 6.8)
_ENCODED_ROW = 78  # its 76 letters and CRLF
_NOISE_ROWS = 70_000


@dataclass(frozen=True, slots=True)
class Attached:
    """What a correct reader finds attached."""

    name: str
    content_type: str
    size: int
    sha256: str


def multipart(rng: random.Random, subtype: str, parts: Sequence[bytes]) -> bytes:
    """Put parts together under a boundary of their own."""
    boundary = f"----=_Part_{rng.getrandbits(80):020x}"
    pieces = [f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n'.encode()]
    for part in parts:
        pieces += [f"\r\n--{boundary}\r\n".encode(), part]
    pieces.append(f"\r\n--{boundary}--\r\n".encode())
    return b"".join(pieces)


def text_part(rng: random.Random, subtype: str, text: str) -> bytes:
    """A text in UTF-8, in one of the transfer encodings that mailers use."""
    raw = text.encode()
    coding = rng.choice(("quoted-printable", "quoted-printable", "base64", "8bit"))
    if coding == "base64":
        raw = base64.encodebytes(raw).replace(b"\n", b"\r\n")
    elif coding == "quoted-printable":
        raw = quoted_printable(raw)
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {coding}\r\n\r\n"
    return head.encode() + raw


def file_part(rng: random.Random, marker: str, size: int) -> tuple[bytes, Attached]:
    """An attachment of exactly `size` octets that no other mail has, its name in one of the four usual spellings."""
    stem, extension, content_type, magic = rng.choice(FILES)
    noise, encoded = _noise()
    # The first row is this mail's own; the rest is cut from noise that is encoded only once.
    first = (magic + marker.encode()).ljust(_ROW, b"\0")
    rows, rest = divmod(size - _ROW, _ROW)
    at = rng.randrange(_NOISE_ROWS - rows - 1)
    middle = slice(at * _ROW, (at + rows) * _ROW)
    tail = noise[middle.stop : middle.stop + rest]
    digest = hashlib.sha256(first)
    digest.update(memoryview(noise)[middle])
    digest.update(tail)
    name, parameter = _file_name(rng, stem, marker[-7:] + extension)
    head = (
        f"Content-Type: {content_type}\r\nContent-Disposition: attachment; {parameter}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    body = (
        _encode_row(first),
        encoded[at * _ENCODED_ROW : (at + rows) * _ENCODED_ROW],
        _encode_row(tail) if tail else b"",
    )
    return head.encode() + b"".join(body), Attached(name, content_type, size, digest.hexdigest())


def _file_name(rng: random.Random, stem: str, end: str) -> tuple[str, str]:
    """A name, and how it stands in Content-Disposition: plain, RFC 2231, RFC 2231 in pieces, or RFC 2047 in quotes."""
    way = rng.random()
    if way < 0.6:
        return f"{stem}-{end}", f'filename="{stem}-{end}"'
    if way < 0.8:
        name = f"{stem}-Prüfung-{end}"
        return name, f"filename*=utf-8''{quote(name)}"
    if way < 0.9:
        name = f"{stem}-довольно-длинное-название-{end}"
        cuts = [*range(0, len(name), 12), len(name)]
        pieces = [quote(name[low:high]) for low, high in pairwise(cuts)]
        pieces[0] = f"utf-8''{pieces[0]}"
        said = (f"filename*{at}*={piece}" for at, piece in enumerate(pieces))
        return name, ";\r\n ".join(said)
    name = f"{stem}-Übersicht-{end}"
    return name, f'filename="=?utf-8?B?{base64.b64encode(name.encode()).decode()}?="'


@cache
def _noise() -> tuple[bytes, bytes]:
    """Four megabytes of noise, and the same in base64 lines."""
    noise = random.Random("noise").randbytes(_NOISE_ROWS * _ROW)
    rows = (_encode_row(noise[at : at + _ROW]) for at in range(0, len(noise), _ROW))
    return noise, b"".join(rows)


def _encode_row(octets: bytes) -> bytes:
    return binascii.b2a_base64(octets, newline=False) + b"\r\n"


def quoted_printable(raw: bytes) -> bytes:
    """Text with CRLF, encoded (RFC 2045, section 6.7)."""
    return binascii.b2a_qp(raw.replace(b"\r\n", b"\n"), istext=True).replace(b"\n", b"\r\n")
