"""`postdesk apply`: what a good file makes of the desk, and that a second run makes nothing of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from postdesk.flow.desk_file import apply_file
from postdesk.mailroom.models import Credential, Email, MailSettings, RemoteMailbox, SmtpAccount, SpooledMail
from postdesk.mailroom.secrets import seal, unseal
from postdesk.people.models import Agent
from postdesk.tickets.models import Department, HelpTopic

AT = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(hours=1)

#: The example of the contract, but for the secrets.
FILE = """
[settings]
fetching = true
default_email = "support@example.org"
alert_email = "support@example.org"
admin_email = "admin@example.net"
default_mta = "support@example.org"

[[department]]
name = "Support"
outgoing_email = "support@example.org"
autoresponse_email = "support@example.org"
new_ticket_autoresponse = true

[[help_topic]]
name = "Billing"
department = "Support"

[[agent]]
email = "alice@example.net"
name = "Alice"
password = "correct horse"
admin = true
departments = ["Support"]

[[email]]
address = "support@example.org"
name = "Example Support"
department = "Support"
help_topic = "Billing"
priority = "normal"
autoresponse = true
  [email.mailbox]
  host = "ssl://mail.example.org"
  port = 993
  protocol = "imap"
  folder = ""
  auth = "basic"
  username = "support"
  password_env = "SUPPORT_PASSWORD"
  status = true
  frequency = 5
  per_fetch = 30
  fetched = "move"
  archive_folder = "Processed"
  verify_tls = true
  push = true
  [email.smtp]
  status = true
  host = "tls://mail.example.org"
  port = 587
  auth = "mailbox"
  header_spoofing = false
