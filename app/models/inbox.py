"""An inbox: one address of one channel, with its words, rules and members."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Identity, Index, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.channels import CHANNELS
from app.channels.base import Abilities, Channel, Line
from app.config import settings
from app.lib import crypto
from app.lib.database import Model, Stamped, db
from app.models.membership import Membership


class ChannelKind(StrEnum):
    WEB_WIDGET = "web_widget"
    API = "api"
    EMAIL = "email"
    WHATSAPP = "whatsapp"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"
    TELEGRAM = "telegram"
    X = "x"
    LINE = "line"
    TIKTOK = "tiktok"
    TWILIO_SMS = "twilio_sms"
    SMS = "sms"
    TWILIO_VOICE = "twilio_voice"


# How programs that use the API, and webhooks, call the channels.
CHANNEL_TYPES = {
    ChannelKind.WEB_WIDGET: "Channel::WebWidget",
    ChannelKind.API: "Channel::Api",
    ChannelKind.EMAIL: "Channel::Email",
    ChannelKind.WHATSAPP: "Channel::Whatsapp",
    ChannelKind.MESSENGER: "Channel::FacebookPage",
    ChannelKind.INSTAGRAM: "Channel::Instagram",
    ChannelKind.TELEGRAM: "Channel::Telegram",
    ChannelKind.X: "Channel::TwitterProfile",
    ChannelKind.LINE: "Channel::Line",
    ChannelKind.TIKTOK: "Channel::Tiktok",
    ChannelKind.TWILIO_SMS: "Channel::TwilioSms",
    ChannelKind.SMS: "Channel::Sms",
    ChannelKind.TWILIO_VOICE: "Channel::Voice",
}


class Inbox(Stamped, Model):
    """`channel_settings` are the channel's public settings; credentials are kept sealed."""

    __tablename__ = "inboxes"
    __table_args__ = (
        UniqueConstraint("account_id", "channel", "address"),
        UniqueConstraint("account_id", "token"),
        UniqueConstraint("channel", "claim"),
        Index(None, "channel", "address"),
        Index(None, "token"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str]
    channel: Mapped[str]
    address: Mapped[str]
    token: Mapped[str] = mapped_column(default=lambda: crypto.token(18))
    """The secret part of its webhook's URL, where the address is not secret or not known."""
    claim: Mapped[str | None]
    """Its address, where letters name that: only one inbox of all accounts can have it."""
    channel_settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    credentials_sealed: Mapped[str | None]
    avatar_key: Mapped[str | None]
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default="true")
    enable_auto_assignment: Mapped[bool] = mapped_column(default=True, server_default="true")
    auto_assignment_config: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    greeting_enabled: Mapped[bool] = mapped_column(default=False, server_default="false")
    greeting_message: Mapped[str | None]
    working_hours_enabled: Mapped[bool] = mapped_column(default=False, server_default="false")
    out_of_office_message: Mapped[str | None]
    timezone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")
    enable_email_collect: Mapped[bool] = mapped_column(default=False, server_default="false")
    csat_survey_enabled: Mapped[bool] = mapped_column(default=False, server_default="false")
    csat_config: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    allow_messages_after_resolved: Mapped[bool] = mapped_column(default=True, server_default="true")
    lock_to_single_conversation: Mapped[bool] = mapped_column(default=False, server_default="false")
    sender_name_type: Mapped[str] = mapped_column(default="friendly", server_default="friendly")
    business_name: Mapped[str | None]
    portal_id: Mapped[int | None]
    removed_at: Mapped[datetime | None]
    """Since when it is being removed, piece by piece."""

    @property
    def channel_type(self) -> str:
        return CHANNEL_TYPES[ChannelKind(self.channel)]

    @property
    def speaks(self) -> type[Channel]:
        """Its channel, as its settings have it."""
        return CHANNELS[self.channel].variant(self.channel_settings or {})

    @property
    def abilities(self) -> Abilities:
        return self.speaks.abilities

    @property
    def credentials(self) -> dict[str, Any]:
        return json.loads(crypto.decrypt(self.credentials_sealed)) if self.credentials_sealed else {}

    @credentials.setter
    def credentials(self, values: dict[str, Any]) -> None:
        self.credentials_sealed = crypto.encrypt(json.dumps(values))

    @property
    def line(self) -> Line:
        return Line(self.address, self.token, self.name, self.credentials, self.channel_settings)

    def opened(self) -> Channel:
        """Its channel, ready to speak with the provider."""
        return self.speaks(self.line)

    @classmethod
    def find(cls, account_id: int, inbox_id: int) -> Inbox | None:
        """Of that account, unless it is being removed."""
        inbox = db.session.get(cls, (account_id, inbox_id))
        return inbox if inbox is not None and inbox.removed_at is None else None

    @property
    def settings_path(self) -> str:
        """Its page in the settings."""
        home = f"/accounts/{self.account_id}/settings/inboxes"
        return f"{home}/{self.id}" if self.channel == ChannelKind.WEB_WIDGET else f"{home}/{self.channel}/{self.id}"

    @property
    def place(self) -> str:
        """What people recognise it by."""
        return CHANNELS[self.channel](Line(self.address, name=self.name, settings=self.channel_settings)).place

    @property
    def webhook_url(self) -> str:
        """Where its provider sends to: one place for all inboxes of a channel whose letters say which is meant."""
        home = f"{settings().public_url}/webhooks/{self.channel}"
        return home if CHANNELS[self.channel].is_addressed else f"{home}/{self.token}"

    @property
    def members(self) -> list[Membership]:
        """Its active members, by name."""
        from_members = (
            select(Membership)
            .join(
                InboxMember,
                (InboxMember.account_id == Membership.account_id) & (InboxMember.user_id == Membership.user_id),
            )
            .where(InboxMember.inbox_id == self.id, Membership.is_active)
        )
        return sorted(db.session.scalars(from_members), key=lambda member: member.user.name)

    def set_members(self, user_ids: set[int]) -> None:
        """Replace the members; ids of people who are not in the account are refused by the database."""
        db.session.execute(delete(InboxMember).where(InboxMember.inbox_id == self.id))
        db.session.add_all(
            InboxMember(account_id=self.account_id, inbox_id=self.id, user_id=user_id) for user_id in sorted(user_ids)
        )

    @classmethod
    def visible_to(cls, membership: Membership) -> Any:
        """A condition: administrators see all inboxes, agents those they are members of."""
        if membership.is_administrator:
            return (cls.account_id == membership.account_id) & cls.removed_at.is_(None)
        return cls.id.in_(
            select(InboxMember.inbox_id).where(
                InboxMember.account_id == membership.account_id, InboxMember.user_id == membership.user_id
            )
        )


class InboxMember(Model):
    __tablename__ = "inbox_members"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "inbox_id"], ["inboxes.account_id", "inboxes.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["account_id", "user_id"], ["memberships.account_id", "memberships.user_id"]),
        Index(None, "account_id", "user_id"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    inbox_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)

    inbox: Mapped[Inbox] = relationship(viewonly=True)
    membership: Mapped[Membership] = relationship(viewonly=True)
