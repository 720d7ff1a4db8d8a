"""How the desk speaks: its words, its signatures, its notice settings. Read once for a batch, then only values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings as project

from postdesk.tickets.models import Department, NoticeSettings, Ticket
from postdesk.tickets.notices import NOTHING, Person, Rich, Scene, TicketScene, Words, paragraphs
from postdesk.tickets.notices.alerts import BY_NAME
from postdesk.tickets.phrases import Phrases, phrases


@dataclass(frozen=True, slots=True)
class DepartmentVoice:
    """What a department adds to what is said in its name."""

    name: str = ""
    template_set: int | None = None
    #: Nothing while the department is private.
    signature: Rich = NOTHING
    manager: str = ""
    outgoing_email: int | None = None
    is_public: bool = True
    #: Whether there is anybody an alert about the department itself could go to.
    has_manager: bool = False


@dataclass
class Voice:
    """Everything needed to word a message."""

    settings: NoticeSettings
    phrases: Phrases
    departments: Mapping[int, DepartmentVoice]

    def words(self, code: str, scene: Scene, *, department: int | None) -> Words:
        """The message in the words of the department's template set."""
        return self.phrases.words(code, scene, template_set=self.of(department).template_set)

    def quotes(self, code: str) -> bool:
        """Whether any wording of the message in use may speak of what a user wrote: else it need not be prepared."""
        return code not in _STOCK_IS_SILENT or any(of == code for _set, of in self.phrases.own)

    def of(self, department: int | None) -> DepartmentVoice:
        return self.departments.get(department or 0) or _NO_DEPARTMENT

    def chosen(self, alert: str) -> frozenset[str]:
        """Whom the alert goes to; nobody while it is off."""
        if not getattr(self.settings, alert):
            return frozenset()
        return frozenset(getattr(self.settings, BY_NAME[alert].chosen_name))

    def listens(self, alert: str, department: int | None = None) -> bool:
        """Whether anybody could hear of it: cheap, so that a desk without listeners pays nothing."""
        chosen = self.chosen(alert)
        return bool(chosen) and (department is None or chosen != _MANAGER or self.of(department).has_manager)

    @cached_property
    def url(self) -> str:
        return str(project.BASE_URL).rstrip("/")

    def ticket_link(self, number: int) -> str:
        """The agents' page of a ticket."""
        return f"{self.url}/tickets/{number}"

    def assigned(self, ticket: Ticket) -> Person:
        """Whom the ticket is given to, the agent before the team. Reads the name, where it is not read yet."""
        if ticket.assignee is not None:
            return Person(ticket.assignee.name, ticket.assignee.email)
        return Person(ticket.team.name) if ticket.team is not None else Person()

    def ticket_scene(self, *, number: int, subject: str, owner: Person, department: int, **more: Any) -> TicketScene:
        """What messages may say of a ticket. `more`: other fields of TicketScene."""
        place = self.of(department)
        return TicketScene(number, subject, owner, place.name, place.manager, link=self.ticket_link(number), **more)


#: Messages to users whose stock words do not quote them.
_STOCK_IS_SILENT = frozenset({"ticket.autoresp", "message.autoresp", "ticket.overlimit"})
_MANAGER = frozenset({"manager"})
_NO_DEPARTMENT = DepartmentVoice()


def voice() -> Voice:
    """Three small queries."""
    settings = NoticeSettings.objects.filter(pk=1).first() or NoticeSettings(pk=1)
    rows = Department.objects.select_related("manager").only(
        "name", "template_set_id", "signature", "is_public", "outgoing_email_id", "manager__name"
    )
    departments = {
        row.pk: DepartmentVoice(
            name=row.name,
            template_set=row.template_set_id,
            signature=paragraphs(row.signature) if row.is_public else NOTHING,
            manager=row.manager.name if row.manager else "",
            outgoing_email=row.outgoing_email_id,
            is_public=row.is_public,
            has_manager=row.manager_id is not None,
        )
        for row in rows
    }
    return Voice(settings, phrases(settings), departments)
