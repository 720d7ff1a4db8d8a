"""Manage > Organisations: whose people write from which domains, and who looks after them."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.db.models import QuerySet

from postdesk.flow.desk_file import keys
from postdesk.people.models import Agent, Organisation
from postdesk.people.organisations import (
    OrganisationSetup,
    delete_organisation,
    organisation_setup,
    save_organisation,
)
from postdesk.web.panel.choices import ChoosingForm, Options, chooser, notes, people
from postdesk.web.panel.things import DELETE, Thing
from postdesk.web.shared.forms import Section
from postdesk.web.shared.keyed import LinesField
from postdesk.web.shared.tables import Column, Empty


class OrganisationForm(ChoosingForm):
    desk_section = keys.ORGANISATION
    sections: ClassVar = (Section("Organisation", ("name", "domains", "manager", "notes")),)
    name = forms.CharField(max_length=200)
    domains = LinesField(
        help_text="One on each line, like example.org. Whoever writes from one belongs to the organisation, and is "
        "accepted even where unknown senders are not. Subdomains are domains of their own.",
    )
    manager = chooser("Account manager", "Is given the new tickets of its people that no filter or topic gives away.")
    notes = notes()

    def sources(self) -> dict[str, Options]:
        return {"manager": people(Agent.objects.filter(is_active=True), "Nobody")}


def _wanted(row: Organisation | None, values: dict[str, Any]) -> OrganisationSetup:
    return OrganisationSetup(**values)


def _rows() -> QuerySet[Organisation]:
    return Organisation.objects.select_related("manager")


def _warnings(row: Organisation) -> list[str]:
    if row.manager is None or row.manager.is_active:
        return []
    return [f"{row.manager.name} is not active: nothing is given to them."]


ORGANISATIONS: Final = Thing(
    "organisations",
    "organisation",
    "panel/organisations",
    "Organisations",
    "organisation",
    "Companies and institutions whose people write to you, known by the domains of their addresses.",
    Empty(
        "No organisations yet",
        "Tickets from an organisation's domains can go to its account manager at once.",
        "Add organisation",
        "organisation-new",
        "team",
    ),
    _rows,
    (
        Column("name", "Organisation", ("name",)),
        Column("domains", "Domains"),
        Column("manager", "Account manager", ("manager__name",)),
    ),
    OrganisationForm,
    organisation_setup,
    _wanted,
    save_organisation,
    delete_organisation,
    lambda row: ["Its people and their tickets stay."],
    warnings=_warnings,
    acts=(DELETE,),
    search=("name__icontains", "domains__icontains", "manager__name__icontains"),
)
