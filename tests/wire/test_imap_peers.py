"""IMAP servers that misbehave: each gives its own error, in time, and never a message in part."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

import pytest

from postdesk.basics.errors import (
    BadProtocol,
    Busy,
    Disconnected,
    LoginRefused,
    Rejected,
    TlsRefused,
    TokenExpired,
    Unreachable,
    WireError,
)
from postdesk.wire.endpoint import Endpoint, Security
from postdesk.wire.imap import ImapSource, open_imap
from postdesk.wire.login import Login
from tests.support import peers
from tests.support.dialogues import GREETINGS, MAIL, ImapTwist, speak_imap
from tests.support.peers import Connection, Peer

LIMIT = 0.5  # seconds
ADA = Login("ada", "hunter2-secret")
NO_LOGIN_NAMES = b"* OK [CAPABILITY IMAP4rev1] hello\r\n"


def opened(peer: Peer, login: Login = ADA, security: Security = "plain", timeout: float = LIMIT) -> ImapSource:
    return open_imap(Endpoint("127.0.0.1", peer.port, security), login, timeout=timeout)


def fetched(peer: Peer) -> list[bytes]:
    with opened(peer) as source:
        source.select("")
        return [one.raw for one in source.fetch([one.key for one in source.listing()])]


def scripted(answers: Callable[[bytes], bytes], greeting: bytes = NO_LOGIN_NAMES) -> Peer:
    """A server that greets so and answers each command with `answers(command)` and OK, unless that holds a tag."""

    def script(client: Connection) -> None:
        client.say(greeting)
        while True:
            tag, _, command = client.line().partition(b" ")
            said = answers(command)
            client.say(said.replace(b"TAG", tag) if b"TAG" in said else said + tag + b" OK done\r\n")

    return Peer(script)


def capabilities(text: bytes) -> Callable[[bytes], bytes]:
    return lambda command: b"* CAPABILITY IMAP4rev1 %s\r\n" % text if command == b"CAPABILITY" else b""


# --- connecting


@pytest.mark.parametrize(
    ("peer", "error", "said"),
    [
        (lambda: peers.silent(), Disconnected, r"no answer from the server within 0\.5 s"),
        (lambda: peers.greets_then_silent("imap"), Disconnected, r"no answer from the server within 0\.5 s"),
        (lambda: peers.drips(0.05), Disconnected, r"no answer from the server within 0\.5 s"),
        (lambda: peers.speaks_nonsense(), BadProtocol, "breaks the protocol"),
        (lambda: peers.resets(), Disconnected, "reset by peer"),
        (lambda: peers.resets("imap"), Disconnected, "reset by peer"),
        (lambda: Peer(lambda client: client.say(b"* BYE Too many connections\r\n")), Busy, "Too many connections"),
        (lambda: Peer(lambda client: client.say(b"220 mail.example ESMTP\r\n")), BadProtocol, "220 mail.example ESMTP"),
    ],
    ids=["silent", "greets", "drips", "nonsense", "resets", "resets-later", "bye", "smtp"],
)
def test_a_server_that_does_not_let_us_in_gives_its_error_in_time(
    peer: Callable[[], Peer], error: type[WireError], said: str
) -> None:
    with peer() as server:
        began = time.monotonic()
        with pytest.raises(error, match=said) as caught:
            opened(server)
        assert time.monotonic() - began < LIMIT + 1.0
    assert caught.value.fields["host"] == "127.0.0.1"


def test_a_server_that_is_silent_in_the_tls_handshake_is_given_up_in_time() -> None:
    with peers.silent() as peer:
        began = time.monotonic()
        with pytest.raises(Disconnected, match=r"within 0\.5 s"):
            opened(peer, security="tls")
        assert time.monotonic() - began < LIMIT + 1.0


def test_a_port_without_tls_is_said_to_have_none() -> None:
    with peers.greets_then_silent("imap") as peer, pytest.raises(TlsRefused, match="does not speak TLS on this port"):
        opened(peer, security="tls", timeout=5)


def test_a_port_nobody_listens_on_is_unreachable() -> None:
    with peers.silent() as peer:
        port = peer.port
    with pytest.raises(Unreachable, match="refused"):
        open_imap(Endpoint("127.0.0.1", port, "plain"), ADA, timeout=LIMIT)


def test_a_name_without_an_address_is_unreachable() -> None:
    with pytest.raises(Unreachable, match=r"no address for mail\.nowhere\.invalid"):
        open_imap(Endpoint("mail.nowhere.invalid", 993, "tls"), ADA, timeout=5)


@pytest.mark.parametrize("greeting", [GREETINGS["imap"], b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n"])
def test_without_the_encryption_demanded_nothing_of_the_login_is_sent(greeting: bytes) -> None:
    with (
        scripted(capabilities(b"STARTTLS" if b"PREAUTH" in greeting else b"AUTH=PLAIN"), greeting) as peer,
        pytest.raises(TlsRefused, match="STARTTLS"),
    ):
        opened(peer, security="starttls")
    assert b"LOGIN" not in peer.received
    assert b"AUTHENTICATE" not in peer.received


def test_words_slipped_in_before_the_encryption_are_not_believed() -> None:
    def script(client: Connection) -> None:
        client.say(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n")
        while True:
            tag, _, command = client.line().partition(b" ")
            if command == b"STARTTLS":
                client.say(tag + b" OK go\r\n* PREAUTH injected\r\n")
                client.read_to_the_end()
            client.say(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + tag + b" OK done\r\n")

    # The injected line stands where the TLS handshake has to be.
    with Peer(script) as peer, pytest.raises((TlsRefused, Disconnected)):
        opened(peer, security="starttls")


# --- signing in


def test_a_refused_login_is_told_in_the_servers_words_without_the_password() -> None:
    with (
        peers.refuses_login("imap", "[AUTHENTICATIONFAILED] Not today, Ada") as peer,
        pytest.raises(LoginRefused, match="Not today, Ada") as caught,
    ):
        opened(peer)
    assert caught.value.blames == "mailbox"
    shown = f"{caught.value!r} {caught.value.fields} {caught.value.__cause__!r}"
    assert "hunter2" not in shown
    assert base64.b64encode(b"\0ada\0hunter2-secret").decode() not in shown


def test_a_mailbox_that_is_in_use_or_a_server_that_is_down_is_busy_not_refused() -> None:
    with peers.refuses_login("imap", "[UNAVAILABLE] Temporary authentication failure") as peer, pytest.raises(Busy):
        opened(peer)


def test_a_password_that_is_not_ascii_arrives_in_utf8() -> None:
    with Peer(lambda client: speak_imap(client)) as peer, opened(peer, Login("ada", "pässwörd")):
        pass
    assert base64.b64encode("\0ada\0pässwörd".encode()) in peer.received


def test_a_server_without_sasl_gets_the_login_command_quoted() -> None:
    with scripted(capabilities(b"")) as peer, opened(peer, Login("a da", 'p"ä\\ss')):
        pass
    assert 'LOGIN "a da" "p\\"ä\\\\ss"\r\n'.encode() in peer.received


def test_a_server_that_disables_logins_in_the_clear_gets_no_password() -> None:
    with scripted(capabilities(b"LOGINDISABLED")) as peer, pytest.raises(LoginRefused, match="without encryption"):
        opened(peer)
    assert b"hunter2" not in peer.received


def test_a_line_break_in_a_password_is_refused_before_anything_is_sent() -> None:
    with peers.silent() as peer:
        with pytest.raises(LoginRefused, match="line break"):
            opened(peer, Login("ada", "x\r\nA1 LOGOUT"))
        assert peer.connections == 0


def test_a_refused_token_says_what_the_provider_said() -> None:
    complaint = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}')

    def script(client: Connection) -> None:
        client.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] hello\r\n")
        while True:
            tag, _, command = client.line().partition(b" ")
            if command.startswith(b"AUTHENTICATE"):
                client.say(b"+ \r\n")
                client.line()
                client.say(b"+ " + complaint + b"\r\n")
                assert client.line() == b""
                client.say(tag + b" NO AUTHENTICATE failed.\r\n")
            else:
                client.say(b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n" + tag + b" OK done\r\n")

    with (
        Peer(script) as peer,
        pytest.raises(TokenExpired, match=r"AUTHENTICATE failed\. \(status 400, schemes Bearer, "),
    ):
        opened(peer, Login("ada@example.com", "stale-token", "oauth2"))
    assert base64.b64encode(b"user=ada@example.com\x01auth=Bearer stale-token\x01\x01") in peer.received


def test_a_server_without_oauth2_never_sees_the_token() -> None:
    with Peer(lambda client: speak_imap(client)) as peer, pytest.raises(LoginRefused, match="OAuth2"):
        opened(peer, Login("ada", "the-token", "oauth2"))
    assert b"AUTHENTICATE" not in peer.received


# --- reading


@pytest.mark.parametrize(
    ("peer", "said"),
    [
        (lambda: peers.cuts_mid_literal(), "ended after 100 of"),
        (lambda: peers.cuts_mid_literal(mails=(MAIL * 400,), after=150_000), "ended after 150000 of"),
        (lambda: peers.lies_about_size(by=40), "arrived broken|within 0.5 s"),
        (lambda: peers.lies_about_size(by=-40), "arrived broken"),
        (lambda: peers.lies_about_size(by=10**9), "more than it listed"),
    ],
    ids=["cut", "cut-when-big", "announces-more", "announces-less", "announces-a-gigabyte"],
)
def test_a_message_that_does_not_arrive_whole_is_not_yielded(peer: Callable[[], Peer], said: str) -> None:
    with peer() as server:
        began = time.monotonic()
        with pytest.raises(Disconnected, match=said):
            fetched(server)
        assert time.monotonic() - began < LIMIT + 1.0


def test_a_server_that_drips_a_message_is_given_up_in_time() -> None:
    def body(client: Connection, before: bytes, raw: bytes) -> None:
        client.say(before + b"{%d}\r\n" % len(raw))
        for octet in raw:
            client.say(bytes((octet,)))
            client.pause(0.05)

    with Peer(lambda client: speak_imap(client, (MAIL,), ImapTwist(body=body))) as peer:
        began = time.monotonic()
        with pytest.raises(Disconnected, match=r"within 0\.5 s"):
            fetched(peer)
        assert time.monotonic() - began < LIMIT + 1.0


def test_a_slow_server_that_keeps_on_sending_is_given_the_time_its_message_needs() -> None:
    mail = MAIL + b"A line of text.\r\n" * 12_000

    def body(client: Connection, before: bytes, raw: bytes) -> None:
        client.say(before + b"{%d}\r\n" % len(raw))
        for start in range(0, len(raw), 20_000):
            client.say(raw[start : start + 20_000])
            client.pause(0.08)

    with Peer(lambda client: speak_imap(client, (mail,), ImapTwist(body=body))) as peer:
        began = time.monotonic()
        assert fetched(peer) == [mail]
        assert time.monotonic() - began > LIMIT


@pytest.mark.parametrize("when", ["select", "fetch"])
def test_a_lost_folder_is_reported_in_the_servers_words_and_the_mailbox_is_blamed(when: str) -> None:
    with (
        peers.loses_the_folder(when) as peer,  # type: ignore[arg-type]
        pytest.raises(Rejected, match="Mailbox doesn't exist: Support") as caught,
    ):
        fetched(peer)
    assert caught.value.blames == "mailbox"


def test_one_message_the_server_cannot_give_does_not_hold_up_the_others() -> None:
    def answers(command: bytes) -> bytes:
        if command.startswith(b"SELECT"):
            return b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n"
        if b"RFC822.SIZE" in command:
            return b"".join(b"* %d FETCH (UID %d RFC822.SIZE 5)\r\n" % (n, n) for n in (1, 2, 3))
        if b"BODY.PEEK" in command and b"FETCH 2 " not in command and b"," not in command:
            uid = int(command.split()[2])
            return b'* %d FETCH (UID %d INTERNALDATE "05-Jan-2026 10:00:00 +0000" BODY[] {5}\r\nmail%d)\r\n' % (
                uid,
                uid,
                uid,
            )
        if b"BODY.PEEK" in command:
            return b"TAG NO [SERVERBUG] Internal error occurred\r\n" if b"," not in command else b"TAG NO sorry\r\n"
        return capabilities(b"")(command)

    with scripted(answers) as peer, opened(peer) as source:
        source.select("")
        assert [one.raw for one in source.fetch([1, 2, 3])] == [b"mail1", b"mail3"]


def test_a_server_that_refuses_to_list_an_empty_folder_has_an_empty_folder() -> None:
    def answers(command: bytes) -> bytes:
        if command.startswith(b"SELECT"):
            return b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n"
        if b"FETCH" in command:
            return b"TAG NO The specified message set is invalid.\r\n"
        return b"* SEARCH\r\n" if b"SEARCH" in command else capabilities(b"")(command)

    with scripted(answers) as peer, opened(peer) as source:
        source.select("")
        assert source.listing() == []


def test_a_server_without_uidvalidity_cannot_be_used() -> None:
    with scripted(capabilities(b"")) as peer, opened(peer) as source, pytest.raises(BadProtocol, match="UIDVALIDITY"):
        source.select("")


@pytest.mark.parametrize("names", [b"UIDPLUS", b"UIDPLUS MOVE"])
def test_a_server_that_can_expunge_by_uid_is_never_told_to_expunge_everything(names: bytes) -> None:
    def answers(command: bytes) -> bytes:
        if command.startswith(b"SELECT"):
            return b"* 9 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n"
        return capabilities(names)(command)

    with scripted(answers) as peer, opened(peer) as source:
        source.select("")
        source.settle([2, 3, 4, 9], "delete")
        source.settle([5], "move", "Archive")
    sent = [line.partition(b" ")[2] for line in bytes(peer.received).split(b"\r\n")]
    assert b"UID EXPUNGE 2:4,9" in sent
    assert (b'UID MOVE 5 "Archive"' in sent) is (b"MOVE" in names)
    assert (b"UID EXPUNGE 5" in sent) is (b"MOVE" not in names)
    assert b"EXPUNGE" not in sent
