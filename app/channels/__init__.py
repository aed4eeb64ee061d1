"""The channels there are: the closed list."""

from __future__ import annotations

from app.channels.api import Api
from app.channels.base import Channel
from app.channels.email.channel import Email
from app.channels.instagram.channel import Instagram
from app.channels.line.channel import LineMessenger
from app.channels.messenger import Messenger
from app.channels.sms.channel import Sms
from app.channels.telegram.channel import Telegram
from app.channels.tiktok.channel import TikTok
from app.channels.twilio_sms.channel import TwilioSms
from app.channels.twilio_voice import TwilioVoice
from app.channels.web_widget import WebWidget
from app.channels.whatsapp.channel import Whatsapp
from app.channels.x.channel import XProfile

# In the order in which they are offered.
CHANNELS: dict[str, type[Channel]] = {
    channel.kind: channel
    for channel in (
        WebWidget,
        Email,
        Whatsapp,
        Messenger,
        Instagram,
        Telegram,
        LineMessenger,
        XProfile,
        TikTok,
        TwilioSms,
        Sms,
        TwilioVoice,
        Api,
    )
}
