"""The demo: its mail server on its own, its customers, their page, and `postdesk demo` as a whole."""

from __future__ import annotations

import contextlib
import email
import json
import mailbox
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.policy import default
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from flufl.bounce import all_failures
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

import postdesk
from postdesk.basics.clock import now
from postdesk.cli.demo.command import free_port
from postdesk.cli.demo.companion import Sandbox, started, wait_until_ready
from postdesk.cli.demo.compose import Envelope, text_of
from postdesk.cli.demo.customers import CUSTOMERS, HARUKA, HELEN, JOSE, LATER, LENA, NADIA, OPENING, OTTO, SUPPORT
from postdesk.cli.demo.post import PostOffice
from postdesk.cli.demo.reactions import react

NOBODY = "nobody@closed-account.example"


@dataclass(frozen=True)
class Running:
    """A sandbox and the folder with its letter boxes."""

    at: Sandbox
    boxes: Path

    def received(self, address: str) -> list[Message]:
        return list(mailbox.Maildir(self.boxes / "people" / address / "received", create=False))

    def on_the_desk(self, user: str) -> list[Message]:
        return list(mailbox.Maildir(self.boxes / "desk" / user, create=False))

    @contextlib.contextmanager
    def smtp(self) -> Iterator[smtplib.SMTP]:
        with smtplib.SMTP("127.0.0.1", self.at.smtp, timeout=20) as client:
            client.login("support", self.at.password)
            yield client

    @contextlib.contextmanager
    def imap(self, user: str) -> Iterator[IMAPClient]:
        client = IMAPClient("127.0.0.1", self.at.imap, ssl=False, timeout=20)
        client.login(user, self.at.password)
        try:
            yield client
        finally:
            client.logout()


