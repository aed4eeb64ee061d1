"""The macros that every screen is made of: what they are given is shown, named for everyone, and never becomes markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from app.lib import markup
from app.lib.assets import Assets

APP = Path(markup.__file__).parents[1]
ICON_USE = re.compile(r"""\b(?:icon|icon_button|sign)\(\s*['"]([a-z-]+)['"]|\bicon=['"]([a-z-]+)['"]""")
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def bare() -> Flask:
    app = Flask("app", root_path=str(APP))
    app.jinja_env.globals.update(markup.GLOBALS)
    app.jinja_env.filters.update(markup.FILTERS)
    Assets({"": APP / "static"}).register(app)
    return app


def drawn(bare: Flask, macro: str, call: str, **given: object) -> str:
    with bare.test_request_context():
        source = f"{{% from 'ui/{macro}.html' import {call.split('(')[0]} %}}{{{{ {call} }}}}"
        return render_template_string(source, **given)


@pytest.mark.parametrize(
    ("macro", "call"),
    [
        ("avatar", "avatar(words, label=words, picture=words)"),
        ("badge", "badge(words)"),
        ("button", "button(words, href=words, data_x=words)"),
        ("check", "check('a', words, value=words)"),
        ("chip", "chip(words, remove=words)"),
        ("copy", "copy(words, words)"),
        ("empty", "empty(words, words)"),
        ("field", "field('a', words, words, error=words, hint=words, placeholder=words)"),
        ("field", "field('a', words, words, type='textarea')"),
        ("icon_button", "icon_button('x', words, key=words)"),
        ("label", "label(words, '#' ~ words)"),
        ("label", "label(words, words)"),
        ("menu", "menu_item(words, end=words, key=words)"),
        ("notice", "notice(words, words)"),
        ("pagination", "pagination(words, before=words)"),
        ("rail", "rail_item(words, words, icon='x', count=words)"),
        ("select", "select('a', words, [(words, words)], chosen=words)"),
        ("switch", "switch('a', words, hint=words)"),
        ("tabs", "tabs(words, [{'name': words, 'href': words, 'count': words}])"),
        ("toast", "toast(words)"),
        ("tooltip", "tooltip(words, words)"),
    ],
)
def test_words_never_become_markup(bare: Flask, macro: str, call: str) -> None:
    html = drawn(bare, macro, call, words=HOSTILE)
    assert "<script" not in html
    assert "alert(1)" in html or macro == "avatar"


def test_a_field_with_an_error_points_to_its_words(bare: Flask) -> None:
    html = drawn(bare, "field", "field('email', 'E-mail', 'x', error='Not an address.', hint='At work.', type='email')")
    assert '<label for="field-email">E-mail</label>' in html
    assert 'aria-invalid="true" aria-describedby="field-email-error field-email-hint"' in html
    assert 'id="field-email-error"' in html
    assert 'id="field-email-hint"' in html


def test_a_field_without_a_value_is_empty_and_zero_is_a_value(bare: Flask) -> None:
    assert 'value=""' in drawn(bare, "field", "field('a', 'A', none)")
    assert 'value="0"' in drawn(bare, "field", "field('a', 'A', 0, type='number')")


def test_a_select_marks_what_is_chosen_whatever_its_type(bare: Flask) -> None:
    html = drawn(bare, "select", "select('a', 'A', [(1, 'One'), (2, 'Two')], chosen='2')")
    assert '<option value="2" selected>Two</option>' in html
    assert '<option value="1">One</option>' in html


def test_a_person_has_initials_a_steady_hue_or_their_picture(bare: Flask) -> None:
    plain = drawn(bare, "avatar", "avatar('Dana Costa', 7)")
    assert f"person-{markup.GLOBALS['hue'](7)}" in plain
    assert ">DC<" in plain
    assert 'aria-hidden="true"' in plain
    assert '<img class="avatar-picture" src="/photo"' in drawn(bare, "avatar", "avatar('Dana', 7, picture='/photo')")
    assert "#i-mine" in drawn(bare, "avatar", "avatar('+49 151 2044', 7)")
    assert 'aria-label="Nobody yet"' in drawn(bare, "avatar", "avatar(kind='nobody')")


def test_channels_are_known_by_their_kind_in_the_database(bare: Flask) -> None:
    assert "channel-web" in drawn(bare, "channel", "channel('web_widget')")
    assert "#i-ch-sms" in drawn(bare, "channel", "channel('twilio_sms')")


def test_a_time_is_sent_in_utc_for_the_browser_to_tell(bare: Flask) -> None:
    html = drawn(bare, "time", "time(moment, 'clock')", moment=datetime(2026, 7, 1, 9, 15, tzinfo=UTC))
    assert html == '<local-time how="clock"><time datetime="2026-07-01T09:15:00+00:00">09:15</time></local-time>'
    assert drawn(bare, "time", "time(none)") == ""


def test_a_count_says_what_it_counts_and_is_silent_at_zero(bare: Flask) -> None:
    assert drawn(bare, "count", "count(0, 'unread')") == ""
    assert "99+" in drawn(bare, "count", "count(120, 'unread')")
    assert "unread" in drawn(bare, "count", "count(3, 'unread')")


def test_every_icon_named_in_a_template_is_in_the_list() -> None:
    names = {line.split()[0] for line in (APP / "static/icons.txt").read_text().splitlines() if line.strip()}
    used: set[str] = set()
    for path in (APP / "templates").rglob("*.html"):
        used |= {
            name for found in ICON_USE.findall(path.read_text()) for name in found if name and not name.endswith("-")
        }
    assert used - names == set()
