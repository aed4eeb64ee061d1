"""Tells the story of the demo through the models' own verbs, each thing at its own hour."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import exists, select

from app.actions.found import add_person, found_account
from app.channels.api import ApiCredentials, ApiSettings
from app.channels.base import Inbound
from app.channels.email.settings import EmailCredentials, EmailSettings
from app.channels.web_widget import WebsiteSettings
from app.demo.story import Customer, Line, Story, Thread, read
from app.ledger.transaction import system, transaction
from app.lib import clock, crypto
from app.lib.database import db
from app.models import (
    SYSTEM,
    AccessToken,
    Actor,
    Contact,
    ContactInbox,
    ContactNote,
    Conversation,
    Inbox,
    Membership,
    Role,
    User,
)

WORDS = [
    "canal",
    "dune",
    "ridge",
    "alder",
    "chain",
    "spoke",
    "saddle",
    "pedal",
    "fork",
    "wheel",
    "lamp",
    "bell",
    "hub",
    "rim",
    "bar",
    "post",
]


@dataclass(frozen=True)
class Login:
    email: str
    password: str
    api_access_token: str


@dataclass(frozen=True)
class Loaded:
    """What somebody needs to know of the demo; goes into demo.json."""

    account_id: int
    administrator: Login
    agents: list[Login]
    inbox_id: int
    website_token: str
    api_inbox_id: int
    api_identifier: str
    email_inbox_id: int
    email_address: str
    email_token: str


@dataclass
class Stage:
    """What the story's names stand for in the database."""

    account_id: int
    inbox_id: int = 0
    people: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        return self.member(name).actor

    def member(self, name: str) -> Membership:
        return db.session.get_one(Membership, (self.account_id, self.people[name]))


def is_empty() -> bool:
    """Whether nobody has an account yet."""
    with system(why="whether the demo may be loaded") as session:
        return not session.scalar(select(exists().select_from(User)))


def load() -> Loaded:
    """Fills an empty database with Fernway; the passwords are new each time."""
    story = read()
    began = clock.now() - timedelta(days=40)
    with clock.at(began):
        stage, logins = _invite(story)
    with clock.at(began), transaction(stage.account_id):
        token = _open_website(story, stage)
        app = _open_api(stage)
        mail = _open_mail(stage)
        for customer in story.contacts:
            _welcome(customer, stage)
    for thread in sorted(story.conversations, key=lambda thread: -thread.lines[0][1]):
        with transaction(stage.account_id):
            _tell(thread, stage)
    return Loaded(
        account_id=stage.account_id,
        administrator=next(logins[person.name] for person in story.people if person.role is Role.ADMINISTRATOR),
        agents=[logins[person.name] for person in story.people if person.role is Role.AGENT],
        inbox_id=stage.inbox_id,
        website_token=token,
        api_inbox_id=app.id,
        api_identifier=app.address,
        email_inbox_id=mail.id,
        email_address=mail.address,
        email_token=mail.token,
    )


def _invite(story: Story) -> tuple[Stage, dict[str, Login]]:
    founder = next(person for person in story.people if person.role is Role.ADMINISTRATOR)
    passwords = {person.name: _password() for person in story.people}
    with system(why="the demo's people"):
        account = found_account(story.account.name, founder.name, founder.email, passwords[founder.name])
        account.support_email, account.timezone = story.account.support_email, story.account.timezone
        for person in story.people:
            if person is not founder:
                add_person(account, person.name, person.email, person.role, passwords[person.name])
        stage, logins = Stage(account.id), {}
        for person in story.people:
            user = User.with_email(person.email)
            assert user, "they were added above"
            stage.people[person.name] = user.id
            logins[person.name] = Login(user.email, passwords[person.name], AccessToken.of(user).secret)
    return stage, logins


def _password() -> str:
    return "-".join([*(secrets.choice(WORDS) for _ in range(3)), str(secrets.randbelow(9000) + 1000)])


