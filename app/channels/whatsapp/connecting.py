"""How a WhatsApp number stands with Meta: connected, looked at, and let go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.channels import meta
from app.channels.base import Health, Line, NotConnected, Problem, Template, Unreachable
from app.channels.meta import GRAPH, GraphError, graph
from app.channels.meta_messaging.graph_access import App
from app.channels.whatsapp.settings import WhatsappCredentials
from app.channels.whatsapp.shape import listed, mapped, number, worded
from app.channels.whatsapp.templates import template
from app.lib import crypto

BASICS = "id,display_phone_number,verified_name,quality_rating,name_status,status,platform_type"
# Not every number and version has these.
MORE = "account_mode,throughput,messaging_limit_tier,whatsapp_business_manager_messaging_limit"
WEBHOOK = "webhook_configuration"
PAGE, MOST_PAGES = "200", 60
NO_SUCH_FIELD = 100
GONE = 33
MAY_NOT = {3, 10, 200, 131005}
FORM = "form"
OBJECT, FIELDS = "whatsapp_business_account", ("messages", "smb_message_echoes")

TROUBLE = {
    "BANNED": "WhatsApp has banned this number.",
    "FLAGGED": "WhatsApp has flagged this number for poor quality: what it may send shrinks unless that gets better.",
    "RESTRICTED": "This number has reached its limit of conversations for today: it may only answer.",
    "RATE_LIMITED": "This number sends more than it may.",
    "DISCONNECTED": "This number is not connected to the Cloud API.",
    "UNVERIFIED": "This number is not verified yet.",
    "PENDING": "This number is not registered with the Cloud API yet.",
    "DELETED": "This number was deleted in WhatsApp Manager.",
    "MIGRATED": "This number was moved to another WhatsApp Business Account.",
}


def connect(line: Line, known: WhatsappCredentials, webhook_url: str) -> Line:
    """Raises NotConnected for each field in Meta's words, and Unreachable."""
    secret = known.app_secret or meta.app_secret()
    if not secret:
        raise NotConnected(
            {"app_secret": "Give the secret of your Meta app: without it nothing that comes in can be trusted."}
        )
    phone = _asked(known, "phone_number_id", f"/{known.phone_number_id}", fields=BASICS, secret=secret)
    _check_account(known)
    if known.pin and (phone.get("status") != "CONNECTED" or phone.get("platform_type") != "CLOUD_API"):
        register = {"messaging_product": "whatsapp", "pin": known.pin}
        _told(known, "pin", f"/{known.phone_number_id}/register", register)
    _subscribe(known, webhook_url)
    shown, name = worded(phone.get("display_phone_number")), worded(phone.get("verified_name"))
    return replace(
        line,
        address=known.phone_number_id,
        name=line.name or name or shown or "WhatsApp",
        credentials={**line.credentials, **known.model_dump()},
        settings={**line.settings, "phone_number": shown, "verified_name": name},
    )


def _check_account(known: WhatsappCredentials) -> None:
    """The number must be one of the account's, or its templates would be another's."""
    path = f"/{known.business_account_id}/phone_numbers"
    numbers = _asked(known, "business_account_id", path, fields="id", limit=PAGE)
    if known.phone_number_id not in {worded(mapped(each).get("id")) for each in listed(numbers.get("data"))}:
        raise NotConnected({"business_account_id": "This account does not have the number of that ID."})


def _subscribe(known: WhatsappCredentials, webhook_url: str) -> None:
    """The app hears of the account at all, and what is for this number comes to us: other numbers stay as they are."""
    path = f"/{known.business_account_id}/subscribed_apps"
    _let_the_app_hear(known, webhook_url)
    if not _is_subscribed(known):
        _told(known, "business_account_id", path, {})
    override = {"override_callback_uri": webhook_url, "verify_token": meta.verify_token()}
    _told(known, FORM, f"/{known.phone_number_id}", {WEBHOOK: override})


def _let_the_app_hear(known: WhatsappCredentials, webhook_url: str) -> None:
    """An app that has no webhook for WhatsApp at all is given ours; one that has another keeps it."""
    app = App(worded(_access(known).get("app_id")), known.app_secret or meta.app_secret())
    if not app.id:
        return
    try:
        if not app.callback(OBJECT):
            app.register(OBJECT, webhook_url, FIELDS)
    except GraphError as refused:
        raise _failure(refused, FORM) from None


def _is_subscribed(known: WhatsappCredentials) -> bool:
    told = _asked(known, "business_account_id", f"/{known.business_account_id}/subscribed_apps")
    own = worded(_access(known).get("app_id"))
    apps = [
        worded(mapped(mapped(each).get("whatsapp_business_api_data")).get("id")) for each in listed(told.get("data"))
    ]
    return own in apps if own else bool(apps)


def _access(known: WhatsappCredentials) -> Mapping[str, Any]:
    """What Meta tells of the token itself; empty where it does not."""
    try:
        told = graph(GRAPH, "GET", "/debug_token", token=known.access_token, params={"input_token": known.access_token})
    except GraphError:
        return {}
    return mapped(told.get("data"))


def disconnect(known: WhatsappCredentials) -> None:
    """What is for this number goes where the app's other deliveries go."""
    _told(known, FORM, f"/{known.phone_number_id}", {WEBHOOK: {"override_callback_uri": ""}})


