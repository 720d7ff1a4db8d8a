"""Organisations: what may be said of one, and who belongs to it."""

from __future__ import annotations

import pytest

from postdesk.basics.errors import Problems
from postdesk.people.models import Agent, AuditEntry, Organisation
from postdesk.people.organisations import (
    OrganisationSetup,
    delete_organisation,
    managers,
    organisation_of,
    save_organisation,
)
from tests.support.desk import AT

pytestmark = pytest.mark.django_db


def made(**fields) -> Organisation:
    row, _ = save_organisation(None, OrganisationSetup(**{"name": "Acme", **fields}), by="test", at=AT)
    return row


def wrong(row: Organisation | None, **fields) -> list[tuple[str, str]]:
    with pytest.raises(Problems) as refusal:
        save_organisation(row, OrganisationSetup(**{"name": "Acme", **fields}), by="test", at=AT)
    return [(problem.field, problem.message) for problem in refusal.value.problems]


def test_c6_domains_are_kept_in_one_shape_and_decide_who_belongs_to_it():
    row = made(domains=(" @Acme.Example ", "acme.test.", "acme.example", "bücher.example"))
    assert row.domains == ["acme.example", "acme.test", "bücher.example"]
    assert organisation_of("Carol@ACME.test") == row
    assert organisation_of("carol@sub.acme.test") is None
    assert managers({"acme.test", "other.test"}).keys() >= {"acme.test"}
    assert managers({"other.test"}) == managers(set()) == {}


def test_c6_what_is_no_domain_or_somebody_elses_is_refused_beside_its_field_and_nothing_is_saved():
    made(domains=("acme.example",))
    for bad in ("acme", "a b.example", "carol@acme.example", "-x.example", "x..example", "a" * 260 + ".example"):
        assert wrong(None, name="Other", domains=(bad,)) == [("domains", f"“{bad}” is not a domain, like example.org")]
    taken = "acme.example belongs to the organisation Acme already"
    assert wrong(None, name="Other", domains=("ACME.example",)) == [("domains", taken)]
    assert wrong(None) == [("name", "Organisation “Acme” already exists")]
    assert wrong(None, name="Other", manager="x@y.test") == [("manager", "There is no active agent x@y.test")]
    assert Organisation.objects.count() == 1


def test_an_account_manager_who_is_not_active_any_more_may_stay_but_not_be_chosen():
    ann = Agent.objects.hire(email="ann@example.net", name="Ann", password=None, at=AT)
    row = made(manager="ANN@example.net")
    assert row.manager == ann
    Agent.objects.update(is_active=False)
    save_organisation(row, OrganisationSetup("Acme Ltd", manager="ann@example.net"), by="test", at=AT)
    assert wrong(None, name="Other", manager="ann@example.net")[0][0] == "manager"


def test_changing_and_deleting_is_in_the_audit_log():
    row = made(domains=("acme.example",))
    save_organisation(row, OrganisationSetup("Acme", ("acme.test",)), by="test", at=AT)
    save_organisation(row, OrganisationSetup("Acme", ("acme.test",)), by="test", at=AT)
    delete_organisation(row, by="test", at=AT)
    assert [(one.verb, one.before.get("domains"), one.after.get("domains")) for one in AuditEntry.objects.all()] == [
        ("deleted", ["acme.test"], None),
        ("changed", ["acme.example"], ["acme.test"]),
        ("created", None, ["acme.example"]),
    ]
