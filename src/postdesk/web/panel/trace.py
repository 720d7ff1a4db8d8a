"""Logs > Message trace: type an address or a Message-ID, see every step."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render

from postdesk.flow.trace import MOST, trace
from postdesk.web.shared.doors import AgentRequest, door

LONGEST = 500


@door("trace.read")
def show(request: AgentRequest) -> HttpResponseBase:
    """The search, and what it found."""
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    trails = trace(asked) if asked else []
    context = {
        "title": "Message trace",
        "sentence": "Where a message came from, what was decided and why, and what became of each letter.",
        "asked": asked,
        "trails": trails,
        "most": MOST,
    }
    return render(request, "panel/trace.html", context)
