"""Who takes part: agents work the desk, users (customers) write to it, organisations group users."""

from postdesk.people.models.agents import Agent, AgentManager, DefaultSignature, FromName, initials
from postdesk.people.models.audit import AuditEntry
from postdesk.people.models.roles import STOCK_ROLE, STOCK_ROLES, Role, Team, stock_role
from postdesk.people.models.users import Organisation, User

__all__ = [
    "STOCK_ROLE",
    "STOCK_ROLES",
    "Agent",
    "AgentManager",
    "AuditEntry",
    "DefaultSignature",
    "FromName",
    "Organisation",
    "Role",
    "Team",
    "User",
    "initials",
    "stock_role",
]
