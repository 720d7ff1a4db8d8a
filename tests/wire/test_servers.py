"""The test mail servers do what they say, checked with the standard library's clients only."""

from __future__ import annotations

import imaplib
import json
import poplib
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.support import peers
from tests.support.certificates import Certificates, Kind
from tests.support.dialogues import MAIL
from tests.support.dovecot import PASSWORD, Dovecot, StoredMail
from tests.support.peers import Peer
from tests.support.sink import Sink

HELLO = b"From: ada@example.com\r\nSubject: hello\r\n\r\nGood day.\r\n"


def imap_session(server: Dovecot, user: str) -> imaplib.IMAP4:
    client = imaplib.IMAP4(server.host, server.imap)
    client.login(user, PASSWORD)
    return client


# --- Dovecot


def test_a_dropped_mail_is_read_over_imap_byte_for_byte(dovecot: Dovecot) -> None:
    dovecot.drop("ada", HELLO, at=1_700_000_000)
    with imap_session(dovecot, "ada") as client:
        client.select()
        _, data = client.fetch("1", "(INTERNALDATE RFC822.SIZE BODY.PEEK[])")
    assert isinstance(data[0], tuple)
    assert data[0][1] == HELLO
    assert b"14-Nov-2023" in data[0][0]
    assert b"RFC822.SIZE %d" % len(HELLO) in data[0][0]


