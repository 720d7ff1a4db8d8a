"""From bytes to a ParsedMail. It never raises and never hangs: what cannot be understood is kept and said in `defects`.

The steps stand in `parse`: header block, parts, words, files, the kind of message, the new words.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from postdesk.mail import address, auto, body, calendar, dates, dsn, files, forward, headers, parts, protection, quote
from postdesk.mail.auto_words import RECEIPT_SUBJECT, RECEIPT_WORDS
from postdesk.mail.message import Address, Bounce, Kind, ParsedMail, Priority
from postdesk.mail.part import Part

_FROM_LINE = re.compile(rb"\A[\r\n]*(?:\xef\xbb\xbf)?(?:>?From [^\r\n]{1,300}\r?\n)+(?=[!-9;-~]+[ \t]*:)")
_BLANK_START = re.compile(rb"\A(?:[ \t]{0,2000}\r?\n){1,50}(?=(?:>?From |[!-9;-~]+[ \t]*:))")
_OUR_ID = re.compile(r"pd1\.[a-z2-7]{26,90}@[A-Za-z0-9._-]{1,200}")
_FEEDBACK = re.compile(rb"^feedback-type[ \t]*:[ \t]*([A-Za-z-]{1,40})", re.IGNORECASE | re.MULTILINE)
_MICROSOFT = re.compile(
    rb"(?:[A-Za-z][^\r\n:]{0,60}:[^\r\n]{0,900}\r?\n[ \t]?){0,8}?X-HmXmrOriginalRecipient[ \t]*:", re.IGNORECASE
)
_DELIVERED_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to", "x-delivered-to")
#: As osTicket reads them (osticket.md 4.7); X-Priority has five steps, of which two are high and one is low.
_PRIORITIES: dict[str, Priority] = {
    "1": "high",
    "2": "high",
    "3": "normal",
    "4": "normal",
    "5": "low",
    "6": "low",
    "high": "high",
    "highest": "high",
    "urgent": "high",
    "normal": "normal",
    "medium": "normal",
    "low": "low",
    "lowest": "low",
    "non-urgent": "normal",
    "emergency": "emergency",
    "critical": "emergency",
}

_ANSWERS_AN_INVITATION = "It answers a calendar invitation."

ByName = dict[str, list[str]]


def parse(raw: bytes, charset: str = "") -> ParsedMail:
    """What the message says, for an agent to read and for the desk to decide on.

    `charset` reads the words in that charset whatever their labels say: for an agent who sees that they are wrong.
    """
    raw = _without_wrapping(raw)
    block, body_at = headers.split(raw)
    coded = headers.fields(block)
    shown = tuple((name, headers.readable(value)) for name, value in coded)
    named: ByName = {}
    for name, value in shown:
        named.setdefault(name.lower(), []).append(value)
    leaves, defects = parts.read(raw, coded, body_at)
    words = body.choose(leaves, charset)
    gathered = files.gather(words, leaves)
    text, html = gathered.text, gathered.html
    invitation, wrong = calendar.read(leaves) if words.files else (None, None)
    if wrong:
        gathered.defects.append(wrong)
    subject = named.get("subject", [""])[0]
    from_ = _first(coded, "from")
    evidence = auto.judge(named, subject=subject, sender=from_.address if from_ else None)
    bounce, kind = _report(raw, leaves, text, named, evidence, lambda: _everybody(coded))
    answers = invitation is not None and invitation.method in ("REPLY", "COUNTER", "REFRESH")
    return ParsedMail(
        message_id=headers.message_id(named["message-id"][0]) if "message-id" in named else None,
        in_reply_to=_ids(named, "in-reply-to"),
        references=_ids(named, "references"),
        subject=subject,
        from_=from_,
        sender=_first(coded, "sender") if "sender" in named else None,
        reply_to=_addresses(coded, "reply-to") if "reply-to" in named else (),
        to=_addresses(coded, "to"),
        cc=_addresses(coded, "cc") if "cc" in named else (),
        delivered_to=_delivered_to(shown) if not named.keys().isdisjoint(_DELIVERED_TO) else (),
        return_path=named["return-path"][0].strip("<> \t") if "return-path" in named else None,
        date=dates.date(named["date"][0]) if "date" in named else None,
        text=text,
        html=html,
        reply_text=quote.new_words(text, html) if kind != "bounce" else text,
        forwarded=forward.find(text, subject)
        or (forward.inside(words.files) if words.files and kind == "mail" else None),
        attachments=tuple(gathered.files),
        kind=kind,
        autoreply_allowed=evidence.autoreply_allowed and kind == "mail" and not answers,
        auto_evidence=(*evidence.said, _ANSWERS_AN_INVITATION) if answers else evidence.said,
        bounce=bounce if kind in ("bounce", "delay", "delivery_receipt") else None,
        feedback_type=_feedback_type(leaves) if kind == "complaint" else None,
        priority=_priority(named) or gathered.importance,
        charset=words.charset,
        charset_confidence=words.confidence,
        invitation=invitation,
        protection=protection.found(leaves, text) if words.files or "-----BEGIN PGP" in text else (),
        defects=tuple(dict.fromkeys([*defects, *words.defects, *gathered.defects])),
        body_ids=_our_ids(text, html),
        headers=shown,
    )


def _without_wrapping(raw: bytes) -> bytes:
    """Without mbox lines before the header; old Macintosh line ends made ordinary."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    if raw[:1].isspace() and (found := _BLANK_START.match(raw)):
        raw = raw[found.end() :]
    found = _FROM_LINE.match(raw) if raw[:1] in b"\r\n\xef>F" else None
    if found:
        return raw[found.end() :]
    return raw.lstrip(b"\r\n") if raw[:1] in (b"\r", b"\n") and b":" in raw[:200] else raw


