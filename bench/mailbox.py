"""How soon a mailbox in which mails wait is read: from connecting it to the last of them as a message, at a real Dovecot.

Promised: 500 mails in at most 30 s, each beginning a thread, with one worker of each kind. Needs dovecot-imapd.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from app.actions.poll import wish_poll
from app.channels.base import Line
from app.channels.email.channel import Email
from app.demo import load
from app.demo.load import Loaded
from app.ledger.transaction import transaction
from app.lib.database import db, owner_engine
from app.models import Inbox
from bench import _ground as at
from bench._letters import a_mail
from tests.fakes.dovecot import PASSWORD, Dovecot
from tests.lib.certificates import make_certificate

MAILS, TARGET_SECONDS = 500, 30.0
ADDRESS = "bench@fernway.example"
READ = text(
    "select count(*) from messages where account_id = :account and message_type = 'incoming' and content like 'Waiting %'"
)


@contextmanager
def mailbox() -> Iterator[Dovecot]:
    # A short path, for its sockets have one each.
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    (folder / "tls").mkdir()
    dovecot = Dovecot(folder, make_certificate(folder / "tls", "localhost"), "http://localhost:9/introspect")
    dovecot.start()
    try:
        yield dovecot
    finally:
        dovecot.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    with mailbox() as dovecot, at.ground(private_hosts="localhost,127.0.0.1") as ground:
        app = ground.app()
        with app.app_context():
            demo = load.load()
            line = _tried(dovecot)
        for number in range(MAILS):
            words = f"Waiting {number} in the box"
            dovecot.put(ADDRESS, a_mail(words, sender=f"rider{number % 120}@home.example"))
        ground.worker("inbound", "events", "outbound")
        ground.worker("slow")
        engine = owner_engine(ground.settings)
        began = time.perf_counter()
        with app.app_context():
            _connect(demo, line)
        at.wait_for(lambda: _read(engine, demo) >= MAILS, "the last mail", 300)
        seconds = time.perf_counter() - began
        engine.dispose()
    print(f"{MAILS} waiting mails were messages after {seconds:.1f} s.")
    print(f"Promised are {TARGET_SECONDS:.0f} s: {at.verdict(seconds, TARGET_SECONDS)}.")
    at.close("mailbox", {"mails": MAILS, "seconds": round(seconds, 1), "target_s": TARGET_SECONDS})


def _tried(dovecot: Dovecot) -> Line:
    """The mailbox is empty yet: what comes after this is new."""
    credentials = {
        "imap_host": "localhost",
        "imap_port": dovecot.port,
        "imap_security": "none",
        "imap_login": ADDRESS,
        "imap_password": PASSWORD,
    }
    return Email(Line(ADDRESS, name="Bench", credentials=credentials)).connect("")


def _connect(demo: Loaded, line: Line) -> None:
    with transaction(demo.account_id):
        inbox = Inbox(account_id=demo.account_id, name=line.name, channel="email", address=line.address)
        inbox.credentials, inbox.channel_settings = dict(line.credentials), dict(line.settings)
        db.session.add(inbox)
        db.session.flush()
        wish_poll(demo.account_id, inbox.id)


def _read(engine: Engine, demo: Loaded) -> int:
    with engine.begin() as connection:
        return int(connection.execute(READ, {"account": demo.account_id}).scalar_one())


if __name__ == "__main__":
    main()