def test_mails_dropped_within_one_second_keep_their_order(dovecot: Dovecot) -> None:
    for number in range(200):
        dovecot.drop("order", b"Subject: %d\r\n\r\n" % number)
    with imap_session(dovecot, "order") as client:
        client.select()
        _, data = client.fetch("1:200", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    subjects = [row[1].strip() for row in data if isinstance(row, tuple)]
    assert subjects == [b"Subject: %d" % number for number in range(200)]


def test_flags_and_keywords_set_over_imap_are_read_from_the_maildir(dovecot: Dovecot) -> None:
    dovecot.drop("flags", HELLO)
    with imap_session(dovecot, "flags") as client:
        client.select()
        client.store("1", "+FLAGS", r"(\Seen \Answered $Forwarded)")
    assert dovecot.mails("flags") == [StoredMail(HELLO, frozenset({"\\Seen", "\\Answered", "$Forwarded"}))]


def test_folder_names_are_unicode_in_our_hands_and_modified_utf7_on_the_wire(dovecot: Dovecot) -> None:
    dovecot.drop("folders", HELLO, "Büro/Ärger & Co", flags="S")
    with imap_session(dovecot, "folders") as client:
        status, _ = client.select('"B&APw-ro/&AMQ-rger &- Co"')
        client.create("Archive/2026")
    assert status == "OK"
    assert dovecot.folders("folders") == ["INBOX", "Archive/2026", "Büro/Ärger & Co"]
    assert dovecot.mails("folders", "Büro/Ärger & Co") == [StoredMail(HELLO, frozenset({"\\Seen"}))]


def test_a_folder_deleted_over_imap_is_made_again_by_the_next_drop(dovecot: Dovecot) -> None:
    dovecot.drop("again", HELLO, "Support")
    with imap_session(dovecot, "again") as client:
        client.delete("Support")
        assert dovecot.folders("again") == ["INBOX"]
        dovecot.drop("again", HELLO, "Support")
        assert client.select("Support") == ("OK", [b"1"])


def test_lmtp_delivers_to_the_full_address(dovecot: Dovecot) -> None:
    dovecot.deliver("support@desk.example", HELLO)
    (mail,) = dovecot.mails("support@desk.example")
    assert mail.raw.startswith(b"Return-Path: <customer@example.com>\r\n")
    assert mail.raw.endswith(HELLO)


def test_pop3_and_pop3s_serve_the_same_mailbox(dovecot: Dovecot) -> None:
    dovecot.drop("pop", HELLO)
    context = dovecot.certificates.client_context()
    plain = poplib.POP3(dovecot.host, dovecot.pop3)
    plain.stls(context)
    with closing(poplib.POP3_SSL(dovecot.host, dovecot.pop3s, context=context)) as secure:
        for client in (plain, secure):
            client.user("pop")
            client.pass_(PASSWORD)
        identity = plain.uidl()[1]
        plain.quit()
        assert secure.uidl()[1] == identity
        assert b"\r\n".join(secure.retr(1)[1]) + b"\r\n" == HELLO
        secure.quit()


def test_a_wrong_password_is_refused_at_once(dovecot: Dovecot) -> None:
    client = imaplib.IMAP4(dovecot.host, dovecot.imap)
    began = time.monotonic()
    with client, pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        client.login("ada", "guess")
    assert time.monotonic() - began < 1.5


def test_a_drop_is_announced_during_idle(dovecot: Dovecot) -> None:
    with imap_session(dovecot, "idle") as client:
        client.select()
        client.send(b"x1 IDLE\r\n")
        assert client.readline().startswith(b"+")
        dovecot.drop("idle", HELLO)
        assert client.readline() == b"* 1 EXISTS\r\n"
        client.send(b"DONE\r\n")
        while not client.readline().startswith(b"x1 OK"):
            pass


def test_a_wiped_mailbox_and_forgotten_uids_come_back_with_another_uidvalidity(dovecot: Dovecot) -> None:
    seen = []
    for change in (dovecot.wipe, dovecot.forget_uids, lambda user: None):
        dovecot.drop("wiped", HELLO)
        with imap_session(dovecot, "wiped") as client:
            client.select()
            seen.append(client.response("UIDVALIDITY")[1])
        change("wiped")
    assert len({str(value) for value in seen}) == 3
    dovecot.wipe("wiped")
    assert dovecot.mails("wiped") == []


def test_capabilities_can_be_hidden_and_the_ports_survive_a_restart() -> None:
    with Dovecot(capability="IMAP4rev1 IDLE") as server:
        server.drop("hidden", HELLO)
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            imaplib.IMAP4(server.host, server.imap)
        server.start()
        with imap_session(server, "hidden") as client:
            assert set(client.capability()[1]) == {b"IMAP4rev1 IDLE"}
            assert client.select() == ("OK", [b"1"])
        root = server.root
    assert not root.exists()


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [("expired", "expired"), ("untrusted", "unable to get local issuer"), ("wrong_name", "not valid for")],
)
def test_each_bad_certificate_fails_for_its_own_reason(certificates: Certificates, kind: Kind, complaint: str) -> None:
    with Dovecot(certificate=kind, certificates=certificates) as server:
        assert server.ca_file.read_text() == server.ca_pem
        context = ssl.create_default_context(cafile=str(server.ca_file))
        for port in (server.imaps, server.pop3s):
            with (
                socket.create_connection((server.host, port)) as plain,
                pytest.raises(ssl.SSLCertVerificationError, match=complaint),
                context.wrap_socket(plain, server_hostname="localhost"),
            ):
                pass


# --- the SMTP sink


def test_the_sink_keeps_envelope_and_bytes_of_what_it_took() -> None:
    body = b"Subject: dots\r\n\r\n.one\r\n..two\r\n.\r\n\r\nend without line end"
    with Sink() as sink, smtplib.SMTP(sink.host, sink.port) as client:
        client.sendmail("a@example.com", ["b@example.net", "c@example.net"], body, ["BODY=8BITMIME"])
        client.sendmail("", ["b@example.net"], b".")
        first, second = sink.wait_for(2)
    assert (first.mail_from, first.recipients) == ("a@example.com", ("b@example.net", "c@example.net"))
    assert first.raw == body + b"\r\n"
    assert first.parameters == f"size={len(body)} BODY=8BITMIME"
    assert (second.mail_from, second.raw, second.size) == ("", b".\r\n", 3)


