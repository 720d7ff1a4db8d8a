"""Delivery reports: who was not reached, and why. RFC 3464 first; for the other dialects flufl.bounce finds the "
"addresses."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterable, Sequence

from postdesk.mail import charset, headers
from postdesk.mail.dsn_reason import classify
from postdesk.mail.message import Bounce, BouncedRecipient
from postdesk.mail.part import Part

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.#=/:-])([45]\d\d)(?=[ \-#]|$)(?![\d.])")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ORIGINAL_ID = re.compile(r"^[> \t]*message-id[ \t]*:\s*<([^<>\s]+)>", re.IGNORECASE | re.MULTILINE)
_REPORT_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ORIGINAL_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)
_MOST = 1000
_READABLE = 100_000


def read(
    raw: bytes, parts: Sequence[Part], text: str, failed: Iterable[str], *, suspected: bool, weakly: bool
) -> tuple[Bounce | None, str | None]:
    """(the report, the action that stands for all of it: failed, delayed, delivered ...); (None, None) where "
    "there is none.

    `failed` are the values of X-Failed-Recipients; `suspected` says that headers or subject call it a bounce;
    `weakly` that it may be one, if addresses can be found in it.
    """
    report = b"\r\n\r\n".join(part.content for part in parts if part.content_type in _REPORT_TYPES)
    if not report and not suspected and not weakly:
        return None, None
    recipients = _from_report(report, text) if report else []
    if not recipients:
        recipients = _from_words(raw, text, failed)
    if not recipients and not report and not suspected:
        return None, None
    original_id, has_original = _original(parts, text)
    return Bounce(tuple(recipients[:_MOST]), original_id, has_original), _action(recipients)


def _action(recipients: Sequence[BouncedRecipient]) -> str:
    actions = {one.action for one in recipients}
    return next(
        (action for action in ("failed", "delayed", "delivered", "relayed", "expanded") if action in actions), "failed"
    )


def _from_report(content: bytes, text: str) -> list[BouncedRecipient]:
    """The groups of fields of message/delivery-status (RFC 3464 section 2.1)."""
    found: dict[str, BouncedRecipient] = {}
    for block in re.split(rb"\r?\n[ \t]*\r?\n", content.strip()[:1_000_000], maxsplit=_MOST)[:_MOST]:
        about = {name.lower(): headers.readable(value) for name, value in reversed(headers.fields(block.lstrip()))}
        said = about.get("final-recipient") or about.get("original-recipient")
        if said is None:
            continue
        final = _typed(said)
        original = _typed(about.get("original-recipient", ""))
        # The address we wrote to is the one the desk knows; the final one may be behind a forwarding.
        who = original if "@" in original else final
        if not who:
            continue
        diagnostic = _typed(about.get("diagnostic-code", ""), keep_plain=True)
        status = _STATUS.search(about.get("status", ""))
        one = _recipient(
            who,
            about.get("action", "failed").strip().lower().split(" ")[0],
            status[1] if status else None,
            diagnostic,
            text,
        )
        found.setdefault(one.address.lower(), one)
    return list(found.values())


def _typed(value: str, *, keep_plain: bool = False) -> str:
    """The part after "rfc822;" or "smtp;"."""
    kind, semicolon, rest = value.partition(";")
    if not semicolon or (keep_plain and (" " in kind.strip() or len(kind) > 20)):
        return value.strip(" <>") if not keep_plain else value.strip()
    rest = rest.strip()
    return rest if keep_plain else (_clean(rest))


def _clean(value: str) -> str:
    found = _ADDRESS.search(value)
    return found[0] if found else value.strip(" <>\"'")


def _recipient(who: str, action: str, status: str | None, diagnostic: str, text: str) -> BouncedRecipient:
    code = _CODE.search(diagnostic)
    if status is None or (status.endswith(".0.0") and _STATUS.search(diagnostic)):
        better = _STATUS.search(diagnostic)
        status = better[1] if better else status
    reason, dead = classify(status, int(code[1]) if code else None, diagnostic or text[:4000], action)
    return BouncedRecipient(
        who, action or "failed", status, int(code[1]) if code else None, diagnostic[:2000], reason, dead
    )


def _from_words(raw: bytes, text: str, failed: Iterable[str]) -> list[BouncedRecipient]:
    """Reports without the structure: X-Failed-Recipients, else what flufl.bounce recognises."""
    named = [one for value in failed for one in _ADDRESS.findall(value)]
    delayed: list[str] = []
    if not named:
        delayed, named = _recognised(raw)
    words = text[:_READABLE]
    found = [_worded(who, "failed", words) for who in named]
    found += [_worded(who, "delayed", words) for who in delayed if who not in named]
    unique = {one.address.lower(): one for one in reversed(found)}
    return list(reversed(unique.values()))


def _worded(who: str, action: str, words: str) -> BouncedRecipient:
    """What the letter says near the address."""
    at = words.lower().find(who.lower())
    near = words[max(at - 300, 0) : at + 1200] if at >= 0 else words[:3000]
    status = _STATUS.search(near)
    return _recipient(who, action, status[1] if status else None, " ".join(near.split())[:1500], words)


def _recognised(raw: bytes) -> tuple[list[str], list[str]]:
    """(temporarily failed, permanently failed) as flufl.bounce sees it; it knows some thirty dialects."""
    from flufl.bounce import all_failures

    try:
        message = email.message_from_bytes(raw[:_READABLE], policy=email.policy.compat32)
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 - heuristics of others on the bytes of strangers; whatever fails, nothing was recognised.
        return [], []
    return sorted(map(_as_text, temporary)), sorted(map(_as_text, permanent))


def _as_text(value: object) -> str:
    return charset.decode(value)[0] if isinstance(value, bytes) else str(value)


def _original(parts: Sequence[Part], text: str) -> tuple[str | None, bool]:
    """(Message-ID of the returned message, whether it came along)."""
    for part in parts:
        if part.content_type in _ORIGINAL_TYPES:
            block, _ = headers.split(part.content.lstrip())
            for name, value in headers.fields(block[:_READABLE]):
                if name.lower() == "message-id":
                    return headers.message_id(value), True
            return None, True
    found = _ORIGINAL_ID.search(text)
    return (headers.one_id(found[1]), True) if found else (None, False)
