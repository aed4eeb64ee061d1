"""Words for the tests of the inbox: what a page shows, and what others do meanwhile."""

from __future__ import annotations

import uuid

from playwright.sync_api import Page
from sqlalchemy import select

from app.channels.base import Inbound
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Conversation, Message
from tests.browser.conftest import Desk
from tests.cast import Cast, a_contact, a_conversation, alice

# What a page holds once it is still: attributes in order, without what htmx and a running swap leave on elements.
PLAIN = """
selector => {
  const write = node => {
    if (node.nodeType === Node.TEXT_NODE) return node.textContent.trim()
    if (node.nodeType !== Node.ELEMENT_NODE) return ""
    const attributes = [...node.attributes]
      .filter(({ name, value }) => name !== "data-htmx-powered" && !(name === "class" && !value))
      .map(({ name, value }) => `${name}=${name === "class" ? value.split(" ").filter(c => !c.startsWith("htmx-")).sort().join(" ") : value}`)
      .sort().join(" ")
    return `\\n<${node.localName} ${attributes}>` + [...node.childNodes].map(write).join("")
  }
  return write(document.querySelector(selector))
}
"""
REGIONS = ("#conversation-rows", ".messages", "[id^=head-]", "[id^=properties-]", "#rail-body", "#list-top")


def home(desk: Desk, cast: Cast) -> str:
    return f"{desk.url}/accounts/{cast.account_id}/conversations"


def a_named_conversation(cast: Cast, name: str, text: str = "Is anyone there?") -> int:
    """A conversation of a new customer; returns its number."""
    with transaction(cast.account_id):
        return a_conversation(cast, text, a_contact(cast.account_id, name)).display_id


def customer_says(cast: Cast, number: int, text: str) -> None:
    with transaction(cast.account_id):
        conversation = numbered(cast, number)
        conversation.receive(Inbound(text, client_id=str(uuid.uuid4())), contact=conversation.contact)


def alice_says(cast: Cast, number: int, text: str, *, private: bool = False) -> None:
    with transaction(cast.account_id):
        numbered(cast, number).reply(text, by=alice(cast).actor, private=private, client_id=str(uuid.uuid4()))


def numbered(cast: Cast, number: int) -> Conversation:
    return db.session.scalars(
        select(Conversation).where(Conversation.account_id == cast.account_id, Conversation.display_id == number)
    ).one()


def said(cast: Cast, number: int) -> list[str]:
    """The texts of a conversation, as they are kept."""
    with transaction(cast.account_id):
        conversation = numbered(cast, number)
        messages = select(Message.content).where(
            Message.conversation_id == conversation.id, Message.message_type != "activity"
        )
        return list(db.session.scalars(messages.order_by(Message.sequence)))


def open_conversation(page: Page, name: str) -> None:
    page.locator(".conversation-name", has_text=name).click()
    page.get_by_role("heading", name=name, level=1).wait_for()
    page.wait_for_selector("message-thread")


def listens(page: Page) -> None:
    """Returns once the page's socket hears what happens."""
    page.wait_for_selector("live-socket[data-live=true]", state="attached")


def regions(page: Page) -> dict[str, str]:
    return {selector: page.evaluate(PLAIN, selector) for selector in REGIONS if page.locator(selector).count()}
