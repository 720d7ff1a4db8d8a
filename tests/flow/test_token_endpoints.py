"""Token endpoints that misbehave in one way each: what is asked, what is understood, what is said."""

from __future__ import annotations

import datetime as dt
import json
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Literal
from urllib.parse import parse_qs

import pytest

from postdesk.basics.errors import (
    BadProtocol,
    Busy,
    ClientRefused,
    ConsentNeeded,
    Disconnected,
    TlsRefused,
    Unreachable,
    WireError,
)
from postdesk.flow.tokens import asking
from postdesk.grants import answers, requests
from postdesk.grants.answers import UNTOLD_LIFE, Tokens
from postdesk.grants.registration import Registration, url_problem
from postdesk.wire import http
from tests.support import token_peers
from tests.support.certificates import Certificates
from tests.support.peers import Peer

SECRET = "s3cret-with odd%&+=ü-characters"
REFRESH = "1//refresh-token-of-somebody"
LIMIT = 1.0
AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


def registration(url: str, *, secret: str = SECRET, basic: bool = False) -> Registration:
    auth: Literal["post", "basic"] = "basic" if basic else "post"
    return Registration("other", "authorization-code", "the client", secret, client_auth=auth, token_url=url)


def put(question: requests.Question) -> Tokens:
    return asking.ask(question, lambda answer: answers.tokens(answer, at=AT), at=AT)


