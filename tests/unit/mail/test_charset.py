from __future__ import annotations

import pytest

from postdesk.mail import address, dates, headers, names
from postdesk.mail.charset import codec_for, decode
from postdesk.mail.message import Address

RUSSIAN = "Здравствуйте, не работает вход в систему. Помогите, пожалуйста."


@pytest.mark.parametrize(
    ("raw", "label", "text"),
    [
        ("grüße 😀".encode(), "utf-8", "grüße 😀"),
        ("it’s €5".encode("cp1252"), "iso-8859-1", "it’s €5"),
        ("café €5".encode("cp1252"), "us-ascii", "café €5"),
        ("café €5".encode("cp1252"), "utf-8", "café €5"),
        ("grüße".encode(), "iso-8859-1", "grüße"),
        ("grüße".encode(), "", "grüße"),
        ("grüße".encode(), "x-nobody-knows", "grüße"),
        ("朱镕基".encode("gbk"), "gb2312", "朱镕基"),
        ("똠방각하".encode("cp949"), "ks_c_5601-1987", "똠방각하"),
        ("お世話".encode("iso-2022-jp"), "", "お世話"),
        ("grüße".encode("cp850"), "cp-850", "grüße"),
        (RUSSIAN.encode("koi8-r"), "", RUSSIAN),
        (RUSSIAN.encode("cp1251"), "utf-8", RUSSIAN),
        ("こんにちは、よろしくお願いします".encode("shift_jis"), "", "こんにちは、よろしくお願いします"),
        ("您好，我的订单还没有到，请问什么时候发货".encode("gbk"), "", "您好，我的订单还没有到，请问什么时候发货"),
        (b"a\0b", "utf-8", "ab"),
        (b"\xef\xbb\xbfhi\xc3\xbc", "", "hiü"),
        ("Hi -☺-!".encode("utf-7"), "utf-7", "Hi -☺-!"),
    ],
)
def test_e3_bytes_are_read_as_they_were_meant(raw: bytes, label: str, text: str) -> None:
    assert decode(raw, label)[0] == text


@pytest.mark.parametrize("label", ["rot13", "base64", "idna", "undefined", "no such", "x" * 100, "a\0b"])
def test_labels_that_are_no_charset_are_none(label: str) -> None:
    assert codec_for(label) is None


@pytest.mark.parametrize(
    ("coded", "text"),
    [
        ("=?utf-8?Q?Gr=C3=BC?= =?utf-8?Q?=C3=9Fe?=", "Grüße"),
        ("=?utf-8?B?R3LD?= =?utf-8?B?vMOfZQ==?=", "Grüße"),
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        ("=?x-foo?Q?plain?=", "plain"),
        ("=?utf-8?Q?with raw spaces?=", "with raw spaces"),
        ("=?utf-8?Q?what??=", "what?"),
        ("a =?utf-8?Q?b?= c", "a b c"),
        ("=?utf-8?Q?a=0Ab?=", "a b"),
    ],
)
def test_encoded_words_are_decoded(coded: str, text: str) -> None:
    assert headers.readable(coded) == text


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("Mon, 5 Jan 2026 10:00:00 +0200", "2026-01-05T08:00:00+00:00"),
        ("5 Jan 2026 10:00 GMT", "2026-01-05T10:00:00+00:00"),
        ("Mon, 05 Jan 2026 23:59:60 -0330 (NST)", "2026-01-06T03:29:59+00:00"),
        ("2026-01-05T10:00:00Z", "2026-01-05T10:00:00+00:00"),
        ("yesterday", None),
        ("Mon, 45 Jan 2026 10:00:00 +0200", None),
    ],
)
def test_dates_are_read_or_left(value: str, iso: str | None) -> None:
    found = dates.date(value)
    assert (found.isoformat() if found else None) == iso


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a@X.Example", [("", "a@x.example")]),
        ("Doe, John <j@x.example>", [("Doe, John", "j@x.example")]),
        ('"Doe, John" <j@x.example>, b@y.example', [("Doe, John", "j@x.example"), ("", "b@y.example")]),
        ("team: a@x.example, B <b@x.example>;", [("", "a@x.example"), ("B", "b@x.example")]),
        ("undisclosed-recipients:;", []),
        ("j@x.example (John Doe)", [("John Doe", "j@x.example")]),
        ("=?utf-8?q?M=C3=BCller=2C_J?= <j@x.example>", [("Müller, J", "j@x.example")]),
        ("'j@x.example' <j@x.example>", [("j@x.example", "j@x.example")]),
        ("nobody", []),
        ("a@x.example; b@x.example", [("", "a@x.example"), ("", "b@x.example")]),
    ],
)
def test_address_lists_are_read_as_people_write_them(value: str, found: list[tuple[str, str]]) -> None:
    assert address.parse(value) == tuple(Address(*one) for one in found)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../x", "x"),
        ("a\0b", "ab"),
        ("..", ""),
        ("CON.txt", "_CON.txt"),
        ("x\u202etxt.exe", "xtxt.exe"),
        ("  ", ""),
        ("dir/", "dir"),
        ("a" * 300 + ".pdf", "a" * 176 + ".pdf"),
    ],
)
def test_names_are_safe_to_store(name: str, safe: str) -> None:
    assert names.safe(name) == safe


def test_an_encoded_word_that_is_no_text_is_left_as_it_was_written() -> None:
    broken = "=?utf-8?B?nnDusSNdG92w6Fuw61fM?="
    assert headers.readable(f"Invoice {broken} of May") == f"Invoice {broken} of May"
    assert headers.readable("=?utf-8?Q?Gr=FC=DFe?=") == "Grüße"
