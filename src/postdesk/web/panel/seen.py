"""What a page of the Admin Panel remembers of the time when it was opened: the hidden field `seen` of its form."""

from __future__ import annotations

from typing import Final

from django.db.models import Model

from postdesk.basics.errors import Refused
from postdesk.people import meanwhile
from postdesk.web.shared.doors import AgentRequest

#: In a request's META: somebody's change was told, so that saving again may overwrite it.
_TOLD: Final = "postdesk.told"


def seen(request: AgentRequest, *rows: Model | None) -> int | None:
    """For the context of the page: what it was opened with, or now, or what the refusal told. None: nothing stored."""
    if not any(rows):
        return None
    posted = _posted(request)
    return meanwhile.newest(*rows) if posted is None or _TOLD in request.META else posted


def refuse_if_changed(request: AgentRequest, *rows: Model | None) -> None:
    """Raise Refused when somebody changed the rows after the page was opened. Without the field nothing is asked."""
    posted = _posted(request)
    if posted is None:
        return
    try:
        meanwhile.refuse_if_changed(*rows, seen=posted)
    except Refused:
        request.META[_TOLD] = True
        raise


def _posted(request: AgentRequest) -> int | None:
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
