"""The file in which a domain describes its mail servers for mail programs (config-v1.1.xml, of Mozilla's making)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal, cast
from urllib.parse import quote
from xml.etree import ElementTree

from postdesk.basics.errors import BadProtocol
from postdesk.basics.proposals import Proposal, Protocol
from postdesk.wire.errors import words

#: Fetches a URL: its body. Raises WireError; `LookupError` when there is no such page.
Opener = Callable[[str], bytes]

#: Where the file may lie, in this order.
PLACES: Final = (
    "https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={address}",
    "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
)
_SOCKETS: Final[dict[str, Literal["tls", "starttls", "plain"]]] = {
    "SSL": "tls",
    "STARTTLS": "starttls",
    "plain": "plain",
}
_HOST = re.compile(r"^[\w.-]{1,253}$")


def proposals(address: str, opener: Opener) -> list[Proposal]:
    """What the first file that is there says. [] when there is none; raises WireError when a place does not answer."""
    domain = address.rpartition("@")[2].lower()
    for place in PLACES:
        try:
            body = opener(place.format(domain=domain, address=quote(address)))
        except LookupError:
            continue
        return read(body, address)
    return []


def read(body: bytes, address: str) -> list[Proposal]:
    """The servers a file names, in its order; what cannot be understood is passed over. Raises BadProtocol."""
    # A file that defines entities is no honest one: they can blow up without end.
    if b"<!" in re.sub(rb"<!--.*?-->", b"", body, flags=re.DOTALL):
        raise BadProtocol("the autoconfig file defines entities or a document type")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise BadProtocol(f"the autoconfig file is not XML: {words(str(error))}") from error
    servers = [*root.iterfind("./emailProvider/incomingServer"), *root.iterfind("./emailProvider/outgoingServer")]
    return [found for server in servers if (found := _proposal(server, address)) is not None]


def _proposal(server: ElementTree.Element, address: str) -> Proposal | None:
    protocol = server.get("type", "").lower()
    host, port = (server.findtext(name, "").strip() for name in ("hostname", "port"))
    security = _SOCKETS.get(server.findtext("socketType", "").strip())
    if protocol not in ("imap", "pop3", "smtp") or security is None or not port.isdecimal() or len(port) > 5:
        return None
    host = _filled(host, address).lower()
    if not _HOST.match(host) or not 1 <= int(port) <= 65535:
        return None
    username = words(_filled(server.findtext("username", "%EMAILADDRESS%").strip(), address))
    methods = {(one.text or "").strip() for one in server.iterfind("authentication")}
    oauth2_only = methods == {"OAuth2"}
    note = "It takes OAuth2 only." if oauth2_only else ""
    auth = "oauth2-other" if oauth2_only else "none" if methods == {"none"} else "basic"
    return Proposal(cast(Protocol, protocol), host, int(port), security, username, "autoconfig", auth, note)


def _filled(text: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    for name, value in (("EMAILADDRESS", address), ("EMAILLOCALPART", local), ("EMAILDOMAIN", domain)):
        text = text.replace(f"%{name}%", value)
    return text
