"""Every asynchronous hop of the program, in one table.

Rows are the work; a job only wakes the lane that works on them. A lane is one mailbox (fetch,
take_in) or one SMTP account (deliver). At most one job of a lane waits in the queue (`queueing_lock`);
whichever worker runs it takes the lane's advisory lock (mailroom.lanes), drains the rows in
batches, and looks once more after letting go. A job that finds the lane taken has nothing to do. So no
wake-up is lost, and a worker that dies takes nothing with it but its own connection's locks.

    web, cli --------> fetch            "fetch now"
    engine (due) ----> fetch -----accept-----> take_in -----letters-----> deliver
    engine (idle) ---> fetch                      '-----entries---> index
    web -------------> try_filter       a filter's dry run
    engine (clock) --> upkeep ---> wakes every lane that still has rows
    web -------------> errand           "check this connection now"
    web -------------> authorise        a person consents to OAuth2
    web, engine (clock) -> refresh      an access token, ahead of time

Functions are bound to names by flow.tasks and engine.tasks; a test checks that all of them are.
Jobs take ids only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import procrastinate
from django.db import OperationalError, close_old_connections, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException


@dataclass(frozen=True, slots=True)
class Hop:
    """One arrow: what it does, the queue its workers listen to, and how urgent it is (higher first)."""

    name: str
    queue: str
    priority: int
    sentence: str


HOPS: Final[tuple[Hop, ...]] = (
    Hop("fetch", "fetch", 0, "Take new messages of one mailbox from its server into the spool, in fair turns."),
    Hop("take_in", "intake", 10, "Turn the spooled messages of one mailbox into tickets, replies and letters."),
    Hop("deliver", "deliver", 5, "Send the letters that are due on one SMTP account."),
    Hop("index", "quiet", 0, "Put the words of new entries into the search index."),
    Hop("try_filter", "quiet", 10, "Judge stored messages anew with a filter that is not saved yet."),
    Hop("errand", "errand", 10, "Do what an administrator waits for: check a connection, send a test mail."),
    Hop("refresh", "errand", 5, "Ask a provider for a fresh token (OAuth2): the daily rehearsal, and after a change."),
    Hop("authorise", "errand", 10, "Go on with a consent: find addresses, fetch tokens, ask about a device's code."),
    Hop("upkeep", "quiet", 5, "Heal: release dead claims, wake lanes that have rows, clear finished jobs."),
)
#: Seconds between a worker's signs of life; after three without one it is taken to be dead.
HEARTBEAT: Final = 3.0
BY_NAME: Final = {hop.name: hop for hop in HOPS}

_bound: dict[str, Callable[..., None]] = {}
_tasks: dict[str, procrastinate.tasks.Task[Any, Any, Any]] = {}


def bind(name: str, function: Callable[..., None]) -> None:
    """Say which function does the hop `name`. Raises KeyError for a name that is not in the table."""
    hop = BY_NAME[name]

    def run(**arguments: Any) -> None:
        close_old_connections()
        function(**arguments)

    _bound[name] = function
    _tasks[name] = app.task(name=f"postdesk.{name}", queue=hop.queue, pass_context=False)(run)


def bound() -> frozenset[str]:
    """The names that have a function in this process."""
    return frozenset(_bound)


def defer(name: str, **arguments: int) -> bool:
    """Wake a lane, in the caller's transaction: the job exists if and only if that commits.

    Returns False when a job for the same lane is waiting already.
    """
    hop = BY_NAME[name]
    lane = ":".join([name, *(str(value) for value in arguments.values())])
    deferrer = app.configure_task(
        f"postdesk.{name}", allow_unknown=True, queue=hop.queue, queueing_lock=lane, priority=hop.priority
    )
    try:
        # A savepoint, so that "already waiting" does not spoil the caller's transaction.
        with transaction.atomic():
            deferrer.defer(**arguments)
    except AlreadyEnqueued:
        return False
    except ConnectorException as error:
        raise OperationalError("the job could not be written") from error
    return True


@dataclass(frozen=True, slots=True)
class Staffing:
    """How many jobs of each queue one process runs at once; 0: none. Fetch threads mostly wait for servers."""

    fetch: int = 16
    intake: int = 2
    deliver: int = 4
    quiet: int = 1
    errand: int = 8

    @property
    def threads(self) -> int:
        return self.fetch + self.intake + self.deliver + self.quiet + self.errand


#: One process does everything.
EVERYTHING: Final = Staffing()
#: Kinds of processes side by side: carriers talk to mailboxes, clerks read mail, the post sends letters. Python
#: runs one thread of a process at a time, so work that waits and work that computes hinder each other less apart.
CARRIERS: Final = Staffing(intake=0, deliver=0, quiet=0)
CLERKS: Final = Staffing(fetch=0, deliver=0, intake=4, errand=0)
POST: Final = Staffing(fetch=0, intake=0, quiet=0, errand=0)


async def work(staffing: Staffing, *, stop: asyncio.Event) -> None:
    """Run this process's workers until `stop` is set; running jobs are given some seconds to end.

    Each queue has workers of its own, so that fetches that hang never keep mail from being taken in.
    """
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(staffing.threads + 4, thread_name_prefix="job"))
    # A second face of the same app: the workers speak through their own connection, while `defer`
    # in a job goes on using Django's, and so belongs to the job's transaction.
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        crew = {hop.queue: int(getattr(staffing, hop.queue)) for hop in HOPS}
        workers = [asyncio.create_task(_run(worker_app, queue, size)) for queue, size in crew.items() if size]
        stopped = asyncio.create_task(stop.wait())
        # A worker that ends by itself has failed: everything stops, and its error is raised below.
        await asyncio.wait([*workers, stopped], return_when=asyncio.FIRST_COMPLETED)
        for task in (*workers, stopped):
            task.cancel()
        ended = await asyncio.gather(*workers, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome


async def _run(worker_app: procrastinate.App, queue: str, concurrency: int) -> None:
    await worker_app.run_worker_async(
        queues=[queue],
        name=queue,
        concurrency=concurrency,
        delete_jobs="successful",
        install_signal_handlers=False,
        shutdown_graceful_timeout=15,
        fetch_job_polling_interval=5.0,
        update_heartbeat_interval=HEARTBEAT,
    )


def pending() -> bool:
    """Whether a job is running or could be run now, on any machine."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo'
                           AND (scheduled_at IS NULL OR scheduled_at <= now()))
                OR EXISTS (SELECT FROM procrastinate_jobs AS job JOIN procrastinate_workers AS worker
                           ON worker.id = job.worker_id WHERE job.status = 'doing'
                           AND worker.last_heartbeat > now() - %s * interval '1 second')
            """,
            [3 * HEARTBEAT],
        )
        return bool(cursor.fetchone()[0])
