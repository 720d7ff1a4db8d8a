from __future__ import annotations

import dataclasses
import datetime as dt
import email
import email.policy
import re
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postdesk.mail.compose import Outgoing, OutgoingFile, compose
from postdesk.mail.message import Address
from postdesk.mail.parse import parse

PLAIN = Outgoing(
    from_=Address("Example Support", "support@desk.example"),
    to=(Address("Carol", "carol@client.example"),),
    subject="Re: hello",
    text="Dear Carol,\n\nyes.\n",
    message_id="pd1.abc@desk.example",
    date=dt.datetime(2026, 1, 5, 10, tzinfo=dt.UTC),
)
_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cn"), include_characters="\n"), max_size=400)
_LINE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cn")), max_size=120)


def by_the_standard_library(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_h6_everything_a_letter_holds_arrives() -> None:
    files = (
        OutgoingFile("größe.pdf", "application/pdf", b"\0\1" * 500),
        OutgoingFile("logo.png", "image/png", b"png", "logo@desk"),
    )
    letter = dataclasses.replace(
        PLAIN,
        html="<p>yes <img src='cid:logo@desk'></p>",
        attachments=files,
        cc=(Address("Müller, Jörg", "j@x.example"),),
        in_reply_to="1@client.example",
        references=("0@client.example", "1@client.example"),
        reply_to=(Address("", "r@desk.example"),),
        sender=Address("", "robot@desk.example"),
        headers=(("X-Ticket", "7"),),
    )
    raw = compose(letter)
    mail = parse(raw)
    assert mail.text == "Dear Carol,\n\nyes.\n"
    assert mail.html is not None
    assert "cid:logo@desk" in mail.html
    assert [(file.filename, file.content, file.inline) for file in mail.attachments] == [
        ("logo.png", b"png", True),
        ("größe.pdf", b"\0\1" * 500, False),
    ]
    assert (mail.cc, mail.sender, mail.reply_to) == (letter.cc, letter.sender, letter.reply_to)
    assert (mail.in_reply_to, mail.references) == (("1@client.example",), letter.references)
    assert (mail.date, mail.message_id, mail.header("x-ticket")) == (letter.date, letter.message_id, "7")
    assert by_the_standard_library(raw).get_content_type() == "multipart/mixed"


def test_h5_automatic_answers_say_so_in_plain_words() -> None:
    mail = parse(compose(dataclasses.replace(PLAIN, auto="auto-replied")))
    assert (mail.header("Auto-Submitted"), mail.header("Precedence"), mail.header("X-Autoreply")) == (
        "auto-replied",
        "auto_reply",
        "yes",
    )
    assert mail.header("X-Auto-Response-Suppress") == "DR, RN, OOF, AutoReply"
    assert (mail.kind, mail.autoreply_allowed) == ("auto_reply", False)


def test_h5_notices_to_agents_say_so_and_ask_for_no_answer() -> None:
    mail = parse(compose(dataclasses.replace(PLAIN, auto="auto-generated")))
    assert (mail.header("Auto-Submitted"), mail.header("Precedence")) == ("auto-generated", None)
    assert mail.header("X-Auto-Response-Suppress") == "OOF, AutoReply"
    assert not mail.autoreply_allowed


def test_a_persons_answer_carries_no_sign_of_a_robot() -> None:
    mail = parse(compose(PLAIN))
    assert (mail.kind, mail.header("Auto-Submitted"), mail.header("Precedence")) == ("mail", None, None)


def test_the_marker_and_the_separator_come_back() -> None:
    ours = "pd1." + "a" * 40 + "@desk.example"
    mail = parse(
        compose(
            dataclasses.replace(
                PLAIN, message_id=ours, html="<body><p>yes</p></body>", marker=True, separator="-- above --"
            )
        )
    )
    assert mail.body_ids == (ours,)
    assert mail.text.startswith("-- above --\n")
    assert mail.html is not None
    assert mail.html.index("<body>") < mail.html.index("-- above --") < mail.html.index("<p>yes")


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: m@x.example", "x\nBcc: m@x.example", "x\rBcc: m", "x\u2028Bcc: m", "x\0\r\n\r\nbody"]
)
def test_no_value_can_smuggle_a_header(evil: str) -> None:
    letter = dataclasses.replace(
        PLAIN,
        subject=evil,
        from_=Address(evil, f"s{evil}@desk.example"),
        to=(Address(evil, "c@x.example"),),
        message_id=evil,
        in_reply_to=evil,
        references=(evil,),
        headers=(("X-A", evil),),
        attachments=(OutgoingFile(evil, evil, b"x", evil),),
    )
    raw = compose(letter)
    assert not re.search(rb"(?mi)^bcc:", raw)
    assert "bcc" not in by_the_standard_library(raw)


def test_a_header_name_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="header name"):
        compose(dataclasses.replace(PLAIN, headers=(("X-A: b\r\nBcc", "x"),)))


def test_h5_a_long_chain_keeps_its_root_and_its_newest() -> None:
    chain = tuple(f"{number}@client.example" for number in range(200))
    kept = parse(compose(dataclasses.replace(PLAIN, references=chain))).references
    assert (kept[0], kept[-1], len(kept)) == (chain[0], chain[-1], 25)


@settings(max_examples=150, deadline=None)
@given(subject=_LINE, name=_LINE, text=_TEXT, html=st.none() | _TEXT, filename=_LINE)
def test_what_is_composed_is_read_back(subject: str, name: str, text: str, html: str | None, filename: str) -> None:
    letter = dataclasses.replace(
        PLAIN,
        subject=subject,
        to=(Address(name, "carol@client.example"),),
        text=text,
        html=html,
        attachments=(OutgoingFile(filename, "application/octet-stream", b"x"),),
    )
    raw = compose(letter)
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    head = raw.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    mail = parse(raw)
    assert squeezed(mail.subject) == squeezed(subject)
    assert mail.to[0].address == "carol@client.example"
    standard = by_the_standard_library(raw)
    assert squeezed(standard["subject"]) == squeezed(subject)
    body = standard.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    if text.strip():
        assert mail.text.rstrip("\n") == text.rstrip("\n")


@settings(max_examples=100, deadline=None)
@given(name=st.text(st.characters(categories=("L", "N"), include_characters=" ,.@()<>"), min_size=1, max_size=80))
def test_the_name_of_a_person_survives(name: str) -> None:
    mail = parse(compose(dataclasses.replace(PLAIN, from_=Address(name, "a@desk.example"))))
    assert mail.from_ is not None
    assert (squeezed(mail.from_.name), mail.from_.address) == (squeezed(name), "a@desk.example")
