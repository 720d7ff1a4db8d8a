"""The leaves of a message's MIME tree, whoever read it: the quick reader here, the careful one in careful.py.

The quick reader is fast-mail-parser (Rust). It decides everything but for what it cannot: see `read`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import fast_mail_parser

from postdesk.mail import careful, headers
from postdesk.mail.part import Part, leaf

_PLAIN_ENCODINGS = frozenset({"", "7bit", "8bit", "binary", "base64", "quoted-printable"})
_CONTENT_FIELDS = (
    "content-type",
    "content-disposition",
    "content-id",
    "content-transfer-encoding",
    "content-location",
    "content-description",
)
#: A tree deeper than this is nobody's letter; the careful reader keeps what lies below as one file.
_DEEPEST = 255
#: The quick reader needs quadratic time for encoded words that never end, so messages full of them go the other way.
_MANY = 2000


@dataclass(slots=True)
class _Doubt(Exception):
    """The quick reader's answer is not to be trusted for this message."""

    why: str = field(default="")


def read(raw: bytes, fields: headers.Fields, body_at: int) -> tuple[list[Part], list[str]]:
    """(the leaves in order, defects). Falls back to the careful reader where the quick one gives up or mangles."""
    if len(raw) > _MANY * 4 and raw.count(b"?") > _MANY and raw.count(b"=?") > _MANY:
        return careful.read(raw, fields, body_at, said="thousands of encoded words")
    try:
        return _quick(raw), []
    except fast_mail_parser.ParseError as error:
        return careful.read(raw, fields, body_at, said=str(error))
    except _Doubt as doubt:
        return careful.read(raw, fields, body_at, said=doubt.why)


def _quick(raw: bytes) -> list[Part]:
    root = fast_mail_parser.parse_email_tree(raw)
    found: list[Part] = []
    # (node, identity of the innermost alternative, its subtype path); last in, first out, so children go in reversed.
    waiting: list[tuple[fast_mail_parser.PyMimePart, int, str, int]] = [(root, 0, "", 0)]
    alternatives = 0
    while waiting:
        node, alternative, container, depth = waiting.pop()
        content = node.content
        kind = node.content_type
        if not kind.startswith("multipart/"):
            found.append(_leaf(node, content or b"", alternative, container))
            continue
        children = node.children
        if not children or depth > _DEEPEST:
            raise _Doubt("a multipart without parts" if not children else "parts nested too deep")
        if kind == "multipart/alternative":
            alternatives += 1
            alternative = alternatives
        waiting.extend((child, alternative, kind, depth + 1) for child in reversed(children))
    return found


def _leaf(node: fast_mail_parser.PyMimePart, content: bytes, alternative: int, container: str) -> Part:
    said = {key: values[0] for name, values in node.headers.items() if (key := name.lower()) in _CONTENT_FIELDS}
    for value in said.values():
        # Broken characters, or words left encoded, mean that the raw bytes must be asked.
        if "=?" in value or "\ufffd" in value:
            raise _Doubt("a part's header could not be decoded")
    encoding = said.get("content-transfer-encoding", "").strip().lower()
    if encoding not in _PLAIN_ENCODINGS:
        raise _Doubt(f"transfer encoding {encoding[:30]!r}")
    return leaf(said, content, alternative, container)