"""
ENVIRONMENT = {"SUPPORT_PASSWORD": "s3cret", "OTHER_PASSWORD": "0ther"}

pytestmark = pytest.mark.django_db


def applied(text: str, *, at: dt.datetime = AT, dry_run: bool = False, folder: Path | None = None) -> tuple[str, ...]:
    return apply_file(text, at=at, dry_run=dry_run, env=ENVIRONMENT.get, folder=folder)


def test_the_example_makes_a_whole_desk() -> None:
    lines = applied(FILE)

    assert lines == (
        "email support@example.org: created",
        "mailbox of support@example.org: created",
        "smtp of support@example.org: created",
        'department Support: outgoing_email "" -> support@example.org',
        'department Support: autoresponse_email "" -> support@example.org',
        "help topic Billing: created",
        "agent alice@example.net: created",
        "settings: fetching false -> true",
        'settings: default_email "" -> support@example.org',
        'settings: alert_email "" -> support@example.org',
        'settings: admin_email "" -> admin@example.net',
        'settings: default_mta "" -> support@example.org',
    )
    email = Email.objects.get()
    mailbox = email.mailbox
    assert (mailbox.host, mailbox.port, mailbox.protocol, mailbox.folder) == ("ssl://mail.example.org", 993, "imap", "")
    assert (mailbox.fetched, mailbox.archive_folder, mailbox.frequency, mailbox.per_fetch) == (
        "move",
        "Processed",
        5,
        30,
    )
    assert mailbox.credential is not None
    assert unseal(mailbox.credential.secret) == "s3cret"
    assert (email.smtp.auth, email.smtp.port, email.smtp.credential) == ("mailbox", 587, None)
    assert (email.new_tickets.department.name, email.new_tickets.help_topic.name) == ("Support", "Billing")
    assert HelpTopic.objects.get().department == Department.objects.get(name="Support")
    agent = Agent.objects.get()
    assert agent.is_admin
    assert agent.check_password("correct horse")
    assert [department.name for department in agent.departments.all()] == ["Support"]
    settings = MailSettings.objects.get()
    assert settings.fetching
    assert settings.default_mta == settings.default_email == settings.alert_email == email


def test_a_second_run_changes_nothing_and_says_so() -> None:
    applied(FILE)
    stored = Credential.objects.get().secret

    assert applied(FILE, at=LATER) == ()
    assert bytes(Credential.objects.get().secret) == bytes(stored)
    assert Email.objects.get().updated_at == AT


def test_a_dry_run_says_the_same_and_changes_nothing() -> None:
    lines = applied(FILE, dry_run=True)

    assert not Email.objects.exists()
    assert not Agent.objects.exists()
    assert Department.objects.get().outgoing_email is None
    assert lines == applied(FILE)


def test_changes_are_told_with_both_values_and_one_line_each() -> None:
    applied(FILE)

    lines = applied(FILE.replace("port = 993", "port = 1993").replace('name = "Example Support"', 'name = "Desk"'))

    assert lines == (
        "email support@example.org: name Example Support -> Desk",
        "mailbox of support@example.org: port 993 -> 1993",
    )


def test_a_changed_password_is_told_without_its_values() -> None:
    applied(FILE)

    lines = applied(FILE.replace("SUPPORT_PASSWORD", "OTHER_PASSWORD").replace("correct horse", "battery staple"))

    assert lines == (
        "mailbox of support@example.org: password: changed",
        "agent alice@example.net: password: changed",
    )
    assert unseal(Credential.objects.get().secret) == "0ther"
    assert Agent.objects.get().check_password("battery staple")


def test_a_password_that_no_key_opens_any_more_is_stored_anew() -> None:
    applied(FILE)
    Credential.objects.update(secret=b"sealed under a key that is gone")

    assert applied(FILE) == ("mailbox of support@example.org: password: changed",)
    assert unseal(Credential.objects.get().secret) == "s3cret"


def test_changing_a_mailbox_forgets_its_failures_and_makes_it_due_at_once() -> None:
    applied(FILE)
    failing = {"failures": 7, "last_error": "no such user", "last_error_at": AT, "next_fetch_at": LATER}
    RemoteMailbox.objects.update(**failing)

    applied(FILE)
    untouched = RemoteMailbox.objects.get()
    applied(FILE.replace('username = "support"', 'username = "desk"'))
    changed = RemoteMailbox.objects.get()

    assert (untouched.failures, untouched.next_fetch_at) == (7, LATER)
    assert (changed.failures, changed.last_error, changed.next_fetch_at) == (0, "", None)


def test_a_new_password_alone_also_forgets_the_failures() -> None:
    applied(FILE)
    RemoteMailbox.objects.update(failures=3, last_error="wrong password", next_fetch_at=LATER)

    applied(FILE.replace("SUPPORT_PASSWORD", "OTHER_PASSWORD"))

    assert RemoteMailbox.objects.values_list("failures", "last_error", "next_fetch_at").get() == (0, "", None)


def test_what_the_file_does_not_name_stays_as_it_is() -> None:
    applied(FILE)
    Email.objects.update(notes="kept")
    Department.objects.update(signature="Your desk")

    lines = applied('[[email]]\naddress = "SUPPORT@example.org"\nautoresponse = false\n')

    assert lines == (
        "email SUPPORT@example.org: address support@example.org -> SUPPORT@example.org",
        "email SUPPORT@example.org: autoresponse true -> false",
    )
    email = Email.objects.get()
    assert (email.notes, email.name, email.mailbox.port) == ("kept", "Example Support", 993)
    assert Department.objects.get().signature == "Your desk"
    assert Agent.objects.count() == HelpTopic.objects.count() == 1


def test_an_empty_file_changes_nothing() -> None:
    applied(FILE)

    assert applied("") == ()
    assert Email.objects.count() == 1


def test_names_may_be_of_things_that_the_database_has_already() -> None:
    applied(FILE)

    lines = applied('[[help_topic]]\nname = "Returns"\ndepartment = "Support"\n[settings]\nalert_email = ""\n')

    assert lines == ("help topic Returns: created", 'settings: alert_email support@example.org -> ""')


def test_another_department_becomes_the_default_and_the_old_one_steps_down() -> None:
    lines = applied('[[department]]\nname = "Desk"\ndefault = true\n[[department]]\nname = "Support"\n')

    assert lines == ("department Desk: created", "department Support: default true -> false")
    assert Department.objects.get(is_default=True).name == "Desk"
    assert applied('[[department]]\nname = "Desk"\ndefault = true\n') == ()


def test_the_default_moves_to_a_department_that_existed_with_the_old_one_unnamed() -> None:
    Department.objects.create(name="Desk")

    assert applied('[[department]]\nname = "Desk"\ndefault = true\n') == ("department Desk: default false -> true",)
    assert Department.objects.get(is_default=True).name == "Desk"


def test_agents_work_in_exactly_the_departments_they_are_given() -> None:
    applied(FILE)

    text = FILE.replace('departments = ["Support"]', 'departments = ["Sales"]') + '\n[[department]]\nname = "Sales"\n'

    assert applied(text) == ("department Sales: created", "agent alice@example.net: departments Support -> Sales")
    assert [department.name for department in Agent.objects.get().departments.all()] == ["Sales"]


def test_a_new_agent_without_password_cannot_sign_in() -> None:
    applied('[[agent]]\nemail = "Bob@Example.net"\nname = "Bob"\nsignature = "B."\nactive = false\n')

    agent = Agent.objects.get()
    assert (agent.email, agent.signature, agent.is_active) == ("bob@example.net", "B.", False)
    assert not agent.has_usable_password()


def test_secrets_may_come_from_a_file_beside_the_desk_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n")

    applied(FILE.replace('password_env = "SUPPORT_PASSWORD"', 'password_file = "password"'), folder=tmp_path)

    assert unseal(Credential.objects.get().secret) == "from a file"


def test_a_private_ca_is_stored_by_its_absolute_path(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")

    applied(FILE.replace("verify_tls = true", 'ca_file = "ca.pem"'), folder=tmp_path)

    assert RemoteMailbox.objects.get().ca_file == str((tmp_path / "ca.pem").resolve())


def test_fetched_mail_stays_where_it_is_unless_an_archive_folder_is_named() -> None:
    bare = '[[email]]\naddress = "{0}@example.org"\nname = "A"\n[email.mailbox]\nhost = "h.example"\npassword = "p"\n'

    applied(bare.format("a") + bare.format("b") + 'archive_folder = "Done"\n')

    found = RemoteMailbox.objects.order_by("email__address").values_list("fetched", "archive_folder")
    assert list(found) == [("nothing", ""), ("move", "Done")]


def test_smtp_with_a_login_of_its_own() -> None:
    text = FILE.replace('auth = "mailbox"', 'auth = "basic"\n  username = "relay"\n  password = "relay-pass"')

    applied(text)
    account = SmtpAccount.objects.get()

    assert account.credential is not None
    assert (account.username, unseal(account.credential.secret)) == ("relay", "relay-pass")
    assert applied(text) == ()
    assert applied(text.replace("relay-pass", "x")) == ("smtp of support@example.org: password: changed",)


def seen(mailbox: RemoteMailbox, uid: int | None = None, uidl: str | None = None, epoch: int = 1) -> SpooledMail:
    return SpooledMail.objects.create(mailbox=mailbox, folder="INBOX", epoch=epoch, uid=uid, uidl=uidl, seen_at=AT)


def test_another_server_may_give_the_same_uids_again_and_no_mail_is_taken_for_seen() -> None:
    applied(FILE)
    mailbox = RemoteMailbox.objects.get()
    before = [seen(mailbox, 5), seen(mailbox, 5, epoch=2), seen(mailbox, uidl="a1", epoch=0)]
    RemoteMailbox.objects.update(epoch=2)

    for host in ("ssl://new.example.org", "ssl://newer.example.org"):
        applied(FILE.replace("ssl://mail.example.org", host), at=LATER)
        # Keys of the server before would refuse these by their unique constraints.
        fresh = [seen(mailbox, 5), seen(mailbox, 5, epoch=2), seen(mailbox, uidl="a1", epoch=0)]
        assert {row.pk for row in fresh}.isdisjoint({row.pk for row in before})

    assert SpooledMail.objects.filter(mailbox=mailbox).count() == 9
    assert SpooledMail.objects.get(pk=before[0].pk).settled_at == LATER
    assert RemoteMailbox.objects.get().epoch == 0


def test_turning_encryption_on_leaves_the_ledger_alone() -> None:
    plain = FILE.replace("ssl://mail.example.org", "plain://mail.example.org").replace("port = 993", "port = 143")
    applied(plain)
    row = seen(RemoteMailbox.objects.get(), 5)

    applied(FILE)

    row.refresh_from_db()
    assert (row.epoch, row.uid, row.settled_at) == (1, 5, None)


def test_a_thousand_unchanged_addresses_cost_no_query_each(django_assert_max_num_queries: object) -> None:
    email = '[[email]]\naddress = "a{0}@example.org"\nname = "A"\n[email.mailbox]\nhost = "h"\npassword = "p"\n'
    text = "".join(email.format(number) for number in range(30))
    applied(text)

    with django_assert_max_num_queries(18):  # type: ignore[operator]
        assert applied(text) == ()


def test_sealed_passwords_are_not_readable_in_the_database() -> None:
    applied(FILE)

    assert b"s3cret" not in bytes(Credential.objects.get().secret)
    assert unseal(seal("s3cret")) == "s3cret"
