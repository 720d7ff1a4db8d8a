"""How much mail a mailbox holds, and what the first fetch would take of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from postdesk.wire.examine.visit import Found
from postdesk.wire.source import Key

#: Of more messages than that a check does not ask the dates: it would take too long.
MOST_DATED: Final = 20_000


def counted(number: int, received: Mapping[Key, dt.datetime | None], taken_from: dt.datetime | None) -> Found:
    """`received`: when the server got each message, {} when that was not asked; `taken_from`: older mail is left."""
    note = f"It holds {number} message{'' if number == 1 else 's'}"
    dates = [at for at in received.values() if at is not None]
    if dates and number > 1:
        note += f", the oldest of {min(dates):%Y-%m-%d}, the newest of {max(dates):%Y-%m-%d}"
    if number and received and taken_from is not None:
        taken = sum(at >= taken_from for at in dates)
        note += f". The first fetch takes {taken} and leaves {number - taken}"
    elif number and taken_from is not None:
        note += ". The first fetch leaves what is older than the day given"
    return Found(f"{note}.", count=number)
