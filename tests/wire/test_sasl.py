"""SASL: which mechanism is chosen, and the exact bytes of each."""

from __future__ import annotations

from base64 import b64decode

import pytest

from postdesk.basics.errors import Busy, LoginRefused, TokenExpired
from postdesk.wire.login import Login
from postdesk.wire.sasl import Exchange, mechanism_for, refused

ADA = Login("ada", "pässwörd")
TOKEN = Login("a=d,a@example.com", "tok", "oauth2")


def exchange(mechanism: str, login: Login) -> Exchange:
    return Exchange(mechanism, login, host="mail.example", port=993)


def test_a12_plain_sends_name_and_password_in_utf8_at_once() -> None:
    plain = exchange("PLAIN", ADA)
    assert b64decode(plain.opening(100)) == "\0ada\0pässwörd".encode()


def test_a12_login_answers_two_questions_whatever_they_are() -> None:
    login = exchange("LOGIN", ADA)
    assert login.opening(100) == b""
    assert [login.answer(b"Username:"), login.answer(b"Password:")] == [b"ada", "pässwörd".encode()]


def test_a12_cram_md5_answers_as_the_rfc_shows() -> None:
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    answer = exchange("CRAM-MD5", Login("tim", "tanstaaftanstaaf")).answer(challenge)
    assert answer == b"tim b913a602c7eda7a495b4e6e7334d3890"


def test_xoauth2_sends_the_token_and_keeps_what_the_provider_complains_of() -> None:
    xoauth2 = exchange("XOAUTH2", TOKEN)
    assert xoauth2.answer(b"") == b"user=a=d,a@example.com\x01auth=Bearer tok\x01\x01"
    assert xoauth2.answer(b'{"status":"401","scope":"x"}') == b""
    assert xoauth2.complaint == "status 401, scope x"


def test_oauthbearer_escapes_the_name_and_acknowledges_an_error() -> None:
    bearer = exchange("OAUTHBEARER", TOKEN)
    assert bearer.answer(b"") == (
        b"n,a=a=3Dd=2Ca@example.com,\x01host=mail.example\x01port=993\x01auth=Bearer tok\x01\x01"
    )
    assert bearer.answer(b"not json") == b"\x01"
    assert bearer.complaint == "not json"


@pytest.mark.parametrize(
    ("offered", "encrypted", "chosen"),
    [
        ({"PLAIN", "LOGIN", "CRAM-MD5"}, True, "PLAIN"),
        ({"PLAIN", "LOGIN", "CRAM-MD5"}, False, "CRAM-MD5"),
        ({"LOGIN", "NTLM"}, True, "LOGIN"),
        ({"GSSAPI", "XOAUTH2"}, True, None),
    ],
)
def test_a12_a_password_goes_the_safest_way_that_is_offered(
    offered: set[str], encrypted: bool, chosen: str | None
) -> None:
    assert mechanism_for(ADA, offered, encrypted=encrypted) == chosen


def test_a_token_never_goes_where_a_password_belongs() -> None:
    assert mechanism_for(TOKEN, {"PLAIN", "OAUTHBEARER"}, encrypted=True) == "OAUTHBEARER"
    assert mechanism_for(TOKEN, {"PLAIN", "LOGIN"}, encrypted=True) is None


@pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\0b"])
def test_what_would_break_out_of_its_line_is_refused(bad: str) -> None:
    with pytest.raises(LoginRefused):
        exchange("PLAIN", Login("ada", bad))
    with pytest.raises(LoginRefused):
        exchange("PLAIN", Login(bad, "secret"))


def test_a_login_does_not_show_its_secret() -> None:
    assert "pässwörd" not in repr(ADA)


@pytest.mark.parametrize("room", [0, 40])
def test_k4_an_opening_that_does_not_fit_is_given_when_it_is_asked_for(room: int) -> None:
    xoauth2 = exchange("XOAUTH2", TOKEN)
    assert xoauth2.opening(room) == b""
    assert xoauth2.answer(b"") == b"user=a=d,a@example.com\x01auth=Bearer tok\x01\x01"
    assert xoauth2.answer(b'{"status":"400"}') == b""


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (
            b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}',
            "status 400, schemes Bearer, scope https://mail.google.com/",
        ),
        (b'{"status":"invalid_token"}', "status invalid_token"),
        (b'{"status":"401","schemes":"bearer","scope":"mail"}', "status 401, schemes bearer, scope mail"),
        (b'{"status":"invalid_token","openid-configuration":"https://x.example/"}', "status invalid_token"),
        (b"eyJ", "eyJ"),
        (b"[1]", "[1]"),
        (b"[" * 100_000, "[" * 499 + "…"),
        (b'{"status":"\x00\r\n"', '{"status":"   "'),
        (b"", ""),
    ],
)
def test_k4_a_report_is_told_decoded_and_odd_ones_as_they_are(report: bytes, told: str) -> None:
    xoauth2 = exchange("XOAUTH2", TOKEN)
    xoauth2.answer(b"")
    xoauth2.answer(report)
    assert xoauth2.complaint == told


@pytest.mark.parametrize(
    ("said", "complaint", "kind"),
    [
        ("535 5.7.8 no", "status 401", TokenExpired),
        ("AUTHENTICATE failed.", "", TokenExpired),
        ("535 5.7.3 Authentication unsuccessful", "", TokenExpired),
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
            "",
            LoginRefused,
        ),
        ("User is authenticated but not connected.", "", LoginRefused),
        ("[AUTHORIZATIONFAILED] No such authorization-ID", "", LoginRefused),
        ("no", "status insufficient_scope, scope mail", LoginRefused),
    ],
)
def test_k4_only_a_login_that_another_token_may_mend_asks_for_one(
    said: str, complaint: str, kind: type[LoginRefused]
) -> None:
    error = refused(LoginRefused(said, code=535), TOKEN, complaint)
    assert type(error) is kind
    assert error.message == (f"{said} ({complaint})" if complaint else said)
    assert error.fields == {"code": 535}
    assert type(refused(LoginRefused(said), ADA, complaint)) is LoginRefused


def test_k4_a_server_that_is_busy_says_nothing_about_the_token() -> None:
    busy = Busy("[UNAVAILABLE] later")
    assert refused(busy, TOKEN, "status 401") is busy
