"""Senders that look like somebody else: letters of other alphabets, names that show another address.

Only what people cannot see is told: a domain in Greek is nothing to warn of, one Cyrillic letter among Latin ones is
(Unicode Technical Standard 39, section 5.1, mixed scripts; section 4, whole-script confusables).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Cyrillic and Greek letters that look like Latin ones, and which.
_LIKE_LATIN: Final = {
    **dict(zip("асԁеһіјӏорԛѕԝхуү", "acdehijlopqswxyy", strict=True)),
    **dict(zip("αικνορυχ", "aiknopux", strict=True)),
}
_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "HEBREW", "ARABIC", "CJK", "HIRAGANA")
#: Scripts that nobody writes together with Latin in one word of a domain, though some letters look alike.
_CONFUSED: Final = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
_ADDRESS: Final = re.compile(r"[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,10})")
_DIRECTION: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def warnings(name: str, address: str) -> tuple[str, ...]:
    """Sentences about a sender as shown; () when what is seen is what it is."""
    if name.isascii() and address.isascii() and "@" not in name and "xn--" not in address.lower():
        return ()
    found = []
    domain = address.rpartition("@")[2].lower()
    shown = _ADDRESS.search(name)
    if shown and not _same(shown[1].lower(), domain):
        found.append(f"The name shows {shown[0]}, but the mail is from {address}.")
    if _DIRECTION.search(name) or _DIRECTION.search(address):
        found.append("The name has invisible characters that change the direction of writing.")
    found += [words for label in domain.split(".") if (words := _label(label))]
    return tuple(found)


def readable_domain(domain: str) -> str:
    """A domain with its punycode labels (RFC 3492) as the letters they stand for; unreadable ones stay."""
    return ".".join(_decoded(label) for label in domain.lower().split("."))


def _label(label: str) -> str:
    letters = _decoded(label)
    scripts = {script for letter in letters if letter.isalpha() and (script := _script(letter))}
    if "LATIN" in scripts and scripts & _CONFUSED:
        other = " and ".join(sorted(script.capitalize() for script in scripts & _CONFUSED))
        return f"The domain mixes Latin letters with {other} ones that look alike: {letters} ({_ascii(letters)})."
    if scripts and scripts <= _CONFUSED and all(one in _LIKE_LATIN for one in letters if one.isalpha()):
        latin = "".join(_LIKE_LATIN.get(one, one) for one in letters)
        return f"The domain only looks like {latin}: its letters are of another alphabet ({_ascii(letters)})."
    return ""


def _script(letter: str) -> str:
    name = unicodedata.name(letter, "")
    return next((script for script in _SCRIPTS if name.startswith(script)), "")


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label


def _ascii(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"


def _same(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
