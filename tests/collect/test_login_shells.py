"""Every login shell with every set of tools, started as sshd does: ``LOGIN -c 'sh -s'`` and the script on its input."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.collect.cell import FOUR, differences
from tests.collect.toolset import LOGIN_SHELLS, Workshop

pytestmark = pytest.mark.root


@pytest.mark.parametrize("tools", FOUR)
@pytest.mark.parametrize("login", LOGIN_SHELLS)
async def test_all_evidence_to_the_byte(
    login: str, tools: str, shop: Workshop, record_property: Callable[[str, object], None]
) -> None:
    assert await differences(shop, login, tools, "ash" if tools == "busybox" else "dash") == {}
    record_property("cell", f"login shells|{login}|{tools}")
