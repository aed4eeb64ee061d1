"""HTML, script, templates and writing directions in every text that is kept: shown as they were written, and nothing more."""

from __future__ import annotations

import re
import uuid
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import select

from app.ledger.transaction import system, transaction
from app.lib.database import db
from app.models import Account, Conversation, Inbox, User
from app.models.attachment import Attachment
from app.realtime import frames
from tests.at_the_door import ALICE, BOB, browser_of, mailed
from tests.cast import PASSWORD, Cast, a_contact, a_conversation, alice, bob

# Every piece carries the word, so that whatever became of it is found again.
MARK = "zyx"
ATTACKS = (
    f"<script>{MARK}()</script>",
    f'"><img src={MARK} onerror={MARK}()>',
    f"'><svg/onload={MARK}()>",
    f"javascript:{MARK}()",
    f"[{MARK}](javascript:{MARK}()) <javascript:{MARK}()> ![{MARK}](https://{MARK}.example/x.png)",
    f"[{MARK}](data:text/html,{MARK}) [{MARK}](vbscript:{MARK}) [{MARK}](//{MARK}.example) [{MARK}](/logout?{MARK})",
    f"</textarea></title></style></template><iframe srcdoc={MARK}>",
    f'" autofocus onfocus={MARK}() style=background:url({MARK}) hx-get=/{MARK} hx-on:load={MARK}() x="',
    f"<a href=javascript:{MARK}()>{MARK}</a><form action=/{MARK}><button formaction=javascript:{MARK}()>",
    f"<hx-partial hx-target=body hx-swap=outerHTML>{MARK}</hx-partial><base href=//{MARK}.example>",
    f"<!--{MARK}--><![CDATA[<x {MARK}=1>]]>&lt;script&gt;{MARK}&#60;script&#62;",
    MARK + "{{7*191}}${7*191}{%raw%}<%=7*191%>#{7*191}",
    f"red;}}</style><style>*{{background:url(//{MARK})}}",
    f"\u202egnp.{MARK}\u2066 \u05e9\u05dc\u05d5\u05dd \u200b\u2028 {MARK} \ufdfa",
    f"x\r\nBcc: {MARK}@evil.example\r\n\r\n<b {MARK}>",
)
OUR_OWN = re.compile(r"https?://|mailto:|tel:|/|#|\?|$")
ADDRESSES = {
    "href",
    "src",
    "action",
    "formaction",
    "srcdoc",
    "poster",
    "data",
    "xlink:href",
    "hx-get",
    "hx-post",
    "hx-put",
    "hx-delete",
}
TEXT_ONLY = {"title", "alt", "value", "placeholder", "aria-label", "content", "label", "download", "text", "data-says"}


