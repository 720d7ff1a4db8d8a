"""The Admin Panel's navigation in its layout."""

from __future__ import annotations

from typing import Any, cast

from django import template

from postdesk.web.panel.navigation import links

register = template.Library()


@register.inclusion_tag("panel/_navigation.html", takes_context=True)
def panel_navigation(context: template.Context) -> dict[str, Any]:
    """The rail of the panel's pages."""
    request = context["request"]
    return {**cast(dict[str, Any], context.flatten()), "groups": links(request.user, request.path)}


@register.filter
def counted(attention: object, name: str) -> int:
    """The number beside an item, 0 for none."""
    return int(getattr(attention, name)) if name else 0
