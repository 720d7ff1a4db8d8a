"""The post office's two doors: IMAP to the desk's letter boxes (pymap), SMTP for what the desk sends (aiosmtpd)."""

from __future__ import annotations

import asyncio
import functools
import hmac
import logging
import os
import socket
import warnings
from argparse import Namespace
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.reader import ProxyProtocolReader
from proxyprotocol.sock import SocketInfo
from proxyprotocol.version import ProxyProtocolVersion
from pymap.backend.maildir import Config, MaildirBackend
from pymap.backend.maildir.users import PasswordsFile, UsersFile
from pymap.imap import IMAPServer
from pysasl.hashing import BuiltinHash

from postdesk.cli.demo.post import HOST_NAME, PostOffice

#: The password is random and lives as long as the sandbox: many rounds would only cost the start its seconds.
_ROUNDS = 1_000

#: Threads that work for IMAP connections; one that waits in IDLE keeps a thread for a second at a time.
_IMAP_THREADS = 16

#: Larger messages are refused, as a provider would (bytes).
SIZE_LIMIT = 40 * 1024 * 1024


def listen() -> socket.socket:
    """A listening socket on a free port of the loopback interface."""
    return socket.create_server(("127.0.0.1", 0))


async def serve_imap(root: Path, users: Mapping[str, Path], password: str, door: socket.socket) -> asyncio.Server:
    """Serve the Maildir of each user (name to folder) on `door`; settings and locks lie in `root`.

    Mail that is put into a Maildir's `new` shows in IDLE within two seconds: pymap looks once a second.
    """
    # pymap would look its own name up in the DNS for every greeting.
    os.environ.setdefault("FQDN", HOST_NAME)
    digest = BuiltinHash(rounds=_ROUNDS).hash(password)
    async with UsersFile.with_write(str(root)) as users_file, PasswordsFile.with_write(str(root)) as passwords_file:
        for name, folder in users.items():
            users_file.set(UsersFile.build_record(name, str(folder)))
            passwords_file.set(PasswordsFile.build_record(name, digest))
    settings = Namespace(
        host="127.0.0.1",
        port=0,
        debug=False,
        cert=None,
        key=None,
        tls=False,
        passlib_cfg=None,
        proxy_protocol=None,
        base_dir=str(root),
        layout="++",
        colon=None,
        concurrency=_IMAP_THREADS,
    )
    backend, config = await MaildirBackend.init(settings)
    assert isinstance(config, Config)
    config.apply_context()
    server = IMAPServer(backend.login, config)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: SocketInfo) -> None:
        await server(reader, cast(asyncio.StreamWriter, _WholeResponses(writer)), peer)

    bare = ProxyProtocolReader(ProxyProtocolVersion.get(None))
    return await asyncio.start_server(bare.get_callback(converse), sock=door)


class _WholeResponses:
    """A StreamWriter that sends a response in one piece.

    pymap writes `* 4 FETCH (` and what follows in several; a client that looks for news without waiting
    (IDLE) finds half a line then, and some give the connection up.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._pending = bytearray()

    def write(self, piece: bytes) -> None:
        self._pending += piece

    async def drain(self) -> None:
        self._flush()
        await self._writer.drain()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write(bytes(self._pending))
        self._pending.clear()


async def serve_smtp(post: PostOffice, users: Iterable[str], password: str, door: socket.socket) -> asyncio.Server:
    """Accept mail on `door` from those who sign in as one of `users`, and hand it to the post office."""
    make = functools.partial(
        SMTP,
        _Counter(post),
        hostname=HOST_NAME,
        ident="postdesk sandbox",
        data_size_limit=SIZE_LIMIT,
        enable_SMTPUTF8=True,
        auth_required=True,
        auth_require_tls=False,
        authenticator=functools.partial(_authenticate, frozenset(users), password),
        loop=asyncio.get_running_loop(),
    )
    return await asyncio.get_running_loop().create_server(lambda: _quietly(make), sock=door)


class _Counter:
    """What aiosmtpd calls when a message is complete; the method names are its own."""

    def __init__(self, post: PostOffice) -> None:
        self._post = post

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        await asyncio.to_thread(self._post.deliver, envelope.mail_from or "", list(envelope.rcpt_tos), raw)
        return "250 2.0.0 Ok: delivered in the sandbox"


def _authenticate(
    users: frozenset[str], password: str, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
) -> AuthResult:
    good = (
        isinstance(given, LoginPassword)
        and given.login.decode("utf-8", "replace") in users
        and hmac.compare_digest(given.password, password.encode())
    )
    return AuthResult(success=good, handled=False)


def _quietly(make: functools.partial[SMTP]) -> SMTP:
    # aiosmtpd warns that a password travels without TLS; here it travels over the loopback interface only.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()


def silence() -> None:
    """Keep the servers' own log lines off the terminal, errors excepted."""
    for name in ("mail.log", "mail.debug", "pymap", "asyncio"):
        logging.getLogger(name).setLevel(logging.ERROR)
