"""How long to wait after failures. Pure; the callers own the timers and the dice."""

from __future__ import annotations

#: Seconds: the first pause, and the longest.
FIRST, LONGEST = 15.0, 900.0
#: A connection that lived so long has proven itself; a login alone has not (17 logins a second came of that elsewhere).
SURVIVAL = 300.0


def pause(failures: int, *, dice: float) -> float:
    """Seconds to wait after the n-th failure in a row: doubling, capped, with `dice` (0..1) spreading it by a half."""
    whole = min(LONGEST, FIRST * 2.0 ** max(0, min(failures, 20) - 1))
    return whole * (0.75 + 0.5 * dice)
