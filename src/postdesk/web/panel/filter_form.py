"""The filter editor's form: what the filter is, its rules and its actions, each a small form of its own.

Rules and actions are added and taken away by submit buttons, so that it works without scripts: `part` says what to do
("add-rule", "drop-action-2"), and the page comes back with everything as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import QueryDict

from postdesk.flow.desk_file import keys
from postdesk.judge.filters import actions, criteria, operators
from postdesk.judge.filters.problems import MOST_RULES
from postdesk.judge.filters.values import TARGETS, Rule
from postdesk.mailroom.models import Email
from postdesk.people.models import Agent, Team
from postdesk.tickets.filter_setup import LONGEST_NAME, MOST_ACTIONS, WORDS, ActionSetup, FilterSetup
from postdesk.tickets.models import CannedResponse, Department, HelpTopic, SlaPlan
from postdesk.web.shared.forms import PanelForm, Section
from postdesk.web.shared.keyed import KeyedForm

Choices = list[tuple[str, Any]]
_PART: Final = re.compile(r"(add|drop)-(rule|action)(?:-(\d{1,3}))?\Z")
_SHORT: Final = {"data-width": "short"}
_PLAIN: Final = {"autocomplete": "off", "spellcheck": "false"}


class FilterForm(KeyedForm):
    desk_section = keys.FILTER
    sections = (Section("", ("name", ("target", "email"), "match")),)
    shown_when = {"email": "target=address"}

    name = forms.CharField(label="Name", max_length=LONGEST_NAME, required=False, widget=forms.TextInput(_PLAIN))
    target = forms.ChoiceField(label="Looks at new tickets by", choices=TARGETS, required=False)
    email = forms.ChoiceField(label="Address", required=False)
    match = forms.ChoiceField(
        label="It matches when",
        choices=(("all", "all rules hold"), ("any", "any rule holds")),
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choose(self, "email", [("", "Choose an address"), *_addresses()], keep=self.initial.get("email", ""))


class RunningForm(KeyedForm):
    desk_section = keys.FILTER
    sections = (Section("When it runs", ("active", "stop", "notes")),)

    active = forms.BooleanField(label="Active", required=False)
    stop = forms.BooleanField(
        label="Stop when it matches", required=False, help_text="The filters below it are then left out."
    )
    notes = forms.CharField(
        label="Internal notes", required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="Only seen here."
    )


class RuleForm(PanelForm):
    shown_when = {"header": "criterion=header"}

    criterion = forms.ChoiceField(label="What", required=False)
    header = forms.CharField(label="Header field", required=False, widget=forms.TextInput({**_PLAIN, "maxlength": 76}))
    operator = forms.ChoiceField(label="How", required=False)
    value = forms.CharField(label="Value", required=False, strip=False, widget=forms.TextInput(_PLAIN))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choose(self, "criterion", [("", "Choose"), *_grouped_criteria()])
        labels = {one.name: one.label for one in reversed(operators.OPERATORS)}
        every = dict.fromkeys(one.name for one in operators.OPERATORS)
        choose(self, "operator", [("", "Choose"), *((name, labels[name]) for name in every)])

    def rule(self) -> Rule:
        typed = self.cleaned_data
        header = typed["header"] if typed["criterion"] == "header" else ""
        return Rule(typed["criterion"], typed["operator"], typed["value"], header)


class ActionForm(PanelForm):
    """One action. There is a field for each kind of target; only the one that the kind takes counts."""

    shown_when = {
        **{one.takes: f"kind={one.name}" for one in actions.ACTIONS if one.takes and one.takes != "mail"},
        **dict.fromkeys(("sender", "recipients", "subject", "text"), "kind=mail"),
    }

    kind = forms.ChoiceField(label="What it does", required=False)

    def __init__(self, *args: Any, targets: Mapping[str, Choices], **options: Any) -> None:
        super().__init__(*args, **options)
        known = [one for one in actions.ACTIONS if not one.takes or one.takes == "mail" or one.takes in targets]
        choose(self, "kind", [("", "Choose"), *((one.name, one.label) for one in known)])
        takes = actions.BY_NAME[self.initial["kind"]].takes if self.initial.get("kind") in actions.BY_NAME else ""
        for name, choices in targets.items():
            label = next(one.label for one in known if one.takes == name)
            self.fields[name] = forms.ChoiceField(label=label, required=False)
            kept = str(self.initial.get("target", "")) if takes == name else ""
            if kept:
                self.initial[name] = kept
            choose(self, name, [("", "Choose"), *choices], keep=kept)
        self.fields["sender"] = forms.ChoiceField(label="From", required=False)
        choose(self, "sender", [("", "The ticket's address"), *_addresses()], keep=self.initial.get("sender", ""))
        self.fields["recipients"] = forms.CharField(
            label="To", required=False, help_text="Addresses with commas between them; %{user} is whoever wrote."
        )
        self.fields["subject"] = forms.CharField(label="Subject", required=False)
        self.fields["text"] = forms.CharField(
            label="Text",
            required=False,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text="%{ticket.number}, %{ticket.subject}, %{user.name} and %{message} are filled in.",
        )

    def action(self) -> ActionSetup:
        typed = self.cleaned_data
        kind = actions.BY_NAME.get(typed["kind"])
        if kind is not None and kind.takes == "mail":
            return ActionSetup("mail", "", typed["sender"], typed["recipients"], typed["subject"], typed["text"])
        return ActionSetup(typed["kind"], typed.get(kind.takes, "") if kind and kind.takes else "")

    @property
    def target_field(self) -> str:
        """The field that "target" is about."""
        kind = actions.BY_NAME.get(self.cleaned_data.get("kind", ""))
        return kind.takes if kind and kind.takes in self.fields else "kind"


def choose(form: forms.BaseForm, name: str, choices: Choices, *, keep: str = "") -> None:
    """Give a field its choices; `keep`: what is stored, offered still when it is no choice any more."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    if keep and all(keep != value for value, _ in choices):
        choices = [*choices, (keep, f"{keep} (not available any more)")]
    field.choices = choices


