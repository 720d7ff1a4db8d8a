"""Send what is due on one SMTP account, and write down what became of it, recipient by recipient.

    claim_due (durable) -> connect -> mark as sending -> send -> record, and mark the next -> send -> ...

The connection is reused for the whole drain. Only the recipients that are still open are tried. What the
server says decides: 4yz waits, 5yz has failed, no answer after the body is *uncertain*.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from functools import partial

import structlog
from django.db import connection

from postdesk.basics.clock import now
from postdesk.basics.errors import BrokenSetup, Busy, Invalid, PostdeskError, WireError
from postdesk.flow.tokens import access
from postdesk.grants.providers import AUTH
from postdesk.mailroom import claims, lanes, spool
from postdesk.mailroom.claims import Claimed, Result
from postdesk.mailroom.logins import ca_of, signs_in_by, smtp_credentials
from postdesk.mailroom.models import Letter, SmtpAccount
from postdesk.mailroom.models.outbox import Kind, State
from postdesk.mailroom.transport import ehlo_name
from postdesk.tickets.models import Event, KnownMessageId
from postdesk.wire.endpoint import Endpoint, read_endpoint
from postdesk.wire.login import Login
from postdesk.wire.smtp import Outcome, SmtpSession, open_smtp
from postdesk.wire.smtp_reply import Reply

log = structlog.get_logger(__name__)

BATCH = 50
#: So many messages waiting to be taken in are a backlog; so many seconds automatic answers wait for it at most.
BACKLOG, PATIENCE = 60, 10.0
#: Seconds an account rests after failures in a row: the n-th, and all after the last.
REST = (15, 60, 300, 600, 1800)


@dataclass(slots=True)
class Route:
    """One account being drained: its row and its open connection."""

    account: SmtpAccount
    session: SmtpSession | None = None
    #: Seconds this drain gave way to intake.
    waited: float = 0.0


def deliver(account: int) -> None:
    """The job: drain one account's lane."""
    row = SmtpAccount.objects.select_related("email__mailbox", "credential").filter(pk=account, status=True).first()
    if row is None or row.paused_at:
        return
    route = Route(row)
    try:
        lanes.drain(lane_of(account), step=partial(_step, route), has_more=partial(_has_more, route))
    finally:
        if route.session is not None:
            route.session.close()


def lane_of(account: int) -> str:
    """Whoever claims an account's letters, or frees them, holds the lane of this name."""
    return f"deliver:{account}"


def _has_more(route: Route) -> bool:
    return due(route.account.pk, at=now()) and not _rests(route)


def due(account: int, *, at: dt.datetime) -> bool:
    """Whether a letter of the account is to be sent now."""
    states = (State.QUEUED, State.DEFERRED)
    return Letter.objects.filter(account=account, state__in=states, next_try_at__lte=at).exists()


def _rests(route: Route) -> bool:
    return route.account.retry_at is not None and route.account.retry_at > now()


def _step(route: Route) -> bool:
    """One batch. False when there is nothing more to do, or the server cannot be used now."""
    if _rests(route):
        return False
    _give_way(route)
    claims.recover(route.account.pk)
    claim, letters = claims.claim_due(route.account.pk, limit=BATCH, at=now())
    if not letters:
        return False
    _quick_commits(on=True)
    try:
        return _send_all(route, claim, letters)
    finally:
        _quick_commits(on=False)


def _give_way(route: Route) -> None:
    """While a backlog is being taken in, automatic answers wait a moment: nobody's mail waits for a machine's.

    Never while an agent's reply is due, and never longer than PATIENCE in one drain.
    """
    pk = route.account.pk
    while route.waited < PATIENCE and spool.backlog_over(BACKLOG) and not reply_due(pk, at=now()):
        time.sleep(0.1)
        route.waited += 0.1


def reply_due(account: int, *, at: dt.datetime) -> bool:
    """Whether a letter that a person wrote is to be sent now."""
    waiting = Letter.objects.filter(account=account, state__in=(State.QUEUED, State.DEFERRED))
    return waiting.filter(kind=Kind.REPLY, next_try_at__lte=at).exists()


def _send_all(route: Route, claim: int, letters: list[Claimed]) -> bool:
    waiting = list(letters)
    marked = False
    try:
        while waiting:
            # Connected first: no letter is marked while nothing can reach a server.
            session = _session(route)
            letter = waiting[0]
            ours = marked or claims.mark_sending(letter.pk, claim)
            waiting.pop(0)
            marked = ours and _send(route, session, claim, letter, waiting[0].pk if waiting else 0)
    except (WireError, BrokenSetup, Invalid) as error:
        _trouble(route, error)
        rest = [letter.pk for letter in waiting]
        claims.release(rest, claim, reason=str(error), next_try=route.account.retry_at or now())
        return False
    claims.done(claim)
    _well(route)
    return True


def _send(route: Route, session: SmtpSession, claim: int, letter: Claimed, following: int) -> bool:
    """Hand one letter over. Returns whether the `following` one is marked as sending.

    A WireError means that nothing was handed over: the letter waits like one that the server deferred, so
    that a letter that breaks every connection gives way to the others, and patience with it ends too.
    """
    addresses = [address for _pk, address in letter.recipients]
    try:
        outcome = session.send(_envelope_sender(route, letter), addresses, letter.raw)
    except WireError as error:
        _write_down(letter, claim, [_not_handed_over(letter, pk, error) for pk, _address in letter.recipients])
        raise
    # A server that answers about a letter works: failures in a row are counted from here.
    route.account.failures = 0
    # Without a connection the next letter is not marked: connecting again may fail.
    following = following if session.alive else 0
    results = [_result(letter, pk, outcome, address, now()) for pk, address in letter.recipients]
    _write_down(letter, claim, results, following)
    return bool(following)


