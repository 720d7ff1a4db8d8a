"""OAuth2 on the screens: the fields, the way to the provider and back, the owner's link, the credential desk."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from postdesk.basics import clock
from postdesk.engine import errands as carrier
from postdesk.flow import consents
from postdesk.flow.tokens import consenting
from postdesk.mailroom.models import Authorisation, Consent, Email, Errand, RemoteMailbox
from postdesk.mailroom.models.authorisations import Standing
from postdesk.mailroom.secrets import unseal
from postdesk.people.models import AuditEntry
from tests.support import builders
from tests.support.authorised import CALLBACK, consents_to, setup_at, signs_in_with
from tests.support.consent import Person
from tests.support.provider import Client as ProviderClient
from tests.support.provider import Provider
from tests.web.conftest import signed_in
from tests.web.test_emails import ACCOUNT, MAILBOX, SMTP

pytestmark = pytest.mark.django_db
USER = "owner@desk.example"


@pytest.fixture
def mailbox() -> RemoteMailbox:
    builders.a_department("Support", is_default=True)
    email = Email.objects.create(address=USER, name="Owner", created_at=builders.NOON, updated_at=builders.NOON)
    return RemoteMailbox.objects.create(email=email, host="ssl://imap.desk.example", fetched="nothing")


@pytest.fixture
def alice() -> Client:
    return signed_in(builders.alice())


@pytest.fixture
def registered(provider: Provider) -> ProviderClient:
    provider.user(USER)
    return provider.client(CALLBACK)


@pytest.fixture
def row(mailbox: RemoteMailbox, provider: Provider, registered: ProviderClient) -> Authorisation:
    return signs_in_with(mailbox, setup_at(provider, registered))


def page_of(row: Authorisation, what: str = "") -> str:
    return reverse(f"authorization{what}", args=[row.connection.email_id, "mailbox"])


def begun(client: Client, row: Authorisation) -> str:
    """Press Authorize; the address of the page that leads to the provider."""
    return str(client.post(page_of(row, "-consents")).headers["Location"])


def way_to_the_provider(client: Client, page: str) -> str:
    found = re.search(r'href="(http://127[^"]*/o/authorize/[^"]*)"', client.get(page).content.decode())
    assert found
    return unescape(found[1])


def back(client: Client, address: str) -> Any:
    """The browser follows the provider's redirect to the desk."""
    return client.get(address.replace("http://desk.example.test", ""))


def worked() -> None:
    """A worker does what waits."""
    for consent in Consent.objects.exclude(stage="ended"):
        consenting.authorise(consent.pk)


def test_k2_an_administrator_is_led_to_the_provider_and_back(
    alice: Client, provider: Provider, row: Authorisation
) -> None:
    page = begun(alice, row)
    there = way_to_the_provider(alice, page)
    assert "code_challenge_method=S256" in there
    assert "login_hint=owner%40desk.example" in there

    answer = back(alice, Person(provider, USER).answers(there))

    assert answer.headers["Location"] == page
    assert "code=" not in page
    assert "fetches the tokens" in alice.get(page).content.decode()
    worked()
    assert f"{USER} consented." in alice.get(page).content.decode()
    row.refresh_from_db()
    assert row.standing == Standing.OK
    entry = AuditEntry.objects.get(verb="authorized")
    assert (entry.actor, entry.after) == ("Alice Moreau", {"identity": USER})


def test_k2_a_denied_consent_is_a_sentence_on_the_page(alice: Client, provider: Provider, row: Authorisation) -> None:
    page = begun(alice, row)

    back(alice, Person(provider, USER).answers(way_to_the_provider(alice, page), allow=False))

    said = alice.get(page).content.decode()
    assert "said no" in said
    assert "Nothing was changed" in said


def test_k2_an_answer_in_another_browser_or_a_second_time_is_not_taken(
    alice: Client, provider: Provider, row: Authorisation
) -> None:
    page = begun(alice, row)
    address = Person(provider, USER).answers(way_to_the_provider(alice, page))

    stranger = back(Client(), address)
    assert (stranger.status_code, "begun in this browser" in stranger.content.decode()) == (409, True)
    back(alice, address)
    worked()
    again = back(alice, address)
    assert (again.status_code, "used already" in again.content.decode()) == (409, True)
    row.refresh_from_db()
    assert row.standing == Standing.OK


def test_k2_the_page_of_a_consent_opens_only_where_it_was_begun(alice: Client, row: Authorisation) -> None:
    page = begun(alice, row)

    assert alice.get(page).status_code == 200
    assert Client().get(page).status_code == 404


def test_k2_the_owner_consents_by_a_link_without_an_account_and_once(
    alice: Client, provider: Provider, row: Authorisation
) -> None:
    shown = alice.post(page_of(row, "-links")).content.decode()
    found = re.search(r"http://desk\.example\.test(/consents/links/[\w-]+)", shown)
    assert found
    assert found[1] not in alice.get(page_of(row)).content.decode()
    owner = Client()
    assert "May the help desk use this mailbox?" in owner.get(found[1]).content.decode()

    page = str(owner.post(found[1]).headers["Location"])
    back(owner, Person(provider, USER).answers(way_to_the_provider(owner, page)))
    worked()

    assert "Thank you" in owner.get(page).content.decode()
    row.refresh_from_db()
    assert row.standing == Standing.OK
    for second in (owner, Client()):
        assert second.get(found[1]).status_code == 409
        assert second.post(found[1]).status_code == 409


def test_k2_a_link_is_over_after_three_days(alice: Client, row: Authorisation) -> None:
    word = consents.invite(row, by=builders.alice(), at=clock.now() - dt.timedelta(days=3, minutes=1))

    assert Client().get(reverse("consent-link", args=[word])).status_code == 409


