"""The OAuth2 provider of the tests does what they rely on: it is a real one, and strict."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from tests.support.consent import Person, parameters
from tests.support.provider import DEVICE, Client, Provider, private_key

BACK = "http://desk.example/oauth2/callback"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
USER = "grace@provider.example"


def asks(address: str, **form: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON of a POST."""
    try:
        with urllib.request.urlopen(address, urllib.parse.urlencode(form).encode(), timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def token(client: Client, **form: str) -> tuple[int, dict[str, Any]]:
    return asks(client.provider.token_url, client_id=client.id, client_secret=client.secret, **form)


def authorize_url(client: Client, scope: str = "openid email mail") -> str:
    asked = {
        "response_type": "code", "client_id": client.id, "redirect_uri": BACK, "scope": scope, "state": "s t&a=te",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256", "access_type": "offline", "prompt": "consent",
    }  # fmt: skip
    return f"{client.provider.authorize_url}?{urllib.parse.urlencode(asked)}"


def consented(client: Client, scope: str = "openid email mail") -> dict[str, Any]:
    """The tokens of a fresh consent."""
    back = parameters(Person(client.provider, USER).answers(authorize_url(client, scope)))
    assert back["state"] == "s t&a=te"
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
    status, given = token(client, code=back["code"], **form)
    assert status == 200
    assert token(client, code=back["code"], **form)[1]["error"] == "invalid_grant"
    return given


def refreshed(client: Client, refresh_token: str) -> tuple[int, dict[str, Any]]:
    return token(client, grant_type="refresh_token", refresh_token=refresh_token)


@pytest.fixture
def client(provider: Provider) -> Client:
    provider.user(USER)
    return provider.client(BACK)


def test_a_person_consents_and_is_known_by_address(client: Client) -> None:
    given = consented(client)
    assert (given["expires_in"], given["scope"]) == (3600, "openid email mail")
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    with urllib.request.urlopen(urllib.request.Request(client.provider.userinfo_url, headers=bearer)) as answer:
        assert json.load(answer)["email"] == USER
    assert json.loads(base64.urlsafe_b64decode(given["id_token"].split(".")[1] + "=="))["email"] == USER


def test_without_openid_the_profile_or_the_token_itself_says_who_it_is(client: Client) -> None:
    given = consented(client, "https://mail.google.com/")
    assert "id_token" not in given
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    with urllib.request.urlopen(urllib.request.Request(client.provider.profile_url, headers=bearer)) as answer:
        assert json.load(answer)["emailAddress"] == USER
    client.set(jwt=True)
    given = consented(client, "https://outlook.office.com/SMTP.Send")
    assert json.loads(base64.urlsafe_b64decode(given["access_token"].split(".")[1] + "=="))["upn"] == USER


def test_a_person_who_denies_is_sent_back_with_the_error(client: Client) -> None:
    assert (
        parameters(Person(client.provider, USER).answers(authorize_url(client), allow=False))["error"]
        == "access_denied"
    )


def test_a_refresh_token_used_twice_ends_the_consent(client: Client) -> None:
    first = consented(client)["refresh_token"]
    status, second = refreshed(client, first)
    assert (status, second["refresh_token"] == first, client.refreshable()) == (200, False, 1)
    assert refreshed(client, first)[1]["error"] == "invalid_grant"
    assert refreshed(client, second["refresh_token"])[1]["error"] == "invalid_grant"
    assert client.refreshable() == 0


def test_terms_change_what_is_given(client: Client) -> None:
    client.set(life=7, granted=["mail.read"], refresh=False, size=3_000)
    given = consented(client)
    assert (given["expires_in"], given["scope"], len(given["access_token"])) == (7, "mail.read", 3_000)
    assert "refresh_token" not in given
    client.set(tells_life=False, granted=None, refresh=True, rotate=False)
    given = consented(client)
    assert "expires_in" not in given
    assert refreshed(client, given["refresh_token"])[1]["refresh_token"] == given["refresh_token"]
    assert client.revoke(USER) == 1
    assert refreshed(client, given["refresh_token"])[1]["error"] == "invalid_grant"


def test_faults_come_before_or_after_a_request_is_carried_out(client: Client) -> None:
    refresh_token = consented(client)["refresh_token"]
    client.fails(503, '{"error": "temporarily_unavailable"}')
    assert refreshed(client, refresh_token) == (503, {"error": "temporarily_unavailable"})
    client.fails(500, "{}", after=True)
    assert refreshed(client, refresh_token)[0] == 500
    assert refreshed(client, refresh_token)[1]["error"] == "invalid_grant"
    assert [seen["status"] for seen in client.requests("refresh_token")] == [200, 400]


def test_a_device_gets_its_token_when_somebody_has_typed_its_code(provider: Provider) -> None:
    device = provider.client(grant=DEVICE, public=True)
    person = Person(provider, provider.user(USER))
    _, given = asks(provider.device_url, client_id=device.id, scope="mail")
    poll = {"grant_type": DEVICE, "client_id": device.id, "device_code": given["device_code"]}
    assert asks(provider.token_url, **poll)[1]["error"] == "authorization_pending"
    person.confirms(given["verification_uri"], given["user_code"])
    time.sleep(given["interval"])
    status, tokens = asks(provider.token_url, **poll)
    assert (status, "refresh_token" in tokens) == (200, True)


def signed(key: JWK, **claims: Any) -> str:
    now = int(time.time())
    jwt = JWT(header={"alg": "RS256", "typ": "JWT"}, claims={"iat": now, "exp": now + 300} | claims)
    jwt.make_signed_token(key)
    return str(jwt.serialize())


@pytest.mark.parametrize("right", [True, False], ids=["its key", "another key"])
def test_a_signed_jwt_proves_a_service_account_and_a_client(provider: Provider, right: bool) -> None:
    pem = private_key()
    public = serialization.load_pem_private_key(pem.encode(), None).public_key()
    spki = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    key = JWK.from_pem((pem if right else private_key()).encode())
    app = provider.client(grant="client-credentials", keys=[spki], mailboxes=["app@provider.example"])
    provider.user(USER)
    aud = provider.token_url
    assertion = signed(key, iss=app.id, sub=USER, scope="https://mail.google.com/", aud=aud)
    given = asks(aud, grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=assertion)
    proof = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": signed(key, iss=app.id, sub=app.id, aud=aud, jti="1"),
    }
    own = asks(aud, grant_type="client_credentials", client_id=app.id, scope="mail", **proof)
    if right:
        assert (given[0], given[1]["scope"], own[0]) == (200, "https://mail.google.com/", 200)
    else:
        assert (given[1]["error"], own[1]["error"]) == ("invalid_grant", "invalid_client")
