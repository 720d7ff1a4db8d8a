"""The table of permissions: all roles at once."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.db import transaction
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from postdesk.basics import clock
from postdesk.people.models import Role
from postdesk.people.naming import listed
from postdesk.people.permissions import GRANTS
from postdesk.people.roles import role_setup, save_role
from postdesk.web.shared.doors import AgentRequest, door


@door("panel", "POST")
@transaction.atomic
def permissions(request: AgentRequest) -> HttpResponseBase:
    """What is ticked ("7:ticket.close") is granted by the roles that the page showed, and nothing else is."""
    ticked, at = set(request.POST.getlist("grant")), clock.now()
    changed = []
    shown = [int(one[:18]) for one in request.POST.getlist("role") if one.isascii() and one.isdecimal()]
    for role in Role.objects.select_for_update().filter(pk__in=shown):
        verbs = tuple(grant.verb for grant in GRANTS if f"{role.pk}:{grant.verb}" in ticked)
        if save_role(role, replace(role_setup(role), permissions=verbs), by=request.user, at=at)[1]:
            changed.append(role.name)
    if changed:
        messages.success(request, f"The permissions of {listed(changed)} are saved.")
    else:
        messages.info(request, "Nothing changed.")
    return redirect("roles")
