"""The banlist: addresses, whole domains (`@example.org`) and wildcards (`*@*.example.org`, `spam-?@example.org`).

Thousands of bans cost a message nothing: addresses and domains are looked up, and only wildcards are tried. Compared
without regard to case. `@example.org` does not cover its subdomains; `*@*.example.org` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

import re2

from postdesk.basics.errors import Invalid
from postdesk.mail.message import ParsedMail

BanKind = Literal["address", "domain", "wildcard"]
LONGEST: Final = 254
_ADDRESS = re.compile(r"[^\s@<>,;:\"()*?]+@[^\s@<>,;:\"()*?]+\Z")
_DOMAIN = re.compile(r"@[^\s@<>,;:\"()*?]+\Z")
_WILD = re.compile(r"[^\s@<>,;:\"()]*@[^\s@<>,;:\"()]+\Z")
#: Wildcards in one automaton at most, so that its memory stays small.
_TOGETHER = 200


@dataclass(frozen=True, slots=True)
class Bans:
    """The bans that may hit the messages at hand: those of their senders, and all wildcards."""

    exact: frozenset[str] = frozenset()
    wildcards: tuple[str, ...] = ()

    def hit(self, address: str) -> str:
        """The ban that covers an address (lower case), "" when none does."""
        if address in self.exact:
            return address
        domain = f"@{address.rpartition('@')[2]}"
        if domain in self.exact:
            return domain
        return next(_wild_hits(self.wildcards, address), "") if self.wildcards and address else ""

    def hits(self, address: str) -> set[str]:
        """Every ban that covers an address (lower case)."""
        return (candidates([address]) & self.exact) | set(_wild_hits(self.wildcards, address))


NONE: Final = Bans()


def clean_pattern(text: str) -> tuple[BanKind, str]:
    """(kind, the pattern as stored: lower case, a whole domain as "@domain"). Raises Invalid("pattern", ...)."""
    pattern = text.strip().lower()
    if len(pattern) > LONGEST:
        raise Invalid("pattern", f"A ban has {LONGEST} characters at most.")
    if pattern.startswith("*@") and _DOMAIN.match(pattern[1:]):
        pattern = pattern[1:]
    if _ADDRESS.match(pattern):
        return "address", pattern
    if _DOMAIN.match(pattern):
        return "domain", pattern
    if _WILD.match(pattern) and ("*" in pattern or "?" in pattern):
        if not re.search(r"[^@*?.]", pattern):
            raise Invalid("pattern", "This would ban everybody.")
        return "wildcard", pattern
    raise Invalid("pattern", "Valid email address is required, or a domain like @example.org, or *@*.example.org")


def candidates(addresses: Iterable[str]) -> set[str]:
    """The patterns, wildcards apart, that could hit these addresses: for asking the database about them only."""
    return {found for address in addresses if address for found in (address, f"@{address.rpartition('@')[2]}")}


def senders(mail: ParsedMail) -> list[str]:
    """Every address of a message that a ban may be about: From, and Reply-To should a filter use it."""
    every = (*((mail.from_,) if mail.from_ else ()), *mail.reply_to)
    return [one.key for one in every]


@dataclass(frozen=True, slots=True)
class _Automaton:
    """Wildcards that are tried together, in one pass over the address."""

    tried: re2.Set = field(repr=False)
    patterns: tuple[str, ...] = ()


@lru_cache(maxsize=4)
def _automata(patterns: tuple[str, ...]) -> tuple[_Automaton, ...]:
    made = []
    for start in range(0, len(patterns), _TOGETHER):
        some = patterns[start : start + _TOGETHER]
        options = re2.Options()
        options.log_errors, options.never_capture = False, True
        automaton = re2.Set.FullMatchSet(options)
        for pattern in some:
            automaton.Add(_expression(pattern))
        automaton.Compile()
        made.append(_Automaton(automaton, some))
    return tuple(made)


def _expression(pattern: str) -> bytes:
    """`*` is any characters but @, `?` one of them."""
    pieces = re.split(r"([*?])", pattern)
    wild = {"*": "[^@]*", "?": "[^@]"}
    return "".join(wild.get(piece) or str(re2.escape(piece)) for piece in pieces if piece).encode()


def _wild_hits(patterns: tuple[str, ...], address: str) -> Iterator[str]:
    raw = address.encode("utf-8", "replace")
    for automaton in _automata(patterns):
        hits: list[int] | None = automaton.tried.Match(raw)
        yield from (automaton.patterns[place] for place in sorted(hits or ()))
