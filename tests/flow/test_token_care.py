"""The upkeep of authorisations: warnings in time, the daily rehearsal, consents that nobody finished."""

from __future__ import annotations

import datetime as dt

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from postdesk.flow import consents
from postdesk.flow.tokens.care import care
from postdesk.mailroom.authorisations import OAuth2Setup
from postdesk.mailroom.models import Alert, Authorisation, Consent, Letter
from postdesk.mailroom.models.authorisations import Standing
from postdesk.mailroom.secrets import seal
from tests.support.authorised import CALLBACK, signs_in_with
from tests.support.desk import AT, Desk, a_desk

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def desk() -> Desk:
    return a_desk()


def authorised(desk: Desk, **columns: object) -> Authorisation:
    row = signs_in_with(desk.mailbox, OAuth2Setup(client_id="an id", client_secret="x"), "oauth2-google")
    given = {"standing": Standing.OK, "proven_at": AT, "refresh_token": seal("r"), **columns}
    Authorisation.objects.filter(pk=row.pk).update(**given)
    row.refresh_from_db()
    return row


def subjects() -> list[str]:
    return [*Letter.objects.order_by("pk").values_list("subject", flat=True)]


def jobs(name: str) -> int:
    return ProcrastinateJob.objects.filter(task_name=f"postdesk.{name}").count()


def test_k6_a_secret_is_warned_of_thirty_fourteen_seven_and_one_days_before_once_each(desk: Desk) -> None:
    ends = (AT + 40 * DAY).date()
    authorised(desk, secret_expires_on=ends.isoformat(), proven_at=AT + 60 * DAY)
    told = []
    for day in range(45):
        before = len(subjects())
        care(at=AT + day * DAY)
        care(at=AT + day * DAY)
        if len(subjects()) > before:
            told.append(40 - day)
    assert told == [30, 14, 7, 1]
    assert subjects() == ["The sign-in of support@desk.test expires soon"] * 4
    alert = Alert.objects.get(kind="token.expiring", recovered_at=None)
    assert ends.isoformat() in alert.text


def test_k6_a_new_secret_ends_the_warning(desk: Desk) -> None:
    row = authorised(desk, secret_expires_on=(AT + 5 * DAY).date().isoformat())
    care(at=AT)
    assert Alert.objects.filter(recovered_at=None).count() == 1
    Authorisation.objects.filter(pk=row.pk).update(secret_expires_on=(AT + 400 * DAY).date().isoformat())

    care(at=AT)

    assert not Alert.objects.filter(recovered_at=None).exists()


def test_k6_a_refresh_token_that_ends_soon_is_warned_of(desk: Desk) -> None:
    authorised(desk, refresh_expires_at=AT + 6 * DAY)

    care(at=AT)

    assert "The consent expires on" in Alert.objects.get().text


def test_k6_a_token_is_rehearsed_once_a_day(desk: Desk) -> None:
    authorised(desk)
    care(at=AT + dt.timedelta(hours=23))
    assert jobs("refresh") == 0
    care(at=AT + dt.timedelta(hours=25))
    assert jobs("refresh") == 1


@pytest.mark.parametrize("standing", [Standing.NEEDED, Standing.REFUSED])
def test_k6_nobody_asks_for_what_waits_for_a_person(desk: Desk, standing: Standing) -> None:
    authorised(desk, standing=standing)

    care(at=AT + 3 * DAY)

    assert jobs("refresh") == 0


def test_k2_a_consent_that_nobody_finished_is_over_and_holds_no_secret(desk: Desk) -> None:
    row = authorised(desk)
    consents.begin(row, redirect_uri=CALLBACK, by=None, at=AT)

    care(at=AT + dt.timedelta(hours=1))

    consent = Consent.objects.get()
    assert (consent.stage, consent.verifier, consent.code) == ("ended", None, None)
    care(at=AT + 40 * DAY)
    assert not Consent.objects.exists()


def test_k2_a_consent_whose_worker_died_goes_on(desk: Desk) -> None:
    row = authorised(desk)
    begun = consents.begin(row, redirect_uri=CALLBACK, by=None, at=AT)
    consents.answered(begun.state, code="c", error="", description="", at=AT)
    ProcrastinateJob.objects.all()._raw_delete("default")

    care(at=AT)

    assert jobs("authorise") == 1


def test_k6_of_a_connection_that_uses_a_password_again_nobody_hears(desk: Desk) -> None:
    authorised(desk, secret_expires_on=(AT + 5 * DAY).date().isoformat())
    desk.mailbox.auth = "basic"
    desk.mailbox.save()

    care(at=AT + 3 * DAY)

    assert jobs("refresh") == 0
    assert not Alert.objects.exists()
