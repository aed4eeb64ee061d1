"""The demo's customer: a shop on a site of its own, whose pages carry Parley's widget as any website does."""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template

SHOP = Path(__file__).parent / "shop"
PAGES = {"/": "index.html", "/workshop": "workshop.html"}
SNIPPET = Template("""\
<script>
  (function (page) {
    var script = page.createElement("script");
    script.src = $base + "/widget/sdk.js";
    script.async = true;
    script.onload = function () { window.parley.run({ websiteToken: $token, baseUrl: $base }); };
    page.head.append(script);
  })(document);
</script>""")


def serve(port: int, facts: Path) -> None:
    """Serves the shop for ever; `facts` is demo.json, which names the widget's inbox and where Parley is."""
    ThreadingHTTPServer(("127.0.0.1", port), partial(Shop, facts)).serve_forever()


class Shop(BaseHTTPRequestHandler):
    def __init__(self, facts: Path, *connection: object) -> None:
        self.facts = facts
        super().__init__(*connection)  # type: ignore[arg-type]  # socketserver's own three, handed on

    def do_GET(self) -> None:  # http.server's name
        path = self.path.partition("?")[0]
        if path == "/shop.css":
            self._answer("text/css", (SHOP / "shop.css").read_text())
        elif path in PAGES:
            self._answer("text/html", Template((SHOP / PAGES[path]).read_text()).substitute(snippet=self._snippet()))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _snippet(self) -> str:
        facts = json.loads(self.facts.read_text())
        token = facts["widget_inbox"]["website_token"]
        return SNIPPET.substitute(base=json.dumps(facts["url"]), token=json.dumps(token))

    def _answer(self, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The shop is quiet: its requests are not Parley's."""
