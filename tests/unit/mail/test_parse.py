from __future__ import annotations

import base64
import datetime as dt
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postdesk.mail.message import Address, ParsedMail
from postdesk.mail.parse import parse
from tests.unit.mail.letters import HEAD, WORDS, letter, multipart, part


def test_an_ordinary_letter_is_read_in_full() -> None:
    mail = parse(
        b"Return-Path: <carol@client.example>\r\nDelivered-To: support@desk.example\r\n"
        b"From: =?utf-8?q?Carol_M=C3=BCller?= <Carol@Client.EXAMPLE>\r\n"
        b'To: support@desk.example, "Doe, Jane" <jane@x.example>\r\n'
        b"Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\nMessage-ID: <1@client.example>\r\nIn-Reply-To: <0@desk.example>\r\n"
        b"References: <a@desk.example>\r\n <0@desk.example>\r\n"
        b"Date: Mon, 5 Jan 2026 10:00:00 +0200\r\nX-Priority: 1 (Highest)\r\n\r\nwords\r\n"
    )
    assert mail.from_ == Address("Carol Müller", "Carol@client.example")
    assert mail.to == (Address("", "support@desk.example"), Address("Doe, Jane", "jane@x.example"))
    assert (mail.subject, mail.message_id, mail.in_reply_to) == ("Grüße", "1@client.example", ("0@desk.example",))
    assert mail.references == ("a@desk.example", "0@desk.example")
    assert mail.date == dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)
    assert (mail.text, mail.priority, mail.return_path) == ("words\n", "high", "carol@client.example")
    assert mail.delivered_to == ("support@desk.example",)
    assert mail.header("subject") == "Grüße"
    assert mail.autoreply_allowed


def test_e1_e2_alternatives_are_one_text_and_one_html() -> None:
    mail = parse(multipart(WORDS, part(b"text/html", b"<p>hello <b>world</b></p>"), kind=b"alternative"))
    assert (mail.text.strip(), mail.html) == ("hello world", "<p>hello <b>world</b></p>")
    assert mail.attachments == ()


def test_an_html_letter_gets_a_text() -> None:
    mail = parse(
        letter(b"<style>p{}</style><p>one</p><p>two <a href='https://x.example/y'>three</a></p>", kind=b"text/html")
    )
    assert mail.text == "one\n\ntwo three <https://x.example/y>"


def test_text_between_files_is_joined() -> None:
    mail = parse(
        multipart(
            WORDS,
            part(b"application/pdf", b"x", b"Content-Disposition: attachment; filename=a.pdf"),
            part(b"text/plain", b"bye"),
        )
    )
    assert mail.text.split() == ["hello", "world", "bye"]
    assert [file.filename for file in mail.attachments] == ["a.pdf"]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b"attachment; filename*=utf-8''gr%C3%B6%C3%9Fe.pdf", "größe.pdf"),
        (b"attachment; filename*0*=utf-8''gr%C3;\r\n filename*1*=%B6%C3%9Fe.pdf", "größe.pdf"),
        (b"attachment; filename*1=b.pdf; filename*0=a", "ab.pdf"),
        (b'attachment; filename="=?utf-8?B?Z3LDtsOfZS5wZGY?="', "größe.pdf"),
        (b'attachment; filename="=?utf-8?B?Z3LD?= =?utf-8?B?tsOfZS5wZGY=?="', "größe.pdf"),
        ('attachment; filename="größe.pdf"'.encode(), "größe.pdf"),
        (b'attachment; filename="../../etc/passwd"', "passwd"),
        (b'attachment; filename="C:\\\\tmp\\\\x.pdf"', "x.pdf"),
        (b'attachment; filename="a\\"b.pdf"', 'a"b.pdf'),
        (b"attachment", "attachment-2.pdf"),
    ],
)
def test_e4_file_names_are_read_however_they_are_written(disposition: bytes, name: str) -> None:
    mail = parse(multipart(WORDS, part(b"application/pdf", b"x", b"Content-Disposition: " + disposition)))
    assert [file.filename for file in mail.attachments] == [name]


def test_e1_a_message_inside_is_one_file_named_by_its_subject() -> None:
    inner = b"Subject: inner / words\r\nContent-Type: multipart/mixed; boundary=CC\r\n\r\n--CC\r\n\r\nx\r\n--CC--\r\n"
    mail = parse(multipart(WORDS, part(b"message/rfc822", inner)))
    assert [(file.filename, file.content) for file in mail.attachments] == [("inner _ words.eml", inner)]


def test_e5_an_image_shown_in_the_html_is_inline() -> None:
    image = part(b"image/png", b"x", b"Content-ID: <i@x>")
    mail = parse(multipart(part(b"text/html", b"<img src='cid:i@x'>"), image, kind=b"related"))
    assert [(file.content_id, file.inline, file.filename) for file in mail.attachments] == [
        ("i@x", True, "image-2.png")
    ]


