"""The command as its users start it: a process of its own, with a database or without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from postdesk import __version__

COMMANDS = (
    "run",
    "demo",
    "web",
    "worker",
    "apply",
    "parse",
    "intake",
    "tickets",
    "ticket",
    "reply",
    "emails",
    "outbox",
    "ledger",
    "held",
    "reconcile",
    "doctor",
)
MAIL = b"From: Carol <carol@Example.com>\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nMessage-ID: <a@b>\n\nHello.\n"


def postdesk(*arguments: str, folder: Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command in `folder`, with a database that cannot be reached."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("POSTDESK", "DJANGO"))}
    environment |= {
        "POSTDESK_DATA": str(folder / "var"),
        # Port 9 of the local machine: nobody listens there.
        "DATABASE_URL": "postgresql://nobody:hunter2@127.0.0.1:9/none",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
    }
    command = [sys.executable, "-m", "postdesk", *arguments]
    return subprocess.run(
        command, input=given, capture_output=True, cwd=folder, env=environment, timeout=60, check=False
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_needs_no_database_and_makes_nothing(tmp_path: Path, command: str) -> None:
    result = postdesk(command, "--help", folder=tmp_path)

    assert result.returncode == 0
    assert f"postdesk {command}".encode() in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_help_lists_every_command(tmp_path: Path) -> None:
    words = postdesk("--help", folder=tmp_path).stdout.decode().split()

    assert [command for command in COMMANDS if command not in words] == []
    assert postdesk("--version", folder=tmp_path).stdout.decode() == f"postdesk {__version__}\n"


def test_parse_prints_an_object_a_line_and_needs_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL)
    (tmp_path / "b.eml").write_bytes(b"\x00\xff no message at all")

    result = postdesk("parse", "a.eml", "-", "b.eml", folder=tmp_path, given=MAIL)
    objects = [json.loads(line) for line in result.stdout.splitlines()]

    assert (result.returncode, result.stderr) == (0, b"")
    assert [one["path"] for one in objects] == ["a.eml", "-", "b.eml"]
    assert objects[0]["subject"] == "Grüße"
    assert objects[0]["from"] == {"name": "Carol", "address": "carol@example.com"}
    assert {**objects[1], "path": "a.eml"} == objects[0]
    assert not (tmp_path / "var").exists()


def test_parse_tells_of_paths_it_cannot_read_and_parses_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL)

    result = postdesk("parse", "gone", ".", "a.eml", folder=tmp_path)

    assert result.returncode == 66
    assert result.stderr == b"postdesk: gone: No such file or directory\npostdesk: .: Is a directory\n"
    assert [json.loads(line)["path"] for line in result.stdout.splitlines()] == ["a.eml"]


def test_intake_asks_to_try_again_later_when_the_database_is_away(tmp_path: Path) -> None:
    result = postdesk("intake", folder=tmp_path, given=MAIL)

    assert result.returncode == 75
    assert b"try again later" in result.stderr
    assert b"hunter2" not in result.stderr


def test_other_commands_say_in_a_line_that_the_database_is_away(tmp_path: Path) -> None:
    result = postdesk("tickets", "--json", folder=tmp_path)

    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.startswith(b"postdesk: the database cannot be reached: ")
    assert result.stderr.count(b"\n") == 1
    assert b"hunter2" not in result.stderr


def test_the_doctor_of_a_desk_without_database_says_so_and_checks_what_is_left(tmp_path: Path) -> None:
    result = postdesk("doctor", folder=tmp_path)

    assert result.returncode == 1
    assert b"FAIL database: the database says: " in result.stdout
    assert b"ok   data folder" in result.stdout
    assert b"FAIL outbox: not checked" in result.stdout
    assert b"Traceback" not in result.stderr


def test_an_unknown_option_is_wrong_usage(tmp_path: Path) -> None:
    assert postdesk("tickets", "--jsn", folder=tmp_path).returncode == 2
