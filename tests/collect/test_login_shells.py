"""Every login shell, every set of tools, started as sshd does: ``LOGIN -c 'sh -s'`` and the script on its input."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.collect.cell import FOUR, cells, differences
from tests.collect.toolset import LOGIN_SHELLS, Workshop

pytestmark = pytest.mark.root


@pytest.mark.parametrize(("login", "tools"), cells(LOGIN_SHELLS, FOUR, 1))
async def test_all_evidence_to_the_byte(
    login: str, tools: str, shop: Workshop, record_property: Callable[[str, object], None]
) -> None:
    assert await differences(shop, login, tools, "ash" if tools == "busybox" else "dash") == {}
    record_property("cell", f"login shells|{login}|{tools}")
