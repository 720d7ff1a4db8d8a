"""The seed's page, walked in a real browser on real servers: from Add New Email to the auto-response at the customer.

Rows S1 to S6, S8 to S15. With POSTDESK_PICTURES=1 the walk also takes the pictures of docs/how-to.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from postdesk.mail.parse import parse
from tests.support.browser import accessible, is_complaint
from tests.support.certificates import Certificates
from tests.support.desk import mail
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.installation import Installation, wait_until
from tests.support.sink import Sink

PICTURES = Path(__file__).parents[2] / "docs" / "how-to" / "images"
DESK = """
[[department]]
name = "Sales"

[[help_topic]]
name = "Prices"

[[agent]]
email = "alice@example.net"
name = "Alice Moreau"
password = "correct horse battery"
admin = true
departments = ["Sales"]

[[email]]
address = "hello@desk.test"
name = "Example Hello"
"""


@pytest.fixture
def page(installation: Installation, chromium: Browser) -> Iterator[Page]:
    """The Admin Panel's Emails in a browser, alice signed in, web and worker running."""
    installation.apply(DESK)
    port = _free_port()
    installation.start("web", "--port", str(port))
    installation.start("worker", "--processes", "1")
    wait_until(lambda: _listens(port), seconds=60, what="the web process listens")
    context = chromium.new_context(base_url=f"http://127.0.0.1:{port}", viewport={"width": 1120, "height": 760})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message.text) else None)
    page.set_default_timeout(20_000)
    page.goto("/sign-in")
    page.get_by_label("Email address").fill("alice@example.net")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    page.goto("/panel/emails")
    yield page
    context.close()
    assert complaints == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def picture(page: Page, name: str) -> None:
    """Keep what the page shows for the documents, when asked to (POSTDESK_PICTURES)."""
    if os.environ.get("POSTDESK_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        page.mouse.move(0, 0)
        page.screenshot(path=PICTURES / f"{name}.png", animations="allow", caret="initial")


def option(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()


def said(page: Page, words: str) -> None:
    expect(page.locator(".notices")).to_contain_text(words)


def auto_responses_leave_from(page: Page, address: str) -> None:
    """Staff > Departments > Sales, Autoresponder: choose the Auto-Response Email and save."""
    page.get_by_role("link", name="Departments", exact=True).click()
    page.get_by_role("link", name="Sales", exact=True).click()
    page.get_by_label("Auto-Response Email").select_option(address)
    accessible(page)
    page.get_by_label("Auto-Response Email").scroll_into_view_if_needed()
    picture(page, "auto-response-email")
    page.get_by_role("button", name="Save", exact=True).click()
    said(page, "The department Sales is saved.")


def test_s1_to_s15_from_add_new_email_to_the_auto_response(
    page: Page, installation: Installation, dovecot: Dovecot, certificates: Certificates
) -> None:
    user, ca_file = "walk", str(dovecot.ca_file)
    for number in range(3):
        raw = mail(subject=f"Old {number}", sender="dan@customer.example", message_id=f"o{number}@c")
        dovecot.drop(user, raw, at=time.time() - 40 * 86400)
    with Sink(tls=certificates.server_context(), login=(user, PASSWORD)) as sink:
        # Add New Email: address and name, department and help topic, Submit (S2, S3).
        page.get_by_role("link", name="Add New Email").first.click()
        page.get_by_label("Email Address").fill("support@desk.test")
        page.get_by_label("Email Name").fill("Example Support")
        page.get_by_label("Department").select_option("Sales")
        page.get_by_label("Help Topic").select_option("Prices")
        page.get_by_label("Priority").select_option("high")
        accessible(page)
        picture(page, "add-new-email")
        page.get_by_role("button", name="Submit").click()
        said(page, "support@desk.test is added.")

        # Remote Mailbox (S4, S5, S6, S8, S9). First a wrong password: the server's own words, and nothing stored.
        expect(page.get_by_role("tab", name="Remote Mailbox")).to_have_attribute("aria-selected", "true")
        mailbox = page.locator("#tab-mailbox")
        mailbox.get_by_label("Hostname").fill("ssl://localhost")
        mailbox.get_by_label("Port Number").fill(str(dovecot.imaps))
        mailbox.get_by_label("Username").fill(user)
        mailbox.get_by_label("Password").fill("not the password")
        mailbox.get_by_label("File of a private CA").fill(ca_file)
        mailbox.get_by_label("Fetch Frequency (minutes)").fill("1")
        accessible(page)
        picture(page, "remote-mailbox")
        page.get_by_role("button", name="Save", exact=True).click()
        sheet = page.get_by_role("dialog")
        expect(sheet).to_contain_text("AUTHENTICATIONFAILED")
        expect(sheet).to_contain_text("Something failed")
        accessible(page)
        picture(page, "check-failed")
        assert installation.count("mailroom_remotemailbox") == 0
        sheet.get_by_role("button", name="Back to the form").click()

        # A value that is wrong in itself is told beside its field, and the password typed is not lost.
        mailbox.get_by_label("Password").fill(PASSWORD)
        mailbox.get_by_label("Archive folder").fill("inbox")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(mailbox.locator(".field-error")).to_contain_text("Archive folder cannot be same as fetched folder")
        expect(mailbox.get_by_label("Password")).to_have_value(PASSWORD)
        mailbox.get_by_label("Archive folder").fill("Done/Processed")

        # Outgoing (SMTP): Same As Remote Mailbox (S11).
        option(page, "Outgoing (SMTP)")
        smtp = page.locator("#tab-smtp")
        smtp.get_by_label("Hostname").fill("tls://localhost")
        smtp.get_by_label("Port Number").fill(str(sink.port))
        smtp.get_by_label("File of a private CA").fill(ca_file)
        expect(smtp.get_by_label("Authentication")).to_have_value("mailbox")
        accessible(page)
        picture(page, "outgoing-smtp")
        page.get_by_role("button", name="Save", exact=True).click()

        # The mailbox holds mail already: what becomes of it is asked, with a count, before anything is saved.
        expect(sheet).to_contain_text("It holds 3 messages")
        assert installation.count("mailroom_remotemailbox") == 0
        sheet.get_by_label("Only what comes from now on").check()
        accessible(page)
        picture(page, "first-fetch")
        sheet.get_by_role("button", name="Count first").click()
        expect(sheet).to_contain_text("The first fetch takes 0 and leaves 3")
        sheet.get_by_role("button", name="Save", exact=True).click()
        said(page, "Saved.")
        assert dovecot.folders(user)
        assert set(sink.logins) == {(user, PASSWORD)}
        assert sink.letters == []

        # Emails > Settings: fetching on, the defaults, the Default MTA (S10, S13).
        page.get_by_role("link", name="Settings", exact=True).click()
        page.get_by_label("Fetch emails").check()
        page.get_by_label("Default System Email").select_option("support@desk.test")
        page.get_by_label("Admin's Email Address").fill("admin@example.net")
        page.get_by_label("Default MTA").select_option("support@desk.test")
        accessible(page)
        picture(page, "email-settings")
        page.get_by_role("button", name="Save", exact=True).click()
        said(page, "Saved.")

        # Staff > Departments > Sales: the Auto-Response Email (S14). First another one than mail comes to.
        auto_responses_leave_from(page, "hello@desk.test")
        dovecot.deliver(user, mail(subject="Are you open?", sender="eve@customer.example", message_id="e@c"))
        first = parse(sink.wait_for(1, timeout=90)[0].raw)
        assert first.from_ is not None
        assert (first.from_.name, first.from_.address) == ("Example Hello", "hello@desk.test")
        # It leaves by the Default MTA, which says so, since Header Spoofing is off (S12, S13).
        assert first.sender is not None
        assert (first.sender.address, sink.letters[0].mail_from) == ("support@desk.test", "support@desk.test")
        auto_responses_leave_from(page, "support@desk.test")
        sink.letters.clear()

        # A customer writes; the auto-response arrives from the right address; the mail is moved (S9, S15).
        dovecot.deliver(user, mail(subject="What does it cost?", sender="carol@customer.example", message_id="q@c"))
        answer = parse(sink.wait_for(1, timeout=90)[0].raw)
        assert [to.address for to in answer.to] == ["carol@customer.example"]
        assert answer.from_ is not None
        assert (answer.from_.name, answer.from_.address) == ("Example Support", "support@desk.test")
        ticket = installation.lines("tickets", "--json")[0]
        assert ticket["user"] == "carol@customer.example"
        assert (ticket["department"], ticket["help_topic"], ticket["priority"]) == ("Sales", "Prices", "high")
        wait_until(lambda: len(dovecot.mails(user, "Done/Processed")) == 2, seconds=30, what="the mail is moved")
        # The old mail lies where it was, and nobody was answered for it.
        assert len(dovecot.mails(user)) == 3
        assert len(sink.letters) == 1

        # The list says how it is (S1): fresh, one mail today, and that it cannot be deleted.
        page.goto("/panel/emails")
        row = page.get_by_role("row", name=re.compile("support@desk.test"))
        expect(row).to_contain_text("fresh")
        expect(row.locator("td[data-label=Today]")).to_have_text("2")
        accessible(page)
        picture(page, "emails")

        # Saving again without a change of the connections tries nothing and keeps the password (A10).
        page.get_by_role("link", name="support@desk.test").click()
        page.get_by_label("Email Name").fill("Example Sales")
        page.get_by_role("button", name="Save", exact=True).click()
        said(page, "Saved.")
        assert len(sink.letters) == 1
        wait_until(lambda: installation.count("mailroom_email WHERE name = 'Example Sales'") == 1, seconds=5, what="it")
