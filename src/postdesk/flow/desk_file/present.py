"""The desk as it is, read once in a handful of queries: the rows, found by what the file knows them by."""

from __future__ import annotations

from dataclasses import dataclass

from postdesk.mailroom.models import Email, MailSettings
from postdesk.mailroom.preferences import locked_settings
from postdesk.people.models import Agent
from postdesk.tickets.models import Department, HelpTopic, NoticeSettings, TemplateSet
from postdesk.tickets.notice_preferences import notice_settings


@dataclass(frozen=True, slots=True)
class Present:
    """Rows by name; addresses in lower case."""

    settings: MailSettings
    emails: dict[str, Email]
    departments: dict[str, Department]
    help_topics: dict[str, HelpTopic]
    agents: dict[str, Agent]
    notices: NoticeSettings
    #: By name in lower case.
    template_sets: dict[str, TemplateSet]


def present() -> Present:
    """Read the desk and hold its settings, so that two files are applied one after the other. In a transaction."""
    settings = locked_settings()
    joined = ("mailbox__credential", "smtp__credential", "new_tickets__department", "new_tickets__help_topic")
    emails = Email.objects.select_related(*joined)
    departments = Department.objects.select_related("outgoing_email", "autoresponse_email", "template_set")
    return Present(
        settings=settings,
        emails={email.address.lower(): email for email in emails},
        departments={row.name: row for row in departments},
        help_topics={row.name: row for row in HelpTopic.objects.select_related("department")},
        agents={agent.email: agent for agent in Agent.objects.all()},
        notices=notice_settings(),
        template_sets={row.name.lower(): row for row in TemplateSet.objects.prefetch_related("templates")},
    )
