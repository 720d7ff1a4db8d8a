"""Waiting for mail over IMAP: IDLE on a selector, NOOP, and what the server says last."""

from __future__ import annotations

import selectors

import pytest

from postdesk.basics.errors import Disconnected, Rejected
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.imap import ImapSource, open_imap
from postdesk.wire.login import Login
from tests.support import peers
from tests.support.dialogues import Ended, ImapTwist, speak_imap
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.peers import Connection, Peer

HELLO = b"Subject: hello\r\n\r\nGood day.\r\n"


def opened(port: int, user: str = "ada", *, security: str = "plain", ca_pem: str | None = None) -> ImapSource:
    endpoint = Endpoint("localhost", port, security, ca_pem=ca_pem)  # type: ignore[arg-type]
    source = open_imap(endpoint, Login(user, PASSWORD), timeout=5)
    source.select("INBOX", readonly=True)
    return source


def wait(source: ImapSource) -> None:
    """Until the selector says that there is something to read."""
    with selectors.DefaultSelector() as selector:
        selector.register(source, selectors.EVENT_READ)
        assert selector.select(10)


def wait_for_news(source: ImapSource) -> None:
    """Until new mail is announced."""
    while not source.idle_pending():
        wait(source)


def idling(script: bytes, *, then_close: bool = False) -> Peer:
    """A server whose IDLE says `script` in one piece with its continuation."""

    def idle(client: Connection) -> None:
        client.say(b"+ idling\r\n" + script)
        if then_close:
            raise Ended
        client.line()
        client.say(b"A OK\r\n")

    return Peer(lambda client: speak_imap(client, (HELLO,), ImapTwist(idle=idle)))


@pytest.mark.parametrize("security", ["plain", "tls"])
def test_idle_wakes_a_selector_when_mail_arrives_and_the_folder_can_be_read_after(
    dovecot: Dovecot, security: str
) -> None:
    user = f"idle-{security}"
    port = dovecot.imaps if security == "tls" else dovecot.imap
    with opened(port, user, security=security, ca_pem=dovecot.ca_pem) as source:
        assert source.listing() == []
        source.idle_begin()
        assert not source.idle_pending()
        dovecot.deliver(user, HELLO)
        wait_for_news(source)
        assert not source.idle_pending()
        source.idle_end()
        assert len(source.listing()) == 1
        source.idle_begin()
        assert not source.idle_pending()
        source.idle_end()
        assert not source.probe()


def test_a_probe_finds_new_mail_once(dovecot: Dovecot) -> None:
    with opened(dovecot.imap, "probe") as source:
        assert not source.probe()
        dovecot.deliver("probe", HELLO)
        assert source.probe()
        assert not source.probe()


def test_news_that_a_listing_has_covered_is_no_news(dovecot: Dovecot) -> None:
    with opened(dovecot.imap, "covered") as source:
        assert source.listing() == []
        dovecot.deliver("covered", HELLO)
        assert len(source.listing()) == 1
        assert not source.probe()


def test_news_that_came_in_one_piece_with_the_answer_to_idle_is_not_overlooked() -> None:
    with idling(b"* 2 EXISTS\r\n") as peer, opened(peer.port) as source:
        source.idle_begin()
        assert source.idle_pending()


def test_flags_and_small_talk_are_no_news() -> None:
    said = b"* OK Still here\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 0 RECENT\r\n* 1 EXPUNGE\r\n"
    with idling(said) as peer, opened(peer.port) as source:
        source.idle_begin()
        assert not source.idle_pending()


def test_half_a_line_waits_for_its_other_half_even_over_the_end_of_idle() -> None:
    def idle(client: Connection) -> None:
        client.say(b"+ idling\r\n* 2 EXI")
        assert client.line() == b"DONE"
        client.say(b"STS\r\n" + b"* OK fine\r\n")
        tag = bytes(client.peer.received).rpartition(b" IDLE")[0].rpartition(b"\n")[2]
        client.say(tag + b" OK done\r\n")
        raise Ended

    with Peer(lambda client: speak_imap(client, (HELLO,), ImapTwist(idle=idle))) as peer, opened(peer.port) as source:
        source.idle_begin()
        assert not source.idle_pending()
        source.idle_end()
        assert source._news()


def test_a_goodbye_during_idle_is_reported_in_the_servers_words() -> None:
    with peers.says_bye_during_idle("Server shutting down.") as peer, opened(peer.port) as source:
        source.idle_begin()
        with pytest.raises(Disconnected, match=r"Server shutting down\."):
            wait_for_news(source)


def test_a_connection_that_ends_during_idle_is_noticed() -> None:
    with idling(b"", then_close=True) as peer, opened(peer.port) as source:
        source.idle_begin()
        with pytest.raises(Disconnected):
            wait_for_news(source)


def test_a_server_without_idle_says_so() -> None:
    def script(client: Connection) -> None:
        client.say(b"* PREAUTH hello\r\n")
        while True:
            tag, _, command = client.line().partition(b" ")
            facts = b"* CAPABILITY IMAP4rev1\r\n" if command == b"CAPABILITY" else b""
            if command.startswith(b"EXAMINE"):
                facts = b"* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n"
            client.say(facts + tag + b" OK done\r\n")

    with Peer(script) as peer, opened(peer.port) as source:
        with pytest.raises(Rejected, match="IDLE"):
            source.idle_begin()
        assert not source.probe()
