"""Stored messages read again: improved parsing heals entries, and touches nothing else (issue: re-run; rows E3, E7)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from postdesk.basics.errors import Invalid, Refused
from postdesk.cli.main import app
from postdesk.flow import index, reread
from postdesk.mailroom.models import Letter, MailSettings
from postdesk.tickets.models import Entry, EntryAttachment, Event, SearchText, Ticket
from tests.support import builders
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db

CYRILLIC = "Принтер горит, помогите пожалуйста"
WITH_FILES = mail(
    subject="Two files",
    headers="MIME-Version: 1.0\r\n",
    text="x",
).replace(
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nx\r\n",
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee both.\r\n'
    b'--b\r\nContent-Type: application/pdf; name="bill.pdf"\r\n\r\n%PDF-1\r\n'
    b'--b\r\nContent-Type: text/csv; name="list.csv"\r\n\r\na,b\r\n--b--\r\n',
)


@pytest.fixture
def desk():
    return a_desk()


def spoilt(entry: Entry, **columns: Any) -> None:
    """As an older version might have understood it."""
    Entry.objects.filter(pk=entry.pk).update(**columns)


def run(*options: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["reparse", *options])
    return result.exit_code, result.stdout, result.stderr


def test_a_dry_run_shows_what_would_change_and_changes_nothing(desk) -> None:
    arrives(desk.mailbox, mail(text="It burns."))
    entry = Entry.objects.get()
    spoilt(entry, text="It b?rns.", subject="?")
    code, out, err = run("--dry-run")
    assert code == 0
    assert f"#{entry.ticket.number}, entry {entry.pk}:" in out
    assert "text: 'It b?rns.' -> 'It burns. '" in out
    assert "1 of 1 messages read, 1 would change." in err
    assert Entry.objects.get().text == "It b?rns."
    assert not Event.objects.filter(name="message.reread").exists()


def test_old_entries_are_healed_with_their_files_search_words_and_an_event_and_a_second_run_finds_nothing(desk) -> None:
    arrives(desk.mailbox, WITH_FILES)
    entry = Entry.objects.get()
    kept = EntryAttachment.objects.get(filename="list.csv")
    EntryAttachment.objects.filter(filename="bill.pdf").delete()
    EntryAttachment.objects.filter(pk=kept.pk).update(filename="part-2", position=0)
    spoilt(entry, text="S?? both.", subject="")
    index.index()
    code, out, _ = run("--json")
    assert code == 0
    (said,) = [json.loads(line) for line in out.splitlines()]
    assert sorted(said["fields"]) == ["attachments", "subject", "text"]
    assert said["fields"]["attachments"] == {"before": ["part-2"], "after": ["bill.pdf", "list.csv"]}
    entry.refresh_from_db()
    assert (entry.text, entry.subject) == ("See both.", "Two files")
    assert EntryAttachment.objects.get(filename="list.csv").pk == kept.pk
    assert Event.objects.get(name="message.reread").data["reread"].startswith("attachments, subject, text")
    index.index()
    assert SearchText.objects.extra(where=["words @@ 'see'::tsquery"]).count() == 1
    assert run("--json")[1] == ""
    assert Event.objects.filter(name="message.reread").count() == 1


def test_only_the_ticket_and_the_days_asked_for_are_read(desk) -> None:
    arrives(desk.mailbox, mail(subject="One"), mail(subject="Two", sender="dave@example.com"))
    Entry.objects.update(text="wrong", created_at=AT)
    two = Ticket.objects.get(subject="Two")
    assert "1 of 1 messages read, 1 changed." in run("--ticket", str(two.number))[2]
    assert Entry.objects.get(ticket__subject="One").text == "wrong"
    assert "0 of 0 messages read" in run("--since", "2026-03-03")[2]
    assert "2 of 2 messages read, 1 changed." in run("--since", "2026-03-02")[2]
    assert run("--ticket", "999999")[0] == 1


def test_what_agents_wrote_is_not_touched_and_nothing_is_sent(desk) -> None:
    arrives(desk.mailbox, mail())
    ticket = Ticket.objects.get()
    written = builders.an_entry(ticket, "My own words", kind="reply")
    note = builders.an_entry(ticket, "A note", kind="note")
    letters = Letter.objects.count()
    Entry.objects.filter(spooled__isnull=False).update(text="wrong")
    run()
    assert {row.text for row in Entry.objects.filter(pk__in=[written.pk, note.pk])} == {"My own words", "A note"}
    assert Entry.objects.get(spooled__isnull=False).text == "It burns.\n"
    assert Letter.objects.count() == letters
    assert ticket.status == Ticket.objects.get().status


def test_each_chunk_is_stored_before_the_next_so_that_a_run_may_be_interrupted(
    desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reread, "CHUNK", 2)
    arrives(desk.mailbox, *(mail(subject=f"No. {at}", sender=f"c{at}@example.com") for at in range(5)))
    Entry.objects.update(text="wrong")
    steps = reread.run(reread.candidates(), at=AT)
    assert next(steps).read == 2
    steps.close()
    assert Entry.objects.filter(text="It burns.\n").count() == 2
    assert [step.read for step in reread.run(reread.candidates(), at=AT)] == [2, 2, 1]
    assert not Entry.objects.filter(text="wrong").exists()


def test_e3_an_agent_reads_a_message_in_another_charset_and_later_runs_keep_that(desk) -> None:
    raw = mail(text="WORDS").replace(b"charset=utf-8", b"charset=iso-8859-1")
    arrives(desk.mailbox, raw.replace(b"WORDS", CYRILLIC.encode("koi8-r")))
    entry = Entry.objects.get()
    assert entry.text.strip() != CYRILLIC
    agent = builders.alice()
    reread.reread(entry, by=agent, at=AT, charset="koi8-r")
    entry.refresh_from_db()
    assert entry.text.strip() == CYRILLIC
    assert entry.remarks["charset"] == ["koi8-r", "chosen"]
    assert Ticket.objects.get().snippet == CYRILLIC
    assert Event.objects.get(name="message.reread").agent == agent
    run()
    entry.refresh_from_db()
    assert entry.text.strip() == CYRILLIC
    reread.reread(entry, by=agent, at=AT, charset="")
    entry.refresh_from_db()
    assert "charset" not in entry.remarks


def test_a_charset_that_is_none_and_a_message_that_is_gone_are_refused(desk) -> None:
    arrives(desk.mailbox, mail())
    entry = Entry.objects.get()
    with pytest.raises(Invalid, match="no charset"):
        reread.reread(entry, by=builders.alice(), at=AT, charset="klingon")
    with pytest.raises(Refused):
        reread.reread(builders.an_entry(entry.ticket, "x", kind="note"), by=builders.alice(), at=AT)


def test_e7_files_beyond_the_limits_are_left_out_named_and_come_back_when_the_limits_go(desk) -> None:
    MailSettings.objects.update(max_files=1, refused_file_types="pdf")
    arrives(desk.mailbox, WITH_FILES)
    entry = Entry.objects.get()
    assert [file.filename for file in entry.attachments.all()] == ["list.csv"]
    assert entry.remarks["left_out"] == [{"filename": "bill.pdf", "size": 6, "why": "type not accepted"}]
    MailSettings.objects.update(max_files=0, refused_file_types="")
    run()
    entry.refresh_from_db()
    assert [file.filename for file in entry.attachments.all()] == ["bill.pdf", "list.csv"]
    assert "left_out" not in entry.remarks


def test_e7_a_message_over_the_limit_is_a_ticket_with_its_words_and_the_rest_comes_on_demand(
    desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postdesk.flow.source.BEGINNING", 20_000)
    MailSettings.objects.update(max_message_size=10_000)
    raw = WITH_FILES.replace(b"a,b\r\n", b"a,b\r\n" * 8_000)
    arrives(desk.mailbox, raw)
    entry = Entry.objects.get()
    assert entry.text == "See both."
    assert entry.remarks["beginning_of"] == len(raw)
    assert [file.filename for file in entry.attachments.all()] == ["bill.pdf"]
    run()
    assert Entry.objects.get().remarks["beginning_of"] == len(raw)
    reread.reread(entry, by=builders.alice(), at=AT)
    entry.refresh_from_db()
    assert [file.filename for file in entry.attachments.all()] == ["bill.pdf", "list.csv"]
    assert "beginning_of" not in entry.remarks
    run()
    assert EntryAttachment.objects.count() == 2
