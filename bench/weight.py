"""What a browser loads at its first visit, compressed as it travels: the desk's inbox, and the widget on a customer's page.

Run as `python -m bench.weight`; needs Chromium. Promised: 100 kB for the inbox without its fonts, 10 kB for sdk.js, 60 kB
for the widget's frame.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from app.channels.web_widget import LOCALES
from app.demo import load
from app.demo.load import Loaded
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Inbox
from bench import _ground as at

DESK_TARGET, SCRIPT_TARGET, FRAME_TARGET = 100.0, 10.0, 60.0
SETTLES_WITHIN = 3_000
HOST_PAGE = """<!doctype html><title>Shop</title><link rel="icon" href="data:,"><script>
var script = document.createElement("script"); script.src = %(base)s + "/widget/sdk.js"; script.async = true;
script.onload = function () { window.parley.run({ websiteToken: %(token)s, baseUrl: %(base)s }); };
document.head.append(script);
</script>"""

# What was loaded: kilobytes (of 1,000) of each answer's body, by the last part of its path.
Loads = dict[str, float]


def main() -> None:
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser_path is None:
        raise SystemExit("the package chromium is missing; as root: apt-get install --no-install-recommends chromium")
    with at.ground() as ground:
        app = ground.app()
        with app.app_context():
            demo = load.load()
            speak_all(demo)
            cookie = at.sign_in(app, demo.administrator.email)
            locale = heaviest(app, demo.website_token)
        ground.web()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-quic"])
            inbox = desk(browser, ground.url, demo, cookie)
            widget = visit(browser, ground.url, demo.website_token, locale)
            browser.close()
    report(inbox, widget, locale)


def speak_all(demo: Loaded) -> None:
    with transaction(demo.account_id):
        inbox = db.session.get_one(Inbox, (demo.account_id, demo.inbox_id))
        inbox.channel_settings = {**inbox.channel_settings, "locales": list(LOCALES)}


def heaviest(app: Flask, token: str) -> str:
    """The language whose frame weighs most."""
    client = app.test_client()

    def weight(locale: str) -> int:
        path = f"/widget?website_token={token}&locale={locale}"
        return len(client.get(path, headers={"Accept-Encoding": "gzip"}).data)

    return max(LOCALES, key=weight)


def desk(browser: Browser, url: str, demo: Loaded, cookie: str) -> Loads:
    name, _, value = cookie.partition("=")
    with a_context(browser) as context:
        context.add_cookies([{"name": name, "value": value, "url": url}])
        return loads(context, lambda page: page.goto(f"{url}/accounts/{demo.account_id}/conversations"))


def visit(browser: Browser, url: str, token: str, locale: str) -> Loads:
    """A page of a shop, on which the visitor opens the widget."""

    def open_widget(page: Page) -> None:
        page.goto(host)
        page.wait_for_function("Boolean(window.parley && window.parley.hasLoaded)")
        page.wait_for_timeout(SETTLES_WITHIN)
        page.evaluate("window.parley.open()")

    site = HOST_PAGE % {"base": json.dumps(url), "token": json.dumps(token)}
    with a_host(site) as host, a_context(browser, locale.replace("_", "-")) as context:
        return loads(context, open_widget, of=url)


def loads(context: BrowserContext, look: Callable[[Page], object], *, of: str = "") -> Loads:
    """Everything the browser fetches from Parley until it is quiet, fonts aside."""
    finished: list[Request] = []
    page = context.new_page()
    context.on("requestfinished", lambda request: finished.append(request))
    look(page)
    page.wait_for_timeout(SETTLES_WITHIN)
    found: Loads = {}
    for request in finished:
        if request.url.startswith(of or "http") and request.resource_type not in ("font", "websocket"):
            name = urlsplit(request.url).path.rpartition("/")[2]
            found[name] = found.get(name, 0.0) + request.sizes()["responseBodySize"] / 1000
    return found


@contextmanager
def a_context(browser: Browser, locale: str = "en-GB") -> Iterator[BrowserContext]:
    context = browser.new_context(locale=locale, viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@contextmanager
def a_host(html: str) -> Iterator[str]:
    """A website of its own, as a customer's is: at 127.0.0.1 while Parley is at localhost."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def report(inbox: Loads, widget: Loads, locale: str) -> None:
    script = widget.pop("sdk.js")
    whole, frame = sum(inbox.values()), sum(widget.values())
    print(f"The inbox page loads {whole:.1f} kB, fonts aside: {in_words(inbox)}.")
    print(f"Promised are {DESK_TARGET:.0f} kB: {at.verdict(whole, DESK_TARGET)}.")
    print(f"A customer's page loads sdk.js with {script:.1f} kB.")
    print(f"Promised are {SCRIPT_TARGET:.0f} kB: {at.verdict(script, SCRIPT_TARGET)}.")
    print(
        f"The widget opened in its heaviest language, {LOCALES[locale]}, loads {frame:.1f} kB more: {in_words(widget)}."
    )
    print(f"Promised are {FRAME_TARGET:.0f} kB: {at.verdict(frame, FRAME_TARGET)}.")
    figures = {"inbox_kb": whole, "sdk_kb": script, "frame_kb": frame}
    at.close(
        "weight",
        {
            **{name: round(size, 1) for name, size in figures.items()},
            "inbox_parts_kb": rounded(inbox),
            "frame_parts_kb": rounded(widget),
            "targets": {"inbox_kb": DESK_TARGET, "sdk_kb": SCRIPT_TARGET, "frame_kb": FRAME_TARGET},
        },
    )


def in_words(parts: Loads) -> str:
    return ", ".join(f"{name} {size:.1f}" for name, size in sorted(parts.items(), key=lambda part: -part[1]))


def rounded(parts: Loads) -> Loads:
    return {name: round(size, 1) for name, size in parts.items()}


if __name__ == "__main__":
    main()
