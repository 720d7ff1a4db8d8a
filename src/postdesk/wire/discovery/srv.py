"""What a domain says in its DNS about mailboxes and submission (RFC 6186; `_submissions` from RFC 8314)."""

from __future__ import annotations

from typing import Final, Literal

from postdesk.basics.proposals import Proposal, Protocol
from postdesk.wire.discovery.names import Resolver

#: Service, protocol and how it is protected; in the order of preference (RFC 8314 section 3: TLS from the first byte).
SERVICES: Final[tuple[tuple[str, Protocol, Literal["tls", "starttls"]], ...]] = (
    ("_imaps", "imap", "tls"),
    ("_imap", "imap", "starttls"),
    ("_pop3s", "pop3", "tls"),
    ("_pop3", "pop3", "starttls"),
    ("_submissions", "smtp", "tls"),
    ("_submission", "smtp", "starttls"),
)


def proposals(address: str, resolver: Resolver) -> list[Proposal]:
    """The best host of each service the domain offers. Raises Unreachable when the DNS is silent."""
    domain = address.rpartition("@")[2].lower()
    found: list[Proposal] = []
    for service, protocol, security in SERVICES:
        offered = resolver.services(f"{service}._tcp.{domain}")
        if offered:
            best = offered[0]
            note = _foreign(best.host, domain)
            found.append(Proposal(protocol, best.host, best.port, security, address, "srv", note=note))
    return found


def _foreign(host: str, domain: str) -> str:
    """RFC 6186 section 6: a host of another domain is for the person to confirm; DNS answers can be forged."""
    if host == domain or host.endswith(f".{domain}"):
        return ""
    return f"{host} belongs to another domain than the address: make sure that it is your provider's."
