"""What is packed inside: winmail.dat, RTF, forwarded messages, signed and encrypted parts; and how much is taken."""

from __future__ import annotations

import base64
import struct

import compressed_rtf
import pytest

from postdesk.mail.files import MOST
from postdesk.mail.parse import parse
from postdesk.mail.rtf import words_of
from tests.unit.mail.letters import WORDS, letter, multipart, part

RTF = (
    rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\pard Gr\'fc\'dfe,\par \b Carol\b0\tab \u8364? {\*\secret "
    rb"no}\par}"
)
FROM_HTML = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1{\fonttbl{\f0 Arial;}}{\*\htmltag64 <p>}\htmlrtf {\f0 hidden \htmlrtf0 Hello "
    rb"\'fc{\*\htmltag72 </p>}\htmlrtf }\htmlrtf0 }"
)


def _object(level: int, name: int, kind: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def winmail(*, files: dict[str, bytes] | None = None, importance: int | None = None, rtf: bytes = b"") -> bytes:
    properties = []
    if importance is not None:
        properties.append(struct.pack("<HHI", 0x0003, 0x0017, importance))
    if rtf:
        packed = compressed_rtf.compress(rtf, compressed=True)
        properties.append(struct.pack("<HHII", 0x0102, 0x1009, 1, len(packed)) + packed + b"\0" * (-len(packed) % 4))
    out = struct.pack("<IH", 0x223E9F78, 1) + _object(1, 0x9006, 8, struct.pack("<I", 0x10000))
    if properties:
        out += _object(1, 0x9003, 6, struct.pack("<I", len(properties)) + b"".join(properties))
    for name, content in (files or {}).items():
        out += _object(2, 0x9002, 6, b"\0" * 14) + _object(2, 0x8010, 1, name.encode("ascii") + b"\0")
        out += _object(2, 0x800F, 6, content)
    return out


def with_winmail(stream: bytes, *more: bytes) -> bytes:
    packed = part(
        b'application/ms-tnef; name="winmail.dat"', base64.encodebytes(stream), b"Content-Transfer-Encoding: base64"
    )
    return multipart(*more, packed)


def test_e6_winmail_dat_gives_its_files_and_importance_and_its_siblings_stay() -> None:
    sibling = part(b"application/pdf", b"%PDF", b'Content-Disposition: attachment; filename="a.pdf"')
    mail = parse(with_winmail(winmail(files={"b.txt": b"bee", "c.txt": b"sea"}, importance=2), WORDS, sibling))
    assert [(file.filename, file.content) for file in mail.attachments] == [
        ("a.pdf", b"%PDF"),
        ("b.txt", b"bee"),
        ("c.txt", b"sea"),
    ]
    assert (mail.text, mail.priority) == ("hello world", "high")


def test_the_words_inside_winmail_dat_are_read_where_there_are_no_others() -> None:
    assert parse(with_winmail(winmail(rtf=RTF))).text == "Grüße,\nCarol\t€ \n"
    assert parse(with_winmail(winmail(rtf=RTF), WORDS)).text == "hello world"
    mail = parse(with_winmail(winmail(rtf=FROM_HTML)))
    assert (mail.html, mail.text) == ("<p>Hello ü</p>", "Hello ü")


def test_a_winmail_dat_made_to_keep_its_reader_busy_is_kept_unopened() -> None:
    mail = parse(with_winmail(struct.pack("<IH", 0x223E9F78, 1) + b"\0" * 2_000_000))
    assert [file.size for file in mail.attachments] == [2_000_006]
    assert "a winmail.dat that cannot be unpacked is kept as it is" in mail.defects


def _properties(*properties: bytes, count: int | None = None) -> bytes:
    number = len(properties) if count is None else count
    return struct.pack("<IH", 0x223E9F78, 1) + _object(1, 0x9003, 6, struct.pack("<I", number) + b"".join(properties))


@pytest.mark.parametrize(
    "stream",
    [
        _properties(bytes(40), count=0xFFFFFFF0),
        _properties(struct.pack("<HHI", 0x1003, 0x17, 0xFFFFFFF0)),
        _properties(struct.pack("<HHI", 0x1E, 0x17, 0xFFFFFFF0)),
        _properties(struct.pack("<HH16sIII", 0x1002, 0x8017, b"", 0, 7, 0xFFFFFFF0)),
        struct.pack("<IH", 0x223E9F78, 1) + _object(1, 0x9004, 6, struct.pack("<I", 0xFFFFFFF0) + bytes(40)),
    ],
    ids=["properties", "values", "strings", "named", "recipients"],
)
def test_e6_a_winmail_dat_that_claims_four_thousand_million_of_something_is_kept_unopened(stream: bytes) -> None:
    mail = parse(with_winmail(stream, WORDS))
    assert [file.filename for file in mail.attachments] == ["winmail.dat"]
    assert "a winmail.dat that cannot be unpacked is kept as it is" in mail.defects


@pytest.mark.parametrize("raw", [b"", b"{\\rtf1", b"}" * 50, b"{" * 5000 + b"x", b"\\u99999 \\uc9\\u-5 abc\\'zz"])
def test_broken_rtf_gives_some_text(raw: bytes) -> None:
    text, html = words_of(raw)
    assert isinstance(text, str)
    assert html is None


def test_e1_a_message_forwarded_as_a_file_is_read() -> None:
    inside = letter(b"the printer is on fire\r\n").replace(b"carol@client", b"dan@client")
    mail = parse(multipart(part(b"text/plain", b"see below"), part(b"message/rfc822", inside)))
    assert mail.forwarded is not None
    assert (mail.forwarded.from_email, mail.forwarded.subject) == ("dan@client.example", "hello")
    assert mail.forwarded.text.strip() == "the printer is on fire"
    assert [file.filename for file in mail.attachments] == ["hello.eml"]


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        (b"application/pkcs7-mime; smime-type=enveloped-data", "smime.p7m", "smime_encrypted"),
        (b"application/x-pkcs7-mime; smime-type=signed-data", "smime.p7m", "smime_signed"),
        (b"application/pkcs7-signature", "smime.p7s", "smime_signed"),
        (b"application/pgp-signature", "signature.asc", "pgp_signed"),
        (b"application/pgp-encrypted", "pgp-version.asc", "pgp_encrypted"),
    ],
)
def test_e8_signed_and_encrypted_parts_are_kept_named_and_said(kind: bytes, name: str, found: str) -> None:
    mail = parse(multipart(WORDS, part(kind, b"sealed")))
    assert [(file.filename, file.content) for file in mail.attachments] == [(name, b"sealed")]
    assert mail.protection == (found,)


