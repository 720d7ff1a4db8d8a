"""The screens of things that have a list, a form, and bulk acts: one engine, and what differs as a value.

What a thing is stands in staff_things.py and desk_things.py; the rules stand in the operations behind them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse

from postdesk.basics import clock
from postdesk.basics.errors import Refused
from postdesk.people import audit
from postdesk.people.models import Agent
from postdesk.people.naming import listed
from postdesk.web.panel.seen import refuse_if_changed, seen
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.forms import PanelForm, beside, problems_of
from postdesk.web.shared.tables import Act, Column, Empty, Listing, chosen

ENABLE: Final = Act("enable", "Enable", "play")
DISABLE: Final = Act("disable", "Disable", "pause")
DELETE: Final = Act("delete", "Delete", "trash", is_danger=True)
SWITCHED: Final = (ENABLE, DISABLE, DELETE)


def _nothing(row: Any) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Thing:
    """One kind of thing. Names of addresses: `many` (the list), `one`, `one`-new, `one`-acts."""

    many: str
    one: str
    folder: str
    title: str
    #: In the middle of a sentence: "help topic".
    noun: str
    sentence: str
    empty: Empty
    rows: Callable[[], QuerySet[Any]]
    columns: tuple[Column, ...]
    form: type[PanelForm]
    setup: Callable[[Any], Any]
    #: The setup of a form's values, over the stored one (None: a new thing).
    wanted: Callable[[Any, dict[str, Any]], Any]
    save: Callable[..., tuple[Any, Any]]
    delete: Callable[..., None] | None = None
    consequences: Callable[[Any], list[str]] = _nothing
    #: What is not as it should be about a stored one, shown above its form.
    warnings: Callable[[Any], list[str]] = _nothing
    protected: Callable[[], dict[Any, str]] = dict
    acts: tuple[Act, ...] = SWITCHED
    search: tuple[str, ...] = ("name__icontains",)
    first: str = "name"
    list_template: str = "panel/list.html"
    form_template: str = "panel/staff/form.html"
    #: More for the template of the list.
    more: Callable[[], Mapping[str, Any]] = dict
    #: More arguments for `save`, from the request.
    extras: Callable[[AgentRequest], Mapping[str, Any]] = field(default=lambda request: {})

    @property
    def row_template(self) -> str:
        return f"panel/staff/_{self.one.replace('-', '_')}_row.html"


def addresses(thing: Thing) -> list[URLPattern]:
    """The addresses of a kind of thing, each with its view."""
    made = [path(thing.folder, _show(thing), name=thing.many)]
    if thing.acts:
        made.append(path(f"{thing.folder}/acts", _acts(thing), name=f"{thing.one}-acts"))
    if thing.empty.url:
        made.append(path(f"{thing.folder}/new", _new(thing), name=f"{thing.one}-new"))
    key = "str" if thing.rows().model._meta.pk.get_internal_type() == "CharField" else "int"
    return [*made, path(f"{thing.folder}/<{key}:pk>", _one(thing), name=thing.one)]


def _show(thing: Thing) -> Callable[..., HttpResponseBase]:
    @door("panel")
    def show(request: AgentRequest) -> HttpResponseBase:
        return listing_page(request, thing)

    return show


def listing_page(request: AgentRequest, thing: Thing, **more: Any) -> HttpResponseBase:
    """The list, with what its template needs beside it."""
    add = thing.empty.url
    table: Listing[Any] = Listing(
        request=request,
        rows=thing.rows(),
        columns=thing.columns,
        row_template=thing.row_template,
        noun=thing.noun,
        empty=replace(thing.empty, url=reverse(add) if add else ""),
        search=thing.search,
        first=thing.first,
        acts=thing.acts,
        acts_url=reverse(f"{thing.one}-acts") if thing.acts else "",
        protected=thing.protected(),
    )
    context = {
        "title": thing.title,
        "sentence": thing.sentence,
        "table": table,
        "add_url": reverse(add) if add else "",
        "add_label": thing.empty.label,
        **thing.more(),
        **more,
    }
    return render(request, thing.list_template, context)


def _new(thing: Thing) -> Callable[..., HttpResponseBase]:
    @door("panel", "GET", "HEAD", "POST")
    def new(request: AgentRequest) -> HttpResponseBase:
        return _form(request, thing, None)

    return new


def _one(thing: Thing) -> Callable[..., HttpResponseBase]:
    @door("panel", "GET", "HEAD", "POST")
    def one(request: AgentRequest, pk: int | str) -> HttpResponseBase:
        return _form(request, thing, get_object_or_404(thing.rows(), pk=pk))

    return one


def _form(request: AgentRequest, thing: Thing, row: Any) -> HttpResponseBase:
    posted = request.method == "POST"
    initial = audit.values(thing.setup(row)) if row is not None else None
    options: dict[str, Any] = {"initial": initial} if initial else {}
    form = thing.form(request.POST if posted else None, **options, **({"row": row} if _takes_row(thing) else {}))
    if posted and form.is_valid():
        with beside(form):
            refuse_if_changed(request, row)
            extras = thing.extras(request)
            saved, _ = thing.save(row, thing.wanted(row, form.cleaned_data), by=request.user, at=clock.now(), **extras)
        if form.is_valid():
            messages.success(request, f"The {thing.noun} {saved} is {'saved' if row is not None else 'added'}.")
            return redirect(thing.many)
    context = {
        "title": str(row) if row is not None else thing.empty.label,
        "form": form,
        "row": row,
        "seen": seen(request, row),
        "warnings": thing.warnings(row) if row is not None else (),
        "save_label": "Save" if row is not None else thing.empty.label,
        "back": reverse(thing.many),
        "back_label": thing.title,
    }
    return render(request, thing.form_template, context, status=422 if posted else 200)


def _takes_row(thing: Thing) -> bool:
    return getattr(thing.form, "takes_row", False)


def _acts(thing: Thing) -> Callable[..., HttpResponseBase]:
    @door("panel", "POST")
    def acts(request: AgentRequest) -> HttpResponseBase:
        rows = list(thing.rows().filter(pk__in=chosen(request)))
        act = request.POST.get("act", "")
        if not rows:
            messages.warning(request, f"You must select at least one {thing.noun}.")
        elif act in {"enable", "disable"} and ENABLE in thing.acts:
            _switch(request, thing, rows, active=act == "enable")
        elif act == "delete" and thing.delete is not None:
            if request.POST.get("confirmed") != "yes":
                return _confirm(request, thing, rows)
            _delete(request, thing, rows)
        return redirect(thing.many)

    return acts


def _switch(request: AgentRequest, thing: Thing, rows: Sequence[Any], *, active: bool) -> None:
    def switch(row: Any, *, by: Agent, at: dt.datetime) -> None:
        changed = {"active": active, **({"archived": False} if active and hasattr(row, "is_archived") else {})}
        thing.save(row, replace(thing.setup(row), **changed), by=by, at=at)

    _each(request, rows, switch, f"{'enabled' if active else 'disabled'}")


def _delete(request: AgentRequest, thing: Thing, rows: Sequence[Any]) -> None:
    assert thing.delete is not None
    _each(request, rows, thing.delete, "deleted")


def _each(request: AgentRequest, rows: Sequence[Any], act: Callable[..., None], word: str) -> None:
    """Do it to each row by itself: what is refused for one is said, and done to the others."""
    done = []
    for row in rows:
        name = str(row)
        try:
            with transaction.atomic():
                act(row, by=request.user, at=clock.now())
        except Refused as refusal:
            for problem in problems_of(refusal):
                messages.error(request, f"{name}: {problem.message}")
        else:
            done.append(name)
    if done:
        messages.success(request, f"{listed(done)} {'is' if len(done) == 1 else 'are'} {word}.")


def _confirm(request: AgentRequest, thing: Thing, rows: Sequence[Model]) -> HttpResponseBase:
    names = [str(row) for row in rows]
    several = [f"{row}: {one}" if len(rows) > 1 else one for row in rows for one in thing.consequences(row)]
    context = {
        "title": f"Delete {names[0]}" if len(rows) == 1 else f"Delete {len(rows)} {thing.noun}s",
        "question": f"{listed(names)} will be deleted.",
        "consequences": several,
        "rows": [row.pk for row in rows],
        "act": "delete",
        "yes": "Delete",
        "back": reverse(thing.many),
        "back_label": thing.title,
    }
    return render(request, "panel/confirm.html", context)
