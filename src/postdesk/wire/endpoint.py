"""Where a server is and how the connection to it is protected, as the administrator typed it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from postdesk.basics.errors import Invalid

Security = Literal["tls", "starttls", "plain", "offered"]
WireProtocol = Literal["imap", "pop3", "smtp"]

SCHEMES: dict[str, Security] = {
    "ssl": "tls",  # TLS from the first byte
    "tls": "starttls",  # begins in clear text, and must be upgraded before the login
    "plain": "plain",  # never TLS, not even on a TLS port
}

PORT_SECURITY: dict[int, Security] = {465: "tls", 993: "tls", 995: "tls", 587: "starttls"}
"""What a port means when no scheme was typed; every other port is "offered"."""

DEFAULT_PORTS: dict[WireProtocol, dict[Security | None, int]] = {
    "imap": {"tls": 993, "starttls": 143, "plain": 143, None: 993},
    "pop3": {"tls": 995, "starttls": 110, "plain": 110, None: 995},
    "smtp": {"tls": 465, "starttls": 587, "plain": 25, None: 587},
}
"""The port when none was typed; None = no scheme either, and then the encrypted port is meant."""

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://(.*)$", re.DOTALL)
_BRACKETED = re.compile(r"^\[([0-9A-Fa-f:.]+(?:%\w+)?)\](?::(.*))?$")
_HOST = re.compile(r"^[\w.-]+$")


@dataclass(frozen=True)
class Endpoint:
    """One server. "offered" = clear text that upgrades when the server offers STARTTLS or STLS."""

    host: str
    port: int
    security: Security
    verify_tls: bool = True
    ca_pem: str | None = field(default=None, repr=False)


def read_endpoint(
    hostname: str,
    port: int | None,
    protocol: WireProtocol,
    *,
    verify_tls: bool = True,
    ca_pem: str | None = None,
) -> Endpoint:
    """Understand `[ssl://|tls://|plain://]host[:port]` and the port field beside it.

    The scheme rules; without one the port does (465, 993, 995: TLS; 587: STARTTLS; others: as
    offered). Raises Invalid("host" | "port", sentence).
    """
    scheme, rest = _scheme(hostname.strip())
    host, embedded = _host_and_port(rest.rstrip("/"))
    if embedded is not None and port is not None and embedded != port:
        raise Invalid("port", f"The host name says port {embedded}, the port field says {port}.")
    number = embedded if embedded is not None else port
    if number is None:
        number = DEFAULT_PORTS[protocol][scheme]
    if not 1 <= number <= 65535:
        raise Invalid("port", f"{number} is not a port: ports go from 1 to 65535.")
    security = scheme or PORT_SECURITY.get(number, "offered")
    return Endpoint(host, number, security, verify_tls, ca_pem or None)


def _scheme(text: str) -> tuple[Security | None, str]:
    match = _SCHEME.match(text)
    if match is None:
        return None, text
    name = match[1].lower()
    if name not in SCHEMES:
        raise Invalid("host", f'"{name}://" is not known here: use ssl://, tls:// (STARTTLS) or plain://.')
    return SCHEMES[name], match[2]


def _host_and_port(text: str) -> tuple[str, int | None]:
    if bracketed := _BRACKETED.match(text):
        return bracketed[1].lower(), _port(bracketed[2])
    if text.count(":") > 1 and re.fullmatch(r"[0-9A-Fa-f:.]+", text):
        return text.lower(), None
    host, colon, port = text.partition(":")
    host = host.strip().lower().rstrip(".")
    if not host:
        raise Invalid("host", "A host name is required.")
    if not _HOST.match(host):
        raise Invalid("host", f'"{host}" is not a host name.')
    return host, _port(port) if colon else None


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        raise Invalid("port", f'"{text}" is not a port number.')
    return int(text)
