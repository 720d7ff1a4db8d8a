"""The usual names and ports of a domain's mail servers, tried live: what greets in its protocol is proposed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal

from postdesk.basics.proposals import Proposal, Protocol
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.examine import greets

#: Protocol, host ("{domain}" filled in), port, protection: in the order of preference.
GUESSES: Final[tuple[tuple[Protocol, str, int, Literal["tls", "starttls"]], ...]] = (
    ("imap", "imap.{domain}", 993, "tls"),
    ("imap", "mail.{domain}", 993, "tls"),
    ("imap", "{domain}", 993, "tls"),
    ("imap", "imap.{domain}", 143, "starttls"),
    ("imap", "mail.{domain}", 143, "starttls"),
    ("pop3", "pop.{domain}", 995, "tls"),
    ("pop3", "mail.{domain}", 995, "tls"),
    ("smtp", "smtp.{domain}", 465, "tls"),
    ("smtp", "mail.{domain}", 465, "tls"),
    ("smtp", "smtp.{domain}", 587, "starttls"),
    ("smtp", "mail.{domain}", 587, "starttls"),
)
#: Seconds for all of them together; they are tried side by side.
PATIENCE: Final = 8.0

#: Whether a server greets there and encrypts, and why its certificate is not believed ("" when it is).
Greets = Callable[[Endpoint, Protocol, float], str | None]


def proposals(address: str, greets: Greets = greets, *, patience: float = PATIENCE) -> list[Proposal]:
    """The best that answered of each protocol. Never raises: what does not answer was a wrong guess."""
    domain = address.rpartition("@")[2].lower()

    def tried(guess: tuple[Protocol, str, int, Literal["tls", "starttls"]]) -> str | None:
        protocol, host, port, security = guess
        return greets(Endpoint(host.format(domain=domain), port, security), protocol, patience)

    with ThreadPoolExecutor(len(GUESSES), thread_name_prefix="guess") as pool:
        answers = list(pool.map(tried, GUESSES))
    found: dict[Protocol, Proposal] = {}
    for (protocol, host, port, security), answer in zip(GUESSES, answers, strict=True):
        # A believable certificate outranks the order.
        if answer is None or (protocol in found and (not found[protocol].note or answer)):
            continue
        note = f"Its certificate is not believed: {answer}" if answer else ""
        found[protocol] = Proposal(protocol, host.format(domain=domain), port, security, address, "guess", note=note)
    return [found[protocol] for protocol in ("imap", "pop3", "smtp") if protocol in found]
