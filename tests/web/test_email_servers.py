"""Proposals and the live check in the form, in a browser; the worker's part is played by writing its errand's rows."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from postdesk.basics import clock
from postdesk.basics.proposals import Proposal
from postdesk.basics.stages import Stage
from postdesk.mailroom import errands
from postdesk.mailroom.models import Email, Errand, RemoteMailbox, SmtpAccount
from tests.support import builders
from tests.web.conftest import accessible, sign_in

Open = Callable[..., Page]
GOOD = Stage("login", "Sign in", "ok", said="Logged in")
BAD = Stage("login", "Sign in", "failed", said="[AUTHENTICATIONFAILED] No.", remedy="Check the user name.")


@pytest.fixture
def sales(db: None) -> Email:
    return builders.an_email("sales@desk.example", "Sales")


def at_the_mailbox(page: Page, email: Email) -> Page:
    sign_in(page, builders.alice())
    page.goto(f"/panel/emails/{email.pk}#tab-mailbox")
    return page


def fill_in(page: Page) -> None:
    mailbox = page.locator("#tab-mailbox")
    mailbox.get_by_label("Hostname").fill("imap.desk.example")
    mailbox.get_by_label("Password").fill("hunter2")


def carried_out(page: Page, stage: Stage) -> Errand:
    """What a worker would do, once the page has asked."""
    page.get_by_role("dialog").wait_for()
    errand = Errand.objects.get()
    errands.begin(errand.pk, at=clock.now())
    errands.tell(errand.pk, [stage])
    errands.end(errand.pk, at=clock.now(), result={})
    return errand


def test_a_check_that_goes_well_saves_by_itself(open_page: Open, sales: Email) -> None:
    page = at_the_mailbox(open_page(), sales)
    fill_in(page)
    page.get_by_role("button", name="Save", exact=True).click()
    errand = carried_out(page, GOOD)
    expect(page.locator(".notices")).to_contain_text("Saved.")
    assert RemoteMailbox.objects.get().host == "imap.desk.example"
    assert errand.wanted["mailbox"]["host"] == "imap.desk.example"
    assert "hunter2" not in str(errand.wanted)


def test_a9_a_check_that_fails_saves_nothing_until_it_is_told_to(open_page: Open, sales: Email) -> None:
    page = at_the_mailbox(open_page(), sales)
    fill_in(page)
    page.get_by_role("button", name="Save", exact=True).click()
    carried_out(page, BAD)
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("[AUTHENTICATIONFAILED] No.")
    expect(sheet).to_contain_text("Check the user name.")
    accessible(page)
    assert not RemoteMailbox.objects.exists()
    sheet.get_by_role("button", name="Save anyway").click()
    expect(page.locator(".notices")).to_contain_text("Saved.")
    assert RemoteMailbox.objects.exists()


def test_old_mail_is_asked_about_before_the_first_fetch(open_page: Open, sales: Email) -> None:
    page = at_the_mailbox(open_page(), sales)
    fill_in(page)
    page.get_by_role("button", name="Save", exact=True).click()
    carried_out(page, Stage("count", "Count the messages", "ok", note="It holds 214 messages.", count=214))
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("What becomes of the mail that is there already?")
    expect(sheet).to_contain_text("It holds 214 messages.")
    accessible(page)
    assert not RemoteMailbox.objects.exists()
    sheet.get_by_label("The first day that is taken").fill("2026-11-01")
    sheet.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".notices")).to_contain_text("Saved.")
    mailbox = RemoteMailbox.objects.get()
    assert (mailbox.first_fetch, mailbox.first_fetch_since) == ("since", "2026-11-01")


def test_it_can_be_saved_without_checking_and_checked_without_saving(open_page: Open, sales: Email) -> None:
    page = at_the_mailbox(open_page(), sales)
    fill_in(page)
    page.get_by_role("button", name="Check connections").click()
    carried_out(page, GOOD)
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("All is well.")
    assert not RemoteMailbox.objects.exists()
    sheet.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Save without checking").click()
    expect(page.locator(".notices")).to_contain_text("Saved.")
    assert Errand.objects.count() == 1


def test_what_is_wrong_already_is_not_tried_and_the_password_typed_stays(open_page: Open, sales: Email) -> None:
    page = at_the_mailbox(open_page(), sales)
    fill_in(page)
    page.locator("#tab-mailbox").get_by_label("Archive folder").fill("INBOX")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("One thing needs a look")
    expect(page.locator("#tab-mailbox").get_by_label("Password")).to_have_value("hunter2")
    expect(page.get_by_role("tab", name=re.compile("Remote Mailbox"))).to_have_attribute("aria-selected", "true")
    accessible(page)
    assert not Errand.objects.exists()


def test_a_page_with_changes_is_not_left_by_accident(open_page: Open, sales: Email) -> None:
    page = at_the_mailbox(open_page(), sales)
    expect(page.locator(".save-state")).to_have_text("")
    fill_in(page)
    expect(page.locator(".save-state")).to_have_text("Not saved yet")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Mailboxes").click()
    expect(page).to_have_url(re.compile(f"/panel/emails/{sales.pk}"))
    assert asked == ["beforeunload"]


def test_s7_oauth2_explains_itself_where_it_is_chosen(open_page: Open, sales: Email) -> None:
    page = at_the_mailbox(open_page(), sales)
    mailbox = page.locator("#tab-mailbox")
    callback = mailbox.get_by_text("/oauth2/callback")
    expect(callback).to_be_hidden()
    mailbox.get_by_label("Authentication").select_option("oauth2-google")
    expect(callback).to_be_visible()
    expect(mailbox.get_by_text("What Google publishes")).to_be_visible()
    expect(mailbox.get_by_text("What Microsoft publishes")).to_be_hidden()
    expect(mailbox.get_by_label("Password")).to_be_hidden()


def test_a_proposal_fills_the_fields_and_saves_nothing(open_page: Open, sales: Email) -> None:
    page = at_the_mailbox(open_page(), sales)
    page.get_by_role("button", name="Find servers of sales@desk.example").click()
    expect(page.locator("#proposals")).to_contain_text("Looking for the servers")
    errand = Errand.objects.get()
    assert errand.wanted == {"address": "sales@desk.example"}
    found = [
        Proposal("imap", "imap.desk.example", 993, "tls", "sales", "srv"),
        Proposal("imap", "outlook.office365.com", 993, "tls", "sales", "mx", auth="oauth2-microsoft"),
        Proposal("smtp", "smtp.desk.example", 587, "starttls", "sales", "guess", note="It answered."),
    ]
    errands.begin(errand.pk, at=clock.now())
    errands.end(errand.pk, at=clock.now(), result=[one.as_json() for one in found])
    signs_in = page.locator("[name=mailbox-auth]")
    page.get_by_role("button", name=re.compile("IMAP outlook.office365.com.*somebody consents")).click()
    expect(signs_in).to_have_value("oauth2-microsoft")
    page.get_by_role("button", name=re.compile("IMAP imap.desk.example")).click()
    expect(signs_in).to_have_value("basic")
    page.get_by_role("button", name=re.compile("SMTP smtp.desk.example")).click()
    accessible(page)
    mailbox, smtp = page.locator("#tab-mailbox"), page.locator("#tab-smtp")
    expect(mailbox.get_by_label("Hostname")).to_have_value("ssl://imap.desk.example")
    expect(mailbox.get_by_label("Port Number")).to_have_value("993")
    expect(mailbox.get_by_label("Username")).to_have_value("sales")
    expect(smtp.get_by_label("Hostname")).to_have_value("tls://smtp.desk.example")
    assert not RemoteMailbox.objects.exists()


def test_without_scripts_it_is_saved_and_then_checked(alice: Client, sales: Email) -> None:
    typed = {
        "account-address": sales.address,
        "account-name": "Sales",
        "intent": "save",
        "mailbox-protocol": "imap",
        "mailbox-auth": "basic",
        "mailbox-status": "on",
        "mailbox-frequency": "5",
        "mailbox-per_fetch": "30",
        "mailbox-push": "on",
        "mailbox-first_fetch": "all",
        "mailbox-fetched": "move",
        "mailbox-verify_tls": "on",
        "mailbox-archive_folder": "Processed",
        "smtp-status": "on",
        "smtp-host": "smtp.desk.example",
        "smtp-auth": "none",
        "smtp-verify_tls": "on",
    }
    response = alice.post(f"/panel/emails/{sales.pk}", typed)
    errand = Errand.objects.get()
    assert response.headers["Location"] == f"/panel/errands/{errand.pk}"
    assert SmtpAccount.objects.get().host == errand.wanted["smtp"]["host"] == "smtp.desk.example"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_screens_are_accessible_and_fit(width: int, scheme: str, open_page: Open, sales: Email) -> None:
    builders.a_mailbox("late@desk.example", failures=2, last_error="x" * 200, last_error_at=clock.now())
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    sign_in(page, builders.alice())
    for path in ("/panel/emails", "/panel/emails/new", f"/panel/emails/{sales.pk}", "/panel/email-settings"):
        page.goto(path)
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width
