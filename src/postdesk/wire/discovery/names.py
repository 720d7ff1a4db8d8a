"""Questions to the DNS, each within a time: MX, SRV (RFC 2782) and TXT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import dns.exception
import dns.rdatatype
import dns.resolver
from dns.rdata import Rdata

from postdesk.basics.errors import Unreachable
from postdesk.wire.errors import words

#: Seconds for one question, all name servers and repetitions together.
PATIENCE = 4.0


class Service(NamedTuple):
    """One SRV record."""

    priority: int
    weight: int
    port: int
    host: str


class Resolver(Protocol):
    """What can be asked. A name that is not there is an empty answer; silence raises Unreachable."""

    def services(self, name: str) -> list[Service]:
        """SRV records, best first; "." (explicitly no such service) left out."""
        ...

    def exchangers(self, domain: str) -> list[str]:
        """MX hosts, best first, lower case, without the final dot."""
        ...

    def texts(self, name: str) -> list[str]:
        """TXT records, the strings of each put together (RFC 7208 section 3.3)."""
        ...


class SystemResolver:
    """Asks the name servers of this machine, or those given (with their port)."""

    def __init__(self, nameservers: Sequence[str] = (), *, port: int = 53, patience: float = PATIENCE) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not nameservers)
        except dns.exception.DNSException as error:
            raise Unreachable(f"this machine has no name server: {words(str(error))}") from error
        if nameservers:
            self._resolver.nameservers = list(nameservers)
            self._resolver.port = port
        self._resolver.lifetime = patience

    def services(self, name: str) -> list[Service]:
        found = [Service(one.priority, one.weight, one.port, _host(one.target)) for one in self._ask(name, "SRV")]  # type: ignore[attr-defined]
        return sorted((one for one in found if one.host), key=lambda one: (one.priority, -one.weight))

    def exchangers(self, domain: str) -> list[str]:
        found = sorted((one.preference, _host(one.exchange)) for one in self._ask(domain, "MX"))  # type: ignore[attr-defined]
        return [host for _preference, host in found if host]

    def texts(self, name: str) -> list[str]:
        return [words_of(b"".join(one.strings)) for one in self._ask(name, "TXT")]  # type: ignore[attr-defined]

    def _ask(self, name: str, kind: str) -> list[Rdata]:
        try:
            answer = self._resolver.resolve(f"{name}.", kind, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, UnicodeError) as error:
            raise Unreachable(f"no answer from the DNS about {name}: {words(str(error))}") from error
        return list(answer.rrset or ())


def words_of(text: bytes) -> str:
    """A TXT record as text."""
    return text.decode("utf-8", "replace")


def _host(name: object) -> str:
    return str(name).rstrip(".").lower()
