"""A real mail server for the tests: Dovecot, in a folder and on ports of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import free_port

PASSWORD = 'se"cret\\word'
BINARY = shutil.which("dovecot") or "/usr/sbin/dovecot"

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = {tls}
ssl_cert = <{certificate}
ssl_key = <{certificate}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
mail_location = maildir:{folder}/mails/%u
mail_uid = {user}
mail_gid = {group}
first_valid_uid = {first}
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
mail_plugins = quota
auth_failure_delay = 0
mail_max_userip_connections = 100
imap_idle_notify_interval = 1 min
plugin {{
  quota = maildir:User quota
  quota_rule = *:storage={quota}M
}}
protocol imap {{
  mail_plugins = quota imap_quota
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mails/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


class Dovecot:
    """`port` speaks plainly or STARTTLS, `tls_port` TLS. Any name may sign in with PASSWORD, or with a token that
    `introspection` knows.
    """

    def __init__(self, folder: Path, certificate: Path, introspection: str) -> None:
        self.folder = folder
        self.port, self.tls_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        is_root = os.geteuid() == 0
        me = pwd.getpwuid(os.geteuid()).pw_name
        self._user = "mail" if is_root else me
        group = str(pwd.getpwnam(self._user).pw_gid)
        for name in ("run", "state", "mails"):
            (folder / name).mkdir()
        shutil.chown(folder / "mails", self._user)
        folder.chmod(0o755)
        (folder / "oauth2.conf").write_text(
            f"introspection_url = {introspection}\nintrospection_mode = post\nusername_attribute = email\n"
            "active_attribute = active\nactive_value = true\nforce_introspection = yes\n"
        )
        self._write(
            tls="yes",
            certificate=certificate,
            user=self._user,
            group=group,
            first=1,
            internal="dovecot" if is_root else me,
            internal_group="dovecot" if is_root else group,
            login="dovenull" if is_root else me,
            quota=1000,
            password=PASSWORD,
        )

    def _write(self, **values: object) -> None:
        (self.folder / "dovecot.conf").write_text(
            CONFIGURATION.format(folder=self.folder, port=self.port, tls_port=self.tls_port, **values)
        )

    def start(self) -> None:
        self._process = subprocess.Popen([BINARY, "-F", "-c", str(self.folder / "dovecot.conf")])
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                self._greeted()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"Dovecot did not start: {self.words()}")

    def _greeted(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 5) as line:
            if not line.recv(10):
                raise OSError("not yet")

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(10)
            self._process = None

    def words(self) -> str:
        """The end of its log."""
        log = self.folder / "log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else ""

    def put(self, user: str, raw: bytes, *, folder: str = "INBOX", at: datetime | None = None) -> Path:
        """A mail arrives, as its delivery agent would put it there: the file's hour is when it arrived."""
        box = self.box(user, folder)
        if not (box / "tmp").exists():
            for each in (self.box(user), box, box / "new", box / "cur", box / "tmp"):
                each.mkdir(exist_ok=True)
                shutil.chown(each, self._user)
        moment = at or datetime.now(UTC)
        name = f"{moment.timestamp():.6f}.{time.monotonic_ns()}.host"
        partial = box / "tmp" / name
        partial.write_bytes(raw)
        os.utime(partial, (moment.timestamp(), moment.timestamp()))
        shutil.chown(partial, self._user)
        return partial.rename(box / "new" / name)

    def box(self, user: str, folder: str = "INBOX") -> Path:
        """Where the folder lies (Maildir++)."""
        home = self.folder / "mails" / user
        return home if folder == "INBOX" else home / f".{folder}"

    def renew_validity(self, user: str, folder: str = "INBOX") -> None:
        """All UIDs of the folder mean other mails from now on."""
        box = self.box(user, folder)
        listed = box / "dovecot-uidlist"
        head, _, _ = listed.read_text().partition("\n")
        validity = int(next(word for word in head.split() if word.startswith("V"))[1:])
        for path in box.glob("dovecot*"):
            path.unlink()
        # A list that begins anew, under another validity.
        listed.write_text(f"3 V{validity + 7} N1 G{os.urandom(16).hex()}\n")
        shutil.chown(listed, self._user)

    def flags(self, user: str, folder: str = "INBOX") -> list[str]:
        """The flags of each mail, as Maildir writes them: S is seen."""
        box = self.box(user, folder)
        return sorted(path.name.partition(":2,")[2] for name in ("cur", "new") for path in (box / name).iterdir())
