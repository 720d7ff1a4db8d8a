"""Examine a server in steps: each is timed, none waits for ever, and a failure says what to do about it.

A visit is one connection being examined. Its steps are functions on it and stand in a table per protocol; what
the first of them that matters finds wrong ends the visit, and the rest is reported as skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Generic, Literal, Self, TypeVar

from postdesk.basics.clock import monotonic
from postdesk.basics.errors import Busy, LoginRefused, PostdeskError, Rejected, Unreachable
from postdesk.basics.stages import Certificate, Stage
from postdesk.wire.endpoint import Endpoint, WireProtocol
from postdesk.wire.examine.remedies import remedy_for

#: Seconds one step may take, and the whole visit.
STEP, WHOLE = 15.0, 60.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a step found: our words, the server's, and the certificate if there was one."""

    note: str = ""
    said: str = ""
    state: Literal["ok", "skipped"] = "ok"
    remedy: str = ""
    certificate: Certificate | None = None
    count: int | None = None


class Visit:
    """One connection under examination; protocols add what their steps pass on to each other."""

    protocol: WireProtocol

    def __init__(self, endpoint: Endpoint, *, step: float = STEP, whole: float = WHOLE) -> None:
        self.endpoint = endpoint
        self._step, self._end = step, monotonic() + whole

    def patience(self) -> float:
        """Seconds the next operation may take. Raises Unreachable when the whole time is over."""
        left = self._end - monotonic()
        if left <= 0:
            raise Unreachable("the server took too long as a whole; the check was given up")
        return min(self._step, left)

    def unverified(self) -> Self:
        """Another visit to the same server, in what is left of the time, that believes any certificate."""
        second = copy(self)
        second.endpoint = replace(self.endpoint, verify_tls=False, ca_pem=None)
        second.forget()
        return second

    def leave(self) -> None:
        """Hang up. Never raises."""
        raise NotImplementedError

    def forget(self) -> None:
        """As before the first step, without hanging up."""
        raise NotImplementedError


V = TypeVar("V", bound=Visit)


@dataclass(frozen=True, slots=True)
class Step(Generic[V]):
    """One row of a protocol's table. `bars`: without it the rest makes no sense."""

    key: str
    title: str
    look: Callable[[V], Found]
    bars: bool = True


def walk(visit: V, steps: Sequence[Step[V]]) -> Generator[Stage, None, None]:
    """Do the steps in order and yield each stage as it ends. Hangs up at the end, whatever happens."""
    barred = False
    try:
        for number, step in enumerate(steps):
            if barred:
                yield Stage(step.key, step.title, "skipped", note="Not tried.")
                continue
            stage = _look(visit, steps, number)
            barred = stage.state == "failed" and step.bars
            yield stage
    finally:
        visit.leave()


def _look(visit: V, steps: Sequence[Step[V]], number: int) -> Stage:
    step, began = steps[number], monotonic()
    try:
        found = step.look(visit)
    except (PostdeskError, OSError) as error:
        seconds = monotonic() - began
        certificate = _certificate_anyway(visit, steps[: number + 1], error)
        return _failure(step, error, visit, seconds, certificate)
    took = round(monotonic() - began, 3)
    return Stage(
        step.key, step.title, found.state, found.note, found.said, found.remedy, took, found.certificate, found.count
    )


def _failure(step: Step[V], error: Exception, visit: V, seconds: float, certificate: Certificate | None) -> Stage:
    said = note = ""
    if isinstance(error, LoginRefused | Rejected | Busy):
        said = error.message
    else:
        note = error.message if isinstance(error, PostdeskError) else str(error)
    remedy = remedy_for(step.key, error, visit.endpoint, visit.protocol)
    return Stage(step.key, step.title, "failed", note, said, remedy, round(seconds, 3), certificate)


def _certificate_anyway(visit: V, steps: Sequence[Step[V]], error: Exception) -> Certificate | None:
    """The facts of a certificate that was not believed: seen on a second connection, which carries no login."""
    if not isinstance(error, PostdeskError) or not error.fields.get("unverified"):
        return None
    second = visit.unverified()
    certificate = None
    try:
        for step in steps:
            certificate = step.look(second).certificate
    except (PostdeskError, OSError):
        return None
    finally:
        second.leave()
    return replace(certificate, verified=False, why_not=error.message) if certificate else None
