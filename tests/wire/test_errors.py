"""The border: every library's exception has its place in our tree, and the server's words survive."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
import socket
import ssl

import pytest
from imapclient.exceptions import ProtocolError

from postdesk.basics.errors import (
    BadProtocol,
    Busy,
    Disconnected,
    LoginRefused,
    Rejected,
    TlsRefused,
    Unreachable,
    WireError,
)
from postdesk.wire.errors import WORDS, border, enhanced_code, smtp_refusal, translate, words


def expired() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_message = "certificate has expired"
    return error


CASES: list[tuple[BaseException, str, type[WireError], str]] = [
    (socket.gaierror(-2, "Name or service not known"), "connect", Unreachable, "no address for mx.example: Name or"),
    (ConnectionRefusedError(111, "Connection refused"), "connect", Unreachable, "Connection refused"),
    (TimeoutError("timed out"), "connect", Unreachable, "no answer from mx.example"),
    (TimeoutError("timed out"), "fetch", Disconnected, "no answer"),
    (
        ConnectionResetError(104, "Connection reset by peer"),
        "connect",
        Disconnected,
        "hung up: Connection reset by peer",
    ),
    (ConnectionResetError(104, "Connection reset by peer"), "fetch", Disconnected, "Connection reset by peer"),
    (EOFError(), "fetch", Disconnected, "broke"),
    (expired(), "tls", TlsRefused, "certificate has expired. Its owner must renew it."),
    (ssl.SSLEOFError(8, "EOF occurred"), "tls", Disconnected, "during the TLS handshake"),
    (imaplib.IMAP4.abort("command: LOGIN => socket error: EOF"), "login", Disconnected, "closed the connection"),
    (imaplib.IMAP4.abort("socket error: [Errno 32] Broken pipe"), "noop", Disconnected, "Broken pipe"),
    (imaplib.IMAP4.abort("Session expired"), "noop", Disconnected, "Session expired"),
    (imaplib.IMAP4.abort("unexpected response: b'220 ESMTP'"), "greeting", BadProtocol, "220 ESMTP"),
    (imaplib.IMAP4.error(b"* BYE Too many users"), "greeting", Busy, "Too many users"),
    (imaplib.IMAP4.error(b"[INUSE] Mailbox is locked"), "select", Busy, "Mailbox is locked"),
    (imaplib.IMAP4.error("SELECT command error: BAD [b'Syntax error']"), "select", Rejected, "Syntax error"),
    (imaplib.IMAP4.error("Büro gibt es nicht".encode()), "select", Rejected, "Büro gibt es nicht"),
    (imaplib.IMAP4.error(b"[ALERT] wrong password"), "login", LoginRefused, "wrong password"),
    (ProtocolError("Tuple incomplete"), "fetch", BadProtocol, "Tuple incomplete"),
    (poplib.error_proto(b"-ERR [IN-USE] Do you have another session?"), "login", Busy, "another session"),
    (poplib.error_proto(b"-ERR no such user"), "login", LoginRefused, "no such user"),
    (poplib.error_proto(b"-ERR no"), "list", Rejected, "no"),
    (poplib.error_proto("-ERR EOF"), "list", Disconnected, "closed the connection"),
    (poplib.error_proto(b"HTTP/1.1 400"), "greeting", BadProtocol, "HTTP/1.1 400"),
    (smtplib.SMTPServerDisconnected("x"), "mail", Disconnected, "closed the connection"),
    (smtplib.SMTPResponseException(535, b"5.7.8 bad credentials"), "login", LoginRefused, "bad credentials"),
    (smtplib.SMTPResponseException(421, b"4.3.2 closing"), "mail", Busy, "4.3.2 closing"),
    (ValueError("invalid literal"), "list", BadProtocol, "invalid literal"),
]


@pytest.mark.parametrize(("error", "stage", "expected", "said"), CASES, ids=lambda value: type(value).__name__)
def test_a_library_error_becomes_ours_with_the_servers_words(
    error: BaseException, stage: str, expected: type[WireError], said: str
) -> None:
    ours = translate(error, host="mx.example", stage=stage)
    assert type(ours) is expected
    assert said in ours.message
    assert ours.fields["host"] == "mx.example"
    assert ours.fields["stage"] == stage


def test_an_error_of_ours_crosses_the_border_unchanged() -> None:
    ours = Busy("later", retry_after=60)
    assert translate(ours, host="mx.example", stage="login") is ours


def test_the_border_keeps_the_cause_and_lets_bugs_of_our_own_through() -> None:
    with pytest.raises(Unreachable) as caught, border("mx.example", "connect"):
        raise ConnectionRefusedError(111, "Connection refused")
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    with pytest.raises(ZeroDivisionError), border("mx.example", "connect"):
        1 // 0  # noqa: B018 (any error that no library would raise)


@pytest.mark.parametrize(
    ("code", "stage", "expected"),
    [
        (421, "mail", Busy),
        (454, "login", Busy),
        (535, "login", LoginRefused),
        (554, "connect", Rejected),
        (550, "mail", Rejected),
        (-1, "connect", BadProtocol),
    ],
)
def test_an_smtp_code_decides_by_where_it_was_said(code: int, stage: str, expected: type[WireError]) -> None:
    assert type(smtp_refusal(code, "5.1.1 words", stage=stage)) is expected


def test_a_rejection_carries_code_and_enhanced_code() -> None:
    refused = smtp_refusal(550, "5.1.1 No such user", stage="rcpt")
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.enhanced, refused.text) == (550, "5.1.1", "5.1.1 No such user")


@pytest.mark.parametrize(("text", "code"), [("5.1.1 x", "5.1.1"), ("2.0.0", "2.0.0"), ("6.1.1 x", None), ("", None)])
def test_an_enhanced_code_is_read_from_the_front_only(text: str, code: str | None) -> None:
    assert enhanced_code(text) == code


def test_words_are_cut_and_hold_no_control_characters() -> None:
    assert words(b"bell \x07 caf\xc3\xa9 \xff") == "bell   café \ufffd"
    assert len(words("x" * 9_000)) == WORDS
    assert words(None) == ""
