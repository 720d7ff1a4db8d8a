"""The import contracts of pyproject.toml hold, and each of them bites: a planted violation is reported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "postdesk"
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}

#: Contract, the file that gets a forbidden line, the line, and what the report must name.
PLANTED = [
    ("layers", "mail/parse.py", "from postdesk.judge.decide import decide", "postdesk.mail.parse -> postdesk.judge"),
    ("layers", "people/staff.py", "import postdesk.tickets.queries", "postdesk.people.staff -> postdesk.tickets"),
    ("layers", "flow/intake.py", "import postdesk.engine.fetch", "postdesk.flow.intake -> postdesk.engine"),
    ("layers", "judge/route.py", "import postdesk.wire.login", "postdesk.judge.route -> postdesk.wire"),
    ("layers", "engine/fetch.py", "import postdesk.project.environment", "postdesk.engine.fetch -> postdesk.project"),
    ("layers", "attic/__init__.py", "", "attic"),
    ("screens", "web/inbox/queue.py", "import postdesk.web.panel.held", "postdesk.web.inbox.queue -> postdesk.web"),
    ("screens", "web/panel/held.py", "import postdesk.web.inbox.files", "postdesk.web.panel.held -> postdesk.web"),
    ("shared", "web/shared/words.py", "import postdesk.web.inbox.queue", "postdesk.web.shared.words -> postdesk.web"),
    ("pure", "mail/parse.py", "import time", "postdesk.mail.parse -> time"),
    ("pure", "judge/checks/limits.py", "import random", "postdesk.judge.checks.limits -> random"),
    ("pure", "judge/decide.py", "import logging", "postdesk.judge.decide -> logging"),
    (
        "pure",
        "tickets/notices/words.py",
        "from django.db import connection",
        "postdesk.tickets.notices.words -> django",
    ),
    ("pure", "engine/backoff.py", "from threading import Timer", "postdesk.engine.backoff -> threading"),
    ("pure", "basics/ids.py", "import os", "postdesk.basics.ids -> os"),
    ("pure", "judge/facts.py", "import secrets", "postdesk.judge.facts -> secrets"),
    ("wire", "wire/smtp.py", "from django.conf import settings", "postdesk.wire.smtp -> django"),
    ("wire", "wire/pop3.py", "from postdesk.mail.parse import parse", "postdesk.wire.pop3 -> postdesk.mail"),
    ("sockets", "flow/intake.py", "import postdesk.wire.smtp", "postdesk.flow.intake -> postdesk.wire.smtp"),
    ("sockets", "web/panel/mailboxes.py", "import postdesk.wire.imap", "postdesk.web.panel.mailboxes -> postdesk.wire"),
    ("sockets", "flow/desk_file/values.py", "import postdesk.wire.dial", "flow.desk_file.values -> postdesk.wire.dial"),
    ("jobs", "flow/upkeep.py", "import procrastinate", "postdesk.flow.upkeep -> procrastinate"),
    ("jobs", "engine/supervisor.py", "from procrastinate import App", "postdesk.engine.supervisor -> procrastinate"),
    ("cycles", "mail/part.py", "import postdesk.mail.parse", "postdesk.mail"),
    ("cycles", "judge/facts.py", "import postdesk.judge.checks", "postdesk.judge"),
]


def lint(folder: Path, source: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run lint-imports with the configuration in `folder` on the package in `source`."""
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", *arguments],
        cwd=folder,
        # Wide, so that no line of the report is broken.
        env={**os.environ, "PYTHONPATH": str(source), "COLUMNS": "250", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package's modules, and the contracts, in a folder where violations may be planted."""
    only_code = shutil.ignore_patterns("__pycache__", "static", "templates")
    shutil.copytree(SOURCE, tmp_path / "src" / "postdesk", ignore=only_code)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_holds() -> None:
    done = lint(ROOT, ROOT / "src")

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in done.stdout


@pytest.mark.parametrize(("contract", "file", "line", "report"), PLANTED, ids=[f"{p[0]}-{p[1]}" for p in PLANTED])
def test_a_planted_violation_is_reported(copy: Path, contract: str, file: str, line: str, report: str) -> None:
    planted = copy / "src" / "postdesk" / file
    planted.parent.mkdir(exist_ok=True)
    with planted.open("a") as module:
        module.write(f"\n{line}\n")

    done = lint(copy, copy / "src", "--contract", contract)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{CONTRACTS[contract]} BROKEN" in done.stdout
    assert report in done.stdout.partition("Broken contracts")[2]


def test_every_contract_has_a_planted_violation() -> None:
    assert {contract for contract, *_rest in PLANTED} == set(CONTRACTS)
