"""How a rule compares: the operators, in one table (osticket.md 3.2), and the reading of patterns and sizes.

Text is compared without regard to case. Patterns are RE2's: their time is linear in the text, whatever the pattern,
so that none can hold the desk up; what RE2 does not know (look-around, back references) is refused when saved.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import re2

from postdesk.basics.errors import Invalid

Holds = Literal["text", "number"]

#: Characters of a value that patterns look at; everything else about a message is looked at whole.
LOOKED_AT: Final = 1_000_000
_SLASHED = re.compile(r"\A/(.*)/([a-zA-Z]*)\Z", re.DOTALL)
_AMOUNT = re.compile(r"\A\s*(\d{1,12}(?:[.,]\d{1,3})?)\s*(b|bytes?|k|kb|m|mb|g|gb)?\s*\Z", re.IGNORECASE)
_UNITS: Final = {"": 1, "b": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_FLAGS: Final = frozenset("imsux")


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to compare. `denies`: true when no value of the message compares so."""

    name: str
    label: str
    holds: Holds
    denies: bool = False


OPERATORS: Final[tuple[Operator, ...]] = (
    Operator("equal", "is", "text"),
    Operator("not_equal", "is not", "text", denies=True),
    Operator("contains", "contains", "text"),
    Operator("dn_contain", "does not contain", "text", denies=True),
    Operator("starts", "starts with", "text"),
    Operator("ends", "ends with", "text"),
    Operator("match", "matches the pattern", "text"),
    Operator("not_match", "does not match the pattern", "text", denies=True),
    Operator("equal", "is", "number"),
    Operator("not_equal", "is not", "number", denies=True),
    Operator("more", "is more than", "number"),
    Operator("less", "is less than", "number"),
)
BY_NAME: Final = {(one.name, one.holds): one for one in OPERATORS}

_TEXT: Final[dict[str, Callable[[str, str], bool]]] = {
    "equal": lambda said, wanted: said == wanted,
    "contains": lambda said, wanted: wanted in said,
    "starts": lambda said, wanted: said.startswith(wanted),
    "ends": lambda said, wanted: said.endswith(wanted),
}
_NUMBER: Final[dict[str, Callable[[int, int], bool]]] = {
    "equal": lambda said, wanted: said == wanted,
    "more": lambda said, wanted: said > wanted,
    "less": lambda said, wanted: said < wanted,
}
_POSITIVE: Final = {"not_equal": "equal", "dn_contain": "contains", "not_match": "match"}


def folded(text: str) -> str:
    """Text for comparing: no regard to case, nor to blanks around it."""
    return text.strip().casefold()


def text_test(operator: str, value: str) -> Callable[[str], bool]:
    """Does one folded value of the message compare so? Denials are the caller's: see `Operator.denies`."""
    compare, wanted = _TEXT[_POSITIVE.get(operator, operator)], folded(value)
    return lambda said: compare(said, wanted)


def number_test(operator: str, value: str) -> Callable[[int], bool]:
    compare, wanted = _NUMBER[_POSITIVE.get(operator, operator)], amount(value)
    return lambda said: compare(said, wanted)


def pattern_test(value: str) -> Callable[[str], bool]:
    """Does the pattern match anywhere in a value as written? Raises Invalid with RE2's own words."""
    search = pattern(value).search
    # As bytes: what cannot be encoded (half a surrogate pair) would be an error otherwise.
    return lambda said: search(said[:LOOKED_AT].encode("utf-8", "replace")) is not None


def pattern(value: str) -> re2._Regexp:
    """A pattern as people write it: `/words/flags`, or bare and then without regard to case (osticket.md 3.2)."""
    slashed = _SLASHED.match(value)
    source, flags = (slashed[1], slashed[2]) if slashed else (value, "i")
    unknown = set(flags) - _FLAGS
    if unknown:
        raise Invalid("value", f"Regex compile error: unknown flag {sorted(unknown)[0]!r}; known are i, m, s, u and x")
    if "x" in flags:
        raise Invalid("value", "Regex compile error: the flag x is not known to RE2; write the pattern in one line")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = "i" not in flags
    options.never_capture = True
    inline = "".join(flag for flag in "ms" if flag in flags)
    try:
        return re2.compile(f"(?{inline}){source}" if inline else source, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise Invalid("value", f"Regex compile error: {_words(error)}") from None


def amount(value: str) -> int:
    """A number as people write it: "3", "500 kB", "2.5 MB" (powers of ten). Raises Invalid."""
    found = _AMOUNT.match(value)
    if found is None:
        raise Invalid("value", "must be a number, or a size like 500 kB or 10 MB")
    unit = (found[2] or "").lower()[:1]
    return round(float(found[1].replace(",", ".")) * _UNITS[unit])


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else "it cannot be read"
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