def test_commands_and_bodies_sent_all_at_once_are_answered_in_order() -> None:
    letter = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nx\r\n.\r\n"
    with Sink() as sink, socket.create_connection((sink.host, sink.port)) as client, client.makefile("rb") as replies:
        sink.delay = 0.01
        client.sendall(b"HELO me\r\n" + letter * 2 + b"QUIT\r\n")
        codes = [line[:3].decode() for line in replies]
    assert codes == ["220", "250", *["250", "250", "354", "250"] * 2, "221"]
    assert [found.raw for found in sink.letters] == [b"x\r\n"] * 2


def test_a_body_split_anywhere_is_put_together_again() -> None:
    whole = b"HELO me\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\none\r\n..two\r\n.\r\nQUIT\r\n"
    with Sink() as sink, socket.create_connection((sink.host, sink.port)) as client, client.makefile("rb") as replies:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in whole:
            client.sendall(bytes((octet,)))
        assert replies.read().endswith(b"221 2.0.0 bye\r\n")
    assert sink.letters[0].raw == b"one\r\n.two\r\n"


def test_scripted_answers_are_given_as_often_as_asked() -> None:
    with Sink() as sink, smtplib.SMTP(sink.host, sink.port) as client:
        sink.answer("gone@example.net", 550, "5.1.1 no such user")
        sink.answer_body(451, "4.7.1 greylisted\ncome back later", times=1)
        with pytest.raises(smtplib.SMTPDataError, match=r"4\.7\.1 greylisted\\ncome back later"):
            client.sendmail("a@example.com", ["here@example.net"], HELLO)
        answers = client.sendmail("a@example.com", ["gone@example.net", "here@example.net"], HELLO)
    assert answers == {"gone@example.net": (550, b"5.1.1 no such user")}
    assert [letter.recipients for letter in sink.letters] == [("here@example.net",)]
    assert len(sink.refused) == 1


def test_a_connection_cut_after_the_body_leaves_the_letter_stored() -> None:
    with Sink() as sink:
        sink.cut_after_data()
        client = smtplib.SMTP(sink.host, sink.port)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.sendmail("a@example.com", ["b@example.net"], HELLO)
        client.close()
        assert [letter.raw for letter in sink.wait_for(1)] == [HELLO]
        with smtplib.SMTP(sink.host, sink.port) as second:
            second.sendmail("a@example.com", ["b@example.net"], HELLO)
        assert len(sink.wait_for(2)) == 2


def test_a_greeting_of_421_ends_the_connection() -> None:
    with Sink() as sink:
        sink.answer_to("CONNECT", 421, "4.3.2 too busy", times=1)
        with pytest.raises(smtplib.SMTPConnectError, match="too busy"):
            smtplib.SMTP(sink.host, sink.port)
        with smtplib.SMTP(sink.host, sink.port) as client:
            assert client.noop()[0] == 250


@pytest.mark.parametrize("implicit", [False, True])
def test_logins_are_checked_inside_tls(certificates: Certificates, implicit: bool) -> None:
    trusting = certificates.client_context()
    with Sink(tls=certificates.server_context(), implicit=implicit, login=("desk", "right")) as sink:
        client = (
            smtplib.SMTP_SSL("localhost", sink.port, context=trusting)
            if implicit
            else smtplib.SMTP("localhost", sink.port)
        )
        with client:
            if not implicit:
                client.starttls(context=trusting)
            with pytest.raises(smtplib.SMTPAuthenticationError, match=r"5\.7\.8"):
                client.login("desk", "wrong")
            client.login("desk", "right")
            client.user, client.password = "desk", "right"
            client.auth("LOGIN", client.auth_login)
            client.sendmail("a@example.com", ["b@example.net"], HELLO)
            assert not client.has_extn("starttls")
    assert sink.logins[-1] == ("desk", "right")
    assert [letter.raw for letter in sink.letters] == [HELLO]


