"""Header fields as they go over the wire: folded at 78, encoded where not ASCII, and unable to smuggle a line.

RFC 5322 sections 2.2.3 and 3.4, RFC 2047, RFC 2231.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

from postdesk.mail.message import Address

_BREAKING = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]+")
_WORDS = re.compile(r"\s*\S+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")
_UNSAFE_SPEC = re.compile(r"[\s<>,;:()\[\]\"\\]+")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+\Z")
_ID_UNSAFE = re.compile(r"[^!-;=?-~]+")
_Q_LITERAL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_WIDTH = 76


def one_line(value: str) -> str:
    """The value without anything that could end a header line."""
    return _BREAKING.sub(" ", value).strip() if _BREAKING.search(value) else value.strip()


def unstructured(name: str, value: str) -> str:
    """A field of free text, with its line end."""
    value = one_line(value)
    if value.isascii() and "=?" not in value:
        line = f"{name}: {value}\r\n"
        if len(line) <= 80:
            return line
        words = _WORDS.findall(value)
        if max(map(len, words)) < _WIDTH:
            return _folded(f"{name}:", [" " + words[0], *words[1:]])
    return _folded(f"{name}:", [f" {word}" for word in encoded_words(value, first=_WIDTH - len(name) - 2)])


def address_list(name: str, addresses: Iterable[Address]) -> str:
    """An address field, one item a fold where needed, with its line end."""
    items: list[str] = []
    for address in addresses:
        if items:
            items[-1] += ","
        items.extend(f" {word}" for word in _mailbox(address.name, address.address))
    return _folded(f"{name}:", items)


def id_list(name: str, ids: Iterable[str]) -> str:
    """Message-IDs in brackets, one a line where needed; what cannot stand in an id is left out of it."""
    clean = (_ID_UNSAFE.sub("", one) for one in ids)
    return _folded(f"{name}:", [f" <{one}>" for one in clean if one and len(one) < 900])


def parameter(start: str, name: str, value: str) -> str:
    """A field with one parameter (RFC 2183, RFC 2231), with its line end; non-ASCII values in numbered sections."""
    value = one_line(value).replace("/", "_").replace("\\", "_")
    if value.isascii() and len(value) <= 60 and "=?" not in value:
        return f'{start};\r\n {name}="{value.replace(chr(34), chr(39))}"\r\n'
    coded = quote(value, safe="!#$&+-.^_`|~")
    sections = [coded] if len(coded) <= 55 else _percent_sections(coded)
    if len(sections) == 1:
        return f"{start};\r\n {name}*=utf-8''{coded}\r\n"
    lines = [
        f"\r\n {name}*{number}*={chr(117) + 'tf-8' + chr(39) * 2 if number == 0 else ''}{text}"
        for number, text in enumerate(sections)
    ]
    return f"{start};" + ";".join(lines) + "\r\n"


def _percent_sections(coded: str) -> list[str]:
    sections = []
    while coded:
        # A section may end between two encoded octets (RFC 2231 section 3), never inside one.
        end = 50
        if len(coded) > end and "%" in coded[end - 2 : end]:
            end -= 2 if coded[end - 2] == "%" else 1
        sections.append(coded[:end])
        coded = coded[end:]
    return sections


def encoded_words(value: str, *, first: int = 60) -> list[str]:
    """RFC 2047 words in UTF-8, each at most 75 characters and whole characters only, base64 or Q, the shorter."""
    raw = value.encode("utf-8", "replace")
    literal = sum(byte in _Q_LITERAL or byte == 0x20 for byte in raw)
    q = len(raw) * 3 - literal * 2 <= len(raw) * 4 // 3
    words: list[str] = []
    room, size = max(min(first, 75), 30) - 12, 0
    chunk: list[str] = []
    for char in value:
        cost = _q_cost(char) if q else len(char.encode("utf-8", "replace"))
        if chunk and size + cost > (room if q else room * 3 // 4 - 2):
            words.append(_word("".join(chunk), q))
            room, chunk, size = 62, [], 0
        chunk.append(char)
        size += cost
    words.append(_word("".join(chunk), q))
    return words


def _q_cost(char: str) -> int:
    return sum(1 if byte in _Q_LITERAL or byte == 0x20 else 3 for byte in char.encode("utf-8", "replace"))


def _word(text: str, q: bool) -> str:
    raw = text.encode("utf-8", "replace")
    if not q:
        return f"=?utf-8?b?{binascii.b2a_base64(raw, newline=False).decode('ascii')}?="
    coded = "".join(chr(byte) if byte in _Q_LITERAL else "_" if byte == 0x20 else f"={byte:02X}" for byte in raw)
    return f"=?utf-8?q?{coded}?="


@lru_cache(maxsize=2048)
def _mailbox(name: str, spec: str) -> tuple[str, ...]:
    """The words of one mailbox, between which a line may fold."""
    spec = _spec(spec)
    name = one_line(name)
    if not name:
        return (spec,)
    if not name.isascii() or "=?" in name or len(name) > 60:
        return (*encoded_words(name), f"<{spec}>")
    if not _ATOMS.match(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return (f"{name} <{spec}>",)


def _spec(spec: str) -> str:
    local, _, domain = one_line(spec).rpartition("@")
    domain = _UNSAFE_SPEC.sub("", domain)
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            domain = domain.encode("ascii", "ignore").decode("ascii")
    local = local.strip('"')
    # A local part outside ASCII has no seven-bit form (RFC 6531); it goes as it is, and the server decides.
    if local.isascii() and not _DOT_ATOM.match(local):
        local = '"' + re.sub(r'[<>"\\]', "", local) + '"'
    return f"{local}@{domain}" if local else domain


def _folded(line: str, words: Iterable[str]) -> str:
    """A field whose words each begin with their own blanks; a fold goes before those."""
    out: list[str] = []
    for word in words:
        if len(line) + len(word) > 78 and line.strip() and not line.endswith(":"):
            out.append(line)
            line = ""
        line += word
    out.append(line)
    return "\r\n".join(out) + "\r\n"
