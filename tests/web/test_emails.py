"""Emails > Emails: the list, adding, the tabs. Rows S1 to S5, S11 and S12, A1 to A11 and A15 of the acceptance list."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries

from postdesk.basics import clock
from postdesk.flow import email_removal
from postdesk.mailroom.models import Email, MailSettings, RemoteMailbox, SmtpAccount, SpooledMail
from postdesk.mailroom.secrets import unseal
from postdesk.mailroom.today import seen_since
from postdesk.people.models import AuditEntry
from postdesk.tickets.models import Department, HelpTopic, NewTicketSettings, Ticket
from tests.support import builders

ACCOUNT: dict[str, Any] = {
    "account-address": "sales@desk.example",
    "account-name": "Sales",
    "account-autoresponse": "on",
}
OAUTH2: dict[str, Any] = {"grant": "authorization-code", "client_auth": "post", "strict": "on"}
MAILBOX: dict[str, Any] = {
    "mailbox-host": "imap.desk.example",
    "mailbox-port": "993",
    "mailbox-protocol": "imap",
    "mailbox-folder": "",
    "mailbox-auth": "basic",
    "mailbox-username": "",
    "mailbox-password": "hunter2",
    "mailbox-status": "on",
    "mailbox-frequency": "5",
    "mailbox-per_fetch": "30",
    "mailbox-push": "on",
    "mailbox-fetched": "move",
    "mailbox-archive_folder": "Processed",
    "mailbox-verify_tls": "on",
    "mailbox-ca_file": "",
    **{f"mailbox_oauth2-{name}": value for name, value in OAUTH2.items()},
}
SMTP: dict[str, Any] = {
    "smtp-status": "on",
    "smtp-host": "smtp.desk.example",
    "smtp-port": "587",
    "smtp-auth": "mailbox",
    "smtp-username": "",
    "smtp-password": "",
    "smtp-verify_tls": "on",
    "smtp-ca_file": "",
    **{f"smtp_oauth2-{name}": value for name, value in OAUTH2.items()},
}


def submitted(client: Client, email: Email, **changes: Any) -> str:
    """Save all three tabs as they are filled above, but for `changes` ("mailbox__port"); the page that answers."""
    typed = {**ACCOUNT, "account-address": email.address, "account-name": email.name, **MAILBOX, **SMTP}
    typed |= {name.replace("__", "-"): value for name, value in changes.items()}
    typed = {name: value for name, value in typed.items() if value is not None}
    return client.post(f"/panel/emails/{email.pk}", typed, follow=True).content.decode()


@pytest.fixture
def sales(db: None) -> Email:
    return builders.an_email("sales@desk.example", "Sales")


def error_of(page: str, field: str) -> str:
    """What stands beside a field."""
    _, _, after = page.partition(f'id="id_{field}_error"')
    return after.partition("</div>")[0]


# The list (A1, S1).


def test_a1_each_address_is_listed_with_its_department_priority_protocol_and_health(alice: Client) -> None:
    mailbox = builders.a_mailbox("a@desk.example", failures=3, last_error="NO <mailbox> is locked", protocol="pop3")
    NewTicketSettings.objects.create(email=mailbox.email, department=builders.a_department("Billing"), priority="high")
    page = alice.get("/panel/emails").content.decode()
    for words in ("a@desk.example", "Billing", "High", "POP3", "failing", "NO &lt;mailbox&gt; is locked"):
        assert words in page


def test_a14_what_fails_on_the_way_out_is_told_in_the_list_and_on_its_tab(alice: Client, sales: Email) -> None:
    SmtpAccount.objects.create(
        email=sales, host="smtp.desk.example", failures=2, last_error="535 <wrong> password", last_error_at=clock.now()
    )
    assert "Outgoing: 535 &lt;wrong&gt; password" in alice.get("/panel/emails").content.decode()
    tab = alice.get(f"/panel/emails/{sales.pk}").content.decode().partition('id="tab-smtp"')[2]
    assert "2 failures in a row" in tab
    assert "535 &lt;wrong&gt; password" in tab

    SmtpAccount.objects.update(failures=0, last_success_at=clock.now())
    assert "Outgoing: 535" not in alice.get("/panel/emails").content.decode()
    tab = alice.get(f"/panel/emails/{sales.pk}").content.decode().partition('id="tab-smtp"')[2]
    assert "Sent last" in tab


def test_a14_a_mailbox_says_on_its_tab_how_it_is(alice: Client) -> None:
    mailbox = builders.a_mailbox(failures=1, last_error="NO <mailbox> is locked", last_error_at=clock.now())
    page = alice.get(f"/panel/emails/{mailbox.email_id}").content.decode()
    tab = page.partition('id="tab-mailbox"')[2].partition('id="tab-smtp"')[0]
    assert "1 failure in a row" in tab
    assert "NO &lt;mailbox&gt; is locked" in tab
    RemoteMailbox.objects.update(failures=0, last_success_at=clock.now())
    assert "Fetched last" in alice.get(f"/panel/emails/{mailbox.email_id}").content.decode()


@pytest.mark.parametrize("column", ["address", "name", "department", "priority", "protocol", "health", "last", "today"])
def test_a1_the_list_is_sorted_by_every_column_both_ways(column: str, alice: Client) -> None:
    now = clock.now()
    good = builders.a_mailbox("good@desk.example", last_success_at=now, last_mail_at=now, protocol="pop3")
    bad = builders.a_mailbox("bad@desk.example", failures=1, last_mail_at=now - dt.timedelta(days=1))
    Email.objects.filter(pk=good.email_id).update(name="Zoe")
    for mailbox, department, priority in ((good, "Sales", "normal"), (bad, "Billing", "high")):
        NewTicketSettings.objects.create(
            email=mailbox.email, department=builders.a_department(department), priority=priority
        )
    builders.a_spooled_mail(mailbox=good, uid=1, at=now)
    orders = []
    for sort in (column, f"-{column}"):
        page = alice.get(f"/panel/emails?sort={sort}").content.decode()
        orders.append(page.index("good@desk.example") < page.index("bad@desk.example"))
    assert orders[0] != orders[1]


def test_a1_the_list_is_searched_by_address_name_and_department(alice: Client, sales: Email) -> None:
    other = builders.an_email("help@desk.example", "Help")
    NewTicketSettings.objects.create(email=other, department=builders.a_department("Billing"))
    for query, found in (("sal", sales), ("HELP", other), ("bill", other)):
        page = alice.get(f"/panel/emails?q={query}").content.decode()
        assert [row for row in (sales, other) if row.address in page] == [found]


def test_a1_the_list_asks_no_more_for_more_rows(
    alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        builders.a_mailbox(f"box{number:02}@desk.example")
    with django_assert_max_num_queries(14):
        page = alice.get("/panel/emails").content.decode()
    assert "box24@" in page
    assert "box25@" not in page


def test_a1_todays_mail_is_counted_and_yesterdays_is_not(db: None) -> None:
    mailbox, now = builders.a_mailbox(), clock.now()
    for uid, at in enumerate([now - dt.timedelta(days=2), now - dt.timedelta(days=1), now, now]):
        builders.a_spooled_mail(mailbox=mailbox, uid=uid, at=at)
    assert seen_since(now - dt.timedelta(minutes=1)) == {mailbox.pk: 2}


def test_s1_several_are_paused_and_enabled_at_once(alice: Client) -> None:
    boxes = [builders.a_mailbox(f"{name}@desk.example") for name in "abc"]
    chosen = {"row": [box.email_id for box in boxes[:2]]}
    alice.post("/panel/emails/acts", {**chosen, "act": "pause"})
    assert RemoteMailbox.objects.filter(paused_at__isnull=False).count() == 2
    boxes[0].status = False
    boxes[0].save()
    page = alice.post("/panel/emails/acts", {**chosen, "act": "enable"}, follow=True).content.decode()
    assert "2 mailboxes are fetched again." in page
    assert RemoteMailbox.objects.filter(paused_at__isnull=True, status=True).count() == 3
    assert AuditEntry.objects.filter(actor="Alice Moreau", kind="remote mailbox").count() == 4


def test_a1_deleting_is_asked_once_more_and_says_what_follows(alice: Client, sales: Email) -> None:
    default = builders.a_desk_that_can_send()
    department = builders.a_department("Billing", outgoing_email=sales, autoresponse_email=sales)
    mailbox = builders.a_mailbox(sales.address)
    ticket = builders.a_ticket(email=sales)
    builders.a_spooled_mail(mailbox=mailbox, uid=1, outcome="ticket")
    asked = alice.post("/panel/emails/acts", {"row": sales.pk, "act": "delete"}).content.decode()
    assert "Department Billing: its replies will leave from the Default System Email (support@desk.example)." in asked
    assert "Department Billing: its auto-responses will leave from its outgoing email." in asked
    assert Email.objects.filter(pk=sales.pk).exists()

    confirmed = {"row": sales.pk, "act": "delete", "confirmed": "yes"}
    page = alice.post("/panel/emails/acts", confirmed, follow=True).content.decode()
    assert "sales@desk.example is deleted." in page
    assert list(Email.objects.all()) == [default]
    department.refresh_from_db()
    assert (department.outgoing_email, department.autoresponse_email) == (None, None)
    assert Ticket.objects.get(pk=ticket.pk).email is None
    assert SpooledMail.objects.get().via == "support@desk.example"
    assert set(AuditEntry.objects.values_list("verb", "label")) == {
        ("deleted", "sales@desk.example"),
        ("changed", "Billing"),
    }


def test_a1_the_default_and_the_alert_address_are_protected_and_say_why(alice: Client, sales: Email) -> None:
    default = builders.a_desk_that_can_send()
    MailSettings.objects.update(alert_email=sales)
    page = alice.get("/panel/emails").content.decode()
    assert 'name="row"' not in page
    assert "It is the Default System Email" in page
    assert "It is the Default Alert Email" in page
    for email in (default, sales):
        response = alice.post("/panel/emails/acts", {"row": email.pk, "act": "delete", "confirmed": "yes"})
        assert response.status_code == 409
    assert Email.objects.count() == 2
    assert set(email_removal.protected()) == {default.pk, sales.pk}


def test_a1_nothing_chosen_is_said(alice: Client) -> None:
    page = alice.post("/panel/emails/acts", {"act": "delete"}, follow=True).content.decode()
    assert "You must select at least one email." in page


# Adding (A2, A3, S2, S3).


def test_s2_s3_a2_a4_a_new_email_is_added_with_address_and_name_and_then_has_its_other_tabs(alice: Client) -> None:
    builders.a_department("Billing")
    HelpTopic.objects.create(name="Prices")
    first = alice.get("/panel/emails/new").content.decode()
    assert "Remote Mailbox" not in first
    typed = {**ACCOUNT, "account-department": "Billing", "account-help_topic": "Prices", "account-priority": "high"}
    response = alice.post("/panel/emails/new", {**typed, "account-notes": "Ask Dan.", "account-autoresponse": ""})
    email = Email.objects.get()
    assert response.headers["Location"] == f"/panel/emails/{email.pk}#tab-mailbox"
    then = alice.get(f"/panel/emails/{email.pk}").content.decode()
    assert "Remote Mailbox" in then
    assert "Outgoing (SMTP)" in then
    settings = NewTicketSettings.objects.select_related("department", "help_topic").get()
    assert (settings.department.name, settings.help_topic.name) == ("Billing", "Prices")
    assert (settings.priority, settings.autoresponse, email.notes) == ("high", False, "Ask Dan.")
    assert AuditEntry.objects.get(kind="email").after["address"] == "sales@desk.example"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("Support@desk.example", "Email already exists."),
        ("alice@desk.example", "Email in use by an agent."),
        ("admin@desk.example", "Email already used as admin email."),
        ("sales at desk.example", "Email Address must be one e-mail address"),
        ("Sales <sales@desk.example>", "Email Address must be one e-mail address"),
        ("", "This field is required."),
    ],
)
def test_a3_an_address_is_one_address_and_nobody_elses(address: str, words: str, alice: Client) -> None:
    builders.a_desk_that_can_send()
    MailSettings.objects.update(admin_email="admin@desk.example")
    page = alice.post("/panel/emails/new", {**ACCOUNT, "account-address": address}).content.decode()
    assert words in error_of(page, "account-address")
    assert 'value="Sales"' in page
    assert Email.objects.count() == 1


def test_a4_what_is_not_active_cannot_be_chosen_and_what_became_so_is_told(alice: Client, sales: Email) -> None:
    old = Department.objects.create(name="Old", is_active=False)
    page = alice.post("/panel/emails/new", {**ACCOUNT, "account-department": "Old"}).content.decode()
    assert "Old is not one of the available choices" in error_of(page, "account-department")
    NewTicketSettings.objects.create(email=sales, department=old)
    page = alice.get(f"/panel/emails/{sales.pk}").content.decode()
    assert "Old (not active)" in page
    assert "Department selected must be active" in page
    assert "Saved." in submitted(alice, sales, account__department="Old")


def test_a_mailbox_is_not_called_fetched_while_fetching_is_off(alice: Client, sales: Email) -> None:
    MailSettings.objects.update_or_create(pk=1, defaults={"fetching": False})
    page = submitted(alice, sales)
    assert "The mailbox is fetched once Fetch emails is on in Emails &gt; Settings." in page
    assert "is fetched now" not in page


def test_c3_aliases_are_nobody_elses(alice: Client, sales: Email) -> None:
    builders.an_email()
    page = submitted(alice, sales, account__aliases="orders@desk.example\nsupport@desk.example\n")
    assert "support@desk.example is an address of the desk" in error_of(page, "account-aliases")
    submitted(alice, sales, account__aliases="Orders@desk.example\n\n")
    assert Email.objects.get(pk=sales.pk).aliases == ["orders@desk.example"]


# The tabs (A5 to A11, A15, S4 to S9, S11, S12).


def test_a5_all_of_the_tabs_is_saved_together(alice: Client, sales: Email) -> None:
    MailSettings.objects.update_or_create(pk=1, defaults={"fetching": True})
    page = submitted(
        alice, sales, mailbox__folder="Wünsche", mailbox__frequency="2", mailbox__per_fetch="50",
        mailbox__ca_file="/etc/ca.pem", smtp__header_spoofing="on",
    )  # fmt: skip
    assert "Saved. The mailbox is fetched now." in page
    mailbox, smtp = RemoteMailbox.objects.get(), SmtpAccount.objects.get()
    assert (mailbox.host, mailbox.port, mailbox.folder, mailbox.archive_folder) == (
        "imap.desk.example", 993, "Wünsche", "Processed",
    )  # fmt: skip
    assert (mailbox.frequency, mailbox.per_fetch, mailbox.fetched, mailbox.push) == (2, 50, "move", True)
    assert (smtp.host, smtp.auth, smtp.header_spoofing, smtp.status) == ("smtp.desk.example", "mailbox", True, True)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("mailbox-host", {"mailbox__host": ""}, "Host name required."),
        ("mailbox-host", {"mailbox__host": "starttls://imap.desk.example"}, "is not known here"),
        ("mailbox-host", {"mailbox__host": "imap desk"}, "is not a host name."),
        ("mailbox-port", {"mailbox__port": "70000"}, "Port Number must be between 1 and 65535."),
        ("mailbox-port", {"mailbox__port": "x"}, "Enter a whole number."),
        ("mailbox-port", {"mailbox__host": "ssl://imap.desk.example", "mailbox__port": "143"}, "use tls://"),
        ("mailbox-port", {"mailbox__host": "tls://imap.desk.example"}, "use ssl://"),
        ("mailbox-port", {"mailbox__host": "imap.desk.example:143"}, "The host name says port 143"),
        ("mailbox-folder", {"mailbox__protocol": "pop3", "mailbox__folder": "INBOX"}, "do not support folders"),
        ("mailbox-fetched", {"mailbox__protocol": "pop3"}, "POP mail servers do not support folders"),
        ("mailbox-fetched", {"mailbox__fetched": ""}, "Indicate what to do with fetched emails."),
        ("mailbox-archive_folder", {"mailbox__archive_folder": ""}, "Valid folder required"),
        ("mailbox-archive_folder", {"mailbox__archive_folder": "inbox"}, "cannot be same as fetched folder (INBOX)"),
        ("mailbox-password", {"mailbox__password": ""}, "Password required"),
        ("mailbox-frequency", {"mailbox__frequency": "0"}, "must be between 1 and 10080."),
        ("mailbox-per_fetch", {"mailbox__per_fetch": "1001"}, "must be between 1 and 1000."),
        ("mailbox_oauth2-client_id", {"mailbox__auth": "oauth2-google"}, "Client Id required"),
        ("smtp-host", {"smtp__host": ""}, "Host name required."),
        ("smtp-port", {"smtp__host": "ssl://smtp.desk.example"}, "use tls://"),
        ("smtp-password", {"smtp__auth": "basic"}, "Password required"),
        ("smtp_oauth2-client_id", {"smtp__auth": "oauth2-other"}, "Client Id required"),
    ],
)
def test_a5_a7_a8_a9_what_is_wrong_stands_beside_its_field_and_no_tab_is_half_saved(
    field: str, typed: dict[str, str], words: str, alice: Client, sales: Email
) -> None:
    page = submitted(alice, sales, account__name="Another name", **typed)
    assert words.replace("'", "&#x27;") in error_of(page, field)
    # What was typed in the other tabs is still there, and nothing is stored.
    assert 'value="Another name"' in page
    assert 'value="Processed"' in page or "archive" in field
    assert Email.objects.get().name == "Sales"
    assert not RemoteMailbox.objects.exists()
    assert not SmtpAccount.objects.exists()


def test_a9_errors_of_two_tabs_are_summed_up_and_each_tab_is_marked(alice: Client, sales: Email) -> None:
    page = submitted(alice, sales, mailbox__host="", smtp__host="")
    assert "2 things need a look" in page
    assert page.count("to correct</span>") == 2
    assert 'id="to-mailbox" data-open' in page


def test_s11_a11_same_as_remote_mailbox_needs_one(alice: Client, sales: Email) -> None:
    untouched = dict.fromkeys(name.replace("-", "__", 1) for name in MAILBOX)
    first = {**untouched, "mailbox__protocol": "imap", "mailbox__auth": "basic", "mailbox__status": "on"}
    first |= {"mailbox__frequency": "5", "mailbox__per_fetch": "30", "mailbox__push": "on", "mailbox__fetched": "move"}
    first |= {"mailbox__archive_folder": "Processed", "mailbox__verify_tls": "on", "mailbox__first_fetch": "all"}
    page = submitted(alice, sales, **first)
    assert "Configure Mailbox Authentication" in error_of(page, "smtp-auth")
    assert "Saved." in submitted(alice, sales, **first, smtp__auth="none")
    assert not RemoteMailbox.objects.exists()
    assert SmtpAccount.objects.get().auth == "none"


def test_a10_a_password_is_sealed_never_shown_and_kept_when_left_empty(alice: Client, sales: Email) -> None:
    page = submitted(alice, sales)
    assert "hunter2" not in page
    assert "Leave empty to keep it." in page
    stored = RemoteMailbox.objects.get().credential
    assert stored is not None
    assert unseal(bytes(stored.secret)) == "hunter2"
    submitted(alice, sales, mailbox__password="", mailbox__port="1993")
    mailbox = RemoteMailbox.objects.select_related("credential").get()
    assert mailbox.port == 1993
    assert mailbox.credential is not None
    assert unseal(bytes(mailbox.credential.secret)) == "hunter2"
    page = submitted(alice, sales, mailbox__password="letmein", mailbox__port="x")
    assert "letmein" not in page
    assert "hunter2" not in str(list(AuditEntry.objects.values_list("before", "after")))
    assert AuditEntry.objects.filter(kind="remote mailbox", verb="added").get().after["password"] == "changed"


def test_a10_no_answer_of_the_panel_holds_a_password(alice: Client, sales: Email) -> None:
    submitted(alice, sales)
    for path in ("/panel/emails", f"/panel/emails/{sales.pk}", "/panel/mailboxes", "/panel/email-settings"):
        assert "hunter2" not in alice.get(path).content.decode()


def test_a15_saving_forgets_failures_and_fetches_at_once(alice: Client, sales: Email) -> None:
    MailSettings.objects.update_or_create(pk=1, defaults={"fetching": True})
    submitted(alice, sales)
    later = clock.now() + dt.timedelta(hours=1)
    RemoteMailbox.objects.update(failures=7, last_error="NO", last_error_at=later, next_fetch_at=later)
    SmtpAccount.objects.update(failures=3, last_error="550", retry_at=later)
    ProcrastinateJob.objects.all()._raw_delete(ProcrastinateJob.objects.db)
    submitted(alice, sales, mailbox__password="")
    mailbox, smtp = RemoteMailbox.objects.get(), SmtpAccount.objects.get()
    assert (mailbox.failures, mailbox.last_error, mailbox.next_fetch_at) == (0, "", None)
    assert (smtp.failures, smtp.last_error, smtp.retry_at) == (0, "", None)
    assert ProcrastinateJob.objects.filter(task_name="postdesk.fetch", status="todo").count() == 1


def test_another_address_does_not_change_who_signs_in(alice: Client, sales: Email) -> None:
    submitted(alice, sales)
    submitted(alice, sales, account__address="shop@desk.example", mailbox__password="")
    assert RemoteMailbox.objects.get().username == "sales@desk.example"


def test_s13_the_default_mta_cannot_be_switched_off_behind_its_back(alice: Client, sales: Email) -> None:
    submitted(alice, sales)
    MailSettings.objects.update_or_create(pk=1, defaults={"default_mta": sales})
    page = submitted(alice, sales, mailbox__password="", smtp__status=None)
    assert "This is the Default MTA" in error_of(page, "smtp-status")


# Emails > Settings (S10, S13).


SETTINGS: dict[str, Any] = {
    "fetching": "on",
    "default_email": "sales@desk.example",
    "alert_email": "",
    "admin_email": "me@else.example",
    "default_mta": "sales@desk.example",
    "strip_quoted_reply": "on",
    "reply_separator": "-- above --",
    "max_message_size": "32",
    "max_file_size": "10",
    "max_files": "20",
    "accepted_file_types": "",
    "refused_file_types": ".exe, js",
    "auto_answers_per_hour": "5",
    "max_open_tickets": "3",
    "trusted_servers": "mx.desk.example",
    "trust_new_ticket": "anyone",
    "trust_reply": "token",
    "trust_agent": "authenticated",
    "trust_reopen": "not_failed",
    "keep_held_days": "30",
    "keep_discarded_days": "7",
    "accept_unregistered": "on",
    "ehlo_name": "desk.example",
}


def test_s10_every_setting_is_saved_and_noted(alice: Client, sales: Email) -> None:
    SmtpAccount.objects.create(email=sales, host="smtp.desk.example")
    page = alice.post("/panel/email-settings", SETTINGS, follow=True).content.decode()
    assert "Saved." in page
    row = MailSettings.objects.get()
    assert (row.fetching, row.default_email, row.alert_email, row.default_mta) == (True, sales, None, sales)
    assert (row.admin_email, row.reply_separator, row.max_message_size) == (
        "me@else.example", "-- above --", 32 * 1024 * 1024,
    )  # fmt: skip
    assert (row.max_file_size, row.max_files, row.refused_file_types) == (10 * 1024 * 1024, 20, ".exe, js")
    assert (row.accept_unregistered, row.accept_collaborators, row.email_attachments) == (True, False, False)
    assert (row.auto_answers_per_hour, row.max_open_tickets, row.ehlo_name) == (5, 3, "desk.example")
    assert (row.trusted_servers, row.trust_reply, row.trust_agent) == ("mx.desk.example", "token", "authenticated")
    assert (row.keep_held_days, row.keep_discarded_days) == (30, 7)
    assert AuditEntry.objects.get().after["fetching"] is True


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("admin_email", {"admin_email": "Sales@desk.example"}, "Email already setup as system email."),
        ("admin_email", {"admin_email": "nobody"}, "must be one e-mail address"),
        ("default_mta", {"default_mta": "help@desk.example"}, "not one of the available choices"),
        ("reply_separator", {"reply_separator": ""}, "Reply separator is required"),
        ("auto_answers_per_hour", {"auto_answers_per_hour": "1001"}, "must be between 0 and 1000."),
        ("max_message_size", {"max_message_size": "9999"}, "must be between"),
        ("accepted_file_types", {"accepted_file_types": ".pdf, im@ges"}, "im@ges is neither an ending"),
        ("refused_file_types", {"refused_file_types": "*"}, "* is neither an ending"),
        ("max_files", {"max_files": "501"}, "must be between 0 and 500."),
        ("ehlo_name", {"ehlo_name": "desk example"}, "host name"),
        ("trusted_servers", {"trusted_servers": "mx.desk.example <all>"}, "is not the name of a server"),
        ("trust_agent", {"trust_agent": "token"}, "not one of the available choices"),
    ],
)
def test_s10_a_bad_setting_is_told_beside_its_field_and_nothing_is_saved(
    field: str, typed: dict[str, str], words: str, alice: Client, sales: Email
) -> None:
    SmtpAccount.objects.create(email=sales, host="smtp.desk.example")
    builders.an_email("help@desk.example")
    page = alice.post("/panel/email-settings", {**SETTINGS, **typed}).content.decode()
    assert words in error_of(page, field)
    assert not MailSettings.objects.filter(fetching=True).exists()


def test_s10_a_size_that_is_no_whole_number_of_megabytes_survives_saving(alice: Client, sales: Email) -> None:
    SmtpAccount.objects.create(email=sales, host="smtp.desk.example")
    MailSettings.objects.update_or_create(pk=1, defaults={"max_message_size": 10_000_000})
    alice.post("/panel/email-settings", {**SETTINGS, "max_message_size": "9"})
    assert MailSettings.objects.get().max_message_size == 10_000_000


def test_a_stored_secret_that_no_key_opens_is_no_obstacle(alice: Client, sales: Email) -> None:
    submitted(alice, sales)
    credential = RemoteMailbox.objects.get().credential
    assert credential is not None
    credential.secret = b"gone"
    credential.save()
    assert "Saved." in submitted(alice, sales, mailbox__password="another")
    stored = RemoteMailbox.objects.get().credential
    assert stored is not None
    assert unseal(bytes(stored.secret)) == "another"