def test_k2_a_code_on_another_device(alice: Client, provider: Provider, mailbox: RemoteMailbox) -> None:
    provider.user(USER)
    client = provider.client(grant="urn:ietf:params:oauth:grant-type:device_code", public=True)
    setup = setup_at(provider, client, grant="device-code", client_secret=None)
    row = signs_in_with(mailbox, setup)
    page = begun(alice, row)
    assert "asks the provider" in alice.get(page).content.decode()
    worked()
    consent = Consent.objects.get()
    said = alice.get(page).content.decode()
    assert consent.user_code in said

    Consent.objects.update(next_poll_at=None)
    worked()
    assert "Waiting until the code is typed" in alice.get(page).content.decode()
    Person(provider, USER).confirms(consent.verification_url, consent.user_code)
    Consent.objects.update(next_poll_at=None)
    worked()

    assert f"{USER} consented." in alice.get(page).content.decode()


def test_k1_s7_choosing_oauth2_saves_the_registration_and_leads_to_the_authorization(
    alice: Client, mailbox: RemoteMailbox
) -> None:
    typed = {
        **ACCOUNT, **MAILBOX, **SMTP,
        "account-address": USER,
        "mailbox-auth": "oauth2-microsoft",
        "mailbox_oauth2-client_id": "11111111-2222-3333-4444-555555555555",
        "mailbox_oauth2-client_secret": "odd \u00e9 & + % secret",
        "mailbox_oauth2-tenant": "contoso.onmicrosoft.com",
        "mailbox_oauth2-secret_expires_on": "2027-11-01",
        "intent": "unchecked",
    }  # fmt: skip

    answer = alice.post(reverse("email", args=[mailbox.email_id]), typed)

    row = Authorisation.objects.get()
    assert answer.headers["Location"] == page_of(row)
    assert (row.kind, row.tenant, row.secret_expires_on) == ("microsoft", "contoso.onmicrosoft.com", "2027-11-01")
    page = alice.get(reverse("email", args=[mailbox.email_id])).content.decode()
    assert "odd" not in page
    assert "never authorized" in page
    said = alice.get(page_of(row)).content.decode()
    for scope in ("offline_access", "IMAP.AccessAsUser.All", "SMTP.Send"):
        assert scope in said
    assert "odd" not in str([*AuditEntry.objects.values_list("before", "after")])


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"client_id": ""}, "client_id", "Client Id required"),
        ({"token_url": "http://login.example.org/token"}, "token_url", "must begin with https://"),
        ({"token_url": "ftp://x"}, "token_url", "must be an address"),
        ({"grant": "client-credentials"}, "client_secret", "Client Secret required"),
        ({"grant": "service-account"}, "grant", "does not offer this"),
        ({"client_key": "not a key"}, "client_key", "not a private key in PEM form"),
        ({"secret_expires_on": "soon"}, "secret_expires_on", "must be a day"),
        ({"tenant": "a b"}, "tenant", "A tenant is an ID or a domain"),
    ],
)
def test_k1_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(
    alice: Client, mailbox: RemoteMailbox, typed: dict[str, str], field: str, words: str
) -> None:
    sent = {
        **ACCOUNT, **MAILBOX, **SMTP,
        "account-address": USER,
        "mailbox-auth": "oauth2-microsoft",
        "mailbox_oauth2-client_id": "an id",
        **{f"mailbox_oauth2-{name}": value for name, value in typed.items()},
    }  # fmt: skip

    page = alice.post(reverse("email", args=[mailbox.email_id]), sent).content.decode()

    found = re.search(rf'id="id_mailbox_oauth2-{field}_error">(.*?)</div>', page, re.DOTALL)
    assert found, page
    assert words in unescape(found[1])
    assert not Authorisation.objects.exists()


def test_k6_test_refresh_now_shows_what_the_provider_says(
    alice: Client, provider: Provider, registered: ProviderClient, row: Authorisation
) -> None:
    consents_to(row, provider, USER)
    registered.revoke(USER)

    page = str(alice.post(page_of(row, "-refreshes")).headers["Location"])
    carrier.carry_out(Errand.objects.get().pk)

    said = alice.get(page).content.decode()
    assert "Ask the provider for a fresh token" in said
    assert "The consent is over" in unescape(said)
    listed = alice.get(reverse("emails")).content.decode()
    assert "Needs authorization" in listed


def test_k5_delete_token_asks_once_more_and_gives_it_back(
    alice: Client, provider: Provider, registered: ProviderClient, row: Authorisation
) -> None:
    consents_to(row, provider, USER)
    asked = alice.get(page_of(row, "-deletion")).content.decode()
    assert "given back to the provider" in asked

    alice.post(page_of(row, "-deletion"), {"confirmed": "yes"})
    carrier.carry_out(Errand.objects.get().pk)

    row.refresh_from_db()
    assert row.refresh_token is None
    assert registered.refreshable() == 0


def test_k6_the_credential_desk_lists_every_credential_and_no_secret(
    alice: Client, provider: Provider, row: Authorisation
) -> None:
    builders.a_mailbox()
    consents_to(row, provider, USER)

    page = alice.get(reverse("credentials")).content.decode()

    assert "OAuth2, Other Provider" in page
    assert "Password" in page
    assert "works" in page
    row.refresh_from_db()
    for sealed in (row.access_token, row.refresh_token, row.client_secret):
        assert sealed is not None
        assert unseal(bytes(sealed)) not in page
        assert unseal(bytes(sealed)) not in alice.get(page_of(row)).content.decode()
