"""A worker process that dies is replaced, ever more rarely while it dies young."""

from __future__ import annotations

import sys

from postdesk.basics.clock import monotonic
from postdesk.engine.processes import FIRST_WAIT, LAST_WAIT, LONG_LIFE, Child


def one_that_dies() -> Child:
    return Child([sys.executable, "-c", "raise SystemExit(1)"])


def waits(child: Child, *, deaths: int) -> list[float]:
    """How long each death was waited after, when the next life ends at once."""
    found = []
    for _ in range(deaths):
        child.process.wait()
        at = monotonic()
        child.mind(at)
        found.append(child.wait)
        assert child.mind(at + child.wait - 0.01) is None
        dead = child.process
        child.mind(at + child.wait)
        assert child.process is not dead
    child.process.wait()
    return found


def test_one_that_dies_young_again_and_again_is_started_ever_more_rarely() -> None:
    found = waits(one_that_dies(), deaths=9)

    assert found == sorted(found)
    assert (found[0], found[-1]) == (2 * FIRST_WAIT, LAST_WAIT)


def test_one_that_lived_long_is_started_again_at_once() -> None:
    child = one_that_dies()
    waits(child, deaths=5)

    # The lives above were told to begin when they were due, which is some seconds from now.
    child.mind(monotonic() + LAST_WAIT + LONG_LIFE + 1)

    assert child.wait == FIRST_WAIT