def _open_website(story: Story, stage: Stage) -> str:
    look = WebsiteSettings.model_validate(story.inbox.model_dump(exclude={"name", "greeting"}))
    inbox = Inbox(
        account_id=stage.account_id,
        name=story.inbox.name,
        channel="web_widget",
        address=crypto.token(18),
        channel_settings=look.model_dump(mode="json"),
        greeting_enabled=True,
        greeting_message=story.inbox.greeting,
    )
    inbox.credentials = {"hmac_secret": crypto.token()}
    db.session.add(inbox)
    db.session.flush()
    inbox.set_members(set(stage.people.values()))
    stage.inbox_id = inbox.id
    return inbox.address


def _open_api(stage: Stage) -> Inbox:
    """For a program of one's own; it fetches the answers, until it has a webhook."""
    inbox = Inbox(account_id=stage.account_id, name="Fernway app", channel="api", address=crypto.token(18))
    inbox.channel_settings = ApiSettings().model_dump(mode="json")
    inbox.credentials = ApiCredentials().model_dump()
    db.session.add(inbox)
    db.session.flush()
    inbox.set_members(set(stage.people.values()))
    return inbox


def _open_mail(stage: Stage) -> Inbox:
    """For mails that are handed on; answers go out by Parley's own server, or are kept as files."""
    inbox = Inbox(account_id=stage.account_id, name="Fernway mail", channel="email", address="hello@fernway.example")
    inbox.channel_settings = EmailSettings(signature="Fernway, Canal Street 12").model_dump(mode="json")
    inbox.credentials = EmailCredentials().model_dump(mode="json")
    inbox.business_name = "Fernway"
    db.session.add(inbox)
    db.session.flush()
    inbox.set_members(set(stage.people.values()))
    return inbox


def _welcome(customer: Customer, stage: Stage) -> None:
    contact = Contact(
        account_id=stage.account_id,
        contact_type="lead" if customer.email else "visitor",
        custom_attributes=customer.attributes,
        created_at=clock.now(),
        last_activity_at=clock.now(),
        **customer.model_dump(exclude={"attributes", "note"}),
    )
    db.session.add(contact)
    db.session.flush()
    session = ContactInbox(
        account_id=stage.account_id,
        contact_id=contact.id,
        inbox_id=stage.inbox_id,
        source_id=crypto.token(18),
    )
    db.session.add(session)
    db.session.flush()
    stage.sessions[customer.name or "visitor"] = session.id
    if customer.note:
        author, words = customer.note
        db.session.add(
            ContactNote(account_id=stage.account_id, contact_id=contact.id, user_id=stage.people[author], content=words)
        )


def _tell(thread: Thread, stage: Stage) -> None:
    session = db.session.get_one(ContactInbox, (stage.account_id, stage.sessions[thread.contact]))
    present = clock.now()
    lines = thread.told()
    with clock.at(present - lines[0].ago):
        conversation = Conversation.start(session, subject=thread.subject)
        db.session.flush()
        if thread.priority:
            conversation.prioritize(thread.priority, by=SYSTEM)
    for line in lines:
        with clock.at(present - line.ago):
            _say(line, conversation, stage, thread)
    with clock.at(present - lines[-1].ago + timedelta(minutes=1)):
        _settle(thread, conversation, stage, present)


def _say(line: Line, conversation: Conversation, stage: Stage, thread: Thread) -> None:
    if line.is_from_customer:
        conversation.mark_seen_by_contact(by=conversation.contact.actor)
        conversation.receive(Inbound(line.words), contact=conversation.contact)
        return
    if thread.assignee and conversation.assignee_id is None:
        conversation.assign(stage.member(thread.assignee), by=stage.actor(line.colleague))
    conversation.mark_seen(by=stage.member(line.colleague))
    conversation.reply(line.words, by=stage.actor(line.colleague), private=line.is_note)


def _settle(thread: Thread, conversation: Conversation, stage: Stage, present: datetime) -> None:
    if thread.assignee is None:
        return
    if thread.read or thread.status != "open":
        conversation.mark_seen(by=stage.member(thread.assignee))
    by = stage.actor(thread.assignee)
    if thread.status == "resolved":
        conversation.mark_seen_by_contact(by=conversation.contact.actor)
        conversation.resolve(by=by)
    elif thread.status == "pending":
        conversation.mark_pending(by=by)
    elif thread.status == "snoozed":
        conversation.snooze(by=by, until=present + timedelta(minutes=thread.wakes_in))
