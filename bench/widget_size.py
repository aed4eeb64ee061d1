"""How much the widget weighs on a customer's page, compressed as it travels.

Run as `python -m bench.widget_size`. Promised: 10 kB for sdk.js, 60 kB for all that the frame's first view loads.
"""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from app.channels.web_widget import LOCALES, WebsiteSettings
from app.ledger.transaction import system
from app.lib.database import db
from app.models import Account, Inbox
from bench import _ground as at

SCRIPT_TARGET, FRAME_TARGET = 10.0, 60.0
LOADED = re.compile(r'<(?:link rel="stylesheet"|script)[^>]* (?:href|src)="([^"]+)"')
SQUEEZED = {"Accept-Encoding": "gzip"}


def main() -> None:
    with at.ground() as ground:
        app = ground.app()
        with app.app_context():
            token = make_inbox()
            client = app.test_client()
            script = weigh(client, "/widget/sdk.js")
            launcher = weigh(client, f"/widget/api/launcher?website_token={token}")
            pages = {locale: f"/widget?website_token={token}&locale={locale}" for locale in LOCALES}
            heaviest = max(pages, key=lambda locale: weigh(client, pages[locale]))
            html = client.get(pages[heaviest]).text
            parts = {"page": weigh(client, pages[heaviest])}
            parts |= {address.rpartition("/")[2]: weigh(client, address) for address in LOADED.findall(html)}
            parts["config"] = weigh(client, f"/widget/api/config?website_token={token}")
    frame = sum(parts.values())
    print(f"sdk.js travels as {script:.1f} kB, the launcher's facts as {launcher:.1f} kB.")
    print(f"Promised are {SCRIPT_TARGET:.0f} kB: {at.verdict(script, SCRIPT_TARGET)}.")
    told = ", ".join(f"{name} {weight:.1f}" for name, weight in parts.items())
    print(f"The frame's first view, in its heaviest language ({LOCALES[heaviest]}), loads {frame:.1f} kB: {told}.")
    print(f"Promised are {FRAME_TARGET:.0f} kB: {at.verdict(frame, FRAME_TARGET)}.")
    figures = {"sdk_kb": round(script, 2), "frame_kb": round(frame, 2), "launcher_kb": round(launcher, 2)}
    at.close("widget_size", {**figures, "parts_kb": {name: round(weight, 2) for name, weight in parts.items()}})


def make_inbox() -> str:
    with system(why="a bench"):
        account = Account(name="Fernway")
        db.session.add(account)
        db.session.flush()
        look = WebsiteSettings(locales=tuple(LOCALES), welcome_tagline="Steel bicycles, made in Ghent since 1974.")
        inbox = Inbox(account_id=account.id, name="Shop chat", channel="web_widget", address="a-website-token")
        inbox.channel_settings = look.model_dump(mode="json")
        db.session.add(inbox)
        return inbox.address


def weigh(client: FlaskClient, path: str) -> float:
    """Kilobytes (of 1,000) of the answer's body."""
    answer = client.get(path, headers=SQUEEZED)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status}")
    return len(answer.data) / 1000


if __name__ == "__main__":
    main()
