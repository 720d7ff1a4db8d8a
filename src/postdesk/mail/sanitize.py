"""HTML of strangers, made safe to show: ammonia (nh3) decides, the lists are ours.

Sanitising happens when a message is shown; the original stays in the store. Remote images are blocked until asked for.
"""

from __future__ import annotations

import html as markup
import re
from collections.abc import Callable
from dataclasses import dataclass

import nh3

from postdesk.mail import html_text

_TAGS = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "article",
        "aside",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "main",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
_GONE_WITH_CONTENT = frozenset(
    {
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "iframe",
        "object",
        "svg",
        "math",
        "select",
        "textarea",
        "noembed",
    }
)
_EVERYWHERE = frozenset({"style", "dir", "lang", "title", "align", "valign", "width", "height", "bgcolor", "class"})
_ATTRIBUTES = {
    "*": set(_EVERYWHERE),
    "a": {"href", "name"},
    "img": {"src", "alt", "border", "hspace", "vspace"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "nowrap", "headers"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "font": {"color", "face", "size"},
    "blockquote": {"type"},
    "time": {"datetime"},
}
#: No position, no z-index, no background images: a letter may be ugly, but it stays in its frame.
_PROPERTIES = frozenset(
    [
        "background-color",
        "border",
        "border-bottom",
        "border-bottom-color",
        "border-bottom-style",
        "border-bottom-width",
        "border-collapse",
        "border-color",
        "border-left",
        "border-left-color",
        "border-left-style",
        "border-left-width",
        "border-radius",
        "border-right",
        "border-right-color",
        "border-right-style",
        "border-right-width",
        "border-spacing",
        "border-style",
        "border-top",
        "border-top-color",
        "border-top-style",
        "border-top-width",
        "border-width",
        "box-sizing",
        "caption-side",
        "clear",
        "color",
        "direction",
        "display",
        "float",
        "font",
        "font-family",
        "font-size",
        "font-style",
        "font-variant",
        "font-weight",
        "height",
        "letter-spacing",
        "line-height",
        "list-style",
        "list-style-position",
        "list-style-type",
        "margin",
        "margin-bottom",
        "margin-left",
        "margin-right",
        "margin-top",
        "max-height",
        "max-width",
        "min-height",
        "min-width",
        "overflow-wrap",
        "padding",
        "padding-bottom",
        "padding-left",
        "padding-right",
        "padding-top",
        "table-layout",
        "text-align",
        "text-decoration",
        "text-indent",
        "text-transform",
        "unicode-bidi",
        "vertical-align",
        "white-space",
        "width",
        "word-break",
        "word-spacing",
        "word-wrap",
    ]
)
_DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp|bmp)[;,]", re.IGNORECASE)
_NEGATIVE = re.compile(r"(?:^|;)\s*(?:margin[a-z-]*|text-indent)\s*:[^;]*-\s*\d{3,}[^;]*", re.IGNORECASE)
_OPENING = re.compile(r"<[a-zA-Z]")
_CLOSING = re.compile(r"</[a-zA-Z]")
#: Beyond this many elements left open the tree is an attack on whoever walks it; the letter is then shown as its text.
_DEEPEST = 1500
_EMPTY = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@dataclass(frozen=True, slots=True)
class SafeHtml:
    """HTML that may be shown in its frame, and how many remote images were left out of it."""

    html: str
    blocked_images: int


def safe_html(html: str, *, cid_url: Callable[[str], str | None], images: bool) -> SafeHtml:
    """The letter's HTML without anything that acts. `cid_url` maps a Content-ID to where its image is served,
    or None."""
    blocked = 0

    def attribute(tag: str, name: str, value: str) -> str | None:
        nonlocal blocked
        if name == "style":
            return _safe_style(value)
        if tag == "img" and name == "src":
            source = value.strip()
            if source.lower().startswith("cid:"):
                return cid_url(source[4:].strip("<>")) or _EMPTY
            if source.lower().startswith("data:"):
                return source if _DATA_IMAGE.match(source) else _EMPTY
            if not source.lower().startswith(("http://", "https://", "//")):
                return _EMPTY
            if not images:
                blocked += 1
                return _EMPTY
        return value

    if _too_deep(html):
        return SafeHtml(f"<pre>{markup.escape(html_text.text_of(html), quote=False)}</pre>", 0)
    clean = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_GONE_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_PROPERTIES),
    )
    return SafeHtml(clean, blocked)


def _safe_style(value: str) -> str | None:
    """Declarations without addresses, code, or tricks that push words out of sight."""
    lowered = value.lower()
    if (
        "url" in lowered
        or "expression" in lowered
        or "\\" in lowered
        or "/*" in lowered
        or "@import" in lowered
        or "image(" in lowered
    ):
        value = ";".join(part for part in value.split(";") if _is_plain(part))
    return _NEGATIVE.sub("", value) if "-" in value else value


def _is_plain(declaration: str) -> bool:
    return not re.search(r"[\\(@]|/\*", declaration)


def _too_deep(html: str) -> bool:
    """Whether more elements may stay open than a tree should hold; a bound, counted without parsing."""
    opened = len(_OPENING.findall(html)) if html.count("<") > _DEEPEST else 0
    return opened - len(_CLOSING.findall(html)) > _DEEPEST or (opened > 20 * _DEEPEST) or _run_of_openings(html, opened)


def _run_of_openings(html: str, opened: int) -> bool:
    if opened <= _DEEPEST:
        return False
    depth = deepest = 0
    for found in re.finditer(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,10})", html):
        if found[2].lower() in ("br", "img", "hr", "meta", "link", "input", "col", "wbr", "p", "li"):
            continue
        depth += -1 if found[1] else 1
        deepest = max(deepest, depth)
    return deepest > _DEEPEST
