"""An inbox, with its channel's settings beside its own."""

from __future__ import annotations

from typing import Any

from app.blueprints.api.shapes.person import photo
from app.blueprints.api.shapes.template import template
from app.channels.api import ApiSettings
from app.channels.pre_chat import PreChat
from app.channels.web_widget import WebsiteSettings
from app.config import settings
from app.lib.week import DAY, Hours
from app.models.inbox import ChannelKind, Inbox
from app.models.message_template import MessageTemplate
from app.models.working_hours import week_of

SCRIPT = """<script>
  (function(d,t) {{
    var BASE_URL="{url}";
    var g=d.createElement(t),s=d.getElementsByTagName(t)[0];
    g.src=BASE_URL+"/widget/sdk.js";
    g.async = true;
    s.parentNode.insertBefore(g,s);
    g.onload=function(){{
      window.chatwootSDK.run({{ websiteToken: '{token}', baseUrl: BASE_URL }})
    }}
  }})(document,"script");
</script>"""


def brief(inbox: Inbox) -> dict[str, Any]:
    return {
        "id": inbox.id,
        "avatar_url": photo(inbox.avatar_key),
        "channel_id": inbox.id,
        "name": inbox.name,
        "channel_type": inbox.channel_type,
        "provider": None,
    }


def inbox(inbox: Inbox, *, with_secrets: bool = False) -> dict[str, Any]:
    """Secrets are told to administrators only."""
    return {
        **brief(inbox),
        "greeting_enabled": inbox.greeting_enabled,
        "greeting_message": inbox.greeting_message,
        "working_hours_enabled": inbox.working_hours_enabled,
        "working_hours": _hours(inbox),
        "out_of_office_message": inbox.out_of_office_message,
        "timezone": inbox.timezone,
        "enable_email_collect": inbox.enable_email_collect,
        "csat_survey_enabled": inbox.csat_survey_enabled,
        "enable_auto_assignment": inbox.enable_auto_assignment,
        "auto_assignment_config": inbox.auto_assignment_config,
        "allow_messages_after_resolved": inbox.allow_messages_after_resolved,
        "lock_to_single_conversation": inbox.lock_to_single_conversation,
        "sender_name_type": inbox.sender_name_type,
        "business_name": inbox.business_name,
        # It has a secret in it, where letters do not name the inbox.
        "callback_webhook_url": inbox.webhook_url if with_secrets and inbox.speaks.has_door else None,
        "phone_number": inbox.channel_settings.get("phone_number") or None,
        "messaging_service_sid": inbox.channel_settings.get("messaging_service_sid") or None,
        **({"medium": medium} if (medium := inbox.channel_settings.get("medium")) else {}),
        **(
            {"message_templates": [template(each) for each in MessageTemplate.of(inbox)]}
            if inbox.abilities.has_templates
            else {}
        ),
        **(_website(inbox) if inbox.channel == ChannelKind.WEB_WIDGET else {}),
        **(_api(inbox, with_secrets=with_secrets) if inbox.channel == ChannelKind.API else {}),
    }


def _api(inbox: Inbox, *, with_secrets: bool) -> dict[str, Any]:
    known = ApiSettings.model_validate(inbox.channel_settings)
    more = dict(inbox.channel_settings.get("additional_attributes") or {})
    if known.agent_reply_time_window is not None:
        more["agent_reply_time_window"] = known.agent_reply_time_window
    told: dict[str, Any] = {
        "webhook_url": known.webhook_url or None,
        "inbox_identifier": inbox.address,
        "hmac_mandatory": known.hmac_mandatory,
        "additional_attributes": more,
    }
    if with_secrets:
        told |= {"hmac_token": inbox.credentials["hmac_secret"], "secret": inbox.credentials["webhook_secret"]}
    return told


def _hours(inbox: Inbox) -> list[dict[str, Any]]:
    """Seven days as the contract has them, from the first opening to the last closing; `intervals` says all of it."""
    hours = week_of(inbox).hours
    return [_day(day, [each for each in hours if each.day == day]) for day in range(7)]


def _day(day: int, hours: list[Hours]) -> dict[str, Any]:
    opens = min((each.opens_at for each in hours), default=None)
    # The contract knows no 24:00.
    closes = min(max(each.closes_at for each in hours), DAY - 1) if hours else None
    return {
        "day_of_week": day,
        "closed_all_day": not hours,
        "open_hour": opens // 60 if opens is not None else None,
        "open_minutes": opens % 60 if opens is not None else None,
        "close_hour": closes // 60 if closes is not None else None,
        "close_minutes": closes % 60 if closes is not None else None,
        "open_all_day": [(each.opens_at, each.closes_at) for each in hours] == [(0, DAY)],
        "intervals": [{"opens_at": each.opens_at, "closes_at": each.closes_at} for each in hours],
    }


def _website(inbox: Inbox) -> dict[str, Any]:
    site = WebsiteSettings.model_validate(inbox.channel_settings)
    asked = PreChat.of(inbox.channel_settings)
    return {
        "website_url": site.website_url,
        "website_token": inbox.address,
        "widget_color": site.color,
        "welcome_title": site.welcome_title or None,
        "welcome_tagline": site.welcome_tagline or None,
        "reply_time": site.reply_time,
        "hmac_mandatory": site.hmac_mandatory,
        "pre_chat_form_enabled": asked.enabled,
        "pre_chat_form_options": {
            "pre_chat_message": asked.message,
            "pre_chat_fields": [each.model_dump(mode="json") for each in asked.fields],
        },
        "continuity_via_email": site.continuity_via_email,
        "selected_feature_flags": list(site.features),
        "web_widget_script": SCRIPT.format(url=settings().public_url, token=inbox.address),
    }
