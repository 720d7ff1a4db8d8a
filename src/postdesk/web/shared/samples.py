"""Made-up values for the style guide."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest

from postdesk.people.models import Agent
from postdesk.web.shared.forms import PanelForm, SecretField, Section, Tab, Tabs
from postdesk.web.shared.tables import Act, Column, Empty, Listing

ICONS = (
    *("alert", "arrow-left", "at", "check", "clip", "clock", "close", "dots", "download", "eye", "file", "held"),
    *("help", "inbox", "mailbox", "moon", "note", "outbox", "pause", "person", "play", "refresh", "reply", "search"),
    *("sign-out", "undo", "send", "lock", "order", "sliders", "lines", "plus", "trash"),
)


def samples(*, at: dt.datetime) -> dict[str, Any]:
    """Instants of every heat, every state of a letter, every icon."""
    hours = (0.2, 2, 9, 60)
    return {
        "instants": [at - dt.timedelta(hours=hour) for hour in hours],
        "states": ("queued", "sending", "sent", "deferred", "uncertain", "bounced", "failed", "cancelled"),
        "freshnesses": ("fresh", "late", "failing", "paused", "off", "never"),
        "priorities": ("low", "normal", "high", "emergency"),
        "icons": ICONS,
        "names": ("Alice Moreau", "Bob Stone", "Carol Lind", "Dan Okafor", "Eve", "Faythe Ng", "Grace Holm", "Ivan"),
    }


class SampleForm(PanelForm):
    """One field of each kind."""

    sections: ClassVar[tuple[Section, ...]] = (
        Section(
            "A section", ("name", ("host", "port"), "kind", "folder", "password"), "A sentence says what it is about."
        ),
        Section("Another", ("on", "days", "who")),
    )
    shown_when = {"folder": "kind=move"}
    name = forms.CharField(help_text="Help stands below the control, in plain words.")
    host = forms.CharField(label="Hostname")
    port = forms.IntegerField(widget=forms.NumberInput(attrs={"data-width": "short"}))
    kind = forms.ChoiceField(
        label="Fetched emails",
        choices=(("move", "Move to folder"), ("delete", "Delete")),
        widget=forms.Select(attrs={"data-width": "medium"}),
    )
    folder = forms.CharField(help_text="Shown only while emails are moved.")
    password = SecretField(set_at=dt.datetime(2026, 11, 3, tzinfo=dt.UTC))
    on = forms.BooleanField(label="A switch", help_text="It says what it does.", required=False)
    days = forms.MultipleChoiceField(
        label="Several of many", choices=(("1", "Monday"), ("2", "Tuesday")), widget=forms.CheckboxSelectMultiple
    )
    who = forms.ChoiceField(
        label="One of few", choices=(("a", "Agents"), ("u", "Users")), widget=forms.RadioSelect, initial="a"
    )


def components(request: HttpRequest) -> dict[str, Any]:
    """Form kit and list kit at work: a form that was refused, two tabs, a list of agents."""
    typed = {"name": "", "host": "mail.example.org", "port": "70000", "kind": "move", "on": "on", "who": "a"}
    refused = SampleForm({f"refused-{name}": value for name, value in typed.items()}, prefix="refused")
    refused.add_error("port", "70000 is not a port: ports go from 1 to 65535.")
    plain = SampleForm(prefix="plain")
    table = Listing(
        request=request,
        rows=Agent.objects.all(),
        columns=(Column("name", "Name", ("name",)), Column("email", "Email", ("email",)), Column("role", "Role")),
        row_template="shared/kit/sample_row.html",
        noun="agent",
        empty=Empty("Nobody works here", "Make an agent first."),
        search=("name__icontains", "email__icontains"),
        first="name",
        acts=(Act("pause", "Pause", "pause"), Act("delete", "Delete", "trash", is_danger=True)),
        protected={getattr(request.user, "pk", 0): "Nobody can delete themselves."},
    )
    tabs = Tabs((Tab("right", "All is well", (plain,)), Tab("wrong", "Something is wrong", (refused,))))
    nothing = Listing(
        request, Agent.objects.none(), (), "", "thing", Empty("No things yet", "Add the first one.", "Add", "#")
    )
    return {"tabs": tabs, "refused": refused, "table": table, "nothing": nothing}
