"""HTML made to act does nothing in the real ticket page: a browser records what runs, what asks, what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page

from tests.support import builders
from tests.support.attacks import ATTACKS
from tests.web.conftest import sign_in


def test_e2_e5_no_published_way_to_act_runs_or_asks_for_anything(open_page: Callable[..., Page]) -> None:
    """open_page fails for every error of a script and every violation of the policy besides."""
    ticket = builders.a_ticket()
    frames = []
    for name, html in ATTACKS.items():
        entry = builders.an_entry(ticket, name, html=f"<table><tr><td>{name}</td></tr></table>{html}".replace("\0", ""))
        builders.an_attachment(entry, b"alert(1)", "evil.js", "text/javascript", content_id="evil@x", is_inline=True)
        frames.append(f"/tickets/{ticket.number}/entries/{entry.pk}/mail")
    page = open_page()
    sign_in(page, builders.alice())
    asked: list[str] = []
    said: list[str] = []
    home = page.url.split("/")[2]
    page.context.on("request", lambda request: asked.append(f"{request.resource_type} {request.url}"))
    page.context.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.context.route(lambda url: "evil.example" in url or "good.example" in url, lambda route: route.abort())

    page.goto(f"/tickets/{ticket.number}")
    page.evaluate("for (const one of document.querySelectorAll('iframe')) one.loading = 'eager'")
    page.wait_for_load_state("networkidle")
    assert page.locator("iframe.mail-frame").count() == len(ATTACKS)
    assert page.evaluate("window.pwned") is None
    assert page.url.endswith(f"/tickets/{ticket.number}")
    inside = [frame.url.removeprefix(f"http://{home}") for frame in page.frames if frame is not page.main_frame]
    assert sorted(inside) == sorted(frames)
    assert said == []
    assert [one for one in asked if one.split("/")[2] != home and not one.split(" ", 1)[1].startswith("data:")] == []


def test_e2_with_remote_images_allowed_images_are_all_that_is_asked_for(open_page: Callable[..., Page]) -> None:
    ticket = builders.a_ticket()
    entries = [builders.an_entry(ticket, name, html=html.replace("\0", "")) for name, html in ATTACKS.items()]
    frames = [f"/tickets/{ticket.number}/entries/{entry.pk}/mail?images=1" for entry in entries]
    page = open_page()
    sign_in(page, builders.alice())
    asked: list[tuple[str, str]] = []
    page.context.on("request", lambda request: asked.append((request.resource_type, request.url)))
    page.context.route(
        lambda url: "evil.example" in url, lambda route: route.fulfill(body=b"GIF89a", content_type="image/gif")
    )
    for frame in frames:
        page.goto(frame)
        assert page.url.endswith(frame)
    outside = {kind for kind, url in asked if "evil.example" in url}
    assert outside == {"image"}
    assert not [url for _, url in asked if "/ran" in url or "leak" in url]


@pytest.mark.parametrize(
    "filename",
    [
        "invoice\u202efdp.exe",
        'a"; filename="b.html',
        "x\r\nSet-Cookie: a=b",
        "../../etc/passwd",
        "naïve – файл.pdf",
        "\0",
        "",
    ],
)
def test_e4_a_download_is_named_safely_whatever_the_file_is_called(filename: str, alice: Client) -> None:
    file = builders.an_attachment(
        builders.an_entry(builders.a_ticket()), b"x", filename.replace("\0", " "), "text/html"
    )
    response = alice.get(f"/attachments/{file.pk}")
    disposition = response.headers["Content-Disposition"]
    assert response.status_code == 200
    assert disposition.startswith("attachment")
    assert disposition.isascii()
    assert not set("\r\n\0") & set(disposition)
    assert "%E2%80%AE" not in disposition
    assert "Set-Cookie" not in response.headers


def test_e5_of_two_files_with_one_content_id_the_picture_is_shown_and_no_other_message_s(alice: Client) -> None:
    ticket = builders.a_ticket()
    entry = builders.an_entry(ticket, html='<img src="cid:one@x"><img src="cid:other@x">')
    builders.an_attachment(entry, b"<svg>", "a.svg", "image/svg+xml", content_id="one@x", is_inline=True)
    builders.an_attachment(entry, b"GIF89a", "a.gif", "image/gif", content_id="one@x", is_inline=True)
    stranger = builders.an_entry(ticket)
    builders.an_attachment(stranger, b"GIF89a", "b.gif", "image/gif", content_id="other@x", is_inline=True)
    page = alice.get(f"/tickets/{ticket.number}/entries/{entry.pk}/mail").content.decode()
    assert page.count("/inline/") == 1
