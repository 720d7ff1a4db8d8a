"""The form kit: how every form of the Admin Panel is laid out, and how a refusal comes to stand beside its field.

A form reads what was typed; whether it may be is decided by the operation behind it, which the desk file calls as
well. `shared/kit/` holds the templates, templatetags/kit.py the tags.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django import forms
from django.db import transaction
from django.forms.boundfield import BoundField

from postdesk.basics.errors import Invalid, Problems, Refused

#: A row of a section: one field, or several side by side.
Row = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A card of a form: what it is about, and its fields in order."""

    title: str
    rows: tuple[Row, ...]
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A word below a field that only matters with some values, written as in `shown_when`."""

    when: str
    text: str
    tone: str = "warn"


@dataclass(frozen=True, slots=True)
class LaidSection:
    """A section with the fields of one form in it."""

    title: str
    sentence: str
    rows: tuple[tuple[BoundField, ...], ...]


class SecretField(forms.CharField):
    """Write-only: the page says since when it is set, never what it is. Empty keeps what is stored."""

    def __init__(self, *, set_at: dt.datetime | None = None, **options: Any) -> None:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "spellcheck": "false"})
        super().__init__(**{"required": False, "strip": False, "widget": widget, **options})
        self.set_at = set_at


class PanelForm(forms.Form):
    """A form of the Admin Panel. Fields that no section names stand in a last one without a title."""

    template_name = "shared/kit/form.html"
    sections: ClassVar[tuple[Section, ...]] = ()
    #: A field that only matters with another's value: {"archive_folder": "fetched=move"}. Several values: "a=x|y".
    #: Without scripts it is always shown.
    shown_when: ClassVar[Mapping[str, str]] = {}
    field_notes: ClassVar[Mapping[str, Note]] = {}
    use_required_attribute = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})

    def laid_out(self) -> list[LaidSection]:
        """The sections with their fields; hidden fields are left to `hidden_fields`."""
        named = {name for section in self.sections for row in section.rows for name in _names(row)}
        rest = tuple(name for name in self.fields if name not in named and not self[name].is_hidden)
        sections = (*self.sections, Section("", rest)) if rest else self.sections
        return [self._laid(section) for section in sections if self._rows(section)]

    def _laid(self, section: Section) -> LaidSection:
        return LaidSection(section.title, section.sentence, self._rows(section))

    def _rows(self, section: Section) -> tuple[tuple[BoundField, ...], ...]:
        rows = (tuple(self[name] for name in _names(row) if name in self.fields) for row in section.rows)
        return tuple(row for row in rows if row)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a page whose tabs are saved together: all its forms stand in one <form>, so none is ever lost."""

    name: str
    label: str
    forms: tuple[forms.BaseForm, ...]
    #: Drawn instead of the forms themselves, when they need more around them.
    template: str = "shared/kit/tab.html"

    @property
    def errors(self) -> int:
        return sum(len(form.errors) for form in self.forms)


@dataclass(frozen=True, slots=True)
class Tabs:
    """The tabs of a page and which one is open: the first with an error, else the one asked for, else the first."""

    tabs: tuple[Tab, ...]
    asked: str = ""

    def __iter__(self) -> Iterator[Tab]:
        return iter(self.tabs)

    @property
    def open(self) -> str:
        wrong = next((tab.name for tab in self.tabs if tab.errors), None)
        known = {tab.name for tab in self.tabs}
        return wrong or (self.asked if self.asked in known else self.tabs[0].name)


#: What stands beside no field.
WHOLE_FORM: Final = None


@contextmanager
def beside(*targets: forms.BaseForm, names: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run an operation in one transaction; what it refuses becomes an error beside the field it names.

    `Invalid.field` finds its field by its last part ("mailbox.port" -> "port"), in the form whose prefix is the part
    before, else in the first form that has it; `names` translates where they differ. What names no field stands above
    the first form. Nothing is saved then; ask `form.is_valid()` afterwards.
    """
    try:
        with transaction.atomic():
            yield
    except Refused as refusal:
        for problem in problems_of(refusal):
            _place(problem, targets, names or {})


def problems_of(refusal: Refused) -> tuple[Refused, ...]:
    """Everything that was refused at once."""
    return refusal.problems if isinstance(refusal, Problems) else (refusal,)


def _place(problem: Refused, targets: tuple[forms.BaseForm, ...], names: Mapping[str, str]) -> None:
    if isinstance(problem, Invalid):
        path = names.get(problem.field, problem.field)
        before, _, name = path.rpartition(".")
        for form in sorted(targets, key=lambda one: (one.prefix or "") != before.rpartition(".")[2]):
            if name in form.fields:
                form.add_error(name, problem.message)
                return
    targets[0].add_error(WHOLE_FORM, problem.message)


def wrong_fields(targets: Iterable[forms.BaseForm]) -> list[tuple[str, str, str]]:
    """Every error as (id of the control or "", label, sentence), for the summary at the top."""
    found = []
    for form in targets:
        found += [("", "", str(error)) for error in form.non_field_errors()]
        for bound in form:
            anchor = bound.id_for_label or bound.auto_id
            found += [(anchor, str(bound.label), str(error)) for error in bound.errors]
    return found


def _names(row: Row) -> tuple[str, ...]:
    return (row,) if isinstance(row, str) else row
