"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from postdesk import __version__
from postdesk.people.models import Agent
from postdesk.people.permissions import PERMISSIONS, may
from postdesk.web.shared.attention import failing_mailboxes, held_mail, unsettled_letters

#: Numbers beside the navigation stop here.
CAP = 99


def desk(request: HttpRequest) -> dict[str, Any]:
    """The version; for agents also what they may do, and what waits for somebody's decision."""
    agent = getattr(request, "user", None)
    if not isinstance(agent, Agent):
        return {"desk_version": __version__}
    allowed = {verb.replace(".", "_"): may(agent, verb) for verb in PERMISSIONS}
    return {
        "desk_version": __version__,
        "me": agent,
        "may": allowed,
        # Counted only by pages that draw the navigation; a partial never asks.
        "attention": {
            "held": SimpleLazyObject(lambda: held_mail(agent)[: CAP + 1].count()),
            "outbox": SimpleLazyObject(lambda: unsettled_letters(agent)[: CAP + 1].count()),
            "mailboxes": SimpleLazyObject(lambda: failing_mailboxes(agent)[: CAP + 1].count()),
        },
    }
