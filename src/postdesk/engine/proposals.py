"""Find out where mail of an address is fetched and sent, as `mailroom.proposals` asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from postdesk.basics.proposals import Proposal
from postdesk.basics.stages import Stage
from postdesk.mailroom.errands import Order
from postdesk.wire.discovery.names import SystemResolver
from postdesk.wire.discovery.ways import World, discover


def run(order: Order, tell: Callable[[Iterable[Stage]], None]) -> list[dict[str, Any]]:
    """The proposals as JSON, the best first."""
    found: list[Proposal] = []
    tell(discover(order.wanted["address"], World(SystemResolver()), found))
    return [proposal.as_json() for proposal in found]
