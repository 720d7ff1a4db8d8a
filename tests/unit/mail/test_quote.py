from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postdesk.mail.forward import find
from postdesk.mail.quote import cut, new_words

QUOTED = "> older words\n> more of them\n"


@pytest.mark.parametrize(
    "tail",
    [
        f"On Mon, 5 Jan 2026 at 10:00, Alice <alice@desk.example> wrote:\n{QUOTED}",
        f"On Mon, 5 Jan 2026 at 10:00, Alice of the Support <\nalice@desk.example> wrote:\n\n{QUOTED}",
        f"Am 05.01.2026 um 10:00 schrieb Alice:\n{QUOTED}",
        f"Le lun. 5 janv. 2026 à 10:00, Alice <a@desk.example> a écrit :\n{QUOTED}",
        "On 5 Jan 2026, at 10:00, Alice <a@desk.example> wrote:\n\nolder words without any mark\n",
        "-----Original Message-----\nFrom: Alice\nSent: Monday\n\nolder words\n",
        "________________________________\nFrom: Alice <a@desk.example>\nSent: Monday\nTo: C\nSubject: x\n\nolder\n",
        "Von: Alice\nGesendet: Montag\nAn: Carol\nBetreff: x\n\nolder words\n",
        QUOTED,
        "-- \nCarol\nACME\n",
        "Sent from my iPhone\n",
        f"Sent from my iPhone\n\nOn Mon, 5 Jan 2026, Alice wrote:\n{QUOTED}",
        "---------- Forwarded message ----------\nFrom: A <a@x.example>\nSubject: y\n\nolder words\n",
    ],
)
def test_only_the_new_words_remain(tail: str) -> None:
    assert new_words(f"Yes, please.\n\nAnd soon.\n\n{tail}", None) == "Yes, please.\n\nAnd soon."


@pytest.mark.parametrize(
    "text",
    [
        "On Mon, 5 Jan 2026, Alice wrote:\n> first?\nyes.\n> second?\nno.",
        "Friday, 5 January 2026, 10:00, Alice wrote:\n\nAM> first?\nAM> really?\n\nyes.\n\nAM> second?\n\nno.",
        "See below.\n\nOn Mon, 5 Jan 2026, Alice wrote:\n> first?\n\nyes.\n\n> second?\n\nno.",
    ],
)
def test_answers_between_the_lines_are_kept_whole(text: str) -> None:
    assert new_words(text, None) == text


@pytest.mark.parametrize(
    "text",
    [
        "The manual says:\n\nturn it on.",
        "From: is empty in my export.\nWhy?",
        "a -- b\n\nc",
        "Prices:\n- one\n- two",
        "He wrote: nothing",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert new_words(text, None) == text


def test_what_stands_below_our_line_goes_if_something_stands_above() -> None:
    line = "-- reply above this line --"
    assert new_words(f"yes\n\n{line}\nolder", None, separator=line) == "yes"
    assert new_words(f"yes\n> {line}\n> older", None, separator=line) == "yes"
    assert new_words(f"{line}\nno words above", None, separator=line) == f"{line}\nno words above"


def test_html_marks_a_quotation_the_text_does_not_show() -> None:
    html = "<p>new</p><div class='gmail_quote'><p>older words</p></div>"
    assert new_words("new\n\nolder words", html) == "new"
    assert new_words("new\nolder words", "<p>new</p><blockquote>older words</blockquote>") == "new"


_LINES = st.sampled_from(
    [
        "yes",
        "no, thanks",
        "",
        "> quoted",
        ">> older",
        "-- ",
        "Sent from my iPhone",
        "On 5 Jan 2026 at 10:00, A <a@x.example> wrote:",
        "-----Original Message-----",
        "From: A",
        "To: B",
        "Von: A",
        "Gesendet: heute",
        "Betreff: c",
        "AM> quoted",
        "Get Outlook for iOS",
        "---- Forwarded message ----",
        "\u2014\u2014\u2014",
        "Am 05.01.2026 um 10:00 schrieb A:",
        "Subject: c",
        "____",
        "Regards,",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_LINES, max_size=25))
def test_no_character_is_lost_between_what_stays_and_what_goes(lines: list[str]) -> None:
    text = "\n".join(lines)
    kept, trimmed = cut(text)
    assert (kept + trimmed).replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(" ", "")
    assert text.strip("\n").startswith(kept)


def test_a_forwarded_message_is_found() -> None:
    block = "From: Dan <Dan@x.example>\nDate: Mon\nSubject: the thing\nTo: me\n"
    text = f"look\n\n---------- Forwarded message ---------\n{block}\nhis words\n"
    found = find(text, "Fwd: the thing")
    assert found is not None
    assert (found.from_email, found.subject, found.text) == ("dan@x.example", "the thing", "his words")
    assert find("just words", "hello") is None
