"""Which words a message is written with: the set of the department, the default set, the stock. Read once a batch."""

from __future__ import annotations

from dataclasses import dataclass, field

from postdesk.tickets.models import NoticeSettings, Template, TemplateSet
from postdesk.tickets.notices import Scene, Source, Words, ready, stock
from postdesk.tickets.notices import Template as Ready


@dataclass(slots=True)
class Phrases:
    """Languages and own words of the sets that are switched on, by set."""

    default: int | None = None
    languages: dict[int, str] = field(default_factory=dict)
    own: dict[tuple[int, str], Source] = field(default_factory=dict)
    _ready: dict[tuple[int | None, str], Ready] = field(default_factory=dict)

    def words(self, code: str, scene: Scene, *, template_set: int | None) -> Words:
        """The message, filled in. `template_set`: the department's, None for the default."""
        key = (template_set, code)
        template = self._ready.get(key)
        if template is None:
            source = self.source(code, template_set=template_set)
            template = self._ready[key] = ready(source.subject, source.html, source.text)
        return template.fill(scene)

    def source(self, code: str, *, template_set: int | None) -> Source:
        """What is filled in: the set's own words, else the stock of its language."""
        chosen = template_set if template_set in self.languages else self.default
        if chosen is None or chosen not in self.languages:
            return stock("en", code)
        return self.own.get((chosen, code)) or stock(self.languages[chosen], code)


def phrases(settings: NoticeSettings | None) -> Phrases:
    """One small query; a second one where there are sets."""
    languages = dict(TemplateSet.objects.filter(is_active=True).values_list("id", "language"))
    default = settings.default_template_set_id if settings else None
    if not languages:
        return Phrases(default)
    rows = Template.objects.filter(template_set__in=languages)
    own = {
        (in_set, code): Source(subject, html, text)
        for in_set, code, subject, html, text in rows.values_list("template_set", "code", "subject", "html", "text")
    }
    return Phrases(default, languages, own)
