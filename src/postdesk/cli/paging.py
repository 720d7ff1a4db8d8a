"""Long lists, page by page by key: memory and queries stay the same however long the list is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

#: Rows a query; also what a table shows people who did not say how many they want.
PAGE = 500
SHOWN = 100


def pages(
    rows: QuerySet[Any, Any], *, limit: int | None, size: int = PAGE, key: str = "id", descending: bool = True
) -> Iterator[list[Any]]:
    """The rows in pages, ordered by `key`, which must be unique. Rows are models or dicts that have the key."""
    left, last = limit, None
    ordered = rows.order_by(f"-{key}" if descending else key)
    beyond = f"{key}__{'lt' if descending else 'gt'}"
    while left is None or left > 0:
        now = size if left is None else min(size, left)
        page = list((ordered if last is None else ordered.filter(**{beyond: last}))[:now])
        if page:
            yield page
        if len(page) < now:
            return
        last = page[-1][key] if isinstance(page[-1], dict) else getattr(page[-1], key)
        left = None if left is None else left - len(page)
