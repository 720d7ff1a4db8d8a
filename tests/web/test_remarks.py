"""What a ticket says of a message beside its words: invitations, protection, charsets, files, headers (rows E)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from postdesk.mailroom.models import MailSettings
from postdesk.tickets.models import Entry, EntryAttachment, Ticket
from tests.support import builders
from tests.support.desk import Desk, a_desk, arrives, mail
from tests.web.conftest import accessible, sign_in, signed_in


@pytest.fixture
def desk(db: None) -> Desk:
    return a_desk()


@pytest.fixture
def admin(desk: Desk) -> Client:
    return signed_in(builders.alice())


def multipart(*parts: tuple[str, bytes], kind: str = "mixed", **options: Any) -> bytes:
    """A message of parts: (header lines, content)."""
    body = b"".join(b"--b\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    head = mail(**options).split(b"Content-Type:")[0]
    return (
        head + f'MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary="b"\r\n\r\n'.encode() + body + b"--b--"
    )


def invitation(method: str, *, sequence: int = 0, organizer: str = "olga@example.com", more: str = "") -> bytes:
    calendar = (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:fire-drill@example.com\r\n"
        f"SEQUENCE:{sequence}\r\nSUMMARY:Fire <drill>\r\nLOCATION:Room 5\r\nDTSTART:20260701T083000Z\r\n"
        f"DTEND:20260701T093000Z\r\nORGANIZER;CN=Olga:mailto:{organizer}\r\n"
        f"ATTENDEE;PARTSTAT=ACCEPTED;CN=Carol:mailto:carol@example.com\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return multipart(
        ("Content-Type: text/plain", b"Please come."),
        (f'Content-Type: text/calendar; method={method}; charset="utf-8"', calendar.encode()),
        kind="alternative",
        subject=f"{method} {sequence}",
        sender="Olga <olga@example.com>",
    )


def page_of(client: Client, ticket: Ticket) -> str:
    return client.get(f"/tickets/{ticket.number}").content.decode()


def test_e8_an_invitation_is_a_card_with_time_place_organiser_and_people(desk: Desk, admin: Client) -> None:
    arrives(desk.mailbox, invitation("REQUEST"))
    page = page_of(admin, Ticket.objects.get())
    card = page[page.index('<section class="invitation"') : page.index("</section>", page.index('class="invitation"'))]
    assert "Fire &lt;drill&gt;" in card
    assert '<time datetime="2026-07-01T08:30:00+00:00" data-moment>Wed 01 Jul 2026, 08:30 UTC</time>' in card
    for words in ("Room 5", "Olga", "Carol", "accepted", "Invitation"):
        assert words in card
    assert EntryAttachment.objects.filter(content_type="text/calendar").exists()


def test_e8_the_time_of_an_invitation_is_in_the_reader_s_zone(open_page: Callable[..., Page]) -> None:
    arrives(a_desk().mailbox, invitation("REQUEST"))
    page = open_page("/sign-in", timezone_id="America/New_York", locale="en-GB")
    sign_in(page, builders.alice())
    page.goto(f"/tickets/{Ticket.objects.get().number}")
    expect(page.get_by_role("region", name="Fire <drill>")).to_contain_text("Wed, 1 Jul 2026, 04:30")
    accessible(page)


def test_e8_a_change_and_a_cancellation_are_matched_by_uid_across_tickets(desk: Desk, admin: Client) -> None:
    arrives(desk.mailbox, invitation("REQUEST"))
    arrives(desk.mailbox, invitation("REQUEST", sequence=1))
    first, second = Ticket.objects.order_by("id")
    assert 'data-state="changed"' in page_of(admin, first)
    assert f"a later message in #{second.number}" in page_of(admin, first)
    arrives(desk.mailbox, invitation("CANCEL", sequence=2))
    for ticket in Ticket.objects.all():
        assert 'class="invitation" data-state="off"' in page_of(admin, ticket)


def test_e8_nobody_but_the_organiser_calls_an_event_off(desk: Desk, admin: Client) -> None:
    arrives(desk.mailbox, invitation("REQUEST"))
    arrives(desk.mailbox, invitation("CANCEL", sequence=9, organizer="mallory@evil.example"))
    assert 'class="invitation" data-state=""' in page_of(admin, Ticket.objects.order_by("id")[0])


@pytest.mark.parametrize(
    ("head", "content", "badge"),
    [
        ('Content-Type: application/pkcs7-signature; name="smime.p7s"', b"\x30\x82", "S/MIME signed"),
        ('Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"', b"0", "S/MIME encrypted"),
        ('Content-Type: application/pgp-signature; name="signature.asc"', b"-----BEGIN", "PGP signed"),
        ("Content-Type: application/pgp-encrypted", b"Version: 1", "PGP encrypted"),
    ],
)
def test_e8_signed_and_encrypted_mail_says_so_and_its_parts_are_kept(
    head: str, content: bytes, badge: str, desk: Desk, admin: Client
) -> None:
    arrives(desk.mailbox, multipart(("Content-Type: text/plain", b"Hello."), (head, content)))
    assert badge in page_of(admin, Ticket.objects.get())
    assert EntryAttachment.objects.count() == 1


def test_e3_a_guessed_charset_is_said_and_can_be_chosen_on_the_page(desk: Desk, admin: Client) -> None:
    words = "Здравствуйте, у нас сломался принтер"
    raw = mail(text="WORDS").replace(b"; charset=utf-8", b"").replace(b"WORDS", words.encode("cp1251"))
    arrives(desk.mailbox, raw)
    entry = Entry.objects.get()
    assert "which is a guess" in page_of(admin, entry.ticket)
    path = f"/tickets/{entry.ticket.number}/entries/{entry.pk}/readings"
    page = admin.post(path, {"charset": "koi8-r"}, follow=True).content.decode()
    assert "Read as koi8-r, because an agent chose it." in page
    assert words not in page
    page = admin.post(path, {"charset": "windows-1251"}, follow=True).content.decode()
    assert words in page
    assert "no charset" in admin.post(path, {"charset": "klingon"}, follow=True).content.decode()


def test_e7_a_file_that_is_left_out_is_named_on_the_page(desk: Desk, admin: Client) -> None:
    MailSettings.objects.update(refused_file_types=".exe")
    file = ('Content-Type: application/octet-stream; name="bill.pdf.exe"', b"MZ")
    arrives(desk.mailbox, multipart(("Content-Type: text/plain", b"Look."), file))
    page = page_of(admin, Ticket.objects.get())
    assert re.search(r"bill\.pdf\.exe</span> <span[^>]*>2 B[^<]*, type not accepted", page)
    assert not EntryAttachment.objects.exists()


def test_e9_quoted_words_are_folded_and_not_lost(desk: Desk, admin: Client) -> None:
    arrives(desk.mailbox, mail(text="New words.\r\n\r\nOn 1 Jan 2026, A <a@b.example> wrote:\r\n> Old words.\r\n"))
    page = page_of(admin, Ticket.objects.get())
    assert '<div class="prose">New words.</div>' in page
    assert "Show the whole text with what was quoted" in page
    assert "Old words." in page


def test_e10_headers_and_source_are_shown_and_nothing_in_them_acts(desk: Desk, admin: Client) -> None:
    arrives(desk.mailbox, mail(subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=", headers="X-Evil: <script>x()</script>\r\n"))
    entry = Entry.objects.get()
    response = admin.get(f"/tickets/{entry.ticket.number}/entries/{entry.pk}/headers")
    page = response.content.decode()
    assert "<dt>Subject</dt><dd>Grüße</dd>" in page
    assert "=?utf-8?q?Gr=C3=BC=C3=9Fe?=" in page
    assert "&lt;script&gt;x()" in page
    assert "<script>x()" not in page
    source = admin.get(f"/tickets/{entry.ticket.number}/entries/{entry.pk}/source")
    assert source.headers["Content-Disposition"].startswith("attachment")
    assert source.content.startswith(b"From: Carol")
