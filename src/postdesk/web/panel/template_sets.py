"""Emails > Templates: the sets, one set with its messages."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from postdesk.basics import clock
from postdesk.basics.errors import Refused
from postdesk.flow.desk_file import keys
from postdesk.people import audit
from postdesk.tickets import wording
from postdesk.tickets.models import NoticeSettings, TemplateSet
from postdesk.tickets.notices import LANGUAGES, MESSAGES
from postdesk.tickets.wording import TemplateSetSetup, save_template_set, template_set_setup
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.forms import Section, beside
from postdesk.web.shared.keyed import KeyedForm
from postdesk.web.shared.tables import Act, Column, Empty, Listing, chosen

COLUMNS: Final = (
    Column("name", "Template Set", ("name",)),
    Column("language", "Language", ("language",)),
    Column("status", "Status", ("is_active",)),
    Column("own", "Own messages", ("own",), is_number=True),
    Column("updated", "Last updated", ("updated_at",)),
)
ACTS: Final = (Act("delete", "Delete", "trash", is_danger=True),)
GROUPS: Final = (("users", "To users"), ("agents", "To agents"), ("system", "To the administrator"))


class TemplateSetForm(KeyedForm):
    desk_section = keys.TEMPLATE_SET
    sections: ClassVar[tuple[Section, ...]] = (Section("", ("name", ("language", "copied"), "active", "notes")),)

    name = forms.CharField(label="Name", max_length=64, widget=forms.TextInput(attrs={"data-width": "medium"}))
    language = forms.ChoiceField(
        label="Language",
        choices=tuple(LANGUAGES.items()),
        initial="en",
        help_text="Of the stock words, which hold where the set says nothing of its own.",
    )
    copied = forms.ModelChoiceField(
        label="Messages of",
        queryset=TemplateSet.objects.all(),
        required=False,
        empty_label="The stock",
        help_text="Take over what another set says.",
    )
    active = forms.BooleanField(
        label="Active", required=False, initial=True, help_text="One that is used cannot be switched off."
    )
    notes = forms.CharField(
        label="Internal notes", required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="Only seen here."
    )


@door("panel")
def show(request: AgentRequest) -> HttpResponseBase:
    """The list of sets."""
    empty = Empty(
        "The desk speaks in its stock words",
        "Make a set to say things in your own words, or in another language, for the whole desk or one department.",
        "Add a template set",
        reverse("template-set-new"),
        icon="note",
    )
    rows = TemplateSet.objects.annotate(own=Count("templates"))
    table = Listing(
        request,
        rows,
        COLUMNS,
        "panel/templates/_set_row.html",
        "template set",
        empty,
        search=("name__icontains", "notes__icontains"),
        first="name",
        acts=ACTS,
        acts_url=reverse("template-set-acts"),
        protected={row.pk: f"Used by {' and '.join(users)}" for row in rows if (users := wording.users_of(row))},
    )
    settings = NoticeSettings.objects.select_related("default_template_set").filter(pk=1).first()
    context = {
        "title": "Templates",
        "sentence": "The words of everything the desk writes by itself, and around what agents write.",
        "table": table,
        "default": settings.default_template_set if settings else None,
        "add_url": reverse("template-set-new"),
        "add_label": "Add template set",
    }
    return render(request, "panel/templates/list.html", context)


@door("panel", "GET", "HEAD", "POST")
def new(request: AgentRequest) -> HttpResponseBase:
    return _form(request, None)


@door("panel", "GET", "HEAD", "POST")
def settings(request: AgentRequest, pk: int) -> HttpResponseBase:
    return _form(request, get_object_or_404(TemplateSet, pk=pk))


def _form(request: AgentRequest, row: TemplateSet | None) -> HttpResponseBase:
    form = TemplateSetForm(request.POST or None, initial=audit.values(template_set_setup(row)) if row else None)
    if row is not None:
        del form.fields["copied"]
    if request.method == "POST" and form.is_valid():
        with beside(form):
            values: dict[str, Any] = dict(form.cleaned_data)
            copied = values.pop("copied", None)
            saved, _ = save_template_set(
                row, TemplateSetSetup(**values), by=request.user, at=clock.now(), copied=copied
            )
        if form.is_valid():
            messages.success(request, f"The template set {saved.name} is saved.")
            return redirect("template-set", pk=saved.pk)
    context = {
        "title": f"Settings of {row.name}" if row else "Add template set",
        "form": form,
        "save_label": "Save" if row else "Add template set",
        "back": reverse("template-set", args=[row.pk]) if row else reverse("templates"),
        "back_label": row.name if row else "Templates",
    }
    return render(request, "panel/form.html", context, status=422 if form.errors else 200)


@door("panel")
def one(request: AgentRequest, pk: int) -> HttpResponseBase:
    """The messages of a set, and which of them have words of their own."""
    row = get_object_or_404(TemplateSet, pk=pk)
    own = {template.code: template for template in row.templates.all()}
    groups = [
        (label, [(message, own.get(message.code)) for message in MESSAGES if message.group == group])
        for group, label in GROUPS
    ]
    context = {
        "title": row.name,
        "set": row,
        "language": LANGUAGES.get(row.language, row.language),
        "users": wording.users_of(row),
        "groups": groups,
        "back": reverse("templates"),
        "back_label": "Templates",
    }
    return render(request, "panel/templates/set.html", context)


@door("panel", "POST")
def acts(request: AgentRequest) -> HttpResponseBase:
    """Delete the chosen sets; asked about first."""
    rows = list(TemplateSet.objects.filter(pk__in=chosen(request)))
    if not rows or request.POST.get("act") != "delete":
        raise Refused("You must select at least one template set.")
    if request.POST.get("confirmed"):
        for row in rows:
            wording.delete_template_set(row, by=request.user, at=clock.now())
        messages.success(request, f"Deleted: {', '.join(row.name for row in rows)}.")
        return redirect("templates")
    context = {
        "title": "Delete template sets",
        "question": "Delete these template sets, with the words of their messages?",
        "consequences": [row.name for row in rows],
        "rows": [row.pk for row in rows],
        "act": "delete",
        "yes": "Delete",
        "back": reverse("templates"),
        "back_label": "Templates",
    }
    return render(request, "panel/confirm.html", context)
