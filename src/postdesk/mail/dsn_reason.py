"""Why a message was not delivered, from the status (RFC 3463), the reply code and the server's words. An ordered "
"table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason, the words that give it away, and the statuses that mean it where no words do."""

    name: str
    words: re.Pattern[str]
    statuses: frozenset[str]


def _reason(name: str, words: str, *statuses: str) -> Reason:
    return Reason(name, re.compile(words, re.IGNORECASE), frozenset(statuses))


#: The first row whose words match wins; the words of servers say more than their codes.
REASONS: tuple[Reason, ...] = (
    _reason(
        "mailboxfull",
        r"(?:mailbox|mail ?box|inbox|account|user|quota).{0,40}(?:full|exceed|over)|over ?quota|quota.{0,30}exceed|"
        r"exceed.{0,30}(?:quota|storage)|not enough (?:storage|space)|insufficient (?:disk|storage|space)|"
        r"mailbox size limit|disk quota|too many messages",
        "2.2",
    ),
    _reason(
        "suspended",
        r"(?:account|mailbox|user|recipient).{0,40}(?:disabled|suspended|inactive|deactivated|locked|expired|"
        r"not active|blocked by admin)|inactive (?:user|account|mailbox)|no longer (?:active|in use)",
        "2.1",
    ),
    _reason(
        "userunknown",
        r"user ?unknown|unknown (?:user|recipient|local|address|mailbox|or illegal)|no such (?:user|recipient|"
        r"mailbox|address|person|local)|(?:user|recipient|mailbox|address|account|addressee|"
        r"email account).{0,60}(?:not found|unknown|does(?:n't| not) exist|not (?:exist|known|listed|valid|"
        r"recogni[sz]ed)|unavailable|rejected|undeliverable|invalid)|invalid (?:recipient|mailbox|user|address)|"
        r"not (?:a )?(?:known|valid|our) (?:user|customer|recipient|mailbox)|not listed in|"
        r"doesn't have an? .{0,20}account|no mailbox|does not like recipient|unrouteable address|no longer (?:with|"
        r"works|employed|valid|at this)|has (?:left|moved)|unknown in virtual|(?:couldn't|can't|could not) be found|"
        r"no account by that name|not have an? account|bad destination mailbox|no valid recipients|5\.1\.1\b|"
        r"user.{0,20}not.{0,10}(?:found|exist)",
        "1.1",
        "1.0",
        "1.3",
        "1.6",
        "1.10",
    ),
    _reason(
        "spam",
        r"\bspam(?!haus|cop)|junk mail|bulk mail|\buce\b|unsolicited|looks like|content (?:rejected|filter)|"
        r"spamassassin|suspected",
        "7.509",
    ),
    _reason(
        "blocked",
        r"black ?list|block ?list|\bdnsbl|\brbl\b|spamhaus|spamcop|barracuda|blocked|banned|poor reputation|"
        r"reputation|access denied|client host|not accept(?:ing)? (?:mail|connections) from|listed (?:at|in|by)|"
        r"refused to talk|denied by",
        "7.606",
    ),
    _reason(
        "toobig",
        r"too (?:large|big|long)|(?:message|size|mail).{0,20}(?:exceeds|limit)|size limit|maximum (?:message )?size",
        "2.3",
        "3.4",
    ),
    _reason(
        "policy",
        r"\b(?:spf|dkim|dmarc|policy|relay(?:ing)?)\b|not (?:permitted|allowed|authori[sz]ed)|"
        r"authentication required|administrative prohibition|prohibited|restricted|unauthenticated",
        "7.1",
        "7.0",
        "7.2",
        "7.26",
        "7.25",
        "7.23",
    ),
    _reason(
        "content",
        r"virus|attachment.{0,30}(?:not allowed|rejected|blocked|type)|malware|content.{0,20}not|infected|executable",
        "6.0",
        "6.1",
        "7.7",
    ),
    _reason(
        "hostunknown",
        r"host (?:unknown|not found)|unknown host|unknown domain|name (?:server|service).{0,20}error|"
        r"domain.{0,30}(?:not (?:found|exist)|does not exist|invalid|lookup)|no (?:mx|such (?:domain|host))|"
        r"unrouteable (?:mail )?domain|illegal host|nxdomain|couldn't find any host|(?:can't|cannot) (?:find|"
        r"resolve)|bad destination (?:host|system)|name or service not known|unroutable",
        "1.2",
        "1.8",
        "4.4",
        "4.3",
    ),
    _reason(
        "expired",
        r"(?:delivery|retry|queue|message).{0,40}(?:expired|time(?:d)? ?out|too long|exceeded)|(?:not|"
        r"n't) (?:been )?deliver.{0,40}(?:day|hour)|retry (?:time|timeout)|giving up|could not be delivered (?:for|"
        r"within)|expired",
        "4.7",
    ),
    _reason(
        "network",
        r"connection (?:timed out|refused|reset|lost|dropped)|timed? ?out|no route|network (?:is )?unreachable|"
        r"(?:can't|cannot|couldn't|unable to|could not) (?:connect|establish)|bad connection|dns (?:error|fail)|"
        r"host (?:is )?(?:down|unreachable)|loop|too many hops|temporarily",
        "4.1",
        "4.2",
        "4.0",
        "4.6",
        "4.5",
        "3.2",
    ),
    _reason("rejected", r"reject|refus|denied|not accept|declined", "7.4", "5.0"),
)
_DEAD = frozenset({"userunknown", "hostunknown", "suspended"})


@lru_cache(maxsize=256)
def classify(status: str | None, code: int | None, words: str, action: str) -> tuple[str, bool]:
    """(reason, whether the address itself no longer works)."""
    detail = status.split(".", 1)[1] if status else ""
    by_status = next((row.name for row in REASONS if detail in row.statuses), None)
    by_words = next((row.name for row in REASONS if row.words.search(words[:3000])), None) if words else None
    # X.1.1 and X.2.2 are exact; most other statuses are given loosely, and the words know better.
    reason = by_status if detail in ("1.1", "2.2", "1.2", "1.10") and by_status else by_words or by_status or "other"
    lasting = not (status or "5").startswith("4") and (code is None or code >= 500) and action != "delayed"
    return reason, lasting and reason in _DEAD
