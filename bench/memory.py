"""Peak memory of the worker that takes in one message of 50 MB."""

from __future__ import annotations

import base64
import os
import time

from bench.rig import Watermark, rig, stop, wait_for


def one_big(messages: int, repeat: int) -> list[dict[str, object]]:
    attachment = base64.encodebytes(os.urandom(37 * 1024 * 1024)).replace(b"\n", b"\r\n")
    raw = (
        b"From: big@example.com\r\nTo: support@desk.test\r\nSubject: Big\r\nMessage-ID: <big@example.com>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
        b"See attachment.\r\n--b\r\nContent-Type: application/octet-stream; name=big.bin\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + attachment + b"--b--\r\n"
    )
    with rig() as on:
        on.apply(username="big")
        worker = on.start("worker")
        wait_for(lambda: on.query("SELECT watched_since FROM mailroom_remotemailbox")[0][0] is not None, 60)
        time.sleep(1)
        with Watermark(worker.pid) as memory:
            before = memory.together
            on.dovecot.drop("big", raw)
            wait_for(lambda: on.query("SELECT count(*) FROM tickets_ticket")[0][0] == 1, 120)
            wait_for(lambda: on.sink("STAT")[0]["letters"] == 1, 60)
        stop(worker)
    return [
        {
            "message MB": round(len(raw) / 1e6),
            "before MB": round(before),
            "peak MB": round(memory.together),
            "largest process MB": round(memory.single),
        }
    ]
