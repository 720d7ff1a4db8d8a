"""Score `postdesk parse` on a corpus with its own scorer: `make score CORPORA=folder`. Prints; asserts nothing.

Reason classes of bounces are judged here, for every project names them in its own words: see CLASSES.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import mails
from postdesk.judge.decide import decide
from postdesk.judge.facts import Arrival, Desk, Facts
from postdesk.judge.thread import thread
from postdesk.mail.parse import parse

#: A project's word for why a message bounced, lower case without signs -> what postdesk may call it.
CLASSES: dict[str, frozenset[str]] = {
    word: frozenset(ours.split())
    for words, ours in (
        ("userunknown hasmoved notaccept filtered", "userunknown suspended"),
        ("userdisabled suspend suspended inactive", "suspended"),
        ("overquota mailboxfull systemfull", "mailboxfull"),
        ("messagetoolarge mesgtoobig exceedlimit toobig", "toobig"),
        # A domain that takes no mail for us, be it unknown or a refused relay.
        ("domainerror", "hostunknown policy"),
        ("hostunknown", "hostunknown"),
        ("spam spamdetected", "spam blocked policy content"),
        ("blocked badreputation requireptr toomanyconn speeding ratelimited", "blocked spam policy"),
        ("policy policyviolation norelaying authfailure securityerror failedstarttls", "policy"),
        ("rejected", "rejected"),
        ("contenterror virusdetected notcompliantrfc content", "content"),
        ("expired", "expired network"),
        ("networkerror network", "network"),
    )
    for word in words.split()
}


def main(folder: str) -> int:
    """The folder holds messages (*.eml), expect.jsonl and score.py. Returns the scorer's exit code."""
    corpora = Path(folder).resolve()
    paths = sorted(str(path.relative_to(corpora)) for path in corpora.rglob("*.eml"))
    with tempfile.NamedTemporaryFile("wb", suffix=".jsonl") as actual:
        for start in range(0, len(paths), 500):
            command = [sys.executable, "-m", "postdesk", "parse", *paths[start : start + 500]]
            actual.write(subprocess.run(command, cwd=corpora, stdout=subprocess.PIPE, check=False).stdout)
        actual.flush()
        scorer = [sys.executable, str(corpora / "score.py"), "expect.jsonl", actual.name, "--root", "."]
        code = subprocess.run(scorer, cwd=corpora, check=False).returncode
        _cpu()
        _reasons(_lines(corpora / "expect.jsonl"), {one["path"]: one for one in _lines(Path(actual.name))})
        return code


def _cpu() -> None:
    """Prints the CPU that one message of about 10 KB takes, at the median: parsed, and judged without a database."""
    raws = [raw for number in range(200) if len(raw := mails.make(number, "small", "support@desk.example")[0]) > 8_000]
    facts = Facts(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), Desk({}, {}, {}, 1, None))
    took = []
    for raw in raws * 3:
        began = time.process_time()
        arrival = Arrival(parse(raw), len(raw), None)
        decide(arrival, facts)
        thread(arrival, facts)
        took.append(time.process_time() - began)
    size = sum(map(len, raws)) / len(raws) / 1000
    median = statistics.median(took) * 1000
    print(f"-- parsing and judging a message of {size:.0f} KB: {median:.2f} ms of CPU at the median")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _reasons(expected: list[dict[str, Any]], actual: dict[str, dict[str, Any]]) -> None:
    """Prints how many bounces have a reason that the project's word allows, and those that have not."""
    right = wrong = 0
    for one in expected:
        word = _word((one["expect"].get("bounce") or {}).get("std_reason"))
        allowed = CLASSES.get(word)
        if allowed is None or one["path"] not in actual:
            continue
        bounce = actual[one["path"]].get("bounce") or {}
        found = {recipient["reason"] for recipient in bounce.get("recipients", [])}
        if found and found <= allowed:
            right += 1
        else:
            wrong += 1
            print(f"   reason of {one['path']}: {word} expected, {', '.join(sorted(found)) or 'none'} found")
    if right + wrong:
        print(f"-- reason classes: {right} right, {wrong} wrong, {100 * right / (right + wrong):.1f} %")


def _word(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return "".join(sign for sign in str(value or "").lower() if sign.isalpha())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
