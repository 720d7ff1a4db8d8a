"""The desk's rows: departments and topics, tickets with their thread, and which Message-IDs belong to them."""

from postdesk.tickets.models.filters import FilterAction, FilterRule, FilterTrial, TicketFilter
from postdesk.tickets.models.setup import Department, HelpTopic, Membership, NewTicketSettings, Priority
from postdesk.tickets.models.thread import Entry, EntryAttachment, Event, KnownMessageId, SearchText
from postdesk.tickets.models.ticket import Collaborator, Ticket, TicketEmail

__all__ = [
    "Collaborator",
    "Department",
    "Entry",
    "EntryAttachment",
    "Event",
    "FilterAction",
    "FilterRule",
    "FilterTrial",
    "HelpTopic",
    "KnownMessageId",
    "Membership",
    "NewTicketSettings",
    "Priority",
    "SearchText",
    "Ticket",
    "TicketEmail",
    "TicketFilter",
]
