"""A customer's website with the widget on it: a site of its own, as in life, for Parley is at `localhost` and this at `127.0.0.1`."""

from __future__ import annotations

import json
import threading
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PARLEY = """
  script.onload = function () { window.parley.run({ websiteToken: %(token)s, baseUrl: %(base)s }); };
"""
CHATWOOT = """
  script.onload = function () { window.chatwootSDK.run({ websiteToken: %(token)s, baseUrl: %(base)s }); };
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(title)s</title><link rel="icon" href="data:,">
<style>body { margin: 0; min-height: 200vh; padding: 48px; font: 18px/1.5 system-ui; background: %(ground)s; color: %(ink)s } button { font: inherit }</style></head>
<body><main><h1>%(title)s</h1><p><button id="elsewhere">Add to basket</button> <a href="/workshop">Workshop</a></p></main>
<script nonce="page">
window.heard = [];
["parley", "chatwoot"].forEach(function (name) {
  ["ready", "error", "on-message", "on-start-conversation", "postback", "opened", "closed"].forEach(function (event) {
    window.addEventListener(name + ":" + event, function (told) { window.heard.push([name + ":" + event, told.detail || null]); });
  });
});
%(settings)s
(function (page) {
  var script = page.createElement("script");
  script.src = %(base)s + %(path)s;
  script.async = true;%(run)s  page.head.append(script);
})(document);
</script></body></html>"""


class Website:
    """Serves the same page at every path; `policy` is its Content-Security-Policy, `settings` its window.…Settings."""

    def __init__(self, base: str, token: str) -> None:
        self.base, self.token = base, token
        self.path, self.run, self.policy = "/widget/sdk.js", PARLEY, ""
        self.settings: dict[str, Any] = {}
        self.dark = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Answer, self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def like_chatwoots(self) -> None:
        """As a site that has only changed the address of its script."""
        self.path, self.run = "/packs/js/sdk.js", CHATWOOT

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self, path: str) -> str:
        name = "chatwootSettings" if self.run is CHATWOOT else "parleySettings"
        words = {"token": json.dumps(self.token), "base": json.dumps(self.base)}
        return PAGE % {
            **words,
            "title": "Workshop" if path == "/workshop" else "Fernway bicycles",
            "settings": f"window.{name} = {json.dumps(self.settings)};" if self.settings else "",
            "path": json.dumps(self.path),
            "run": self.run % words,
            "ground": "#191a1d" if self.dark else "#fdfcf8",
            "ink": "#e8e9eb" if self.dark else "#1d1f23",
        }


class _Answer(BaseHTTPRequestHandler):
    def __init__(self, site: Website, *connection: Any) -> None:
        self.site = site
        super().__init__(*connection)

    def do_GET(self) -> None:
        body = self.site.page(self.path.partition("?")[0]).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if self.site.policy:
            self.send_header("Content-Security-Policy", self.site.policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet: the tests speak."""
