"""The beginning of an SMTP session: EHLO or HELO, and AUTH (RFC 4954)."""

from __future__ import annotations

import base64

from postdesk.basics.errors import BadProtocol, BrokenSetup, LoginRefused, TlsRefused
from postdesk.wire import sasl
from postdesk.wire.channel import Channel
from postdesk.wire.dial import no_tls
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import smtp_refusal
from postdesk.wire.login import Login, SignedIn, discreet
from postdesk.wire.smtp_reply import Reply, read_reply

#: Octets of a command line without its end (RFC 5321 section 4.5.3.1.4); RFC 4954 section 4 holds AUTH to it.
_LONGEST_COMMAND = 510


def ask(channel: Channel, command: bytes, *, stage: str) -> Reply:
    """Say one command and read its reply."""
    with channel.limited(stage=stage):
        channel.send(command + b"\r\n")
        return read_reply(channel)


def greet(channel: Channel, name: str) -> dict[str, str]:
    """EHLO, or HELO where that is unknown: upper-case keyword to its parameters."""
    written = name.encode("idna") if not name.isascii() else name.encode()
    if not written or any(byte <= 32 for byte in written):
        raise BrokenSetup(f'"{name}" is not a name to greet a server with')
    reply = ask(channel, b"EHLO " + written, stage="ehlo")
    features: dict[str, str] = {}
    if reply.permanent:
        reply = ask(channel, b"HELO " + written, stage="ehlo")
    else:
        for line in reply.lines[1:]:
            keyword, _, parameters = line.upper().replace("AUTH=", "AUTH ").partition(" ")
            features[keyword] = f"{features.get(keyword, '')} {parameters}".strip()
    if not reply.accepted:
        raise smtp_refusal(reply.code, reply.words, stage="connect")
    return features


def welcome(channel: Channel) -> Reply:
    """The greeting. Raises Busy, Rejected (554: no service here), BadProtocol."""
    with channel.limited(stage="connect"):
        greeting = read_reply(channel)
    if greeting.code != 220:
        raise smtp_refusal(greeting.code, greeting.words, stage="connect")
    return greeting


def upgrade(channel: Channel, endpoint: Endpoint, features: dict[str, str]) -> bool:
    """Do STARTTLS (RFC 3207) where it is demanded, or offered and wanted; whether it was done. Raises TlsRefused."""
    if endpoint.security in ("starttls", "offered") and "STARTTLS" in features:
        reply = ask(channel, b"STARTTLS", stage="tls")
        if not reply.accepted:
            raise TlsRefused(reply.words)
        channel.start_tls(endpoint)
        return True
    if endpoint.security == "starttls":
        raise no_tls(endpoint.host)
    return False


def log_in(channel: Channel, endpoint: Endpoint, login: Login, features: dict[str, str]) -> SignedIn:
    """Sign in by the best mechanism offered. Raises LoginRefused, TokenExpired, Busy."""
    offered = features.get("AUTH", "").split()
    name = sasl.mechanism_for(login, offered, encrypted=channel.encrypted)
    if name is None:
        what = f"only {', '.join(offered)}" if offered else "no login at all"
        hint = "" if channel.encrypted else "; it may do so on an encrypted connection"
        raise LoginRefused(f"{endpoint.host} offers {what}{hint}")
    with discreet(login) as signed_in:
        exchange = sasl.Exchange(name, login, host=endpoint.host, port=endpoint.port)
        command = b"AUTH " + name.encode()
        command += exchange.opening(_LONGEST_COMMAND - len(command))
        with channel.limited(stage="login"):
            channel.send(command + b"\r\n")
            reply = read_reply(channel)
            while reply.code == 334:
                channel.send(base64.b64encode(exchange.answer(_challenge(reply))) + b"\r\n")
                reply = read_reply(channel)
        if not reply.accepted:
            error = smtp_refusal(reply.code, reply.words, stage="login")
            raise sasl.refused(error, login, exchange.complaint)
        return signed_in(name, f"{reply.code} {reply.words}")


def _challenge(reply: Reply) -> bytes:
    try:
        return base64.b64decode(reply.lines[0])
    except ValueError as exc:
        raise BadProtocol("the server's challenge is not base64") from exc
