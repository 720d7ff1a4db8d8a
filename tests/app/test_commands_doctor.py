"""`postdesk doctor`: a well installation passes, and each thing that is wrong is found with its remedy."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from typer.testing import CliRunner

from postdesk.cli.main import app
from postdesk.flow.doctor import CHECKS, Finding, examine
from postdesk.mailroom.models import Credential, Email, Letter, MailSettings, RemoteMailbox, SmtpAccount, SpooledMail
from postdesk.mailroom.models.outbox import Kind, State
from postdesk.mailroom.models.spool import Outcome
from tests.app.test_apply import AT, FILE, applied

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def desk() -> None:
    """A desk that is well at AT."""
    applied(FILE)
    RemoteMailbox.objects.update(last_success_at=AT - MINUTE)


def found() -> dict[str, Finding]:
    return {check.name: finding for check, finding in examine(at=AT)}


def failing() -> dict[str, Finding]:
    return {name: finding for name, finding in found().items() if not finding.is_well}


def letter(state: str, *, due: dt.datetime = AT) -> Letter:
    return Letter.objects.create(
        kind=Kind.REPLY, from_address="support@example.org", message_id=f"{state}@x", raw=b"x", size=1, state=state,
        next_try_at=due, created_at=AT, reason="No outgoing server.",
    )  # fmt: skip


def test_a_well_installation_passes_every_check(desk: None) -> None:
    assert failing() == {}
    assert list(found()) == [check.name for check in CHECKS]


def test_an_installation_with_nothing_in_it_yet_is_well() -> None:
    assert failing() == {}


def test_the_command_prints_each_check_and_exits_1_when_one_fails() -> None:
    well = CliRunner().invoke(app, ["doctor"])
    SpooledMail.objects.create(outcome=Outcome.SHUNTED, seen_at=AT)
    ill = CliRunner().invoke(app, ["doctor"])

    assert (well.exit_code, ill.exit_code) == (0, 1)
    assert well.stdout.count("ok   ") == len(CHECKS)
    assert "FAIL held mail: 0 messages held for review, 1 failed" in ill.stdout
    assert "postdesk held" in ill.stdout


def test_fetching_that_is_off_is_found_only_where_mailboxes_wait(desk: None) -> None:
    MailSettings.objects.update(fetching=False)
    with_mailbox = failing()
    RemoteMailbox.objects.update(status=False)

    assert list(with_mailbox) == ["fetching"]
    assert failing() == {}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"last_success_at": AT - 11 * MINUTE}, "support@example.org (late"),
        ({"last_success_at": None}, "support@example.org (never"),
        ({"failures": 1, "last_error": "NO login"}, "support@example.org (failing: NO login)"),
    ],
)
def test_a_mailbox_that_is_not_fetched_in_time_is_named(desk: None, fields: dict[str, Any], words: str) -> None:
    RemoteMailbox.objects.update(**fields)

    assert words in failing()["mailboxes"].text


def test_a_paused_mailbox_is_somebodys_decision(desk: None) -> None:
    RemoteMailbox.objects.update(paused_at=AT, last_success_at=None)

    assert found()["mailboxes"] == Finding("1 mailboxes, 1 of them paused")


def test_addresses_that_cannot_send_are_named(desk: None) -> None:
    SmtpAccount.objects.update(status=False)

    assert "support@example.org" in failing()["sending"].text


def test_addresses_without_a_default_email_are_a_finding() -> None:
    Email.objects.create(address="a@example.org", name="A", created_at=AT, updated_at=AT)

    assert failing()["sending"].text == "no default email is set"


def test_letters_that_wait_too_long_and_letters_perhaps_sent_are_found(desk: None) -> None:
    letter(State.UNCERTAIN)
    uncertain = failing()["outbox"].text
    letter(State.QUEUED, due=AT - 16 * MINUTE)

    assert uncertain == "1 letters were perhaps sent"
    assert failing()["outbox"].text == "1 letters wait too long: No outgoing server."


def test_a_letter_that_is_due_only_now_is_not_stuck(desk: None) -> None:
    letter(State.QUEUED, due=AT - 14 * MINUTE)

    assert failing() == {}


def test_held_mail_is_counted_and_is_no_failure(desk: None) -> None:
    SpooledMail.objects.create(outcome=Outcome.HELD, seen_at=AT)

    assert found()["held mail"] == Finding("1 messages held for review, 0 failed")


def test_a_password_that_no_key_opens_is_found(desk: None) -> None:
    Credential.objects.create(secret=b"from another key", updated_at=AT)

    assert failing()["passwords"].text == "1 of 2 stored passwords cannot be opened"


def test_secret_keys_that_others_can_read_are_found(desk: None) -> None:
    path = Path(settings.DATA) / "secret.keys"
    path.chmod(0o644)
    try:
        open_to_all = failing()
    finally:
        path.chmod(0o600)

    assert open_to_all["secret keys"].remedy == f"chmod 600 {path}"
    assert failing() == {}


def test_a_data_folder_that_is_gone_is_found(desk: None, settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "gone"

    assert failing()["data folder"].text.endswith("gone: No such file or directory")


@pytest.mark.parametrize("url", ["desk.example.org", "ftp://desk.example.org", "https://", "https://x/?a=b"])
def test_a_base_url_that_is_no_site_is_found(settings: Any, url: str) -> None:
    settings.BASE_URL = url

    assert list(failing()) == ["base URL"]


def test_every_check_is_a_sentence() -> None:
    assert all(check.sentence.endswith(".") for check in CHECKS)
