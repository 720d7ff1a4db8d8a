"""docs/reference says what the program says. Run with WRITE_REFERENCE=1 to write the pages anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from postdesk.cli.reference import commands_reference
from postdesk.flow.desk_file import keys
from postdesk.flow.desk_file.keys import REQUIRED, SECTIONS
from postdesk.flow.desk_file.reference import apply_reference
from postdesk.judge.filters.reference import filters_reference
from postdesk.mailroom.connect import MailboxSetup, SmtpSetup
from postdesk.mailroom.models import MailSettings, RemoteMailbox, SmtpAccount
from postdesk.mailroom.models.connections import Fetched, MailboxAuth, Protocol, SmtpAuth
from postdesk.mailroom.preferences import MailPreferences
from postdesk.people.staff import AgentSetup
from postdesk.tickets.departments import DepartmentSetup
from postdesk.tickets.filter_mail import VARIABLES
from postdesk.tickets.help_topics import HelpTopicSetup
from postdesk.tickets.models import Priority
from postdesk.tickets.notice_preferences import NoticePreferences
from postdesk.tickets.notices.reference import templates_reference
from postdesk.tickets.wording import TemplateSetSetup

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"


def _filters() -> str:
    return filters_reference(VARIABLES)


@pytest.mark.parametrize(
    ("page", "write"),
    [
        ("apply.md", apply_reference),
        ("templates.md", templates_reference),
        ("commands.md", commands_reference),
        ("filters.md", _filters),
    ],
)
def test_a_reference_page_is_what_the_tables_make_of_it(page: str, write: object) -> None:
    text = write()  # type: ignore[operator]
    if os.environ.get("WRITE_REFERENCE"):
        (REFERENCE / page).write_text(text)

    assert (REFERENCE / page).read_text() == text


def test_every_variable_that_is_read_is_in_the_reference_and_no_other() -> None:
    source = (ROOT / "src/postdesk/project/environment.py").read_text()
    read = set(re.findall(r'env\.get\("(\w+)"', source))
    documented = set(re.findall(r"^\| `(\w+)` \|", (REFERENCE / "settings.md").read_text(), re.MULTILINE))

    assert "POSTDESK_DATA" in read
    assert documented == read


@pytest.mark.parametrize(
    ("section", "setup"),
    [
        (keys.SETTINGS, MailPreferences()),
        (keys.NOTICES, NoticePreferences()),
        (keys.TEMPLATE_SET, TemplateSetSetup("")),
        (keys.DEPARTMENT, DepartmentSetup("x")),
        (keys.HELP_TOPIC, HelpTopicSetup("x")),
        (keys.AGENT, AgentSetup("x")),
        (keys.MAILBOX, MailboxSetup()),
        (keys.SMTP, SmtpSetup()),
    ],
)
def test_the_defaults_in_the_table_are_those_that_hold(section: keys.Section, setup: object) -> None:
    # What new mailboxes do with fetched mail depends on the archive folder, and memberships are no part of an agent.
    apart = {"fetched", "departments"}
    table = {key.name: key.default for key in section.keys if key.default is not REQUIRED and key.name not in apart}

    assert table == {name: getattr(setup, name) for name in table}


def test_every_setting_of_the_database_has_a_key() -> None:
    health = {
        "last_success_at", "last_error", "last_error_at", "failures", "paused_at", "next_fetch_at", "last_attempt_at",
        "last_mail_at", "backlog", "epoch", "watched_since", "retry_at", "id", "email", "credential",
        "connected_at", "repointed_at", "past_epoch", "generation",
    }  # fmt: skip
    for model, section in ((MailSettings, keys.SETTINGS), (RemoteMailbox, keys.MAILBOX), (SmtpAccount, keys.SMTP)):
        columns = {field.name for field in model._meta.concrete_fields} - health
        assert columns == {key.name for key in section.keys} - {"password"}


def test_the_choices_in_the_table_are_those_of_the_database() -> None:
    def allowed(section: keys.Section, name: str) -> tuple[str, ...]:
        key = section.key(name)
        assert key is not None
        return key.allowed

    assert allowed(keys.MAILBOX, "protocol") == tuple(Protocol.values)
    assert allowed(keys.MAILBOX, "fetched") == tuple(Fetched.values)
    assert allowed(keys.MAILBOX, "auth") == tuple(MailboxAuth.values)
    assert allowed(keys.SMTP, "auth") == tuple(SmtpAuth.values)
    assert tuple(Priority.values) == keys.PRIORITIES


def test_every_key_is_explained_in_a_sentence() -> None:
    assert all(key.sentence.endswith(".") for section in SECTIONS for key in section.keys)
