"""What a mail server on the way in found out about the sender: SPF, DKIM, DMARC, ARC (RFC 8601).

The fields stand at the top of a message, the newest first. Anybody can write such a field into a message, so what one
says is only worth something when a server wrote it that the desk was told to trust (`believed`). Filters that run on a
desk which trusts none see what the topmost field says (`from_headers`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from postdesk.mail.message import ParsedMail

METHODS: Final = ("spf", "dkim", "dmarc")
#: RFC 8601 section 2.7; "missing" is ours: nobody said anything.
RESULTS: Final = (
    *("pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror"),
    "missing",
)
_FIELD: Final = "authentication-results"
_RESULT: Final = re.compile(r"\s*([a-z][a-z0-9-]{0,30})(?:\s*/\s*\d+)?\s*=\s*([a-z]{1,20})\b", re.IGNORECASE)
_PROPERTY: Final = re.compile(
    r"\b((?:smtp|header|body|policy)\s*\.\s*[a-z0-9-]{1,30})\s*=\s*(\S{1,320})", re.IGNORECASE
)
#: RFC 5322 lexical tokens that hide semicolons and brackets: quoted strings, escaped characters, comments.
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[()]|[^"\\()]+|["\\]', re.DOTALL)
_LONGEST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    """One result, with the domain it is about and the server's comment; all lower case."""

    method: str
    result: str
    properties: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Authentication:
    """Results by method, lower case. `server`: who says so."""

    server: str = ""
    results: Mapping[str, str] = field(default_factory=dict)
    said: tuple[Said, ...] = ()

    def result(self, method: str) -> str:
        return self.results.get(method, "missing")


def from_headers(mail: ParsedMail) -> Authentication:
    """What the topmost Authentication-Results says, whoever wrote it."""
    value = mail.header(_FIELD)
    return read(value) if value is not None else Authentication()


def believed(mail: ParsedMail, servers: Collection[str]) -> Authentication | None:
    """What the topmost field of a trusted server says (RFC 8601 section 5); None when there is none.

    `servers`: names in lower case; one that begins with a dot covers every name below it. A second field of the same
    server counts for nothing: what stands lower may have come with the message.
    """
    for name, value in mail.headers:
        if name.lower() == _FIELD:
            found = read(value)
            if _covers(servers, found.server):
                return found
    return None


def read(value: str) -> Authentication:
    """A field's value. Of several results of one method a pass counts: two DKIM signatures, one broken, are a signed
    mail."""
    pieces = _pieces(value[:_LONGEST])
    server = pieces[0][0].strip().split(" ")[0].strip('"').lower() if pieces else ""
    said: list[Said] = []
    results: dict[str, str] = {}
    for text, comment in pieces[1:]:
        found = _RESULT.match(text)
        if not found:
            continue
        method, result = found[1].lower(), found[2].lower()
        properties = {
            re.sub(r"\s", "", name.lower()): value.strip('"<>').lower() for name, value in _PROPERTY.findall(text)
        }
        said.append(Said(method, result, properties, comment.lower()))
        if results.get(method) != "pass":
            results[method] = result
    return Authentication(server, results, tuple(said))


def _pieces(value: str) -> list[tuple[str, str]]:
    """The field cut at its semicolons, each piece with its comments apart; quoted strings hide both.

    A field whose brackets or quotes do not close says nothing from there on.
    """
    pieces: list[tuple[list[str], list[str]]] = [([], [])]
    depth = 0
    for token in _TOKEN.findall(value):
        if token == "(":
            depth += 1
        elif token == ")":
            depth = max(0, depth - 1)
        elif depth:
            pieces[-1][1].append(token)
        elif token[0] in '"\\':
            pieces[-1][0].append(token)
        else:
            first, *rest = token.split(";")
            pieces[-1][0].append(first)
            pieces += [([one], []) for one in rest]
    return [("".join(text), " ".join(comment)) for text, comment in pieces]


def _covers(servers: Collection[str], server: str) -> bool:
    if not server:
        return False
    return server in servers or any(one[0] == "." and server.endswith(one) for one in servers)
