"""Every variable of the message templates, in one table: its name, what it stands for, where it comes from.

The editor's list, the check at save time and docs/reference/templates.md are made from this table (osticket.md 3.3).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from postdesk.tickets.notices.scene import Person, Scene
from postdesk.tickets.notices.words import Rich, paragraphs

Value = str | Rich


@dataclass(frozen=True, slots=True)
class Variable:
    """`%{name}`. Its object, the part before the first dot, decides which messages may use it."""

    name: str
    sentence: str
    value: Callable[[Scene], Value]
    #: Whether it has paragraphs of its own: it then does not stand inside one.
    block: bool = False

    @property
    def object(self) -> str:
        return self.name.partition(".")[0]

    @property
    def written(self) -> str:
        return f"%{{{self.name}}}"


def _person(name: str, who: str, of: Callable[[Scene], Person]) -> tuple[Variable, ...]:
    """The variables every person has."""
    return (
        Variable(name, f"The name of {who}, or the address where no name is known.", lambda scene: of(scene).called),
        Variable(f"{name}.name", "The same.", lambda scene: of(scene).called),
        Variable(f"{name}.name.full", "The same.", lambda scene: of(scene).called),
        Variable(f"{name}.name.first", "The first word of the name.", lambda scene: _first(of(scene).called)),
        Variable(f"{name}.name.last", "The last word of the name.", lambda scene: _last(of(scene).called)),
        Variable(f"{name}.email", f"The address of {who}.", lambda scene: of(scene).address),
    )


def _first(name: str) -> str:
    return name.split()[0] if name.strip() else ""


def _last(name: str) -> str:
    return name.split()[-1] if name.strip() else ""


def _time(at: dt.datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC") if at else ""


def _explained(*rows: Variable) -> tuple[Variable, ...]:
    """The rows, with each "The same." saying what it is the same as: the last row before that says something."""
    found: list[Variable] = []
    meant = rows[0]
    for row in rows:
        is_same = row.sentence == _SAME
        found.append(replace(row, sentence=f"The same as %{{{meant.name}}}.") if is_same else row)
        meant = meant if is_same else row
    return tuple(found)


_SAME: Final = "The same."
TABLE: Final[tuple[Variable, ...]] = _explained(
    Variable("ticket.number", "The ticket's number.", lambda scene: str(scene.ticket.number or "")),
    Variable("ticket.subject", "Its subject.", lambda scene: scene.ticket.subject),
    Variable("ticket.name", "The owner's name, or address.", lambda scene: scene.ticket.owner.called),
    Variable("ticket.name.full", "The same.", lambda scene: scene.ticket.owner.called),
    Variable("ticket.name.first", "The name's first word.", lambda scene: _first(scene.ticket.owner.called)),
    Variable("ticket.name.last", "The name's last word.", lambda scene: _last(scene.ticket.owner.called)),
    Variable("ticket.email", "The owner's address.", lambda scene: scene.ticket.owner.address),
    Variable("ticket.status", "Open or closed.", lambda scene: scene.ticket.status),
    Variable("ticket.priority", "Its priority.", lambda scene: scene.ticket.priority),
    Variable("ticket.dept", "The department's name.", lambda scene: scene.ticket.department),
    Variable("ticket.dept.name", "The same.", lambda scene: scene.ticket.department),
    Variable("ticket.dept.manager", "The department manager's name.", lambda scene: scene.ticket.manager),
    Variable("ticket.dept.manager.name", "The same.", lambda scene: scene.ticket.manager),
    Variable("ticket.topic", "The help topic's name.", lambda scene: scene.ticket.topic),
    Variable("ticket.topic.name", "The same.", lambda scene: scene.ticket.topic),
    Variable("ticket.assigned", "Who it is assigned to, agent and team.", lambda scene: scene.ticket.assigned),
    Variable("ticket.staff", "The assigned agent's name.", lambda scene: scene.ticket.agent.called),
    Variable("ticket.staff.name", "The same.", lambda scene: scene.ticket.agent.called),
    Variable("ticket.staff.email", "The assigned agent's address.", lambda scene: scene.ticket.agent.address),
    Variable("ticket.team", "The assigned team's name.", lambda scene: scene.ticket.team),
    Variable("ticket.team.name", "The same.", lambda scene: scene.ticket.team),
    Variable("ticket.source", "How it came in.", lambda scene: scene.ticket.source),
    Variable("ticket.recipients", "Everybody who gets its mail.", lambda scene: scene.ticket.recipients),
    Variable("ticket.create_date", "When it was opened.", lambda scene: _time(scene.ticket.opened_at)),
    Variable("ticket.due_date", "When an answer is due.", lambda scene: _time(scene.ticket.due_at)),
    Variable("ticket.close_date", "When it was closed.", lambda scene: _time(scene.ticket.closed_at)),
    Variable("ticket.staff_link", "The agents' page of the ticket.", lambda scene: scene.ticket.link),
    *_person("recipient", "whoever gets the mail", lambda scene: scene.recipient),
    Variable("recipient.ticket_link", "Where an agent opens the ticket.", lambda scene: scene.recipient_link),
    Variable("message", "What the user wrote, new words only.", lambda scene: scene.message, block=True),
    Variable("response", "What the agent wrote.", lambda scene: scene.response, block=True),
    Variable("note", "The note, or the reply, of a colleague.", lambda scene: scene.note, block=True),
    Variable("comments", "What was said about the change.", lambda scene: scene.comments, block=True),
    Variable("activity", "What was done.", lambda scene: scene.activity),
    Variable("activity.title", "The same.", lambda scene: scene.activity),
    *_person("poster", "whoever wrote", lambda scene: scene.poster),
    *_person("staff", "the agent who acts", lambda scene: scene.staff),
    Variable("staff.signature", "That agent's signature.", lambda scene: paragraphs(scene.staff.signature), block=True),
    *_person("assignee", "the agent or team it is assigned to", lambda scene: scene.assignee),
    *_person("assigner", "the agent who assigned it", lambda scene: scene.assigner),
    Variable(
        "signature",
        "The signature chosen: the agent's, or the department's if that is public.",
        lambda scene: scene.signature,
        block=True,
    ),
    Variable("limit", "How many open tickets a user may have.", lambda scene: str(scene.limit)),
    Variable("company", "The name mail leaves under.", lambda scene: scene.company),
    Variable("company.name", "The same.", lambda scene: scene.company),
    Variable("url", "The address of this desk.", lambda scene: scene.url),
    Variable("mailbox.address", "The mailbox that fails, or works again.", lambda scene: scene.mailbox.address),
    Variable("mailbox.failures", "Failures in a row.", lambda scene: str(scene.mailbox.failures)),
    Variable("mailbox.error", "The last error, in the server's words.", lambda scene: scene.mailbox.error),
)
VARIABLES: Final = {variable.name: variable for variable in TABLE}
