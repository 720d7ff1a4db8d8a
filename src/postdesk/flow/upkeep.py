"""Heal: whatever was left behind by a death or a lost wake-up is set going again. Safe to run at any time."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.db.models import F, Q

from postdesk import jobs
from postdesk.basics.clock import now
from postdesk.flow import dispatch, filter_trial
from postdesk.flow.tokens.care import care
from postdesk.mailroom import claims, errands, lanes, outbox, retention
from postdesk.mailroom.models import Letter, LetterClaim, MailSettings, RemoteMailbox, SmtpAccount, SpooledMail
from postdesk.mailroom.models.outbox import State
from postdesk.mailroom.models.spool import Outcome
from postdesk.tickets.models import Entry
from postdesk.tickets.operations.overdue import mark_overdue

#: A turn that began longer ago without an end is looked after.
LONG_TURN = dt.timedelta(seconds=25)


def upkeep() -> None:
    """The job, every half minute: each line is one thing that may have been left behind."""
    free_claims()
    outbox.route_again()
    mark_overdue(at=now())
    wake_lanes()
    resume_turns(at=now())
    errands.clear(at=now())
    care(at=now())
    retention.expire(at=now())
    _clear_jobs()


def free_claims() -> int:
    """Free what a dead worker had claimed on accounts that nothing leaves by now: deleted, switched off or paused.

    No job comes to their lanes any more, and letters in hand are neither routed anew nor steered by a person.
    Returns how many letters that were.
    """
    used = SmtpAccount.objects.filter(status=True, paused_at__isnull=True)
    stranded = LetterClaim.objects.exclude(account__in=used.values("id")).order_by()
    freed = 0
    for account in [*stranded.values_list("account", flat=True).distinct()]:
        with lanes.lane(dispatch.lane_of(account)) as free:
            freed += claims.recover(account) if free else 0
    return freed


def wake_lanes() -> int:
    """Wake every lane that has rows to work on. Returns how many jobs that took."""
    at = now()
    woken = 0
    # Without an order: each message's own place in it would make every row a distinct one.
    waiting = SpooledMail.objects.filter(outcome=Outcome.WAITING).order_by()
    for mailbox in waiting.values_list("mailbox", flat=True).distinct():
        woken += jobs.defer("take_in", mailbox=mailbox or 0)
    for account in accounts_with_work(at=at):
        woken += jobs.defer("deliver", account=account)
    for trial in filter_trial.unfinished():
        woken += jobs.defer("try_filter", trial=trial)
    for errand in errands.not_begun():
        woken += jobs.defer("errand", errand=errand)
    if Entry.objects.filter(is_indexed=False).exists():
        woken += jobs.defer("index")
    return woken


def accounts_with_work(*, at: dt.datetime) -> list[int]:
    """SMTP accounts with a letter to send now, or with one that a dead worker had in hand."""
    ready = SmtpAccount.objects.filter(status=True, paused_at__isnull=True).exclude(retry_at__gt=at)
    states = (State.QUEUED, State.DEFERRED)
    waiting = Letter.objects.filter(account__in=ready, state__in=states, next_try_at__lte=at)
    orphaned = LetterClaim.objects.filter(account__in=ready)
    return [*waiting.values_list("account", flat=True).union(orphaned.values_list("account", flat=True))]


def due_mailboxes(*, at: dt.datetime) -> list[int]:
    """Mailboxes whose next poll is due, the longest-waiting first; none while fetching is switched off."""
    if not MailSettings.objects.filter(pk=1, fetching=True).exists():
        return []
    enabled = RemoteMailbox.objects.filter(status=True, paused_at__isnull=True)
    never = enabled.filter(next_fetch_at__isnull=True).values_list("id", flat=True)
    late = enabled.filter(next_fetch_at__lte=at).order_by("next_fetch_at").values_list("id", flat=True)
    return [*never, *late]


def resume_turns(*, at: dt.datetime) -> int:
    """Fetch again where a turn began and neither ended well nor failed: its worker died, or lost the database.

    A turn that merely lasts has its lane, and the job finds it taken. Returns how many jobs that took.
    """
    enabled = RemoteMailbox.objects.filter(status=True, paused_at__isnull=True, last_attempt_at__lt=at - LONG_TURN)
    began = F("last_attempt_at")
    broken = enabled.filter(Q(last_success_at__isnull=True) | Q(last_success_at__lt=began)).filter(
        Q(last_error_at__isnull=True) | Q(last_error_at__lt=began)
    )
    return sum(jobs.defer("fetch", mailbox=mailbox) for mailbox in broken.values_list("id", flat=True))


def _clear_jobs() -> None:
    """Jobs whose worker died are only wake-ups, and all lanes have just been woken; failed ones go after a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM procrastinate_jobs AS job
            WHERE (job.status = 'doing' AND (job.worker_id IS NULL OR NOT EXISTS (
                      SELECT FROM procrastinate_workers AS worker
                      WHERE worker.id = job.worker_id AND worker.last_heartbeat > now() - interval '2 minutes')))
               OR (job.status IN ('failed', 'cancelled', 'aborted', 'succeeded')
                   AND NOT EXISTS (SELECT FROM procrastinate_events AS event
                                   WHERE event.job_id = job.id AND event.at > now() - interval '1 day'))
            """
        )
