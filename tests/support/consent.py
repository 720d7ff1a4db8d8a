"""A person at the provider's pages without a browser: signs in, reads the consent, allows or denies it."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from html import unescape
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import IO, Any

from tests.support.provider import PASSWORD, Provider

_FIELD = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_NAME, _VALUE = re.compile(r'name="([^"]*)"'), re.compile(r'value="([^"]*)"')


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows only what stays with the provider; the rest is for the desk."""

    def __init__(self, home: str) -> None:
        self.home = home

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Any:
        if not newurl.startswith(self.home):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Person:
    """Somebody with an account at the provider, in a browser session of their own."""

    def __init__(self, provider: Provider, user: str, password: str = PASSWORD) -> None:
        self._provider, self._user, self._password = provider, user, password
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _Stay(provider.url))

    def answers(self, authorize_url: str, *, allow: bool = True) -> str:
        """Go to where the desk sends people; the address of the desk they are sent back to, code or error in it."""
        where, page = self._open(authorize_url)
        if "/login/" in where:
            form = _hidden(page) | {"username": self._user, "password": self._password}
            where, page = self._open(where, form)
        if not where.startswith(self._provider.url):
            return where
        where, page = self._open(where, _hidden(page) | ({"allow": "Authorize"} if allow else {}))
        if where.startswith(self._provider.url):
            raise AssertionError(f"the provider does not send people back: {page}")
        return where

    def confirms(self, verification_url: str, code: str, *, allow: bool = True) -> str:
        """Type a device's code at the provider (RFC 8628 section 3.3); the last page."""
        where, page = self._open(verification_url)
        if "/login/" in where:
            form = _hidden(page) | {"username": self._user, "password": self._password}
            where, page = self._open(where, form)
        where, page = self._open(where, _hidden(page) | {"user_code": code})
        if "device-confirm" not in where:
            raise AssertionError(f"the provider does not know the code {code}: {page}")
        return self._open(where, _hidden(page) | {"action": "accept" if allow else "deny"})[1]

    def _open(self, where: str, form: dict[str, str] | None = None) -> tuple[str, str]:
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        try:
            with self._opener.open(urllib.request.Request(where, body), timeout=30) as answer:
                return answer.url, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                if error.code in (301, 302, 303) and error.headers["Location"]:
                    return urllib.parse.urljoin(where, error.headers["Location"]), ""
                raise AssertionError(f"the provider answers {error.code}: {error.read().decode()[:2000]}") from None


def _hidden(page: str) -> dict[str, str]:
    fields = (tag[0] for tag in _FIELD.finditer(page))
    return {
        unescape(name[1]): unescape(value[1]) if (value := _VALUE.search(tag)) else ""
        for tag in fields
        if (name := _NAME.search(tag))
    }


def parameters(url: str) -> dict[str, str]:
    """The query of an address."""
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
