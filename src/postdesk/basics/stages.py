"""What an examination of a server found, stage by stage: plain values, made by the wire and shown on screens.

They travel through the database as JSON (mailroom.errands), so each has a way there and back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

State = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Certificate:
    """The facts of a server's certificate. `why_not` says why it was not verified; "" when it was."""

    subject: str
    issuer: str
    #: The names and IP addresses it is for (RFC 5280 section 4.2.1.6).
    names: tuple[str, ...]
    not_before: dt.datetime
    not_after: dt.datetime
    #: "TLSv1.3", and the cipher suite's name.
    protocol: str
    cipher: str
    verified: bool
    why_not: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "names": list(self.names),
            "not_before": self.not_before.isoformat(),
            "not_after": self.not_after.isoformat(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        times = {name: dt.datetime.fromisoformat(data[name]) for name in ("not_before", "not_after")}
        return cls(**{**data, **times, "names": tuple(data["names"])})


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: `title` in plain words; `note` is what we found, `said` the server's own reply.

    `remedy` says what to do about a failure, "" where nothing is known; `seconds` is how long it took.
    `count`: messages, where the stage counted some.
    """

    key: str
    title: str
    state: State
    note: str = ""
    said: str = ""
    remedy: str = ""
    seconds: float = 0.0
    certificate: Certificate | None = None
    count: int | None = None

    def as_json(self) -> dict[str, Any]:
        certificate = self.certificate.as_json() if self.certificate else None
        return {**{name: getattr(self, name) for name in self.__slots__}, "certificate": certificate}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        found = data.get("certificate")
        return cls(**{**data, "certificate": Certificate.from_json(found) if found else None})
