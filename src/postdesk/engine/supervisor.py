"""One worker process: job workers, the clock that polls, the watcher. Several side by side: engine.processes."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Callable
from typing import Final

import structlog
from django.db import InterfaceError, OperationalError, connection

from postdesk import jobs
from postdesk.basics.clock import monotonic, now
from postdesk.engine import tasks
from postdesk.engine.watch import Watcher
from postdesk.flow import upkeep
from postdesk.mailroom.models import MailSettings, RemoteMailbox

log = structlog.get_logger(__name__)

#: Seconds between two looks at what is due, and between two rounds of upkeep.
TICK, UPKEEP = 1.0, 30.0


class Ticker:
    """The clock's thread: wakes the lanes of mailboxes and letters that are due, and upkeep."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join(timeout=5)

    def _run(self) -> None:
        upkeep_at = 0.0
        while not self.stopping.is_set():
            try:
                if monotonic() >= upkeep_at:
                    upkeep_at = monotonic() + UPKEEP
                    jobs.defer("upkeep")
                tick()
            except (OperationalError, InterfaceError):
                connection.close_if_unusable_or_obsolete()
            except Exception as error:  # noqa: BLE001 - a clock that ends by surprise would end all polling
                log.error("ticker.broke", error=repr(error)[:300])
            self.stopping.wait(TICK)
        connection.close()


def _anything_due() -> bool:
    """One cheap question a second instead of four: the finer ones are asked when there is something."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT FROM mailroom_remotemailbox WHERE status AND paused_at IS NULL
                           AND (next_fetch_at IS NULL OR next_fetch_at <= now()))
                OR EXISTS (SELECT FROM mailroom_letterclaim)
                OR EXISTS (SELECT FROM mailroom_letter WHERE state IN ('queued', 'deferred') AND next_try_at <= now())
            """
        )
        return bool(cursor.fetchone()[0])


def tick() -> None:
    """Wake what is due now."""
    if not _anything_due():
        return
    at = now()
    for mailbox in upkeep.due_mailboxes(at=at):
        jobs.defer("fetch", mailbox=mailbox)
    for account in upkeep.accounts_with_work(at=at):
        jobs.defer("deliver", account=account)


CREWS: Final = {
    "everything": jobs.EVERYTHING,
    "carriers": jobs.CARRIERS,
    "clerks": jobs.CLERKS,
    "post": jobs.POST,
}
#: The post gives way when the cores are busy: taking mail in comes before answering it.
POST_NICENESS: Final = 10
#: gc.set_threshold: a chunk of mail makes tens of thousands of objects, hardly any of them in circles.
GARBAGE: Final = (20_000, 20, 20)


def work(crew: str = "everything") -> None:
    """Be a worker until SIGTERM or SIGINT. Carriers also keep the clock and watch mailboxes."""
    tasks.bind()
    staffing = CREWS[crew]
    if crew == "post":
        os.nice(POST_NICENESS)
    threads: list[Ticker | Watcher] = [Ticker(), Watcher()] if staffing.fetch else []
    for thread in threads:
        thread.start()
    try:
        asyncio.run(_work_until_told(staffing))
    finally:
        for thread in reversed(threads):
            thread.stop()


def work_until_idle(crew: str = "everything") -> None:
    """Fetch every enabled mailbox now, whatever its frequency, take all in, deliver what is due, and return."""
    tasks.bind()
    if crew == "post":
        os.nice(POST_NICENESS)
    upkeep.upkeep()
    if MailSettings.objects.filter(pk=1, fetching=True).exists():
        for mailbox in RemoteMailbox.objects.filter(status=True, paused_at__isnull=True).values_list("id", flat=True):
            jobs.defer("fetch", mailbox=mailbox)
    asyncio.run(_work_until_told(CREWS[crew], _is_idle))


def _is_idle() -> bool:
    """No job is left to be had, and no lane has rows."""
    return not jobs.pending() and upkeep.wake_lanes() == 0 and not jobs.pending()


async def _work_until_told(staffing: jobs.Staffing, is_done: Callable[[], bool] | None = None) -> None:
    """Until a signal comes; with `is_done`, until that holds, asked ten times a second."""
    # What is loaded now stays; looking through it for garbage over and over costs a clerk a twentieth of its time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running = asyncio.create_task(jobs.work(staffing, stop=stop))
    while is_done is not None and not stop.is_set() and not running.done():
        await asyncio.wait([running], timeout=0.1)
        if not running.done() and await asyncio.to_thread(is_done):
            stop.set()
    await running
