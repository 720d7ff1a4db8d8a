"""Delivery reports written for people: which addresses does the notice say were not reached?

Before the returned copy begins, such a notice names them in one of four ways, tried in this order: on a line of their
own, after a label ("Recipient:", "RCPT TO"), in the header of the letter it describes ("To:"), inside a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,80}"
ADDRESS = rf"{_LOCAL}@[A-Za-z0-9_-]{{1,63}}(?:\.[A-Za-z0-9_-]{{1,63}}){{1,9}}"
#: Where the returned message begins; what it says is not the notice's.
_RETURNED = re.compile(
    r"^[ \t>]*(?:[-_=*#+]{2,}[ \t]*(?:below this line|this is a copy|(?:the |included is )?(?:a copy|header|"
    r"body|text|"
    r"start|beginning|full text) of|(?:the )?original (?:message|mail|e-?mail|header)|(?:returned|returning|unsent|"
    r"undelivered|bounced|your|forwarded|old) (?:message|mail)|message (?:header|text|follows|body|source)|headers? |"
    r"mensaje original|mensagem original|urspr.{1,3}ngliche|messaggio originale|message d.origine|"
    r"исходное|原)|(?:original message (?:follows|header|text)|message (?:header|body|text)s? follows?|"
    r"old message|unsent message (?:follows|below)|the (?:original message|message header|header of|text of)|"
    r"your (?:original )?message (?:follows|reads|is (?:attached|below|included))|headers? of the original|"
    r"(?:a )?copy of (?:the|your) (?:original )?message)[^\n]{0,60}[:.]?[ \t]*$|(?:received|"
    r"return-path)[ \t]*:[ \t])",
    re.IGNORECASE | re.MULTILINE,
)
_ALONE = re.compile(
    rf"[ \t>*|+\u2022-]*+(?:\"?[^\"<>@:;\n]{{0,80}}+\"?[ \t]*+(?=<))?[\"'<(\[]{{0,3}}(?:(?:rfc822|smtp|"
    rf"mailto)[;:][ \t]*)?"
    rf"({ADDRESS})[\"'>)\]]{{0,3}}[ \t]*(?:$|[:;,(.\[-]|(?:on|is|was|has|could|user|mailbox|invalid|delivery|failed|"
    rf"unknown|does|\d{{3}})\b)",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    rf"(?:recipients?|recipient address|addressed to|address|user|unknown user|user unknown|allowed size|"
    rf"mailbox|account|"
    rf"deliver(?:y|ed)?(?: your| the| this)?(?: message| mail| e-?mail)? (?:to|for)|delivering to|(?:rcpt|sent|"
    rf"message|mail) "
    rf"to|not delivered to|undeliverable to|reach|failed|empf.{{1,2}}nger|destinat[a-z]{{2,5}}|"
    rf"adres[a-z]{{1,3}}|an|à|"
    rf"para|宛先|收件人|кому|получател[а-я]{{1,2}}|адрес[а-я]{{0,2}})[ \t]{{0,4}}(?:is|[:=;]|"
    rf"\.\.\.)?[ \t]{{0,8}}[\"'<(]{{0,"
    rf"2}}(?:rfc822;[ \t]?|mailto:)?({ADDRESS})",
    re.IGNORECASE,
)
_TO = re.compile(rf"[ \t>*-]*(?:to|an|à|para|a|aan|till?)[ \t]?:[^@\n]{{0,80}}?({ADDRESS})", re.IGNORECASE)
_ANY = re.compile(ADDRESS)
_FAILED = re.compile(
    r"(?:not|n't|never|failed to) (?:be |been )?(?:deliver|sent|reach|receiv)|undeliver|non-?deliver|returned|"
    r"(?:not|n't) (?:a )?(?:valid|exist|found|known)|unknown|no such|fail|reject|refused|bounce|full|quota|exceed|"
    r"nicht|unzustell|impossible|n'a pas|no (?:se )?pud?o|não|impossibil|niet|недостав|не удалось|失敗|失败|"
    r"できません|退回",
    re.IGNORECASE,
)
#: Lines about whom to ask, or about the sender, name other people.
_OTHERS = re.compile(
    r"contact|assist|for (?:further|more) |questions?|please (?:send|e-?mail|forward|write|notify|call)|administrat|"
    r"support|help ?desk|^[ \t>]*(?:from|von|de|da|sender|reply-to|mail from|return-path|message-id|references|"
    r"in-reply-to|x-[a-z-]{1,40}|>>> mail from|cc|subject)\b[ \t]?:|mail from:|\bvisit\b|https?://|forward(?:ed)? to",
    re.IGNORECASE,
)
_SYSTEM = re.compile(
    r"(?:post-?master|mailer-?daemon|abuse|web-?master|host-?master|administrator|admin|mail-?admin|root)\Z",
    re.IGNORECASE,
)
#: What mail systems say and people seldom do.
SYSTEM_SAYS = re.compile(
    r"created automatically by|(?:could|can|was|has)(?:n't| ?not)? (?:yet )?(?:be |"
    r"been )?(?:not )?deliver[a-z]* to (?:one|the|any|"
    r"some|all|your|following|<)|delivery (?:to|of|for) (?:the|this|your|following).{0,60}(?:fail|delay|not)|"
    r"did(?:n't| not) reach the following|undeliverable (?:to|mail)|returned to (?:you|sender)|able to deliver your|"
    r"(?:not|n't) able to deliver|non-?delivery|permanent (?:fatal )?(?:error|fail)|delivery (?:status|failure|error|"
    r"report)|following (?:address|recipient|user)|unable to deliver|automatically (?:generated|rejected)|"
    r"mail (?:delivery )?system|not a valid user|failed to deliver|not deliver your|wasn't delivered|the mail server",
    re.IGNORECASE,
)
_LINES = 400


def notice(text: str) -> str:
    """The words of the report without the copy of the message it is about."""
    found = next((one for one in _RETURNED.finditer(text, 0, 100_000) if text[: one.start()].strip()), None)
    return text[: found.start()] if found else text[:100_000]


def named(words: str, not_these: Collection[str]) -> list[str]:
    """The addresses a notice says were not reached, in order; `not_these` (lower case) are known to be others."""
    lines = [line[:500] for line in words.split("\n", _LINES)[:_LINES] if "@" in line]
    about = [line for line in lines if not _OTHERS.search(line)]
    for pattern, searched in ((_ALONE.match, about), (_LABELLED.search, about), (_TO.match, lines)):
        if kept := _kept([found[1] for line in searched if (found := pattern(line))], not_these):
            return kept
    return _kept([one for line in about if _FAILED.search(line) for one in _ANY.findall(line)], not_these)


def _kept(found: list[str], not_these: Collection[str]) -> list[str]:
    clean = (one.strip("'`.-") for one in found)
    unique = {one.lower(): one for one in clean if not _SYSTEM.match(one.partition("@")[0])}
    return [one for key, one in unique.items() if key not in not_these]


def said_of(who: str, everybody: Collection[str], words: str) -> str:
    """What a notice says about one recipient: from each mention of the address up to the next recipient's."""
    lowered, wanted = words.lower(), who.lower()
    others = [one.lower() for one in everybody if one.lower() != wanted]
    pieces: list[str] = []
    at = lowered.find(wanted)
    while at >= 0 and len(pieces) < 5:
        end = min((where for one in others if (where := lowered.find(one, at)) >= 0), default=len(words))
        line = lowered.rfind("\n", 0, at) + 1
        pieces.append(words[line : min(end, at + 1500)])
        at = lowered.find(wanted, min(end, at + 1500))
    return "\n".join(pieces)
