"""Processes that sign in by OAuth2, to be killed: one imports everything once and forks another whenever asked.

`python -m tests.support.signers`: a line on standard input is a word and its arguments. "once ADDRESS" forks a process
that ends the mailbox's access token artificially and asks for its login, so that it must refresh; "login ADDRESS" one
that only asks; "loop ADDRESS FILE" one that does the former until the file is there; "consented ADDRESS FILE" one that
stores a registration and the tokens of a consent. Each prints its process id; "reap ID" waits for it and prints how it
ended; what it was told stands in the file "ID.said" of POSTDESK_DATA.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

#: How a process ends: it signed in; it was refused with a sentence; something else.
SIGNED_IN, REFUSED, BROKEN = 0, 3, 1


class Signers:
    """The parent's handle."""

    def __init__(self, env: dict[str, str]) -> None:
        self._data = Path(env["POSTDESK_DATA"])
        command = [sys.executable, "-m", "tests.support.signers"]
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _ask(self, line: str) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def spawn(self, word: str, *arguments: object) -> int:
        """Fork a process; its id."""
        return self._ask(" ".join([word, *map(str, arguments)]))

    def reap(self, pid: int) -> int:
        """Wait for it; minus the signal's number when it was killed."""
        return self._ask(f"reap {pid}")

    def said(self, pid: int) -> dict[str, Any]:
        """What it left: `secret` and `username` of the login, or `error` and `message`; {} when it was killed."""
        file = self._data / f"{pid}.said"
        found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        return found

    def run(self, word: str, *arguments: object) -> dict[str, Any]:
        """Fork a process, wait for its end; what it left."""
        pid = self.spawn(word, *arguments)
        self.reap(pid)
        return self.said(pid)

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


def _expire(address: str) -> None:
    import datetime as dt

    from postdesk.basics import clock
    from postdesk.mailroom.models import Authorisation

    past = clock.now() - dt.timedelta(seconds=1)
    Authorisation.objects.filter(mailbox__email__address=address).update(access_expires_at=past, retry_at=None)


def _login(address: str) -> dict[str, Any]:
    from postdesk.basics.errors import PostdeskError
    from postdesk.engine.connect import login_of
    from postdesk.mailroom.models import RemoteMailbox

    try:
        login = login_of(RemoteMailbox.objects.select_related("email").get(email__address=address))
    except PostdeskError as error:
        return {"error": type(error).__name__, "message": error.message}
    return {"username": login.username, "secret": login.secret, "mechanism": login.mechanism}


def _loop(address: str, stop: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    while not Path(stop).exists() and "error" not in told:
        _expire(address)
        told = _login(address)
    return told


def _once(address: str) -> dict[str, Any]:
    _expire(address)
    return _login(address)


def _consented(address: str, file: str) -> dict[str, Any]:
    """What a consent through the screens leaves behind: settings, and tokens with whom they are for."""
    from postdesk.basics import clock
    from postdesk.flow.tokens import access
    from postdesk.grants import answers
    from postdesk.mailroom import authorisations
    from postdesk.mailroom.models import RemoteMailbox

    told = json.loads(Path(file).read_text())
    mailbox = RemoteMailbox.objects.select_related("email").get(email__address=address)
    mailbox.auth = "oauth2-other"
    mailbox.save()
    at = clock.now()
    setup = authorisations.OAuth2Setup(**told["setup"])
    authorisations.save(mailbox, mailbox.auth, setup, by="tests", at=at)
    row = authorisations.authorisation_of(mailbox)
    assert row is not None
    answer = answers.Answer(200, {}, json.dumps(told["tokens"]).encode())
    registration = authorisations.registration_of(row)
    access.keep(row, answers.tokens(answer, at=at), registration, identity=told["owner"])
    return {}


_WORDS = {"once": _once, "login": _login, "loop": _loop, "consented": _consented}


def _child(word: str, arguments: list[str]) -> None:
    code = BROKEN
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        told = _WORDS[word](*arguments)
        file = Path(os.environ["POSTDESK_DATA"]) / f"{os.getpid()}.said"
        file.write_text(json.dumps(told))
        code = REFUSED if "error" in told else SIGNED_IN
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postdesk.project.settings")
    django.setup()
    from postdesk.engine import connect  # noqa: F401 - imported once, for all that are forked

    for line in sys.stdin:
        word, *arguments = line.split()
        if word == "reap":
            _pid, status = os.waitpid(int(arguments[0]), 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            _child(word, arguments)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
