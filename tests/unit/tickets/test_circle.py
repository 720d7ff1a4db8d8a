"""Row I, 2.2: who hears of what, decided from values."""

from __future__ import annotations

import pytest

from postdesk.tickets.notices.alerts import ALERTS, RECIPIENTS
from postdesk.tickets.notices.circle import WHO, Circle, Colleague, recipients

ANN, BEN, CLEO, DORA = (Colleague(pk, name, f"{name.lower()}@desk.example") for pk, name in
                        enumerate(("Ann", "Ben", "Cleo", "Dora"), 1))  # fmt: skip
FULL = Circle(
    admin="admin@example.net",
    manager=ANN,
    members=(BEN, CLEO),
    last_respondent=CLEO,
    agent=DORA,
    team_lead=ANN,
    team=(ANN, BEN),
)


def told(chosen, circle=FULL, *, actor=None, ours=()) -> list[str]:
    found = recipients(chosen, circle, actor=actor, ours=lambda address: address in ours)
    return [colleague.name or colleague.address for colleague in found]


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (("admin",), ["admin@example.net"]),
        (("manager",), ["Ann"]),
        (("last_respondent",), ["Cleo"]),
        (("assigned",), ["Dora"]),
        (("agent", "team_lead", "team_members"), ["Dora", "Ann", "Ben"]),
        (("members",), []),
        ((), []),
    ],
)
def test_i_each_recipient_is_who_it_says(chosen, names) -> None:
    assert told(chosen) == names


def test_members_only_hear_of_tickets_that_are_nobodys() -> None:
    assert told(("members",), Circle(members=(BEN, CLEO))) == ["Ben", "Cleo"]
    assert told(("members",), Circle(members=(BEN,), team=(CLEO,))) == []


def test_a_team_hears_of_its_ticket_when_no_agent_has_it() -> None:
    assert told(("assigned",), Circle(team=(ANN, BEN))) == ["Ann", "Ben"]


def test_nobody_is_told_twice_whatever_the_case_of_the_address() -> None:
    again = Colleague(9, "Ann again", "ANN@desk.example")

    assert told(("manager", "members"), Circle(manager=ANN, members=(again, BEN))) == ["Ann", "Ben"]


def test_whoever_did_it_and_whoever_is_away_is_not_told() -> None:
    away = Colleague(5, "Eve", "eve@desk.example", is_there=False)

    assert told(("manager", "members"), Circle(manager=ANN, members=(away, BEN)), actor=ANN.id) == ["Ben"]


def test_no_alert_goes_to_an_address_of_the_desk() -> None:
    assert told(("admin",), Circle(admin="support@desk.test"), ours={"support@desk.test"}) == []


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("none", []),
        ("admin", ["admin@example.net"]),
        ("members", ["Ann", "Ben", "admin@example.net"]),
        ("extended", ["Ann", "Ben", "admin@example.net"]),
    ],
)
def test_i_the_department_has_the_last_word_on_its_alerts(rule, names) -> None:
    circle = Circle(admin="admin@example.net", manager=ANN, members=(BEN,), rule=rule)

    assert told(("admin", "manager", "members"), circle) == names


def test_an_assignment_is_told_whatever_the_department_says() -> None:
    assert told(("agent",), Circle(agent=DORA, rule="none")) == ["Dora"]


def test_every_recipient_of_an_alert_is_somebody() -> None:
    who = [name for name, _ in WHO]

    assert set(who) == set(RECIPIENTS)
    assert all(set(alert.recipients) <= set(who) and set(alert.chosen) <= set(alert.recipients) for alert in ALERTS)
