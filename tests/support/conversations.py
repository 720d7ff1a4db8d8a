"""Conversations with known truth: customers who answer our letters as mail programs and relays really make them do."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from postdesk.mail.message import ParsedMail
from tests.support.desk import mail


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with a matter. The words of every mail name the matter, which is the truth."""

    matter: int
    address: str
    subject: str

    @property
    def says(self) -> str:
        return f"This is matter {self.matter}."


#: Few subjects, so that many conversations share one.
SUBJECTS: Final = ("Invoice", "Question", "Printer on fire", "Bestellung 4711", "(no subject)")

Way = Callable[[Customer, ParsedMail, random.Random], bytes]


def _answer(who: Customer, *, headers: str = "", subject: str = "", text: str = "", dice: random.Random) -> bytes:
    own = f"{dice.getrandbits(64):x}@mail.example.com"
    words = f"{who.says} Once more. {text}"
    return mail(
        sender=who.address, subject=subject or f"Re: {who.subject}", text=words, message_id=own, headers=headers
    )


def whole(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    headers = f"In-Reply-To: <{ours.message_id}>\r\nReferences: <{ours.message_id}>\r\n"
    return _answer(who, headers=headers, subject=f"Re: {ours.subject}", dice=dice)


def only_references(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    chain = " ".join(f"<{one}>" for one in (*ours.references, ours.message_id))
    return _answer(who, headers=f"References: {chain}\r\n", dice=dice)


def upper_case(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    return _answer(who, headers=f"In-Reply-To: <{(ours.message_id or '').upper()}>\r\n", dice=dice)


def other_domain(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    local = (ours.message_id or "").partition("@")[0]
    return _answer(who, headers=f"In-Reply-To: <{local}@eu-west-1.amazonses.com>\r\n", dice=dice)


def wrapped(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    local = (ours.message_id or "").partition("@")[0]
    return _answer(who, headers=f"In-Reply-To: <0100018f-{local}-000000@email.amazonses.com>\r\n", dice=dice)


def phone(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    """No headers; the letter is quoted whole, with our line at its end."""
    quoted = "\r\n".join(f"> {line}" for line in ours.text.splitlines())
    return _answer(who, text=f"\r\n\r\nOn Monday you wrote:\r\n{quoted}", dice=dice)


def outlook(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    """Exchange gave the letter an id of its own; what is left is our marker, its class prefixed."""
    text = f'\r\n<html><body><p>Once more.</p><div class="x_x_mid-{ours.message_id}"></div></body></html>'
    raw = _answer(
        who,
        headers="In-Reply-To: <AM0PR01MB1@eurprd01.prod.outlook.com>\r\n",
        subject=f"AW: {who.subject}",
        text=text,
        dice=dice,
    )
    return raw.replace(b"text/plain", b"text/html")


def only_number(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    prefix = dice.choice(["Re", "AW", "SV", "Antw", "RES", "Odp", "Ynt"])
    return _answer(who, subject=f"{prefix}: {ours.subject}", dice=dice)


def to_the_own_mail(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    """The customer answers a mail of theirs instead of ours."""
    first = ours.in_reply_to[0] if ours.in_reply_to else ours.message_id
    return _answer(who, headers=f"In-Reply-To: <{first}>\r\n", dice=dice)


def forwarded_to_a_colleague(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    """Somebody else, who was shown our letter, answers from it."""
    colleague = Customer(who.matter, f"colleague{who.matter}@example.com", who.subject)
    headers = f"References: <fwd-{who.matter}@example.com> <{ours.message_id}>\r\n"
    return _answer(colleague, headers=headers, subject=f"Re: WG: {ours.subject}", dice=dice)


#: How an answer comes back: these belong to the conversation.
WAYS: Final[tuple[Way, ...]] = (
    whole,
    only_references,
    upper_case,
    other_domain,
    wrapped,
    phone,
    outlook,
    only_number,
    to_the_own_mail,
    forwarded_to_a_colleague,
)


def named_by_a_stranger(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    """A number that anybody may guess."""
    return _answer(who, subject=f"Re: {ours.subject}", dice=dice)


def forged(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    """An id that looks like ours and is not."""
    made = (ours.message_id or "").replace("pd1.", "pd1.a")
    return _answer(who, headers=f"In-Reply-To: <{made}>\r\n", dice=dice)


def guessed(who: Customer, ours: ParsedMail, dice: random.Random) -> bytes:
    """The customer's own Message-ID, seen elsewhere."""
    return _answer(who, headers=f"References: <{(ours.in_reply_to or ('',))[0]}>\r\n", dice=dice)


#: What strangers try with another's conversation: theirs is a matter of its own.
STRANGERS: Final[tuple[Way, ...]] = (named_by_a_stranger, forged, guessed)
