from __future__ import annotations

import pytest

from postdesk.mail.parse import parse
from tests.unit.mail.letters import WORDS, letter, multipart, part


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b"Auto-Submitted: auto-replied", "auto_reply"),
        (b"Auto-Submitted: auto-generated (x)", "auto_reply"),
        (b"Auto-Submitted: auto-notified; owner-email=x", "auto_reply"),
        (b"Precedence: auto_reply", "auto_reply"),
        (b"Precedence: bulk", "list"),
        (b"X-Precedence: list", "list"),
        (b"X-Autoreply: yes", "auto_reply"),
        (b"X-Autorespond: support", "auto_reply"),
        (b"X-Auto-Response-Suppress: All", "mail"),
        (b"X-Auto-Response-Suppress: DR, OOF, AutoReply", "mail"),
        (b"X-Auto-Response-Suppress: autoreply", "mail"),
        (b"List-Id: Friends <friends.x.example>", "list"),
        (b"List-Unsubscribe: <mailto:u@x.example>", "list"),
        (b"List-Post: <mailto:l@x.example>", "list"),
        (b"X-Loop: support@desk.example", "mail"),
        (b"Return-Path: <>", "mail"),
    ],
)
def test_headers_forbid_the_automatic_answer_and_say_the_kind(header: bytes, kind: str) -> None:
    mail = parse(letter(more=header + b"\r\n"))
    assert (mail.kind, mail.autoreply_allowed) == (kind, False)
    assert mail.auto_evidence


@pytest.mark.parametrize(
    "header",
    [
        b"Auto-Submitted: no",
        b"Auto-Submitted:",
        b"X-Autoreply: no",
        b"X-Auto-Response-Suppress: NRN",
        b"Return-Path: <a@b.example>",
        b"Precedence: normal",
    ],
)
def test_headers_that_say_nothing_forbid_nothing(header: bytes) -> None:
    mail = parse(letter(more=header + b"\r\n"))
    assert (mail.kind, mail.autoreply_allowed, mail.auto_evidence) == ("mail", True, ())


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: hello",
        "Out of Office: x",
        "Automatische Antwort: x",
        "Réponse automatique : x",
        "Respuesta automática: x",
        "Автоответ: x",
        "自动回复: x",
        "Abwesenheitsnotiz",
        "Automatisch antwoord: x",
        "Risposta automatica: x",
        "Resposta automática: x",
        "Automatiskt svar: x",
        "Automatisk svar: x",
        "Automaattinen vastaus: x",
        "Odpowiedź automatyczna: x",
        "Automatická odpověď: x",
        "Automatikus válasz: x",
        "Răspuns automat: x",
        "Автоматична відповідь: x",
        "Αυτόματη απάντηση: x",
        "Otomatik yanıt: x",
        "Trả lời tự động: x",
        "自动答复: x",
        "自動応答: x",
        "자동 회신: x",
        "Re: Out of office",
        "Please confirm your message",
    ],
)
def test_subjects_of_absence_notices_are_known(subject: str) -> None:
    mail = parse(letter().replace(b"Subject: hello", b"Subject: " + subject.encode()))
    assert (mail.kind, mail.autoreply_allowed) == ("auto_reply", False)


@pytest.mark.parametrize(
    "subject",
    [
        b"My parcel could not be delivered",
        b"Delivery problem with order 7",
        b"Returned mail costs",
        b"Re: quota exceeded",
        b"Automatic door broken",
    ],
)
def test_people_may_write_about_such_things(subject: bytes) -> None:
    mail = parse(letter().replace(b"Subject: hello", b"Subject: " + subject))
    assert (mail.kind, mail.autoreply_allowed) == ("mail", True)


@pytest.mark.parametrize(
    "sender",
    [
        b"noreply@x.example",
        b"no-reply@x.example",
        b"DoNotReply@x.example",
        b"shop.no_reply@x.example",
        b"mailer-daemon@x.example",
    ],
)
def test_senders_who_want_no_answer_get_none(sender: bytes) -> None:
    assert not parse(letter().replace(b"carol@client.example", sender)).autoreply_allowed


@pytest.mark.parametrize("quote", [b"", b'"'])
@pytest.mark.parametrize(
    ("report", "kind"),
    [(b"feedback-report", "complaint"), (b"disposition-notification", "read_receipt"), (b"delivery-status", "bounce")],
)
def test_reports_are_told_apart_with_and_without_quotes(report: bytes, kind: str, quote: bytes) -> None:
    about = part(
        b"message/" + report,
        b"Feedback-Type: abuse\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n",
    )
    mail = parse(multipart(WORDS, about, kind=b"report; report-type=" + quote + report + quote))
    assert (mail.kind, mail.autoreply_allowed) == (kind, False)
    assert mail.feedback_type == ("abuse" if kind == "complaint" else None)


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Read: hello", "Your message\n\nTo: Carol\nSubject: hello\n\nwas read on Monday.\n"),
        ("Gelesen: hallo", "Ihre Nachricht an Carol wurde am 05.01.2026 10:00 gelesen.\n"),
        ("Lu : bonjour", "Votre message a été lu le lundi 5 janvier.\n"),
        ("Return Receipt (displayed) - x", "This is a Return Receipt for the mail that you sent.\n"),
    ],
)
def test_receipts_in_words_are_receipts(subject: str, words: str) -> None:
    mail = parse(letter(words.encode()).replace(b"Subject: hello", b"Subject: " + subject.encode()))
    assert (mail.kind, mail.autoreply_allowed) == ("read_receipt", False)


@pytest.mark.parametrize("subject", [b"Read: the manual", b"Re: Read receipts", b"Lu et approuve"])
def test_people_may_write_about_reading(subject: bytes) -> None:
    assert parse(letter().replace(b"Subject: hello", b"Subject: " + subject)).kind == "mail"


def test_the_answer_to_an_invitation_is_not_answered() -> None:
    event = b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    mail = parse(multipart(WORDS, part(b"text/calendar; method=REPLY", event)))
    assert (mail.kind, mail.autoreply_allowed) == ("mail", False)
    assert "It answers a calendar invitation." in mail.auto_evidence
