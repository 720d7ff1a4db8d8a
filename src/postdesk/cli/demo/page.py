"""The customers' page: a small HTTP server on the loopback interface that shows every letter box of the sandbox.

It answers only when it is called by its own name (a page elsewhere cannot reach it by rebinding a name to the
loopback address), takes forms only with the token it put into them, and needs no script.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import parse_qs, quote, unquote, urlsplit

from postdesk.cli.demo import markup
from postdesk.cli.demo.compose import answer, plain
from postdesk.cli.demo.customers import AGENTS, CUSTOMERS, DESK
from postdesk.cli.demo.post import SIDES, PostOffice, Side, Stored
from postdesk.cli.demo.reactions import write

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

#: A form larger than this is not read (bytes).
LONGEST_FORM = 200_000

#: Lists load anew so often (seconds), so that one sees the mail come.
REFRESH = 5

_NAMES = {**{customer.address: customer.name for customer in CUSTOMERS}, **AGENTS}
_CUSTOMERS = {customer.address: customer for customer in CUSTOMERS}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the browser."""

    status: HTTPStatus
    body: bytes
    kind: str = "text/html; charset=utf-8"
    location: str = ""


NOT_MY_NAME = Answer(HTTPStatus.MISDIRECTED_REQUEST, b"That is not my name.", "text/plain")
TOO_LONG = Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"That is too long.", "text/plain")


class Pages:
    """Answers requests about one post office. Knows nothing of HTTP but methods, paths and forms."""

    def __init__(self, post: PostOffice) -> None:
        self._post = post
        self._token = secrets.token_urlsafe(24)

    def get(self, path: str) -> Answer:
        """The page at `path`, or the page that says there is none."""
        if path == "/page.css":
            style = (files("postdesk.cli.demo") / "page.css").read_bytes()
            return Answer(HTTPStatus.OK, style, "text/css; charset=utf-8")
        steps = [unquote(step) for step in path.split("/") if step]
        try:
            return self._shown(steps)
        except LookupError:
            return self._not_here()

    def post(self, path: str, form: dict[str, str]) -> Answer:
        """Take a form: a mail that somebody writes to the desk."""
        address, _, verb = unquote(path).strip("/").partition("/")
        if verb != "write" or address not in _CUSTOMERS:
            return self._not_here()
        if not hmac.compare_digest(form.get("token", "").encode(), self._token.encode()):
            return self._page("Stale", markup.html("<h1>{text}</h1>", text="Load the form anew."), status=403)
        customer, text = _CUSTOMERS[address], form.get("text", "").strip()
        if form.get("answers"):
            try:
                message = _read(self._letter(address, "received", form["answers"]).raw)
            except LookupError:
                return self._not_here()
            _, to = parseaddr(str(message.get("Reply-To") or message.get("From") or ""))
            write(self._post, customer, (to,), answer(text, message))
        else:
            to = form.get("to", "") if form.get("to") in DESK else DESK[0]
            write(self._post, customer, (to,), plain(form.get("subject", ""), text + "\n"))
        return Answer(HTTPStatus.SEE_OTHER, b"", location=f"/{quote(customer.address)}")

    def _shown(self, steps: list[str]) -> Answer:
        match steps:
            case []:
                return self._page(markup.TITLE, markup.welcome(), refresh=REFRESH)
            case [address]:
                person = self._person(address)
                received, sent = ([_line(one) for one in self._post.letters(address, side)] for side in SIDES)
                main = markup.letter_box(person, received, sent)
                return self._page(person.name, main, at=address, refresh=REFRESH)
            case [address, "write"] if address in _CUSTOMERS:
                return self._page("Write", markup.writing_form(address, self._token, DESK), at=address)
            case [address, ("received" | "sent") as side, key]:
                message = _read(self._letter(address, side, key).raw)
                may_answer = side == "received" and address in _CUSTOMERS
                form = markup.answering_form(address, self._token, key) if may_answer else markup.Html("")
                return self._page(str(message.get("Subject", "")), markup.letter(message, form), at=address)
        raise LookupError

    def _not_here(self) -> Answer:
        return self._page("Not here", markup.html("<h1>{text}</h1>", text="There is nothing here."), status=404)

    def _letter(self, address: str, side: Side, key: str) -> Stored:
        for stored in self._post.letters(address, side):
            if stored.key == key:
                return stored
        raise LookupError(key)

    def _person(self, address: str) -> markup.Person:
        received = len(self._post.letters(address, "received"))
        return markup.Person(address, _NAMES.get(address, address), address in AGENTS, received)

    def _page(self, title: str, main: markup.Html, *, at: str = "", refresh: int = 0, status: int = 200) -> Answer:
        people = [self._person(address) for address in self._post.people]
        whole = markup.page(title, main, people, at=at, refresh=refresh)
        return Answer(HTTPStatus(status), whole.encode("utf-8", "replace"))


def _read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, _class=EmailMessage, policy=default)


def _line(stored: Stored) -> markup.Line:
    message = _read(stored.raw)
    name, address = parseaddr(str(message.get("From", "")))
    is_automatic = str(message.get("Auto-Submitted", "no")).lower() != "no"
    return markup.Line(stored.key, stored.arrived_at, name or address, str(message.get("Subject", "")), is_automatic)


@contextlib.contextmanager
def serve_page(post: PostOffice, port: int = 0) -> Iterator[str]:
    """Serve the page in a thread; gives its address. Takes `port` if it is free, else any other."""
    pages = Pages(post)

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            self._send(pages.get(path) if self.headers.get("Host", "") in names else NOT_MY_NAME)

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.headers.get("Host", "") not in names or not length.isdigit() or int(length) > LONGEST_FORM:
                # The form stays unread, so nothing more can be read from this connection.
                self.close_connection = True
                self._send(NOT_MY_NAME if length.isdigit() and int(length) <= LONGEST_FORM else TOO_LONG)
                return
            text = self.rfile.read(int(length)).decode("utf-8", "replace")
            form = {name: values[0] for name, values in parse_qs(text).items()}
            self._send(pages.post(urlsplit(self.path).path, form))

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            if answer.location:
                self.send_header("Location", answer.location)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on the terminal."""

    with _bound(Door, port) as server:
        port = server.server_port
        names = {f"127.0.0.1:{port}", f"localhost:{port}"}
        thread = threading.Thread(target=server.serve_forever, name="customers' page", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.shutdown()
            thread.join()


def _bound(door: type[BaseHTTPRequestHandler], port: int) -> ThreadingHTTPServer:
    class Server(ThreadingHTTPServer):
        daemon_threads = True
        #: Two servers must not share the port by accident.
        allow_reuse_address = False

    try:
        return Server(("127.0.0.1", port), door)
    except OSError:
        return Server(("127.0.0.1", 0), door)
