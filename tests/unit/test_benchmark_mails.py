"""The benchmark's mail is always the same, and is what its manifest says."""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
from collections import Counter
from pathlib import Path

from bench.mails import Original, generate, make

DESK = "support@desk.example"


def test_a_mail_depends_on_its_number_and_seed_only(tmp_path: Path) -> None:
    made = generate(tmp_path, 3, "small", DESK, start=5)
    raw, mail = make(6, "small", DESK)
    assert (tmp_path / "0000006.eml").read_bytes() == raw
    assert made[1] == mail
    assert make(6, "small", DESK, seed=2)[0] != raw


def test_every_fifty_of_the_mix_hold_the_same_kinds_in_their_sizes(tmp_path: Path) -> None:
    made = generate(tmp_path, 50, "mix", DESK, start=50)
    assert Counter(mail.kind for mail in made) == {"small": 35, "attachment": 10, "large": 4, "charset": 1}
    bounds = {"small": (3_000, 16_000), "attachment": (50_000, 300_000), "large": (1_000_000, 2_000_000)}
    for mail in made:
        size = mail.attached[0].size if mail.attached else mail.size
        low, high = bounds.get(mail.kind, (500, 10_000))
        assert low <= size <= high, mail


def test_a_reader_finds_what_the_manifest_says(tmp_path: Path) -> None:
    made = generate(tmp_path, 50, "mix", DESK)
    rows = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text().splitlines()]
    assert [row["message_id"] for row in rows] == [mail.message_id for mail in made]
    for mail in made:
        raw = (tmp_path / mail.file).read_bytes()
        assert len(raw) == mail.size
        assert b"\n" not in raw.replace(b"\r\n", b"")
        assert max(map(len, raw.split(b"\r\n"))) <= 998  # RFC 5322, section 2.1.1
        message = email.message_from_bytes(raw, policy=email.policy.default)
        sender = message["From"].addresses[0]
        assert (message["Message-ID"], message["Subject"], message["To"]) == (mail.message_id, mail.subject, DESK)
        assert (sender.display_name, sender.addr_spec) == (mail.name, mail.address)
        texts = [part.get_payload(decode=True) for part in message.walk() if part.get_content_maintype() == "text"]
        assert all(mail.marker.encode() in text for text in texts)
        found = [
            (part.get_filename(), len(octets), hashlib.sha256(octets).hexdigest())
            for part in message.iter_attachments()
            for octets in (part.get_content(),)
        ]
        assert found == [(file.name, file.size, file.sha256) for file in mail.attached]


def test_customers_answer_the_letters_given(tmp_path: Path) -> None:
    letter = Original("<letter-1@desk.example>", "ada@example.com", "Your order")
    answer, other = generate(tmp_path, 2, "small", DESK, answering=[letter])
    assert (answer.address, answer.subject, answer.in_reply_to) == (
        "ada@example.com",
        "Re: Your order",
        letter.message_id,
    )
    assert b"References: <letter-1@desk.example>\r\n" in (tmp_path / answer.file).read_bytes()
    assert other.in_reply_to is None
