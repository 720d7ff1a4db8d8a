from __future__ import annotations

import pytest

from postdesk.mail.dsn_reason import classify
from postdesk.mail.parse import parse
from tests.unit.mail.letters import WORDS, letter, multipart, part

GROUP = b"Reporting-MTA: dns; mx.example\r\n\r\n"


def report(*groups: bytes, returned: bytes = b"") -> bytes:
    parts = [WORDS, part(b"message/delivery-status", GROUP + b"\r\n".join(groups))]
    if returned:
        parts.append(returned)
    return multipart(*parts, kind=b"report; report-type=delivery-status")


def test_each_recipient_is_reported_with_its_reason() -> None:
    raw = report(
        b"Final-Recipient: rfc822; gone@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n",
        b"Final-Recipient: rfc822; full@b.example\r\nOriginal-Recipient: rfc822; asked@b.example\r\n"
        b"Action: failed\r\nStatus: 5.2.2\r\n",
        returned=part(b"text/rfc822-headers", b"Message-ID: <pd1.x@desk.example>\r\nSubject: y\r\n"),
    )
    mail = parse(raw)
    assert mail.kind == "bounce"
    assert mail.bounce is not None
    gone, full = mail.bounce.recipients
    assert (gone.address, gone.status, gone.reply_code, gone.reason, gone.dead) == (
        "gone@b.example",
        "5.1.1",
        550,
        "userunknown",
        True,
    )
    assert gone.diagnostic == "550 5.1.1 no such user"
    assert (full.address, full.reason, full.dead) == ("asked@b.example", "mailboxfull", False)
    assert (mail.bounce.original_message_id, mail.bounce.has_original) == ("pd1.x@desk.example", True)


def test_the_returned_message_gives_its_id() -> None:
    raw = report(
        b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n",
        returned=part(b"message/rfc822", letter(more=b"Message-ID: <o@x>\r\n")),
    )
    mail = parse(raw)
    assert mail.bounce is not None
    assert mail.bounce.original_message_id == "o@x"


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        (b"delayed", "delay"),
        (b"delivered", "delivery_receipt"),
        (b"relayed", "delivery_receipt"),
        (b"failed", "bounce"),
    ],
)
def test_the_action_makes_the_kind(action: bytes, kind: str) -> None:
    assert (
        parse(report(b"Final-Recipient: rfc822; a@b.example\r\nAction: " + action + b"\r\nStatus: 4.0.0\r\n")).kind
        == kind
    )


def test_a_report_without_structure_is_known_by_its_sender_and_words() -> None:
    raw = (
        b"From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: support@desk.example\r\n"
        b"X-Failed-Recipients: gone@b.example\r\n"
        b"Subject: Mail delivery failed: returning message to sender\r\n\r\n"
        b"  gone@b.example\r\n    550 5.1.1 user unknown\r\n\r\nMessage-ID: <o@x>\r\n"
    )
    mail = parse(raw)
    assert mail.bounce is not None
    assert [(one.address, one.reason, one.status) for one in mail.bounce.recipients] == [
        ("gone@b.example", "userunknown", "5.1.1")
    ]
    assert mail.bounce.original_message_id == "o@x"


@pytest.mark.parametrize(
    ("status", "code", "words", "reason", "dead"),
    [
        ("5.1.1", 550, "user unknown", "userunknown", True),
        ("5.2.2", 552, "mailbox full", "mailboxfull", False),
        (None, 550, "Host or domain name not found", "hostunknown", True),
        ("5.7.1", 554, "rejected as spam", "spam", False),
        ("5.7.1", 550, "blocked using zen.spamhaus.org", "blocked", False),
        ("5.3.4", 552, "message size exceeds limit", "toobig", False),
        ("4.4.7", None, "delivery time expired", "expired", False),
        ("4.1.1", 450, "user unknown", "userunknown", False),
        ("5.2.1", 550, "account is disabled", "suspended", True),
        (None, None, "", "other", False),
    ],
)
def test_reasons_follow_the_words_of_the_server(
    status: str | None, code: int | None, words: str, reason: str, dead: bool
) -> None:
    assert classify(status, code, words, "failed") == (reason, dead)
