"""The desk's rows: departments and topics, tickets with their thread, and which Message-IDs belong to them."""

from postdesk.tickets.models.canned import CannedFile, CannedResponse
from postdesk.tickets.models.filters import FilterAction, FilterRule, FilterTrial, TicketFilter
from postdesk.tickets.models.service import Colour, Priority, PriorityLevel, Schedule, SlaPlan
from postdesk.tickets.models.setup import Department, HelpTopic, Membership, NewTicketSettings, Recipients
from postdesk.tickets.models.thread import Entry, EntryAttachment, Event, KnownMessageId, SearchText
from postdesk.tickets.models.ticket import AllowedSender, Collaborator, Ticket, TicketEmail
from postdesk.tickets.models.words import NoticeSettings, Template, TemplateSet

__all__ = [
    "AllowedSender",
    "CannedFile",
    "CannedResponse",
    "Collaborator",
    "Colour",
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
    "NoticeSettings",
    "Priority",
    "PriorityLevel",
    "Recipients",
    "Schedule",
    "SearchText",
    "SlaPlan",
    "Template",
    "TemplateSet",
    "Ticket",
    "TicketEmail",
    "TicketFilter",
]
