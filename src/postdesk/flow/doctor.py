"""Is this installation well? A table of questions, each answered with what was found and what to do about it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count

from postdesk.basics.errors import BrokenSetup
from postdesk.mailroom.health import freshness
from postdesk.mailroom.models import Credential, Email, Letter, MailSettings, RemoteMailbox, SpooledMail
from postdesk.mailroom.models.outbox import State
from postdesk.mailroom.models.spool import Outcome
from postdesk.mailroom.secrets import unseal
from postdesk.mailroom.transport import transports

#: PostgreSQL 15.0 as libpq counts versions.
OLDEST_POSTGRESQL = 150_000
LEAST_DISK = 1024**3
#: A letter that should have left so long ago is stuck.
STUCK_AFTER = dt.timedelta(minutes=15)
#: So many are named in a finding; the rest is counted.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question; `remedy` is "" where nothing is wrong."""

    text: str
    remedy: str = ""

    @property
    def is_well(self) -> bool:
        return not self.remedy


@dataclass(frozen=True, slots=True)
class Check:
    """One question; those that read tables are not asked of a database that is away or not migrated."""

    name: str
    sentence: str
    answer: Callable[[dt.datetime], Finding]
    reads_tables: bool = True


def examine(*, at: dt.datetime) -> Iterator[tuple[Check, Finding]]:
    """Ask everything, in order. A failing database makes findings, never an exception."""
    tables_are_there = True
    for check in CHECKS:
        if check.reads_tables and not tables_are_there:
            yield check, Finding("not checked: the database is not ready", "See above.")
            continue
        try:
            finding = check.answer(at)
        except DatabaseError as error:
            finding = Finding(f"the database says: {_first_line(error)}", "Start PostgreSQL, or correct DATABASE_URL.")
        if check.answer in (database_is_there, migrations_are_applied):
            tables_are_there = tables_are_there and finding.is_well
        yield check, finding


def database_is_there(at: dt.datetime) -> Finding:
    connection.ensure_connection()
    version = connection.pg_version  # type: ignore[attr-defined]
    text = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version < OLDEST_POSTGRESQL:
        return Finding(text, "Upgrade to PostgreSQL 15 or newer.")
    return Finding(text)


def migrations_are_applied(at: dt.datetime) -> Finding:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        return Finding(f"{len(plan)} migrations are not applied", "Start postdesk web or worker: both apply them.")
    return Finding("the tables are up to date")


def data_folder_is_writable(at: dt.datetime) -> Finding:
    folder = Path(settings.DATA)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"postdesk")
    except OSError as error:
        return Finding(f"{folder}: {error.strerror}", "Give the user who runs postdesk the right to write there.")
    free = shutil.disk_usage(folder).free
    text = f"{folder}, {free / 1024**3:.1f} GiB free"
    return Finding(text, "" if free >= LEAST_DISK else "Free some disk space: mail cannot be stored on a full disk.")


def secrets_open(at: dt.datetime) -> Finding:
    closed = 0
    for secret in Credential.objects.values_list("secret", flat=True).iterator(chunk_size=500):
        try:
            unseal(bytes(secret))
        except BrokenSetup:
            closed += 1
    count = Credential.objects.count()
    if closed:
        remedy = "Put the old key back behind the new one in POSTDESK_SECRET_KEYS, or enter these passwords again."
        return Finding(f"{closed} of {count} stored passwords cannot be opened", remedy)
    return Finding(f"{count} stored passwords open")


def secret_keys_are_private(at: dt.datetime) -> Finding:
    path = Path(settings.DATA) / "secret.keys"
    if not path.exists():
        return Finding("the secret keys come from POSTDESK_SECRET_KEYS")
    if not os.access(path, os.R_OK):
        return Finding(
            f"{path} cannot be read", "Give the user who runs postdesk, and nobody else, the right to read it."
        )
    if path.stat().st_mode & 0o077:
        return Finding(f"{path} can be read by others", f"chmod 600 {path}")
    return Finding(f"{path} is readable by its owner only")


def base_url_is_sane(at: dt.datetime) -> Finding:
    url = urlsplit(settings.BASE_URL)
    if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment:
        return Finding(
            f"{settings.BASE_URL} is no address of a site", "Set POSTDESK_BASE_URL, e.g. https://desk.example.org."
        )
    return Finding(settings.BASE_URL)


