"""What agents write is said in each channel's own markup, in parts that are whole in themselves."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.lib.channel_text import Unit, length, marked_up, parts, split

MARKUPS = ("plain", "telegram", "whatsapp", "messenger", "line")

pieces = st.sampled_from(
    [
        *("**", "*", "_", "__", "~~", "`", "```\n", "\n", "\n\n", "\n\n\n", "> ", "- ", "1. ", "# ", "  ", " ", " "),
        *(
            "[our page](https://shop.example/a?b=1&c=2)",
            "![](https://shop.example/a.png)",
            "<b>",
            "</b>",
            "&amp;",
            "\\*",
        ),
        *(
            "wheel",
            "Fahrrad",
            "自転車",
            "👩🏽‍🚒",
            "é",
            "a.b",
            "https://x.example/a_b*c",
            "mail@x.example",
            "&",
            "<",
            '"',
            "](",
        ),
    ]
)
markdowns = st.lists(pieces, max_size=60).map("".join) | st.text(max_size=200)


class Tags(HTMLParser):
    """Refuses what Telegram would: tags it does not know, and tags that are not closed in their order."""

    KNOWN = frozenset({"b", "i", "s", "u", "code", "pre", "a", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.KNOWN, tag
        assert not (tag == "blockquote" and tag in self.open)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data


def said_by(html: str) -> str:
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    assert not re.search(r"&(?!(lt|gt|amp|quot|#x27);)", html)
    return tags.said


def words_of(text: str) -> list[str]:
    return re.findall(r"wheel|Fahrrad|自転車|👩🏽‍🚒", text)


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("telegram", "<b>Bold</b>, <i>slanted</i>, <s>gone</s>, <code>a&lt;b</code>"),
        ("whatsapp", "*Bold*, _slanted_, ~gone~, `a<b`"),
        ("messenger", "*Bold*, _slanted_, ~gone~, a<b"),
        ("line", "Bold, slanted, gone, a<b"),
        ("plain", "Bold, slanted, gone, a<b"),
        ("markdown", "**Bold**, *slanted*, ~~gone~~, `a<b`"),
    ],
)
def test_each_channel_stresses_words_in_its_own_way(markup: str, said: str) -> None:
    assert marked_up("**Bold**, *slanted*, ~~gone~~, `a<b`", markup) == said


def test_lists_headings_quotes_and_code_in_telegrams_html() -> None:
    written = "# Back\n- red\n- blue\n  1. dark\n\n> you wrote\n> > earlier\n\n```py\nif a < b:\n\n    pass\n```"
    assert marked_up(written, "telegram") == (
        "<b>Back</b>\n• red\n• blue\n  1. dark\n\n<blockquote>you wrote\nearlier</blockquote>\n\n"
        '<pre><code class="language-py">if a &lt; b:\n\n    pass</code></pre>'
    )


def test_lists_headings_quotes_and_code_in_whatsapps_signs() -> None:
    written = "# Back\n- red\n- blue\n\n> you *wrote*\n> earlier\n\n```py\na = *b*\n\nc\n```\nend"
    assert marked_up(written, "whatsapp") == (
        "*Back*\n- red\n- blue\n\n> you _wrote_\n> earlier\n\n```\na = *b*\n\nc\n```\nend"
    )


def test_messenger_and_line_have_no_fences() -> None:
    assert marked_up("```\na *b*\n```", "messenger") == marked_up("```\na *b*\n```", "line") == "a *b*"


def test_links_are_marks_for_telegram_and_stand_open_elsewhere() -> None:
    written = (
        'See [our **page**](https://shop.example/?a=1&b="2"), [us](mailto:hi@x.example) or https://x.example/a_b_c'
    )
    assert marked_up(written, "telegram") == (
        'See <a href="https://shop.example/?a=1&amp;b=%222%22">our <b>page</b></a>, us hi@x.example or https://x.example/a_b_c'
    )
    assert marked_up(written, "whatsapp") == (
        "See our *page* https://shop.example/?a=1&b=%222%22, us hi@x.example or https://x.example/a_b_c"
    )


def test_addresses_that_run_something_are_only_words() -> None:
    assert "<a" not in marked_up("[a](javascript:alert(1)) [b](tg://user?id=1) [c](/settings)", "telegram")


def test_pictures_are_their_addresses() -> None:
    for markup in MARKUPS:
        assert marked_up("![A wheel](https://shop.example/a.png)", markup) == "https://shop.example/a.png"


def test_signs_hug_words_and_stay_away_from_letters() -> None:
    assert marked_up("** not bold** in**tra**word **two\nlines** **a *b***", "whatsapp") == (
        "** not bold** intraword *two*\n*lines* *a _b_*"
    )


def test_html_and_definitions_that_were_typed_are_shown() -> None:
    assert marked_up("<b>x</b> & y\n\n[1]: https://x.example", "telegram") == (
        "&lt;b&gt;x&lt;/b&gt; &amp; y\n\n[1]: https://x.example"
    )


def test_line_breaks_stay_as_they_were_typed() -> None:
    for markup in MARKUPS:
        assert marked_up("One\ntwo\n\n\n\nthree\n\nfour", markup) == "One\ntwo\n\n\n\nthree\n\nfour"


def test_lists_count_from_where_they_begin() -> None:
    assert marked_up("3. three\n4. four", "line") == "3. three\n4. four"
    assert marked_up("- a\n- \n- b", "line") == "- a\n- \n- b"


def test_marks_are_closed_at_a_cut_and_opened_after_it() -> None:
    assert parts("**one two** three", "telegram", 5) == ["<b>one</b>", "<b>two</b>", "three"]
    assert parts("**one two** three", "whatsapp", 6) == ["*one*", "*two*", "three"]
    assert parts("```\nfirst line\nsecond line\n```", "whatsapp", 19) == [
        "```\nfirst line\n```",
        "```\nsecond line\n```",
    ]


def test_what_stands_below_is_taken_as_it_is() -> None:
    assert parts("*Here*", "telegram", 100, below=["a<b>*.pdf: https://x.example/a_b_"]) == [
        "<i>Here</i>\n\na&lt;b&gt;*.pdf: https://x.example/a_b_"
    ]
    assert parts("", "whatsapp", 100, below=["*a*"]) == ["*a*"]
    assert parts("", "whatsapp", 100) == parts("", "markdown", 100) == []
    assert parts("**a**", "markdown", 100, below=["b"]) == ["**a**\n\nb"]


def test_emoji_count_as_the_provider_counts_them() -> None:
    assert [length("a👍é", unit) for unit in ("characters", "utf16", "bytes")] == [3, 4, 7]
    assert parts("👍👍👍", "line", 4, unit="utf16") == ["👍👍", "👍"]
    assert split("👍👍👍", 4, unit="bytes") == ["👍", "👍", "👍"]


@settings(max_examples=300, deadline=None)
@given(markdowns, st.sampled_from(MARKUPS), st.integers(8, 60), st.sampled_from(["characters", "utf16", "bytes"]))
def test_no_part_is_too_long_or_torn_and_nothing_is_lost(markdown: str, markup: str, limit: int, unit: Unit) -> None:
    said = parts(markdown, markup, limit, unit=unit)
    read = [said_by(part) for part in said] if markup == "telegram" else said
    assert all(length(part, unit) <= max(limit, 12) for part in read)
    assert all(part.strip() for part in said)
    for part in said:
        # A fence that is opened is closed in the same part.
        assert markup != "whatsapp" or "```" in markdown or part.count("```") % 2 == 0
    whole = marked_up(markdown, markup)
    letters = "".join(character for part in read for character in part if character.isalnum())
    assert letters == "".join(c for c in (said_by(whole) if markup == "telegram" else whole) if c.isalnum())


@settings(max_examples=200, deadline=None)
@given(markdowns, st.sampled_from(MARKUPS))
def test_every_word_is_said_once(markdown: str, markup: str) -> None:
    assert words_of(unescape(marked_up(markdown, markup))) == words_of(markdown)


@settings(max_examples=100, deadline=None)
@given(st.text(), st.integers(1, 20))
def test_a_split_leaves_out_nothing_but_white_space(text: str, limit: int) -> None:
    said = split(text, limit)
    assert "".join("".join(said).split()) == "".join(text.split())
    assert all(len(part) <= limit for part in said)


def test_deep_and_long_texts_are_taken() -> None:
    for text in ("> " * 5000 + "deep", "- " * 2000 + "deep", "*" * 20_000, "[" * 5000, "**a " * 5000, "x" * 150_000):
        for markup in MARKUPS:
            assert parts(text, markup, 4096)
