"""How the desk speaks: its words, its signatures, its notice settings. Read once for a batch, then only values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings as project

from postdesk.tickets.models import Department, NoticeSettings
from postdesk.tickets.notices import NOTHING, Person, Rich, Scene, TicketScene, Words, paragraphs
from postdesk.tickets.phrases import Phrases, phrases


@dataclass(frozen=True, slots=True)
class DepartmentVoice:
    """What a department adds to what is said in its name."""

    name: str = ""
    template_set: int | None = None
    #: Nothing while it is private.
    signature: Rich = NOTHING
    manager: str = ""


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

    @cached_property
    def url(self) -> str:
        return str(project.BASE_URL).rstrip("/")

    def ticket_link(self, number: int) -> str:
        """The agents' page of a ticket."""
        return f"{self.url}/tickets/{number}"

    def ticket_scene(self, *, number: int, subject: str, owner: Person, department: int, **more: Any) -> TicketScene:
        """What messages may say of a ticket. `more`: other fields of TicketScene."""
        place = self.of(department)
        return TicketScene(number, subject, owner, place.name, place.manager, link=self.ticket_link(number), **more)


#: Messages to users whose stock words do not quote them.
_STOCK_IS_SILENT = frozenset({"ticket.autoresp", "message.autoresp", "ticket.overlimit"})
_NO_DEPARTMENT = DepartmentVoice()


def voice() -> Voice:
    """Three small queries."""
    settings = NoticeSettings.objects.filter(pk=1).first() or NoticeSettings(pk=1)
    rows = Department.objects.values_list("id", "name", "template_set", "signature")
    departments = {
        pk: DepartmentVoice(name, template_set, paragraphs(signature)) for pk, name, template_set, signature in rows
    }
    return Voice(settings, phrases(settings), departments)
