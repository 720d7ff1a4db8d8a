"""Which functions talk to mailboxes (jobs.HOPS); the other hops are bound by flow.tasks."""

from __future__ import annotations

from typing import Final

from postdesk import jobs
from postdesk.engine import errands, fetch
from postdesk.flow import tasks as flow_tasks

TASKS: Final = (("fetch", fetch.fetch), ("errand", errands.carry_out))


def bind() -> None:
    """Bind every hop of the program."""
    flow_tasks.bind()
    for name, function in TASKS:
        jobs.bind(name, function)
