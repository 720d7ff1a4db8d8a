"""Row H2 on the screens: template sets, the editor with its variables, preview and test; row I: the settings."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from postdesk.mail.parse import parse
from postdesk.mailroom.models import Letter
from postdesk.people.models import AuditEntry
from postdesk.tickets.models import Department, NoticeSettings, Template, TemplateSet
from postdesk.tickets.notices import BY_CODE, MESSAGES
from postdesk.tickets.wording import TemplateSetSetup, save_template_set
from tests.support import builders
from tests.web.conftest import accessible, sign_in

Open = Callable[..., Page]
WORDS = {"subject": "Here: %{ticket.subject}", "html": "<p>Hello %{recipient.name}</p>", "text": ""}


@pytest.fixture
def bikes(alice) -> TemplateSet:
    return save_template_set(None, TemplateSetSetup("Bikes"), by="test", at=builders.NOON)[0]


def test_h2_a_set_is_made_shown_and_deleted(alice):
    made = alice.post("/panel/templates/new", {"name": "Deutsch", "language": "de", "active": "on"})
    row = TemplateSet.objects.get()
    assert made.headers["Location"] == f"/panel/templates/{row.pk}"

    page = alice.get(f"/panel/templates/{row.pk}").content.decode()
    assert all(message.name.replace("&", "&amp;") in page for message in MESSAGES)
    assert "Deutsch" in alice.get("/panel/templates").content.decode()
    assert AuditEntry.objects.get().verb == "created"

    asked = alice.post("/panel/templates/acts", {"row": row.pk, "act": "delete"})
    assert "Delete these template sets" in asked.content.decode()
    alice.post("/panel/templates/acts", {"row": row.pk, "act": "delete", "confirmed": "yes"})
    assert not TemplateSet.objects.exists()


def test_h2_a_set_that_is_used_says_by_whom_when_it_is_to_go(alice, bikes):
    Department.objects.filter(name="Support").update(template_set=bikes)

    off = alice.post(f"/panel/templates/{bikes.pk}/settings", {"name": "Bikes", "language": "en"})
    assert off.status_code == 422
    assert "used by the department Support" in off.content.decode()
    gone = alice.post("/panel/templates/acts", {"row": bikes.pk, "act": "delete", "confirmed": "yes"})
    assert gone.status_code == 409
    assert TemplateSet.objects.get().is_active


def test_h2_a_message_is_written_and_reverted_to_the_stock(alice, bikes):
    url = f"/panel/templates/{bikes.pk}/ticket.autoresp"
    assert "thank you for your message" in alice.get(url).content.decode()

    alice.post(url, WORDS)
    assert Template.objects.get().subject == "Here: %{ticket.subject}"
    assert "Own words" in alice.get(url).content.decode()

    alice.post(f"{url}/reversion")
    assert not Template.objects.exists()


def test_h2_an_unknown_variable_is_named_beside_its_field_and_nothing_is_saved(alice, bikes):
    answer = alice.post(f"/panel/templates/{bikes.pk}/ticket.autoresp", {**WORDS, "html": "<p>%{ticket.colour}</p>"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "%{ticket.colour} is not known" in page
    assert 'aria-invalid="true"' in re.search(r'<textarea name="html"[^>]*>', page)[0]
    assert "&lt;p&gt;%{ticket.colour}&lt;/p&gt;" in page
    assert not Template.objects.exists()


def test_h2_the_preview_is_filled_in_with_a_real_ticket_and_can_do_nothing(alice, bikes):
    builders.a_ticket("The <lamp>")
    url = f"/panel/templates/{bikes.pk}/ticket.autoresp/preview"
    answer = alice.post(url, {**WORDS, "html": "<p>%{ticket.subject}</p><script>alert(1)</script>%{ticket.colour}"})

    page = answer.content.decode()
    assert "<p>The &lt;lamp&gt;</p>" in page
    assert "<script" not in page
    assert "%{ticket.colour}" in page
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_the_preview_never_shows_a_ticket_to_who_may_not_see_it_and_works_without_any(alice, bikes):
    url = f"/panel/templates/{bikes.pk}/ticket.autoresp/preview"

    assert "The front lamp does not switch on" in alice.post(url, {**WORDS, "ticket": "x"}).content.decode()


def test_h2_a_test_goes_to_oneself_with_what_is_typed_and_saves_nothing(alice, bikes):
    builders.a_desk_that_can_send()
    builders.a_ticket("The lamp")
    url = f"/panel/templates/{bikes.pk}/ticket.autoresp"

    page = alice.post(f"{url}/tests", WORDS).content.decode()

    assert "A test is on its way to alice@desk.example" in page
    sent = parse(bytes(Letter.objects.get().raw))
    assert (sent.subject, sent.to[0].address) == ("Here: The lamp", "alice@desk.example")
    assert sent.header("Auto-Submitted") == "auto-generated"
    assert "Here: %{ticket.subject}" in page
    assert not Template.objects.exists()


def test_a_test_without_an_address_to_send_from_says_so(alice, bikes):
    page = alice.post(f"/panel/templates/{bikes.pk}/ticket.autoresp/tests", WORDS).content.decode()

    assert "no Default System Email is set" in page
    assert not Letter.objects.exists()


def test_i_the_autoresponder_settings_are_saved_and_stand_in_the_audit_log(alice, bikes):
    chosen = {"new_ticket_autoresponse": "on", "overlimit_notice": "on", "default_template_set": "Bikes"}
    assert alice.post("/panel/settings/autoresponder", chosen).status_code == 302

    row = NoticeSettings.objects.get()
    assert (row.new_ticket_autoresponse, row.new_activity_notice, row.overlimit_notice) == (True, False, True)
    assert row.default_template_set == bikes
    assert row.ticket_alert_to == ["manager"]
    assert AuditEntry.objects.filter(kind="notice settings").exists()


def test_i_an_alert_without_recipients_is_refused_beside_its_field(alice):
    answer = alice.post("/panel/settings/alerts", {"ticket_alert": "on", "overdue_alert": "on",
                                                   "overdue_alert_to": ["manager", "members"]})  # fmt: skip
    assert answer.status_code == 422
    assert answer.content.decode().count("Select recipient(s)") == 2  # summary and field
    assert not NoticeSettings.objects.exclude(message_alert=True).exists()

    alice.post("/panel/settings/alerts", {"overdue_alert": "on", "overdue_alert_to": ["manager", "members"]})
    row = NoticeSettings.objects.get()
    assert (row.overdue_alert_to, row.ticket_alert, row.message_alert) == (["manager", "members"], False, False)


def test_h2_the_editor_in_a_browser(open_page: Open) -> None:
    """Variables complete by keyboard, the preview follows, and axe finds nothing to complain of."""
    alice = builders.alice()
    builders.a_ticket("A lamp that will not light")
    row, _ = save_template_set(None, TemplateSetSetup("Bikes"), by="test", at=builders.NOON)
    page = open_page()
    sign_in(page, alice)
    page.goto(f"/panel/templates/{row.pk}/ticket.autoresp")

    frame = page.frame_locator("iframe[name=preview]")
    expect(frame.locator("h1")).to_contain_text("A lamp that will not light")

    subject = page.get_by_label("Subject")
    subject.fill("")
    subject.press_sequentially("About %{ticket.nu")
    expect(page.get_by_role("listbox")).to_contain_text("%{ticket.number}")
    subject.press("Enter")
    expect(subject).to_have_value("About %{ticket.number}")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(frame.locator("h1")).to_have_text(re.compile(r"About \d+"))

    accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("New Ticket Auto-response is saved.")).to_be_visible()
    assert Template.objects.get().subject == "About %{ticket.number}"
    for path in ("", "/new", f"/{row.pk}"):
        page.goto(f"/panel/templates{path}")
        accessible(page)
    for path in ("autoresponder", "alerts"):
        page.goto(f"/panel/settings/{path}")
        accessible(page)


def test_every_message_can_be_edited(alice, bikes):
    assert all(alice.get(f"/panel/templates/{bikes.pk}/{code}").status_code == 200 for code in BY_CODE)
    assert alice.get(f"/panel/templates/{bikes.pk}/ticket.nothing").status_code == 404
