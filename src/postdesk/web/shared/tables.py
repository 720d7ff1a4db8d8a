"""The list kit: one page of a table, sorted, searched and cut by the query parameters `sort`, `q` and `page`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest

PER_PAGE = 25
#: Longer searches are cut; nobody types them.
LONGEST_SEARCH = 200

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in `sort`, its heading, and the fields or annotations it is sorted by, () for never."""

    name: str
    label: str
    order: tuple[str, ...] = ()
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """What can be done to all chosen rows at once."""

    name: str
    label: str
    icon: str = ""
    is_danger: bool = False


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says, and the next step: a label and an address."""

    title: str
    sentence: str
    label: str = ""
    url: str = ""
    icon: str = "inbox"


@dataclass(frozen=True, slots=True)
class Heading:
    """A column as it stands in the table's head now."""

    column: Column
    #: As `aria-sort` has it.
    sorted: str
    #: Address of the list sorted by it, the other way round when it is sorted already.
    link: str


@dataclass(slots=True)
class Listing(Generic[Row]):
    """One page of rows.

    `row_template` draws the cells of a row, called `row`: <td>s with a `data-label` each, which is their heading on a
    phone. With `acts` every row that `may_choose` allows has a box, and the chosen ones go to `acts_url` as `row`, the
    act as `act`.
    """

    request: HttpRequest
    rows: QuerySet[Row]
    columns: tuple[Column, ...]
    row_template: str
    #: What one row is called: "email".
    noun: str
    empty: Empty
    #: Lookups a search is tried on: ("address__icontains",).
    search: tuple[str, ...] = ()
    #: The first sorting, as in `sort`.
    first: str = ""
    acts: tuple[Act, ...] = ()
    acts_url: str = ""
    #: Rows that cannot be chosen, by primary key, with the reason.
    protected: dict[Any, str] = field(default_factory=dict)
    per_page: int = PER_PAGE

    def __post_init__(self) -> None:
        self.query = self.request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
        self.sort = self._sort()
        found = self._found()
        self.page: Page[Row] = Paginator(self._ordered(found), self.per_page).get_page(self.request.GET.get("page"))

    #: Set in __post_init__.
    query: str = field(init=False, default="")
    sort: str = field(init=False, default="")
    page: Page[Row] = field(init=False)

    @property
    def headings(self) -> list[Heading]:
        return [self._heading(column) for column in self.columns]

    @property
    def is_filtered(self) -> bool:
        return bool(self.query)

    @property
    def before(self) -> str:
        """Address of the page before, "" on the first."""
        return self.link(page=str(self.page.number - 1)) if self.page.has_previous() else ""

    @property
    def after(self) -> str:
        return self.link(page=str(self.page.number + 1)) if self.page.has_next() else ""

    @property
    def everything(self) -> str:
        """Address of the list without the search."""
        return self.link(q="", page="")

    def link(self, **changes: str) -> str:
        """This list's address with other parameters; "" takes one away."""
        parameters = self.request.GET.copy()
        for name, value in changes.items():
            parameters.pop(name, None)
            if value:
                parameters[name] = value
        return f"?{parameters.urlencode()}" if parameters else self.request.path

    def _heading(self, column: Column) -> Heading:
        way = {column.name: "ascending", f"-{column.name}": "descending"}.get(self.sort, "none")
        sort = f"-{column.name}" if way == "ascending" else column.name
        return Heading(column, way, self.link(sort=sort, page="") if column.order else "")

    def _sort(self) -> str:
        asked = self.request.GET.get("sort", "")
        known = {column.name for column in self.columns if column.order}
        return asked if asked.removeprefix("-") in known else self.first

    def _found(self) -> QuerySet[Row]:
        if not self.query or not self.search:
            return self.rows
        wanted = Q()
        for lookup in self.search:
            wanted |= Q(**{lookup: self.query})
        return self.rows.filter(wanted)

    def _ordered(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        column = next((one for one in self.columns if one.name == self.sort.removeprefix("-")), None)
        if column is None:
            return rows
        down = self.sort.startswith("-")
        order = [F(name).desc(nulls_last=True) if down else F(name).asc(nulls_last=True) for name in column.order]
        # The key settles ties, so that pages never overlap.
        return rows.order_by(*order, "pk")


def chosen(request: HttpRequest) -> list[int]:
    """Primary keys of the rows whose boxes were ticked."""
    return [int(value[:18]) for value in request.POST.getlist("row") if value.isascii() and value.isdecimal()]
