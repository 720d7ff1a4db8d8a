"""Compare a server with the ledger: every message there must be known here, and whole."""

from __future__ import annotations

from dataclasses import dataclass

from postdesk.engine.connect import open_source
from postdesk.engine.fetch import place_of
from postdesk.mailroom import spool
from postdesk.mailroom.models import RemoteMailbox
from postdesk.mailroom.models.connections import Fetched
from postdesk.mailroom.models.spool import Outcome


@dataclass(frozen=True, slots=True)
class Difference:
    """One message on which server and ledger do not agree."""

    address: str
    key: str
    sentence: str


def reconcile(mailbox: RemoteMailbox) -> list[Difference]:
    """The differences, oldest message first; empty when all is accounted for. Changes nothing. Raises WireError."""
    address = mailbox.email.address
    with open_source(mailbox) as source:
        place = place_of(mailbox, source)
        sizes = {one.key: one.size for one in source.listing(None)}
    listed = [*sizes]
    found: list[Difference] = []
    for start in range(0, len(listed), 5000):
        keys = listed[start : start + 5000]
        rows = {row.uid if row.uid is not None else row.uidl: row for row in spool.rows_of(place, keys)}
        for key in keys:
            row = rows.get(key)
            if row is None:
                found.append(Difference(address, str(key), "on the server, not in the ledger yet"))
            elif row.outcome == Outcome.LEFT:
                continue
            elif row.outcome == Outcome.UNFETCHED:
                found.append(Difference(address, str(key), f"could not be fetched: {row.reason}"))
            elif None not in (row.listed_size, sizes[key]) and row.listed_size != sizes[key]:
                words = f"{sizes[key]} bytes on the server, {row.listed_size} when it was stored: other mail, perhaps"
                found.append(Difference(address, str(key), words))
            elif mailbox.fetched != Fetched.NOTHING:
                found.append(Difference(address, str(key), f"stored here ({row.outcome}), still on the server"))
    return found
