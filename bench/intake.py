"""Messages a second from a waiting mailbox to committed tickets, and until the last auto-response is accepted.

Beside it, in the same run: the same mailbox merely downloaded with IMAPClient. Their ratio is what can be
compared between machines.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from imapclient import IMAPClient

from bench.mails import generate
from bench.rig import Rig, rig, wait_for

ADDRESS = "support@desk.test"


def mix(messages: int, repeat: int) -> list[dict[str, object]]:
    return _measure("mix", messages, repeat)


def small(messages: int, repeat: int) -> list[dict[str, object]]:
    return _measure("small", messages, repeat)


def _measure(kind: str, messages: int, repeat: int) -> list[dict[str, object]]:
    rows = []
    with rig() as on, tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), messages, kind, ADDRESS)
        on.apply(username="warm", push=False, per_fetch=50)
        for turn in range(repeat):
            user = f"{kind}{turn}"
            on.dovecot.drop_files(user, sorted(Path(folder).glob("*.eml")))
            download = _download(on, user, messages)
            rows.append(
                {"turn": turn + 1, "download/s": round(messages / download), **_take_in(on, user, messages, download)}
            )
            _forget(on)
    return rows


def _download(on: Rig, user: str, messages: int) -> float:
    """Seconds to fetch every message with IMAPClient, fifty at a time, from a warm mailbox; nothing is kept."""
    with IMAPClient("127.0.0.1", on.dovecot.imap, ssl=False) as client:
        client.login(user, "secret")
        client._imap.debug = 0
        client.select_folder("INBOX", readonly=True)
        uids = client.search("ALL")
        client.fetch(uids, ["RFC822.SIZE"])
        began = time.perf_counter()
        for start in range(0, len(uids), 50):
            client.fetch(uids[start : start + 50], ["BODY.PEEK[]"])
        took = time.perf_counter() - began
    assert len(uids) == messages
    return took


def _take_in(on: Rig, user: str, messages: int, download: float) -> dict[str, object]:
    """One worker that runs already; fetching is switched on and the clock starts."""
    on.apply(username=user, push=False, per_fetch=50)
    on.query("UPDATE mailroom_mailsettings SET fetching = false")
    on.sink("RESET")
    worker = on.start("worker")
    wait_for(lambda: on.query("SELECT count(*) FROM procrastinate_workers")[0][0] >= 4, 60)
    time.sleep(2)
    began, before = time.time(), on.cpu(worker.pid)
    on.query("UPDATE mailroom_mailsettings SET fetching = true")
    on.query("UPDATE mailroom_remotemailbox SET next_fetch_at = NULL")
    # From the instant the turn at the mailbox begins: how soon a poll is due is not what is measured here.
    attempt = "SELECT last_attempt_at FROM mailroom_remotemailbox WHERE last_attempt_at > to_timestamp({})"
    wait_for(lambda: on.query(attempt.format(began)), 60)
    began = on.query(attempt.format(began))[0][0].timestamp()
    taken = "SELECT count(*) FROM mailroom_spooledmail WHERE outcome <> 'waiting'"
    wait_for(lambda: on.query(taken)[0][0] >= messages, 600, 0.05)
    wait_for(lambda: on.sink("STAT")[0]["letters"] >= messages, 600, 0.05)
    after = on.cpu(worker.pid)
    worker.terminate()
    worker.wait(timeout=40)
    (last,) = on.query("SELECT max(decided_at) FROM mailroom_spooledmail")[0]
    tickets = on.query("SELECT count(*) FROM tickets_ticket")[0][0]
    until_ticket = last.timestamp() - began
    until_answered = on.sink("STAT")[0]["last"] - began
    return {
        "tickets": tickets,
        "tickets/s": round(messages / until_ticket),
        "answered/s": round(messages / until_answered),
        "of download": f"{download / until_ticket:.2f}",
        **{f"{who} ms": f"{1000 * (after[who] - before[who]) / messages:.2f}" for who in after},
    }


def _forget(on: Rig) -> None:
    on.query(
        "TRUNCATE tickets_ticket, mailroom_spooledmail, mailroom_blob, mailroom_letter, people_user,"
        " procrastinate_workers CASCADE"
    )
