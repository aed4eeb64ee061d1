"""Messages of the Twilio that stands in: what it refuses, what customers write, and what it tells of ours."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.fakes.provider import Asked, Told
from tests.fakes.twilio import ACCOUNT_SID, Twilio, new_sid, now, page_of, refusal

SERVICE_SID = "MG" + "d4" * 16
WHATSAPP_SENDER = "whatsapp:+15550001111"
TEMPLATE_SID = "HX" + "e5" * 16
GSM = re.compile(r"[\x20-\x7e\n\r£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñüà€]*")


class Messages:
    """/Messages, /Media and short codes. `opted_out` have said STOP; `files` are what customers have sent, by address."""

    def __init__(self, twilio: Twilio) -> None:
        self.twilio = twilio
        self.rows: list[dict[str, Any]] = []
        self.opted_out: set[str] = set()
        self.files: dict[str, tuple[str, bytes]] = {}
        self.files_need_no_login = False
        self.short_codes: dict[str, dict[str, str]] = {"12345": {}}
        self.services: dict[str, dict[str, Any]] = {SERVICE_SID: _service()}
        self.senders = {
            WHATSAPP_SENDER: {"sid": "XE" + "f6" * 16, "sender_id": WHATSAPP_SENDER, "status": "ONLINE", "webhook": {}}
        }
        self.contents: dict[str, dict[str, Any]] = {TEMPLATE_SID: a_template()}
        twilio.resources.append(self.answer)
        twilio.sends.append(self.is_send)

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["direction"] == "outbound-api"]

    def is_send(self, asked: Asked) -> bool:
        return asked.method == "POST" and asked.path.endswith("/Messages.json")

    def answer(self, asked: Asked, path: str) -> Told | None:
        if path == "/Messages.json":
            return self._create(asked) if asked.method == "POST" else Told(body=self._list(asked))
        if found := re.fullmatch(r"/Messages/(\w+)/Media\.json", path):
            home = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
            rows = [
                {"sid": each.rpartition("/")[2], "content_type": self.files[each][0], "uri": f"{home}{each}.json"}
                for each in self.files
                if each.startswith(f"/Messages/{found[1]}/")
            ]
            return Told(body=page_of("media_list", rows, asked))
        if path in self.files:
            content_type, content = self.files[path]
            return Told(200, content, {"content-type": content_type})
        if path == "/SMS/ShortCodes.json":
            rows = [{"sid": f"SC{code}", "short_code": code, **held} for code, held in self.short_codes.items()]
            return Told(
                body=page_of(
                    "short_codes", [row for row in rows if row["short_code"] == asked.query.get("ShortCode")], asked
                )
            )
        if found := re.fullmatch(r"/SMS/ShortCodes/SC(\d+)\.json", path):
            self.short_codes[found[1]] |= {"sms_url": asked.form.get("SmsUrl", "")}
            return Told(body={"sid": f"SC{found[1]}"})
        return None

    def _create(self, asked: Asked) -> Told:
        form, lists = asked.form, asked.form_lists
        media = lists.get("MediaUrl", [])
        if refused := self._refused(form, media):
            return refused
        body = form.get("Body", "")
        if sid := form.get("ContentSid"):
            body = _filled(self.contents[sid], json.loads(form.get("ContentVariables", "{}")))
        row = self._row("outbound-api", form.get("From"), form["To"], body, len(media), form.get("MessagingServiceSid"))
        row |= {"status": "accepted" if form.get("MessagingServiceSid") else "queued", "date_sent": None}
        row["asked"] = {**form, "MediaUrl": media}
        self.rows.append(row)
        return Told(201, {name: value for name, value in row.items() if name != "asked"})

    def _refused(self, form: dict[str, str], media: list[str]) -> Told | None:
        to, sender, service = form.get("To", ""), form.get("From", ""), form.get("MessagingServiceSid", "")
        is_whatsapp, content = to.startswith("whatsapp:"), form.get("ContentSid", "")
        callback = form.get("StatusCallback", "http://x/")
        is_number = re.fullmatch(r"\+[1-9]\d{4,14}|\d{3,8}", to.removeprefix("whatsapp:"))
        rules = (
            (not to, 21604, "A 'To' phone number is required."),
            (not sender and not service, 21603, "A 'From' phone number is required."),
            (service and service not in self.services, 20404, f"The Messaging Service {service} was not found"),
            (not is_number, 21211, f"The 'To' number {to} is not a valid phone number."),
            (
                sender and is_whatsapp and sender not in self.senders,
                63007,
                "Twilio could not find a Channel with the specified From address",
            ),
            (
                sender and not is_whatsapp and not self._may_send(sender),
                21606,
                f"The 'From' phone number provided ({sender}) is not a valid message-capable Twilio phone number.",
            ),
            (
                not re.match(r"https?://[^/]+/", callback),
                21609,
                f"The 'StatusCallback' URL {callback} is not a valid URL.",
            ),
            (len(form.get("Body", "")) > 1600, 21617, "The concatenated message body exceeds the 1600 character limit"),
            (
                not (form.get("Body") or media or content),
                21619,
                "A text message body or media urls must be specified.",
            ),
            (len(media) > (1 if is_whatsapp else 10), 21623, "Number of media files exceeds allowed limit"),
            (
                content and content not in self.contents,
                21655,
                f"The ContentSid {content} is not a Content in this account",
            ),
            (
                form.get("ContentVariables") and not _are_variables(form["ContentVariables"]),
                21656,
                "The Content Variables parameter is invalid.",
            ),
            (to in self.opted_out, 21610, "Attempt to send to unsubscribed recipient"),
        )
        return next((refusal(400, code, words) for is_broken, code, words in rules if is_broken), None)

    def _may_send(self, sender: str) -> bool:
        number = self.twilio.number(sender)
        return sender in self.short_codes or (number is not None and number.sms)

    def _list(self, asked: Asked) -> dict[str, Any]:
        query = asked.query
        rows = [
            {name: value for name, value in row.items() if name != "asked"}
            for row in reversed(self.rows)
            if query.get("To") in (None, row["to"])
            and query.get("From") in (None, row["from"])
            # A message that has not left yet has no such date, and is not found by it.
            and ("DateSent>" not in query or row["date_sent"])
        ]
        return page_of("messages", rows, asked)

    def _row(
        self, direction: str, sender: str | None, to: str, body: str, media: int, service: str | None
    ) -> dict[str, Any]:
        return {
            "sid": new_sid("MM" if media else "SM"),
            "account_sid": ACCOUNT_SID,
            "api_version": "2010-04-01",
            "messaging_service_sid": service,
            "from": sender,
            "to": to,
            "body": body,
            "num_media": str(media),
            "num_segments": str(segments(body)),
            "direction": direction,
            "status": "received",
            "error_code": None,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "date_created": now(),
            "date_sent": now(),
            "date_updated": now(),
        }

    def customer_writes(
        self, sender: str, to: str, body: str = "", *files: tuple[str, bytes], service: str = "", **more: str
    ) -> dict[str, str]:
        """What Twilio has received, as the form it posts to us."""
        row = self._row("inbound", sender, to, body, len(files), service or None)
        self.rows.append(row)
        form = {
            "ToCountry": "US",
            "SmsMessageSid": row["sid"],
            "NumMedia": str(len(files)),
            "SmsSid": row["sid"],
            "SmsStatus": "received",
            "Body": body,
            "To": to,
            "NumSegments": row["num_segments"],
            "MessageSid": row["sid"],
            "AccountSid": ACCOUNT_SID,
            "From": sender,
            "ApiVersion": "2010-04-01",
            **({"MessagingServiceSid": service} if service else {}),
        }
        for number, (content_type, content) in enumerate(files):
            path = f"/Messages/{row['sid']}/Media/{new_sid('ME')}"
            self.files[path] = (content_type, content)
            form[f"MediaUrl{number}"] = f"{self.twilio.url}/2010-04-01/Accounts/{ACCOUNT_SID}{path}"
            form[f"MediaContentType{number}"] = content_type
        return {**form, **more}

    def tells(self, row: dict[str, Any], status: str, code: int = 0, words: str = "") -> dict[str, str]:
        """A message of ours has come so far: as the form it posts to us."""
        row["status"] = status
        form = {
            "SmsSid": row["sid"],
            "SmsStatus": status,
            "MessageStatus": status,
            "To": row["to"],
            "MessageSid": row["sid"],
            "AccountSid": ACCOUNT_SID,
            "From": row["from"] or "+15550009999",
            "ApiVersion": "2010-04-01",
        }
        if row["messaging_service_sid"]:
            form["MessagingServiceSid"] = row["messaging_service_sid"]
        return {**form, **({"ErrorCode": str(code)} if code else {}), **({"ErrorMessage": words} if words else {})}


def segments(body: str) -> int:
    """3GPP TS 23.038 and 23.040: 160 letters of GSM-7, or 153 in each of several; 70 or 67 of UCS-2."""
    alone, each, size = (160, 153, len(body)) if GSM.fullmatch(body) else (70, 67, len(body.encode("utf-16-le")) // 2)
    return 1 if size <= alone else -(-size // each)


def a_template(sid: str = TEMPLATE_SID, status: str = "approved", **types: Any) -> dict[str, Any]:
    return {
        "sid": sid,
        "account_sid": ACCOUNT_SID,
        "friendly_name": "order_shipped",
        "language": "en",
        "variables": {"1": "Dana", "2": "A-17"},
        "types": types or {"twilio/text": {"body": "Hello {{1}}, your order {{2}} is on its way."}},
        "approval_requests": {
            "name": "order_shipped",
            "category": "UTILITY",
            "content_type": next(iter(types), "twilio/text"),
            "status": status,
            "rejection_reason": "",
            "allow_category_change": True,
        },
        "date_created": "2026-03-29T20:13:23Z",
        "date_updated": "2026-03-29T20:13:23Z",
    }


def _service() -> dict[str, Any]:
    return {
        "sid": SERVICE_SID,
        "account_sid": ACCOUNT_SID,
        "friendly_name": "Fernway service",
        "inbound_request_url": None,
        "inbound_method": "POST",
        "use_inbound_webhook_on_number": True,
    }


def _filled(content: dict[str, Any], variables: dict[str, str]) -> str:
    body: str = next(iter(content["types"].values())).get("body", "")
    return re.sub(r"\{\{(\w+)\}\}", lambda blank: variables.get(blank[1], ""), body)


def _are_variables(text: str) -> bool:
    try:
        return all(isinstance(value, str) for value in json.loads(text).values())
    except (ValueError, AttributeError):
        return False
