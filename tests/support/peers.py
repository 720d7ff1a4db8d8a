"""Mail servers that misbehave in one way each, on free ports of 127.0.0.1, a thread for every connection.

Each function gives a `Peer` to use as a context manager: `with peers.silent() as peer:` connect to `peer.port`.
Whatever the client does, leaving the block closes all connections and ends all threads at once.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Literal, Self

from tests.support.dialogues import GREETINGS, MAIL, Ended, ImapTwist, Protocol, speak_imap, speak_pop3, speak_smtp

Script = Callable[["Connection"], None]


class Connection:
    """The server's side of one connection, as a script sees it; its methods raise `Ended` when the client has left."""

    def __init__(self, peer: Peer, sock: socket.socket) -> None:
        self.peer, self.socket = peer, sock
        self._buffer = bytearray()

    def say(self, octets: bytes) -> None:
        """Send all of it."""
        try:
            self.socket.sendall(octets)
        except OSError as error:
            raise Ended from error

    def line(self) -> bytes:
        """The next line without its line end."""
        while (end := self._buffer.find(b"\n")) < 0:
            self._more()
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        return line

    def octets(self, number: int) -> bytes:
        """The next `number` bytes."""
        while len(self._buffer) < number:
            self._more()
        found = bytes(self._buffer[:number])
        del self._buffer[:number]
        return found

    def read_to_the_end(self) -> None:
        """Take what comes, answer nothing, until the client leaves."""
        while True:
            self._more()

    def pause(self, seconds: float) -> None:
        """Wait, unless the peer is closed meanwhile."""
        if self.peer.closing.wait(seconds):
            raise Ended

    def reset(self) -> None:
        """Drop the connection with RST, as a crashed or restarted machine does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Ended

    def _more(self) -> None:
        try:
            octets = self.socket.recv(65536)
        except OSError as error:
            raise Ended from error
        if not octets:
            raise Ended
        self.peer.received.extend(octets)
        self._buffer += octets


class Peer:
    """A listening server that runs `script` for each connection; `tls` wraps each one from the first byte.

    `received` holds the bytes of all connections in the order they came, `connections` counts them.
    """

    host = "127.0.0.1"

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self._script, self._tls = script, tls
        self._listener = socket.socket()
        self._listener.bind((self.host, 0))
        self._listener.listen(500)
        self.port: int = self._listener.getsockname()[1]
        self.closing = threading.Event()
        self.received = bytearray()
        self.connections = self.ended = 0
        self._changed = threading.Condition()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        _wake(self._listener)
        with self._changed:
            for sock in self._open:
                _wake(sock)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def wait_for_connections(self, number: int = 1, timeout: float = 10.0) -> None:
        """Wait until that many clients have come; TimeoutError after `timeout` seconds."""
        self._wait(lambda: self.connections >= number, timeout, "came")

    def wait_until_left(self, number: int = 1, timeout: float = 10.0) -> None:
        """Wait until that many connections are over; TimeoutError after `timeout` seconds."""
        self._wait(lambda: self.ended >= number, timeout, "left")

    def _wait(self, done: Callable[[], bool], timeout: float, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(done, timeout):
                raise TimeoutError(f"no client {what} within {timeout} s")

    def _begin(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=f"peer-{self.port}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self.connections += 1
                self._open.add(sock)
                self._changed.notify_all()
            self._begin(lambda sock=sock: self._serve(sock))  # type: ignore[misc]

    def _serve(self, plain: socket.socket) -> None:
        sock = plain
        try:
            if self._tls:
                # The handshake waits for the client, so `__exit__` must know this socket before it begins.
                sock = secured = self._tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
                with self._changed:
                    self._open.add(sock)
                if not self.closing.is_set():
                    secured.do_handshake()
            if not self.closing.is_set():
                self._script(Connection(self, sock))
        except (Ended, OSError):
            pass
        finally:
            with self._changed:
                self._open -= {plain, sock}
                sock.close()
                self.ended += 1
                self._changed.notify_all()


def _wake(sock: socket.socket) -> None:
    """End what a thread is waiting for on this socket."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


# --- servers of any kind


def silent(tls: ssl.SSLContext | None = None) -> Peer:
    """Accepts and never says a word. With `tls` it is silent after the handshake."""
    return Peer(lambda client: client.read_to_the_end(), tls)


