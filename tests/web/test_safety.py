"""What strangers sent does no harm: policies, frames, files."""

from __future__ import annotations

import re

import pytest
from django.core import signing
from django.test import Client

from postdesk.tickets.models import Entry
from postdesk.web.shared import policy
from tests.support import builders

HOSTILE = '<p onclick="x()">Hi</p><script>x()</script><img src="https://t.example/p.gif"><img src="cid:pic@x">'


def frame_of(entry: Entry) -> str:
    return f"/tickets/{entry.ticket.number}/entries/{entry.pk}/mail"


@pytest.mark.parametrize("path", ["/sign-in", "/", "/panel/mailboxes", "/panel/held", "/panel/outbox", "/style-guide"])
def test_every_page_carries_a_policy_and_nothing_that_it_forbids(path: str, alice: Client) -> None:
    builders.an_entry(builders.a_ticket())
    builders.a_mailbox()
    builders.a_letter()
    builders.a_spooled_mail()
    response = (Client() if path == "/sign-in" else alice).get(path)
    page = response.content.decode()
    assert response.headers["Content-Security-Policy"] == policy.POLICY
    assert "unsafe" not in policy.POLICY
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)


def test_the_ticket_page_has_no_inline_code_whatever_the_mail_says(alice: Client) -> None:
    ticket = builders.a_ticket("<img onerror=x()>")
    builders.an_entry(
        ticket, '" onfocus=x() <script>', html=HOSTILE, author_name="<style>", author_address="<script>@x"
    )
    page = alice.get(f"/tickets/{ticket.number}").content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|<img", page)
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page)


def test_mail_is_a_document_without_scripts_origin_or_outside_images(alice: Client) -> None:
    entry = builders.an_entry(builders.a_ticket(), html=HOSTILE)
    response = alice.get(frame_of(entry))
    page = response.content.decode()
    directives = response.headers["Content-Security-Policy"].split("; ")
    assert directives[:4] == [
        "default-src 'none'",
        "img-src 'self' data:",
        "style-src 'unsafe-inline'",
        "sandbox allow-popups allow-popups-to-escape-sandbox",
    ]
    assert "x()" not in page
    assert "t.example" not in page
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_remote_images_come_when_asked_for_and_scripts_still_do_not(alice: Client) -> None:
    entry = builders.an_entry(builders.a_ticket(), html=HOSTILE)
    response = alice.get(frame_of(entry), {"images": "1"})
    page = response.content.decode()
    assert "https://t.example/p.gif" in page
    assert "x()" not in page
    assert "img-src 'self' data: https: http:" in response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_an_inline_image_is_fetched_by_a_signed_address_without_a_cookie(alice: Client) -> None:
    entry = builders.an_entry(builders.a_ticket(), html=HOSTILE)
    builders.an_attachment(entry, b"GIF89a...", "pic.gif", "image/gif", content_id="pic@x", is_inline=True)
    found = re.search(r'src="http://testserver(/inline/[^"]+)"', alice.get(frame_of(entry)).content.decode())
    assert found
    response = Client().get(found[1])
    assert (response.status_code, response.content) == (200, b"GIF89a...")
    assert response.headers["Content-Type"] == "image/gif"


def test_an_address_that_was_not_signed_by_us_shows_nothing(db: None) -> None:
    picture = builders.an_attachment(builders.an_entry(builders.a_ticket()), b"GIF89a", "pic.gif", "image/gif")
    good = signing.dumps(picture.pk, salt="postdesk.inline-image")
    for token in (good[:-1], "x", signing.dumps(picture.pk), signing.dumps(picture.pk, salt="another")):
        assert Client().get(f"/inline/{token}").status_code == 404


def test_an_old_signed_address_shows_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = builders.an_attachment(builders.an_entry(builders.a_ticket()), b"GIF89a", "pic.gif", "image/gif")
    token = signing.dumps(picture.pk, salt="postdesk.inline-image")
    monkeypatch.setattr("postdesk.web.inbox.files._LIFETIME", -1)
    assert Client().get(f"/inline/{token}").status_code == 404


def test_a_signed_address_shows_pictures_only(db: None) -> None:
    page = builders.an_attachment(builders.an_entry(builders.a_ticket()), b"<script>", "x.html", "text/html")
    token = signing.dumps(page.pk, salt="postdesk.inline-image")
    assert Client().get(f"/inline/{token}").status_code == 404


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/pdf", "x\r\nSet-Cookie: a=b"])
@pytest.mark.parametrize("query", ["", "?view=1"])
def test_a_file_that_could_act_is_only_ever_downloaded(content_type: str, query: str, alice: Client) -> None:
    entry = builders.an_entry(builders.a_ticket())
    file = builders.an_attachment(entry, b"<svg onload=x()>", "über.html", content_type)
    response = alice.get(f"/attachments/{file.pk}{query}")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_a_picture_can_be_looked_at(alice: Client) -> None:
    file = builders.an_attachment(builders.an_entry(builders.a_ticket()), b"GIF89a", "pic.gif", "image/gif")
    response = alice.get(f"/attachments/{file.pk}?view=1")
    assert response.headers["Content-Disposition"].startswith("inline")
    assert alice.get(f"/attachments/{file.pk}").headers["Content-Disposition"].startswith("attachment")


def test_a_file_that_is_gone_from_its_message_is_not_found(alice: Client) -> None:
    entry = builders.an_entry(builders.a_ticket(), spooled=builders.a_spooled_mail(outcome="ticket"))
    file = builders.an_attachment(entry, b"x", "x.txt", "text/plain")
    type(file).objects.filter(pk=file.pk).update(blob=None)
    assert alice.get(f"/attachments/{file.pk}").status_code == 404


def test_the_source_of_an_entry_is_the_message_as_it_came(alice: Client) -> None:
    raw = builders.a_mail()
    entry = builders.an_entry(builders.a_ticket(), spooled=builders.a_spooled_mail(raw, outcome="ticket"))
    assert alice.get(f"/tickets/{entry.ticket.number}/entries/{entry.pk}/source").content == raw


def test_an_entry_is_not_served_under_another_tickets_number(alice: Client) -> None:
    entry, other = builders.an_entry(builders.a_ticket(), html="<p>x</p>"), builders.a_ticket()
    assert alice.get(f"/tickets/{other.number}/entries/{entry.pk}/mail").status_code == 404


def test_addresses_in_plain_text_become_links_and_nothing_else_does(alice: Client) -> None:
    ticket = builders.a_ticket()
    builders.an_entry(ticket, 'See https://wiki.example/a?b=1&c=2. Not javascript:x() nor <a href="x">')
    page = alice.get(f"/tickets/{ticket.number}").content.decode()
    assert '<a href="https://wiki.example/a?b=1&amp;c=2" rel="noopener noreferrer nofollow" target="_blank">' in page
    assert 'href="javascript' not in page
    assert "&lt;a href=" in page
