"""The Dashboard: how the desk is doing, at a glance, kept up to date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http.response import HttpResponseBase
from django.shortcuts import render

from postdesk.basics import clock
from postdesk.flow import dashboard
from postdesk.flow.dashboard import Hour
from postdesk.mailroom.models import MailSettings
from postdesk.web.shared.doors import AgentRequest, door

#: The drawing's measures, in its own units: height of the bars, width of an hour and of a bar.
HEIGHT: Final = 120
STEP: Final = 30
BAR: Final = 11


@dataclass(frozen=True, slots=True)
class Bars:
    """Two bars side by side: mail in and mail out of one hour. Heights and tops in the drawing's units."""

    hour: Hour
    left: int
    received_height: float
    sent_height: float
    #: Every third hour is written below, so that the words do not run together.
    is_named: bool

    @property
    def sent_left(self) -> int:
        return self.left + BAR + 1

    @property
    def received_top(self) -> float:
        return HEIGHT - self.received_height

    @property
    def sent_top(self) -> float:
        return HEIGHT - self.sent_height

    @property
    def middle(self) -> int:
        return self.left + BAR


@door("panel")
def show(request: AgentRequest) -> HttpResponseBase:
    """The page; what changes alone for htmx, which asks every ten seconds."""
    at = clock.now()
    overview = dashboard.overview(at=at)
    settings = MailSettings.objects.filter(pk=1).first()
    context = {
        "title": "Dashboard",
        "now": at,
        "overview": overview,
        "cap": dashboard.CAP,
        "bars": drawn(overview.hours),
        "highest": max([1, *(max(hour.received, hour.sent) for hour in overview.hours)]),
        "width": STEP * len(overview.hours),
        "height": HEIGHT,
        "bar": BAR,
        "fetching_off": settings is None or not settings.fetching,
    }
    template = "panel/_dashboard.html" if request.headers.get("HX-Request") else "panel/dashboard.html"
    return render(request, template, context)


def drawn(hours: tuple[Hour, ...]) -> list[Bars]:
    """The hours as bars; the highest fills the drawing, and what is not nothing can be seen."""
    highest = max([1, *(max(hour.received, hour.sent) for hour in hours)])

    def height(count: int) -> float:
        return round(max(2.0, count * (HEIGHT - 4) / highest), 1) if count else 0.0

    return [
        Bars(hour, number * STEP + 3, height(hour.received), height(hour.sent), hour.at.hour % 3 == 0)
        for number, hour in enumerate(hours)
    ]
