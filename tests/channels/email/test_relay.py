"""Relays hand mails on over HTTP, each in its own form; whoever does not prove what can be proven is refused."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.channels.base import Envelope, Inbound, Knock, Line, Unsupported
from app.channels.email.channel import Email
from app.channels.email.letter_key import letter_key
from app.errors import NotAllowed
from app.ledger.transaction import transaction
from app.lib import crypto
from app.lib.database import db
from app.models.inbox import Inbox
from app.models.letter import Letter
from tests.cast import Cast
from tests.channels.email.conftest import a_mail
from tests.fakes.sns_sender import SnsSender

RAW = a_mail(1, message_id="<1@example.com>", Date="Mon, 02 Nov 2026 10:00:00 +0000")
# No charset that a form could be read in.
LATIN = RAW.replace(b"Words of", b"W\xf6rter aus").replace(b'charset="utf-8"', b'charset="iso-8859-1"')


@pytest.fixture
def sns(desk: Callable[..., None]) -> Iterator[SnsSender]:
    sender = SnsSender()
    sender.start()
    desk(sns_url=sender.url)
    yield sender
    sender.stop()


def knock(form: str, body: bytes, content_type: str = "message/rfc822", **headers: str) -> Knock:
    path = f"token/{form}" if form else "token"
    named = {"content-type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Knock("POST", path, f"http://desk.test/webhooks/email/{path}", named, {}, body)


def a_form(form: str, fields: Mapping[str, Any]) -> Knock:
    parts = [
        b'--xx\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (name.encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in fields.items()
    ]
    return knock(form, b"".join(parts) + b"--xx--\r\n", "multipart/form-data; boundary=xx")


def verify(given: Knock, **credentials: Any) -> None:
    Email(Line("hello@fernway.test", credentials=credentials)).verify(given)


def said(envelope: Envelope) -> Inbound:
    (fact,) = Email(Line("hello@fernway.test")).parse(envelope)
    assert isinstance(fact, Inbound)
    return fact


def test_a_raw_mail_is_kept_as_it_is(desk: Callable[..., None]) -> None:
    given = knock("", b"From dana Mon Nov  2 10:00:00 2026\n" + LATIN, x_envelope_to="hello+x@fernway.test")
    (envelope,) = Email.sort(given)
    assert (envelope.address, envelope.sender, envelope.raw) == ("token", "dana@example.com", LATIN)
    assert envelope.key == letter_key(LATIN)
    assert said(envelope).content == "Wörter aus mail 1."
    assert "hello+x@fernway.test" in said(envelope).mail.delivered_to
    verify(given)


def test_a_relay_with_a_name_and_password_must_give_them(desk: Callable[..., None]) -> None:
    words = base64.b64encode(b"post:secret").decode()
    verify(knock("", RAW, authorization=f"Basic {words}"), relay_user="post", relay_password="secret")
    for wrong in ("", "Basic", f"Bearer {words}", "Basic " + base64.b64encode(b"post:guess").decode()):
        with pytest.raises(NotAllowed):
            verify(knock("", RAW, authorization=wrong), relay_user="post", relay_password="secret")


def mailgun(**fields: Any) -> Knock:
    stamp = fields.pop("timestamp", str(int(time.time())))
    proof = {"timestamp": stamp, "token": "t" * 50, "signature": crypto.hmac_hex("key", stamp + "t" * 50)}
    return a_form("mailgun/mime", {"recipient": "hello@fernway.test", **proof, **fields})


def test_mailgun_hands_on_the_mail_itself(desk: Callable[..., None]) -> None:
    given = mailgun(**{"body-mime": LATIN})
    (envelope,) = Email.sort(given)
    assert envelope.raw == LATIN
    assert envelope.payload == {"via": "mailgun", "envelope_to": ["hello@fernway.test"]}
    verify(given, mailgun_key="key")


def test_mailgun_must_sign_and_not_long_ago(desk: Callable[..., None]) -> None:
    good = {"body-mime": RAW}
    for bad, key in (
        (mailgun(**good), ""),
        (mailgun(**good), "another"),
        (mailgun(**good, signature="0" * 64), "key"),
        (mailgun(**good, token="x" * 50), "key"),
        (mailgun(**good, timestamp=str(int(time.time()) - 24 * 3600)), "key"),
        (mailgun(**good, timestamp="soon"), "key"),
        (knock("mailgun", b""), "key"),
    ):
        with pytest.raises(NotAllowed):
            verify(bad, mailgun_key=key)


def test_mailguns_parsed_form_becomes_a_mail_again(desk: Callable[..., None]) -> None:
    headers = [["From", "Dana <dana@example.com>"], ["Message-Id", "<1@example.com>"], ["Subject", "Glück"]]
    headers += [["Content-Type", "multipart/mixed; boundary=x"], ["X-Evil\r\nBcc", "all@example.com"]]
    fields = {"message-headers": json.dumps(headers), "body-plain": "Hello", "body-html": "<p>Hello <b>you</b></p>"}
    (envelope,) = Email.sort(mailgun(**fields))
    inbound = said(envelope)
    assert (inbound.content, inbound.sender.email) == ("Hello", "dana@example.com")
    assert (inbound.mail.message_id, inbound.mail.subject) == ("1@example.com", "Glück")
    assert b"Bcc" not in (envelope.raw or b"")
    assert Email.sort(mailgun(**fields))[0].key == envelope.key


def test_sendgrid_hands_on_the_mail_itself(desk: Callable[..., None]) -> None:
    fields = {"email": LATIN, "envelope": json.dumps({"to": ["hello@fernway.test"], "from": "d@example.com"})}
    given = a_form("sendgrid", fields)
    (envelope,) = Email.sort(given)
    assert (envelope.raw, envelope.payload["envelope_to"]) == (LATIN, ["hello@fernway.test"])
    verify(given)


def test_sendgrids_parsed_form_becomes_a_mail_again(desk: Callable[..., None]) -> None:
    fields = {
        "headers": "From: Dana <dana@example.com>\nSubject: A\n question\nMessage-ID: <1@example.com>\n",
        "text": "Wörter".encode("latin-1"),
        "charsets": json.dumps({"text": "iso-8859-1"}),
        "envelope": "{}",
    }
    (envelope,) = Email.sort(a_form("sendgrid", fields))
    assert (said(envelope).content, said(envelope).mail.subject) == ("Wörter", "A question")


def test_postmark_brings_the_mail_or_its_parts(desk: Callable[..., None]) -> None:
    told = {
        "From": "dana@example.com",
        "Subject": "Glück",
        "MessageID": "22c74902",
        "OriginalRecipient": "hello+x@fernway.test",
        "TextBody": "Hello",
        "HtmlBody": "",
        "Headers": [{"Name": "Message-ID", "Value": "<1@example.com>"}, {"Name": "References", "Value": "<0@a.b>"}],
        "Attachments": [{"Name": "bill.pdf", "Content": "YmlsbA==", "ContentType": "application/pdf", "ContentID": ""}],
    }
    (envelope,) = Email.sort(knock("postmark", json.dumps(told).encode(), "application/json"))
    inbound = said(envelope)
    assert (inbound.content, inbound.mail.message_id, list(inbound.mail.references)) == (
        "Hello",
        "1@example.com",
        ["0@a.b"],
    )
    assert [media.filename for media in inbound.attachments] == ["bill.pdf"]
    assert "hello+x@fernway.test" in inbound.mail.delivered_to
    (envelope,) = Email.sort(knock("postmark", json.dumps({**told, "RawEmail": RAW.decode()}).encode()))
    assert envelope.raw == RAW


def ses(sns: SnsSender, content: str | None, encoding: str = "BASE64", **given: str) -> Knock:
    receipt = {"recipients": ["hello@fernway.test"], "action": {"type": "SNS", "encoding": encoding}}
    message: dict[str, Any] = {"notificationType": "Received", "receipt": receipt, "mail": {"messageId": "ses-1"}}
    if content is not None:
        message["content"] = content
    return knock("ses", sns.notice(message, **given), "text/plain")


@pytest.mark.parametrize("version", ["1", "2"])
def test_ses_brings_the_mail_in_a_signed_notice(sns: SnsSender, version: str) -> None:
    given = ses(sns, base64.b64encode(LATIN).decode(), version=version)
    assert Email.greet(given) is None
    (envelope,) = Email.sort(given)
    verify(given)
    assert (envelope.raw, envelope.payload["envelope_to"]) == (LATIN, ["hello@fernway.test"])
    (envelope,) = Email.sort(ses(sns, RAW.decode(), "UTF-8"))
    assert envelope.raw == RAW


def test_a_mail_that_ses_put_elsewhere_is_told_of(sns: SnsSender) -> None:
    (envelope,) = Email.sort(ses(sns, None))
    (fact,) = Email(Line("hello@fernway.test")).parse(envelope)
    assert isinstance(fact, Unsupported)
    assert "S3" in fact.what
    assert envelope.key == "ses:ses-1"


def test_a_notice_that_amazon_did_not_sign_is_refused(sns: SnsSender) -> None:
    good = ses(sns, RAW.decode(), "UTF-8")
    told = json.loads(good.body)
    for changed in (
        {"Message": told["Message"].replace("Question", "Answer")},
        {"Signature": "AAAA"},
        {"Signature": "?"},
        {"SigningCertURL": "https://sns.evil.test/cert.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.test/cert.pem"},
        {"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/cert.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com@evil.test/cert.pem"},
        {"Type": "Else"},
    ):
        with pytest.raises(NotAllowed):
            verify(knock("ses", json.dumps({**told, **changed}).encode()))
    with pytest.raises(NotAllowed):
        verify(knock("ses", b"[]"))


def test_a_subscription_is_confirmed_at_amazon_and_nowhere_else(sns: SnsSender) -> None:
    answer = Email.greet(knock("ses", sns.subscription()))
    assert answer is not None
    assert sns.subscribed == ["/subscribe?token=t"]
    with pytest.raises(NotAllowed):
        Email.greet(knock("ses", sns.subscription(SubscribeURL="http://169.254.169.254/latest")))
    assert Email.greet(knock("ses", sns.notice("Successfully validated SNS topic."))) is not None
    assert len(sns.subscribed) == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.sampled_from(["", "mailgun", "mailgun/mime", "sendgrid", "postmark", "ses", "else", "../x"]),
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["Type", "Message", "RawEmail", "Headers", "Attachments", "Name", "From"]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    kind=st.sampled_from(
        [
            "message/rfc822",
            "application/json",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
            "",
        ]
    ),
)
def test_nonsense_is_no_letter_and_no_error(desk: Callable[..., None], form: str, body: bytes, kind: str) -> None:
    for envelope in Email.sort(knock(form, body, kind)):
        assert envelope.key
        Email(Line("hello@fernway.test")).parse(envelope)


def test_the_door_takes_a_mail_by_its_token_and_once(client: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        inbox = Inbox(account_id=cast.account_id, name="Hello", channel="email", address="hello@fernway.test")
        db.session.add(inbox)
        db.session.flush()
    path = f"/webhooks/email/{inbox.token}"
    for _ in range(2):
        assert client.post(path, data=RAW, content_type="message/rfc822").status_code == 200
    assert client.post(f"{path}/mailgun", data={"body-mime": RAW.decode()}).status_code == 401
    assert client.post("/webhooks/email/nobody", data=RAW, content_type="message/rfc822").status_code == 404
    assert client.post(path, data=b"no mail", content_type="message/rfc822").status_code == 404
    large = RAW + b"x" * 6_000_000
    assert client.post(path, data=large, content_type="message/rfc822").status_code == 200
    assert client.post(path, data=b"x" * 56_000_000, content_type="message/rfc822").status_code == 413
    with transaction(cast.account_id):
        assert len(db.session.scalars(select(Letter)).all()) == 2
