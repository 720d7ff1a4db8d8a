"""How mail systems write to people that their mail was not delivered: addresses, reason, kind."""

from __future__ import annotations

import pytest

from postdesk.mail.message import ParsedMail
from postdesk.mail.parse import parse
from tests.unit.mail.letters import letter, multipart, part

COPY = "\nReceived: from desk.example (desk.example [192.0.2.1])\nFrom: support@desk.example\nTo: other@b.example\n"


def notice(words: str, subject: str = "failure notice", sender: str = "MAILER-DAEMON@mx.example") -> ParsedMail:
    head = f"From: {sender}\r\nTo: support@desk.example\r\nSubject: {subject}\r\n"
    head += "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return parse((head + words.replace("\n", "\r\n")).encode())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param(
            "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your "
            "message to the "
            "following addresses.\n\n<gone@b.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- "
            "Below this "
            f"line is a copy of the message.\n{COPY}",
            [("gone@b.example", "userunknown", True)],
            id="qmail",
        ),
        pytest.param(
            "This message was created automatically by mail delivery software.\n\nA message that you sent could "
            "not be "
            "delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) "
            "failed:\n\n"
            "  gone@b.example\n    host mx.b.example [192.0.2.9]: 550 unknown user\n  full@c.example\n    552 "
            "mailbox is "
            f"full\n\n------ This is a copy of the message, including all the headers. ------\n{COPY}",
            [("gone@b.example", "userunknown", True), ("full@c.example", "mailboxfull", False)],
            id="exim",
        ),
        pytest.param(
            "Your message\n\n  To: gone@b.example\n  Subject: x\n  Sent: Mon, 5 Jan 2026 10:00\n\ndid not reach "
            "the following "
            "recipient(s):\n\ngone@b.example on Mon, 5 Jan 2026 10:01\n    The e-mail account does not exist at the "
            "organization this message was sent to.\n    <mx.example #5.1.1>\n",
            [("gone@b.example", "userunknown", True)],
            id="exchange-2003",
        ),
        pytest.param(
            "Delivery has failed to these recipients or groups:\n\ngone@b.example\nThe e-mail address you "
            "entered couldn't be "
            "found.\n\nDiagnostic information for administrators:\n\nGenerating server: "
            "mx.b.example\n\ngone@b.example\n"
            f"#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\nOriginal message headers:\n{COPY}",
            [("gone@b.example", "userunknown", True)],
            id="exchange-2010",
        ),
        pytest.param(
            "Delivery to the following recipient failed permanently:\n\n     gone@b.example\n\nTechnical "
            "details of permanent "
            "failure:\nGoogle tried to deliver your message, but it was rejected by the server for the "
            "recipient domain.\nThe "
            f"error that the other server returned was:\n550 5.2.1 The account is disabled.\n\n----- Original "
            f"message -----\n{COPY}",
            [("gone@b.example", "suspended", True)],
            id="gmail",
        ),
        pytest.param(
            "Sorry, we were unable to deliver your message to the following address.\n\n<gone@b.example>:\n554: "
            "delivery error: "
            "dd This user doesn't have a b.example account (gone@b.example) [0] - mta1.b.example\n\n--- Below "
            "this line is a "
            f"copy of the message.\n{COPY}",
            [("gone@b.example", "userunknown", True)],
            id="yahoo",
        ),
        pytest.param(
            "   ----- The following addresses had permanent fatal errors -----\n<gone@b.example>\n\n   ----- "
            "Transcript of session "
            "follows -----\n... while talking to mx.b.example.:\n>>> RCPT To:<gone@b.example>\n<<< 550 No such "
            "user here\n550 "
            f"<gone@b.example>... User unknown\n\n   ----- Unsent message follows -----\n{COPY}",
            [("gone@b.example", "userunknown", True)],
            id="sendmail",
        ),
        pytest.param(
            "Your message\n\n  Subject: x\n\nwas not delivered to:\n\n  gone@b.example\n\nbecause:\n\n  User "
            "gone (gone@b.example) not "
            "listed in Domino Directory\n",
            [("gone@b.example", "userunknown", True)],
            id="domino",
        ),
        pytest.param(
            "------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\ngone@b.example\n\n"
            f"------- Returned Message --------\n{COPY}",
            [("gone@b.example", "userunknown", True)],
            id="notes",
        ),
        pytest.param(
            "The message that you sent was undeliverable to the following:\n\n\tgone@b.example (user not "
            "found)\n\tfull@b.example "
            "(mailbox is full)\n",
            [("gone@b.example", "userunknown", True), ("full@b.example", "mailboxfull", False)],
            id="groupwise",
        ),
        pytest.param(
            f"Unknown user: gone@b.example\n\nOriginal message follows.\n{COPY}",
            [("gone@b.example", "userunknown", True)],
            id="imail",
        ),
        pytest.param(
            "Your message:\n  From:    support@desk.example\n  Subject: x\nCould not be delivered because "
            "of\n\n550 5.7.1 Blocked by "
            "zen.spamhaus.org\n\nThe following recipients were affected:\n   gone@b.example\n",
            [("gone@b.example", "blocked", False)],
            id="mailmarshal",
        ),
        pytest.param(
            "Your message could not be sent.\nA transcript of the attempts to send the message "
            "follows.\nAddressed To: gone@b.example\n\n"
            "Failed to send to identified host,\ngone@b.example: [192.0.2.9], 550 5.1.1 no such recipient\n",
            [("gone@b.example", "userunknown", True)],
            id="surfcontrol",
        ),
        pytest.param(
            "Your message cannot be delivered to the following recipients:\n\n  Recipient address: "
            "gone@b.example\n  Reason: Remote SMTP "
            "server has rejected address\n  Diagnostic code: smtp;550 5.1.1 unknown or illegal alias\n",
            [("gone@b.example", "userunknown", True)],
            id="sun",
        ),
        pytest.param(
            "Die folgende Adresse konnte nicht erreicht werden:\n\n<gone@b.example>:\nEmpfänger unbekannt\n",
            [("gone@b.example", "userunknown", True)],
            id="german",
        ),
    ],
)
def test_a_notice_in_words_names_who_was_not_reached_and_why(words: str, found: list[tuple[str, str, bool]]) -> None:
    mail = notice(words)
    assert mail.kind == "bounce"
    assert mail.bounce is not None
    assert [(one.address, one.reason, one.dead) for one in mail.bounce.recipients] == found
    assert not mail.autoreply_allowed


