"""However an answer is put together, everything of it is sent once, in its order, and LINE takes each push."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.lib.channel_text import parts
from tests.channels.line.conftest import a_file, account, outbound
from tests.channels.line.test_sending import a_card, choices
from tests.fakes.line import Line
from tests.lib.test_channel_text import markdowns

names = st.lists(st.sampled_from(["a.png", "b.mp4", "c.jpg", "d.mp3", "e.ogg", "f.pdf", "g.webp"]), max_size=15)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60).filter(
    lambda text: bool(text.strip())
)
cards = st.builds(
    lambda title, actions, picture: a_card(title=title, actions=a_card()["actions"] * actions, media_url=picture),
    words,
    st.integers(1, 3),
    st.sampled_from(["", "https://shop.example/a.jpg"]),
)
interactive = st.one_of(
    st.just(("text", {})),
    st.integers(1, 20).map(lambda count: ("input_select", choices(count))),
    st.lists(cards, min_size=1, max_size=12).map(lambda items: ("cards", {"items": items})),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=names, markdown=markdowns, length=st.integers(0, 3), asked=interactive)
def test_everything_is_sent_once(
    line: Line, names: list[str], markdown: str, length: int, asked: tuple[str, dict[str, Any]]
) -> None:
    line.pushes.clear()
    line.keys.clear()
    kind, attributes = asked
    texts = parts(f"{markdown}\n\n" * (1 + 20 * length), "line", 5000, unit="utf16")
    files = [a_file(name) for name in names]
    sends = [outbound(text) for text in texts[:-1]]
    sends.append(outbound(texts[-1] if texts else "", files, content_type=kind, content_attributes=attributes))
    if not texts and not files and kind == "text":
        return
    for at, each in enumerate(account().arranged(sends)):
        account().send(replace(each, key=f"k-{at}"))
    addresses = [each.get("originalContentUrl") or each.get("text", "") for each in line.sent]
    assert [text.rpartition("/")[2] for text in addresses if "/files/signed/" in text] == names
    columns = [column for each in line.sent for column in each.get("template", {}).get("columns", [])]
    alone = [each for each in line.sent if each.get("template", {}).get("type") == "buttons" and kind == "cards"]
    if kind == "cards":
        assert len(columns) + len(alone) == len(attributes["items"])
