"""Emails > Banlist: the list, one ban, in and out as CSV."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from postdesk.basics import clock
from postdesk.basics.errors import Problems, Refused
from postdesk.flow.desk_file import keys
from postdesk.judge.bans import LONGEST
from postdesk.mailroom import bans
from postdesk.mailroom.bans import BanSetup, ban_setup, export_csv, import_csv, save_ban
from postdesk.mailroom.models import Ban
from postdesk.people import audit
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.forms import PanelForm, Section, beside
from postdesk.web.shared.keyed import KeyedForm
from postdesk.web.shared.tables import Act, Column, Empty, Listing, chosen

COLUMNS: Final = (
    Column("pattern", "Ban", ("pattern",)),
    Column("kind", "Covers", ("kind", "pattern")),
    Column("status", "Status", ("is_active",)),
    Column("added", "Added", ("created_at",)),
    Column("updated", "Last updated", ("updated_at",)),
)
ACTS: Final = (
    Act("enable", "Enable", "check"),
    Act("disable", "Disable", "pause"),
    Act("delete", "Delete", "trash", is_danger=True),
)
#: Bad lines of a file shown on the page; all are counted.
SHOWN: Final = 50


class BanForm(KeyedForm):
    desk_section = keys.BAN
    sections = (Section("", ("pattern", "active", "notes")),)

    pattern = forms.CharField(
        label="Who is banned",
        max_length=LONGEST + 10,
        help_text="An address, a whole domain like @example.org, or a wildcard like *@*.example.org.",
        widget=forms.TextInput(attrs={"data-width": "medium", "autocomplete": "off", "spellcheck": "false"}),
    )
    active = forms.BooleanField(
        label="Active", required=False, initial=True, help_text="A ban that is not active turns nobody away."
    )
    notes = forms.CharField(
        label="Internal notes", required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="Only seen here."
    )


class ImportForm(PanelForm):
    file = forms.FileField(
        label="CSV file",
        allow_empty_file=True,
        help_text="The columns are pattern, status (active or disabled) and notes; only the first is needed. Bans that "
        "are there already get the file's status and notes.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )


@door("panel")
def show(request: AgentRequest) -> HttpResponseBase:
    """The list."""
    empty = Empty(
        "Nobody is banned",
        "Mail from a banned address gets no ticket and no answer. Its bytes stay in the ledger.",
        "Ban somebody",
        reverse("ban-new"),
        icon="lock",
    )
    table = Listing(
        request,
        Ban.objects.all(),
        COLUMNS,
        "panel/_ban_row.html",
        "ban",
        empty,
        search=("pattern__icontains", "notes__icontains"),
        first="pattern",
        acts=ACTS,
        acts_url=reverse("ban-acts"),
    )
    context = {
        "title": "Banlist",
        "sentence": "Whose mail opens no ticket and gets no answer. It stays in the ledger.",
        "table": table,
        "add_url": reverse("ban-new"),
        "add_label": "Add ban",
    }
    return render(request, "panel/bans.html", context)


@door("panel", "GET", "HEAD", "POST")
def new(request: AgentRequest) -> HttpResponseBase:
    return _form(request, None)


@door("panel", "GET", "HEAD", "POST")
def one(request: AgentRequest, pk: int) -> HttpResponseBase:
    return _form(request, get_object_or_404(Ban, pk=pk))


def _form(request: AgentRequest, row: Ban | None) -> HttpResponseBase:
    initial = audit.values(ban_setup(row)) if row else {"pattern": request.GET.get("pattern", "")[:LONGEST]}
    form = BanForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with beside(form):
            saved, _ = save_ban(row, BanSetup(**form.cleaned_data), by=request.user, at=clock.now())
        if form.is_valid():
            messages.success(request, f"{saved.pattern} is {'banned' if saved.is_active else 'not banned'}.")
            return redirect("banlist")
    title = f"Ban of {row.pattern}" if row else "Add ban"
    return _rendered(request, "panel/form.html", form, title, save_label="Save" if row else "Add ban")


@door("panel", "POST")
def acts(request: AgentRequest) -> HttpResponseBase:
    """Enable, disable or delete the chosen bans; deleting is asked about first."""
    rows, act, at = chosen(request), request.POST.get("act", ""), clock.now()
    if not rows:
        raise Refused("You must select at least one ban.")
    if act in {"enable", "disable"}:
        count = bans.switch(rows, active=act == "enable", by=request.user, at=at)
        messages.success(request, f"{_counted(count)} {act}d.")
    elif act == "delete" and request.POST.get("confirmed"):
        count = bans.delete(rows, by=request.user, at=at)
        messages.success(request, f"{_counted(count)} deleted.")
    elif act == "delete":
        patterns = Ban.objects.filter(pk__in=rows).order_by("pattern").values_list("pattern", flat=True)
        context = {
            "title": "Delete bans",
            "question": f"Delete {_counted(len(patterns))}? Their mail is taken in again from then on.",
            "consequences": patterns[:20],
            "rows": rows,
            "act": "delete",
            "yes": "Delete",
            "back": reverse("banlist"),
            "back_label": "Banlist",
        }
        return render(request, "panel/confirm.html", context)
    return redirect("banlist")


@door("panel")
def export(request: AgentRequest) -> HttpResponseBase:
    """All bans as a file that `imports` reads."""
    rows = Ban.objects.order_by("pattern").iterator(chunk_size=2000)
    response = StreamingHttpResponse(export_csv(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="banlist.csv"'
    return response


@door("panel", "GET", "HEAD", "POST")
def imports(request: AgentRequest) -> HttpResponseBase:
    """Take bans from a file: all of it, or nothing."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if request.method == "POST" and form.is_valid():
        try:
            done = import_csv(_content(request), by=request.user, at=clock.now())
        except Problems as refusal:
            form.add_error("file", refusal.message)
            for problem in refusal.problems[:SHOWN]:
                form.add_error("file", problem.message)
            if len(refusal.problems) > SHOWN:
                form.add_error("file", f"... and {len(refusal.problems) - SHOWN} more lines.")
        else:
            words = f"{done.added} added, {done.changed} changed, {done.same} as they were."
            messages.success(request, f"The file is imported: {words}")
            return redirect("banlist")
    return _rendered(request, "panel/ban_import.html", form, "Import bans", save_label="Import")


def _content(request: AgentRequest) -> bytes:
    file = request.FILES["file"]
    assert isinstance(file, UploadedFile)
    # One byte more than is taken, so that a file that is too large is told from one that is not.
    content: bytes = file.read(bans.LARGEST_FILE + 1)
    return content


def _rendered(
    request: AgentRequest, template: str, form: PanelForm, title: str, *, save_label: str
) -> HttpResponseBase:
    context: dict[str, Any] = {
        "title": title,
        "form": form,
        "save_label": save_label,
        "back": reverse("banlist"),
        "back_label": "Banlist",
    }
    return render(request, template, context, status=422 if form.errors else 200)


def _counted(count: int) -> str:
    return "1 ban" if count == 1 else f"{count} bans"