def test_a_warning_in_words_is_a_delay() -> None:
    mail = notice(
        "This is an automated message created by mail delivery software.\n\nYour message to slow@b.example has "
        "not yet been "
        "delivered because the server did not respond.\nYou do not need to resend it. We will continue to try.\n",
        "Warning: message not yet delivered",
    )
    assert mail.kind == "delay"
    assert mail.bounce is not None
    assert [(one.address, one.action, one.dead) for one in mail.bounce.recipients] == [
        ("slow@b.example", "delayed", False)
    ]


def test_delivery_fields_in_the_text_are_read_where_the_part_is_missing() -> None:
    mail = notice(
        "Your message has encountered a delivery problem.\n\nDelivery status:\n\nReporting-MTA: dns; mx.example\n\n"
        "Final-Recipient: rfc822; gone@b.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 "
        "user unknown\n"
    )
    assert mail.bounce is not None
    (one,) = mail.bounce.recipients
    assert (one.address, one.status, one.reply_code, one.reason) == ("gone@b.example", "5.1.1", 550, "userunknown")


def test_a_mail_from_nobody_that_says_the_address_is_wrong_is_a_bounce() -> None:
    mail = parse(
        b"Return-Path: <>\r\nFrom: <>\r\nTo: support@desk.example\r\nAuto-Submitted: auto-replied\r\n\r\n"
        b"You sent mail to gone@b.example. That's not a valid user here.\r\n"
    )
    assert mail.kind == "bounce"
    assert mail.bounce is not None
    assert [one.address for one in mail.bounce.recipients] == ["gone@b.example"]


def test_a_notice_of_absence_from_nobody_is_not_a_bounce() -> None:
    head = b"Return-Path: <>\r\nAuto-Submitted: auto-replied\r\n"
    mail = parse(letter(b"I no longer work here. Please write to new@client.example instead.\r\n", more=head))
    assert (mail.kind, mail.bounce) == ("auto_reply", None)


def test_a_sieve_refusal_in_the_clothes_of_a_receipt_is_a_bounce() -> None:
    raw = multipart(
        part(b"text/plain", b"Your message to <full@b.example> was automatically rejected:\r\nQuota exceeded"),
        part(
            b"message/disposition-notification",
            b"Final-Recipient: rfc822; full@b.example\r\nDisposition: automatic-action/MDN-sent-automatically; d"
            b"eleted\r\n",
        ),
        kind=b"report; report-type=disposition-notification",
        more=b"Auto-Submitted: auto-replied (rejected)\r\n",
    )
    mail = parse(raw)
    assert mail.kind == "bounce"
    assert mail.bounce is not None
    assert [(one.address, one.reason) for one in mail.bounce.recipients] == [("full@b.example", "mailboxfull")]


def test_a_challenge_is_an_automatic_answer_and_no_bounce_even_as_a_report() -> None:
    raw = multipart(
        part(b"text/plain", b"Your message has been waitlisted. Please add yourself to my Guest List."),
        part(
            b"message/delivery-status", b"Reporting-MTA: dns; q.example\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\n"
        ),
        kind=b"report; report-type=delivery-status",
    )
    mail = parse(raw)
    assert (mail.kind, mail.bounce, mail.autoreply_allowed) == ("auto_reply", None, False)


def test_a_persons_answer_to_a_report_is_a_persons() -> None:
    raw = letter(
        b"I got this, what now?\r\n\r\n> could not be delivered to gone@b.example\r\n",
        more=b"In-Reply-To: <x@desk.example>\r\n",
    ).replace(b"Subject: hello", b"Subject: Re: Undelivered Mail Returned to Sender")
    mail = parse(raw)
    assert (mail.kind, mail.bounce) == ("mail", None)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (
            multipart(part(b"message/rfc822", b"X-HmXmrOriginalRecipient: a@b.example\r\nSubject: x\r\n\r\nx")),
            "complaint",
        ),
        (
            multipart(part(b"text/plain", b"x"), part(b"message/feedback-report", b"Feedback-Type: fraud\r\n")),
            "complaint",
        ),
        (multipart(part(b"text/plain", b"x"), part(b"message/disposition-notification", b"x: y\r\n")), "read_receipt"),
    ],
)
def test_reports_that_do_not_say_so_in_their_header_are_known_by_their_parts(raw: bytes, kind: str) -> None:
    assert parse(raw).kind == kind


def test_blank_lines_before_the_header_are_passed_over() -> None:
    assert parse(b"\r\n   \r\n" + letter()).subject == "hello"
