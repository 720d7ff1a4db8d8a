"""Support mail for the benchmark: as many as asked for, always the same ones, written as files with CRLF.

Mail `number` depends on `seed` and `number` only. "small" is multipart/alternative of 3 to 15 KB with quoted replies.
"mix" is, in every fifty mails: 35 small ones (70 %), 10 with an attachment of 50 to 300 KB (20 %), 4 with one of 1 to
2 MB (8 %), and one in an odd or falsely labelled charset (2 %); a thousand of it are about 224 MB.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Literal

from bench.parts import Attached, file_part, multipart, quoted_printable, text_part
from bench.words import (
    DOMAINS,
    FAMILY,
    FAMILY_ELSEWHERE,
    GIVEN,
    ODD_TEXTS,
    SUBJECTS,
    SUBJECTS_ELSEWHERE,
    WORDS,
)

Mix = Literal["mix", "small"]
Kind = Literal["small", "attachment", "large", "charset"]
_FIFTY: tuple[Kind, ...] = ("small",) * 35 + ("attachment",) * 10 + ("large",) * 4 + ("charset",)
_SIZES = {"attachment": (50_000, 300_000), "large": (1_000_000, 2_000_000)}  # octets before base64
_FIRST = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Original:
    """A letter of the help desk that a customer answers."""

    message_id: str
    customer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Made:
    """A mail that was made: its file and what a correct reader finds in it. `marker` stands in every text of it."""

    number: int
    file: str
    kind: Kind
    size: int
    message_id: str
    address: str
    name: str
    subject: str
    date: str
    marker: str
    in_reply_to: str | None
    attached: tuple[Attached, ...]


def generate(
    directory: Path,
    n: int,
    kind: Mix,
    to: str,
    *,
    seed: int = 1,
    start: int = 0,
    answering: Sequence[Original] = (),
) -> list[Made]:
    """Write mails `start` to `start + n - 1` and `manifest.jsonl` into the directory, and return what was made.

    The first mails are answers to the letters in `answering`, from their customers, one each.
    """
    directory.mkdir(parents=True, exist_ok=True)
    made = []
    for number in range(start, start + n):
        original = answering[number - start] if number - start < len(answering) else None
        raw, mail = make(number, kind, to, seed=seed, original=original)
        (directory / mail.file).write_bytes(raw)
        made.append(mail)
    lines = (json.dumps(asdict(mail), ensure_ascii=False) for mail in made)
    (directory / "manifest.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return made


def make(number: int, mix: Mix, to: str, *, seed: int = 1, original: Original | None = None) -> tuple[bytes, Made]:
    """One mail: its bytes and what is in it."""
    rng = random.Random(f"m/{seed}/{number}")
    kind: Kind = "small" if mix == "small" else _order(seed, number // 50)[number % 50]
    given, family = rng.choice(GIVEN), rng.choice(FAMILY)
    domain = rng.choice(DOMAINS)
    address = f"{given}.{family}.{number}@{domain}".lower()
    name = f"{given} {rng.choice(FAMILY_ELSEWHERE) if rng.random() < 0.1 else family}"
    subject = rng.choice(SUBJECTS_ELSEWHERE if rng.random() < 0.15 else SUBJECTS).format(rng.randint(1000, 99999))
    marker = f"mark-{seed}-{number:07d}"
    message_id = f"<{rng.getrandbits(64):016x}.{number}@{domain}>"
    if original:
        address = original.customer
        subject = original.subject if original.subject.lower().startswith("re:") else f"Re: {original.subject}"
    content, attached = _content(rng, kind, name, marker)
    date = format_datetime(_FIRST + timedelta(seconds=41 * number))
    head = [
        f"Return-Path: <{address}>",
        f"Received: from out.{domain} (out.{domain} [192.0.2.{rng.randint(1, 254)}])",
        f"\tby mx.desk.example with ESMTPS id {rng.getrandbits(40):010x}",
        f"\tfor <{to}>; {date}",
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=mail;",
        f"\th=from:to:subject:date:message-id; bh={_letters(rng, 32)};",
        f"\tb={_letters(rng, 48)}",
        f"Message-ID: {message_id}",
        f"Date: {date}",
        f"From: {_word(name)} <{address}>",
        f"To: {to}",
        f"Subject: {_word(subject)}",
        *([f"In-Reply-To: {original.message_id}", f"References: {original.message_id}"] if original else []),
        "MIME-Version: 1.0",
    ]
    raw = "".join(f"{line}\r\n" for line in head).encode() + content
    in_reply_to = original.message_id if original else None
    made = Made(
        number=number,
        file=f"{number:07d}.eml",
        kind=kind,
        size=len(raw),
        message_id=message_id,
        address=address,
        name=name,
        subject=subject,
        date=date,
        marker=marker,
        in_reply_to=in_reply_to,
        attached=attached,
    )
    return raw, made


@cache
def _order(seed: int, fifty: int) -> tuple[Kind, ...]:
    """The kinds of fifty mails in a row: the same numbers of each in every fifty, in another order."""
    kinds = list(_FIFTY)
    random.Random(f"{seed}/order/{fifty}").shuffle(kinds)
    return tuple(kinds)


def _content(rng: random.Random, kind: Kind, name: str, marker: str) -> tuple[bytes, tuple[Attached, ...]]:
    """The MIME headers and body of a mail (all that stands below "MIME-Version")."""
    if kind == "charset":
        return _odd(rng, name, marker), ()
    plain, html = _texts(rng, name, marker, rng.randint(1_100, 4_300))
    letter = multipart(rng, "alternative", [text_part(rng, "plain", plain), text_part(rng, "html", html)])
    if kind == "small":
        return letter, ()
    part, attached = file_part(rng, marker, rng.randint(*_SIZES[kind]))
    return multipart(rng, "mixed", [letter, part]), (attached,)


# --- texts


def _paragraph(rng: random.Random) -> list[str]:
    """Some lines of words, each under 100 letters; together about 350 letters."""
    words = rng.choices(WORDS, k=rng.randint(30, 80))
    words[0] = words[0].capitalize()
    rows = [" ".join(words[at : at + 12]) for at in range(0, len(words), 12)]
    rows[-1] += rng.choice(".....?!")
    return rows


def _texts(rng: random.Random, name: str, marker: str, length: int) -> tuple[str, str]:
    """A letter of about `length` letters as plain text and as HTML; its second half quotes what it answers."""
    own: list[list[str]] = []
    quoted: list[list[str]] = []
    written = 0
    while written < length:
        paragraph = _paragraph(rng)
        (own if written < length * 0.55 else quoted).append(paragraph)
        written += sum(map(len, paragraph))
    said = f"On Fri, 2 Jan 2026 at {rng.randint(8, 18):02d}:{rng.randint(0, 59):02d}, Support Desk wrote:"
    plain = ["Hello,", ""]
    html = [
        "<html><head><style>p.MsoNormal {margin:0cm; font-size:11.0pt; font-family:Calibri,sans-serif}</style></head>",
        '<body lang="EN-GB"><div class="WordSection1">',
        "<p>Hello,</p>",
    ]
    for paragraph in own:
        plain += [*paragraph, ""]
        html += ['<p class="MsoNormal"><span style="color:#1F497D">', *paragraph, "</span></p>"]
    plain += [f"Reference: {marker}", "", "Kind regards,", name, "", said]
    html += [f"<p>Reference: {marker}</p>", f"<p>Kind regards,<br>{name}</p></div>"]
    html += [f'<div class="gmail_quote"><div dir="ltr">{said}</div><blockquote style="border-left:1px #ccc solid">']
    for depth, paragraph in enumerate(quoted):
        prefix = ">" * (1 + depth // 3)
        plain += [*(f"{prefix} {row}" for row in paragraph), prefix]
        html += ["<p>", *paragraph, "</p>"]
    html += ["</blockquote></div></body></html>"]
    return "\r\n".join(plain) + "\r\n", "\r\n".join(html) + "\r\n"


def _odd(rng: random.Random, name: str, marker: str) -> bytes:
    """A plain text in a charset that is rare, or that is not the one its label says."""
    text, charset, label = rng.choice(ODD_TEXTS)
    rows = [text, "", f"Reference: {marker}", "", *[text] * rng.randint(3, 25), "", name.split()[0]]
    raw = "\r\n".join(rows).encode(charset) + b"\r\n"
    coding = "7bit" if charset == "iso-2022-jp" else rng.choice(("8bit", "quoted-printable"))
    head = f"Content-Type: text/plain; charset={label}\r\nContent-Transfer-Encoding: {coding}\r\n\r\n"
    return head.encode() + (quoted_printable(raw) if coding == "quoted-printable" else raw)


# --- headers


def _word(text: str) -> str:
    """A header's text, as encoded words (RFC 2047) where it is not ASCII."""
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=72).encode(linesep="\r\n")


def _letters(rng: random.Random, octets: int) -> str:
    return base64.b64encode(rng.randbytes(octets)).decode()


def main() -> None:
    """Write mails into a folder and say how many and how large they are."""
    parser = argparse.ArgumentParser(description="Write support mail for a benchmark.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--kind", choices=("mix", "small"), default="mix")
    parser.add_argument("--to", default="support@desk.example")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0)
    chosen = parser.parse_args()
    made = generate(chosen.directory, chosen.n, chosen.kind, chosen.to, seed=chosen.seed, start=chosen.start)
    print(f"{len(made)} mails, {sum(mail.size for mail in made) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
