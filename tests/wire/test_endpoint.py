"""What an administrator types as a host name, and the time limit on whole operations."""

from __future__ import annotations

import socket
import time

import pytest

from postdesk.basics.errors import BadProtocol, Disconnected, Invalid, TlsRefused, Unreachable, WireError
from postdesk.wire.deadline import within
from postdesk.wire.endpoint import Endpoint, Security, WireProtocol, read_endpoint
from postdesk.wire.login import Login
from postdesk.wire.pop3 import open_pop3
from postdesk.wire.smtp import open_smtp
from tests.support import peers
from tests.support.certificates import Certificates, Kind
from tests.support.peers import Peer
from tests.support.sink import Sink

LOGIN = Login("ada", "secret")


@pytest.mark.parametrize(
    ("typed", "port", "protocol", "host", "number", "security"),
    [
        ("mail.example.com", 993, "imap", "mail.example.com", 993, "tls"),
        ("mail.example.com", 995, "pop3", "mail.example.com", 995, "tls"),
        ("mail.example.com", 465, "smtp", "mail.example.com", 465, "tls"),
        ("mail.example.com", 587, "smtp", "mail.example.com", 587, "starttls"),
        ("mail.example.com", 143, "imap", "mail.example.com", 143, "offered"),
        (" SSL://Mail.Example.com ", 2993, "imap", "mail.example.com", 2993, "tls"),
        ("ssl://mail.example.com:993", None, "imap", "mail.example.com", 993, "tls"),
        ("ssl://mail.example.com:993", 993, "imap", "mail.example.com", 993, "tls"),
        ("tls://mail.example.com", None, "pop3", "mail.example.com", 110, "starttls"),
        ("plain://mail.example.com", 993, "imap", "mail.example.com", 993, "plain"),
        ("mail.example.com", None, "imap", "mail.example.com", 993, "tls"),
        ("mail.example.com", None, "smtp", "mail.example.com", 587, "starttls"),
        ("[2001:db8::1]:143", None, "imap", "2001:db8::1", 143, "offered"),
        ("2001:db8::1", 25, "smtp", "2001:db8::1", 25, "offered"),
    ],
)
def test_s4_a6_scheme_and_port_say_how_the_connection_is_protected(
    typed: str, port: int | None, protocol: WireProtocol, host: str, number: int, security: Security
) -> None:
    assert read_endpoint(typed, port, protocol) == Endpoint(host, number, security, True, None)


@pytest.mark.parametrize(
    ("typed", "port", "field", "words"),
    [
        ("", 993, "host", "required"),
        ("imaps://mail.example.com", 993, "host", "imaps://"),
        ("mail example com", 993, "host", "not a host name"),
        ("mail.example.com:993", 143, "port", "993"),
        ("mail.example.com:imap", None, "port", "imap"),
        ("mail.example.com", 70_000, "port", "65535"),
    ],
)
def test_s4_a6_what_cannot_be_meant_is_named_with_its_field(
    typed: str, port: int | None, field: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        read_endpoint(typed, port, "imap")
    assert caught.value.field == field


def test_a12_a_server_that_drips_bytes_is_given_up_when_the_whole_time_is_over() -> None:
    began = time.monotonic()
    with peers.drips(0.05) as peer, pytest.raises(Disconnected, match=r"no answer from the server within 0\.5 s"):
        open_pop3(read_endpoint("plain://127.0.0.1", peer.port, "pop3"), LOGIN, timeout=0.5)
    assert 0.4 < time.monotonic() - began < 3


def test_an_inner_limit_does_not_lengthen_the_outer_one() -> None:
    ours, theirs = socket.socketpair()
    began = time.monotonic()
    with ours, theirs, within(0.2, ours), within(30, ours):
        assert ours.recv(1) == b""
    assert time.monotonic() - began < 5


def test_an_operation_in_time_leaves_the_socket_alone() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with within(0.05, ours):
            pass
        ours.settimeout(0.2)
        with pytest.raises(TimeoutError):
            ours.recv(1)


@pytest.mark.parametrize(
    ("peer", "kind"),
    [(peers.silent(), Disconnected), (peers.resets(), Disconnected), (peers.speaks_nonsense(), BadProtocol)],
    ids=["silent", "reset", "nonsense"],
)
def test_a_server_that_is_none_is_told_apart(peer: Peer, kind: type[WireError]) -> None:
    with peer, pytest.raises(kind):
        open_pop3(read_endpoint("plain://127.0.0.1", peer.port, "pop3"), LOGIN, timeout=0.5)


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable, match="refused"):
            open_pop3(read_endpoint("127.0.0.1", unused.getsockname()[1], "pop3"), LOGIN, timeout=2)


@pytest.mark.parametrize(
    ("kind", "words"), [("expired", "expired"), ("untrusted", "issuer"), ("wrong_name", "(?i)mismatch")]
)
def test_a_bad_certificate_is_refused_for_its_own_reason_unless_checks_are_off(
    certificates: Certificates, kind: Kind, words: str
) -> None:
    with Sink(tls=certificates.server_context(kind), implicit=True) as sink:
        strict = read_endpoint("ssl://127.0.0.1", sink.port, "smtp", ca_pem=certificates.ca_pem)
        with pytest.raises(TlsRefused, match=words):
            open_smtp(strict, None, ehlo_name="desk.example", timeout=5)
        lax = read_endpoint("ssl://127.0.0.1", sink.port, "smtp", verify_tls=False)
        with open_smtp(lax, None, ehlo_name="desk.example", timeout=5) as session:
            assert session.alive
