"""CPU of a worker that watches 500 mailboxes in which nothing happens."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.rig import megabytes, rig, stop, tree, tree_seconds, wait_for

MAILBOXES, SECONDS = 500, 60.0


def quiet_box(port: int) -> Callable[[int], str]:
    """The part of a desk file for the nth address in which nothing happens."""
    return lambda number: (
        f"""
[[email]]
address = "box{number}@desk.test"
name = "Box {number}"
department = "Support"
  [email.mailbox]
  host = "plain://127.0.0.1"
  port = {port}
  protocol = "imap"
  username = "box{number}"
  password = "secret"
  fetched = "nothing"
  push = true
"""
    )


def watching(messages: int, repeat: int) -> list[dict[str, object]]:
    with rig() as on:
        on.apply(username="idle0", more="".join(map(quiet_box(on.dovecot.imap), range(1, MAILBOXES))))
        worker = on.start("worker")
        watched = "SELECT count(*) FROM mailroom_remotemailbox WHERE watched_since IS NOT NULL"
        wait_for(lambda: on.query(watched)[0][0] == MAILBOXES, 180, 0.5)
        time.sleep(15)
        began, cpu = time.monotonic(), tree_seconds(worker.pid)
        time.sleep(SECONDS)
        share = (tree_seconds(worker.pid) - cpu) / (time.monotonic() - began)
        peak = sum(megabytes(tree(worker.pid)).values())
        stop(worker)
    return [{"mailboxes": MAILBOXES, "CPU of a core": f"{100 * share:.1f} %", "peak MB": round(peak)}]
