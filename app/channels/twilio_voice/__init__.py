"""Phone calls by Twilio: answered, bridged, recorded and made for the desk."""

from __future__ import annotations

from app.channels.twilio_voice.channel import TwilioVoice

__all__ = ["TwilioVoice"]
