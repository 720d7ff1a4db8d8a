"""Upkeep of authorisations: the daily rehearsal, warnings before something expires, consents left behind."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from postdesk import jobs
from postdesk.flow.tokens import alerts
from postdesk.mailroom.models import Authorisation, Consent
from postdesk.mailroom.models.authorisations import GrantKind, Stage, Standing

REHEARSAL: Final = dt.timedelta(days=1)
#: Days before something expires at which the administrator is told.
WARNINGS: Final = (1, 7, 14, 30)
#: How long a consent's row stays after its end, for whoever asks what became of it.
KEPT_FOR: Final = dt.timedelta(days=30)


def care(*, at: dt.datetime) -> int:
    """Wake what is to be done. Returns how many jobs that took."""
    woken = rehearse_due(at=at) + go_on(at=at)
    warn(at=at)
    return woken


def rehearse_due(*, at: dt.datetime) -> int:
    """Once a day each token is refreshed though nobody needs it: what has broken is known before it matters."""
    stale = Q(standing=Standing.OK) & (Q(proven_at__isnull=True) | Q(proven_at__lt=at - REHEARSAL))
    first = Q(standing=Standing.NEW, grant__in=(GrantKind.CLIENT, GrantKind.SERVICE))
    rows = _used().filter(stale | first).exclude(retry_at__gt=at)
    return sum(jobs.defer("refresh", authorisation=pk) for pk in rows.values_list("pk", flat=True))


def go_on(*, at: dt.datetime) -> int:
    """Consents whose worker died go on; those that nobody finished are over."""
    open_ = Consent.objects.exclude(stage=Stage.ENDED)
    open_.filter(expires_at__lt=at).update(
        stage=Stage.ENDED,
        ended_at=at,
        sentence="It took too long. Begin again.",
        verifier=None,
        code=None,
        device_code=None,
    )
    Consent.objects.filter(stage=Stage.ENDED, ended_at__lt=at - KEPT_FOR).delete()
    waiting = open_.filter(stage__in=(Stage.PREPARING, Stage.ANSWERED)).values_list("pk", flat=True)
    return sum(jobs.defer("authorise", consent=pk) for pk in waiting)


def warn(*, at: dt.datetime) -> None:
    """Tell of client secrets and consents that expire soon."""
    soon = at + dt.timedelta(days=max(WARNINGS) + 1)
    rows = _used().filter(~Q(secret_expires_on="") | Q(refresh_expires_at__lt=soon))
    for row in rows.select_related("mailbox__email", "smtp__email"):
        with transaction.atomic():
            for what, day, sentence in _ends(row):
                days = (day - at.date()).days
                step = next((step for step in WARNINGS if days <= step), None)
                if step is None:
                    alerts.calm(row, what, at=at)
                else:
                    alerts.warn(row, f"{what} {day.isoformat()}", step, sentence.format(when=_when(day, days)), at=at)


def _used() -> QuerySet[Authorisation]:
    """Those whose connection signs in so: of one that uses a password again nobody wants to hear."""
    by = "oauth2-"
    return Authorisation.objects.filter(Q(mailbox__auth__startswith=by) | Q(smtp__auth__startswith=by))


def _ends(row: Authorisation) -> list[tuple[str, dt.date, str]]:
    found = []
    if row.secret_expires_on:
        sentence = (
            "The client secret or certificate {when}. Make a new one at the provider, and enter it with its day of "
            "expiry before that."
        )
        found.append(("secret", dt.date.fromisoformat(row.secret_expires_on), sentence))
    if row.refresh_expires_at is not None and row.by_person and row.refresh_token is not None:
        sentence = "The consent {when} unless a refresh goes well before. Sign in and consent again: press Authorize."
        found.append(("consent", row.refresh_expires_at.date(), sentence))
    return found


def _when(day: dt.date, days: int) -> str:
    if days < 0:
        return f"expired on {day.isoformat()}"
    far = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
    return f"expires on {day.isoformat()}, {far}"
