"""What is said of a message beside its words, as plain JSON that is stored with the entry: an invitation, how it is
signed or encrypted, how sure the charset is, what was repaired. Only what there is to say has a key."""

from __future__ import annotations

import datetime as dt
from typing import Any

from postdesk.mail.message import Address, Invitation, ParsedMail

#: Repairs and attendees kept; a message can need thousands.
_MOST_REPAIRS = 20
_MOST_ATTENDEES = 50


def remarks(mail: ParsedMail, *, charset: str = "") -> dict[str, Any]:
    """`protection`, `invitation`, `charset` [name, "guessed" or "chosen"], `repaired`.

    `charset` is the one an agent chose to read the message in, "" where nobody did.
    """
    said: dict[str, Any] = {}
    if mail.protection:
        said["protection"] = list(mail.protection)
    if mail.invitation is not None:
        said["invitation"] = _invitation(mail.invitation)
    if charset:
        said["charset"] = [charset, "chosen"]
    elif mail.charset_confidence == "guessed" and mail.charset:
        said["charset"] = [mail.charset, "guessed"]
    if mail.defects:
        said["repaired"] = [defect[:300] for defect in mail.defects[:_MOST_REPAIRS]]
    return said


def _invitation(invitation: Invitation) -> dict[str, Any]:
    every = {
        "method": invitation.method,
        "uid": invitation.uid,
        "sequence": invitation.sequence,
        "summary": invitation.summary,
        "location": invitation.location,
        "status": invitation.status,
        "starts_at": _iso(invitation.starts_at),
        "ends_at": _iso(invitation.ends_at),
        "all_day": invitation.all_day,
        "timezone": invitation.timezone,
        "organizer": _person(invitation.organizer),
        "attendees": [
            {"name": one.name, "address": one.address, "status": one.status}
            for one in invitation.attendees[:_MOST_ATTENDEES]
        ],
        "more_attendees": max(len(invitation.attendees) - _MOST_ATTENDEES, 0),
        "recurrence": invitation.recurrence,
        "recurrence_at": _iso(invitation.recurrence_at),
    }
    return {name: value for name, value in every.items() if value}


def _iso(at: dt.datetime | None) -> str | None:
    return at.isoformat() if at else None


def _person(address: Address | None) -> dict[str, str] | None:
    return {"name": address.name, "address": address.address} if address else None
