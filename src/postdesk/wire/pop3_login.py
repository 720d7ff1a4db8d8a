"""The beginning of a POP3 session: greeting, CAPA (RFC 2449), STLS (RFC 2595), login (RFC 1939 section 7, RFC 5034)."""

from __future__ import annotations

import base64
import hashlib
import poplib
import re

from postdesk.basics.errors import BadProtocol, LoginRefused, TlsRefused, WireError
from postdesk.wire import sasl
from postdesk.wire.channel import Channel
from postdesk.wire.dial import no_tls
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import border, translate, words
from postdesk.wire.login import Login, SignedIn, discreet

_LONGEST_COMMAND = 253


def status(channel: Channel) -> tuple[bool, str]:
    """The next +OK or -ERR: whether it is +OK, and its text. Raises BadProtocol, Disconnected."""
    line = channel.read_line().strip()
    word, _, text = line.partition(b" ")
    if word not in (b"+OK", b"-ERR"):
        channel.drop()
        raise BadProtocol(f"{channel.host} sent something that is not POP3")
    return word == b"+OK", words(text)


def refusal(channel: Channel, text: str, *, stage: str) -> WireError:
    """The error for -ERR."""
    if stage == "tls":
        return TlsRefused(text or None)
    return translate(poplib.error_proto(f"-ERR {text}"), host=channel.host, stage=stage)


def ask(channel: Channel, command: bytes, *, stage: str) -> str:
    """Say one command and give the text of its +OK. Raises what `refusal` makes of -ERR."""
    with channel.limited(stage=stage):
        channel.send(command + b"\r\n")
        ok, text = status(channel)
    if not ok:
        raise refusal(channel, text, stage=stage)
    return text


def greeting(channel: Channel) -> str:
    """The greeting's text; it may hold the stamp for APOP. Raises Busy, Rejected, BadProtocol."""
    with channel.limited(stage="greeting"):
        ok, text = status(channel)
    if not ok:
        raise refusal(channel, text, stage="connect")
    return text


def features(channel: Channel) -> dict[str, str]:
    """CAPA (RFC 2449): upper-case name to arguments; empty where the server has no such command."""
    with channel.limited(stage="capa"):
        channel.send(b"CAPA\r\n")
        ok, _ = status(channel)
        if not ok:
            return {}
        lines = [line.decode("latin-1").split(None, 1) for line in channel.read_dotted().splitlines()]
    return {line[0].upper(): line[1].upper() if len(line) > 1 else "" for line in lines if line}


def upgrade(channel: Channel, endpoint: Endpoint, able: dict[str, str]) -> dict[str, str]:
    """Do STLS where it is demanded, or offered and wanted. Returns what the server can do then. Raises TlsRefused."""
    if endpoint.security in ("starttls", "offered") and "STLS" in able:
        ask(channel, b"STLS", stage="tls")
        channel.start_tls(endpoint)
        return features(channel)
    if endpoint.security == "starttls":
        raise no_tls(endpoint.host)
    return able


def log_in(channel: Channel, endpoint: Endpoint, login: Login, able: dict[str, str], welcome: str) -> SignedIn:
    """Sign in. Raises LoginRefused (TokenExpired for a token), Busy, BadProtocol, Disconnected."""
    # A challenge that is not base64 is a ValueError.
    with discreet(login) as signed_in:
        with border(channel.host, "login"), channel.limited(stage="login"):
            ok, done, complaint = _credentials(channel, endpoint, login, able, welcome)
        if not ok:
            raise sasl.refused(refusal(channel, done.said, stage="login"), login, complaint)
        return signed_in(done.mechanism, done.said)


def _credentials(
    channel: Channel, endpoint: Endpoint, login: Login, able: dict[str, str], welcome: str
) -> tuple[bool, SignedIn, str]:
    """Whether it worked, how, and what an OAuth2 server complained of."""
    offered = able.get("SASL", "").split()
    if login.mechanism == "oauth2":
        name = sasl.mechanism_for(login, offered, encrypted=channel.encrypted)
        if name is None and able:
            raise LoginRefused("the server offers no login by OAuth2")
        # A server without CAPA gets the token only when it asks for it.
        exchange = sasl.Exchange(name or "XOAUTH2", login, host=endpoint.host, port=endpoint.port)
        return _sasl(channel, exchange, _LONGEST_COMMAND if name else 0)
    login = sasl.checked(login)
    user, secret = login.username.encode(), login.secret.encode()
    stamp = re.search(r"<[^<>@\s]+@[^<>\s]+>", welcome)
    if stamp and not channel.encrypted:
        # RFC 1939 section 7: the password is not sent. Many servers show a stamp and keep no secret for
        # it, so a refusal is not the last word.
        digest = hashlib.md5(stamp[0].encode() + secret).hexdigest().encode()
        channel.send(b"APOP " + user + b" " + digest + b"\r\n")
        ok, text = status(channel)
        if ok:
            return True, SignedIn("APOP", text), ""
    channel.send(b"USER " + user + b"\r\n")
    ok, text = status(channel)
    if ok:
        channel.send(b"PASS " + secret + b"\r\n")
        ok, text = status(channel)
    return ok, SignedIn("USER", text), ""


def _sasl(channel: Channel, exchange: sasl.Exchange, room: int) -> tuple[bool, SignedIn, str]:
    command = b"AUTH " + exchange.mechanism.encode()
    # RFC 5034 section 4: a command line holds 255 octets; a longer first answer waits for the "+".
    channel.send(command + exchange.opening(room - len(command)) + b"\r\n")
    line = channel.read_line().strip()
    while line.startswith(b"+") and not line.startswith(b"+OK"):
        channel.send(base64.b64encode(exchange.answer(base64.b64decode(line[1:].strip()))) + b"\r\n")
        line = channel.read_line().strip()
    said = words(line.partition(b" ")[2])
    return line.startswith(b"+OK"), SignedIn(exchange.mechanism, said), exchange.complaint
