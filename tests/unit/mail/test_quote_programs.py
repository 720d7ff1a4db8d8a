"""The new words of answers by many programs, in many languages."""

from __future__ import annotations

import pytest

from postdesk.mail.quote import new_words
from tests.unit.mail.quotations import BLOCKS, DEVICES, INTRODUCTIONS, RULES

WORDS = "Yes, please.\n\nThe second one, and soon."


def _cases(table: dict[str, str]) -> list[object]:
    return [pytest.param(words, id=name) for name, words in table.items()]


@pytest.mark.parametrize("introduction", _cases(INTRODUCTIONS))
@pytest.mark.parametrize("older", ["> older words\n> more of them\n", "\n> older words\n", "\nolder words, unmarked\n"])
def test_what_an_introduction_stands_above_is_trimmed(introduction: str, older: str) -> None:
    assert new_words(f"{WORDS}\n\n{introduction}\n{older}", None) == WORDS


@pytest.mark.parametrize("rule", _cases(RULES))
def test_what_a_rule_stands_above_is_trimmed(rule: str) -> None:
    assert new_words(f"{WORDS}\n\n{rule}\nFrom: Alice\nDate: Monday\nSubject: x\n\nolder words\n", None) == WORDS


@pytest.mark.parametrize("block", _cases(BLOCKS))
@pytest.mark.parametrize("rule", ["", "________________________________\n", "====\n\n"])
def test_what_a_block_of_header_lines_stands_above_is_trimmed(block: str, rule: str) -> None:
    assert new_words(f"{WORDS}\n\n{rule}{block}\n\nolder words\n", None) == WORDS


@pytest.mark.parametrize("device", _cases(DEVICES))
@pytest.mark.parametrize(
    "after", ["", "\n\nOn 5 Jan 2026, at 10:00, Alice wrote:\n\n> older", "\n\nolder words, unmarked"]
)
def test_what_a_phone_says_is_trimmed_with_what_follows(device: str, after: str) -> None:
    assert new_words(f"{WORDS}\n\n{device}{after}\n", None) == WORDS
