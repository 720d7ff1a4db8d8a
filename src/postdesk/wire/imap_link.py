"""An IMAP connection up to the point where it is signed in: dial, greeting, STARTTLS, login.

IMAPClient speaks the protocol; what is ours is the socket under it, so that every operation has a deadline, a literal
that ends too early is an error, and no answer takes more memory than it may.
"""

from __future__ import annotations

import imaplib
import socket
from io import BufferedReader, BytesIO
from typing import Any, cast

from imapclient import IMAPClient

from postdesk.basics.errors import LoginRefused, WireError
from postdesk.wire.deadline import Deadline, within
from postdesk.wire.dial import dial, no_tls, secure
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import border, translate, words
from postdesk.wire.login import Login, SignedIn, discreet
from postdesk.wire.sasl import Exchange, checked, mechanism_for, refused
from postdesk.wire.source import SLOWEST

#: Bytes of literals that an answer may hold where nobody expects a message.
SMALL_ANSWER = 16 * 1024 * 1024
_PIECE = 64 * 1024
#: RFC 2683 section 3.2.1.5: a command line should not be longer.
_LONGEST_COMMAND = 1000


class Link(imaplib.IMAP4):
    """imaplib's connection on a socket that is there already.

    `pushed` are bytes that were read past imaplib's back (during IDLE) and come before what the socket still has;
    `allowance` is how many bytes of literals the answers may hold until it is set again. `deadline` is that of the
    operation that is running: literals extend it, so that a big message over a slow line has the time it needs.
    """

    def __init__(self, sock: socket.socket, endpoint: Endpoint) -> None:
        self._given = sock
        self.pushed = b""
        self.allowance = SMALL_ANSWER
        self.deadline: Deadline | None = None
        super().__init__(endpoint.host, endpoint.port)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._given

    def swap(self, sock: socket.socket) -> None:
        """Go on with another socket; what was buffered from the old one is not trusted (RFC 3501 section 11.1)."""
        self.file.close()
        self.sock = sock
        self.file = sock.makefile("rb")

    def readline(self) -> bytes:
        if not self.pushed:
            return super().readline()
        line, newline, self.pushed = self.pushed.partition(b"\n")
        return line + newline if newline else line + super().readline()

    def read(self, size: int) -> bytes:
        if size > self.allowance:
            raise self.abort(f"the server announces {size} bytes, which is more than it listed")
        self.allowance -= size
        if self.deadline is not None:
            # The first piece gets its time in advance: a small literal is read in one go.
            self.deadline.extend(min(size, _PIECE) / SLOWEST)
        content = super().read(size) if size <= _PIECE else self._read_in_pieces(size)
        if len(content) < size:
            raise self.abort(f"the connection ended after {len(content)} of {size} bytes")
        return content

    def _read_in_pieces(self, size: int) -> bytes:
        """An announced size alone must not take memory, and what arrives buys time for the rest."""
        reader = cast(BufferedReader, self.file)
        # Unlike a list that is joined, a BytesIO holds the message once.
        whole = BytesIO()
        missing = size
        while missing:
            piece = reader.read1(min(missing, _PIECE))
            if not piece:
                break
            whole.write(piece)
            missing -= len(piece)
            if self.deadline is not None:
                self.deadline.extend(len(piece) / SLOWEST)
        return whole.getvalue()


class Client(IMAPClient):  # type: ignore[misc]  # IMAPClient has no types.
    """IMAPClient on a Link."""

    def __init__(self, sock: socket.socket, endpoint: Endpoint, timeout: float) -> None:
        self._given, self._endpoint = sock, endpoint
        # `within` is the limit; the socket's own only ends a wait that was somehow missed.
        super().__init__(endpoint.host, endpoint.port, ssl=False, timeout=4 * timeout)
        # IMAPClient leaves imaplib's debug level at 5, where every body is formatted for a log that nobody reads.
        self.link.debug = 0
        # INTERNALDATE stays aware.
        self.normalise_times = False

    def _create_IMAP4(self) -> Link:
        return Link(self._given, self._endpoint)

    @property
    def link(self) -> Link:
        """imaplib's side of this client."""
        link: Link = self._imap
        return link

    def _check_resp(self, expected: str, command: str, typ: str, data: list[bytes]) -> None:
        # The server's words as bytes; IMAPClient's way drops every character of them that is not ASCII.
        if typ != expected:
            raise imaplib.IMAP4.error(data[0])

    def capability_names(self) -> frozenset[str]:
        """What the server can do, in capitals, as of now (a login usually changes it)."""
        listed: tuple[bytes, ...] = self.capabilities()
        return frozenset(name.decode("ascii", "replace").upper() for name in listed)


