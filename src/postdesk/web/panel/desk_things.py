"""Manage: help topics, canned responses."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count

from postdesk.flow.desk_file import keys
from postdesk.people.models import Agent, Team
from postdesk.tickets.canned import CannedSetup, canned_setup, delete_canned, save_canned
from postdesk.tickets.canned import consequences as canned_consequences
from postdesk.tickets.help_topics import (
    HelpTopicSetup,
    consequences,
    delete_help_topic,
    help_topic_setup,
    save_help_topic,
    warnings,
)
from postdesk.tickets.models import (
    CannedResponse,
    Department,
    HelpTopic,
    Priority,
    SlaPlan,
)
from postdesk.tickets.operations import Upload
from postdesk.web.panel.choices import (
    STATUS,
    ChoosingForm,
    Options,
    chooser,
    names,
    notes,
    people,
    status_of,
    switch,
    with_status,
    words,
)
from postdesk.web.panel.things import Thing
from postdesk.web.shared.doors import AgentRequest
from postdesk.web.shared.forms import Section
from postdesk.web.shared.tables import Column, Empty

Row = Any


class HelpTopicForm(ChoosingForm):
    desk_section = keys.HELP_TOPIC
    sections: ClassVar = (
        Section("Help Topic", ("name", "status", "default", "notes")),
        Section("New tickets", (("department", "priority"), ("sla", "agent"), "team", "autoresponse", "closes")),
    )
    name = forms.CharField(max_length=128)
    status = forms.ChoiceField(choices=STATUS, help_text="Only active topics can be chosen.")
    default = switch("Default help topic", "For mail to addresses without one; one topic at most is.")
    department = chooser("Department", "Where its tickets go, unless the address or a filter says otherwise.")
    priority = chooser("Priority", choices=[("", "System default"), *Priority.choices])
    sla = chooser("SLA Plan")
    agent = chooser("Assign to agent")
    team = chooser("Or assign to team")
    autoresponse = switch("Auto-response", "Tell people that their ticket was opened.", initial=True)
    closes = switch("Close at once", "Its tickets are closed as soon as they are opened: for what is only to be kept.")
    notes = notes()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["status"] = status_of(dict(self.initial))

    def sources(self) -> dict[str, Options]:
        return {
            "department": names(Department.objects.filter(is_active=True), "System default"),
            "sla": names(SlaPlan.objects.filter(is_active=True), "The department's"),
            "agent": people(Agent.objects.filter(is_active=True), "Nobody"),
            "team": names(Team.objects.filter(is_active=True), "No team"),
        }


def _wanted_topic(row: Row, values: dict[str, Any]) -> HelpTopicSetup:
    return HelpTopicSetup(**with_status(dict(values)))


HELP_TOPICS: Final = Thing(
    "help-topics",
    "help-topic",
    "panel/help-topics",
    "Help Topics",
    "help topic",
    "What tickets are about, and what follows from it.",
    Empty(
        "No help topics yet",
        "A topic says where its tickets go, and by when.",
        "Add help topic",
        "help-topic-new",
        "help",
    ),
    lambda: HelpTopic.objects.select_related("department", "sla", "agent", "team"),
    (
        Column("name", "Help Topic", ("name",)),
        Column("department", "Department", ("department__name",)),
        Column("priority", "Priority", ("priority",)),
        Column("sla", "SLA Plan", ("sla__name",)),
        Column("assigned", "Assigned to"),
        Column("status", "Status", ("is_active",)),
    ),
    HelpTopicForm,
    help_topic_setup,
    _wanted_topic,
    save_help_topic,
    delete_help_topic,
    consequences,
    warnings,
)


class CannedForm(ChoosingForm):
    desk_section = keys.CANNED_RESPONSE
    takes_row = True
    sections: ClassVar = (
        Section("Canned response", ("title", "department", "active")),
        Section(
            "Response",
            ("text", "html"),
            "Variables such as %{ticket.number} and %{ticket.name.first} are filled in for the ticket it is used on.",
        ),
        Section("Notes", ("notes",)),
    )
    title = forms.CharField(max_length=200)
    department = chooser("Department", "Who may use it.")
    active = switch("Active", "Whether it can be used.", initial=True)
    text = words("Text", rows=8)
    html = words("HTML", "Empty: made from the text.", rows=5)
    notes = notes()

    def __init__(self, *args: Any, row: CannedResponse | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.stored_files = list(row.files.all()) if row is not None else []

    def sources(self) -> dict[str, Options]:
        return {"department": names(Department.objects.filter(is_active=True), "All departments")}


def _files(request: AgentRequest) -> dict[str, Any]:
    added = [file for file in request.FILES.getlist("files") if isinstance(file, UploadedFile)]
    return {
        "add": [
            Upload(file.name or "file", file.content_type or "application/octet-stream", file.read()) for file in added
        ],
        "remove": [int(one) for one in request.POST.getlist("remove") if one.isdecimal() and len(one) < 19],
    }


CANNED: Final = Thing(
    "canned-responses",
    "canned-response",
    "panel/canned-responses",
    "Canned Responses",
    "canned response",
    "Answers written once. Agents put them into replies, filters send them.",
    Empty(
        "No canned responses yet",
        "What is answered every day need be written only once.",
        "Add canned response",
        "canned-response-new",
        "reply",
    ),
    lambda: CannedResponse.objects.select_related("department").annotate(file_count=Count("files")),
    (
        Column("title", "Canned response", ("title",)),
        Column("department", "Department", ("department__name",)),
        Column("files", "Files", ("file_count",), is_number=True),
        Column("updated", "Changed", ("updated_at",)),
        Column("status", "Status", ("is_active",)),
    ),
    CannedForm,
    canned_setup,
    lambda row, values: CannedSetup(**values),
    save_canned,
    delete_canned,
    canned_consequences,
    search=("title__icontains", "text__icontains"),
    first="title",
    form_template="panel/staff/canned.html",
    extras=_files,
)

THINGS: Final = (HELP_TOPICS, CANNED)
