"""What is done to a conversation: its status, priority and assignee, and that it has been seen."""

from __future__ import annotations

from typing import Literal

from flask import Response, jsonify

from app.blueprints.api.conversations import become, colleague, opened
from app.blueprints.api.shapes import conversation as shapes
from app.blueprints.api.shapes import person
from app.blueprints.api.shapes.moments import unix
from app.blueprints.forms import Form
from app.blueprints.guards import Door, token_bearer, viewer
from app.errors import NotFound

door = Door(
    "conversation_acts",
    __name__,
    guard=token_bearer,
    url_prefix="/accounts/<int:account_id>/conversations/<int:number>",
)


class StatusForm(Form):
    status: Literal["open", "resolved", "pending", "snoozed"] | None = None
    snoozed_until: float | None = None


class PriorityForm(Form):
    priority: Literal["urgent", "high", "medium", "low", "none", ""] | None = None


class AssignmentForm(Form):
    assignee_id: int | None = None
    team_id: int | None = None


@door.post("/toggle_status")
def toggle_status(number: int) -> Response:
    """To the status named, else to resolved if it is open and to open if it is not.

    An agent who opens a conversation takes it, whoever had it.
    """
    form, conversation = StatusForm.read(), opened(number)
    status = form.status or ("resolved" if conversation.is_open else "open")
    become(conversation, status, snoozed_until=form.snoozed_until)
    if status == "open" and not viewer().is_administrator:
        conversation.assign(viewer().membership, by=viewer().actor)
    return jsonify(
        meta={},
        payload={
            "success": True,
            "conversation_id": conversation.display_id,
            "current_status": conversation.status,
            "snoozed_until": unix(conversation.snoozed_until),
        },
    )


@door.post("/toggle_priority")
def toggle_priority(number: int) -> Response:
    priority = PriorityForm.read().priority
    opened(number).prioritize(None if priority in (None, "", "none") else priority, by=viewer().actor)
    return Response(status=200)


@door.post("/assignments")
def assign(number: int) -> Response:
    """Answers with the assignee, or null for nobody, which 0 and null mean. There are no teams yet to give it to."""
    form, conversation = AssignmentForm.read(), opened(number)
    if "assignee_id" in form.model_fields_set:
        conversation.assign(colleague(form.assignee_id) if form.assignee_id else None, by=viewer().actor)
    elif form.team_id:
        raise NotFound
    assignee = colleague(conversation.assignee_id) if conversation.assignee_id else None
    return jsonify(person.agent(assignee) if assignee else None)


@door.post("/update_last_seen")
def update_last_seen(number: int) -> Response:
    conversation = opened(number)
    conversation.mark_seen(by=viewer().membership)
    return jsonify(shapes.conversation(conversation))


@door.post("/unread")
def mark_unread(number: int) -> Response:
    conversation = opened(number)
    conversation.mark_unread(by=viewer().membership)
    return jsonify(shapes.conversation(conversation))
