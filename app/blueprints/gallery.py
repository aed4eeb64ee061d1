"""Shows every component in both themes, so that whoever builds a screen sees what there is; only for development."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

from flask import Blueprint, current_app, render_template

from app.lib import clock

blueprint = Blueprint("gallery", __name__, url_prefix="/gallery")


class Kind(NamedTuple):
    """One family of components: its name, the rule it keeps, and the partial under gallery/show/ that draws it."""

    name: str
    rule: str
    part: str


KINDS: Final = (
    Kind(
        "Colour",
        "Grey does the work; the one accent marks what is chosen and what to press. Red, amber and green only ever mean something.",
        "colour",
    ),
    Kind(
        "Type",
        "Inter. 15 px for reading, 13 px for the desk, 12 px for what is beside the point. Weights 400, 500, 600.",
        "type",
    ),
    Kind(
        "Button", "One primary in a view. A verb, sentence case. 32 px; 28 in bars; 40 in forms; 44 by touch.", "button"
    ),
    Kind(
        "Icon button, tooltip, key",
        "28 px, 44 by touch; always named; the tooltip after 400 ms, with the key that does the same.",
        "icon_button",
    ),
    Kind(
        "Field, select, choice",
        "The label stands above and stays. An error says what happened and what to do.",
        "field",
    ),
    Kind("Tabs, segments", "Tabs change what is listed; segments change how the same thing is shown.", "tabs"),
    Kind(
        "Menu, popover",
        "Opens in 120 ms from where it was asked for. Type to filter; arrows move; Escape gives the focus back.",
        "menu",
    ),
    Kind(
        "Dialog, drawer",
        "A dialog only for what cannot be undone. The safe answer has the focus; the button says what it does.",
        "dialog",
    ),
    Kind(
        "Toast, notice",
        "A toast tells what was done and undoes it for as long as its ring runs. A notice stays until it is dealt with.",
        "toast",
    ),
    Kind(
        "Chip, label, badge",
        "A chip can be taken off. A label is a dot and its word, never a coloured pill. Shape tells as much as colour.",
        "chip",
    ),
    Kind(
        "Avatar, channel",
        "The person is the circle; the channel is a badge on it; presence is a dot. Initials when there is no picture.",
        "avatar",
    ),
    Kind(
        "Table, pages", "Hairlines, no stripes; numbers to the right, all of one width; the row is the link.", "table"
    ),
    Kind(
        "Skeleton, empty",
        "A skeleton has the exact size of what comes. An empty list says why it is empty and what to do.",
        "skeleton",
    ),
    Kind(
        "Conversation row",
        "96 px always, so the list never jumps. Two lines of words, one of facts.",
        "conversation_row",
    ),
    Kind(
        "Message",
        "Theirs left in grey, ours right in a tint of the accent, notes in yellow with a lock. What goes wrong stands "
        "under its own bubble, with the way out.",
        "message",
    ),
    Kind(
        "Composer",
        "Grows to 40 % of the pane, then scrolls. A note turns the whole box yellow, so nobody mistakes it.",
        "composer",
    ),
    Kind(
        "Command palette",
        "Ctrl K from anywhere. Things to do first, then places, then people and conversations; each with its key.",
        "command_palette",
    ),
    Kind(
        "Elements",
        "What moves: menus, dialogs, toasts, files, emoji, times. Each is one custom element that speaks in events.",
        "elements",
    ),
    Kind(
        "Icons",
        "Lucide, 24 grid, 1.75 wide, round. 16 px in the desk, 14 in small things, 20 by touch. Channel glyphs 2.25 wide.",
        "icons",
    ),
)


@blueprint.get("")
def show() -> str:
    """Draw all of it; the moments are near now, so that times read as they do in use."""
    names = (Path(current_app.root_path) / "static" / "icons.txt").read_text("utf-8").split("\n")
    return render_template(
        "gallery/show.html",
        kinds=KINDS,
        icons=[line.split()[0] for line in names if line.strip() and not line.startswith("#")],
        moments=[clock.now() - timedelta(minutes=minutes) for minutes in (0, 8, 125, 60 * 30, 60 * 24 * 20)],
        due=[clock.now() + timedelta(minutes=minutes) for minutes in (125, 18, -12)],
    )
