"""Asking a token endpoint: the real provider, and endpoints that misbehave in one way each."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from postdesk.basics.errors import (
    BadProtocol,
    BrokenSetup,
    Busy,
    Disconnected,
    GrantRefused,
    TlsRefused,
    Unreachable,
    WireError,
)
from postdesk.wire.oauth2.asking import checked
from postdesk.wire.oauth2.tokens import LIFE, Client, Tokens, ask, revoke
from tests.support import token_peers
from tests.support.certificates import Certificates
from tests.support.consent import Person, parameters
from tests.support.peers import Peer
from tests.support.provider import Provider
from tests.wire.test_provider import BACK, USER, VERIFIER, authorize_url

SECRET = "s3cret-with odd%&+=ü-characters"
REFRESH = "1//refresh-token-of-somebody"
LIMIT = 0.6


def asked(peer: Peer, *, secret: str = SECRET, patience: float = LIMIT, basic: bool = False) -> Tokens:
    client = Client(token_peers.url(peer), "the client", secret, basic=basic)
    return ask(client, {"grant_type": "refresh_token", "refresh_token": REFRESH}, patience=patience)


def refused(peer: Peer, kind: type[WireError], **options: Any) -> str:
    """What is said; within the time, and without a secret."""
    began = time.monotonic()
    with peer, pytest.raises(kind) as caught:
        asked(peer, **options)
    assert time.monotonic() - began < LIMIT + 1.5
    told = f"{caught.value} {caught.value!r} {caught.value.fields}"
    assert SECRET not in told
    assert REFRESH not in told
    return caught.value.message


# --- the provider


def test_k2_a_code_becomes_tokens_which_are_refreshed_and_revoked(provider: Provider) -> None:
    provider.user(USER)
    registered = provider.client(BACK, secret=SECRET, size=8_000)
    client = Client(provider.token_url, registered.id, SECRET)
    code = parameters(Person(provider, USER).answers(authorize_url(registered)))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    given = ask(client, form)
    assert (len(given.access), given.life, given.scopes) == (8_000, 3600, ("openid", "email", "mail"))
    with pytest.raises(GrantRefused, match=r"the consent is over.*invalid_grant.*Authorise again"):
        ask(client, form)
    fresh = ask(Client(provider.token_url, registered.id, SECRET, basic=True), refreshing(given.refresh))
    assert fresh.refresh not in ("", given.refresh)
    revoke(client, provider.revoke_url, fresh.refresh)
    with pytest.raises(GrantRefused):
        ask(client, refreshing(fresh.refresh))


def refreshing(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token}


def test_k7_a_client_asks_for_itself_and_a_wrong_secret_is_explained(provider: Provider) -> None:
    app = provider.client(grant="client-credentials")
    form = {"grant_type": "client_credentials", "scope": "mail"}
    assert ask(Client(provider.token_url, app.id, app.secret), form).refresh == ""
    with pytest.raises(GrantRefused, match=r"does not accept the client id and secret.*Enter a new client secret"):
        ask(Client(provider.token_url, app.id, "wrong"), form)


def test_k2_a_provider_that_is_down_or_loses_its_answer_is_no_end_of_the_consent(provider: Provider) -> None:
    app = provider.client(grant="client-credentials")
    client, form = Client(provider.token_url, app.id, app.secret), {"grant_type": "client_credentials"}
    app.fails(503, "<h1>down</h1>", "text/html")
    with pytest.raises(Busy, match="503"):
        ask(client, form)
    app.loses_answer()
    with pytest.raises(BadProtocol, match="broke off"):
        ask(client, form)
    assert ask(client, form).access


# --- endpoints that misbehave


def test_k2_nobody_listens() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/token"
        with pytest.raises(Unreachable):
            ask(Client(url, "c", SECRET), refreshing(REFRESH), patience=LIMIT)


@pytest.mark.parametrize(
    ("peer", "kind", "said"),
    [
        (token_peers.hangs, Disconnected, "no answer"),
        (token_peers.drips, Disconnected, "no answer"),
        (token_peers.cuts, BadProtocol, "broke off"),
        (lambda: token_peers.floods(3), BadProtocol, "more than"),
        (token_peers.html, BadProtocol, "a web page. Check the endpoint"),
        (lambda: token_peers.html("404 Not Found"), BadProtocol, "404"),
        (token_peers.breaks, Busy, "500"),
        (lambda: token_peers.breaks("429 Too Many Requests"), Busy, "429"),
        (lambda: token_peers.breaks("503 Service Unavailable", REFRESH), Busy, "503"),
        (lambda: token_peers.answers("200 OK", f"<p>{SECRET} {REFRESH}</p>"), BadProtocol, "no object in JSON"),
        (lambda: token_peers.refuses({"error": "temporarily_unavailable"}), Busy, "again later"),
        (lambda: token_peers.refuses({"error": "server_error"}, "500 Internal Server Error"), Busy, "again later"),
        (lambda: token_peers.grants(token_type="mac"), BadProtocol, "Bearer only"),
    ],
)
def test_k2_what_passes_is_an_error_that_may_be_tried_again(
    peer: Callable[[], Peer], kind: type[WireError], said: str
) -> None:
    assert said in refused(peer(), kind)
    assert kind.temporary


@pytest.mark.parametrize("kind", token_peers.NONSENSE)
def test_k2_an_answer_without_a_token_is_told_and_ends_nothing(kind: str) -> None:
    refused(token_peers.nonsense(kind), BadProtocol, patience=5)


def test_k2_a_redirect_is_not_followed_with_a_secret() -> None:
    with token_peers.grants() as elsewhere:
        said = refused(token_peers.redirects(token_peers.url(elsewhere)), BadProtocol)
    assert "not sent there" in said
    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("error", "means", "number"),
    [
        (token_peers.GOOGLE_REVOKED, "the consent is over", ""),
        (token_peers.GOOGLE_BAD_SECRET, "does not accept the client id and secret", ""),
        (token_peers.GOOGLE_NO_DELEGATION, "does not allow this client", ""),
        (token_peers.MICROSOFT_SECRET_EXPIRED, "the client secret has expired", "7000222"),
        (token_peers.MICROSOFT_BAD_SECRET, "its Value is needed, not its ID", "7000215"),
        (token_peers.MICROSOFT_INACTIVE, "not used for too long", "700082"),
        (token_peers.MICROSOFT_PASSWORD_CHANGED, "perhaps by a new password", "50173"),
        (token_peers.MICROSOFT_MFA, "second factor", "50076"),
        (token_peers.MICROSOFT_NO_CONSENT, "nobody has consented", "65001"),
        (token_peers.MICROSOFT_SIGN_IN_FREQUENCY, "sign in again regularly", "70043"),
        (token_peers.MICROSOFT_NO_APP, "does not know this client", "700016"),
        ({"error": "something_new", "error_description": "Nobody knows."}, "the provider refuses (something_new", ""),
        ({"error": None}, "the provider refuses (error)", ""),
    ],
)
def test_k6_a_refusal_is_told_in_words_with_the_providers_code(error: dict[str, Any], means: str, number: str) -> None:
    peer = token_peers.refuses(error)
    with peer, pytest.raises(GrantRefused) as caught:
        asked(peer)
    said = caught.value.message
    assert means in said
    assert caught.value.fields["number"] == number
    assert str(error["error"] or "error") in said
    assert "Trace ID" not in said
    assert not caught.value.temporary


def test_k6_a_fault_of_microsofts_own_is_no_end_of_the_consent() -> None:
    transient = token_peers.microsoft(90033, "A transient error has occurred. Please try again.")
    assert "90033" in refused(token_peers.refuses(transient), Busy)


def test_k6_a_refusal_that_repeats_the_secrets_is_told_without_them() -> None:
    echo = {"error": "invalid_grant", "error_description": f"No {REFRESH} for {SECRET}"}
    assert "•••" in refused(token_peers.refuses(echo), GrantRefused)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"expires_in": "3599"}, {"life": 3599}),
        ({"expires_in": 3599.5}, {"life": 3599}),
        ({"expires_in": None}, {"life": LIFE}),
        ({"expires_in": -1}, {"life": LIFE}),
        ({"expires_in": "soon"}, {"life": LIFE}),
        ({"expires_in": 1e400}, {"life": LIFE}),
        ({"expires_in": True}, {"life": LIFE}),
        ({"token_type": None}, {}),
        ({"token_type": "bearer"}, {}),
        ({"scope": "a b"}, {"scopes": ("a", "b")}),
        ({"scope": "a,b"}, {"scopes": ("a", "b")}),
        ({"scope": ["a"]}, {"scopes": None}),
        ({"refresh_token": "next"}, {"refresh": "next"}),
        ({"refresh_token": 7}, {"refresh": ""}),
        ({"refresh_token": "bad\r\ntoken"}, {"refresh": ""}),
        ({"refresh_token_expires_in": 86400}, {"refresh_life": 86400}),
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
    with pytest.raises(BrokenSetup):
        checked(url)


def test_k2_a_certificate_that_does_not_hold_gets_no_secret(certificates: Certificates) -> None:
    tls = certificates.server_context("good")
    with token_peers.answers(body=json.dumps({"access_token": "x"}), tls=tls) as peer:
        url = f"https://127.0.0.1:{peer.port}/token"
        with pytest.raises(TlsRefused):
            ask(Client(url, "c", SECRET), refreshing(REFRESH), patience=5)
        assert peer.received == b""
        trusting = Client(url, "c", SECRET, ca_pem=certificates.ca_pem)
        assert ask(trusting, refreshing(REFRESH), patience=5).access == "x"
