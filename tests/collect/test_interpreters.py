"""Every shell as ``sh`` itself, every set of tools."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.collect.cell import FOUR, cells, differences
from tests.collect.toolset import INTERPRETERS, Workshop

pytestmark = pytest.mark.root


@pytest.mark.parametrize(("name", "tools"), cells(INTERPRETERS, (*FOUR, "perl"), 3))
async def test_all_evidence_to_the_byte(
    name: str, tools: str, shop: Workshop, record_property: Callable[[str, object], None]
) -> None:
    assert await differences(shop, name, tools, name) == {}
    record_property("cell", f"shells as sh|{name}|{tools}")
