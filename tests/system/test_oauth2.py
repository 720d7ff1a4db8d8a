"""OAuth2 with real parts: a provider, a Dovecot that asks it about tokens, workers that refresh and are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.consent import Person, parameters
from tests.support.desk import mail
from tests.support.desk_file import desk_file
from tests.support.fixtures import TokenMail
from tests.support.installation import Installation, a_fresh_installation, wait_until
from tests.support.provider import Client
from tests.support.signers import REFUSED, SIGNED_IN, Signers
from tests.wire.test_provider import BACK, VERIFIER, asks, authorize_url, token

REFRESHES = 1_000
KILLS = 40
SCOPE, OWNER = "mail", "owner@tokens.example"


@dataclass
class Desk:
    """An installation whose one mailbox signs in with tokens of the provider."""

    installation: Installation
    signers: Signers
    client: Client
    #: Whose mailbox it is at the provider and at Dovecot; the desk's address is another one.
    owner: str = OWNER
    address: str = "support@desk.test"

    def consent(self) -> None:
        """The owner consents at the provider, and the desk has the tokens."""
        self.client.provider.user(self.owner)
        back = parameters(Person(self.client.provider, self.owner).answers(authorize_url(self.client, SCOPE)))
        form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
        status, tokens = token(self.client, code=back["code"], **form)
        assert status == 200
        setup = {
            "client_id": self.client.id,
            "client_secret": self.client.secret,
            "authorize_url": self.client.provider.authorize_url,
            "token_url": self.client.provider.token_url,
            "scopes": SCOPE,
        }
        file = self.installation.data / "consent.json"
        file.write_text(json.dumps({"setup": setup, "tokens": tokens, "owner": self.owner}))
        pid = self.signers.spawn("consented", self.address, file)
        assert self.signers.reap(pid) == SIGNED_IN

    def row(self, *columns: str) -> tuple[Any, ...]:
        """Columns of the stored authorisation."""
        (found,) = self.installation.query(f"SELECT {', '.join(columns)} FROM mailroom_authorisation")
        return found

    def works(self, login: dict[str, Any]) -> bool:
        """Whether the provider knows the login's token."""
        form = {"token": login["secret"], "client_id": self.client.id, "client_secret": self.client.secret}
        return bool(asks(f"{self.client.provider.url}/o/introspect/", **form)[1]["active"])


@pytest.fixture(scope="module")
def connected(
    cluster: str, token_mail: TokenMail, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Signers]]:
    """One installation with one mailbox for the whole module: each test consents anew, with a client of its own."""
    with a_fresh_installation(cluster, "postdesk_system_oauth2", tmp_path_factory.mktemp("oauth2")) as installation:
        ports = {"port": token_mail.dovecot.imap, "smtp_port": token_mail.sink.port}
        installation.apply(desk_file(username=OWNER, push=False, **ports))
        signers = Signers(installation.env)
        try:
            yield installation, signers
        finally:
            signers.close()


@pytest.fixture
def desk(connected: tuple[Installation, Signers], token_mail: TokenMail) -> Desk:
    """The mailbox just consented; refresh tokens rotate, and one that is used twice ends the consent."""
    built = Desk(*connected, token_mail.provider.client(BACK))
    built.consent()
    return built


@pytest.mark.slow
def test_k2_two_workers_refreshing_a_rotating_token_a_thousand_times_never_invalidate_it(desk: Desk) -> None:
    stop = desk.installation.data / "stop"
    workers = [desk.signers.spawn("loop", desk.address, stop) for _ in range(2)]
    wait_until(
        lambda: len(desk.client.requests("refresh_token")) >= REFRESHES or stop_on_trouble(desk),
        seconds=240,
        what=f"{REFRESHES} refreshes",
    )
    stop.touch()
    assert [desk.signers.reap(pid) for pid in workers] == [SIGNED_IN, SIGNED_IN], [
        desk.signers.said(pid) for pid in workers
    ]
    requests = desk.client.requests("refresh_token")
    assert len(requests) >= REFRESHES
    assert {request["status"] for request in requests} == {200}
    assert desk.client.refreshable() == 1
    assert desk.row("standing", "failures") == ("ok", 0)
    assert desk.works(desk.signers.run("login", desk.address))


def stop_on_trouble(desk: Desk) -> bool:
    return desk.row("standing")[0] != "ok"


@pytest.mark.slow
@pytest.mark.parametrize("rotate", [True, False], ids=["strict", "lenient"])
def test_k2_a_mailbox_survives_kill_9_at_any_instant_of_a_refresh(desk: Desk, rotate: bool) -> None:
    """With a provider that keeps a refresh token good it goes on by itself. With one that ends the consent when a token
    is used twice, nobody could know the new one: then it says exactly that, and a consent heals it."""
    desk.client.set(rotate=rotate)
    dice = random.Random(f"kill {rotate}")
    killed = lost = 0
    for _ in range(KILLS):
        pid = desk.signers.spawn("once", desk.address)
        time.sleep(dice.uniform(0.0, 0.08))
        os.kill(pid, signal.SIGKILL)
        killed += desk.signers.reap(pid) == -signal.SIGKILL
        lost += not survives(desk, strict=rotate)
    assert killed > KILLS // 3, "most kills must have met a refresh"
    assert lost < KILLS // 2


