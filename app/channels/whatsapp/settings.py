"""What an administrator gives to connect a WhatsApp number by hand, and what is kept of it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

SECRET: JsonDict = {"secret": True}


class WhatsappCredentials(BaseModel):
    """`source` is `signup` where Meta's own dialog gave them; `pin` is the number's two-step PIN, where we set it."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    phone_number_id: str = Field(
        pattern=r"^\d{1,32}$",
        title="Phone number ID",
        description="In Meta’s console (developers.facebook.com), your app, WhatsApp, API Setup: below the number you chose"
        " under From. It is not the phone number itself.",
        examples=["106540352242922"],
    )
    business_account_id: str = Field(
        pattern=r"^\d{1,32}$",
        title="WhatsApp Business Account ID",
        description="On the same page, beside the phone number ID.",
        examples=["102290129340398"],
    )
    access_token: str = Field(
        min_length=1,
        max_length=4096,
        title="Access token",
        description="Of a system user, so that it does not end: Business settings, System users, Generate token, with"
        " whatsapp_business_messaging and whatsapp_business_management. The temporary one of API Setup ends after a day.",
        json_schema_extra=SECRET,
    )
    app_secret: str = Field(
        "",
        max_length=128,
        title="App secret",
        description="In your app under App settings, Basic: press Show. Meta signs with it what it sends to us."
        " Left empty, the Meta app of this Parley is meant.",
        json_schema_extra=SECRET,
    )
    pin: str = Field(
        "",
        pattern=r"^(\d{6})?$",
        title="Two-step verification PIN",
        description="Six digits, only where the number is not registered with the Cloud API yet: it is registered with them."
        " If two-step verification is on already, the PIN must be the one that was set.",
        examples=["482913"],
        json_schema_extra=SECRET,
    )


class WhatsappSettings(BaseModel):
    """Asked of Meta when the number is connected: as customers see it, and under which name."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    phone_number: str = Field("", max_length=64)
    verified_name: str = Field("", max_length=255)
