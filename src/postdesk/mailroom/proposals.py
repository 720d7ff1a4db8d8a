"""Ask where the mail of an address is fetched and sent, from the address alone.

    errand = proposals.ask("support@example.org", by=agent, at=now)
    how = errands.progress(errand.pk, by=agent, at=now)             # poll until how.ended
    for proposal in proposals.found(how): ...                       # basics.proposals.Proposal, the best first

A proposal has `protocol`, `hostname` (scheme included, for the field), `port`, `username`, `auth`, `origin` (where it
came from, in words) and `note`. Nothing is saved and no password is sent: the administrator confirms. At most about
half a minute.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from postdesk.basics.proposals import Proposal
from postdesk.mailroom import errands
from postdesk.mailroom.errands import Progress
from postdesk.mailroom.models import Errand
from postdesk.people.models import Agent

KIND: Final = "propose"


def ask(address: str, *, by: Agent, at: dt.datetime) -> Errand:
    """`address` must be one e-mail address."""
    return errands.ask(KIND, {"address": address}, by=by, at=at)


def found(how: Progress) -> list[Proposal]:
    """What has been found; [] until the errand is done."""
    return [Proposal.from_json(one) for one in how.result or []]
