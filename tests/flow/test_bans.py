"""The banlist: what it turns away, how it is kept, in and out as CSV (rows D1 and D2)."""

from __future__ import annotations

import pytest

from postdesk.basics.errors import Invalid, Problems
from postdesk.mailroom import bans
from postdesk.mailroom.bans import BanSetup, save_ban
from postdesk.mailroom.models import Ban, MailSettings
from postdesk.people.models import AuditEntry
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return a_desk()


def banned(pattern: str, **more) -> Ban:
    return save_ban(None, BanSetup(pattern, **more), by="test", at=AT)[0]


def imported(text: str) -> bans.Imported:
    return bans.import_csv(text.encode(), by="test", at=AT)


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        ("Carol@Example.com", "carol@example.com"),
        ("@example.com", "@example.com"),
        ("c?rol@*.com", "c?rol@*.com"),
    ],
)
def test_d1_d2_whoever_a_ban_covers_is_turned_away_without_a_word(desk, pattern, kept):
    banned(pattern)
    (row,) = arrives(desk.mailbox, mail())
    assert (row.outcome, row.reason) == ("suppressed", f"The banlist has {kept}.")
    assert row.blob_id is not None


def test_d1_a_disabled_ban_turns_nobody_away(desk):
    row = banned("carol@example.com", active=False)
    (first,) = arrives(desk.mailbox, mail(message_id="1@x.example"))
    assert first.outcome == "ticket"
    assert bans.switch([row.pk], active=True, by="test", at=AT) == 1
    (second,) = arrives(desk.mailbox, mail(message_id="2@x.example"))
    assert second.outcome == "suppressed"


def test_d2_bans_cover_answers_to_tickets_unless_that_is_switched_off(desk):
    arrives(desk.mailbox, mail(message_id="1@x.example"))
    banned("carol@example.com")
    answer = {"headers": "In-Reply-To: <1@x.example>\r\n"}
    (first,) = arrives(desk.mailbox, mail(message_id="2@x.example", **answer))
    assert first.outcome == "suppressed"

    MailSettings.objects.update(bans_cover_replies=False)
    (second,) = arrives(desk.mailbox, mail(message_id="3@x.example", **answer))
    (new,) = arrives(desk.mailbox, mail(message_id="4@x.example"))
    assert (second.outcome, new.outcome) == ("reply", "suppressed")


def test_d1_an_address_is_banned_once_and_never_one_of_the_desk(desk):
    banned("mallory@evil.example")
    with pytest.raises(Invalid, match="Email already in the ban list"):
        banned(" MALLORY@evil.example")
    with pytest.raises(Invalid, match="is an address of this desk"):
        banned("support@desk.test")


def test_d1_every_change_stands_in_the_audit_log(desk):
    row = banned("mallory@evil.example", notes="Abuse")
    save_ban(row, BanSetup("mallory@evil.example", False, "Sorry"), by="test", at=AT)
    bans.delete([row.pk], by="test", at=AT)
    entries = list(AuditEntry.objects.filter(kind="ban").order_by("id").values_list("verb", "before", "after"))
    assert entries[0][0] == "created"
    assert entries[1] == ("changed", {"active": True, "notes": "Abuse"}, {"active": False, "notes": "Sorry"})
    assert entries[2][0] == "deleted"


def test_d1_bans_that_cover_an_address_are_found(desk):
    for pattern in ("carol@example.com", "@example.com", "*@exam*.com", "@other.example"):
        banned(pattern)
    assert {ban.pattern for ban in bans.bans_of("Carol@example.com")} == {
        "carol@example.com",
        "@example.com",
        "*@exam*.com",
    }


def test_d2_a_file_is_imported_and_a_second_time_changes_nothing(desk):
    banned("old@evil.example", notes="Old")
    text = (
        "\ufeffpattern,status,notes\r\n"
        'old@evil.example,disabled,"No, not any more"\r\n'
        "@spam.example\r\n"
        "\r\n"
        "*@*.spam.example,active,All of them\r\n"
    )
    assert imported(text) == bans.Imported(added=2, changed=1, same=0)
    assert imported(text) == bans.Imported(added=0, changed=0, same=3)
    old = Ban.objects.get(pattern="old@evil.example")
    assert (old.is_active, old.notes) == (False, "No, not any more")


def test_d2_what_is_exported_can_be_imported(desk):
    banned("@spam.example", notes="=1+1")
    banned("a@b.example", active=False, notes='He said "no"\nand left')
    written = "".join(bans.export_csv(Ban.objects.order_by("pattern")))
    # A spreadsheet must not run what a stranger's address, or a note, looks like.
    assert "'@spam.example" in written
    assert "'=1+1" in written
    assert imported(written) == bans.Imported(added=0, changed=0, same=2)


def test_d2_bad_rows_are_all_named_by_their_line_and_nothing_is_saved(desk):
    text = (
        "email,status,notes\n"
        "good@x.example\n"
        "not an address\n"
        'fine@x.example,active,"two\nlines"\n'
        "good@x.example,disabled\n"
        "bad@x.example,perhaps\n"
        "a@x.example,active,x,y\n"
        "*@*\n"
        "support@desk.test\n"
    )
    with pytest.raises(Problems) as refusal:
        imported(text)
    assert refusal.value.message == "6 lines are not right; nothing was imported."
    assert tuple(problem.message for problem in refusal.value.problems) == (
        "Line 3: Valid email address is required, or a domain like @example.org, or *@*.example.org",
        "Line 6: good@x.example stands in line 2 already.",
        "Line 7: the status is active or disabled, not 'perhaps'",
        "Line 8: has 4 columns; there are pattern, status, notes",
        "Line 9: This would ban everybody.",
        "Line 10: support@desk.test is an address of this desk",
    )
    assert not Ban.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file holds no bans."),
        (b"pattern,status\n", "The file holds no bans."),
        (b"a@x.example\nb\xff@x.example\n", "Line 2: the file is not UTF-8."),
        (b'a@x.example\n"never ends\n', "Line 2: unexpected end of data."),
        (b"x" * (bans.LARGEST_FILE + 1), "The file is larger than 10 MB."),
    ],
)
def test_d2_a_file_that_cannot_be_read_is_refused(desk, content, sentence):
    with pytest.raises(Problems) as refusal:
        bans.import_csv(content, by="test", at=AT)
    assert sentence in [problem.message for problem in refusal.value.problems]


def test_d2_many_thousand_bans_are_no_burden(desk):
    imported("".join(f"u{number}@spam{number}.example\n" for number in range(20_000)))
    (row,) = arrives(desk.mailbox, mail(sender="u19999@spam19999.example"))
    assert row.outcome == "suppressed"
