"""What reacting to a chunk has in hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from postdesk.flow.batch import Batch
from postdesk.flow.facts import Gathered
from postdesk.judge.facts import Facts
from postdesk.judge.trust import NOTHING, Weighed
from postdesk.tickets.alerts import Occasion
from postdesk.tickets.senders import Senders
from postdesk.tickets.voice import Voice, voice


@dataclass(slots=True)
class Reaction:
    """The facts (growing), the batch (growing), senders and the signing key, and how the desk speaks."""

    gathered: Gathered
    batch: Batch
    senders: Senders
    key: bytes
    voice: Voice = field(default_factory=voice)
    #: What agents may be told (flow.tell).
    occasions: list[Occasion] = field(default_factory=list)

    #: How far the message at hand is believed.
    trust: Weighed = NOTHING
    #: Canned responses that filters asked for, None for one that is gone (flow.canned).
    canned: dict[int, Any] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        return self.gathered.facts
