"""Files stay small enough to be read in one go."""

from __future__ import annotations

from tests.architecture.repository import files, text_of

#: First folder -> lines at most.
LIMITS = {"src": 300, "bench": 300, "tests": 500}
READ_BY_PEOPLE = {".py", ".js", ".css", ".html"}


def test_no_file_is_longer_than_its_limit() -> None:
    too_long = {}
    for path in files():
        limit = LIMITS.get(path.parts[0])
        # Django writes migrations.
        if limit is None or path.suffix not in READ_BY_PEOPLE or "migrations" in path.parts:
            continue
        lines = len(text_of(path).splitlines())
        if lines > limit:
            too_long[str(path)] = f"{lines} lines, {limit} at most"

    assert too_long == {}