def probe(known: WhatsappCredentials, webhook_url: str) -> Health:
    try:
        phone = _phone(known)
    except NotConnected as refused:
        return Health([Problem("credentials", str(refused), repair="reconnect")])
    except Unreachable as away:
        return Health([Problem("unreachable", str(away), repair="settings")])
    access = _access(known)
    ends = number(access.get("expires_at"))
    problems = [*_of_number(phone), *_of_webhook(known, phone, webhook_url)]
    return Health(problems, _facts(phone), datetime.fromtimestamp(ends, UTC) if 0 < ends < 2**33 else None)


def _phone(known: WhatsappCredentials) -> Mapping[str, Any]:
    path = f"/{known.phone_number_id}"
    try:
        return graph(GRAPH, "GET", path, token=known.access_token, params={"fields": f"{BASICS},{WEBHOOK},{MORE}"})
    except GraphError as refused:
        if refused.code != NO_SUCH_FIELD or refused.subcode == GONE:
            raise _failure(refused, "phone_number_id") from None
    return _asked(known, "phone_number_id", path, fields=f"{BASICS},{WEBHOOK}")


def _of_number(phone: Mapping[str, Any]) -> list[Problem]:
    status, name = worded(phone.get("status")).upper(), worded(phone.get("name_status")).upper()
    found = [Problem("number", TROUBLE[status])] if status in TROUBLE else []
    if worded(phone.get("quality_rating")).upper() == "RED":
        found.append(Problem("quality", "Its quality rating is low: customers block it, or report it as spam."))
    if name in ("DECLINED", "EXPIRED"):
        found.append(Problem("name", f"Its display name is {name.lower()}: set another in WhatsApp Manager."))
    return found


def _of_webhook(known: WhatsappCredentials, phone: Mapping[str, Any], webhook_url: str) -> list[Problem]:
    places = mapped(phone.get(WEBHOOK))
    place = next(
        (
            worded(places[each])
            for each in ("phone_number", "whatsapp_business_account", "application")
            if places.get(each)
        ),
        "",
    )
    if place != webhook_url:
        where = f"goes to {place}" if place else "goes nowhere"
        return [Problem("webhook", f"What customers write {where}, not to this Parley.", repair="register")]
    try:
        if _is_subscribed(known):
            return []
    except (NotConnected, Unreachable):
        return []
    return [Problem("subscription", "Meta’s app is not subscribed to this WhatsApp account.", repair="register")]


def _facts(phone: Mapping[str, Any]) -> dict[str, str]:
    limit = phone.get("whatsapp_business_manager_messaging_limit") or phone.get("messaging_limit_tier")
    told = {
        "Number": worded(phone.get("display_phone_number")),
        "Name": worded(phone.get("verified_name")),
        "Name is": _spoken(phone.get("name_status")),
        "Quality": _spoken(phone.get("quality_rating")),
        "Customers a day": _tier(worded(limit)),
        "State": _spoken(phone.get("status")),
        "Throughput": _spoken(mapped(phone.get("throughput")).get("level")),
        "Mode": _spoken(phone.get("account_mode")),
    }
    return {name: value for name, value in told.items() if value}


def _spoken(value: Any) -> str:
    words = worded(value).replace("_", " ").lower()
    return words[:1].upper() + words[1:]


def _tier(limit: str) -> str:
    """`TIER_1K` lets 1,000 be written to who have not written."""
    said = limit.removeprefix("TIER_")
    if said == "UNLIMITED":
        return "Unlimited"
    digits = said.removesuffix("K")
    if not digits.isdecimal() or len(digits) > 9:
        return ""
    return f"{int(digits) * (1000 if said.endswith('K') else 1):,}"


def templates(known: WhatsappCredentials) -> list[Template]:
    """All there are, page by page. Raises NotConnected, Unreachable."""
    found: list[Template] = []
    after: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        fields = "id,name,language,status,category,components,parameter_format,quality_score"
        page = _asked(
            known,
            "business_account_id",
            f"/{known.business_account_id}/message_templates",
            fields=fields,
            limit=PAGE,
            **after,
        )
        found += filter(None, map(template, listed(page.get("data"))))
        paging = mapped(page.get("paging"))
        cursor = worded(mapped(paging.get("cursors")).get("after"))
        if not paging.get("next") or not cursor or {"after": cursor} == after:
            break
        after = {"after": cursor}
    return found


def _asked(known: WhatsappCredentials, field: str, path: str, *, secret: str = "", **params: str) -> Mapping[str, Any]:
    """`field` is what is wrong when Meta knows nothing of it; a `secret` is proven to be that of the token's app."""
    proof = {"appsecret_proof": crypto.hmac_hex(secret, known.access_token)} if secret else {}
    try:
        return graph(GRAPH, "GET", path, token=known.access_token, params={**params, **proof})
    except GraphError as refused:
        raise _failure(refused, field) from None


def _told(known: WhatsappCredentials, field: str, path: str, body: Mapping[str, Any]) -> None:
    try:
        graph(GRAPH, "POST", path, token=known.access_token, json=dict(body))
    except GraphError as refused:
        raise _failure(refused, field) from None


def _failure(refused: GraphError, field: str) -> NotConnected | Unreachable:
    if refused.wants_sign_in or refused.code in MAY_NOT:
        return NotConnected({"access_token": refused.reason})
    if "appsecret_proof" in refused.reason:
        return NotConnected({"app_secret": "This is not the secret of the app that the access token is of."})
    return NotConnected({field: refused.reason}) if refused.permanent else Unreachable(refused.reason)
