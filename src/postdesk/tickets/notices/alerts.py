"""Which agents hear of what: the alerts, in one table, with the recipients each may have (osticket.md 2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Whom an alert can go to.
RECIPIENTS: Final = {
    "admin": "Admin email",
    "manager": "Department manager",
    "members": "Department members",
    "account_manager": "Organisation's account manager",
    "last_respondent": "Last respondent",
    "assigned": "Assigned agent or team",
    "agent": "The agent",
    "team_lead": "Team lead",
    "team_members": "Team members",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `name`: its switch in the settings; `<name>_to` holds the recipients chosen."""

    name: str
    title: str
    sentence: str
    message: str
    recipients: tuple[str, ...]
    is_on: bool
    chosen: tuple[str, ...]

    @property
    def chosen_name(self) -> str:
        return f"{self.name}_to"


ALERTS: Final[tuple[Alert, ...]] = (
    Alert(
        "ticket_alert",
        "New ticket",
        "A ticket was opened. Members only hear of it while it is assigned to nobody.",
        "ticket.alert",
        ("admin", "manager", "members", "account_manager"),
        is_on=True,
        # osTicket ticks the admin email, too: a mail for each ticket, to somebody who does not answer them.
        chosen=("manager",),
    ),
    Alert(
        "message_alert",
        "New message",
        "A user wrote in a ticket.",
        "message.alert",
        ("last_respondent", "assigned", "manager", "account_manager"),
        is_on=True,
        chosen=("last_respondent", "assigned"),
    ),
    Alert(
        "note_alert",
        "New internal activity",
        "A colleague replied or left a note. Never to whoever did it.",
        "note.alert",
        ("last_respondent", "assigned", "manager"),
        is_on=False,
        chosen=("last_respondent", "assigned"),
    ),
    Alert(
        "assigned_alert",
        "Ticket assignment",
        "A ticket was given to an agent or a team. Never to whoever gave it.",
        "assigned.alert",
        ("agent", "team_lead", "team_members"),
        is_on=True,
        chosen=("agent",),
    ),
    Alert(
        "transfer_alert",
        "Ticket transfer",
        "A ticket moved to another department. Members only hear of it while it is assigned to nobody.",
        "transfer.alert",
        ("assigned", "manager", "members"),
        is_on=False,
        chosen=("manager",),
    ),
    Alert(
        "overdue_alert",
        "Overdue ticket",
        "A ticket was not answered in time. Members only hear of it while it is assigned to nobody.",
        "ticket.overdue",
        ("assigned", "manager", "members"),
        is_on=True,
        chosen=("assigned", "manager"),
    ),
)
BY_NAME: Final = {alert.name: alert for alert in ALERTS}
