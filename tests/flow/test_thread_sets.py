"""Threading, measured on conversations whose truth is known: wrong joins and missed joins."""

from __future__ import annotations

import random
import re
from collections import defaultdict

import pytest

from postdesk.mail.parse import parse
from postdesk.mailroom.models import Letter, MailSettings
from postdesk.tickets.models import Entry
from tests.support.conversations import STRANGERS, SUBJECTS, WAYS, Customer
from tests.support.desk import a_desk, arrives, mail

pytestmark = pytest.mark.django_db

SEED = 20260302
CONVERSATIONS = 120
ANSWERS = 4
#: A stranger tries every so manieth conversation.
EVERY = 4


def test_g1_g2_conversations_of_known_truth_are_neither_mixed_nor_torn():
    dice = random.Random(SEED)
    desk = a_desk()
    MailSettings.objects.update(auto_answers_per_hour=1000)
    people = [
        # Of one address several matters, so that nothing but evidence can tell them apart.
        Customer(matter, f"customer{matter // 3}@example.com", dice.choice(SUBJECTS))
        for matter in range(CONVERSATIONS)
    ]
    first = [
        mail(sender=one.address, subject=one.subject, text=one.says, message_id=f"first-{one.matter}@example.com")
        for one in people
    ]
    arrives(desk.mailbox, *first)
    letters = {}
    for letter in Letter.objects.filter(kind="autoresponse").order_by("id"):
        answered = parse(bytes(letter.raw))
        letters[int(answered.in_reply_to[0].partition("@")[0].removeprefix("first-"))] = answered
    assert len(letters) == CONVERSATIONS

    answers = [way(one, letters[one.matter], dice) for one in people for way in dice.sample(WAYS, ANSWERS)]
    strangers = [
        dice.choice(STRANGERS)(
            Customer(1000 + one.matter, "mallory@evil.example", "Invoice"), letters[one.matter], dice
        )
        for one in people[::EVERY]
    ]
    mails = answers + strangers
    dice.shuffle(mails)
    rows = arrives(desk.mailbox, *mails)

    wrong, missed = scored()
    held = sum(row.outcome == "held" for row in rows)
    joined = len(answers) + len(people)
    share = 100 * missed / joined
    counted = f"{len(first) + len(mails)} mails of {CONVERSATIONS} conversations and {len(strangers)} strangers"
    print(f"\n-- threading: {counted}: {wrong} wrong joins, {missed} missed ({share:.1f} %), {held} of strangers held")
    assert wrong == 0
    assert share < 2
    assert all(row.outcome in {"reply", "ticket", "held"} for row in rows)


def scored() -> tuple[int, int]:
    """Wrong joins and missed joins.

    A ticket's matter is that of its first entry, and a matter's ticket the one it began in. What of a matter stands
    elsewhere, or nowhere because it is held, was missed.
    """
    tickets = defaultdict(list)
    for ticket, text in Entry.objects.filter(kind="message").order_by("id").values_list("ticket_id", "text"):
        found = re.search(r"This is matter (\d+)\.", text)
        assert found is not None
        tickets[ticket].append(int(found[1]))
    wrong = sum(matter != matters[0] for matters in tickets.values() for matter in matters)
    at_home: dict[int, int] = {}
    for _ticket, matters in sorted(tickets.items()):
        at_home.setdefault(matters[0], matters.count(matters[0]))
    expected = (1 + ANSWERS) * CONVERSATIONS
    return wrong, expected - sum(count for matter, count in at_home.items() if matter < CONVERSATIONS)
