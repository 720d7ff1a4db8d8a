"""Break mail in many ways and see that parsing survives: `python -m bench.fuzz FOLDER --minutes 10 --seed 1`.

Every message of the folder (any file but scripts and tables), or a hundred generated ones where none is given, is
changed and parsed, over and over. A message that raises, takes longer than two seconds or makes the process grow beyond
300 MB is written to `bench/out/fuzz` and named. The last line says how many were parsed. Same seed, same mutations.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from bench import mails
from postdesk.mail.describe import describe
from postdesk.mail.parse import parse
from postdesk.mail.sanitize import safe_html

SECONDS = 2.0
GROWTH = 300 * 1024
_LARGEST = 2_000_000
_OUT = Path(__file__).parent / "out" / "fuzz"
#: What breaks readers of mail: pieces of its grammar, put where they do not belong.
TOKENS = (
    b"\r\n", b"\n", b"\r", b"\0", b"\r\n\r\n", b"--", b"=?utf-8?B?", b"=?utf-8?Q?=E4?=", b"?=", b"=", b"=3D",
    b"\xff\xfe", b"\xe4", b"(", b")", b'"', b"\\", b"<", b">", b";", b":", b",", b"@", b"begin 644 a\n",
    b"\nend\n", b"boundary=", b"Content-Type: multipart/mixed; boundary=x\r\n", b"charset=utf-16",
    b"Content-Type: message/rfc822\r\n\r\n", b"charset=utf-7", b"charset=iso-2022-jp", b"\x1b$B",
    b"name*0*=utf-8''%", b"Content-Transfer-Encoding: base64\r\n", b"<div>", b"<table>", b"<!--", b"<style>",
    b"</", b"&#x", b"<a href=", b"> ", b"On 1 Jan 2026 A <a@b.c> wrote:\n", b"From: ", b"-- \n", b"-----",
    b"Final-Recipient: rfc822; a@b.c\r\n", b"Status: 5.1.1\r\n", b"\x78\x9f\x3e\x22", b"BEGIN:VEVENT\r\n",
    b"DTSTART:20260101T000000Z\r\n", b"RRULE:FREQ=SECONDLY\r\n", b"\xe2\x80\xae", b"\xed\xa0\x80", b"a@b.c ",
    b"A" * 999, b" " * 999,
)  # fmt: skip

Mutation = Callable[[random.Random, bytes, bytes], bytes]


def _flip(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    out = bytearray(raw)
    for _ in range(dice.randint(1, 20)):
        out[dice.randrange(len(out))] = dice.randrange(256)
    return bytes(out)


def _cut(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    at = dice.randrange(len(raw))
    return raw[:at] + raw[at + dice.randint(1, 2000) :]


def _truncate(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    return raw[: dice.randrange(len(raw))]


def _insert(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    at = dice.randrange(len(raw))
    return raw[:at] + dice.choice(TOKENS) * dice.choice((1, 1, 1, 2, 50, 3000)) + raw[at:]


def _repeat(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    at = dice.randrange(len(raw))
    piece = raw[at : at + dice.choice((1, 2, 10, 100, 1000))]
    return raw[:at] + piece * dice.choice((2, 10, 500)) + raw[at:]


def _line(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    lines = raw.split(b"\n")
    at, to = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines.insert(to, lines[at])
    return b"\n".join(lines)


def _splice(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    return raw[: dice.randrange(len(raw))] + other[dice.randrange(len(other)) :]


def _nest(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    kind = dice.choice((b"mixed", b"alternative", b"report; report-type=delivery-status", b"signed", b"related"))
    head = b"From: a@b.example\r\nContent-Type: multipart/" + kind + b'; boundary="Q"\r\n\r\n'
    inside = b"--Q\r\nContent-Type: message/rfc822\r\n\r\n" + other + b"\r\n"
    return head + b"--Q\r\n" + raw + b"\r\n" + inside * dice.choice((1, 1, 20)) + b"--Q--\r\n"


MUTATIONS: tuple[Mutation, ...] = (_flip, _cut, _truncate, _insert, _insert, _repeat, _line, _splice, _nest)


def mutated(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    """One to four changes of a message; never empty, never larger than two megabytes."""
    for _ in range(dice.randint(1, 4)):
        raw = (dice.choice(MUTATIONS)(dice, raw, other) or b"\n")[:_LARGEST]
    return raw


def survive(raw: bytes) -> None:
    """All that the desk does with a message before a person sees it."""
    mail = parse(raw)
    describe("-", mail)
    if mail.html:
        safe_html(mail.html, cid_url=lambda _: None, images=False)


class TooSlow(BaseException):
    """Not an Exception, so that no tolerant reader swallows it."""


def _alarm(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("folder", nargs="?")
    options.add_argument("--minutes", type=float, default=1)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    originals = _originals(chosen.folder)
    dice = random.Random(chosen.seed)
    signal.signal(signal.SIGVTALRM, _alarm)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    ends = time.monotonic() + chosen.minutes * 60
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = failures = 0
    slowest = 0.0
    # Interrupted or ended early, it still says how far it came.
    with contextlib.suppress(KeyboardInterrupt):
        while time.monotonic() < ends:
            raw = mutated(dice, dice.choice(originals), dice.choice(originals))
            began = time.process_time()
            wrong = _tried(raw)
            took = time.process_time() - began
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            if grown - before > GROWTH:
                wrong, before = wrong or f"the process grew to {grown // 1024} MB", grown
            count, slowest = count + 1, max(slowest, took)
            if wrong:
                failures += 1
                _OUT.mkdir(parents=True, exist_ok=True)
                (_OUT / f"{chosen.seed}-{count}.eml").write_bytes(raw)
                print(f"{chosen.seed}-{count}.eml ({len(raw)} bytes): {wrong}", flush=True)
    print(f"{count} mutations of {len(originals)} messages, {failures} failures, slowest {slowest:.2f} s of CPU")
    return 1 if failures else 0


def _tried(raw: bytes) -> str | None:
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS * 3)
    began = time.process_time()
    try:
        survive(raw)
    except TooSlow:
        return "stopped after six seconds: " + traceback.format_exc(limit=-4)
    except Exception:
        return traceback.format_exc(limit=-4)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    took = time.process_time() - began
    return f"took {took:.1f} s of CPU" if took > SECONDS else None


def _originals(folder: str | None) -> list[bytes]:
    if folder is None:
        return [mails.make(number, "mix", "support@desk.example")[0] for number in range(100)]
    skipped = {".py", ".tsv", ".md", ".jsonl", ".json"}
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file() and path.suffix not in skipped)
    return [raw for path in paths if (raw := path.read_bytes())]


if __name__ == "__main__":
    sys.exit(main())
