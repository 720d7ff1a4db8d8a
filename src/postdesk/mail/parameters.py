"""Parameters of Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2231), as written by real
programs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from postdesk.mail import charset, headers

_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"?|([^;]*))', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')
_SECTION = re.compile(r"(.+?)\*(\d{1,4})(\*?)\Z")


@lru_cache(maxsize=1024)
def parse(value: str) -> tuple[str, Mapping[str, str]]:
    """("type/subtype" or disposition in lower case, parameters by lower-case name, decoded)."""
    main, semicolon, _ = value.partition(";")
    main = main.strip().lower()
    if not semicolon:
        return main, {}
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, quoted, bare in _PARAMETER.findall(value):
        text = _ESCAPED.sub(r"\1", quoted) if quoted else bare.strip().strip("'\"")
        key = name.lower()
        if "*" in key:
            _take_section(sections, key, text)
        else:
            plain.setdefault(key, text)
    for key, parts in sections.items():
        joined = _joined(parts)
        if joined:
            plain[key] = joined
    return main, plain


def decoded_name(value: str) -> str:
    """A file name parameter for people: encoded words, and percent-encoding where RFC 2231 was half used."""
    if "=?" in value:
        value = headers.decode_words(value)
    elif "''" in value[:40] and "%" in value:
        label, _, rest = value.partition("''")
        if charset.codec_for(label):
            value = charset.decode(unquote_to_bytes(rest), label)[0]
    return value


def _take_section(sections: dict[str, dict[int, tuple[str, bool]]], key: str, text: str) -> None:
    found = _SECTION.match(key)
    if found:
        sections.setdefault(found[1], {}).setdefault(int(found[2]), (text, bool(found[3])))
    elif key.endswith("*"):
        sections.setdefault(key[:-1], {})[-1] = (text, True)


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    """The sections in order, joined as bytes: they are often cut inside a character."""
    if -1 in parts:
        parts = {-1: parts[-1]}
    label, raw = "", b""
    for place, number in enumerate(sorted(parts)):
        text, encoded = parts[number]
        if place == 0 and encoded and text.count("'") >= 2:
            label, _, text = text.split("'", 2)
        raw += unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
    return charset.decode(raw, label or "utf-8")[0]
