"""Who takes part: agents work the desk, users (customers) write to it, organisations group users."""

from postdesk.people.models.agents import Agent, AgentManager, initials
from postdesk.people.models.audit import AuditEntry
from postdesk.people.models.users import Organisation, User

__all__ = ["Agent", "AgentManager", "AuditEntry", "Organisation", "User", "initials"]
