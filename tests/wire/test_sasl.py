"""SASL: which mechanism is chosen, and the exact bytes of each."""

from __future__ import annotations

import pytest

from postdesk.basics.errors import LoginRefused
from postdesk.wire.login import Login
from postdesk.wire.sasl import Exchange, mechanism_for

ADA = Login("ada", "pässwörd")
TOKEN = Login("a=d,a@example.com", "tok", "oauth2")


def exchange(mechanism: str, login: Login) -> Exchange:
    return Exchange(mechanism, login, host="mail.example", port=993)


def test_a12_plain_sends_name_and_password_in_utf8_at_once() -> None:
    plain = exchange("PLAIN", ADA)
    assert plain.client_begins
    assert plain.answer(b"") == "\0ada\0pässwörd".encode()


def test_a12_login_answers_two_questions_whatever_they_are() -> None:
    login = exchange("LOGIN", ADA)
    assert not login.client_begins
    assert [login.answer(b"Username:"), login.answer(b"Password:")] == [b"ada", "pässwörd".encode()]


def test_a12_cram_md5_answers_as_the_rfc_shows() -> None:
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    answer = exchange("CRAM-MD5", Login("tim", "tanstaaftanstaaf")).answer(challenge)
    assert answer == b"tim b913a602c7eda7a495b4e6e7334d3890"


def test_xoauth2_sends_the_token_and_keeps_what_the_provider_complains_of() -> None:
    xoauth2 = exchange("XOAUTH2", TOKEN)
    assert xoauth2.answer(b"") == b"user=a=d,a@example.com\x01auth=Bearer tok\x01\x01"
    assert xoauth2.answer(b'{"status":"401","scope":"x"}') == b""
    assert xoauth2.complaint == "status 401"


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
