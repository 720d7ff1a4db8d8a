"""Tell the administrator once that a connection waits for a person, before something expires, and when all is well."""

from __future__ import annotations

import datetime as dt

from postdesk import jobs
from postdesk.flow.administrator import tell_administrator
from postdesk.mailroom.models import Alert, Authorisation, MailSettings, RemoteMailbox, SmtpAccount
from postdesk.mailroom.models.connections import SmtpAuth
from postdesk.tickets.notices import MailboxScene, Scene, Words
from postdesk.tickets.voice import voice

NEEDED, EXPIRING = "token.needed", "token.expiring"


def stopped(row: Authorisation, *, at: dt.datetime) -> bool:
    """Nothing signs in until somebody acts: one alert and one letter. False when that was told already."""
    return _raise(NEEDED, _about(row), row, row.failure, at=at)


def works_again(row: Authorisation, *, at: dt.datetime) -> None:
    """Tokens come again: close the alert, say so once, and let mail flow at once."""
    closed = Alert.objects.filter(kind=NEEDED, about=_about(row), recovered_at__isnull=True).update(recovered_at=at)
    if closed:
        tell_administrator(_words("token.recovered", row, ""), at=at)
    _let_flow(row)


def warn(row: Authorisation, what: str, days: int, sentence: str, *, at: dt.datetime) -> bool:
    """`what` ("secret 2027-11-01") expires in so many days: told once for each step. False when it was already."""
    about = f"{_about(row)}:{what}:{days}"
    if Alert.objects.filter(kind=EXPIRING, about=about).exists():
        return False
    # Of several warnings about one credential only the last stands.
    expired = Alert.objects.filter(kind=EXPIRING, about__startswith=f"{_about(row)}:{what.partition(' ')[0]} ")
    expired.filter(recovered_at__isnull=True).update(recovered_at=at)
    return _raise(EXPIRING, about, row, sentence, at=at)


def calm(row: Authorisation, what: str, *, at: dt.datetime) -> None:
    """Nothing of this kind ("secret", "consent") is about to expire any more: its warnings are over."""
    about = f"{_about(row)}:{what} "
    Alert.objects.filter(kind=EXPIRING, about__startswith=about, recovered_at__isnull=True).update(recovered_at=at)


def _raise(kind: str, about: str, row: Authorisation, sentence: str, *, at: dt.datetime) -> bool:
    words = _words(kind, row, sentence)
    _alert, made = Alert.objects.get_or_create(
        kind=kind, about=about, recovered_at=None, defaults={"text": words.text, "raised_at": at}
    )
    if made:
        tell_administrator(words, at=at)
    return made


def _about(row: Authorisation) -> str:
    return f"authorisation:{row.pk}"


def _words(code: str, row: Authorisation, sentence: str) -> Words:
    speaking = voice()
    scene = Scene(mailbox=MailboxScene(row.connection.email.address, row.failures, sentence), url=speaking.url)
    return speaking.words(code, scene, department=None)


def _let_flow(row: Authorisation) -> None:
    """Forget the failures of whatever signs in with it, and wake it."""
    calm_ = {"failures": 0, "last_error": "", "last_error_at": None}
    email = row.connection.email_id
    accounts = SmtpAccount.objects.filter(email=email)
    if row.mailbox_id is not None:
        RemoteMailbox.objects.filter(pk=row.mailbox_id).update(**calm_, next_fetch_at=None)
        accounts = accounts.filter(auth=SmtpAuth.MAILBOX)
        fetched = RemoteMailbox.objects.filter(pk=row.mailbox_id, status=True, paused_at__isnull=True).exists()
        if fetched and MailSettings.objects.filter(pk=1, fetching=True).exists():
            jobs.defer("fetch", mailbox=row.mailbox_id)
    for account in accounts.filter(status=True, paused_at__isnull=True):
        SmtpAccount.objects.filter(pk=account.pk).update(**calm_, retry_at=None)
        jobs.defer("deliver", account=account.pk)
