"""Made-up values for the style guide."""

from __future__ import annotations

import datetime as dt
from typing import Any

ICONS = (
    *("alert", "arrow-left", "at", "check", "clip", "clock", "close", "dots", "download", "eye", "file", "held"),
    *("help", "inbox", "mailbox", "moon", "note", "outbox", "pause", "person", "play", "refresh", "reply", "search"),
    *("sign-out", "undo", "send", "lock", "order"),
)


def samples(*, at: dt.datetime) -> dict[str, Any]:
    """Instants of every heat, every state of a letter, every icon."""
    hours = (0.2, 2, 9, 60)
    return {
        "instants": [at - dt.timedelta(hours=hour) for hour in hours],
        "states": ("queued", "sending", "sent", "deferred", "uncertain", "bounced", "failed", "cancelled"),
        "freshnesses": ("fresh", "late", "failing", "paused", "off", "never"),
        "priorities": ("low", "normal", "high", "emergency"),
        "icons": ICONS,
        "names": ("Alice Moreau", "Bob Stone", "Carol Lind", "Dan Okafor", "Eve", "Faythe Ng", "Grace Holm", "Ivan"),
    }
