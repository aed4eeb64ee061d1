"""The messages of a conversation: older ones, what changed since, and what one says."""

from __future__ import annotations

from typing import Any

from flask import render_template
from pydantic import Field

from app.blueprints.agent.conversations import MESSAGES, shown
from app.blueprints.agent.offered import Offered, keep_pictures, kept_pictures
from app.blueprints.agent.opened import CATCH_UP, PREFIX, changed, opened
from app.blueprints.agent.templates import filled
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.blueprints.uploads import forget_unused, kept_files
from app.errors import Conflict
from app.lib.text import clean
from app.models.conversation import Conversation
from app.models.message import MAX_CONTENT

door = Door("messages", __name__, guard=member, url_prefix=f"{PREFIX}/messages")


class Wanted(Form):
    before: int | None = Field(None, ge=0, lt=2**63)
    after_version: int = Field(0, ge=0, lt=2**63)


class Said(Offered):
    """`client_id` is chosen by whoever writes, and names the message for ever: a repeat is the same message."""

    client_id: str = Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")
    content: str = ""
    private: bool = False
    resolve: bool = False
    reply_to: str = Field("", max_length=64)
    as_dm: bool = False
    """In a thread that everybody can read: to the customer alone."""
    template: str = Field("", max_length=64_000)
    """Which one, and what fills its blanks, in JSON."""

    def directions(self, conversation: Conversation) -> dict[str, Any]:
        """Whom it goes to, where that can be chosen."""
        if self.private:
            return {}
        privately = {"as_dm": True} if self.as_dm and conversation.is_public else {}
        return privately | (self.recipients if conversation.inbox.abilities.is_mail else {})


@door.get("")
def index(number: int) -> str:
    """Those before a place in the thread, or, for a page that fell behind, what has changed."""
    wanted, conversation = Wanted.read_query(), opened(number)
    if wanted.before is not None:
        return render_template("messages/index.html", messages=conversation.messages_before(wanted.before, MESSAGES))
    if len(conversation.messages_changed_since(wanted.after_version, CATCH_UP)) < CATCH_UP:
        return changed(conversation, wanted.after_version)
    return render_template("conversations/show.stream.html", again=True, **shown(conversation))


@door.post("")
def create(number: int) -> str:
    """Say something to the customer or to colleagues."""
    said, conversation = Said.read(), opened(number)
    by_template = bool(said.template) and not said.private
    if not said.private and not by_template and not conversation.can_reply:
        raise Conflict(
            "The time to answer is over: this channel takes an answer only for a while after the customer wrote."
        )
    since = conversation.version
    abilities = conversation.inbox.abilities
    with kept_files() as files, kept_pictures() as pictures:
        content = clean(said.content, MAX_CONTENT)
        offer = said.offer(abilities, pictures, content=content, private=said.private)
        if by_template:
            told = filled(conversation.inbox, said.template, files)
            content, offer = told.content, {"template": told.told}
        message = conversation.reply(
            content,
            by=viewer().actor,
            private=said.private,
            client_id=said.client_id,
            attachments=files,
            reply_to=said.reply_to or None,
            content_type=said.content_type,
            content_attributes=offer | said.directions(conversation),
        )
        forget_unused(files, message)
        keep_pictures(message, pictures)
    if said.resolve:
        conversation.resolve(by=viewer().actor)
    told_from = min(since, message.version - 1)
    return changed(conversation, told_from, done=f"Sent, and resolved #{number}" if said.resolve else "")


@door.post("/<string:client_id>/delivery")
def deliver(number: int, client_id: str) -> str:
    """Try again to deliver what failed, or what may not have arrived."""
    conversation = opened(number)
    since = conversation.version
    conversation.send_again(client_id, by=viewer().actor)
    return changed(conversation, since)


@door.post("/<string:client_id>/delivery/check")
def check(number: int, client_id: str) -> str:
    """Ask the provider what became of one that may have been sent."""
    conversation = opened(number)
    since = conversation.version
    conversation.check_delivery(client_id, by=viewer().actor)
    return changed(conversation, since, note="The provider is being asked. What it says is shown here.")
