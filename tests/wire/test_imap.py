"""Reading an IMAP mailbox on a real Dovecot: connect, folders, listing, fetching."""

from __future__ import annotations

import datetime as dt
import imaplib
import ssl
from collections.abc import Iterator

import pytest

from postdesk.basics.errors import Disconnected, Rejected, TlsRefused
from postdesk.wire.endpoint import Endpoint, Security, read_endpoint
from postdesk.wire.imap import ImapSource, open_imap
from postdesk.wire.login import Login
from tests.support.certificates import Certificates, Kind
from tests.support.dialogues import MAIL, speak_imap
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.peers import Peer


def mail(number: int, lines: int = 3) -> bytes:
    return b"Subject: %d\r\nFrom: carol@example.com\r\n\r\n" % number + b"A line.\r\n" * lines


def opened(server: Dovecot, user: str, folder: str = "INBOX", *, readonly: bool = False) -> ImapSource:
    endpoint = Endpoint("127.0.0.1", server.imap, "plain")
    source = open_imap(endpoint, Login(user, PASSWORD), timeout=10)
    source.select(folder, readonly=readonly)
    return source


@pytest.fixture(scope="module")
def dotted(certificates: Certificates) -> Iterator[Dovecot]:
    """A server with "." between folders and all of them under INBOX, as Courier and old Cyrus have it."""
    extra = "namespace inbox {\n  separator = .\n  prefix = INBOX.\n}\n"
    with Dovecot(certificates=certificates, extra=extra) as server:
        yield server


# --- connecting


@pytest.mark.parametrize(
    ("scheme", "port", "encrypted"),
    [("ssl://", "imaps", True), ("tls://", "imap", True), ("plain://", "imap", False)],
)
def test_s6_imap_mail_is_read_byte_for_byte_however_the_connection_is_protected(
    dovecot: Dovecot, scheme: str, port: str, encrypted: bool
) -> None:
    user = f"protected-{port}-{encrypted}"
    dovecot.drop(user, mail(1))
    endpoint = read_endpoint(f"{scheme}localhost", getattr(dovecot, port), "imap", ca_pem=dovecot.ca_pem)
    with open_imap(endpoint, Login(user, PASSWORD), timeout=10) as source:
        source.select("")
        assert isinstance(source._talk.link.sock, ssl.SSLSocket) is encrypted
        assert [one.raw for one in source.fetch([one.key for one in source.listing()])] == [mail(1)]


def test_a6_a_connection_that_may_be_encrypted_is_when_the_server_offers_it(dovecot: Dovecot) -> None:
    endpoint = Endpoint("localhost", dovecot.imap, "offered", ca_pem=dovecot.ca_pem)
    with open_imap(endpoint, Login("offered", PASSWORD), timeout=10) as source:
        assert isinstance(source._talk.link.sock, ssl.SSLSocket)


@pytest.mark.parametrize(
    ("kind", "said"),
    [("expired", "certificate has expired"), ("untrusted", "local issuer"), ("wrong_name", "mismatch")],
)
def test_a6_a_bad_certificate_is_refused_and_said_why_unless_checking_is_off(
    certificates: Certificates, kind: Kind, said: str
) -> None:
    with Peer(lambda client: speak_imap(client, (MAIL,)), certificates.server_context(kind)) as peer:
        endpoint = Endpoint("localhost", peer.port, "tls", ca_pem=certificates.ca_pem)
        with pytest.raises(TlsRefused, match=said):
            open_imap(endpoint, Login("ada", PASSWORD), timeout=5)
        assert PASSWORD.encode() not in peer.received
        unchecked = Endpoint("localhost", peer.port, "tls", verify_tls=False)
        with open_imap(unchecked, Login("ada", PASSWORD), timeout=5) as source:
            source.select("")
            assert len(source.listing()) == 1


def test_a_bad_certificate_is_refused_after_starttls_as_well(certificates: Certificates) -> None:
    with Dovecot(certificates=certificates, certificate="expired") as server:
        demands: tuple[Security, ...] = ("starttls", "offered")
        for security in demands:
            endpoint = Endpoint("localhost", server.imap, security, ca_pem=certificates.ca_pem)
            with pytest.raises(TlsRefused, match="certificate has expired"):
                open_imap(endpoint, Login("ada", PASSWORD), timeout=5)


# --- folders


def test_s5_a8_a_folder_path_in_any_language_is_made_found_opened_and_subscribed(dovecot: Dovecot) -> None:
    path = "Erledigt & fertig/Büro/日本語"
    with opened(dovecot, "paths") as source:
        assert not source.folder_exists(path)
        source.create_folder(path)
        source.create_folder(path)
        assert source.folder_exists(path)
        source.select(path)
        assert source.folder == path
    assert path in dovecot.folders("paths")
    with imaplib.IMAP4(dovecot.host, dovecot.imap) as client:
        client.login("paths", PASSWORD)
        [subscribed] = client.lsub()[1]
    assert isinstance(subscribed, bytes)
    assert b"&ZeVnLIqe-" in subscribed


def test_a_name_that_is_a_pattern_finds_only_itself(dovecot: Dovecot) -> None:
    with opened(dovecot, "patterns") as source:
        source.create_folder("Archive")
        assert not source.folder_exists("Arch*")
        assert not source.folder_exists("%")
        assert source.folder_exists("inbox")


def test_a_path_with_slashes_is_found_again_on_a_server_that_writes_dots_under_inbox(dotted: Dovecot) -> None:
    dotted.drop("carol", mail(1))
    with opened(dotted, "carol") as source:
        source.create_folder("Processed/2026")
        assert source.folder_exists("Processed/2026")
        source.settle([one.key for one in source.listing()], "move", "Processed/2026")
    with opened(dotted, "carol", "Processed/2026") as source:
        assert source.folder == "Processed/2026"
        assert len(source.listing()) == 1


