"""Whatever can be set on a screen is a key of the desk file, and the other way round, with the same validation."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django import forms

from postdesk.flow.desk_file import keys
from postdesk.flow.desk_file.key import Key, Section
from postdesk.web.panel.agent_things import AgentForm
from postdesk.web.panel.bans import BanForm
from postdesk.web.panel.desk_things import CannedForm, HelpTopicForm
from postdesk.web.panel.email_forms import AccountForm, MailboxForm, SmtpForm
from postdesk.web.panel.email_settings import SettingsForm
from postdesk.web.panel.filter_form import ActionForm as FilterActionForm
from postdesk.web.panel.filter_form import FilterForm, RuleForm, RunningForm
from postdesk.web.panel.notice_settings import AlertForm, AutoresponderForm
from postdesk.web.panel.oauth2_forms import OAuth2Form
from postdesk.web.panel.organisations import OrganisationForm
from postdesk.web.panel.service_things import PriorityForm, ScheduleForm, SlaForm
from postdesk.web.panel.staff_things import DepartmentForm, RoleForm, TeamForm
from postdesk.web.panel.template_editor import TemplateForm
from postdesk.web.panel.template_sets import TemplateSetForm

pytestmark = pytest.mark.django_db

Forms = Sequence[type[forms.Form]]
#: One Status on the screen, two marks in the file.
STATUS = ({"status"}, {"active", "archived"})
NOTHING: tuple[set[str], set[str]] = (set(), set())

#: Section, its forms, and (what only the screen has, what only the file has) under that name.
SCREENS: tuple[tuple[Section, Forms, tuple[set[str], set[str]]], ...] = (
    (keys.SETTINGS, (SettingsForm,), NOTHING),
    (keys.NOTICES, (AutoresponderForm, AlertForm), NOTHING),
    # A new set may take over the messages of another: afterwards they are its own.
    (keys.TEMPLATE_SET, (TemplateSetForm,), ({"copied"}, set())),
    # The page's address says which set and message.
    (keys.TEMPLATE, (TemplateForm,), (set(), {"set", "message"})),
    (keys.PRIORITY, (PriorityForm,), (set(), {"key"})),
    (keys.SCHEDULE, (ScheduleForm,), NOTHING),
    (keys.SLA, (SlaForm,), NOTHING),
    (keys.ROLE, (RoleForm,), NOTHING),
    (keys.DEPARTMENT, (DepartmentForm,), STATUS),
    # Where an agent works is a table of boxes; `primary` is its row of buttons.
    (keys.AGENT, (AgentForm,), ({"primary"}, {"departments"})),
    (keys.TEAM, (TeamForm,), NOTHING),
    (keys.ORGANISATION, (OrganisationForm,), NOTHING),
    (keys.HELP_TOPIC, (HelpTopicForm,), STATUS),
    (keys.CANNED_RESPONSE, (CannedForm,), NOTHING),
    (keys.EMAIL, (AccountForm,), NOTHING),
    (keys.MAILBOX, (MailboxForm,), NOTHING),
    (keys.SMTP, (SmtpForm,), NOTHING),
    (keys.MAILBOX_OAUTH2, (OAuth2Form,), NOTHING),
    (keys.SMTP_OAUTH2, (OAuth2Form,), NOTHING),
    # Filters are moved up and down in their list.
    (keys.FILTER, (FilterForm, RunningForm), (set(), {"order"})),
    (keys.FILTER_RULE, (RuleForm,), NOTHING),
    # What an action sets is a list of its own for each kind of thing: departments, agents, ...
    (keys.FILTER_ACTION, (FilterActionForm,), (set(), {"target"})),
    (keys.BAN, (BanForm,), NOTHING),
)


def made(form: type[forms.Form], **typed: str) -> forms.Form:
    """The form, empty or as it is sent with these values."""
    return form(typed or None, targets={}) if form is FilterActionForm else form(typed or None)


def test_every_section_of_the_desk_file_has_its_screen() -> None:
    # The table of boxes on an agent's page is `agent.access`.
    assert {section.path for section, _, _ in SCREENS} | {"agent.access"} == {one.path for one in keys.SECTIONS}


@pytest.mark.parametrize(("section", "screens", "apart"), SCREENS, ids=[one[0].path for one in SCREENS])
def test_a_screen_and_its_section_say_the_same(
    section: Section, screens: Forms, apart: tuple[set[str], set[str]]
) -> None:
    # Fields with a number belong to the table of an agent's page: a line for each department.
    on_screen = {name for form in screens for name in made(form).fields if not name[-1].isdigit()}
    in_file = {key.name for key in section.keys}
    assert (on_screen - in_file, in_file - on_screen) == apart


LIMITED = [
    (section, form, key)
    for section, screens, _ in SCREENS
    for form in screens
    for key in section.keys
    if key.name in form.base_fields and (key.between or key.type == "lines")
]


@pytest.mark.parametrize(("section", "form", "key"), LIMITED, ids=[f"{one[0].path}.{one[2].name}" for one in LIMITED])
def test_what_the_file_limits_the_screen_limits(section: Section, form: type[forms.Form], key: Key) -> None:
    too_much = str(key.between[1] + 1) if key.between else "x" * (key.longest + 1)
    said = " ".join(str(error) for error in made(form, **{key.name: too_much}).errors.get(key.name, []))
    assert any(words in said for words in ("must be between", "must not be longer than", "has at most")), said
