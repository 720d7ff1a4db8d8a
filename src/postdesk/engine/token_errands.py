"""Errands about tokens: try a refresh now, give a token back (flow.consents asks for them)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from postdesk.basics.clock import monotonic
from postdesk.basics.errors import BrokenSetup, Refused, WireError
from postdesk.basics.stages import Stage
from postdesk.flow.tokens import access, consenting
from postdesk.mailroom.authorisations import registration_of
from postdesk.mailroom.errands import Order
from postdesk.mailroom.models import Authorisation

Tell = Callable[[Iterable[Stage]], None]


def run_refresh(order: Order, tell: Tell) -> None:
    """Discovery where it is needed, then a refresh."""
    row = _row(order)
    if row.discovery_url:
        tell((_stage("discovery", "Find the provider's addresses", lambda: consenting.discover(row)),))
    tell((_stage("refresh", "Ask the provider for a fresh token", lambda: access.refresh(row.pk)),))


def run_revoke(order: Order, tell: Tell) -> None:
    """The desk has let go of the token already; this is for the provider."""
    registration = registration_of(_row(order))
    token = order.secrets["token"]
    tell((_stage("revoke", "Give the token back", lambda: consenting.revoke(registration, token)),))


def _row(order: Order) -> Authorisation:
    rows = Authorisation.objects.select_related("mailbox__email", "smtp__email")
    row = rows.filter(pk=order.wanted["authorisation"]).first()
    if row is None:
        raise Refused("This authorization is gone.")
    return row


def _stage(key: str, title: str, act: Callable[[], None]) -> Stage:
    began = monotonic()
    try:
        act()
    except (WireError, BrokenSetup) as error:
        said, todo = str(error.fields.get("said") or error.message), str(error.fields.get("todo") or "")
        return Stage(key, title, "failed", said=said, remedy=todo, seconds=monotonic() - began)
    return Stage(key, title, "ok", seconds=monotonic() - began)
