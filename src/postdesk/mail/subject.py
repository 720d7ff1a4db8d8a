"""What a subject is about: without the prefixes that mail programs put before it, in the languages they do it in."""

from __future__ import annotations

import re
from typing import Final

#: Answers and forwards, as programs of these languages say it: en, de, sv/da/no, nl, fi, fr, it, es/pt, pl, cs, hu,
#: ro, tr, el, ru, he, ar, zh, ja, ko, vi, id.
_WORDS: Final = (
    "re|aw|antw|antwort|sv|vs|ref|rif|ri|r|odp|vá|va|res|ynt|yan|ynt|απ|σχετ|ответ|на|השב|תגובה|رد|回复|回覆|答复|答覆|返信|"
    "답장|회신|trả lời|bls|balas|fwd?|wg|weitergeleitet|vb|vl|doorst|enc|tr|i|rv|pd|továbbítás|ilt|πρθ|пересл|הועבר|"
    "إعادة توجيه|转发|轉寄|転送|전달|chuyển tiếp"
)
_PREFIX: Final = re.compile(
    rf"\s*(?:(?:{_WORDS})\s*(?:\[\d{{1,3}}\]|\(\d{{1,3}}\))?\s*[::]|\[external\]|\[extern\])", re.IGNORECASE
)
#: Our number, and what mailing lists put into brackets at the front.
_TAG: Final = re.compile(r"\s*\[[^\]\n]{1,40}\]")
_LONGEST: Final = 500


def bare(subject: str) -> str:
    """The subject without prefixes of answers and forwards and without tags in brackets at its front, small, blanks
    made one. Only its first 500 characters count."""
    rest = subject[:_LONGEST]
    at = 0
    while found := _PREFIX.match(rest, at) or _TAG.match(rest, at):
        at = found.end()
    return " ".join(rest[at:].casefold().split())
