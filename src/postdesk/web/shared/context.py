"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property

from postdesk import __version__
from postdesk.people.models import Agent
from postdesk.people.permissions import rights
from postdesk.web.shared.attention import failing_mailboxes, held_mail, unsettled_letters

#: Numbers beside the navigation stop here.
CAP = 99


class Attention:
    """Counted when asked for, and once: only pages that draw the navigation ask, a partial never does."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    @cached_property
    def held(self) -> int:
        return held_mail(self.agent)[: CAP + 1].count()

    @cached_property
    def outbox(self) -> int:
        return unsettled_letters(self.agent)[: CAP + 1].count()

    @cached_property
    def mailboxes(self) -> int:
        return failing_mailboxes(self.agent)[: CAP + 1].count()


def desk(request: HttpRequest) -> dict[str, Any]:
    """The version; for agents also what they may do, and what waits for somebody's decision."""
    agent = getattr(request, "user", None)
    if not isinstance(agent, Agent):
        return {"desk_version": __version__}
    return {"desk_version": __version__, "me": agent, "may": rights(agent).all(), "attention": Attention(agent)}
