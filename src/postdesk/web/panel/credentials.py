"""The credential desk: everything the desk signs in with, in one list, what needs a look first."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render

from postdesk.basics import clock
from postdesk.flow.credentials import lines
from postdesk.web.shared.doors import AgentRequest, door


@door("panel")
def show(request: AgentRequest) -> HttpResponseBase:
    """Every connection with its credential; no secret is ever shown."""
    context = {
        "title": "Credentials",
        "sentence": "What the desk signs in with, since when it works, and what expires.",
        "lines": lines(at=clock.now()),
    }
    return render(request, "panel/oauth2/credentials.html", context)
