"""The screens in a real browser: what scripts do, and what mail must not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from postdesk.basics import clock
from postdesk.tickets.models import Entry, Ticket
from tests.support import builders
from tests.web.conftest import sign_in

Open = Callable[..., Page]


@pytest.fixture
def page(open_page: Open) -> Page:
    """Alice's browser, signed in, at the queue."""
    page = open_page()
    sign_in(page, builders.alice())
    return page


def write(page: Page, words: str) -> None:
    page.get_by_label("Your words").fill(words)


def test_an_agent_signs_in_and_sees_the_queue(open_page: Open) -> None:
    builders.a_ticket("The printer is on fire")
    page = open_page("/")
    expect(page).to_have_url(re.compile("/sign-in"))
    sign_in(page, builders.alice())
    expect(page.get_by_role("link", name=re.compile("The printer is on fire"))).to_be_visible()


def test_a_wrong_password_is_told_and_the_address_is_kept(open_page: Open) -> None:
    builders.alice()
    page = open_page()
    page.get_by_label("Email address").fill("alice@desk.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Email address")).to_have_value("alice@desk.example")


def test_a_new_ticket_appears_by_itself_within_two_seconds_and_the_selection_stays(page: Page) -> None:
    builders.a_ticket("First")
    expect(page.locator(".row-item")).to_have_count(1)
    page.keyboard.press("j")
    selected = page.locator(".row-item[aria-current]")
    expect(selected).to_contain_text("First")
    page.evaluate("window.wasNotReloaded = true")
    builders.a_ticket("Second", at=clock.now())
    fresh = page.locator(".row-item.is-new")
    expect(fresh).to_contain_text("Second", timeout=2000)
    expect(page.locator("#count-open")).to_have_text("2")
    expect(selected).to_contain_text("First")
    expect(page.locator("#announcer")).to_have_text("New in the queue: Second")
    assert page.evaluate("document.activeElement.id") == f"open-{Ticket.objects.get(subject='First').number}"
    assert page.evaluate("window.wasNotReloaded")


def test_a_ticket_is_opened_and_answered_with_the_keyboard_alone(page: Page) -> None:
    builders.a_desk_that_can_send()
    builders.an_entry(builders.a_ticket("The printer is on fire"), "It burns.")
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="The printer is on fire")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("r")
    page.keyboard.type("Water is on its way.")
    page.keyboard.press("Control+Enter")
    expect(page.locator('.entry[data-kind="reply"]')).to_contain_text("Water is on its way.")
    assert Entry.objects.get(kind="reply").agent == builders.alice()
    expect(page.get_by_label("Your words")).to_have_value("")
    page.keyboard.press("u")
    expect(page).to_have_url(re.compile(r"/\?view=answered"))


def test_a_note_is_written_with_the_keyboard(page: Page) -> None:
    ticket = builders.a_ticket()
    page.goto(f"/tickets/{ticket.number}")
    page.keyboard.press("n")
    page.keyboard.type("Known problem.")
    page.keyboard.press("Control+Enter")
    expect(page.locator('.entry[data-kind="note"]')).to_contain_text("Known problem.")
    assert Entry.objects.get().kind == "note"


def test_keys_search_help_assign_and_go(page: Page) -> None:
    ticket = builders.a_ticket()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile("/panel/mailboxes"))
    page.goto(f"/tickets/{ticket.number}")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator("#facts")).to_contain_text("Alice Moreau")
    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(page.locator("#queue-list")).to_be_visible()


def test_keys_do_nothing_while_somebody_types(page: Page) -> None:
    ticket = builders.a_ticket()
    page.goto(f"/tickets/{ticket.number}")
    page.keyboard.press("r")
    page.keyboard.type("r n a j k u ? / g q")
    expect(page.get_by_label("Your words")).to_have_value("r n a j k u ? / g q")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_script_in_a_mail_does_not_run_and_the_frame_has_no_origin(page: Page) -> None:
    html = "<table><tr><td>Hi<script>parent.hacked=1</script><img src=x onerror='parent.hacked=1'></td></tr></table>"
    ticket = builders.a_ticket()
    builders.an_entry(ticket, "Hi", html=html)
    page.goto(f"/tickets/{ticket.number}")
    frame = page.frame_locator("iframe.mail-frame")
    expect(frame.locator("td")).to_have_text("Hi")
    assert page.evaluate("document.querySelector('iframe').contentDocument") is None
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.querySelector('iframe').sandbox.value") == (
        "allow-popups allow-popups-to-escape-sandbox"
    )


