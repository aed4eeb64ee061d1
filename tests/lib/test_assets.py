"""The browser's files: one address per state of them, sent small, and never anything else."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.errors import NotFound
from app.lib.assets import BUNDLES, Assets

ROOT = Path(__file__).parents[2]
OURS = {"": ROOT / "app" / "static", "widget/": ROOT / "widget"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "css/base.css": "body { color: red }",
        "css/parts/a.css": '.a { background: url("../../images/a.svg") url(data:x) url(/root.svg) }',
        "css/parts/b.css": ".b {}",
        "images/a.svg": "<svg/>",
        "vendor/one.min.js": "one()",
        "vendor/two.min.js": "two()",
        "frame.html": "a template",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def mounted(folder: Path) -> tuple[Assets, FlaskClient]:
    bundles = {"css/all.css": ("css/base.css", "css/parts/*.css"), "js/vendor.js": ("vendor/*.min.js",)}
    assets = Assets({"": folder}, bundles)
    app = Flask("bare", static_folder=None)
    app.register_error_handler(NotFound, lambda error: (error.message, 404))
    assets.register(app)
    return assets, app.test_client()


def test_a_bundle_is_its_files_in_order_with_addresses_that_still_hold(folder: Path) -> None:
    assets, _ = mounted(folder)
    text = assets.asset("css/all.css").body.decode()
    assert text.index("body") < text.index(".a") < text.index(".b")
    assert 'url("../images/a.svg") url(data:x) url(/root.svg)' in text


def test_scripts_of_vendors_are_joined_as_they_are(folder: Path) -> None:
    assets, _ = mounted(folder)
    assert assets.asset("js/vendor.js").body == b"one();\ntwo()"


def test_an_answer_may_be_kept_for_ever_and_is_compressed_for_who_can_read_it(folder: Path) -> None:
    assets, client = mounted(folder)
    plain = client.get(assets.url("css/all.css"))
    small = client.get(assets.url("css/all.css"), headers={"Accept-Encoding": "gzip, br"})
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    assert plain.content_type == "text/css; charset=utf-8"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(small.data) == plain.data
    assert small.headers["Vary"] == "Accept-Encoding"


def test_the_address_changes_with_the_contents_and_with_nothing_else(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = Assets({"": folder}).url("css/base.css")
    copy = tmp_path_factory.mktemp("copy")
    for path in folder.rglob("*.*"):
        (copy / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
        (copy / path.relative_to(folder)).write_bytes(path.read_bytes())
    assert Assets({"": copy}).url("css/base.css") == before
    (copy / "css/base.css").write_text("body {}")
    assert Assets({"": copy}).url("css/base.css") != before


def test_a_page_of_an_older_release_still_gets_its_file_but_does_not_keep_it(folder: Path) -> None:
    _, client = mounted(folder)
    answer = client.get("/assets/older/css/base.css")
    assert answer.data == b"body { color: red }"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_who_has_a_file_already_is_only_told_so(folder: Path) -> None:
    assets, client = mounted(folder)
    tag = client.get(assets.url("css/base.css")).headers["ETag"]
    assert client.get(assets.url("css/base.css"), headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "name",
    [
        "none.css",
        "../secret.txt",
        "css/../../secret.txt",
        "%2e%2e/secret.txt",
        "css",
        "css/parts/*.css",
        "frame.html",
        "a\0b",
    ],
)
def test_nothing_but_the_files_is_served(folder: Path, name: str) -> None:
    (folder.parent / "secret.txt").write_text("secret")
    _, client = mounted(folder)
    assert client.get(f"/assets/x/{name}").status_code == 404


def test_whoever_works_on_a_file_sees_the_change(folder: Path) -> None:
    assets = Assets({"": folder}, {"css/all.css": ("css/base.css",)}, watch=True, pause=-1)
    before = assets.url("css/base.css")
    (folder / "css/base.css").write_text("body { color: blue }")
    assert assets.url("css/base.css") != before
    assert assets.asset("css/all.css").body.startswith(b"body { color: blue }")


def test_each_of_our_bundles_can_be_made() -> None:
    assets = Assets(OURS)
    for name in BUNDLES:
        assert assets.asset(name).body


def test_what_every_page_loads_leaves_room_within_100_kilobytes() -> None:
    assets = Assets(OURS)
    loaded = ("css/desk.css", "js/htmx.js", "js/desk.js", "vendor/icons.svg")
    total = sum(len(assets.asset(name).gzipped or b"") for name in loaded)
    assert total < 92_000


def test_what_is_said_to_readers_of_the_code_is_not_sent_to_browsers(folder: Path) -> None:
    (folder / "css/base.css").write_text("/* Copyright somebody */\n/* how it is\n meant */\na { color: red }\n")
    (folder / "one.js").write_text('// what it does\nconst a = "http://x" // why\n  // how\n')
    bundles = {"css/all.css": ("css/base.css",), "one.js.js": ("one.js",)}
    assets = Assets({"": folder}, bundles)
    css, script = assets.asset("css/all.css").body.decode(), assets.asset("one.js.js").body.decode()
    assert css == "/* Copyright somebody */\na { color: red }\n"
    assert 'const a = "http://x" // why' in script
    assert "what it does" not in script
    assert "how" not in script
    assert b"what it does" in Assets({"": folder}, bundles, watch=True).asset("one.js.js").body
