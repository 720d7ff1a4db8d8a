"""CPU of a worker that watches 500 mailboxes in which nothing happens."""

from __future__ import annotations

import time

from bench.rig import megabytes, rig, stop, tree, tree_seconds, wait_for

MAILBOXES, SECONDS = 500, 60.0


def watching(messages: int, repeat: int) -> list[dict[str, object]]:
    with rig() as on:
        on.apply(username="idle0")
        on.query(
            f"""
            WITH emails AS (
                INSERT INTO mailroom_email (address, name, notes, created_at, updated_at)
                SELECT 'box' || n || '@desk.test', 'Box', '', now(), now() FROM generate_series(1, {MAILBOXES - 1}) n
                RETURNING id, address)
            INSERT INTO mailroom_remotemailbox (email_id, host, port, username, credential_id, verify_tls, ca_file,
                status, last_error, failures, protocol, folder, auth, frequency, per_fetch, fetched, archive_folder,
                push, backlog, epoch)
            SELECT emails.id, m.host, m.port, split_part(address, '@', 1), m.credential_id, m.verify_tls, '',
                true, '', 0, m.protocol, '', m.auth, 60, 30, 'nothing', '', true, 0, 0
            FROM emails, (SELECT * FROM mailroom_remotemailbox LIMIT 1) m
            """
        )
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
