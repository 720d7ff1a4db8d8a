"""SMTP against the sink, and against servers that break at each step."""

from __future__ import annotations

import pytest

from postdesk.basics.errors import Busy, Disconnected, LoginRefused, TlsRefused
from postdesk.wire.endpoint import read_endpoint
from postdesk.wire.login import Login
from postdesk.wire.smtp import SmtpSession, open_smtp
from postdesk.wire.smtp_reply import Reply
from tests.support import peers
from tests.support.certificates import Certificates
from tests.support.peers import Connection, Peer
from tests.support.sink import FEATURES, Sink

LETTER = b"From: desk@example.com\r\nSubject: re\r\n\r\n.\r\n..dots\r\nGood day.\r\n"
ME, ADA, BOB = "desk@example.com", "ada@example.com", "bob@example.com"
WITHOUT_PIPELINING = tuple(feature for feature in FEATURES if feature != "PIPELINING")


def opened(port: int, timeout: float = 5) -> SmtpSession:
    return open_smtp(read_endpoint("plain://127.0.0.1", port, "smtp"), None, ehlo_name="desk.example", timeout=timeout)


@pytest.mark.parametrize("features", [FEATURES, WITHOUT_PIPELINING], ids=["pipelined", "in turn"])
def test_each_recipient_gets_a_final_reply_and_the_body_arrives_byte_for_byte(features: tuple[str, ...]) -> None:
    called: list[int] = []
    with Sink(features=features) as sink, opened(sink.port) as session:
        sink.answer(BOB, 550, "5.1.1 no Bob here")
        outcome = session.send(ME, [ADA, BOB], LETTER, before_body=lambda: called.append(len(sink.letters)))
        assert [letter.raw for letter in sink.wait_for(1)] == [LETTER]
    assert outcome.recipients[ADA].accepted
    assert outcome.recipients[BOB] == Reply(550, "5.1.1", "no Bob here")
    assert (outcome.uncertain, called) == (False, [0])


@pytest.mark.parametrize("features", [FEATURES, WITHOUT_PIPELINING], ids=["pipelined", "in turn"])
def test_no_body_is_sent_when_all_recipients_are_refused_and_the_next_letter_goes(features: tuple[str, ...]) -> None:
    called: list[int] = []
    with Sink(features=features) as sink, opened(sink.port) as session:
        sink.answer(BOB, 450, "4.2.1 later")
        outcome = session.send(ME, [BOB], LETTER, before_body=lambda: called.append(1))
        assert (outcome.body, called, outcome.recipients[BOB].temporary) == (None, [], True)
        assert session.send(ME, [ADA], LETTER).recipients[ADA].accepted
        assert [letter.recipients for letter in sink.wait_for(1)] == [(ADA,)]


def test_a_refused_body_is_the_final_reply_of_those_who_were_accepted() -> None:
    with Sink() as sink, opened(sink.port) as session:
        sink.answer(BOB, 550, "5.1.1 no Bob here")
        sink.answer_body(554, "5.7.1 looks like spam")
        outcome = session.send(ME, [ADA, BOB], LETTER)
    assert outcome.recipients[ADA] == outcome.body == Reply(554, "5.7.1", "looks like spam")
    assert outcome.recipients[BOB].enhanced == "5.1.1"


def test_a_connection_cut_after_the_body_is_uncertain_and_the_session_dead() -> None:
    with Sink() as sink, opened(sink.port) as session:
        sink.cut_after_data()
        outcome = session.send(ME, [ADA], LETTER)
    assert (outcome.uncertain, outcome.body, session.alive) == (True, None, False)
    assert outcome.recipients[ADA].accepted


def test_a_connection_lost_before_the_body_is_an_error() -> None:
    called: list[int] = []
    with peers.closes_after_mail() as peer:
        session = opened(peer.port)
        with pytest.raises(Disconnected):
            session.send(ME, [ADA], LETTER, before_body=lambda: called.append(1))
    assert (called, session.alive) == ([], False)


def test_a_server_that_says_421_is_busy() -> None:
    with peers.greets_421("4.3.2 come back at noon") as peer, pytest.raises(Busy, match="come back at noon"):
        opened(peer.port)


def test_a_server_that_wants_a_body_for_nobody_gets_a_dot_only() -> None:
    def script(client: Connection) -> None:
        client.say(b"220 odd\r\n")
        while True:
            verb = client.line()[:4]
            replies = {
                b"EHLO": b"250-odd\r\n250 PIPELINING\r\n",
                b"RCPT": b"550 5.1.1 nobody\r\n",
                b"DATA": b"354 go\r\n",
            }
            client.say(replies.get(verb, b"554 5.5.1 no recipients\r\n" if verb == b"." else b"250 ok\r\n"))

    called: list[int] = []
    with Peer(script) as peer:
        with opened(peer.port) as session:
            outcome = session.send(ME, [ADA], LETTER, before_body=lambda: called.append(1))
            assert session.alive
        assert b"DATA\r\n.\r\n" in peer.received
        assert b"Good day" not in peer.received
    assert (outcome.recipients[ADA], called) == (Reply(550, "5.1.1", "nobody"), [])


def test_a_letter_over_the_limit_does_not_touch_the_wire() -> None:
    with Sink(features=("SIZE 50",)) as sink, opened(sink.port) as session:
        outcome = session.send(ME, [ADA], LETTER)
        assert sink.letters == []
    assert session.size_limit == 50
    words = f"message size {len(LETTER)} exceeds the server's limit of 50"
    assert outcome.recipients == {ADA: Reply(552, "5.3.4", words)}


@pytest.mark.parametrize("scheme", ["ssl", "tls"])
@pytest.mark.parametrize("features", [("AUTH PLAIN",), ("AUTH LOGIN",)])
def test_a_password_with_umlauts_logs_in(certificates: Certificates, scheme: str, features: tuple[str, ...]) -> None:
    context = certificates.server_context()
    with Sink(tls=context, implicit=scheme == "ssl", login=("ada", "pässwörd"), features=features) as sink:
        endpoint = read_endpoint(f"{scheme}://127.0.0.1", sink.port, "smtp", ca_pem=certificates.ca_pem)
        with open_smtp(endpoint, Login("ada", "pässwörd"), ehlo_name="desk.example", timeout=5) as session:
            assert session.send(ME, [ADA], LETTER).recipients[ADA].accepted
        with pytest.raises(LoginRefused):
            open_smtp(endpoint, Login("ada", "wrong"), ehlo_name="desk.example", timeout=5)


def test_the_password_is_not_sent_where_tls_is_demanded_and_not_offered() -> None:
    with peers.refuses_login("smtp") as peer:
        endpoint = read_endpoint("tls://127.0.0.1", peer.port, "smtp")
        with pytest.raises(TlsRefused):
            open_smtp(endpoint, Login("ada", "hunter2"), ehlo_name="desk.example", timeout=5)
        assert b"AUTH" not in peer.received