def _grouped_criteria() -> Choices:
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in criteria.CRITERIA:
        groups.setdefault(one.group, []).append((one.name, one.label))
    return list(groups.items())


def _addresses() -> Choices:
    return [(address, address) for address in Email.objects.values_list("address", flat=True)]


def target_choices() -> dict[str, Choices]:
    """What actions can name now: by name, agents by address; priorities and states."""
    named = (("department", Department), ("help_topic", HelpTopic), ("team", Team), ("sla", SlaPlan))
    found: dict[str, Choices] = {takes: [(name, name) for name in _names(model)] for takes, model in named}
    agents = Agent.objects.filter(is_active=True).values_list("name", "email")
    found["agent"] = [(email, f"{name} ({email})") for name, email in agents]
    titles = CannedResponse.objects.filter(is_active=True).values_list("title", flat=True)
    found["canned"] = [(title, title) for title in titles]
    found |= {takes: [(word, word.capitalize()) for word in words] for takes, words in WORDS.items()}
    return {one.takes: found[one.takes] for one in actions.ACTIONS if one.takes in found}


def _names(model: Any) -> Iterable[str]:
    """Of the active rows."""
    names: Iterable[str] = model.objects.filter(is_active=True).values_list("name", flat=True)
    return names


@dataclass(slots=True)
class Editor:
    """The kinds of forms together."""

    form: FilterForm
    running: RunningForm
    rules: list[RuleForm]
    actions: list[ActionForm]
    is_unsaved: bool = False

    @property
    def every(self) -> list[PanelForm]:
        return [self.form, *self.rules, *self.actions, self.running]

    def is_valid(self) -> bool:
        # All of them, so that each has its values.
        judged = [form.is_valid() for form in self.every]
        return all(judged)

    def setup(self, order: int | None) -> FilterSetup:
        """What was typed. Lines that were left empty do not count."""
        typed = {**self.form.cleaned_data, **self.running.cleaned_data}
        return FilterSetup(
            name=typed["name"].strip(),
            order=order,
            active=typed["active"],
            stop=typed["stop"],
            target=typed["target"] or "any",
            email=typed["email"] if typed["target"] == "address" else "",
            match=typed["match"] or "all",
            notes=typed["notes"],
            rules=tuple(form.rule() for form in self._filled(self.rules)),
            actions=tuple(form.action() for form in self._filled(self.actions)),
        )

    def names(self) -> dict[str, str]:
        """Where the operation's fields are: "actions.0.target" is "action-0.department"."""
        found = {"rules": "rule-0.criterion", "actions": "action-0.kind"}
        for place, rule in enumerate(self._filled(self.rules)):
            found |= {f"rules.{place}.{name}": f"{rule.prefix}.{name}" for name in rule.fields}
        for place, action in enumerate(self._filled(self.actions)):
            found |= {f"actions.{place}.{name}": f"{action.prefix}.{name}" for name in action.fields}
            found[f"actions.{place}.target"] = f"{action.prefix}.{action.target_field}"
        return found

    def _filled(self, forms_: list[Any]) -> list[Any]:
        """Those with something in them."""
        return [form for form in forms_ if any(str(value).strip() for value in form.cleaned_data.values())]