def asked(peer: Peer, *, basic: bool = False) -> Tokens:
    return put(requests.refresh(registration(token_peers.url(peer), basic=basic), REFRESH, nonce="n", at=AT))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same question with less time for the answer."""
    monkeypatch.setattr(http, "ask", partial(http.ask, patience=LIMIT))


def refused(peer: Peer, kind: type[WireError]) -> str:
    """What is said; within the time, and without a secret."""
    began = time.monotonic()
    with peer, pytest.raises(kind) as caught:
        asked(peer)
    assert time.monotonic() - began < LIMIT + 1.5
    told = f"{caught.value} {caught.value!r} {caught.value.fields}"
    assert SECRET not in told
    assert REFRESH not in told
    return caught.value.message


# --- endpoints that misbehave


def test_k2_nobody_listens() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/token"
        with pytest.raises(Unreachable):
            put(requests.refresh(registration(url), REFRESH, nonce="n", at=AT))


@pytest.mark.parametrize(
    ("peer", "kind", "said"),
    [
        (token_peers.hangs, Disconnected, "no answer"),
        (token_peers.drips, Disconnected, "no answer"),
        (token_peers.cuts, BadProtocol, "in the middle"),
        (lambda: token_peers.floods(3), BadProtocol, "bigger than"),
        (token_peers.html, BadProtocol, "text/html instead of JSON"),
        (token_peers.breaks, Busy, "500"),
        (lambda: token_peers.breaks("429 Too Many Requests"), Busy, "429"),
        (lambda: token_peers.breaks("503 Service Unavailable", REFRESH), Busy, "503"),
        (lambda: token_peers.answers("200 OK", f"<p>{SECRET} {REFRESH}</p>"), BadProtocol, "instead of JSON"),
        (lambda: token_peers.refuses({"error": "temporarily_unavailable"}), Busy, "passing trouble"),
        (lambda: token_peers.refuses({"error": "server_error"}, "500 Internal Server Error"), Busy, "500"),
        (lambda: token_peers.grants(token_type="mac"), BadProtocol, "bearer"),
    ],
)
def test_k2_what_passes_is_an_error_that_may_be_tried_again(
    peer: Callable[[], Peer], kind: type[WireError], said: str
) -> None:
    assert said in refused(peer(), kind)
    assert kind.temporary


def test_k2_an_endpoint_that_is_not_there_is_a_thing_to_mend() -> None:
    assert "Check its address" in refused(token_peers.html("404 Not Found"), ClientRefused)


@pytest.mark.parametrize("kind", token_peers.NONSENSE)
def test_k2_an_answer_without_a_token_is_told_and_ends_nothing(kind: str) -> None:
    refused(token_peers.nonsense(kind), BadProtocol)


def test_k2_a_redirect_is_not_followed_with_a_secret() -> None:
    with token_peers.grants() as elsewhere:
        said = refused(token_peers.redirects(token_peers.url(elsewhere)), ClientRefused)
    assert "elsewhere" in said
    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("error", "kind", "todo", "code"),
    [
        (token_peers.GOOGLE_REVOKED, ConsentNeeded, "consent again", "invalid_grant"),
        (token_peers.GOOGLE_BAD_SECRET, ClientRefused, "Check both", "invalid_client"),
        (token_peers.GOOGLE_NO_DELEGATION, ClientRefused, "domain-wide delegation", "unauthorized_client"),
        (token_peers.MICROSOFT_SECRET_EXPIRED, ClientRefused, "The client secret has expired", "AADSTS7000222"),
        (token_peers.MICROSOFT_BAD_SECRET, ClientRefused, "not its ID", "AADSTS7000215"),
        (token_peers.MICROSOFT_INACTIVE, ConsentNeeded, "not used for too long", "AADSTS700082"),
        (token_peers.MICROSOFT_PASSWORD_CHANGED, ConsentNeeded, "password was changed", "AADSTS50173"),
        (token_peers.MICROSOFT_MFA, ConsentNeeded, "Multi-factor", "AADSTS50076"),
        (token_peers.MICROSOFT_NO_CONSENT, ConsentNeeded, "Nobody has consented", "AADSTS65001"),
        (token_peers.MICROSOFT_SIGN_IN_FREQUENCY, ConsentNeeded, "sign-in frequency", "AADSTS70043"),
        (token_peers.MICROSOFT_NO_APP, ClientRefused, "Check the client id", "AADSTS700016"),
        ({"error": "something_new", "error_description": "Nobody knows."}, ClientRefused, "Look the code up", "some"),
    ],
)
def test_k6_a_refusal_is_told_in_words_with_the_providers_code(
    error: dict[str, Any], kind: type[WireError], todo: str, code: str
) -> None:
    said = refused(token_peers.refuses(error), kind)
    assert todo in said
    assert code in said
    assert "Trace ID" not in said
    assert not kind.temporary


def test_k6_a_fault_of_microsofts_own_is_no_end_of_the_consent() -> None:
    transient = token_peers.microsoft(90033, "A transient error has occurred. Please try again.")
    assert "90033" in refused(token_peers.refuses(transient), Busy)


def test_k6_a_refusal_that_repeats_the_secrets_is_told_without_them() -> None:
    echo = {"error": "invalid_grant", "error_description": f"No {REFRESH} for {SECRET}"}
    assert "•••" in refused(token_peers.refuses(echo), ConsentNeeded)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"expires_in": "3599"}, {"expires_at": AT + dt.timedelta(seconds=3599)}),
        ({"expires_in": 3599.5}, {"expires_at": AT + dt.timedelta(seconds=3599)}),
        ({"expires_in": None}, {"expires_at": AT + UNTOLD_LIFE}),
        ({"expires_in": "soon"}, {"expires_at": AT + UNTOLD_LIFE}),
        ({"expires_in": 1e400}, {"expires_at": AT + UNTOLD_LIFE}),
        ({"token_type": None}, {}),
        ({"token_type": "bearer"}, {}),
        ({"scope": "a b"}, {"scopes": ("a", "b")}),
        ({"scope": ["a"]}, {"scopes": None}),
        ({"refresh_token": "next"}, {"refresh": "next"}),
        ({"refresh_token": 7}, {"refresh": ""}),
        ({"refresh_token_expires_in": 86400}, {"refresh_expires_at": AT + dt.timedelta(days=1)}),
        ({"access_token": "t" * 8192}, {"access": "t" * 8192}),
    ],
)
def test_k2_an_answer_is_read_however_a_provider_writes_it(said: dict[str, Any], expected: dict[str, Any]) -> None:
    with token_peers.grants(**said) as peer:
        given = asked(peer)
    assert {name: getattr(given, name) for name in expected} == expected
    assert given.access not in repr(given)


@pytest.mark.parametrize("basic", [True, False])
def test_k2_a_secret_with_odd_characters_arrives(basic: bool) -> None:
    with token_peers.grants() as peer:
        asked(peer, basic=basic)
    head, _, body = bytes(peer.received).partition(b"\r\n\r\n")
    form = parse_qs(body.decode())
    assert form["refresh_token"] == [REFRESH]
    assert ("client_secret" in form) != basic
    assert (b"Authorization: Basic " in head) == basic
    if not basic:
        assert form["client_secret"] == [SECRET]


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com/token",
        "ftp://127.0.0.1/",
        "https://",
        "https://user@login.example.com/token",
        "https://login.example.com/to ken",
        "https://login.example.com:x/",
        "https://login.example.com/\r\nX: y",
        "http://127.0.0.1.example.com/",
        "",
    ],
)
def test_k2_no_secret_is_sent_to_an_address_that_is_not_encrypted_or_none_at_all(url: str) -> None:
    assert url_problem(url)


def test_k2_a_certificate_that_does_not_hold_gets_no_secret(certificates: Certificates) -> None:
    tls = certificates.server_context("good")
    with token_peers.answers(body=json.dumps({"access_token": "x"}), tls=tls) as peer:
        question = requests.refresh(registration(f"https://127.0.0.1:{peer.port}/token"), REFRESH, nonce="n", at=AT)
        with pytest.raises(TlsRefused):
            put(question)
        assert peer.received == b""
