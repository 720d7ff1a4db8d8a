"""A private Dovecot on free ports of 127.0.0.1: IMAP, IMAPS, POP3, POP3S and LMTP, for tests and benchmarks.

It has its own configuration, sockets, indexes and mail under one temporary folder and never touches the system's
instance. As root the mail belongs to an unprivileged uid that needs no account; without root everything runs as the
user who started it. Every user name logs in with `PASSWORD`; a mailbox exists as soon as somebody looks at it.
"""

from __future__ import annotations

import getpass
import grp
import os
import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from imapclient import imap_utf7

from tests.support.certificates import Certificates, Kind

PASSWORD = "secret"
MAIL_UID = 5000
START_TIMEOUT = 20.0  # seconds
_SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
_FLAGS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}
_ARRIVAL = re.compile(r"(\d+)\.(?:M(\d+))?")

_CONFIGURATION = """\
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
instance_name = {instance}
listen = 127.0.0.1
protocols = imap pop3 lmtp
{owner}
ssl = yes
ssl_cert = <{root}/etc/cert.pem
ssl_key = <{root}/etc/key.pem
ssl_min_protocol = TLSv1.2
auth_mechanisms = plain login
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{root}/mail/%u/Maildir
mail_fsync = {fsync}
# Keep what comes by LMTP and APPEND with its CRLF, as `drop` does.
mail_save_crlf = yes
maildir_stat_dirs = no
mail_max_userip_connections = 0
default_process_limit = 2048
default_client_limit = 4096
recipient_delimiter =
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = allow_all_users=yes uid={uid} gid={gid} home={root}/mail/%u
}}
service anvil {{
  chroot =
  client_limit = 9000
  # No penalty that grows with wrong passwords: a test of a refused login must not slow down the next one.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  client_limit = 9000
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
  service_count = 0
  process_min_avail = 1
  process_limit = 2
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
  service_count = 0
  process_min_avail = 1
  process_limit = 2
}}
# A mail process serves one session after another, so that a login does not pay for a fork and an exec.
service imap {{
  service_count = 200
  process_limit = 2048
}}
service pop3 {{
  service_count = 200
  process_limit = 2048
}}
service lmtp {{
  chroot =
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@dovecot.example
}}
{capability}
{extra}
"""


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A message as it lies in a Maildir: its bytes, and its IMAP flags and keywords (`\\Seen`, `$Forwarded`)."""

    raw: bytes
    flags: frozenset[str]


def binary() -> str | None:
    """The path of the Dovecot program, or None where it is not installed."""
    return shutil.which("dovecot", path=_SEARCH_PATH)


class Dovecot:
    """A running Dovecot; use it as a context manager, or call `start` and `stop`.

    Parameters: `capability` replaces the list of IMAP capabilities announced after login ("IMAP4rev1 IDLE" hides MOVE
    and UIDPLUS); `certificate` is the kind of certificate it shows; `fsync` is Dovecot's mail_fsync ("never",
    "optimized", "always"); `extra` is configuration added at the end. The ports stay the same over `stop` and `start`.

    `imap`, `imaps`, `pop3`, `pop3s` and `lmtp` are ports on `host`; `ca_pem` (text) and `ca_file` (path) name the
    authority to trust.
    """

    host = "127.0.0.1"
    #: Names of the attributes that hold its ports.
    ports: tuple[str, ...] = ("imap", "imaps", "pop3", "pop3s", "lmtp")

    def __init__(
        self,
        *,
        capability: str | None = None,
        certificate: Kind = "good",
        fsync: str = "never",
        extra: str = "",
        certificates: Certificates | None = None,
    ) -> None:
        self._capability, self._fsync, self._extra = capability, fsync, extra
        self._kind: Kind = certificate
        self.certificates = certificates or Certificates()
        self.ca_pem = self.certificates.ca_pem
        self.imap = self.imaps = self.pop3 = self.pop3s = self.lmtp = 0
        self.root = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._as_root = os.geteuid() == 0
        self._uid = MAIL_UID if self._as_root else os.geteuid()
        self._gid = MAIL_UID if self._as_root else os.getegid()
        self._ready: set[Path] = set()
        self._last = 0
        self._naming = threading.Lock()

    # --- start and stop

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def ca_file(self) -> Path:
        """The authority's certificate as a file."""
        return self.root / "etc" / "ca.pem"

    @property
    def pid(self) -> int | None:
        """The process id of the master process while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it and wait until it greets. Raises RuntimeError with Dovecot's own log if it will not start."""
        if self._process:
            return
        fresh = not self.root.name
        if fresh:
            self._make_folders()
        for attempt in range(3):
            if fresh:
                self._choose_ports()
            if self._launch():
                return
            # Somebody may have taken a port between our choosing it and Dovecot's binding it.
            if not fresh or attempt == 2 or "Address already in use" not in self.log():
                break
        raise RuntimeError(f"Dovecot did not start:\n{self.log()}")

    def stop(self) -> None:
        """Stop it and wait until it is gone; mail and ports are kept, so that `start` brings the same server back."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(START_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def close(self) -> None:
        """Stop it and remove everything it had."""
        try:
            self.stop()
        finally:
            if self.root.name:
                shutil.rmtree(self.root, ignore_errors=True)
                self.root = Path()
                self._ready.clear()

    def log(self) -> str:
        """What Dovecot wrote into its log."""
        file = self.root / "dovecot.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def _make_folders(self) -> None:
        # A short path: the name of a unix socket must stay under 108 bytes.
        self.root = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.root.chmod(0o755)
        for name in ("etc", "run", "state", "mail"):
            (self.root / name).mkdir()
        self._own(self.root / "mail")
        self.certificates.write(self.root / "etc", self._kind)

    def _choose_ports(self) -> None:
        with ExitStack() as held:
            for name in self.ports:
                listener = held.enter_context(socket.socket())
                listener.bind((self.host, 0))
                setattr(self, name, listener.getsockname()[1])

    def _configuration(self) -> str:
        return _CONFIGURATION.format(
            root=self.root,
            instance=self.root.name,
            owner=f"first_valid_uid = {self._uid}" if self._as_root else self._unprivileged(),
            uid=self._uid,
            gid=self._gid,
            password=PASSWORD,
            fsync=self._fsync,
            capability=f"imap_capability = {self._capability}" if self._capability else "",
            extra=self.extra(),
            **{name: getattr(self, name) for name in self.ports},
        )

    def extra(self) -> str:
        """Configuration that is added at the end."""
        return self._extra

    def _unprivileged(self) -> str:
        user, group = getpass.getuser(), grp.getgrgid(self._gid).gr_name
        return (
            f"default_internal_user = {user}\ndefault_login_user = {user}\ndefault_internal_group = {group}\n"
            f"first_valid_uid = {self._uid}\nfirst_valid_gid = {self._gid}"
        )

    def _launch(self) -> bool:
        program = binary()
        if program is None:
            raise RuntimeError("Dovecot is not installed")
        file = self.root / "etc" / "dovecot.conf"
        file.write_text(self._configuration())
        with (self.root / "dovecot.log").open("ab") as log:
            process = subprocess.Popen(
                [program, "-F", "-c", str(file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + START_TIMEOUT
        while process.poll() is None and time.monotonic() < end:
            if all(self._greets(port) for port in self.greeting_ports()):
                self._process = process
                return True
            time.sleep(0.02)
        if process.poll() is None:
            process.terminate()
        process.wait(START_TIMEOUT)
        return False

    def greeting_ports(self) -> tuple[int, ...]:
        """The ports on which it must greet before it counts as started."""
        return self.imap, self.pop3, self.lmtp

    def _greets(self, port: int) -> bool:
        try:
            with socket.create_connection((self.host, port), timeout=START_TIMEOUT) as connection:
                return connection.recv(1) != b""
        except OSError:
            return False

    # --- mail

    def drop(self, user: str, raw: bytes, folder: str = "INBOX", *, flags: str = "", at: float | None = None) -> None:
        """Put a message into a folder, creating it: written to `tmp`, then renamed, as a delivery agent does.

        `flags` are Maildir letters ("S" is seen) and put it into `cur`; `at` (seconds since 1970) is its INTERNALDATE.
        """
        place = self.make_folder(user, folder)
        name = self._name(len(raw), len(raw) + raw.count(b"\n") - raw.count(b"\r\n"))
        draft = os.path.join(place, "tmp", name)
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            view = memoryview(raw)
            while view:
                view = view[os.write(file, view) :]
            if self._as_root:
                os.fchown(file, self._uid, self._gid)
        finally:
            os.close(file)
        if at is not None:
            os.utime(draft, (at, at))
        target = os.path.join(place, "cur", f"{name}:2,{flags}") if flags else os.path.join(place, "new", name)
        os.rename(draft, target)

    def drop_files(self, user: str, files: Iterable[Path], folder: str = "INBOX") -> int:
        """Put files (with CRLF line ends) into a folder by hard link, or by copy across file systems; how many."""
        place, number = self.make_folder(user, folder), 0
        for file in files:
            size = file.stat().st_size
            target = place / "new" / self._name(size, size)
            try:
                os.link(file, target)
            except OSError:
                shutil.copyfile(file, target)
            self._own(target)
            number += 1
        return number

    def deliver(self, user: str, raw: bytes, sender: str = "customer@example.com") -> None:
        """Deliver by LMTP, so that Dovecot itself stores it (and adds Return-Path, Delivered-To and Received)."""
        with smtplib.LMTP(self.host, self.lmtp) as client:
            client.sendmail(sender, [user], raw)

    def mails(self, user: str, folder: str = "INBOX") -> list[StoredMail]:
        """The messages of a folder in order of arrival; empty for a folder that is not there."""
        place = self._place(user, folder)
        keywords = _keywords(place / "dovecot-keywords")
        for _ in range(50):
            # A session that sets flags renames files under our eyes; then we look again.
            with suppress(FileNotFoundError):
                return [
                    StoredMail(file.read_bytes(), _flags(file.name, keywords))
                    for file in sorted(_files(place), key=_arrival)
                ]
        raise RuntimeError(f"{folder} of {user} never stood still")

    def folders(self, user: str) -> list[str]:
        """The names of the folders, INBOX first, the others sorted; separator "/"."""
        home = self._place(user, "INBOX")
        if not home.exists():
            return []
        names = [entry.name for entry in home.iterdir() if entry.name.startswith(".") and (entry / "cur").is_dir()]
        return ["INBOX", *sorted(imap_utf7.decode(name[1:].replace(".", "/").encode("ascii")) for name in names)]

    def make_folder(self, user: str, folder: str) -> Path:
        """Make a folder (names in Unicode, separator "/") unless it is there; the path of its Maildir."""
        place = self._place(user, folder)
        if place not in self._ready or not place.exists():
            inbox = self._place(user, "INBOX")
            for path in (inbox.parent, inbox, place, *(place / part for part in ("tmp", "new", "cur"))):
                if not path.exists():
                    path.mkdir(mode=0o700)
                    self._own(path)
            self._ready.add(place)
        return place

    def forget_uids(self, user: str, folder: str = "INBOX") -> None:
        """Lose the folder's index, so that it comes back with another UIDVALIDITY; not while a session has it open."""
        place = self._place(user, folder)
        for pattern in ("dovecot-uidlist", "dovecot.index*"):
            for file in place.glob(pattern):
                file.unlink()

    def wipe(self, user: str) -> None:
        """Remove all mail and all folders of a user; not while a session has them open.

        What stays is Dovecot's memory of the UIDVALIDITY values it gave, so that none is given a second time.
        """
        inbox = self._place(user, "INBOX")
        self._ready = {place for place in self._ready if place != inbox and inbox not in place.parents}
        if not inbox.exists():
            return
        for entry in inbox.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif not entry.name.startswith("dovecot-uidvalidity"):
                entry.unlink()

    def _place(self, user: str, folder: str) -> Path:
        inbox = self.root / "mail" / user.lower() / "Maildir"
        if folder.upper() == "INBOX":
            return inbox
        on_disk: str = imap_utf7.encode(folder).decode("ascii")
        return inbox / f".{on_disk.replace('/', '.')}"

    def _name(self, size: int, size_with_crlf: int) -> str:
        # Dovecot gives UIDs in the order of these names, so the clock in them never stands still.
        with self._naming:
            self._last = max(time.time_ns() // 1000, self._last + 1)
            seconds, micro = divmod(self._last, 1_000_000)
        return f"{seconds}.M{micro:06d}P{os.getpid()}.dropped,S={size},W={size_with_crlf}"

    def _own(self, path: Path) -> None:
        if self._as_root:
            os.chown(path, self._uid, self._gid)


def _files(place: Path) -> list[Path]:
    return [file for part in ("new", "cur") if (place / part).is_dir() for file in (place / part).iterdir()]


def _arrival(file: Path) -> tuple[int, int, str]:
    match = _ARRIVAL.match(file.name)
    return (int(match[1]), int(match[2] or 0), file.name) if match else (0, 0, file.name)


def _flags(name: str, keywords: dict[str, str]) -> frozenset[str]:
    letters = name.partition(":2,")[2]
    return frozenset(_FLAGS.get(letter) or keywords.get(letter) or letter for letter in letters)


def _keywords(file: Path) -> dict[str, str]:
    """Dovecot's table of keywords: a line each, "0 Name", where 0 stands for the letter "a" in file names."""
    if not file.exists():
        return {}
    rows = (line.split(" ", 1) for line in file.read_text().splitlines())
    return {chr(ord("a") + int(number)): name for number, name in rows}