def of_setup(setup: FilterSetup, *, is_unsaved: bool = False) -> Editor:
    """The editor as it begins: a filter as stored, with a line to fill in where it has none yet."""
    targets = target_choices()
    initial = {name: getattr(setup, name) for name in (*FilterForm.base_fields, *RunningForm.base_fields)}
    rules = [_rule_initial(rule) for rule in setup.rules] or [{}]
    acts = [{name: getattr(one, name) for name in ActionSetup.__slots__} for one in setup.actions] or [{}]
    return Editor(
        FilterForm(initial=initial),
        RunningForm(initial=initial),
        [RuleForm(initial=one, prefix=f"rule-{place}") for place, one in enumerate(rules)],
        [ActionForm(initial=one, prefix=f"action-{place}", targets=targets) for place, one in enumerate(acts)],
        is_unsaved,
    )


def _rule_initial(rule: Rule) -> dict[str, str]:
    return {name: getattr(rule, name) for name in Rule.__slots__}


def of_post(post: QueryDict, setup: FilterSetup) -> Editor:
    """The editor as it was typed. `setup`: what is stored, so that what it names stays a choice."""
    targets, before = target_choices(), of_setup(setup)
    stored_rules, stored = [form.initial for form in before.rules], [form.initial for form in before.actions]
    return Editor(
        FilterForm(post, initial=before.form.initial),
        RunningForm(post),
        [
            RuleForm(post, prefix=f"rule-{place}", initial=_at(stored_rules, place))
            for place in range(_count(post, "rule", MOST_RULES))
        ],
        [
            ActionForm(post, prefix=f"action-{place}", initial=_at(stored, place), targets=targets)
            for place in range(_count(post, "action", MOST_ACTIONS))
        ],
        True,
    )


def _at(initials: list[Any], place: int) -> Any:
    return initials[place] if place < len(initials) else None


def _count(post: QueryDict, what: str, most: int) -> int:
    text = post.get(f"{what}s", "")
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def changed_parts(post: QueryDict) -> QueryDict | None:
    """What was typed, with a line more or less as the pressed button asks; None when no such button was pressed."""
    asked = _PART.match(post.get("part", ""))
    if asked is None:
        return None
    verb, what, place = asked[1], asked[2], asked[3]
    most = MOST_RULES if what == "rule" else MOST_ACTIONS
    count = _count(post, what, most)
    changed = post.copy()
    if verb == "add":
        changed[f"{what}s"] = str(min(count + 1, most))
    elif place is not None and int(place) < count:
        _drop(changed, what, int(place), count)
    return changed


def _drop(post: QueryDict, what: str, place: int, count: int) -> None:
    """Take one line away; those below it move up."""
    lines = [{key: values for key, values in post.lists() if key.startswith(f"{what}-{n}-")} for n in range(count)]
    for line in lines:
        for key in line:
            del post[key]
    del lines[place]
    for number, line in enumerate(lines):
        for key, values in line.items():
            name = key.split("-", 2)[2]
            post.setlist(f"{what}-{number}-{name}", values)
    post[f"{what}s"] = str(max(count - 1, 1))
