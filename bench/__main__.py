"""`make bench`: measure on real servers and print, with the machine's size. Nothing is asserted.

    python -m bench [--only NAME ...] [--messages N] [--repeat N]

Everything runs on this machine: Dovecot, PostgreSQL, the sink and the program share its cores.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path

from bench import idle, intake, latency, memory

MEASURES: dict[str, tuple[Callable[[int, int], list[dict[str, object]]], str]] = {
    "mix": (intake.mix, "1,000 mixed mails (225 MB), IMAP, move, every one answered"),
    "small": (intake.small, "1,000 small mails, IMAP, move, every one answered"),
    "latency": (latency.push, "delivery into Dovecot until the auto-response is accepted"),
    "memory": (memory.one_big, "one 50 MB message"),
    "idle": (idle.watching, "a worker that watches 500 mailboxes"),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--only", nargs="*", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    version = platform.python_version()
    print(f"machine: {os.cpu_count()} cores, {gigabytes:.0f} GiB, {platform.machine()}, Python {version}")
    results = []
    for name in given.only:
        measure, sentence = MEASURES[name]
        print(f"\n{name}: {sentence}", flush=True)
        for row in measure(given.messages, given.repeat):
            print("  " + ", ".join(f"{key} {value}" for key, value in row.items()), flush=True)
            results.append({"measure": name, **row})
    folder = Path("bench/out")
    folder.mkdir(exist_ok=True)
    (folder / "latest.json").write_text(json.dumps(results, indent=1, default=str))


if __name__ == "__main__":
    main()
