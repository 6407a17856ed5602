"""Which library carries a test that reaches a server over SSH: each in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.transport.reach import CARRIER, CARRIERS


@pytest.fixture(params=CARRIERS)
def carrier(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name for ``Target.transport``; ``reach.target_of`` uses it."""
    before, CARRIER.name = CARRIER.name, request.param
    yield CARRIER.name
    CARRIER.name = before
