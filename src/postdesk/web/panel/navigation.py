"""What the Admin Panel has, in one table. An item is shown once its address exists and the agent may go there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from django.urls import NoReverseMatch, reverse

from postdesk.people.models import Agent
from postdesk.people.permissions import may


@dataclass(frozen=True, slots=True)
class Item:
    """One page: its label, the name of its address, and the verb one must be allowed."""

    label: str
    name: str
    verb: str = "panel"
    #: What is counted beside it (context.Attention).
    counted: str = ""
    hotkey: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Items under a heading."""

    label: str
    items: tuple[Item, ...]


NAVIGATION: Final[tuple[Group, ...]] = (
    Group("", (Item("Dashboard", "dashboard"),)),
    Group(
        "Emails",
        (
            Item("Emails", "emails"),
            Item("Settings", "email-settings"),
            Item("Banlist", "banlist"),
            Item("Templates", "templates"),
            Item("Credentials", "credentials"),
            Item("Diagnostic", "diagnostic"),
        ),
    ),
    Group(
        "Staff",
        (
            Item("Agents", "agents"),
            Item("Teams", "teams"),
            Item("Roles", "roles"),
            Item("Departments", "departments"),
        ),
    ),
    Group(
        "Manage",
        (
            Item("Help Topics", "help-topics"),
            Item("Organisations", "organisations"),
            Item("Ticket Filters", "filters"),
            Item("SLA Plans", "sla-plans"),
            Item("Priorities", "priorities"),
            Item("Canned Responses", "canned-responses"),
        ),
    ),
    Group(
        "Settings",
        (
            Item("Autoresponder", "autoresponder-settings"),
            Item("Alerts & Notices", "alert-settings"),
        ),
    ),
    Group(
        "Mail",
        (
            Item("Mailboxes", "mailboxes", "mailbox.read", "mailboxes", "g m"),
            Item("Held mail", "held", "held.read", "held", "g h"),
            Item("Outbox", "outbox", "outbox.read", "outbox", "g o"),
        ),
    ),
    Group(
        "Logs",
        (
            Item("Message trace", "trace", "trace.read"),
            Item("Audit log", "audit-log"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Link:
    """An item as it is shown to one agent on one page."""

    item: Item
    url: str
    is_current: bool


def links(agent: Agent, path: str) -> list[tuple[str, list[Link]]]:
    """The groups that have something to show, with the item whose address is the longest beginning of `path` marked."""
    shown = [
        (group.label, [item for item in group.items if _url(item.name) and may(agent, item.verb)])
        for group in NAVIGATION
    ]
    urls = [_url(item.name) for _label, items in shown for item in items]
    current = max((url for url in urls if path == url or path.startswith(f"{url}/")), key=len, default="")
    return [
        (label, [Link(item, _url(item.name), _url(item.name) == current) for item in items])
        for label, items in shown
        if items
    ]


def first_page(agent: Agent) -> str:
    """Address of the panel's first page that the agent may see."""
    return links(agent, "")[0][1][0].url


@cache
def _url(name: str) -> str:
    """The address called `name`, "" while there is none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
