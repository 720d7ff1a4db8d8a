"""The checks every message passes, in this order. The first that names an action decides.

To add one: write a function `(arrival, facts) -> Finding | None` in a module beside this one, and give
it a row here with its sentence; the order is the meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from postdesk.judge.checks import automatic, identity, limits
from postdesk.judge.facts import Arrival, Facts
from postdesk.judge.verdict import Finding

Check = Callable[[Arrival, Facts], Finding | None]

CHECKS: Final[tuple[tuple[Check, str], ...]] = (
    (identity.already_here, "The same mail came before, perhaps to another address of ours: known once."),
    (identity.own_message, "A message we sent ourselves came back: a loop, never a ticket."),
    (limits.too_large, "Larger than the desk reads at once: noted; its beginning becomes the entry."),
    (identity.banned, "The sender is on the banlist: turned away."),
    (
        automatic.delivery_report,
        "A delivery report: recorded on the letter it is about, or held when it is about none.",
    ),
    (automatic.receipt, "A read or delivery receipt: noted in the ledger, no words for anybody to answer."),
    (automatic.complaint, "A feedback report: held, a person should know that mail of ours was marked as spam."),
    (identity.no_sender, "No From address: held, nobody could be answered."),
    (identity.our_own_address, "From is an address of this desk: accepted, never answered automatically."),
    (automatic.automatic_mail, "Written by a machine, or for a list: accepted, never answered automatically."),
    (limits.history, "It was in the mailbox before the desk was: accepted, never answered automatically."),
    (limits.answer_budget, "This address had its share of automatic answers this hour: accepted, not answered."),
)

#: What only new tickets must pass, after the filters, which may have chosen another sender.
NEW_TICKET_CHECKS: Final[tuple[tuple[Check, str], ...]] = (
    (identity.ban, "The sender is on the banlist, and it was not asked before: turned away."),
    (identity.unregistered, "Mail from unknown senders is not accepted here (Emails > Settings): turned away."),
    (limits.open_tickets, "The user has as many open tickets as the desk allows: turned away."),
)
