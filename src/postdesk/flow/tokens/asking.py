"""Ask a provider's endpoint. No error, and nothing that is stored, repeats a secret that was sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar
from urllib.parse import urlsplit

from postdesk.basics.errors import WireError
from postdesk.grants.answers import Answer
from postdesk.grants.requests import Question
from postdesk.wire import http
from postdesk.wire.login import Login

T = TypeVar("T")
#: Fields of a question that are no secrets.
_OPEN: Final = frozenset(
    {"grant_type", "client_id", "scope", "redirect_uri", "token_type_hint", "client_assertion_type"}
)
#: Clocks that are further apart are worth a word.
_APART: Final = dt.timedelta(minutes=2)


def ask(question: Question, read: Callable[[Answer], T], *, at: dt.datetime) -> T:
    """Send it and read the answer. Raises what `read` raises, or WireError when there was no answer."""
    answer: Answer | None = None
    try:
        said = http.ask(question.url, question.body, question.headers)
        answer = Answer(said.status, said.headers, said.body)
        return read(answer)
    except WireError as error:
        _discreet(error, question)
        error.fields.setdefault("host", urlsplit(question.url).hostname or "")
        if answer is not None and (apart := _clocks(answer, at)):
            _say(error, f"{error.message} {apart}")
        raise


def get(url: str, read: Callable[[Answer], T], *, token: str = "") -> T:
    """Fetch an object: a configuration, or, with a token, who consented."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        said = http.ask(url, None, headers)
        return read(Answer(said.status, said.headers, said.body))
    except WireError as error:
        _say(error, Login("", token).blotted(error.message))
        raise


def _discreet(error: WireError, question: Question) -> None:
    sent = [value for name, value in question.fields if name not in _OPEN]
    sent += question.headers.values()
    for secret in sent:
        login = Login("", secret)
        _say(error, login.blotted(error.message))
        error.fields = {
            name: login.blotted(value) if isinstance(value, str) else value for name, value in error.fields.items()
        }


def _say(error: WireError, message: str) -> None:
    error.message, error.args = message, (message,)


def _clocks(answer: Answer, at: dt.datetime) -> str:
    """A word when our clock and the provider's are apart: signed assertions fail of that."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return ""
    if theirs.tzinfo is None:
        return ""
    apart = at - theirs
    if abs(apart) < _APART:
        return ""
    minutes = round(abs(apart).total_seconds() / 60)
    way = "ahead of" if apart > dt.timedelta(0) else "behind"
    return f"The clock of this machine is {minutes} minutes {way} the provider's."
