"""One value at a time: is it what its key asks for? Functions over values, for the file and for forms alike."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Final

from postdesk.basics.errors import Invalid
from postdesk.flow.desk_file.keys import Key, Type
from postdesk.mail.address import parse

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
_NUL = re.compile(r"\x00|[\ud800-\udfff]")
#: A dot-separated domain without empty labels (RFC 5321 section 4.1.2), or an address literal.
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?)(?:\.[^\W_](?:[\w-]*[^\W_])?)*\Z|\[[0-9A-Fa-f.:]+\]\Z")


def clean(key: Key, value: object) -> object:
    """The value as it is stored. Raises Invalid(key's name, sentence); a secret's value is never in the sentence."""
    try:
        return _BY_TYPE[key.type](key, value)
    except ValueError as error:
        raise Invalid(key.name, str(error)) from None


def address(value: str) -> str:
    """One bare address, its domain in lower case (RFC 5321 section 2.4). Raises ValueError with a sentence."""
    found = parse(value.strip())
    if len(found) != 1 or found[0].name or found[0].address.lower() != value.strip().lower():
        raise ValueError("must be one e-mail address, like support@example.org")
    local, _, domain = found[0].address.rpartition("@")
    if len(local.encode()) > 64 or len(found[0].address) > 254 or not _DOMAIN.match(domain):
        raise ValueError("must be one e-mail address, like support@example.org")
    return found[0].address


def _text(key: Key, value: object) -> str:
    text = _lines(key, value).strip()
    if _CONTROL.search(text):
        raise ValueError("must be a single line")
    if not text and key.name in {"name", "host"}:
        raise ValueError("must not be empty")
    return text


def _lines(key: Key, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {_kind(value)}")
    if _NUL.search(value):
        raise ValueError("must not hold a NUL character or half of a surrogate pair")
    if len(value) > key.longest:
        raise ValueError(f"must not be longer than {key.longest} characters")
    return value


def _boolean(key: Key, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {_kind(value)}")
    return value


def _number(key: Key, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"must be a whole number, not {_kind(value)}")
    if key.between and not key.between[0] <= value <= key.between[1]:
        raise ValueError(f"must be between {key.between[0]} and {key.between[1]}")
    return value


def _address(key: Key, value: object) -> str:
    text = _text(key, value)
    return address(text) if text or key.default != "" else ""


def _choice(key: Key, value: object) -> str:
    if not isinstance(value, str) or value not in key.allowed:
        raise ValueError(f"must be one of {', '.join(repr(one).replace(chr(39), chr(34)) for one in key.allowed)}")
    return value


def _names(key: Key, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list of names, not {_kind(value)}")
    names = tuple(sorted({_text(key, one) for one in value}))
    if key.allowed and not set(names) <= set(key.allowed):
        raise ValueError(f"must be some of {', '.join(key.allowed)}")
    return names


def _addresses(key: Key, value: object) -> tuple[str, ...]:
    """Lower case, each once, in one order: as they are stored and looked up by."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list of addresses, not {_kind(value)}")
    return tuple(sorted({address(_text(key, one)).lower() for one in value}))


def _hostname(key: Key, value: object) -> str:
    text = _text(key, value).rstrip(".").lower()
    if text and not _DOMAIN.match(text):
        raise ValueError("must be a host name, like desk.example.org, or an address like [192.0.2.7]")
    return text


def _rows(key: Key, value: object) -> tuple[str, ...]:
    """Lines in the order they stand."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list of lines, not {_kind(value)}")
    return tuple(_text(key, one) for one in value)


def _date(key: Key, value: object) -> str:
    """As YYYY-MM-DD, "" for none; TOML has dates of its own."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    text = _text(key, value)
    if text and not _DAY.match(text):
        raise ValueError("must be a day like 2026-11-01")
    try:
        return dt.date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise ValueError("must be a day like 2026-11-01") from None


def _secret(key: Key, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {_kind(value)}")
    if not value:
        raise ValueError("must not be empty")
    if _NUL.search(value):
        raise ValueError("must not hold a NUL character or half of a surrogate pair")
    return value


def _kind(value: object) -> str:
    """What the value is in TOML's words; never the value itself."""
    for types, words in _KINDS:
        if isinstance(value, types):
            return words
    return "a date or time"


_KINDS: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (bool, "true or false"),
    (str, "text"),
    (int, "a number"),
    (float, "a number with a point"),
    ((list, tuple), "a list"),
    (dict, "a table"),
)
_BY_TYPE: Final[dict[Type, Callable[[Key, object], object]]] = {
    "text": _text,
    "lines": _lines,
    "boolean": _boolean,
    "number": _number,
    "address": _address,
    "addresses": _addresses,
    "choice": _choice,
    "name": _text,
    "names": _names,
    "secret": _secret,
    "file": _text,
    "hostname": _hostname,
    "rows": _rows,
    "date": _date,
}
