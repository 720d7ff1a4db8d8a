"""Who of the agents hears of something: from whom there is around a ticket, and what the settings choose. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

#: Recipients who hear of what is given to them, whatever the department says about its alerts.
_DIRECT: Final = frozenset({"agent", "team_lead", "team_members"})


@dataclass(frozen=True, slots=True)
class Colleague:
    """An agent. `is_there`: active and not on vacation."""

    id: int
    name: str
    address: str
    is_there: bool = True


@dataclass(frozen=True, slots=True)
class Circle:
    """Everybody an event at a ticket could concern. `rule`: the department's Alerts & Notices Recipients."""

    admin: str = ""
    manager: Colleague | None = None
    account_manager: Colleague | None = None
    members: tuple[Colleague, ...] = ()
    last_respondent: Colleague | None = None
    agent: Colleague | None = None
    team_lead: Colleague | None = None
    team: tuple[Colleague, ...] = ()
    rule: str = "members"

    @property
    def is_assigned(self) -> bool:
        return self.agent is not None or bool(self.team)


def _one(colleague: Colleague | None) -> tuple[Colleague, ...]:
    return (colleague,) if colleague is not None else ()


#: Recipient -> who that is, in the order in which they are asked.
WHO: Final[tuple[tuple[str, Callable[[Circle], tuple[Colleague, ...]]], ...]] = (
    ("agent", lambda circle: _one(circle.agent)),
    ("team_lead", lambda circle: _one(circle.team_lead)),
    ("team_members", lambda circle: circle.team),
    ("assigned", lambda circle: _one(circle.agent) or circle.team),
    ("last_respondent", lambda circle: _one(circle.last_respondent)),
    ("manager", lambda circle: _one(circle.manager)),
    ("account_manager", lambda circle: _one(circle.account_manager)),
    ("members", lambda circle: () if circle.is_assigned else circle.members),
    ("admin", lambda circle: (Colleague(0, "", circle.admin),) if circle.admin else ()),
)


def recipients(
    chosen: Collection[str], circle: Circle, *, actor: int | None, ours: Callable[[str], bool]
) -> tuple[Colleague, ...]:
    """Each once, by address: without whoever did it, whoever is away, and the desk's own addresses (`ours`)."""
    found: dict[str, Colleague] = {}
    for name, who in WHO:
        if name not in chosen or not _allowed(name, circle.rule):
            continue
        for colleague in who(circle):
            key = colleague.address.lower()
            is_actor = actor is not None and colleague.id == actor
            if colleague.is_there and not is_actor and "@" in key and not ours(key):
                found.setdefault(key, colleague)
    return tuple(found.values())


def _allowed(name: str, rule: str) -> bool:
    if name in _DIRECT or rule in {"members", "extended"}:
        return True
    return rule == "admin" and name == "admin"