@pytest.fixture(scope="module", autouse=True)
def _other_processes_find_the_package() -> Iterator[None]:
    """Also where the package is not installed and only pytest knows its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(postdesk.__file__).parents[1]))
        yield


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("sandbox")
    with started(root, pace=3600) as process:
        yield Running(wait_until_ready(process, root), root / "boxes")
    assert process.returncode == 0
    # Nothing was said that would have disturbed the terminal.
    assert (root / "log").read_text() == ""


def mail(subject: str, *, sender: str = SUPPORT, text: str = "Hello.", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"Lantern Support <{sender}>"
    message["To"] = "someone@brook.example"
    message["Subject"] = subject
    message["Message-ID"] = f"<{'.'.join(re.findall('[A-Za-z]+', subject))}@desk.example>"
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0000"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def test_the_opening_mails_lie_in_the_desks_mailboxes_when_it_is_ready(sandbox: Running) -> None:
    with sandbox.imap("support") as support, sandbox.imap("billing") as billing:
        support.select_folder("INBOX", readonly=True)
        billing.select_folder("INBOX", readonly=True)
        raws = [one[b"BODY[]"] for one in support.fetch(support.search(), ["BODY.PEEK[]"]).values()]
        raws += [one[b"BODY[]"] for one in billing.fetch(billing.search(), ["BODY.PEEK[]"]).values()]
    senders = {email.message_from_bytes(raw)["Return-Path"].strip("<>") for raw in raws}
    assert senders >= {scripted.by.address for scripted in OPENING}


def test_mail_that_arrives_is_announced_to_an_idle_connection(sandbox: Running) -> None:
    with sandbox.imap("support") as client, sandbox.smtp() as smtp:
        count = client.select_folder("INBOX", readonly=True)[b"EXISTS"]
        client.idle()
        smtp.send_message(mail("wake up"), SUPPORT, [SUPPORT])
        news = client.idle_check(timeout=15)
        client.idle_done()
    assert (count + 1, b"EXISTS") in news


def test_fetched_mail_can_be_moved_to_a_folder(sandbox: Running) -> None:
    with sandbox.smtp() as smtp:
        smtp.send_message(mail("to be filed"), SUPPORT, ["billing@desk.example"])
    with sandbox.imap("billing") as client:
        client.select_folder("INBOX")
        uid = max(client.search())
        client.create_folder("Processed")
        client.move([uid], "Processed")
        client.select_folder("INBOX")
        assert uid not in client.search()
        client.select_folder("Processed")
        [moved] = client.fetch(client.search(), ["BODY.PEEK[]"]).values()
    assert b"to be filed" in moved[b"BODY[]"]


def test_mail_from_the_desk_lands_in_the_customers_letter_box(sandbox: Running) -> None:
    with sandbox.smtp() as smtp:
        smtp.send_message(mail("about your bracket"), SUPPORT, [OTTO.address])
    [message] = [one for one in sandbox.received(OTTO.address) if one["Subject"] == "about your bracket"]
    assert message["Return-Path"] == f"<{SUPPORT}>"
    assert message["Delivered-To"] == OTTO.address


def test_an_unknown_customer_address_bounces_to_the_envelope_sender(sandbox: Running) -> None:
    with sandbox.smtp() as smtp:
        smtp.send_message(mail("into the void"), SUPPORT, [NOBODY])
    [bounce] = [one for one in sandbox.on_the_desk("support") if one.get_content_type() == "multipart/report"]
    assert bounce["Return-Path"] == "<>"
    assert bounce.get_param("report-type") == "delivery-status"
    assert all_failures(bounce) == (set(), {NOBODY.encode()})
    notice, status, original = bounce.get_payload()
    assert "User unknown" in notice.get_payload()
    assert status.get_payload()[1]["Status"] == "5.1.1"
    assert email.message_from_string(original.get_payload())["Message-ID"] == "<into.the.void@desk.example>"


def test_mail_with_an_empty_envelope_sender_never_bounces(tmp_path: Path) -> None:
    post = PostOffice(tmp_path, desk=[SUPPORT], people=[NADIA.address])
    post.deliver("", [NOBODY, NADIA.address], mail("no way back").as_bytes())
    assert len(post.letters(NADIA.address, "received")) == 1
    assert len(mailbox.Maildir(post.desk_folder(SUPPORT))) == 0


def test_nobody_sends_or_reads_without_the_password(sandbox: Running) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.at.smtp, timeout=20) as client:
        with pytest.raises(smtplib.SMTPSenderRefused, match="Authentication required"):
            client.send_message(mail("spam"), SUPPORT, [OTTO.address])
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("support", "guessed")
    imap = IMAPClient("127.0.0.1", sandbox.at.imap, ssl=False, timeout=20)
    with pytest.raises(LoginError):
        imap.login("support", "guessed")
    imap.logout()


def test_it_ends_when_the_process_that_started_it_is_gone(tmp_path: Path) -> None:
    starter = (
        "import subprocess, sys, os\n"
        "sandbox = subprocess.Popen([sys.executable, '-m', 'postdesk.cli.demo.sandbox', '--root', sys.argv[1]],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)\n"
        "print(sandbox.pid, sandbox.stdout.readline().decode(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    dead = subprocess.run([sys.executable, "-c", starter, str(tmp_path)], capture_output=True, text=True, check=False)
    assert dead.returncode == -signal.SIGKILL
    pid, ready = dead.stdout.split(maxsplit=1)
    assert json.loads(ready)["users"] == ["billing", "support"]
    eventually(lambda: not is_running(int(pid)), seconds=15)


# The customers.


def test_every_scripted_mail_says_what_it_should_when_read_rightly() -> None:
    texts = {}
    for scripted in (*OPENING, *LATER):
        raw = scripted.compose(Envelope(scripted.by.name, scripted.by.address, scripted.to, now()))
        assert b"\n" not in raw.replace(b"\r\n", b"")
        message = email.message_from_bytes(raw, policy=default)
        assert message["From"].addresses[0].addr_spec == scripted.by.address
        texts[message["Subject"]] = (scripted.by, raw, message)
    _, _, japanese = texts["ランプの充電について"]
    assert "交換は可能でしょうか" in japanese.get_content()
    author, raw, lying = next(one for one in texts.values() if b"charset=iso-8859-1" in one[1])
    assert author is LENA
    assert lying.get_content_charset() == "iso-8859-1"
    assert "12,50 €" in raw.decode("cp1252")
    _, _, illustrated = texts["Wrong bracket in the box"]
    kinds = [part.get_content_type() for part in illustrated.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "image/png", "application/pdf"]


def test_an_out_of_office_note_answers_even_automatic_mail_but_not_for_ever() -> None:
    receipt = mail("We have your request", Auto_Submitted="auto-replied")
    note = react(HELEN, receipt, Counter())
    assert note is not None
    raw = note.compose(Envelope(HELEN.name, HELEN.address, (SUPPORT,), now()))
    assert email.message_from_bytes(raw)["Auto-Submitted"] == "auto-replied"
    assert react(HELEN, receipt, Counter(away=5)) is None


def test_one_customer_answers_the_receipt_with_details_once_and_then_waits_for_a_person() -> None:
    receipt = mail("We have your request", Auto_Submitted="auto-replied")
    details = react(JOSE, receipt, Counter())
    assert details is not None
    message = email.message_from_bytes(details.compose(Envelope(JOSE.name, JOSE.address, (SUPPORT,), now())))
    assert message["In-Reply-To"] == receipt["Message-ID"]
    assert react(JOSE, receipt, Counter(details=1)) is None
    assert react(NADIA, receipt, Counter()) is None


def test_a_customer_answers_each_reply_with_the_next_words_and_falls_silent() -> None:
    reply = mail("Re: My lamp", text="Try the switch.", References="<first@brook.example>")
    first, second = (react(NADIA, reply, Counter(answer=count)) for count in (0, 1))
    assert first is not None
    assert second is not None
    raw = first.compose(Envelope(NADIA.name, NADIA.address, (SUPPORT,), now()))
    message = email.message_from_bytes(raw, policy=default)
    assert message["Subject"] == "Re: My lamp"
    assert message["References"] == f"<first@brook.example> {reply['Message-ID']}"
    assert message.get_content().startswith(NADIA.answers[0])
    assert "> Try the switch." in message.get_content()
    assert react(NADIA, reply, Counter(answer=2)) is None


def test_a_customer_reads_the_reply_and_its_answer_reaches_the_desk(sandbox: Running) -> None:
    with sandbox.smtp() as smtp:
        smtp.send_message(mail("Re: Charging"), SUPPORT, [HARUKA.address])

    def answers() -> list[Message]:
        return [one for one in sandbox.on_the_desk("support") if one["In-Reply-To"] == "<Re.Charging@desk.example>"]

    eventually(lambda: bool(answers()), seconds=20)
    assert answers()[0]["Return-Path"] == f"<{HARUKA.address}>"


# Their page.


class Browser:
    """Just enough of one: GET, POST, and the last answer's text."""

    def __init__(self, page: str) -> None:
        self.name = urlsplit(page).netloc

    def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection(self.name, timeout=20)
        body = urlencode(form) if form is not None else None
        connection.request(method, path, body, {"Host": self.name, **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text

    def get(self, path: str) -> str:
        answer, text = self.ask("GET", path)
        assert answer.status == 200
        return text


def test_the_page_lists_every_letter_box_and_forbids_scripts(sandbox: Running) -> None:
    answer, text = Browser(sandbox.at.page).ask("GET", "/")
    assert answer.status == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert all(customer.address in text for customer in CUSTOMERS if customer.has_box)
    assert "gus@closed-account.example" not in text
    assert "<script" not in text


def test_a_message_is_shown_with_everything_in_it_escaped(sandbox: Running) -> None:
    with sandbox.smtp() as smtp:
        smtp.send_message(mail("<script>alert(1)</script>", text="<img src=x> & more"), SUPPORT, ["bob@desk.example"])
    browser = Browser(sandbox.at.page)
    box = browser.get("/bob%40desk.example")
    assert "<script>" not in box
    [path] = re.findall(r'href="(/bob[^"]*/received/[^"]*)"', box)
    shown = browser.get(path)
    assert "<script>" not in shown
    assert "<img" not in shown
    assert "&lt;img src=x&gt; &amp; more" in shown
    assert "Subject: &lt;script&gt;" in shown


def test_a_visitor_writes_to_the_desk_in_a_customers_name(sandbox: Running) -> None:
    browser = Browser(sandbox.at.page)
    [token] = re.findall(r'name="token" value="([^"]+)"', browser.get(f"/{OTTO.address}/write"))
    form = {"token": token, "to": "billing@desk.example", "subject": "Typed here", "text": "By hand, with ümlaut."}
    answer, _ = browser.ask("POST", f"/{OTTO.address}/write", form)
    assert (answer.status, answer.headers["Location"]) == (303, "/otto.lindqvist%40fjord.example")
    [message] = [one for one in sandbox.on_the_desk("billing") if one["Subject"] == "Typed here"]
    assert message["Return-Path"] == f"<{OTTO.address}>"
    assert message.get_payload(decode=True).decode() == "By hand, with ümlaut.\n"
    assert "Typed here" in browser.get(f"/{OTTO.address}")


def test_a_visitor_answers_a_message_and_the_answer_belongs_to_it(sandbox: Running) -> None:
    with sandbox.smtp() as smtp:
        smtp.send_message(mail("Your parcel", Auto_Submitted="auto-generated"), SUPPORT, ["lena@birke.example"])
    browser = Browser(sandbox.at.page)
    [path] = re.findall(r'href="(/lena[^"]*/received/[^"]*)"', browser.get("/lena@birke.example"))
    fields = dict(re.findall(r'name="(token|answers)" value="([^"]+)"', browser.get(path)))
    answer, _ = browser.ask("POST", "/lena@birke.example/write", {**fields, "text": "It is here."})
    assert answer.status == 303
    [message] = [one for one in sandbox.on_the_desk("support") if one["Subject"] == "Re: Your parcel"]
    assert message["In-Reply-To"] == "<Your.parcel@desk.example>"


@pytest.mark.parametrize(
    ("method", "path", "form", "host", "status"),
    [
        ("GET", "/nobody@closed-account.example", None, None, 404),
        ("GET", "/nadia@brook.example/received/no-such-key", None, None, 404),
        ("GET", "/alice@desk.example/write", None, None, 404),
        ("GET", "/", None, "evil.example", 421),
        ("POST", "/nadia@brook.example/write", {"token": "guessed", "text": "x"}, None, 403),
        ("POST", "/nadia@brook.example/write", {"token": "guessed", "text": "x"}, "evil.example", 421),
        ("POST", "/nadia@brook.example/write", {"text": "x" * 300_000}, None, 413),
        ("POST", "/alice@desk.example/write", {"text": "x"}, None, 404),
    ],
)
def test_the_page_refuses(
    sandbox: Running, method: str, path: str, form: dict[str, str] | None, host: str | None, status: int
) -> None:
    headers = {"Host": host} if host else {}
    answer, text = Browser(sandbox.at.page).ask(method, path, form, **headers)
    assert answer.status == status
    assert text


# The demo as a whole.


def test_a_taken_port_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert port < free_port("127.0.0.1", port) < port + 50


@pytest.mark.slow
def test_the_demo_shows_tickets_lets_the_out_of_office_be_and_leaves_nothing_behind() -> None:
    room = Path(tempfile.mkdtemp(prefix="demo-test-"))
    # Where root runs the tests, the database runs as another user and must get in.
    room.chmod(0o755)
    environment = {**os.environ, "TMPDIR": str(room), "COLUMNS": "120"}
    command = [sys.executable, "-m", "postdesk", "demo", "--port", str(free_port("127.0.0.1", 18_000))]
    with (room / "out").open("wb") as out:
        demo = subprocess.Popen(command, stdout=out, stderr=out, env=environment, start_new_session=True)

    def said() -> str:
        assert demo.poll() is None, (room / "out").read_text()
        return (room / "out").read_text()

    try:
        eventually(lambda: "Sign in" in said(), seconds=60)
        [folder] = room.glob("postdesk-demo-*")
        assert listed("tickets", folder)
        # The note that answers the desk's receipt is taken in, and gets no receipt of its own.
        helen = folder / "mail" / "boxes" / "people" / HELEN.address
        eventually(lambda: len(mailbox.Maildir(helen / "sent")) == 2, seconds=60)
        wrote = {str(one["Message-ID"]).strip("<>") for one in mailbox.Maildir(helen / "sent")}
        eventually(lambda: wrote <= decided(folder), seconds=60)
        assert len(mailbox.Maildir(helen / "received")) == 1
        # What went to an address that is no more came back, and is known to have failed.
        eventually(lambda: any(row["state"] == "bounced" for row in listed("outbox", folder)), seconds=60)
        # What an agent answers, the customer reads; and she writes back, to the same ticket.
        number = next(str(row["number"]) for row in listed("tickets", folder) if row["user"] == NADIA.address)
        postdesk_command(folder, "reply", number, "--as", "alice@desk.example", text="Try the switch below.")
        nadia = folder / "mail" / "boxes" / "people" / NADIA.address / "received"
        eventually(lambda: any("Try the switch below." in text for text in texts(nadia)), seconds=30)
        eventually(lambda: kinds_of_entries(folder, number) == ["message", "reply", "message"], seconds=60)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0, (room / "out").read_text()
    finally:
        demo.kill()
        demo.wait()
    assert list(room.glob("postdesk-demo-*")) == []
    assert processes_about(room) == []
    shutil.rmtree(room)


def listed(what: str, folder: Path) -> list[dict[str, object]]:
    """The rows of `postdesk WHAT --json` on the demo's own data folder."""
    return [json.loads(line) for line in postdesk_command(folder, what, "--json").splitlines()]


def postdesk_command(folder: Path, *arguments: str, text: str = "") -> str:
    """What a `postdesk` command says about the demo's own data folder."""
    environment = {**os.environ, "POSTDESK_DATA": str(folder / "desk"), "TMPDIR": str(folder.parent)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "postdesk", *arguments]
    return subprocess.run(
        command, env=environment, input=text, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def decided(folder: Path) -> set[object]:
    """The Message-IDs of what the demo's desk has seen and judged."""
    return {row["message_id"] for row in listed("ledger", folder) if row["decided_at"]}


def texts(folder: Path) -> list[str]:
    """The texts of the messages in a Maildir."""
    box = mailbox.Maildir(folder, create=False)
    return [
        text_of(email.message_from_bytes(box.get_bytes(key), _class=EmailMessage, policy=default))
        for key in box.iterkeys()
    ]


def kinds_of_entries(folder: Path, number: str) -> list[str]:
    return [entry["kind"] for entry in json.loads(postdesk_command(folder, "ticket", number, "--json"))["entries"]]


def processes_about(room: Path) -> list[str]:
    """The command lines of the processes that name `room` there or in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (process / "cmdline").read_bytes()
            if str(room).encode() in line + (process / "environ").read_bytes():
                found.append(line.replace(b"\0", b" ").decode())
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(true: Callable[[], bool], *, seconds: float) -> None:
    """Wait for another process, which tells nobody when it is done."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
