"""The decisions, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from postdesk.mail.message import Priority

Action = Literal["accept", "suppress", "hold", "duplicate", "report"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `action` None: only noted; `silent`: no automatic answer may go out."""

    check: str
    sentence: str
    action: Action | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message: the first finding with an action decides; all findings are kept."""

    action: Action
    findings: tuple[Finding, ...] = ()

    @property
    def reason(self) -> str:
        """The sentence of the check that decided, "" when everything was in order."""
        return next((finding.sentence for finding in self.findings if finding.action), "")

    @property
    def silence(self) -> str:
        """Why no automatic answer may go out; "" when one may."""
        return next((finding.sentence for finding in self.findings if finding.silent), "")


@dataclass(frozen=True, slots=True)
class Threading:
    """Where a message belongs: a ticket by evidence, or a new one (`ticket` None)."""

    ticket: int | None
    rule: str
    sentence: str
    #: The sender takes no part in the ticket: shown on the entry, and no collaborator is made of them.
    stranger: bool = False
    #: The ticket it would belong to if that could still be opened again: the new one is linked to it.
    follows: int | None = None
    #: Why it seems to be about something else than the ticket; "" when it does not.
    new_matter: str = ""
    #: Joining would be on a stranger's word alone: a person decides.
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Routing:
    """What a new ticket starts as, and what decided it."""

    email: int | None
    department: int
    help_topic: int | None
    priority: Priority
    #: Every address of ours the message was sent to, the deciding one first.
    all_emails: tuple[int, ...]
    sentence: str
    #: Who it is assigned to from the start, and whether it is closed at once ("closed"); "" is open.
    agent: int | None = None
    status: str = ""
    team: int | None = None
    sla: int | None = None


@dataclass(frozen=True, slots=True)
class AutoResponse:
    """Whether a new ticket is answered automatically: from which address, or why not."""

    email: int | None
    why_not: str = ""
