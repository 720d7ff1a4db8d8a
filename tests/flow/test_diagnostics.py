"""Emails > Diagnostic: what is told is what really happened, from the choice of the server to what came back."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from postdesk.basics.clock import now
from postdesk.basics.errors import Invalid
from postdesk.basics.stages import Stage
from postdesk.engine import diagnostics as worker
from postdesk.engine import errands as engine
from postdesk.engine import fetch
from postdesk.flow import intake
from postdesk.mailroom import diagnostics, errands
from postdesk.mailroom.models import Email, MailSettings, SmtpAccount
from postdesk.people.models import Agent
from postdesk.tickets.models import Department, Ticket
from postdesk.wire.discovery.names import SystemResolver
from tests.support import builders
from tests.support.desk import AT, Desk, a_desk
from tests.support.dovecot import Dovecot
from tests.support.names import Names, Records
from tests.support.sink import Sink

RECORDS: Records = {
    ("desk.test", "TXT"): ['"v=spf1 mx -all"', '"something else"'],
    ("_dmarc.desk.test", "TXT"): ['"v=DMARC1; p=reject"'],
    ("s1._domainkey.desk.test", "TXT"): ['"v=DKIM1; p=MIGf"'],
}


@pytest.fixture
def alice(db: None) -> Agent:
    return builders.alice()


@pytest.fixture
def resolver() -> Iterator[SystemResolver]:
    with Names(RECORDS) as names:
        yield SystemResolver(["127.0.0.1"], port=names.port)


def told(order: errands.Order | None, run: object, resolver: SystemResolver) -> tuple[dict[str, Stage], dict[str, str]]:
    assert order is not None
    stages: list[Stage] = []
    result = run(order, stages.extend, resolver)  # type: ignore[operator]
    return {stage.key: stage for stage in stages}, result


def test_h12_a14_a_test_mail_leaves_by_the_address_own_server_and_each_reply_is_told(
    alice: Agent, resolver: SystemResolver
) -> None:
    with Sink() as sink:
        desk = a_desk(smtp_port=sink.port)
        sink.answer_body(250, "2.0.0 Ok: queued as 4XYZ", 1)
        errand = diagnostics.ask_test(
            sender=desk.support, recipient="you@example.net", subject="Tëst", text="Hello.", by=alice, at=AT
        )
        stages, result = told(errands.begin(errand.pk, at=AT), worker.run_test, resolver)
        (letter,) = sink.wait_for(1)

    assert stages["transport"].note == f"By the address's own server: 127.0.0.1, port {sink.port}."
    assert stages["greeting"].said.startswith("220")
    assert stages["handover"].said == "250 2.0.0 Ok: queued as 4XYZ"
    assert "as 4XYZ" in stages["handover"].note
    assert (letter.mail_from, letter.recipients) == ("support@desk.test", ("you@example.net",))
    assert result["message_id"].encode() in letter.raw
    assert b"Auto-Submitted: auto-generated" in letter.raw
    assert [stages[key].state for key in ("spf", "dmarc", "dkim")] == ["ok", "ok", "skipped"]
    assert "refused" in stages["dmarc"].note


def test_h12_s13_an_address_without_smtp_leaves_by_the_default_mta_and_this_is_said(
    alice: Agent, resolver: SystemResolver
) -> None:
    with Sink() as sink:
        desk = a_desk(smtp_port=sink.port)
        errand = diagnostics.ask_test(
            sender=desk.billing, recipient="you@example.net", subject="T", text="T", by=alice, at=AT
        )
        stages, _ = told(errands.begin(errand.pk, at=AT), worker.run_test, resolver)
        (letter,) = sink.wait_for(1)

    assert "the Default MTA, that of support@desk.test" in stages["transport"].note
    assert letter.mail_from == "support@desk.test"
    assert b"Sender: Example Support <support@desk.test>" in letter.raw


def test_h12_a_refusal_is_told_in_the_servers_words_and_nothing_is_said_of_the_rest(
    alice: Agent, resolver: SystemResolver
) -> None:
    with Sink() as sink:
        desk = a_desk(smtp_port=sink.port)
        sink.answer("you@example.net", 550, "5.1.1 no such user")
        errand = diagnostics.ask_test(
            sender=desk.support, recipient="you@example.net", subject="T", text="T", by=alice, at=AT
        )
        stages, _ = told(errands.begin(errand.pk, at=AT), worker.run_test, resolver)

    assert (stages["handover"].state, stages["handover"].said) == ("failed", "550 5.1.1 no such user")
    assert "spf" not in stages


def test_without_any_transport_there_is_a_remedy_and_no_mail(alice: Agent, resolver: SystemResolver) -> None:
    desk = a_desk()
    SmtpAccount.objects.all().delete()
    errand = diagnostics.ask_test(
        sender=desk.support, recipient="you@example.net", subject="T", text="T", by=alice, at=AT
    )

    engine.carry_out(errand.pk)

    how = errands.progress(errand.pk, by=alice, at=now())
    assert [stage.key for stage in how.stages] == ["transport"]
    assert "Default MTA" in how.stages[0].remedy
    assert not how.all_well


def test_a_round_trip_needs_a_mailbox_that_is_fetched(alice: Agent) -> None:
    desk = a_desk()
    desk.billing_mailbox.delete()
    MailSettings.objects.update(fetching=False)
    billing = Email.objects.get(pk=desk.billing.pk)
    for through, says in ((billing, "no Remote Mailbox"), (desk.support, "switched off")):
        with pytest.raises(Invalid, match=says):
            diagnostics.ask_round_trip(sender=desk.support, through=through, by=alice, at=AT)


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.django_db(transaction=True)
def test_h12_a14_a_round_trip_comes_back_is_shown_and_opens_no_ticket(
    dovecot: Dovecot, resolver: SystemResolver, protocol: str
) -> None:
    alice = builders.alice()
    Department.objects.update_or_create(name="Support", defaults={"is_default": True})
    with Sink() as sink:
        port = dovecot.imap if protocol == "imap" else dovecot.pop3
        desk = a_desk(host="plain://127.0.0.1", port=port, protocol=protocol, smtp_port=sink.port)
        postman = threading.Thread(target=_carry, args=(sink, dovecot, desk))
        postman.start()
        errand = diagnostics.ask_round_trip(sender=desk.support, through=desk.support, by=alice, at=AT)
        stages, result = told(errands.begin(errand.pk, at=AT), worker.run_round_trip, resolver)
        postman.join(10)

    assert [stage.key for stage in stages.values() if stage.state == "failed"] == []
    assert "turned away" in stages["back"].note
    assert "Delivered-To: support" in result["headers"]
    assert "DKIM-Signature:" in result["headers"]
    assert "Signed for desk.test" in stages["dkim"].note
    assert not Ticket.objects.exists()


def _carry(sink: Sink, dovecot: Dovecot, desk: Desk) -> None:
    """What the internet does in between: signs, delivers; then what the worker does: fetches, takes in."""
    (letter,) = sink.wait_for(1)
    dovecot.deliver("support", b"DKIM-Signature: v=1; d=desk.test;\r\n s=s1; b=x\r\n" + letter.raw)
    fetch.fetch(desk.mailbox.pk)
    intake.take_in(desk.mailbox.pk)
    connection.close()


def test_a_mail_that_does_not_come_back_is_told(
    alice: Agent, resolver: SystemResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.2)
    with Sink() as sink:
        desk = a_desk(smtp_port=sink.port)
        errand = diagnostics.ask_round_trip(sender=desk.support, through=desk.billing, by=alice, at=AT)
        stages, result = told(errands.begin(errand.pk, at=AT), worker.run_round_trip, resolver)

    assert stages["back"].state == "failed"
    assert "spam" in stages["back"].remedy
    assert "headers" not in result


def test_a_silent_dns_is_told_and_stops_nothing(alice: Agent) -> None:
    desk = a_desk()
    with Names({}, silent=True) as names:
        silent = SystemResolver(["127.0.0.1"], port=names.port, patience=0.1)
        (stage,) = worker.policies(desk.support, silent)
        signature = worker.signature(desk.support, b"DKIM-Signature: d=desk.test; s=x", silent)

    assert (stage.state, signature.state) == ("skipped", "skipped")
    assert "no answer" in stage.note


def test_the_domain_above_speaks_for_one_below(db: None, resolver: SystemResolver) -> None:
    stages = {stage.key: stage for stage in worker.policies(builders.an_email("help@sub.desk.test"), resolver)}

    assert (stages["spf"].state, stages["dmarc"].state) == ("failed", "ok")
