"""The job `errand`: do what an administrator waits for, telling every stage as it ends (mailroom.errands)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError

from postdesk.basics.clock import now
from postdesk.basics.errors import PostdeskError
from postdesk.basics.stages import Stage
from postdesk.engine import connection_check, diagnostics, proposals, token_errands
from postdesk.flow import consents
from postdesk.mailroom import connection_checks, errands
from postdesk.mailroom import diagnostics as asked_diagnostics
from postdesk.mailroom import proposals as asked_proposals
from postdesk.mailroom.errands import Order

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Teller:
    """Passes stages on to whoever waits."""

    errand: int
    stages: list[Stage] = field(default_factory=list)

    def tell(self, stages: Iterable[Stage]) -> None:
        """Show each as it comes."""
        for stage in stages:
            self.stages.append(stage)
            errands.tell(self.errand, self.stages)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of errand: its stages, and afterwards the result (JSON) made of them."""

    name: str
    sentence: str
    run: Callable[[Order, Callable[[Iterable[Stage]], None]], Any]


KINDS: Final = (
    Kind(connection_checks.KIND, "Check connections, stage by stage.", connection_check.run),
    Kind(asked_proposals.KIND, "Find the servers of an address.", proposals.run),
    Kind(asked_diagnostics.TEST, "Send a test mail.", diagnostics.run_test),
    Kind(consents.TEST_REFRESH, "Ask a provider for a fresh token.", token_errands.run_refresh),
    Kind(consents.GIVE_BACK, "Give a token back to its provider.", token_errands.run_revoke),
    Kind(asked_diagnostics.ROUND_TRIP, "Send a mail and see it come back.", diagnostics.run_round_trip),
)


def carry_out(errand: int) -> None:
    """Do one errand, once. Whatever goes wrong is its end, told to the one who waits."""
    try:
        order = errands.begin(errand, at=now())
        if order is None:
            return
        kind = next(kind for kind in KINDS if kind.name == order.kind)
        result = kind.run(order, Teller(errand).tell)
    except (OperationalError, InterfaceError):
        raise
    except PostdeskError as error:
        errands.end(errand, at=now(), problem=error.message)
    except Exception as error:  # noqa: BLE001 - somebody waits for an answer, whatever it is
        log.error("errand.broke", errand=errand, error=type(error).__name__)
        errands.end(errand, at=now(), problem=f"It failed inside postdesk: {type(error).__name__}.")
    else:
        errands.end(errand, at=now(), result=result)
