"""Errands: network work that a person waits for, done by a worker and never inside a web request.

    screen: ask(...) -> row and job `errand` in one transaction
    worker: begin -> tell, tell, ... -> end                        (engine.errands says what each kind does)
    screen: progress(...), again and again, until `ended`

So the connection is made from the machine that will fetch and send, and a slow server holds up no page.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from django.db import transaction

from postdesk import jobs
from postdesk.basics.stages import Stage
from postdesk.mailroom.models import Errand
from postdesk.mailroom.secrets import seal, unseal
from postdesk.people.models import Agent

#: After so long without an end the worker must have died; nothing that a person waits for takes longer.
LONGEST: Final = dt.timedelta(minutes=5)
#: After so long without a beginning there seems to be no worker.
NOBODY_CAME: Final = dt.timedelta(seconds=10)
#: How long secrets wait for a worker, and rows are kept.
SECRETS_FOR, KEPT_FOR = dt.timedelta(minutes=10), dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker got to do."""

    errand: int
    kind: str
    wanted: dict[str, Any]
    secrets: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """How an errand is getting on. `sentence` says it in words; `result` is what the kind promises, once `done`."""

    state: Literal["waiting", "running", "done", "failed"]
    sentence: str
    stages: tuple[Stage, ...]
    result: Any
    #: What was asked (without secrets).
    wanted: dict[str, Any]

    @property
    def ended(self) -> bool:
        """Whether there is no use in asking again."""
        return self.state in ("done", "failed")

    @property
    def failed(self) -> list[str]:
        """The titles of the stages that failed, in order."""
        return [stage.title for stage in self.stages if stage.state == "failed"]

    @property
    def all_well(self) -> bool:
        """Done, and no stage failed."""
        return self.state == "done" and not self.failed


@transaction.atomic
def ask(
    kind: str, wanted: Mapping[str, Any], *, secrets: Mapping[str, str] | None = None, by: Agent, at: dt.datetime
) -> Errand:
    """Send a worker off. `wanted` must be JSON and free of secrets; `secrets` are sealed and forgotten at the end."""
    sealed = seal(json.dumps(dict(secrets))) if secrets else None
    errand = Errand.objects.create(kind=kind, asked_by=by, asked_at=at, wanted=dict(wanted), secrets=sealed)
    jobs.defer("errand", errand=errand.pk)
    return errand


def progress(errand: int, *, by: Agent, at: dt.datetime) -> Progress:
    """How it is getting on. Only for the one who asked: Errand.DoesNotExist for everybody else."""
    row = Errand.objects.get(pk=errand, asked_by=by)
    stages = tuple(Stage.from_json(stage) for stage in row.stages)
    state, sentence = _state(row, at=at)
    return Progress(state, sentence, stages, row.result, row.wanted)


def begin(errand: int, *, at: dt.datetime) -> Order | None:
    """Take the errand up; None when it is gone or somebody else did. Raises BrokenSetup for secrets that do not open.

    The secrets are taken out of the database at once: a worker that dies leaves none behind.
    """
    with transaction.atomic():
        row = Errand.objects.select_for_update().filter(pk=errand, started_at__isnull=True).first()
        if row is None:
            return None
        sealed = row.secrets
        row.started_at, row.secrets = at, None
        row.save(update_fields=["started_at", "secrets"])
    secrets: dict[str, str] = json.loads(unseal(bytes(sealed))) if sealed else {}
    return Order(row.pk, row.kind, row.wanted, secrets)


def tell(errand: int, stages: Sequence[Stage]) -> None:
    """Show the stages so far."""
    Errand.objects.filter(pk=errand, ended_at__isnull=True).update(stages=[stage.as_json() for stage in stages])


def end(errand: int, *, at: dt.datetime, result: Any = None, problem: str = "") -> None:
    """It is over: with a result (JSON), or with the reason why there is none."""
    Errand.objects.filter(pk=errand, ended_at__isnull=True).update(
        ended_at=at, result=result, problem=problem[:2000], secrets=None
    )


def not_begun() -> list[int]:
    """Errands that no worker has taken up."""
    return [*Errand.objects.filter(started_at__isnull=True, ended_at__isnull=True).values_list("id", flat=True)]


def clear(*, at: dt.datetime) -> None:
    """Forget secrets that no worker came for, and errands of yesterday."""
    Errand.objects.filter(secrets__isnull=False, asked_at__lt=at - SECRETS_FOR).update(
        secrets=None, ended_at=at, problem="No worker came for it in time."
    )
    Errand.objects.filter(asked_at__lt=at - KEPT_FOR).delete()


def _state(row: Errand, *, at: dt.datetime) -> tuple[Literal["waiting", "running", "done", "failed"], str]:
    if row.problem:
        return "failed", row.problem
    if row.ended_at is not None:
        return "done", "Done."
    if row.started_at is None:
        if at - row.asked_at > SECRETS_FOR:
            return "failed", "No worker came for it. Is postdesk worker running?"
        late = at - row.asked_at > NOBODY_CAME
        return "waiting", "No worker has come for it yet. Is postdesk worker running?" if late else "One moment."
    if at - row.started_at > LONGEST:
        return "failed", "The worker that did it has gone. Ask again."
    return "running", "Under way."
