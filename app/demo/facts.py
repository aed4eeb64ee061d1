"""demo.json: how to sign in to the demo, and where everything is. Only its owner may read it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from app.config import settings
from app.demo.load import Loaded


def path() -> Path:
    return Path(settings().data_dir) / "demo.json"


def write(loaded: Loaded) -> None:
    _write(
        {
            "account_id": loaded.account_id,
            "administrator": asdict(loaded.administrator),
            "agents": [asdict(agent) for agent in loaded.agents],
            "widget_inbox": {"id": loaded.inbox_id, "website_token": loaded.website_token},
            "api_inbox": {"id": loaded.api_inbox_id, "identifier": loaded.api_identifier},
            "email_inbox": {
                "id": loaded.email_inbox_id,
                "address": loaded.email_address,
                "token": loaded.email_token,
            },
        }
    )


def refresh(*, widget_page: str | None = None) -> None:
    """Addresses may change from one start to the next; the people and the inbox do not."""
    if not path().exists():
        return
    facts = json.loads(path().read_text())
    where = {
        "url": settings().public_url,
        "database_url": settings().database_url,
        "redis_url": settings().redis_url,
        "widget_page": widget_page or facts.get("widget_page"),
    }
    _write({**where, **{name: value for name, value in facts.items() if name not in where}})


def _write(facts: dict[str, object]) -> None:
    path().parent.mkdir(parents=True, exist_ok=True)
    fresh = path().with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(facts, indent=2) + "\n")
    fresh.rename(path())
