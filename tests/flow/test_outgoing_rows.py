"""Rows S11 to S14, A11 and A12: by which server mail leaves, how it signs in, and what a department says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from postdesk.flow import dispatch
from postdesk.mailroom.models import Credential, Letter, MailSettings, RemoteMailbox, SmtpAccount
from postdesk.mailroom.secrets import seal
from postdesk.tickets.models import Department, Event, HelpTopic, NewTicketSettings
from tests.support.certificates import Certificates
from tests.support.desk import AT, a_desk, arrives, mail
from tests.support.posted import posted
from tests.support.sink import Sink

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("way", ["ssl", "tls"])
def test_s11_a11_without_a_login_the_connection_is_encrypted_all_the_same(
    certificates: Certificates, tmp_path: Path, way: str
) -> None:
    ca_file, _cert, _key = certificates.write(tmp_path)
    with Sink(tls=certificates.server_context(), implicit=way == "ssl") as sink:
        desk = a_desk(smtp_port=sink.port)
        SmtpAccount.objects.update(host=f"{way}://127.0.0.1", auth="none", ca_file=str(ca_file))
        posted("carol@example.com")
        dispatch.deliver(desk.smtp.pk)
        # In the clear the sink could not have understood a word (ssl), or the client would have gone (tls).
        assert [letter.recipients for letter in sink.letters] == [("carol@example.com",)]
        assert sink.logins == []


def test_s11_a11_without_a_login_and_without_the_tls_that_was_asked_for_nothing_is_sent() -> None:
    with Sink() as sink:
        desk = a_desk(smtp_port=sink.port)
        SmtpAccount.objects.update(host="tls://127.0.0.1", auth="none")
        posted("carol@example.com")
        dispatch.deliver(desk.smtp.pk)
        assert sink.letters == []
    desk.smtp.refresh_from_db()
    assert "TLS" in desk.smtp.last_error
    assert Letter.objects.get().state == "queued"


@pytest.mark.parametrize(
    ("auth", "signs_in"), [("mailbox", [("support", "secret")]), ("basic", [("relay", "other")]), ("none", [])]
)
def test_s11_same_as_remote_mailbox_none_or_a_login_of_its_own(auth: str, signs_in: list[tuple[str, str]]) -> None:
    own = Credential.objects.create(secret=seal("other"), updated_at=AT)
    with Sink() as sink:
        desk = a_desk(smtp_port=sink.port)
        SmtpAccount.objects.update(auth=auth, username="relay", credential=own)
        posted("carol@example.com")
        dispatch.deliver(desk.smtp.pk)
        assert (sink.logins, len(sink.letters)) == (signs_in, 1)


def test_s11_the_login_of_the_remote_mailbox_is_the_one_it_has_now() -> None:
    with Sink() as sink:
        desk = a_desk(smtp_port=sink.port)
        SmtpAccount.objects.update(auth="mailbox")
        fresh = Credential.objects.create(secret=seal("changed"), updated_at=AT)
        RemoteMailbox.objects.filter(pk=desk.mailbox.pk).update(username="moved", credential=fresh)
        posted("carol@example.com")
        dispatch.deliver(desk.smtp.pk)
        assert sink.logins == [("moved", "changed")]


@pytest.mark.parametrize("offered", ["PLAIN", "LOGIN", "CRAM-MD5", "GSSAPI NTLM LOGIN PLAIN"])
def test_a12_whatever_a_server_offers_of_plain_login_and_cram_md5_signs_in(offered: str) -> None:
    with Sink(login=("support", "secret"), features=(f"AUTH {offered}",)) as sink:
        desk = a_desk(smtp_port=sink.port)
        SmtpAccount.objects.update(auth="mailbox")
        posted("carol@example.com")
        dispatch.deliver(desk.smtp.pk)
        assert len(sink.letters) == 1


def test_s13_mail_leaves_by_its_own_server_and_else_by_the_default_mta() -> None:
    desk = a_desk()
    assert posted(email=desk.billing).account == desk.smtp
    own = SmtpAccount.objects.create(email=desk.billing, host="smtp.desk.test", auth="none")
    assert posted(email=desk.billing).account == own
    assert posted(email=desk.support).account == desk.smtp
    SmtpAccount.objects.filter(pk=own.pk).update(status=False)
    assert posted(email=desk.billing).account == desk.smtp

    # Nothing hidden and no third way: without a Default MTA it waits.
    MailSettings.objects.update(default_mta=None)
    waits = posted(email=desk.billing)
    assert (waits.account, waits.state) == (None, "queued")
    assert "no Default MTA is set" in waits.reason


def test_s14_i_auto_responses_can_be_switched_off_for_a_department() -> None:
    assert why_not(Department, new_ticket_autoresponse=False).startswith("Auto-responses are off for the department")


def test_i_auto_responses_can_be_switched_off_for_a_help_topic() -> None:
    assert why_not(HelpTopic, autoresponse=False) == "Auto-responses are off for the help topic."


def test_s3_a4_auto_responses_can_be_switched_off_for_an_address() -> None:
    assert why_not(NewTicketSettings, autoresponse=False) == "Auto-responses are off for support@desk.test."


def why_not(model: type[Department | HelpTopic | NewTicketSettings], **off: bool) -> str:
    """Switch them off there; the ticket's reason for having sent none. Before, one was sent."""
    desk = a_desk()
    topic = HelpTopic.objects.create(name="Fires")
    NewTicketSettings.objects.filter(email=desk.support).update(help_topic=topic)
    arrives(desk.mailbox, mail(message_id="before@example.com"))
    assert Letter.objects.count() == 1
    model._default_manager.update(**off)
    arrives(desk.mailbox, mail(message_id="after@example.com"))
    assert Letter.objects.count() == 1
    return str(Event.objects.filter(name="ticket.opened").latest("id").data["autoresponse"])
