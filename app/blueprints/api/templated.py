"""`template_params` of the contract: which template a message follows, and what fills its blanks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import Field, field_validator

from app.blueprints.forms import Form
from app.blueprints.guards import viewer
from app.errors import Invalid
from app.lib.storage import Stored
from app.models.conversation import Conversation
from app.models.filled_template import Filled, fill
from app.models.inbox import Inbox
from app.models.message import Message
from app.models.message_template import MessageTemplate


class TemplateParams(Form):
    """`processed_params` are `{header, body, buttons}`, or, as of old, the blanks of the body alone."""

    name: str = Field(min_length=1, max_length=512)
    namespace: str | None = None
    language: str | None = Field(None, max_length=64)
    category: str | None = None
    processed_params: dict[str, Any] | list[Any] | None = None

    def filled(self, inbox: Inbox, files: Sequence[Stored] = ()) -> Filled:
        """Raises Invalid where there is no such template that may be sent, or a blank is left open."""
        if not inbox.abilities.has_templates:
            raise Invalid({"template_params": "This inbox has no templates."})
        template = MessageTemplate.named(inbox, name=self.name, language=self.language or "")
        if template is None:
            said = f"There is no approved template called {self.name}"
            raise Invalid(
                {"template_params": f"{said} in {self.language}." if self.language else f"{said}, or several."}
            )
        if len(files) > 1 or (files and not template.header_kind):
            raise Invalid({"attachments": "This template carries no such file."})
        given = self.processed_params
        if isinstance(given, list):
            given = {str(at): value for at, value in enumerate(given, 1)}
        try:
            return fill(template, given or {}, file_kind=files[0].kind if files else "")
        except Invalid as wrong:
            told = {f"template_params.processed_params.{name}": words for name, words in wrong.fields.items()}
            raise Invalid(told) from None

    @property
    def kept(self) -> dict[str, Any]:
        """As it was given, for programs that look for it again."""
        return {"template_params": self.model_dump(exclude_none=True)}


class WithTemplate(Form):
    template_params: TemplateParams | None = None

    @field_validator("template_params", mode="before")
    @classmethod
    def _parsed_template(cls, value: Any) -> Any:
        """In a form with files it is written as JSON."""
        if not isinstance(value, str):
            return value or None
        try:
            return json.loads(value or "null") or None
        except (ValueError, RecursionError):
            raise ValueError("Give a JSON object.") from None


def say_by_template(
    conversation: Conversation, params: TemplateParams, files: Sequence[Stored] = (), *, client_id: str | None = None
) -> Message:
    """The words are the template's, whatever else was written."""
    filled = params.filled(conversation.inbox, files)
    message = conversation.reply(
        filled.content,
        by=viewer().actor,
        client_id=client_id,
        attachments=files,
        content_attributes={"template": dict(filled.told)},
    )
    message.additional_attributes = {**message.additional_attributes, **params.kept}
    return message
