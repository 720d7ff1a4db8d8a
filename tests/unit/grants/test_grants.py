"""OAuth2 as values: what is asked, what is understood, what each error means."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from postdesk.basics.errors import BadProtocol, Busy, ClientRefused, ConsentNeeded, WireError
from postdesk.grants import answers, owner, proof, requests
from postdesk.grants.advice import ADVICE, advice_for
from postdesk.grants.answers import Answer
from postdesk.grants.providers import PROVIDERS, scopes_for
from postdesk.grants.registration import Registration, resolved, url_problem
from tests.support.provider import private_key

AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
DESK = Registration(
    "other",
    "authorization-code",
    "an id",
    "a&b=c+d %é",
    authorize_url="https://login.example.org/authorize?audience=mail",
    token_url="https://login.example.org/token",
    scopes=("mail", "offline_access"),
)


def answer(said: object, status: int = 200, **headers: str) -> Answer:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Answer(status, headers, body)


def test_k1_microsofts_template_is_that_of_v2_for_the_tenant() -> None:
    found = resolved({}, kind="microsoft", grant="authorization-code", tenant="contoso", discovered={}, uses=("imap",))
    assert found["authorize_url"] == "https://login.microsoftonline.com/contoso/oauth2/v2.0/authorize"
    assert found["token_url"] == "https://login.microsoftonline.com/contoso/oauth2/v2.0/token"
    assert found["scopes"] == ("offline_access", "https://outlook.office.com/IMAP.AccessAsUser.All")


def test_k1_each_use_adds_its_scope_and_none_twice() -> None:
    assert scopes_for(PROVIDERS["microsoft"], "authorization-code", ("pop3", "smtp")) == (
        "offline_access",
        "https://outlook.office.com/POP.AccessAsUser.All",
        "https://outlook.office.com/SMTP.Send",
    )
    assert scopes_for(PROVIDERS["google"], "authorization-code", ("imap", "smtp")) == ("https://mail.google.com/",)


def test_k7_the_desk_by_itself_asks_for_what_its_app_was_given() -> None:
    assert scopes_for(PROVIDERS["microsoft"], "client-credentials", ("imap",)) == (
        "https://outlook.office365.com/.default",
    )


def test_k1_what_is_entered_comes_before_what_is_discovered_before_the_template() -> None:
    own = {"token_url": "https://own.example/token", "scopes": "a, b\nc a"}
    discovered = {"token_url": "https://found.example/token", "revoke_url": "https://found.example/revoke"}
    found = resolved(own, kind="google", grant="authorization-code", tenant="", discovered=discovered, uses=("imap",))
    assert found["token_url"] == "https://own.example/token"
    assert found["revoke_url"] == "https://found.example/revoke"
    assert found["authorize_url"] == "https://accounts.google.com/o/oauth2/v2/auth"
    assert found["scopes"] == ("a", "b", "c")


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://login.example.org/token?x=1", True),
        ("http://127.0.0.1:8000/token", True),
        ("http://localhost/token", True),
        ("http://login.example.org/token", False),
        ("https://user:secret@login.example.org/", False),
        ("https://login.example.org/#x", False),
        ("https:///token", False),
        ("javascript:alert(1)", False),
        ("https://[::1", False),
        ("https://h:99999/", False),
    ],
)
def test_k1_secrets_go_to_encrypted_addresses_only(url: str, is_good: bool) -> None:
    assert (url_problem(url) == "") is is_good


def test_k2_the_challenge_is_that_of_rfc_7636() -> None:
    # RFC 7636 appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert proof.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_k2_the_authorization_address_keeps_the_endpoints_own_parameters() -> None:
    address = requests.authorize_address(
        DESK, redirect_uri="https://desk.example/oauth2/callback", state="s", verifier="v" * 43, hint="a@b.example"
    )
    said = dict(parse_qsl(urlsplit(address).query))
    assert said["audience"] == "mail"
    assert said["redirect_uri"] == "https://desk.example/oauth2/callback"
    assert (said["scope"], said["state"], said["code_challenge_method"]) == ("mail offline_access", "s", "S256")
    assert said["login_hint"] == "a@b.example"
    assert "secret" not in address


def test_k1_google_is_asked_for_a_refresh_token_every_time() -> None:
    google = Registration(
        "google", "authorization-code", "id", authorize_url="https://accounts.google.com/o/oauth2/v2/auth"
    )
    said = parse_qs(
        urlsplit(requests.authorize_address(google, redirect_uri="r", state="s", verifier="v", hint="")).query
    )
    assert (said["access_type"], said["prompt"]) == (["offline"], ["consent"])


def test_k2_an_odd_secret_arrives_as_it_is_in_body_and_header() -> None:
    question = requests.refresh(DESK, "old", nonce="n", at=AT)
    assert dict(parse_qsl(question.body.decode()))["client_secret"] == "a&b=c+d %é"
    header = requests.refresh(
        Registration("other", "authorization-code", "an id", "a:b", client_auth="basic", token_url="https://x/"),
        "old", nonce="n", at=AT,
    )  # fmt: skip
    assert base64.b64decode(header.headers["Authorization"].removeprefix("Basic ")).decode() == "an+id:a%3Ab"
    assert "a:b" not in header.body.decode()
    assert "a&b" not in repr(question) + repr(DESK)


def test_k7_an_assertion_names_client_audience_and_a_short_time() -> None:
    pem = private_key()
    said = owner.claims(proof.client_assertion(pem, "an id", "https://x/token", nonce="n", at=AT))
    assert (said["iss"], said["sub"], said["aud"], said["jti"]) == ("an id", "an id", "https://x/token", "n")
    # A minute for clocks that are apart, an hour at most.
    assert said["iat"] < AT.timestamp() < said["exp"] < AT.timestamp() + 3600


@pytest.mark.parametrize("key", ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "{}", '{"a": 1}'])
def test_k7_what_is_no_key_is_said_without_repeating_it(key: str) -> None:
    said = proof.key_problem(key, is_service_account=True)
    assert said
    assert "AAAA" not in said


def test_k2_tokens_with_their_life_and_scopes() -> None:
    got = answers.tokens(
        answer(
            {"access_token": "t", "token_type": "Bearer", "expires_in": "3599", "refresh_token": "r", "scope": "a b"}
        ),
        at=AT,
    )
    assert (got.access, got.refresh, got.scopes) == ("t", "r", ("a", "b"))
    assert got.expires_at == AT + dt.timedelta(seconds=3599)
    assert "t" not in repr(got).partition("expires_at")[0].replace("Tokens", "")


@pytest.mark.parametrize(
    "said",
    [
        {}, [], "x", {"access_token": ""}, {"access_token": 7}, {"access_token": "a\nb"},
        {"access_token": "t", "token_type": "mac"}, {"access_token": "é"}, {"access_token": "x" * 70_000},
        b"<html>", b"", b"[" * 100_000,
    ],
)  # fmt: skip
def test_k2_what_holds_no_usable_token_is_no_token_and_may_be_tried_again(said: Any) -> None:
    with pytest.raises(BadProtocol) as error:
        answers.tokens(answer(said), at=AT)
    assert error.value.temporary


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (500, b"<html>", Busy),
        (503, {"error": "temporarily_unavailable"}, Busy),
        (429, {}, Busy),
        (400, {"error": "invalid_grant"}, ConsentNeeded),
        (401, {"error": "invalid_client"}, ClientRefused),
        (400, {"error": "something_new"}, ClientRefused),
        (400, {"error": "slow_down"}, Busy),
        (404, b"<html>", ClientRefused),
        (302, b"", ClientRefused),
        (200, {"error": "invalid_grant"}, ConsentNeeded),
        (403, {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "Gmail API is off."}}, ClientRefused),
    ],
)
def test_k6_each_refusal_says_whether_to_try_again(status: int, said: Any, kind: type[WireError]) -> None:
    assert type(answers.refusal(answer(said, status))) is kind


def test_k6_microsofts_number_comes_first_and_its_traces_are_left_out() -> None:
    words = "AADSTS7000222: The provided client secret keys are expired. Trace ID: 1234 Correlation ID: 5 Timestamp: 6"
    error = answers.refusal(answer({"error": "invalid_client", "error_description": words}, 401))
    assert isinstance(error, ClientRefused)
    assert error.message.startswith("AADSTS7000222: The provided client secret keys are expired. The client secret has")
    assert "Trace" not in error.message
    assert error.fields["code"] == "AADSTS7000222"


@pytest.mark.parametrize(
    ("code", "words", "meaning"),
    [
        ("AADSTS65001", "", "consent"),
        ("AADSTS50173", "", "consent"),
        ("AADSTS700082", "", "consent"),
        ("AADSTS7000222", "", "client"),
        ("invalid_grant", "Token has been expired or revoked.", "consent"),
        ("invalid_grant", "Invalid JWT Signature.", "client"),
        ("invalid_grant", "Invalid JWT: Token must be a short-lived token (iat and exp)", "client"),
        ("server_error", "", "later"),
    ],
)
def test_k6_the_table_of_advice(code: str, words: str, meaning: str) -> None:
    assert advice_for((code,), words).meaning == meaning


def test_k6_every_row_of_advice_can_be_reached_and_says_what_to_do() -> None:
    for row in ADVICE:
        assert advice_for((row.code,), row.words) == row
        assert row.todo.endswith(".")


def test_k2_how_long_to_wait_is_the_servers_word_within_reason() -> None:
    for said, seconds in (("7", 7.0), ("999999", 3600.0), ("soon", None), ("-1", None)):
        error = answers.refusal(answer({}, 429, **{"retry-after": said}))
        assert isinstance(error, Busy)
        assert error.retry_after == seconds


def test_k3_who_consented_is_found_where_providers_put_it() -> None:
    assert owner.address_in({"emailAddress": "A@B.example"}, "") == "a@b.example"
    assert owner.address_in({"upn": "u@b.example", "email": "e@b.example"}, "upn") == "u@b.example"
    assert owner.address_in({"user": {"mail": "deep@b.example"}}, "user.mail") == "deep@b.example"
    assert owner.address_in({"email": "nobody"}, "email") == ""
    assert owner.claims("no token") == owner.claims("a.b.c") == {}


def test_k3_strict_matching_says_who_came_and_who_was_expected() -> None:
    assert owner.mismatch("Support@Desk.example", ["support@desk.example"]) == ""
    assert "mallory@x.example signed in, and support@desk.example was expected" in owner.mismatch(
        "mallory@x.example", ["", "support@desk.example"]
    )
    assert "does not say which account" in owner.mismatch("", ["support@desk.example"])


def test_k3_scopes_are_compared_as_providers_write_them() -> None:
    granted = ["https://outlook.office365.com/imap.accessasuser.all"]
    assert owner.lacking_for("microsoft", "authorization-code", granted, ("imap",)) == ()
    assert owner.lacking_for("microsoft", "authorization-code", granted, ("imap", "smtp")) == (
        "https://outlook.office.com/SMTP.Send",
    )
    assert owner.lacking_for("microsoft", "client-credentials", ["x"], ("imap",)) == ()


def test_k5_the_signature_is_of_client_secret_and_endpoints_and_not_of_scopes() -> None:
    from dataclasses import replace

    assert replace(DESK, scopes=("other",)).signature == DESK.signature
    for change in ({"client_id": "x"}, {"secret": "x"}, {"token_url": "https://x/"}, {"authorize_url": "https://x/"}):
        assert replace(DESK, **change).signature != DESK.signature
    assert replace(DESK, secret="x").ground == DESK.ground
    assert replace(DESK, token_url="https://x/").ground != DESK.ground


def test_k2_a_devices_code_and_who_has_not_typed_it() -> None:
    code = answers.device_code(
        answer({"device_code": "d", "user_code": "ABCD", "verification_url": "https://x/", "interval": 0}), at=AT
    )
    assert (code.user_code, code.verification_url, code.interval) == ("ABCD", "https://x/", 5)
    assert answers.is_pending(answer({"error": "authorization_pending"}, 400)) == "authorization_pending"
    assert answers.is_pending(answer({"error": "access_denied"}, 400)) == ""
    with pytest.raises(BadProtocol):
        answers.device_code(answer({"device_code": "d", "user_code": "A", "verification_uri": "javascript:x"}), at=AT)
