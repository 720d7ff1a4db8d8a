"""Everything agents do to tickets. Each operation writes its rows, its event and its letter in one transaction."""

from postdesk.tickets.operations.activity import write_down
from postdesk.tickets.operations.answer import note, reply
from postdesk.tickets.operations.manner import Manner
from postdesk.tickets.operations.opening import NewTicket, open_ticket
from postdesk.tickets.operations.posting import Upload
from postdesk.tickets.operations.resend import resend
from postdesk.tickets.operations.splitting import split
from postdesk.tickets.operations.state import assign, close, locked, reopen, transfer

__all__ = [
    "Manner",
    "NewTicket",
    "Upload",
    "assign",
    "close",
    "locked",
    "note",
    "open_ticket",
    "reopen",
    "reply",
    "resend",
    "split",
    "transfer",
    "write_down",
]
