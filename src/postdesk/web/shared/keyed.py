"""Forms over the keys of the desk file: what `postdesk apply` refuses to read, these refuse as well."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from postdesk.basics.errors import Invalid
from postdesk.flow.desk_file.clean import clean
from postdesk.flow.desk_file.keys import Section
from postdesk.web.shared.forms import PanelForm


class LinesField(forms.CharField):
    """A list, one on each line."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})
        super().__init__(**{"required": False, "widget": widget, **options})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return tuple(line.strip() for line in text.splitlines() if line.strip())

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class KeyedForm(PanelForm):
    """A form whose fields are keys of `desk_section`. A key's range and length need not be said again."""

    desk_section: ClassVar[Section]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for key in self.desk_section.keys:
            value = values.get(key.name)
            # Whether something must be there at all is said by the field or the operation, in better words.
            if key.type == "secret" or value in (None, ""):
                continue
            # A list typed as lines stays as it was typed: what each line means is the operation's to say.
            if key.type == "rows":
                continue
            try:
                values[key.name] = clean(key, value)
            except Invalid as problem:
                self.add_error(key.name, f"{self[key.name].label} {problem.message}.")
        return values
