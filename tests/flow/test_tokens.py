"""Tokens in use: fetched by consent, refreshed in time, kept through trouble, given up when a consent is over.

The provider is django-oauth-toolkit in a process of its own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from postdesk.basics.clock import now
from postdesk.basics.errors import BadProtocol, Busy, ClientRefused, ConsentNeeded, Refused
from postdesk.engine import errands
from postdesk.engine.connect import login_of
from postdesk.flow import consents, dispatch
from postdesk.flow.tokens import access, consenting
from postdesk.mailroom.authorisations import save, setup_of
from postdesk.mailroom.models import Alert, Authorisation, Letter
from postdesk.mailroom.models.authorisations import Standing
from postdesk.mailroom.secrets import seal, unseal
from postdesk.people.models import Agent
from tests.support.authorised import CALLBACK, consents_to, setup_at, signs_in_with
from tests.support.desk import Desk, a_desk
from tests.support.provider import Client, Provider, private_key

pytestmark = pytest.mark.django_db
USER = "support@desk.test"


@pytest.fixture
def desk() -> Desk:
    return a_desk()


def connected(provider: Provider, desk: Desk, **terms: object) -> tuple[Client, Authorisation]:
    """The support mailbox, authorised by its owner."""
    provider.user(USER)
    client = provider.client(CALLBACK, **terms)
    row = signs_in_with(desk.mailbox, setup_at(provider, client))
    ended = consents_to(row, provider, USER)
    assert ended.authorised, ended.sentence
    row.refresh_from_db()
    return client, row


def refresh_token(row: Authorisation) -> str:
    row.refresh_from_db()
    assert row.refresh_token is not None
    return unseal(bytes(row.refresh_token))


def ages(row: Authorisation, **columns: object) -> None:
    """The access token is at its end."""
    past = now() - dt.timedelta(seconds=1)
    Authorisation.objects.filter(pk=row.pk).update(**{"access_expires_at": past, **columns})


def test_k2_consent_with_state_and_pkce_gives_sealed_tokens_and_a_login(provider: Provider, desk: Desk) -> None:
    client, row = connected(provider, desk)

    login = login_of(desk.mailbox)

    assert (login.username, login.mechanism) == ("support", "oauth2")
    assert row.standing == Standing.OK
    assert row.identity == USER
    assert row.granted_scopes.split() == ["mail", "openid", "email"]
    assert row.access_token is not None
    assert login.secret.encode() not in bytes(row.access_token)
    assert client.requests("authorization_code") == [{"grant_type": "authorization_code", "status": 200}]
    # Good for an hour: nobody asks again.
    assert login_of(desk.mailbox) == login
    assert client.requests("refresh_token") == []


def test_k2_a_token_is_refreshed_before_its_end_and_the_rotated_refresh_token_is_stored(
    provider: Provider, desk: Desk
) -> None:
    client, row = connected(provider, desk)
    first, old = login_of(desk.mailbox), refresh_token(row)
    soon = now() + access.MARGIN - dt.timedelta(seconds=1)
    Authorisation.objects.filter(pk=row.pk).update(access_expires_at=soon, access_since=now() - dt.timedelta(hours=1))

    second = login_of(desk.mailbox)

    assert second.secret != first.secret
    new = refresh_token(row)
    assert new != old
    assert row.previous_refresh_token is not None
    assert unseal(bytes(row.previous_refresh_token)) == old
    # The new one has worked: what was kept is the one before it.
    ages(row)
    login_of(desk.mailbox)
    refresh_token(row)
    assert unseal(bytes(row.previous_refresh_token)) == new
    assert client.refreshable() == 1


def test_k2_a_provider_that_does_not_rotate_leaves_the_refresh_token(provider: Provider, desk: Desk) -> None:
    _, row = connected(provider, desk, rotate=False)
    old = refresh_token(row)
    ages(row)

    login_of(desk.mailbox)

    assert refresh_token(row) == old
    assert row.previous_refresh_token is None


def test_k2_a_token_that_does_not_say_how_long_it_lives_is_refreshed_within_the_hour(
    provider: Provider, desk: Desk
) -> None:
    _, row = connected(provider, desk, tells_life=False)
    assert row.access_expires_at is not None
    assert dt.timedelta(minutes=58) < row.access_expires_at - now() <= dt.timedelta(hours=1)


@pytest.mark.parametrize("size", [8192])
def test_k2_tokens_of_eight_kilobytes_are_stored_whole(provider: Provider, desk: Desk, size: int) -> None:
    connected(provider, desk, size=size)

    assert len(login_of(desk.mailbox).secret) == size


def test_k2_passing_trouble_drops_no_token_and_rests_before_the_next_try(provider: Provider, desk: Desk) -> None:
    client, row = connected(provider, desk)
    old = refresh_token(row)
    ages(row)
    client.fails(500, "<html>down</html>", "text/html")

    with pytest.raises(Busy, match="answers 500"):
        login_of(desk.mailbox)
    with pytest.raises(Busy):
        login_of(desk.mailbox)

    assert refresh_token(row) == old
    assert row.standing == Standing.OK
    assert len(client.requests("refresh_token")) == 0
    Authorisation.objects.filter(pk=row.pk).update(retry_at=None)
    assert login_of(desk.mailbox).secret
    row.refresh_from_db()
    assert (row.failures, row.failure) == (0, "")


def test_k2_a_token_near_its_end_serves_while_the_provider_is_down(provider: Provider, desk: Desk) -> None:
    client, row = connected(provider, desk)
    first = login_of(desk.mailbox)
    Authorisation.objects.filter(pk=row.pk).update(access_expires_at=now() + dt.timedelta(minutes=2))
    client.fails(503)

    assert login_of(desk.mailbox) == first
    # It rests: the provider is not asked at every fetch.
    assert login_of(desk.mailbox) == first


def test_k2_an_answer_of_html_is_no_token(provider: Provider, desk: Desk) -> None:
    client, row = connected(provider, desk)
    ages(row)
    client.fails(200, "<h1>Welcome to the hotel's Wi-Fi</h1>", "text/html")

    with pytest.raises(BadProtocol, match="text/html instead of JSON"):
        login_of(desk.mailbox)


def test_k2_the_old_refresh_token_is_tried_when_the_new_one_never_worked(provider: Provider, desk: Desk) -> None:
    _, row = connected(provider, desk)
    good = row.refresh_token
    ages(row, previous_refresh_token=good, refresh_token=seal("never"))

    assert login_of(desk.mailbox).secret


def test_k6_a_consent_that_is_over_stops_every_try_and_is_told_once(provider: Provider, desk: Desk) -> None:
    client, row = connected(provider, desk)
    ages(row)
    client.revoke(USER)

    for _ in range(3):
        with pytest.raises(ConsentNeeded, match=r"The consent is over.*Authorize"):
            login_of(desk.mailbox)

    assert len(client.requests("refresh_token")) == 1
    row.refresh_from_db()
    assert (row.standing, row.failure_code) == (Standing.NEEDED, "invalid_grant")
    assert Alert.objects.filter(kind="token.needed", recovered_at=None).count() == 1
    assert [letter.subject for letter in Letter.objects.all()] == [f"{USER} can sign in no more"]

    ended = consents_to(row, provider, USER)

    assert ended.authorised
    assert not Alert.objects.filter(recovered_at=None).exists()
    assert Letter.objects.filter(subject=f"{USER} can sign in again").count() == 1
    assert login_of(desk.mailbox).secret


def test_k6_a_client_secret_that_has_expired_is_the_clients_trouble_and_not_the_owners(
    provider: Provider, desk: Desk
) -> None:
    client, row = connected(provider, desk)
    old = refresh_token(row)
    ages(row)
    client.replace_secret("another")

    with pytest.raises(ClientRefused, match="Client id or client secret"):
        login_of(desk.mailbox)

    row.refresh_from_db()
    assert row.standing == Standing.REFUSED
    # The new secret is entered: it asks for a person, unless the provider takes the old consent with it.
    desk.mailbox.refresh_from_db()
    save(desk.mailbox, "oauth2-other", replace(setup_of(row), client_secret="another"), by="a test", at=now())
    row.refresh_from_db()
    assert row.standing == Standing.NEEDED
    assert refresh_token(row) == old
    consenting.rehearse(row.pk)
    row.refresh_from_db()
    assert row.standing == Standing.OK


@pytest.mark.parametrize("change", [{"client_id": "another"}, {"token_url": "https://login.example.org/token"}])
def test_k5_another_client_or_endpoint_asks_for_authorisation_and_sends_no_token_there(
    provider: Provider, desk: Desk, change: dict[str, str]
) -> None:
    _, row = connected(provider, desk)

    save(desk.mailbox, "oauth2-other", replace(setup_of(row), **change), by="a test", at=now())

    row.refresh_from_db()
    assert row.standing == Standing.NEEDED
    assert (row.refresh_token, row.access_token, row.identity) == (None, None, "")
    with pytest.raises(ConsentNeeded, match="settings were changed"):
        login_of(desk.mailbox)


def test_k5_notes_of_the_settings_that_change_nothing_keep_the_token(provider: Provider, desk: Desk) -> None:
    _, row = connected(provider, desk)

    save(desk.mailbox, "oauth2-other", replace(setup_of(row), secret_expires_on="2027-01-01"), by="t", at=now())

    row.refresh_from_db()
    assert row.standing == Standing.OK


def test_k7_client_credentials_need_nobody(provider: Provider, desk: Desk) -> None:
    client = provider.client(grant="client-credentials", mailboxes=[USER])
    row = signs_in_with(desk.mailbox, setup_at(provider, client, grant="client-credentials", scopes="mail"))

    assert login_of(desk.mailbox).secret

    row.refresh_from_db()
    assert (row.standing, row.identity, row.refresh_token) == (Standing.OK, "", None)
    ages(row)
    assert login_of(desk.mailbox).secret
    assert len(client.requests("client_credentials")) == 2


def test_k7_a_certificate_proves_the_client_instead_of_a_secret(provider: Provider, desk: Desk) -> None:
    pem = private_key()
    client = provider.client(grant="client-credentials", keys=[public(pem)])
    setup = setup_at(provider, client, grant="client-credentials", scopes="mail", client_secret=None, client_key=pem)
    signs_in_with(desk.mailbox, setup)

    assert login_of(desk.mailbox).secret


def test_k7_a_service_account_acts_for_the_mailbox(provider: Provider, desk: Desk) -> None:
    pem = private_key()
    provider.user(USER)
    client = provider.client(grant="client-credentials", keys=[public(pem)])
    desk.mailbox.username = ""
    desk.mailbox.save()
    setup = setup_at(provider, client, grant="service-account", scopes="mail", client_secret=None, client_key=pem)
    signs_in_with(desk.mailbox, setup)

    login = login_of(desk.mailbox)

    assert (login.username, login.mechanism) == (USER, "oauth2")


def public(pem: str) -> str:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(pem.encode(), None).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def test_k3_same_as_remote_mailbox_shares_the_token_and_sends_as_who_consented(provider: Provider, desk: Desk) -> None:
    connected(provider, desk)
    desk.smtp.auth = "mailbox"
    desk.smtp.save()

    login = dispatch.login_of(desk.smtp)

    assert login is not None
    assert (login.username, login.secret) == (USER, login_of(desk.mailbox).secret)


def test_k3_a_token_that_does_not_cover_sending_is_not_used_for_it(provider: Provider, desk: Desk) -> None:
    desk.smtp.auth = "mailbox"
    desk.smtp.save()
    _, row = connected(provider, desk)
    Authorisation.objects.filter(pk=row.pk).update(
        kind="microsoft", granted_scopes="https://outlook.office.com/IMAP.AccessAsUser.All"
    )
    desk.mailbox.auth = "oauth2-microsoft"
    desk.mailbox.save()
    desk.smtp.email.mailbox.refresh_from_db()

    with pytest.raises(ConsentNeeded, match=r"SMTP\.Send was not granted"):
        dispatch.login_of(desk.smtp)
    assert login_of(desk.mailbox).secret


def test_k3_strict_matching_keeps_nothing_of_another_account(provider: Provider, desk: Desk) -> None:
    provider.user("mallory@desk.test")
    client = provider.client(CALLBACK)
    row = signs_in_with(desk.mailbox, setup_at(provider, client))

    ended = consents_to(row, provider, "mallory@desk.test")

    assert not ended.authorised
    assert "mallory@desk.test signed in, and support was expected" in ended.sentence
    row.refresh_from_db()
    assert (row.standing, row.refresh_token, row.access_token) == (Standing.NEW, None, None)


def test_k3_without_strict_matching_another_account_may_open_a_shared_mailbox(provider: Provider, desk: Desk) -> None:
    provider.user("service@desk.test")
    client = provider.client(CALLBACK)
    row = signs_in_with(desk.mailbox, setup_at(provider, client, strict=False))

    assert consents_to(row, provider, "service@desk.test").authorised

    row.refresh_from_db()
    assert row.identity == "service@desk.test"
    assert login_of(desk.mailbox).username == "support"


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        ({"refresh": False}, "gave no refresh token"),
        ({"granted": ["openid", "email"]}, "Missing: mail"),
    ],
)
def test_k2_a_grant_that_is_not_enough_is_not_stored(
    provider: Provider, desk: Desk, terms: dict[str, object], sentence: str
) -> None:
    provider.user(USER)
    client = provider.client(CALLBACK, **terms)
    row = signs_in_with(desk.mailbox, setup_at(provider, client))

    ended = consents_to(row, provider, USER)

    assert not ended.authorised
    assert sentence in ended.sentence
    row.refresh_from_db()
    assert row.access_token is None


def test_k2_a_denied_consent_says_so_and_changes_nothing(provider: Provider, desk: Desk) -> None:
    provider.user(USER)
    row = signs_in_with(desk.mailbox, setup_at(provider, provider.client(CALLBACK)))

    ended = consents_to(row, provider, USER, allow=False)

    assert not ended.authorised
    assert "access_denied" in ended.sentence
    assert "said no" in ended.sentence


def test_k2_an_answer_is_taken_once(provider: Provider, desk: Desk) -> None:
    row = signs_in_with(desk.mailbox, setup_at(provider, provider.client(CALLBACK)))
    begun = consents.begin(row, redirect_uri=CALLBACK, by=None, at=now())
    consents.answered(begun.state, code="a code", error="", description="", at=now())

    with pytest.raises(Refused, match="used already"):
        consents.answered(begun.state, code="a code", error="", description="", at=now())
    with pytest.raises(Refused, match="belongs to no authorization"):
        consents.answered("another state", code="a code", error="", description="", at=now())


def test_k1_endpoints_come_from_the_openid_configuration(provider: Provider, desk: Desk) -> None:
    provider.user(USER)
    client = provider.client(CALLBACK)
    setup = setup_at(provider, client, authorize_url="", token_url="", discovery_url=provider.discovery_url)
    row = signs_in_with(desk.mailbox, setup)

    assert consents_to(row, provider, USER).authorised


def test_k5_delete_token_revokes_it_at_the_provider(provider: Provider, desk: Desk) -> None:
    alice = Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=now(), is_admin=True)
    client, row = connected(provider, desk)
    errand = consents.delete_token(row, by=alice, at=now())

    row.refresh_from_db()
    assert (row.standing, row.refresh_token) == (Standing.NEEDED, None)
    assert errand is not None
    errands.carry_out(errand.pk)
    errand.refresh_from_db()
    assert [stage["state"] for stage in errand.stages] == ["ok"]
    assert client.refreshable() == 0
