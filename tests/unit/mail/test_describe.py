from __future__ import annotations

import json

from postdesk.mail.describe import describe
from postdesk.mail.parse import parse
from tests.unit.mail.letters import WORDS, multipart, part

KEYS = [
    "path",
    "message_id",
    "in_reply_to",
    "references",
    "subject",
    "from",
    "sender",
    "reply_to",
    "to",
    "cc",
    "date",
    "text",
    "html",
    "reply_text",
    "forwarded",
    "attachments",
    "kind",
    "autoreply_allowed",
    "bounce",
    "complaint",
    "priority",
    "charset",
    "charset_confidence",
    "invitation",
    "protection",
    "defects",
]


def test_the_object_has_exactly_the_documented_keys_and_is_json() -> None:
    report = part(
        b"message/delivery-status", b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    )
    found = json.loads(
        json.dumps(describe("x.eml", parse(multipart(WORDS, report, kind=b"report; report-type=delivery-status"))))
    )
    assert list(found) == KEYS
    assert found["from"] == {"name": "Carol", "address": "carol@client.example"}
    assert list(found["attachments"][0]) == ["filename", "content_type", "size", "sha256", "content_id", "inline"]
    assert list(found["bounce"]["recipients"][0]) == [
        "address",
        "action",
        "status",
        "reply_code",
        "diagnostic",
        "reason",
        "dead",
    ]


def test_even_nothing_gives_an_object() -> None:
    assert list(describe("-", parse(b""))) == KEYS
