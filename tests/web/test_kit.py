"""The form kit and the list kit: what every screen of the Admin Panel relies on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django import forms
from django.template import Context, Template
from django.test import Client, RequestFactory
from playwright.sync_api import Page, expect

from postdesk.basics.errors import Invalid, Problems, Refused
from postdesk.people.models import Agent
from postdesk.web.panel.navigation import NAVIGATION, links
from postdesk.web.shared.forms import PanelForm, SecretField, Section, Tab, Tabs, beside
from postdesk.web.shared.tables import Column, Empty, Listing, chosen
from tests.support import builders
from tests.web.conftest import accessible, sign_in

Open = Callable[..., Page]


class Sample(PanelForm):
    sections: ClassVar[tuple[Section, ...]] = (Section("Where", (("host", "port"),)),)
    host = forms.CharField(help_text="The server.")
    port = forms.IntegerField(required=False)
    password = SecretField(set_at=builders.NOON)


def drawn(template: str, **context: object) -> str:
    return Template(template).render(Context(context))


def test_help_and_error_are_tied_to_the_control() -> None:
    form = Sample({"host": "", "port": "x"}, prefix="mailbox")
    html = drawn("{% form_fields form %}", form=form)
    control = re.search(r'<input[^>]*name="mailbox-host"[^>]*>', html)
    assert control is not None
    assert 'aria-invalid="true"' in control[0]
    assert 'aria-describedby="id_mailbox-host_helptext id_mailbox-host_error"' in control[0]
    assert 'id="id_mailbox-host_helptext"' in html
    assert 'id="id_mailbox-host_error"' in html


def test_every_error_stands_in_the_summary_with_a_link_to_its_field() -> None:
    html = drawn("{% problems form %}", form=Sample({"host": "", "port": "x"}))
    assert "2 things need a look" in html
    assert '<a href="#id_host">Host</a>' in html
    assert '<a href="#id_port">Port</a>' in html
    assert drawn("{% problems form %}", form=Sample()).strip() == ""


def test_a_secret_is_never_written_into_a_page() -> None:
    html = drawn("{% form_fields form %}", form=Sample({"password": "hunter2hunter2"}))
    assert "hunter2" not in html
    assert "23 November 2026" in html


def test_fields_that_no_section_names_are_drawn_all_the_same() -> None:
    assert [section.title for section in Sample().laid_out()] == ["Where", ""]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("refusal", "errors"),
    [
        (Invalid("port", "No such port."), {"port": ["No such port."]}),
        (Invalid("email.mailbox.port", "No such port."), {"port": ["No such port."]}),
        (Refused("The desk is closed."), {"__all__": ["The desk is closed."]}),
        (Invalid("weather", "It rains."), {"__all__": ["It rains."]}),
        (
            Problems([Invalid("host", "None."), Invalid("port", "None either.")]),
            {"host": ["None."], "port": ["None either."]},
        ),
    ],
)
def test_what_an_operation_refuses_stands_beside_its_field(refusal: Refused, errors: dict[str, list[str]]) -> None:
    form = Sample({"host": "a"})
    with beside(form):
        raise refusal
    assert form.errors == errors


@pytest.mark.django_db
def test_the_form_with_the_prefix_is_preferred() -> None:
    mailbox, smtp = Sample({"mailbox-host": "a"}, prefix="mailbox"), Sample({"smtp-host": "a"}, prefix="smtp")
    with beside(mailbox, smtp):
        raise Invalid("smtp.port", "No such port.")
    assert not mailbox.errors
    assert smtp.errors == {"port": ["No such port."]}


@pytest.mark.django_db
def test_nothing_of_a_refused_operation_is_saved() -> None:
    with beside(Sample({"host": "a"})):
        builders.alice()
        raise Invalid("host", "No.")
    assert not Agent.objects.exists()


def test_the_first_tab_with_an_error_is_the_open_one() -> None:
    right, wrong = Tab("a", "A", (Sample({"host": "x"}),)), Tab("b", "B", (Sample({}),))
    assert Tabs((right, wrong), asked="a").open == "b"
    assert Tabs((right,), asked="a").open == "a"
    assert Tabs((right,), asked="nonsense").open == "a"


def listing(query: str = "", **options: Any) -> Listing[Agent]:
    return Listing(
        request=RequestFactory().get(f"/agents{query}"),
        rows=Agent.objects.all(),
        columns=(Column("name", "Name", ("name",)), Column("role", "Role")),
        row_template="shared/kit/sample_row.html",
        noun="agent",
        empty=Empty("Nobody", "Hire somebody."),
        search=("name__icontains",),
        first="name",
        **options,
    )


@pytest.fixture
def agents(db: None) -> None:
    for number in range(30):
        Agent.objects.hire(email=f"a{number}@desk.example", name=f"Agent {number:02}", password=None, at=builders.NOON)


def test_a_list_is_cut_into_pages_of_25(agents: None) -> None:
    first, second = listing(), listing("?page=2")
    assert (len(first.page), len(second.page)) == (25, 5)
    assert (first.after, first.before, second.before) == ("?page=2", "", "?page=1")
    assert len(listing("?page=99").page) == 5
    assert len(listing("?page=x").page) == 25


def test_a_list_is_sorted_and_the_head_says_so(agents: None) -> None:
    down = listing("?sort=-name&page=2")
    assert down.page[0].name == "Agent 04"
    assert [(head.sorted, head.link) for head in down.headings] == [("descending", "?sort=name"), ("none", "")]
    assert listing("?sort=password").sort == "name"


def test_a_list_is_searched_and_keeps_its_sorting(agents: None) -> None:
    found = listing("?q=Agent+1&sort=-name")
    assert found.page.paginator.count == 10
    assert found.everything == "?sort=-name"
    assert found.headings[0].link == "?q=Agent+1&sort=name"
    assert listing("?q=%00").query == ""


def test_only_numbers_are_chosen_rows() -> None:
    request = RequestFactory().post("/", {"row": ["1", "x", "-2", "٣", "9" * 40]})
    assert chosen(request) == [1, int("9" * 18)]


def test_the_navigation_shows_what_exists_and_marks_where_one_is(db: None) -> None:
    shown = links(builders.alice(), "/panel/mailboxes/7")
    assert [link.item.label for _label, group in shown for link in group if link.is_current] == ["Mailboxes"]
    assert all(link.url for _label, group in shown for link in group)
    assert [label for label, _group in links(builders.bob(), "/")] == ["Mail"]
    names = [item.name for group in NAVIGATION for item in group.items]
    assert len(names) == len(set(names))


def test_the_way_into_the_panel_leads_to_its_first_page(alice: Client) -> None:
    response = alice.get("/panel")
    assert response.headers["Location"] == links(builders.alice(), "")[0][1][0].url


@pytest.fixture
def page(open_page: Open) -> Page:
    page = open_page()
    sign_in(page, builders.alice())
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_component_is_accessible(scheme: str, width: int, open_page: Open) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    sign_in(page, builders.alice())
    page.goto("/style-guide")
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_tabs_are_walked_with_arrows_and_opened_from_the_summary(page: Page) -> None:
    page.goto("/style-guide")
    right, wrong = page.get_by_role("tab", name="All is well"), page.get_by_role("tab", name="Something is wrong")
    expect(wrong).to_have_attribute("aria-selected", "true")
    wrong.press("ArrowLeft")
    expect(right).to_be_focused()
    expect(page.locator("#tab-right")).to_be_visible()
    expect(page.locator("#tab-wrong")).to_be_hidden()
    page.get_by_role("alert").get_by_role("link", name="Port").click()
    expect(page.locator("#id_refused-port")).to_be_focused()
    assert page.evaluate("document.querySelector('[data-open-tab]').value") == "wrong"


def test_without_scripts_all_tabs_are_shown_one_below_the_other(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, builders.alice())
    page.goto("/style-guide")
    expect(page.locator("#tab-right")).to_be_visible()
    expect(page.locator("#tab-wrong")).to_be_visible()


def test_a_field_that_does_not_matter_is_hidden(page: Page) -> None:
    page.goto("/style-guide")
    page.get_by_role("tab", name="All is well").click()
    panel = page.locator("#tab-right")
    expect(panel.get_by_label("Folder")).to_be_visible()
    panel.get_by_label("Fetched emails").select_option("delete")
    expect(panel.get_by_label("Folder")).to_be_hidden()


def test_rows_are_chosen_and_counted(page: Page) -> None:
    builders.bob()
    builders.charlie()
    page.goto("/style-guide")
    page.get_by_label("Choose all on this page").check()
    expect(page.locator("[data-choice-count]")).to_have_text("2 agents chosen")
    page.get_by_label("Choose Bob Stone").uncheck()
    expect(page.locator("[data-choice-count]")).to_have_text("1 agent chosen")


def test_the_navigation_is_a_sheet_on_a_phone(open_page: Open) -> None:
    page = open_page(viewport={"width": 390, "height": 800})
    sign_in(page, builders.alice())
    page.goto("/panel/mailboxes")
    expect(page.get_by_role("navigation", name="Admin Panel")).to_be_hidden()
    page.get_by_role("button", name="Sections").click()
    page.get_by_role("navigation", name="Admin Panel").get_by_role("link", name="Outbox").click()
    expect(page).to_have_url(re.compile("/panel/outbox"))
