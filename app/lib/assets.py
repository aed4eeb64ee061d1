"""Serves the browser's files under one address per state of them, so that every answer may be kept for ever."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import posixpath
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask, Response, request

from app.errors import NotFound
from app.lib.modules import join_modules

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
# Anything else in a folder (templates, notes) is not for browsers to fetch.
SERVED = {*TYPES, ".gif", ".ico", ".jpg", ".mp3", ".png", ".txt", ".webp"}
SQUEEZED = {".css", ".js", ".json", ".svg", ".webmanifest"}

# What pages load, by the name they ask for it. A new component, screen or element is found by its folder.
BUNDLES: Mapping[str, Sequence[str]] = {
    "css/desk.css": (
        "css/layers.css",
        "vendor/inter.css",
        "css/tokens.css",
        "css/base.css",
        "css/components/*.css",
        "css/screens/*.css",
        "css/utilities.css",
    ),
    "js/htmx.js": ("vendor/htmx.min.js", "vendor/hx-ws.min.js", "vendor/hx-preload.min.js", "vendor/hx-upsert.min.js"),
    "js/desk.js": ("js/elements/*.js", "js/app.js"),
    # Fetched when somebody composes choices or cards.
    "js/offer.js": ("js/offer/*.js",),
    "css/offer.css": ("css/offer/*.css",),
    # Fetched when somebody looks for a template.
    "js/templates.js": ("js/templates/*.js",),
    "css/templates.css": ("css/templates/*.css",),
    "css/widget.css": (
        "css/layers.css",
        "css/tokens.css",
        "css/base.css",
        "css/components/icon-button.css",
        "css/components/avatar.css",
        "css/components/badge.css",
        "css/components/message.css",
        "css/components/attachment.css",
        "css/components/picture.css",
        "css/components/activity.css",
        "css/components/typing.css",
        "css/utilities.css",
        "widget/css/*.css",
    ),
    "js/widget.js": ("widget/frame/*.js",),
    "widget/sdk.js": ("widget/sdk/*.js",),
}
# Runs as a classic script on pages that are not ours: nothing of it is left in their scope.
ENCLOSED = {"widget/sdk.js"}
# Words for whoever reads the code, which would be a tenth of what browsers load; whose work it is stays said.
CSS_COMMENT = re.compile(r"/\*(?:(?!\*/|Copyright).)*\*/\s*", re.DOTALL)
JS_COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
RELATIVE_URL = re.compile(r"""url\((["']?)(?![a-z]+:|/|#)([^)"']+)\1\)""")


@dataclass(frozen=True)
class Asset:
    """One file as it is sent: its bytes, the same bytes compressed (where that helps), and its type."""

    body: bytes
    gzipped: bytes | None
    type: str


@dataclass
class Assets:
    """
    Every file under `roots` ({prefix: folder}), and `bundles` ({name: patterns}) made of them.

    A name is a path with the root's prefix: `css/tokens.css`, `widget/frame.css`. A bundle's patterns are globs over names. A
    bundle of css is its files in order; one of js is a single module (see `join_modules`), or, made of vendors' `.min.js`,
    one classic script. With `watch`, changed files are noticed after a `pause` in seconds; else the folders are read once, and
    bundles are free of comments (in scripts: of those that have a line of their own).
    """

    roots: Mapping[str, Path]
    bundles: Mapping[str, Sequence[str]] = field(default_factory=lambda: BUNDLES)
    watch: bool = False
    pause: float = 1.0
    _files: dict[str, Path] = field(default_factory=dict, init=False)
    _version: str = field(default="", init=False)
    _made: dict[str, Asset] = field(default_factory=dict, init=False)
    _read_at: float = field(default=float("-inf"), init=False)
    _stamp: object = field(default=None, init=False)

    def register(self, app: Flask) -> None:
        """Mount `/assets/…` on the application and give templates `asset_url(name)`."""
        app.add_url_rule("/assets/<version>/<path:name>", "assets", self.serve)
        app.jinja_env.globals["asset_url"] = self.url
        app.extensions["assets"] = self

    def url(self, name: str) -> str:
        """Return the address of a file or bundle; it changes whenever any file does, so relative links stay whole."""
        return f"/assets/{self.version}/{name}"

    @property
    def version(self) -> str:
        self._read()
        return self._version

    def serve(self, version: str, name: str) -> Response:
        """Answer with a file or bundle; one asked for by an older version is sent as it is now, and not kept."""
        asset = self.asset(name)
        squeeze = asset.gzipped is not None and request.accept_encodings.quality("gzip") > 0
        response = Response(asset.gzipped if squeeze else asset.body, content_type=asset.type)
        if squeeze:
            response.headers["Content-Encoding"] = "gzip"
        if asset.gzipped is not None:
            response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = FOR_EVER if version == self._version else ASK_AGAIN
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.set_etag(hashlib.sha256(asset.body).hexdigest()[:20], weak=squeeze)
        response.make_conditional(request)
        return response

    def asset(self, name: str) -> Asset:
        """Return a file or bundle by name; raises NotFound for anything else, whatever its path says."""
        self._read()
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Asset:
        suffix = Path(name).suffix
        if name in self.bundles:
            body = self._bundle(name, suffix).encode()
        elif name in self._files:
            body = self._files[name].read_bytes()
        else:
            raise NotFound("There is no such file.")
        gzipped = gzip.compress(body, 9, mtime=0) if suffix in SQUEEZED else None
        kind = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Asset(body=body, gzipped=gzipped, type=kind)

    def _bundle(self, name: str, suffix: str) -> str:
        names = list(dict.fromkeys(found for pattern in self.bundles[name] for found in self._matching(pattern)))
        if suffix == ".css":
            css = "\n".join(_rebase(self._text(found), found, name) for found in names)
            return css if self.watch else CSS_COMMENT.sub("", css)
        if all(found.endswith(".min.js") for found in names):
            return ";\n".join(self._text(found) for found in names)
        joined = join_modules(names, self._text)
        joined = joined if self.watch else JS_COMMENT.sub("", joined)
        return f'(function () {{\n"use strict";\n{joined}\n}})();\n' if name in ENCLOSED else joined

    def _text(self, name: str) -> str:
        return self._files[name].read_text("utf-8")

    def _matching(self, pattern: str) -> list[str]:
        found = [name for name in self._files if Path(name).match(pattern) and name.count("/") == pattern.count("/")]
        return sorted(found)

    def _read(self) -> None:
        """List the folders anew: once, or when watching, at most once a pause."""
        if self._version and not (self.watch and time.monotonic() - self._read_at > self.pause):
            return
        self._read_at = time.monotonic()
        files = {
            f"{prefix}{path.relative_to(root).as_posix()}": path
            for prefix, root in self.roots.items()
            for path in sorted(root.rglob("*"))
            if path.is_file() and path.suffix in SERVED
        }
        stamp = [(name, (status := path.stat()).st_mtime_ns, status.st_size) for name, path in files.items()]
        if stamp != self._stamp:
            self._stamp, self._files = stamp, files
            self._version, self._made = _fingerprint(files), {}


def _rebase(css: str, source: str, target: str) -> str:
    """Return a stylesheet whose relative addresses still hold when it moves from one name to another."""

    def moved(found: re.Match[str]) -> str:
        place = posixpath.join(posixpath.dirname(source), found[2])
        return f'url("{posixpath.relpath(place, posixpath.dirname(target))}")'

    return RELATIVE_URL.sub(moved, css)


def _fingerprint(files: Mapping[str, Path]) -> str:
    # Of contents, not dates: every process and every copy of one release gives the same address.
    total = hashlib.sha256()
    for name, path in sorted(files.items()):
        total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:12]