def test_pgp_inside_the_text_is_said() -> None:
    assert parse(letter(b"-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n-----END PGP MESSAGE-----\r\n")).protection == (
        "pgp_encrypted",
    )


def test_more_files_than_anybody_sends_are_counted() -> None:
    many = [part(b"image/png", b"x") for _ in range(MOST + 7)]
    mail = parse(multipart(WORDS, *many))
    assert len(mail.attachments) == MOST
    assert f"7 files beyond the {MOST}th are only in the message as it came" in mail.defects


def test_an_agent_can_read_the_words_in_another_charset() -> None:
    raw = letter("Привет".encode("koi8-r"), kind=b"text/plain; charset=iso-8859-1")
    assert parse(raw, charset="koi8-r").text == "Привет"
    assert parse(raw, charset="koi8-r").charset == "koi8-r"
    assert parse(raw, charset="no-such-charset").text == parse(raw).text


@pytest.mark.parametrize(
    ("body", "label", "confidence"),
    [
        ("grüße".encode(), b"utf-8", "declared"),
        (b"words", b"us-ascii", "declared"),
        ("grüße".encode(), b"iso-8859-1", "proven"),
        ("Привет, как дела? Пишу вам.".encode("cp1251"), b"x-nothing", "guessed"),
    ],
)
def test_it_is_kept_how_sure_the_charset_is(body: bytes, label: bytes, confidence: str) -> None:
    assert parse(letter(body, kind=b"text/plain; charset=" + label)).charset_confidence == confidence


def test_addresses_with_comments_and_blanks_of_old_programs_are_read() -> None:
    head = b"From: Pete(A \\) chap) <pete(his account)@silly.test(his host)>\r\nTo: jdoe@test  . example, a@b.example"
    mail = parse(head)
    assert mail.from_ is not None
    assert mail.from_.address == "pete@silly.test"
    assert [one.address for one in mail.to] == ["jdoe@test.example", "a@b.example"]
