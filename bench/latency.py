"""How long a customer waits: from delivery into Dovecot until the sink has accepted the auto-response."""

from __future__ import annotations

import smtplib
import time

from bench.rig import Rig, median, percentile, rig, stop, wait_for

LETTERS = 60


def push(messages: int, repeat: int) -> list[dict[str, object]]:
    """A watched mailbox, a mail about every second. Dovecot 2.3 holds IDLE news back 500 ms (docs/decisions/0003)."""
    with rig() as on:
        on.apply(username="latency")
        worker = on.start("worker")
        wait_for(lambda: on.query("SELECT watched_since FROM mailroom_remotemailbox")[0][0] is not None, 60)
        time.sleep(1)
        waits = [_one(on, number) for number in range(LETTERS)]
        stop(worker)
    first, rest = waits[0], waits[1:]
    return [
        {
            "letters": len(rest),
            "median ms": round(1000 * median(rest)),
            "95th ms": round(1000 * percentile(rest, 0.95)),
            "first after a pause ms": round(1000 * first),
        }
    ]


def _one(on: Rig, number: int) -> float:
    raw = (
        f"From: c{number}@example.com\r\nTo: support@desk.test\r\nSubject: Now {number}\r\n"
        f"Message-ID: <now{number}@example.com>\r\n\r\nHow long?\r\n"
    )
    with smtplib.LMTP("127.0.0.1", on.dovecot.lmtp) as server:
        server.sendmail("c@example.com", ["latency"], raw)
        delivered = time.time()
    wait_for(lambda: on.sink("STAT")[0]["letters"] > number, 30, 0.05)
    accepted = float(on.sink("STAT")[0]["last"])
    time.sleep(0.4 + (number % 7) * 0.09)
    return accepted - delivered