def test_junk_in_base64_costs_neither_the_part_nor_the_message() -> None:
    mail = parse(letter(b"aGVsbG8!!gd29y\r\nbGQ=\r\n-- list footer --\r\n", encoding=b"base64"))
    assert mail.text.startswith("hello world")
    assert "list footer" in mail.text
    assert mail.defects


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"Content-Type: multipart/mixed; boundary=ZZ\r\n\r\nhello world\r\n",
        HEAD + b"Content-Type: multipart/mixed\r\n\r\nhello world\r\n",
        HEAD + b"Content-Type: text\r\n\r\nhello world\r\n",
        multipart(WORDS, closed=False),
        b"From carol@client.example Mon Jan  5 10:00:00 2026\r\n" + letter(),
        letter().replace(b"\r\n", b"\n"),
        letter().replace(b"\r\n", b"\r"),
        HEAD + b"this is no header\r\n\r\nhello world\r\n",
        letter(b"hello world\0\0\r\n"),
    ],
)
def test_broken_structure_still_shows_its_words(raw: bytes) -> None:
    mail = parse(raw)
    assert (mail.subject, "hello world" in mail.text, "\0" in mail.text) == ("hello", True, False)


def test_a_uuencoded_file_is_taken_out_of_the_text() -> None:
    mail = parse(letter(b"see\r\nbegin 644 u.txt\r\n$1$%400  \r\n`\r\nend\r\nbye\r\n"))
    assert [(file.filename, file.content) for file in mail.attachments] == [("u.txt", b"DATA")]
    assert mail.text == "see\nbye\n"


def test_a_winmail_that_cannot_be_read_is_kept() -> None:
    winmail = part(
        b"application/ms-tnef", b"\x78\x9f\x3e\x22junk", b"Content-Disposition: attachment; filename=winmail.dat"
    )
    other = part(b"application/pdf", b"x", b"Content-Disposition: attachment; filename=a.pdf")
    assert [file.filename for file in parse(multipart(WORDS, winmail, other)).attachments] == ["winmail.dat", "a.pdf"]


def test_our_ids_are_found_in_the_words() -> None:
    ours = "pd1." + "a" * 40 + "@desk.example"
    mail = parse(letter(f"> Ref-Mid: <{ours}>\r\n".encode()))
    assert mail.body_ids == (ours,)
    outlook = parse(letter(f'<div class="x_mid-{ours}"></div>'.encode(), kind=b"text/html"))
    assert outlook.body_ids == (ours,)


def nested(levels: int) -> bytes:
    raw = WORDS
    for level in range(levels):
        mark = b"D%d" % level
        raw = (
            b"Content-Type: multipart/mixed; boundary="
            + mark
            + b"\r\n\r\n--"
            + mark
            + b"\r\n"
            + raw
            + b"\r\n--"
            + mark
            + b"--\r\n"
        )
    return HEAD + raw


HOSTILE = {
    "nothing": b"",
    "line ends": b"\r\n" * 1000,
    "one endless line": b"a" * 8_000_000,
    "ten thousand parts": multipart(*[WORDS] * 10_000),
    "nested 500 deep": nested(500),
    "an endless id": HEAD + b"Message-ID: <" + b"m" * 3000 + b"@x>\r\n\r\n",
    "words that never end": HEAD + b"X: " + b"=?" * 200_000 + b"\r\n\r\n",
    "tags that never end": letter(b"<a " * 200_000, kind=b"text/html"),
    "ten thousand tables": letter(b"<table><tr><td>" * 10_000, kind=b"text/html"),
    "twenty thousand reports": multipart(
        part(b"message/delivery-status", b"Final-Recipient: rfc822; a@b.example\r\nStatus: 5.1.1\r\n\r\n" * 20_000),
        kind=b"report; report-type=delivery-status",
    ),
    "dashes": letter(b"-" * 1_000_000),
    "quotes": HEAD + b"Cc: " + b'"' * 200_000 + b"\r\n\r\n",
    "lone surrogates": letter(b"\x00\xd8" * 1000, kind=b"text/plain; charset=utf-16"),
    "a charset that is none": letter(b"\xff", kind=b"text/plain; charset=rot13"),
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_mail_is_read_within_seconds(raw: bytes) -> None:
    started = time.process_time()
    mail = parse(raw)
    assert time.process_time() - started < 5
    mail.text.encode("utf-8")
    assert len(mail.message_id or "") < 600


def test_words_200_levels_down_are_still_read() -> None:
    assert parse(nested(200)).text.strip() == "hello world"


_FRAGMENTS = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=BB\r\n",
        b"Content-Type: text/html; charset=",
        b"utf-8",
        b"gb2312",
        b"--BB\r\n",
        b"--BB--",
        b"\r\n",
        b"\n",
        b"Subject: ",
        b"=?utf-8?B?",
        b"?=",
        b"From: ",
        b'"',
        b"<",
        b">",
        b"@",
        b"Content-Transfer-Encoding: base64\r\n",
        b"begin 644 x\n",
        b"\nend\n",
        b"filename*0*=",
        b"Content-Disposition: attachment; ",
        b"message/rfc822",
        b"\xff",
        b"\0",
        b"Date: ",
        b"On 2020 x wrote:\n",
        b"> ",
        b"References: ",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_FRAGMENTS | st.binary(max_size=40), max_size=40).map(b"".join))
def test_parsing_never_raises(raw: bytes) -> None:
    mail = parse(raw)
    assert isinstance(mail, ParsedMail)
    for text in (
        mail.text,
        mail.subject,
        mail.html or "",
        mail.reply_text,
        *(file.filename for file in mail.attachments),
    ):
        assert "\0" not in text
        text.encode("utf-8")
    assert all(file.filename for file in mail.attachments)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_the_bytes_of_a_file_survive(content: bytes) -> None:
    file = part(
        b"application/octet-stream",
        base64.encodebytes(content),
        b"Content-Transfer-Encoding: base64",
        b"Content-Disposition: attachment",
    )
    assert [found.content for found in parse(multipart(WORDS, file)).attachments] == [content]
