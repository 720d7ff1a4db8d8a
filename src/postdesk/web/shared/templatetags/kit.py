"""Tags of the form kit and the list kit; every template has them. What they draw stands in `shared/kit/`."""

from __future__ import annotations

from typing import Any, cast

from django import forms, template
from django.forms.boundfield import BoundField

from postdesk.web.shared.forms import PanelForm, SecretField, Tabs, wrong_fields
from postdesk.web.shared.tables import Listing

register = template.Library()


@register.inclusion_tag("shared/kit/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """One field: label, control, help, error. The error is tied to the control (aria-describedby, aria-invalid)."""
    kit = bound.form if isinstance(bound.form, PanelForm) else None
    when = kit.shown_when.get(bound.name, "") if kit else ""
    note = kit.field_notes.get(bound.name) if kit else None
    secret = bound.field if isinstance(bound.field, SecretField) else None
    return {
        "bound": bound,
        "kind": _kind(bound),
        "when": when and _in_form(bound.form, when),
        "set_at": secret.set_at if secret else None,
        "must_retype": secret is not None and bound.form.is_bound and bool(bound.data),
        "note": note,
        "note_when": note and _in_form(bound.form, note.when),
        "is_optional": not bound.field.required and getattr(bound.field, "marks_optional", False),
    }


@register.inclusion_tag("shared/kit/form_fields.html")
def form_fields(form: forms.BaseForm) -> dict[str, Any]:
    """All sections of a form, one card each."""
    return {"form": form}


@register.inclusion_tag("shared/kit/problems.html")
def problems(*targets: forms.BaseForm) -> dict[str, Any]:
    """Everything that is wrong, at the top, each with a link to its field. Nothing while nothing is."""
    return {"problems": wrong_fields(form for form in targets if form.is_bound)}


@register.inclusion_tag("shared/kit/tab_links.html")
def tab_links(tabs: Tabs) -> dict[str, Any]:
    """The row of tabs: links to the sections below; tabs.js makes real tabs of them."""
    return {"tabs": tabs, "open": tabs.open}


@register.inclusion_tag("shared/kit/save_bar.html")
def save_bar(label: str = "Save", *, back: str = "", more: str = "") -> dict[str, Any]:
    """The one primary action of a form, always in sight. `more`: template with further buttons."""
    return {"label": label or "Save", "back": back, "more": more}


@register.inclusion_tag("shared/kit/listing.html", takes_context=True)
def listing(context: template.Context, table: Listing[Any]) -> dict[str, Any]:
    """A table of the list kit with its search, its bulk actions and its pages."""
    return {**cast(dict[str, Any], context.flatten()), "table": table}


@register.inclusion_tag("shared/kit/box.html")
def row_box(table: Listing[Any], row: Any) -> dict[str, Any]:
    """The box that chooses a row, or the lock that says why it cannot be."""
    return {"row": row, "why": table.protected.get(row.pk, "")}


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        return "choices"
    if isinstance(widget, forms.CheckboxInput):
        return "switch"
    if isinstance(widget, forms.Select):
        return "select"
    return "text"


def _in_form(form: forms.BaseForm, when: str) -> str:
    """The condition with the name the control has in the page."""
    name, _, values = when.partition("=")
    return f"{form.add_prefix(name)}={values}"
