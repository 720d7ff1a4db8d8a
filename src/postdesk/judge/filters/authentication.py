"""What a mail server on the way in found out about the sender: SPF, DKIM, DMARC.

Today this is what the topmost Authentication-Results field says (RFC 8601 section 2.2), which the server nearest to the
desk wrote if it writes such fields at all; a sender can forge one where it does not. Whoever knows better, because it
checked by itself or knows which servers to believe, gives its own `Authentication` along with the message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from postdesk.mail.message import ParsedMail

METHODS: Final = ("spf", "dkim", "dmarc")
#: RFC 8601 section 2.7; "missing" is ours: nobody said anything.
RESULTS: Final = (
    *("pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror"),
    "missing",
)
_RESULT = re.compile(r"(?:^|;)\s*([a-z][a-z0-9-]{0,30})(?:/\d+)?\s*=\s*([a-z]{1,20})\b", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]{0,500}\)")
_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Authentication:
    """Results by method, lower case. `server`: who says so."""

    server: str = ""
    results: Mapping[str, str] = field(default_factory=dict)

    def result(self, method: str) -> str:
        return self.results.get(method, "missing")


def from_headers(mail: ParsedMail) -> Authentication:
    """What the topmost Authentication-Results says. Of several results of one method a pass counts (two DKIM
    signatures, one broken, are a signed mail)."""
    value = mail.header("Authentication-Results")
    if value is None:
        return Authentication()
    value = _COMMENT.sub(" ", value[:_LONGEST])
    server, _, said = value.partition(";")
    results: dict[str, str] = {}
    for method, result in _RESULT.findall(f";{said}"):
        if results.get(method.lower()) != "pass":
            results[method.lower()] = result.lower()
    return Authentication(server.strip().split(" ")[0].lower(), results)