def _write_down(letter: Claimed, claim: int, results: list[Result], following: int = 0) -> None:
    at = now()
    state = claims.record(letter, claim, results, reason=_reason(results), at=at, following=following)
    if any(one.state is not State.SENT for one in results):
        _tell_ticket(letter, state, results, at)


def _envelope_sender(route: Route, letter: Claimed) -> str:
    """The letter's From when it is the account's own or may be spoofed, else the account's (osticket.md 5.4)."""
    own = route.account.email.address
    return letter.from_address if route.account.header_spoofing else own


def _result(letter: Claimed, pk: int, outcome: Outcome, address: str, at: dt.datetime) -> Result:
    reply = outcome.recipients.get(address) or Reply(451, None, "the server gave no answer for this recipient")
    if outcome.uncertain and reply.accepted:
        words = "The connection broke after the message was sent and before the server confirmed it."
        return Result(pk, State.UNCERTAIN, None, "", words)
    state = State.SENT if reply.accepted else State.DEFERRED if reply.temporary else State.FAILED
    if state is State.DEFERRED and claims.out_of_patience(letter, at=at):
        state = State.FAILED
    return Result(pk, state, reply.code, reply.enhanced or "", reply.text, reply.queue_id or "")


def _not_handed_over(letter: Claimed, pk: int, error: WireError) -> Result:
    state = State.FAILED if claims.out_of_patience(letter, at=now()) else State.DEFERRED
    code = error.fields.get("code")
    return Result(pk, state, code if isinstance(code, int) else None, "", str(error))


def _reason(results: list[Result]) -> str:
    return next((one.reply for one in results if one.state is not State.SENT), "")


def _tell_ticket(letter: Claimed, state: State, results: list[Result], at: dt.datetime) -> None:
    """A letter that did not simply arrive is an event on its ticket."""
    only_waits = all(one.state in {State.SENT, State.DEFERRED} for one in results)
    if only_waits and letter.attempts > 0:
        return  # The ticket knows since the first time; the outbox has the rest.
    about = KnownMessageId.objects.filter(letter=letter.pk).values_list("ticket_id", flat=True).first()
    if about is None:
        return
    why = "; ".join(
        f"{address}: {one.reply}"
        for one, (_pk, address) in zip(results, letter.recipients, strict=True)
        if one.state is not State.SENT
    )
    Event.objects.create(ticket_id=about, name=f"letter.{state}", at=at, letter_id=letter.pk, data={"why": why})


def _session(route: Route) -> SmtpSession:
    if route.session is None or not route.session.alive:
        route.session = open_session(route.account)
    return route.session


def open_session(account: SmtpAccount) -> SmtpSession:
    """A session on the account's server. Raises WireError in the server's words, BrokenSetup, Invalid."""
    endpoint, login = endpoint_of(account), login_of(account)
    if login is None or login.mechanism == "basic":
        return open_smtp(endpoint, login, ehlo_name=ehlo_name())
    return access.signed_in(account, lambda known: open_smtp(endpoint, known, ehlo_name=ehlo_name()), login)


def endpoint_of(account: SmtpAccount) -> Endpoint:
    """Where the account's server is. Raises Invalid or BrokenSetup when the row is wrong."""
    return read_endpoint(account.host, account.port, "smtp", verify_tls=account.verify_tls, ca_pem=ca_of(account))


def login_of(account: SmtpAccount) -> Login | None:
    """Who signs in; None for an account that signs in nowhere. Raises BrokenSetup, and WireError for a token."""
    if signs_in_by(account) in AUTH:
        return access.login(account)
    credentials = smtp_credentials(account)
    return Login(*credentials) if credentials else None


def _trouble(route: Route, error: PostdeskError) -> None:
    """The server cannot be used: the account rests, longer each time, and its page says why."""
    account = route.account
    account.failures += 1
    pause: float = REST[min(account.failures, len(REST)) - 1]
    if isinstance(error, Busy) and error.retry_after:
        pause = error.retry_after
    account.retry_at = now() + dt.timedelta(seconds=pause)
    account.last_error, account.last_error_at = str(error), now()
    account.save(update_fields=["failures", "retry_at", "last_error", "last_error_at"])
    log.warning("deliver.failed", account=account.pk, error=type(error).__name__, failures=account.failures)
    if route.session is not None:
        route.session.close()
        route.session = None


def _well(route: Route) -> None:
    account = route.account
    account.failures, account.retry_at, account.last_success_at = 0, None, now()
    account.save(update_fields=["failures", "retry_at", "last_success_at"])


def _quick_commits(*, on: bool) -> None:
    """Marks and records need not wait for the disk (mailroom.claims says why); everything else does.

    They are planned once: PostgreSQL would otherwise plan each anew, which costs more than running it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET synchronous_commit = {'off' if on else 'on'};"
            f" SET plan_cache_mode = {'force_generic_plan' if on else 'auto'}"
        )
