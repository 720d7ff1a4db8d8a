"""Which function does which hop (jobs.HOPS), for the use-cases; engine.tasks adds those that need the wire's engine."""

from __future__ import annotations

from typing import Final

from postdesk import jobs
from postdesk.flow import dispatch, filter_trial, index, intake, upkeep
from postdesk.flow.tokens import consenting

TASKS: Final = (
    ("take_in", intake.take_in),
    ("deliver", dispatch.deliver),
    ("index", index.index),
    ("try_filter", filter_trial.try_filter),
    ("refresh", consenting.rehearse),
    ("authorise", consenting.authorise),
    ("upkeep", upkeep.upkeep),
)


def bind() -> None:
    for name, function in TASKS:
        jobs.bind(name, function)
