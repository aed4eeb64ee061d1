"""Connects a number, a messaging service or a WhatsApp sender: found in the account, and told where we are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.channels.standing import Health, Line, NotConnected, Problem, Unreachable
from app.channels.twilio import API, MESSAGING, Account, TwilioError, not_connected, segment
from app.channels.twilio_sms.settings import TwilioSmsSettings

# The sandbox that everybody shares: its webhook is set in the console only.
SANDBOX = "whatsapp:+14155238886"
BY_HAND = "Set it in the Twilio Console: Messaging, Senders, WhatsApp senders, your number, “Webhook URL for incoming messages”."
ELSEWHERE = "Messages go to another address than ours: {url}"
NOWHERE = "Twilio does not know where to send messages to."


def connect(account: Account, line: Line, settings: TwilioSmsSettings, webhook_url: str) -> Line:
    """Raises NotConnected in Twilio's words, Unreachable."""
    _one_of_both(settings)
    account.check()
    if settings.messaging_service_sid:
        found = _service(account, settings)
        settings = settings.model_copy(
            update={"service_name": str(found.get("friendly_name") or ""), "can_mms": not settings.is_whatsapp}
        )
    elif settings.is_whatsapp:
        _sender(account, settings)
    else:
        found = _number(account, settings)
        settings = settings.model_copy(update={"can_mms": _can(found, "mms")})
    register(account, settings, webhook_url)
    name = line.name or settings.service_name or settings.phone_number
    return replace(line, address=settings.address, name=name, settings={**line.settings, **settings.model_dump()})


def register(account: Account, settings: TwilioSmsSettings, webhook_url: str) -> None:
    """Tell Twilio where messages go. Raises NotConnected, Unreachable."""
    try:
        if settings.messaging_service_sid:
            _set_service(account, settings, webhook_url)
        elif settings.is_whatsapp:
            _set_sender(account, _sender(account, settings), webhook_url)
        else:
            _set_number(account, _number(account, settings), webhook_url)
    except TwilioError as refused:
        raise not_connected(refused, _field(settings)) from None


def disconnect(account: Account, settings: TwilioSmsSettings, webhook_url: str) -> None:
    """Take our address out, where it still is ours."""
    try:
        if webhook_of(account, settings) == webhook_url:
            register(account, settings, "")
    except NotConnected:
        # Without a way in there is nothing to be taken back.
        return
    except TwilioError as refused:
        raise Unreachable(refused.reason) from None


def probe(account: Account, settings: TwilioSmsSettings, webhook_url: str) -> Health:
    try:
        told = account.check()
        set_to = webhook_of(account, settings)
    except NotConnected as refused:
        field = next(iter(refused.fields), "")
        repair = "settings" if field == _field(settings) else "reconnect"
        return Health([Problem("number_gone" if repair == "settings" else "credentials", str(refused), repair)])  # type: ignore[arg-type]  # one of the two
    except (Unreachable, TwilioError) as away:
        return Health([Problem("unreachable", str(away))])
    facts = {"Account": _account_words(told), **_balance(account)}
    if set_to is None:
        return Health(facts={**facts, "Webhook": f"{webhook_url} ({BY_HAND})"})
    facts["Webhook"] = set_to or "none"
    if set_to != webhook_url:
        words = ELSEWHERE.format(url=set_to) if set_to else NOWHERE
        return Health([Problem("webhook_elsewhere", words, "register")], facts)
    return Health(facts=facts)


def webhook_of(account: Account, settings: TwilioSmsSettings) -> str | None:
    """Where messages go now; None where the API does not tell. Raises NotConnected, Unreachable, TwilioError."""
    if settings.messaging_service_sid:
        service = _service(account, settings)
        if service.get("use_inbound_webhook_on_number"):
            return ""
        return str(service.get("inbound_request_url") or "")
    if settings.is_whatsapp:
        sender = _sender(account, settings)
        webhook = sender.get("webhook") if sender else None
        return str(webhook.get("callback_url") or "") if isinstance(webhook, Mapping) else None
    number = _number(account, settings)
    return "" if number.get("sms_application_sid") else str(number.get("sms_url") or "")


def _one_of_both(settings: TwilioSmsSettings) -> None:
    if bool(settings.phone_number) == bool(settings.messaging_service_sid):
        words = (
            "Give a phone number or a messaging service, not both."
            if settings.phone_number
            else "Give a phone number, or a messaging service."
        )
        raise NotConnected({"phone_number": words})


