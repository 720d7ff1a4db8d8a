"""Delivery reports: who was not reached, and why. RFC 3464 first; for the other dialects flufl.bounce finds the
addresses."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Collection, Iterable, Sequence

from postdesk.mail import charset, dsn_words, headers
from postdesk.mail.dsn_reason import classify, is_exact
from postdesk.mail.message import Bounce, BouncedRecipient
from postdesk.mail.part import Part

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?:(?<![\d.#=/:-])|(?<=[ \n][#:])|(?<=\A#))([45]\d\d)(?=[ \-#:,;<\])]|$)(?![\d.])")
_ADDRESS = re.compile(dsn_words.ADDRESS)
_ORIGINAL_ID = re.compile(r"^[> \t]*message-id[ \t]*:\s*<([^<>\s]+)>", re.IGNORECASE | re.MULTILINE)
_INLINE_REPORT = re.compile(r"^(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_WAITING = re.compile(
    r"not yet been delivered|will (?:continue|keep|be) .{0,20}(?:re)?tr(?:y|ied)|still (?:being )?(?:retr|trying)|"
    r"no action is required|warning (?:message )?only|do(?:n't| not) need to resend|has been delayed|"
    r"delivery delayed",
    re.IGNORECASE,
)
#: "Prove that you are a person, then your mail is let through": no report, though some wear its clothes.
_CHALLENGE = re.compile(
    r"wait-?listed|guest list|(?:to|please) (?:confirm|verify|prove) (?:that )?(?:you|your (?:message|e-?mail|"
    r"address|identity))."
    r"{0,80}(?:click|visit|link|reply)|(?:click|follow) (?:on )?(?:the|this) link.{0,60}(?:deliver|release|"
    r"confirm|verify|added)",
    re.IGNORECASE | re.DOTALL,
)
#: No report has longer lines, and flufl.bounce's patterns need quadratic time for them.
_LONG_LINE = re.compile(rb"([^\n]{1000})[^\n]++")
_REPORT_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ORIGINAL_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)
_MOST = 1000
_READABLE = 100_000


def read(
    raw: bytes,
    parts: Sequence[Part],
    text: str,
    failed: Iterable[str],
    *,
    suspected: bool,
    weakly: bool,
    ours: Collection[str] = (),
) -> tuple[Bounce | None, str | None]:
    """(the report, the action that stands for all of it: failed, delayed ...); (None, None) where there is none.

    `failed` are the values of X-Failed-Recipients; `suspected` says that headers or subject call it a bounce;
    `weakly` that it may be one, if its words say so; `ours` are the addresses, in lower case, that it came from and to.
    """
    report = b"\r\n\r\n".join(part.content for part in parts if part.content_type in _REPORT_TYPES)
    if not report and not suspected and not weakly:
        return None, None
    words = dsn_words.notice(text)
    recipients = _from_report(report, words) if report else []
    if not recipients and (inside := _INLINE_REPORT.search(text, 0, _READABLE)):
        start = text.rfind("\n\n", 0, inside.start()) + 1
        recipients = _from_report(text[start:_READABLE].encode("utf-8", "replace"), words)
    if not recipients:
        recipients = _from_words(raw, words, failed, ours, suspected=suspected)
    original_id, has_original = _original(parts, text)
    sure = report or suspected or recipients or (has_original and dsn_words.SYSTEM_SAYS.search(words))
    if not sure:
        return None, None
    return Bounce(tuple(recipients[:_MOST]), original_id, has_original), _action(recipients)


def is_challenge(text: str) -> bool:
    """Whether the words ask the sender to prove something before the mail is let through."""
    return _CHALLENGE.search(text, 0, 6000) is not None


def _action(recipients: Sequence[BouncedRecipient]) -> str:
    actions = {one.action for one in recipients}
    return next(
        (action for action in ("failed", "delayed", "delivered", "relayed", "expanded") if action in actions), "failed"
    )


def _from_report(content: bytes, words: str) -> list[BouncedRecipient]:
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
        actual = _typed(about.get("x-actual-recipient", ""))
        who = next((one for one in (original, final, actual) if "@" in one), final)
        if not who:
            continue
        diagnostic = _typed(about.get("diagnostic-code", ""), keep_plain=True)
        status = _STATUS.search(about.get("status", ""))
        action = about.get("action", "failed").strip().lower().split(" ")[0].strip(".;")
        near = " ".join(dsn_words.said_of(who, (), words).split())
        one = _recipient(who, action, status[1] if status else None, diagnostic, near, "" if diagnostic else words)
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


def _recipient(
    who: str, action: str, status: str | None, diagnostic: str, near: str, words: str = ""
) -> BouncedRecipient:
    """`near` is what the notice says about this recipient, `words` the whole notice."""
    code = _CODE.search(diagnostic) or _CODE.search(near)
    if status is None or (status.endswith(".0.0") and _STATUS.search(diagnostic + near)):
        better = _STATUS.search(diagnostic) or _STATUS.search(near)
        status = better[1] if better else status
    number = int(code[1]) if code else None
    for said in (diagnostic or "",) if is_exact(status) else (diagnostic, near, words, ""):
        reason, dead = classify(status, number, said[:2000], action)
        if reason != "other":
            break
    return BouncedRecipient(who, action or "failed", status, number, diagnostic[:2000], reason, dead)


def _from_words(
    raw: bytes, words: str, failed: Iterable[str], ours: Collection[str], *, suspected: bool
) -> list[BouncedRecipient]:
    """Reports without the structure: X-Failed-Recipients, else what flufl.bounce recognises, else the words."""
    named = [one for value in failed for one in _ADDRESS.findall(value)]
    delayed: list[str] = []
    if not named:
        delayed, named = (sorted(them, key=words.lower().find) for them in _recognised(raw))
    if not named and not delayed and (suspected or dsn_words.SYSTEM_SAYS.search(words)):
        named = dsn_words.named(words, ours)
        if _WAITING.search(words):
            delayed, named = named, []
    everybody = [*named, *delayed]
    found = [_worded(who, "failed", words, everybody) for who in named]
    found += [_worded(who, "delayed", words, everybody) for who in delayed if who not in named]
    unique = {one.address.lower(): one for one in reversed(found)}
    return list(reversed(unique.values()))


def _worded(who: str, action: str, words: str, everybody: Collection[str]) -> BouncedRecipient:
    """What the notice says of the address; what it says without naming one is about all of them."""
    near = " ".join(dsn_words.said_of(who, everybody, words).split())[:1500]
    return _recipient(who, action, None, near, "", " ".join(words.split())[:3000])


def _recognised(raw: bytes) -> tuple[set[str], set[str]]:
    """(temporarily failed, permanently failed) as flufl.bounce sees it; it knows some thirty dialects.

    Its readers are asked one by one, for one that cannot cope with a message must not silence those after it.
    """
    from flufl.bounce._scan import _DETECTORS

    try:
        message = email.message_from_bytes(_LONG_LINE.sub(rb"\1", raw[:_READABLE]), policy=email.policy.compat32)
    except Exception:  # noqa: BLE001 - the standard parser has raised on hostile bytes before; then nothing is recognised.
        return set(), set()
    for reader in _DETECTORS:
        try:
            temporary, permanent = reader().process(message)
        except Exception:  # noqa: BLE001 - heuristics of others on the bytes of strangers; the next one may do.
            continue
        if temporary or permanent:
            return set(map(_as_text, temporary)), set(map(_as_text, permanent))
    return set(), set()


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