def fetching_is_on(at: dt.datetime) -> Finding:
    mailboxes = RemoteMailbox.objects.filter(status=True).count()
    if not mailboxes:
        return Finding("no mailbox is connected yet")
    if not MailSettings.objects.filter(pk=1, fetching=True).exists():
        remedy = "Switch Email Fetching on: Emails > Settings, or fetching = true in the desk file."
        return Finding(f"fetching is off, and {mailboxes} mailboxes wait", remedy)
    return Finding(f"fetching is on for {mailboxes} mailboxes")


def mailboxes_are_fresh(at: dt.datetime) -> Finding:
    stale: list[str] = []
    paused = count = 0
    rows = RemoteMailbox.objects.filter(status=True).select_related("email").order_by("email__address")
    for mailbox in rows:
        how = freshness(mailbox, at=at)
        count += 1
        paused += how.state == "paused"
        if how.state in {"late", "failing", "never"}:
            stale.append(f"{mailbox.email.address} ({how.state}: {how.text})")
    if stale:
        remedy = "Correct what the server complains of; if all are late or never fetched, start postdesk worker."
        return Finding(f"{len(stale)} of {count}: {_some(stale)}", remedy)
    return Finding(f"{count} mailboxes, {paused} of them paused")


def somebody_can_answer(at: dt.datetime) -> Finding:
    emails = list(Email.objects.order_by("address"))
    if not emails:
        return Finding("the desk has no addresses yet")
    row = MailSettings.objects.filter(pk=1).first()
    if row is None or row.default_email_id is None:
        return Finding("no default email is set", "Set it: Emails > Settings, or default_email in the desk file.")
    routes = transports()
    mute = [email.address for email in emails if routes.account_for(email.pk) is None]
    if mute:
        remedy = "Give them Outgoing (SMTP) of their own, or set a Default MTA."
        return Finding(f"{len(mute)} addresses cannot send: {_some(mute)}", remedy)
    return Finding(f"all {len(emails)} addresses can send")


def outbox_flows(at: dt.datetime) -> Finding:
    waiting = Letter.objects.filter(state__in=(State.QUEUED, State.SENDING), next_try_at__lt=at - STUCK_AFTER)
    stuck, uncertain = waiting.count(), Letter.objects.filter(state=State.UNCERTAIN).count()
    if stuck:
        reason = waiting.exclude(reason="").values_list("reason", flat=True).first() or "no reason is recorded"
        return Finding(f"{stuck} letters wait too long: {reason}", "Is postdesk worker running? See postdesk outbox.")
    if uncertain:
        remedy = "Decide in the outbox whether they arrived: they are never sent again by themselves."
        return Finding(f"{uncertain} letters were perhaps sent", remedy)
    return Finding("no letter is stuck")


def nothing_is_shunted(at: dt.datetime) -> Finding:
    rows = SpooledMail.objects.filter(outcome__in=(Outcome.HELD, Outcome.SHUNTED)).order_by()
    counts = dict(rows.values_list("outcome").annotate(Count("id")))
    held, shunted = counts.get(Outcome.HELD, 0), counts.get(Outcome.SHUNTED, 0)
    text = f"{held} messages held for review, {shunted} failed"
    return Finding(text, "See postdesk held; retry them after an update, or make tickets of them." if shunted else "")


def _some(names: list[str]) -> str:
    more = f", and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


CHECKS: Final = (
    Check("database", "The database answers and is new enough.", database_is_there, reads_tables=False),
    Check("migrations", "The tables are those of this version.", migrations_are_applied, reads_tables=False),
    Check("data folder", "The data folder can be written and has room.", data_folder_is_writable, reads_tables=False),
    Check("secret keys", "Nobody else can read the secret keys.", secret_keys_are_private, reads_tables=False),
    Check("passwords", "Every stored password can be opened.", secrets_open),
    Check("base URL", "The address of the site makes sense.", base_url_is_sane, reads_tables=False),
    Check("fetching", "Fetching is switched on where mailboxes wait for it.", fetching_is_on),
    Check("mailboxes", "Every mailbox that is switched on is fetched in time.", mailboxes_are_fresh),
    Check("sending", "There is a default email, and every address can send.", somebody_can_answer),
    Check("outbox", "No letter is stuck or uncertain.", outbox_flows),
    Check("held mail", "No message failed to be taken in.", nothing_is_shunted),
)
