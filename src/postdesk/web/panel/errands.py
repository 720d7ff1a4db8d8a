"""Errands as they go: the stages so far, asked for again every second until the end (mailroom.errands).

Other screens show one by `{% include "panel/_errand.html" %}` with `errand_id` and `how` (a Progress); the part then
keeps itself up to date. Without scripts the page of its own is opened by a link and looked at again by hand.
"""

from __future__ import annotations

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render

from postdesk.basics import clock
from postdesk.mailroom import errands
from postdesk.mailroom.models import Errand
from postdesk.web.shared.doors import AgentRequest, door


@door("panel")
def show(request: AgentRequest, pk: int) -> HttpResponseBase:
    """The page; for htmx the part alone. Somebody else's errand is not there (404)."""
    try:
        how = errands.progress(pk, by=request.user, at=clock.now())
    except Errand.DoesNotExist as error:
        raise Http404 from error
    template = "panel/_errand.html" if request.headers.get("HX-Request") else "panel/errand.html"
    return render(request, template, {"title": "Check", "errand_id": pk, "how": how})
