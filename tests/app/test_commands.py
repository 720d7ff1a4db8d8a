"""The commands, from their arguments and standard input to what they print and their exit codes."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from django.db import connection
from django.test.utils import CaptureQueriesContext
from typer.testing import CliRunner

from postdesk.cli.main import app
from postdesk.cli.paging import pages
from postdesk.flow.intake import take_in
from postdesk.mailroom.models import LetterRecipient, RemoteMailbox, SpooledMail
from postdesk.mailroom.models.outbox import State
from postdesk.mailroom.models.spool import Outcome
from postdesk.tickets.models import Entry, Ticket
from tests.app.test_apply import AT, FILE, applied

pytestmark = pytest.mark.django_db

MAIL = b"""\
From: Carol <carol@example.com>
To: support@example.org
Subject: Where is my invoice?
Message-ID: <one@example.com>
Date: Mon, 4 May 2026 10:00:00 +0000

I cannot find it.
"""


def postdesk(*arguments: str, given: bytes = b"") -> Result:
    result = CliRunner().invoke(app, list(arguments), input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def lines(*arguments: str) -> list[dict[str, Any]]:
    result = postdesk(*arguments)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def desk() -> None:
    applied(FILE)


@pytest.fixture
def ticket(desk: None) -> Ticket:
    """One ticket, come in by the pipe."""
    assert postdesk("intake", "--mailbox", "Support@Example.org", given=MAIL).exit_code == 0
    take_in(RemoteMailbox.objects.get().pk)
    return Ticket.objects.get()


def test_apply_prints_what_it_changed_and_then_that_nothing_is_left_to_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPORT_PASSWORD", "s3cret")
    file = tmp_path / "desk.toml"
    file.write_text(FILE)

    dry, first, second = (
        postdesk("apply", str(file), "--dry-run"),
        postdesk("apply", str(file)),
        postdesk("apply", str(file)),
    )

    assert "email support@example.org: created" in first.stdout.splitlines()
    assert dry.stdout == first.stdout
    assert dry.stderr == "Dry run: nothing was changed.\n"
    assert second.stdout == "Nothing to change.\n"
    assert "s3cret" not in first.output


def test_apply_reads_standard_input_and_names_every_problem_on_standard_error() -> None:
    result = postdesk("apply", "-", given=b"[settings]\nfetch = 1\nfetching = 2\n")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines()[1:] == [
        "settings.fetching: must be true or false, not a number",
        "postdesk: The file has 2 problems; nothing was changed.",
    ]


def test_apply_says_that_there_is_no_such_file_and_that_a_file_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'a = "\xe9"')

    gone, latin = postdesk("apply", str(tmp_path / "gone")), postdesk("apply", str(tmp_path / "latin"))

    assert (gone.exit_code, latin.exit_code) == (66, 1)
    assert gone.stderr.endswith("gone: No such file or directory\n")
    assert latin.stderr.endswith("latin: is not UTF-8 (byte 5)\n")


def test_a_piped_message_is_stored_once_however_often_it_comes(desk: None) -> None:
    codes = [postdesk("intake", "--mailbox", "support@example.org", given=MAIL).exit_code for _ in range(2)]

    assert codes == [0, 0]
    assert SpooledMail.objects.get().message_id == "one@example.com"


@pytest.mark.parametrize(
    ("arguments", "given", "code"),
    [
        ((), b"", 66),
        ((), b" \r\n", 66),
        ((), b"just words\n\nSubject: too late\n", 65),
        (("--mailbox", "nobody@example.org"), MAIL, 77),
        ((), b"From MAILER-DAEMON Mon May  4 10:00:00 2026\n" + MAIL, 0),
        ((), b"\nSubject: after an empty line", 0),
        ((), b"Subject:", 0),
    ],
)
def test_intake_answers_with_the_codes_of_sysexits(arguments: tuple[str, ...], given: bytes, code: int) -> None:
    result = postdesk("intake", *arguments, given=given)

    assert result.exit_code == code
    assert SpooledMail.objects.count() == (code == 0)
    assert (result.stderr == "") == (code == 0)


def test_tickets_are_listed_newest_first_with_their_message_ids(ticket: Ticket) -> None:
    postdesk(
        "intake", "--mailbox", "support@example.org", given=MAIL.replace(b"one@", b"two@").replace(b"Where", b"And")
    )
    take_in(RemoteMailbox.objects.get().pk)

    found = lines("tickets", "--json")

    assert [one["message_ids"] for one in found] == [["two@example.com"], ["one@example.com"]]
    first = found[1]
    assert {key: first[key] for key in ("number", "subject", "status", "department", "help_topic", "priority")} == {
        "number": ticket.number,
        "subject": "Where is my invoice?",
        "status": "open",
        "department": "Support",
        "help_topic": "Billing",
        "priority": "normal",
    }
    assert (first["user"], first["entries"], first["via"]) == ("carol@example.com", 1, "support@example.org")
    assert dt.datetime.fromisoformat(first["opened_at"]).utcoffset() == dt.timedelta(0)
    assert len(lines("tickets", "--json", "--limit", "1")) == 1


def test_without_json_people_get_a_table(ticket: Ticket) -> None:
    assert str(ticket.number) in postdesk("tickets").stdout
    assert "I cannot find it." in postdesk("ticket", str(ticket.number)).stdout
    assert "support@example.org" in postdesk("emails").stdout
    assert "carol@example.com" in postdesk("outbox").stdout
    assert "one@example.com" in postdesk("ledger").stdout
    assert postdesk("held").stdout == "No mail is held.\n"


def test_a_reply_is_queued_and_its_delivery_is_shown_with_the_ticket(ticket: Ticket) -> None:
    result = postdesk("reply", str(ticket.number), "--as", "Alice@example.net", given="Here it is – bitte.\n".encode())
    assert result.exit_code == 0

    shown = json.loads(postdesk("ticket", str(ticket.number), "--json").stdout)

    message, reply = shown["entries"]
    assert (message["kind"], message["author"]) == ("message", {"name": "Carol", "address": "carol@example.com"})
    assert (reply["kind"], reply["text"], reply["author"]["name"]) == ("reply", "Here it is – bitte.", "Alice")
    assert [(one["address"], one["state"]) for one in reply["delivery"]] == [("carol@example.com", "queued")]
    assert "reply.sent" in [event["name"] for event in shown["events"]]
    assert shown["message_ids"] == ["one@example.com"]


def test_a_note_is_not_mailed(ticket: Ticket) -> None:
    before = LetterRecipient.objects.count()

    assert postdesk("reply", str(ticket.number), "--as", "alice@example.net", "--note", given=b"psst").exit_code == 0

    assert LetterRecipient.objects.count() == before
    assert Entry.objects.get(kind="note").text == "psst"


def test_a_reply_is_what_the_agents_role_in_the_tickets_department_allows(ticket: Ticket) -> None:
    applied(
        '[[department]]\nname = "Elsewhere"\n[[agent]]\nemail = "rita@example.net"\nname = "Rita"\n'
        'departments = ["Elsewhere"]\n'
    )
    asked = ("reply", str(ticket.number), "--as", "rita@example.net")
    place = ticket.department.name

    result = postdesk(*asked, given=b"Mine?")
    assert (result.exit_code, Entry.objects.count()) == (1, 1)
    assert f"rita@example.net does not work in {place} and was not given #{ticket.number}" in result.stderr

    applied(
        f'[[agent]]\nemail = "rita@example.net"\n[[agent.access]]\ndepartment = "{place}"\nrole = "View only"\n'
        '[[agent.access]]\ndepartment = "Elsewhere"\nrole = "Expanded Access"\n'
    )
    result = postdesk(*asked, given=b"Mine?")
    assert (result.exit_code, Entry.objects.count()) == (1, 1)
    assert f"rita@example.net may not do this in {place}" in result.stderr


@pytest.mark.parametrize(
    ("number", "agent", "given", "sentence"),
    [
        ("1", "alice@example.net", b"x", "there is no ticket #1"),
        ("NUMBER", "mallory@example.net", b"x", "there is no active agent mallory@example.net"),
        ("NUMBER", "alice@example.net", b" \n", "The reply is empty."),
    ],
)
def test_a_reply_that_cannot_be_is_refused_in_a_sentence(
    ticket: Ticket, number: str, agent: str, given: bytes, sentence: str
) -> None:
    result = postdesk("reply", number.replace("NUMBER", str(ticket.number)), "--as", agent, given=given)

    assert (result.exit_code, result.stderr) == (1, f"postdesk: {sentence}\n")
    assert not Entry.objects.filter(kind="reply").exists()


def test_emails_show_settings_and_health_but_no_secret(desk: None) -> None:
    applied('[[email]]\naddress = "bare@example.org"\nname = "Bare"\n')
    RemoteMailbox.objects.update(last_error="NO [AUTHENTICATIONFAILED]", failures=2, backlog=7)

    result = postdesk("emails", "--json")
    bare, support = (json.loads(line) for line in result.stdout.splitlines())

    assert "s3cret" not in result.stdout
    assert support["mailbox"]["host"] == "ssl://mail.example.org"
    assert support["mailbox"]["has_password"]
    assert "password" not in support["mailbox"]
    assert support["smtp"]["auth"] == "mailbox"
    health = {key: support["health"][key] for key in ("freshness", "last_error", "backlog", "mode", "last_success_at")}
    assert health == {
        "freshness": "failing",
        "last_error": "NO [AUTHENTICATIONFAILED]",
        "backlog": 7,
        "mode": "polled",
        "last_success_at": None,
    }
    assert (bare["mailbox"], bare["smtp"], bare["health"]["freshness"]) == (None, None, "off")
    assert set(bare["health"]) == set(support["health"])


def test_the_outbox_has_a_line_for_each_recipient_with_its_state_and_reason(ticket: Ticket) -> None:
    LetterRecipient.objects.update(state=State.DEFERRED, reply="450 4.2.1 later", code=450)

    (line,) = lines("outbox", "--json")

    assert (line["to"], line["state"], line["reason"], line["code"]) == (
        "carol@example.com",
        "deferred",
        "450 4.2.1 later",
        450,
    )
    assert (line["kind"], line["from"], line["ticket"]) == ("autoresponse", "support@example.org", ticket.number)
    assert line["next_try_at"] is not None


def test_the_ledger_names_the_ticket_that_a_message_became(ticket: Ticket) -> None:
    postdesk("intake", given=MAIL.replace(b"one@", b"piped@"))

    everything, of_mailbox = lines("ledger", "--json"), lines("ledger", "--json", "--mailbox", "SUPPORT@example.org")

    assert [line["outcome"] for line in everything] == ["waiting", "ticket"]
    assert [(line["message_id"], line["ticket"]) for line in of_mailbox] == [("one@example.com", ticket.number)]
    assert postdesk("ledger", "--mailbox", "x@example.org").stderr == (
        "postdesk: x@example.org is not an address of this desk\n"
    )


def test_held_mail_is_listed_with_who_wrote_it_and_why_it_waits(ticket: Ticket) -> None:
    SpooledMail.objects.update(outcome=Outcome.HELD, reason="A stranger writes to ticket #1.")

    (line,) = lines("held", "--json")

    assert line["from"] == {"name": "Carol", "address": "carol@example.com"}
    assert (line["subject"], line["reason"]) == ("Where is my invoice?", "A stranger writes to ticket #1.")


def test_a_list_takes_the_same_number_of_queries_however_long_it_is(desk: None) -> None:
    mailbox = RemoteMailbox.objects.get()
    queries: list[int] = []
    for count in (3, 40):
        SpooledMail.objects.all().delete()
        rows = [SpooledMail(mailbox=mailbox, folder="INBOX", epoch=1, uid=uid, seen_at=AT) for uid in range(count)]
        SpooledMail.objects.bulk_create(rows)
        with CaptureQueriesContext(connection) as captured:
            assert len(lines("ledger", "--json")) == count
        queries.append(len(captured))

    assert queries[0] == queries[1]


def test_pages_go_on_where_the_last_one_ended(desk: None) -> None:
    rows = [SpooledMail(folder="INBOX", uid=uid, seen_at=AT) for uid in range(7)]
    SpooledMail.objects.bulk_create(rows)

    def found(limit: int | None, *, descending: bool = True) -> list[list[int]]:
        some = pages(SpooledMail.objects.all(), limit=limit, size=3, descending=descending)
        return [[row.uid for row in page] for page in some]

    assert found(None) == [[6, 5, 4], [3, 2, 1], [0]]
    assert found(4) == [[6, 5, 4], [3]]
    assert found(None, descending=False) == [[0, 1, 2], [3, 4, 5], [6]]


def test_reconcile_without_a_mailbox_switched_on_finds_nothing_to_compare(desk: None) -> None:
    RemoteMailbox.objects.update(status=False)

    result = postdesk("reconcile")

    assert (result.exit_code, result.stdout) == (0, "No mailbox is switched on.\n")
    assert postdesk("reconcile", "--mailbox", "x@example.org").exit_code == 1


def test_reconcile_goes_on_when_a_server_cannot_be_reached(desk: None) -> None:
    # Port 9 of the local machine: nobody listens there.
    RemoteMailbox.objects.update(host="plain://127.0.0.1", port=9)

    result = postdesk("reconcile")

    assert result.exit_code == 1
    assert result.stdout.startswith("support@example.org: could not be compared: ")
