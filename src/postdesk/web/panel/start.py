"""The way into the Admin Panel: its first page."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from postdesk.web.panel.navigation import first_page
from postdesk.web.shared.doors import AgentRequest, door


@door("panel")
def show(request: AgentRequest) -> HttpResponseBase:
    return redirect(first_page(request.user))
