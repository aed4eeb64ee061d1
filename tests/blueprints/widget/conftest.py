"""Dana, who visits Fernway's website."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.visitors import Visitor


@pytest.fixture
def dana(client: FlaskClient, cast: Cast) -> Visitor:
    return Visitor(client, cast)
