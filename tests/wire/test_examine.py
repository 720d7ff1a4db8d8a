"""A connection is checked stage by stage: on Dovecot, on the sink, and on servers that go wrong at each of them."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator

import pytest

from postdesk.basics.errors import LoginRefused, TokenExpired, WireError
from postdesk.basics.stages import Stage
from postdesk.wire.endpoint import Endpoint, read_endpoint
from postdesk.wire.examine import examine_imap, examine_pop3, examine_smtp
from postdesk.wire.examine.remedies import remedy_for
from postdesk.wire.login import Login
from tests.support import peers
from tests.support.certificates import Certificates, Kind
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.fixtures import TokenMail
from tests.support.sink import Sink

MAIL = b"From: a@example.com\r\nSubject: hello\r\n\r\nGood day.\r\n"


def walked(stages: Iterator[Stage]) -> dict[str, Stage]:
    """The stages by their keys, in order; each survives the way through JSON."""
    found = {stage.key: stage for stage in stages}
    assert {key: Stage.from_json(stage.as_json()) for key, stage in found.items()} == found
    return found


def states(stages: dict[str, Stage]) -> dict[str, str]:
    return {key: stage.state for key, stage in stages.items()}


def imap(certificates: Certificates, port: int, scheme: str) -> Endpoint:
    return read_endpoint(f"{scheme}://localhost", port, "imap", ca_pem=certificates.ca_pem)


@pytest.mark.parametrize("scheme", ["ssl", "tls"])
def test_an_imap_mailbox_is_checked_from_its_name_to_its_messages(
    dovecot: Dovecot, certificates: Certificates, scheme: str
) -> None:
    user = f"checked-{scheme}"
    for _ in range(3):
        dovecot.drop(user, MAIL)
    port = dovecot.imaps if scheme == "ssl" else dovecot.imap
    login = Login(user, PASSWORD)

    found = walked(examine_imap(imap(certificates, port, scheme), login, archive_folder="Done/2026"))

    begin = ["name", "tcp", "tls", "greeting"] if scheme == "ssl" else ["name", "tcp", "greeting", "tls"]
    assert list(found) == [*begin, "login", "folder", "count", "archive", "push"]
    assert set(states(found).values()) == {"ok"}
    assert "127.0.0.1" in found["name"].note
    assert "Dovecot" in found["greeting"].said
    assert found["login"].said == "Logged in"
    assert found["count"].note.startswith("It holds 3 messages, the oldest of 20")
    assert "has been created" in found["archive"].note
    assert "Done.2026" in dovecot.folders(user) or "Done/2026" in dovecot.folders(user)
    certificate = found["tls"].certificate
    assert certificate is not None
    assert certificate.verified
    assert certificate.names == ("localhost", "127.0.0.1")
    assert certificate.protocol.startswith("TLSv1.")
    assert certificate.not_after > dt.datetime.now(dt.UTC)
    # The mails are where they were, unseen.
    assert [mail.flags for mail in dovecot.mails(user)] == [frozenset()] * 3


@pytest.mark.parametrize(
    ("kind", "words", "advice"),
    [("expired", "expired", "renewed"), ("untrusted", "issuer", "CA"), ("wrong_name", "localhost", "names")],
)
@pytest.mark.parametrize("scheme", ["ssl", "tls"])
def test_a_bad_certificate_fails_with_its_facts_and_no_password_is_sent(
    certificates: Certificates, kind: Kind, words: str, advice: str, scheme: str
) -> None:
    context = certificates.server_context(kind)
    with Sink(tls=context, implicit=scheme == "ssl") as sink:
        endpoint = read_endpoint(f"{scheme}://localhost", sink.port, "smtp", ca_pem=certificates.ca_pem)
        found = walked(examine_smtp(endpoint, Login("u", "p"), ehlo_name="desk.example", sender="a@desk.example"))
        assert sink.logins == []

    assert found["tls"].state == "failed"
    assert words in found["tls"].note
    assert advice in found["tls"].remedy
    assert found["login"].state == "skipped"
    certificate = found["tls"].certificate
    assert certificate is not None
    assert not certificate.verified
    assert words in certificate.why_not
    assert certificate.issuer


def test_without_verification_the_certificates_facts_say_so(dovecot: Dovecot) -> None:
    endpoint = read_endpoint("ssl://localhost", dovecot.imaps, "imap", verify_tls=False)

    certificate = walked(examine_imap(endpoint, Login("unverified", PASSWORD)))["tls"].certificate

    assert certificate is not None
    assert not certificate.verified
    assert "switched off" in certificate.why_not


def test_a_refused_login_is_told_in_the_servers_words(dovecot: Dovecot, certificates: Certificates) -> None:
    found = walked(examine_imap(imap(certificates, dovecot.imaps, "ssl"), Login("refused", "wrong")))

    assert found["login"].state == "failed"
    assert "AUTHENTICATIONFAILED" in found["login"].said
    assert "user name" in found["login"].remedy
    assert "wrong" not in str([stage.as_json() for stage in found.values()])
    assert found["folder"].state == "skipped"


def test_s5_a8_a_folder_that_is_missing_is_told_with_those_there_are(
    dovecot: Dovecot, certificates: Certificates
) -> None:
    dovecot.make_folder("listed-folders", "Anfragen & Ähnliches")
    endpoint = imap(certificates, dovecot.imaps, "ssl")

    found = walked(examine_imap(endpoint, Login("listed-folders", PASSWORD), folder="Anfragen"))

    assert found["folder"].state == "failed"
    assert "there are: INBOX, Anfragen & Ähnliches" in found["folder"].said
    assert states(found)["count"] == "skipped"


def test_a8_an_archive_folder_that_cannot_be_made_does_not_hide_the_rest(
    dovecot: Dovecot, certificates: Certificates
) -> None:
    endpoint = imap(certificates, dovecot.imaps, "ssl")

    found = walked(examine_imap(endpoint, Login("archive", PASSWORD), archive_folder="../bad"))

    assert found["archive"].state == "failed"
    assert found["archive"].said
    assert (found["count"].state, found["push"].state) == ("ok", "ok")


@pytest.mark.parametrize("scheme", ["ssl", "tls", "plain"])
def test_a_pop3_mailbox_is_checked_and_nothing_is_deleted(
    dovecot: Dovecot, certificates: Certificates, scheme: str
) -> None:
    user = f"popped-{scheme}"
    dovecot.drop(user, MAIL)
    port = dovecot.pop3s if scheme == "ssl" else dovecot.pop3
    endpoint = read_endpoint(f"{scheme}://localhost", port, "pop3", ca_pem=certificates.ca_pem)

    found = walked(examine_pop3(endpoint, Login(user, PASSWORD)))

    assert found["count"].note == "It holds 1 message."
    assert found["login"].state == "ok"
    assert found["tls"].state == ("skipped" if scheme == "plain" else "ok")
    assert ("clear text" in found["tls"].note) == (scheme == "plain")
    assert len(dovecot.mails(user)) == 1


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_an_smtp_account_is_checked_and_no_mail_is_sent(certificates: Certificates, mechanism: str) -> None:
    features = ("PIPELINING", "SIZE 20000000", "8BITMIME", f"AUTH {mechanism}")
    with Sink(tls=certificates.server_context(), features=features) as sink:
        endpoint = read_endpoint("tls://localhost", sink.port, "smtp", ca_pem=certificates.ca_pem)
        login = Login("desk", "secret")
        found = walked(examine_smtp(endpoint, login, ehlo_name="desk.example", sender="a@desk.example"))
        assert sink.letters == []

    assert list(found) == ["name", "tcp", "greeting", "hello", "tls", "login", "size", "sender"]
    assert set(states(found).values()) == {"ok"}
    assert f"by {mechanism}" in found["login"].note
    assert found["login"].said.startswith("235")
    assert "20.0 MB" in found["size"].note
    assert "desk.example" in found["hello"].note
    assert found["sender"].said.startswith("250")


def test_an_smtp_server_that_wants_no_login_and_refuses_the_sender() -> None:
    with Sink() as sink:
        sink.answer_to("MAIL", 553, "5.7.1 not owned by you")
        endpoint = read_endpoint("plain://127.0.0.1", sink.port, "smtp")
        found = walked(examine_smtp(endpoint, None, ehlo_name="desk.example", sender="a@desk.example"))

    assert found["login"].state == "skipped"
    assert found["sender"].state == "failed"
    assert found["sender"].said == "553 5.7.1 not owned by you"
    assert found["sender"].remedy


def test_a_name_that_does_not_exist_and_a_port_that_is_closed() -> None:
    login = Login("u", "p")
    missing = walked(examine_imap(read_endpoint("ssl://no-such-host.invalid", 993, "imap"), login))
    with peers.silent() as peer:
        port = peer.port
    closed = walked(examine_imap(read_endpoint("plain://127.0.0.1", port, "imap"), login))

    assert (missing["name"].state, missing["tcp"].state) == ("failed", "skipped")
    assert "spelled" in missing["name"].remedy
    assert closed["tcp"].state == "failed"
    assert "993" in closed["tcp"].remedy


@pytest.mark.parametrize("protocol", ["imap", "pop3", "smtp"])
def test_another_protocol_on_the_port_is_named(protocol: str) -> None:
    with peers.speaks_nonsense() as peer:
        endpoint = read_endpoint("plain://127.0.0.1", peer.port, "imap")
        login = Login("u", "p")
        if protocol == "imap":
            found = walked(examine_imap(endpoint, login, step=3))
        elif protocol == "pop3":
            found = walked(examine_pop3(endpoint, login, step=3))
        else:
            found = walked(examine_smtp(endpoint, login, ehlo_name="d.example", sender="a@d.example", step=3))

    assert found["greeting"].state == "failed"
    assert "Something else" in found["greeting"].remedy


def test_a_server_that_is_silent_costs_a_stages_time_and_a_dripping_one_the_whole_at_most() -> None:
    login = Login("u", "p")
    began = time.monotonic()
    with peers.silent() as peer:
        silent = walked(examine_imap(read_endpoint("plain://127.0.0.1", peer.port, "imap"), login, step=0.3))
    with peers.drips(interval=0.05) as peer:
        endpoint = read_endpoint("plain://127.0.0.1", peer.port, "imap")
        dripping = walked(examine_imap(endpoint, login, step=5, whole=0.4))

    assert time.monotonic() - began < 3
    assert silent["greeting"].state == dripping["greeting"].state == "failed"
    assert "no answer" in silent["greeting"].note
    assert "ssl://" in silent["greeting"].remedy


def test_tls_from_the_first_byte_on_a_port_that_begins_in_clear_text_is_explained(dovecot: Dovecot) -> None:
    endpoint = read_endpoint("ssl://localhost", dovecot.imap, "imap", verify_tls=False)

    found = walked(examine_imap(endpoint, Login("u", "p"), step=5))

    assert found["tls"].state == "failed"
    assert "tls://" in found["tls"].remedy


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (TokenExpired("AUTHENTICATE failed. (status 400, schemes Bearer)"), "Test the refresh"),
        (LoginRefused("the server offers no login by OAuth2"), "takes no tokens"),
        (
            LoginRefused("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled."),
            "switched off",
        ),
        (LoginRefused("535 5.7.139 Authentication unsuccessful, the request did not meet the criteria"), "conditional"),
        (LoginRefused("User is authenticated but not connected."), "does not open"),
        (LoginRefused("no (status insufficient_scope, scope mail)"), "scopes"),
        (LoginRefused("[AUTHENTICATIONFAILED] no"), "user name"),
    ],
)
def test_k4_advice_on_a_refused_token_follows_what_the_server_said(error: WireError, advice: str) -> None:
    endpoint = read_endpoint("ssl://imap.example.com", 993, "imap")
    assert advice in remedy_for("login", error, endpoint, "imap")


def test_k4_a_mailbox_is_checked_with_a_token(token_mail: TokenMail) -> None:
    client = token_mail.provider.client("http://desk.example/oauth2")
    user = token_mail.provider.user("checked@tokens.example")
    endpoint = read_endpoint("plain://127.0.0.1", token_mail.dovecot.imap, "imap")
    good = walked(examine_imap(endpoint, Login(user, client.token(user), "oauth2")))
    assert good["login"].state == "ok"
    stale = walked(examine_imap(endpoint, Login(user, "a-token-nobody-gave", "oauth2")))
    assert (stale["login"].state, stale["login"].said.endswith("(status 401, schemes bearer, scope mail)")) == (
        "failed",
        True,
    )
