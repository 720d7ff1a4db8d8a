"""Rows H2 and I: template sets, their messages, and the notice settings, by operations and by the desk file."""

from __future__ import annotations

import datetime as dt

import pytest

from postdesk.basics.errors import Problems, Refused
from postdesk.flow.desk_file import apply_file
from postdesk.tickets import wording
from postdesk.tickets.models import Department, NoticeSettings, Template, TemplateSet
from postdesk.tickets.notice_preferences import (
    NoticePreferences,
    notice_preferences,
    notice_settings,
    save_notice_preferences,
)
from postdesk.tickets.notices import Person, Scene, Source, TicketScene, stock
from postdesk.tickets.phrases import phrases
from postdesk.tickets.wording import TemplateSetSetup, save_template, save_template_set

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
SCENE = Scene(ticket=TicketScene(7, "Lamp", Person("Carol", "carol@example.com")), recipient=Person("Carol"))


def a_set(name: str = "Bikes", **more: object) -> TemplateSet:
    return save_template_set(None, TemplateSetSetup(name, **more), by="test", at=AT)[0]  # type: ignore[arg-type]


def test_a_set_says_its_own_words_and_else_the_stock_of_its_language() -> None:
    german = a_set(language="de")
    save_template(german, "ticket.autoresp", Source("Angekommen: %{ticket.number}", "<p>Danke.</p>"), by="test", at=AT)
    speaking = phrases(None)

    assert speaking.words("ticket.autoresp", SCENE, template_set=german.pk).subject == "Angekommen: 7"
    assert "antworten so bald" in speaking.words("message.autoresp", SCENE, template_set=german.pk).text
    assert "Thank you".lower() in speaking.words("ticket.autoresp", SCENE, template_set=None).text.lower()


def test_a_department_without_a_set_speaks_by_the_default_set() -> None:
    german = a_set(language="de")
    settings = notice_settings()
    save_notice_preferences(settings, NoticePreferences(default_template_set="Bikes"), by="test", at=AT)

    assert "Guten Tag" in phrases(settings).words("ticket.autoresp", SCENE, template_set=None).text
    assert german.language == "de"


def test_words_equal_to_the_stock_are_not_kept_and_reverting_takes_the_stock_again() -> None:
    row = a_set()
    save_template(row, "ticket.reply", Source("Mine", "<p>%{response}</p>"), by="test", at=AT)
    assert Template.objects.get().subject == "Mine"

    assert save_template(row, "ticket.reply", stock("en", "ticket.reply"), by="test", at=AT)
    assert not Template.objects.exists()

    save_template(row, "ticket.reply", Source("Mine", "<p>%{response}</p>"), by="test", at=AT)
    assert wording.revert_template(row, "ticket.reply", by="test", at=AT)
    assert wording.source_of(row, "ticket.reply") == stock("en", "ticket.reply")
    assert not wording.revert_template(row, "ticket.reply", by="test", at=AT)


def test_a_template_with_an_unknown_variable_changes_nothing() -> None:
    row = a_set()

    with pytest.raises(Problems, match=r"ticket\.colour"):
        save_template(row, "ticket.reply", Source("x", "<p>%{ticket.colour}</p>"), by="test", at=AT)
    with pytest.raises(Problems, match="there is no message"):
        save_template(row, "ticket.unheard", Source("x", "<p>y</p>"), by="test", at=AT)
    assert not Template.objects.exists()


def test_a_set_that_is_used_can_be_neither_switched_off_nor_deleted() -> None:
    row = a_set()
    Department.objects.filter(is_default=True).update(template_set=row)
    name = Department.objects.get(is_default=True).name

    with pytest.raises(Problems, match=f"used by the department {name}") as caught:
        save_template_set(row, TemplateSetSetup("Bikes", active=False), by="test", at=AT)
    assert caught.value.problems[0].field == "active"
    with pytest.raises(Refused, match="cannot be deleted"):
        wording.delete_template_set(row, by="test", at=AT)

    Department.objects.update(template_set=None)
    NoticeSettings.objects.update_or_create(pk=1, defaults={"default_template_set": row})
    with pytest.raises(Refused, match="Default Template Set"):
        wording.delete_template_set(row, by="test", at=AT)

    NoticeSettings.objects.update(default_template_set=None)
    wording.delete_template_set(row, by="test", at=AT)
    assert not TemplateSet.objects.exists()