def _number(account: Account, settings: TwilioSmsSettings) -> dict[str, Any]:
    """A number of the account that can send texts, or a short code. Raises NotConnected."""
    try:
        if not settings.phone_number.startswith("+"):
            return _short_code(account, settings.phone_number)
        found = account.number(settings.phone_number)
    except TwilioError as refused:
        raise not_connected(refused, "phone_number") from None
    if found is None:
        raise NotConnected({"phone_number": f"This Twilio account has no number {settings.phone_number}."})
    if not _can(found, "sms"):
        raise NotConnected({"phone_number": f"{settings.phone_number} cannot send and receive text messages."})
    return found


def _short_code(account: Account, code: str) -> dict[str, Any]:
    rows = account.get("/SMS/ShortCodes.json", {"ShortCode": code}).get("short_codes")
    found = next((row for row in rows or [] if isinstance(row, dict) and row.get("short_code") == code), None)
    if found is None:
        raise NotConnected({"phone_number": f"This Twilio account has no short code {code}."})
    return {"capabilities": {"sms": True, "mms": False}, **found}


def _service(account: Account, settings: TwilioSmsSettings) -> dict[str, Any]:
    try:
        return account.call(MESSAGING, "GET", f"/v1/Services/{segment(settings.messaging_service_sid)}")
    except TwilioError as refused:
        raise not_connected(refused, "messaging_service_sid") from None


def _sender(account: Account, settings: TwilioSmsSettings) -> dict[str, Any] | None:
    """A WhatsApp sender as Twilio has it; None for the sandbox, and where this account's key may not look."""
    if settings.sender == SANDBOX:
        return None
    try:
        rows = account.pages(MESSAGING, "/v2/Channels/Senders", {"Channel": "whatsapp", "PageSize": "100"}, "senders")
        found = next((row for row in rows if row.get("sender_id") == settings.sender), None)
    except TwilioError as refused:
        if refused.permanent and not refused.is_about_credentials:
            return None
        raise not_connected(refused, "phone_number") from None
    if found is None:
        raise NotConnected({"phone_number": f"This Twilio account has no WhatsApp sender {settings.phone_number}."})
    return found


def _set_number(account: Account, number: Mapping[str, Any], webhook_url: str) -> None:
    sid = segment(str(number.get("sid", "")))
    if number.get("short_code"):
        account.post(f"/SMS/ShortCodes/{sid}.json", {"SmsUrl": webhook_url, "SmsMethod": "POST"})
        return
    # An application would go before the address.
    form = {"SmsUrl": webhook_url, "SmsMethod": "POST", "SmsApplicationSid": ""}
    account.post(f"/IncomingPhoneNumbers/{sid}.json", form)


def _set_service(account: Account, settings: TwilioSmsSettings, webhook_url: str) -> None:
    path = f"/v1/Services/{segment(settings.messaging_service_sid)}"
    form = {"InboundRequestUrl": webhook_url, "InboundMethod": "POST", "UseInboundWebhookOnNumber": "false"}
    account.call(MESSAGING, "POST", path, data=form)


def _set_sender(account: Account, sender: Mapping[str, Any] | None, webhook_url: str) -> None:
    if sender is None:
        return
    path = f"/v2/Channels/Senders/{segment(str(sender.get('sid', '')))}"
    account.call(MESSAGING, "POST", path, json={"webhook": {"callback_url": webhook_url, "callback_method": "POST"}})


def _balance(account: Account) -> dict[str, str]:
    """What is left in the account, where this key may know."""
    try:
        told = account.call(API, "GET", f"{account.home}/Balance.json")
    except TwilioError:
        return {}
    return {"Balance": f"{told['balance']} {told.get('currency', '')}".strip()} if told.get("balance") else {}


def _account_words(told: Mapping[str, Any]) -> str:
    kind = " (trial: it writes to verified numbers only)" if told.get("type") == "Trial" else ""
    return f"{told.get('friendly_name') or told.get('sid') or ''}, {told.get('status') or 'active'}{kind}"


def _can(number: Mapping[str, Any], what: str) -> bool:
    """The API writes these in capitals in some answers."""
    able = number.get("capabilities")
    return isinstance(able, Mapping) and bool(able.get(what, able.get(what.upper())))


def _field(settings: TwilioSmsSettings) -> str:
    return "messaging_service_sid" if settings.messaging_service_sid else "phone_number"
