"""The sources that are asked, in order, until a mailbox and a server to send by are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from postdesk.basics.clock import monotonic
from postdesk.basics.errors import PostdeskError
from postdesk.basics.proposals import Proposal
from postdesk.basics.stages import Stage
from postdesk.wire.discovery import autoconfig, fetching, guesses, providers, srv
from postdesk.wire.discovery.names import Resolver
from postdesk.wire.examine import greets


@dataclass(frozen=True, slots=True)
class World:
    """What is asked: DNS, web, and the servers guessed; arguments, so that tests have a world of their own."""

    resolver: Resolver
    opener: autoconfig.Opener = fetching.fetch
    greets: guesses.Greets = greets


@dataclass(frozen=True, slots=True)
class Way:
    """One source: what it is called in words, and how it is asked."""

    key: str
    title: str
    ask: Callable[[str, World], list[Proposal]]


def _table(address: str, world: World) -> list[Proposal]:
    provider = providers.of_domain(_domain(address))
    return providers.proposals(provider, address, "table") if provider else []


def _exchangers(address: str, world: World) -> list[Proposal]:
    provider = providers.of_exchangers(world.resolver.exchangers(_domain(address)))
    return providers.proposals(provider, address, "mx") if provider else []


WAYS: Final = (
    Way("table", "Look among the well-known providers", _table),
    Way("mx", "Ask the DNS who takes mail for the domain", _exchangers),
    Way(
        "srv", "Ask the DNS for the domain's own answer", lambda address, world: srv.proposals(address, world.resolver)
    ),
    Way("autoconfig", "Ask the domain's website", lambda address, world: autoconfig.proposals(address, world.opener)),
    Way("guess", "Try the usual names", lambda address, world: guesses.proposals(address, world.greets)),
)


def discover(address: str, world: World, found: list[Proposal]) -> Iterator[Stage]:
    """Ask the ways in order and yield a stage for each; what they propose is put into `found`, the best first."""
    for way in WAYS:
        if _is_enough(found):
            yield Stage(way.key, way.title, "skipped", note="Not needed.")
            continue
        began = monotonic()
        try:
            new = way.ask(address, world)
        except PostdeskError as error:
            yield Stage(way.key, way.title, "skipped", note=error.message, seconds=round(monotonic() - began, 3))
            continue
        found += [proposal for proposal in new if proposal not in found]
        note = ", ".join(f"{one.protocol.upper()} {one.host} port {one.port}" for one in new) or "It says nothing."
        yield Stage(way.key, way.title, "ok" if new else "skipped", note=note, seconds=round(monotonic() - began, 3))


def _is_enough(found: list[Proposal]) -> bool:
    protocols = {proposal.protocol for proposal in found}
    return "smtp" in protocols and bool(protocols & {"imap", "pop3"})


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
