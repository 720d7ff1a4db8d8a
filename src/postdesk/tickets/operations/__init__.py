"""Everything agents do to tickets. Each operation writes its rows, its event and its letter in one transaction."""

from postdesk.tickets.operations.answer import Upload, note, reply
from postdesk.tickets.operations.state import assign, close, reopen, transfer

__all__ = ["Upload", "assign", "close", "note", "reopen", "reply", "transfer"]
