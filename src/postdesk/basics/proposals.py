"""Where mail of an address may be fetched and sent, as proposed to the administrator: plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self

Protocol = Literal["imap", "pop3", "smtp"]
Source = Literal["table", "mx", "srv", "autoconfig", "guess"]

#: Where a proposal came from, in words.
SOURCES: Final[dict[Source, str]] = {
    "table": "known provider",
    "mx": "known provider of the domain's mail (MX)",
    "srv": "the domain's DNS (RFC 6186)",
    "autoconfig": "the domain's autoconfig",
    "guess": "tried, and it answered",
}
_SCHEMES: Final = {"tls": "ssl", "starttls": "tls", "plain": "plain"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One server. `auth` as in the Email's tabs (basic, oauth2-google, ...); `note` for the administrator, in words."""

    protocol: Protocol
    host: str
    port: int
    security: Literal["tls", "starttls", "plain"]
    username: str
    source: Source
    auth: str = "basic"
    note: str = ""

    @property
    def hostname(self) -> str:
        """For the hostname field, scheme included."""
        return f"{_SCHEMES[self.security]}://{self.host}"

    @property
    def origin(self) -> str:
        """Where it came from, in words."""
        return SOURCES[self.source]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data)
