"""Writes a mail as it goes out: text and its HTML twin, what is shown inside it, what travels with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime, getaddresses, parseaddr
from html import escape

import idna

from app.channels.outgoing import DeliveryFailed, File, MailOut
from app.lib import clock

# What travels with a mail, before it is written in letters, which makes it a third larger; the rest goes as links.
MOST_ATTACHED = 20 * 1024 * 1024
_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")


class _Ids(UnstructuredHeader):
    """Message-IDs, one a line. Folded as other words are, a long one would be encoded and lead nowhere."""

    def fold(self, *, policy: Policy) -> str:
        name = str(self.name)  # type: ignore[attr-defined]  # every header has it
        return f"{name}: {(policy.linesep + ' ').join(str(self).split())}{policy.linesep}"


def _header_factory() -> HeaderRegistry:
    registry = HeaderRegistry()
    for name in ("message-id", "in-reply-to", "references"):
        registry.map_to_type(name, _Ids)  # type: ignore[arg-type]  # the stubs want what it is mixed with
    return registry


# 7 bit: not every server on the way takes 8.
_POLICY = policy.SMTP.clone(cte_type="7bit", max_line_length=76, header_factory=_header_factory())


def written(mail: MailOut, text: str, files: Sequence[File], *, sender: str, reply_to: str = "") -> EmailMessage:
    """The mail, ready to be handed over; `sender` is the address it comes from. Bcc is nowhere in it.

    Whatever stands in names and subjects, each stays on its line. Raises DeliveryFailed for an address that is none.
    """
    attached, linked = fitting(files)
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(sender, name=mail.from_name)
    for name, people in (("To", mail.to), ("Cc", mail.cc)):
        if people:
            message[name] = tuple(_address(each) for each in people)
    if answers := reply_to or mail.reply_to:
        message["Reply-To"] = _address(answers)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{_id(mail.message_id)}>"
    if mail.in_reply_to:
        message["In-Reply-To"] = f"<{_id(mail.in_reply_to)}>"
    if references := [f"<{_id(each)}>" for each in mail.references]:
        message["References"] = " ".join(references)
    if mail.is_automatic:
        message["Auto-Submitted"] = "auto-replied"  # RFC 3834 §5
        message["X-Auto-Response-Suppress"] = "All"
    words = f"{text}\n\n-- \n{mail.signature}" if mail.signature else text  # RFC 3676 §4.3
    _fill(message, mail.html, words, attached, linked)
    return message


def fitting(files: Sequence[File]) -> tuple[list[File], list[File]]:
    """Those that fit into a mail, in their order, and those that go as links."""
    left = MOST_ATTACHED
    attached: list[File] = []
    linked: list[File] = []
    for file in files:
        fits = file.byte_size <= left
        (attached if fits else linked).append(file)
        left -= file.byte_size if fits else 0
    return attached, linked


def _fill(message: EmailMessage, html: str, text: str, attached: Iterable[File], linked: Sequence[File]) -> None:
    lines = [f"{one_line(file.filename)} ({_size(file.byte_size)}): {file.url}" for file in linked]
    message.set_content(_sayable("\n\n".join(filter(None, [text, "\n".join(lines)]))) or "\n", cte="quoted-printable")
    shown: list[File] = []
    others: list[File] = []
    for file in attached:
        (shown if html and file.inline_id and f"cid:{file.inline_id}" in html else others).append(file)
    if html:
        items = "".join(
            f'<li><a href="{escape(file.url)}">{escape(one_line(file.filename))}</a> ({_size(file.byte_size)})</li>'
            for file in linked
        )
        whole = _with_list(_sayable(html), f"<ul>{items}</ul>" if items else "")
        message.add_alternative(whole, subtype="html", cte="quoted-printable")
        twin = message.get_payload()[1]  # type: ignore[index]  # of an alternative it is a list
        for file in shown:
            maintype, subtype = type_of(file.content_type)
            twin.add_related(  # type: ignore[union-attr]
                _bytes(file),
                maintype,
                subtype,
                cid=f"<{_id(file.inline_id or '')}>",
                filename=one_line(file.filename),
                disposition="inline",
            )
    for file in others:
        maintype, subtype = type_of(file.content_type)
        message.add_attachment(_bytes(file), maintype, subtype, filename=one_line(file.filename) or "file")


def _with_list(html: str, items: str) -> str:
    end = html.lower().rfind("</body>")
    return html[:end] + items + html[end:] if end >= 0 else html + items


def type_of(claimed: str) -> tuple[str, str]:
    claimed = claimed.partition(";")[0].strip().lower()
    # A mail or a multipart inside would have to be taken apart to be written.
    if not _TYPE.fullmatch(claimed) or claimed.startswith(("multipart/", "message/")):
        claimed = "application/octet-stream"
    maintype, _, subtype = claimed.partition("/")
    return maintype, subtype


def _bytes(file: File) -> bytes:
    with file.open() as stream:
        return stream.read()


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{max(1, count // 1000)} kB"


def one_line(text: str) -> str:
    """`text` without anything that ends a line, for whoever is lenient about what that is."""
    return _sayable(" ".join(_BREAKS.sub(" ", text).split()))


def _sayable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _id(text: str) -> str:
    return re.sub(r"[\s<>\x00-\x1f\x7f]", "", text)[:900]


def bare(text: str) -> str:
    """The address alone, as an envelope has it."""
    return _address(text).addr_spec


def _address(text: str, *, name: str | None = None) -> Address:
    given, address = parseaddr(one_line(text))
    local, _, domain = address.rpartition("@")
    try:
        # Of what holds several, or had to be mended to be read, nothing is taken.
        is_one = address in text and len(getaddresses([text])) == 1
        if not local or not domain or not is_one or any(sign.isspace() for sign in address):
            raise ValueError
        encoded = domain if domain.startswith("[") else idna.encode(domain, uts46=True).decode()
        return Address(display_name=one_line(given if name is None else name), username=local, domain=encoded)
    except (UnicodeError, ValueError, IndexError, HeaderParseError):
        raise DeliveryFailed(f"“{one_line(text)[:200]}” is not an e-mail address.", permanent=True) from None
