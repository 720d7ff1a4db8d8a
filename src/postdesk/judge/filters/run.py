"""Run the filters over a message that is about to open a ticket (osticket.md 3.2).

All filters are matched first, against the message as it came; then those that match act in their order, until one
that stops. What a later one sets overwrites what an earlier one set. Reject ends it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from postdesk.judge.filters import actions
from postdesk.judge.filters.compiled import Compiled, Ready, matching
from postdesk.judge.filters.sight import Sight
from postdesk.judge.filters.values import Action, Mail
from postdesk.mail.message import Address

#: Whether the department, help topic, agent, team, SLA plan or canned response of that id can be used now.
Alive = Callable[[str, int], bool]


@dataclass(frozen=True, slots=True)
class Step:
    """What one filter did: why it matched, and a phrase for each thing it changed."""

    filter: str
    why: str
    did: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailOrdered:
    """A mail that a filter sends once the ticket is there."""

    filter: str
    mail: Mail


@dataclass(slots=True)
class Chosen:
    """What the filters chose for a ticket; None and "" where they say nothing."""

    department: int | None = None
    help_topic: int | None = None
    sla: int | None = None
    team: int | None = None
    agent: int | None = None
    canned: int | None = None
    priority: str = ""
    status: str = ""
    #: Why there is no auto-response.
    silence: str = ""
    #: Why the sender must not be answered automatically at all, whatever the filters say.
    unanswerable: str = ""
    #: Who counts as the sender instead of From.
    author: Address | None = None
    #: The filter that turned the message away.
    rejected_by: str = ""
    mails: list[MailOrdered] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    #: Ids of the filters that acted, and whether one of them ended it.
    acted: set[int] = field(default_factory=set)
    is_ended: bool = False


_PHRASES: Final = {
    "department": "set department to {}",
    "help_topic": "set help topic to {}",
    "sla": "set SLA plan to {}",
    "team": "assigned it to the team {}",
    "agent": "assigned it to {}",
    "canned": "attached the canned response {}",
    "priority": "set priority to {}",
    "status": "set status to {}",
}


def run(filters: Compiled, sight: Sight, chosen: Chosen, alive: Alive) -> bool:
    """Let the filters act. True: the sender changed, so the caller asks bans again and calls once more.

    A filter acts once for a message, so that this ends.
    """
    if chosen.is_ended:
        return False
    for ready, why in matching(filters, sight):
        if ready.filter.id in chosen.acted:
            continue
        chosen.acted.add(ready.filter.id)
        had = chosen.author
        chosen.steps.append(Step(ready.filter.name, why, tuple(_act(ready, sight, chosen, alive))))
        chosen.is_ended = ready.filter.stop or bool(chosen.rejected_by)
        if chosen.is_ended:
            return chosen.author is not had and not chosen.rejected_by
        if chosen.author is not had:
            return True
    return False


def _act(ready: Ready, sight: Sight, chosen: Chosen, alive: Alive) -> list[str]:
    """All actions of one filter, reject before the others."""
    if any(action.kind == "reject" for action in ready.filter.actions):
        chosen.rejected_by = ready.filter.name
        return ["rejected it"]
    return [_done(action, ready.filter.name, sight, chosen, alive) for action in ready.filter.actions]


def _done(action: Action, name: str, sight: Sight, chosen: Chosen, alive: Alive) -> str:
    takes = actions.BY_NAME[action.kind].takes
    if action.kind == "reply_to":
        return _use_reply_to(sight, chosen)
    if action.kind == "no_autoresponse":
        chosen.silence = f"Ticket Filter “{name}” disables the auto-response."
        return "disabled the auto-response"
    if action.mail is not None:
        chosen.mails.append(MailOrdered(name, action.mail))
        return f"sends an email to {action.mail.recipients}"
    if takes in {"priority", "status"}:
        setattr(chosen, takes, action.value)
        return _PHRASES[takes].format(action.value)
    if action.target is None or not alive(takes, action.target):
        return f"could not set {takes.replace('_', ' ')} to {action.name}, which is not active"
    setattr(chosen, takes, action.target)
    return _PHRASES[takes].format(action.name)


def _use_reply_to(sight: Sight, chosen: Chosen) -> str:
    wanted = next(iter(sight.mail.reply_to), None)
    if wanted is None or wanted.key == sight.author.key:
        return "found no other Reply-To to use"
    if sight.is_ours(wanted.key):
        return f"did not use the Reply-To {wanted.address}, which is an address of the desk"
    chosen.author = wanted if wanted.name else Address(sight.author.name, wanted.address)
    return f"used the Reply-To {wanted.address} as the sender"
