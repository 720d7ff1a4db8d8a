"""Every row of the acceptance lists has a test that is named by it: `test_s9_...`, `test_s14_h1_...`, `test_i_...`.

The rows are those of administration: S1 to S15 (what the help page of osTicket's Emails describes), A (account
administration), C (recipient routing), D (filters and bans), H (outbound), I (department, topic, autoresponder); and
those of mail: E (parsing), F (automatic mail), G (threading and identity), K (OAuth2).
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict

from tests.architecture.repository import files, text_of

ROWS = (
    *("s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15"),
    *("a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12", "a13", "a14", "a15"),
    *("c1", "c2", "c3", "c4", "c5", "c6", "c7"),
    *("g4", "g5", "g10", "g12"),
    *("d1", "d2", "d3", "d4", "d5", "d6", "d7"),
    *("e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "e10"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "h10", "h11", "h12"),
    "i",
    *("f1", "f2", "f4", "f5", "f6"),
    *("g1", "g2", "g3", "g7", "g11"),
    *("k1", "k2", "k3", "k4", "k5", "k6", "k7"),
)
#: The rows a test is named by stand first, each followed by an underscore.
_NAMED = re.compile(r"test_((?:(?:[sacdefghk]\d{1,2}|i)_)+)")


def rows_of(name: str) -> list[str]:
    """The rows a test's name begins with."""
    found = _NAMED.match(name)
    return found[1].rstrip("_").split("_") if found else []


def by_row() -> dict[str, list[str]]:
    """Row -> the tests named by it, as pytest collects them."""
    found = defaultdict(list)
    for path in files():
        if path.parts[0] != "tests" or path.suffix != ".py" or not path.name.startswith("test_"):
            continue
        for one in ast.parse(text_of(path)).body:
            if isinstance(one, ast.FunctionDef):
                for row in rows_of(one.name):
                    found[row].append(f"{path}::{one.name}")
    return found


def test_every_row_has_a_test_that_is_named_by_it() -> None:
    named = by_row()
    assert [row for row in ROWS if row not in named] == []


def test_no_test_is_named_by_a_row_there_is_not() -> None:
    assert set(by_row()) - set(ROWS) == set()


def test_only_rows_at_the_front_of_a_name_count() -> None:
    assert rows_of("test_s14_h1_the_from_of_an_auto_response") == ["s14", "h1"]
    assert rows_of("test_i_an_alert") == ["i"]
    assert rows_of("test_a_mail_of_s1_becomes_a_ticket") == []
