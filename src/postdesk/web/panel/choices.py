"""Fields that choose a row by its name: what is active, and what is stored already even if it is not any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.db.models import QuerySet

from postdesk.web.shared.keyed import KeyedForm

Options = list[tuple[str, str]]
#: Said after what is chosen and not active any more (row A4).
INACTIVE: Final = "not active"


class ChoosingForm(KeyedForm):
    """A form some of whose fields choose rows; `sources` gives what each can be, read when the form is made."""

    def sources(self) -> dict[str, Options]:
        """Field name -> (stored value, label); read once for each form."""
        return {}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, found in self.sources().items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            stored = self.initial.get(name)
            kept = stored if isinstance(stored, list | tuple) else [stored]
            known = {value for value, _ in found}
            gone = [(one, f"{one} ({INACTIVE})") for one in kept if one and one not in known]
            field.choices = [*found, *gone]


def names(rows: QuerySet[Any], empty: str) -> Options:
    """Rows by name, after what "" stands for."""
    return [("", empty), *((str(row), str(row)) for row in rows)]


def people(agents: Iterable[Any], empty: str | None = None) -> Options:
    """Agents by address."""
    found = [(agent.email, f"{agent.name} <{agent.email}>") for agent in agents]
    return found if empty is None else [("", empty), *found]


def chooser(label: str, help_text: str = "", **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, help_text=help_text, required=False, **options)


def switch(label: str, help_text: str = "", *, initial: bool = False) -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=help_text, required=False, initial=initial)


def words(label: str, help_text: str = "", *, rows: int = 3, **options: Any) -> forms.CharField:
    """Text of several lines."""
    attrs = {"rows": rows}
    area = forms.Textarea(attrs=attrs)
    return forms.CharField(label=label, help_text=help_text, required=False, strip=False, widget=area, **options)


def notes() -> forms.CharField:
    return words("Internal notes", "For administrators only.")


STATUS: Final = (("active", "Active"), ("disabled", "Disabled"), ("archived", "Archived"))


def with_status(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a form with one Status as those of a setup with its two marks."""
    status = values.pop("status")
    return {**values, "active": status == "active", "archived": status == "archived"}


def status_of(initial: dict[str, Any]) -> str:
    if initial.get("active", True):
        return "active"
    return "archived" if initial.get("archived") else "disabled"
