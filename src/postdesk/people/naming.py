"""What every name of a thing of the desk must be, and the words when it is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Model, QuerySet

from postdesk.basics.errors import Invalid, Problems


def name_problems(
    others: QuerySet[Model], name: str, *, what: str, longest: int, field: str = "name", shortest: int = 1
) -> Iterator[Invalid]:
    """What is wrong with a name: empty, too short, too long, of several lines, or one of `others` has it already."""
    stripped = name.strip()
    if not stripped:
        yield Invalid(field, f"{what} name is required" if field == "name" else f"{field.capitalize()} is required")
    elif len(stripped) < shortest:
        yield Invalid(field, f"must have {shortest} characters at least")
    elif len(stripped) > longest:
        yield Invalid(field, f"must not be longer than {longest} characters")
    elif not stripped.isprintable():
        yield Invalid(field, "must be a single line")
    elif others.filter(**{f"{field}__iexact": stripped}).exists():
        yield Invalid(field, f"{what} “{stripped}” already exists")


def refuse(problems: Iterable[Invalid]) -> None:
    """Raise Problems when there are any."""
    found = tuple(problems)
    if found:
        raise Problems(found)


def listed(names: Sequence[str], *, most: int = 5) -> str:
    """ "Ann, Bob and 3 more"."""
    if len(names) <= most:
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