def test_an_inline_image_is_shown_inside_the_sandbox(page: Page) -> None:
    pixel = bytes.fromhex("47494638396101000100800000ff0000ffffff2c00000000010001000002024401003b")
    ticket = builders.a_ticket()
    entry = builders.an_entry(ticket, "Hi", html='<p>Hi <img src="cid:p@x" width="9"></p>')
    builders.an_attachment(entry, pixel, "p.gif", "image/gif", content_id="p@x", is_inline=True)
    with page.expect_response(re.compile("/inline/")) as shown:
        page.goto(f"/tickets/{ticket.number}")
    assert shown.value.status == 200
    assert "cookie" not in shown.value.request.all_headers()


def test_remote_images_wait_for_a_click(page: Page) -> None:
    asked: list[str] = []
    page.route("https://track.example/**", lambda route: (asked.append(route.request.url), route.abort()))
    ticket = builders.a_ticket()
    builders.an_entry(ticket, "Hi", html='<p>Hi <img src="https://track.example/p.gif"></p>')
    page.goto(f"/tickets/{ticket.number}")
    expect(page.frame_locator("iframe.mail-frame").locator("p")).to_have_text("Hi")
    assert asked == []
    with page.expect_request("https://track.example/p.gif"):
        page.get_by_role("link", name="Show remote images").click()


def test_what_arrives_while_somebody_writes_stops_the_sending(page: Page) -> None:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket()
    builders.an_entry(ticket, "It burns.")
    page.goto(f"/tickets/{ticket.number}")
    write(page, "Water is on its way.")
    builders.an_entry(ticket, "Forget it, it is out.", at=clock.now())
    expect(page.locator("#thread")).to_contain_text("Forget it, it is out.", timeout=3000)
    expect(page.get_by_label("Your words")).to_have_value("Water is on its way.")
    expect(page.locator("#arrival")).to_be_visible()
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#collision")).to_contain_text("Forget it, it is out.")
    assert not Entry.objects.filter(kind="reply").exists()
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator('.entry[data-kind="reply"]')).to_contain_text("Water is on its way.")


def test_what_arrives_while_nobody_writes_is_taken_as_seen(page: Page) -> None:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket()
    page.goto(f"/tickets/{ticket.number}")
    arrived = builders.an_entry(ticket, "It burns.", at=clock.now())
    expect(page.locator("#seen")).to_have_value(str(arrived.pk), timeout=3000)


def test_a_draft_survives_leaving_the_page_and_goes_when_it_is_sent(page: Page) -> None:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket()
    page.goto(f"/tickets/{ticket.number}")
    write(page, "Half a thought")
    page.goto("/")
    page.goto(f"/tickets/{ticket.number}")
    expect(page.get_by_label("Your words")).to_have_value("Half a thought")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator('.entry[data-kind="reply"]')).to_be_visible()
    page.reload()
    expect(page.get_by_label("Your words")).to_have_value("")


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_dark_follows_the_system_and_the_switch_is_remembered(open_page: Open) -> None:
    dark = open_page(color_scheme="dark")
    light = open_page(color_scheme="light")
    assert background(dark) != background(light)
    sign_in(light, builders.alice())
    light.get_by_role("button", name="Light or dark").click()
    assert background(light) == background(dark)
    light.reload()
    assert background(light) == background(dark)


@pytest.mark.parametrize("path", ["/", "/tickets/{number}", "/panel/mailboxes", "/panel/held", "/panel/outbox"])
def test_pages_fit_a_phone(path: str, open_page: Open) -> None:
    ticket = builders.a_ticket("A" * 90 + " and more words than fit into a line of a phone")
    builders.an_entry(ticket, "https://a.example/" + "b" * 120)
    builders.a_letter(["a-very-long-address-of-somebody-somewhere@subdomain.customer.example"], ticket=ticket)
    builders.a_mailbox(failures=1, last_error="x" * 200)
    builders.a_spooled_mail()
    page = open_page(viewport={"width": 320, "height": 640})
    sign_in(page, builders.alice())
    page.goto(path.format(number=ticket.number))
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_everything_works_without_scripts(open_page: Open) -> None:
    builders.a_desk_that_can_send()
    builders.a_ticket("The printer is on fire")
    page = open_page(java_script_enabled=False)
    sign_in(page, builders.alice())
    page.get_by_role("link", name=re.compile("The printer is on fire")).click()
    page.locator("summary", has_text="Assign").click()
    page.get_by_role("button", name=re.compile(r"Alice Moreau \(you\)")).click()
    expect(page.locator("#facts")).to_contain_text("Alice Moreau")
    page.locator("label[for=kind-note]").click()
    write(page, "Known problem.")
    page.get_by_role("button", name="Add note").click()
    page.locator("label[for=kind-reply]").click()
    write(page, "Water is on its way.")
    page.get_by_role("button", name="Send and close").click()
    expect(page.locator(".notice")).to_contain_text("is closed")
    assert Ticket.objects.get().status == "closed"
