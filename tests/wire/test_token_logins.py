"""Logins by token at a real Dovecot that asks a real provider, and at servers that keep strictly to line lengths."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from postdesk.basics.errors import BadProtocol, LoginRefused, TokenExpired, WireError
from postdesk.wire.endpoint import read_endpoint
from postdesk.wire.imap import ImapSource, open_imap
from postdesk.wire.login import BLOT, Login
from postdesk.wire.pop3 import Pop3Source, open_pop3
from postdesk.wire.smtp import SmtpSession, open_smtp
from tests.support.certificates import Certificates
from tests.support.dialogues import Protocol
from tests.support.dovecot_oauth2 import OAuth2Dovecot
from tests.support.fixtures import TokenMail
from tests.support.peers import Connection, Peer
from tests.support.provider import Client, Provider

MAIL = b"From: ada@example.com\r\nSubject: hello\r\n\r\nGood day.\r\n"
PROTOCOLS: tuple[Protocol, ...] = ("imap", "pop3", "smtp")


@pytest.fixture(scope="module", params=["XOAUTH2", "OAUTHBEARER"])
def server(
    request: pytest.FixtureRequest, token_mail: TokenMail, certificates: Certificates
) -> Iterator[OAuth2Dovecot]:
    """Dovecot with one of the two mechanisms only."""
    only = request.param.lower()
    relay = token_mail.sink.port
    with OAuth2Dovecot(token_mail.provider, relay=relay, mechanisms=only, certificates=certificates) as dovecot:
        yield dovecot


@pytest.fixture(scope="module")
def client(provider: Provider) -> Client:
    return provider.client("http://desk.example/oauth2")


def opened(
    protocol: Protocol, port: int, login: Login, host: str = "plain://127.0.0.1", ca: str | None = None
) -> ImapSource | Pop3Source | SmtpSession:
    endpoint = read_endpoint(host, port, protocol, ca_pem=ca)
    if protocol == "smtp":
        return open_smtp(endpoint, login, ehlo_name="desk.example", timeout=5)
    return {"imap": open_imap, "pop3": open_pop3}[protocol](endpoint, login, timeout=5)


def signs_in(
    protocol: Protocol, port: int, login: Login, host: str = "plain://127.0.0.1", ca: str | None = None
) -> None:
    """Open a session and end it."""
    opened(protocol, port, login, host, ca).close()


def port_of(dovecot: OAuth2Dovecot, protocol: Protocol) -> int:
    return {"imap": dovecot.imap, "pop3": dovecot.pop3, "smtp": dovecot.submission}[protocol]


def by_token(user: str, token: str) -> Login:
    return Login(user, token, "oauth2")


# --- Dovecot and the provider


def test_k4_mail_is_read_and_sent_with_one_token(server: OAuth2Dovecot, client: Client, token_mail: TokenMail) -> None:
    user = client.provider.user("ada@tokens.example")
    login = by_token(user, client.token(user))
    server.drop(user, MAIL)
    with opened("imap", server.imap, login) as imap, opened("pop3", server.pop3, login) as pop3:
        assert isinstance(imap, ImapSource)
        assert isinstance(pop3, Pop3Source)
        imap.select("INBOX")
        for source in (imap, pop3):
            (listed,) = source.listing()
            assert [fetched.raw for fetched in source.fetch([listed.key])] == [MAIL]
    token_mail.sink.reset()
    with opened("smtp", server.submission, login) as smtp:
        assert isinstance(smtp, SmtpSession)
        assert smtp.send(user, ["bob@example.com"], MAIL).recipients["bob@example.com"].accepted
    assert token_mail.sink.wait_for(1)[0].raw.endswith(MAIL)


@pytest.mark.parametrize(
    ("protocol", "host", "service"),
    [
        ("imap", "ssl://127.0.0.1", "imaps"),
        ("imap", "tls://127.0.0.1", "imap"),
        ("pop3", "ssl://127.0.0.1", "pop3s"),
        ("pop3", "tls://127.0.0.1", "pop3"),
        ("smtp", "tls://127.0.0.1", "submission"),
    ],
)
def test_k4_tokens_go_over_encrypted_connections(
    token_mail: TokenMail, client: Client, protocol: Protocol, host: str, service: str
) -> None:
    user = client.provider.user("tls@tokens.example")
    dovecot = token_mail.dovecot
    signs_in(protocol, getattr(dovecot, service), by_token(user, client.token(user)), host, dovecot.ca_pem)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("size", [250, 2_500, 5_500])
def test_k4_long_tokens_pass(server: OAuth2Dovecot, client: Client, protocol: Protocol, size: int) -> None:
    """Google's have about 220 letters, Microsoft's 2,500; Dovecot 2.3 takes answers up to 8 KB of base64."""
    user = client.provider.user("long@tokens.example")
    signs_in(protocol, port_of(server, protocol), by_token(user, client.token(user, size=size)))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_k4_a_refused_token_is_told_with_the_report_decoded(
    server: OAuth2Dovecot, client: Client, protocol: Protocol
) -> None:
    user = client.provider.user("refused@tokens.example")
    token = client.token(user, size=600)
    client.expire()
    with pytest.raises(TokenExpired) as caught:
        signs_in(protocol, port_of(server, protocol), by_token(user, token))
    said = caught.value.message
    assert "Authentication failed" in said
    assert "(status 401, schemes bearer, scope mail)" in said or "(status invalid_token)" in said
    assert token[:16] not in f"{caught.value!r} {caught.value.fields}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_k4_a_token_opens_neither_another_mailbox_nor_anything_it_has_no_scope_for(
    token_mail: TokenMail, client: Client, protocol: Protocol
) -> None:
    user = client.provider.user("narrow@tokens.example")
    port = port_of(token_mail.dovecot, protocol)
    for login in (
        by_token("somebody.else@tokens.example", client.token(user)),
        by_token(user, client.token(user, scopes=["openid", "email"])),
    ):
        with pytest.raises(LoginRefused):
            signs_in(protocol, port, login)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_k3_k4_a_shared_mailbox_opens_with_the_token_of_somebody_it_was_delegated_to(
    token_mail: TokenMail, client: Client, protocol: Protocol
) -> None:
    shared = "shared@tokens.example"
    delegate = client.provider.user("delegate@tokens.example", delegated=[shared])
    other = client.provider.user("other@tokens.example")
    port = port_of(token_mail.dovecot, protocol)
    signs_in(protocol, port, by_token(shared, client.token(delegate)))
    with pytest.raises(LoginRefused):
        signs_in(protocol, port, by_token(shared, client.token(other)))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_k7_an_app_only_token_opens_the_mailboxes_its_client_was_given(
    token_mail: TokenMail, protocol: Protocol
) -> None:
    app = token_mail.provider.client(grant="client-credentials", mailboxes=["app@tokens.example"])
    port = port_of(token_mail.dovecot, protocol)
    signs_in(protocol, port, by_token("app@tokens.example", app.token()))
    with pytest.raises(LoginRefused):
        signs_in(protocol, port, by_token("ada@tokens.example", app.token()))


# --- servers that keep strictly to the lengths of command lines


def takes(protocol: Protocol, mechanism: str, wanted: bytes, *, at_once: bool = True) -> Peer:
    """A server that accepts exactly these octets by this mechanism; a command line that is too long ends it all."""
    longest = {"imap": 1000, "pop3": 255, "smtp": 512}[protocol]
    ask = {"imap": b"+ \r\n", "pop3": b"+ \r\n", "smtp": b"334 \r\n"}[protocol]

    def script(client: Connection) -> None:
        client.say(_greeting(protocol, mechanism, at_once=at_once))
        while True:
            line = client.line()
            assert len(line) + 2 <= longest
            tag = line.partition(b" ")[0] if protocol == "imap" else b""
            words = line.split()[1:] if protocol == "imap" else line.split()
            if words[0] not in (b"AUTHENTICATE", b"AUTH"):
                client.say(_answer(protocol, words[0], tag, mechanism, at_once=at_once))
                continue
            assert words[1] == mechanism.encode()
            coded = words[2] if len(words) > 2 else b""
            if not coded:
                client.say(ask)
                coded = client.line()
            good = base64.b64decode(coded, validate=True) == wanted
            answers = {"imap": tag + (b" OK in" if good else b" NO out"), "pop3": b"+OK in" if good else b"-ERR out"}
            client.say(answers.get(protocol, b"235 in" if good else b"535 out") + b"\r\n")

    return Peer(script)


def _greeting(protocol: Protocol, mechanism: str, *, at_once: bool) -> bytes:
    capability = f"IMAP4rev1 {'SASL-IR ' if at_once else ''}AUTH={mechanism}"
    return {"imap": f"* OK [CAPABILITY {capability}] hi\r\n", "pop3": "+OK hi\r\n", "smtp": "220 hi\r\n"}[
        protocol
    ].encode()


def _answer(protocol: Protocol, verb: bytes, tag: bytes, mechanism: str, *, at_once: bool) -> bytes:
    if protocol == "imap":
        capability = f"* CAPABILITY IMAP4rev1 {'SASL-IR ' if at_once else ''}AUTH={mechanism}\r\n".encode()
        return (capability if verb == b"CAPABILITY" else b"") + tag + b" OK done\r\n"
    if protocol == "pop3":
        return f"+OK\r\nSASL {mechanism}\r\nUIDL\r\n.\r\n".encode() if verb == b"CAPA" else b"+OK\r\n"
    return f"250-hi\r\n250 AUTH {mechanism}\r\n".encode() if verb == b"EHLO" else b"250 ok\r\n"


def wanted(mechanism: str, user: str, token: str, port: int) -> bytes:
    if mechanism == "XOAUTH2":
        return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()
    return f"n,a={user},\x01host=127.0.0.1\x01port={port}\x01auth=Bearer {token}\x01\x01".encode()


@pytest.mark.parametrize("at_once", [True, False], ids=["SASL-IR", "asked"])
@pytest.mark.parametrize("size", [20, 100, 300, 600, 8_000])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_k4_a_token_of_any_length_keeps_to_the_length_of_lines(protocol: Protocol, size: int, at_once: bool) -> None:
    token = ("abcdefghi." * 800)[:size]
    with takes(protocol, "XOAUTH2", wanted("XOAUTH2", "a@b.example", token, 0), at_once=at_once) as peer:
        signs_in(protocol, peer.port, by_token("a@b.example", token))
    sent = bytes(peer.received)
    alone = b"XOAUTH2\r\n" in sent
    assert alone == (size > {"imap": 600 if at_once else 0, "pop3": 100, "smtp": 300}[protocol])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_k4_oauthbearer_of_8_kb_passes(protocol: Protocol) -> None:
    token = "x" * 8_000
    expected: list[bytes] = [b""]
    with takes(protocol, "OAUTHBEARER", b"") as peer:
        expected[0] = wanted("OAUTHBEARER", "a@b.example", token, peer.port)
        with pytest.raises(TokenExpired):
            signs_in(protocol, peer.port, by_token("a@b.example", token))
    assert base64.b64encode(expected[0]) in bytes(peer.received)


# --- reports of errors


def reports(protocol: Protocol, report: bytes, refusal: str, heard: list[bytes], mechanism: str = "XOAUTH2") -> Peer:
    """A server that answers a token with a report and, once that is acknowledged, with a refusal."""

    def script(client: Connection) -> None:
        client.say(_greeting(protocol, mechanism, at_once=True))
        while True:
            line = client.line()
            tag = line.partition(b" ")[0] if protocol == "imap" else b""
            words = line.split()[1:] if protocol == "imap" else line.split()
            if words[0] not in (b"AUTHENTICATE", b"AUTH"):
                client.say(_answer(protocol, words[0], tag, mechanism, at_once=True))
                continue
            client.say((b"334 " if protocol == "smtp" else b"+ ") + report + b"\r\n")
            heard.append(client.line())
            before = {"imap": tag + b" NO ", "pop3": b"-ERR ", "smtp": b"535 "}[protocol]
            client.say(before + refusal.encode() + b"\r\n")

    return Peer(script)


GOOGLE = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')


@pytest.mark.parametrize(("mechanism", "acknowledged"), [("XOAUTH2", b""), ("OAUTHBEARER", b"AQ==")])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_k4_a_report_is_acknowledged_and_told_with_the_refusal(
    protocol: Protocol, mechanism: str, acknowledged: bytes
) -> None:
    heard: list[bytes] = []
    peer = reports(protocol, GOOGLE, "Invalid credentials (Failure)", heard, mechanism)
    with peer, pytest.raises(TokenExpired) as caught:
        signs_in(protocol, peer.port, by_token("a@b.example", "a-token-that-is-over"))
    assert heard == [acknowledged]
    assert caught.value.message.endswith(
        "Invalid credentials (Failure) (status 400, schemes Bearer, scope https://mail.google.com/)"
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_k4_a_report_that_is_no_base64_ends_the_session_with_a_sentence(protocol: Protocol) -> None:
    with reports(protocol, b"%%%not base64%%", "no", []) as peer, pytest.raises(WireError) as caught:
        signs_in(protocol, peer.port, by_token("a@b.example", "a-token-that-is-over"))
    assert isinstance(caught.value, BadProtocol | TokenExpired)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_k4_a_refusal_that_is_not_the_tokens_fault_is_not_mended_by_another_token(protocol: Protocol) -> None:
    said = {
        "imap": "User is authenticated but not connected.",
        "pop3": "[AUTH] User is authenticated but not connected.",
        "smtp": "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
    }[protocol]
    with reports(protocol, b"", said, []) as peer, pytest.raises(LoginRefused) as caught:
        signs_in(protocol, peer.port, by_token("a@b.example", "a-token-that-is-good"))
    assert type(caught.value) is LoginRefused
    assert said.removeprefix("[AUTH] ") in caught.value.message


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("shape", ["plain", "base64", "json"])
def test_k4_no_share_of_a_token_is_repeated_from_what_a_server_says(protocol: Protocol, shape: str) -> None:
    token = base64.urlsafe_b64encode(bytes(range(256)) * 20).decode().rstrip("=")
    echo = {
        "plain": f"I do not know auth=Bearer {token} here",
        "base64": f"I do not know {base64.b64encode(b'user=a@b.example' + b'auth=Bearer ' + token.encode()).decode()}",
        "json": json.dumps({"said": token}),
    }[shape]
    peer = reports(protocol, base64.b64encode(json.dumps({"error": echo}).encode()), echo, [])
    with peer, pytest.raises(WireError) as caught:
        signs_in(protocol, peer.port, by_token("a@b.example", token))
    told = f"{caught.value} {caught.value!r} {caught.value.message} {caught.value.fields}"
    assert BLOT in told
    assert not any(token[start : start + 16] in told for start in range(len(token) - 16))


def test_k4_a_pop3_server_that_offers_no_oauth2_never_sees_the_token() -> None:
    def script(client: Connection) -> None:
        client.say(b"+OK hi\r\n")
        while line := client.line():
            client.say(b"+OK\r\nSASL PLAIN\r\nUIDL\r\n.\r\n" if line == b"CAPA" else b"-ERR no\r\n")

    with Peer(script) as peer, pytest.raises(LoginRefused, match="OAuth2"):
        signs_in("pop3", peer.port, by_token("a", "the-token"))
    assert b"AUTH" not in peer.received


@pytest.mark.parametrize("asks", [True, False])
def test_k4_a_pop3_server_without_capa_sees_the_token_only_when_it_asks_for_it(asks: bool) -> None:
    def script(client: Connection) -> None:
        client.say(b"+OK hi\r\n")
        while line := client.line():
            if line == b"AUTH XOAUTH2" and asks:
                client.say(b"+ \r\n")
                client.line()
                client.say(b"+OK in\r\n")
            else:
                client.say(b"+OK bye\r\n" if line == b"QUIT" else b"-ERR no such command\r\n")

    coded = base64.b64encode(wanted("XOAUTH2", "a", "the-token", 0))
    login = by_token("a", "the-token")
    with Peer(script) as peer:
        if asks:
            signs_in("pop3", peer.port, login)
        else:
            with pytest.raises(LoginRefused, match="no such command"):
                signs_in("pop3", peer.port, login)
    assert (coded in peer.received) == asks