def greets_then_silent(protocol: Protocol) -> Peer:
    """Greets properly and answers nothing after that."""

    def script(client: Connection) -> None:
        client.say(GREETINGS[protocol])
        client.read_to_the_end()

    return Peer(script)


def drips(interval: float = 1.0, text: bytes = b"* OK " + b"slow " * 200) -> Peer:
    """Sends one byte of a greeting without end every `interval` seconds: alive for a socket's timeout, and useless."""

    def script(client: Connection) -> None:
        while True:
            for octet in text:
                client.say(bytes((octet,)))
                client.pause(interval)

    return Peer(script)


def speaks_nonsense() -> Peer:
    """Answers in no mail protocol: binary rubbish for a greeting, and a web server's error for every line."""

    def script(client: Connection) -> None:
        client.say(b"\x16\x03\x01\x00\xff\xfe{9999999999}\r\n")
        while True:
            client.line()
            client.say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    return Peer(script)


def resets(greeting: Protocol | None = None) -> Peer:
    """Resets the connection (RST) at once, or after its greeting at the client's first line."""

    def script(client: Connection) -> None:
        if greeting:
            client.say(GREETINGS[greeting])
            client.line()
        client.reset()

    return Peer(script)


def refuses_login(protocol: Protocol, text: str | None = None) -> Peer:
    """A working server that refuses every login in these words (by default each protocol's usual ones)."""
    if protocol == "imap":
        return Peer(lambda client: speak_imap(client, refusal=text or "[AUTHENTICATIONFAILED] Authentication failed."))
    if protocol == "pop3":
        return Peer(lambda client: speak_pop3(client, refusal=text or "[AUTH] Authentication failed."))
    return Peer(lambda client: speak_smtp(client, refusal=text or "5.7.8 Authentication credentials invalid"))


# --- servers that break while mail is read


def cuts_mid_literal(
    protocol: Literal["imap", "pop3"] = "imap", mails: Sequence[bytes] = (MAIL,), after: int = 100
) -> Peer:
    """Announces a whole message, sends `after` bytes of it and closes (POP3: closes within the message)."""

    def body(client: Connection, before: bytes, raw: bytes) -> None:
        client.say(before + b"{%d}\r\n" % len(raw) + raw[:after])
        raise Ended

    if protocol == "imap":
        return Peer(lambda client: speak_imap(client, mails, ImapTwist(body=body)))
    return Peer(lambda client: speak_pop3(client, mails, cut=after))


def lies_about_size(by: int, mails: Sequence[bytes] = (MAIL,)) -> Peer:
    """Says a literal is `by` bytes longer (or, below zero, shorter) than what it sends."""

    def body(client: Connection, before: bytes, raw: bytes) -> None:
        client.say(before + b"{%d}\r\n" % (len(raw) + by) + raw)

    return Peer(lambda client: speak_imap(client, mails, ImapTwist(body=body)))


def loses_the_folder(
    when: Literal["select", "fetch"] = "select", text: str = "[NONEXISTENT] Mailbox doesn't exist: Support"
) -> Peer:
    """The folder is gone: refused at SELECT and EXAMINE, or at the first FETCH after it was opened."""
    return Peer(lambda client: speak_imap(client, (MAIL,), ImapTwist(refuses={when: text})))


def says_bye_during_idle(text: str = "[UNAVAILABLE] Server shutting down.") -> Peer:
    """Goes into IDLE and then says goodbye and closes, as servers do at a restart."""

    def idle(client: Connection) -> None:
        client.say(b"+ idling\r\n* BYE " + text.encode() + b"\r\n")
        raise Ended

    return Peer(lambda client: speak_imap(client, (MAIL,), ImapTwist(idle=idle)))


# --- servers that break while mail is sent


def greets_421(text: str = "4.3.2 Service not available, closing transmission channel") -> Peer:
    """Answers the connection with 421 and closes."""
    return Peer(lambda client: client.say(b"421 " + text.encode() + b"\r\n"))


def closes_after_mail() -> Peer:
    """Closes the connection at MAIL, without a reply."""
    return Peer(lambda client: speak_smtp(client, closes_at="MAIL"))