@pytest.mark.parametrize(
    ("setup", "field"),
    [
        (TemplateSetSetup("  "), "name"),
        (TemplateSetSetup("x" * 65), "name"),
        (TemplateSetSetup("bikes"), "name"),
        (TemplateSetSetup("New", language="xx"), "language"),
    ],
)
def test_a_set_that_makes_no_sense_is_refused_with_its_field(setup, field) -> None:
    a_set()

    with pytest.raises(Problems) as caught:
        save_template_set(None, setup, by="test", at=AT)
    assert caught.value.problems[0].field == field
    assert TemplateSet.objects.count() == 1


def test_a_new_set_can_take_over_the_messages_of_another() -> None:
    row = a_set()
    save_template(row, "ticket.reply", Source("Mine", "<p>%{response}</p>"), by="test", at=AT)
    copy, _ = save_template_set(None, TemplateSetSetup("Copy"), by="test", at=AT, copied=row)

    assert wording.source_of(copy, "ticket.reply").subject == "Mine"


def test_i_settings_begin_as_the_table_of_alerts_says() -> None:
    assert notice_preferences(notice_settings()) == NoticePreferences()


def test_i_an_alert_that_is_on_must_go_to_somebody() -> None:
    with pytest.raises(Problems, match=r"Select recipient\(s\)") as caught:
        save_notice_preferences(notice_settings(), NoticePreferences(overdue_alert_to=()), by="test", at=AT)
    assert caught.value.problems[0].field == "overdue_alert_to"
    with pytest.raises(Problems, match="team_lead cannot be a recipient"):
        save_notice_preferences(notice_settings(), NoticePreferences(ticket_alert_to=("team_lead",)), by="test", at=AT)
    save_notice_preferences(
        notice_settings(), NoticePreferences(overdue_alert=False, overdue_alert_to=()), by="test", at=AT
    )
    assert notice_settings().overdue_alert is False


FILE = """
[notices]
default_template_set = "Bikes"
overlimit_notice = true
ticket_alert_to = ["members", "manager"]

[[template_set]]
name = "Bikes"
language = "de"

[[template]]
set = "bikes"
message = "ticket.autoresp"
subject = "Angekommen [#%{ticket.number}]"

[[department]]
name = "Workshop"
template_set = "Bikes"
"""


def test_the_desk_file_makes_sets_messages_and_notices_and_a_second_run_nothing() -> None:
    said = apply_file(FILE, at=AT)

    assert "template set Bikes: created" in said
    assert any(line.startswith("template ticket.autoresp of bikes: subject") for line in said)
    row = TemplateSet.objects.get()
    assert wording.source_of(row, "ticket.autoresp").html == stock("de", "ticket.autoresp").html
    assert Department.objects.get(name="Workshop").template_set == row
    settings = notice_settings()
    assert (settings.default_template_set, settings.overlimit_notice) == (row, True)
    assert settings.ticket_alert_to == ["manager", "members"]
    assert apply_file(FILE, at=AT) == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[notices]\nticket_alert_to = ["everybody"]', "notices.ticket_alert_to: must be some of admin"),
        ("[notices]\nmessage_alert_to = []", "notices.message_alert_to: Select recipient(s)"),
        ('[notices]\ndefault_template_set = "Gone"', 'there is no template set "Gone"'),
        ('[[template_set]]\nname = "A"\nlanguage = "xx"', "template_set[1].language: must be one of"),
        (
            '[[template_set]]\nname = "A"\n[[template]]\nset = "A"\nmessage = "ticket.reply"\nhtml = "%{ticket.no}"',
            "template[1].html: %{ticket.no} is not known",
        ),
        ('[[template]]\nset = "A"\nmessage = "nothing"', "template[1].message: must be one of"),
        (
            '[notices]\ndefault_template_set = "A"\n[[template_set]]\nname = "A"\nactive = false',
            "template_set[1].active: cannot be switched off: it is used by the default template set",
        ),
    ],
)
def test_the_desk_file_names_what_is_wrong_and_changes_nothing(text, problem) -> None:
    with pytest.raises(Refused) as caught:
        apply_file(text, at=AT)

    assert any(problem in line for line in caught.value.fields["problems"]), caught.value.fields["problems"]
    assert not TemplateSet.objects.exists()