@pytest.mark.parametrize("after", [False, True], ids=["before the provider acts", "before its answer comes"])
@pytest.mark.parametrize("rotate", [True, False], ids=["strict", "lenient"])
def test_k2_kill_9_while_the_provider_has_the_request(desk: Desk, rotate: bool, after: bool) -> None:
    desk.client.set(rotate=rotate)
    hold = desk.client.holds(after=after)
    pid = desk.signers.spawn("once", desk.address)
    hold.wait()
    os.kill(pid, signal.SIGKILL)
    assert desk.signers.reap(pid) == -signal.SIGKILL
    hold.release()
    wait_until(lambda: len(desk.client.requests("refresh_token")) == 1, seconds=10, what="the provider acts")
    assert survives(desk, strict=rotate) == (not rotate)


def survives(desk: Desk, *, strict: bool) -> bool:
    """Sign in after a kill. Whether it went on by itself; else it must have said what happened, and a consent heals."""
    pid = desk.signers.spawn("once", desk.address)
    code, told = desk.signers.reap(pid), desk.signers.said(pid)
    if code == SIGNED_IN:
        assert desk.works(told)
        return True
    assert strict, f"a provider that keeps the token good was not asked again: {told}"
    assert (code, told["error"]) == (REFUSED, "ConsentNeeded")
    assert "invalid_grant" in told["message"]
    assert "ended without an answer" in told["message"]
    assert desk.row("standing")[0] == "needed"
    desk.consent()
    assert desk.works(desk.signers.run("login", desk.address))
    return False


def test_k2_an_answer_that_is_lost_on_the_way_is_told(desk: Desk) -> None:
    desk.client.loses_answer()
    told = desk.signers.run("once", desk.address)
    assert told["error"] in ("BadProtocol", "Disconnected")
    assert not survives(desk, strict=True)


def test_k2_a_provider_that_is_down_costs_nothing_but_time(desk: Desk) -> None:
    desk.client.fails(503, "<h1>We are sorry</h1>", "text/html", times=2)
    for _ in range(2):
        assert desk.signers.run("once", desk.address)["error"] == "Busy"
    assert desk.row("standing", "failures") == ("ok", 2)
    assert desk.works(desk.signers.run("once", desk.address))
    assert desk.row("standing", "failures", "failure") == ("ok", 0, "")


def test_k6_a_consent_that_is_taken_back_stops_every_try_and_tells_once(desk: Desk) -> None:
    assert desk.client.revoke(desk.owner) == 1
    first = desk.signers.run("once", desk.address)
    assert (first["error"], "invalid_grant" in first["message"]) == ("ConsentNeeded", True)
    asked = len(desk.client.requests("refresh_token"))
    for _ in range(3):
        assert desk.signers.run("once", desk.address)["error"] == "ConsentNeeded"
    assert len(desk.client.requests("refresh_token")) == asked, "nobody asks again"
    raised = "SELECT count(*) FILTER (WHERE recovered_at IS NULL), count(*) FROM mailroom_alert"
    ((open_, before),) = desk.installation.query(raised)
    assert open_ == 1
    desk.consent()
    assert desk.works(desk.signers.run("login", desk.address))
    assert desk.installation.query(raised) == [(0, before)]


def test_k4_a_mail_becomes_a_ticket_and_is_answered_with_the_same_token(desk: Desk, token_mail: TokenMail) -> None:
    """Fetched by IMAP and answered by submission, both with the mailbox's token, which had to be refreshed first."""
    dovecot, sink = token_mail.dovecot, token_mail.sink
    installation = desk.installation
    installation.execute("UPDATE mailroom_smtpaccount SET auth = 'mailbox', port = %s", dovecot.submission)
    desk.client.expire()
    installation.execute("UPDATE mailroom_authorisation SET access_expires_at = now() - interval '1 minute'")
    sink.reset()
    dovecot.drop(desk.owner, mail(subject="By token", sender="tina@example.com", message_id="by-token@example.com"))
    installation.until_idle()
    assert installation.query("SELECT subject FROM tickets_ticket") == [("By token",)]
    (answer,) = [letter for letter in sink.wait_for(1) if letter.recipients == ("tina@example.com",)]
    # What the relay knows of the login is who owns the token.
    assert f"AUTH={desk.owner}" in answer.parameters
    assert [request["status"] for request in desk.client.requests("refresh_token")] == [200]


def test_k3_nothing_is_fetched_with_the_token_of_somebody_without_rights(desk: Desk, token_mail: TokenMail) -> None:
    dovecot, installation = token_mail.dovecot, desk.installation
    dovecot.drop("boss@tokens.example", mail(subject="Secret", sender="tina@example.com"))
    installation.execute("UPDATE mailroom_remotemailbox SET username = 'boss@tokens.example', next_fetch_at = NULL")
    try:
        installation.until_idle()
        ((failure,),) = installation.query("SELECT last_error FROM mailroom_remotemailbox")
    finally:
        installation.execute("UPDATE mailroom_remotemailbox SET username = %s, failures = 0", OWNER)
    assert "Authentication failed" in failure
    assert "status 401" in failure
    assert installation.count("tickets_ticket WHERE subject = 'Secret'") == 0
    assert len(dovecot.mails("boss@tokens.example")) == 1
