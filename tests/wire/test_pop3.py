"""POP3 against Dovecot, and against servers that break."""

from __future__ import annotations

import pytest

from postdesk.basics.errors import BadProtocol, Disconnected, LoginRefused, Refused, Rejected, TlsRefused
from postdesk.wire.endpoint import read_endpoint
from postdesk.wire.login import Login
from postdesk.wire.pop3 import Pop3Source, open_pop3
from tests.support import peers
from tests.support.dialogues import MAIL, speak_pop3
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.peers import Connection, Peer

DOTTED = b"From: ada@example.com\r\nSubject: dots\r\n\r\n.\r\n..two\r\n. \r\n" + b"long " * 2_000 + b"\r\nend\r\n"


def opened(server: Dovecot, user: str, scheme: str = "tls") -> Pop3Source:
    port = server.pop3s if scheme == "ssl" else server.pop3
    endpoint = read_endpoint(f"{scheme}://127.0.0.1", port, "pop3", ca_pem=server.ca_pem)
    return open_pop3(endpoint, Login(user, PASSWORD), timeout=10)


@pytest.mark.parametrize("scheme", ["plain", "tls", "ssl"])
def test_s6_pop3_messages_come_byte_for_byte_whatever_protects_the_connection(dovecot: Dovecot, scheme: str) -> None:
    user = f"pop3-{scheme}"
    for number in range(60):
        dovecot.drop(user, DOTTED + b"%d\r\n" % number)
    with opened(dovecot, user, scheme) as source:
        listed = source.listing()
        fetched = list(source.fetch([one.key for one in listed]))
    assert [one.raw for one in fetched] == [DOTTED + b"%d\r\n" % number for number in range(60)]
    assert [one.size for one in listed] == [len(one.raw) for one in fetched]


def test_who_stops_in_the_middle_of_a_fetch_can_go_on_with_the_session(dovecot: Dovecot) -> None:
    for _ in range(3):
        dovecot.drop("pop3-stop", DOTTED)
    with opened(dovecot, "pop3-stop") as source:
        keys = [one.key for one in source.listing()]
        running = source.fetch(keys)
        assert next(running).key == keys[0]
        running.close()  # type: ignore[attr-defined]  # It is a generator.
        assert [one.key for one in source.fetch(["gone", keys[2]])] == [keys[2]]


def test_deleted_mail_is_gone_after_close_and_there_after_abandon(dovecot: Dovecot) -> None:
    dovecot.drop("pop3-delete", DOTTED)
    source = opened(dovecot, "pop3-delete")
    source.settle([one.key for one in source.listing()], "delete")
    source.abandon()
    assert len(dovecot.mails("pop3-delete")) == 1
    with opened(dovecot, "pop3-delete") as source:
        source.settle([*(one.key for one in source.listing()), "gone"], "delete")
    assert dovecot.mails("pop3-delete") == []


def test_a7_moving_is_refused_because_there_are_no_folders(dovecot: Dovecot) -> None:
    with opened(dovecot, "pop3-move") as source, pytest.raises(Refused, match="no folders"):
        source.settle(["any"], "move", "Archive")


def test_a_refused_login_is_told_in_the_servers_words() -> None:
    with peers.refuses_login("pop3", "[AUTH] Not today, Ada") as peer:
        endpoint = read_endpoint("plain://127.0.0.1", peer.port, "pop3")
        with pytest.raises(LoginRefused, match="Not today, Ada") as caught:
            open_pop3(endpoint, Login("ada", "hunter2"), timeout=5)
    assert "hunter2" not in repr(caught.value) + repr(caught.value.fields)


def test_names_too_long_or_too_strange_for_the_ledger_become_digests_and_stay_apart() -> None:
    names = ["u" * 255, "v" * 300, "v" * 299 + "w", "nul\0nul"]
    mails = [MAIL.replace(b"whole@", b"%d@" % number) for number in range(len(names))]
    with Peer(lambda client: speak_pop3(client, mails, uidls=names)) as peer:
        source = open_pop3(read_endpoint("plain://127.0.0.1", peer.port, "pop3"), Login("ada", "x"), timeout=5)
        with source:
            keys = [str(one.key) for one in source.listing()]
            found = {one.key: one.raw for one in source.fetch(keys)}
    assert keys[0] == names[0]
    assert all(len(key) <= 255 and "\0" not in key for key in keys)
    assert [found[key] for key in keys] == mails


def test_a_message_that_is_cut_is_not_yielded() -> None:
    with peers.cuts_mid_literal("pop3", after=20) as peer:
        source = open_pop3(read_endpoint("plain://127.0.0.1", peer.port, "pop3"), Login("ada", "x"), timeout=5)
        with pytest.raises(Disconnected, match="closed the connection"), source:
            list(source.fetch([one.key for one in source.listing()]))


def test_the_password_is_not_sent_where_tls_is_demanded_and_not_offered() -> None:
    with peers.refuses_login("pop3") as peer:
        with pytest.raises(TlsRefused):
            open_pop3(read_endpoint("tls://127.0.0.1", peer.port, "pop3"), Login("ada", "hunter2"), timeout=5)
        assert b"hunter2" not in peer.received


def test_a_server_without_uidl_is_no_use() -> None:
    def script(client: Connection) -> None:
        client.say(b"+OK old\r\n")
        while True:
            verb = client.line()[:4]
            client.say(b"-ERR what?\r\n" if verb in (b"CAPA", b"UIDL") else b"+OK\r\n")

    with Peer(script) as peer:
        source = open_pop3(read_endpoint("plain://127.0.0.1", peer.port, "pop3"), Login("ada", "x"), timeout=5)
        with source, pytest.raises(BadProtocol, match="UIDL"):
            source.listing()


def test_a_quit_that_deletes_nothing_is_an_error() -> None:
    def script(client: Connection) -> None:
        client.say(b"+OK\r\n")
        while True:
            verb = client.line()[:4]
            replies = {b"CAPA": b"+OK\r\n.\r\n", b"QUIT": b"-ERR some deleted messages not removed\r\n"}
            client.say(replies.get(verb, b"+OK\r\n"))

    with Peer(script) as peer:
        source = open_pop3(read_endpoint("plain://127.0.0.1", peer.port, "pop3"), Login("ada", "x"), timeout=5)
        with pytest.raises(Rejected, match="some deleted messages not removed"):
            source.close()
        source.close()
