from __future__ import annotations

import pytest

from postdesk.mail.sanitize import safe_html


def cid_url(identity: str) -> str | None:
    return f"/file/{identity}" if identity == "logo@x" else None


@pytest.mark.parametrize(
    ("html", "gone"),
    [
        ("<script>alert(1)</script>", "alert"),
        ("<form action=/x><input name=a><button>b</button></form>", "<"),
        ("<meta http-equiv=refresh content=0><base href=//x>", "<"),
        ("<iframe src=//x></iframe>", "<"),
        ("<p onclick=x>y</p>", "onclick"),
        ("<a href='javascript:x'>y</a>", "javascript"),
        ("<p style='position:fixed;top:0'>y</p>", "fixed"),
        ("<p style='background:url(http://x/y)'>y</p>", "url"),
        ("<p style='background-image:u\\72l(http://x)'>y</p>", "72l"),
        ("<td background='http://x/y'>", "http"),
        ("<img src='data:image/svg+xml,<svg onload=x>'>", "svg+xml"),
        ("<svg><script>x</script></svg>", "svg"),
        ("<link rel=stylesheet href=//x><style>p{}</style>", "p{}"),
        ("<img srcset='http://x/y 2x'>", "srcset"),
    ],
)
def test_what_acts_is_gone(html: str, gone: str) -> None:
    assert gone not in safe_html(html, cid_url=cid_url, images=True).html


def test_e2_remote_images_are_blocked_and_counted() -> None:
    html = "<img src='http://x.example/1.png'><img src='https://x.example/2.png'><img src='//x.example/3.png'>"
    html += "<img src='cid:logo@x'>"
    blocked = safe_html(html, cid_url=cid_url, images=False)
    assert blocked.blocked_images == 3
    assert "x.example" not in blocked.html
    assert "/file/logo@x" in blocked.html
    shown = safe_html(html, cid_url=cid_url, images=True)
    assert (shown.blocked_images, "http://x.example/1.png" in shown.html) == (0, True)


def test_links_open_apart_and_tell_nobody() -> None:
    html = safe_html("<a href='https://x.example'>y</a>", cid_url=cid_url, images=False).html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert 'target="_blank"' in html


def test_harmless_style_stays() -> None:
    assert (
        safe_html("<p style='color: red; font-weight: bold'>y</p>", cid_url=cid_url, images=False).html
        == '<p style="color:red;font-weight:bold">y</p>'
    )


@pytest.mark.parametrize(
    "deep", ["<div>" * 100_000, "<table><tr><td>" * 10_000 + "words", "<div>" * 3000 + "words" + "</div>" * 3000]
)
def test_deep_nesting_harms_nobody(deep: str) -> None:
    html = safe_html(deep, cid_url=cid_url, images=False).html
    assert html.count("<div") <= 1500
    assert ("words" in html) == ("words" in deep)
