"""`postdesk apply`: what is wrong is named by its key, all at once, and nothing is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from postdesk.basics.errors import Refused
from postdesk.flow.desk_file import apply_file
from postdesk.flow.desk_file.rules import RULES
from postdesk.mailroom.models import Email
from postdesk.people.models import Agent
from postdesk.tickets.models import Department
from tests.app.test_apply import AT, ENVIRONMENT, FILE, applied

pytestmark = pytest.mark.django_db

BARE = '[[email]]\naddress = "a@example.org"\nname = "A"\n'
BOX = BARE + '[email.mailbox]\nhost = "mail.example.org"\npassword = "p"\n'
SMTP = BARE + '[email.smtp]\nhost = "mail.example.org"\nauth = "none"\n'


def problems(text: str, folder: Path | None = None) -> list[str]:
    with pytest.raises(Refused) as refused:
        applied(text, folder=folder)
    return list(refused.value.fields["problems"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("colour = 1", "colour: is not known"),
        ("settings = 3", "settings: must be written as [settings]"),
        ("[email]\naddress = 'a@example.org'", "email: must be written as [[email]]"),
        ("[settings]\nfetch = true", "settings.fetch: is not known"),
        ("[settings]\nfetching = 'yes'", "settings.fetching: must be true or false, not text"),
        ("[settings]\nmax_message_size = true", "settings.max_message_size: must be a whole number, not true or false"),
        ("[settings]\nauto_answers_per_hour = 9999", "settings.auto_answers_per_hour: must be between 0 and 1000"),
        ("[settings]\nadmin_email = 'nobody'", "settings.admin_email: must be one e-mail address"),
        ("[settings]\nreply_separator = '''a\nb'''", "settings.reply_separator: must be a single line"),
        ("[[department]]\nsignature = 'x'", "department[1].name: is required"),
        ("[[department]]\nname = ' '", "department[1].name: must not be empty"),
        ("[[department]]\nname = '" + "x" * 129 + "'", "department[1].name: must not be longer than 128 characters"),
        ('[[department]]\nname = "a\\u0000b"', "department[1].name: must not hold a NUL"),
        ("[[help_topic]]\nname = 'T'\npriority = 'urgent'", "help_topic[1].priority: must be one of"),
        ("[[agent]]\nemail = 'a b@example.org'\nname = 'A'", "agent[1].email: must be one e-mail address"),
        ("[[agent]]\nemail = 'a@example.org'", "agent[1].name: is required"),
        (
            "[[agent]]\nemail = 'a@example.org'\nname = 'A'\npassword = 7",
            "agent[1].password: must be text, not a number",
        ),
        ("[[agent]]\nemail = 'a@example.org'\nname = 'A'\npassword = ''", "agent[1].password: must not be empty"),
        ("[[agent]]\nemail = 'a@example.org'\nname = 'A'\ndepartments = 'S'", "agent[1].departments: must be a list"),
        ("[[email]]\naddress = 'A <a@example.org>'\nname = 'A'", "email[1].address: must be one e-mail address"),
        ("[[email]]\naddress = 'a@example..org'\nname = 'A'", "email[1].address: must be one e-mail address"),
        ("[[email]]\naddress = 'a@example.org'", "email[1].name: is required"),
        (BARE + "mailbox = []", "email[1].mailbox: must be written as [email.mailbox]"),
        (BARE + "[email.mailbox]\npassword = 'p'", "email[1].mailbox.host: is required"),
        (BOX + "port = 0", "email[1].mailbox.port: must be between 1 and 65535"),
        (BOX + "port = '993'", "email[1].mailbox.port: must be a whole number, not text"),
        (BOX + "frequency = 0", "email[1].mailbox.frequency: must be between 1 and 10080"),
        (BOX + "per_fetch = 1001", "email[1].mailbox.per_fetch: must be between 1 and 1000"),
        (BOX + "protocol = 'jmap'", 'email[1].mailbox.protocol: must be one of "imap", "pop3"'),
        (BOX + "password_file = 'x'", "email[1].mailbox.password_file: gives password a second time"),
        (BOX + "ca_file = '/nowhere/ca.pem'", "email[1].mailbox.ca_file: the file /nowhere/ca.pem cannot be read"),
        (BOX + "folder_env = 'X'", "email[1].mailbox.folder_env: is not known"),
        (SMTP + "spoofing = true", "email[1].smtp.spoofing: is not known"),
    ],
)
def test_a_wrong_value_is_named_by_the_path_of_its_key(text: str, expected: str) -> None:
    found = problems(text)

    assert [problem for problem in found if problem.startswith(expected)] == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BARE + BARE.replace("a@", "A@"), "email[2].address: A@example.org stands in the file already, as email[1]"),
        ("[[department]]\nname = 'D'\n" * 2, "department[2].name: D stands in the file already"),
        ("[[agent]]\nemail = 'b@example.org'\nname = 'B'\n" * 2, "agent[2].email: b@example.org stands in the file"),
        (BARE + "department = 'Nowhere'", 'email[1].department: there is no department "Nowhere"'),
        (BARE + "help_topic = 'Nothing'", 'email[1].help_topic: there is no help topic "Nothing"'),
        ("[settings]\ndefault_email = 'x@example.org'", 'settings.default_email: there is no email "x@example.org"'),
        ("[[department]]\nname = 'D'\noutgoing_email = 'x'", 'department[1].outgoing_email: there is no email "x"'),
        (
            "[[agent]]\nemail = 'b@example.org'\nname = 'B'\ndepartments = ['X']",
            "agent[1].departments: there is no depa",
        ),
        (BARE + "[settings]\ndefault_mta = 'a@example.org'", "settings.default_mta: a@example.org has no SMTP"),
        (
            SMTP + "status = false\n[settings]\ndefault_mta = 'a@example.org'",
            "settings.default_mta: a@example.org has its",
        ),
        (BARE + "[settings]\nadmin_email = 'A@example.org'", "email[1].address: Email already used as admin email."),
        (BARE + "[[agent]]\nemail = 'a@example.org'\nname = 'A'", "email[1].address: Email in use by an agent."),
        (
            "[[department]]\nname = 'D'\ndefault = true\n[[department]]\nname = 'E'\ndefault = true",
            "department[2].default",
        ),
        (
            "[[department]]\nname = 'Support'\ndefault = false",
            "department[1].default: one department must be the default",
        ),
        ("[[department]]\nname = 'Support'\nactive = false", "department[1].active: the default department must be"),
        (
            BOX + "protocol = 'pop3'\nfolder = 'INBOX'",
            "email[1].mailbox.folder: POP mail servers do not support folders",
        ),
        (BOX + "protocol = 'pop3'\nfetched = 'move'", "email[1].mailbox.fetched: POP mail servers do not support"),
        (BOX + "fetched = 'move'", "email[1].mailbox.archive_folder: Valid folder required"),
        (
            BOX + "archive_folder = 'inbox'",
            "email[1].mailbox.archive_folder: Archive folder cannot be same as fetched folder",
        ),
        (
            BOX + "folder = 'In'\narchive_folder = 'In'",
            "email[1].mailbox.archive_folder: Archive folder cannot be same",
        ),
        (BOX + "auth = 'oauth2-google'", "email[1].mailbox.auth: needs the table [email.mailbox.oauth2]"),
        (
            BOX.replace("password = 'p'", "").replace('password = "p"', ""),
            "email[1].mailbox.password: Password required",
        ),
        (BOX.replace("mail.ex", "http://mail.ex"), 'email[1].mailbox.host: "http://" is not known here'),
        (
            BOX.replace('example.org"\np', 'example.org:143"\nport = 993\np'),
            "email[1].mailbox.port: The host name says",
        ),
        (
            BOX.replace("mail.ex", "ssl://mail.ex") + "port = 143",
            "email[1].mailbox.port: Port 143 begins in clear text",
        ),
        (BOX.replace("mail.ex", "tls://mail.ex") + "port = 993", "email[1].mailbox.port: Port 993 begins with TLS"),
        (
            "[[department]]\nname = 'Old'\nactive = false\n" + BARE + "department = 'Old'",
            "email[1].department: Department selected must be active.",
        ),
        (
            "[[help_topic]]\nname = 'Old'\nactive = false\n" + BARE + "help_topic = 'Old'",
            "email[1].help_topic: Help Topic selected must be active.",
        ),
        ("[settings]\nreply_separator = ''", "settings.reply_separator: Reply separator is required"),
        (SMTP.replace("none", "oauth2-microsoft"), "email[1].smtp.auth: needs the table [email.smtp.oauth2]"),
        (SMTP.replace("none", "mailbox"), "email[1].smtp.auth: Configure Mailbox Authentication"),
        (SMTP.replace("none", "basic"), "email[1].smtp.password: Password required"),
        (SMTP + "password = 'p'", 'email[1].smtp.password: is not used with auth = "none"'),
        (SMTP.replace("mail.ex", "smtps://mail.ex"), 'email[1].smtp.host: "smtps://" is not known here'),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(text: str, expected: str) -> None:
    found = problems(text)

    assert len(found) == 1
    assert found[0].startswith(expected)


def test_all_problems_are_said_at_once_and_nothing_is_changed() -> None:
    text = FILE.replace("port = 993", "port = 99999").replace('priority = "normal"', 'priority = "asap"')

    found = problems(text.replace('department = "Support"\nhelp_topic', 'department = "Sales"\nhelp_topic') + "\n[x]\n")

    assert [problem.partition(":")[0] for problem in found] == [
        "x",
        "email[1].priority",
        "email[1].mailbox.port",
        "email[1].department",
    ]
    assert not Email.objects.exists()
    assert not Agent.objects.exists()
    assert Department.objects.get().outgoing_email is None


def test_one_key_is_complained_of_only_once() -> None:
    assert problems(BOX + "port = 70000") == ["email[1].mailbox.port: must be between 1 and 65535"]


def test_a_file_that_is_no_toml_is_refused_with_the_line() -> None:
    (problem,) = problems("[settings]\nfetching = ja\n")

    assert problem.startswith("file: is not TOML: ")
    assert "line 2" in problem


def test_no_secret_stands_in_any_problem() -> None:
    text = FILE.replace(
        'password_env = "SUPPORT_PASSWORD"', 'password = "hunter2"\nport = "hunter2"\npasswort = "hunter2"'
    )

    assert "hunter2" not in "\n".join(problems(text))


def test_a_variable_that_is_not_set_is_named() -> None:
    assert problems(FILE.replace("SUPPORT_PASSWORD", "MISSING")) == [
        "email[1].mailbox.password_env: the environment variable MISSING is not set"
    ]


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    text = FILE.replace('password_env = "SUPPORT_PASSWORD"', 'password_file = "gone"')

    assert "email[1].mailbox.password_file: the file gone cannot be read: No such file or directory" in problems(
        text, tmp_path
    )


def test_an_address_cannot_become_that_of_an_agent_in_the_database() -> None:
    applied(FILE)

    assert problems('[[email]]\naddress = "Alice@example.net"\nname = "A"\n') == [
        "email[1].address: Email in use by an agent."
    ]
    assert problems('[[agent]]\nemail = "Support@example.org"\nname = "S"\n') == [
        "agent[1].email: support@example.org is an address of the desk"
    ]
    assert problems('[settings]\nadmin_email = "Support@example.org"\n') == [
        "settings.admin_email: support@example.org is an address of the desk"
    ]


def test_the_rules_see_what_the_database_holds_beside_the_file() -> None:
    applied(FILE)
    address = '[[email]]\naddress = "support@example.org"\n'

    assert problems(address + '[email.mailbox]\nprotocol = "pop3"\n') == [
        "email[1].mailbox.fetched: POP mail servers do not support folders: choose to delete emails, or to do nothing."
    ]
    assert problems(address + "[email.smtp]\nstatus = false\n") == [
        "settings.default_mta: support@example.org has its SMTP switched off"
    ]
    assert applied(address + "[email.mailbox]\nport = 1993\n") == ("mailbox of support@example.org: port 993 -> 1993",)


def test_a_mailbox_that_is_switched_off_may_lack_its_password() -> None:
    applied(BOX.replace('password = "p"', "status = false"))

    assert not Email.objects.get().mailbox.status


def test_no_environment_is_read_unless_one_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPORT_PASSWORD", ENVIRONMENT["SUPPORT_PASSWORD"])

    with pytest.raises(Refused) as refused:
        apply_file(FILE, at=AT)

    assert any("SUPPORT_PASSWORD is not set" in problem for problem in refused.value.fields["problems"])


def test_every_rule_is_a_sentence() -> None:
    assert all(rule.sentence.endswith(".") for rule in RULES)
