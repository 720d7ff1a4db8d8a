"""An SMTP server that takes everything and remembers it, answers as it is told to, and costs next to nothing.

In a test it runs in a thread: `with Sink() as sink`. For a benchmark it runs as its own process,
`python -m tests.support.sink --port P --status-port Q`. It speaks enough of RFC 5321 for an honest client, with
PIPELINING (RFC 2920), and reads bodies from its own buffer, never line by line.

The status port takes one word a line: STAT answers a JSON object, LOG a JSON object for every letter, RESET forgets.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from email.parser import BytesHeaderParser
from types import TracebackType
from typing import Self

from tests.support.sink_session import Letter, Memory, Session, Terms

__all__ = ["FEATURES", "Letter", "Sink"]

FEATURES = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 104857600", "AUTH PLAIN LOGIN")


class Sink:
    """The sink on a free port (or the one given) of 127.0.0.1.

    Parameters: `tls` is a server context; with `implicit` it is used from the first byte, else STARTTLS is offered.
    `login` is the only (user, password) accepted; without it every login is. `features` are the EHLO keywords.
    `keep_bodies=False` stores headers only, for benchmarks.

    `letters` are the mails accepted (and those cut after DATA), `refused` those whose body was answered with 4xx/5xx.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        login: tuple[str, str] | None = None,
        features: Sequence[str] = FEATURES,
        keep_bodies: bool = True,
    ) -> None:
        self.port = port
        self.memory = Memory()
        self._terms = Terms(tuple(features), tls, implicit, login, keep_bodies)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._thread: threading.Thread | None = None

    # --- what a test reads

    @property
    def letters(self) -> list[Letter]:
        """The mails taken, in order of arrival."""
        return self.memory.letters

    @property
    def refused(self) -> list[Letter]:
        """The mails whose body was refused."""
        return self.memory.refused

    @property
    def logins(self) -> list[tuple[str, str]]:
        """User and password of every login tried."""
        return self.memory.logins

    @property
    def connections(self) -> int:
        """How many connections were made since the start or the last `reset`."""
        return self.memory.connections

    def wait_for(self, number: int, timeout: float = 10.0) -> list[Letter]:
        """The letters, once there are at least `number` of them; TimeoutError after `timeout` seconds."""
        with self.memory.arrived:
            if not self.memory.arrived.wait_for(lambda: len(self.letters) >= number, timeout):
                raise TimeoutError(f"{len(self.letters)} of {number} letters came within {timeout} s")
            return list(self.letters)

    # --- what a test tells it

    def answer(self, recipient: str, code: int, text: str, times: int | None = None) -> None:
        """Answer RCPT for this recipient so, `times` times (None: always)."""
        self.memory.script(f"RCPT {recipient.lower()}", code, text, times)

    def answer_body(self, code: int, text: str, times: int | None = None) -> None:
        """Answer the end of the body so; with 4xx or 5xx the letter goes to `refused`."""
        self.memory.script("BODY", code, text, times)

    def answer_to(self, verb: str, code: int, text: str, times: int | None = None) -> None:
        """Answer a command so: EHLO, STARTTLS, AUTH, MAIL, DATA, RSET, NOOP or QUIT; CONNECT is the greeting."""
        self.memory.script(verb.upper(), code, text, times)

    def cut_after_data(self, times: int = 1) -> None:
        """Take the next body, store it, and drop the connection without a reply: the sender cannot know."""
        self.memory.cuts += times

    @property
    def delay(self) -> float:
        """Seconds before the end of a body is answered."""
        return self.memory.delay

    @delay.setter
    def delay(self, seconds: float) -> None:
        self.memory.delay = seconds

    def reset(self) -> None:
        """Forget all letters, logins and scripted answers."""
        self.memory.forget()

    # --- start and stop

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._loop = loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=loop.run_forever, name="sink", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.listen(), loop).result(10)

    def stop(self) -> None:
        """Stop listening and drop every connection; the letters stay readable, the port stays chosen."""
        loop, self._loop = self._loop, None
        if loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self.hang_up(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join(10)
        loop.close()

    async def listen(self) -> None:
        """Listen on the running loop."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Session(self.memory, self._terms),
            self.host,
            self.port,
            ssl=self._terms.tls if self._terms.implicit else None,
            backlog=1000,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def hang_up(self) -> None:
        """Close the listener and all connections, and wait until they are gone."""
        if self._server:
            self._server.close()
            await self._server.wait_closed()
        for session in tuple(self.memory.open):
            session.abort()
        while self.memory.open:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)  # a last turn of the loop, in which closed transports let go of their sockets


# --- the sink as a process of its own


def status(memory: Memory) -> dict[str, float | int | None]:
    """The counts: letters, refused, recipients, octets, connections, first and last arrival (seconds since 1970), cpu
    (seconds this process has used)."""
    letters = memory.letters
    return {
        "letters": len(letters),
        "refused": len(memory.refused),
        "recipients": sum(len(letter.recipients) for letter in letters),
        "octets": sum(letter.size for letter in letters),
        "connections": memory.connections,
        "first": letters[0].at if letters else None,
        "last": letters[-1].at if letters else None,
        "cpu": time.process_time(),
    }


def log_lines(letters: Sequence[Letter]) -> Iterator[str]:
    """A JSON object for each letter; headers are read now, so that taking a letter does not pay for it."""
    parser = BytesHeaderParser()
    for letter in letters:
        header = parser.parsebytes(letter.raw.partition(b"\r\n\r\n")[0])
        named = ("Message-ID", "In-Reply-To", "References", "Subject", "To", "Auto-Submitted")
        yield json.dumps(
            {"at": letter.at, "mail_from": letter.mail_from, "recipients": letter.recipients, "size": letter.size}
            | {name.lower().replace("-", "_"): str(header[name]).strip() for name in named if header[name]}
        )


async def _tell(memory: Memory, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while word := (await reader.readline()).strip().upper():
            if word == b"STAT":
                writer.write(json.dumps(status(memory)).encode() + b"\n")
            elif word == b"LOG":
                writer.writelines(line.encode() + b"\n" for line in log_lines(memory.letters))
                break
            elif word == b"RESET":
                memory.forget()
                writer.write(b"{}\n")
            await writer.drain()
    writer.close()


async def _run(sink: Sink, status_port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await sink.listen()
    teller = await asyncio.start_server(lambda r, w: _tell(sink.memory, r, w), Sink.host, status_port)
    print(json.dumps({"port": sink.port, "status_port": teller.sockets[0].getsockname()[1]}), flush=True)
    await stopped.wait()
    teller.close()
    await sink.hang_up()


def main() -> None:
    """Run until SIGTERM; the first line of output is a JSON object with `port` and `status_port`."""
    parser = argparse.ArgumentParser(description="An SMTP sink that counts what it takes.")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--status-port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before the end of a body is answered")
    parser.add_argument("--keep-bodies", action="store_true", help="else only headers are kept")
    chosen = parser.parse_args()
    sink = Sink(port=chosen.port, keep_bodies=chosen.keep_bodies)
    sink.delay = chosen.delay
    asyncio.run(_run(sink, chosen.status_port))


if __name__ == "__main__":
    main()
