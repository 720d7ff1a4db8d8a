"""The audit log says who changed what from what to what, and never a secret."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postdesk.basics.changes import Change
from postdesk.people import audit
from postdesk.people.models import AuditEntry
from tests.support import builders

AT = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)


def test_only_what_differs_is_kept_with_both_values() -> None:
    before = {"name": "Support", "active": True, "sla": ""}
    after = {"name": "Help", "active": True, "sla": "Gold"}

    assert audit.difference(before, after) == ({"name": "Support", "sla": ""}, {"name": "Help", "sla": "Gold"})


def test_what_is_new_stands_on_one_side_and_what_is_gone_on_the_other() -> None:
    assert audit.difference({}, {"name": "Help"}) == ({}, {"name": "Help"})
    assert audit.difference({"name": "Help"}, {}) == ({"name": "Help"}, {})


@pytest.mark.parametrize("key", ["password", "client_secret", "refresh_token", "API_KEY", "smtp_passphrase"])
def test_a_secret_is_only_said_to_have_changed(key: str) -> None:
    assert audit.difference({key: "hunter2"}, {key: "hunter3"}) == ({}, {key: "changed"})
    assert audit.difference({key: "hunter2"}, {}) == ({}, {key: "changed"})
    assert audit.difference({key: None}, {key: ""}) == ({}, {})


@given(st.text(min_size=12), st.text(min_size=12))
def test_no_secret_gets_in_however_deep_it_lies(one: str, other: str) -> None:
    before: dict[str, object] = {"auth": {"oauth": {"token": one}}, "accounts": [{"password": one, "host": "a"}]}
    after: dict[str, object] = {"auth": {"oauth": {"token": other}}, "accounts": [{"password": other, "host": "b"}]}

    assert one not in str(audit.difference(before, after))
    assert audit.difference({}, after)[1] == {
        "auth": {"oauth": {"token": "changed"}},
        "accounts": [{"password": "changed", "host": "b"}],
    }


def test_dicts_inside_are_compared_key_by_key() -> None:
    before: dict[str, Any] = {"permissions": {"ticket.close": True, "ticket.reply": True}}
    after: dict[str, Any] = {"permissions": {"ticket.close": False, "ticket.reply": True}}

    assert audit.difference(before, after) == (
        {"permissions": {"ticket.close": True}},
        {"permissions": {"ticket.close": False}},
    )


def test_values_become_what_json_can_hold() -> None:
    _, after = audit.difference({}, {"since": AT, "teams": frozenset({"b", "a"}), "raw": b"123", "text": "a\x00b"})

    assert after == {"since": AT.isoformat(), "teams": ["a", "b"], "raw": "3 bytes", "text": "ab"}


def test_what_an_operation_reports_can_be_recorded_as_it_is() -> None:
    before: dict[str, object] = {"name": "A"}
    changes = (Change("name", "A", "B"), Change("password", secret=True))

    assert audit.with_changes(before, changes) == {"name": "B", "password": "changed"}


@pytest.mark.django_db
def test_a_change_is_recorded_with_who_and_when_and_outlives_them() -> None:
    alice = builders.alice()
    about = audit.thing_of(builders.a_department("Support", is_default=True))

    audit.record(by=alice, at=AT, verb="changed", of=about, label="Support", before={"sla": ""}, after={"sla": "Gold"})
    alice.delete()

    row = AuditEntry.objects.get()
    assert (row.actor, row.agent, row.at, row.verb) == ("Alice Moreau", None, AT, "changed")
    assert (row.kind, row.object_id, row.label) == ("department", about.pk, "Support")
    assert (row.before, row.after) == ({"sla": ""}, {"sla": "Gold"})


@pytest.mark.django_db
def test_a_change_of_nothing_is_not_recorded_and_the_desk_file_can_be_the_one() -> None:
    thing = audit.Thing("settings")
    assert (
        audit.record(by=audit.DESK_FILE, at=AT, verb="changed", of=thing, label="Settings", before={}, after={}) is None
    )

    row = audit.record(by=audit.DESK_FILE, at=AT, verb="changed", of=thing, label="Settings", after={"fetching": True})

    assert row is not None
    assert (row.actor, row.agent, row.object_id) == ("postdesk apply", None, None)
