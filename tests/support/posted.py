"""Letters put into the outbox, for tests of what becomes of them."""

from __future__ import annotations

import datetime as dt
from itertools import count

from postdesk.basics.clock import now
from postdesk.mailroom import outbox
from postdesk.mailroom.models import Email, Letter
from postdesk.mailroom.outbox import NewLetter
from tests.support.desk import mail

_number = count(1)


def posted(*recipients: str, kind: str = "reply", email: Email | None = None, at: dt.datetime | None = None) -> Letter:
    """A letter to these, put into the outbox as of `at` (now)."""
    to = recipients or ("carol@example.com",)
    message_id = f"letter{next(_number)}@desk.test"
    raw = mail(sender="support@desk.test", to=", ".join(to), message_id=message_id)
    (pk,) = outbox.next_ids("mailroom_letter", 1)
    new = NewLetter(pk, kind, email.pk if email else None, "support@desk.test", "Printer on fire", message_id, raw, to)
    outbox.put([new], at=at or now())
    return Letter.objects.get(pk=pk)


def standing(letter: Letter) -> dict[str, str]:
    """Each recipient's state."""
    return dict(letter.recipients.values_list("address", "state"))
