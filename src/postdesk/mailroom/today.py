"""How much mail each mailbox got since an instant, without an index on time: rows are in the order they came."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count

from postdesk.mailroom.models import SpooledMail
from postdesk.mailroom.models.spool import Outcome


def seen_since(since: dt.datetime) -> dict[int, int]:
    """Messages by mailbox. Reads today's rows and one more, however many there are before them."""
    before = SpooledMail.objects.filter(seen_at__lt=since).order_by("-id").values_list("id", flat=True).first()
    rows = SpooledMail.objects.filter(id__gt=before or 0, mailbox__isnull=False).exclude(outcome=Outcome.LEFT)
    return dict(rows.order_by().values_list("mailbox").annotate(count=Count("id")).values_list("mailbox", "count"))
