"""Whatever is lost on the way, the inbox ends up as a fresh page would show it; and nothing jumps while it lives."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from redis import Redis
from sqlalchemy import text, update

from app.ledger.transaction import system, transaction
from app.lib import clock
from app.lib.database import db
from app.models import Contact, Inbox, Login, Membership, record
from app.realtime import signals
from tests.browser.conftest import Desk, Visit
from tests.browser.inbox import (
    a_named_conversation,
    alice_says,
    customer_says,
    home,
    listens,
    numbered,
    open_conversation,
    regions,
)
from tests.cast import Cast, alice, bob
from tests.conftest import Ground

NAMES = ("Dana", "Erin", "Frank", "Gita", "Hugo")


def much_happens(cast: Cast) -> None:
    """While a page does not hear it: messages, receipts, new conversations, others gone or changed, a person renamed."""
    customer_says(cast, 1, "I wrote while you were away")
    alice_says(cast, 1, "And I answered", private=False)
    alice_says(cast, 1, "See the note", private=True)
    customer_says(cast, 3, "Frank too")
    a_named_conversation(cast, "Ines")
    with transaction(cast.account_id):
        numbered(cast, 2).resolve(by=alice(cast).actor)
        numbered(cast, 4).prioritize("urgent", by=alice(cast).actor)
        numbered(cast, 5).assign(bob(cast), by=alice(cast).actor)
        first = numbered(cast, 1)
        first.assign(alice(cast), by=alice(cast).actor)
        first.mark_seen_by_contact(by=first.contact.actor)


def equals_a_fresh_page(page: Page) -> None:
    page.wait_for_timeout(2500)
    # Where someone has it before their eyes it is seen; the pointer rests nowhere.
    shown = regions(page)
    page.reload()
    listens(page)
    page.wait_for_timeout(500)
    fresh = regions(page)
    for region, html in fresh.items():
        assert shown[region] == html, region


@pytest.fixture
def page(desk: Desk, cast: Cast, signed_in_page: Visit) -> Page:
    for name in NAMES:
        a_named_conversation(cast, name)
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/1")
    listens(page)
    return page


def test_after_a_restart_of_the_server_the_page_equals_a_fresh_one(page: Page, desk: Desk, cast: Cast) -> None:
    desk.stop()
    much_happens(cast)
    desk.start()
    expect(page.locator(".bubble", has_text="And I answered")).to_be_visible(timeout=15_000)
    equals_a_fresh_page(page)


def test_after_three_seconds_offline_the_page_equals_a_fresh_one(page: Page, cast: Cast) -> None:
    page.context.set_offline(True)
    much_happens(cast)
    page.wait_for_timeout(3000)
    page.context.set_offline(False)
    expect(page.locator(".bubble", has_text="And I answered")).to_be_visible(timeout=15_000)
    equals_a_fresh_page(page)


def test_after_redis_lost_everything_the_page_equals_a_fresh_one(page: Page, cast: Cast, ground: Ground) -> None:
    redis = Redis.from_url(ground.redis_url)
    redis.flushall()
    redis.client_kill_filter(_type="pubsub")
    much_happens(cast)
    expect(page.locator(".bubble", has_text="And I answered")).to_be_visible(timeout=15_000)
    equals_a_fresh_page(page)


def test_what_is_heard_live_equals_a_fresh_page(page: Page, cast: Cast) -> None:
    much_happens(cast)
    expect(page.locator(".bubble", has_text="And I answered")).to_be_visible()
    equals_a_fresh_page(page)


def test_a_long_thread_opens_at_its_end_and_goes_back_without_a_jump(
    desk: Desk, cast: Cast, signed_in_page: Visit
) -> None:
    number = a_named_conversation(cast, "Dana")
    with transaction(cast.account_id):
        conversation = numbered(cast, number)
        db.session.execute(
            text("""
                insert into messages (account_id, conversation_id, inbox_id, sequence, version, message_type, content, client_id,
                  sender_kind, sender_contact_id, created_at, updated_at)
                select :account, :conversation, :inbox, 1 + n, 1, 'incoming', 'Message number ' || n, gen_random_uuid()::text,
                  'contact', :contact, now() - (5001 - n) * interval '3 minutes', now()
                from generate_series(1, 5000) n
            """),
            {
                "account": cast.account_id,
                "conversation": conversation.id,
                "inbox": conversation.inbox_id,
                "contact": conversation.contact_id,
            },
        )
        conversation.last_sequence = 5001
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)
    expect(page.locator(".bubble").last).to_have_text("Message number 5000")
    before = page.locator(".bubble").count()
    page.locator("#thread-body").evaluate("thread => thread.scrollTop = -700")
    seen = page.locator(".bubble", has_text="Message number 4990")
    top = seen.evaluate("bubble => bubble.getBoundingClientRect().top")
    page.wait_for_timeout(800)
    assert page.locator(".bubble").count() > before
    assert abs(seen.evaluate("bubble => bubble.getBoundingClientRect().top") - top) < 2
    # A new message does not take the place of what is read, and offers itself.
    customer_says(cast, number, "The newest")
    expect(page.get_by_role("button", name="New messages")).to_be_visible()
    assert abs(seen.evaluate("bubble => bubble.getBoundingClientRect().top") - top) < 2
    page.get_by_role("button", name="New messages").click()
    expect(page.locator(".bubble", has_text="The newest")).to_be_in_viewport()


def test_one_sees_who_types_and_who_looks(page: Page, desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    with transaction(cast.account_id):
        conversation = numbered(cast, 1)
        dana: Contact = conversation.contact
        signals.typing(conversation, dana.actor, on=True)
    expect(page.locator("typing-line")).to_have_text("Dana is typing")
    other = signed_in_page("Alice")
    other.goto(f"{home(desk, cast)}/1")
    listens(other)
    expect(page.locator("looking-faces")).to_contain_text("Alice is looking at this")
    customer_says(cast, 1, "Here I am")
    expect(page.locator("typing-line")).to_be_empty()
    page.bring_to_front()
    page.locator("#composer-text").press_sequentially("I am writing")
    expect(other.locator("typing-line")).to_have_text("Bob is typing")
    page.get_by_role("tab", name="Private note").click()
    page.locator("#composer-text").press_sequentially(" a note")
    expect(other.locator("typing-line")).to_have_text("Bob is writing a note", timeout=8000)
    other.close()
    expect(page.locator("looking-faces")).not_to_contain_text("Alice")


def test_what_one_does_everyone_sees(page: Page, desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    other = signed_in_page("Alice")
    other.goto(home(desk, cast))
    listens(other)
    open_conversation(other, "Dana")
    page.bring_to_front()
    page.locator("#composer-text").fill("An answer")
    page.get_by_role("button", name="Send and resolve").click()
    for each in (page, other):
        expect(each.locator(".bubble", has_text="An answer")).to_be_visible()
        expect(each.locator("#thread h1")).to_contain_text("Resolved")
        expect(each.locator(".conversation-name", has_text="Dana")).to_have_count(0)
    expect(page.locator(".message-out .message-meta")).to_contain_text("You")
    expect(other.locator(".message-out .message-meta")).to_contain_text("Bob")


def test_a_person_renamed_is_renamed_everywhere(page: Page, cast: Cast) -> None:
    with transaction(cast.account_id):
        contact = numbered(cast, 1).contact
        contact.name = "Dana Scully"
        record("contact.updated", contact, by=alice(cast).actor)
    expect(page.locator("#thread h1")).to_contain_text("Dana Scully")
    expect(page.locator(".conversation-name", has_text="Dana Scully")).to_be_visible()
    expect(page.locator(".person-name")).to_have_text("Dana Scully")


def test_who_leaves_an_inbox_sees_nothing_of_it_any_more(page: Page, cast: Cast) -> None:
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        inbox.set_members({cast.alice_id})
        record("inbox.members_changed", inbox, by=alice(cast).actor)
    expect(page.locator(".conversation-name")).to_have_count(0)
    expect(page.get_by_role("heading", name="Choose a conversation")).to_be_visible()
    customer_says(cast, 1, "A secret")
    page.wait_for_timeout(1500)
    expect(page.get_by_text("A secret")).to_have_count(0)


def test_who_is_signed_out_elsewhere_is_led_to_the_sign_in(page: Page, cast: Cast) -> None:
    with system(why="tests"):
        db.session.execute(update(Login).values(ended_at=clock.now()))
        membership = db.session.get_one(Membership, (cast.account_id, cast.bob_id))
        record("user.signed_out_everywhere", membership, by=membership.actor)
    page.wait_for_url("**/login**", timeout=20_000)


def test_nothing_moves_under_a_pointer_that_moves(page: Page, cast: Cast) -> None:
    first = page.locator(".conversation-name").first
    expect(first).to_have_text("Hugo")
    box = page.locator("#conversation-rows").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 50, box["y"] + 150)
    page.mouse.move(box["x"] + 60, box["y"] + 160)
    customer_says(cast, 2, "Now me")
    expect(page.locator(".conversation-text", has_text="Now me")).to_be_visible()
    expect(first).to_have_text("Hugo")
    page.mouse.move(box["x"] + 900, 300)
    expect(first).to_have_text("Erin")
