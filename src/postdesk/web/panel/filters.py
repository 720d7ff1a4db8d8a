"""Manage > Ticket Filters: the list and its order, the editor, and the dry run."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from postdesk.basics import clock
from postdesk.basics.errors import Refused
from postdesk.flow import filter_trial
from postdesk.judge.filters import actions as kinds
from postdesk.judge.filters.compiled import sentence
from postdesk.judge.filters.problems import rule_problems
from postdesk.judge.filters.values import TARGETS
from postdesk.tickets import filters
from postdesk.tickets.filter_setup import FilterSetup, filter_setup, rule_value, target_of
from postdesk.tickets.models import FilterAction, FilterTrial, TicketFilter
from postdesk.web.panel import filter_form
from postdesk.web.panel.filter_form import Editor
from postdesk.web.panel.seen import refuse_if_changed, seen
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.forms import beside, wrong_fields
from postdesk.web.shared.tables import Act, Column, Empty, Listing, chosen

COLUMNS: Final = (
    Column("order", "Order"),
    Column("name", "Filter"),
    Column("target", "Looks at"),
    Column("status", "Status"),
    Column("updated", "Last updated"),
)
ACTS: Final = (
    Act("enable", "Enable", "check"),
    Act("disable", "Disable", "pause"),
    Act("delete", "Delete", "trash", is_danger=True),
)
SENTENCE: Final = "They run from the top down, over every message that is about to open a ticket."
#: Messages a dry run looks at when nothing else is asked for.
TRIED: Final = 100


@door("panel")
def show(request: AgentRequest) -> HttpResponseBase:
    """The list, in the order they run."""
    empty = Empty(
        "No filters yet",
        "A filter looks at a message that is about to open a ticket, and sets its department, priority or agent, or "
        "turns it away.",
        "Add filter",
        reverse("filter-new"),
        icon="sliders",
    )
    rows = filters.stored()
    table = Listing(
        request,
        rows,
        COLUMNS,
        "panel/_filter_row.html",
        "filter",
        empty,
        acts=ACTS,
        acts_url=reverse("filter-acts"),
        per_page=100,
    )
    for row in table.page.object_list:
        row.shown = _shown(row)  # type: ignore[attr-defined]
    context = {
        "title": "Ticket Filters",
        "sentence": SENTENCE,
        "table": table,
        "add_url": reverse("filter-new"),
        "add_label": "Add filter",
    }
    return render(request, "panel/filters.html", context)


def _shown(row: TicketFilter) -> dict[str, Any]:
    """What a line of the list says of a filter."""
    labels: dict[str, str] = dict(TARGETS)
    target = row.email.address if row.target == "address" and row.email else labels.get(row.target, row.target)
    rules = [sentence(rule_value(rule)) for rule in row.rules.all()]
    return {
        "target": target if row.target != "address" or row.email else "a deleted address",
        "when": (" and " if row.match_all else " or ").join(rules),
        "then": ", ".join(_does(action) for action in row.actions.all()),
        "flags": filters.flags(row),
        "is_broken": filters.is_broken(row),
    }


def _does(action: FilterAction) -> str:
    label = kinds.BY_NAME[action.kind].label
    if action.kind == "mail":
        return f"{label} to {action.recipients}"
    named = target_of(action) or action.value
    return f"{label}: {named}" if named else label


@door("panel", "GET", "HEAD", "POST")
def new(request: AgentRequest) -> HttpResponseBase:
    return _edit(request, None)


@door("panel", "GET", "HEAD", "POST")
def one(request: AgentRequest, pk: int) -> HttpResponseBase:
    return _edit(request, get_object_or_404(filters.stored(), pk=pk))


def _edit(request: AgentRequest, row: TicketFilter | None) -> HttpResponseBase:
    """The editor: shows, gets a line more or less, tries, or saves."""
    stored = filter_setup(row) if row else FilterSetup("", rules=(), actions=())
    if request.method != "POST":
        tried = _tried(request, row)
        editor = filter_form.of_setup(tried or stored, is_unsaved=tried is not None)
        return _editor_page(request, row, editor)
    changed = filter_form.changed_parts(request.POST)
    if changed is not None:
        return _editor_page(request, row, filter_form.of_post(changed, stored))
    editor = filter_form.of_post(request.POST, stored)
    if not editor.is_valid():
        return _editor_page(request, row, editor, status=422)
    setup, at = editor.setup(row.position if row else None), clock.now()
    trial = None
    with beside(*editor.every, names=editor.names()):
        refuse_if_changed(request, row)
        if request.POST.get("act") == "try":
            trial = filter_trial.begin(setup, row, messages=TRIED, by=request.user, at=at)
        else:
            filters.save_filter(row, setup, by=request.user, at=at)
    if not editor.is_valid():
        return _editor_page(request, row, editor, status=422)
    if trial is not None:
        return redirect("filter-trial", pk=trial.pk)
    messages.success(request, f"The filter “{setup.name}” is saved.")
    return redirect("filters")


def _tried(request: AgentRequest, row: TicketFilter | None) -> FilterSetup | None:
    """The filter of a dry run that one comes back from."""
    asked = request.GET.get("trial", "")
    if not asked.isascii() or not asked.isdecimal():
        return None
    trial = FilterTrial.objects.filter(pk=int(asked[:18]), instead_of=row).first()
    return filter_trial.setup_of(trial) if trial else None


def _editor_page(
    request: AgentRequest, row: TicketFilter | None, editor: Editor, *, status: int = 200
) -> HttpResponseBase:
    context = {
        "title": row.name if row else "Add filter",
        "editor": editor,
        "problems": wrong_fields(form for form in editor.every if form.is_bound),
        "flags": filters.flags(row) if row else [],
        "back": reverse("filters"),
        "back_label": "Ticket Filters",
        "tried": TRIED,
        "row": row,
        "seen": seen(request, row),
    }
    return render(request, "panel/filter.html", context, status=status)


@door("panel", "POST")
def acts(request: AgentRequest) -> HttpResponseBase:
    """Enable, disable or delete the chosen filters; deleting is asked about first."""
    rows, act, at = chosen(request), request.POST.get("act", ""), clock.now()
    if not rows:
        raise Refused("You must select at least one filter.")
    if act in {"enable", "disable"}:
        count = filters.switch(rows, active=act == "enable", by=request.user, at=at)
        messages.success(request, f"{_counted(count)} {act}d.")
    elif act == "delete" and request.POST.get("confirmed"):
        count = filters.delete(rows, by=request.user, at=at)
        messages.success(request, f"{_counted(count)} deleted.")
    elif act == "delete":
        names = TicketFilter.objects.filter(pk__in=rows).values_list("name", flat=True)
        context = {
            "title": "Delete filters",
            "question": f"Delete {_counted(len(names))} with all rules and actions? Tickets stay as they are.",
            "consequences": names,
            "rows": rows,
            "act": "delete",
            "yes": "Delete",
            "back": reverse("filters"),
            "back_label": "Ticket Filters",
        }
        return render(request, "panel/confirm.html", context)
    return redirect("filters")


@door("panel", "POST")
def place(request: AgentRequest, pk: int) -> HttpResponseBase:
    """Let a filter run one place earlier (`move` "up") or later."""
    row = get_object_or_404(TicketFilter, pk=pk)
    filters.move(row, up=request.POST.get("move") == "up", by=request.user, at=clock.now())
    return redirect(f"{reverse('filters')}#row-{pk}")


@door("panel")
def trial(request: AgentRequest, pk: int) -> HttpResponseBase:
    """A dry run: how far it is, and what would have been different. The part alone for htmx."""
    found = get_object_or_404(FilterTrial.objects.select_related("instead_of"), pk=pk)
    setup = filter_trial.setup_of(found)
    address = reverse("filter", args=[found.instead_of_id]) if found.instead_of_id else reverse("filter-new")
    broken = list(rule_problems(setup.rules))
    context = {
        "title": f"Try “{setup.name}”",
        "trial": found,
        "setup": setup,
        "rules": [] if broken else [sentence(rule) for rule in setup.rules],
        "back": f"{address}?trial={found.pk}",
        "back_label": "Back to the filter",
    }
    template = "panel/_filter_trial.html" if request.headers.get("HX-Request") else "panel/filter_trial.html"
    response = render(request, template, context)
    if found.finished_at is None and not request.headers.get("HX-Request"):
        # Without scripts the page asks by itself, too.
        response.headers["Refresh"] = "3"
    return response


def _counted(count: int) -> str:
    return "1 filter" if count == 1 else f"{count} filters"
