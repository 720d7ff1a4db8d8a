"""What the desk asks of a sender before a message may do something: Emails > Settings, Trust."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Action = Literal["new_ticket", "reply", "agent", "reopen"]

#: What may be asked for each action: a new ticket has no participants and no mail of ours before it, and users have
#: our signature as well as agents do.
NEW_TICKET_BARS: Final = ("anyone", "not_failed", "authenticated")
REPLY_BARS: Final = ("anyone", "not_failed", "participant", "token", "authenticated")
AGENT_BARS: Final = ("anyone", "not_failed", "authenticated")
_SERVER: Final = re.compile(r"\.?[a-z0-9_](?:[a-z0-9_.-]{0,250}[a-z0-9])?", re.IGNORECASE)
_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """`servers`: names that trusted servers write into Authentication-Results (RFC 8601 section 2.5), lower case."""

    servers: frozenset[str] = frozenset()
    new_ticket: str = "anyone"
    reply: str = "not_failed"
    agent: str = "not_failed"
    reopen: str = "not_failed"

    def bar(self, action: Action) -> str:
        return str(getattr(self, action))

    @property
    def asks_nothing(self) -> bool:
        """Nobody is there who could vouch or refuse, and nothing else is asked for: no message needs to be weighed."""
        if self.servers:
            return False
        return {self.new_ticket, self.reply, self.agent, self.reopen} <= {"anyone", "not_failed"}


def servers(text: str) -> frozenset[str]:
    """The names in a setting, apart by blanks or commas, in lower case."""
    return frozenset(name.lower() for name in re.split(r"[\s,]+", text) if name)


def server_problems(text: str) -> Iterator[str]:
    """Sentences about names that no server can have."""
    names = sorted(servers(text))
    wrong = [name for name in names if not _SERVER.fullmatch(name)]
    if wrong:
        yield f"{wrong[0]} is not the name of a server."
    if len(names) > _MOST:
        yield f"At most {_MOST} servers can be trusted."