def test_a_folder_that_is_gone_is_reported_in_the_servers_words(dovecot: Dovecot) -> None:
    with opened(dovecot, "gone") as source:
        with pytest.raises(Rejected, match=r"Mailbox doesn't exist: Büro") as caught:
            source.select("Büro")
        assert caught.value.blames == "mailbox"
        source.select("INBOX")


# --- listing


def test_a_listing_has_all_messages_oldest_first_or_those_above_a_uid(dovecot: Dovecot) -> None:
    for number in range(1, 5):
        dovecot.drop("listing", mail(number, lines=number))
    with opened(dovecot, "listing") as source:
        assert [(one.key, one.size) for one in source.listing()] == [(n, len(mail(n, lines=n))) for n in range(1, 5)]
        assert [one.key for one in source.listing(above=2)] == [3, 4]
        assert source.listing(above=4) == []
        dovecot.drop("listing", mail(5))
        assert [one.key for one in source.listing(above=4)] == [5]


def test_an_empty_folder_lists_nothing_and_has_an_epoch(dovecot: Dovecot) -> None:
    with opened(dovecot, "empty") as source:
        assert source.listing() == []
        assert source.epoch > 0


def test_the_epoch_changes_when_the_folder_was_made_anew(dovecot: Dovecot) -> None:
    dovecot.drop("epoch", mail(1))
    with opened(dovecot, "epoch") as source:
        before = source.epoch
    dovecot.forget_uids("epoch")
    with opened(dovecot, "epoch") as source:
        assert source.epoch != before


# --- fetching


def test_more_messages_than_one_batch_arrive_in_the_order_asked(dovecot: Dovecot) -> None:
    for number in range(1, 131):
        dovecot.drop("batches", mail(number))
    with opened(dovecot, "batches") as source:
        keys = [one.key for one in source.listing()][::-1]
        assert [(one.key, one.raw) for one in source.fetch(keys)] == [(n, mail(n)) for n in range(130, 0, -1)]


def test_a_fetched_message_knows_when_the_server_received_it(dovecot: Dovecot) -> None:
    dovecot.drop("dates", mail(1), at=1_700_000_000)
    with opened(dovecot, "dates") as source:
        [one] = source.fetch([1])
    assert one.received_at == dt.datetime(2023, 11, 14, 22, 13, 20, tzinfo=dt.UTC)


@pytest.mark.parametrize("readonly", [True, False])
def test_fetching_leaves_every_flag_as_it_was(dovecot: Dovecot, readonly: bool) -> None:
    user = f"flags-{readonly}"
    dovecot.drop(user, mail(1))
    dovecot.drop(user, mail(2), flags="F")
    with opened(dovecot, user, readonly=readonly) as source:
        keys = [one.key for one in source.listing()]
        assert len(list(source.fetch(keys))) == 2
        source.settle(keys, "nothing")
    assert [sorted(one.flags) for one in dovecot.mails(user)] == [[], ["\\Flagged"]]


def test_a_folder_opened_readonly_keeps_its_mail_as_new(dovecot: Dovecot) -> None:
    dovecot.drop("recent", mail(1))
    with opened(dovecot, "recent", readonly=True) as source:
        assert len(list(source.fetch([1]))) == 1
    with imaplib.IMAP4(dovecot.host, dovecot.imap) as client:
        client.login("recent", PASSWORD)
        client.select("INBOX", readonly=True)
        assert client.response("RECENT")[1] == [b"1"]


def test_a_message_that_vanished_meanwhile_is_not_yielded_and_the_others_are(dovecot: Dovecot) -> None:
    for number in range(1, 6):
        dovecot.drop("vanish", mail(number))
    with opened(dovecot, "vanish") as source, opened(dovecot, "vanish") as other:
        keys = [one.key for one in source.listing()]
        other.settle([2, 4], "delete")
        assert [one.raw for one in source.fetch([*keys, 4711])] == [mail(1), mail(3), mail(5)]


def test_a_message_of_twenty_megabytes_arrives_whole_among_small_ones(dovecot: Dovecot) -> None:
    big = mail(2, lines=2_500_000)
    for raw in (mail(1), big, mail(3)):
        dovecot.drop("big", raw)
    with opened(dovecot, "big") as source:
        found = [one.raw for one in source.fetch([1, 2, 3])]
    assert [len(raw) for raw in found] == [len(mail(1)), len(big), len(mail(3))]
    assert found[1] == big


def test_a_line_of_eight_megabytes_arrives_whole(dovecot: Dovecot) -> None:
    long = b"Subject: long\r\n\r\n" + b"x" * 8_000_000 + b"\r\n"
    dovecot.drop("long", long)
    with opened(dovecot, "long") as source:
        assert [one.raw == long for one in source.fetch([1])] == [True]


def test_other_commands_may_come_between_two_messages(dovecot: Dovecot) -> None:
    for number in range(1, 121):
        dovecot.drop("between", mail(number))
    with opened(dovecot, "between") as source:
        arriving = source.fetch([one.key for one in source.listing()])
        first = next(arriving)
        source.settle([first.key], "delete")
        assert source.listing(above=119)[0].key == 120
        assert len(list(arriving)) == 119


def test_a_closed_source_says_so_and_can_be_closed_again(dovecot: Dovecot) -> None:
    source = opened(dovecot, "closed")
    source.close()
    source.close()
    with pytest.raises(Disconnected, match="closed"):
        source.listing()
