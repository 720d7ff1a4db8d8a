"""Mail made to hurt: no exception, no hang, no memory; whatever is left out is said."""

from __future__ import annotations

import base64
import io
import random
import re
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from pkgutil import iter_modules

import pytest
from bench.fuzz import mutated, survive
from bench.mails import make

import postdesk.mail
from postdesk.mail.parse import parse
from postdesk.mail.quote import new_words
from tests.unit.mail.letters import WORDS, letter, multipart, part

MB = 1_000_000
REPORT = b"report; report-type=delivery-status"


def deep(levels: int) -> bytes:
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at) for at in range(levels))
    return b"From: a@b.example\r\n" + head + b"Content-Type: text/plain\r\n\r\nthe bottom\r\n"


HOSTILE = {
    "one line of eight megabytes": lambda: letter(b"x" * 8 * MB),
    "eight megabytes of blanks": lambda: letter(b" " * 8 * MB),
    "a subject of two megabytes": lambda: b"Subject: " + b" " * 2 * MB + b"\r\nFrom: a@b.example\r\n\r\nx",
    "a subject of encoded words": lambda: b"Subject: " + b"=?utf-8?Q?=E4?= " * 100_000 + b"\r\n\r\nx",
    "encoded words that never end": lambda: b"Subject: " + b"=?utf-8?Q?" * 100_000 + b"\r\n\r\nx",
    "a thousand recipients": lambda: b"To: " + b", ".join([b'"N, %d" <n@x.example>' % n for n in range(20_000)]),
    "a name of brackets": lambda: b"From: " + b"(" * MB + b"\r\nTo: " + b"<" * MB + b"\r\nCc: " + b'"' * MB + b"\r\n",
    "an address of blanks": lambda: b"From: a" + b" " * MB + b"b\r\nIn-Reply-To: <" + b" " * MB + b"\r\n\r\nx",
    "an address of colons": lambda: b"To: a@b.example " + b"From: " * 100_000 + b"\r\n\r\nx",
    "ten thousand parts": lambda: multipart(WORDS, *[part(b"image/png", b"x")] * 10_000),
    "five hundred deep": lambda: deep(500),
    "five hundred messages deep": lambda: b"Content-Type: message/rfc822\r\n\r\n" * 500 + b"x",
    "tables ten thousand deep": lambda: letter(b"<table><tr><td>" * 10_000 + b"x", kind=b"text/html"),
    "tags that never end": lambda: letter(b"<a href='" * 100_000 + b"<!--" * 100_000, kind=b"text/html"),
    "quotes within tags": lambda: letter(b"<a \"'" * 200_000, kind=b"text/html"),
    "entities": lambda: letter(b"&#x" * 300_000, kind=b"text/html"),
    "quotation fifty thousand deep": lambda: letter(b">" * 50_000 + b"x\r\n" + b"> x\r\n" * 50_000),
    "introductions": lambda: letter(b"On 1 Jan 2026 10:00 A <a@b.example> wrote:\r\n" * 20_000),
    "header blocks": lambda: letter(b"From: a\r\nTo: b\r\nSent: c\r\n" * 20_000),
    "rules": lambda: letter(b"-" * MB + b"\r\n" + b"_" * MB + b"\r\n" + b"--\r\n" * 50_000),
    "uuencoded blocks": lambda: letter(b"begin 644 a\r\nM\r\n" * 50_000 + b"end\r\n"),
    "a report of blanks": lambda: multipart(part(b"text/plain", b" " * MB), kind=REPORT),
    "a report of one line": lambda: multipart(part(b"text/plain", b"user unknown a@b " * 60_000), kind=REPORT),
    "a report on a hundred thousand": lambda: multipart(
        part(b"message/delivery-status", b"Final-Recipient: rfc822; a@b.example\r\n\r\n" * 100_000), kind=REPORT
    ),
    "a name in ten thousand pieces": lambda: multipart(
        part(b"image/png" + b"".join(b"; name*%d*=%%41" % at for at in range(10_000)), b"x")
    ),
    "an invitation of a hundred thousand": lambda: multipart(
        part(b"text/calendar", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + b"ATTENDEE:mailto:a@b.example\r\n" * 100_000)
    ),
    "nothing but nulls": lambda: b"\0" * MB,
    "nothing but line ends": lambda: b"\r\n" * MB,
    "utf-7": lambda: letter(b"+AGE-" * 200_000, kind=b"text/plain; charset=utf-7"),
    "shifts": lambda: letter(b"\x1b$B" * 300_000, kind=b"text/plain; charset=iso-2022-jp"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_parsed_in_two_seconds_and_little_memory(name: str) -> None:
    raw = HOSTILE[name]()
    began = time.process_time()
    mail = parse(raw)
    assert time.process_time() - began < 2
    assert len(mail.attachments) <= 500
    tracemalloc.start()
    parse(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300 * MB


def test_what_lies_too_deep_is_kept_and_said() -> None:
    mail = parse(deep(500))
    assert any("too deep" in said for said in mail.defects)
    assert any(b"the bottom" in file.content for file in mail.attachments)


def test_broken_mail_is_survived() -> None:
    dice = random.Random(7)
    mails = [make(number, "mix" if number % 5 else "small", "support@desk.example")[0][:60_000] for number in range(20)]
    reports = [make_report(number) for number in range(10)]
    for _ in range(400):
        survive(mutated(dice, dice.choice(mails + reports), dice.choice(mails))[:200_000])


def make_report(number: int) -> bytes:
    about = (
        b"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; n%d@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    )
    return multipart(
        WORDS, part(b"message/delivery-status", about % number), part(b"message/rfc822", letter()), kind=REPORT
    )


#: Runs of these, between things that patterns look for, are what makes careless patterns slow.
_RUNS = (
    " ",
    "\t",
    "a",
    "-",
    "_",
    "=",
    "<",
    "(",
    '"',
    "'",
    "@",
    ":",
    ";",
    "\\",
    "\n",
    "> ",
    "a ",
    "a@",
    "<a ",
    "&",
    " \n",
    ".",
    "{",
)


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for module in iter_modules(postdesk.mail.__path__):
        held = vars(__import__(f"postdesk.mail.{module.name}", fromlist=["x"]))
        for name, value in held.items():
            if isinstance(value, re.Pattern):
                yield f"{module.name}.{name}", value


def test_no_pattern_takes_more_than_linear_time_where_it_begins() -> None:
    slow = []
    for name, pattern in _patterns():
        for run in _RUNS:
            text = run * (20_000 // len(run)) + "\x01"
            hostile = text if isinstance(pattern.pattern, str) else text.encode()
            began = time.process_time()
            pattern.match(hostile)  # type: ignore[arg-type]
            if time.process_time() - began > 0.5:
                slow.append((name, run))
    assert slow == []


@pytest.mark.parametrize("lines", [1, 30_000])
def test_a_very_long_text_is_shown_whole(lines: int) -> None:
    text = "\n".join(["x" * (500_000 // lines)] * lines)
    assert new_words(text, None) == text


def test_a_zip_bomb_in_a_file_is_kept_as_it_is_and_never_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(20_000_000))
    bomb = packed.getvalue()
    coded = base64.encodebytes(bomb)
    raw = multipart(WORDS, part(b"application/zip; name=a.zip", coded, b"Content-Transfer-Encoding: base64"))
    tracemalloc.start()
    mail = parse(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(file.filename, file.content) for file in mail.attachments] == [("a.zip", bomb)]
    assert peak < 5_000_000
