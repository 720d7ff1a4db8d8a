"""Emails > Banlist, and banning from a ticket (rows D1, D2)."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from postdesk.mailroom.bans import BanSetup, save_ban
from postdesk.mailroom.models import Ban
from postdesk.people.models import AuditEntry, Role
from tests.support import builders
from tests.support.builders import NOON
from tests.web.conftest import signed_in


def banned(pattern: str, **more: object) -> Ban:
    return save_ban(None, BanSetup(pattern, **more), by="test", at=NOON)[0]  # type: ignore[arg-type]


def test_d1_a_ban_is_added_changed_searched_and_sorted(alice: Client) -> None:
    response = alice.post(reverse("ban-new"), {"pattern": " Mallory@Evil.example ", "active": "on", "notes": "Abuse"})
    assert response.headers["Location"] == reverse("banlist")
    row = Ban.objects.get()
    assert (row.pattern, row.notes, row.is_active) == ("mallory@evil.example", "Abuse", True)

    alice.post(reverse("ban", args=[row.pk]), {"pattern": "mallory@evil.example", "notes": "Sorry"})
    row.refresh_from_db()
    assert (row.notes, row.is_active) == ("Sorry", False)
    assert AuditEntry.objects.filter(kind="ban").count() == 2

    banned("@aardvark.example")
    page = alice.get(reverse("banlist"), {"sort": "-pattern"}).content.decode()
    assert page.index("mallory@evil.example") < page.index("@aardvark.example")
    found = alice.get(reverse("banlist"), {"q": "sorry"}).content.decode()
    assert "mallory@evil.example" in found
    assert "@aardvark.example" not in found


def test_d1_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(alice: Client) -> None:
    banned("mallory@evil.example")
    for pattern, words in (
        ("nobody", "Valid email address is required"),
        ("mallory@evil.example", "Email already in the ban list"),
        ("*@*", "This would ban everybody."),
    ):
        response = alice.post(reverse("ban-new"), {"pattern": pattern, "active": "on", "notes": "Kept words"})
        page = response.content.decode()
        assert response.status_code == 422
        assert words in page
        assert "Kept words" in page
    assert Ban.objects.count() == 1


def test_d1_many_bans_are_switched_and_deleted_at_once_after_a_question(alice: Client) -> None:
    rows = [banned(f"{name}@evil.example").pk for name in ("a", "b", "c")]
    acts = reverse("ban-acts")
    alice.post(acts, {"row": rows[:2], "act": "disable"})
    assert list(Ban.objects.order_by("pattern").values_list("is_active", flat=True)) == [False, False, True]
    alice.post(acts, {"row": rows, "act": "enable"})
    assert not Ban.objects.filter(is_active=False).exists()

    asked = alice.post(acts, {"row": rows[:2], "act": "delete"})
    assert "Delete 2 bans?" in asked.content.decode()
    assert Ban.objects.count() == 3
    alice.post(acts, {"row": rows[:2], "act": "delete", "confirmed": "yes"})
    assert [ban.pattern for ban in Ban.objects.all()] == ["c@evil.example"]
    assert alice.post(acts, {"act": "delete"}).status_code == 409


def test_d2_a_file_goes_out_and_comes_in(alice: Client) -> None:
    banned("@spam.example", notes="All of them")
    response = alice.get(reverse("ban-export"))
    written = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert response.headers["Content-Disposition"] == 'attachment; filename="banlist.csv"'
    Ban.objects.all().delete()

    file = SimpleUploadedFile("bans.csv", written, content_type="text/csv")
    response = alice.post(reverse("ban-import"), {"file": file}, follow=True)
    assert "1 added, 0 changed, 0 as they were." in response.content.decode()
    assert Ban.objects.get().notes == "All of them"


def test_d2_bad_lines_of_a_file_are_named_and_nothing_is_imported(alice: Client) -> None:
    file = SimpleUploadedFile("bans.csv", b"good@x.example\nbad\n" + b"worse\n" * 80)
    response = alice.post(reverse("ban-import"), {"file": file})
    page = response.content.decode()
    assert response.status_code == 422
    assert "81 lines are not right; nothing was imported." in page
    assert "Line 2: Valid email address is required" in page
    assert "... and 31 more lines." in page
    assert not Ban.objects.exists()

    for content in (b"", b"\xff\xfe\x00"):
        response = alice.post(reverse("ban-import"), {"file": SimpleUploadedFile("bans.csv", content)})
        assert response.status_code == 422
    assert "This field is required" in alice.post(reverse("ban-import"), {}).content.decode()


def test_d1_the_user_of_a_ticket_is_banned_and_unbanned_by_whoever_may(alice: Client, bob: Client) -> None:
    ticket = builders.a_ticket()
    address = reverse("ticket", args=[ticket.number])
    assert "Ban this address" in alice.get(address).content.decode()
    assert "Ban this address" not in bob.get(address).content.decode()

    alice.post(reverse("ticket-ban", args=[ticket.number]))
    ban = Ban.objects.get()
    assert (ban.pattern, ban.notes) == (ticket.user.address, f"Banned on ticket #{ticket.number}.")
    assert f"Banned: {ban.pattern}." in bob.get(address).content.decode()
    assert f"Unban {ban.pattern}" in alice.get(address).content.decode()

    alice.post(reverse("ticket-ban-lifting", args=[ticket.number]))
    assert not Ban.objects.exists()
    assert alice.post(reverse("ticket-ban-lifting", args=[ticket.number])).status_code == 409


def test_d1_banning_somebody_whose_ban_was_disabled_sets_it_going_again(alice: Client) -> None:
    ticket = builders.a_ticket()
    banned(ticket.user.address, active=False, notes="Old")
    alice.post(reverse("ticket-ban", args=[ticket.number]))
    assert Ban.objects.get().is_active
    assert Ban.objects.get().notes == "Old"


def test_d2_a_ban_of_the_users_domain_is_shown_and_is_not_lifted_from_the_ticket(alice: Client) -> None:
    ticket = builders.a_ticket()
    banned(f"@{ticket.user.address.partition('@')[2]}")
    page = alice.get(reverse("ticket", args=[ticket.number])).content.decode()
    assert "Their mail is turned away." in page
    assert "Unban" not in page


def test_d1_whose_role_grants_it_may_ban(db: None) -> None:
    agent = builders.bob()
    agent.memberships.update(role=Role.objects.get(name="All Access"))
    ticket = builders.a_ticket()
    assert signed_in(agent).post(reverse("ticket-ban", args=[ticket.number])).status_code == 302
    assert Ban.objects.get().pattern == ticket.user.address