def connect(endpoint: Endpoint, login: Login, timeout: float) -> Client:
    """Dial and sign in. Raises Unreachable, TlsRefused, LoginRefused, TokenExpired, Busy, BadProtocol, Disconnected."""
    checked(login)
    client = greeted(dial(endpoint, timeout), endpoint, timeout)
    try:
        encrypted = endpoint.security == "tls" or upgraded(client, endpoint, timeout)
        log_in(client, endpoint, login, timeout, encrypted=encrypted)
    except BaseException:
        hang_up(client.link)
        raise
    return client


def greeted(sock: socket.socket, endpoint: Endpoint, timeout: float) -> Client:
    """Hear the greeting. The socket given is closed when there is none. Raises Busy, BadProtocol, Disconnected."""
    try:
        with border(endpoint.host, "greeting"), within(timeout, sock):
            return Client(sock, endpoint, timeout)
    except BaseException:
        sock.close()
        raise


def hang_up(link: Link) -> None:
    """Close the connection without a word."""
    link.file.close()
    link.sock.close()


def upgraded(client: Client, endpoint: Endpoint, timeout: float) -> bool:
    """Do STARTTLS (RFC 3501 section 6.2.1) where it is demanded, or offered and wanted; whether it was done."""
    link = client.link
    if endpoint.security == "plain":
        return False
    # A server that greets with PREAUTH cannot be upgraded any more (RFC 3501 section 7.1.4).
    if "STARTTLS" not in link.capabilities or link.state != "NONAUTH":
        if endpoint.security == "starttls":
            raise no_tls(endpoint.host)
        return False
    with border(endpoint.host, "starttls"), within(timeout, link.sock):
        status, said = link._simple_command("STARTTLS")
        if status != "OK":
            raise link.error(said[-1])
    link.swap(secure(link.sock, endpoint, timeout))
    link.sock.settimeout(4 * timeout)
    with border(endpoint.host, "capability"), within(timeout, link.sock):
        link._get_capabilities()
    return True


def log_in(client: Client, endpoint: Endpoint, login: Login, timeout: float, *, encrypted: bool) -> SignedIn:
    """Sign in, unless the server greeted with PREAUTH, and learn what the server can do then."""
    link = client.link
    done = SignedIn("PREAUTH", words(link.welcome))
    if link.state == "NONAUTH":
        with discreet(login) as signed_in, within(timeout, link.sock):
            found = _signed_in(client, endpoint, login, encrypted=encrypted)
            done = signed_in(found.mechanism, found.said)
    with border(endpoint.host, "capability"), within(timeout, link.sock):
        client.capability_names()
    return done


def _signed_in(client: Client, endpoint: Endpoint, login: Login, *, encrypted: bool) -> SignedIn:
    link, names = client.link, client.capability_names()
    offered = {name.removeprefix("AUTH=") for name in names if name.startswith("AUTH=")}
    mechanism = mechanism_for(login, offered, encrypted=encrypted)
    # A list of capabilities from before the login must not be taken for one from after it.
    link.untagged_responses.clear()
    if mechanism:
        exchange = Exchange(mechanism, login, host=endpoint.host, port=endpoint.port)
        try:
            said = _authenticated(link, exchange, at_once="SASL-IR" in names)
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise _refusal(error, endpoint, login, exchange.complaint) from error
        return SignedIn(mechanism, words(said[-1]))
    if login.mechanism == "oauth2":
        raise LoginRefused("the server offers no login by OAuth2")
    if "LOGINDISABLED" in names:
        raise LoginRefused("the server offers no login by password" + ("" if encrypted else " without encryption"))
    try:
        # Not link.login: that cannot send what is not ASCII. Not IMAPClient's way: that logs what it sends.
        status, said = link._simple_command("LOGIN", _quoted(login.username), _quoted(login.secret))
        if status != "OK":
            raise link.error(said[-1])
        link.state = "AUTH"
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise _refusal(error, endpoint, login, "") from error
    return SignedIn("LOGIN", words(said[-1]))


def _authenticated(link: Link, exchange: Exchange, *, at_once: bool) -> list[Any]:
    """AUTHENTICATE (RFC 3501 section 6.2.2), where it can with the first answer in the command (RFC 4959)."""
    # Where the server does not say SASL-IR there is no room; a long answer (a token has up to 8 KB) is asked for.
    room = _LONGEST_COMMAND - len("A0001 AUTHENTICATE ") - len(exchange.mechanism) if at_once else 0
    command = exchange.mechanism.encode() + exchange.opening(room)
    # As imaplib's own authenticate does, which has no way to send the first answer along.
    imap = cast(Any, link)
    imap.literal = imaplib._Authenticator(exchange.answer).process
    status, said = imap._simple_command("AUTHENTICATE", command)
    if status != "OK":
        raise link.error(said[-1])
    link.state = "AUTH"
    return cast(list[Any], said)


def _refusal(error: Exception, endpoint: Endpoint, login: Login, complaint: str) -> WireError:
    return refused(translate(error, host=endpoint.host, stage="login"), login, complaint)


def _quoted(text: str) -> Any:
    return b'"' + text.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