def _report(
    raw: bytes, leaves: list[Part], text: str, named: ByName, evidence: auto.Evidence, ours: Callable[[], set[str]]
) -> tuple[Bounce | None, Kind]:
    """The delivery report, if it is one, and the kind as the report makes it."""
    kind = evidence.kind
    subject = named.get("subject", [""])[0]
    types = {part.content_type for part in leaves if part.content_type.startswith("message/")}
    if kind not in ("complaint", "read_receipt", "bounce") and types:
        kind = _kind_of_report(leaves, types, kind)
    if kind == "mail" and RECEIPT_SUBJECT.match(subject) and RECEIPT_WORDS.search(text, 0, 2000):
        kind = "read_receipt"
    if kind == "read_receipt" and _is_rejection(leaves, named):
        kind = "bounce"
    if kind in ("complaint", "read_receipt"):
        return None, kind
    failed = named.get("x-failed-recipients", ())
    suspected = kind in ("bounce", "delay")
    if not suspected and not evidence.suspicious and "message/delivery-status" not in types:
        return None, kind
    if not failed and dsn.is_challenge(text):
        return None, "auto_reply"
    bounce, action = dsn.read(raw, leaves, text, failed, suspected=suspected, weakly=evidence.suspicious, ours=ours())
    if bounce is None:
        return None, kind
    if action in ("delivered", "relayed", "expanded"):
        return bounce, "delivery_receipt"
    return bounce, "delay" if action == "delayed" or kind == "delay" else "bounce"


def _kind_of_report(leaves: list[Part], types: set[str], kind: Kind) -> Kind:
    """Reports that do not say so in their own header: a part does, or the mark of Microsoft's complaints."""
    if "message/feedback-report" in types:
        return "complaint"
    if "message/disposition-notification" in types:
        return "read_receipt"
    if any(_MICROSOFT.match(part.content) for part in leaves if part.content_type == "message/rfc822"):
        return "complaint"
    return kind


def _is_rejection(leaves: list[Part], named: ByName) -> bool:
    """Dovecot's and Sieve's refusals come in the clothes of a read receipt (RFC 5429 section 2.1.1)."""
    said = " ".join((*named.get("auto-submitted", ()), *named.get("subject", ()))).lower()
    about = (part.content for part in leaves if part.content_type == "message/disposition-notification")
    return "reject" in said and any(b"deleted" in content.lower() for content in about)


def _ids(named: ByName, name: str) -> tuple[str, ...]:
    values = named.get(name)
    return headers.ids(" ".join(values)) if values else ()


def _first(coded: headers.Fields, name: str) -> Address | None:
    for key, value in coded:
        if key.lower() == name and (found := address.first(value)):
            return found
    return None


def _addresses(coded: headers.Fields, name: str) -> tuple[Address, ...]:
    found = [one for key, value in coded if key.lower() == name for one in address.parse(value)]
    return tuple(dict.fromkeys(found))


def _everybody(coded: headers.Fields) -> set[str]:
    """Whom the message itself came from and to, in lower case: in a report, never the ones not reached."""
    return {one.key for name in ("from", "to", "return-path") for one in _addresses(coded, name)}


def _delivered_to(shown: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    named = [(name.lower(), value) for name, value in shown]
    in_order = (value for wanted in _DELIVERED_TO for name, value in named if name == wanted)
    found = [one.address for value in in_order for one in address.parse(value)]
    return tuple(dict.fromkeys(found))


def _priority(named: ByName) -> Priority | None:
    for name in ("x-priority", "importance", "priority", "x-msmail-priority"):
        for value in named.get(name, ()):
            first = value.strip().lower().split(" ")[0].strip("()")
            if first in _PRIORITIES:
                return _PRIORITIES[first]
    return None


def _feedback_type(leaves: list[Part]) -> str | None:
    for part in leaves:
        if part.content_type == "message/feedback-report" and (found := _FEEDBACK.search(part.content)):
            return found[1].decode("ascii").lower()
    return None


def _our_ids(text: str, html: str | None) -> tuple[str, ...]:
    """Ids of ours hidden in the words; the newest message is quoted first."""
    both = [source for source in (text, html) if source and "pd1." in source]
    return tuple(dict.fromkeys(found.lower() for source in both for found in _OUR_ID.findall(source)))
