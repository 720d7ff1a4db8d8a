"""How long mail is kept that became nothing: Emails > Settings, `keep_held_days` and `keep_discarded_days`."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from postdesk.mailroom.models import Blob, MailSettings, SpooledMail
from postdesk.mailroom.models.spool import Outcome

#: Rows of each kind in one round of upkeep: a setting made shorter must not hold up the rest.
_AT_ONCE: Final = 500


def expire(*, at: dt.datetime) -> tuple[int, int]:
    """Discard held mail nobody decided about in time, and delete the bytes of mail discarded long ago.

    Failed mail is never discarded by itself. The ledger's rows stay, with their reasons. Returns both counts.
    """
    settings = MailSettings.objects.filter(pk=1).first()
    if settings is None:
        return 0, 0
    held = _discard(settings.keep_held_days, at) if settings.keep_held_days else 0
    emptied = _empty(settings.keep_discarded_days, at) if settings.keep_discarded_days else 0
    return held, emptied


@transaction.atomic
def _discard(days: int, at: dt.datetime) -> int:
    late = SpooledMail.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        outcome=Outcome.HELD, decided_at__lt=at - dt.timedelta(days=days)
    )
    rows = list(late.only("id", "reason").order_by("id")[:_AT_ONCE])
    for row in rows:
        row.outcome, row.decided_at = Outcome.DISCARDED, at
        row.reason = f"Nobody decided about it for {days} days. It was held: {row.reason}"
    SpooledMail.objects.bulk_update(rows, ["outcome", "decided_at", "reason"])
    return len(rows)


@transaction.atomic
def _empty(days: int, at: dt.datetime) -> int:
    late = SpooledMail.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        outcome=Outcome.DISCARDED, blob__isnull=False, decided_at__lt=at - dt.timedelta(days=days)
    )
    rows = dict(late.order_by("id").values_list("id", "blob_id")[:_AT_ONCE])
    SpooledMail.objects.filter(pk__in=rows).update(blob=None)
    Blob.objects.filter(pk__in=[pk for pk in rows.values() if pk is not None]).delete()
    return len(rows)
