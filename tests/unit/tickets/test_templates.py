"""Rows H2: templates are filled in once, escaped, and cannot be broken into; unknown variables are named."""

from __future__ import annotations

import timeit

import pytest

from postdesk.tickets.notices import (
    BY_CODE,
    LANGUAGES,
    MESSAGES,
    Person,
    Scene,
    TicketScene,
    paragraphs,
    problems,
    ready,
    stock,
)
from postdesk.tickets.notices.variables import TABLE

CAROL = Person("Carol <b>Lind</b>", "carol@example.com")
SCENE = Scene(
    ticket=TicketScene(4711, "Printer & co", CAROL, "Support"),
    recipient=CAROL,
    message=paragraphs("It burns.\nStill.\n\nHelp <me>"),
    company="Example",
)


def test_values_are_escaped_in_html_and_plain_in_text_and_subject() -> None:
    words = ready("[#%{ticket.number}] %{ticket.subject}", "<p>Dear %{recipient.name}</p>").fill(SCENE)

    assert words.subject == "[#4711] Printer & co"
    assert words.html == "<p>Dear Carol &lt;b&gt;Lind&lt;/b&gt;</p>"
    assert words.text == "Dear Carol <b>Lind</b>\n"


def test_a_variable_in_a_customers_words_is_never_expanded() -> None:
    scene = Scene(
        ticket=TicketScene(1, "%{recipient.email}", Person("%{company}", "eve@example.com")),
        message=paragraphs("%{ticket.number} %%7Burl%7D"),
        company="Secret",
    )
    words = ready("%{ticket.subject}", "<p>%{ticket.name}</p>%{message}").fill(scene)

    assert words.subject == "%{recipient.email}"
    assert "%{company}" in words.html
    assert "%{ticket.number} %%7Burl%7D" in words.text
    assert "Secret" not in words.html + words.text


def test_braces_that_an_editor_wrote_as_percent_codes_are_braces() -> None:
    words = ready("s", '<a href="https://desk.example/%%7Bticket.number%7D">a</a> %25%7bticket.number%7d').fill(SCENE)

    assert 'href="https://desk.example/4711"' in words.html
    assert words.html.endswith(" 4711")


def test_a_value_with_paragraphs_does_not_stand_inside_a_paragraph() -> None:
    words = ready("s", "<p>Hello</p>\n<p>%{message}</p>").fill(SCENE)

    assert words.html == "<p>Hello</p>\n<p>It burns.<br>\nStill.</p>\n<p>Help &lt;me&gt;</p>\n"
    assert words.text == "Hello\n\nIt burns.\nStill.\n\nHelp <me>\n"


def test_the_text_is_made_from_the_html_unless_it_is_given() -> None:
    html = '<p>One</p><ul><li>two</li></ul><p><a href="%{url}">three</a></p>'
    scene = Scene(url="https://desk.example")

    assert ready("s", html).fill(scene).text == "One\n\n- two\n\nthree <https://desk.example>\n"
    assert ready("s", html, "Just %{url}").fill(scene).text == "Just https://desk.example\n"


def test_an_empty_value_leaves_no_hole_in_the_text() -> None:
    words = ready("s", "<p>One</p>\n<p>%{signature}</p>\n<p>Two</p>").fill(Scene())

    assert words.text == "One\n\nTwo\n"


def test_a_subject_stays_one_line_and_says_re_once() -> None:
    scene = Scene(ticket=TicketScene(1, "RE: re: a\r\nBcc: eve@example.com", CAROL))

    assert ready("Re: %{ticket.subject}", "<p>x</p>").fill(scene).subject == "Re: a Bcc: eve@example.com"


def test_unknown_variables_are_flagged_by_name_beside_their_field() -> None:
    found = problems(
        BY_CODE["ticket.autoresp"],
        subject="%{ticket.nmber}",
        html="<p>%{ticket.number} %{response} %{weather} %{ticket.subject</p>",
    )
    said = {problem.field: problem.message for problem in found}

    assert said["subject"] == "%{ticket.nmber} is not known; did you mean %{ticket.number}?"
    assert "%{response} has no value in the message New Ticket Auto-response" in said["html"]
    assert "%{weather} is not known" in said["html"]
    assert "%{ticket.subject</p> is not closed by }" in said["html"]


def test_a_template_without_subject_or_body_or_too_long_is_refused() -> None:
    message = BY_CODE["ticket.reply"]

    assert [one.field for one in problems(message, subject=" ", html="")] == ["subject", "html"]
    assert [one.field for one in problems(message, subject="s" * 256, html="x", text="y" * 100_001)] == [
        "subject",
        "text",
    ]


def test_an_unknown_variable_in_a_stored_template_stays_as_it_is() -> None:
    assert ready("%{ticket.gone}", "<p>%{ticket.gone}</p>").fill(SCENE).html == "<p>%{ticket.gone}</p>"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.code)
def test_the_stock_has_every_message_in_every_language_without_a_problem(message, language) -> None:
    source = stock(language, message.code)

    assert list(problems(message, subject=source.subject, html=source.html, text=source.text)) == []
    words = ready(source.subject, source.html).fill(SCENE)
    assert words.subject
    assert "%{" not in words.subject + words.html + words.text


def test_every_variable_is_known_once_and_answers_an_empty_scene() -> None:
    names = [variable.name for variable in TABLE]

    assert len(names) == len(set(names))
    assert all(variable.value(Scene()) is not None for variable in TABLE)
    assert {variable.object for variable in TABLE} <= {o for m in MESSAGES for o in m.objects} | {
        "recipient",
        "company",
        "url",
    }


def test_filling_in_an_auto_response_costs_far_less_than_fifty_microseconds() -> None:
    source = stock("en", "ticket.autoresp")

    def once() -> None:
        ready(source.subject, source.html).fill(SCENE)

    once()
    assert min(timeit.repeat(once, number=200, repeat=5)) / 200 < 50e-6
