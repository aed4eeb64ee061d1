"""The chat widget on a website: live, so that showing a message is delivering it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.channels.base import Abilities, Channel
from app.errors import Invalid
from app.lib import colour, crypto

# The grounds nearest to words in the brand's colour, in the two themes: those of the desk's bubbles, as tokens.css has them.
LIGHT_GROUND, DARK_GROUND = "#f0f1f3", "#28292d"
DEFAULT_COLOR = "#3651cf"


class Feature(StrEnum):
    ATTACHMENTS = "attachments"
    EMOJI_PICKER = "emoji_picker"
    END_CONVERSATION = "end_conversation"


class ReplyTime(StrEnum):
    MINUTES = "in_a_few_minutes"
    HOURS = "in_a_few_hours"
    DAY = "in_a_day"


LOCALES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt": "Português",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "tr": "Türkçe",
    "ar": "العربية",
    "he": "עברית",
    "ja": "日本語",
}


def _readable(value: str) -> str:
    try:
        chosen = colour.hex_colour(value)
    except Invalid as refused:
        raise ValueError(refused.message) from None
    if colour.words_on(chosen) is None:
        raise ValueError("Neither black nor white words can be read on this colour.")
    return chosen


def host_pattern(value: str) -> str:
    """A host as it stands in `frame-ancestors`: `shop.example`, `*.shop.example`, with a port where it has one."""
    typed = value.strip().lower()
    parts = urlsplit(typed if "//" in typed else f"//{typed}")
    host = parts.netloc
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789.-:*[]")
    if not host or set(host) - allowed or "*" in host.removeprefix("*."):
        raise ValueError(f"“{value.strip()[:60]}” is not a domain, as in shop.example or *.shop.example.")
    return host


def _locales(value: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := [locale for locale in value if locale not in LOCALES]:
        raise ValueError(f"The widget does not speak “{unknown[0][:20]}” yet.")
    return tuple(dict.fromkeys(value)) or ("en",)


class WebsiteSettings(BaseModel):
    """What `inboxes.channel_settings` holds for a website; `allowed_domains` empty means any site."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    website_url: str = Field("", max_length=2048)
    color: Annotated[str, AfterValidator(_readable)] = DEFAULT_COLOR
    welcome_title: str = Field("", max_length=120)
    welcome_tagline: str = Field("", max_length=240)
    position: Literal["right", "left"] = "right"
    locales: Annotated[tuple[str, ...], AfterValidator(_locales)] = ("en",)
    reply_time: ReplyTime = ReplyTime.MINUTES
    features: tuple[Feature, ...] = tuple(Feature)
    allowed_domains: tuple[Annotated[str, AfterValidator(host_pattern)], ...] = ()
    hmac_mandatory: bool = False
    continuity_via_email: bool = True

    @property
    def words(self) -> str:
        """The colour of words on the brand's: black or white, whichever can be read."""
        return colour.words_on(self.color) or colour.WHITE

    @property
    def light_text(self) -> str:
        """The brand's colour as words in the light theme."""
        return colour.readable_on(LIGHT_GROUND, self.color)

    @property
    def dark_text(self) -> str:
        return colour.readable_on(DARK_GROUND, self.color)

    def has(self, feature: str) -> bool:
        return feature in self.features

    def speaks(self, wanted: str | None) -> str:
        """The locale to speak with someone who wants `wanted` (`de`, `pt-BR`, or a whole Accept-Language)."""
        for tag in (wanted or "").replace("_", "-").split(","):
            language = tag.split(";")[0].strip().split("-")[0].lower()
            if language in self.locales:
                return language
        return self.locales[0]


class WebWidget(Channel):
    kind = "web_widget"
    name = "Website chat"
    summary = "A widget on your site, in your own colour and words."
    has_own_page = True
    abilities = Abilities(
        is_live=True,
        has_one_thread=True,
        rich=frozenset({"input_select", "cards", "form", "article", "input_text", "input_textarea", "input_email"}),
        most_choices=50,
        longest_choice=255,
        most_cards=50,
        most_buttons=10,
        has_receipts=True,
        has_typing=True,
        has_replies=True,
    )

    @property
    def place(self) -> str:
        return re.sub("^https?://", "", str(self.line.settings.get("website_url", "")))


def proves(secret: str, identifier: str, supplied: str) -> bool:
    """Whether `supplied` is the hex HMAC-SHA256 of `identifier` under the inbox's secret: the website vouches for it."""
    return crypto.equal(crypto.hmac_hex(secret, identifier), supplied.strip().lower())
