"""A mailbox as people use it: connected at a real IMAP and SMTP server, written to, answered, refused and sent again."""

from __future__ import annotations

from email.message import EmailMessage

from playwright.sync_api import expect

from app.actions.poll import wish_poll
from app.ledger.transaction import transaction
from app.models import Inbox
from tests.browser.messengers.play import Play, a_picture
from tests.channels.email.conftest import certificate, consent, dovecot  # noqa: F401  # fixtures
from tests.fakes.dovecot import PASSWORD, Dovecot
from tests.fakes.post import PASSWORD as SMTP_PASSWORD
from tests.fakes.post import Post, served

ADDRESS = "hello@fernway.test"
PREVIEW = '<p>Is the <b>bell</b> back? <img src="https://tracker.example/pixel.png"></p>'


def a_mail(subject: str, words: str, html: str = "", picture: bytes = b"") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Dana Reyes <dana@home.example>", ADDRESS, subject
    mail["Cc"], mail["Message-ID"] = "sam@home.example", f"<{subject.replace(' ', '.')}@home.example>"
    mail.set_content(words)
    if html:
        mail.add_alternative(html, subtype="html")
    if picture:
        mail.add_attachment(picture, maintype="image", subtype="png", filename="bell.png")
    return mail


def arrives(play: Play, dovecot: Dovecot, inbox: Inbox, mail: EmailMessage) -> None:  # noqa: F811
    dovecot.put(ADDRESS, bytes(mail))
    with transaction(inbox.account_id):
        wish_poll(inbox.account_id, inbox.id)
    # What was fetched is worked through in the next round.
    play.work()
    play.work()


def fill(play: Play, dovecot: Dovecot, post: Post, password: str) -> None:  # noqa: F811
    play.page.goto(f"{play.desk.url}/accounts/{play.cast.account_id}/settings/inboxes/email/new")
    for label, value in (("Name", "Fernway mail"), ("Address", ADDRESS)):
        play.page.get_by_label(label, exact=True).fill(value)
    for side, port in (("imap", dovecot.port), ("smtp", post.port)):
        play.page.locator(f"[name={side}_host]").fill("127.0.0.1")
        play.page.locator(f"[name={side}_port]").fill(str(port))
        play.page.locator(f"[name={side}_security]").select_option("none")
    play.page.locator("[name=imap_login]").fill(ADDRESS)
    play.page.locator("[name=imap_password]").fill(password)
    play.page.locator("[name=smtp_password]").fill(SMTP_PASSWORD)
    play.page.locator("form.form button[type=submit]").click()


def test_a_mailbox_is_connected_written_to_and_answered(play: Play, dovecot: Dovecot) -> None:  # noqa: F811
    with served(Post()) as post:
        fill(play, dovecot, post, "guess")
        expect(play.page.get_by_role("alert").first).to_contain_text("Authentication failed")
        fill(play, dovecot, post, PASSWORD)
        expect(play.page.get_by_role("heading", name="Fernway mail", level=1)).to_be_visible()
        inbox = play.inbox()
        play.work()

        arrives(play, dovecot, inbox, a_mail("The bell", "Is the bell back?", PREVIEW, a_picture()["buffer"]))
        play.open("Dana Reyes")
        expect(play.page.frame_locator(".email-frame").get_by_text("bell", exact=True)).to_be_visible()
        expect(play.thread.get_by_text("Pictures from elsewhere are not shown.")).to_be_visible()
        play.sees_picture()

        play.says("It is **back**.", files=[a_picture("#456", name="shelf.png")])
        (answer,) = post.mails
        assert (answer["Subject"], answer["In-Reply-To"]) == ("Re: The bell", "<The.bell@home.example>")
        assert "dana@home.example" in answer["To"]
        assert "sam@home.example" in str(answer["Cc"])
        assert ADDRESS in answer["From"]
        parts = {part.get_content_type(): part for part in answer.walk()}
        assert "<strong>back</strong>" in parts["text/html"].get_content()
        assert parts["image/png"].get_filename() == "shelf.png"
        play.ticks("It is back.", "Sent")

        reply = a_mail("Re: The bell", "Then I take two.")
        reply["In-Reply-To"] = answer["Message-ID"]
        arrives(play, dovecot, inbox, reply)
        play.sees("Then I take two.")

        post.answer = "554 5.7.1 Not from here"
        play.says("They are on their way.")
        play.refused("Not from here")
        post.answer = "250 taken"
        play.tries_again()
        play.pictures("email")
