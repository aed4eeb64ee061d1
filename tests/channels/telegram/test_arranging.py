"""However an answer is put together, everything of it is sent once, in its order, and Telegram takes each piece."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.lib.channel_text import parts
from tests.channels.telegram.conftest import a_file, bot, outbound
from tests.channels.telegram.test_sending import CARD, CHOICES
from tests.fakes.telegram import Telegram
from tests.lib.test_channel_text import markdowns

names = st.lists(st.sampled_from(["a.png", "b.mp4", "c.gif", "d.mp3", "e.ogg", "f.pdf", "g.webp"]), max_size=15)
kinds = st.sampled_from(["text", "input_select", "cards"])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=names, markdown=markdowns, length=st.integers(0, 3), kind=kinds)
def test_everything_is_sent_once(telegram: Telegram, names: list[str], markdown: str, length: int, kind: str) -> None:
    telegram.sent.clear()
    telegram.uploads.clear()
    texts = parts(f"{markdown}\n\n" * (1 + 20 * length), "telegram", 4096, unit="utf16")
    items = {"input_select": CHOICES, "cards": {"items": [CARD, CARD]}}.get(kind, {})
    sends = [outbound(text) for text in texts[:-1]]
    files = [a_file(name) for name in names]
    sends.append(outbound(texts[-1] if texts else "", files, content_type=kind, content_attributes=items))
    if not texts and not files and kind == "text":
        return
    for at, each in enumerate(bot().arranged(sends)):
        bot().send(replace(each, key=f"k-{at}"))
    uploaded = [name for name, content in telegram.uploads.values() if content]
    assert uploaded == names
    said = [message.get("text") or message.get("caption") for message in telegram.sent]
    shown = [each for each in said if each and each != "Red\nBlue" and not each.startswith("Ridge <2>")]
    assert len(shown) == len([text for text in texts if text.strip()])