class Reader(HTMLParser):
    """Notes elements and attributes that nothing but a stranger's text can have brought."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = f"<{tag} {attributes}>"[:300]
        if MARK in tag or (tag in ("iframe", "object", "embed", "base", "marquee") and MARK in str(attributes)):
            self.wrong.append(told)
        for name, value in attributes:
            value = value or ""
            is_ours = name in TEXT_ONLY or name.startswith(("data-", "aria-"))
            if (
                MARK in name
                or name.startswith(("on", "hx-on"))
                or name == "style"
                or name == "srcdoc"
                or (
                    name in ADDRESSES
                    and not OUR_OWN.match(value)
                    and not value.startswith(("data:image/svg", "data:,", "cid:"))
                )
                or (MARK in value and name not in ADDRESSES and not is_ours and name not in ("for", "id", "name"))
            ):
                self.wrong.append(told)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        if MARK in data:
            self.wrong.append(f"<!--{data[:200]}-->")


def looked_at(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    scripts = re.findall(r"<script\b[^>]*>(.*?)</script>", html, re.DOTALL | re.IGNORECASE)
    reader.wrong += [
        script[:200] for script in scripts if f"{MARK}()" in script and not script.lstrip().startswith("{")
    ]
    return reader


def everywhere(cast: Cast, words: str) -> Conversation:
    """`words` in every text of a conversation and of all whom it concerns."""
    with system(why="tests"):
        db.session.get_one(Account, cast.account_id).name = words[:100]
        for user_id in (cast.alice_id, cast.bob_id):
            user = db.session.get_one(User, user_id)
            user.name = user.display_name = words[:100]
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        inbox.name, inbox.greeting_message, inbox.greeting_enabled = words[:100], words, True
        inbox.channel_settings = {
            **inbox.channel_settings, "welcome_title": words[:100], "welcome_tagline": words[:100],
        }  # fmt: skip
        contact = a_contact(
            cast.account_id,
            words[:100],
            last_name=words[:100],
            identifier=words[:100],
            email="dana@fernway.example",
            custom_attributes={words[:60]: words, "list": [words], "deep": {words[:60]: {"x": words}}},
            additional_attributes={
                "company_name": words, "city": words, "country": words, "description": words, "avatar_url": words,
                "social_profiles": {words[:60]: words, "github": words},
            },
        )  # fmt: skip
        conversation = a_conversation(cast, words, contact)
        conversation.additional_attributes = {
            "referer": words, "page_title": words, "browser": words, "mail_subject": words, words[:60]: words,
        }  # fmt: skip
        conversation.custom_attributes = {words[:60]: words}
        incoming = conversation.messages_before(None, 1)[0]
        conversation.reply(words, by=bob(cast).actor, reply_to=incoming.client_id, client_id=str(uuid.uuid4()))
        conversation.reply(words, by=alice(cast).actor, private=True, client_id=str(uuid.uuid4()))
        conversation.assign(bob(cast), by=alice(cast).actor)
        contact.write_note(words, by=bob(cast))
        for kind in ("image", "audio", "video", "file"):
            db.session.add(
                Attachment(
                    account_id=cast.account_id,
                    message_id=incoming.id,
                    kind=kind,
                    storage_key="0" * 40,
                    filename=words[:200],
                    byte_size=7,
                )
            )
        for link in (words, f"javascript:{MARK}()"):
            db.session.add(
                Attachment(account_id=cast.account_id, message_id=incoming.id, external_url=link, fallback_title=words)
            )
    return conversation


def pages(cast: Cast, conversation: Conversation) -> list[str]:
    desk = f"/accounts/{cast.account_id}"
    thread, person = f"{desk}/conversations/{conversation.display_id}", f"{desk}/contacts/{conversation.contact_id}"
    return [
        f"{desk}/conversations", thread, f"{thread}/messages?after_version=0", f"{thread}/assignment",
        f"{desk}/contacts", person, f"{person}/edit", f"{desk}/search?q={MARK}", f"{desk}/settings/general",
        f"{desk}/settings/people", f"{desk}/settings/inboxes", f"{desk}/settings/inboxes/{cast.inbox_id}",
        f"{desk}/settings/people/{cast.bob_id}/hand-over", f"{desk}/first-steps", "/profile",
    ]  # fmt: skip


@pytest.mark.parametrize("words", ATTACKS)
def test_what_is_written_is_shown_as_text_on_every_page(app: Flask, cast: Cast, words: str) -> None:
    conversation = everywhere(cast, words)
    client = app.test_client()
    client.post(
        "/login",
        data={"email": ALICE, "password": PASSWORD},
        headers={"User-Agent": re.sub(r"[\r\n]|[^\x00-\xff]", " ", words)},
    )
    seen = 0
    for path in pages(cast, conversation):
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(path, headers=headers)
            assert answer.status_code == 200, path
            reader = looked_at(answer.text)
            assert not reader.wrong, (path, reader.wrong[:3])
            assert "1337" not in re.sub(r"\d{5,}|[0-9a-f-]{8,}", "", "".join(reader.words)), path
            seen += MARK in "".join(reader.words)
    assert seen > 10


PUSHED = (
    "conversations/_row.html",
    "conversations/_head.html",
    "conversations/_properties.html",
    "messages/_message.html",
    "contacts/_person.html",
    "widget/_message.html",
    "widget/_seen.html",
)


@pytest.mark.parametrize("words", ATTACKS)
def test_what_is_pushed_and_what_the_visitor_sees_is_text_too(app: Flask, cast: Cast, words: str) -> None:
    number = everywhere(cast, words).id
    told: dict[str, str] = {}
    with transaction(cast.account_id):
        conversation = db.session.scalars(
            select(Conversation).where(Conversation.id == number).options(*Conversation.shown())
        ).one()
        website_token = conversation.inbox.address
        for partial in PUSHED:
            for message in conversation.messages_before(None, 50):
                said = {"conversation": conversation, "message": message, "contact": conversation.contact}
                told[f"{partial} {message.sequence}"] = frames.render(partial, **said)
    for query in (f"website_token={website_token}", f"website_token={website_token}&locale=ar&theme={words[:50]}"):
        told[query] = app.test_client().get(f"/widget?{query}".replace("\r\n", "")).text
    for where, html in told.items():
        reader = looked_at(html)
        assert not reader.wrong, (where, reader.wrong[:3])
    assert any(MARK in html for html in told.values())


@pytest.mark.parametrize("words", ATTACKS)
def test_our_mails_carry_it_as_text_and_their_heads_not_at_all(app: Flask, cast: Cast, words: str) -> None:
    everywhere(cast, words)
    client = browser_of(app, ALICE)
    client.post(f"/accounts/{cast.account_id}/settings/people", data={"emails": "erin@fernway.example"})
    app.test_client().post("/reset", data={"email": BOB}, headers={"Host": f"{MARK}.example"})
    mails = mailed(app)
    assert {each["To"] for each in mails} == {"erin@fernway.example", BOB}
    for each in mails:
        assert each["Bcc"] is None
        assert len(each.get_all("Subject", [])) == 1
        html, text = each.get_body(("html",)), each.get_body(("plain",))
        assert html is not None
        assert text is not None
        content = re.sub(r'\sstyle="[^"]*"', "", html.get_content())
        reader = looked_at(content)
        assert not reader.wrong, reader.wrong[:3]
        links = re.findall(r'href="([^"]*)"', content)
        assert links
        assert all(link.startswith("http://localhost/") for link in links), links
        assert f"//{MARK}.example/reset" not in text.get_content()
        assert f"//{MARK}.example/invitation" not in text.get_content()


@pytest.mark.parametrize("words", ATTACKS)
def test_what_is_refused_or_said_back_is_text_too(app: Flask, cast: Cast, words: str) -> None:
    """Forms that are shown again, notices, error pages: the words in every field that a page gives back."""
    client = browser_of(app, ALICE)
    desk = f"/accounts/{cast.account_id}"
    answers = [
        client.post("/login", data={"email": words, "password": "x", "next": words}),
        app.test_client().get("/login", query_string={"next": words}),
        app.test_client().post("/login", data={"email": words, "password": "x", "next": words}),
        app.test_client().post("/reset", data={"email": words}),
        client.post("/profile/details", data={"name": "", "display_name": words}),
        client.post("/profile/email", data={"email": words}),
        client.post(f"{desk}/settings/general", data={"name": words, "timezone": words, "support_email": words}),
        client.post(f"{desk}/settings/people", data={"emails": words, "role": words}),
        client.post(f"{desk}/settings/inboxes", data=dict.fromkeys(INBOX, words)),
        client.get(f"{desk}/settings/inboxes/preview", query_string=dict.fromkeys(INBOX, words)),
        client.post(f"{desk}/contacts", data=dict.fromkeys(("name", "email", "phone_number", "city"), words)),
        client.post(f"{desk}/contacts", data={"name": words}, follow_redirects=True),
        client.get(f"{desk}/search", query_string={"q": words}),
        client.get(f"{desk}/search", query_string={"q": words}, headers={"Parley-Palette": "1"}),
        client.get(f"{desk}/contacts", query_string={"q": words, "after": words}),
        client.get("/" + re.sub(r"[\r\n]", "", words)),
        client.put(f"{desk}/contacts/1/attributes", data={"name": words, "value": words}),
        client.delete(f"{desk}/contacts/1/attributes", query_string={"name": words}),
    ]
    for answer in answers:
        reader = looked_at(answer.text)
        assert not reader.wrong, (answer.request.path, reader.wrong[:3])
        assert not any(
            MARK in f"{name}{value}" for name, value in answer.headers if name not in ("Location", "HX-Redirect")
        )
        assert answer.headers.get("Location", "/").startswith("/")
        assert not answer.headers.get("Location", "/").startswith(("//", "/\\"))


INBOX = (
    "name",
    "website_url",
    "color",
    "welcome_title",
    "welcome_tagline",
    "position",
    "locales",
    "allowed_domains",
    "greeting_message",
)