def test_a_client_that_rejects_the_certificate_does_not_disturb_the_sink(certificates: Certificates) -> None:
    with Sink(tls=certificates.server_context("untrusted")) as sink:
        client = smtplib.SMTP("localhost", sink.port)
        with pytest.raises(ssl.SSLCertVerificationError):
            client.starttls(context=certificates.client_context())
        client.close()
        with smtplib.SMTP(sink.host, sink.port) as other:
            assert other.noop()[0] == 250


def test_waiting_for_a_letter_that_does_not_come_says_so() -> None:
    with Sink() as sink, pytest.raises(TimeoutError, match="0 of 1 letters"):
        sink.wait_for(1, timeout=0.01)


def test_the_sink_as_a_process_tells_its_counts_and_its_log() -> None:
    command = [sys.executable, "-m", "tests.support.sink"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        raw = b"Message-ID: <2@desk>\r\nIn-Reply-To: <1@example.com>\r\n\r\n" + b"text\r\n" * 1000
        with smtplib.SMTP("127.0.0.1", ports["port"]) as client:
            client.sendmail("desk@example.com", ["b@example.net"], raw)
        with socket.create_connection(("127.0.0.1", ports["status_port"])) as asking, asking.makefile("rb") as answer:
            asking.sendall(b"STAT\nLOG\n")
            counts, entry = (json.loads(line) for line in answer)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert (counts["letters"], counts["octets"]) == (1, len(raw))
    assert counts["first"] == counts["last"] == entry["at"]
    assert (entry["message_id"], entry["in_reply_to"]) == ("<2@desk>", "<1@example.com>")
    assert entry["recipients"] == ["b@example.net"]


# --- misbehaving peers


def imap_at(peer: Peer) -> imaplib.IMAP4:
    client = imaplib.IMAP4(peer.host, peer.port, timeout=5)
    client.login("ada", "secret")
    return client


def test_a_silent_server_accepts_and_says_nothing() -> None:
    with peers.silent() as peer:
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            smtplib.SMTP(peer.host, peer.port, timeout=0.1)
        peer.wait_until_left()
    assert peer.connections == 1


def test_leaving_a_peer_ends_clients_that_still_wait() -> None:
    with socket.socket() as client:
        with peers.silent() as peer:
            client.connect((peer.host, peer.port))
            peer.wait_for_connections()
        assert client.recv(1) == b""


def test_leaving_a_peer_ends_a_tls_handshake_that_never_began(certificates: Certificates) -> None:
    with socket.socket() as client:
        with peers.silent(tls=certificates.server_context()) as peer:
            client.connect((peer.host, peer.port))
            peer.wait_for_connections()
            began = time.monotonic()
        assert time.monotonic() - began < 5
        assert client.recv(1) == b""


def test_a_server_greets_and_then_says_nothing() -> None:
    with peers.greets_then_silent("pop3") as peer:
        client = poplib.POP3(peer.host, peer.port, timeout=0.1)
        with pytest.raises(TimeoutError):
            client.user("ada")
        client.close()
        peer.wait_until_left()
    assert bytes(peer.received) == b"USER ada\r\n"


def test_a_dripping_server_sends_single_bytes_for_ever() -> None:
    with peers.drips(0.001) as peer, socket.create_connection((peer.host, peer.port)) as client:
        found = b"".join(client.recv(1) for _ in range(20))
    assert found == b"* OK slow slow slow "


def test_nonsense_is_no_mail_protocol() -> None:
    with peers.speaks_nonsense() as peer, pytest.raises(imaplib.IMAP4.error):
        imaplib.IMAP4(peer.host, peer.port)


def test_a_login_is_refused_in_the_words_given() -> None:
    with peers.refuses_login("imap", "[ALERT] Read our terms") as peer:
        client = imaplib.IMAP4(peer.host, peer.port)
        with client, pytest.raises(imaplib.IMAP4.error, match="Read our terms"):
            client.login("ada", "secret")
    with peers.refuses_login("pop3", "[SYS/TEMP] Later") as peer:
        pop = poplib.POP3(peer.host, peer.port)
        pop.user("ada")
        with closing(pop), pytest.raises(poplib.error_proto, match="SYS/TEMP"):
            pop.pass_("secret")
    refused = pytest.raises(smtplib.SMTPAuthenticationError, match=r"5\.7\.8")
    with peers.refuses_login("smtp") as peer, smtplib.SMTP(peer.host, peer.port) as smtp, refused:
        smtp.login("ada", "secret")


def test_a_connection_is_reset_at_once_or_after_the_greeting() -> None:
    reset = pytest.raises(ConnectionResetError)
    with peers.resets() as peer, socket.create_connection((peer.host, peer.port)) as client, reset:
        client.recv(1)
    with peers.resets("smtp") as peer:
        smtp = smtplib.SMTP(peer.host, peer.port)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.ehlo()
        smtp.close()


def test_a_literal_is_cut() -> None:
    with peers.cuts_mid_literal() as peer:
        client = imap_at(peer)
        client.select()
        assert client.uid("SEARCH", "ALL") == ("OK", [b"1"])
        with pytest.raises(imaplib.IMAP4.abort):
            client.uid("FETCH", "1:*", "(BODY.PEEK[])")
        client.shutdown()
    with peers.cuts_mid_literal("pop3") as peer, closing(poplib.POP3(peer.host, peer.port)) as pop:
        pop.user("ada")
        pop.pass_("secret")
        with pytest.raises(poplib.error_proto):
            pop.retr(1)


def test_a_literal_shorter_than_said_swallows_the_answer_and_a_longer_one_leaves_a_rest() -> None:
    with peers.lies_about_size(-10) as peer:
        client = imap_at(peer)
        client.select()
        with pytest.raises(imaplib.IMAP4.abort):
            client.fetch("1", "(BODY.PEEK[])")
        client.shutdown()
    with peers.lies_about_size(+10_000) as peer:
        client = imap_at(peer)
        client.select()
        client.sock.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.fetch("1", "(BODY.PEEK[])")
        client.shutdown()


def test_a_folder_is_lost_at_select_or_at_fetch() -> None:
    with peers.loses_the_folder() as peer, imap_at(peer) as client:
        assert client.select("Support")[0] == "NO"
    with peers.loses_the_folder("fetch") as peer, imap_at(peer) as client:
        assert client.select("Support") == ("OK", [b"1"])
        assert client.fetch("1", "(FLAGS)")[0] == "NO"


def test_a_server_says_goodbye_during_idle() -> None:
    with peers.says_bye_during_idle("back soon") as peer:
        client = imap_at(peer)
        client.select()
        client.send(b"x1 IDLE\r\n")
        assert [client.readline() for _ in range(2)] == [b"+ idling\r\n", b"* BYE back soon\r\n"]
        assert client.file.read() == b""
        client.shutdown()


def test_the_scripted_imap_server_serves_the_rest_properly() -> None:
    with peers.says_bye_during_idle() as peer, imap_at(peer) as client:
        client.select()
        _, data = client.uid("FETCH", "1", "(UID BODY.PEEK[HEADER] BODY.PEEK[]<5.10>)")
    assert [row[1] for row in data if isinstance(row, tuple)] == [
        MAIL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
        MAIL[5:15],
    ]


def test_smtp_servers_that_hang_up() -> None:
    with peers.greets_421("4.3.2 maintenance") as peer, pytest.raises(smtplib.SMTPConnectError, match="maintenance"):
        smtplib.SMTP(peer.host, peer.port)
    with peers.closes_after_mail() as peer:
        client = smtplib.SMTP(peer.host, peer.port)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.sendmail("a@example.com", ["b@example.net"], HELLO)
        client.close()
